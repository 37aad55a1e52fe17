using System.Text;
using Microsoft.VisualStudio.TestTools.UnitTesting;
using PhantomDb.Durability.Recovery;
using PhantomDb.Errors;

namespace PhantomDb.Tests.Durability.Recovery;

/// <summary>What a damaged log still gives, and what is said of the rest.</summary>
[TestClass]
public class LogSalvageTests : RecoveryTest
{
    private DatabaseOptions Options => new() { DataDirectory = "/data", FileSystem = Disk };

    private RecoveredDatabase Salvage()
    {
        Log.IsActive = false;
        return Recover(new RecoveryOptions { Mode = RecoveryMode.Salvage, AppliesBehindLoss = true });
    }

    private void Damage(string path, string text)
    {
        byte[] bytes = [.. Disk.Files[path]];
        bytes[Encoding.ASCII.GetString(bytes).IndexOf(text, StringComparison.Ordinal)] ^= 1;
        Disk.Files[path] = bytes;
    }

    [TestMethod]
    public void Whole_transactions_behind_a_bad_line_are_applied_where_they_fit()
    {
        Log.Commit(Users, Notes, "INSERT,users,1,a").Flush();                   // 1 to 3
        Log.Commit("INSERT,users,2,b").Flush();                               // 4: lost
        Log.Commit("INSERT,users,3,c", "INSERT,notes,1,x").Flush();           // 5, 6
        Log.Commit("UPDATE,users,2,b,>,2,bb", "INSERT,notes,2,y").Flush();    // 7, 8: about a row that is lost
        Log.Commit("UPDATE,users,1,a,>,1,aa").Flush();                        // 9
        Log.Save();
        Damage(ActivePath, "2,b,");

        RecoveredDatabase salvaged = Salvage();

        CollectionAssert.AreEqual(new[] { "1|aa", "3|c" }, Rows(salvaged.Database, "users"));
        CollectionAssert.AreEqual(new[] { "1|x" }, Rows(salvaged.Database, "notes"));
        RecoveryReport report = salvaged.Report;
        Assert.AreEqual((RecoveryVerdict.Repaired, 9L, 2, 1L, 3L), (report.Verdict, report.LastLsn, report.Timeline, report.TransactionsDropped, report.TransactionsApplied));
        Assert.HasCount(2, report.Losses);
        Assert.AreEqual((4L, 4L, 0), (report.Losses[0].FirstLsn, report.Losses[0].LastLsn, report.Losses[0].Tables.Count));
        StringAssert.Contains(report.Losses[0].ToString(), $"LSN 4 to 4 (tables unknown): the checksum");
        StringAssert.Contains(report.Losses[0].ToString(), $"{ActivePath}, line 6, byte offset ");
        StringAssert.StartsWith(report.Losses[1].ToString(), "LSN 7 to 8 (tables notes, users): it does not fit without what is lost before it");
    }

    [TestMethod]
    public void A_repaired_database_opens_and_keeps_the_damaged_segment()
    {
        Log.Commit(Users, "INSERT,users,1,a").Flush().Commit("INSERT,users,2,b").Flush().Commit("INSERT,users,3,c").Flush();
        string sealedPath = Log.Rotate();
        Log.Commit(Users, "INSERT,users,4,d").Flush();
        Log.Save();
        Damage(sealedPath, "2,b,");
        byte[] damaged = Disk.Files[sealedPath];
        Refused();
        Log.IsActive = false;

        RepairReport trial = DatabaseTools.Repair("shop", Options, isTrial: true);
        Assert.IsTrue(trial.IsNeeded);
        Assert.HasCount(1, trial.Losses);
        Refused();
        RepairReport result = DatabaseTools.Repair("shop", Options);

        CollectionAssert.AreEqual(new[] { "1|a", "3|c", "4|d" }, Rows(Recover().Database, "users"));
        Assert.AreEqual((2, 6L), (Recover().Report.Timeline, result.LastLsn));
        CollectionAssert.AreEqual(damaged, Disk.Files[result.KeptFiles.Single()]);
        StringAssert.StartsWith(result.Losses.Single(), "LSN 3 to 3 (tables unknown): the checksum");
        Assert.IsFalse(DatabaseTools.Repair("shop", Options).IsNeeded);
    }

    [TestMethod]
    public void A_missing_segment_and_a_damaged_header_are_gaps()
    {
        Log.Commit(Users, "INSERT,users,1,a").Flush();
        Log.Rotate();
        Log.Commit("INSERT,users,2,b").Flush();
        string second = Log.Rotate();
        Log.Commit(Users, "INSERT,users,3,c").Flush();
        Log.Save();
        byte[] bytes = Disk.Files[second];
        foreach (bool isMissing in new[] { true, false })
        {
            Disk.Files[second] = bytes;
            if (isMissing)
            {
                Disk.Files.Remove(second);
            }
            else
            {
                Damage(second, "Timeline");
            }

            RecoveredDatabase salvaged = Salvage();

            CollectionAssert.AreEqual(new[] { "1|a", "3|c" }, Rows(salvaged.Database, "users"));
            Assert.AreEqual((3L, 3L), (salvaged.Report.Losses.Single().FirstLsn, salvaged.Report.Losses.Single().LastLsn));
            StringAssert.Contains(salvaged.Report.Losses[0].Reason, "the log from LSN 3 to 3 is missing");
        }
    }

    [TestMethod]
    public void Rows_whose_partners_are_lost_are_left_out()
    {
        Log.Commit(Users, "TABLE,orders,\"COLUMNS:id:int,user_id:int\",CONSTRAINT:orders_fk FOREIGN KEY (user_id) REFERENCES users (id)").Flush();
        Log.Commit("INSERT,users,1,a").Flush();
        Log.Commit("INSERT,users,2,b").Flush();
        Log.Commit("INSERT,orders,10,2").Flush();
        Log.Commit("INSERT,orders,11,1").Flush();
        Log.Save();
        Damage(ActivePath, "2,b,");

        RecoveredDatabase salvaged = Salvage();

        CollectionAssert.AreEqual(new[] { "11|1" }, Rows(salvaged.Database, "orders"));
        CollectionAssert.AreEqual(new[] { "orders" }, salvaged.Report.Losses[^1].Tables.ToArray());
    }

    [TestMethod]
    public void A_damaged_file_that_an_older_one_replaced_is_kept_under_another_name()
    {
        const string SnapshotPath = "/data/shop_snapshot_20261121_120000";
        Log.Commit(Users, "INSERT,users,1,a");
        SaveAs(SnapshotPath, Recover());
        Log.Commit("INSERT,users,2,b");
        SaveAs(Path, Recover());
        Log.Commit("INSERT,users,3,c");
        Disk.Files[Path][^40] ^= 1;
        byte[] damaged = Disk.Files[Path];

        RecoveryReport first = Recover().Report, second = Recover().Report;

        Assert.AreEqual((RecoveryVerdict.Repaired, RecoveryVerdict.Clean), (first.Verdict, second.Verdict));
        Assert.AreSame(damaged, Disk.Files[$"{Path}.bad_3"]);
        Assert.IsFalse(Disk.Files.ContainsKey(Path));
        StringAssert.Contains(first.Files.Single(f => f.Path == Path).Reason, "kept as \"/data/shop.db.bad_3\"");
        Assert.AreEqual(damaged.Length, first.BytesSetAside);
        CollectionAssert.AreEqual(new[] { "1|a", "2|b", "3|c" }, Rows(Recover().Database, "users"));
    }

    [TestMethod]
    public void A_damaged_file_that_was_there_before_the_log_is_not_taken_for_empty()
    {
        Disk.Files[Path] = Encoding.UTF8.GetBytes(Example);
        RecoveredDatabase imported = Recover();
        Log.IsActive = true;
        SaveAs(Path, imported, lsn: 0);
        Log.Id = imported.Database.Id;
        Log.IsBehindFile = true;
        Disk.Files[Path][^40] ^= 1;
        Log.Commit(Notes, "INSERT,notes,1,x");

        Assert.AreEqual(SqlStates.DataCorrupted, Refused().SqlState);
    }
}
