using System.Text.RegularExpressions;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.VisualStudio.TestTools.UnitTesting;
using PhantomDb.Hosting;

namespace PhantomDb.Tests.Hosting;

/// <summary>The worker of docs/tutorial-hosting.md is the code between the marks here, word for word; so it compiles, and this runs it with the page's configuration.</summary>
[TestClass]
public sealed partial class HostingTutorialTests : HostTest
{
    [TestMethod]
    public async Task The_worker_sells_takes_snapshots_and_logs_its_health()
    {
        File.WriteAllText(Path.Combine(Folder, "appsettings.json"), Blocks("json").Single());
        using CancellationTokenSource stop = new();
        Task running = Worker([$"--contentRoot={Folder}"], Logged, stop.Token);
        Assert.IsTrue(SpinWait.SpinUntil(() => running.IsCompleted || (HasLogged("Snapshot of database till") && HasLogged("phantomdb-till: Healthy")), TimeSpan.FromSeconds(120)));
        stop.Cancel();
        await running;
        Assert.IsTrue(HasLogged("SELECT count(*), sum(amount), pg_sleep(0.3) FROM sale"), "The slow statement is missing.");
        Assert.IsGreaterThanOrEqualTo(500, CountOnDisk("till", "sale"));
    }

    [TestMethod]
    public void The_worker_is_that_of_the_page()
    {
        CollectionAssert.AreEqual(new[] { Source("worker", 8) + "await builder.Build().RunAsync();\n", Source("till", 4), Source("health", 4) }, Blocks("csharp"));
    }

    private bool HasLogged(string text) => Logged.Lines.Any(line => line.Contains(text, StringComparison.Ordinal));

    private static async Task Worker(string[] args, ILoggerProvider log, CancellationToken stop)
    {
        // worker
        HostApplicationBuilder builder = Host.CreateApplicationBuilder(args);
        builder.AddPhantomDb("till");
        builder.Services.AddHostedService<Till>();
        builder.Services.AddHealthChecks().AddPhantomDb("till");
        builder.Services.AddSingleton<IHealthCheckPublisher, HealthLog>();
        // end of worker
        builder.Logging.ClearProviders().AddProvider(log);
        await builder.Build().RunAsync(stop);
    }

    // till
    internal sealed class Till(Database till) : BackgroundService
    {
        protected override async Task ExecuteAsync(CancellationToken stoppingToken)
        {
            using Session session = till.OpenSession();
            session.Execute("CREATE TABLE IF NOT EXISTS sale (id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY, at timestamptz NOT NULL DEFAULT now(), amount numeric(8,2) NOT NULL)").Dispose();
            using (QueryResult report = session.Execute("SELECT count(*), sum(amount), pg_sleep(0.3) FROM sale"))   // one that takes its time
            {
                report.Read();
            }
            using PreparedStatement sell = session.Prepare("INSERT INTO sale (amount) VALUES ($1)");
            while (!stoppingToken.IsCancellationRequested)
            {
                sell.Bind(1, Random.Shared.Next(100, 10_000) / 100m);
                sell.Execute().Dispose();
                await Task.Delay(TimeSpan.FromMilliseconds(10), stoppingToken);
            }
        }
    }
    // end of till

    // health
    internal sealed class HealthLog(ILogger<HealthLog> log) : IHealthCheckPublisher
    {
        public Task PublishAsync(HealthReport report, CancellationToken cancellationToken)
        {
            foreach ((string name, HealthReportEntry entry) in report.Entries)
            {
                log.LogInformation("{Check}: {Status}, {Description} commits {Commits}, since the last snapshot {Operations}", name, entry.Status, entry.Description, entry.Data["commits"], entry.Data["operationsSinceSnapshot"]);
            }
            return Task.CompletedTask;
        }
    }
    // end of health

    private static string[] Blocks(string language) => [.. Block().Matches(File.ReadAllText(RepositoryPaths.InRepository("docs", "tutorial-hosting.md")).ReplaceLineEndings("\n"))
        .Where(block => block.Groups["language"].Value == language).Select(block => block.Groups["text"].Value)];

    private static string Source(string name, int indent) => string.Concat(File.ReadLines(RepositoryPaths.InRepository("tests", "PhantomDb.Tests", "Hosting", "HostingTutorialTests.cs"))
        .SkipWhile(line => line.Trim() != $"// {name}").Skip(1)
        .TakeWhile(line => line.Trim() != $"// end of {name}")
        .Select(line => (line.Length > indent ? line[indent..] : line) + "\n"));

    [GeneratedRegex("```(?<language>csharp|json)\n(?<text>.*?)```", RegexOptions.Singleline)]
    private static partial Regex Block();
}
