using System.Diagnostics;
using System.Globalization;
using PhantomDb.Benchmarks.Engines;
using PhantomDb.Benchmarks.Measuring;
using PhantomDb.Benchmarks.Tpch;

namespace PhantomDb.Benchmarks.Workloads;

/// <summary>W3: lineitem from a file into a table and back by COPY (SQLite: as its shell's .import does). The file is in the page cache.</summary>
internal sealed class CsvWorkload(Options options, Report report)
{
    private const string CheckQuery =
        "select count(*), sum(l_orderkey), sum(l_partkey), sum(l_linenumber), min(l_shipdate), max(l_receiptdate), min(l_comment), " +
        "max(l_comment), sum(l_quantity), sum(l_extendedprice), sum(l_tax) from lineitem";

    public void Run()
    {
        IReadOnlyList<string> names = EngineFactory.Sides(options);
        TpchFiles files = TpchFiles.Ensure(options.ScaleFactor, options.DataFolder, Console.Error);
        string path = files.PathOf(TpchTable.LineItem);
        long fileSize = new FileInfo(path).Length;
        ReadWhole(path);
        report.Begin(
            string.Create(
                CultureInfo.InvariantCulture,
                $"W3: lineitem at scale factor {options.ScaleFactor}, a file of {fileSize / 1e6:0.0} MB, {options.ThreadCount} thread(s)"),
            Versions(names));
        MeasureLoad("load, primary key", withPrimaryKey: true, names, path, fileSize);
        MeasureLoad("load, no key", withPrimaryKey: false, names, path, fileSize);
        MeasureSave(names, path, fileSize);
    }

    private (string Name, string Version)[] Versions(IReadOnlyList<string> names) =>
    [
        .. names.Select(name =>
        {
            using IEngine engine = EngineFactory.Open(name, options.ThreadCount);
            return (name, engine.Version);
        }),
    ];

    private void MeasureLoad(string test, bool withPrimaryKey, IReadOnlyList<string> names, string path, long fileSize)
    {
        if (!options.Selects(test))
        {
            return;
        }

        try
        {
            var bytesPerRow = new Dictionary<string, double>();
            var answers = new Dictionary<string, ResultTable>();
            double[][] samples = Rounds.Measure(names, options.RunCount, (name, _) =>
            {
                using IEngine engine = EngineFactory.Open(name, options.ThreadCount);
                using IConnection connection = engine.Connect();
                connection.Execute(TpchSchema.Create(TpchTable.LineItem, withPrimaryKey));
                long memoryBefore = engine.MemoryUsed;
                double seconds = Seconds(() => connection.Load("lineitem", path));
                if (!answers.ContainsKey(name))
                {
                    answers[name] = connection.Query(CheckQuery);
                    double rowCount = double.Parse(answers[name].Rows[0][0].Text, CultureInfo.InvariantCulture);
                    bytesPerRow[name] = (engine.MemoryUsed - memoryBefore) / rowCount;
                }

                return fileSize / 1e6 / seconds;
            });
            EnsureEqual(names, answers);
            report.Add(new Measurement(test, "MB/s", Better.Larger, names, samples));
            report.Add(new Measurement($"{test}: memory", "B/row", Better.Smaller, names, [.. names.Select(name => (double[])[bytesPerRow[name]])]));
        }
        catch (Exception exception) when (exception is not EngineUnavailableException)
        {
            report.Fail(test, exception.Message);
        }
    }

    private void MeasureSave(IReadOnlyList<string> names, string path, long fileSize)
    {
        const string Test = "save";
        if (!options.Selects(Test))
        {
            return;
        }

        IEngine[] engines = [.. names.Select(name => EngineFactory.Open(name, options.ThreadCount))];
        IConnection[] sides = [.. engines.Select(engine => engine.Connect())];
        string saved = Path.Combine(Path.GetTempPath(), $"phantomdb-benchmark-{Environment.ProcessId}.csv");
        try
        {
            foreach (IConnection side in sides)
            {
                side.Execute(TpchSchema.Create(TpchTable.LineItem));
                side.Load("lineitem", path);
            }

            double[][] samples = Rounds.Measure(engines, options.RunCount, (engine, run) =>
            {
                File.Delete(saved);
                IConnection side = sides[Array.IndexOf(engines, engine)];
                double seconds = Seconds(() => side.Save("lineitem", saved));

                // The rows come back as they were loaded, apart from the padding of char(n); SQLite has made 17.00 into 17.0.
                if (run == 0 && engine.Name != "sqlite" && !HaveSameRows(path, saved))
                {
                    throw new WrongAnswerException($"{engine.Name} saved other rows than it had loaded");
                }

                return fileSize / 1e6 / seconds;
            });
            report.Add(new Measurement(Test, "MB/s", Better.Larger, names, samples));
        }
        catch (Exception exception)
        {
            report.Fail(Test, exception.Message);
        }
        finally
        {
            File.Delete(saved);
            Array.ForEach(sides, side => side.Dispose());
            Array.ForEach(engines, engine => engine.Dispose());
        }
    }

    private static void EnsureEqual(IReadOnlyList<string> names, Dictionary<string, ResultTable> answers)
    {
        foreach (string name in names.Skip(1))
        {
            int digits = names[0] == "sqlite" || name == "sqlite" ? 9 : 12;
            if (ResultComparison.Difference(answers[names[0]], answers[name], digits) is { } difference)
            {
                throw new WrongAnswerException($"{names[0]} and {name} loaded different rows: {difference}");
            }
        }
    }

    private static bool HaveSameRows(string left, string right)
    {
        using IEnumerator<string> saved = File.ReadLines(right).GetEnumerator();
        foreach (string loaded in File.ReadLines(left))
        {
            if (!saved.MoveNext() || (loaded != saved.Current && !Fields(loaded).SequenceEqual(Fields(saved.Current))))
            {
                return false;
            }
        }

        return !saved.MoveNext();

        static IEnumerable<string> Fields(string line) => line.Split('|').Select(field => field.TrimEnd(' '));
    }

    private static void ReadWhole(string path)
    {
        using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, 0);
        byte[] buffer = new byte[1 << 20];
        while (file.Read(buffer) > 0)
        {
        }
    }

    private static double Seconds(Action work)
    {
        long start = Stopwatch.GetTimestamp();
        work();
        return Stopwatch.GetElapsedTime(start).TotalSeconds;
    }
}
