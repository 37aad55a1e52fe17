using System.Diagnostics;
using System.Globalization;

namespace PhantomDb.Benchmarks.Workloads;

/// <summary>
/// Snapshots beside writers, on the disk, without peers: how fast one is, what memory it takes, and what it costs those who commit meanwhile, in turns
/// with and without. Each writer updates single rows at random, each update a commit.
/// </summary>
internal sealed class SnapshotWorkload(int rowCount, int runCount, int threadCount, TextWriter output)
{
    private const int FillStep = 20_000;
    private const int ValueLength = 160;   // about 200 bytes a line

    private static readonly double[] Percentiles = [0.5, 0.99, 0.999, 1];

    public void Run()
    {
        foreach (SyncPolicy policy in new[] { SyncPolicy.Always, SyncPolicy.Interval })
        {
            string folder = Directory.CreateTempSubdirectory("phantomdb-snapshot-").FullName;
            try
            {
                Run(folder, policy);
            }
            finally
            {
                Directory.Delete(folder, recursive: true);
            }
        }
    }

    private void Run(string folder, SyncPolicy policy)
    {
        using Database database = Database.Open("shop", new DatabaseOptions { DataDirectory = folder, SyncPolicy = policy, SnapshotEnabled = false });
        Fill(database);
        Line($"{policy}: {rowCount} rows, {threadCount} writers, {runCount} runs in turns");
        Alone(database);
        List<double> shares = [];
        List<double> tails = [];
        for (int run = 0; run < runCount; run++)
        {
            double[] without = Writers(database, Company.Nothing, run);
            Writers(database, Company.Reader, run);
            double[] with = Writers(database, Company.Snapshot, run);
            shares.Add(with[0] / without[0]);
            tails.Add(with[3] - without[3]);
        }
        Line($"  writers keep {Median(shares) * 100:0} % of their rate ({shares.Min() * 100:0} to {shares.Max() * 100:0}); 99.9th percentile {Median(tails):+0.0;-0.0} ms ({tails.Min():+0.0;-0.0} to {tails.Max():+0.0;-0.0})");
    }

    private enum Company
    {
        Nothing,
        Reader,
        Snapshot,
    }

    private void Fill(Database database)
    {
        using Session session = database.OpenSession();
        Do(session, "CREATE TABLE item (id int PRIMARY KEY, amount int NOT NULL, name text NOT NULL)");
        Do(session, "CREATE TABLE other (id int PRIMARY KEY, name text)");
        Do(session, "INSERT INTO other SELECT i, repeat('o', 100) FROM generate_series(1, 1000) i");
        for (int first = 0; first < rowCount; first += FillStep)
        {
            Do(session, string.Create(CultureInfo.InvariantCulture,
                $"INSERT INTO item SELECT i, i % 1000, lpad(i::text, {ValueLength}, 'x') FROM generate_series({first + 1}, {Math.Min(first + FillStep, rowCount)}) i"));
        }
    }

    // Nobody writes: the rate, the memory, and a second one of the same content.
    private void Alone(Database database)
    {
        using Process process = Process.GetCurrentProcess();
        GC.Collect();
        process.Refresh();
        long before = process.WorkingSet64, most = before;
        bool isOver = false;
        var watch = new Thread(() =>
        {
            while (!Volatile.Read(ref isOver))
            {
                process.Refresh();
                most = Math.Max(most, process.WorkingSet64);
                Thread.Sleep(5);
            }
        });
        watch.Start();
        SnapshotInfo first = database.CreateSnapshot();
        SnapshotInfo second = database.CreateSnapshot();
        Volatile.Write(ref isOver, true);
        watch.Join();
        double ms = first.Duration!.Value.TotalMilliseconds;
        Line($"  alone: {first.Bytes / 1e6:0} MB in {ms:0} ms ({first.Bytes / 1e3 / ms:0} MB/s); unchanged, copied: {second.Duration!.Value.TotalMilliseconds:0} ms; memory +{(most - before) / 1e6:0.0} MB");
    }

    // Rate, then percentiles of the latency in ms.
    private double[] Writers(Database database, Company company, int run)
    {
        using var start = new Barrier(threadCount + 1);
        bool isOver = false;
        List<long>[] latencies = [.. Enumerable.Range(0, threadCount).Select(_ => new List<long>(1 << 20))];
        Thread[] writers = [.. Enumerable.Range(0, threadCount).Select(number => new Thread(() =>
        {
            using Session session = database.OpenSession();
            using PreparedStatement update = session.Prepare("UPDATE item SET amount = $2 WHERE id = $1");
            var random = new Random(number + (((3 * run) + (int)company) * threadCount));
            start.SignalAndWait();
            while (!Volatile.Read(ref isOver))
            {
                long from = Stopwatch.GetTimestamp();
                update.Bind(1, random.Next(rowCount) + 1);
                update.Bind(2, random.Next());
                update.Execute().Dispose();
                latencies[number].Add(Stopwatch.GetTimestamp() - from);
            }
        }))];
        Array.ForEach(writers, writer => writer.Start());
        start.SignalAndWait();
        long began = Stopwatch.GetTimestamp();
        string what = "";
        if (company == Company.Snapshot)
        {
            SnapshotInfo taken = database.CreateSnapshot();
            what = $"; snapshot of {taken.Bytes / 1e6:0} MB in {taken.Duration!.Value.TotalSeconds:0.0} s";
        }
        else
        {
            using Session reader = database.OpenSession();
            if (company == Company.Reader)
            {
                Do(reader, "BEGIN ISOLATION LEVEL REPEATABLE READ");
                Do(reader, "SELECT count(*) FROM other");
            }
            Thread.Sleep(Math.Max(1000, rowCount / 200));
        }
        Volatile.Write(ref isOver, true);
        double seconds = Stopwatch.GetElapsedTime(began).TotalSeconds;
        Array.ForEach(writers, writer => writer.Join());
        long[] all = [.. latencies.SelectMany(list => list).Order()];
        double[] figures = [all.Length / seconds, .. Percentiles.Select(p => all[(int)Math.Min(all.Length - 1, p * all.Length)] * 1000.0 / Stopwatch.Frequency)];
        Line($"  beside {company.ToString().ToLowerInvariant(),-8} {figures[0]:0} commits/s; ms at 50 % {figures[1]:0.000}, 99 % {figures[2]:0.00}, 99.9 % {figures[3]:0.00}, most {figures[4]:0.0}{what}");
        return figures;
    }

    private static double Median(List<double> values) => Measuring.Measurement.MedianOf(values);

    private static void Do(Session session, string sql) => session.Execute(sql).Dispose();

    private void Line(FormattableString text) => output.WriteLine(FormattableString.Invariant(text));
}
