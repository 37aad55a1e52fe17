using System.Collections.Concurrent;

namespace PhantomDb.SqlLogicTests;

/// <summary>Finds the scripts, runs them over several threads, each in a database of its own, and prints what came out.</summary>
public sealed class ConformanceRunner(RunnerOptions options, Func<ISqlConnection> openFreshDatabase, TextWriter output)
{
    /// <summary>How long a statement may take to notice its cancellation before its script is given up.</summary>
    private static readonly TimeSpan CancellationGrace = TimeSpan.FromSeconds(10);

    private readonly DatasetFolder? _datasets = DatasetFolder.Locate(Environment.CurrentDirectory) ?? DatasetFolder.Locate(AppContext.BaseDirectory);
    private readonly ExceptionList? _exceptions = options.ExceptionFile is { } file ? ExceptionList.Read(file) : null;
    private int _shownCount;

    /// <summary>Runs all scripts; true when nothing failed and something passed.</summary>
    public bool Run()
    {
        var scripts = options.Paths.SelectMany(FindScripts).DistinctBy(s => s.FullPath).ToList();
        if (options.Records)
        {
            scripts.ForEach(Record);
            return scripts.Count > 0;
        }

        var (passed, failed, skipped) = (0L, 0L, 0L);
        var failures = new List<string>();
        // One script at a time goes to a free worker: the scripts' lengths differ a hundredfold.
        var queue = Partitioner.Create(scripts, EnumerablePartitionerOptions.NoBuffering);
        foreach (var report in queue.AsParallel().AsOrdered().WithMergeOptions(ParallelMergeOptions.NotBuffered)
            .WithDegreeOfParallelism(options.WorkerCount).Select(RunInTime))
        {
            Print(report);
            passed += report.PassedCount;
            failed += report.FailedCount;
            skipped += report.SkippedCount;
            failures.AddRange(report.Failures.Select(f => $"{report.Path}:{f.Line}"));
        }

        if (options.FailureFile is { } failureFile)
        {
            File.WriteAllLines(failureFile, failures);
        }

        output.WriteLine($"{passed} passed, {failed} failed, {skipped} skipped");
        return failed == 0 && passed > 0;
    }

    private IEnumerable<Script> FindScripts(string path)
    {
        if (Directory.Exists(path))
        {
            return Directory.EnumerateFiles(path, "*", SearchOption.AllDirectories)
                .Where(file => Path.GetExtension(file) is ".test" or ".slt")
                .Order(StringComparer.Ordinal)
                .Select(file => new Script(Path.GetFullPath(file), Path.GetRelativePath(path, file), FromList(file)));
        }

        if (File.Exists(path) == false)
        {
            throw new ArgumentException($"{path}: no such file or folder");
        }

        return [new Script(Path.GetFullPath(path), path, FromList(path))];
    }

    /// <summary>The path by which a list that lies above a script names it, so that a part of what is listed can be run alone.</summary>
    private string FromList(string file) => _exceptions is null ? file : Path.GetRelativePath(_exceptions.Folder, Path.GetFullPath(file));

    /// <summary>Runs a script; gives it up when its database does not come back after the time limit.</summary>
    private SltReport RunInTime(Script script)
    {
        if (options.TimeLimit is not { } limit)
        {
            return RunScript(script);
        }

        SltReport? report = null;
        var thread = new Thread(() => report = RunScript(script)) { IsBackground = true };
        thread.Start();
        if (thread.Join(limit + CancellationGrace))
        {
            return report!;
        }

        return new SltReport(script.RelativePath) { FailedCount = 1, Note = "given up: a statement did not end after the time limit" };
    }

    private SltReport RunScript(Script script)
    {
        try
        {
            using var connection = openFreshDatabase();
            var report = SltRunner.Run(SltFile.Parse(script.RelativePath, File.ReadAllText(script.FullPath)), connection, new SltRunOptions
            {
                IsListed = line => _exceptions is { } list && (list.Contains(script.RelativePath, line) || list.Contains(script.PathFromList, line)),
                StopsAtFirstFailure = options.StopsAtFirstFailure,
                TimeLimit = options.TimeLimit,
                Datasets = _datasets,
            });
            return report;
        }
        catch (Exception failure) when (failure is SltFormatException or IOException)
        {
            return new SltReport(script.RelativePath) { FailedCount = 1, Note = failure.Message };
        }
    }

    private void Record(Script script)
    {
        using var connection = openFreshDatabase();
        var text = SltRecorder.Record(SltFile.Read(script.FullPath), connection, new SltRunOptions { Datasets = _datasets });
        File.WriteAllText(script.FullPath, text);
        output.WriteLine($"{script.RelativePath}: recorded");
    }

    private void Print(SltReport report)
    {
        output.WriteLine($"{report.Path}: {report.PassedCount} passed, {report.FailedCount} failed, {report.SkippedCount} skipped ({report.Elapsed.TotalSeconds:F1} s)");
        if (report.Note is { } note)
        {
            output.WriteLine($"  {note}");
        }

        foreach (var line in report.ListedButPassing)
        {
            output.WriteLine($"  {report.Path}:{line} is listed as an exception, but passes");
        }

        foreach (var failure in report.Failures)
        {
            if (_shownCount++ >= options.VerboseCount)
            {
                break;
            }

            output.WriteLine(FailureText.Of(report.Path, failure));
        }
    }

    /// <summary>A script and the paths by which an exception list may name it: relative to the folder given (or as given), or to the list's own.</summary>
    private sealed record Script(string FullPath, string RelativePath, string PathFromList);
}
