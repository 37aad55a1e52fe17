using PhantomDb.Fuzz.Running;
using PhantomDb.Fuzz.Statements;

namespace PhantomDb.Fuzz.Folders;

/// <summary>
/// Recovers whole folders that were damaged: at random, or in every way of each kind. What must come out is <see cref="FolderCheck"/>'s. A folder that
/// was taken wrongly is kept for those who look into it.
/// </summary>
public sealed class FolderFuzzer(int seed, Journal journal)
{
    private readonly List<FuzzFailure> _failures = [];
    private readonly HashSet<string> _kinds = [];
    private readonly SampleFolder[] _samples = [.. Enum.GetValues<SampleEnd>().Select(SampleFolder.Make)];
    private readonly SortedDictionary<string, int> _outcomes = new(StringComparer.Ordinal);

    public int FailureCountMax { get; init; } = 1;

    public TimeSpan HardLimit { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Folders damaged at random, or one of the seed alone.</summary>
    public FuzzReport Run(int count, int? only = null)
    {
        using var watchdog = new Watchdog(HardLimit);
        int done = 0;
        for (int number = only ?? 0; number < (only + 1 ?? count) && _failures.Count < FailureCountMax; number++)
        {
            var random = new Random(unchecked((seed * 1_000_003) + (number * 7919) + 31));
            SampleFolder sample = _samples[random.Next(_samples.Length)];
            var mutator = new FolderMutator(random);
            Dictionary<string, byte[]> files = mutator.Mutate(sample);
            bool mayBeForged = mutator.IsForged || HasLostSeal(sample, files);
            Try(sample, number, new DamagedFolder(mutator.What, files), mayBeForged, watchdog);
            done++;
        }
        return Report(done);
    }

    /// <summary>Every truncation, every bit and byte, blocks, lines and mixtures of files, of every sample.</summary>
    public FuzzReport RunEvery()
    {
        using var watchdog = new Watchdog(HardLimit);
        SampleFolder foreign = SampleFolder.Foreign();
        int done = 0;
        foreach (SampleFolder sample in _samples)
        {
            var damage = new FolderDamage(sample);
            IEnumerable<DamagedFolder> all = sample.Files.Keys.SelectMany(path => damage.Truncations(path).Concat(damage.Bytes(path)).Concat(damage.Blocks(path)).Concat(damage.Lines(path)))
                .Concat(damage.Mixtures(foreign));
            foreach (DamagedFolder damaged in all)
            {
                Try(sample, done, damaged, mayBeForged: false, watchdog);
                done++;
                if (_failures.Count >= FailureCountMax)
                {
                    return Report(done);
                }
                if (done % 20_000 == 0)
                {
                    Console.WriteLine($"{done} folders, {_failures.Count} failures");
                }
            }
        }
        return Report(done);
    }

    private void Try(SampleFolder sample, int number, DamagedFolder damaged, bool mayBeForged, Watchdog watchdog)
    {
        string description = $"seed {seed}, folder {number} ({sample.End}): {damaged.What}";
        journal.Note(description);
        watchdog.Begin(description);
        var check = new FolderCheck(sample);
        string? problem = check.Check(damaged.Files, mayBeForged);
        watchdog.End();
        string outcome = check.Outcomes.Keys.First();
        _outcomes[outcome] = _outcomes.GetValueOrDefault(outcome) + 1;
        if (problem is not null && _kinds.Add(StatementCheck.Kind(problem)))
        {
            _failures.Add(new FuzzFailure(seed, number, problem, $"{description}\nkept in {Keep(number, damaged.Files)}"));
        }
    }

    private FuzzReport Report(int count) => new(count, _failures, string.Join(", ", _outcomes.OrderByDescending(pair => pair.Value).Select(pair => $"{pair.Key} {pair.Value}")));

    // A database file or snapshot without any trace of its seal is one of others, which has no checks.
    private static bool HasLostSeal(SampleFolder sample, Dictionary<string, byte[]> files) => sample.Files.Keys
        .Where(path => path == SampleFolder.DatabasePath || path == SampleFolder.SnapshotPath)
        .Any(path => files.TryGetValue(path, out byte[]? now) && now.AsSpan().IndexOf("| Header: "u8) < 0 && now.AsSpan().IndexOf("# End: "u8) < 0 && now.AsSpan().IndexOf(" | CRC: "u8) < 0);

    private string Keep(int number, IReadOnlyDictionary<string, byte[]> files)
    {
        string folder = Path.Combine(Path.GetTempPath(), $"phantomdb-fuzz-{seed}-{number}");
        Directory.CreateDirectory(folder);
        foreach ((string path, byte[] bytes) in files)
        {
            File.WriteAllBytes(Path.Combine(folder, Path.GetFileName(path)), bytes);
        }
        return folder;
    }
}
