using System.Diagnostics;
using PhantomDb.Benchmarks.Engines;
using PhantomDb.Benchmarks.Measuring;

namespace PhantomDb.Benchmarks.Workloads;

/// <summary>
/// Whole-table scans of kv: by one thread, by two at once, and beside a thread that updates single rows as fast as it can; and what such
/// scans leave of the writer's rate. It shows whether readers and writers hinder each other.
/// </summary>
internal sealed class ScanWorkload(Options options, Report report)
{
    private const string Scan = "select count(*), sum(balance), max(n) from kv";
    private const string ScanOfUntouchedColumns = "select count(*), sum(n), sum(id) from kv";

    private readonly KvTable _table = new(options.RowCount);
    private readonly TimeSpan _budget = TimeSpan.FromMilliseconds(options.BudgetMs ?? 1_000);

    public void Run()
    {
        IReadOnlyList<string> names = EngineFactory.Sides(options);
        IEngine[] engines = [.. names.Select(name => EngineFactory.Open(name, threadCount: 1, shared: true))];
        report.Begin($"scan: table of {options.RowCount} rows, one thread a query", [.. engines.Select(engine => (engine.Name, engine.Version))]);
        foreach (IEngine engine in engines)
        {
            using IConnection connection = engine.Connect();
            _table.Fill(connection);
        }

        Measure("scan, 1 thread", "rows/s", engines, engine => ScanRate(engine, 1));
        Measure("scan, 2 threads / 1 thread", "factor", engines, engine => ScanRate(engine, 2) / ScanRate(engine, 1));

        Measure("scan of the updated column beside a writer", "rows/s", engines, engine => BesideWriter(engine, Scan).ScanRate);
        Measure("scan of other columns beside a writer", "rows/s", engines, engine => BesideWriter(engine, ScanOfUntouchedColumns).ScanRate);
        Measure("update by key beside a scan", "1/s", engines, engine => BesideWriter(engine, Scan).UpdateRate);
        Measure("update by key alone", "1/s", engines, UpdateRateAlone);
        Array.ForEach(engines, engine => engine.Dispose());
    }

    private void Measure(string test, string unit, IEngine[] engines, Func<IEngine, double> sample)
    {
        if (!options.Selects(test))
        {
            return;
        }

        try
        {
            double[][] samples = Rounds.Measure(engines, options.RunCount, (engine, _) => sample(engine));
            report.Add(new Measurement(test, unit, Better.Larger, [.. engines.Select(engine => engine.Name)], samples));
        }
        catch (Exception exception)
        {
            report.Fail(test, exception.Message);
        }
    }

    private double ScanRate(IEngine engine, int threadCount)
    {
        double total = 0;
        object totalLock = new();
        ThreadGroup.Run(threadCount, _ =>
        {
            using IConnection connection = engine.Connect();
            connection.Drain(Scan);
            double rate = ScanForBudget(connection, Scan);
            lock (totalLock)
            {
                total += rate;
            }
        });
        return total;
    }

    private (double ScanRate, double UpdateRate) BesideWriter(IEngine engine, string scan)
    {
        double scanRate = 0;
        double updateRate = 0;
        using var stop = new CancellationTokenSource();
        ThreadGroup.Run(2, thread =>
        {
            using IConnection connection = engine.Connect();
            if (thread == 0)
            {
                try
                {
                    connection.Drain(scan);
                    scanRate = ScanForBudget(connection, scan);
                }
                finally
                {
                    stop.Cancel();
                }
            }
            else
            {
                updateRate = UpdateUntil(connection, stop.Token);
            }
        });
        return (scanRate, updateRate);
    }

    private double UpdateRateAlone(IEngine engine)
    {
        using IConnection connection = engine.Connect();
        using var stop = new CancellationTokenSource(_budget);
        return UpdateUntil(connection, stop.Token);
    }

    /// <summary>Rows a second of scans one after the other, for the budget of time.</summary>
    private double ScanForBudget(IConnection connection, string sql)
    {
        long rowCount = 0;
        long start = Stopwatch.GetTimestamp();
        do
        {
            connection.Drain(sql);
            rowCount += _table.RowCount;
        }
        while (Stopwatch.GetElapsedTime(start) < _budget);
        return rowCount / Stopwatch.GetElapsedTime(start).TotalSeconds;
    }

    private double UpdateUntil(IConnection connection, CancellationToken stop)
    {
        using var update = new UpdateByKey(connection, _table);
        long start = Stopwatch.GetTimestamp();
        int count = 0;
        while (!stop.IsCancellationRequested)
        {
            update.Operate(count++);
        }

        return count / Stopwatch.GetElapsedTime(start).TotalSeconds;
    }
}
