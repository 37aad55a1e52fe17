using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using Microsoft.VisualStudio.TestTools.UnitTesting;
using PhantomDb.Tests.Shell;

namespace PhantomDb.Tests.Hosting;

/// <summary>The sample application (tests/PhantomDb.Orders) under load: told to end or killed, started again, and asked from outside what it has kept, how it is and what it has counted.</summary>
[TestClass]
public sealed class SampleHostTests
{
    private const int ClientCount = 4, OrdersPerRound = 200;

    private readonly string _folder = Directory.CreateTempSubdirectory("phantomdb-orders-").FullName;
    private readonly ConcurrentDictionary<long, (string Customer, decimal Amount)> _acknowledged = [];
    private int _sentCount;

    [TestCleanup]
    public void Clean() => Directory.Delete(_folder, recursive: true);

    [TestMethod]
    public async Task Under_load_what_was_answered_outlives_every_signal()
    {
        ShellProcess.SkipWithoutSignals();
        foreach ((string signal, int exitCode) in new[] { ("TERM", 0), ("KILL", 137), ("KILL", 137), ("INT", 0) })
        {
            using var app = new OrdersProcess(_folder);
            using HttpClient client = app.NewClient();
            await ExpectAllIsThere(client);
            using var ending = new CancellationTokenSource();
            int target = _acknowledged.Count + OrdersPerRound;
            Task[] clients = [.. Enumerable.Range(0, ClientCount).Select(number => Order(client, $"customer {number}", ending.Token))];
            Assert.IsTrue(SpinWait.SpinUntil(() => Idle() && (_acknowledged.Count >= target || clients.Any(task => task.IsCompleted)), OrdersProcess.Patience), "It answers no orders.");
            Assert.IsFalse(clients.Any(task => task.IsCompleted), "A client has ended before the application has.");
            await ending.CancelAsync();   // from now on requests may fail, and go on until they do
            app.Signal(signal);
            await Task.WhenAll(clients);
            Assert.AreEqual(exitCode, app.WaitForExit(), app.Log);
        }
        using var last = new OrdersProcess(_folder);
        await ExpectAllIsThere(last.NewClient());
        last.Signal("TERM");
        Assert.AreEqual(0, last.WaitForExit(), last.Log);
        Assert.AreEqual(0, ShellProcess.Run(_folder, "", "verify", "shop").ExitCode);
    }

    // A health check, the totals that transactions change together, every order that was answered, and the metrics.
    private async Task ExpectAllIsThere(HttpClient client)
    {
        Assert.AreEqual("Healthy", await client.GetStringAsync("/health"));
        Summary summary = (await client.GetFromJsonAsync<Summary>("/summary"))!;
        Assert.AreEqual(summary.OrderTotal, summary.CustomerTotal);
        Assert.IsInRange(_acknowledged.Count, _sentCount, summary.Count);
        foreach ((long id, (string customer, decimal amount)) in _acknowledged)
        {
            Assert.AreEqual(new Answer(id, customer, amount), await client.GetFromJsonAsync<Answer>($"/orders/{id}"));
        }
        long before = await Metric(client, "phantomdb.commits"), flushes = await Metric(client, "phantomdb.log.flush.duration.count");
        await Post(client, "prober", 1);
        Assert.IsInRange(before + 1, before + 2, await Metric(client, "phantomdb.commits"));   // now and then the sequence reserves values
        Assert.IsGreaterThan(flushes, await Metric(client, "phantomdb.log.flush.duration.count"));
        Assert.AreEqual(0, await Metric(client, "phantomdb.errors"));
    }

    // Until the application is gone.
    private async Task Order(HttpClient client, string customer, CancellationToken ending)
    {
        for (int number = 1; ; number++)
        {
            try
            {
                if (!await Post(client, customer, number + 0.25m) && ending.IsCancellationRequested)
                {
                    return;
                }
            }
            catch (Exception error) when (error is HttpRequestException or IOException && ending.IsCancellationRequested)
            {
                return;
            }
        }
    }

    private async Task<bool> Post(HttpClient client, string customer, decimal amount)
    {
        Interlocked.Increment(ref _sentCount);
        using HttpResponseMessage response = await client.PostAsJsonAsync("/orders", new { customer, amount });
        if (response.StatusCode != HttpStatusCode.Created)
        {
            return false;
        }
        Answer order = (await response.Content.ReadFromJsonAsync<Answer>())!;
        Assert.IsTrue(_acknowledged.TryAdd(order.Id, (order.Customer, order.Amount)), $"order {order.Id} was given twice");
        return true;
    }

    private static async Task<long> Metric(HttpClient client, string name)
    {
        string text = await client.GetStringAsync("/metrics");
        string? line = text.Split('\n').FirstOrDefault(line => line.StartsWith(name + " ", StringComparison.Ordinal));
        return line is null ? 0 : long.Parse(line.AsSpan(name.Length + 1), CultureInfo.InvariantCulture);
    }

    private static bool Idle()
    {
        Thread.Sleep(5);
        return true;
    }

    private sealed record Answer(long Id, string Customer, decimal Amount);

    private sealed record Summary(long Count, decimal OrderTotal, decimal CustomerTotal);

    /// <summary>The application, on a free port of the loopback.</summary>
    private sealed class OrdersProcess : IDisposable
    {
        private const string Listening = "Now listening on: ";

        public static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

        private readonly Process _process;
        private readonly ConcurrentQueue<string> _log = [];
        private readonly TaskCompletionSource<string> _address = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public OrdersProcess(string folder)
        {
            DirectoryInfo framework = new(AppContext.BaseDirectory.TrimEnd(Path.DirectorySeparatorChar));
            string program = RepositoryPaths.InRepository("tests", "PhantomDb.Orders", "bin", framework.Parent!.Name, framework.Name, "PhantomDb.Orders.dll");
            _process = Process.Start(new ProcessStartInfo("dotnet", [program, "--urls", "http://127.0.0.1:0", "--PhantomDb:shop:DataDirectory", Path.Combine(folder, "data")])
            {
                WorkingDirectory = folder, RedirectStandardOutput = true, RedirectStandardError = true,
            })!;
            _process.OutputDataReceived += (_, line) => Take(line.Data);
            _process.ErrorDataReceived += (_, line) => Take(line.Data);
            _process.BeginOutputReadLine();
            _process.BeginErrorReadLine();
        }

        public string Log => string.Join('\n', _log);

        public HttpClient NewClient()
        {
            Assert.IsTrue(_address.Task.Wait(Patience), Log);
            return new HttpClient { BaseAddress = new Uri(_address.Task.Result), Timeout = Patience };
        }

        public void Signal(string name)
        {
            using Process kill = Process.Start("kill", [$"-{name}", $"{_process.Id}"]);
            kill.WaitForExit();
        }

        public int WaitForExit()
        {
            Assert.IsTrue(_process.WaitForExit(Patience), "The application does not end.");
            return _process.ExitCode;
        }

        public void Dispose()
        {
            if (!_process.HasExited)
            {
                _process.Kill();
            }
            _process.Dispose();
        }

        private void Take(string? line)
        {
            if (line is null)
            {
                return;
            }
            _log.Enqueue(line);
            if (line.IndexOf(Listening, StringComparison.Ordinal) is >= 0 and int at)
            {
                _address.TrySetResult(line[(at + Listening.Length)..].Trim());
            }
        }
    }
}
