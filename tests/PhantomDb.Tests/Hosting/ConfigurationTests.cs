using System.Data.Common;
using System.Text;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using Microsoft.VisualStudio.TestTools.UnitTesting;
using PhantomDb.Data;
using PhantomDb.Hosting;

namespace PhantomDb.Tests.Hosting;

/// <summary>What a host's configuration says about its databases, and that nothing in it is taken for something else.</summary>
[TestClass]
public sealed class ConfigurationTests : HostTest
{
    [TestMethod]
    public void Threads_of_the_pool_that_wait_are_replaced_at_once_unless_the_application_says_otherwise()
    {
        const string Setting = "System.Threading.ThreadPool.Blocking.ThreadsToAddWithoutDelay_ProcCountFactor";
        object? before = AppContext.GetData(Setting);
        try
        {
            AppContext.SetData(Setting, null);
            _ = new ServiceCollection().AddPhantomDb("shop");
            Assert.AreEqual(Math.Max(1, 256 / Environment.ProcessorCount), AppContext.GetData(Setting));
            AppContext.SetData(Setting, 1);
            _ = new ServiceCollection().AddPhantomDb("shop");
            Assert.AreEqual(1, AppContext.GetData(Setting));
        }
        finally
        {
            AppContext.SetData(Setting, before);
        }
    }

    [TestMethod]
    public async Task A_section_has_the_keywords_of_a_connection_string_and_code_counts_more()
    {
        HostApplicationBuilder builder = NewHost();
        Configure(builder, ("PhantomDb:shop:SyncPolicy", "Interval"), ("PhantomDb:shop:Sync Interval", "250ms"), ("PhantomDb:shop:LogSegmentSize", "1MB"), ("PhantomDb:shop:DataDirectory", "files"),
            ("PhantomDb:shop:Name", "store"), ("PhantomDb:shop:CommandTimeout", "7"), ("PhantomDb:shop:SnapshotAgeMax", "1.00:00:00"), ("PhantomDb:other:SyncPolicy", "nonsense"));
        builder.AddPhantomDb("shop", options => options.Database = options.Database with { SnapshotInterval = 50 });
        using IHost host = builder.Build();
        await host.StartAsync();
        Database shop = host.Services.GetRequiredService<Database>();
        Assert.AreEqual(Path.Combine(Folder, "files", "store.db"), shop.FilePath);
        Assert.AreEqual((SyncPolicy.Interval, TimeSpan.FromMilliseconds(250), 1L << 20, 50), (shop.Options.SyncPolicy, shop.Options.SyncInterval, shop.Options.LogSegmentSize, shop.Options.SnapshotInterval));
        Assert.AreEqual(TimeSpan.FromDays(1), host.Services.GetRequiredService<IOptionsMonitor<PhantomDbHostOptions>>().Get("shop").SnapshotAgeMax);
        using PhantomDbConnection connection = host.Services.GetRequiredService<PhantomDbConnection>();
        Assert.AreEqual(7, connection.CommandTimeout);
        await host.StopAsync();
    }

    [TestMethod]
    public async Task A_connection_string_does_too_and_the_section_counts_more()
    {
        HostApplicationBuilder builder = NewHost();
        Configure(builder, ("ConnectionStrings:shop", "Data Source=store;Sync=None;Snapshots=off"), ("PhantomDb:shop:Sync", "Interval"));
        builder.AddPhantomDb("shop");
        using IHost host = builder.Build();
        await host.StartAsync();
        Database shop = host.Services.GetRequiredService<Database>();
        Assert.AreEqual(("store", SyncPolicy.Interval, false), (shop.Name, shop.Options.SyncPolicy, shop.SnapshotEnabled));
        await host.StopAsync();
    }

    [TestMethod]
    public async Task A_mode_that_begins_no_database_fails_the_start_where_there_is_none()
    {
        HostApplicationBuilder builder = NewHost();
        Configure(builder, ("PhantomDb:shop:Mode", "ReadWrite"));
        builder.AddPhantomDb("shop");
        using IHost host = builder.Build();
        Assert.AreEqual("58P01", (await Assert.ThrowsExactlyAsync<PhantomDbException>(() => host.StartAsync())).SqlState);
    }

    [TestMethod]
    [DataRow("PhantomDb:shop:SyncPolcy", "None", "PhantomDb:shop:SyncPolcy of the configuration: There is no keyword \"SyncPolcy\"", "Did you mean \"Sync Policy\"")]
    [DataRow("PhantomDb:shop:SyncPolicy", "Sometimes", "PhantomDb:shop:SyncPolicy of the configuration: \"Sometimes\"", "It is one of Always, Interval, None.")]
    [DataRow("PhantomDb:shop:SnapshotInterval", "0", "PhantomDb:shop:SnapshotInterval of the configuration: \"0\"", "Snapshot Interval")]
    [DataRow("PhantomDb:shop:MustExist", "perhaps", "PhantomDb:shop:MustExist of the configuration: \"perhaps\"", "neither true nor false")]
    [DataRow("PhantomDb:shop:SnapshotAgeMax", "long", "PhantomDb:shop:SnapshotAgeMax of the configuration: \"long\"", "5min")]
    [DataRow("PhantomDb:shop:SnapshotAgeMax", "7", "PhantomDb:shop:SnapshotAgeMax of the configuration: \"7\"", "7d")]
    [DataRow("PhantomDb:shop:SnapshotAgeMax", "-7", "PhantomDb:shop:SnapshotAgeMax of the configuration: \"-7\"", "7d")]
    [DataRow("PhantomDb:shop:SnapshotAgeMax", "7.5", "PhantomDb:shop:SnapshotAgeMax of the configuration: \"7.5\"", "7d")]
    [DataRow("PhantomDb:shop:SnapshotAgeMax", "-1.00:00:00", "SnapshotAgeMax of the host's database \"shop\"", "more than nothing")]
    [DataRow("PhantomDb:shop:Sync:Policy", "None", "PhantomDb:shop:Sync of the configuration", "keys below it")]
    [DataRow("PhantomDb:shop", "Data Source=store", "PhantomDb:shop of the configuration: ", "ConnectionStrings:shop")]
    [DataRow("PhantomDb", "Data Source=store", "PhantomDb of the configuration: ", "ConnectionStrings:shop")]
    [DataRow("PhantomDb:shop:TimeZone", "Mars/Base", "Connections of the host's database \"shop\": ", "Mars/Base")]
    [DataRow("PhantomDb:shop:SearchPath", "a,,b", "Connections of the host's database \"shop\": ", "a,,b")]
    [DataRow("ConnectionStrings:shop", "Data Source=file::memory:", "ConnectionStrings:shop of the configuration: ", ":memory:")]
    [DataRow("ConnectionStrings:shop", "Data Source=shop;Sink=None", "ConnectionStrings:shop of the configuration: ", "Sync")]
    public async Task What_is_wrong_keeps_the_host_from_starting_and_names_the_key(string key, string value, params string[] said)
    {
        bool isStarted = false;
        HostApplicationBuilder builder = NewHost();
        Configure(builder, (key, value));
        builder.Services.AddSingleton<IHostedService>(new Step(() => isStarted = true, null));
        builder.AddPhantomDb("shop");
        using IHost host = builder.Build();
        OptionsValidationException error = await Assert.ThrowsExactlyAsync<OptionsValidationException>(() => host.StartAsync());
        foreach (string part in said)
        {
            Assert.Contains(part, error.Message);
        }
        Assert.IsFalse(isStarted);
        Assert.IsFalse(Directory.Exists(DataFolder));
    }

    [TestMethod]
    public void Null_is_none_where_there_may_be_none()
    {
        HostApplicationBuilder builder = NewHost();
        Configure(builder, ("ConnectionStrings:shop", "Data Source=store;Snapshot Period=5min;Log Retention Count=7;Follow Interval=5s"));
        AddJson(builder, """{ "PhantomDb": { "other": null, "shop": { "Name": null, "SnapshotPeriod": null, "LogRetentionCount": null, "LogRetentionSize": null, "FollowInterval": null, "SnapshotAgeMax": null, "TimeZone": null } } }""");
        builder.AddPhantomDb("shop");
        using IHost host = builder.Build();
        PhantomDbHostOptions options = host.Services.GetRequiredService<IOptionsMonitor<PhantomDbHostOptions>>().Get("shop");
        Assert.AreEqual((null, null, null, null, null, null),
            (options.Name, options.SnapshotAgeMax, options.Database.SnapshotPeriod, options.Database.LogRetentionCount, options.Database.LogRetentionSize, options.Database.FollowInterval));
    }

    [TestMethod]
    [DataRow("SyncInterval", "It is a time, at least 1ms")]
    [DataRow("SyncPolicy", "It is one of Always, Interval, None.")]
    [DataRow("SnapshotInterval", "It is a whole number, at least 1")]
    [DataRow("SnapshotEnabled", "It is true or false.")]
    [DataRow("MemoryLimit", "It is a number of bytes, at least 1MB")]
    [DataRow("DataDirectory", "It must not be blank.")]
    [DataRow("MustExist", "has to be true or false")]
    public async Task Null_where_there_has_to_be_a_value_says_so(string key, string allowed)
    {
        HostApplicationBuilder builder = NewHost();
        AddJson(builder, $$"""{ "PhantomDb": { "shop": { "{{key}}": null } } }""");
        builder.AddPhantomDb("shop");
        using IHost host = builder.Build();
        OptionsValidationException error = await Assert.ThrowsExactlyAsync<OptionsValidationException>(() => host.StartAsync());
        Assert.StartsWith($"PhantomDb:shop:{key} of the configuration: It is null, and ", error.Message);
        Assert.Contains(allowed, error.Message);
    }

    [TestMethod]
    public async Task Null_for_a_key_that_there_is_not_is_an_error_as_a_value_is()
    {
        HostApplicationBuilder builder = NewHost();
        AddJson(builder, """{ "PhantomDb": { "shop": { "SnapshotPeriode": null } } }""");
        builder.AddPhantomDb("shop");
        using IHost host = builder.Build();
        Assert.StartsWith("PhantomDb:shop:SnapshotPeriode of the configuration: There is no keyword \"SnapshotPeriode\"", (await Assert.ThrowsExactlyAsync<OptionsValidationException>(() => host.StartAsync())).Message);
    }

    [TestMethod]
    [DataRow("PhantomDb:shop:Mode", "Memory")]
    [DataRow("ConnectionStrings:shop", "Data Source=:memory:")]
    public async Task A_configuration_for_tests_has_an_empty_database_in_memory_whatever_is_on_the_disk(string key, string value)
    {
        Make("shop", "CREATE TABLE t (a int)");
        string[] before = Directory.GetFiles(DataFolder);
        HostApplicationBuilder builder = NewHost();
        Configure(builder, ("PhantomDb:shop:MustExist", "true"), ("PhantomDb:shop:CommandTimeout", "7"), (key, value));
        builder.AddPhantomDb("shop", options => options.Database = new DatabaseOptions { SnapshotPeriod = TimeSpan.FromMinutes(1) });
        using IHost host = builder.Build();
        await host.StartAsync();
        Database shop = host.Services.GetRequiredService<Database>();
        Assert.IsNull(shop.FilePath);
        Run(shop, "CREATE TABLE t (b int)");
        await host.StopAsync();
        CollectionAssert.AreEquivalent(before, Directory.GetFiles(DataFolder));
    }

    [TestMethod]
    [DataRow("5min", 5)]
    [DataRow("00:05:00", 5)]
    [DataRow("1.00:00:00", 1440)]
    [DataRow("1d", 1440)]
    public void An_age_is_written_as_other_times_are(string text, int minutes)
    {
        HostApplicationBuilder builder = NewHost();
        Configure(builder, ("PhantomDb:shop:SnapshotAgeMax", text));
        builder.AddPhantomDb("shop");
        using IHost host = builder.Build();
        Assert.AreEqual(TimeSpan.FromMinutes(minutes), host.Services.GetRequiredService<IOptionsMonitor<PhantomDbHostOptions>>().Get("shop").SnapshotAgeMax);
    }

    [TestMethod]
    public async Task Options_that_code_has_set_wrongly_keep_the_host_from_starting_too()
    {
        HostApplicationBuilder builder = NewHost();
        builder.AddPhantomDb("shop", options => options.Database = new DatabaseOptions { SyncInterval = TimeSpan.Zero });
        using IHost host = builder.Build();
        Assert.Contains("Options of the host's database \"shop\": ", (await Assert.ThrowsExactlyAsync<OptionsValidationException>(() => host.StartAsync())).Message);
    }

    [TestMethod]
    public async Task Services_get_the_database_as_a_data_source_and_as_connections()
    {
        HostApplicationBuilder builder = NewHost();
        builder.AddPhantomDb("shop");
        using IHost host = builder.Build();
        await host.StartAsync();
        Run(host.Services.GetRequiredService<Database>(), "CREATE TABLE t (a int)", "INSERT INTO t VALUES (5)");
        using (DbCommand command = host.Services.GetRequiredService<DbDataSource>().CreateCommand("SELECT a FROM t"))
        {
            Assert.AreEqual(5, await command.ExecuteScalarAsync());
        }
        Assert.AreSame(host.Services.GetRequiredService<PhantomDbDataSource>(), host.Services.GetRequiredKeyedService<DbDataSource>("shop"));
        using PhantomDbConnection first = host.Services.GetRequiredService<PhantomDbConnection>();
        using PhantomDbConnection second = host.Services.GetRequiredKeyedService<PhantomDbConnection>("shop");
        Assert.AreNotSame(first, second);
        first.Open();
        Assert.AreSame(host.Services.GetRequiredService<Database>(), first.OpenDatabase);
        await host.StopAsync();
    }

    [TestMethod]
    public async Task With_several_databases_each_has_its_own_data_source_by_its_name()
    {
        HostApplicationBuilder builder = NewHost();
        builder.AddPhantomDb("shop").AddPhantomDb("audit");
        using IHost host = builder.Build();
        await host.StartAsync();
        using (PhantomDbConnection audit = host.Services.GetRequiredKeyedService<PhantomDbDataSource>("audit").OpenConnection())
        {
            Assert.AreEqual("audit", audit.Database);
        }
        Assert.Contains("[FromKeyedServices(\"shop\")] PhantomDbDataSource", Assert.ThrowsExactly<InvalidOperationException>(() => host.Services.GetRequiredService<DbDataSource>()).Message);
        await host.StopAsync();
    }

    private static void AddJson(HostApplicationBuilder builder, string json) => builder.Configuration.AddJsonStream(new MemoryStream(Encoding.UTF8.GetBytes(json)));

    private static void Configure(HostApplicationBuilder builder, params (string Key, string Value)[] values) =>
        builder.Configuration.AddInMemoryCollection(values.Select(value => KeyValuePair.Create<string, string?>(value.Key, value.Value)));
}
