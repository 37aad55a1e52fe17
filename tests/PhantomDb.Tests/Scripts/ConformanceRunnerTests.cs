using PhantomDb.SqlLogicTests;

namespace PhantomDb.Tests.Scripts;

[TestClass]
public sealed class ConformanceRunnerTests
{
    private readonly string _folder = Directory.CreateTempSubdirectory("slt").FullName;

    [TestCleanup]
    public void DeleteFolder() => Directory.Delete(_folder, recursive: true);

    [TestMethod]
    public void A_folder_is_run_with_all_below_it_and_the_list_is_relative_to_it()
    {
        Write("b/two.test", "statement ok\nbad\n\nstatement ok\ngood\n");
        Write("one.slt", "statement ok\ngood\n");
        Write("notes.txt", "not a script");
        Write("list", "# known\nb/two.test:1\none.slt:1\n");

        var (good, output) = Run("--exceptions", Path.Combine(_folder, "list"), _folder);

        Assert.IsTrue(good, output);
        StringAssert.Contains(output, "two.test: 1 passed, 0 failed, 1 skipped");
        StringAssert.Contains(output, "one.slt:1 is listed as an exception, but passes");
        StringAssert.EndsWith(output, "1 passed, 0 failed, 2 skipped" + Environment.NewLine);
    }

    [TestMethod]
    public void Nothing_passed_is_not_good()
    {
        Write("empty.slt", "# nothing\n");
        Assert.IsFalse(Run(_folder).Good);
    }

    [TestMethod]
    public void One_failure_is_not_good_and_is_shown_on_request()
    {
        Write("x.slt", "statement ok\ngood\n\nstatement ok\nbad\n");
        var (good, output) = Run("--verbose", "1", Path.Combine(_folder, "x.slt"));
        Assert.IsFalse(good);
        StringAssert.Contains(output, "x.slt:4: ERROR 42601: bad");
        StringAssert.EndsWith(output, "1 passed, 1 failed, 0 skipped" + Environment.NewLine);
    }

    [TestMethod]
    public void The_list_of_failures_can_be_given_back_as_exceptions()
    {
        Write("a/x.slt", "statement ok\ngood\n\nstatement ok\nbad\n");
        var list = Path.Combine(_folder, "list");
        Assert.IsFalse(Run("--list-failures", list, _folder).Good);
        Assert.AreEqual("a/x.slt:4", File.ReadAllText(list).Trim().Replace('\\', '/'));
        StringAssert.EndsWith(Run("--exceptions", list, _folder).Output, "1 passed, 0 failed, 1 skipped" + Environment.NewLine);
    }

    [TestMethod]
    public void A_script_that_is_not_in_the_format_fails_by_itself()
    {
        Write("a.slt", "nonsense\n");
        Write("b.slt", "statement ok\ngood\n");
        StringAssert.EndsWith(Run(_folder).Output, "1 passed, 1 failed, 0 skipped" + Environment.NewLine);
    }

    [TestMethod]
    [DataRow("--bogus")]
    [DataRow("--verbose")]
    [DataRow("--seconds x path")]
    [DataRow("")]
    public void A_wrong_command_line_is_refused(string arguments) =>
        Assert.ThrowsExactly<ArgumentException>(() => RunnerOptions.Parse(arguments.Split(' ', StringSplitOptions.RemoveEmptyEntries)));

    private void Write(string name, string text)
    {
        var path = Path.Combine(_folder, name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, text);
    }

    private static (bool Good, string Output) Run(params string[] arguments)
    {
        var output = new StringWriter();
        var good = new ConformanceRunner(RunnerOptions.Parse(arguments), () => new GoodOrBad(), output).Run();
        return (good, output.ToString());
    }

    private sealed class GoodOrBad : ISqlConnection
    {
        public SqlResult Execute(string sql, CancellationToken cancellation) =>
            sql == "good" ? new SqlResult([], [], [], 0) : throw new SqlFailureException("42601", sql);

        public void Dispose()
        {
        }
    }
}
