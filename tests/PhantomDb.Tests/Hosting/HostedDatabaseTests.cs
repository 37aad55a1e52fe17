using System.Text.RegularExpressions;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.VisualStudio.TestTools.UnitTesting;
using PhantomDb.Durability;
using PhantomDb.Errors;
using PhantomDb.Fuzz.Crash;
using PhantomDb.Hosting;

namespace PhantomDb.Tests.Hosting;

/// <summary>A database's life in a host: open before the others start, closed after they have stopped, whatever goes wrong.</summary>
[TestClass]
public sealed class HostedDatabaseTests : HostTest
{
    [TestMethod]
    public async Task A_database_is_open_before_services_start_and_closed_after_they_have_stopped()
    {
        Make("shop", "CREATE TABLE t (a text)");
        HostApplicationBuilder builder = NewHost();
        IHost? host = null;
        Database Shop() => host!.Services.GetRequiredService<Database>();
        builder.Services.AddSingleton<IHostedService>(new Step(() => Run(Shop(), "INSERT INTO t VALUES ('added before, started')"), _ => Run(Shop(), "INSERT INTO t VALUES ('added before, stopped')")));
        builder.AddPhantomDb("shop");
        builder.Services.AddSingleton<IHostedService>(new Step(() => Run(Shop(), "INSERT INTO t VALUES ('added after, started')"), _ => Run(Shop(), "INSERT INTO t VALUES ('added after, stopped')")));

        using (host = builder.Build())
        {
            await host.StartAsync();
            Assert.AreEqual(2, Count(Shop(), "t"));
            Assert.AreEqual("55006", Assert.ThrowsExactly<PhantomDbException>(() => Database.Open("shop", Options)).SqlState);
            await host.StopAsync();
            Assert.AreEqual(4, CountOnDisk("shop", "t"));
        }

        string[] ours = [.. Logged.Ours];
        Assert.HasCount(2, ours, string.Join('\n', Logged.Lines));
        StringAssert.StartsWith(ours[0], $"Information: Database shop is open, {Path.Combine(DataFolder, "shop.db")}: recovery CLEAN: LSN ");
        StringAssert.StartsWith(ours[1], "Information: Database shop is closed, after ");
    }

    [TestMethod]
    public async Task Opening_that_takes_long_is_logged_every_ten_seconds_as_far_as_it_is()
    {
        Make("shop", "CREATE TABLE t AS SELECT repeat('x', 1000) FROM generate_series(1, 20000)");
        HostApplicationBuilder builder = NewHost();
        builder.Services.AddSingleton<TimeProvider>(new HastyClock());
        List<FileProgress> told = [];
        builder.AddPhantomDb("shop", options => options.Database = new DatabaseOptions { FileSystem = new SlowDisk(PhysicalFileSystem.Instance, 20), OnProgress = told.Add });
        using IHost host = builder.Build();
        await host.StartAsync();
        int count = told.Count;
        string[] lines = [.. Logged.Ours.Where(line => line.StartsWith("Information: Database shop is being opened: ", StringComparison.Ordinal))];
        Assert.IsGreaterThan(0, lines.Length, string.Join('\n', Logged.Lines));
        Assert.AreEqual(count, lines.Length);
        StringAssert.Matches(lines[0], new Regex($"{Regex.Escape(Path.Combine(DataFolder, "shop.db"))}, [0-9]+ of 20[0-9]{{6}} bytes$"));
        await host.StopAsync();
    }

    [TestMethod]
    [DataRow(false)]
    [DataRow(true)]
    public async Task A_host_that_is_told_to_end_while_a_database_is_opened_ends_in_order(bool isWanted)
    {
        Make("shop", "CREATE TABLE t AS SELECT repeat('x', 1000) FROM generate_series(1, 20000)");
        IHost? host = null;
        HostApplicationBuilder builder = NewHost();
        if (isWanted)
        {
            builder.Services.AddHostedService<Eager>();
        }
        builder.AddPhantomDb("shop", options => options.Database = new DatabaseOptions
        {
            FileSystem = new SlowDisk(PhysicalFileSystem.Instance, 20), OnProgress = _ => host!.Services.GetRequiredService<IHostApplicationLifetime>().StopApplication(),
        });
        host = builder.Build();
        await host.RunAsync();
        Assert.IsTrue(Logged.Ours.Last().StartsWith("Information: Database shop is closed", StringComparison.Ordinal), string.Join('\n', Logged.Lines));
        Assert.AreEqual(isWanted ? 20003 : 20000, CountOnDisk("shop", "t"));
    }

    [TestMethod]
    public async Task Who_gives_up_the_start_of_a_host_with_a_token_need_not_wait_for_the_opening()
    {
        Make("shop", "CREATE TABLE t AS SELECT repeat('x', 1000) FROM generate_series(1, 20000)");
        using CancellationTokenSource stop = new();
        using ManualResetEventSlim given = new();
        HostApplicationBuilder builder = NewHost();
        builder.AddPhantomDb("shop", options => options.Database = new DatabaseOptions
        {
            FileSystem = new SlowDisk(PhysicalFileSystem.Instance, 20),
            OnProgress = _ =>
            {
                stop.Cancel();
                given.Wait();
            },
        });
        using IHost host = builder.Build();
        try
        {
            await Assert.ThrowsAsync<OperationCanceledException>(() => host.StartAsync(stop.Token));
        }
        finally
        {
            given.Set();
        }
    }

    /// <summary>Eleven seconds pass between two looks at it.</summary>
    private sealed class HastyClock : TimeProvider
    {
        private long _now;

        public override long TimestampFrequency => 1;

        public override long GetTimestamp() => Interlocked.Add(ref _now, 11);
    }

    [TestMethod]
    public async Task Slow_statements_are_warnings_where_the_configuration_says_from_when_on()
    {
        HostApplicationBuilder builder = NewHost();
        builder.Configuration.AddInMemoryCollection([KeyValuePair.Create<string, string?>("PhantomDb:shop:SlowStatementTime", "0ms")]);
        builder.AddPhantomDb("shop");
        using IHost host = builder.Build();
        await host.StartAsync();
        Database database = host.Services.GetRequiredService<Database>();
        int number;
        using (Session session = database.OpenSession())
        {
            number = session.ProcessId;
            session.Execute("SET application_name = 'till'").Dispose();
            session.Execute("CREATE TABLE t AS SELECT 1 AS a").Dispose();
            Assert.ThrowsExactly<PhantomDbException>(() => session.Execute("SELECT nosuch"));
        }
        await host.StopAsync();
        string[] slow = [.. Logged.Ours.Where(line => line.StartsWith("Warning: Slow statement in database shop: ", StringComparison.Ordinal))];
        Assert.HasCount(3, slow, string.Join('\n', Logged.Lines));
        StringAssert.Matches(slow[1], new Regex($"shop: [0-9.]+ ms, rows 1, session {number} \"till\": CREATE TABLE t AS SELECT 1 AS a$"));
        StringAssert.Matches(slow[2], new Regex($"shop: [0-9.]+ ms, failed with 42703, session {number} \"till\": SELECT nosuch$"));
    }

    [TestMethod]
    public async Task A_file_that_cannot_be_written_at_the_end_is_a_warning_since_the_log_has_all()
    {
        Make("shop", "CREATE TABLE t (a text)");
        HostApplicationBuilder builder = NewHost();
        builder.AddPhantomDb("shop");
        using (IHost host = builder.Build())
        {
            await host.StartAsync();
            Database database = host.Services.GetRequiredService<Database>();
            Run(database, "INSERT INTO t VALUES ('kept')");
            Directory.CreateDirectory(Path.Combine(DataFolder, "shop.db.new"));

            await host.StopAsync();

            StringAssert.StartsWith(database.ClosingProblem?.Message, "the database's own file could not be brought up to date; all that is committed is in the log: could not create ");
        }
        StringAssert.StartsWith(Logged.Ours.Last(), "Warning: The own file of database shop could not be brought up to date at the end, ");
        Directory.Delete(Path.Combine(DataFolder, "shop.db.new"));
        Assert.AreEqual(1, CountOnDisk("shop", "t"));
    }

    [TestMethod]
    public async Task A_service_that_gets_it_when_it_is_made_has_it_open()
    {
        Make("shop", "CREATE TABLE t (a text)");
        HostApplicationBuilder builder = NewHost();
        builder.Services.AddHostedService<Eager>();
        builder.AddPhantomDb("shop");
        using IHost host = builder.Build();
        await host.StartAsync();
        Assert.AreEqual(2, Count(host.Services.GetRequiredService<Database>(), "t"));
        await host.StopAsync();
        Assert.AreEqual(3, CountOnDisk("shop", "t"));
    }

    [TestMethod]
    public async Task A_database_that_cannot_be_opened_fails_the_start_and_no_service_starts()
    {
        Make("shop", "CREATE TABLE t (a text)");
        bool isStarted = false;
        HostApplicationBuilder builder = NewHost();
        builder.Services.AddSingleton<IHostedService>(new Step(() => isStarted = true, null));
        builder.AddPhantomDb("shop");
        using (Database.Open("shop", Options))
        {
            using IHost refused = builder.Build();
            Assert.AreEqual("55006", (await Assert.ThrowsExactlyAsync<PhantomDbException>(() => refused.StartAsync())).SqlState);
        }

        string file = Path.Combine(DataFolder, "shop.db");
        File.WriteAllText(file, File.ReadAllText(file).Replace("[TABLE:t]", "[TABLE:u]", StringComparison.Ordinal));
        foreach (string log in Directory.GetFiles(DataFolder, "shop*.log"))
        {
            File.Delete(log);
        }
        HostApplicationBuilder other = NewHost();
        other.Services.AddSingleton<IHostedService>(new Step(() => isStarted = true, null));
        other.AddPhantomDb("shop");
        using IHost damaged = other.Build();
        PhantomDbException error = await Assert.ThrowsExactlyAsync<PhantomDbException>(() => damaged.StartAsync());
        Assert.Contains(file, error.Message + error.Where);
        Assert.IsFalse(isStarted);
    }

    [TestMethod]
    public async Task A_database_that_must_exist_and_does_not_fails_the_start_and_leaves_nothing()
    {
        HostApplicationBuilder builder = NewHost();
        builder.AddPhantomDb("shop", options => options.MustExist = true);
        using IHost host = builder.Build();
        PhantomDbException error = await Assert.ThrowsExactlyAsync<PhantomDbException>(() => host.StartAsync());
        Assert.AreEqual("58P01", error.SqlState);
        Assert.Contains(Path.Combine(DataFolder, "shop.db"), error.Message);
        Assert.IsFalse(Directory.Exists(DataFolder));
    }

    [TestMethod]
    public async Task Of_two_hosts_that_start_where_there_is_no_folder_yet_the_second_fails_its_start()
    {
        HostApplicationBuilder one = NewHost(), other = NewHost();
        one.AddPhantomDb("shop");
        other.AddPhantomDb("shop");
        using IHost first = one.Build();
        using IHost second = other.Build();
        await first.StartAsync();
        PhantomDbException error = await Assert.ThrowsExactlyAsync<PhantomDbException>(() => second.StartAsync());
        Assert.AreEqual("55006", error.SqlState);
        Assert.Contains($"Process: {Environment.ProcessId}", error.Detail!);
        Run(first.Services.GetRequiredService<Database>(), "CREATE TABLE t (a int)");
        await first.StopAsync();
        Assert.AreEqual(0, CountOnDisk("shop", "t"));
    }

    [TestMethod]
    public async Task A_folder_that_cannot_be_made_or_written_to_fails_the_start_and_is_named()
    {
        string inTheWay = Path.Combine(Folder, "occupied");
        File.WriteAllText(inTheWay, "");
        HostApplicationBuilder builder = NewHost();
        builder.AddPhantomDb("shop", options => options.Database = new DatabaseOptions { DataDirectory = "occupied/data" });
        using IHost host = builder.Build();
        Assert.Contains(inTheWay, (await Assert.ThrowsExactlyAsync<PhantomDbException>(() => host.StartAsync())).Message);

        Make("shop", "CREATE TABLE t (a int)");
        HostApplicationBuilder other = NewHost();
        other.AddPhantomDb("shop", options => options.Database = new DatabaseOptions { FileSystem = new SealedDisk() });
        using IHost refused = other.Build();
        PhantomDbException error = await Assert.ThrowsExactlyAsync<PhantomDbException>(() => refused.StartAsync());
        Assert.AreEqual("42501", error.SqlState);
        Assert.Contains(Path.Combine(DataFolder, "shop.lock"), error.Message);

        HostApplicationBuilder reading = NewHost();
        reading.AddPhantomDb("shop", options => options.Database = new DatabaseOptions { FileSystem = new SealedDisk(), IsReadOnly = true });
        using IHost reader = reading.Build();
        await reader.StartAsync();
        Assert.AreEqual(0, Count(reader.Services.GetRequiredService<Database>(), "t"));
        await reader.StopAsync();
    }

    // As one that is mounted to be read only.
    private sealed class SealedDisk() : PassingDisk(PhysicalFileSystem.Instance)
    {
        public override IFileLock Lock(string path, string owner) => throw new PhantomDbException("42501", $"could not lock \"{path}\": permission denied");
    }

    [TestMethod]
    public async Task A_host_that_is_disposed_of_as_soon_as_it_has_started_logs_no_failure()
    {
        for (int run = 0; run < 20; run++)
        {
            HostApplicationBuilder builder = NewHost();
            builder.AddPhantomDb("shop");
            using IHost host = builder.Build();
            await host.StartAsync();
        }
        Assert.IsFalse(Logged.Lines.Any(line => line.StartsWith("Error", StringComparison.Ordinal) || line.StartsWith("Critical", StringComparison.Ordinal)), string.Join('\n', Logged.Lines));
    }

    [TestMethod]
    public async Task Two_databases_are_asked_for_by_their_names()
    {
        Make("shop", "CREATE TABLE t (a text)", "INSERT INTO t VALUES ('shop')");
        HostApplicationBuilder builder = NewHost();
        builder.AddPhantomDb("shop");
        builder.Services.AddPhantomDb("audit", options => (options.Name, options.Database) = ("elsewhere/log.db", new DatabaseOptions { SyncPolicy = SyncPolicy.Interval }));
        using (IHost host = builder.Build())
        {
            await host.StartAsync();
            Database shop = host.Services.GetRequiredKeyedService<Database>("shop"), audit = host.Services.GetRequiredKeyedService<Database>("audit");
            Assert.AreEqual(1, Count(shop, "t"));
            Assert.AreEqual((SyncPolicy.Always, SyncPolicy.Interval), (shop.Options.SyncPolicy, audit.Options.SyncPolicy));
            Run(audit, "CREATE TABLE a (n int)", "INSERT INTO a VALUES (1), (2)");
            StringAssert.Contains(
                Assert.ThrowsExactly<InvalidOperationException>(() => host.Services.GetRequiredService<Database>()).Message,
                "The host has several databases, shop, audit: ask for one of them, as [FromKeyedServices(\"shop\")] Database.");
            await host.StopAsync();
        }
        using Database again = Database.Open(Path.Combine(Folder, "elsewhere", "log.db"));
        Assert.AreEqual(2, Count(again, "a"));
    }

    [TestMethod]
    public async Task The_only_one_needs_no_name_and_added_again_it_is_configured_further()
    {
        HostApplicationBuilder builder = NewHost();
        builder.AddPhantomDb("shop", options => options.Database = new DatabaseOptions { SyncPolicy = SyncPolicy.None })
            .AddPhantomDb("shop", options => options.Database = options.Database with { DataDirectory = "other" });
        using IHost host = builder.Build();
        await host.StartAsync();
        Database shop = host.Services.GetRequiredService<Database>();
        Assert.AreSame(shop, host.Services.GetRequiredKeyedService<Database>("shop"));
        Assert.AreEqual(SyncPolicy.None, shop.Options.SyncPolicy);
        Assert.AreEqual(Path.Combine(Folder, "other", "shop.db"), shop.FilePath);
        await host.StopAsync();
        Assert.IsTrue(Logged.Ours.Any(line => line.StartsWith("Information: Database shop is open and new, ", StringComparison.Ordinal)));
    }

    [TestMethod]
    [DataRow(SyncPolicy.Always)]
    [DataRow(SyncPolicy.Interval)]
    [DataRow(SyncPolicy.None)]
    public async Task What_is_committed_is_on_the_disk_when_the_host_has_stopped_even_where_its_time_is_over(SyncPolicy policy)
    {
        Make("shop", "CREATE TABLE t (a int)");
        HostApplicationBuilder builder = NewHost();
        builder.Services.Configure<HostOptions>(options => options.ShutdownTimeout = TimeSpan.FromMilliseconds(1));
        builder.AddPhantomDb("shop", options => options.Database = new DatabaseOptions { SyncPolicy = policy, SyncInterval = TimeSpan.FromHours(1), SnapshotEnabled = false });
        builder.Services.AddSingleton<IHostedService>(new Step(null, timeIsOver => timeIsOver.WaitHandle.WaitOne()));
        using IHost host = builder.Build();
        await host.StartAsync();
        Run(host.Services.GetRequiredService<Database>(), "INSERT INTO t SELECT generate_series(1, 1000)");
        await host.StopAsync();

        using (Database again = Database.Open("shop", Options with { IsReadOnly = true }))
        {
            Assert.AreEqual(1, again.Recovery!.TransactionsApplied, "the database's own file is not written in haste");
        }
        Assert.AreEqual(1000, CountOnDisk("shop", "t"));
    }

    [TestMethod]
    public async Task A_host_that_is_not_stopped_closes_the_database_when_it_is_disposed_of()
    {
        Make("shop", "CREATE TABLE t (a int)");
        HostApplicationBuilder builder = NewHost();
        builder.AddPhantomDb("shop");
        using (IHost host = builder.Build())
        {
            await host.StartAsync();
            Run(host.Services.GetRequiredService<Database>(), "INSERT INTO t VALUES (1)");
        }
        Assert.AreEqual(1, CountOnDisk("shop", "t"));

        ServiceCollection services = new();
        services.AddPhantomDb("shop", options => options.Database = Options);
        await using (ServiceProvider provider = services.BuildServiceProvider())
        {
            Run(provider.GetRequiredService<Database>(), "INSERT INTO t VALUES (2)");
        }
        Assert.AreEqual(2, CountOnDisk("shop", "t"));
    }

    [TestMethod]
    public async Task Recovery_that_found_something_is_a_warning()
    {
        Make("shop", "CREATE TABLE t (a int)");
        string log = Path.Combine(DataFolder, "shop.log");
        File.AppendAllText(log, "7,2026-11-21 12:00");
        HostApplicationBuilder builder = NewHost();
        builder.AddPhantomDb("shop");
        using IHost host = builder.Build();
        await host.StartAsync();
        await host.StopAsync();
        Assert.IsTrue(
            Logged.Ours.Any(line => line.StartsWith("Warning: Database shop is open, ", StringComparison.Ordinal) && line.Contains("recovery TORN", StringComparison.Ordinal)),
            string.Join('\n', Logged.Lines));
    }

    [TestMethod]
    public async Task A_failure_of_the_disk_is_logged_once_a_minute_however_it_alternates_and_whatever_its_file_is_numbered()
    {
        var clock = new SetClock();
        HostApplicationBuilder builder = NewHost();
        builder.Services.AddSingleton<TimeProvider>(clock);
        builder.AddPhantomDb("shop", options => options.Database = new DatabaseOptions { SnapshotEnabled = false });
        using IHost host = builder.Build();
        await host.StartAsync();
        Database shop = host.Services.GetRequiredService<Database>();
        using var told = new CountdownEvent(1);
        shop.BackgroundError += _ => told.Signal();   // behind the host
        for (int i = 10; i < 15; i++)
        {
            Fail($"/srv/data/shop_snapshot_202611230355{i}.new", $"/srv/data/shop_snapshot_202611230355{i}_{i}.new", "/srv/data/shop.log.new");
        }
        Assert.AreEqual("shop_snapshot_20261123035510.new shop.log.new", Files());
        Fail("/srv/data/shop.manifest.new");
        clock.Now = TimeSpan.FromSeconds(59);
        Fail("/srv/data/shop.log.new", "/srv/data/shop_snapshot_20261123035600.new");
        Assert.AreEqual("shop_snapshot_20261123035510.new shop.log.new shop.manifest.new", Files());
        clock.Now = TimeSpan.FromSeconds(60);
        Fail("/srv/data/shop.log.new", "/srv/data/shop.log.new");
        Assert.AreEqual("shop_snapshot_20261123035510.new shop.log.new shop.manifest.new shop.log.new", Files());
        await host.StopAsync();

        // One after the other: they are told on threads of the pool.
        void Fail(params string[] paths)
        {
            foreach (string path in paths)
            {
                told.Reset();
                shop.NoteBackgroundError(Error.DiskFull(path));
                Assert.IsTrue(told.Wait(TimeSpan.FromSeconds(60)));
            }
        }

        string Files() => string.Join(' ', Logged.Ours.Where(line => line.StartsWith("Error: The disk of database shop has failed, 53100", StringComparison.Ordinal)).Select(line => Path.GetFileName(line.Split('"')[1])));
    }

    private sealed class SetClock : TimeProvider
    {
        public TimeSpan Now { get; set; }

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => Now.Ticks;
    }

    private sealed class Eager : IHostedService
    {
        private readonly Database _database;

        public Eager(Database database)
        {
            _database = database;
            Run(database, "INSERT INTO t VALUES ('made')");
        }

        public Task StartAsync(CancellationToken cancellationToken) => Insert("started");

        public Task StopAsync(CancellationToken cancellationToken) => Insert("stopped");

        private Task Insert(string text)
        {
            Run(_database, $"INSERT INTO t VALUES ('{text}')");
            return Task.CompletedTask;
        }
    }
}
