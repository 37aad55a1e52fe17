using System.Globalization;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using PhantomDb.Hosting;

namespace PhantomDb.Shell.Tools;

/// <summary>A generic host with one database and nothing else. Apart from <see cref="ServeTool"/>, so that no other command loads a host's assemblies.</summary>
internal static class ServeHost
{
    private const string OurCategories = "PhantomDb";

    /// <summary>Runs until a signal comes; the process's exit code.</summary>
    public static int Run(string name, DatabaseOptions options, ToolRun run)
    {
        HostApplicationBuilder builder = new(new HostApplicationBuilderSettings
        {
            DisableDefaults = true, ApplicationName = "phantomdb", ContentRootPath = Environment.CurrentDirectory,
        });
        builder.Logging.AddSimpleConsole(console =>
        {
            console.SingleLine = true;
            console.UseUtcTimestamp = true;
            console.TimestampFormat = "yyyy-MM-dd HH:mm:ss'Z' ";
        });
        builder.Services.Configure<Microsoft.Extensions.Logging.Console.ConsoleLoggerOptions>(console => console.LogToStandardErrorThreshold = LogLevel.Trace);
        // What fails the start or the end is thrown, and told once.
        builder.Logging.AddFilter((category, level) => level >= (category?.StartsWith(OurCategories, StringComparison.Ordinal) != true ? LogLevel.Critical
            : run.IsQuiet ? LogLevel.Warning : LogLevel.Information));
        builder.AddPhantomDb(name, database => (database.Database, database.MustExist) = (options, true));
        builder.Services.AddSingleton<IHostLifetime, SignalLifetime>();
        return Run(builder.Build(), run).GetAwaiter().GetResult();
    }

    private static async Task<int> Run(IHost host, ToolRun run)
    {
        try
        {
            // A process of its own need not wait for the opening: it ends at once, as a crash would end it.
            await host.StartAsync().WaitAsync(host.Services.GetRequiredService<IHostApplicationLifetime>().ApplicationStopping).ConfigureAwait(false);
            run.Output.WriteLine(ReadyLine(host.Services.GetRequiredService<Database>()));
            run.Output.Flush();
            await host.WaitForShutdownAsync().ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            // a signal, while the database was being opened
        }
        finally
        {
            await ((IAsyncDisposable)host).DisposeAsync().ConfigureAwait(false);
        }
        return 0;
    }

    private static string ReadyLine(Database database)
    {
        DatabaseOptions options = database.Options;
        string policy = options.SyncPolicy == SyncPolicy.Interval
            ? string.Create(CultureInfo.InvariantCulture, $"interval={options.SyncInterval.TotalMilliseconds}") : options.SyncPolicy.ToString().ToLowerInvariant();
        return string.Create(CultureInfo.InvariantCulture, $"{database.Name} is open: {database.FilePath}, sync {policy}, process {Environment.ProcessId}; SIGTERM or Ctrl-C ends it");
    }
}
