using System.Collections.Concurrent;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.VisualStudio.TestTools.UnitTesting;
using PhantomDb.Hosting;

namespace PhantomDb.Tests.Hosting;

/// <summary>What tests of hosts share: a folder, a host with databases in it, what it has logged.</summary>
public abstract class HostTest
{
    private protected string Folder { get; } = Directory.CreateTempSubdirectory("phantomdb-hosting-").FullName;

    private protected string DataFolder => Path.Combine(Folder, "data");

    private protected DatabaseOptions Options => new() { DataDirectory = DataFolder };

    private protected LogLines Logged { get; } = new();

    [TestCleanup]
    public void Clean() => Directory.Delete(Folder, recursive: true);

    /// <summary>A host whose content root is the folder, so that databases are in <see cref="DataFolder"/>.</summary>
    private protected HostApplicationBuilder NewHost()
    {
        HostApplicationBuilder builder = new(new HostApplicationBuilderSettings { DisableDefaults = true, ContentRootPath = Folder });
        builder.Logging.AddProvider(Logged);
        builder.Logging.SetMinimumLevel(LogLevel.Trace);
        return builder;
    }

    private protected void Make(string name, params string[] statements)
    {
        using Database database = Database.Open(name, Options);
        Run(database, statements);
    }

    private protected static void Run(Database database, params string[] statements)
    {
        using Session session = database.OpenSession();
        foreach (string statement in statements)
        {
            session.Execute(statement).Dispose();
        }
    }

    private protected static long Count(Database database, string table)
    {
        using Session session = database.OpenSession();
        using QueryResult rows = session.Execute($"SELECT count(*) FROM {table}");
        Assert.IsTrue(rows.Read());
        return rows.GetInt64(0);
    }

    private protected long CountOnDisk(string name, string table)
    {
        using Database database = Database.Open(name, Options);
        Assert.AreEqual(RecoveryVerdict.Clean, database.Recovery!.Verdict, database.Recovery.ToString());
        return Count(database, table);
    }

    /// <summary>Does something when the host starts and stops.</summary>
    private protected sealed class Step(Action? start, Action<CancellationToken>? stop) : IHostedService
    {
        public Task StartAsync(CancellationToken cancellationToken)
        {
            start?.Invoke();
            return Task.CompletedTask;
        }

        public Task StopAsync(CancellationToken cancellationToken)
        {
            stop?.Invoke(cancellationToken);
            return Task.CompletedTask;
        }
    }

    /// <summary>All that has been logged, with its level and the exception's type.</summary>
    private protected sealed class LogLines : ILoggerProvider, ILogger
    {
        public ConcurrentQueue<string> Lines { get; } = [];

        public IEnumerable<string> Ours => Lines.Where(line => line.Contains("atabase", StringComparison.Ordinal));

        public ILogger CreateLogger(string categoryName) => this;

        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            Lines.Enqueue($"{logLevel}: {formatter(state, exception)}{(exception is null ? "" : $" {exception.GetType().Name}: {exception.Message}")}");

        public void Dispose()
        {
        }
    }
}
