using System.Text.RegularExpressions;
using Microsoft.VisualStudio.TestTools.UnitTesting;

namespace PhantomDb.Tests.Shell;

/// <summary>Commands of the shell that move rows and statements: .dump, .export, .watch, .edit, .bail, .mode insert.</summary>
[TestClass]
public sealed partial class ShellCommandTests
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
    [DataRow(".tabels", "Perhaps you meant .tables. ")]
    [DataRow("\\tables", "Perhaps you meant .tables. ")]
    [DataRow("\\timimg on", "Perhaps you meant \\timing. ")]
    [DataRow(".nothing", "")]
    [DataRow("\\dq", "")]   // as near to \d as to \di, \dt and others
    public void An_unknown_command_has_the_nearest_as_a_hint(string command, string hint)
    {
        (int exitCode, _, string errors) = Run(command + "\n");
        Assert.AreEqual((1, $"ERROR: 42601: unknown shell command {command.Split(' ')[0]}\nHINT: {hint}.help lists the commands.\n"), (exitCode, errors));
    }

    [TestMethod]
    public void A_name_without_a_schema_is_looked_for_along_the_search_path()
    {
        const string Setup = """
            CREATE SCHEMA app;
            CREATE TABLE public.t (a int PRIMARY KEY);
            CREATE TABLE app.t (b int PRIMARY KEY);
            CREATE TABLE app.u (c int);
            INSERT INTO app.u VALUES (7);

            """;

        (int exitCode, string output, string errors) = Run(Setup + "\\d u\n", "-q");
        Assert.AreEqual((1, "", "ERROR: 42P01: no table, view or sequence is named u\n"), (exitCode, output, errors));

        (exitCode, output, errors) = Run(Setup + "SET search_path = app, public;\n\\d t\n.tables ?\n\\di t*\n.schema u\n.dump u\n\\d public.t\n.tables *.t\n", "-q", "-m", "csv");
        Assert.AreEqual((0, ""), (exitCode, errors));
        Assert.AreEqual(
            """
            column,type,nullable,default
            b,integer,not null,""
            schema,name,type
            app,t,table
            app,u,table
            schema,name,table
            app,t_pkey,t
            """, Lines(output, 7));
        StringAssert.Contains(output, "CREATE TABLE app.u (");
        StringAssert.Contains(output, "COPY app.u (\"c\") FROM stdin;\n7\n");
        StringAssert.EndsWith(output, "column,type,nullable,default\na,integer,not null,\"\"\nschema,name,type\napp,t,table\npublic,t,table\n");
    }

    [TestMethod]
    public void A_description_finds_system_relations_as_statements_do()
    {
        (int exitCode, string output, string errors) = Run("\\d phantomdb_log\n\\d pg_class\n\\d information_schema.schemata\n");
        Assert.AreEqual((0, ""), (exitCode, errors));
        StringAssert.Matches(output, SystemDescriptions());
        (exitCode, output, errors) = Run("CREATE TABLE pg_class (mine int);\n\\d public.pg_class\n\\d pg_cl?ss\n", "-m", "csv");
        Assert.AreEqual(0, exitCode, errors);
        StringAssert.StartsWith(output, "column,type,nullable,default\nmine,integer,\"\",\"\"\ncolumn,type,nullable,default\noid,oid,not null,\"\"\n");
        Assert.AreEqual("ERROR: 42P01: no table, view or sequence is named schemata\n", Run("\\d schemata\n").Errors);
    }

    private static string Lines(string text, int count) => string.Join('\n', text.Split('\n').Take(count));

    [GeneratedRegex("""
        ^View "pg_catalog\.phantomdb_log"
         +column +\| +type +\| nullable \| default
        [-+]+
         lsn +\| bigint +\| .*
        (.*\n)+Table "pg_catalog\.pg_class"
        .*
        [-+]+
         oid +\| oid +\| not null \|
         relname +\| name +\| not null \|
        (.*\n)+View "information_schema\.schemata"
        .*
        [-+]+
         catalog_name +\| name
        """)]
    private static partial Regex SystemDescriptions();

    [TestMethod]
    public void A_dump_has_what_makes_sequences_constraints_and_views_what_they_are()
    {
        const string Definitions = """
            CREATE SCHEMA app; COMMENT ON SCHEMA app IS 'the app''s';
            CREATE SEQUENCE app.numbers; COMMENT ON SEQUENCE app.numbers IS 'count';
            CREATE SEQUENCE below AS smallint INCREMENT -1; ALTER SEQUENCE below RESTART WITH -50;
            CREATE TABLE old (id int GENERATED ALWAYS AS IDENTITY (START 100 INCREMENT 10 MAXVALUE 999 CACHE 3 CYCLE) PRIMARY KEY, down bigint GENERATED BY DEFAULT AS IDENTITY (INCREMENT -1), low int);
            ALTER TABLE old RENAME TO item; INSERT INTO item (low) VALUES (1), (2);
            ALTER TABLE item ADD CONSTRAINT high CHECK (low > 1) NOT VALID; COMMENT ON CONSTRAINT high ON item IS 'from now on';
            CREATE TABLE item_part (item int REFERENCES item); COMMENT ON CONSTRAINT item_part_item_fkey ON item_part IS 'of an item';
            CREATE TABLE app.item (id int DEFAULT nextval('app.numbers')); INSERT INTO app.item VALUES (7);
            CREATE TABLE app.own (id int);
            SET search_path = app, public;
            CREATE VIEW first AS SELECT 0 AS id; CREATE VIEW second AS SELECT id, nextval('numbers') FROM own; CREATE OR REPLACE VIEW first AS SELECT id FROM second;

            """;
        const string Facts = """
            SET search_path = public;
            SELECT * FROM pg_catalog.pg_sequences ORDER BY 1, 2;
            SELECT conname, pg_catalog.pg_get_constraintdef(oid) FROM pg_catalog.pg_constraint ORDER BY 1;
            SELECT description FROM pg_catalog.pg_description WHERE objoid >= 16384 ORDER BY 1;
            SELECT count(*), min(low) FROM public.item; SELECT id FROM app.item; SELECT * FROM app.first; SELECT nextval('public.below');

            """;
        string made = Run(Definitions + ".dump\n" + Facts, "first", "--mode=list", "-q").Output;
        string dump = made[..(made.IndexOf("\nCOMMIT;\n", StringComparison.Ordinal) + "\nCOMMIT;\n".Length)];
        StringAssert.StartsWith(dump, "BEGIN;\n");
        (int exitCode, _, string errors) = Run(dump, "second", "-q");
        Assert.AreEqual((0, ""), (exitCode, errors));
        Assert.AreEqual(made[dump.Length..], Run(Facts, "second", "--mode=list", "-q").Output);
        Assert.AreEqual(Run("SET search_path = app, public;\n.dump\n", "first", "-q").Output, Run(".dump\n", "second").Output);
        StringAssert.EndsWith(made, "nextval\n-50\n");
        Assert.Contains("\ncount\n", made);
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
            Assert.AreEqual((0, "a\n1\n", "Nothing was changed: nothing is run.\n"), Run("SELECT 1 AS a;\n.edit\n", "--mode=csv"));
            Assert.AreEqual("-rw-------\n", File.ReadAllText(Path.Combine(_folder, "mode")));   // a statement may have secrets in it
            Assert.IsFalse(File.Exists(File.ReadAllText(Path.Combine(_folder, "name")).Trim()));
            File.WriteAllText(Path.Combine(_folder, "file.sql"), "SELECT 2 AS a;\n");
            Assert.AreEqual((0, "", "Nothing was changed: nothing is run.\n"), Run(".edit file.sql\n", "--mode=csv"));
            File.WriteAllText(editor, "#!/bin/sh\nsed -i 's/2/42/' \"$1\"\n");
            Assert.AreEqual("a\n1\na\n43\n", Run("SELECT 1 AS a;\nSELECT 1 +\n2 AS a \\e\n", "--mode=csv").Output);   // what is typed so far
            Environment.SetEnvironmentVariable("EDITOR", editor);
            Environment.SetEnvironmentVariable("VISUAL", "");
            Assert.AreEqual("a\n2\na\n42\n", Run("SELECT 2 AS a;\n.edit\n", "--mode=csv").Output);
            File.WriteAllText(editor, "#!/bin/sh\nexit 3\n");
            Assert.Contains("ended with 3: nothing is run", Run("SELECT 1 AS a;\n\\e\n").Errors);
        }
        finally
        {
            Environment.SetEnvironmentVariable("VISUAL", null);
            Environment.SetEnvironmentVariable("EDITOR", null);
        }
    }

    [TestMethod]
    public void Output_goes_to_a_command_which_may_end_early()
    {
        if (OperatingSystem.IsWindows())
        {
            Assert.Inconclusive("Skipped: the commands are Unix's.");
        }
        Assert.AreEqual((0, "x a\nx 1\nb\n2\n", ""), Run(".output | sed 's/^/x /'\nSELECT 1 AS a;\n.output\nSELECT 2 AS b;\n", "--mode=csv", "-q"));
        Assert.AreEqual((0, "a\n", ""), Run("\\o |head -n 1\nSELECT i AS a FROM generate_series(1, 100000) g(i);\n", "--mode=csv", "-q"));
        Assert.AreEqual((0, "x a\nx 1\nb\n2\n", ""), Run("SELECT 1 AS a \\g | sed 's/^/x /'\nSELECT 2 AS b;\n", "--mode=csv", "-q"));
        Assert.AreEqual((0, "x a,b\nx 1,2\nc\n3\n", ""), Run(".once |sed 's/^/x /'\nSELECT 1 AS a, 2 AS b;\nSELECT 3 AS c;\n", "--mode=csv", "-q"));
        Assert.AreEqual((0, "x a 1\nb\n2\n", ""), Run("SELECT 1 AS a \\gx |sed 's/ = / /; s/^/x /'\nSELECT 2 AS b;\n", "--mode=csv", "-q"));
        Assert.AreEqual(1, Run(".output a b\n").ExitCode);
    }

    [TestMethod]
    public void Rows_that_nobody_reads_any_more_are_not_computed_and_what_changes_something_is_done_nevertheless()
    {
        string big = "SELECT g.i FROM generate_series(1, 1000000000000) g(i)";
        Assert.AreEqual((0, "i\n1\n", ""), ShellProcess.RunLine(_folder, $"phantomdb --mode=csv -c '{big}' -c 'SELECT 2' | head -n 2"));
        Assert.AreEqual((0, "i\n1\n", ""), Run($".output |head -n 2\n{big};\n", "--mode=csv", "-q"));
        const string Insert = "INSERT INTO t SELECT g.i FROM generate_series(1, 100000) g(i) RETURNING i";
        Assert.AreEqual((0, "i\n100000\n", ""), ShellProcess.RunLine(
            _folder, $"phantomdb shop -q --mode=csv -c 'CREATE TABLE t (i int)' -c '{Insert}' | head -n 1; phantomdb shop --mode=csv -c 'SELECT count(*) FROM t' | tail -n 1"));
    }

    [TestMethod]
    public void What_stops_reading_ends_copy_and_watch()
    {
        Assert.AreEqual((0, "1\n", ""), ShellProcess.RunLine(_folder, "phantomdb -q -c 'COPY (SELECT g.i FROM generate_series(1, 1000000000000) g(i)) TO STDOUT' | head -n 1"));
        Assert.AreEqual((0, "i\n1\n", ""), ShellProcess.RunLine(_folder, "phantomdb -q --mode=csv -c 'SELECT 1 AS i' -c '.watch 0.01' | head -n 2"));
    }

    [TestMethod]
    public void Copy_without_rows_in_the_text_takes_those_of_standard_input()
    {
        const string Table = "phantomdb shop -q -c 'CREATE TABLE IF NOT EXISTS t (a int)'", Show = "phantomdb shop -q --mode=csv -c 'SELECT sum(a), count(*) FROM t'";
        Assert.AreEqual((0, "sum,count\n6,3\n", ""), ShellProcess.RunLine(_folder, $"{Table}; seq 1 3 | phantomdb shop -q -c 'COPY t FROM STDIN'; {Show}"));
        Assert.AreEqual((0, "sum,count\n21,6\n", ""), ShellProcess.RunLine(_folder, $"seq 4 6 | phantomdb shop -q -c '\\copy t from pstdin'; {Show}"));
        Assert.AreEqual((0, "sum,count\n45,9\n", ""), ShellProcess.RunLine(_folder, $"printf '7\\n8\\n\\\\.\\n9\\n' | phantomdb shop -q -c 'COPY t FROM STDIN; COPY t FROM STDIN'; {Show}"));
        Assert.AreEqual((0, "sum,count\n55,10\n", ""), ShellProcess.RunLine(_folder, $"seq 100 | phantomdb shop -q -c \"$(printf 'COPY t FROM STDIN;\\n10\\n')\"; {Show}"));
        Assert.AreEqual((1, "", "ERROR: 22P02: invalid input syntax for type integer: \"x\"\nCONTEXT: COPY t, line 2, column a: \"x\"\n"), ShellProcess.RunLine(_folder, "printf '1\\nx\\n' | phantomdb shop -q -c 'COPY t FROM STDIN'"));
    }

    [TestMethod]
    public void A_result_that_fails_leaves_its_file_as_it_was_and_one_without_rows_empties_it()
    {
        string file = Path.Combine(_folder, "kept.txt");
        File.WriteAllText(file, "kept");
        Assert.AreEqual((1, ""), Run($"SELECT * FROM nosuch \\g {file}\n", "-q") is var failed ? (failed.ExitCode, failed.Output) : default);
        Assert.AreEqual("kept", File.ReadAllText(file));
        Assert.AreEqual(1, Run($"SELECT nosuch \\g {file}.new\n", "-q").ExitCode);
        Assert.IsFalse(File.Exists(file + ".new"));
        Assert.AreEqual((0, "", ""), Run($"SELECT 1 AS a \\g {file}\n", "-q", "--mode=csv"));
        Assert.AreEqual("a\n1\n", File.ReadAllText(file));
        Assert.AreEqual((0, "", ""), Run($".headers off\n.once {file}\nSELECT 1 WHERE false;\n", "-q", "--mode=csv"));
        Assert.AreEqual("", File.ReadAllText(file));
        Assert.AreEqual((0, "", ""), Run("SELECT 1 \\g /dev/null\n", "-q"));
    }

    [TestMethod]
    public void A_file_that_cannot_be_written_is_an_error_of_its_statement_and_what_follows_goes_on()
    {
        if (!File.Exists("/dev/full"))
        {
            Assert.Inconclusive("Skipped: there is no /dev/full.");
        }
        (int exitCode, string output, string errors) = Run("CREATE TABLE t (a int);\n.output /dev/full\nSELECT 1 AS lost;\nINSERT INTO t VALUES (7);\nSELECT a FROM t;\n", "-q", "--mode=csv", "--keep-going");
        Assert.AreEqual((1, "a\n7\n"), (exitCode, output));
        StringAssert.StartsWith(errors, "ERROR: 58030: could not write output: No space left on device");
        (exitCode, output, errors) = Run("SELECT 1 AS lost \\g /dev/full\nSELECT 2 AS b;\n", "-q", "--mode=csv", "--keep-going");
        Assert.AreEqual((1, "b\n2\n"), (exitCode, output), errors);
    }

    [TestMethod]
    public void An_export_of_what_a_statement_changes_is_kept_with_the_change_or_neither_is()
    {
        const string Setup = "CREATE TABLE t (a int);\nINSERT INTO t VALUES (1), (2), (3);\n";
        string file = Path.Combine(_folder, "old.csv");
        foreach (string export in new[] { $".export {_folder}/none/old.csv DELETE FROM t RETURNING *", $".export {file} DELETE FROM t", $".export {file} DROP TABLE t", $".export {file} DELETE FROM t RETURNING 1 / (a - 2)" })
        {
            Assert.AreEqual("n\n3\n", Run($"{Setup}{export}\nSELECT count(*) AS n FROM t;\n", "-q", "--mode=csv", "--keep-going").Output, export);
            Assert.AreEqual("n\n4\n", Run($"{Setup}BEGIN;\nINSERT INTO t VALUES (4);\n{export}\nCOMMIT;\nSELECT count(*) AS n FROM t;\n", "-q", "--mode=csv", "--keep-going").Output, export);
            Assert.IsFalse(File.Exists(file), export);
        }
        Assert.AreEqual((0, "n\n1\n", ""), Run($"{Setup}.export {file} DELETE FROM t WHERE a < 3 RETURNING a\nSELECT count(*) AS n FROM t;\n", "-q", "--mode=csv"));
        Assert.AreEqual("a\n1\n2\n", File.ReadAllText(file));
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.UserWrite);
            File.CreateSymbolicLink(Path.Combine(_folder, "link.csv"), file);
            Assert.AreEqual((0, "", ""), Run($".export {_folder}/link.csv SELECT 5 AS b\n", "-q"));
            Assert.AreEqual("b\n5\n", File.ReadAllText(file));
            Assert.AreEqual(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file));
            Assert.IsNotNull(new FileInfo(Path.Combine(_folder, "link.csv")).LinkTarget);
        }
    }

    [TestMethod]
    public void A_tilde_is_the_home_folder()
    {
        Assert.AreEqual((0, "a\n1\n", ""), ShellProcess.RunLine(_folder, "mkdir home; export HOME=$PWD/home; printf '.output ~/o.csv\nSELECT 1 AS a;\n.output\n.save ~/s.db\n' | phantomdb -q --mode=csv; cat home/o.csv; ls home/s.db > /dev/null; test ! -e '~'"));
    }

    [TestMethod]
    public void Bail_alone_says_what_it_is()
    {
        (int exitCode, string output, string errors) = Run(".bail\n.bail off\n.bail\nSELECT x;\nSELECT 1 AS a;\n", "--mode=csv");
        Assert.AreEqual((1, "a\n1\n"), (exitCode, output));
        Assert.StartsWith("Bail is on.\nBail is off.\nERROR: 42703", errors);
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
        Assert.AreEqual("INSERT INTO s1.\"Select\" (\"a\") VALUES (1);\n", Run(".mode insert s1.\"Select\"\nSELECT 1 AS a;\n").Output);
        Assert.AreEqual("INSERT INTO \"My Table\" (\"a\") VALUES (1);\n", Run(".mode insert \"My Table\";\nSELECT 1 AS a;\n").Output);
        Assert.Contains("takes no table", Run(".mode csv other\n").Errors);
    }

    private (int ExitCode, string Output, string Errors) Run(string input, params string[] args) => ShellProcess.Run(_folder, input, args);
}
