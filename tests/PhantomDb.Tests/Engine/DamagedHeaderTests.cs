using Microsoft.VisualStudio.TestTools.UnitTesting;

namespace PhantomDb.Tests.Engine;

/// <summary>A bad bit in a segment's header: opening refuses it, and nothing of what stands behind it is lost.</summary>
[TestClass]
public sealed class DamagedHeaderTests : ToolTest
{
    private const string Header = "the header of the log's segment is damaged";

    [TestMethod]
    [DataRow(20)]
    [DataRow(100)]
    [DataRow(150)]
    [DataRow(240)]
    public void A_repair_saves_all_that_stands_behind_a_damaged_header(int place)
    {
        MakeShop();
        Change("shop.log", bytes => Flipped(bytes, place));
        byte[] damaged = File.ReadAllBytes(PathOf("shop.log"));
        PhantomDbException error = Assert.ThrowsExactly<PhantomDbException>(() => Database.Open("shop", Options));
        StringAssert.Contains(error.Message, Header);
        StringAssert.Contains(error.Message, "shop.log");

        RepairReport report = DatabaseTools.Repair("shop", Options);

        Assert.IsEmpty(report.Losses, string.Join('\n', report.Losses));
        Assert.AreEqual((7L, 8L, 2), (report.LastLsn, report.Lsn, report.Timeline));
        CollectionAssert.AreEqual(damaged, File.ReadAllBytes(report.KeptFiles.Single(file => file.Contains("shop.log.bad_", StringComparison.Ordinal))));
        Assert.AreEqual("1|Doe, John, 3|NULL", string.Join(", ", RowsOfShop()));
        Assert.IsFalse(DatabaseTools.Repair("shop", Options).IsNeeded);
        CollectionAssert.AreEqual(new long[] { 1, 2, 3, 4, 5, 6, 7 }, Lsns(), "it is history");
        Run("INSERT INTO users VALUES (4, 'd')");
        CollectionAssert.IsSubsetOf(new long[] { 1, 2, 3, 4, 5, 6, 7, 9, 10 }, Lsns());
        Assert.IsTrue(DatabaseTools.Verify("shop", Options).IsWhole);
    }

    [TestMethod]
    public void Where_the_whole_header_is_gone_the_lines_prove_its_salt()
    {
        MakeShop();
        Change("shop.log", bytes =>
        {
            bytes.AsSpan(0, bytes.AsSpan().IndexOf((byte)'\n') - 60).Clear();
            return bytes;
        });

        RepairReport report = DatabaseTools.Repair("shop", Options);

        Assert.IsEmpty(report.Losses, string.Join('\n', report.Losses));
        Assert.AreEqual("1|Doe, John, 3|NULL", string.Join(", ", RowsOfShop()));
        Assert.AreEqual(8L, report.Lsn);
    }

    [TestMethod]
    public void The_log_alone_is_enough_though_its_header_is_damaged()
    {
        Run("CREATE TABLE users (id int PRIMARY KEY, name text); INSERT INTO users VALUES (1, 'a'); INSERT INTO users VALUES (2, 'b')");
        File.Delete(PathOf("shop.db"));
        foreach (string snapshot in Directory.GetFiles(DataFolder, "shop_snapshot_*"))
        {
            File.Delete(snapshot);
        }
        Change("shop.log", bytes => Flipped(bytes, 20));
        DatabaseFileReport log = DatabaseTools.Files("shop", Options).Single(file => file.Name == "shop.log");
        Assert.IsTrue(log.IsNeeded);
        StringAssert.Contains(log.Purpose, "its header is damaged");
        VerificationReport verified = DatabaseTools.Verify("shop", Options);
        Assert.AreEqual(FileVerdict.Clean, verified.Files.Single(file => file.Kind == DatabaseFileKind.Manifest).Verdict);

        RepairReport report = DatabaseTools.Repair("shop", Options);

        Assert.IsEmpty(report.Losses, string.Join('\n', report.Losses));
        Assert.AreEqual("1|a, 2|b", string.Join(", ", RowsOfShop()));
    }

    [TestMethod]
    public void The_log_is_read_on_and_who_reads_it_is_told()
    {
        MakeShop();
        Change("shop.log", bytes => Flipped(bytes, 20));
        List<string> told = [];

        long[] lsns = [.. DatabaseTools.ReadLog("shop", new LogReadOptions { DamagedHeader = told.Add }, Options).Select(record => record.Lsn)];

        CollectionAssert.AreEqual(new long[] { 1, 2, 3, 4, 5, 6, 7 }, lsns);
        StringAssert.Contains(told.Single(), "shop.log");
        PhantomDbException error = Assert.ThrowsExactly<PhantomDbException>(() => DatabaseTools.ReadLog("shop", null, Options).Count());
        Assert.AreEqual("XX001", error.SqlState);
    }

    [TestMethod]
    public void A_log_that_nothing_proves_is_not_an_empty_one()
    {
        MakeShop();
        File.Delete(PathOf(SealedSegment));
        Change("shop.log", bytes => new byte[5000]);

        PhantomDbException error = Assert.ThrowsExactly<PhantomDbException>(() => DatabaseTools.ReadLog("shop", new LogReadOptions { DamagedHeader = _ => { } }, Options).Count());

        StringAssert.Contains(error.Message, Header);
        StringAssert.Contains(error.Message, "shop.log");
    }

    [TestMethod]
    public void An_older_segment_with_a_damaged_header_is_told_of_as_one_and_read()
    {
        MakeShop();
        Change(SealedSegment, bytes => Flipped(bytes, 20));
        List<string> told = [];
        Assert.AreEqual(7, DatabaseTools.ReadLog("shop", new LogReadOptions { DamagedHeader = told.Add }, Options).Count());
        Assert.HasCount(1, told);

        DatabaseFileReport file = DatabaseTools.Verify("shop", Options).Files.Single(file => file.Name == SealedSegment);

        Assert.AreEqual(FileVerdict.Damaged, file.Verdict);
        StringAssert.Contains(file.Problem, "the header is damaged; whole transactions behind it: 3, up to LSN 4");
        StringAssert.Contains(DatabaseTools.Files("shop", Options).Single(file => file.Name == SealedSegment).Purpose, "its header is damaged: repair saves what it has");
    }

    [TestMethod]
    public void An_older_segment_that_is_empty_is_damage_and_not_one_that_was_never_begun()
    {
        MakeShop();
        Change(SealedSegment, _ => []);

        StringAssert.Contains(Assert.ThrowsExactly<PhantomDbException>(() => Database.Open("shop", Options)).Message, Header);
        Assert.AreEqual(FileVerdict.Damaged, DatabaseTools.Verify("shop", Options).Files.Single(file => file.Name == SealedSegment).Verdict);
        Assert.DoesNotContain("never begun", DatabaseTools.Files("shop", Options).Single(file => file.Name == SealedSegment).Purpose);
    }

    [TestMethod]
    public void A_log_that_was_emptied_behind_an_orderly_end_is_damage_and_costs_nothing()
    {
        Run("CREATE TABLE users (id int PRIMARY KEY, name text); INSERT INTO users VALUES (1, 'a')");
        Change("shop.log", _ => []);

        Assert.AreEqual(FileVerdict.Damaged, DatabaseTools.Verify("shop", Options).Files.Single(file => file.Name == "shop.log").Verdict);
        using (Database database = Database.Open("shop", Options))
        {
            Assert.AreEqual(RecoveryVerdict.Repaired, database.Recovery!.Verdict);
            StringAssert.Contains(database.Recovery.Problem, Header);
        }
        Assert.AreEqual("1|a", string.Join(", ", RowsOfShop()));
    }

    [TestMethod]
    public void The_log_goes_on_behind_a_segment_that_is_not_needed_and_both_are_read()
    {
        Run("CREATE TABLE users (id int PRIMARY KEY, name text); INSERT INTO users VALUES (1, 'a')");
        long last = DatabaseTools.ReadLog("shop", null, Options).Last().Lsn;
        Change("shop.log", bytes => Flipped(bytes, 20));

        Run("INSERT INTO users VALUES (2, 'b')");
        Run("INSERT INTO users VALUES (3, 'c')");

        List<string> told = [];
        long[] lsns = [.. DatabaseTools.ReadLog("shop", new LogReadOptions { DamagedHeader = told.Add }, Options).Select(record => record.Lsn)];
        CollectionAssert.AreEqual(Enumerable.Range(1, lsns.Length).Select(lsn => (long)lsn).ToArray(), lsns);
        Assert.IsGreaterThan(last + 1, lsns[^1]);
        Assert.HasCount(1, told);
        Assert.IsTrue(DatabaseTools.Verify("shop", Options).CanOpen);
        Assert.AreEqual("1|a, 2|b, 3|c", string.Join(", ", RowsOfShop()));
    }

    [TestMethod]
    [DataRow(true)]
    [DataRow(false)]
    public void An_open_database_reads_such_a_segment_too(bool isOldest)
    {
        BeginSegments();
        string[] segments = [.. Directory.GetFiles(DataFolder, "shop_log_*").Order(StringComparer.Ordinal)];
        Change(System.IO.Path.GetFileName(segments[isOldest ? 0 : 1]), bytes => Flipped(bytes, 20));

        using Database database = Database.Open("shop", Options);
        using Session session = database.OpenSession();
        session.Execute("INSERT INTO users VALUES (100, 'last')").Dispose();

        Assert.AreEqual("t", One(database, "SELECT count(*) = max(lsn) FROM phantomdb_log"));
        Assert.AreEqual("21", One(database, "SELECT count(*) FROM phantomdb_history('users')"));
        Assert.AreEqual("1", One(database, "SELECT min(lsn) FROM phantomdb_log"));
        Assert.AreEqual("1", One(database, "SELECT lsn FROM (SELECT lsn FROM phantomdb_log ORDER BY lsn DESC) l ORDER BY lsn LIMIT 1"));
    }

    [TestMethod]
    public void Of_one_that_nothing_proves_all_who_read_from_before_it_are_told_what_is_missing()
    {
        BeginSegments();
        string oldest = Directory.GetFiles(DataFolder, "shop_log_*").Order(StringComparer.Ordinal).First();
        Change(System.IO.Path.GetFileName(oldest), bytes => new byte[bytes.Length]);
        List<(long, long)> holes = [];
        long first = DatabaseTools.ReadLog("shop", new LogReadOptions { MissingRecords = (from, to) => holes.Add((from, to)) }, Options).First().Lsn;
        CollectionAssert.AreEqual(new[] { (1L, first - 1) }, holes);
        Assert.IsGreaterThan(1, first);

        using Database database = Database.Open("shop", Options);
        using Session session = database.OpenSession();
        List<string> warnings = [];
        session.Warning += warnings.Add;
        using (QueryResult result = session.Execute("SELECT lsn FROM phantomdb_log"))
        {
            Assert.IsTrue(result.Read());
            Assert.AreEqual(first, result.GetInt64(0));
        }
        StringAssert.Contains(warnings.Single(), "LSN 1 to");
    }

    [TestMethod]
    public void Where_all_but_the_manifest_is_gone_it_says_what_is_known_of_the_log()
    {
        Run("CREATE TABLE users (id int PRIMARY KEY, name text)");
        foreach (string file in Directory.GetFiles(DataFolder).Where(file => !file.EndsWith(".manifest", StringComparison.Ordinal)))
        {
            File.Delete(file);
        }
        string text = File.ReadAllText(PathOf("shop.manifest"));
        var manifest = PhantomDb.Durability.Log.LogManifest.TryParse(System.Text.Encoding.UTF8.GetBytes(text))!;
        DateTime time = new(2026, 11, 21, 0, 0, 0, DateTimeKind.Utc);
        Change("shop.manifest", _ => (manifest with { Rows = [new("open", "shop.log", 1, 0, 300, time)] }).ToBytes());

        PhantomDbException error = Assert.ThrowsExactly<PhantomDbException>(() => Database.Open("shop", Options));

        StringAssert.Contains(error.Message, "nor its log, and nobody knows how far that went");
        Assert.AreEqual(FileVerdict.Clean, DatabaseTools.Verify("shop", Options).Files.Single().Verdict);
    }

    [TestMethod]
    public void A_segment_that_nothing_proves_is_not_called_missing()
    {
        Run("CREATE TABLE users (id int PRIMARY KEY, name text)");
        byte[] file = File.ReadAllBytes(PathOf("shop.db"));
        Run("INSERT INTO users VALUES (1, 'a')");
        File.WriteAllBytes(PathOf("shop.db"), file);
        Change("shop.log", bytes => new byte[bytes.Length + 5000]);

        PhantomDbException error = Assert.ThrowsExactly<PhantomDbException>(() => Database.Open("shop", Options));

        StringAssert.Contains(error.Message, Header);
        Assert.DoesNotContain("missing", error.Message);
        RepairReport report = DatabaseTools.Repair("shop", Options, isTrial: true);
        StringAssert.Contains(string.Join('\n', report.Losses), "damaged");
        Assert.DoesNotContain("is missing", string.Join('\n', report.Losses));
        StringAssert.Contains(string.Join('\n', report.Losses), "shop.log");
    }

    // Three older segments or more, and a file that has all of them.
    private void BeginSegments()
    {
        using Database database = Database.Open("shop", Options with { LogSegmentSize = 4096, SnapshotEnabled = false });
        using Session session = database.OpenSession();
        session.Execute("CREATE TABLE users (id int PRIMARY KEY, name text)").Dispose();
        for (int i = 1; i <= 20; i++)
        {
            session.Execute($"INSERT INTO users VALUES ({i}, repeat('long', 200))").Dispose();
        }
    }

    private static string One(Database database, string sql)
    {
        using Session session = database.OpenSession();
        using QueryResult result = session.Execute(sql);
        Assert.IsTrue(result.Read());
        return result.GetText(0);
    }

    private long[] Lsns() => [.. DatabaseTools.ReadLog("shop", new LogReadOptions { MissingRecords = (_, _) => { } }, Options).Select(record => record.Lsn)];

    private static byte[] Flipped(byte[] bytes, int place)
    {
        bytes[place] ^= 1;
        return bytes;
    }
}
