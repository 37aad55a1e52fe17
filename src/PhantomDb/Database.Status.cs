using PhantomDb.Durability.Snapshots;

namespace PhantomDb;

// What those who watch a database want to know.
public sealed partial class Database
{
    /// <summary>How the database does now. Takes a microsecond or two, more with hundreds of open sessions, and waits for no disk; from any thread.</summary>
    public DatabaseStatus GetStatus()
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        return ReadStatus();
    }

    /// <summary>The same, also while the database is being closed.</summary>
    internal DatabaseStatus ReadStatus()
    {
        DatabaseStatus status = new()
        {
            CommitCount = Transactions.CommitCount, FollowProblem = FollowProblem, SessionCount = OpenSessions().Count, MemoryUsed = MemoryUsed,
        };
        if (_persistence is null)
        {
            return status;
        }
        SnapshotProgress snapshots = _persistence.Snapshots.SinceLast;
        return status with
        {
            IsLocked = _persistence.IsLocked, LogError = _persistence.Log.Failure, IsLogStopped = _persistence.Log.IsStopped, LogBytesQueued = _persistence.Log.QueuedBytes, LogBytesWritten = _persistence.Log.WrittenBytes,
            SnapshotError = _persistence.Snapshots.LastError, OperationsSinceSnapshot = snapshots.Operations, SnapshotAge = snapshots.Time,
            SnapshotBytesWritten = _persistence.Snapshots.WrittenBytes,
        };
    }
}
