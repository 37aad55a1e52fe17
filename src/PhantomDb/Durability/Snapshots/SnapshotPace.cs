using System.Diagnostics;
using PhantomDb.Durability.Log;

namespace PhantomDb.Durability.Snapshots;

/// <summary>
/// Keeps a snapshot from taking a processor and the disk away from writers: while the log grows, it rests after each piece for about as long as that took. Nobody writes:
/// it does not rest.
/// </summary>
internal sealed class SnapshotPace(TransactionLog log, Action throwIfStopping)
{
    private const double RestMsMax = 50;

    private long _pieceStart = Stopwatch.GetTimestamp();
    private long _lastLsn = log.LastLsn;

    public void AfterPiece()
    {
        throwIfStopping();
        long lsn = log.LastLsn;
        double workMs = Stopwatch.GetElapsedTime(_pieceStart).TotalMilliseconds;
        if (lsn != _lastLsn)
        {
            Thread.Sleep((int)Math.Clamp(Math.Round(workMs), 1, RestMsMax));
        }
        _lastLsn = lsn;
        _pieceStart = Stopwatch.GetTimestamp();
    }
}
