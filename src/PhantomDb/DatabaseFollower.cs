using PhantomDb.Durability;
using PhantomDb.Durability.Recovery;
using PhantomDb.Errors;
using PhantomDb.Storage;
using PhantomDb.Transactions;

namespace PhantomDb;

/// <summary>
/// Keeps a read-only database up with the log that another process writes, or that is copied to its folder: what has come is applied under a stamp that nobody sees, and becomes
/// visible in one step, as a commit does. Readers go on with their snapshots. Where the log does not lead on (a gap, a restore) all is read anew.
/// </summary>
internal sealed class DatabaseFollower : IDisposable
{
    private static readonly TimeSpan PauseMax = TimeSpan.FromSeconds(10);

    private readonly Database _database;
    private readonly string _path;
    private readonly Lock _refreshing = new();
    private readonly ManualResetEventSlim _stop = new();
    private readonly Thread? _thread;
    private LogFollower _log;
    private volatile string? _problem;

    public DatabaseFollower(Database database, string path, RecoveredDatabase recovered)
    {
        _database = database;
        _path = path;
        _log = new LogFollower(path, recovered, database.Storage, database.Options.FileSystem);
        LastLsn = recovered.Database.Lsn;
        database.Storage.Timestamps.Advance(LastLsn);
        if (database.Options.FollowInterval is { } interval)
        {
            _thread = new Thread(() => Run(interval)) { IsBackground = true, Name = $"PhantomDB follower of {database.Name}" };
            _thread.Start();
        }
    }

    /// <summary>Of the last transaction that readers see.</summary>
    public long LastLsn { get; private set; }

    /// <summary>Why there is nothing newer; null where all that has come is visible.</summary>
    public string? Problem => _problem;

    /// <summary>Makes visible what has come; true where it was anything.</summary>
    public bool Refresh()
    {
        lock (_refreshing)
        {
            try
            {
                bool isNew = false;
                if (!_log.MustBeginAnew && _log.Advance())
                {
                    Publish();
                    isNew = true;
                }
                if (_log.MustBeginAnew)
                {
                    isNew |= BeginAnew();
                }
                _problem = _log.Waiting;
                return isNew;
            }
            catch (PhantomDbException error)
            {
                _problem = error.Message;
                return false;
            }
        }
    }

    public void Dispose()
    {
        _stop.Set();
        _thread?.Join();
    }

    private void Run(TimeSpan interval)
    {
        TimeSpan pause = interval;
        while (!_stop.Wait(pause))
        {
            try
            {
                Refresh();
                // Reading all anew is no small thing to fail at again and again.
                pause = !_log.MustBeginAnew ? interval : pause * 2 < PauseMax ? pause * 2 : PauseMax;
            }
            catch (Exception error)
            {
                _problem = error.Message;   // nothing on this thread ends the process
            }
        }
    }

    private void Publish()
    {
        TransactionManager transactions = _database.Transactions;
        long timestamp = Math.Max(_log.LastLsn, transactions.Timestamps.Visible + 1);
        bool hasDefined = !ReferenceEquals(_log.Catalog, _database.Catalog) || !ReferenceEquals(_log.Stage.Tables, _database.Storage.Tables)
            || !ReferenceEquals(_log.Stage.Sequences, _database.Storage.Sequences);
        transactions.PublishCommit(timestamp, _log.Rows.Stamp, hasDefined ? () => _database.PutInPlace(_log.Catalog, _log.Stage) : null);
        LastLsn = _log.LastLsn;
        var writes = new WriteList();
        foreach ((TableStore table, AppliedChange change, long rowId, int count) in _log.Rows.Rows)
        {
            writes.Add(table, change switch { AppliedChange.Insert => WriteKind.Insert, AppliedChange.Update => WriteKind.Update, _ => WriteKind.Delete }, rowId, count);
        }
        transactions.CleanUpAfter(writes, timestamp);
        _log.Rows.Renew();
    }

    // Beside the old content, and then in its place, under new oids; not while a transaction may still want the old one.
    private bool BeginAnew()
    {
        RecoveredDatabase recovered = _database.ReplaceByFiles(_path);
        _log = new LogFollower(_path, recovered, _database.Storage, _database.Options.FileSystem);
        LastLsn = recovered.Database.Lsn;
        return true;
    }
}
