using System.Diagnostics;
using PhantomDb.Durability.Log;

namespace PhantomDb.Durability.Snapshots;

/// <summary>
/// Keeps a snapshot from taking a processor and the disk away from writers: while others commit, it rests after each piece for three times as long as that took. Nobody writes:
/// it does not rest.
/// </summary>
internal sealed class SnapshotPace(TransactionLog log, Action throwIfStopping)
{
    private const double RestFactor = 3;
    private const double RestMsMax = 100;   // whoever stops it waits for that
    private const double BusyMs = 100;      // since the last commit: those whom the snapshot keeps waiting commit seldom, and need the rest most

    private long _pieceStart = Stopwatch.GetTimestamp();
    private long _lastLsn = log.LastLsn;
    private long _lastChange;
    private double _owedMs;

    public void AfterPiece()
    {
        throwIfStopping();
        long now = Stopwatch.GetTimestamp();
        if (log.LastLsn is var lsn && lsn != _lastLsn)
        {
            (_lastLsn, _lastChange) = (lsn, now);
        }
        bool isBusy = _lastChange != 0 && Stopwatch.GetElapsedTime(_lastChange, now).TotalMilliseconds < BusyMs;
        _owedMs = isBusy ? Math.Min(RestMsMax, _owedMs + (RestFactor * Stopwatch.GetElapsedTime(_pieceStart, now).TotalMilliseconds)) : 0;
        _pieceStart = now;
        if (_owedMs >= 1)   // shorter ones the system makes as long as that
        {
            Thread.Sleep((int)_owedMs);
            _pieceStart = Stopwatch.GetTimestamp();
            _owedMs = Math.Max(0, _owedMs - Stopwatch.GetElapsedTime(now, _pieceStart).TotalMilliseconds);
        }
    }
}
