using System.Text.RegularExpressions;
using Microsoft.VisualStudio.TestTools.UnitTesting;

namespace PhantomDb.Tests.Shell;

/// <summary>What people's fingers know from psql and sqlite3.</summary>
[TestClass]
public sealed partial class ShellHabitsTests
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

    [TestMethod]
    public void Copy_reads_and_writes_files_of_the_shell()
    {
        File.WriteAllText(Path.Combine(_folder, "in put.csv"), "b,a\nx,1\n\"y;z\",2\n");
        Assert.AreEqual(
            "a,b\n2,y;z\n3,w\n2;\"y;z\"\n3;w\n",
            Output("""
                CREATE TABLE t (a int, b text);
                \copy t (b, a) from 'in put.csv' csv header;
                DELETE FROM t WHERE a = 1;
                \copy t from stdin
                3	w
                \.
                \copy (SELECT * FROM t WHERE b <> ' to ' ORDER BY a) to out.csv with (format csv, header)
                \! cat out.csv
                \copy t to stdout (format csv, delimiter ';')

                """));
        Assert.Contains("Usage: \\copy", Run("\\copy t\n").Errors);
        Assert.Contains("58P01", Run("CREATE TABLE t (a int);\n\\copy t from nothing.csv\n").Errors);
        Assert.Contains("0A000", Run("\\copy t from program 'ls'\n").Errors);
    }

    [TestMethod]
    public void Rows_are_written_as_was_chosen()
    {
        const string Query = "SELECT NULL AS a, 'NULL' AS b;\n";
        Assert.AreEqual("a,b\n∅,NULL\n∅,NULL\na,b\n,NULL\n", Output($"\\pset null ∅\n{Query}\\t\n{Query}.headers on\n.nullvalue\n{Query}"));
        Assert.AreEqual("a\tb\n\tNULL\n a |  b\n---+------\n   | NULL\n", Output($".separator '\\t'\n\\a\n{Query}.nullvalue ''\n.mode column\n{Query}"));
        Assert.AreEqual("      mode: csv\n nullvalue: of the mode\n   headers: off\n separator: \"|\"\n     width: auto\n  expanded: off\n     pager: off\n   explain: tree\n", Output(".headers off\n.show\n"));
        Assert.AreEqual("a\n2\n", Output(".once one.csv\nSELECT 1 AS a;\nSELECT 2 AS a;\nSELECT 3 AS a \\g three.csv\n"));
        Assert.AreEqual("a\n1\n", File.ReadAllText(Path.Combine(_folder, "one.csv")));
        Assert.AreEqual("a\n3\n", File.ReadAllText(Path.Combine(_folder, "three.csv")));
    }

    [TestMethod]
    public void Listings_have_the_names_of_psql_and_sqlite3()
    {
        const string Definitions = "CREATE TABLE t (a int PRIMARY KEY);\nINSERT INTO t VALUES (1);\nCOMMENT ON TABLE t IS 'about t';\nCREATE VIEW v AS SELECT 1 AS x;\nCREATE SEQUENCE s START 5;\n";
        StringAssert.Matches(Output(Definitions + "\\dt+\n"), Sizes());
        Assert.AreEqual("schema,name,table\npublic,t_pkey,t\nschema,name,table,comment\npublic,t_pkey,t,\n", Output(Definitions + ".indexes t\n\\di+\n"));
        Assert.AreEqual("index,table,definition\npublic.t_pkey,t,CREATE UNIQUE INDEX t_pkey ON public.t USING btree (a)\n", Output(Definitions + "\\d t_pkey\n"));
        Assert.AreEqual("type,start,min,max,increment,cycles,cache,last\nbigint,5,1,9223372036854775807,1,no,1,\"\"\n", Output(Definitions + "\\d s\n"));
        const string Comment = "COMMENT ON COLUMN t.a IS 'key';\n";
        Assert.AreEqual("column,type,nullable,default,comment\na,integer,not null,\"\",key\n", Output(Definitions + Comment + "\\d+ t\n"));
        StringAssert.Contains(Run(Definitions + Comment + "\\d+ t\n").Output, " a      | integer | not null |         | key\nComment: about t\nIndexes:\n");
        Assert.AreEqual("name,superuser\nphantomdb,t\nname,internal name\ninteger,int4\n", Output("\\du\n\\dT integer\n"));
        Assert.AreEqual(Output("\\l\n"), Output(".databases\n"));
        Assert.AreEqual("a\n1\nschema,name\na\n1\nSELECT 1 AS a\n", Output("SELECT 1 AS a;\n\\ds\n\\g\n\\p\n"));
        Assert.Contains("ERROR: 42601: .tables is not called like this", Run(".tables x y\n").Errors);
        Assert.AreEqual("\\dt: extra argument \"v\" ignored\n", Run(Definitions + "\\dt t v\n", "-q").Errors);
    }

    [TestMethod]
    public void A_shell_tells_what_is_open_and_copies_it()
    {
        Assert.AreEqual("The database \"phantomdb\" is open, in memory.\n", Output("\\conninfo\n"));
        string file = Path.Combine(_folder, "data", "shop.db");
        Assert.AreEqual($"The database \"shop\" is open: {file}\nUTF8\n", Run("CREATE TABLE t (a int);\n\\c\n.backup copy.db\n\\encoding\n", "shop", "-q").Output);
        Assert.AreEqual("schema,name,type\npublic,t,table\n", Run("\\dt\n", "./copy.db", "-q", "-m", "csv").Output);
        Assert.Contains("0A000", Run("\\encoding LATIN1\n").Errors);
    }

    [TestMethod]
    public void A_script_reads_one_beside_it_and_warns()
    {
        Directory.CreateDirectory(Path.Combine(_folder, "scripts"));
        File.WriteAllText(Path.Combine(_folder, "scripts", "outer.sql"), "\\ir inner.sql\n");
        File.WriteAllText(Path.Combine(_folder, "scripts", "inner.sql"), "\\warn from within\n");
        Assert.AreEqual((0, "", "from within\n"), Run("\\i scripts/outer.sql\n"));
    }

    [TestMethod]
    [DataRow("\\set x 1", "HINT: A favorite takes values")]
    [DataRow("\\dx", "PhantomDB has no extensions")]
    [DataRow("\\z", "no privileges")]
    [DataRow(".parameter set x 1", "no variables")]
    [DataRow("\\cd ..", "stays in its folder")]
    [DataRow(".changes on", "tag says how many rows")]
    [DataRow(".echo on", "\\p writes the last statement")]
    [DataRow(".stats on", "EXPLAIN ANALYZE")]
    [DataRow(".excel", ".export FILE.csv TABLE")]
    [DataRow(".log errors.txt", "standard error")]
    [DataRow(".timeout 1000", "SET lock_timeout")]
    [DataRow(".prompt x", "names the database")]
    [DataRow("\\H", "markdown")]
    [DataRow("\\errverbose", "DETAIL, HINT and CONTEXT")]
    public void What_there_is_not_names_what_comes_nearest(string command, string expected)
    {
        (int exitCode, _, string errors) = Run(command + "\n");
        Assert.AreEqual(1, exitCode);
        Assert.StartsWith("ERROR: 0A000: " + command.Split(' ')[0], errors);
        Assert.Contains(expected, errors);
    }

    [TestMethod]
    public void A_mode_that_there_is_not_names_what_comes_nearest()
    {
        Assert.Contains("HINT: markdown is what comes nearest to html. One of ", Run(".mode html\n").Errors);
        Assert.Contains("HINT: insert writes values as SQL has them. One of ", Run("\\pset format quote\n").Errors);
    }

    [TestMethod]
    public void Sqlite3_s_system_runs_a_command_and_its_exit_takes_a_code()
    {
        Assert.AreEqual((3, "a  'b'\n", ""), Run(".system echo \"a  'b'\"\n.exit 3\n.print never\n"));
        Assert.AreEqual((0, "", ""), Run(".exit 0\n.print never\n"));
        Assert.AreEqual((4, "", "ERROR: 42703: column \"x\" does not exist\nLINE 1: SELECT x\n               ^\n"), Run("SELECT x;\n.exit 4\n", "--keep-going"));
        Assert.AreEqual(0, Run("SELECT x;\n.exit 0\n", "--keep-going").ExitCode);
        Assert.AreEqual(1, Run("SELECT x;\n.exit\n", "--keep-going").ExitCode);
        Assert.Contains("ERROR: 22023: .exit takes a number from 0 to 255, not now", Run(".exit now\n").Errors);
    }

    [TestMethod]
    public void Help_tells_about_one_command_and_where_a_statement_is_described()
    {
        Assert.AreEqual("Usage: .tables, \\dt [PATTERN]\nList tables and views; * and ? stand for any characters.\n", Output(".help tables\n"));
        Assert.AreEqual(Output(".help .tables\n"), Output("\\? \\dt\n"));
        Assert.Contains("Perhaps you meant .tables.", Run(".help .tabels\n").Errors);
        StringAssert.StartsWith(Output("\\h create ta\n"), "CREATE TABLE: https://www.postgresql.org/docs/15/sql-createtable.html\nCREATE TABLE AS: https://www.postgresql.org/docs/15/sql-createtableas.html\n");
        Assert.Contains("Perhaps you meant SELECT.", Run("\\h selcet\n").Errors);
        Assert.Contains("\n  SELECT\n", Output("\\h\n"));
    }

    [TestMethod]
    public void The_line_of_an_error_is_cut_around_its_place()
    {
        string sql = $"SELECT {new string('a', 100)}, nowhere, {new string('b', 100)}";
        PhantomDbException error = new("42703", "column") { Position = sql.IndexOf("nowhere", StringComparison.Ordinal) };
        foreach (int width in new[] { 20, 40, 60, 80 })
        {
            string[] lines = PhantomDb.Shell.ErrorReport.Format(error, sql, 1, null, width).Split('\n');
            Assert.IsLessThan(Math.Max(width, 36), lines[1].Length);
            Assert.AreEqual(lines[1].IndexOf("nowhere", StringComparison.Ordinal), lines[2].IndexOf('^', StringComparison.Ordinal));
        }
        Assert.AreEqual("LINE 1: SELECT nowhere", PhantomDb.Shell.ErrorReport.Format(new("42703", "column") { Position = 7 }, "SELECT nowhere", 1, null, 40).Split('\n')[1]);
    }

    [GeneratedRegex(@"^schema,name,type,rows,size,comment\npublic,t,table,1,\d+ bytes,about t\npublic,v,view,,,\n$")]
    private static partial Regex Sizes();

    private string Output(string input)
    {
        (int exitCode, string output, string errors) = Run(input, "-q", "-m", "csv");
        Assert.AreEqual((0, ""), (exitCode, errors));
        return output;
    }

    private (int ExitCode, string Output, string Errors) Run(string input, params string[] args) => ShellProcess.Run(_folder, input, args);
}
