using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using Microsoft.VisualStudio.TestTools.UnitTesting;
using PhantomDb.Fuzz.Crash;
using PhantomDb.Hosting;

namespace PhantomDb.Tests.Hosting;

/// <summary>What a host's health checks say of its databases, from before it starts until after it has stopped.</summary>
[TestClass]
public sealed class HealthCheckTests : HostTest
{
    [TestMethod]
    public async Task It_is_unhealthy_before_the_start_and_after_the_end_and_healthy_between()
    {
        Make("shop", "CREATE TABLE t (a int)");
        using IHost host = NewShop(new DatabaseOptions());
        Assert.AreEqual((HealthStatus.Unhealthy, "The database is not open."), await Check(host));
        await host.StartAsync();
        Assert.AreEqual((HealthStatus.Healthy, "The database is open."), await Check(host));
        await host.StopAsync();
        Assert.AreEqual((HealthStatus.Unhealthy, "The database is closed."), await Check(host));
    }

    [TestMethod]
    public async Task It_is_unhealthy_while_commits_fail_and_healthy_when_they_go_on()
    {
        var disk = new SimulatedDisk();
        using IHost host = NewShop(new DatabaseOptions { DataDirectory = "/data", FileSystem = disk, SnapshotEnabled = false });
        await host.StartAsync();
        Database shop = host.Services.GetRequiredService<Database>();
        Run(shop, "CREATE TABLE t (a text)");
        disk.Capacity = disk.List("/data").Sum(file => disk.Length($"/data/{Path.GetFileName(file)}")) + 1000;
        Assert.ThrowsExactly<PhantomDbException>(() => Run(shop, "INSERT INTO t VALUES (repeat('x', 200000))"));
        (HealthStatus status, string? said) = await Check(host);
        Assert.AreEqual(HealthStatus.Unhealthy, status);
        Assert.StartsWith("Commits do not get onto the disk: ", said!);
        disk.Capacity = long.MaxValue;
        Run(shop, "INSERT INTO t VALUES ('again')");
        Assert.AreEqual(HealthStatus.Healthy, (await Check(host)).Status);
        await host.StopAsync();
    }

    [TestMethod]
    public async Task It_is_unhealthy_where_the_lock_has_been_lost_and_healthy_when_it_is_taken_again()
    {
        using IHost host = NewShop(new DatabaseOptions { SnapshotEnabled = false });
        await host.StartAsync();
        Database shop = host.Services.GetRequiredService<Database>();
        Run(shop, "CREATE TABLE t (a int)");
        Assert.IsTrue(shop.GetStatus().IsLocked);
        File.Delete(Path.Combine(DataFolder, "shop.lock"));
        Assert.IsFalse(shop.Persistence!.IsAllInLog);   // which looks at it
        Assert.IsFalse(shop.GetStatus().IsLocked);
        Assert.AreEqual((HealthStatus.Unhealthy, "The lock of the database is not held: nothing can be written, or others may write, too."), await Check(host));
        shop.Persistence.EnsureLocked();   // as a commit does, after a second
        Assert.AreEqual((HealthStatus.Healthy, "The database is open."), await Check(host));
        await host.StopAsync();
    }

    [TestMethod]
    public async Task It_is_degraded_where_recovery_had_to_mend_something()
    {
        Make("shop", "CREATE TABLE t (a text)");
        using (Database open = Database.Open("shop", Options))
        {
            Run(open, "INSERT INTO t VALUES ('apple')");
            open.CreateSnapshot();
        }
        string file = Path.Combine(DataFolder, "shop.db");
        byte[] bytes = File.ReadAllBytes(file);
        bytes.AsSpan(bytes.Length / 2, 20).Clear();
        File.WriteAllBytes(file, bytes);
        using IHost host = NewShop(new DatabaseOptions());
        await host.StartAsync();
        (HealthStatus status, string? said) = await Check(host);
        Assert.AreEqual(HealthStatus.Degraded, status, said);
        Assert.StartsWith("Its files were not as they should be when it was opened: recovery REPAIRED", said!);
        Assert.AreEqual("REPAIRED", (await Report(host)).Data["recovery"]);
        await host.StopAsync();
    }

    [TestMethod]
    public async Task It_is_healthy_after_a_crash_that_tore_the_log_and_its_data_tell_of_it()
    {
        Make("shop", "CREATE TABLE t (a text)");
        File.AppendAllText(Path.Combine(DataFolder, "shop.log"), "7,2026-11-21 12:00");
        using IHost host = NewShop(new DatabaseOptions());
        await host.StartAsync();
        Assert.AreEqual(RecoveryVerdict.Torn, host.Services.GetRequiredService<Database>().Recovery!.Verdict);
        Assert.AreEqual((HealthStatus.Healthy, "The database is open."), await Check(host));
        Assert.AreEqual("TORN", (await Report(host)).Data["recovery"]);
        await host.StopAsync();
    }

    [TestMethod]
    public async Task It_is_degraded_where_snapshots_fail_or_are_too_old()
    {
        var disk = new SimulatedDisk();
        using IHost host = NewShop(new DatabaseOptions { DataDirectory = "/data", FileSystem = disk, SnapshotInterval = 10, SyncPolicy = SyncPolicy.None }, TimeSpan.FromTicks(1));
        await host.StartAsync();
        Database shop = host.Services.GetRequiredService<Database>();
        shop.SnapshotEnabled = false;
        Assert.AreEqual(HealthStatus.Healthy, (await Check(host)).Status);   // nothing has changed
        Run(shop, "CREATE TABLE t (a text)", "INSERT INTO t SELECT repeat('x', 10000) FROM generate_series(1, 20)");
        (HealthStatus status, string? said) = await Check(host);
        Assert.AreEqual(HealthStatus.Degraded, status);
        StringAssert.Matches(said, new System.Text.RegularExpressions.Regex("^Its last snapshot is [0-9.:]+ old, and 20 operations are not in it\\.$"));

        shop.Log.Sync();
        disk.Capacity = disk.List("/data").Sum(file => disk.Length($"/data/{Path.GetFileName(file)}")) + 50_000;
        shop.SnapshotEnabled = true;
        Assert.IsTrue(SpinWait.SpinUntil(() => shop.Snapshots.LastError is not null, TimeSpan.FromSeconds(60)));
        (status, said) = await Check(host);
        Assert.AreEqual(HealthStatus.Degraded, status);
        Assert.StartsWith("Its last snapshot failed: ", said!);
        disk.Capacity = long.MaxValue;
        await host.StopAsync();
    }

    [TestMethod]
    public async Task A_check_of_a_database_that_the_host_has_not_fails_its_start_and_says_which_there_are()
    {
        HostApplicationBuilder builder = NewHost();
        builder.Services.AddHealthChecks().AddPhantomDb("shp").AddPhantomDb("shop");
        builder.AddPhantomDb("shop").AddPhantomDb("audit");
        using IHost host = builder.Build();
        OptionsValidationException error = await Assert.ThrowsExactlyAsync<OptionsValidationException>(() => host.StartAsync());
        Assert.AreEqual("AddHealthChecks().AddPhantomDb(\"shp\"): the host has no database of that name; it has shop, audit.", error.Message);
        Assert.IsFalse(Directory.Exists(DataFolder));
    }

    [TestMethod]
    public async Task A_check_has_the_tags_and_the_status_that_it_was_given()
    {
        HostApplicationBuilder builder = NewHost();
        builder.AddPhantomDb("shop", options => options.Database = new DatabaseOptions { IsInMemory = true });
        builder.Services.AddHealthChecks().AddPhantomDb("shop", tags: ["ready"], failureStatus: HealthStatus.Degraded);
        using IHost host = builder.Build();
        await host.StartAsync();
        HealthCheckService checks = host.Services.GetRequiredService<HealthCheckService>();
        HealthReport report = await checks.CheckHealthAsync();
        CollectionAssert.AreEqual(new[] { "ready" }, report.Entries["phantomdb-shop"].Tags.ToArray());
        Assert.AreEqual(HealthStatus.Healthy, report.Entries["phantomdb-shop"].Status);
        await host.StopAsync();
        report = await checks.CheckHealthAsync();
        Assert.AreEqual(HealthStatus.Degraded, report.Entries["phantomdb-shop"].Status);
    }

    private IHost NewShop(DatabaseOptions options, TimeSpan? snapshotAgeMax = null)
    {
        HostApplicationBuilder builder = NewHost();
        builder.AddPhantomDb("shop", host => (host.Database, host.SnapshotAgeMax) = (options, snapshotAgeMax));
        builder.Services.AddHealthChecks().AddPhantomDb("shop");
        return builder.Build();
    }

    private static async Task<(HealthStatus Status, string? Said)> Check(IHost host)
    {
        HealthReportEntry entry = await Report(host);
        return (entry.Status, entry.Description ?? entry.Exception?.Message);
    }

    private static async Task<HealthReportEntry> Report(IHost host) => (await host.Services.GetRequiredService<HealthCheckService>().CheckHealthAsync()).Entries["phantomdb-shop"];
}
