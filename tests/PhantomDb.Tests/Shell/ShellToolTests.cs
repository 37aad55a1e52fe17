using Microsoft.VisualStudio.TestTools.UnitTesting;
using PhantomDb.Tests.Engine;

namespace PhantomDb.Tests.Shell;

/// <summary>The shell's tools as their users meet them: arguments, texts, exit codes, on whole, torn, damaged, foreign, later and missing files.</summary>
[TestClass]
public sealed class ShellToolTests : ToolTest
{
    [TestMethod]
    public void A_followed_log_ends_when_nobody_reads_it() =>
        Assert.AreEqual((0, "1 ", ""), ShellProcess.RunLine(Folder, "phantomdb shop -q -c 'CREATE TABLE t (a int)'; phantomdb log -F shop | head -c 2"));

    [TestMethod]
    public void Files_tells_what_each_is_for()
    {
        MakeShop();
        File.WriteAllText(PathOf("shop.lock"), "x");

        Expect(0, $"""
                          file              |     kind      | bytes | lsn | timeline | needed |                                    purpose
            --------------------------------+---------------+-------+-----+----------+--------+--------------------------------------------------------------------------------
             shop.db                        | database file | 539   | 3   | 1        | yes    | recovery begins with it
             shop_log_20261121_120003_1.log | log segment   | 668   | 1-4 | 1        | yes    | recovery applies it
             shop.log                       | log segment   | 564   | 5-7 | 1        | yes    | the log's newest records
             shop.lock                      | lock          | 1     |     |          | no     | locked by the process that has the database open; left over, it bothers nobody

            """, "", "files", "shop");
    }

    [TestMethod]
    public void Verify_has_a_line_for_each_file_and_exit_codes_0_3_and_1()
    {
        MakeShop();
        Expect(0, """
            file,kind,lsn,verdict,place,problem
            shop.db,database file,3,clean,"",""
            shop_log_20261121_120003_1.log,log segment,1-4,clean,"",""
            shop.log,log segment,5-7,clean,"",""

            """, "shop opens, with LSN 7; transactions applied from the log: 3; all files are whole\n", "verify", "shop", "--mode", "csv");

        Tear("shop.log");
        Expect(3, """
            file,kind,lsn,verdict,place,problem
            shop.db,database file,3,clean,"",""
            shop_log_20261121_120003_1.log,log segment,1-4,clean,"",""
            shop.log,log segment,5-6,torn,"line 5, byte offset 496, LSN 7",the file ends within a line

            """, "shop opens, with LSN 6; transactions applied from the log: 2; not all files are whole\n", "verify", "-mcsv", "shop");

        FlipBit(SealedSegment, "Doe, John");
        (int exitCode, string output, string errors) = RunShell("verify", "shop", "-m", "list");
        Assert.AreEqual(1, exitCode);
        Assert.Contains("shop_log_20261121_120003_1.log|log segment|1-3|damaged|line 6, byte offset ", output);
        StringAssert.StartsWith(errors, "shop does not open:\nERROR: XX001: ");
        Assert.Contains("HINT: What is whole: phantomdb verify NAME. What can be saved, and what would be lost: phantomdb repair NAME.\n", errors);

        ChangeText("shop.db", "John Doe", "Jane Doe");
        (exitCode, output, errors) = RunShell("verify", "-m", "list", "shop");
        Assert.AreEqual(1, exitCode, errors);
        Assert.Contains("shop.db|database file|3|edited|line 11, byte offset 292, section [TABLE:users], rows 1 to 2|is damaged or was edited", output);
        Assert.Contains("HINT: If that was meant, check and seal it: phantomdb accept FILE", errors);
    }

    [TestMethod]
    public void Verify_tells_that_the_log_is_gone_behind_an_orderly_end()
    {
        Run("CREATE TABLE t (id int PRIMARY KEY)");
        Run("INSERT INTO t VALUES (1)");
        File.Delete(PathOf("shop.log"));

        (int exitCode, _, string errors) = RunShell("verify", "shop");

        Assert.AreEqual(3, exitCode, errors);
        StringAssert.Matches(errors, new System.Text.RegularExpressions.Regex("^WARNING: the end of the log is missing, LSN [3-5] to 5: "));
        Assert.Contains("not all files are whole", errors);
    }

    [TestMethod]
    public void Accept_says_that_a_database_is_open_though_it_has_no_file_yet()
    {
        using Database database = Database.Open("shop", Options);
        Execute(database, "CREATE TABLE t (id int)");
        Assert.IsFalse(File.Exists(PathOf("shop.db")));

        Assert.AreEqual("55006", Assert.ThrowsExactly<PhantomDbException>(() => DatabaseTools.Accept("shop", Options)).SqlState);
        Assert.AreEqual("58P01", Assert.ThrowsExactly<PhantomDbException>(() => DatabaseTools.Accept("other", Options)).SqlState);
        Assert.IsFalse(File.Exists(PathOf("other.lock")));
    }

    [TestMethod]
    public void A_hole_in_the_log_is_a_warning_for_who_reads_it_by_SQL()
    {
        for (int i = 1; i <= 4; i++)
        {
            Run(i == 1 ? "CREATE TABLE t (id int PRIMARY KEY)" : $"INSERT INTO t VALUES ({i})");
        }
        File.Delete(DatabaseTools.Files("shop", Options).Where(file => file.Kind == DatabaseFileKind.LogSegment).OrderBy(file => file.FirstLsn).ElementAt(1).Path);
        foreach (string query in (string[])["SELECT count(*) FROM phantomdb_log", "SELECT count(*) FROM phantomdb_history('t')", "SELECT lsn FROM phantomdb_log ORDER BY lsn DESC LIMIT 100"])
        {
            (int exitCode, _, string errors) = RunShell("shop", "-c", query);
            Assert.AreEqual(0, exitCode);
            StringAssert.StartsWith(errors, "WARNING: the transaction log has no records from LSN ");
            Assert.AreEqual(1, errors.Split("WARNING").Length - 1, "once");
        }
    }

    [TestMethod]
    public void Verify_names_foreign_files_and_later_versions()
    {
        MakeShop();
        AddForeignSegment();
        (int exitCode, string output, _) = RunShell("verify", "shop", "-m", "list");
        Assert.AreEqual(3, exitCode);
        Assert.Contains("shop_log_20260101_000000_1.log|log segment|1-1|foreign||it is another database's, with the id 0badc0de000000000000000000000002\n", output);

        MakeLaterVersion();
        (exitCode, output, string errors) = RunShell("verify", "shop", "-m", "list");
        Assert.AreEqual(1, exitCode);
        Assert.Contains("shop.db|database file|", output);
        Assert.Contains("|later version|line 5, byte offset 94, header|was written by a later PhantomDB: it has version 2 of the format, which this one does not know\n", output);
        Assert.Contains("ERROR: 0A000: ", errors);
        foreach (string tool in new[] { "repair", "accept" })
        {
            (exitCode, _, errors) = RunShell(tool, "shop");
            Assert.AreEqual(1, exitCode);
            StringAssert.StartsWith(errors, "ERROR: 0A000: file ");
            Assert.Contains("HINT: Open it with the program that wrote it, or a newer one.", errors);
        }
    }

    [TestMethod]
    public void Repair_tells_first_and_acts_with_yes()
    {
        MakeShop();
        FlipBit(SealedSegment, "Doe, John");

        (int exitCode, string output, string errors) = RunShell("repair", "shop");
        Assert.AreEqual(3, exitCode, errors);
        string segment = PathOf(SealedSegment);
        Assert.Contains($"shop does not open: file \"{segment}\" is damaged or was edited: the checksum of the line does not match ({segment}, line 6, byte offset 529)\n", output);
        Assert.Contains("What can be saved: tables 1, rows 2, up to LSN 7\nLost: LSN 4 to 4 (tables unknown): the checksum of the line does not match (", output);
        Assert.AreEqual("Nothing has been changed. To repair it: phantomdb repair --yes shop\n", errors);
        Assert.AreEqual(1, RunShell("verify", "shop").ExitCode);

        (exitCode, output, errors) = RunShell("repair", "shop", "--yes");
        Assert.AreEqual(0, exitCode, errors);
        Assert.Contains("shop is repaired: timeline 2, LSN 8\nKept: ", output);
        Assert.IsTrue(Directory.GetFiles(System.IO.Path.GetDirectoryName(segment)!).Any(file => file.StartsWith(segment + ".bad_", StringComparison.Ordinal)), "the damaged segment is kept");
        Assert.AreEqual(0, RunShell("verify", "shop").ExitCode);
        Expect(0, "shop opens: there is nothing to repair; whether all of its files are whole: phantomdb verify shop\n", "", "repair", "shop");
        Expect(0, "id|name\n1|John Doe\n3|\n", "", "shop", "-q", "--in-memory", "-m", "list", "-c", "SELECT * FROM users ORDER BY id");
    }

    [TestMethod]
    public void Accept_says_what_an_edit_has_changed_and_seals_it()
    {
        Log.Commit(Users, "INSERT,users,1,John Doe").Commit("INSERT,users,2,\"\"").Flush();
        SaveAs(Path, Recover());
        Dump();
        Expect(0, "shop.db is as it was saved: there is nothing to accept\n", "", "accept", "shop");
        ChangeText("shop.db", "ROW:2,\"\"\n", "ROW:2,\nROW:3,new\n");
        (int exitCode, string output, string errors) = RunShell("shop", "-c", "SELECT 1");
        Assert.AreEqual(1, exitCode);
        StringAssert.StartsWith(errors, $"ERROR: XX001: file \"{PathOf("shop.db")}\" was edited since it was saved\nDETAIL: Sections that differ from their checksums: [TABLE:users].\nHINT: ");
        Expect(0, """
            shop.db is sealed, with timeline 2 and LSN 4; sections changed or new: 1, as they were: 0
            [TABLE:users]: rows 2 -> 3; added 1, removed 0, changed 1; values that were '' and are NULL now: 1

            """, "", "accept", "data/shop.db");
        Assert.AreEqual(0, RunShell("verify", "shop").ExitCode);

        ChangeText("shop.db", "ROW:3,new\n", "ROW:1,twice\n");
        (exitCode, output, errors) = RunShell("accept", "shop");
        Assert.AreEqual(1, exitCode);
        Assert.AreEqual("", output);
        StringAssert.StartsWith(errors, "ERROR: 23505: duplicate key value violates unique constraint \"users_pkey\"\n");
        Assert.Contains($"CONTEXT: {PathOf("shop.db")}, line ", errors);
    }

    [TestMethod]
    public void Log_prints_records_for_people_and_as_csv()
    {
        MakeShop();
        Expect(0, """
            1 2026-11-21 12:00:01.000000 4701 1/2 TABLE users ('COLUMNS:id:int,name:string', 'CONSTRAINT:users_pkey PRIMARY KEY (id)')
            2 2026-11-21 12:00:01.000000 4701 2/2 INSERT users (1, John Doe)
            3 2026-11-21 12:00:02.000000 4703 1/1 INSERT users (2, '')
            4 2026-11-21 12:00:03.000000 4704 1/1 UPDATE users (1, John Doe) -> (1, 'Doe, John')
            5 2026-11-21 12:00:04.000000 4705 1/2 TABLE users ('COLUMNS:id:int,name:string', 'CONSTRAINT:users_pkey PRIMARY KEY (id)')
            6 2026-11-21 12:00:04.000000 4705 2/2 INSERT users (3, NULL)
            7 2026-11-21 12:00:05.000000 4707 1/1 DELETE users (2, '')

            """, "", "log", "shop");
        Expect(0, """
            lsn,time,transaction,part,parts,operation,table,before,after,values
            4,2026-11-21 12:00:03.000000,4704,1,1,UPDATE,users,"{1,""John Doe""}","{1,""Doe, John""}",
            5,2026-11-21 12:00:04.000000,4705,1,2,TABLE,users,,,"{""COLUMNS:id:int,name:string"",""CONSTRAINT:users_pkey PRIMARY KEY (id)""}"
            6,2026-11-21 12:00:04.000000,4705,2,2,INSERT,users,,"{3,NULL}",

            """, "", "log", "shop", "--csv", "--lsn", "3-6", "--from=2026-11-21T12:00:03Z", "--to", "2026-11-21 12:00:04", "--table", "users", "-q");
        StringAssert.StartsWith(RunShell("log", "--tx=4704", "-m", "jsonl", "shop").Output, "{\"lsn\":4,\"time\":\"2026-11-21 12:00:03.000000\",\"transaction\":4704,");
        Assert.AreEqual("7 2026-11-21 12:00:05.000000 4707 1/1 DELETE users (2, '')\n", RunShell("log", "--lsn", "=7", "shop").Output);
        const string All = "it has LSN 1 to 7, 2026-11-21 12:00:01.000000 to 2026-11-21 12:00:05.000000 UTC";
        foreach ((string[] selection, string what) in ((string[], string)[])
        [
            (["-t", "other"], $"{All}, and none of these is about a table other"), (["-t", "users", "--lsn", "8"], All), (["--lsn", "999"], All), (["--tx", "1"], All), (["--to", "2026-11-20", "--csv"], All),
        ])
        {
            (int code, string none, string notice) = RunShell(["log", "shop", .. selection]);
            Assert.AreEqual((0, $"NOTICE: no record of the log is what was asked for: {what}\n"), (code, notice));
            Assert.IsLessThanOrEqualTo(1, none.Count(c => c == '\n'));
        }

        Tear("shop.log");
        (int exitCode, string output, string errors) = RunShell("log", "shop", "--lsn", "6-");
        Assert.AreEqual((0, "6 2026-11-21 12:00:04.000000 4705 2/2 INSERT users (3, NULL)\n"), (exitCode, output));
        Assert.AreEqual($"NOTICE: {PathOf("shop.log")}, line 5, byte offset 496: the file ends within a line; 63 bytes are no whole transaction: being written, or left by a crash\n", errors);

        FlipBit(SealedSegment, "Doe, John");
        (exitCode, output, errors) = RunShell("log", "shop");
        Assert.AreEqual(1, exitCode);
        Assert.HasCount(4, output.Split('\n'));
        Assert.Contains("line 6, byte offset", errors);
    }

    [TestMethod]
    public void Restore_goes_back_to_a_point_and_forth_again()
    {
        MakeShop();
        (int exitCode, string output, string errors) = RunShell("restore", "shop", "--to", "3");
        Assert.AreEqual(0, exitCode, errors);
        StringAssert.StartsWith(output, "restored to LSN 3 of timeline 1; the database goes on with timeline 2\n");
        Assert.AreEqual("1|John Doe, 2|", string.Join(", ", RowsOfShop()));
        (exitCode, output, errors) = RunShell("verify", "shop", "-m", "list");
        Assert.AreEqual(0, exitCode, output + errors);

        Assert.AreEqual(0, RunShell("restore", "shop", "--to=t1:2026-11-21 12:00:04").ExitCode);
        Assert.AreEqual("1|Doe, John, 2|, 3|NULL", string.Join(", ", RowsOfShop()));
        (exitCode, output, errors) = RunShell("restore", "shop", "--to", "t1:3", "--tables", "users");
        Assert.AreEqual(0, exitCode, errors);
        Assert.Contains("users: 1 row removed, 1 changed, 0 added\n", output);
        Assert.AreEqual("1|John Doe, 2|", string.Join(", ", RowsOfShop()));

        (exitCode, _, errors) = RunShell("restore", "shop", "--to", "2030-01-01");
        Assert.AreEqual(1, exitCode);
        StringAssert.StartsWith(errors, "ERROR: 22023: ");
        Assert.Contains("HINT: ", errors);
        Usage("restore needs --to: a log sequence number, or a time in UTC", "restore", "shop");

        Assert.AreEqual(0, RunShell("restore", "shop", "--to", "t1:3").ExitCode);   // back again: the segments of the other timelines go further than the log
        string[] log = RunShell("log", "shop").Output.TrimEnd('\n').Split('\n');
        (_, output, errors) = RunShell("log", "shop", "--lsn", "100-");
        Assert.AreEqual("", output);
        StringAssert.StartsWith(errors, $"NOTICE: no record of the log is what was asked for: it has LSN 1 to {log[^1].Split(' ')[0]}, ");
        Assert.AreEqual("4", log[^1].Split(' ')[0]);
        Usage("--tables has names between commas, not a,,b", "restore", "shop", "--to", "1", "--tables", "a,,b");
    }

    [TestMethod]
    public void What_recovery_did_is_one_line_of_standard_error_where_files_were_not_whole()
    {
        MakeShop();
        Tear("shop.log");

        (int exitCode, string output, string errors) = RunShell("shop", "-q", "-m", "list", "-c", "SELECT count(*) FROM users");

        Assert.AreEqual((0, "count\n3\n"), (exitCode, output));
        StringAssert.StartsWith(errors, "shop: recovery TORN: LSN 6, transactions applied 2, bytes set aside 63; the file ends within a line (");
        Assert.HasCount(2, errors.Split('\n'));
        Assert.AreEqual((0, "count\n3\n", ""), RunShell("shop", "-m", "list", "-c", "SELECT count(*) FROM users"));
        Assert.HasCount(1, Directory.GetFiles(DataFolder, "*.torn_*"));
    }

    [TestMethod]
    public void Log_follows_until_it_is_interrupted()
    {
        MakeShop();
        using ShellProcess shell = new(Folder, "log", "-F", "shop", "--lsn", "7");
        StringAssert.StartsWith(shell.ReadLine(), "7 ");
        Log.Commit("INSERT,users,4,d");
        Log.Save();
        File.WriteAllBytes(PathOf("shop.log"), Disk.Files[ActivePath]);
        StringAssert.EndsWith(shell.ReadLine(), "INSERT users (4, d)");
        shell.Signal("INT");
        Assert.AreEqual(130, shell.Finish(closesInput: false).ExitCode);
    }

    [TestMethod]
    public void A_missing_database_and_wrong_usage_name_the_way_out()
    {
        foreach (string[] call in new[] { new[] { "verify" }, ["files"], ["log"], ["repair"], ["accept"], ["restore", "--to=1"] })
        {
            string tool = call[0];
            (int exitCode, string output, string errors) = RunShell([.. call, "shop"]);
            Assert.AreEqual((1, ""), (exitCode, output), tool);
            StringAssert.StartsWith(errors, "ERROR: 58P01: ", tool);
            Assert.AreEqual(2, RunShell(tool).ExitCode, tool);
            (exitCode, output, _) = RunShell(tool, "--help");
            Assert.AreEqual(0, exitCode);
            StringAssert.StartsWith(output, $"Usage: phantomdb {tool} [options] ");
            Assert.Contains("Exit codes: ", output);
        }
        Usage("verify needs NAME: phantomdb verify [options] NAME", "verify");
        Usage("verify has no option --table: phantomdb verify --help lists them", "verify", "--table", "x", "shop");
        Usage("verify takes one NAME, not a and b", "verify", "a", "b");
        Usage("--lsn is a log sequence number or a range of them, such as 1201, 1201-1300 or =1201, not x", "log", "shop", "--lsn", "x");
        Usage("--from is a time in UTC, such as 2026-11-21 or \"2026-11-21 12:00:03.5\", not yesterday", "log", "shop", "--from", "yesterday");
        Usage("--tx is a number, not x", "log", "shop", "--tx", "x");
        Usage("--lsn 4-3 is an empty range: the first comes first", "log", "shop", "--lsn", "4-3");
        Usage("option --lsn needs a value", "log", "shop", "--lsn");
        Usage("--csv is a mode: give it or --mode", "log", "shop", "--csv", "--mode", "json");
        Usage("verify is a command of its own and runs no SQL; a database of that name is opened as ./verify.db", "-c", "SELECT 1", "verify", "shop");
    }

    [TestMethod]
    public void A_tools_name_wins_over_a_database_of_it_which_has_its_path()
    {
        Expect(0, "", "NOTICE: database \"log\" is new\nCREATE TABLE\n", "./log.db", "-c", "CREATE TABLE t (a int)");
        Expect(0, "", "NOTICE: database \"files\" is new\nCREATE TABLE\n", "-c", "CREATE TABLE t (a int)", "--", "files");
        Assert.AreEqual(0, RunShell("verify", "-d", "data", "files").ExitCode);
        Assert.AreEqual(0, RunShell("-d", "data", "verify", "files").ExitCode);
        Assert.AreEqual(0, RunShell("verify", "./log.db").ExitCode);
    }

    private void Usage(string message, params string[] args)
    {
        (int exitCode, string output, string errors) = RunShell(args);
        Assert.AreEqual((2, ""), (exitCode, output));
        Assert.AreEqual($"phantomdb: {message}\nTry 'phantomdb --help'.\n", errors);
    }

    private void Expect(int exitCode, string output, string errors, params string[] args)
    {
        (int ExitCode, string Output, string Errors) found = RunShell(args);
        Assert.AreEqual(output, found.Output, found.Errors);
        Assert.AreEqual(errors, found.Errors);
        Assert.AreEqual(exitCode, found.ExitCode);
    }

    private (int ExitCode, string Output, string Errors) RunShell(params string[] args) => ShellProcess.Run(Folder, "", args);
}
