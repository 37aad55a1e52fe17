using System.Diagnostics;
using System.Globalization;
using PhantomDb.Benchmarks.Engines;
using PhantomDb.Benchmarks.Measuring;
using PhantomDb.Benchmarks.Tpch;

namespace PhantomDb.Benchmarks.Workloads;

/// <summary>
/// W2: the 22 queries of TPC-H on the same data and with the same primary keys. A query is timed from its text to the last value read,
/// and only after all sides have given the same answer.
/// </summary>
internal sealed class TpchWorkload(Options options, Report report)
{
    private const int ExactDigits = 12;

    // SQLite keeps decimals as REAL and adds them up one after the other: its own rounding shows from about the eleventh digit on.
    private const int SqliteDigits = 9;

    private readonly List<double[][]> _querySamples = [];

    public void Run()
    {
        IReadOnlyList<string> names = EngineFactory.Sides(options);
        TpchFiles files = TpchFiles.Ensure(options.ScaleFactor, options.DataFolder, Console.Error);
        IEngine[] engines = [.. names.Select(name => EngineFactory.Open(name, options.ThreadCount))];
        IConnection[] sides = [.. engines.Select(engine => engine.Connect())];
        report.Begin(
            string.Create(CultureInfo.InvariantCulture, $"W2: TPC-H at scale factor {options.ScaleFactor}, {options.ThreadCount} thread(s) a query"),
            [.. engines.Select(engine => (engine.Name, engine.Version))]);
        LoadAll(files, engines, sides);
        for (int number = 1; number <= TpchQueries.Count; number++)
        {
            string name = $"q{number:00}";
            if (options.Selects(name))
            {
                Measure(name, TpchQueries.Text(number, options.ScaleFactor), names, sides);
            }
        }

        Summarize(names);
        Array.ForEach(sides, side => side.Dispose());
        Array.ForEach(engines, engine => engine.Dispose());
    }

    private void LoadAll(TpchFiles files, IEngine[] engines, IConnection[] sides)
    {
        for (int side = 0; side < sides.Length; side++)
        {
            long start = Stopwatch.GetTimestamp();
            long memoryBefore = engines[side].MemoryUsed;
            foreach (TpchTable table in Enum.GetValues<TpchTable>())
            {
                sides[side].Execute(TpchSchema.Create(table));
                sides[side].Load(TpchFiles.NameOf(table), files.PathOf(table));
            }

            string extra = "";
            if (engines[side].Name == "sqlite")
            {
                foreach (string index in TpchSchema.ForeignKeyIndexes)
                {
                    sides[side].Execute(index);
                }

                sides[side].Execute("analyze");
                extra = ", with indexes on foreign keys";
            }

            report.Note(string.Create(
                CultureInfo.InvariantCulture,
                $"# {engines[side].Name}: loaded in {Stopwatch.GetElapsedTime(start).TotalSeconds:0.0} s{extra}; it says it holds {(engines[side].MemoryUsed - memoryBefore) / 1e6:0} MB"));
        }
    }

    private void Measure(string name, string sql, IReadOnlyList<string> names, IConnection[] sides)
    {
        try
        {
            int rowCount = EnsureEqualAnswers(sql, names, sides);
            double[][] samples = Rounds.Measure(sides, options.RunCount, (side, _) =>
            {
                long start = Stopwatch.GetTimestamp();
                side.Drain(sql);
                return Stopwatch.GetElapsedTime(start).TotalMilliseconds;
            });
            _querySamples.Add(samples);
            report.Add(new Measurement($"{name}, {rowCount} rows", "ms", Better.Smaller, names, samples));
        }
        catch (Exception exception)
        {
            report.Fail(name, exception.Message);
        }
    }

    /// <summary>Returns the number of rows.</summary>
    private static int EnsureEqualAnswers(string sql, IReadOnlyList<string> names, IConnection[] sides)
    {
        ResultTable expected = sides[0].Query(sql);
        for (int side = 1; side < sides.Length; side++)
        {
            int digits = names[0] == "sqlite" || names[side] == "sqlite" ? SqliteDigits : ExactDigits;
            if (ResultComparison.Difference(expected, sides[side].Query(sql), digits) is { } difference)
            {
                throw new WrongAnswerException($"{names[0]} and {names[side]} differ: {difference}");
            }
        }

        if (expected.Rows.Count == 0)
        {
            throw new WrongAnswerException("no rows: at this scale factor the query shows nothing");
        }

        return expected.Rows.Count;
    }

    /// <summary>Sum and geometric mean of each round, so that their ratios too come from one round.</summary>
    private void Summarize(IReadOnlyList<string> names)
    {
        if (_querySamples.Count < 2)
        {
            return;
        }

        report.Add(new Measurement($"total of {_querySamples.Count} queries", "ms", Better.Smaller, names, PerRound(times => times.Sum())));
        report.Add(new Measurement(
            $"geometric mean of {_querySamples.Count} queries", "ms", Better.Smaller, names, PerRound(times => Math.Exp(times.Average(Math.Log)))));

        double[][] PerRound(Func<IEnumerable<double>, double> combine) =>
        [
            .. Enumerable.Range(0, names.Count).Select(side =>
                Enumerable.Range(0, options.RunCount).Select(run => combine(_querySamples.Select(samples => samples[side][run]))).ToArray()),
        ];
    }
}
