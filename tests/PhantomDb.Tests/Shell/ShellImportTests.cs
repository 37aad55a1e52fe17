using System.Text;
using Microsoft.VisualStudio.TestTools.UnitTesting;

namespace PhantomDb.Tests.Shell;

/// <summary><c>.import</c>: CSV files as all sorts of programs write them.</summary>
[TestClass]
public sealed class ShellImportTests
{
    private readonly string _folder = Directory.CreateTempSubdirectory("phantomdb-import-").FullName;

    [TestCleanup]
    public void Clean() => Directory.Delete(_folder, recursive: true);

    [TestMethod]
    public void A_table_that_the_import_made_goes_when_it_fails()
    {
        Write("a.csv", "id,name\n1,x\n2,y,z\n");
        (int exitCode, string output, string errors) = Import("a.csv t", "shop", "-q");
        Assert.AreEqual((1, ""), (exitCode, output));
        Assert.AreEqual("ERROR: 22P04: extra data after last expected column\nCONTEXT: COPY t, line 3\n", errors);
        Assert.AreEqual("schema,name,type\n", Run("shop", "-m", "csv", "-c", ".tables").Output);
    }

    [TestMethod]
    public void In_a_transaction_the_import_is_part_of_it()
    {
        Write("a.csv", "id\n1\n");
        Assert.AreEqual((0, "id\n1\nschema,name,type\n", "BEGIN\nCREATE TABLE\nCOPY 1\nROLLBACK\n"),
            ShellProcess.Run(_folder, "BEGIN;\n.import a.csv t\nTABLE t;\nROLLBACK;\n.tables\n", "-m", "csv"));
    }

    [TestMethod]
    public void A_table_without_a_schema_is_looked_for_along_the_search_path()
    {
        Write("a.csv", "A\n1\n");
        Assert.AreEqual((0, "a\n1\n1\n", ""), Run("-q", "-m", "csv", "-c", "CREATE SCHEMA o; CREATE TABLE o.t (a int); SET search_path TO o, public", "-c", ".import a.csv t", "-c", ".import a.csv o.t", "-c", "TABLE o.t"));
        Assert.AreEqual((0, "schema,name,type\no,t,table\npublic,t,table\n", ""), Run("-q", "-m", "csv", "-c", "CREATE SCHEMA o; CREATE TABLE t (b int); SET search_path TO o", "-c", ".import a.csv t", "-c", ".tables *.t"));
    }

    [TestMethod]
    public void Ctrl_C_ends_the_search_for_types_and_nothing_is_left()
    {
        ShellProcess.SkipWithoutSignals();
        if (!Directory.Exists("/proc/self/fd"))
        {
            Assert.Inconclusive("Skipped: whether the file is being read is seen in /proc.");
        }
        Write("a.csv", "id,name\n" + string.Concat(Enumerable.Repeat("1,a name\n", 2_000_000)));
        using ShellProcess shell = new(_folder, "shop", "-q", "-c", ".import a.csv t", "-c", "SELECT 'run'");
        Assert.IsTrue(SpinWait.SpinUntil(() => shell.HasOpen("a.csv"), TimeSpan.FromSeconds(60)));
        shell.Signal("INT");
        Assert.AreEqual((130, "", "ERROR: 57014: canceling statement due to user request\n"), shell.Finish());
        Assert.AreEqual("schema,name,type\n", Run("shop", "-m", "csv", "-c", ".tables").Output);
    }

    [TestMethod]
    public void Blank_lines_are_passed_over_and_errors_name_the_lines_of_the_file()
    {
        Write("a.csv", "\n\nid,name\r\n\r\n1,x\n  \t \n2,\"y\n\nz\"\n\n\n");
        Assert.AreEqual("id,name\n1,x\n2,\"y\n\nz\"\n", Table("a.csv t"));
        Write("b.csv", "sep=;\nid;name\n\n1;x\n\n2;\"y\nz\"\n\n\n3\n");
        Assert.AreEqual("ERROR: 22P04: missing data for column \"name\"\nCONTEXT: COPY t, line 10\n", Import("b.csv t", "-q").Errors);
        Write("c.csv", "id,name\n\n1,x\n\n2,\"y\n3,z\n");
        Assert.AreEqual("ERROR: 22P04: unterminated CSV quoted field\nCONTEXT: COPY t, line 5\n", Import("c.csv t", "-q").Errors);
        Write("d.csv", "id\n\n1\n");
        Assert.AreEqual("id\n\n1\n", Table("d.csv t"));   // of one column a blank line is a row
    }

    [TestMethod]
    public void What_ends_the_rows_of_COPY_is_a_value_of_a_file()
    {
        Write("a.csv", "a\nx\n\\.\ny\n");
        Assert.AreEqual("a\nx\n\"\\.\"\ny\n", Table("a.csv t"));
        Write("b.csv", "a,b\n1,2\n\\.\n");
        Assert.Contains("COPY t, line 3", Import("b.csv t").Errors);
    }

    [TestMethod]
    [DataRow("utf-8", true, "")]
    [DataRow("utf-8", false, "")]
    [DataRow("utf-16", true, "")]
    [DataRow("utf-16BE", true, "")]
    [DataRow("utf-32", true, "")]
    [DataRow("utf-16", false, " --encoding=utf-16")]
    [DataRow("utf-16BE", false, " --encoding utf-16BE")]
    [DataRow("latin1", false, " --encoding latin1")]
    [DataRow("windows-1252", false, " --encoding=windows-1252")]
    public void A_file_is_read_in_its_encoding(string encoding, bool hasMark, string option)
    {
        Encoding.RegisterProvider(CodePagesEncodingProvider.Instance);
        Encoding written = Encoding.GetEncoding(encoding);
        string row = $"{new string('é', 40_000)};ß\n";   // of more than a block
        File.WriteAllBytes(Path.Combine(_folder, "a.csv"), [.. hasMark ? written.Preamble : [], .. written.GetBytes($"größe;b\r\n{row}{row}")]);
        Assert.AreEqual($"größe,b\n{row}{row}".Replace(';', ','), Table("a.csv t" + option));
    }

    [TestMethod]
    public void Bytes_that_are_not_of_the_encoding_are_an_error_that_names_the_line()
    {
        File.WriteAllBytes(Path.Combine(_folder, "a.csv"), [.. "id,name\n"u8, .. Enumerable.Repeat("1,\"\"\n"u8.ToArray(), 30_000).SelectMany(row => row), .. "2,caf"u8, 0xE9, (byte)'\n']);
        (int exitCode, _, string errors) = Import("a.csv t");
        Assert.AreEqual(1, exitCode);
        Assert.AreEqual("ERROR: 22021: invalid byte sequence for encoding \"utf-8\" in line 30002 of a.csv: 0xe9\nHINT: Name the file's encoding: .import FILE TABLE --encoding NAME, such as windows-1252, latin1 or utf-16.\n", errors);
        Assert.StartsWith("ERROR: 22023: there is no encoding \"latin9000\"\n", Import("a.csv t --encoding latin9000").Errors);
    }

    [TestMethod]
    [DataRow("09:30|23:59:59.25", "time without time zone")]
    [DataRow("6f9619ff-8b86-d011-b42d-00c04fc964ff|6F9619FF-8B86-D011-B42D-00C04FC964FF", "uuid")]
    [DataRow("1.5e3|-2|3.25", "double precision")]
    [DataRow("1.5|-2", "numeric")]
    [DataRow("12|-2", "bigint")]
    [DataRow("1e400|1", "text")]
    [DataRow("007|1", "text")]
    [DataRow("+4915112345678|1", "text")]
    [DataRow("900000000000000000000000000001|900000000000000000000000000002", "numeric")]
    [DataRow("12345678901234567890123456789012345678|1.5", "numeric")]
    [DataRow("123456789012345678901234567890123456789|1", "text")]
    [DataRow("1e5|12345678901234567890", "text")]
    [DataRow("1e5|1234567890.1234567", "double precision")]
    [DataRow(".5|5.|-0.25", "numeric")]
    [DataRow("NaN|1.5", "text")]
    [DataRow("2024-02-29|2024-02-29 12:00", "timestamp without time zone")]
    [DataRow("12:00|2024-02-29", "text")]
    public void The_narrowest_type_that_all_values_have_is_taken(string values, string type)
    {
        Write("a.csv", $"a,b\n{string.Concat(values.Split('|').Select(value => $"{value},\n"))}");
        Assert.AreEqual($"column,type,nullable,default\na,{type},\"\",\"\"\nb,text,\"\",\"\"\n", Run("-m", "csv", "-c", ".import a.csv t", "-c", "\\d t").Output);
    }

    [TestMethod]
    public void The_first_line_of_Excel_names_the_delimiter()
    {
        Write("a.csv", "SEP=;\r\na;b\r\n1,5;\"2;\"\r\n");
        Assert.AreEqual("a,b\n\"1,5\",2;\n", Table("a.csv t"));
        Write("b.csv", "\"a;1\",\"b;2\",c\n1,2,3\n");   // what stands in quotes does not count
        Assert.AreEqual("a;1,b;2,c\n1,2,3\n", Table("b.csv t"));
    }

    [TestMethod]
    public void A_pipe_is_refused_since_it_can_be_read_but_once() => Assert.AreEqual(
        (1, "", "ERROR: 42809: \"/dev/stdin\" is a pipe or a device, and .import reads its file more than once\nHINT: COPY TABLE FROM 'FILE' (FORMAT csv) reads once.\n"),
        ShellProcess.RunLine(_folder, "echo a | phantomdb -c '.import /dev/stdin t'"));

    private void Write(string name, string text) => File.WriteAllText(Path.Combine(_folder, name), text);

    private (int ExitCode, string Output, string Errors) Import(string arguments, params string[] options) => Run([.. options, "-c", ".import " + arguments]);

    private string Table(string arguments) => Run("-m", "csv", "-q", "-c", ".import " + arguments, "-c", "TABLE t").Output;

    private (int ExitCode, string Output, string Errors) Run(params string[] args) => ShellProcess.Run(_folder, "", args);
}
