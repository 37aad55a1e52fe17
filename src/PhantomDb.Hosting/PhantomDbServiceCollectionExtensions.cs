using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace PhantomDb.Hosting;

/// <summary>Adds databases to a host.</summary>
public static class PhantomDbServiceCollectionExtensions
{
    /// <summary>
    /// Adds a database: open before other services are started, closed after all have stopped. Services get it as <see cref="Database"/>, or, where the host
    /// has several, by its name: <c>[FromKeyedServices("shop")] Database</c>. A name that has been added already is configured further.
    /// </summary>
    /// <param name="services">The host's.</param>
    /// <param name="name">The database's name in the data directory, unless <see cref="PhantomDbHostOptions.Name"/> says another; the key of its services and options.</param>
    /// <param name="configure">Sets what is not as by default.</param>
    public static IServiceCollection AddPhantomDb(this IServiceCollection services, string name, Action<PhantomDbHostOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        OptionsBuilder<PhantomDbHostOptions> options = services.AddOptions<PhantomDbHostOptions>(name);
        if (configure is not null)
        {
            options.Configure(configure);
        }
        if (!services.Any(service => service.ServiceType == typeof(HostedDatabase) && name.Equals(service.ServiceKey)))
        {
            Add(services, name);
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
        services.AddSingleton(new DatabaseKey(name));
        services.AddKeyedSingleton(name, (provider, _) => new HostedDatabase(
            name, provider.GetRequiredService<IOptionsMonitor<PhantomDbHostOptions>>().Get(name), provider.GetService<IHostEnvironment>()?.ContentRootPath, LoggerOf<HostedDatabase>(provider)));
        services.AddKeyedSingleton(name, (provider, _) => provider.GetRequiredKeyedService<HostedDatabase>(name).Database);
        services.TryAddSingleton(TheOnlyOne);
        services.AddSingleton<IHostedService>(provider => provider.GetRequiredKeyedService<HostedDatabase>(name));
        services.AddSingleton<IHostedService>(provider => new SnapshotService(name, provider.GetRequiredKeyedService<HostedDatabase>(name), LoggerOf<SnapshotService>(provider)));
    }

    private static Database TheOnlyOne(IServiceProvider provider)
    {
        string[] names = [.. provider.GetServices<DatabaseKey>().Select(key => key.Name)];
        return names.Length == 1
            ? provider.GetRequiredKeyedService<Database>(names[0])
            : throw new InvalidOperationException($"The host has several databases, {string.Join(", ", names)}: ask for one of them, as [FromKeyedServices(\"{names[0]}\")] Database.");
    }

    private static ILogger LoggerOf<T>(IServiceProvider provider) => (provider.GetService<ILoggerFactory>() ?? NullLoggerFactory.Instance).CreateLogger<T>();

    /// <summary>Under which a database was added.</summary>
    private sealed record DatabaseKey(string Name);
}
