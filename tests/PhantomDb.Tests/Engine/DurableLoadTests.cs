using Microsoft.VisualStudio.TestTools.UnitTesting;
using PhantomDb.Durability;
using PhantomDb.Durability.Log;
using PhantomDb.Durability.Recovery;
using PhantomDb.Fuzz.Crash;
using PhantomDb.Tests.Durability;
using PhantomDb.Tests.Transactions;

namespace PhantomDb.Tests.Engine;

/// <summary>Bulk loads and replaced content in a database opened by name, on a disk that loses power.</summary>
[TestClass]
public sealed class DurableLoadTests
{
    private const string Folder = "/data";
    private const string Source = "[TABLE:old]\nCOLUMNS:x:int,note:string\nCONSTRAINT:old_pkey PRIMARY KEY (x)\nDATA:x,note\nROW:1,one\nROW:2,two\n[TABLE:counted]\nCOLUMNS:id:int,n:int\n"
        + "DEFAULT:id,nextval('s'::regclass)\nINDEX:half ((n / 2))\nDATA:id,n\nROW:1,10\n[SEQUENCE:s]\nSEQUENCE:s AS bigint START 1 INCREMENT 1 MINVALUE 1 MAXVALUE 99999 CACHE 1 LAST 1 CALLED\n";

    // Each is one transaction.
    private static readonly Action<Database, Session>[] Steps =
    [
        (_, session) => Run(session, "begin; create table t (id int primary key, note text); create table k (a int, b text); create sequence s; commit"),
        (_, session) => Run(session, "insert into t select g, 'note ' || g from generate_series(1, 60) g"),
        (_, session) => Run(session, "begin; insert into t select g, 'more' from generate_series(61, 90) g; delete from t where id < 10; update t set note = 'new' where id = 20; commit"),
        (_, session) => Run(session, "insert into k select nextval('s'), 'x' from generate_series(1, 40)"),
        (database, _) => database.LoadFromDisk("source"),
        (_, session) => Run(session, "insert into counted (n) select g from generate_series(1, 30) g"),
        (_, session) => Run(session, "begin; update old set note = 'after' where x = 1; alter table counted alter column n type bigint; commit"),
        (database, _) => database.SaveToDisk(),
        (_, session) => Run(session, "insert into old select g, 'load' from generate_series(10, 40) g"),
        (database, _) => database.LoadFromDisk(),
        (_, session) => Run(session, "insert into old values (100, 'last')"),
    ];

    [TestMethod]
    public void T2_loads_and_replacements_are_there_or_not_whatever_operation_the_crash_comes_at()
    {
        SimulatedDisk whole = NewDisk(0);
        int before = whole.OperationCount;
        List<string> contents = RunSteps(whole);
        Assert.HasCount(Steps.Length + 1, contents);
        Assert.IsGreaterThan(6, whole.Operations.Count(operation => operation.Contains("create", StringComparison.Ordinal) && operation.Contains("shop_load_", StringComparison.Ordinal)));
        int operations = whole.OperationCount - before;
        for (int at = 1; at <= operations; at++)
        {
            SimulatedDisk disk = NewDisk(at);
            (disk.FaultAt, disk.Fault, disk.IsFaultLasting) = (disk.OperationCount + at, DiskFault.PowerLoss, true);
            int done = RunSteps(disk).Count - 1;
            foreach (CrashProfile profile in Enum.GetValues<CrashProfile>())
            {
                SimulatedDisk left = disk.Crash(profile, at);
                string where = $"operation {at}, {profile}, {done} steps done";
                using (Database again = Database.Open("shop", Options(left)))
                {
                    string content = ContentOf(again);
                    Assert.IsTrue(content == contents[Math.Max(0, done)] || content == contents[Math.Min(done + 1, Steps.Length)], $"{where}:\n{content}");
                    Assert.AreNotEqual(RecoveryVerdict.Repaired, again.Recovery?.Verdict ?? RecoveryVerdict.Clean, where);
                    using Session session = again.OpenSession();
                    Run(session, "create table behind as select generate_series(1, 20) a");
                }
                EnsureNoOrphan(left, where);
            }
        }
        Assert.IsGreaterThan(100, operations);
    }

    [TestMethod]
    public void A_replaced_database_comes_back_and_its_sequences_go_on()
    {
        SimulatedDisk disk = NewDisk(0);
        Database database = Database.Open("shop", Options(disk));
        Session session = database.OpenSession();
        Run(session, "create sequence s; create table gone (a int default nextval('s')); insert into gone default values; insert into gone default values");
        database.LoadFromDisk("source");
        Assert.IsTrue(database.HasUnsavedChanges);
        Run(session, "insert into counted (n) values (1)");
        Assert.AreEqual("2", SessionSteps.Run(session, "select max(id) from counted"));
        Assert.AreEqual("42P01", SessionSteps.Run(session, "select * from gone"));

        using Database again = Database.Open("shop", Options(disk.Crash(CrashProfile.AllLost, 0)));
        using Session reader = again.OpenSession();

        Assert.AreEqual("1,10 2,1", SessionSteps.Run(reader, "select id, n from counted order by 1"));
        Assert.AreEqual("42P01", SessionSteps.Run(reader, "select * from gone"));
        Assert.AreEqual("10", SessionSteps.Run(reader, "select n from counted where n / 2 = 5"));
        long next = long.Parse(SessionSteps.Run(reader, "select nextval('s')"), System.Globalization.CultureInfo.InvariantCulture);
        Assert.IsGreaterThan(2, next);
        Assert.AreEqual(RecoveryVerdict.Clean, again.Recovery!.Verdict);
    }

    [TestMethod]
    public void What_another_durable_database_has_in_its_log_is_loaded_with_its_file()
    {
        SimulatedDisk disk = NewDisk(0);
        var other = Database.Open("other", Options(disk));
        Session writer = other.OpenSession();
        Run(writer, "create table t (a int); insert into t values (1)");
        other.SaveToDisk();
        Run(writer, "insert into t values (2)");
        SimulatedDisk left = disk.Crash(CrashProfile.AllLost, 0);   // not closed

        using Database shop = Database.Open("shop", Options(left));
        using Session session = shop.OpenSession();
        shop.LoadFromDisk("other");

        Assert.AreEqual("1 2", SessionSteps.Run(session, "select a from t order by 1"));
    }

    [TestMethod]
    public void A_replacement_that_fails_changes_nothing_and_leaves_no_file()
    {
        SimulatedDisk disk = NewDisk(0);
        using Database database = Database.Open("shop", Options(disk));
        using Session session = database.OpenSession();
        Run(session, "create table t (a int); insert into t values (1)");
        for (int at = 1; at < 12; at++)
        {
            (disk.FaultAt, disk.Fault, disk.IsFaultLasting) = (disk.OperationCount + at, DiskFault.DiskFull, false);
            PhantomDbException? error = null;
            try
            {
                database.LoadFromDisk("source");
            }
            catch (PhantomDbException failed)
            {
                error = failed;
            }
            disk.FaultAt = null;
            if (error is null)
            {
                break;
            }
            Assert.AreEqual("1", SessionSteps.Run(session, "select a from t"), error.Message);
            Run(session, "update t set a = a");
            Assert.AreEqual(0, disk.List(Folder).Count(file => LoadFileName.IsOf("shop", Path.GetFileName(file))), $"operation {at}: {error.Message}");
        }
    }

    private static DatabaseOptions Options(SimulatedDisk disk) => new() { DataDirectory = Folder, FileSystem = disk, MemoryLimit = 1 << 28, LoadRowCount = 10 };

    private static SimulatedDisk NewDisk(int seed)
    {
        var disk = new SimulatedDisk(seed);
        disk.CreateFolder(Folder);
        using (IWritableFile file = disk.Create($"{Folder}/source.db"))
        {
            file.Append(System.Text.Encoding.UTF8.GetBytes(Source));
            file.Flush();
        }
        disk.FlushFolder(Folder);
        return disk;
    }

    // What the database had after each step that was acknowledged; nothing where it could not even be opened.
    private static List<string> RunSteps(SimulatedDisk disk)
    {
        List<string> contents = [];
        Database? database = null;
        try
        {
            database = Database.Open("shop", Options(disk));
            using Session session = database.OpenSession();
            contents.Add(ContentOf(database));
            foreach (Action<Database, Session> step in Steps)
            {
                step(database, session);
                contents.Add(ContentOf(database));
            }
        }
        catch (Exception error) when (error is PowerLossException or PhantomDbException)
        {
        }
        try
        {
            database?.Dispose();
        }
        catch (Exception error) when (error is PowerLossException or PhantomDbException)
        {
        }
        return contents;
    }

    private static string ContentOf(Database database) => LogModel.Sections(database, new MemoryFileSystem());

    private static void EnsureNoOrphan(SimulatedDisk disk, string where)
    {
        string[] files = [.. disk.List(Folder).Select(file => Path.GetFileName(file)!)];
        string logs = string.Concat(files.Where(file => file.Contains("log", StringComparison.Ordinal)).Select(file => System.Text.Encoding.UTF8.GetString(disk.Read($"{Folder}/{file}"))));
        foreach (string file in files.Where(file => LoadFileName.IsOf("shop", file)))
        {
            Assert.IsTrue(logs.Contains(file, StringComparison.Ordinal), $"{where}: {file} is nobody's");
        }
    }

    private static void Run(Session session, string script)
    {
        foreach (QueryResult result in session.ExecuteScript(script))
        {
            while (result.Columns.Count > 0 && result.Read())
            {
            }
        }
    }
}
