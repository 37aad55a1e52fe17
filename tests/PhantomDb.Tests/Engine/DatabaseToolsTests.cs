using Microsoft.VisualStudio.TestTools.UnitTesting;
using PhantomDb.Durability;
using PhantomDb.Fuzz.Crash;

namespace PhantomDb.Tests.Engine;

/// <summary>The tools over a database's files: what they find, beside a writer too, and what they write.</summary>
[TestClass]
public sealed class DatabaseToolsTests : ToolTest
{
    [TestMethod]
    public void Every_file_of_a_whole_database_is_clean_and_known()
    {
        MakeShop();

        VerificationReport report = DatabaseTools.Verify("shop", Options);

        Assert.IsTrue(report.IsWhole, Text(report));
        Assert.AreEqual(7, report.LastLsn);
        Assert.AreEqual(3, report.TransactionCount);
        Assert.AreEqual(
            $"""
            shop.db Database 3 Clean needed: recovery begins with it
            {SealedSegment} LogSegment 1-4 Clean needed: recovery applies it
            shop.log LogSegment 5-7 Clean needed: the log's newest records

            """, Text(report));
    }

    [TestMethod]
    public void A_torn_end_is_told_with_its_place_and_does_not_keep_the_database_from_opening()
    {
        MakeShop();
        Tear("shop.log");

        VerificationReport report = DatabaseTools.Verify("shop", Options);

        Assert.IsTrue(report.CanOpen);
        Assert.IsFalse(report.IsWhole);
        DatabaseFileReport segment = report.Files[^1];
        Assert.AreEqual(FileVerdict.Torn, segment.Verdict);
        Assert.AreEqual(6, segment.LastLsn);
        StringAssert.StartsWith(segment.Place, "line 5, byte offset ");
        StringAssert.EndsWith(segment.Place, ", LSN 7");
    }

    [TestMethod]
    public void A_flipped_bit_in_the_log_is_damage_with_its_place_and_the_database_does_not_open()
    {
        MakeShop();
        FlipBit(SealedSegment, "Doe, John");

        VerificationReport report = DatabaseTools.Verify("shop", Options);

        Assert.IsFalse(report.CanOpen);
        Assert.AreEqual("XX001", report.Refusal!.SqlState);
        DatabaseFileReport segment = report.Files[1];
        Assert.AreEqual(FileVerdict.Damaged, segment.Verdict);
        StringAssert.StartsWith(segment.Place, "line 6, byte offset ");
        StringAssert.Contains(segment.Problem, "the checksum of the line does not match");
    }

    [TestMethod]
    public void Every_flipped_byte_of_every_file_is_found()
    {
        MakeShop();
        foreach (string file in new[] { "shop.db", "shop.log", SealedSegment })
        {
            byte[] bytes = File.ReadAllBytes(PathOf(file));
            for (int i = 0; i < bytes.Length; i += 7)
            {
                byte[] changed = [.. bytes];
                changed[i] ^= 0x04;
                File.WriteAllBytes(PathOf(file), changed);
                VerificationReport report = DatabaseTools.Verify("shop", Options);
                Assert.IsFalse(report.IsWhole, $"{file}, byte {i}");
                Assert.IsTrue(report.Files.Any(f => f.Problem is not null || f.Verdict is not (FileVerdict.Clean or FileVerdict.NotChecked)), $"{file}, byte {i}: {Text(report)}");
            }
            File.WriteAllBytes(PathOf(file), bytes);
        }
        Assert.IsTrue(DatabaseTools.Verify("shop", Options).IsWhole);
    }

    [TestMethod]
    [DataRow("shop.db")]
    [DataRow("shop.log")]
    [DataRow("shop.manifest")]
    public void A_file_that_may_not_be_read_is_named_beside_the_others(string file)
    {
        Run("CREATE TABLE t (id int PRIMARY KEY)");
        DatabaseOptions options = Options with { FileSystem = new ForbiddingDisk(file) };

        IReadOnlyList<DatabaseFileReport> files = DatabaseTools.Files("shop", options);
        VerificationReport report = DatabaseTools.Verify("shop", options);

        Assert.IsGreaterThan(2, files.Count);
        Assert.IsTrue(files.Where(found => found.Kind is not (DatabaseFileKind.Lock or DatabaseFileKind.Manifest)).All(found => found.Purpose.Contains(file, StringComparison.Ordinal)));
        DatabaseFileReport bad = report.Files.Single(found => found.Name == file);
        Assert.AreEqual(FileVerdict.NotChecked, bad.Verdict);
        StringAssert.Contains(bad.Problem, "permission denied");
        Assert.AreEqual("42501", report.Refusal!.SqlState);
        Assert.AreEqual("42501", Assert.ThrowsExactly<PhantomDbException>(() => DatabaseTools.Repair("shop", options)).SqlState);
    }

    [TestMethod]
    [DataRow(true)]
    [DataRow(false)]
    public void A_segment_that_was_emptied_is_damaged_and_no_torn_end(bool isActive)
    {
        Run("CREATE TABLE t (id int PRIMARY KEY)");
        Run("INSERT INTO t VALUES (1)");
        Run("INSERT INTO t VALUES (2)");
        string file = isActive ? "shop.log" : System.IO.Path.GetFileName(Directory.GetFiles(DataFolder, "shop_log_*").Order(StringComparer.Ordinal).Last());
        File.Delete(PathOf("shop.db"));
        File.WriteAllBytes(PathOf(file), []);

        VerificationReport report = DatabaseTools.Verify("shop", Options);

        Assert.AreEqual(FileVerdict.Damaged, report.Files.Single(found => found.Name == file).Verdict);
        Assert.IsFalse(report.CanOpen);
    }

    [TestMethod]
    public void A_file_of_a_later_version_is_named_and_left_alone()
    {
        MakeShop();
        MakeLaterVersion();

        VerificationReport report = DatabaseTools.Verify("shop", Options);

        Assert.AreEqual(FileVerdict.UnknownVersion, report.Files[0].Verdict);
        Assert.AreEqual("0A000", report.Refusal!.SqlState);
        Assert.AreEqual("0A000", Throws(() => DatabaseTools.Repair("shop", Options)).SqlState);
        Assert.AreEqual("0A000", Throws(() => DatabaseTools.Accept("shop", Options)).SqlState);
    }

    [TestMethod]
    public void A_segment_of_another_database_is_foreign_and_does_not_keep_the_database_from_opening()
    {
        MakeShop();
        AddForeignSegment();

        VerificationReport report = DatabaseTools.Verify("shop", Options);

        Assert.IsTrue(report.CanOpen);
        Assert.AreEqual(1, report.Files.Count(file => file.Verdict == FileVerdict.Foreign && !file.IsNeeded && file.Purpose.Contains("another database's", StringComparison.Ordinal)));
    }

    [TestMethod]
    public void Other_files_of_a_folder_are_told_apart()
    {
        MakeShop();
        string[] ours = ["shop.lock", "shop.db.new", "shop.log.torn_7_31", "shop.db.bad_100", "shop.log.new", "shop.manifest"];
        string[] others = ["shopping.db", "shop.txt", "shop_log_x.log", "other.log", "shop_snapshot_1.db", "x.bad_1"];
        foreach (string name in ours.Concat(others))
        {
            File.WriteAllText(PathOf(name), "x");
        }

        IReadOnlyList<DatabaseFileReport> files = DatabaseTools.Files("shop", Options);

        CollectionAssert.AreEquivalent(ours, files.Where(file => file.Kind is not (DatabaseFileKind.Database or DatabaseFileKind.LogSegment)).Select(file => file.Name).ToArray());
        Assert.AreEqual(DatabaseFileKind.SetAside, files.Single(file => file.Name == "shop.db.bad_100").Kind);
        Assert.AreEqual(DatabaseFileKind.Unfinished, files.Single(file => file.Name == "shop.log.new").Kind);
        Assert.AreEqual(FileVerdict.Damaged, DatabaseTools.Verify("shop", Options).Files.Single(file => file.Kind == DatabaseFileKind.Manifest).Verdict);
    }

    [TestMethod]
    public void A_file_that_has_no_name_yet_may_be_one_that_is_just_being_written_where_somebody_has_the_database_open()
    {
        MakeShop();
        File.WriteAllText(PathOf("shop_snapshot_20261121_120004.new"), "x");
        const string Left = "left by a write that was interrupted; the next one writes over it";
        Assert.AreEqual(Left, PurposeOf("shop_snapshot_20261121_120004.new"));

        File.WriteAllText(PathOf("shop.lock"), "x");

        Assert.AreEqual($"just being written by who has the database open; or {Left}", PurposeOf("shop_snapshot_20261121_120004.new"));
    }

    [TestMethod]
    [DataRow("ROW:1,John Doe", "ROW:1,John Roe")]
    [DataRow("ROW:1,John Doe", "ROW:1,John A. Doe")]
    public void A_database_file_that_was_edited_is_not_said_to_be_what_recovery_begins_with(string from, string to)
    {
        MakeShop();
        Assert.AreEqual("recovery begins with it", PurposeOf("shop.db"));

        ChangeText("shop.db", from, to);

        Assert.AreEqual("differs from its checksums: it was edited, or is damaged; phantomdb verify shop tells which", PurposeOf("shop.db"));
    }

    private string PurposeOf(string file) => DatabaseTools.Files("shop", Options).Single(found => found.Name == file).Purpose;

    [TestMethod]
    public void Tools_for_a_database_that_is_not_there_say_so()
    {
        Directory.CreateDirectory(DataFolder);
        foreach (Action tool in new Action[]
        {
            () => DatabaseTools.Files("shop", Options), () => DatabaseTools.Verify("shop", Options), () => DatabaseTools.Repair("shop", Options),
            () => DatabaseTools.Accept("shop", Options), () => DatabaseTools.ReadLog("shop", null, Options).Count(),
            () => DatabaseTools.Files("shop", Options with { DataDirectory = PathOf("missing") }),
        })
        {
            Assert.AreEqual("58P01", Throws(tool).SqlState);
        }
        Assert.IsEmpty(Directory.GetFiles(DataFolder), "a tool that finds nothing leaves nothing");
    }

    [TestMethod]
    [Timeout(120_000)]
    public async Task What_only_reads_works_beside_a_writer_that_rotates_and_deletes_its_segments()
    {
        using Database database = Database.Open("shop", Options with { LogSegmentSize = 4096, SyncPolicy = SyncPolicy.None, LogRetentionCount = 6 });
        using (Session session = database.OpenSession())
        {
            session.Execute("CREATE TABLE t (a int PRIMARY KEY, b text)").Dispose();
        }
        database.SaveToDisk();
        using CancellationTokenSource stop = new();
        TaskCompletionSource begun = new(TaskCreationOptions.RunContinuationsAsynchronously);
        long followed = 0;
        Task following = Task.Run(() =>
        {
            foreach (LogRecord record in DatabaseTools.ReadLog("shop", new LogReadOptions { IsFollowing = true }, Options, stop.Token))
            {
                Assert.IsTrue(followed == 0 || record.Lsn == followed + 1, $"LSN {record.Lsn} behind {followed}");
                followed = record.Lsn;
                begun.TrySetResult();
            }
        });
        Assert.AreSame(begun.Task, await Task.WhenAny(begun.Task, following), "the table's record is read before the writer deletes any");
        Task writing = Task.Run(() =>
        {
            using Session session = database.OpenSession();
            for (int i = 1; !stop.IsCancellationRequested; i++)
            {
                session.Execute($"INSERT INTO t VALUES ({i}, repeat('x', {i % 90}))").Dispose();
                if (i % 400 == 0)
                {
                    database.SaveToDisk();
                }
            }
        });
        long last = 0;
        for (int round = 0; round < 25 && !following.IsFaulted && !writing.IsFaulted; round++)
        {
            VerificationReport report = DatabaseTools.Verify("shop", Options);
            Assert.IsTrue(report.CanOpen, $"round {round}: {report.Refusal?.Message} {report.Refusal?.Where} {report.Refusal?.Detail}\n{Text(report)}");
            Assert.IsTrue(report.Files.All(file => file.Verdict is FileVerdict.Clean or FileVerdict.NotChecked), $"round {round}: {Text(report)}");
            Assert.IsGreaterThanOrEqualTo(last, report.LastLsn);
            last = report.LastLsn;
            Assert.IsNotEmpty(DatabaseTools.Files("shop", Options));
        }
        await stop.CancelAsync();
        await writing;
        try
        {
            await following;
        }
        catch (OperationCanceledException)
        {
        }
        catch (PhantomDbException error) when (error.SqlState == "22023")
        {
            // A slow machine: the writer has deleted what was not yet read, and that is said.
        }
    }

    [TestMethod]
    public void What_a_crash_leaves_of_a_bulk_load_is_no_damage()
    {
        Run("CREATE TABLE t (id int); INSERT INTO t SELECT generate_series(1, 50000)");
        string load = Directory.GetFiles(DataFolder, "shop_load_*").Single();
        File.WriteAllBytes(PathOf("shop_load_20261121_120003_120451"), File.ReadAllBytes(load)[..^9]);

        VerificationReport report = DatabaseTools.Verify("shop", Options);

        Assert.IsTrue(report.IsWhole, Text(report));
        DatabaseFileReport left = report.Files.Single(file => file.Name == "shop_load_20261121_120003_120451");
        Assert.AreEqual((FileVerdict.NotChecked, false), (left.Verdict, left.IsNeeded));
        Change(System.IO.Path.GetFileName(load), bytes => bytes[..^9]);
        Assert.AreEqual(FileVerdict.Damaged, DatabaseTools.Verify("shop", Options).Files.Single(file => file.Path == load).Verdict, "that of a record");
    }

    [TestMethod]
    [DataRow(2)]
    [DataRow(3)]
    [DataRow(4)]
    public void A_snapshot_that_gets_its_name_while_the_folder_is_looked_through_is_told_as_any_other(int listing)
    {
        MakeShop();
        string unfinished = PathOf("shop_snapshot_20261121_120004.new");
        File.Copy(PathOf("shop.db"), unfinished);
        var disk = new RenamingDisk(listing, () => File.Move(unfinished, unfinished[..^4]));

        IReadOnlyList<DatabaseFileReport> found = DatabaseTools.Files("shop", Options with { FileSystem = disk });

        Assert.AreEqual("serves where shop.db is damaged", found.Single(file => file.Kind == DatabaseFileKind.Snapshot).Purpose);
    }

    [TestMethod]
    public void A_segment_that_comes_while_the_folder_is_looked_through_is_told_as_any_other()
    {
        MakeShop();
        string segment = PathOf(SealedSegment), elsewhere = System.IO.Path.Combine(Folder, "segment");
        File.Move(segment, elsewhere);
        var disk = new RenamingDisk(3, () => File.Move(elsewhere, segment));

        VerificationReport report = DatabaseTools.Verify("shop", Options with { FileSystem = disk });

        Assert.IsTrue(report.IsWhole, Text(report));
        Assert.AreEqual("recovery applies it", report.Files.Single(file => file.Name == SealedSegment).Purpose);
    }

    private static PhantomDbException Throws(Action tool) => Assert.ThrowsExactly<PhantomDbException>(tool);

    private static string Text(VerificationReport report) => string.Concat(report.Files.Select(file =>
        $"{file.Name} {file.Kind} {(file.FirstLsn is null ? "" : $"{file.FirstLsn}-")}{file.LastLsn} {file.Verdict}{file.Problem} {(file.IsNeeded ? "needed: " : "")}{file.Purpose}\n"));

    private sealed class ForbiddingDisk(string name) : PassingDisk(PhysicalFileSystem.Instance)
    {
        public override Stream OpenRead(string path) => System.IO.Path.GetFileName(path) != name ? base.OpenRead(path)
            : throw new PhantomDbException("42501", $"could not open \"{path}\": permission denied") { Where = path };
    }
    /// <summary>Something happens in the folder just before it is listed for the given time.</summary>
    private sealed class RenamingDisk(int listing, Action happens) : PassingDisk(PhysicalFileSystem.Instance)
    {
        private int _count;

        public override IReadOnlyList<string> List(string folder)
        {
            if (++_count == listing)
            {
                happens();
            }
            return base.List(folder);
        }
    }
}
