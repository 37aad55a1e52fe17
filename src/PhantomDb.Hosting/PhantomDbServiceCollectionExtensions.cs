using System.Data.Common;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using PhantomDb.Data;

namespace PhantomDb.Hosting;

/// <summary>Adds databases to a host.</summary>
public static class PhantomDbServiceCollectionExtensions
{
    /// <summary>
    /// Adds a database: open before other services are started, closed after all have stopped. Services get it as <see cref="Database"/>, or, where the host
    /// has several, by its name: <c>[FromKeyedServices("shop")] Database</c>; and in the same way as <see cref="PhantomDbDataSource"/>, <see cref="DbDataSource"/> and <see cref="PhantomDbConnection"/>.
    /// The configuration is read (<see cref="PhantomDbHostOptions"/>), and all is validated before the host starts. A name that has been added already is configured further.
    /// </summary>
    /// <param name="services">The host's.</param>
    /// <param name="name">The database's name in the data directory, unless <see cref="PhantomDbHostOptions.Name"/> says another; the key of its services and options.</param>
    /// <param name="configure">Sets what is not as by default.</param>
    public static IServiceCollection AddPhantomDb(this IServiceCollection services, string name, Action<PhantomDbHostOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        if (!services.Any(service => service.ServiceType == typeof(HostedDatabase) && name.Equals(service.ServiceKey)))
        {
            Add(services, name);
        }
        if (configure is not null)
        {
            services.Configure(name, configure);
        }
        return services;
    }

    /// <inheritdoc cref="AddPhantomDb(IServiceCollection, string, Action{PhantomDbHostOptions}?)"/>
    /// <param name="builder">The host's.</param>
    public static TBuilder AddPhantomDb<TBuilder>(this TBuilder builder, string name, Action<PhantomDbHostOptions>? configure = null)
        where TBuilder : IHostApplicationBuilder
    {
        ArgumentNullException.ThrowIfNull(builder);
        builder.Services.AddPhantomDb(name, configure);
        return builder;
    }

    private static void Add(IServiceCollection services, string name)
    {
        BlockedThreads.AreReplacedAtOnce();
        services.AddSingleton<IConfigureOptions<PhantomDbHostOptions>>(provider => new ConfigurationBinding(name, provider.GetService<IConfiguration>()));
        services.AddSingleton<IValidateOptions<PhantomDbHostOptions>>(new PhantomDbHostOptionsValidator(name));
        services.AddOptions<PhantomDbHostOptions>(name).ValidateOnStart();
        services.AddSingleton(new DatabaseKey(name));
        services.AddKeyedSingleton(name, (provider, _) => new HostedDatabase(
            name, provider.GetRequiredService<IOptionsMonitor<PhantomDbHostOptions>>().Get(name), provider.GetService<IHostEnvironment>()?.ContentRootPath, LoggerOf<HostedDatabase>(provider),
            provider.GetService<TimeProvider>() ?? TimeProvider.System, provider.GetService<IHostApplicationLifetime>()?.ApplicationStopping ?? default));
        services.AddKeyedSingleton(name, (provider, _) => provider.GetRequiredKeyedService<HostedDatabase>(name).Database);
        services.AddKeyedSingleton(name, (provider, _) => new PhantomDbDataSource(
            provider.GetRequiredKeyedService<Database>(name), provider.GetRequiredService<IOptionsMonitor<PhantomDbHostOptions>>().Get(name).Connections));
        services.AddKeyedSingleton<DbDataSource>(name, (provider, _) => provider.GetRequiredKeyedService<PhantomDbDataSource>(name));
        services.AddKeyedTransient(name, (provider, _) => provider.GetRequiredKeyedService<PhantomDbDataSource>(name).CreateConnection());
        services.TryAddSingleton(TheOnlyOne<Database>);
        services.TryAddSingleton(TheOnlyOne<PhantomDbDataSource>);
        services.TryAddSingleton<DbDataSource>(TheOnlyOne<PhantomDbDataSource>);
        services.TryAddTransient(TheOnlyOne<PhantomDbConnection>);
        services.AddSingleton<IHostedService>(provider => provider.GetRequiredKeyedService<HostedDatabase>(name));
        services.AddSingleton<IHostedService>(provider => new SnapshotService(name, provider.GetRequiredKeyedService<HostedDatabase>(name), LoggerOf<SnapshotService>(provider)));
    }

    private static T TheOnlyOne<T>(IServiceProvider provider)
        where T : notnull
    {
        string[] names = [.. provider.GetServices<DatabaseKey>().Select(key => key.Name)];
        return names.Length == 1
            ? provider.GetRequiredKeyedService<T>(names[0])
            : throw new InvalidOperationException($"The host has several databases, {string.Join(", ", names)}: ask for one of them, as [FromKeyedServices(\"{names[0]}\")] {typeof(T).Name}.");
    }

    private static ILogger LoggerOf<T>(IServiceProvider provider) => (provider.GetService<ILoggerFactory>() ?? NullLoggerFactory.Instance).CreateLogger<T>();
}

/// <summary>Under which a database was added.</summary>
internal sealed record DatabaseKey(string Name);
