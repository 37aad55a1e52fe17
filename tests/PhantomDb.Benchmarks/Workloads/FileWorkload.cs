using System.Diagnostics;
using System.Globalization;
using PhantomDb.Benchmarks.Engines;
using PhantomDb.Benchmarks.Measuring;
using PhantomDb.Benchmarks.Tpch;

namespace PhantomDb.Benchmarks.Workloads;

/// <summary>
/// Our database file beside COPY, ours and DuckDB's: lineitem with its primary key, loaded and saved. A save includes the flush
/// and the reading back, which COPY does not do; each rate is of the side's own file.
/// </summary>
internal sealed class FileWorkload(Options options, Report report)
{
    private const string FileSide = "file";
    private const string CopySide = "copy";
    private static readonly string[] Names = [FileSide, CopySide, "duckdb"];

    public void Run()
    {
        TpchFiles files = TpchFiles.Ensure(options.ScaleFactor, options.DataFolder, Console.Error);
        string csv = files.PathOf(TpchTable.LineItem);
        string folder = Directory.CreateTempSubdirectory("phantomdb-benchmark-").FullName;
        try
        {
            string path = Path.Combine(folder, "lineitem.db");
            using Database database = Database.Open(path);
            using var connection = new PhantomConnection(database.OpenSession());
            connection.Execute(TpchSchema.Create(TpchTable.LineItem));
            connection.Load("lineitem", csv);
            database.SaveToDisk();
            report.Begin(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"Database file: lineitem at scale factor {options.ScaleFactor}, {new FileInfo(path).Length / 1e6:0.0} MB; COPY's file {new FileInfo(csv).Length / 1e6:0.0} MB"),
                [.. Names.Select(name => (name, ""))]);
            Measure("load", (name, _) => Load(name, path, csv));
            Measure("save", (name, run) => Save(name, Path.Combine(folder, $"saved{run}"), database, csv));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private void Measure(string test, Func<string, int, double> sample)
    {
        if (options.Selects(test))
        {
            report.Add(new Measurement(test, "MB/s", Better.Larger, Names, Rounds.Measure(Names, options.RunCount, sample)));
        }
    }

    private double Load(string name, string path, string csv)
    {
        if (name == FileSide)
        {
            using Database database = Database.CreateInMemory();
            return Rate(path, () => database.LoadFromDisk(path));
        }
        using IEngine engine = EngineFactory.Open(name == CopySide ? EngineFactory.Self : name, options.ThreadCount);
        using IConnection connection = engine.Connect();
        connection.Execute(TpchSchema.Create(TpchTable.LineItem));
        return Rate(csv, () => connection.Load("lineitem", csv));
    }

    private double Save(string name, string path, Database database, string csv)
    {
        if (name == FileSide)
        {
            return Rate(path + ".db", () => database.SaveToDisk(path + ".db"));
        }
        path += name;
        using IEngine engine = EngineFactory.Open(name == CopySide ? EngineFactory.Self : name, options.ThreadCount);
        using IConnection connection = engine.Connect();
        connection.Execute(TpchSchema.Create(TpchTable.LineItem));
        connection.Load("lineitem", csv);
        return Rate(path, () => connection.Save("lineitem", path));
    }

    private static double Rate(string path, Action work)
    {
        long start = Stopwatch.GetTimestamp();
        work();
        double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        return new FileInfo(path).Length / 1e6 / seconds;
    }
}
