namespace PhantomDb.Tests.Engine;

/// <summary>Foreign keys' actions beside other transactions: a row that somebody is about to change is waited for.</summary>
[TestClass]
public sealed class ReferentialActionConcurrencyTests
{
    private readonly Database _database = Database.CreateInMemory();

    [TestMethod]
    [DataRow(true)]
    [DataRow(false)]
    public void A_cascade_waits_for_a_child_that_changes_its_parent(bool commits)
    {
        using Session first = _database.OpenSession();
        using Session second = _database.OpenSession();
        Run(first, "create table p (id int primary key)");
        Run(first, "create table c (id int primary key, pid int references p on delete cascade)");
        Run(first, "insert into p values (1), (2)");
        Run(first, "insert into c values (10, 1), (11, 1)");
        Run(first, "begin");
        Run(first, "update c set pid = 2 where id = 10");
        Task<string> delete = SessionSteps.RunBlocked(second, "delete from p where id = 1");
        Run(first, commits ? "commit" : "rollback");
        Assert.AreEqual("", delete.Result);
        Assert.AreEqual(commits ? "10|2" : "", Rows(first, "select id || '|' || pid from c order by id"));
        Assert.AreEqual("2", Rows(first, "select id from p"));
    }

    [TestMethod]
    public void A_child_that_comes_while_its_parent_goes_finds_no_parent()
    {
        using Session first = _database.OpenSession();
        using Session second = _database.OpenSession();
        Run(first, "create table p (id int primary key)");
        Run(first, "create table c (pid int references p on delete set null)");
        Run(first, "insert into p values (1)");
        Run(first, "insert into c values (1)");
        Run(first, "begin");
        Run(first, "delete from p");
        Task<string> insert = SessionSteps.RunBlocked(second, "insert into c values (1)");
        Run(first, "commit");
        Assert.AreEqual("23503", insert.Result);
        Assert.AreEqual("null", Rows(first, "select coalesce(pid::text, 'null') from c"));
    }

    [TestMethod]
    public void Actions_of_many_sessions_leave_no_child_without_parent()
    {
        const int parents = 40;
        using (Session session = _database.OpenSession())
        {
            Run(session, "create table p (id int primary key, code int unique)");
            Run(session, "create table c (id int primary key, code int references p (code) on delete set null on update cascade)");
            Run(session, "create index on c (code)");
            Run(session, $"insert into p select g, g from generate_series(1, {parents}) g");
            Run(session, $"insert into c select g, 1 + g % {parents} from generate_series(1, {parents * 5}) g");
        }
        Parallel.For(0, 4, new ParallelOptions { MaxDegreeOfParallelism = 4 }, worker =>
        {
            using Session session = _database.OpenSession();
            var random = new Random(worker);
            for (int i = 0; i < 100; i++)
            {
                string sql = random.Next(3) switch
                {
                    0 => $"update p set code = code + 1000 where id = {random.Next(1, parents + 1)}",
                    1 => $"delete from p where id = {random.Next(1, parents + 1)}",
                    _ => $"update c set code = (select min(code) from p where id > {random.Next(parents)}) where id = {random.Next(1, (parents * 5) + 1)}",
                };
                try
                {
                    Run(session, sql);
                }
                catch (PhantomDbException failure) when (failure.SqlState is "23503" or "40P01" or "40001")
                {
                }
            }
        });
        using Session check = _database.OpenSession();
        Assert.AreEqual("0", Rows(check, "select count(*) from c where code is not null and not exists (select from p where p.code = c.code)"));
        Assert.AreEqual($"{parents * 5}", Rows(check, "select count(*) from c"));
    }

    private static void Run(Session session, string sql) => session.Execute(sql).Dispose();

    private static string Rows(Session session, string sql)
    {
        using QueryResult result = session.Execute(sql);
        List<string> rows = [];
        while (result.Read())
        {
            rows.Add(result.GetText(0));
        }
        return string.Join(',', rows);
    }
}
