using PhantomDb.Execution.Settings;

namespace PhantomDb.Tests.Execution.Settings;

/// <summary>Settings that take effect outside of what scripts can show: time, memory, notices, prepared statements.</summary>
[TestClass]
public sealed class SessionSettingsTests
{
    private readonly Database _database = Database.CreateInMemory();

    [TestMethod]
    public void A_statement_that_waits_for_another_session_ends_at_its_timeout()
    {
        using Session writer = _database.OpenSession();
        using Session waiting = _database.OpenSession();
        Run(writer, "create table t (a int primary key)");
        Run(writer, "begin");
        Run(writer, "insert into t values (1)");
        Run(waiting, "set statement_timeout = '50ms'");
        AssertFails("57014", waiting, "insert into t values (1)");
        Run(waiting, "set statement_timeout = 0");
        Run(waiting, "set lock_timeout = '50ms'");
        AssertFails("55P03", waiting, "insert into t values (1)");
        using PreparedStatement prepared = waiting.Prepare("insert into t values ($1)");
        prepared.Bind(1, 1);
        PhantomDbException error = Assert.ThrowsExactly<PhantomDbException>(() => prepared.Execute().Dispose());
        Assert.AreEqual("55P03", error.SqlState);
        Run(writer, "rollback");
        Run(waiting, "insert into t values (2)");
        prepared.Execute().Dispose();
        Assert.AreEqual("2", Scalar(waiting, "select count(*) from t"));
    }

    [TestMethod]
    public void A_statement_beyond_work_mem_fails_and_the_next_one_runs()
    {
        using Session session = _database.OpenSession();
        Run(session, "set work_mem = '64kB'");
        AssertFails("53200", session, "select count(*) from (select distinct g from generate_series(1, 100000) g) x");
        Run(session, "reset work_mem");
        Assert.AreEqual("100000", Scalar(session, "select count(*) from (select distinct g from generate_series(1, 100000) g) x"));
    }

    [TestMethod]
    public void Work_mem_is_the_option_of_the_database_until_it_is_set()
    {
        using Database database = Database.CreateInMemory(new DatabaseOptions { WorkMemory = 3 * 1024 * 1024 });
        using Session session = database.OpenSession();
        Assert.AreEqual("3MB", Scalar(session, "show work_mem"));
    }

    [TestMethod]
    public void A_prepared_statement_follows_the_search_path()
    {
        using Session session = _database.OpenSession();
        foreach (string schema in new[] { "s1", "s2" })
        {
            Run(session, $"create schema {schema}");
            Run(session, $"create table {schema}.t (id int primary key, v text)");
            Run(session, $"insert into {schema}.t values (1, '{schema}')");
        }
        Run(session, "set search_path to s1");
        using PreparedStatement prepared = session.Prepare("select v from t where id = $1");
        prepared.Bind(1, 1);
        Assert.AreEqual("s1", Read(prepared));
        Run(session, "set search_path to s2");
        Assert.AreEqual("s2", Read(prepared));
        Run(session, "set search_path to s1");
        Assert.AreEqual("s1", Read(prepared));
    }

    [TestMethod]
    public void Notices_below_client_min_messages_are_not_raised()
    {
        using Session session = _database.OpenSession();
        List<string> notices = [];
        session.Notice += notices.Add;
        Run(session, "drop table if exists nosuch");
        Run(session, "set client_min_messages = warning");
        Run(session, "drop table if exists nosuch");
        Run(session, "set local statement_timeout = 5");
        Run(session, "set client_min_messages = error");
        Run(session, "set local statement_timeout = 5");
        CollectionAssert.AreEqual(new[] { "table \"nosuch\" does not exist, skipping", "SET LOCAL can only be used in transaction blocks" }, notices);
    }

    [TestMethod]
    public void Every_setting_is_shown_and_documented()
    {
        using Session session = _database.OpenSession();
        using QueryResult rows = session.Execute("show all");
        List<string> shown = [];
        while (rows.Read())
        {
            shown.Add(rows.GetString(0)!);
        }
        CollectionAssert.AreEquivalent(SettingDefinitions.ByName.Keys.ToArray(), shown);
        string docs = File.ReadAllText(Path.Combine(RepositoryPaths.Root, "docs", "settings.md"));
        string[] missing = [.. shown.Where(name => !docs.Contains($"`{name}`", StringComparison.Ordinal))];
        Assert.IsEmpty(missing, string.Join(", ", missing));
    }

    private static void Run(Session session, string sql) => session.Execute(sql).Dispose();

    private static string? Scalar(Session session, string sql)
    {
        using QueryResult result = session.Execute(sql);
        Assert.IsTrue(result.Read());
        return result.GetText(0);
    }

    private static string? Read(PreparedStatement prepared)
    {
        using QueryResult result = prepared.Execute();
        Assert.IsTrue(result.Read());
        return result.GetText(0);
    }

    private static void AssertFails(string sqlState, Session session, string sql)
    {
        PhantomDbException error = Assert.ThrowsExactly<PhantomDbException>(() =>
        {
            using QueryResult result = session.Execute(sql);
            while (result.Read())
            {
            }
        });
        Assert.AreEqual(sqlState, error.SqlState);
    }
}
