using Microsoft.VisualStudio.TestTools.UnitTesting;
using PhantomDb.Fuzz.Crash;

namespace PhantomDb.Tests.Crash;

/// <summary>
/// Snapshots, checkpoints and what they make go, on a disk that fails or loses power at any operation: no acknowledged commit is lost, a file that has the name of a
/// snapshot is whole, and the newest file may be damaged besides.
/// </summary>
[TestClass]
public sealed class SnapshotCrashTests
{
    [TestMethod]
    public void T2_a_power_loss_at_every_operation_of_snapshots_and_retention_loses_nothing()
    {
        CrashRunner runner = NewRunner();
        runner.CrashAtEveryOperation([CrashProfile.AllLost, CrashProfile.Posix512, CrashProfile.Ordered, CrashProfile.NamesLost]);
        ExpectNoFailure(runner);
        Assert.IsGreaterThan(200, runner.CheckedCount);
    }

    [TestMethod]
    public void T2_a_second_power_loss_after_the_first_loses_nothing_either()
    {
        CrashRunner runner = NewRunner();
        runner.CrashAtEveryOperation([CrashProfile.Posix512], secondStep: 23, step: 11);
        ExpectNoFailure(runner);
    }

    [TestMethod]
    public void T10_failing_operations_of_every_kind_lose_nothing()
    {
        CrashRunner runner = NewRunner(roundCount: 3);
        foreach (DiskFault fault in new[] { DiskFault.InputOutputError, DiskFault.DiskFull, DiskFault.ShortWrite })
        {
            runner.FailEveryOperation(fault, isLasting: false, [CrashProfile.AllLost, CrashProfile.Posix512]);
        }
        ExpectNoFailure(runner);
    }

    private static CrashRunner NewRunner(int roundCount = 5) => new(number => new SnapshotScenario(number, roundCount), () => new Oracle());

    private static void ExpectNoFailure(CrashRunner runner) =>
        Assert.IsEmpty(runner.Failures, $"{runner.Failures.Count} of {runner.CheckedCount}:\n{string.Join('\n', runner.Failures.Take(20))}");
}
