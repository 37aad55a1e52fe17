using PhantomDb.Fuzz.Running;

namespace PhantomDb.Fuzz.Crash;

/// <summary>Runs crash scenarios by seeds: each a few faults, crashes and restarts at random. The same seed gives the same run.</summary>
public sealed class CrashFuzzer(int seed)
{
    public int FailureCountMax { get; init; } = 1;

    public FuzzReport Run(int count, int? only = null)
    {
        List<FuzzFailure> failures = [];
        int done = 0, checkedCount = 0;
        for (int number = only ?? 0; number < (only + 1 ?? count) && failures.Count < FailureCountMax; number++)
        {
            int runSeed = unchecked((seed * 1_000_003) + (number * 7919));
            SealUse seals = (SealUse)(number % 3);
            var runner = new CrashRunner(n => new SaveScenario(seals, unchecked(runSeed + n)), SaveScenario.NewOracle);
            runner.RunSeed(runSeed);
            done++;
            checkedCount += runner.CheckedCount;
            failures.AddRange(runner.Failures.Select(failure => new FuzzFailure(seed, number, failure, $"saves, {seals}")));
        }
        return new FuzzReport(done, failures, $"{checkedCount} crashes");
    }

    /// <summary>Power loss at every operation of every scenario, again at every operation after the restart, and every failure of every operation.</summary>
    public FuzzReport RunEveryOperation()
    {
        List<FuzzFailure> failures = [];
        int checkedCount = 0;
        foreach (SealUse seals in Enum.GetValues<SealUse>())
        {
            var runner = new CrashRunner(n => new SaveScenario(seals, unchecked(seed + n)), SaveScenario.NewOracle);
            runner.CrashAtEveryOperation(CrashRunner.AllProfiles, seedsPerProfile: 4, secondStep: 1);
            foreach (DiskFault fault in new[] { DiskFault.InputOutputError, DiskFault.DiskFull, DiskFault.ShortWrite })
            {
                runner.FailEveryOperation(fault, isLasting: false, CrashRunner.AllProfiles);
                runner.FailEveryOperation(fault, isLasting: true, CrashRunner.AllProfiles);
            }
            checkedCount += runner.CheckedCount;
            failures.AddRange(runner.Failures.Take(FailureCountMax).Select(failure => new FuzzFailure(seed, 0, failure, $"saves, {seals}")));
        }
        return new FuzzReport(Enum.GetValues<SealUse>().Length, failures, $"{checkedCount} crashes");
    }
}
