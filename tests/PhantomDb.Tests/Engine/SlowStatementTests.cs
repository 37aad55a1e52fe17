using System.Diagnostics;
using Microsoft.VisualStudio.TestTools.UnitTesting;
using static PhantomDb.Tests.Engine.SessionSteps;

namespace PhantomDb.Tests.Engine;

/// <summary>log_min_duration_statement: which statements are told of, and what of them. Times are compared with times that were measured around them, never with a guess.</summary>
[TestClass]
public sealed class SlowStatementTests : SessionTest
{
    private const string Rows100 = "SELECT n FROM generate_series(1, 100) AS g(n)";

    private readonly List<SlowStatement> _told = [];
    private readonly Session _session;

    public SlowStatementTests()
    {
        _session = NewSession();
        Run(_session, "CREATE TABLE t (id int PRIMARY KEY, v int)");
        Run(_session, "INSERT INTO t VALUES (1, 10), (2, 20), (3, 30)");
        Database.SlowStatement += statement =>
        {
            lock (_told)
            {
                _told.Add(statement);
            }
        };
    }

    [TestMethod]
    public void Nothing_is_told_unless_it_is_asked_for()
    {
        Run(_session, "SELECT * FROM t");
        Assert.AreEqual("-1", Run(_session, "SHOW log_min_duration_statement"));
        Run(_session, "SET log_min_duration_statement = 0");
        Run(_session, "SET log_min_duration_statement = -1");
        Run(_session, "SELECT * FROM t");
        AssertTold();
    }

    [TestMethod]
    public void Zero_tells_of_every_statement_with_its_rows()
    {
        Run(_session, "SET application_name = 'till'");
        TellAll();
        Run(_session, "SELECT v FROM t");
        Run(_session, "SELECT v FROM t WHERE id = 2");
        Run(_session, "SELECT v FROM t WHERE id = 3");   // the same but for a literal
        Run(_session, "SELECT v FROM t WHERE id = 4");
        Run(_session, "INSERT INTO t VALUES (4, 40)");
        Run(_session, "UPDATE t SET v = v + 1 WHERE id < 3");
        Run(_session, "DELETE FROM t WHERE id = 1 RETURNING v");
        Run(_session, "CREATE TABLE u (a int)");
        Run(_session, "BEGIN");
        Run(_session, "COMMIT");
        Run(_session, "SHOW application_name");
        AssertTold("SELECT v FROM t|3", "SELECT v FROM t WHERE id = 2|1", "SELECT v FROM t WHERE id = 3|1", "SELECT v FROM t WHERE id = 4|0", "INSERT INTO t VALUES (4, 40)|1",
            "UPDATE t SET v = v + 1 WHERE id < 3|2", "DELETE FROM t WHERE id = 1 RETURNING v|1", "CREATE TABLE u (a int)|0", "BEGIN|0", "COMMIT|0", "SHOW application_name|1");
        Assert.IsTrue(_told.TrueForAll(statement => statement.ProcessId == _session.ProcessId && statement.ApplicationName == "till" && statement.Duration > TimeSpan.Zero));
    }

    [TestMethod]
    public void Prepared_statements_are_told_of_without_the_values_of_parameters()
    {
        TellAll();
        using PreparedStatement point = _session.Prepare("SELECT v FROM t WHERE id = $1");
        using PreparedStatement insert = _session.Prepare("INSERT INTO t VALUES ($1, $2)");
        using PreparedStatement general = _session.Prepare("SELECT count(*) FROM t WHERE v > $1");
        using PreparedStatement commit = _session.Prepare("COMMIT");
        point.Bind(1, 2);
        insert.Bind(1, 777);
        insert.Bind(2, 888);
        general.Bind(1, 15);
        ReadAll(point.Execute());
        Run(_session, "BEGIN");
        insert.Execute().Dispose();
        ReadAll(general.Execute());
        commit.Execute().Dispose();
        AssertTold("SELECT v FROM t WHERE id = $1|1", "BEGIN|0", "INSERT INTO t VALUES ($1, $2)|1", "SELECT count(*) FROM t WHERE v > $1|1", "COMMIT|0");
    }

    [TestMethod]
    public void A_limit_tells_of_statements_that_take_so_long_or_longer()
    {
        Run(_session, "SET log_min_duration_statement = '1d'");
        Run(_session, "SELECT * FROM t");
        AssertTold();
        Run(_session, "SET log_min_duration_statement = '5ms'");
        Run(_session, "SELECT pg_sleep(0.02)");
        Assert.AreEqual("SELECT pg_sleep(0.02)", _told[^1].Text);
        Assert.IsGreaterThanOrEqualTo(5, _told[^1].Duration.TotalMilliseconds);
    }

    [TestMethod]
    public void The_time_of_a_query_includes_that_of_its_reader()
    {
        TellAll();
        using (QueryResult rows = _session.Execute(Rows100))
        {
            rows.Read();
            Thread.Sleep(30);
            AssertTold();
        }
        AssertTold($"{Rows100}|1");
        Assert.IsGreaterThanOrEqualTo(30, _told[0].Duration.TotalMilliseconds);
    }

    [TestMethod]
    public void A_result_that_is_held_open_after_its_last_row_takes_no_time()
    {
        TellAll();
        long start = Stopwatch.GetTimestamp();
        QueryResult rows = _session.Execute(Rows100);
        while (rows.Read())
        {
        }
        TimeSpan reading = Stopwatch.GetElapsedTime(start);
        Thread.Sleep(30);
        Assert.IsFalse(rows.Read());
        start = Stopwatch.GetTimestamp();
        rows.Dispose();
        TimeSpan closing = Stopwatch.GetElapsedTime(start);
        AssertTold($"{Rows100}|100");
        Assert.IsLessThanOrEqualTo(reading + closing, _told[0].Duration);
    }

    [TestMethod]
    public void Statements_that_fail_are_told_of_with_their_SQLSTATE()
    {
        TellAll();
        Run(_session, "SELECT FROM WHERE");
        Run(_session, "SELECT nosuch FROM t");
        Run(_session, "INSERT INTO t VALUES (1, 1)");
        Run(_session, "SELECT v FROM t WHERE id = 1 / (v - v)");
        Run(_session, "SELECT 10 / (id - 3) FROM t");
        Run(_session, "BEGIN");
        Run(_session, "SELECT nosuch");
        Run(_session, "SELECT 1");
        AssertTold("SELECT FROM WHERE|42601", "SELECT nosuch FROM t|42703", "INSERT INTO t VALUES (1, 1)|23505", "SELECT v FROM t WHERE id = 1 / (v - v)|22012", "SELECT 10 / (id - 3) FROM t|22012",
            "BEGIN|0", "SELECT nosuch|42703", "SELECT 1|25P02");
    }

    [TestMethod]
    public void Cancelled_and_terminated_statements_are_told_of_with_what_ended_them()
    {
        const string Endless = "SELECT count(*) FROM generate_series(1, 1000000) a, generate_series(1, 1000000) b WHERE a <> b";
        Run(_session, "SET statement_timeout = '20ms'");
        TellAll();
        Run(_session, Endless);
        AssertTold($"{Endless}|57014");
        Assert.IsGreaterThanOrEqualTo(20, _told[0].Duration.TotalMilliseconds);
        Run(_session, "RESET statement_timeout");
        QueryResult rows = _session.Execute(Rows100);
        rows.Read();
        Database.TerminateSession(_session.ProcessId);
        WaitUntil(() => _told.Count == 3);
        Assert.AreEqual($"{Rows100}|57P01", Line(_told[2]));
    }

    [TestMethod]
    public void A_commit_that_fails_is_told_of()
    {
        Run(_session, "CREATE TABLE child (id int REFERENCES t DEFERRABLE INITIALLY DEFERRED)");
        TellAll();
        Run(_session, "BEGIN");
        Run(_session, "INSERT INTO child VALUES (99)");
        Run(_session, "COMMIT");
        using (IEnumerator<QueryResult> batch = _session.ExecuteBatch("INSERT INTO child VALUES (98); SELECT 1;").GetEnumerator())
        {
            Assert.AreEqual("23503", StateOf(() =>
            {
                while (batch.MoveNext())
                {
                }
            }));
        }
        AssertTold("BEGIN|0", "INSERT INTO child VALUES (99)|1", "COMMIT|23503", "INSERT INTO child VALUES (98)|1", "SELECT 1|0", "COMMIT|23503");
    }

    [TestMethod]
    public void Of_a_script_or_batch_each_statement_is_told_of_of_one_call_all_of_them()
    {
        TellAll();
        foreach (QueryResult result in _session.ExecuteScript("SELECT 1; -- one\n SELECT v FROM t ;"))
        {
            ReadAll(result);
        }
        foreach (QueryResult result in _session.ExecuteBatch("DELETE FROM t WHERE id = 1; DELETE FROM t;"))
        {
            ReadAll(result);
        }
        Run(_session, "SELECT 2; SELECT * FROM generate_series(1, 5)");
        AssertTold("SELECT 1|1", "SELECT v FROM t|3", "DELETE FROM t WHERE id = 1|1", "DELETE FROM t|2", "COMMIT|0", "SELECT 2; SELECT * FROM generate_series(1, 5)|5");
    }

    [TestMethod]
    public void What_the_single_row_way_leaves_to_the_general_one_is_told_of_once_with_the_time_of_both()
    {
        Session other = NewSession();
        TellAll();
        using PreparedStatement update = _session.Prepare("UPDATE t SET v = 100 / (v - 7) WHERE id = $1");
        update.Bind(1, 2);
        Run(other, "BEGIN");
        Run(other, "LOCK TABLE t IN SHARE ROW EXCLUSIVE MODE");
        Run(other, "UPDATE t SET v = 7 WHERE id = 2");
        Task<string> waiting = Blocked(_session, () => StateOf(() => update.Execute().Dispose()));   // the single-row way waits for the table, and leaves errors to the other
        Thread.Sleep(30);
        Run(other, "COMMIT");
        Assert.AreEqual("22012", waiting.Result);
        AssertTold("UPDATE t SET v = 100 / (v - 7) WHERE id = $1|22012");
        Assert.IsGreaterThanOrEqualTo(30, _told[0].Duration.TotalMilliseconds);
    }

    [TestMethod]
    public void Handlers_that_fail_or_run_statements_do_no_harm()
    {
        using Session own = Database.OpenSession();
        Run(own, "SET log_min_duration_statement = 0");
        int count = 0;
        string inUse = "";
        Database.SlowStatement += _ => throw new InvalidOperationException("a handler's");
        Database.SlowStatement += statement =>
        {
            count++;
            Run(own, "INSERT INTO t VALUES (" + (1000 + count) + ", 0)");
            inUse = Run(_session, "SELECT 1");
        };
        TellAll();
        Assert.AreEqual("10", Run(_session, "SELECT v FROM t WHERE id = 1"));
        Assert.AreEqual("42703", Run(_session, "SELECT nosuch"));
        Assert.AreEqual("10 20 30 0 0", Run(_session, "SELECT v FROM t"));
        Assert.AreEqual((3, "55000"), (count, inUse));
        Assert.HasCount(3, _told);
        Run(own, "SELECT 1");
        Assert.HasCount(4, _told);
    }

    [TestMethod]
    public void The_option_is_the_default_that_a_session_and_the_database_may_change()
    {
        using Database database = Database.CreateInMemory(new DatabaseOptions { SlowStatementTime = TimeSpan.FromMilliseconds(249.5) });
        using Session session = database.OpenSession();
        Assert.AreEqual("250ms", Run(session, "SHOW log_min_duration_statement"));
        Run(session, "SET log_min_duration_statement = -1");
        Assert.AreEqual("-1", Run(session, "SHOW log_min_duration_statement"));
        Run(session, "RESET log_min_duration_statement");
        Assert.AreEqual("250ms", Run(session, "SHOW log_min_duration_statement"));
        Run(session, "SET PERSIST log_min_duration_statement = '2s'");
        using Session next = database.Fork().OpenSession();
        Assert.AreEqual("2s", Run(next, "SHOW log_min_duration_statement"));
        Run(session, "RESET PERSIST log_min_duration_statement");
        Assert.AreEqual("250ms", Run(session, "SHOW log_min_duration_statement"));
        Assert.AreEqual("22023", Run(session, "SET log_min_duration_statement = -2"));
        Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => new DatabaseOptions { SlowStatementTime = TimeSpan.FromMilliseconds(-1) }.Validate());
        Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => new DatabaseOptions { SlowStatementTime = TimeSpan.FromDays(30) }.Validate());
    }

    [TestMethod]
    public void The_line_for_logs_is_one_and_short()
    {
        SlowStatement statement = new() { Text = "SELECT 1,\r\n\t  2;\n", Duration = TimeSpan.FromMilliseconds(1234.56), RowCount = 1, ProcessId = 1 };
        Assert.AreEqual("1234.6 ms, 1 row: SELECT 1, 2;", statement.ToLine());
        Assert.AreEqual("1234.6 ms, 12 rows: SELECT 1, 2;", (statement with { RowCount = 12 }).ToLine());
        Assert.AreEqual("1234.6 ms, 57014: SELECT 1, 2;", (statement with { SqlState = "57014" }).ToLine());
        Assert.AreEqual(new string('x', 1000) + "…", (statement with { Text = new string('x', 1001) }).TextLine);
        Assert.AreEqual(new string('x', 1000), (statement with { Text = new string('x', 1000) }).TextLine);
    }

    private void TellAll()
    {
        Run(_session, "SET log_min_duration_statement = 0");
        AssertTold();
    }

    private void AssertTold(params string[] expected)
    {
        lock (_told)
        {
            CollectionAssert.AreEqual(expected, _told.Select(Line).ToArray(), string.Join('\n', _told.Select(Line)));
        }
    }

    private static string Line(SlowStatement statement) => statement.Text + "|" + (statement.SqlState ?? statement.RowCount.ToString(System.Globalization.CultureInfo.InvariantCulture));

    private static void ReadAll(QueryResult result)
    {
        using (result)
        {
            while (result.Columns.Count > 0 && result.Read())
            {
            }
        }
    }
}
