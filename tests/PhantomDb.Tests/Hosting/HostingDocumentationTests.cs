using System.Text.RegularExpressions;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.VisualStudio.TestTools.UnitTesting;
using PhantomDb.Hosting;

namespace PhantomDb.Tests.Hosting;

/// <summary>The examples of docs/hosting.md are the code between the marks here, word for word; so they compile, and this runs them.</summary>
[TestClass]
public sealed class HostingDocumentationTests : HostTest
{
    [TestMethod]
    public async Task The_example_runs_until_it_is_told_to_stop()
    {
        using CancellationTokenSource stop = new();
        Task running = Example([$"--contentRoot={Folder}", "--Logging:LogLevel:Default=None"], stop.Token);
        string log = Path.Combine(DataFolder, "shop.log");
        Assert.IsTrue(SpinWait.SpinUntil(() => running.IsCompleted || (File.Exists(log) && File.ReadAllText(log).Contains("INSERT,tick", StringComparison.Ordinal)), TimeSpan.FromSeconds(60)));
        stop.Cancel();
        await running;
        Assert.IsGreaterThan(0, CountOnDisk("shop", "tick"));
    }

    [TestMethod]
    public void The_examples_are_those_of_the_page()
    {
        string page = File.ReadAllText(RepositoryPaths.InRepository("docs", "hosting.md"));
        string[] blocks = [.. Regex.Matches(page, "```csharp\n(.*?)```", RegexOptions.Singleline).Select(block => block.Groups[1].Value)];
        CollectionAssert.AreEqual(new[] { Source("example", 8).Replace("RunAsync(stop)", "RunAsync()", StringComparison.Ordinal), Source("service", 4) }, blocks);
    }

    private static async Task Example(string[] args, CancellationToken stop)
    {
        // example
        HostApplicationBuilder builder = Host.CreateApplicationBuilder(args);
        builder.AddPhantomDb("shop", options => options.Database = new DatabaseOptions { SyncPolicy = SyncPolicy.Interval });
        builder.Services.AddHostedService<Counter>();
        await builder.Build().RunAsync(stop);
        // end of example
    }

    // service
    internal sealed class Counter(Database shop) : BackgroundService
    {
        protected override async Task ExecuteAsync(CancellationToken stoppingToken)
        {
            using Session session = shop.OpenSession();
            session.Execute("CREATE TABLE IF NOT EXISTS tick (at timestamptz DEFAULT now())").Dispose();
            while (!stoppingToken.IsCancellationRequested)
            {
                session.Execute("INSERT INTO tick DEFAULT VALUES").Dispose();
                await Task.Delay(TimeSpan.FromSeconds(1), stoppingToken);
            }
        }
    }
    // end of service

    private static string Source(string name, int indent)
    {
        IEnumerable<string> lines = File.ReadLines(RepositoryPaths.InRepository("tests", "PhantomDb.Tests", "Hosting", "HostingDocumentationTests.cs"))
            .SkipWhile(line => line.Trim() != $"// {name}").Skip(1)
            .TakeWhile(line => line.Trim() != $"// end of {name}");
        return string.Concat(lines.Select(line => (line.Length > indent ? line[indent..] : "") + "\n"));
    }
}
