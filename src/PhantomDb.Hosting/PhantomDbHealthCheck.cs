using System.Globalization;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace PhantomDb.Hosting;

/// <summary>
/// How a host's database does. Unhealthy: it is not open, its lock is not held, or commits are not getting onto the disk. Degraded: it works, but somebody should look: recovery found files
/// damaged or in doubt, snapshots fail or are too old, a follower does not keep up. A log that a crash has torn is as it should be.
/// </summary>
internal sealed class PhantomDbHealthCheck(HostedDatabase hosted, PhantomDbHostOptions options) : IHealthCheck
{
    private const int PeriodsMax = 3;   // without a snapshot, where one was to be taken in each

    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) => Task.FromResult(Check(context.Registration.FailureStatus));

    private HealthCheckResult Check(HealthStatus failure)
    {
        if (hosted.OpenDatabase is not { } database)
        {
            return new HealthCheckResult(failure, "The database is not open.");
        }
        DatabaseStatus status;
        try
        {
            status = database.GetStatus();
        }
        catch (ObjectDisposedException)
        {
            return new HealthCheckResult(failure, "The database is closed.");
        }
        Dictionary<string, object> data = new()
        {
            ["commits"] = status.CommitCount, ["memoryBytes"] = status.MemoryUsed, ["sessions"] = status.SessionCount, ["logBytesQueued"] = status.LogBytesQueued,
            ["operationsSinceSnapshot"] = status.OperationsSinceSnapshot,
        };
        if (database.Recovery is { } recovery)
        {
            data["recovery"] = recovery.VerdictText;
        }
        if (status.SnapshotAge is { } age)
        {
            data["snapshotAge"] = age.ToString("c", CultureInfo.InvariantCulture);
        }
        if (status.LogError is { } error)
        {
            return new HealthCheckResult(failure, status.IsLogStopped ? $"The database can only be read until it is opened again: {error.Message}" : $"Commits do not get onto the disk: {error.Message}", error, data);
        }
        if (database is { FilePath: not null, Options.IsReadOnly: false } && !status.IsLocked)
        {
            return new HealthCheckResult(failure, "The lock of the database is not held: nothing can be written, or others may write, too.", data: data);
        }
        List<string> doubts = [.. Doubts(database, status)];
        return doubts.Count == 0 ? HealthCheckResult.Healthy("The database is open.", data) : HealthCheckResult.Degraded(string.Join(' ', doubts), status.SnapshotError, data);
    }

    private IEnumerable<string> Doubts(Database database, DatabaseStatus status)
    {
        if (database.Recovery is { Verdict: not (RecoveryVerdict.Clean or RecoveryVerdict.Torn) } report)
        {
            yield return $"Its files were not as they should be when it was opened: {report.ToLine()}.";
        }
        if (status.SnapshotError is { } error)
        {
            yield return $"Its last snapshot failed: {error.Message}.";
        }
        if (SnapshotAgeMax(database) is { } max && status.SnapshotAge > max && status.OperationsSinceSnapshot > 0)
        {
            yield return string.Create(CultureInfo.InvariantCulture, $"Its last snapshot is {status.SnapshotAge:c} old, and {status.OperationsSinceSnapshot} operations are not in it.");
        }
        if (status.FollowProblem is { } problem)
        {
            yield return $"It does not follow: {problem}";
        }
    }

    private TimeSpan? SnapshotAgeMax(Database database) => options.SnapshotAgeMax ?? (database.Snapshots is { IsEnabled: true, Period: { } period } ? period * PeriodsMax : null);
}
