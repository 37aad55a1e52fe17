using Microsoft.VisualStudio.TestTools.UnitTesting;
using PhantomDb.Shell.Input;

namespace PhantomDb.Tests.Shell;

/// <summary>Standard streams that are full, closed, or without an end.</summary>
[TestClass]
public sealed class StandardStreamsTests
{
    private readonly string _folder = Directory.CreateTempSubdirectory("phantomdb-streams-").FullName;

    [TestCleanup]
    public void Clean() => Directory.Delete(_folder, recursive: true);

    [TestMethod]
    [DataRow("phantomdb -c '.output /dev/full' -c 'SELECT 1'", "No space left on device : '/dev/full'")]
    [DataRow("phantomdb -c 'SELECT 1' >/dev/full", "No space left on device")]
    [DataRow("phantomdb -q -c 'CREATE TABLE t (a text)' -c \"INSERT INTO t SELECT repeat('x', 1000) FROM generate_series(1, 1000)\" -c .dump >/dev/full", "No space left on device")]
    [DataRow("phantomdb -c \"COPY (SELECT repeat('x', 1000000)) TO STDOUT\" >/dev/full", "No space left on device")]
    [DataRow("phantomdb --help >/dev/full", "No space left on device")]
    [DataRow("phantomdb --version >/dev/full", "No space left on device")]
    [DataRow("phantomdb verify --help >/dev/full", "No space left on device")]
    [DataRow("phantomdb -c 'SELECT 1' >&-", "standard output is closed")]
    public void Output_that_cannot_be_written_is_an_error(string line, string reason)
    {
        SkipWithoutFull();
        Assert.AreEqual((1, "", $"ERROR: 58030: could not write output: {reason}\n"), ShellProcess.RunLine(_folder, line));
    }

    [TestMethod]
    [DataRow("2>/dev/full")]
    [DataRow("2>&-")]
    public void What_cannot_be_written_to_standard_error_is_left_out(string redirection)
    {
        SkipWithoutFull();
        Assert.AreEqual((0, "a\n1\n", ""), ShellProcess.RunLine(_folder, $"phantomdb shop -m csv -c 'CREATE TABLE t (a int)' -c 'INSERT INTO t VALUES (1)' -c 'SELECT a FROM t' {redirection}"));
        Assert.AreEqual((1, "a\n1\n", ""), ShellProcess.RunLine(_folder, $"phantomdb shop -m csv -c 'SELECT a FROM t' -c 'SELECT 1/0' {redirection}"));
        Assert.AreEqual((2, "", ""), ShellProcess.RunLine(_folder, $"phantomdb --nonsense {redirection}"));
    }

    [TestMethod]
    [DataRow("phantomdb <&-")]
    [DataRow("phantomdb -f - <&-")]
    public void Standard_input_that_is_closed_is_empty(string line) => Assert.AreEqual((0, "", ""), ShellProcess.RunLine(_folder, line));

    [TestMethod]
    public void A_database_does_not_take_the_place_of_a_closed_stream()
    {
        Assert.AreEqual((0, "", ""), ShellProcess.RunLine(_folder, "phantomdb shop -c \"CREATE TABLE t (a text); INSERT INTO t VALUES ('x')\" <&- >&- 2>&-"));
        Assert.AreEqual((0, "a\nx\n", ""), ShellProcess.RunLine(_folder, "phantomdb shop -m csv -c 'SELECT a FROM t'"));
    }

    [TestMethod]
    public void A_line_and_a_statement_have_a_largest_length()
    {
        using StreamLines lines = new(new MemoryStream(new byte[100_000]), null) { LengthMax = 50_000 };
        PhantomDbException error = Assert.Throws<PhantomDbException>(() => lines.ReadLine('='));
        Assert.AreEqual(("54000", "line 1 has more than 50000 characters"), (error.SqlState, error.Message));
        Assert.IsNull(lines.ReadLine('='));

        PhantomDb.Parsing.StatementSplitter splitter = new() { LengthMax = 1000 };
        splitter.Append(new string(' ', 600));
        error = Assert.Throws<PhantomDbException>(() => splitter.Append(new string(' ', 401)));
        Assert.AreEqual(("54000", "statement of more than 1000 characters"), (error.SqlState, error.Message));
        splitter.Append(new string(' ', 399) + ';');
    }

    private static void SkipWithoutFull()
    {
        if (!File.Exists("/dev/full"))
        {
            Assert.Inconclusive("Skipped: there is no /dev/full.");
        }
    }
}
