using System.Text;
using PhantomDb.Durability.Log;
using PhantomDb.Tests.Engine;

namespace PhantomDb.Tests.Durability.Log;

/// <summary>Line feeds behind the last line of a log that is being written: there while it is, and never seen by who reads.</summary>
[TestClass]
public sealed class LogReserveTests : DurableTest
{
    private string LogPath => Path.Combine(Folder, "shop.log");

    [TestMethod]
    [DataRow("", 0)]
    [DataRow("a", 1)]
    [DataRow("a\n", 2)]
    [DataRow("a\nb", 3)]
    [DataRow("a\nb\n", 4)]
    [DataRow("a\nb\n\n", 4)]
    [DataRow("a\n\nb\n\n\n", 5)]
    public void Trailing_line_feeds_behind_the_last_lines_own_do_not_count(string text, int length) => Assert.AreEqual(length, LengthWithout(text));

    [TestMethod]
    [DataRow(4095, 4097)]
    [DataRow(4096, 4097)]
    [DataRow(10_000, 4097)]
    [DataRow(LogReserve.BytesMax, 4097)]
    public void However_many_there_are_up_to_what_is_ever_written(int reserved, int length) =>
        Assert.AreEqual(length, LengthWithout(new string('a', length - 1) + "\n" + new string('\n', reserved)));

    [TestMethod]
    public void A_file_of_line_feeds_alone_or_far_more_than_are_ever_written_is_what_it_is()
    {
        Assert.AreEqual(2, LengthWithout("a" + new string('\n', 2 * LogReserve.BytesMax)), "still looked for");
        string tooMany = "a" + new string('\n', 3 * LogReserve.BytesMax);
        Assert.AreEqual(tooMany.Length, LengthWithout(tooMany));
        Assert.AreEqual(3, LengthWithout("\n\n\n"));
    }

    [TestMethod]
    public void A_log_that_is_being_written_has_a_reserve_and_none_when_it_has_been_closed()
    {
        Run("CREATE TABLE t (n int PRIMARY KEY)");
        int n = 0;
        bool isWrittenOver = false;
        while (!isWrittenOver && n < 1000)   // an idle second between, and it is gone
        {
            Run($"INSERT INTO t VALUES ({++n})");
            string before = ReadLog();
            Run($"INSERT INTO t VALUES ({++n})");
            isWrittenOver = before.EndsWith("\n\n", StringComparison.Ordinal) && ReadLog().Length == before.Length;
        }
        Assert.IsTrue(isWrittenOver);
        StringAssert.Contains(ReadLog(), $"INSERT,t,{n},");
        Close();
        StringAssert.EndsWith(ReadLog(), "\n");
        Assert.IsFalse(ReadLog().EndsWith("\n\n", StringComparison.Ordinal));
        Assert.AreEqual(n.ToString(System.Globalization.CultureInfo.InvariantCulture), One("SELECT count(*) FROM t"));
        Assert.AreEqual("CLEAN", Database.Recovery!.VerdictText);
    }

    [TestMethod]
    public void An_idle_log_has_none()
    {
        Run("CREATE TABLE t (n int)", "INSERT INTO t VALUES (1)");
        Assert.IsTrue(SpinWait.SpinUntil(() => !ReadLog().EndsWith("\n\n", StringComparison.Ordinal), TimeSpan.FromSeconds(60)));
        StringAssert.Contains(ReadLog(), ",SYNC,");
        Run("INSERT INTO t VALUES (2)");
        Assert.AreEqual("2", One("SELECT count(*) FROM t"));
    }

    [TestMethod]
    [DataRow(SyncPolicy.Interval)]
    [DataRow(SyncPolicy.None)]
    public void Policies_that_do_not_wait_for_the_disk_have_none(SyncPolicy policy)
    {
        Options = Options with { SyncPolicy = policy };
        Run("CREATE TABLE t (n int)", "INSERT INTO t VALUES (1)");
        Database.Log.Sync();
        Assert.IsFalse(ReadLog().EndsWith("\n\n", StringComparison.Ordinal));
    }

    [TestMethod]
    public void After_a_kill_it_is_cut_off_and_nothing_is_set_aside()
    {
        Run("CREATE TABLE t (n int PRIMARY KEY)", "INSERT INTO t VALUES (1)");
        string log = LogUpTo("INSERT,t,1,");
        using Database killed = OpenCopy(log + new string('\n', 4096));
        Assert.AreEqual("CLEAN", killed.Recovery!.VerdictText);
        Assert.AreEqual(0, killed.Recovery.BytesSetAside);
        CollectionAssert.AreEqual(new[] { "1" }, RowsOf(killed, "SELECT n FROM t"));
        CollectionAssert.AreEqual(new[] { log }, LogsOf(killed));
    }

    [TestMethod]
    public void A_record_of_which_a_part_was_written_over_it_is_torn_and_set_aside_without_it()
    {
        Run("CREATE TABLE t (n int PRIMARY KEY)", "INSERT INTO t VALUES (1)", "INSERT INTO t VALUES (2)");
        string torn = LogUpTo("INSERT,t,2,")[..^20] + new string('\n', 4096);
        using Database killed = OpenCopy(torn);
        Assert.AreEqual("TORN", killed.Recovery!.VerdictText);
        CollectionAssert.AreEqual(new[] { "1" }, RowsOf(killed, "SELECT n FROM t"));
        string last = torn.TrimEnd('\n').Split('\n')[^1] + "\n";
        Assert.AreEqual(last.Length, killed.Recovery.BytesSetAside);
        string aside = Directory.GetFiles(Path.Combine(Folder, "killed"), "*.torn_*").Single();
        Assert.AreEqual(last, File.ReadAllText(aside));
    }

    [TestMethod]
    public void A_hole_in_what_was_written_over_it_is_no_damage_where_nothing_proves_that_it_was_on_the_disk()
    {
        Run("CREATE TABLE t (n int PRIMARY KEY)", "INSERT INTO t VALUES (1)", "BEGIN; INSERT INTO t VALUES (2); INSERT INTO t VALUES (3); COMMIT");
        string[] lines = LogUpTo("INSERT,t,3,").TrimEnd('\n').Split('\n');
        string hole = string.Join('\n', lines[..^2]) + new string('\n', lines[^2].Length + 2) + lines[^1] + "\n\n\n";
        using Database killed = OpenCopy(hole);
        Assert.AreEqual("TORN", killed.Recovery!.VerdictText);
        CollectionAssert.AreEqual(new[] { "1" }, RowsOf(killed, "SELECT n FROM t"));
    }

    private static long LengthWithout(string text)
    {
        using var stream = new MemoryStream(Encoding.UTF8.GetBytes(text));
        stream.Position = Math.Min(1, text.Length);
        long length = LogReserve.LengthWithout(stream);
        Assert.AreEqual(Math.Min(1, text.Length), stream.Position);
        return length;
    }

    private string ReadLog()
    {
        using var file = new FileStream(LogPath, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        using var reader = new StreamReader(file);
        return reader.ReadToEnd();
    }

    // To the end of the line with a record.
    private string LogUpTo(string record)
    {
        string log = ReadLog();
        return log[..(log.IndexOf('\n', log.IndexOf(record, StringComparison.Ordinal)) + 1)];
    }

    // What a killed process leaves: here a log alone.
    private Database OpenCopy(string log)
    {
        string folder = Directory.CreateDirectory(Path.Combine(Folder, "killed")).FullName;
        File.WriteAllText(Path.Combine(folder, "shop.log"), log);
        return Database.Open("shop", new DatabaseOptions { DataDirectory = folder, SnapshotEnabled = false });
    }

    private static string[] LogsOf(Database database) => [.. Directory.GetFiles(database.Options.DataDirectory, "shop*.log").Select(File.ReadAllText)];
}
