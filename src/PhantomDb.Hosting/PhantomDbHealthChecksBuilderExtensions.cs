using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Options;

namespace PhantomDb.Hosting;

/// <summary>Adds the health of databases to a host's health checks.</summary>
public static class PhantomDbHealthChecksBuilderExtensions
{
    /// <summary>
    /// The health of a database that was added with <see cref="PhantomDbServiceCollectionExtensions.AddPhantomDb(IServiceCollection, string, Action{PhantomDbHostOptions}?)"/>. Failing: it is not
    /// open, its lock is not held, or its log cannot be written, or takes nothing more. Degraded: recovery found files damaged or in doubt (<see cref="RecoveryVerdict.Repaired"/>), a snapshot failed or is older than
    /// <see cref="PhantomDbHostOptions.SnapshotAgeMax"/>, a follower does not keep up. It looks at memory alone, and takes microseconds.
    /// </summary>
    /// <param name="builder">The host's.</param>
    /// <param name="name">The name under which the database is added. Where there is none of that name the host does not start.</param>
    /// <param name="checkName">Of the health check; null: <c>phantomdb-</c> and the database's name.</param>
    /// <param name="failureStatus">What it reports where the database fails; null: unhealthy.</param>
    /// <param name="tags">By which health checks are selected.</param>
    public static IHealthChecksBuilder AddPhantomDb(
        this IHealthChecksBuilder builder, string name, string? checkName = null, HealthStatus? failureStatus = null, IEnumerable<string>? tags = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        builder.Services.AddSingleton<IValidateOptions<HealthCheckServiceOptions>>(provider => new NameValidator(name, provider.GetServices<DatabaseKey>()));
        builder.Services.AddOptions<HealthCheckServiceOptions>().ValidateOnStart();
        return builder.Add(new HealthCheckRegistration(
            checkName ?? $"phantomdb-{name}",
            provider => new PhantomDbHealthCheck(
                provider.GetRequiredKeyedService<HostedDatabase>(name),
                provider.GetRequiredService<IOptionsMonitor<PhantomDbHostOptions>>().Get(name)),
            failureStatus,
            tags));
    }

    /// <summary>Looks when the host starts whether it has the database, and not when somebody asks how that does.</summary>
    private sealed class NameValidator(string name, IEnumerable<DatabaseKey> databases) : IValidateOptions<HealthCheckServiceOptions>
    {
        public ValidateOptionsResult Validate(string? optionsName, HealthCheckServiceOptions options)
        {
            string[] names = [.. databases.Select(database => database.Name)];
            return names.Contains(name) ? ValidateOptionsResult.Success
                : ValidateOptionsResult.Fail($"AddHealthChecks().AddPhantomDb(\"{name}\"): the host has no database of that name; it has {(names.Length > 0 ? string.Join(", ", names) : "none")}.");
        }
    }
}
