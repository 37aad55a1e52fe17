using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.VisualStudio.TestTools.UnitTesting;
using PhantomDb.Fuzz.Crash;
using PhantomDb.Hosting;

namespace PhantomDb.Tests.Hosting;

/// <summary>Snapshots in a host: by its service, and by no other.</summary>
[TestClass]
public sealed class SnapshotServiceTests : HostTest
{
    [TestMethod]
    public async Task P3_the_hosts_service_takes_the_snapshots_that_come_due_and_logs_them()
    {
        using IHost host = NewShop(new DatabaseOptions { SnapshotInterval = 10 });
        await host.StartAsync();
        Database shop = host.Services.GetRequiredService<Database>();
        Await(() => shop.Persistence!.Snapshots.IsDriven, "the service");
        Assert.ThrowsExactly<InvalidOperationException>(() => shop.Snapshots.Run(CancellationToken.None));
        Run(shop, "CREATE TABLE t (a int)", "INSERT INTO t SELECT generate_series(1, 10)");
        Await(() => Logged.Ours.Any(line => line.StartsWith("Information: Snapshot of database shop: shop_snapshot_", StringComparison.Ordinal)), "a snapshot");
        Assert.IsNotNull(shop.Snapshots.Latest);
        await host.StopAsync();

        Assert.ThrowsExactly<ObjectDisposedException>(() => shop.Snapshots.Run(CancellationToken.None));
        Assert.AreEqual(10, CountOnDisk("shop", "t"));
    }

    [TestMethod]
    public async Task A_snapshot_that_fails_is_logged_and_tried_again_and_the_host_goes_on()
    {
        var disk = new SimulatedDisk();
        using IHost host = NewShop(new DatabaseOptions { DataDirectory = "/data", FileSystem = disk, SnapshotInterval = 10, SyncPolicy = SyncPolicy.None });
        await host.StartAsync();
        Database shop = host.Services.GetRequiredService<Database>();
        shop.SnapshotEnabled = false;
        Run(shop, "CREATE TABLE t (a text)", "INSERT INTO t SELECT repeat('x', 10000) FROM generate_series(1, 20)");
        shop.Log.Sync();
        disk.Capacity = disk.List("/data").Sum(file => disk.Length($"/data/{Path.GetFileName(file)}")) + 50_000;
        shop.SnapshotEnabled = true;
        Await(() => Logged.Ours.Any(line => line.StartsWith("Error: The disk of database shop has failed, 53100", StringComparison.Ordinal)), "an error");
        Run(shop, "INSERT INTO t VALUES ('still at work')");

        disk.Capacity = long.MaxValue;
        Await(() => Logged.Ours.Any(line => line.StartsWith("Information: Snapshot of database shop", StringComparison.Ordinal)), "a snapshot");
        Assert.IsFalse(host.Services.GetRequiredService<IHostApplicationLifetime>().ApplicationStopping.IsCancellationRequested);
        Assert.IsNull(shop.Snapshots.LastError);
        await host.StopAsync();
    }

    [TestMethod]
    public async Task It_is_a_BackgroundService_whose_end_is_no_failure_for_a_host_that_is_disposed_of_without_having_been_stopped()
    {
        IHost host = NewShop(new DatabaseOptions());
        await host.StartAsync();
        BackgroundService service = host.Services.GetServices<IHostedService>().OfType<BackgroundService>().Single();
        Assert.IsNull(service.ExecuteTask);   // or the host would watch it
        host.Dispose();
        Assert.IsFalse(Logged.Lines.Any(line => line.StartsWith("Error", StringComparison.Ordinal) || line.StartsWith("Critical", StringComparison.Ordinal)), string.Join('\n', Logged.Lines));
    }

    [TestMethod]
    public async Task A_database_in_memory_takes_none_and_the_host_runs()
    {
        using IHost host = NewShop(new DatabaseOptions { IsInMemory = true });
        await host.StartAsync();
        Run(host.Services.GetRequiredService<Database>(), "CREATE TABLE t (a int)", "INSERT INTO t VALUES (1)");
        await host.StopAsync();
        Assert.IsFalse(Directory.Exists(DataFolder));
    }

    private IHost NewShop(DatabaseOptions options)
    {
        HostApplicationBuilder builder = NewHost();
        builder.AddPhantomDb("shop", shop => shop.Database = options);
        return builder.Build();
    }

    private void Await(Func<bool> condition, string what) =>
        Assert.IsTrue(SpinWait.SpinUntil(condition, TimeSpan.FromSeconds(60)), $"{what} does not come: {string.Join('\n', Logged.Lines)}");
}
