using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using Microsoft.VisualStudio.TestTools.UnitTesting;
using PhantomDb.Fuzz.Crash;

namespace PhantomDb.Tests.Engine;

/// <summary>What a database tells those who watch it: its status, and the meter PhantomDB.</summary>
[TestClass]
public sealed class DatabaseStatusTests
{
    private readonly SimulatedDisk _disk = new();

    [TestMethod]
    [DataRow(SyncPolicy.Always)]
    [DataRow(SyncPolicy.Interval)]
    [DataRow(SyncPolicy.None)]
    public void Commits_that_are_visible_are_counted_and_others_are_not(SyncPolicy policy)
    {
        using Database database = Open("shop", policy);
        Run(database, "CREATE TABLE t (a int PRIMARY KEY)", "INSERT INTO t VALUES (1)", "BEGIN", "INSERT INTO t VALUES (2)", "ROLLBACK", "SELECT * FROM t", "BEGIN", "INSERT INTO t VALUES (2)", "UPDATE t SET a = a + 10", "COMMIT");
        DatabaseStatus status = database.GetStatus();
        Assert.AreEqual(3, status.CommitCount);
        Assert.IsNull(status.LogError);
        Assert.IsFalse(status.IsLogStopped);
        Assert.AreEqual(3, status.OperationsSinceSnapshot);   // an updated row that is new is one operation
        Assert.IsGreaterThan(0, status.MemoryUsed);
        database.Log.Sync();
        Assert.IsGreaterThan(100, database.GetStatus().LogBytesWritten);
        Assert.AreEqual(0, database.GetStatus().LogBytesQueued);
    }

    [TestMethod]
    public void In_memory_there_are_commits_and_neither_log_nor_snapshots()
    {
        using Database database = Database.CreateInMemory();
        using Session kept = database.OpenSession();
        Run(database, "CREATE TABLE t (a int)", "INSERT INTO t VALUES (1)", "INSERT INTO t VALUES (2)");
        DatabaseStatus status = database.GetStatus();
        Assert.AreEqual(2, status.CommitCount);   // a definition alone takes no number in memory
        Assert.AreEqual(1, status.SessionCount);
        Assert.AreEqual(0, status.LogBytesWritten);
        Assert.IsNull(status.SnapshotAge);
    }

    [TestMethod]
    [DataRow(SyncPolicy.Always)]
    [DataRow(SyncPolicy.None)]
    public void A_full_disk_is_told_until_there_is_room_again(SyncPolicy policy)
    {
        using Database database = Open("shop", policy);
        Run(database, "CREATE TABLE t (a text)");
        database.Log.Sync();
        _disk.Capacity = _disk.List("/data").Sum(file => _disk.Length($"/data/{Path.GetFileName(file)}")) + 1000;
        Assert.IsNull(database.GetStatus().LogError);
        if (policy == SyncPolicy.Always)
        {
            Assert.AreEqual("53100", Assert.ThrowsExactly<PhantomDbException>(() => Run(database, "INSERT INTO t VALUES (repeat('x', 200000))")).SqlState);
        }
        else
        {
            Run(database, "INSERT INTO t VALUES (repeat('x', 200000))");
            Assert.ThrowsExactly<PhantomDbException>(database.Log.Sync);
        }
        Assert.AreEqual("53100", database.GetStatus().LogError!.SqlState);
        Assert.IsFalse(database.GetStatus().IsLogStopped);

        _disk.Capacity = long.MaxValue;
        if (policy == SyncPolicy.Always)
        {
            Run(database, "INSERT INTO t VALUES ('again')");
        }
        else
        {
            Assert.IsTrue(SpinWait.SpinUntil(() => database.GetStatus().LogError is null, TimeSpan.FromSeconds(60)));
        }
        Assert.IsNull(database.GetStatus().LogError);
    }

    [TestMethod]
    public void A_log_that_takes_nothing_more_says_so()
    {
        using Database database = Open("shop", SyncPolicy.Always);
        Run(database, "CREATE TABLE t (a int)");
        (_disk.Fault, _disk.IsFaultLasting, _disk.FaultAt) = (DiskFault.InputOutputError, true, _disk.OperationCount + 1);
        Assert.AreEqual("08007", Assert.ThrowsExactly<PhantomDbException>(() => Run(database, "INSERT INTO t VALUES (1)")).SqlState);   // it may be there after a crash
        Assert.IsTrue(database.GetStatus().IsLogStopped);
        Assert.AreEqual("25006", database.GetStatus().LogError!.SqlState);
        Assert.AreEqual("25006", Assert.ThrowsExactly<PhantomDbException>(() => Run(database, "INSERT INTO t VALUES (2)")).SqlState);
        _disk.FaultAt = null;
    }

    [TestMethod]
    public void The_meter_has_what_a_database_does_under_its_name()
    {
        string name = $"metered{Guid.NewGuid():N}";
        Dictionary<string, double> last = [];
        Dictionary<string, int> count = [];
        using MeterListener listener = new()
        {
            InstrumentPublished = (instrument, self) =>
            {
                if (instrument.Meter.Name == "PhantomDB")
                {
                    self.EnableMeasurementEvents(instrument);
                }
            },
        };
        listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) => Note(instrument, value, tags));
        listener.SetMeasurementEventCallback<int>((instrument, value, tags, _) => Note(instrument, value, tags));
        listener.SetMeasurementEventCallback<double>((instrument, value, tags, _) => Note(instrument, value, tags));
        listener.Start();

        using (Database database = Open(name, SyncPolicy.Always))
        {
            Run(database, "CREATE TABLE t (a int)", "INSERT INTO t VALUES (1)");
            database.CreateSnapshot();
            listener.RecordObservableInstruments();
        }
        lock (last)
        {
            Assert.AreEqual(2, last["phantomdb.commits"]);
            Assert.IsGreaterThan(1, count["phantomdb.log.flush.duration"]);
            Assert.AreEqual(1, count["phantomdb.snapshot.duration"]);
            Assert.IsGreaterThan(100, last["phantomdb.log.written"]);
            Assert.IsGreaterThan(100, last["phantomdb.snapshot.written"]);
            Assert.IsGreaterThan(0, last["phantomdb.memory.usage"]);
            Assert.AreEqual(0, last["phantomdb.snapshot.operations"]);
            Assert.IsFalse(last.ContainsKey("phantomdb.recovery.duration"));   // there was nothing to recover
            last.Clear();
        }

        listener.RecordObservableInstruments();
        Assert.IsEmpty(last);   // it is closed
        using (Database database = Open(name, SyncPolicy.Always))
        {
            listener.RecordObservableInstruments();
            lock (last)
            {
                Assert.AreEqual(0, last["phantomdb.recovery.transactions"]);
                Assert.IsTrue(last.ContainsKey("phantomdb.recovery.duration"));
            }
            _disk.Capacity = 1;
            Assert.ThrowsExactly<PhantomDbException>(() => Run(database, "INSERT INTO t VALUES (repeat('1', 8)::int), (2)"));
            lock (last)
            {
                Assert.IsTrue(last.ContainsKey("phantomdb.errors"));
            }
        }

        void Note(Instrument instrument, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
        {
            foreach (KeyValuePair<string, object?> tag in tags)
            {
                if (tag.Key == "db.namespace" && (string?)tag.Value == name)
                {
                    lock (last)
                    {
                        last[instrument.Name] = value;
                        count[instrument.Name] = count.GetValueOrDefault(instrument.Name) + 1;
                    }
                }
            }
        }
    }

    [TestMethod]
    [DataRow(SyncPolicy.Always)]
    [DataRow(SyncPolicy.None)]
    public void A_listener_that_throws_stops_nothing(SyncPolicy policy)
    {
        string name = $"listened{Guid.NewGuid():N}";
        ConcurrentDictionary<string, int> thrown = [];
        using MeterListener listener = new()
        {
            InstrumentPublished = (instrument, self) =>
            {
                if (instrument.Meter.Name == "PhantomDB" && !instrument.IsObservable)
                {
                    self.EnableMeasurementEvents(instrument);
                }
            },
        };
        listener.SetMeasurementEventCallback<double>((instrument, _, tags, _) => Throw(instrument, tags));
        listener.SetMeasurementEventCallback<long>((instrument, _, tags, _) => Throw(instrument, tags));
        listener.Start();

        using (Database database = Open(name, policy))
        {
            Run(database, "CREATE TABLE t (a int)", "INSERT INTO t VALUES (1)");
            database.Log.Sync();
            database.CreateSnapshot();
            _disk.Capacity = 1;
            Run(database, policy == SyncPolicy.Always ? "SELECT 1" : "INSERT INTO t VALUES (2)");
            Assert.AreEqual("53100", Assert.ThrowsExactly<PhantomDbException>(() => { Run(database, "INSERT INTO t VALUES (3)"); database.Log.Sync(); }).SqlState);
            _disk.Capacity = long.MaxValue;
            database.Log.Sync();
            Run(database, "INSERT INTO t VALUES (4)");
            database.Log.Sync();
            Assert.IsNull(database.GetStatus().LogError);
            Assert.IsFalse(database.GetStatus().IsLogStopped);
            Assert.IsNull(database.GetStatus().SnapshotError);
        }
        CollectionAssert.AreEquivalent(new[] { "phantomdb.errors", "phantomdb.log.flush.duration", "phantomdb.snapshot.duration" }, thrown.Keys.ToArray());

        void Throw(Instrument instrument, ReadOnlySpan<KeyValuePair<string, object?>> tags)
        {
            if (tags.Contains(new KeyValuePair<string, object?>("db.namespace", name)))
            {
                thrown.AddOrUpdate(instrument.Name, 1, (_, count) => count + 1);
                throw new IOException("the listener's own disk");
            }
        }
    }

    [TestMethod]
    public void A_listener_that_throws_when_instruments_are_published_leaves_out_those_alone()
    {
        using Meter meter = new($"published{Guid.NewGuid():N}");
        using MeterListener listener = new()
        {
            InstrumentPublished = (instrument, _) =>
            {
                if (instrument.Meter == meter && instrument.Name == "phantomdb.log.flush.duration")
                {
                    throw new InvalidOperationException();
                }
            },
        };
        listener.Start();
        var instruments = new DatabaseInstruments(meter);
        Assert.IsNull(instruments.FlushDuration);
        Assert.IsNotNull(instruments.SnapshotDuration);
        Assert.IsNotNull(instruments.Errors);
    }

    private Database Open(string name, SyncPolicy policy) =>
        Database.Open(name, new DatabaseOptions { DataDirectory = "/data", FileSystem = _disk, SyncPolicy = policy, SyncInterval = TimeSpan.FromMilliseconds(20), SnapshotEnabled = false });

    private static void Run(Database database, params string[] statements)
    {
        using Session session = database.OpenSession();
        foreach (string statement in statements)
        {
            session.Execute(statement).Dispose();
        }
    }

    [TestMethod]
    public void Values_that_sequences_reserve_are_no_commits_and_one_transaction_reserves_more_and_more()
    {
        string folder = Directory.CreateTempSubdirectory("phantomdb").FullName;
        try
        {
            using (Database database = Database.Open("shop", new DatabaseOptions { DataDirectory = folder }))
            using (Session session = database.OpenSession())
            {
                session.Execute("CREATE TABLE t (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, n int)").Dispose();
                (long lsn, long commits) = (database.Log.LastLsn, database.GetStatus().CommitCount);
                session.Execute("INSERT INTO t (n) SELECT i FROM generate_series(1, 50000) AS i").Dispose();
                Assert.IsLessThan(30L, database.Log.LastLsn - lsn - 1, "a record for each 8,192 values in the end, and one of the load");
                Assert.AreEqual(1, database.GetStatus().CommitCount - commits);
                lsn = database.Log.LastLsn;
                session.Execute("BEGIN").Dispose();
                session.Insert("t", Enumerable.Range(1, 2000), ("n", i => i));
                session.Execute("ROLLBACK").Dispose();
                Assert.IsLessThan(10L, database.Log.LastLsn - lsn);
                lsn = database.Log.LastLsn;
                for (int i = 0; i < 3; i++)
                {
                    session.Execute("INSERT INTO t (n) VALUES (1)").Dispose();
                }
                Assert.IsLessThan(6L, database.Log.LastLsn - lsn);
            }
            using Database again = Database.Open("shop", new DatabaseOptions { DataDirectory = folder });
            using Session later = again.OpenSession();
            Assert.AreEqual(52004, later.Execute("INSERT INTO t (n) VALUES (1) RETURNING id").Rows(row => row.GetInt64(0)).Single(), "none is lost at an orderly end");
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
