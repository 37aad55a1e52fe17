using System.Diagnostics;

namespace PhantomDb.Fuzz.Running;

/// <summary>Ends the process with exit code 1 when one case takes far longer than the time limit that the database itself keeps.</summary>
internal sealed class Watchdog : IDisposable
{
    private readonly TimeSpan _limit;
    private readonly Timer _timer;
    private string? _case;
    private long _start;

    public Watchdog(TimeSpan limit)
    {
        _limit = limit;
        _timer = new Timer(_ => Look(), null, 500, 500);
    }

    public void Begin(string description)
    {
        Volatile.Write(ref _start, Stopwatch.GetTimestamp());
        Volatile.Write(ref _case, description);
    }

    public void End() => Volatile.Write(ref _case, null);

    public void Dispose() => _timer.Dispose();

    private void Look()
    {
        if (Volatile.Read(ref _case) is { } description && Stopwatch.GetElapsedTime(Volatile.Read(ref _start)) > _limit)
        {
            Console.WriteLine($"FAILURE: no end after {_limit.TotalSeconds:F0} s\n{description}");
            Console.Out.Flush();
            Environment.Exit(1);
        }
    }
}
