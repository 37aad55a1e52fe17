using System.Diagnostics;
using PhantomDb.Benchmarks.Engines;
using PhantomDb.Benchmarks.Measuring;

namespace PhantomDb.Benchmarks.Workloads;

/// <summary>
/// W1: single rows in process, one thread, and a few queries over the same table. Before a test is timed, all sides do the same
/// operations, and what they read and leave behind must be equal.
/// </summary>
internal sealed class SingleRowWorkload(Options options, Report report)
{
    private const int CheckedOperationCount = 500;
    private const int ExactDigits = 12;
    private const string ScalingTest = "threads: point select by 2 threads / by 1";
    private const string BesideWriterTest = "threads: point select beside a writer / alone";
    private static readonly TimeSpan DefaultBudget = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan DefaultTransactionBudget = TimeSpan.FromMilliseconds(3_000);
    private static readonly TimeSpan WarmUp = TimeSpan.FromMilliseconds(300);
    private static readonly TimeSpan TimedMin = TimeSpan.FromMilliseconds(100);

    private readonly KvTable _table = new(options.RowCount);

    public void Run()
    {
        IReadOnlyList<string> names = EngineFactory.Sides(options);
        KvSide[] sides = [.. names.Select(name => new KvSide(EngineFactory.Open(name, threadCount: 1), _table))];
        report.Begin($"W1: single rows, table of {options.RowCount} rows", [.. sides.Select(side => (side.Engine.Name, side.Engine.Version))]);
        foreach (SingleRowTest test in SingleRowTest.All.Where(test => options.Selects(test.Name)))
        {
            report.Guard(options, test.Name, () => MeasureOperations(test, sides));
        }

        report.Guard(options, "create index", () => MeasureCreateIndex(sides));
        foreach ((string name, string sql) in SingleRowTest.Queries)
        {
            report.Guard(options, name, () => MeasureQuery(name, sql, sides));
        }

        Array.ForEach(sides, side => side.Dispose());
        report.Guard(options, "bytes a row, primary key only", () => MeasureMemory(names));
        report.Guard(options, ScalingTest, () => MeasureScaling(names));
        report.Guard(options, BesideWriterTest, () => MeasureBesideWriter(names));
    }

    private void MeasureOperations(SingleRowTest test, KvSide[] sides)
    {
        EnsureEqualAnswers(test, sides);
        TimeSpan budget = options.BudgetMs is { } ms
            ? TimeSpan.FromMilliseconds(ms)
            : test.OneTransaction ? DefaultTransactionBudget : DefaultBudget;
        int[] nextOperation = [.. sides.Select(side => WarmUpFor(test, side))];
        double[][] samples = Rounds.Measure(sides, options.RunCount, (side, run) =>
        {
            if (test.IsLimitedToRowCount)
            {
                return LimitedRate(test, side, budget, isPrepared: run == 0);
            }

            ref int next = ref nextOperation[Array.IndexOf(sides, side)];
            using KvOperation operation = test.Open(side.Connection, _table);
            KvRun result = RunOnce(test, side, operation, next, int.MaxValue, budget);
            next += result.Count;
            return result.Rate;
        });
        report.Add(new Measurement(test.Name, "1/s", Better.Larger, Names(sides), samples));
    }

    /// <summary>
    /// The test on one side, untimed, until its code and its data are as warm as they get; gives the number of the operation that comes
    /// next. The table is then as the first measured run needs it.
    /// </summary>
    private int WarmUpFor(SingleRowTest test, KvSide side)
    {
        int next = 0;
        long start = Stopwatch.GetTimestamp();
        do
        {
            side.Prepare(test.State, test.Indexes);
            using KvOperation operation = test.Open(side.Connection, _table);
            next += RunOnce(test, side, operation, test.IsLimitedToRowCount ? 0 : next, int.MaxValue, WarmUp).Count;
        }
        while (Stopwatch.GetElapsedTime(start) < WarmUp);
        if (test.IsLimitedToRowCount)
        {
            side.Prepare(test.State, test.Indexes);
        }

        return next;
    }

    /// <summary>Of a test that must stop when all rows are done: repeated where the table is so small that this is too quick to be timed.</summary>
    private double LimitedRate(SingleRowTest test, KvSide side, TimeSpan budget, bool isPrepared)
    {
        double seconds = 0;
        long count = 0;
        do
        {
            if (!isPrepared)
            {
                side.Prepare(test.State, test.Indexes);
            }

            isPrepared = false;
            using KvOperation operation = test.Open(side.Connection, _table);
            KvRun run = RunOnce(test, side, operation, 0, int.MaxValue, budget);
            seconds += run.Seconds;
            count += run.Count;
        }
        while (seconds < Math.Min(TimedMin.TotalSeconds, budget.TotalSeconds));
        return count / seconds;
    }

    private KvRun RunOnce(SingleRowTest test, KvSide side, KvOperation operation, int first, int countMax, TimeSpan budget)
    {
        countMax = test.IsLimitedToRowCount ? Math.Min(countMax, _table.RowCount) : countMax;
        if (!test.OneTransaction)
        {
            return KvSide.Run(operation, first, countMax, budget);
        }

        long start = Stopwatch.GetTimestamp();
        side.Connection.Execute("begin");
        KvRun run = KvSide.Run(operation, first, countMax, budget);
        side.Connection.Execute("commit");
        return run with { Seconds = Stopwatch.GetElapsedTime(start).TotalSeconds };
    }

    /// <summary>The same operations on all sides: what they read must be equal, and so must the table afterwards. Warms up as well.</summary>
    private void EnsureEqualAnswers(SingleRowTest test, KvSide[] sides)
    {
        long? checksum = null;
        ResultTable? content = null;
        foreach (KvSide side in sides)
        {
            side.Prepare(test.State, test.Indexes);
            using KvOperation operation = test.Open(side.Connection, _table);
            KvRun run = RunOnce(test, side, operation, 0, CheckedOperationCount, TimeSpan.MaxValue);
            ResultTable left = side.Connection.Query(KvTable.CheckQuery);
            if (checksum is { } expected && expected != run.Checksum)
            {
                throw new WrongAnswerException($"{side.Engine.Name} read other values than {sides[0].Engine.Name}");
            }

            if (content is not null && ResultComparison.Difference(content, left, ExactDigits) is { } difference)
            {
                throw new WrongAnswerException($"{side.Engine.Name} left another table than {sides[0].Engine.Name}: {difference}");
            }

            checksum = run.Checksum;
            content = left;
        }
    }

    private void MeasureCreateIndex(KvSide[] sides)
    {
        double[][] samples = Rounds.Measure(sides, options.RunCount, (side, run) =>
        {
            if (run == 0)
            {
                CreateIndexRate(side);   // to warm up
            }

            return CreateIndexRate(side);
        });
        report.Add(new Measurement("create index", "rows/s", Better.Larger, Names(sides), samples));
    }

    /// <summary>Rows a second. A small table's index is made several times: one is made too quickly to be timed.</summary>
    private double CreateIndexRate(KvSide side)
    {
        double seconds = 0;
        int count = 0;
        do
        {
            side.Prepare(KvState.Full, []);
            seconds += Seconds(() => side.Connection.Execute("create index kv_n on kv (n)"));
            count++;
        }
        while (seconds < TimedMin.TotalSeconds);
        return count * (double)_table.RowCount / seconds;
    }

    private void MeasureQuery(string name, string sql, KvSide[] sides)
    {
        Array.ForEach(sides, side => side.Prepare(KvState.Full, []));
        ResultTable expected = sides[0].Connection.Query(sql);
        foreach (KvSide side in sides.Skip(1))
        {
            if (ResultComparison.Difference(expected, side.Connection.Query(sql), ExactDigits) is { } difference)
            {
                throw new WrongAnswerException($"{sides[0].Engine.Name} and {side.Engine.Name} differ: {difference}");
            }
        }

        expected.Rows.Clear();
        double[][] samples = Rounds.Measure(sides, options.RunCount, (side, run) =>
        {
            if (run == 0)
            {
                QueryRate(side, sql);   // to warm up
            }

            return QueryRate(side, sql);
        });
        report.Add(new Measurement(name, "rows/s", Better.Larger, Names(sides), samples));
    }

    /// <summary>Rows of the table a second; a quick query is repeated.</summary>
    private double QueryRate(KvSide side, string sql)
    {
        double seconds = 0;
        int count = 0;
        do
        {
            seconds += Seconds(() => side.Connection.Drain(sql));
            count++;
        }
        while (seconds < TimedMin.TotalSeconds);
        return count * (double)_table.RowCount / seconds;
    }

    /// <summary>What the engine says it holds with the table, less what it held before.</summary>
    private void MeasureMemory(IReadOnlyList<string> names)
    {
        double[][] samples = Rounds.Measure(names, 1, (name, _) =>
        {
            using IEngine engine = EngineFactory.Open(name, threadCount: 1);
            using IConnection connection = engine.Connect();
            long before = engine.MemoryUsed;
            _table.Fill(connection);
            return (double)(engine.MemoryUsed - before) / _table.RowCount;
        });
        report.Add(new Measurement("bytes a row, primary key only", "B", Better.Smaller, names, samples));
    }

    /// <summary>Two threads with a connection each against one: 2 is perfect, and more than the machine's free cores give cannot be had.</summary>
    private void MeasureScaling(IReadOnlyList<string> names)
    {
        var engines = new List<IEngine>();
        foreach (string name in names)
        {
            IEngine engine = EngineFactory.Open(name, threadCount: 1, shared: true);
            engines.Add(engine);
            using IConnection connection = engine.Connect();
            _table.Fill(connection);
        }

        TimeSpan budget = options.BudgetMs is { } ms ? TimeSpan.FromMilliseconds(ms) : DefaultBudget;
        double[][] oneThread = [.. engines.Select(_ => new double[options.RunCount])];
        double[][] twoThreads = Rounds.Measure(engines, options.RunCount, (engine, run) =>
        {
            oneThread[engines.IndexOf(engine)][run] = SelectRate(engine, threadCount: 1, budget);
            return SelectRate(engine, threadCount: 2, budget);
        });
        double[][] factors = [.. twoThreads.Zip(oneThread, (two, one) => two.Zip(one, (a, b) => a / b).ToArray())];
        report.Add(new Measurement("threads: point select by 2 threads", "1/s", Better.Larger, names, twoThreads));
        report.Add(new Measurement(ScalingTest, "factor", Better.Larger, names, factors));
        engines.ForEach(engine => engine.Dispose());
    }

    /// <summary>What a reader keeps of its rate while another thread updates single rows as fast as it can. Needs two free cores.</summary>
    private void MeasureBesideWriter(IReadOnlyList<string> names)
    {
        IEngine[] engines = [.. names.Select(name => EngineFactory.Open(name, threadCount: 1, shared: true))];
        foreach (IEngine engine in engines)
        {
            using IConnection connection = engine.Connect();
            _table.Fill(connection);
        }

        TimeSpan budget = options.BudgetMs is { } ms ? TimeSpan.FromMilliseconds(ms) : DefaultBudget;
        double[][] factors = Rounds.Measure(engines, options.RunCount, (engine, _) =>
        {
            double alone = SelectRate(engine, threadCount: 1, budget);
            using var stop = new CancellationTokenSource();
            using var isWriting = new ManualResetEventSlim();
            double beside = 0;
            ThreadGroup.Run(2, thread =>
            {
                if (thread == 0)
                {
                    try
                    {
                        isWriting.Wait(TimeSpan.FromMinutes(1));   // ends even if the writer failed
                        beside = SelectRate(engine, threadCount: 1, budget);
                    }
                    finally
                    {
                        stop.Cancel();
                    }
                    return;
                }

                using IConnection connection = engine.Connect();
                using var update = new UpdateByKey(connection, _table);
                for (int i = 0; !stop.IsCancellationRequested; i++)
                {
                    update.Operate(i);
                    isWriting.Set();
                }
            });
            return beside / alone;
        });
        report.Add(new Measurement(BesideWriterTest, "factor", Better.Larger, names, factors));
        Array.ForEach(engines, engine => engine.Dispose());
    }

    private double SelectRate(IEngine engine, int threadCount, TimeSpan budget)
    {
        double total = 0;
        using var start = new Barrier(threadCount);
        ThreadGroup.Run(threadCount, thread =>
        {
            using IConnection connection = engine.Connect();
            using var select = new PointSelect(connection, _table);
            KvSide.Run(select, 0, 2_000, TimeSpan.MaxValue);
            start.SignalAndWait(TimeSpan.FromMinutes(1));   // ends even if the other thread failed
            KvRun run = KvSide.Run(select, thread << 28, int.MaxValue >> 4, budget);
            lock (start)
            {
                total += run.Rate;
            }
        });
        return total;
    }

    private static double Seconds(Action work)
    {
        long start = Stopwatch.GetTimestamp();
        work();
        return Stopwatch.GetElapsedTime(start).TotalSeconds;
    }

    private static string[] Names(KvSide[] sides) => [.. sides.Select(side => side.Engine.Name)];
}
