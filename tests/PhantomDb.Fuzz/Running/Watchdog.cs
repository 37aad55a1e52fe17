using System.Diagnostics;

namespace PhantomDb.Fuzz.Running;

/// <summary>
/// Ends the process with exit code 1 when one case takes far longer than the time limit that the database itself keeps. On a machine that has little time for us that is time of
/// the processor; where none is used, twenty times as long.
/// </summary>
internal sealed class Watchdog : IDisposable
{
    private readonly TimeSpan _limit;
    private readonly Timer _timer;
    private string? _case;
    private long _start;
    private TimeSpan _used;

    public Watchdog(TimeSpan limit)
    {
        _limit = limit;
        _timer = new Timer(_ => Look(), null, 500, 500);
    }

    public void Begin(string description)
    {
        Volatile.Write(ref _start, 0);
        Volatile.Write(ref _case, description);
    }

    public void End() => Volatile.Write(ref _case, null);

    public void Dispose() => _timer.Dispose();

    // The times of a case are taken at the first look at it: those who begin thousands in a second need not.
    private void Look()
    {
        lock (_timer)
        {
            if (Volatile.Read(ref _case) is not { } description)
            {
                return;
            }
            if (Volatile.Read(ref _start) == 0)
            {
                _used = Environment.CpuUsage.TotalTime;
                Volatile.Write(ref _start, Stopwatch.GetTimestamp());
                return;
            }
            TimeSpan taken = Stopwatch.GetElapsedTime(Volatile.Read(ref _start)), used = Environment.CpuUsage.TotalTime - _used;
            if (taken > _limit && (used > _limit / 2 || taken > 20 * _limit))
            {
                Console.WriteLine($"FAILURE: no end after {taken.TotalSeconds:F0} s, {used.TotalSeconds:F0} s of the processor\n{description}");
                Console.Out.Flush();
                Environment.Exit(1);
            }
        }
    }
}
