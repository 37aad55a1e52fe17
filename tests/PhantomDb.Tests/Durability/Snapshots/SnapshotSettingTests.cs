using Microsoft.VisualStudio.TestTools.UnitTesting;
using PhantomDb.Errors;

namespace PhantomDb.Tests.Durability.Snapshots;

/// <summary>When snapshots are taken, and where the files are, as settings in SQL.</summary>
[TestClass]
public sealed class SnapshotSettingTests : SnapshotTest
{
    private const string InForce = "SELECT string_agg(setting, ' ' ORDER BY name) FROM pg_settings WHERE name LIKE 'snapshot%'";

    [TestMethod]
    public void P5_settings_are_in_force_at_once_for_all_and_after_the_next_opening()
    {
        using (Database database = Open())
        {
            using Session open = database.OpenSession();
            Run(database, "CREATE TABLE item (id int PRIMARY KEY, name text)");
            Insert(database, 1, 10);
            Run(database, "SET PERSIST snapshot_interval = 5", "SET PERSIST snapshot_enabled = on");
            Await(() => database.Snapshots.Latest is not null, "a snapshot, as ten rows have changed");
            Run(database, "SET PERSIST snapshot_enabled = false", "SET PERSIST snapshot_interval = 500", "SET PERSIST snapshot_log_size = '64MB'", "SET PERSIST snapshot_period TO '90s'");
            Assert.AreEqual("off 500 64MB 90s", Ask(database, InForce));
            Assert.AreEqual((false, 500, 64L << 20, TimeSpan.FromSeconds(90)), (database.SnapshotEnabled, database.SnapshotInterval, database.Snapshots.LogSize, database.Snapshots.Period));
            using QueryResult shown = open.Execute("SHOW snapshot_interval");
            Assert.IsTrue(shown.Read());
            Assert.AreEqual("500", shown.GetText(0), "a session that was open sees it too");
            database.SnapshotInterval = 7;
            Assert.AreEqual("7", Ask(database, "SHOW snapshot_interval"), "a property, until it is changed");
            Insert(database, 11, 20);
            Assert.HasCount(1, database.Snapshots.List());
        }
        using (Database database = Open(options => options with { SnapshotEnabled = true, SnapshotInterval = 3 }))
        {
            Assert.AreEqual("off 500 64MB 90s", Ask(database, InForce), "what the database keeps, and not the options of an opening");
            database.SnapshotInterval = 7;
            Run(database, "SET PERSIST snapshot_interval = 500");
            Assert.AreEqual(500, database.SnapshotInterval);
            Run(database, "RESET PERSIST snapshot_interval", "SET PERSIST snapshot_log_size = off", "RESET PERSIST snapshot_enabled");
            Assert.AreEqual("on 3 off 90s", Ask(database, InForce));
            Run(database, "RESET PERSIST ALL");
            Assert.AreEqual("on 3 off off", Ask(database, InForce));
        }
        using (Database database = Open())
        {
            Assert.AreEqual("off 1000 off off", Ask(database, InForce));
        }
    }

    [TestMethod]
    public void P5_nothing_less_and_what_is_no_number_are_refused_and_change_nothing()
    {
        using Database database = Open(options => options with { SnapshotInterval = 20 });
        foreach (string set in new[]
        {
            "snapshot_interval = 0", "snapshot_interval = -1", "snapshot_interval = 'often'", "snapshot_interval = '5s'", "snapshot_enabled = 2", "snapshot_log_size = 0", "snapshot_log_size = -1",
            "snapshot_period = 0", "snapshot_period = '-1s'", "snapshot_period = '1MB'",
        })
        {
            AssertFails("22023", database, "SET PERSIST " + set);
        }
        Assert.AreEqual("off 20 off off", Ask(database, InForce));
        Assert.IsEmpty(database.Settings.All);
    }

    [TestMethod]
    public void P5_a_session_has_none_of_its_own_and_is_told_the_way_out()
    {
        using Database database = Open();
        foreach (string statement in new[] { "SET snapshot_interval = 5", "SET LOCAL snapshot_enabled = on", "RESET snapshot_interval", "SELECT set_config('snapshot_period', '5s', false)" })
        {
            StringAssert.Contains(AssertFails("55P02", database, statement).Hint, "SET PERSIST snapshot_");
        }
        Run(database, "RESET ALL");
        Assert.AreEqual("off 1000 off off", Ask(database, InForce));
        Assert.AreEqual("snapshot_interval|sighup", Ask(database, "SELECT name, context FROM pg_settings WHERE name = 'snapshot_interval'"));
    }

    [TestMethod]
    public void P5_the_data_directory_is_shown_and_is_not_changed()
    {
        using Database database = Open(), memory = Database.CreateInMemory();
        Assert.AreEqual(Folder, Ask(database, "SHOW data_directory"));
        Assert.AreEqual(Folder, Ask(database, "SELECT current_setting('data_directory')"));
        Assert.AreEqual("", Ask(memory, "SHOW data_directory"));
        Assert.AreEqual("internal|override", Ask(database, "SELECT context, source FROM pg_settings WHERE name = 'data_directory'"));
        AssertFails("55P02", database, "SET data_directory = '/tmp'");
        AssertFails("55P02", database, "SET PERSIST data_directory = '/tmp'");
    }

    [TestMethod]
    public void P5_a_database_that_takes_no_snapshots_keeps_none_of_these()
    {
        using Database database = Open(), memory = Database.CreateInMemory();
        AssertFails("55000", memory, "SET PERSIST snapshot_interval = 5");
        Assert.AreEqual("off", Ask(memory, "SHOW snapshot_enabled"));
        Run(database, "SET PERSIST snapshot_interval = 5");
        using Database fork = database.Fork(), reader = Open(options => options with { IsReadOnly = true });
        AssertFails("55000", fork, "SET PERSIST snapshot_interval = 6");
        AssertFails("25006", reader, "SET PERSIST snapshot_interval = 6");
        Run(fork, "RESET PERSIST snapshot_interval");
        Assert.IsEmpty(fork.Settings.All);
    }

    [TestMethod]
    public void P5_settings_of_a_file_that_is_loaded_are_in_force_and_properties_stay_where_it_has_none()
    {
        using Database database = Open();
        Run(database, "CREATE TABLE item (id int)", "SET PERSIST snapshot_interval = 5");
        database.SaveToDisk("copy");
        Run(database, "RESET PERSIST snapshot_interval");
        database.Snapshots.LogSize = 4096;
        database.LoadFromDisk("copy");
        Assert.AreEqual("off 5 4kB off", Ask(database, InForce));
    }

    private static PhantomDbException AssertFails(string state, Database database, string sql)
    {
        PhantomDbException error = Assert.ThrowsExactly<PhantomDbException>(() => Ask(database, sql), sql);
        Assert.AreEqual(state, error.SqlState, sql);
        return error;
    }
}
