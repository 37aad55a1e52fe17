using System.Text;
using Microsoft.VisualStudio.TestTools.UnitTesting;

namespace PhantomDb.Tests.Engine;

/// <summary>The log as the tools read it: filters, ends, damage, and following a writer over rotations.</summary>
[TestClass]
public sealed class LogFolderTests : ToolTest
{
    [TestMethod]
    public void Records_of_all_segments_come_in_order_with_their_rows()
    {
        MakeShop();

        LogRecord[] records = [.. DatabaseTools.ReadLog("shop", null, Options)];

        CollectionAssert.AreEqual(Enumerable.Range(1, 7).Select(lsn => (long)lsn).ToArray(), records.Select(record => record.Lsn).ToArray());
        Assert.AreEqual("TABLE", records[0].Operation);
        CollectionAssert.AreEqual(new[] { "1", "John Doe" }, records[3].Before!.ToArray());
        CollectionAssert.AreEqual(new[] { "1", "Doe, John" }, records[3].After!.ToArray());
        CollectionAssert.AreEqual(new string?[] { "3", null }, records[5].After!.ToArray());
        CollectionAssert.AreEqual(new[] { "2", "" }, records[6].Before!.ToArray());
        Assert.AreEqual("users", records[6].Table);
    }

    [TestMethod]
    public void Filters_choose_by_LSN_time_table_and_transaction()
    {
        MakeShop();

        Assert.AreEqual("4 5 6", Lsns(new LogReadOptions { FromLsn = 4, ToLsn = 6 }));
        Assert.AreEqual("5 6 7", Lsns(new LogReadOptions { FromTime = new DateTime(2026, 11, 21, 12, 0, 4) }));
        Assert.AreEqual("1 2 3", Lsns(new LogReadOptions { ToTime = new DateTime(2026, 11, 21, 12, 0, 2, DateTimeKind.Utc) }));
        Assert.AreEqual("1 2 3 4 5 6 7", Lsns(new LogReadOptions { Table = "public.USERS" }));
        Assert.AreEqual("", Lsns(new LogReadOptions { Table = "\"USERS\"" }));
        Assert.AreEqual("5 6", Lsns(new LogReadOptions { TransactionId = 4705 }));
        Assert.AreEqual("", Lsns(new LogReadOptions { FromLsn = 8 }));
    }

    [TestMethod]
    public void A_torn_end_is_told_and_damage_is_an_error_behind_what_is_whole()
    {
        MakeShop();
        Tear("shop.log");
        string told = "";
        Assert.AreEqual("1 2 3 4 5 6", Lsns(new LogReadOptions { TornEnd = text => told = text }));
        StringAssert.Contains(told, "shop.log, line 5, byte offset");

        FlipBit(SealedSegment, "Doe, John");
        List<long> read = [];
        PhantomDbException error = Assert.ThrowsExactly<PhantomDbException>(() =>
        {
            foreach (LogRecord record in DatabaseTools.ReadLog("shop", null, Options))
            {
                read.Add(record.Lsn);
            }
        });
        Assert.AreEqual("XX001", error.SqlState);
        CollectionAssert.AreEqual(new long[] { 1, 2, 3 }, read);
    }

    [TestMethod]
    public void A_record_that_is_no_longer_kept_is_an_error_that_names_the_first_that_is()
    {
        MakeShop();
        File.Delete(PathOf(SealedSegment));

        PhantomDbException error = Assert.ThrowsExactly<PhantomDbException>(() => Lsns(new LogReadOptions { FromLsn = 2 }));

        Assert.AreEqual("22023", error.SqlState);
        Assert.AreEqual("5 6 7", Lsns(new LogReadOptions()));
    }

    [TestMethod]
    [Timeout(60_000)]
    public async Task Following_gives_each_record_once_over_cuts_in_lines_and_rotations()
    {
        Log.Commit(Users, "INSERT,users,1,x").Flush();
        Log.Save();
        Dump();
        using CancellationTokenSource stop = new();
        var seen = new System.Collections.Concurrent.BlockingCollection<long>();
        Task reading = Task.Run(() =>
        {
            foreach (LogRecord record in DatabaseTools.ReadLog("shop", new LogReadOptions { IsFollowing = true }, Options, stop.Token))
            {
                seen.Add(record.Lsn);
            }
        });
        Expect(1, 2);
        Log.Commit("INSERT,users,2,y");
        Log.Save();
        byte[] whole = Disk.Files[ActivePath];
        File.WriteAllBytes(PathOf("shop.log"), whole[..^9]);
        await Task.Delay(250);
        Assert.IsEmpty(seen);
        File.WriteAllBytes(PathOf("shop.log"), whole);
        Expect(3);
        Log.Flush();
        string renamed = Log.Rotate();
        Log.Commit(Users, "INSERT,users,3,z").Flush();
        Log.Save();
        File.WriteAllBytes(PathOf("shop.log"), Disk.Files[renamed]);
        File.Move(PathOf("shop.log"), PathOf(System.IO.Path.GetFileName(renamed)));
        await Task.Delay(150);
        File.WriteAllBytes(PathOf("shop.log"), Disk.Files[ActivePath]);
        Expect(4, 5);
        await stop.CancelAsync();
        await reading;
        Assert.IsEmpty(seen);

        void Expect(params long[] lsns)
        {
            foreach (long lsn in lsns)
            {
                Assert.IsTrue(seen.TryTake(out long found, TimeSpan.FromSeconds(20)), $"LSN {lsn} does not come");
                Assert.AreEqual(lsn, found);
            }
        }
    }

    [TestMethod]
    [Timeout(60_000)]
    public async Task Following_goes_on_with_the_timeline_that_a_restore_begins()
    {
        Run("CREATE TABLE users (id int PRIMARY KEY, name text); INSERT INTO users VALUES (1, 'a'); INSERT INTO users VALUES (2, 'b'); INSERT INTO users VALUES (3, 'c')");
        using CancellationTokenSource stop = new();
        var seen = new System.Collections.Concurrent.BlockingCollection<string>();
        var selection = new LogReadOptions { IsFollowing = true, FromLsn = 4, PutBack = (lsn, timeline) => seen.Add($"back to {lsn}, timeline {timeline}", CancellationToken.None) };
        Task reading = Task.Run(() =>
        {
            foreach (LogRecord record in DatabaseTools.ReadLog("shop", selection, Options, stop.Token))
            {
                seen.Add($"{record.Lsn} {record.Operation} {record.After?[0]}".Trim());
            }
        });
        Expect("4 INSERT 3", "5 CLOSE");

        DatabaseRestore.Run("shop", RestorePoint.Parse("2"), null, Options);
        Expect("back to 2, timeline 2", "3 PHANTOMDB_RESTORE");
        Run("INSERT INTO users VALUES (9, 'i')");
        Expect("4 TABLE", "5 INSERT 9", "6 CLOSE");

        DatabaseRestore.Run("shop", RestorePoint.Parse("t1:3"), null, Options);
        Run("INSERT INTO users VALUES (8, 'h')");
        Expect("back to 3, timeline 3", "4 PHANTOMDB_RESTORE", "5 TABLE", "6 INSERT 8", "7 CLOSE");
        await stop.CancelAsync();
        await reading;
        Assert.IsEmpty(seen);

        void Expect(params string[] records)
        {
            foreach (string record in records)
            {
                Assert.IsTrue(seen.TryTake(out string? found, TimeSpan.FromSeconds(20)), $"{record} does not come");
                Assert.AreEqual(record, found);
            }
        }
    }

    private string Lsns(LogReadOptions selection) => string.Join(' ', DatabaseTools.ReadLog("shop", selection, Options).Select(record => record.Lsn));
}
