using System.Diagnostics;
using System.Globalization;
using PhantomDb.Fuzz.Running;

namespace PhantomDb.Fuzz.Copies;

/// <summary>
/// Copies files of a database between three folders at random, all of them or some, while each copy is written to, killed and restored; and opens what comes of it. Each world is
/// made by a seed of its own, in a folder on a real disk, which is removed.
/// </summary>
public sealed class CopyFuzzer(int seed, Journal journal)
{
    public int FailureCountMax { get; init; } = 1;

    public TimeSpan HardLimit { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Where worlds have their folders. Those of failures stay there, unless it is the default.</summary>
    public string? Folder { get; init; }

    /// <summary>Told at the end how often each kind of step was done.</summary>
    public Action<string>? Progress { get; init; }

    public FuzzReport Run(int count, int? only = null)
    {
        using var watchdog = new Watchdog(HardLimit);
        var tally = new StepTally();
        List<FuzzFailure> failures = [];
        string root = Path.Combine(Folder ?? Path.GetTempPath(), string.Create(CultureInfo.InvariantCulture, $"phantomdb-copies-{Environment.ProcessId}-{seed}"));
        long start = Stopwatch.GetTimestamp();
        int done = 0;
        for (int number = only ?? 0; number < (only + 1 ?? count) && failures.Count < FailureCountMax; number++)
        {
            string description = string.Create(CultureInfo.InvariantCulture, $"seed {seed}, world {number}"), folder = Path.Combine(root, number.ToString(CultureInfo.InvariantCulture));
            journal.Note(description);
            watchdog.Begin(description);
            var world = new CopyWorld(unchecked((seed * 1_000_003) + (number * 7919) + 47), folder, tally);
            string? problem = world.Run();
            watchdog.End();
            done++;
            if (problem is not null)
            {
                failures.Add(new FuzzFailure(seed, number, problem, string.Join('\n', world.Story)));
            }
            if (problem is null || Folder is null)
            {
                Directory.Delete(folder, recursive: true);
            }
        }
        if (Directory.Exists(root) && !Directory.EnumerateFileSystemEntries(root).Any())
        {
            Directory.Delete(root);
        }
        double rate = done / Stopwatch.GetElapsedTime(start).TotalSeconds;
        foreach (string line in tally.Lines)
        {
            Progress?.Invoke(line);
        }
        return new FuzzReport(done, failures, string.Create(CultureInfo.InvariantCulture, $"{rate:F0} worlds/s, {tally.Of("opened")} opened, {tally.Of("refused")} refused"));
    }
}
