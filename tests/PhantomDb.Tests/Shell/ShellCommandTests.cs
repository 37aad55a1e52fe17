using Microsoft.VisualStudio.TestTools.UnitTesting;

namespace PhantomDb.Tests.Shell;

/// <summary>Commands of the shell that move rows and statements: .dump, .export, .watch, .edit, .bail, .mode insert.</summary>
[TestClass]
public sealed class ShellCommandTests
{
    private const string Schema = """
        CREATE SCHEMA "Audit Log";
        CREATE TABLE customer (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name text UNIQUE, born date);
        CREATE TABLE "Audit Log".entry (customer_id int REFERENCES customer, note text CHECK (note <> ''), ok boolean, amount numeric(8,2));
        CREATE SEQUENCE ticket START 5; SELECT nextval('ticket');
        INSERT INTO customer (name, born) VALUES ('Ann', '2001-02-03'), (E'back\\\\slash\\ttab', NULL), ('\\\\.', NULL);
        INSERT INTO "Audit Log".entry VALUES (1, E'two\\nlines', true, 1.50), (2, NULL, NULL, NULL), (NULL, 'it''s', false, -7);
        CREATE INDEX by_born ON customer (born);
        CREATE VIEW named AS SELECT id, name FROM customer WHERE name IS NOT NULL;

        """;

    private readonly string _folder = Directory.CreateTempSubdirectory("phantomdb-shell-").FullName;

    [TestCleanup]
    public void Clean() => Directory.Delete(_folder, recursive: true);

    [TestMethod]
    public void A_dump_makes_the_database_anew()
    {
        Assert.AreEqual(0, Run(Schema, "first", "-q").ExitCode);
        string dump = Run(".dump\n", "first").Output;
        (int exitCode, _, string errors) = Run(dump, "second", "-q");
        Assert.AreEqual((0, ""), (exitCode, errors));
        Assert.AreEqual(dump, Run(".dump\n", "second").Output);
        (_, string rows, _) = Run("SELECT nextval('ticket'); INSERT INTO customer (name) VALUES ('new') RETURNING id; SELECT count(*) FROM named;\n", "second", "--mode=list", "-q");
        Assert.AreEqual("nextval\n6\nid\n4\ncount\n4\n", rows);
        Assert.Contains("23503", Run("INSERT INTO \"Audit Log\".entry VALUES (99);\n", "second").Errors);
    }

    [TestMethod]
    public void A_dump_of_one_table_has_that_alone_and_of_an_unknown_one_is_an_error()
    {
        Run(Schema, "first", "-q");
        string dump = Run(".dump customer\n", "first").Output;
        Assert.Contains("COPY customer (\"id\", \"name\", \"born\") FROM stdin;\n1\tAnn\t2001-02-03\n", dump);
        Assert.DoesNotContain("entry", dump);
        Assert.Contains("42P01", Run(".dump nothing\n", "first").Errors);
    }

    [TestMethod]
    [DataRow("out.csv", "a,b\n1,x\n2,\n")]
    [DataRow("out.tsv", "a\tb\n1\tx\n2\t\\N\n")]
    [DataRow("out.jsonl", "{\"a\":1,\"b\":\"x\"}\n{\"a\":2,\"b\":null}\n")]
    [DataRow("out.md", "| a | b |\n| ---: | --- |\n| 1 | x |\n| 2 |  |\n")]
    [DataRow("out.sql", "INSERT INTO t (\"a\", \"b\") VALUES (1, 'x');\nINSERT INTO t (\"a\", \"b\") VALUES (2, NULL);\n")]
    public void A_table_is_exported_as_the_file_s_ending_says(string file, string expected)
    {
        (int exitCode, string output, string errors) = Run($"CREATE TABLE t (a int, b text); INSERT INTO t VALUES (1, 'x'), (2, NULL);\n.export {file} t\n");
        Assert.AreEqual((0, ""), (exitCode, output), errors);
        Assert.AreEqual(expected, File.ReadAllText(Path.Combine(_folder, file)));
        StringAssert.EndsWith(errors, "EXPORT 2\n");
    }

    [TestMethod]
    public void A_query_is_exported_and_one_that_fails_leaves_the_file_as_it_was()
    {
        Assert.AreEqual(0, Run(".export 'my file.csv' SELECT n, n * n AS square FROM generate_series(1, 3) AS g(n);\n").ExitCode);
        string file = Path.Combine(_folder, "my file.csv");
        Assert.AreEqual("n,square\n1,1\n2,4\n3,9\n", File.ReadAllText(file));
        (int exitCode, _, string errors) = Run(".export 'my file.csv' SELECT 10 / (3000 - n) FROM generate_series(1, 5000) AS g(n)\n");
        Assert.AreEqual(1, exitCode);
        Assert.Contains("22012", errors);
        Assert.AreEqual("n,square\n1,1\n2,4\n3,9\n", File.ReadAllText(file));
        CollectionAssert.AreEqual(new[] { file }, Directory.GetFiles(_folder));
        Assert.Contains(".csv, .tsv, .json", Run(".export out.xls t\n").Errors);
        Assert.AreEqual(0, Run("CREATE TABLE \"My Table\" (a int);\n.export \"it's.sql\" \"My Table\";\n.export 'out ''of'' it.csv' SELECT 'x;' AS \"a b\" ;\n").ExitCode);
        Assert.AreEqual("", File.ReadAllText(Path.Combine(_folder, "it's.sql")));
        Assert.AreEqual("a b\nx;\n", File.ReadAllText(Path.Combine(_folder, "out 'of' it.csv")));
        Assert.Contains("42601", Run(".export out.csv CREATE TABLE t (a int)\n").Errors);
    }

    [TestMethod]
    [DataRow("SELECT 1 AS a")]
    [DataRow("SELECT repeat('x', 1000) FROM generate_series(1, 1000)")]
    public void An_export_to_a_full_disk_is_an_error_of_its_own_and_the_shell_goes_on(string query)
    {
        if (!File.Exists("/dev/full"))
        {
            Assert.Inconclusive("Skipped: there is no /dev/full.");
        }
        string file = Path.Combine(_folder, "out.csv");
        File.WriteAllText(file, "before");
        File.CreateSymbolicLink(file + ".partial", "/dev/full");
        (int exitCode, string output, string errors) = Run($".bail off\n.export out.csv {query}\nSELECT 2 AS b;\n", "--mode=csv");
        Assert.AreEqual((1, "b\n2\n"), (exitCode, output), errors);
        StringAssert.StartsWith(errors, "ERROR: 58030: could not write \"out.csv\": ");
        Assert.AreEqual("before", File.ReadAllText(file));
        CollectionAssert.AreEqual(new[] { file }, Directory.GetFiles(_folder));
    }

    [TestMethod]
    public void Watch_runs_the_last_statement_as_often_as_it_is_told()
    {
        (int exitCode, string output, string errors) = Run("CREATE SEQUENCE s;\nSELECT nextval('s');\n.watch 0.01 3\n", "--mode=csv", "-q");
        Assert.AreEqual((0, ""), (exitCode, errors));
        string[] lines = output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        CollectionAssert.AreEqual(new[] { "nextval", "1", "nextval", "2", "nextval", "3", "nextval", "4" }, lines.Where(line => !line.Contains("every", StringComparison.Ordinal)).ToArray());
        Assert.HasCount(3, lines.Where(line => line.EndsWith("(every 0.01s)", StringComparison.Ordinal)).ToArray());
        Assert.Contains("55000", Run(".watch 1 1\n").Errors);
        Assert.Contains("22023", Run("SELECT 1;\n.watch never\n").Errors);
    }

    [TestMethod]
    public void What_an_editor_leaves_is_run()
    {
        if (OperatingSystem.IsWindows())
        {
            Assert.Inconclusive("Skipped: the editor is a script.");
            return;
        }
        string editor = Path.Combine(_folder, "editor");
        File.WriteAllText(editor, "#!/bin/sh\nsed -i 's/1/42/' \"$1\"\n");
        File.SetUnixFileMode(editor, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        Environment.SetEnvironmentVariable("VISUAL", editor);
        try
        {
            Assert.AreEqual("a\n1\na\n42\n", Run("SELECT 1 AS a;\n.edit\n", "--mode=csv").Output);
            File.WriteAllText(editor, "#!/bin/sh\nls -l \"$1\" | cut -c1-10 >mode\nls \"$1\" >name\n");
            Assert.AreEqual("a\n1\na\n1\n", Run("SELECT 1 AS a;\n.edit\n", "--mode=csv").Output);
            Assert.AreEqual("-rw-------\n", File.ReadAllText(Path.Combine(_folder, "mode")));   // a statement may have secrets in it
            Assert.IsFalse(File.Exists(File.ReadAllText(Path.Combine(_folder, "name")).Trim()));
            File.WriteAllText(editor, "#!/bin/sh\nexit 3\n");
            Assert.Contains("ended with 3: nothing is run", Run("SELECT 1 AS a;\n\\e\n").Errors);
        }
        finally
        {
            Environment.SetEnvironmentVariable("VISUAL", null);
        }
    }

    [TestMethod]
    public void Bail_says_whether_a_script_stops_at_its_first_error()
    {
        Assert.AreEqual("a\n1\nb\n2\n", Run(".bail off\nSELECT x;\nSELECT 1 AS a;\nSELECT y;\nSELECT 2 AS b;\n.bail on\nSELECT z;\nSELECT 3 AS c;\n", "--mode=csv").Output);
    }

    [TestMethod]
    public void Mode_insert_names_its_table()
    {
        Assert.AreEqual("INSERT INTO other (\"a\", \"f\", \"t\") VALUES (1.50, 'NaN', true);\n", Run(".mode insert other\nSELECT 1.50 AS a, 'NaN'::float AS f, true AS t;\n").Output);
        Assert.Contains("takes no table", Run(".mode csv other\n").Errors);
    }

    private (int ExitCode, string Output, string Errors) Run(string input, params string[] args) => ShellProcess.Run(_folder, input, args);
}
