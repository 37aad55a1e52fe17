using Microsoft.VisualStudio.TestTools.UnitTesting;

namespace PhantomDb.Tests.Shell;

/// <summary>What people's fingers know from psql and sqlite3.</summary>
[TestClass]
public sealed class ShellHabitsTests
{
    private readonly string _folder = Directory.CreateTempSubdirectory("phantomdb-habits-").FullName;

    [TestCleanup]
    public void Clean() => Directory.Delete(_folder, recursive: true);

    [TestMethod]
    public void A_command_may_stand_behind_a_statement_and_in_the_middle_of_one()
    {
        Assert.AreEqual("a\n1\na = 2\na\n3\na\n3\na\n5\n", Output("SELECT 1 AS a \\g\nSELECT 2 AS a\n\\gx\nSELECT 3 AS a; \\g\nSELECT 4 AS \\r\nSELECT 5 AS a;\n"));
        Assert.AreEqual("between\na\n1\n", Output("SELECT\n\\echo between\n1 AS a;\n"));
        Assert.AreEqual("a\n\\g\nb\n\\g\nc\n1\n", Output("SELECT '\\g' AS a;\nSELECT $$\\g$$ AS b; -- \\g\nSELECT 1 /* \\g\n\\g */ AS c;\n"));
    }

    [TestMethod]
    public void Behind_a_command_in_the_middle_an_error_still_has_its_line()
    {
        (int exitCode, _, string errors) = Run("SELECT\n1 \\g\n\\echo\nSELECT nowhere \\gx\n");
        Assert.AreEqual(1, exitCode);
        Assert.Contains("LINE 4: SELECT nowhere \n", errors);
        Assert.Contains("ERROR: 55000: there is no statement to run", Run("\\g\n").Errors);
    }

    [TestMethod]
    public void A_transaction_that_is_left_open_is_told_of()
    {
        Assert.AreEqual((0, "", "BEGIN\nNOTICE: the open transaction is rolled back\n"), Run("BEGIN;\n"));
        Assert.AreEqual((0, "", "BEGIN\nCOMMIT\n"), Run("BEGIN;\nCOMMIT;\n"));
    }

    private string Output(string input)
    {
        (int exitCode, string output, string errors) = Run(input, "-q", "-m", "csv");
        Assert.AreEqual((0, ""), (exitCode, errors));
        return output;
    }

    private (int ExitCode, string Output, string Errors) Run(string input, params string[] args) => ShellProcess.Run(_folder, input, args);
}
