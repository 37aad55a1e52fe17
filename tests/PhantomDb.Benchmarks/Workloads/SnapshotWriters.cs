using System.Diagnostics;
using PhantomDb.Benchmarks.Measuring;

namespace PhantomDb.Benchmarks.Workloads;

/// <summary>What the writers beside snapshots do, each statement a commit.</summary>
internal enum SnapshotWrite
{
    /// <summary>One column of a random row.</summary>
    Update,

    /// <summary>A short new row behind all others.</summary>
    Insert,
}

/// <summary>
/// Threads that commit single rows as fast as they can, from their making to their end. What they have done and how long each commit took is counted by windows,
/// which follow each other without a pause.
/// </summary>
internal sealed class SnapshotWriters : IDisposable
{
    private readonly Thread[] _threads;
    private readonly CountdownEvent _areReady;
    private Window _window;
    private bool _isOver;
    private Exception? _error;

    public SnapshotWriters(Database database, SnapshotWrite write, int rowCount, int threadCount)
    {
        _window = new Window(threadCount);
        _areReady = new CountdownEvent(threadCount);
        _threads = [.. Enumerable.Range(0, threadCount).Select(number => new Thread(() =>
        {
            try
            {
                Work(database, write, rowCount, number, threadCount);
            }
            catch (Exception error)
            {
                Volatile.Write(ref _error, error);
            }
        }))];
        Array.ForEach(_threads, thread => thread.Start());
        _areReady.Wait();
    }

    /// <summary>The commits of one window: how many a second, how long they took, the processor time of the whole process for each
    /// in microseconds, and for how much of the time the collector of garbage has stopped all.</summary>
    public readonly record struct Figures(double Rate, LatencyHistogram Latency, double CpuMicroseconds, double StoppedShare)
    {
        public double Ms(double share) => Latency.Seconds(share) * 1000;

        public double MsMax => Latency.MaxTicks * 1000.0 / Stopwatch.Frequency;
    }

    /// <summary>Counts what is done while something runs. A commit counts where it ends.</summary>
    public Figures During(Action work)
    {
        var window = new Window(_threads.Length);
        TimeSpan stopped = GC.GetTotalPauseDuration();
        TimeSpan cpu = Environment.CpuUsage.TotalTime;
        long from = Stopwatch.GetTimestamp();
        Volatile.Write(ref _window, window);
        work();
        Volatile.Write(ref _window, new Window(_threads.Length));
        double seconds = Stopwatch.GetElapsedTime(from).TotalSeconds;
        cpu = Environment.CpuUsage.TotalTime - cpu;
        stopped = GC.GetTotalPauseDuration() - stopped;
        Thread.Sleep(1);   // a commit that ends just now
        if (Volatile.Read(ref _error) is { } error)
        {
            throw new InvalidOperationException(error.Message, error);
        }
        var all = new LatencyHistogram();
        Array.ForEach(window.Latencies, all.Add);
        return new Figures(all.Count / seconds, all, cpu.TotalMicroseconds / Math.Max(1, all.Count), stopped.TotalSeconds / seconds);
    }

    /// <summary>
    /// Turns between work and pauses, which it makes by calling what it is given, often: true where that was one. Gives what the writers did in each, a second. Short turns, so
    /// that what else the machine does falls on both.
    /// </summary>
    public (double Working, double Pausing) InTurns(int turnMs, Action<Func<bool>> work)
    {
        Window[] windows = [new(_threads.Length), new(_threads.Length)];
        double[] seconds = [0, 0];
        Volatile.Write(ref _window, windows[0]);
        long from = Stopwatch.GetTimestamp();
        work(() =>
        {
            if (Stopwatch.GetElapsedTime(from).TotalMilliseconds < turnMs)
            {
                return false;
            }
            Turn(1);
            Thread.Sleep(turnMs);
            Turn(0);
            return true;
        });
        Turn(1);
        Volatile.Write(ref _window, new Window(_threads.Length));
        Thread.Sleep(1);
        return (Rate(0), Rate(1));

        void Turn(int to)
        {
            Volatile.Write(ref _window, windows[to]);
            long now = Stopwatch.GetTimestamp();
            seconds[1 - to] += Stopwatch.GetElapsedTime(from, now).TotalSeconds;
            from = now;
        }

        double Rate(int which) => windows[which].Latencies.Sum(latency => latency.Count) / Math.Max(seconds[which], 1e-9);
    }

    public void Dispose()
    {
        Volatile.Write(ref _isOver, true);
        Array.ForEach(_threads, thread => thread.Join());
        _areReady.Dispose();
    }

    private void Work(Database database, SnapshotWrite write, int rowCount, int number, int threadCount)
    {
        using Session session = database.OpenSession();
        using PreparedStatement statement = session.Prepare(write == SnapshotWrite.Update
            ? "UPDATE item SET amount = $2 WHERE id = $1"
            : "INSERT INTO item VALUES ($1, $2, 'a new row')");
        var random = new Random(number);
        int last = rowCount + number;
        _areReady.Signal();
        long from = Stopwatch.GetTimestamp();
        while (!Volatile.Read(ref _isOver))
        {
            statement.Bind(1, write == SnapshotWrite.Update ? random.Next(rowCount) + 1 : last += threadCount);
            statement.Bind(2, random.Next());
            statement.Execute().Dispose();
            long to = Stopwatch.GetTimestamp();
            Volatile.Read(ref _window).Latencies[number].Add(to - from);
            from = to;
        }
    }

    private sealed class Window(int threadCount)
    {
        public LatencyHistogram[] Latencies { get; } = [.. Enumerable.Range(0, threadCount).Select(_ => new LatencyHistogram())];
    }
}
