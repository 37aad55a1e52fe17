namespace PhantomDb.Tests.Transactions;

/// <summary>Several threads take jobs from a table, in the ways that FOR UPDATE in subqueries and WITH allow: each job is done once.</summary>
[TestClass]
public sealed class JobQueueStressTests
{
    private const int ThreadCount = 4;
    private const int Jobs = 300;

    [TestMethod]
    [DataRow("update job set state = 'done', by = {0} where id = (select id from job where state = 'new' order by id limit 1 for update skip locked) returning id", 1)]
    [DataRow("update job set state = 'done', by = {0} where id in (select id from job where state = 'new' order by id limit 3 for update skip locked) returning id", 2)]
    [DataRow("update job set state = 'done', by = {0} where id = (select id from job where state = 'new' order by id limit 1 for update) returning id", 3)]
    [DataRow("with q as (select id from job where state = 'new' limit 2 for update skip locked) update job set state = 'done', by = {0} from q where q.id = job.id returning job.id", 4)]
    [DataRow("with q as (delete from job where id = (select id from open order by id limit 1 for update skip locked) returning id) insert into taken select id, {0} from q returning id", 5)]
    public void Each_job_is_done_by_one(string take, int seed)
    {
        Console.WriteLine($"seed {seed}");
        using Database database = Database.CreateInMemory();
        using (Session session = database.OpenSession())
        {
            Rows(session, "create table job (id int primary key, state text, by int, note int default 0)");
            Rows(session, "create table taken (id int primary key, by int)");
            Rows(session, "create view open as select id from job where state = 'new'");
            Rows(session, $"insert into job select g, 'new' from generate_series(1, {Jobs}) g");
        }
        long done = 0;
        Task[] threads = [.. Enumerable.Range(0, ThreadCount + 1).Select(thread => Task.Factory.StartNew(() =>
        {
            var random = new Random((seed * 100) + thread);
            using Session session = database.OpenSession();
            while (Volatile.Read(ref done) < Jobs)
            {
                try
                {
                    if (thread == ThreadCount)
                    {
                        Rows(session, $"update job set note = note + 1 where id = {random.Next(Jobs) + 1}");   // the rows change while they are waited for
                        continue;
                    }
                    Rows(session, "begin");
                    int count = Rows(session, string.Format(System.Globalization.CultureInfo.InvariantCulture, take, thread));
                    bool commits = random.Next(4) > 0;
                    Rows(session, commits ? "commit" : "rollback");
                    Interlocked.Add(ref done, commits ? count : 0);
                }
                catch (PhantomDbException failure) when (failure.SqlState == "40P01")
                {
                    Rows(session, "rollback");
                }
            }
        }, TaskCreationOptions.LongRunning))];
        Assert.IsTrue(Task.WaitAll(threads, TimeSpan.FromMinutes(2)), $"{done} of {Jobs}");
        using Session check = database.OpenSession();
        Assert.AreEqual(Jobs, done);
        Assert.AreEqual(Jobs, Rows(check, "select id from job where state = 'done' union all select id from taken"));
        Assert.AreEqual(0, database.Storage.Tables.Values.Sum(table => table.LockedRowCount));
    }

    private static int Rows(Session session, string sql)
    {
        using QueryResult result = session.Execute(sql);
        int count = 0;
        while (result.Columns.Count > 0 && result.Read())
        {
            count++;
        }
        return count;
    }
}
