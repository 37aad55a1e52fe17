using System.Diagnostics;
using PhantomDb.Fuzz.Folders;
using PhantomDb.Fuzz.Running;
using PhantomDb.Fuzz.Statements;

namespace PhantomDb.Fuzz.Readers;

/// <summary>
/// T13: changed bytes of every kind of file, each handed to its reader in memory, kinds in turn. What comes of it is what the original had, or what checksums prove, or an
/// error that names a place; with little memory, and soon.
/// </summary>
public sealed class ReaderFuzzer(int seed, Journal journal)
{
    private const long AllocatedMax = 32L << 20;
    private const int NotedEach = 256;   // numbers: a process that dies is repeated from the one before

    private readonly List<FuzzFailure> _failures = [];
    private readonly HashSet<string> _kinds = [];
    private readonly SortedDictionary<string, int> _outcomes = new(StringComparer.Ordinal);
    private readonly ReaderTarget[] _targets = ReaderSamples.Targets();

    public int FailureCountMax { get; init; } = 1;

    public TimeSpan HardLimit { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Told now and then how far it is.</summary>
    public Action<string>? Progress { get; init; }

    public FuzzReport Run(int count, int? only = null)
    {
        using var watchdog = new Watchdog(HardLimit);
        int done = 0;
        long start = Stopwatch.GetTimestamp();
        for (int number = only ?? 0; number < (only + 1 ?? count) && _failures.Count < FailureCountMax; number++)
        {
            if (done % NotedEach == 0)
            {
                journal.Note($"seed {seed}, {NotedEach} files from number {number} on");
                watchdog.Begin($"seed {seed}, {NotedEach} files from number {number} on");
            }
            ReaderTarget target = _targets[number % _targets.Length];
            var random = new Random(unchecked((seed * 1_000_003) + (number * 7919) + 37));
            byte[] original = target.Originals[random.Next(target.Originals.Count)];
            byte[] bytes = target.Mutate(original, random, out bool isForged);
            string? problem = Check(target, bytes, original, isForged, out string outcome);
            string key = $"{target.Name}: {outcome}";
            _outcomes[key] = _outcomes.GetValueOrDefault(key) + 1;
            if (problem is not null)
            {
                Fail(number, target, bytes, original, isForged, problem);
            }
            if (++done % 1_000_000 == 0)
            {
                Progress?.Invoke($"{done} files, {_failures.Count} failures, {Stopwatch.GetElapsedTime(start).TotalSeconds:F0} s");
            }
        }
        watchdog.End();
        return new FuzzReport(done, _failures, string.Join(", ", _outcomes.Select(pair => $"{pair.Key} {pair.Value}")));
    }

    private static string? Check(ReaderTarget target, byte[] bytes, byte[] original, bool isForged, out string outcome)
    {
        long before = GC.GetAllocatedBytesForCurrentThread();
        try
        {
            string? problem = target.Read(bytes, original, isForged, out outcome);
            return problem ?? Allocated(before);
        }
        catch (PhantomDbException error)
        {
            outcome = error.SqlState;
            return target.CheckRefusal(error, bytes, original) is { } wrong ? $"{wrong}: {error.SqlState} {error.Message} ({error.Where})" : Allocated(before);
        }
        catch (Exception error)
        {
            outcome = error.GetType().Name;
            return $"{error.GetType().Name}: {error.Message}\n{error.StackTrace}";
        }
    }

    private static string? Allocated(long before) => GC.GetAllocatedBytesForCurrentThread() - before is > AllocatedMax and var bytes ? $"{bytes} bytes were allocated" : null;

    private void Fail(int number, ReaderTarget target, byte[] bytes, byte[] original, bool isForged, string problem)
    {
        string kind = $"{target.Name} {StatementCheck.Kind(problem)}";
        if (!_kinds.Add(kind))
        {
            return;
        }
        bool Fails(byte[] candidate) => Check(target, candidate, original, isForged, out _) is { } found && $"{target.Name} {StatementCheck.Kind(found)}" == kind;
        IReadOnlyList<byte[]> lines = Minimizer.Minimize<byte[]>(FolderDamage.LinesOf(bytes), candidate => Fails(FolderDamage.Join(candidate)), 2000, TimeSpan.FromSeconds(20));
        byte[] smallest = Fails(FolderDamage.Join(lines)) ? FolderDamage.Join(lines) : bytes;
        string kept = Path.Combine(Path.GetTempPath(), $"phantomdb-fuzz-reader-{seed}-{number}");
        File.WriteAllBytes(kept, smallest);
        Progress?.Invoke($"FAILURE seed {seed}, number {number} ({target.Name}): {problem}");
        _failures.Add(new FuzzFailure(seed, number, $"{target.Name}: {problem}", $"{kept}, {smallest.Length} bytes{(isForged ? ", checksums made to fit" : "")}"));
    }
}
