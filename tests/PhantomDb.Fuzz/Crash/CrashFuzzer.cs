using PhantomDb.Fuzz.Running;

namespace PhantomDb.Fuzz.Crash;

/// <summary>Runs crash scenarios by seeds: each a few faults, crashes and restarts at random. The same seed gives the same run, but for those with threads.</summary>
public sealed class CrashFuzzer(int seed)
{
    private static readonly Kind[] Kinds =
    [
        Whole("database", new DatabaseScenarioOptions()),
        Whole("database, threads", new DatabaseScenarioOptions { IsThreaded = true, TransactionCount = 6, HasBackgroundSnapshots = true }),
        Saves(SealUse.Alternating),
        Whole("database", new DatabaseScenarioOptions()),
        Whole("database, Interval", new DatabaseScenarioOptions { Policy = SyncPolicy.Interval, HasBackgroundSnapshots = true }),
        Whole("database, snapshots", new DatabaseScenarioOptions { HasBackgroundSnapshots = true }),
        Saves(SealUse.Sealed),
        Whole("database, None", new DatabaseScenarioOptions { Policy = SyncPolicy.None }),
        Whole("database, more clients", new DatabaseScenarioOptions { ClientCount = 6, TransactionCount = 3 }),
        Saves(SealUse.Unsealed),
    ];

    public int FailureCountMax { get; init; } = 1;

    /// <summary>Told now and then how far it is.</summary>
    public Action<string>? Progress { get; init; }

    public FuzzReport Run(int count, int? only = null)
    {
        List<FuzzFailure> failures = [];
        int done = 0, checkedCount = 0;
        int?[] operations = new int?[Kinds.Length];
        for (int number = only ?? 0; number < (only + 1 ?? count) && failures.Count < FailureCountMax; number++)
        {
            int runSeed = unchecked((seed * 1_000_003) + (number * 7919));
            Kind kind = Kinds[number % Kinds.Length];
            var runner = new CrashRunner(n => kind.Make(unchecked(runSeed + n)), kind.NewOracle)
            {
                OperationCount = operations[number % Kinds.Length] ??= new CrashRunner(kind.Make, kind.NewOracle).CountOperations(),
            };
            runner.RunSeed(runSeed);
            done++;
            checkedCount += runner.CheckedCount;
            failures.AddRange(runner.Failures.Select(failure => new FuzzFailure(seed, number, failure, kind.Name)));
            runner.Failures.ForEach(failure => Progress?.Invoke($"FAILURE seed {seed}, number {number} ({kind.Name}): {failure}"));   // a run may take hours
            if (done % 1000 == 0)
            {
                Progress?.Invoke($"{done} seeds, {checkedCount} crashes, {failures.Count} failures");
            }
        }
        return new FuzzReport(done, failures, $"{checkedCount} crashes");
    }

    /// <summary>Power loss at every operation of every scenario, again at every operation after the restart, and every failure of every operation.</summary>
    public FuzzReport RunEveryOperation()
    {
        List<FuzzFailure> failures = [];
        int checkedCount = 0;
        Kind[] kinds = [.. Kinds.DistinctBy(kind => kind.Name)];
        foreach (Kind kind in kinds)
        {
            var runner = new CrashRunner(n => kind.Make(unchecked(seed + n)), kind.NewOracle) { Progress = text => Progress?.Invoke($"{kind.Name}: {text}") };
            runner.CrashAtEveryOperation(CrashRunner.AllProfiles, seedsPerProfile: 4);
            foreach (DiskFault fault in new[] { DiskFault.InputOutputError, DiskFault.DiskFull, DiskFault.ShortWrite })
            {
                runner.FailEveryOperation(fault, isLasting: false, CrashRunner.AllProfiles);
                runner.FailEveryOperation(fault, isLasting: true, CrashRunner.AllProfiles);
            }
            runner.CrashAtEveryOperation(CrashRunner.AllProfiles, secondStep: 1);
            checkedCount += runner.CheckedCount;
            failures.AddRange(runner.Failures.Take(FailureCountMax).Select(failure => new FuzzFailure(seed, 0, failure, kind.Name)));
        }
        return new FuzzReport(kinds.Length, failures, $"{checkedCount} crashes");
    }

    private static Kind Whole(string name, DatabaseScenarioOptions options) => new(name, seed => new DatabaseScenario(options, seed), DatabaseScenario.NewOracle);

    private static Kind Saves(SealUse seals) => new($"saves, {seals}", seed => new SaveScenario(seals, seed), SaveScenario.NewOracle);

    private sealed record Kind(string Name, Func<int, ICrashScenario> Make, Func<Oracle> NewOracle);
}
