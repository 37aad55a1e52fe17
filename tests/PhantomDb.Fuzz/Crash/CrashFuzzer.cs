using PhantomDb.Fuzz.Running;

namespace PhantomDb.Fuzz.Crash;

/// <summary>
/// Runs crash scenarios by seeds: each a few faults, crashes and restarts at random, of scenarios whose sizes and options are at random too, on an empty disk or on one
/// that larger runs have left. The same seed gives the same run, but for those with threads.
/// </summary>
public sealed class CrashFuzzer(int seed)
{
    private const int StartCount = 64;

    private static readonly Kind[] Kinds =
    [
        Whole("database", new DatabaseScenarioOptions()),
        Whole("database, threads", new DatabaseScenarioOptions { IsThreaded = true, TransactionCount = 6, HasBackgroundSnapshots = true }),
        Saves(SealUse.Alternating),
        Whole("database", new DatabaseScenarioOptions()),
        Whole("database, Interval", new DatabaseScenarioOptions { Policy = SyncPolicy.Interval, HasBackgroundSnapshots = true }),
        Whole("database, snapshots", new DatabaseScenarioOptions { HasBackgroundSnapshots = true }),
        Whole("database", new DatabaseScenarioOptions()),
        Whole("database, None", new DatabaseScenarioOptions { Policy = SyncPolicy.None }),
        Whole("database, more clients", new DatabaseScenarioOptions { ClientCount = 6, TransactionCount = 3 }),
        Whole("database", new DatabaseScenarioOptions()),
        Saves(SealUse.Sealed),
        Saves(SealUse.Unsealed),
    ];

    private readonly CrashStart?[] _starts = new CrashStart?[StartCount];

    public int FailureCountMax { get; init; } = 1;

    /// <summary>Told now and then how far it is.</summary>
    public Action<string>? Progress { get; init; }

    public FuzzReport Run(int count, int? only = null)
    {
        List<FuzzFailure> failures = [];
        int done = 0, checkedCount = 0;
        for (int number = only ?? 0; number < (only + 1 ?? count) && failures.Count < FailureCountMax; number++)
        {
            int runSeed = RunSeed(number);
            Kind kind = Kinds[number % Kinds.Length];
            CrashRunner runner = kind.NewRunner(runSeed);
            int start = new Random(~runSeed).Next(2 * StartCount);
            runner.RunSeed(runSeed, kind.MayGoOn && start < StartCount ? Start(start) : null);
            done++;
            checkedCount += runner.CheckedCount;
            failures.AddRange(runner.Failures.Select(failure => new FuzzFailure(seed, number, failure, kind.Name)));
            runner.Failures.ForEach(failure => Progress?.Invoke($"FAILURE seed {seed}, number {number} ({kind.Name}): {failure}"));   // a run may take hours
            if (done % 10_000 == 0)
            {
                Progress?.Invoke($"{done} seeds, {checkedCount} crashes, {failures.Count} failures, {Environment.CpuUsage.TotalTime.TotalSeconds:F0} s of the processor");
            }
        }
        return new FuzzReport(done, failures, $"{checkedCount} crashes");
    }

    private int RunSeed(int number) => unchecked((seed * 1_000_003) + (number * 7919));

    // What a run of whole size has left, closed in order or not: a log with several segments, snapshots, a database file. One that failed does so as a run, too.
    private CrashStart Start(int index)
    {
        for (int attempt = 0; _starts[index] is null; attempt++)
        {
            int startSeed = unchecked(RunSeed(-1 - index) + attempt);
            _starts[index] = new CrashRunner(n => new DatabaseScenario(new DatabaseScenarioOptions(), unchecked(startSeed + n)), DatabaseScenario.NewOracle).RunSeed(startSeed);
        }
        return _starts[index]!;
    }

    /// <summary>Power loss at every operation of every scenario, again at every operation after the restart, every failure of every operation, and of some operations after each restart.</summary>
    public FuzzReport RunEveryOperation(string? onlyScenario = null)
    {
        List<FuzzFailure> failures = [];
        int checkedCount = 0;
        Kind[] kinds = [.. Kinds.DistinctBy(kind => kind.Name).Where(kind => kind.Name == (onlyScenario ?? kind.Name))];
        if (kinds.Length == 0)
        {
            throw new ArgumentException($"there is no scenario {onlyScenario}");
        }
        foreach (Kind kind in kinds)
        {
            var runner = new CrashRunner(n => kind.Make(unchecked(seed + n)), kind.NewOracle) { Progress = text => Progress?.Invoke($"{kind.Name}: {text}") };
            runner.CrashAtEveryOperation(CrashRunner.AllProfiles, seedsPerProfile: 4);
            foreach (DiskFault fault in new[] { DiskFault.InputOutputError, DiskFault.DiskFull, DiskFault.ShortWrite })
            {
                runner.FailEveryOperation(fault, isLasting: false, CrashRunner.AllProfiles);
                runner.FailEveryOperation(fault, isLasting: true, CrashRunner.AllProfiles);
            }
            runner.FailAfterEveryCrash(DiskFault.InputOutputError, [CrashProfile.ProcessKilled], secondStep: 11);
            runner.CrashAtEveryOperation(CrashRunner.AllProfiles, secondStep: 1);
            checkedCount += runner.CheckedCount;
            failures.AddRange(runner.Failures.Take(FailureCountMax).Select(failure => new FuzzFailure(seed, 0, failure, kind.Name)));
        }
        return new FuzzReport(kinds.Length, failures, $"{checkedCount} crashes");
    }

    private static Kind Whole(string name, DatabaseScenarioOptions options) =>
        new(name, seed => new DatabaseScenario(options, seed), seed => new DatabaseScenario(options.Draw(new Random(seed)), seed), DatabaseScenario.NewOracle, MayGoOn: true);

    private static Kind Saves(SealUse seals) => new($"saves, {seals}", seed => new SaveScenario(seals, seed), seed => new SaveScenario(seals, seed, saveCount: 1 + ((seed & int.MaxValue) % 3)), SaveScenario.NewOracle, MayGoOn: false);

    /// <param name="Make">Of whole size.</param>
    /// <param name="Draw">Of a size at random.</param>
    /// <param name="MayGoOn">True where it can begin with what another kind has left.</param>
    private sealed record Kind(string Name, Func<int, ICrashScenario> Make, Func<int, ICrashScenario> Draw, Func<Oracle> NewOracle, bool MayGoOn)
    {
        public CrashRunner NewRunner(int runSeed) => new(number => Draw(unchecked(runSeed + number)), NewOracle);
    }
}
