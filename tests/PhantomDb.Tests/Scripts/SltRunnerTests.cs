using PhantomDb.SqlLogicTests;

namespace PhantomDb.Tests.Scripts;

[TestClass]
public sealed class SltRunnerTests
{
    [TestMethod]
    public void Values_are_printed_as_their_type_letter_says()
    {
        // The columns: a boolean, a numeric, a float, a text with a control character, an empty text, a NULL.
        var result = Result(
            ["boolean", "numeric", "double precision", "text", "text", "text"],
            ["t", "-2.9999", "1.5", "a\nb", "", null]);

        AssertPasses("query IIRTTT\nq\n----\n1\n-2\n1.500\na@b\n(empty)\nNULL", result);
        AssertPasses("query TIRTTI\nq\n----\nt\n-2\n1.500\na@b\n(empty)\nNULL", result);
        AssertFails("query IIRTTT\nq\n----\n1\n-3\n1.500\na@b\n(empty)\nNULL", result, "another result");
        AssertFails("query II\nq\n----\n1\n2", result, "6 columns, expected 2");
    }

    [TestMethod]
    public void Large_results_are_compared_by_their_hash()
    {
        // printf '1\n2\n' | md5sum
        var result = Result(["integer"], ["2"], ["1"]);
        AssertPasses("query I rowsort\nq\n----\n2 values hashing to 6ddb4095eb719e2a9f0a3f95677d24e0", result);
        AssertFails("query I nosort\nq\n----\n2 values hashing to 6ddb4095eb719e2a9f0a3f95677d24e0", result, "another result");
    }

    [TestMethod]
    public void Rowsort_keeps_rows_together_and_valuesort_does_not()
    {
        var result = Result(["integer", "integer"], ["2", "1"], ["1", "3"]);
        AssertPasses("query II rowsort\nq\n----\n1\n3\n2\n1", result);
        AssertPasses("query II valuesort\nq\n----\n1\n1\n2\n3", result);
        AssertPasses("query II\nq\n----\n2\n1\n1\n3", result);
        AssertPasses("query rowsort\nq\n----\n1|3\n2|1", result);
    }

    [TestMethod]
    public void In_rows_no_two_values_look_alike()
    {
        var result = Result(["text", "text", "text", "text"], [null, "NULL", "", "(empty)"], ["a|b", "a\nb", "\\x00", "a\\nb"]);
        AssertPasses("query types\nq\n----\ntypes: text|text|text|text\nNULL|\\NULL|(empty)|\\(empty)\na\\|b|a\\nb|\\x00|a\\\\nb", result);
    }

    [TestMethod]
    public void Queries_with_one_label_must_give_one_result()
    {
        var connection = new FakeConnection(_ => Result(["integer"], ["1"]));
        connection.Answers["b"] = _ => Result(["integer"], ["2"]);
        var report = Run("query I nosort same\na\n\nquery I nosort same\na\n\nquery I nosort same\nb", connection);
        Assert.AreEqual(2, report.PassedCount);
        StringAssert.Contains(report.Failures.Single().Problem, "label same");
    }

    [TestMethod]
    public void An_expected_error_needs_the_expected_state_and_a_defect_is_never_expected()
    {
        var connection = new FakeConnection(_ => throw new SqlFailureException("23505", "duplicate key"));
        connection.Answers["defect"] = _ => throw new InvalidOperationException("oops");
        connection.Answers["fine"] = _ => Result([]);
        var report = Run(
            "statement error 23505\na\n\nstatement error\na\n\nstatement error dupl.* key\na\n\nstatement error 23503\na\n\n"
            + "statement error\ndefect\n\nstatement error\nfine\n\nstatement ok\na",
            connection);

        Assert.AreEqual(3, report.PassedCount);
        CollectionAssert.AreEqual(new[] { 10, 13, 16, 19 }, report.Failures.Select(f => f.Line).ToArray());
        StringAssert.StartsWith(report.Failures[1].Problem, "defect: InvalidOperationException: oops");
    }

    [TestMethod]
    public void A_listed_record_runs_but_counts_as_skipped_and_is_named_when_it_passes()
    {
        var report = SltRunner.Run(
            SltFile.Parse("x", "query I\na\n----\n1\n\nquery I\na\n----\n2\n\nquery I\na\n----\n1"),
            new FakeConnection(_ => Result(["integer"], ["1"])),
            new SltRunOptions { IsListed = line => line is 1 or 6 });

        Assert.AreEqual((1, 0, 2), (report.PassedCount, report.FailedCount, report.SkippedCount));
        CollectionAssert.AreEqual(new[] { 1 }, report.ListedButPassing);
    }

    [TestMethod]
    public void Records_of_other_engines_are_skipped_and_halt_ends_the_script()
    {
        var report = Run("onlyif mysql\nstatement ok\na\n\nskipif postgresql\nhalt\n\nstatement ok\na\n\nhalt\n\nstatement ok\na", new FakeConnection(_ => Result([])));
        Assert.AreEqual((1, 0, 1), (report.PassedCount, report.FailedCount, report.SkippedCount));
    }

    [TestMethod]
    public void What_the_time_limit_cuts_off_counts_as_failed()
    {
        var connection = new FakeConnection(_ => Result([]));
        connection.Answers["slow"] = cancellation =>
        {
            cancellation.WaitHandle.WaitOne();
            throw new SqlFailureException("57014", "canceled");
        };
        var report = SltRunner.Run(
            SltFile.Parse("x", "statement ok\nquick\n\nstatement ok\nslow\n\nstatement ok\nquick\n\nstatement ok\nquick"),
            connection,
            new SltRunOptions { TimeLimit = TimeSpan.FromMilliseconds(20) });

        Assert.AreEqual((1, 3, 0), (report.PassedCount, report.FailedCount, report.SkippedCount));
        StringAssert.Contains(report.Note!, "time limit");
    }

    [TestMethod]
    public void When_a_sample_database_does_not_load_every_record_after_it_fails()
    {
        var folder = Directory.CreateTempSubdirectory("datasets").FullName;
        try
        {
            Directory.CreateDirectory(Path.Combine(folder, "northwind"));
            File.WriteAllText(Path.Combine(folder, "northwind", "northwind.sql"), "CREATE TABLE t (a int);");
            var report = SltRunner.Run(
                SltFile.Parse("x", "load northwind\n\nstatement ok\na\n\nstatement ok\nb\n\nload chinook\n"),
                new FakeConnection(_ => throw new SqlFailureException("0A000", "no tables yet")),
                new SltRunOptions { Datasets = new DatasetFolder(folder), IsListed = line => line == 6 });

            Assert.AreEqual((0, 1, 1), (report.PassedCount, report.FailedCount, report.SkippedCount));
            StringAssert.Contains(report.Note!, "no tables yet");
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [TestMethod]
    public void A_missing_sample_database_skips_the_script_and_says_so()
    {
        var report = Run("load northwind\n\nstatement ok\na\n", new FakeConnection(_ => Result([])));
        Assert.AreEqual((0, 0, 1), (report.PassedCount, report.FailedCount, report.SkippedCount));
        StringAssert.Contains(report.Note!, "northwind is not there");
    }

    [TestMethod]
    public void Recording_fills_in_results_and_errors_and_keeps_the_rest()
    {
        var connection = new FakeConnection(_ => Result(["integer", "text"], ["1", null]));
        connection.Answers["bad"] = _ => throw new SqlFailureException("42601", "syntax error");
        var recorded = SltRecorder.Record(
            SltFile.Parse("x", "# comment\nquery\nq\n\nstatement ok\nbad\n\nonlyif mysql\nstatement ok\nother\n\nquery\nbad\n----\nold\n\nstatement error 42000\nq\n"),
            connection,
            new SltRunOptions());

        Assert.AreEqual(
            "# comment\nquery\nq\n----\n1|NULL\n\nstatement error 42601\nbad\n\nonlyif mysql\nstatement ok\nother\n\nstatement error 42601\nbad\n\nstatement ok\nq\n",
            recorded);
    }

    private static void AssertPasses(string script, SqlResult result)
    {
        var report = Run(script, new FakeConnection(_ => result));
        Assert.AreEqual(1, report.PassedCount, report.Failures.Count > 0 ? FailureText.Of("x", report.Failures[0]) : "");
    }

    private static void AssertFails(string script, SqlResult result, string problem) =>
        Assert.AreEqual(problem, Run(script, new FakeConnection(_ => result)).Failures.Single().Problem);

    private static SltReport Run(string script, ISqlConnection connection) => SltRunner.Run(SltFile.Parse("x", script), connection);

    private static SqlResult Result(string[] types, params string?[][] rows) => new(types, types, rows, rows.Length);

    /// <summary>Answers by the text of the statement, without a database.</summary>
    private sealed class FakeConnection(Func<CancellationToken, SqlResult> answer) : ISqlConnection
    {
        public Dictionary<string, Func<CancellationToken, SqlResult>> Answers { get; } = [];

        public SqlResult Execute(string sql, CancellationToken cancellation) => Answers.GetValueOrDefault(sql, answer)(cancellation);

        public void Dispose()
        {
        }
    }
}
