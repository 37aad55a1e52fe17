using System.Text;
using System.Text.RegularExpressions;
using Microsoft.VisualStudio.TestTools.UnitTesting;

namespace PhantomDb.Tests.Shell;

/// <summary>The shell as its users meet it: arguments, standard input and output, exit codes, signals, files.</summary>
[TestClass]
public sealed class ShellTests
{
    private const string EndlessQuery =
        "SELECT sum(a.n % 7) FROM generate_series(1, 1000000) AS a(n), generate_series(1, 10000000) AS b(n);\n";

    private readonly string _folder = Directory.CreateTempSubdirectory("phantomdb-shell-").FullName;

    [TestCleanup]
    public void Clean() => Directory.Delete(_folder, recursive: true);

    [TestMethod]
    public void Csv_is_a_header_and_rows_and_nothing_else()
    {
        (int exitCode, string output, string errors) = Run("", "--mode", "csv", "-c",
            "CREATE TABLE t (a int, b text); INSERT INTO t VALUES (1, 'x'), (2, ''), (3, NULL), (4, 'a,\"b\"');\nSELECT a, b FROM t ORDER BY a");

        Assert.AreEqual("a,b\n1,x\n2,\"\"\n3,\n4,\"a,\"\"b\"\"\"\n", output);
        Assert.AreEqual("CREATE TABLE\nINSERT 0 4\n", errors);
        Assert.AreEqual(0, exitCode);
    }

    [TestMethod]
    public void A_script_of_pg_dump_restores_its_database()
    {
        string dump = RepositoryPaths.InRepository("tests", "PhantomDb.Tests", "Shell", "shop.dump.sql");
        (int exitCode, string output, string errors) = Run("", "--mode", "list", "-f", dump, "-c",
            """
            RESET search_path;
            SELECT name, n, total FROM shop.totals ORDER BY name;
            INSERT INTO shop.orders (customer_id) VALUES (2) RETURNING id, note;
            INSERT INTO public.uses (bo) VALUES (true) RETURNING t;
            DELETE FROM shop.customer WHERE id = 1;
            SELECT count(*) FROM shop.line
            """);

        Assert.EndsWith("name|n|total\nAnn|3|NaN\nBob|1|1e+100\nid|note\n4|it's\nt\n105\ncount\n1\n", output);
        Assert.DoesNotContain("ERROR", errors);
        Assert.AreEqual(0, exitCode);
    }

    [TestMethod]
    public void Slow_statements_are_told_of_on_standard_error()
    {
        (int exitCode, string output, string errors) = Run("SELECT nosuch;\nSELECT 1 AS a;\nSET log_min_duration_statement = -1;\nSELECT 2 AS a;\n", "--slow", "0", "-q", "--keep-going", "--mode", "list");
        Assert.AreEqual((1, "a\n1\na\n2\n"), (exitCode, output));
        StringAssert.Matches(errors, new Regex(@"^SLOW: [0-9.]+ ms, 42703: SELECT nosuch\nERROR: 42703: [^$]*\nSLOW: [0-9.]+ ms, 1 row: SELECT 1 AS a\n$"));

        (exitCode, _, errors) = Run("SET log_min_duration_statement = '1h';\nSELECT 1;\n", "-q");
        Assert.AreEqual((0, ""), (exitCode, errors));
        (exitCode, _, errors) = Run("", "--slow", "1s");
        Assert.AreEqual((2, "phantomdb: --slow is a time in milliseconds, a whole number from 0, not 1s\nTry 'phantomdb --help'.\n"), (exitCode, errors));
        (exitCode, _, errors) = Run("", "--slow", "1", "verify", "shop");
        Assert.AreEqual((2, "phantomdb: verify has no option --slow: phantomdb verify --help lists them\nTry 'phantomdb --help'.\n"), (exitCode, errors));
    }

    [TestMethod]
    public void A_restricted_script_runs_no_shell_commands()
    {
        (int exitCode, string output, string errors) = Run("\\restrict k\n\\echo no\n\\unrestrict other\n\\unrestrict k\n\\echo yes\n", "--keep-going");

        Assert.AreEqual("yes\n", output);
        Assert.Contains("ERROR: 42501: \\echo is not allowed here", errors);
        Assert.Contains("ERROR: 42501: this is not the key", errors);
        Assert.AreEqual(1, exitCode);
    }

    [TestMethod]
    [DataRow("table", " a |  b\n---+------\n 1 | x\n 2 | NULL\n")]
    [DataRow("csv", "a,b\n1,x\n2,\n")]
    [DataRow("json", "[\n{\"a\":1,\"b\":\"x\"},\n{\"a\":2,\"b\":null}\n]\n")]
    [DataRow("jsonl", "{\"a\":1,\"b\":\"x\"}\n{\"a\":2,\"b\":null}\n")]
    [DataRow("tsv", "a\tb\n1\tx\n2\t\\N\n")]
    [DataRow("markdown", "| a | b |\n| ---: | --- |\n| 1 | x |\n| 2 |  |\n")]
    [DataRow("line", "a = 1\nb = x\n\na = 2\nb = NULL\n")]
    [DataRow("list", "a|b\n1|x\n2|\n")]
    [DataRow("box", "┌───┬──────┐\n│ a │  b   │\n├───┼──────┤\n│ 1 │ x    │\n│ 2 │ NULL │\n└───┴──────┘\n")]
    [DataRow("insert", "INSERT INTO result (\"a\", \"b\") VALUES (1, 'x');\nINSERT INTO result (\"a\", \"b\") VALUES (2, NULL);\n")]
    public void Every_mode_writes_rows_its_way(string mode, string expected)
    {
        (_, string output, _) = Run("SELECT * FROM (VALUES (1, 'x'), (2, NULL)) AS v(a, b) ORDER BY a;\n", $"--mode={mode}");

        Assert.AreEqual(expected, output);
    }

    [TestMethod]
    public void A_statement_runs_as_soon_as_its_semicolon_and_line_break_have_arrived()
    {
        using ShellProcess shell = new(_folder, "--mode", "list");
        shell.Write("SELECT 1 AS\n");
        shell.Write("one;\n");
        Assert.AreEqual("one", shell.ReadLine());
        Assert.AreEqual("1", shell.ReadLine());
        shell.Write("SELECT 2 AS two");

        Assert.AreEqual((0, "two\n2\n", ""), shell.Finish());   // the last statement needs no semicolon
    }

    [TestMethod]
    public void An_error_gives_its_state_its_place_and_exit_code_1()
    {
        (int exitCode, string output, string errors) = Run("SELECT 1 AS a;\nSELECT *\nFROM nowhere;\nSELECT 2;\n", "-m", "csv");

        Assert.AreEqual(1, exitCode);
        Assert.AreEqual("a\n1\n", output);
        Assert.AreEqual("ERROR: 42P01: relation \"nowhere\" does not exist\nLINE 3: FROM nowhere\n             ^\n", errors);
    }

    [TestMethod]
    public void Keep_going_runs_what_follows_an_error_but_still_ends_with_1()
    {
        (int exitCode, string output, _) = Run("SELEC;\n.nonsense\nSELECT 2 AS b;\n", "--keep-going", "-m", "csv");

        Assert.AreEqual((1, "b\n2\n"), (exitCode, output));
    }

    [TestMethod]
    public void Several_statements_of_one_command_are_one_transaction()
    {
        (int exitCode, string output, string errors) = Run("", "-m", "csv",
            "-c", "CREATE TABLE t (a int); INSERT INTO t VALUES (1); -- a comment\nSELECT a FROM t; SELECT a + 1 AS b FROM t");
        Assert.AreEqual((0, "a\n1\nb\n2\n", "CREATE TABLE\nINSERT 0 1\n"), (exitCode, output, errors));
        (exitCode, output, _) = Run("", "-m", "csv", "--keep-going", "-c", "CREATE TABLE t (a int)", "-c", "INSERT INTO t VALUES (1);\nSELECT 1/0", "-c", "SELECT a FROM t");
        Assert.AreEqual((1, "a\n1\n"), (exitCode, output));   // --keep-going: each statement on its own
        (exitCode, _, errors) = Run("", "shop", "-c", "CREATE TABLE t (a int); INSERT INTO t VALUES (1);\nSELECT nosuch");
        Assert.AreEqual(1, exitCode);
        Assert.Contains("LINE 2: SELECT nosuch\n               ^", errors);
        Assert.AreEqual(1, Run("", "shop", "-c", "SELECT * FROM t").ExitCode);
        Assert.AreEqual("b\n2\n", Run("", "-m", "csv", "-c", "CREATE TABLE t (a int);\nCOPY t FROM STDIN;\n1\n\\.\nSELECT a + 1 AS b FROM t").Output);
    }

    [TestMethod]
    [DataRow("--frob")]
    [DataRow("--mode", "fancy")]
    [DataRow("-c")]
    [DataRow("one", "two")]
    [DataRow("--in-memory=yes")]
    public void Wrong_usage_is_exit_code_2_and_nothing_on_standard_output(params string[] args)
    {
        (int exitCode, string output, string errors) = Run("", args);

        Assert.AreEqual((2, ""), (exitCode, output));
        Assert.StartsWith("phantomdb: ", errors);
    }

    [TestMethod]
    public void Options_of_one_letter_may_be_joined() =>
        Assert.AreEqual((0, "a\n1\n", ""), Run("", "-qm", "csv", "-qPcCREATE TABLE t (a int); INSERT INTO t VALUES (1); SELECT a FROM t"));

    [TestMethod]
    public void Help_is_a_word_too()
    {
        Assert.AreEqual(Run("", "--help"), Run("", "help"));
        Assert.AreEqual(Run("", "verify", "--help"), Run("", "help", "verify"));
        Assert.AreEqual(2, Run("", "-qx").ExitCode);
    }

    [TestMethod]
    public void Texts_and_files_run_in_the_order_given_and_may_hold_commands()
    {
        File.WriteAllText(Path.Combine(_folder, "two.sql"), ".print two\nSELECT 2 AS n;");

        (int exitCode, string output, _) = Run("", "-c", "\\echo one", "-f", "two.sql", "-mcsv", "-c", "SELECT 3 AS n");

        Assert.AreEqual((0, "one\ntwo\nn\n2\nn\n3\n"), (exitCode, output));
    }

    [TestMethod]
    [DataRow(1, new byte[] { 0xff })]
    [DataRow(3, new byte[] { 0xff })]
    [DataRow(3, new byte[] { (byte)'a', 0xc3, (byte)'b' })]
    [DataRow(5000, new byte[] { 0xe9 })]
    [DataRow(5000, new byte[] { 0xc3 }, true)]
    public void A_script_that_is_not_UTF_8_is_told_the_line_where(int line, byte[] bytes, bool isEnd = false)
    {
        for (int shift = 0; shift < 4; shift++)   // what is read at once ends inside of a character, or between two
        {
            byte[] before = Encoding.UTF8.GetBytes($"--{new string('-', shift)}{string.Concat(Enumerable.Repeat("-- ünïcôdé\n", line))}"[..^1]);
            File.WriteAllBytes(Path.Combine(_folder, "bad.sql"), [.. before, .. bytes, .. Encoding.UTF8.GetBytes(isEnd ? "" : "\nSELECT 1 AS never;\n")]);
            (int exitCode, string output, string errors) = Run("", "-f", "bad.sql", "--keep-going");
            Assert.AreEqual((1, ""), (exitCode, output));
            Assert.StartsWith($"ERROR: 22021: invalid byte sequence for encoding \"UTF8\" in line {line}\n", errors);
        }
    }

    [TestMethod]
    public void Behind_rows_that_are_not_UTF_8_nothing_is_run()
    {
        const string Script = "CREATE TABLE t (a text);\nCOPY t FROM stdin;\n1\n\\echo ";
        File.WriteAllBytes(Path.Combine(_folder, "bad.sql"), [.. Encoding.UTF8.GetBytes(Script.PadRight(16 * 1024, 'x')), 0xff, .. Encoding.UTF8.GetBytes("\n\\.\nSELECT 1 AS never;\n")]);
        (int exitCode, string output, string errors) = Run("", "-f", "bad.sql", "--keep-going");
        Assert.AreEqual((1, ""), (exitCode, output));
        Assert.Contains("ERROR: 22021: invalid byte sequence for encoding \"UTF8\" in line 4\n", errors);
    }

    [TestMethod]
    public void A_named_database_keeps_its_changes_after_an_error_too()
    {
        Run("CREATE TABLE t (a int);\nINSERT INTO t VALUES (1);\nSELECT nonsense;\n", "shop", "-d", "stores");

        Assert.IsTrue(File.Exists(Path.Combine(_folder, "stores", "shop.db")));
        Assert.AreEqual("a\n1\n", Run("", "stores/shop.db", "-m", "csv", "-c", "SELECT * FROM t").Output);
    }

    [TestMethod]
    public void In_memory_leaves_the_file_alone_and_so_does_a_run_that_only_reads()
    {
        Run("CREATE TABLE t (a int);", "shop");
        string path = Path.Combine(_folder, "data", "shop.db");
        byte[] before = File.ReadAllBytes(path);
        DateTime written = File.GetLastWriteTimeUtc(path);

        Run("INSERT INTO t VALUES (1); SELECT * FROM t;", "--in-memory", "shop");
        Run("SELECT * FROM t;\n.tables\n\\d t\n", "shop");

        CollectionAssert.AreEqual(before, File.ReadAllBytes(path));
        Assert.AreEqual(written, File.GetLastWriteTimeUtc(path));
    }

    [TestMethod]
    public void Listings_come_from_the_system_catalogs()
    {
        const string Definitions = "CREATE TABLE t (a serial PRIMARY KEY);\nCREATE VIEW v AS SELECT a FROM t;\nCREATE SCHEMA s;\n";
        Assert.AreEqual(
            "schema,name,table\npublic,t_pkey,t\nschema,name\npublic,v\nschema,name\npublic,t_a_seq\nname,owner\npublic,phantomdb\ns,phantomdb\nname,result,arguments,type\nversion,text,\"\",function\n",
            Run(Definitions + "\\di\n\\dv v*\n\\ds t_a_?eq\n\\dn\n\\df VERSION\n", "-m", "csv").Output);
    }

    [TestMethod]
    public void A_script_creates_a_database_and_connects_to_it()
    {
        Run("CREATE DATABASE shop;\n\n\\c shop;\n\nCREATE TABLE t (a int);\nDROP DATABASE shop;\n");

        Assert.AreEqual("schema,name,type\npublic,t,table\n", Run(".tables\n", "shop", "-m", "csv").Output);
    }

    [TestMethod]
    public void Save_writes_a_copy()
    {
        (int exitCode, _, _) = Run("CREATE TABLE t (a int);\n.save copy.db\n");

        Assert.AreEqual(0, exitCode);
        Assert.AreEqual("a\n", Run("SELECT * FROM t;", "./copy.db", "-m", "csv").Output);
        Assert.AreEqual(1, Run(".save\n").ExitCode);
        Assert.AreEqual(0, Run(".save --unsealed\n.save data/sealed.db --sealed\n", "./copy.db").ExitCode);
        Assert.DoesNotContain("CRC", File.ReadAllText(Path.Combine(_folder, "copy.db")));
        StringAssert.Contains(File.ReadAllText(Path.Combine(_folder, "data", "sealed.db")), "CRC");
        Assert.AreEqual(1, Run(".save --sealing\n", "./copy.db").ExitCode);
    }

    [TestMethod]
    public void Commands_do_what_help_says()
    {
        File.WriteAllText(Path.Combine(_folder, "more.sql"), "INSERT INTO t VALUES (2);\n");

        (int exitCode, string output, string errors) = Run("""
            CREATE TABLE t (a int PRIMARY KEY);
            INSERT INTO t VALUES (1);
            .read more.sql
            .mode csv
            .timer on
            .output out.csv
            SELECT a FROM t ORDER BY a;
            .output
            .timer off
            .schema t
            .mode
            .open
            .tables
            .quit
            SELECT 'never';
            """);

        Assert.AreEqual(0, exitCode, errors);
        Assert.AreEqual("CREATE TABLE t (\n    a integer NOT NULL,\n    CONSTRAINT t_pkey PRIMARY KEY (a)\n);\ncsv\nschema,name,type\n", output);
        Assert.AreEqual("a\n1\n2\n", File.ReadAllText(Path.Combine(_folder, "out.csv")));
        Assert.Contains("Time: ", errors);
    }

    [TestMethod]
    public void The_schema_script_makes_the_same_schema()
    {
        const string script = """
            CREATE TABLE parent (id int PRIMARY KEY, "Name" varchar(10) DEFAULT 'x' NOT NULL, CHECK (id > 0));
            CREATE TABLE child (id bigint GENERATED ALWAYS AS IDENTITY, parent int REFERENCES parent ON DELETE RESTRICT, UNIQUE (parent));
            CREATE INDEX child_order ON child (parent DESC);
            CREATE VIEW both_of AS SELECT parent.id FROM parent JOIN child ON parent.id = child.parent;

            """;
        string first = Run(script + ".schema\n").Output;

        (int exitCode, string second, string errors) = Run(first + ".schema\n");

        Assert.AreEqual(0, exitCode, errors);
        Assert.AreEqual(first, second);
    }

    [TestMethod]
    public void Copy_reads_the_lines_behind_it_and_errors_behind_them_name_their_lines()
    {
        (int exitCode, string output, string errors) = Run(
            "CREATE TABLE t (a int, b text);\nCOPY t FROM STDIN;\n1\tx\n2\t\\N\n\\.\nCOPY t FROM STDIN;\nbad\ty\n3\ty\n\\.\n"
            + "COPY (SELECT * FROM t ORDER BY a) TO STDOUT (FORMAT csv);\nSELECT nowhere;\n", "--keep-going", "-m", "csv");

        Assert.AreEqual((1, "1,x\n2,\n"), (exitCode, output));
        Assert.Contains("ERROR: 22P02: ", errors);
        Assert.Contains("LINE 11: SELECT nowhere\n", errors);
    }

    [TestMethod]
    public void Import_makes_a_table_that_fits_the_file_and_fills_one_that_is_there_by_the_headers_names()
    {
        File.WriteAllText(Path.Combine(_folder, "a.csv"), "\uFEFFid;name;day\r\n1;\"x;y\";2024-02-29\r\n2;;\r\n");
        File.WriteAllText(Path.Combine(_folder, "b.csv"), "name,ID\n\"\",3\n");

        (int exitCode, string output, string errors) = Run(
            ".import a.csv t\n.import b.csv t\nSELECT *, pg_typeof(id) AS type FROM t ORDER BY id;\n.import b.csv t --delimiter=;\n", "-m", "csv");

        Assert.AreEqual("id,name,day,type\n1,x;y,2024-02-29,bigint\n2,,,bigint\n3,\"\",,bigint\n", output);
        Assert.AreEqual(1, exitCode);
        Assert.Contains("ERROR: 42703: ", errors);
    }

    [TestMethod]
    public void Help_names_every_option_and_command()
    {
        string help = Run("", "--help").Output;
        string commands = Run(".help\n").Output;

        foreach (string option in new[] { "-c", "-f", "-d", "--mode", "--in-memory", "--quiet", "--keep-going", "-h", "--version" })
        {
            Assert.Contains(option, help);
        }
        foreach (string command in new[]
        {
            ".open", ".save", ".tables", ".schema", ".mode", ".output", ".timer", ".read", ".import", ".print", ".help", ".quit",
            "\\d", "\\dt", "\\c", "\\q", "\\timing", "\\i", "\\echo",
        })
        {
            Assert.Contains(command, commands);
        }
        Assert.StartsWith("phantomdb ", Run("", "--version").Output);
    }

    [TestMethod]
    public void Listings_and_descriptions_see_the_sessions_own_transaction()
    {
        const string expected = "schema,name,type\npublic,t,table\ncolumn,type,nullable,default\na,integer,\"\",\"\"\nCREATE TABLE t (\n    a integer\n);\n";

        (int exitCode, string output, string errors) = Run("BEGIN;\nCREATE TABLE t (a int);\n.tables\n\\d t\n.schema t\nROLLBACK;\n.schema\n", "-m", "csv");

        Assert.AreEqual((0, expected), (exitCode, output), errors);
    }

    [TestMethod]
    public void A_backslash_command_warns_of_words_that_it_ignores()
    {
        Assert.AreEqual((0, "", "\\q: extra argument \"now\" ignored\n"), Run("\\q now\nSELECT 1;\n"));
        Assert.AreEqual(1, Run(".quit now\n").ExitCode);
    }

    [TestMethod]
    [DataRow("\\i nosuch.sql", "58P01: could not open file \"nosuch.sql\" for reading: no such file or directory")]
    [DataRow("\\i nosuch/a.sql", "58P01: could not open file \"nosuch/a.sql\" for reading: no such file or directory")]
    [DataRow("\\i ''", "58P01: could not open file \"\" for reading: no such file or directory")]
    [DataRow("\\i .", "42809: could not open file \".\" for reading: is a directory")]
    [DataRow("\\o nosuch/a.csv", "58P01: could not open file \"nosuch/a.csv\" for writing: no such file or directory")]
    [DataRow(".import nosuch.csv t", "58P01: could not open file \"nosuch.csv\" for reading: no such file or directory")]
    public void A_file_that_cannot_be_opened_is_named_in_our_own_words(string command, string error)
    {
        (int exitCode, string output, string errors) = Run(command + "\n");

        Assert.AreEqual((1, "", $"ERROR: {error}\n"), (exitCode, output, errors));
    }

    [TestMethod]
    public void A_missing_database_that_is_only_read_leaves_nothing_behind()
    {
        Assert.AreEqual((0, "a\n1\n", "NOTICE: database \"x\" is new\n"), Run("", "nosuch/dir/x.db", "-m", "csv", "-c", "SELECT 1 AS a"));
        Run("SELECT 1;\n", "-d", "stores", "shop");
        Run("SELECT 1;\n", "./here.db");
        Assert.IsEmpty(Directory.GetFileSystemEntries(_folder));

        Run("CREATE TABLE t (a int);\n", "nosuch/dir/x.db");
        Assert.AreEqual((0, "a\n", ""), Run("", "nosuch/dir/x.db", "-m", "csv", "-c", "SELECT * FROM t"));
        Run(".save\n", "./empty.db");
        CollectionAssert.AreEquivalent(
            new[] { ".gitattributes", "empty.db", "nosuch" }, Directory.GetFileSystemEntries(_folder).Select(Path.GetFileName).ToArray());
        CollectionAssert.AreEquivalent(
            new[] { ".gitattributes", "x.db", "x.log", "x.manifest" }, Directory.GetFileSystemEntries(Path.Combine(_folder, "nosuch", "dir")).Select(Path.GetFileName).ToArray());
    }

    [TestMethod]
    [DataRow("-q")]
    [DataRow("--quiet")]
    public void Quiet_leaves_errors_and_what_was_asked_for(string option)
    {
        (int exitCode, string output, string errors) = Run(
            "CREATE TABLE t (a int);\nCREATE TABLE IF NOT EXISTS t (a int);\nINSERT INTO t VALUES (1) RETURNING a;\n\\timing\nSELECT nowhere;\n", option, "shop", "-m", "csv");

        Assert.AreEqual((1, "a\n1\n"), (exitCode, output));
        Assert.StartsWith("ERROR: 42703: ", errors);
    }

    [TestMethod]
    public void Large_results_stream()
    {
        using ShellProcess shell = new(_folder, "-m", "csv", "-c", "SELECT n FROM generate_series(1, 2000000) AS s(n)");
        Assert.AreEqual("n", shell.ReadLine());
        for (int i = 1; i <= 2_000_000; i++)
        {
            Assert.AreEqual($"{i}", shell.ReadLine());
        }
        Assert.AreEqual((0, "", ""), shell.Finish());
    }

    [TestMethod]
    public void An_interrupt_cancels_the_statement_and_not_the_shell()
    {
        ShellProcess.SkipWithoutSignals();
        using ShellProcess shell = new(_folder, "-m", "csv", "--keep-going");
        shell.Write("SELECT 'ready' AS a;\n");
        shell.ReadLine();
        shell.ReadLine();
        shell.WriteEndless(EndlessQuery);
        shell.Signal("INT");
        shell.Write("SELECT 'alive' AS a;\n");

        (int exitCode, string output, string errors) = shell.Finish();

        Assert.AreEqual((1, "a\nalive\n"), (exitCode, output));
        Assert.StartsWith("ERROR: 57014: ", errors);
    }

    [TestMethod]
    [DataRow(false)]
    [DataRow(true)]
    public void A_termination_saves_and_ends_the_shell(bool isBusy)
    {
        ShellProcess.SkipWithoutSignals();
        using ShellProcess shell = new(_folder, "shop", "-m", "csv");
        shell.Write("CREATE TABLE t (a int);\nINSERT INTO t VALUES (1);\nSELECT 'ready' AS a;\n");
        shell.ReadLine();
        shell.ReadLine();
        if (isBusy)
        {
            shell.WriteEndless(EndlessQuery + "INSERT INTO t VALUES (2);\n");
        }
        shell.Signal("TERM");

        Assert.AreEqual(143, shell.Finish(closesInput: false).ExitCode);
        Assert.AreEqual("a\n1\n", Run("SELECT * FROM t;", "shop", "-m", "csv").Output);
    }

    private (int ExitCode, string Output, string Errors) Run(string input, params string[] args) =>
        ShellProcess.Run(_folder, input, args);
}
