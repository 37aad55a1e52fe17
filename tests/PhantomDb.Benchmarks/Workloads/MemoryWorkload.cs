using System.Diagnostics;
using System.Globalization;
using PhantomDb.Benchmarks.Engines;
using PhantomDb.Benchmarks.Measuring;
using PhantomDb.Benchmarks.Tpch;

namespace PhantomDb.Benchmarks.Workloads;

/// <summary>
/// What the operating system says a process holds after loading the TPC-H tables, less what it held with the engine just opened. Each
/// engine loads in a process of its own, because memory that one has freed would serve the next. The processes run one after another.
/// </summary>
internal sealed class MemoryWorkload(Options options, Report report)
{
    public void Run()
    {
        IReadOnlyList<string> names = EngineFactory.Sides(options);
        TpchFiles files = TpchFiles.Ensure(options.ScaleFactor, options.DataFolder, Console.Error);
        report.Begin(
            string.Create(CultureInfo.InvariantCulture, $"memory of a process with the TPC-H tables at scale factor {options.ScaleFactor}"),
            [.. names.Select(name => (name, ""))]);

        var children = names.ToDictionary(name => name, _ => new List<Child>());
        for (int run = 0; run < options.RunCount; run++)
        {
            foreach (string name in names)
            {
                children[name].Add(Start(name, files.Folder));
            }
        }

        Add("resident after loading", child => child.Loaded);
        Add("highest while loading", child => child.Peak);
        Add("as the engine itself accounts for it", child => child.Accounted);

        void Add(string test, Func<Child, double> figure) => report.Add(
            new Measurement(test, "MB", Better.Smaller, names, [.. names.Select(name => children[name].Select(figure).ToArray())]));
    }

    /// <summary>The child's side: loads and prints its three figures.</summary>
    public static void RunChild(Options options)
    {
        TpchFiles files = TpchFiles.Ensure(options.ScaleFactor, options.DataFolder, Console.Error);
        using IEngine engine = EngineFactory.Open(EngineFactory.Sides(options)[0], options.ThreadCount);
        using IConnection connection = engine.Connect();
        long accountedBefore = engine.MemoryUsed;
        long before = Environment.WorkingSet;
        foreach (TpchTable table in Enum.GetValues<TpchTable>())
        {
            connection.Execute(TpchSchema.Create(table));
            connection.Load(TpchFiles.NameOf(table), files.PathOf(table));
        }

        // What loading has left for the collector is not the tables' memory; a peer frees its own at once.
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        using var process = Process.GetCurrentProcess();
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{Environment.WorkingSet - before} {process.PeakWorkingSet64 - before} {engine.MemoryUsed - accountedBefore}"));
    }

    private Child Start(string name, string folder)
    {
        var start = new ProcessStartInfo(Environment.ProcessPath!) { RedirectStandardOutput = true };
        if (Path.GetFileNameWithoutExtension(start.FileName) == "dotnet")
        {
            start.ArgumentList.Add(Path.Combine(AppContext.BaseDirectory, "PhantomDb.Benchmarks.dll"));
        }

        string[] arguments =
        [
            Options.MemoryChildCommand,
            .. name == EngineFactory.Self ? (string[])[] : ["--peers-only", "--peers", name],
            "--sf", options.ScaleFactor.ToString(CultureInfo.InvariantCulture),
            "--threads", options.ThreadCount.ToString(CultureInfo.InvariantCulture),
            "--data", folder,
        ];
        Array.ForEach(arguments, start.ArgumentList.Add);
        using Process child = Process.Start(start) ?? throw new EngineUnavailableException($"cannot start {start.FileName}");
        string output = child.StandardOutput.ReadToEnd();
        child.WaitForExit();
        if (child.ExitCode != 0)
        {
            throw new EngineUnavailableException($"the process that loads {name} ended with {child.ExitCode}");
        }

        double[] figures = [.. output.Split(' ').Select(text => double.Parse(text, CultureInfo.InvariantCulture) / 1e6)];
        return new Child(figures[0], figures[1], figures[2]);
    }

    private sealed record Child(double Loaded, double Peak, double Accounted);
}
