using PhantomDb.Durability.Log;
using PhantomDb.Errors;

namespace PhantomDb.Durability.Snapshots;

/// <summary>Waits until a snapshot is due, on the own thread or a driver's, and tries again later where one cannot be taken.</summary>
internal sealed partial class SnapshotService
{
    private const int RetryMsFirst = 1000;
    private const int RetryMsMax = 60_000;

    private void Run()
    {
        while (!_isStopping)
        {
            Work(isOwn: true, CancellationToken.None);
        }
    }

    // Takes a snapshot where one is due, else sleeps until something has changed.
    private void Work(bool isOwn, CancellationToken stop)
    {
        (SnapshotOptions options, SnapshotProgress progress, bool isDriven) = Progress();
        if (isOwn && isDriven)
        {
            Sleep(Timeout.Infinite, isOwn);
            return;
        }
        TimeSpan? due = SnapshotSchedule.DueIn(options, in progress);
        long untilRetry = UntilRetry();
        if (untilRetry > 0)
        {
            Sleep(untilRetry, isOwn);
        }
        else if (due <= TimeSpan.Zero)
        {
            TakeInBackground(stop);
        }
        else
        {
            WakeLater(options, in progress);
            Sleep(due is null ? Timeout.Infinite : (long)Math.Ceiling(due.Value.TotalMilliseconds), isOwn);
        }
    }

    private long UntilRetry()
    {
        lock (_gate)
        {
            return _retryAt == 0 ? 0 : _retryAt - Environment.TickCount64;
        }
    }

    private (SnapshotOptions Options, SnapshotProgress Progress, bool IsDriven) Progress()
    {
        LogGrowth growth = _log.Growth;
        lock (_gate)
        {
            return (_options, new SnapshotProgress(
                growth.Operations - _last.Operations, growth.Bytes - _last.Bytes, _clock.GetElapsedTime(_lastTime), _log.WrittenBytes - _snapshotBytes, _expectedBytes,
                _log.ReplacedCount != _lastReplacedCount), _isDriven);
        }
    }

    private void WakeLater(SnapshotOptions options, in SnapshotProgress progress)
    {
        (long operations, long bytes) = SnapshotSchedule.UntilNextLook(options, in progress);
        LogGrowth last;
        lock (_gate)
        {
            last = _last;
        }
        _log.WakeAt(new LogGrowth(Sum(last.Operations + progress.Operations, operations), Sum(last.Bytes + progress.LogBytes, bytes)), Wake);
    }

    // A call to wake is for the one who takes the snapshots: the own thread leaves it to a driver.
    private void Sleep(long milliseconds, bool isOwn)
    {
        lock (_gate)
        {
            bool isAsleep = isOwn && _isDriven;
            if ((!_isWoken || isAsleep) && !_isStopping)
            {
                Monitor.Wait(_gate, (int)Math.Min(milliseconds, int.MaxValue));
            }
            if (isOwn != _isDriven)
            {
                _isWoken = false;
            }
        }
    }

    private static long Sum(long a, long b) => b > long.MaxValue - a ? long.MaxValue : a + b;

    private void TakeInBackground(CancellationToken stop)
    {
        try
        {
            Take(stop);
        }
        catch (Exception error)   // none may end the process
        {
            if (_isStopping || stop.IsCancellationRequested)
            {
                return;
            }
            lock (_gate)
            {
                _retryMs = Math.Clamp(2 * _retryMs, RetryMsFirst, RetryMsMax);
                _retryAt = Environment.TickCount64 + _retryMs;
            }
            Note(error as PhantomDbException ?? Error.Internal($"a snapshot failed: {error.Message}"));
        }
    }
}
