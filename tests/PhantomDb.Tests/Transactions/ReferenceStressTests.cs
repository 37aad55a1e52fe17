namespace PhantomDb.Tests.Transactions;

/// <summary>
/// Parents that go and change while children come and move, by several threads, with each action, checked at once and deferred:
/// nobody ever sees a child without its parent, or a key twice.
/// </summary>
[TestClass]
public sealed class ReferenceStressTests
{
    private const int ThreadCount = 4;
    private const int TransactionsEach = 120;
    private const int Keys = 12;

    private static readonly string[] Expected = ["23503", "23505", "40001", "40P01"];

    [TestMethod]
    [DataRow("no action", "", "read committed", 1)]
    [DataRow("no action", "deferrable", "read committed", 2)]
    [DataRow("no action", "deferrable initially deferred", "read committed", 3)]
    [DataRow("no action", "deferrable initially deferred", "read committed", 4)]
    [DataRow("no action", "deferrable initially deferred", "repeatable read", 5)]
    [DataRow("no action", "deferrable initially deferred", "serializable", 6)]
    [DataRow("restrict", "deferrable initially deferred", "read committed", 7)]
    [DataRow("cascade", "", "read committed", 8)]
    [DataRow("cascade", "deferrable initially deferred", "read committed", 9)]
    [DataRow("cascade", "deferrable", "repeatable read", 10)]
    [DataRow("set null", "deferrable initially deferred", "read committed", 11)]
    [DataRow("set null", "", "serializable", 12)]
    [DataRow("set default", "deferrable initially deferred", "read committed", 13)]
    public void Nobody_ever_sees_a_child_without_its_parent_or_a_key_twice(string action, string when, string level, int seed)
    {
        Console.WriteLine($"seed {seed}");
        using Database database = Database.CreateInMemory();
        using (Session session = database.OpenSession())
        {
            Run(session, "create table p (id int primary key)");
            Run(session, $"create table c (id int primary key, p int default 0 references p on delete {action} on update {action} {when}, slot int unique {when})");
            Run(session, $"create table g (id int primary key, c int references c on delete {action} on update {action} {when})");
            Run(session, seed % 2 == 0 ? "create index on c (p)" : "create index on g (c)");
            Run(session, $"insert into p select g from generate_series(0, {Keys}) g");
            Run(session, $"insert into c select g, g, g from generate_series(1, {Keys}) g");
            Run(session, $"insert into g select g, g from generate_series(1, {Keys}) g");
        }
        int finished = 0;
        int committed = 0;
        Task reader = Task.Run(() =>
        {
            using Session session = database.OpenSession();
            do
            {
                CheckAll(session);
            }
            while (Volatile.Read(ref finished) < ThreadCount);
        });
        Task[] writers = [.. Enumerable.Range(0, ThreadCount).Select(thread => Task.Factory.StartNew(() =>
        {
            try
            {
                var random = new Random((seed * 100) + thread);
                using Session session = database.OpenSession();
                for (int i = 0; i < TransactionsEach; i++)
                {
                    if (TryTransaction(session, random, level, when.Length > 0))
                    {
                        Interlocked.Increment(ref committed);
                    }
                }
            }
            finally
            {
                Interlocked.Increment(ref finished);
            }
        }, TaskCreationOptions.LongRunning))];
        Task.WaitAll([.. writers, reader]);
        using Session check = database.OpenSession();
        CheckAll(check);
        Assert.IsGreaterThan(TransactionsEach / 2, committed);
        Assert.AreEqual(0, database.Transactions.Locks.Describe().Count);
        Assert.AreEqual(0, database.Storage.Tables.Values.Sum(table => table.LockedRowCount));
    }

    private static bool TryTransaction(Session session, Random random, string level, bool isDeferrable)
    {
        try
        {
            Run(session, $"begin isolation level {level}");
            int statements = random.Next(1, 6);
            bool hasSavepoint = false;
            for (int i = 0; i < statements; i++)
            {
                switch (random.Next(12))
                {
                    case 0 when !hasSavepoint:
                        Run(session, "savepoint s");
                        hasSavepoint = true;
                        break;
                    case 1 when hasSavepoint:
                        Run(session, "rollback to s");
                        break;
                    case 2 when isDeferrable:
                        Run(session, $"set constraints all {(random.Next(2) == 0 ? "deferred" : "immediate")}");
                        break;
                    default:
                        try
                        {
                            Run(session, Statement(random));
                        }
                        catch (PhantomDbException failure) when (hasSavepoint && failure.SqlState is "23503" or "23505")
                        {
                            Run(session, "rollback to s");
                        }
                        CheckLookup(session, random.Next(Keys) + 1);
                        break;
                }
            }
            Run(session, random.Next(8) == 0 ? "rollback" : "commit");
            return true;
        }
        catch (PhantomDbException failure) when (Expected.Contains(failure.SqlState))
        {
            if (session.IsInTransaction)
            {
                Run(session, "rollback");
            }
            return false;
        }
    }

    private static string Statement(Random random)
    {
        int key = random.Next(Keys) + 1;
        int other = random.Next(Keys) + 1;
        return random.Next(12) switch
        {
            0 => $"insert into p values ({key}) on conflict do nothing",
            1 => $"delete from p where id = {key}",
            2 => $"update p set id = {other} where id = {key} and not exists (select from p where id = {other})",
            3 => $"insert into c values ({key}, {other}, {random.Next(Keys) + 1})",
            4 => $"update c set p = {other} where id = {key}",
            5 => $"delete from c where id = {key}",
            6 => $"update c set slot = slot + 1 where slot between {key} and {other}",
            7 => $"update c set slot = {other} where id = {key}",
            8 => $"insert into g values ({key}, {other})",
            9 => $"delete from g where id = {key}",
            10 => $"update c set id = {other} where id = {key} and not exists (select from c where id = {other})",
            _ => $"update g set c = {other} where id = {key}",
        };
    }

    // While rows share a key, an index must give all of them.
    private static void CheckLookup(Session session, int key)
    {
        string[] both = Value(session, $"select (select coalesce(string_agg(id::text, ' ' order by id), '') from c where slot + 0 = {key}) || '/' "
            + $"|| (select coalesce(string_agg(id::text, ' ' order by id), '') from c where slot = {key})").Split('/');
        Assert.AreEqual(both[0], both[1]);
    }

    private static void CheckAll(Session session)
    {
        Assert.AreEqual("0", Value(session, "select count(*) from c where p is not null and not exists (select from p where p.id = c.p)"));
        Assert.AreEqual("0", Value(session, "select count(*) from g where c is not null and not exists (select from c where c.id = g.c)"));
        Assert.AreEqual("0", Value(session, "select count(*) - count(distinct slot) from c where slot is not null"));
    }

    private static string Value(Session session, string sql)
    {
        using QueryResult result = session.Execute(sql);
        Assert.IsTrue(result.Read());
        return result.GetString(0);
    }

    private static void Run(Session session, string sql)
    {
        using QueryResult result = session.Execute(sql);
    }
}
