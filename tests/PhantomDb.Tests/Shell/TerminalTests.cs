using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using Microsoft.VisualStudio.TestTools.UnitTesting;

namespace PhantomDb.Tests.Shell;

/// <summary>The shell in a real terminal, which <c>script</c> makes: what a person types there and sees.</summary>
[TestClass]
public sealed partial class TerminalTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("phantomdb-terminal-").FullName;

    public void Dispose()
    {
        Directory.Delete(_folder, recursive: true);
        GC.SuppressFinalize(this);
    }

    [TestMethod]
    public void What_was_entered_is_found_in_the_next_run_and_Tab_goes_on_with_words()
    {
        using (Terminal terminal = Begin("shop"))
        {
            terminal.TypeAtPrompt("CREATE TABLE fruit (name text);\r");
            terminal.Await("CREATE TABLE\r\n");
            terminal.TypeAtPrompt("INSERT INTO fr");
            terminal.Await("INTO fr");
            terminal.Type("\t");   // with others at once it would be a paste's
            terminal.Await("INTO fruit");
            terminal.Type(" VALUES ('apple');\r");
            terminal.Await("INSERT 0 1");
            terminal.TypeAtPrompt("SELECT name\rFROM fruit;\r");
            terminal.Await(" apple");
            terminal.TypeAtPrompt("\u0004");
            Assert.AreEqual(0, terminal.End());
        }
        StringAssert.Contains(File.ReadAllText(Path.Combine(_folder, "history")), "SELECT name\\nFROM fruit;\n");
        using (Terminal terminal = Begin("shop"))
        {
            terminal.TypeAtPrompt("\e[A");
            terminal.Await("FROM fruit;");
            terminal.Type("\r");
            terminal.Await(" apple");
            terminal.TypeAtPrompt(".quit\r");
            Assert.AreEqual(0, terminal.End());
        }
    }

    [TestMethod]
    public void Ctrl_C_ends_the_statement_that_runs_and_drops_the_one_that_is_typed()
    {
        using Terminal terminal = Begin("shop");
        terminal.TypeAtPrompt("SELECT 'never finished");
        terminal.Await("never finished");
        terminal.Type("\u0003");
        terminal.TypeAtPrompt("SELECT pg_sleep(600);\r");
        terminal.Await("pg_sleep(600);");
        terminal.Press("\u0003", until: "57014");
        terminal.TypeAtPrompt("SELECT 6 * 7 AS answer;\r");
        terminal.Await(" 42");
        terminal.TypeAtPrompt("\u0004");
        Assert.AreEqual(0, terminal.End());
    }

    [TestMethod]
    [DataRow("COPY t FROM stdin;")]
    [DataRow("\\copy t FROM stdin")]
    public void Ctrl_C_at_the_rows_of_a_COPY_cancels_it_and_what_is_typed_next_is_a_statement(string copy)
    {
        using Terminal terminal = Begin("shop");
        terminal.TypeAtPrompt("CREATE TABLE t (a text);\r");
        terminal.TypeAtPrompt($"{copy}\r");
        terminal.Await("shop>> ");
        terminal.Type("a row\r");
        terminal.Await("shop>> ");
        terminal.Type("half of");
        terminal.Await("half of");
        terminal.Type("\u0003");
        terminal.Await("ERROR: 57014: canceling statement due to user request");
        terminal.TypeAtPrompt("SELECT count(*) AS loaded FROM t;\r");
        terminal.Await("\r\n      0\r\n(1 row)");
        terminal.TypeAtPrompt("\u0004");
        Assert.AreEqual(0, terminal.End());
    }

    [TestMethod]
    [DataRow("TERM=xterm")]
    [DataRow("TERM=xterm env --ignore-signal=HUP")]
    [DataRow("TERM=dumb")]
    [DataRow("TERM=dumb env --ignore-signal=HUP")]
    public void A_window_that_is_closed_at_the_rows_of_a_COPY_ends_the_shell_and_loads_none(string setting)
    {
        using Terminal terminal = Begin("shop", setting);
        terminal.TypeAtPrompt("CREATE TABLE t (a text);\r");
        terminal.TypeAtPrompt("COPY t FROM stdin;\r");
        terminal.Await("shop>> ");
        terminal.Type("a row\r");
        terminal.Await("shop>> ");
        terminal.Close();
        terminal.AwaitNoProcess();
        Assert.AreEqual("count\n0\n", ShellProcess.Run(_folder, "", "shop", "-m", "csv", "-c", "SELECT count(*) FROM t").Output);
    }

    [TestMethod]
    public void A_window_that_becomes_narrower_is_drawn_anew()
    {
        using Terminal terminal = Begin("shop");
        terminal.TypeAtPrompt("SELECT 1234567890, 1234567890");
        terminal.Await("1234567890, 1234567890");
        terminal.Resize(20);
        terminal.Await("shop=> SELECT 123456\r\n7890, 1234567890");   // without a key
        terminal.Type("\u0003\u0004");
        Assert.AreEqual(0, terminal.End());
    }

    [TestMethod]
    public void A_paste_is_one_text_and_what_runs_gets_its_own_as_it_is()
    {
        using Terminal terminal = Begin("shop");
        terminal.TypeAtPrompt("\e[200~CREATE TABLE t (i int, s text);\rCOPY t FROM stdin;\r1\tone\r2\ttwo\r\\.\r\\d t\rSELECT count(*)\r\tFROM t WHERE s LIKE 't%'\r\e[201~");
        terminal.Await("LIKE 't%'\r\n");
        terminal.Type("\\g\r");
        terminal.Await("COPY 2");
        terminal.Await("Table \"public.t\"");
        terminal.Await("\r\n     1\r\n(1 row)");
        terminal.TypeAtPrompt("\u0004");
        Assert.AreEqual(0, terminal.End());
        Assert.AreEqual(2, terminal.All.Split("\e[?2004h").Length - 1);
        Assert.AreEqual(2, terminal.All.Split("\e[?2004l").Length - 1);
    }

    [TestMethod]
    public void The_prompt_shows_the_transaction_and_leaving_says_that_it_is_rolled_back()
    {
        using Terminal terminal = Begin("shop");
        terminal.TypeAtPrompt("BEGIN;\r");
        terminal.Await("shop=*> ");
        terminal.Type("SELECT\rx \\r\rSELECT x;\r");
        terminal.Await("    -*> x");
        terminal.Await("shop=!> ");
        terminal.Type("Quit;\r");
        terminal.Await("NOTICE: the open transaction is rolled back");
        Assert.AreEqual(0, terminal.End());
    }

    [TestMethod]
    public void A_startup_script_that_is_not_there_and_a_history_that_cannot_be_kept_are_warned_of()
    {
        using Terminal terminal = Begin("shop", "TERM=xterm PHANTOMDB_STARTUP=nowhere.sql PHANTOMDB_HISTORY=/dev/null/history");
        terminal.Await("WARNING: PHANTOMDB_STARTUP names \"nowhere.sql\", and there is no such file");
        terminal.TypeAtPrompt("SELECT 6 * 7;\r");
        terminal.Await("WARNING: the history cannot be kept in \"/dev/null/history\": ");
        terminal.Await(" 42");
        terminal.TypeAtPrompt("SELECT 6 * 8;\r");
        terminal.Await(" 48");
        terminal.TypeAtPrompt("\u0004");
        Assert.AreEqual(0, terminal.End());
        Assert.AreEqual(1, Regex.Count(terminal.All, "the history cannot be kept"));
    }

    [TestMethod]
    public void A_terminal_that_can_do_nothing_has_a_plain_prompt()
    {
        using Terminal terminal = Begin("shop", "TERM=dumb");
        terminal.TypeAtPrompt("SELECT 6 * 7;\r");
        terminal.Await(" 42");
        terminal.Type("\u0004");
        Assert.AreEqual(0, terminal.End());
        Assert.DoesNotContain("\e[J", terminal.All);
    }

    [TestMethod]
    public void A_table_is_cut_to_the_terminal_until_the_width_is_off()
    {
        using Terminal terminal = Begin("shop");
        terminal.TypeAtPrompt("SELECT repeat('x', 100) AS a;\r");
        terminal.Await($" {new string('x', 57)}…\r\n(1 row; 1 column cut: .width off shows all)");
        terminal.TypeAtPrompt(".width off\r");
        terminal.TypeAtPrompt("SELECT repeat('x', 100) AS a;\r");
        terminal.Await($" {new string('x', 100)}\r\n(1 row)");
        terminal.TypeAtPrompt("\u0004");
        Assert.AreEqual(0, terminal.End());
    }

    [TestMethod]
    public void A_long_COPY_tells_how_far_it_is_on_a_line_that_goes_again()
    {
        File.WriteAllLines(Path.Combine(_folder, "numbers.csv"), Enumerable.Repeat("1", 1_000_001));
        using Terminal terminal = Begin("shop");
        terminal.TypeAtPrompt("CREATE TABLE t (a int);\r");
        terminal.TypeAtPrompt($"COPY t FROM '{Path.Combine(_folder, "numbers.csv")}';\r");
        terminal.Await("COPY: 1000001 rows so far\rCOPY 1000001\r\n");
        StringAssert.Contains(terminal.All, "so far\e[K\r\e[KCOPY 1000001");
        terminal.TypeAtPrompt("\u0004");
        Assert.AreEqual(0, terminal.End());
    }

    [TestMethod]
    public void A_long_import_tells_how_much_of_its_file_it_has_looked_at_and_read()
    {
        File.WriteAllLines(Path.Combine(_folder, "a.csv"), Enumerable.Repeat("1,a name", 8_000_000).Prepend("id,name"));   // of seconds, each time
        using Terminal terminal = Begin("shop");
        string import = $".import {Path.Combine(_folder, "a.csv")} t";
        terminal.TypeAtPrompt($"{import}\r");
        terminal.Await("looking at a.csv: ");
        terminal.Await(" % of 72 MB");
        terminal.Press("\u0003", until: "57014");
        terminal.TypeAtPrompt("CREATE TABLE t (id int, name text);\r");
        terminal.TypeAtPrompt($"{import}\r");
        terminal.Await("reading a.csv: ");
        terminal.Await(" % of 72 MB");
        terminal.Press("\u0003", until: "57014");
        terminal.TypeAtPrompt("\u0004");
        Assert.AreEqual(0, terminal.End());
        Assert.DoesNotContain("so far", terminal.All);
    }

    [TestMethod]
    public void No_value_steers_the_terminal_in_any_mode_or_error()
    {
        using Terminal terminal = Begin("shop");
        terminal.TypeAtPrompt(@"SELECT E'\x1b]0;title\x07' AS a, E'x\tand\u009b' AS b;" + "\r");
        terminal.Await(@" \x1B]0;title\x07 │ x");
        foreach (string mode in new[] { "csv", "line", "list", "markdown", "insert", "tsv" })
        {
            terminal.TypeAtPrompt($".mode {mode}\r");
            terminal.TypeAtPrompt(@"SELECT E'\x1b]0;title\x07' || E'\u009b' AS a;" + "\r");
            terminal.Await(@"\x1B]0;title\x07\u009B");
        }
        terminal.TypeAtPrompt(@"SELECT E'\x1b]0;title\x07'::int;" + "\r");
        terminal.Await(@"integer: ""\x1B]0;title\x07""");
        terminal.TypeAtPrompt("\u0004");
        Assert.AreEqual(0, terminal.End());
        Assert.DoesNotContain("\e]0;", terminal.All);
        Assert.DoesNotContain("\u009b", terminal.All);
        Assert.DoesNotContain("\a", terminal.All);
    }

    [TestMethod]
    public void A_result_longer_than_the_screen_goes_to_the_pager_and_leaving_it_early_is_no_error()
    {
        using Terminal terminal = Begin("shop", "TERM=xterm PHANTOMDB_PAGER='sed -u \"s/^/paged:/;5q\"'");
        terminal.TypeAtPrompt("SELECT i FROM generate_series(1, 5) g(i);\r");
        terminal.Await("\r\n 5\r\n(5 rows)");
        terminal.TypeAtPrompt("SELECT i FROM generate_series(1, 1000000000000) g(i);\r");   // ends because nobody looks any more
        terminal.Await("paged:    3\r\n");
        terminal.TypeAtPrompt(".help\r");
        terminal.Await("paged:.open");
        terminal.TypeAtPrompt(".pager off\r");
        terminal.TypeAtPrompt("SELECT i FROM generate_series(1, 30) g(i);\r");
        terminal.Await("\r\n 29\r\n 30\r\n(30 rows)");
        terminal.TypeAtPrompt("\u0004");
        Assert.AreEqual(0, terminal.End());
        Assert.DoesNotContain("ERROR", terminal.All);
    }

    [TestMethod]
    public void Ctrl_C_in_the_pager_leaves_the_shell_alive_and_what_is_said_beside_rows_follows_them()
    {
        using Terminal terminal = Begin("shop", "TERM=xterm PHANTOMDB_PAGER='cat; echo waits; exec sleep 600'");
        terminal.TypeAtPrompt("CREATE TABLE t (i int);\r");
        terminal.TypeAtPrompt("INSERT INTO t SELECT g.i FROM generate_series(1, 30) g(i) RETURNING t.i;\r");
        terminal.Await("\r\n 30\r\n(30 rows)\r\nwaits\r\n");
        terminal.Press("\u0003", until: "INSERT 0 30");
        terminal.TypeAtPrompt("SELECT count(*) FROM t;\r");
        terminal.Await("\r\n    30\r\n(1 row)");
        terminal.TypeAtPrompt("\u0004");
        Assert.AreEqual(0, terminal.End());
        Assert.DoesNotContain("ERROR", terminal.All);
    }

    [TestMethod]
    public void Ctrl_C_is_for_the_command_that_rows_go_to_and_the_shell_goes_on()
    {
        using Terminal terminal = Begin("shop");
        terminal.TypeAtPrompt("SELECT i + 40 AS n FROM generate_series(1, 2) g(i) \\g |cat; trap 'echo caught' INT; echo waits; sleep 600; sleep 2\r");
        terminal.Await("\r\n 42\r\n");
        terminal.Await("waits\r\n");
        terminal.Press("\u0003", until: "caught");
        terminal.TypeAtPrompt("SELECT 'next' AS statement;\r");
        terminal.Await("\r\n next\r\n");
        terminal.TypeAtPrompt("\u0004");
        Assert.AreEqual(0, terminal.End());
        Assert.DoesNotContain("ERROR", terminal.All);
        Assert.DoesNotContain("Not cancelled", terminal.All);
    }

    [TestMethod]
    public void A_pager_that_is_not_there_is_switched_off_with_a_warning()
    {
        using Terminal terminal = Begin("shop", "TERM=xterm PHANTOMDB_PAGER=phantomdb-no-such-pager");
        terminal.TypeAtPrompt("SELECT i FROM generate_series(1, 30) g(i);\r");
        terminal.Await("WARNING: the pager \"phantomdb-no-such-pager\" cannot be run");
        terminal.TypeAtPrompt("SELECT i FROM generate_series(1, 30) g(i);\r");
        terminal.Await("(30 rows)");
        terminal.TypeAtPrompt("\u0004");
        Assert.AreEqual(0, terminal.End());
    }

    [TestMethod]
    public void A_favorite_is_saved_completed_run_and_deleted()
    {
        using Terminal terminal = Begin("shop", $"TERM=xterm PHANTOMDB_FAVORITES={_folder}/favorites.sql");
        terminal.TypeAtPrompt(".favorite product = SELECT $1 * $2 AS product;\r");
        terminal.Await("Saved: product");
        terminal.TypeAtPrompt("SELECT 'the last' AS statement;\r");
        terminal.TypeAtPrompt("\\fs latest\r");
        terminal.Await("Saved: latest");
        terminal.TypeAtPrompt("\\f prod");
        terminal.Await("\\f prod");
        terminal.Type("\t");
        terminal.Await("\\f product");
        terminal.Type(" 6 7\r");
        terminal.Await("\r\n      42\r\n(1 row)");
        terminal.TypeAtPrompt("\\fd product\r");
        terminal.TypeAtPrompt(".favorite\r");
        terminal.Await("\r\n latest │ SELECT 'the last' AS statement\r\n(1 row)");
        terminal.TypeAtPrompt("\\f product\r");
        terminal.Await("ERROR: 42704");
        terminal.TypeAtPrompt("\u0004");
        Assert.AreEqual(0, terminal.End());
    }

    [TestMethod]
    public void A_plan_is_a_tree_until_text_is_asked_for()
    {
        using Terminal terminal = Begin("shop");
        terminal.TypeAtPrompt("EXPLAIN SELECT i FROM generate_series(1, 5) g(i) ORDER BY i;\r");
        terminal.Await("└─ ");
        terminal.TypeAtPrompt(".explain text\r");
        terminal.TypeAtPrompt("EXPLAIN SELECT i FROM generate_series(1, 5) g(i) ORDER BY i;\r");
        terminal.Await("->  ");
        terminal.TypeAtPrompt("\u0004");
        Assert.AreEqual(0, terminal.End());
    }

    private Terminal Begin(string database, string setting = "TERM=xterm")
    {
        if (!OperatingSystem.IsLinux() || !File.Exists("/usr/bin/script"))
        {
            Assert.Inconclusive("Skipped: a terminal is made by script, of util-linux, which is not here.");
        }
        return new Terminal(_folder, database, setting);
    }

    private sealed partial class Terminal : IDisposable
    {
        private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

        private readonly Process _process;
        private readonly StringBuilder _shown = new();
        private readonly string _device;
        private readonly Process _shell;
        private int _seen;

        public Terminal(string folder, string database, string setting)
        {
            File.AppendAllText(Path.Combine(folder, "startup.sql"), "");
            // A run in the background may have SIGINT ignored, and children inherit that.
            string command = $"tty; echo process $$; stty cols 60 rows 20; exec env --default-signal=INT NO_COLOR=1 PHANTOMDB_HISTORY={folder}/history PHANTOMDB_STARTUP={folder}/startup.sql {setting} dotnet {ShellProcess.Executable} {database}";
            _process = Process.Start(new ProcessStartInfo("/usr/bin/script", ["-qfec", command, "/dev/null"])
            {
                WorkingDirectory = folder, RedirectStandardInput = true, RedirectStandardOutput = true,
            })!;
            _ = Task.Run(Read);
            Await("\r\nprocess ");
            Await("\r\n");
            _device = DevicePattern().Match(All).Value;
            _shell = Process.GetProcessById(int.Parse(ProcessPattern().Match(All).Groups[1].Value, CultureInfo.InvariantCulture));
        }

        public string All
        {
            get
            {
                lock (_shown)
                {
                    return _shown.ToString();
                }
            }
        }

        public void Type(string keys)
        {
            _process.StandardInput.Write(keys);
            _process.StandardInput.Flush();
        }

        /// <summary>Waits for the prompt first.</summary>
        public void TypeAtPrompt(string keys)
        {
            Await("shop=> ");
            Type(keys);
        }

        /// <summary>A key again, until something is shown: before what it is for has begun it does nothing. Seldom, since one that comes too late is for what is run next.</summary>
        public void Press(string key, string until)
        {
            for (int i = 0; i < 30; i++)
            {
                Type(key);
                if (Wait(until, TimeSpan.FromSeconds(2)))
                {
                    return;
                }
            }
            Assert.Fail($"\"{until}\" is not shown, but:\n{All}");
        }

        /// <summary>Waits until something is shown, behind what was awaited before; escape sequences do not count.</summary>
        public void Await(string text) => Assert.IsTrue(Wait(text, Patience), $"\"{text}\" is not shown, but:\n{All}");

        public void Resize(int columns)
        {
            using Process resize = Process.Start("stty", ["-F", _device, "cols", $"{columns}"])!;
            resize.WaitForExit();
            Assert.AreEqual(0, resize.ExitCode);
        }

        /// <summary>The window is gone, with whoever made the terminal.</summary>
        public void Close() => _process.Kill();

        /// <summary>Waits until the shell has ended, or is a zombie whose parent has yet to take note.</summary>
        public void AwaitNoProcess() => Assert.IsTrue(SpinWait.SpinUntil(() => _shell.HasExited || StatePattern().IsMatch(File.ReadAllText($"/proc/{_shell.Id}/stat")), Patience), "The shell does not end.");

        public int End()
        {
            Assert.IsTrue(_process.WaitForExit(Patience), $"It does not end:\n{All}");
            return _process.ExitCode;
        }

        public void Dispose()
        {
            if (!_process.HasExited)
            {
                _process.Kill(entireProcessTree: true);
            }
            _shell.Kill();   // where it is not the tree's any more
            _shell.Dispose();
            _process.Dispose();
        }

        private bool Wait(string text, TimeSpan patience) => SpinWait.SpinUntil(() =>
        {
            string shown = EscapePattern().Replace(All, "").Replace("\r\r\n", "\r\n", StringComparison.Ordinal);   // the terminal makes two of each line feed
            int at = shown.IndexOf(text, Math.Min(_seen, shown.Length), StringComparison.Ordinal);
            _seen = at < 0 ? _seen : at + text.Length;
            return at >= 0;
        }, patience);

        private void Read()
        {
            char[] buffer = new char[4096];
            int count;
            while ((count = _process.StandardOutput.Read(buffer)) > 0)
            {
                lock (_shown)
                {
                    _shown.Append(buffer, 0, count);
                }
            }
        }

        [GeneratedRegex(@"/dev/pts/\d+")]
        private static partial Regex DevicePattern();

        [GeneratedRegex(@"process (\d+)")]
        private static partial Regex ProcessPattern();

        [GeneratedRegex(@"\) Z [^)]*$")]
        private static partial Regex StatePattern();

        [GeneratedRegex(@"\e\[[?0-9;]*[A-Za-z]|\e[=>]")]
        private static partial Regex EscapePattern();
    }
}
