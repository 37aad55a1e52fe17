using System.Globalization;
using Microsoft.VisualStudio.TestTools.UnitTesting;

namespace PhantomDb.Tests.Engine;

/// <summary>A segment in the middle of the log is gone, and recovery does without it: nobody who reads the log passes over it in silence.</summary>
[TestClass]
public sealed class LogHoleTests : ToolTest
{
    private long _firstLost;
    private long _lastLost;
    private long _count;

    [TestMethod]
    public void Verify_names_what_is_missing()
    {
        MakeHole();

        VerificationReport report = DatabaseTools.Verify("shop", Options);

        Assert.IsTrue(report.CanOpen);
        Assert.IsFalse(report.IsWhole);
        Assert.HasCount(1, report.Files.Where(file => file.Problem is not null).ToList());
        StringAssert.Contains(report.Files.Single(file => file.Problem is not null).Problem, Range);
        Assert.IsTrue(report.Files.All(file => file.Verdict is FileVerdict.Clean or FileVerdict.NotChecked));
        Assert.IsTrue(DatabaseTools.Files("shop", Options).Any(file => file.Purpose.Contains(Lost, StringComparison.Ordinal)));
    }

    [TestMethod]
    public void The_open_log_ends_before_a_hole_with_an_error_and_can_be_read_on_behind_it()
    {
        MakeHole();
        using Database database = Database.Open("shop", Options with { SnapshotEnabled = false });
        Assert.AreEqual(RecoveryVerdict.Clean, database.Recovery!.Verdict);
        Assert.AreEqual(1, database.Log.FirstLsn);
        List<long> read = [];

        PhantomDbException error = Assert.ThrowsExactly<PhantomDbException>(() =>
        {
            foreach (LogRecord record in database.Log.ReadAfter(0))
            {
                read.Add(record.Lsn);
            }
        });

        Assert.AreEqual("22023", error.SqlState);
        StringAssert.Contains(error.Message, Range);
        Assert.AreEqual(_firstLost - 1, read[^1]);
        Assert.AreEqual(_lastLost + 1, database.Log.ReadAfter(_lastLost).First().Lsn);
        Assert.AreEqual(_count, read.Count + database.Log.ReadAfter(_lastLost).Count());
        Assert.AreEqual("22023", Assert.ThrowsExactly<PhantomDbException>(() => database.Log.ReadAt(_firstLost)).SqlState);
        Assert.AreEqual(_firstLost - 1, database.Log.ReadAt(_firstLost - 1)!.Lsn);
        Assert.AreEqual(_lastLost + 1, database.Log.ReadAt(_lastLost + 1)!.Lsn);
    }

    [TestMethod]
    [DataRow(false)]
    [DataRow(true)]
    public void Sql_warns_and_goes_on_behind_it(bool isReadOnly)
    {
        MakeHole();
        using Database database = Database.Open("shop", Options with { SnapshotEnabled = false, IsReadOnly = isReadOnly });

        Assert.AreEqual((_count, 1), Ask(database, "SELECT count(*) FROM phantomdb_log"));
        Assert.AreEqual((3, 1), Ask(database, "SELECT count(*) FROM phantomdb_history('t')"));
        Assert.AreEqual((1, 0), Ask(database, $"SELECT count(*) FROM phantomdb_log WHERE lsn = {_lastLost + 1}"));
        Assert.AreEqual((0, 1), Ask(database, $"SELECT count(*) FROM phantomdb_log WHERE lsn = {_firstLost}"));
        Assert.AreEqual((1, 0), Ask(database, "SELECT count(*) FROM phantomdb_log WHERE lsn = 1"));
    }

    [TestMethod]
    public void Tools_tell_it_and_go_on()
    {
        MakeHole();
        List<(long, long)> missing = [];

        long[] read = [.. DatabaseTools.ReadLog("shop", new LogReadOptions { MissingRecords = (first, last) => missing.Add((first, last)) }, Options).Select(record => record.Lsn)];

        Assert.AreEqual(_count, read.Length);
        CollectionAssert.AreEqual(new[] { (_firstLost, _lastLost) }, missing);
        Assert.AreEqual("22023", Assert.ThrowsExactly<PhantomDbException>(() => DatabaseTools.ReadLog("shop", null, Options).Count()).SqlState);
        missing.Clear();
        Assert.AreEqual(_lastLost + 1, DatabaseTools.ReadLog("shop", new LogReadOptions { FromLsn = _firstLost, MissingRecords = (first, last) => missing.Add((first, last)) }, Options).First().Lsn);
        Assert.HasCount(1, missing);
        missing.Clear();
        Assert.AreEqual(1, DatabaseTools.ReadLog("shop", new LogReadOptions { ToLsn = 1, MissingRecords = (first, last) => missing.Add((first, last)) }, Options).Count());
        Assert.IsEmpty(missing);
    }

    [TestMethod]
    public void Segments_before_a_hole_go_as_others_do()
    {
        MakeHole();
        using Database database = Database.Open("shop", Options with { SnapshotEnabled = false });

        Assert.IsGreaterThan(0, database.Log.CompactUpTo(_firstLost - 1));

        Assert.AreEqual(_lastLost + 1, database.Log.FirstLsn);
        Assert.AreEqual(_lastLost + 1, database.Log.ReadAfter(_lastLost).First().Lsn);
    }

    [TestMethod]
    public void How_old_a_segment_is_does_not_begin_anew_nor_end_with_an_opening()
    {
        for (int i = 0; i < 4; i++)
        {
            Run(i == 0 ? "CREATE TABLE t (id int PRIMARY KEY)" : $"INSERT INTO t VALUES ({i})");
        }
        using Database database = Database.Open("shop", Options with { SnapshotEnabled = false, LogRetentionAge = TimeSpan.FromHours(1) });
        Execute(database, "INSERT INTO t VALUES (9)");
        database.SaveToDisk();
        Assert.AreEqual(1, database.Log.FirstLsn);
    }

    [TestMethod]
    public void A_segment_that_is_removed_from_an_open_database_is_a_hole_too()
    {
        for (int i = 1; i <= 4; i++)
        {
            Run(i == 1 ? "CREATE TABLE t (id int PRIMARY KEY)" : $"INSERT INTO t VALUES ({i})");
        }
        using Database database = Database.Open("shop", Options with { SnapshotEnabled = false });
        Execute(database, "INSERT INTO t VALUES (5)");
        DatabaseFileReport lost = DatabaseTools.Files("shop", Options).Where(file => file.Kind == DatabaseFileKind.LogSegment).OrderBy(file => file.FirstLsn).ElementAt(2);
        (_firstLost, _lastLost) = (lost.FirstLsn!.Value, lost.LastLsn!.Value);
        (long before, _) = Ask(database, "SELECT count(*) FROM phantomdb_log");
        File.Delete(lost.Path);

        Assert.AreEqual((before - (_lastLost - _firstLost + 1), 1), Ask(database, "SELECT count(*) FROM phantomdb_log"));
        Assert.AreEqual((_firstLost - 1, 1), Ask(database, $"SELECT lsn FROM phantomdb_log WHERE lsn <= {_lastLost} ORDER BY lsn DESC LIMIT 1"));
        PhantomDbException error = Assert.ThrowsExactly<PhantomDbException>(() => database.Log.ReadAfter(0).Count());
        StringAssert.Contains(error.Message, Lost);
        Assert.AreEqual(_lastLost + 1, database.Log.ReadAfter(_lastLost).First().Lsn);
    }

    private string Lost => string.Create(CultureInfo.InvariantCulture, $"from LSN {_firstLost} to {_lastLost}");

    private string Range => Lost;

    // Four openings, each with a segment; the second one's goes.
    private void MakeHole()
    {
        Run("CREATE TABLE t (id int PRIMARY KEY); INSERT INTO t VALUES (1)");
        Run("INSERT INTO t VALUES (2)");
        Run("INSERT INTO t VALUES (3)");
        Run("INSERT INTO t VALUES (4)");
        DatabaseFileReport lost = DatabaseTools.Files("shop", Options).Where(file => file.Kind == DatabaseFileKind.LogSegment).OrderBy(file => file.FirstLsn).ElementAt(1);
        (_firstLost, _lastLost) = (lost.FirstLsn!.Value, lost.LastLsn!.Value);
        _count = DatabaseTools.ReadLog("shop", null, Options).Count() - (_lastLost - _firstLost + 1);
        File.Delete(lost.Path);
    }

    private (long Value, int Warnings) Ask(Database database, string sql)
    {
        using Session session = database.OpenSession();
        int warnings = 0;
        session.Warning += text => warnings += text.Contains(Lost, StringComparison.Ordinal) ? 1 : 0;
        using QueryResult result = session.Execute(sql);
        Assert.IsTrue(result.Read());
        return (result.GetInt64(0), warnings);
    }
}
