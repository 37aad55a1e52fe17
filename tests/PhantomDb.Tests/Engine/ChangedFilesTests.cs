using System.Collections.Immutable;
using PhantomDb.Durability;

namespace PhantomDb.Tests.Engine;

/// <summary>Somebody changes the log of an open database, or takes its other files away: it is told, and a kill then loses nothing.</summary>
[TestClass]
public sealed class ChangedFilesTests : DurableTest
{
    private const int Never = 3_600_000;

    private ImmutableList<PhantomDbException> _errors = [];   // another thread adds
    private int _count;

    private string Log => Path.Combine(Folder, "shop.log");

    [TestMethod]
    [DataRow("cut", SyncPolicy.Always)]
    [DataRow("cut", SyncPolicy.Interval)]
    [DataRow("cut", SyncPolicy.None)]
    [DataRow("cut to a line", SyncPolicy.Always)]
    [DataRow("emptied", SyncPolicy.Interval)]
    [DataRow("zeros", SyncPolicy.Always)]
    [DataRow("zeros", SyncPolicy.Interval)]
    [DataRow("one bit", SyncPolicy.Always)]
    [DataRow("appended to", SyncPolicy.Always)]
    [DataRow("appended to", SyncPolicy.None)]
    public void A_log_that_was_cut_or_written_over_goes_on_in_a_new_segment_and_a_snapshot_follows(string what, SyncPolicy policy)
    {
        SkipOnWindows();
        Options = Options with { SyncPolicy = policy, LogLookMs = 100 };
        Begin(rowCount: 40);
        Change(Log, what);
        InsertUntilTold();
        StringAssert.Contains(_errors[0].Message, "was cut or written over");
        Assert.AreEqual("58030", _errors[0].SqlState);
        WaitFor(() => Database.Snapshots.Latest is not null);
        Insert(3);
        Assert.HasCount(1, _errors);
        EnsureAllIsThere();
    }

    [TestMethod]
    public void What_was_written_over_in_the_middle_of_a_long_log_is_found_in_turn()
    {
        SkipOnWindows();
        Options = Options with { SyncPolicy = SyncPolicy.Interval, LogLookMs = 5 };
        Begin(rowCount: 0);
        InsertLong(60);
        Change(Log, "zeros", new FileInfo(Log).Length / 2);
        InsertUntilTold();
        StringAssert.Contains(_errors[0].Message, "was cut or written over");
        WaitFor(() => Database.Snapshots.Latest is not null);
        EnsureAllIsThere();
    }

    [TestMethod]
    [DataRow(true)]
    [DataRow(false)]
    public void Or_at_the_close_which_writes_the_database_file_then(bool isLong)
    {
        SkipOnWindows();
        Options = Options with { SnapshotEnabled = false, LogLookMs = Never };
        Begin(rowCount: 10);
        if (isLong)
        {
            InsertLong(60);
        }
        Change(Log, "zeros", isLong ? new FileInfo(Log).Length / 2 : 500);
        EnsureAllIsThereAfterClose();
        WaitFor(() => _errors.Count > 0);
        Assert.HasCount(1, _errors);
    }

    [TestMethod]
    public void A_segment_is_read_back_when_it_has_ended()
    {
        SkipOnWindows();
        Options = Options with { LogLookMs = Never, LogSegmentSize = 4096 };
        Begin(rowCount: 10);
        Change(Log, "one bit");
        InsertUntilTold();
        StringAssert.Contains(_errors[0].Message, "a segment of the transaction log, was cut or written over");
        WaitFor(() => Database.Snapshots.Latest is not null);
        EnsureAllIsThere();
    }

    [TestMethod]
    [DataRow("shop.db", "removed")]
    [DataRow("shop.db", "replaced")]
    [DataRow("shop.db", "cut")]
    [DataRow("shop_snapshot_*", "removed")]
    [DataRow("shop_snapshot_*", "emptied")]
    [DataRow("shop_log_*", "removed")]
    [DataRow("shop_log_*", "replaced")]
    [DataRow("shop_load_*", "removed")]
    [DataRow("shop.manifest", "removed")]
    [DataRow("shop.manifest", "replaced")]
    public void A_file_that_recovery_needs_is_missed_once_and_made_good(string pattern, string what)
    {
        SkipOnWindows();
        Options = Options with { LogLookMs = 0, LogSegmentSize = 4096, LoadRowCount = 50 };
        Begin(rowCount: 5);
        Run("CHECKPOINT");
        Database.CreateSnapshot();
        Insert(60);
        Run($"INSERT INTO t SELECT {_count + 1} + g, '' FROM generate_series(0, 59) g");
        _count += 60;
        Insert(1);
        string file = Directory.GetFiles(Folder, pattern).Order(StringComparer.Ordinal).Last();
        long lsn = Database.Snapshots.Latest!.Lsn;
        Database.Persistence!.Log.Settle();
        Change(file, what);
        InsertUntilTold();
        StringAssert.Contains(_errors[0].Message, file);
        StringAssert.Contains(_errors[0].Message, "was removed, renamed or replaced");
        if (pattern == "shop.manifest")
        {
            WaitFor(() => File.Exists(file) && File.ReadAllText(file).Contains("# End", StringComparison.Ordinal));
        }
        else
        {
            WaitFor(() => Database.Snapshots.Latest is { } latest && latest.Lsn > lsn);
        }
        Insert(3);
        Database.Persistence!.Log.Settle();   // it has looked
        Insert(3);
        Database.Persistence!.Log.Settle();
        Assert.HasCount(1, _errors, string.Join('\n', _errors.Select(error => error.Message)));
        EnsureAllIsThere();
    }

    [TestMethod]
    public void Where_snapshots_are_off_the_close_makes_it_good()
    {
        SkipOnWindows();
        Options = Options with { SnapshotEnabled = false, LogLookMs = Never };
        Begin(rowCount: 5);
        Run("CHECKPOINT");
        File.Delete(Path.Combine(Folder, "shop.db"));
        Close();
        Assert.IsTrue(File.Exists(Path.Combine(Folder, "shop.db")));
        WaitFor(() => _errors.Count > 0);
        Assert.HasCount(1, _errors);
        Assert.AreEqual(_count.ToString(System.Globalization.CultureInfo.InvariantCulture), One("SELECT count(*) FROM t"));
    }

    [TestMethod]
    [DataRow("shop.db")]
    [DataRow("shop.log")]
    [DataRow("shop.*")]
    public void Who_has_committed_nothing_misses_it_at_the_close(string pattern)
    {
        SkipOnWindows();
        Options = Options with { SnapshotEnabled = false, LogLookMs = Never };
        Begin(rowCount: 5);
        Close();
        Listen();
        Run("SELECT 1");
        foreach (string file in Directory.GetFiles(Folder, pattern).Where(file => !file.EndsWith(".lock", StringComparison.Ordinal)))
        {
            File.Delete(file);
        }
        Close();
        Assert.IsTrue(File.Exists(Path.Combine(Folder, "shop.db")));
        int expected = pattern == "shop.*" ? 3 : 1;
        WaitFor(() => _errors.Count >= expected);
        Assert.HasCount(expected, _errors, string.Join('\n', _errors.Select(error => error.Message)));
        Assert.AreEqual("5", One("SELECT count(*) FROM t"));
    }

    [TestMethod]
    public void The_database_file_is_missed_too_where_the_opening_began_with_a_snapshot()
    {
        SkipOnWindows();
        Options = Options with { SnapshotEnabled = false, LogLookMs = 20, LogSegmentSize = 4096 };
        Begin(rowCount: 60);
        Run("CHECKPOINT");
        Insert(60);
        Database.CreateSnapshot();
        File.Copy(Path.Combine(Folder, "shop.db"), Path.Combine(Folder, "kept"));
        Close();
        File.Move(Path.Combine(Folder, "kept"), Path.Combine(Folder, "shop.db"), overwrite: true);   // as where the close had not written it
        Options = Options with { SnapshotEnabled = true };
        Listen();
        Insert(1);
        StringAssert.Contains(Database.Recovery!.Files.First(file => file.IsUsed).Path, "_snapshot_");
        long lsn = Database.Snapshots.Latest!.Lsn;
        File.Delete(Path.Combine(Folder, "shop.db"));
        InsertUntilTold();
        StringAssert.Contains(_errors[0].Message, "shop.db");
        WaitFor(() => Database.Snapshots.Latest!.Lsn > lsn);
        EnsureAllIsThere();
    }

    [TestMethod]
    [DataRow(SyncPolicy.Always)]
    [DataRow(SyncPolicy.None)]
    public void A_log_that_was_moved_away_and_emptied_goes_on_in_a_new_segment(SyncPolicy policy)
    {
        SkipOnWindows();
        Options = Options with { SyncPolicy = policy, LogLookMs = 100 };
        Begin(rowCount: 40);
        File.Move(Log, Log + ".away");
        Change(Log + ".away", "emptied");
        InsertUntilTold();
        StringAssert.Contains(_errors[0].Message, "shop.log\" was cut or written over");
        WaitFor(() => Database.Snapshots.Latest is not null);
        Insert(3);
        Assert.HasCount(1, _errors, string.Join('\n', _errors.Select(error => error.Message)));
        EnsureAllIsThere();
    }

    [TestMethod]
    public void A_log_that_goes_before_the_first_change_is_missed_too()
    {
        SkipOnWindows();
        Options = Options with { SnapshotEnabled = false };
        Begin(rowCount: 5);
        Close();
        Listen();
        File.Delete(Log);
        Insert(1);
        WaitFor(() => _errors.Count > 0);
        StringAssert.Contains(_errors[0].Message, "shop.log");
        Assert.HasCount(1, _errors);
        EnsureAllIsThere();
    }

    [TestMethod]
    [DataRow(SyncPolicy.Always)]
    [DataRow(SyncPolicy.Interval)]
    public void What_the_database_itself_does_with_its_files_is_no_alarm(SyncPolicy policy)
    {
        Options = Options with
        {
            SyncPolicy = policy, LogLookMs = 0, LogSegmentSize = 4096, LogRetentionCount = 1, LoadRowCount = 20, SnapshotInterval = 25, SnapshotRetentionCount = 2,
        };
        Begin(rowCount: 1);
        string copy = Path.Combine(Folder, "copy.db");
        using var stop = new CancellationTokenSource();
        Task saver = Task.Run(() =>
        {
            while (!stop.IsCancellationRequested)
            {
                Database.SaveToDisk();
                Database.CreateSnapshot();
                Thread.Sleep(5);
            }
        });
        for (int i = 0; i < 15; i++)
        {
            Insert(20);
            Run($"INSERT INTO t SELECT {_count + 1} + g, '' FROM generate_series(0, 29) g");
            _count += 30;
            Database.SaveToDisk(copy);
        }
        stop.Cancel();
        saver.Wait();
        Database.LoadFromDisk(copy);
        Database.Log.CompactUpTo(1);
        Close();
        Assert.HasCount(0, _errors, string.Join('\n', _errors.Select(error => error.Message)));
    }

    [TestMethod]
    [DataRow(true)]
    [DataRow(false)]
    public void Where_files_cannot_be_told_apart_none_is_missed(bool isUnknown)
    {
        ulong inode = 0;
        Disk.Mark = _ => isUnknown ? FileMark.Unknown : new FileMark(7, Interlocked.Increment(ref inode), 1);
        Options = Options with { LogLookMs = 0 };
        Begin(rowCount: 5);
        Run("CHECKPOINT");
        File.Delete(Path.Combine(Folder, "shop.db"));
        Insert(5);
        Close();
        Assert.HasCount(0, _errors);
    }

    [TestMethod]
    public void Commits_go_on_while_somebody_keeps_house_for_long()
    {
        Options = Options with { SyncPolicy = SyncPolicy.Interval, LogSegmentSize = 4096, LogBufferSize = 8192, SnapshotEnabled = false };
        Begin(rowCount: 1);
        using ManualResetEventSlim isThere = new(), goesOn = new();
        int keeper = 0;
        Disk.Mark = path =>
        {
            // Not where it has just written the manifest: for that commits do wait.
            if (Environment.CurrentManagedThreadId == keeper && path.EndsWith("shop.manifest", StringComparison.Ordinal) && Environment.StackTrace.Contains(".Look(", StringComparison.Ordinal))
            {
                isThere.Set();
                goesOn.Wait();
            }
            return PhysicalFileSystem.Instance.MarkOf(path);
        };
        var keeping = new Thread(() =>
        {
            Volatile.Write(ref keeper, Environment.CurrentManagedThreadId);
            while (!isThere.IsSet)   // the log's own thread may be the one who looks
            {
                Database.CreateSnapshot();
            }
        });
        keeping.Start();
        try
        {
            isThere.Wait();
            Task inserting = Task.Run(() => Insert(1000));
            Assert.IsTrue(inserting.Wait(20_000), "the log's thread waits");
        }
        finally
        {
            goesOn.Set();
            keeping.Join();
        }
        EnsureAllIsThere();
        Assert.HasCount(0, _errors);
    }

    [TestMethod]
    public void An_idle_database_looks_at_nothing()
    {
        Options = Options with { LogLookMs = 10 };
        Begin(rowCount: 5);
        int before;
        do
        {
            before = Disk.MarkCount;
            Thread.Sleep(2500);   // within two seconds the last records are vouched for
        }
        while (Disk.MarkCount != before);
        Assert.IsGreaterThan(0, before);
        Thread.Sleep(500);
        Assert.AreEqual(before, Disk.MarkCount);
    }

    private static void SkipOnWindows()
    {
        if (OperatingSystem.IsWindows())
        {
            Assert.Inconclusive("Windows lets nobody take a file away that is open.");
        }
    }

    private static void WaitFor(Func<bool> condition) => Assert.IsTrue(SpinWait.SpinUntil(condition, 10_000), "it does not come");

    private void Begin(int rowCount)
    {
        Listen();
        Run("CREATE TABLE t (a int, b text)");
        Insert(rowCount);
        Database.Log.Sync();
    }

    private void Listen() => Database.BackgroundError += error => ImmutableInterlocked.Update(ref _errors, static (errors, error) => errors.Add(error), error);

    private void Insert(int count)
    {
        for (int i = 0; i < count; i++)
        {
            Run($"INSERT INTO t VALUES ({++_count}, 'a row')");
        }
    }

    // Some megabytes.
    private void InsertLong(int count)
    {
        for (int i = 0; i < count; i++)
        {
            Run($"INSERT INTO t VALUES ({++_count}, repeat('long ', 20000))");
        }
        Database.Log.Sync();
    }

    private void InsertUntilTold()
    {
        long until = Environment.TickCount64 + 20_000;
        while (_errors.Count == 0 && Environment.TickCount64 < until)
        {
            Insert(1);
        }
        WaitFor(() => _errors.Count > 0);
    }

    private static void Change(string file, string what, long at = 500)
    {
        switch (what)
        {
            case "removed":
                File.Delete(file);
                return;
            case "replaced":
                File.WriteAllBytes(file + ".other", File.ReadAllBytes(file));
                File.Move(file + ".other", file, overwrite: true);
                return;
            case "appended to":
                File.AppendAllText(file, string.Concat(Enumerable.Repeat("nothing of ours\n", 100_000)));
                return;
        }
        using var stream = new FileStream(file, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite);
        switch (what)
        {
            case "cut":
                stream.SetLength(at);
                break;
            case "cut to a line":
                stream.SetLength(File.ReadAllText(file).IndexOf('\n', (int)at) + 1);
                break;
            case "emptied":
                stream.SetLength(0);
                break;
            case "zeros":
                stream.Position = at;
                stream.Write(new byte[200]);
                break;
            case "one bit":
                stream.Position = at;
                int old = stream.ReadByte();
                stream.Position = at;
                stream.WriteByte((byte)(old ^ 1));
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(what));
        }
    }

    // As after a kill.
    private void EnsureAllIsThere()
    {
        Database.Log.Sync();
        string[] expected = [.. Enumerable.Range(1, _count).Select(i => i.ToString(System.Globalization.CultureInfo.InvariantCulture))];
        using (Database beside = Database.Open("shop", Options with { IsReadOnly = true, FileSystem = PhysicalFileSystem.Instance }))
        {
            CollectionAssert.AreEqual(expected, RowsOf(beside, "SELECT a FROM t ORDER BY a"));
        }
        EnsureAllIsThereAfterClose();
    }

    private void EnsureAllIsThereAfterClose()
    {
        string[] expected = [.. Enumerable.Range(1, _count).Select(i => i.ToString(System.Globalization.CultureInfo.InvariantCulture))];
        Close();
        CollectionAssert.AreEqual(expected, Rows("SELECT a FROM t ORDER BY a"));
    }
}
