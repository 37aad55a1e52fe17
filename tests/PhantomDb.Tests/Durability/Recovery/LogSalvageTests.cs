using System.Text;
using Microsoft.VisualStudio.TestTools.UnitTesting;
using PhantomDb.Durability.Recovery;
using PhantomDb.Errors;

namespace PhantomDb.Tests.Durability.Recovery;

/// <summary>What a damaged log still gives, and what is said of the rest.</summary>
[TestClass]
public class LogSalvageTests : LoadTest
{
    private DatabaseOptions Options => new() { DataDirectory = "/data", FileSystem = Disk };

    private RecoveredDatabase Salvage()
    {
        Log.IsActive = false;
        return Recover(new RecoveryOptions { Mode = RecoveryMode.Salvage, AppliesBehindLoss = true });
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
    [DataRow(false)]
    [DataRow(true)]
    public void A_line_that_is_gone_or_stands_behind_the_next_takes_no_other_with_it(bool isMoved)
    {
        Log.Commit(Users, "INSERT,users,1,a").Flush();   // 1, 2
        Log.Commit("INSERT,users,2,b").Flush().Commit("INSERT,users,3,c").Flush().Commit("INSERT,users,4,d").Flush();
        Log.Save();
        List<string> lines = [.. Encoding.UTF8.GetString(Disk.Files[ActivePath]).Split('\n')];
        int at = lines.FindIndex(line => line.Contains("2,b", StringComparison.Ordinal));
        string line = lines[at];
        lines.RemoveAt(at);
        if (isMoved)
        {
            lines.Insert(at + 1, line);
        }
        Disk.Files[ActivePath] = Encoding.UTF8.GetBytes(string.Join('\n', lines));

        RecoveredDatabase salvaged = Salvage();

        CollectionAssert.AreEqual(new[] { "1|a", "3|c", "4|d" }, Rows(salvaged.Database, "users"));
        Assert.AreEqual((3L, 3L), (salvaged.Report.Losses.Single().FirstLsn, salvaged.Report.Losses.Single().LastLsn));
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
        Log.IsActive = false;
        RecoveredDatabase imported = Recover();
        Log.IsActive = true;
        SaveAs(Path, imported, lsn: 0);
        Log.Id = imported.Database.Id;
        Log.IsBehindFile = true;
        Disk.Files[Path][^40] ^= 1;
        Log.Commit(Notes, "INSERT,notes,1,x");

        Assert.AreEqual(SqlStates.DataCorrupted, Refused().SqlState);
    }

    [TestMethod]
    [DataRow(1)]
    [DataRow(1500)]
    [DataRow(2600)]
    public void Of_very_many_transactions_those_alone_are_left_out_that_do_not_fit(int lost)
    {
        const int Count = 2600;
        Log.Commit(Users).Flush();   // LSN 1; row i is LSN i + 1
        for (int i = 1; i <= Count; i++)
        {
            Log.Commit($"INSERT,users,{i},a").Flush();
        }
        int[] misfits = [Count + 2, Count + 3, Count + 1200];
        for (int i = Count + 2; i <= Count + 1300; i++)
        {
            Log.Commit(misfits.Contains(i) ? $"UPDATE,users,{lost},a,>,{lost},b" : $"INSERT,users,{-i},a").Flush();
        }
        Log.Save();
        Damage(ActivePath, $"users,{lost},a");

        RecoveredDatabase salvaged = Salvage();

        RecoveryReport report = salvaged.Report;
        Assert.AreEqual(Count - 1 + 1299 - 3, Rows(salvaged.Database, "users").Length);
        CollectionAssert.AreEqual((long[])[lost + 1, .. misfits], report.Losses.Select(loss => loss.FirstLsn).ToArray());
        CollectionAssert.AreEqual((long[])[lost + 1, .. misfits], report.Losses.Select(loss => loss.LastLsn).ToArray());
        Assert.AreEqual((3L, Count + 1299L - 3, Count + 1299L - 3, Count + 1300L), (report.TransactionsDropped, report.TransactionsApplied, report.RecordsApplied, report.LastLsn));
    }

    [TestMethod]
    [DataRow("DELETE,users,1,a")]
    [DataRow("UPDATE,users,1,a,>,1,b")]
    [DataRow("TRUNCATE,notes")]
    [DataRow("ALTER,notes,COLUMNS:n:int,FROM:n")]
    [DataRow("DROP,notes,TABLE")]
    [DataRow("RENAME,notes,TABLE,other")]
    public void A_transaction_that_takes_anything_away_is_not_applied_in_part(string body)
    {
        Log.Commit(Users, Notes, "INSERT,users,1,a", "INSERT,notes,1,x").Flush().Commit(Load(out string path, 2, first: 10), body).Flush();
        Log.Commit("INSERT,users,3,c").Flush();
        Log.Save();
        Disk.Files.Remove(path);
        RecoveredDatabase salvaged = Salvage();
        CollectionAssert.AreEqual(new[] { "1|a", "3|c" }, Rows(salvaged.Database, "users"));
        CollectionAssert.AreEqual(new[] { "1|x" }, Rows(salvaged.Database, "notes"));
        StringAssert.StartsWith(salvaged.Report.Losses.Single().Reason, "it does not fit without what is lost before it: ");
        Assert.AreEqual((5L, 6L, 1L), (salvaged.Report.Losses[0].FirstLsn, salvaged.Report.Losses[0].LastLsn, salvaged.Report.TransactionsDropped));
    }

    [TestMethod]
    [DataRow("INSERT,notes,2,y")]
    [DataRow("TABLE,more,COLUMNS:n:int")]
    [DataRow("SEQUENCE,s,SEQUENCE:s AS bigint START 1 INCREMENT 1 MINVALUE 1 MAXVALUE 9 CACHE 1 LAST 1")]
    [DataRow("MAINTENANCE,,user=admin")]
    public void A_transaction_that_only_adds_is_applied_without_the_rows_that_are_lost(string body)
    {
        Log.Commit(Users, Notes, "INSERT,notes,1,x").Flush().Commit(Load(out string path, 2, first: 10), "INSERT,users,1,a", body).Flush();
        Log.Save();
        Disk.Files.Remove(path);
        RecoveredDatabase salvaged = Salvage();
        CollectionAssert.AreEqual(new[] { "1|a" }, Rows(salvaged.Database, "users"));
        StringAssert.StartsWith(salvaged.Report.Losses.Single().Reason, "of a bulk load, all 2 rows of ");
        Assert.AreEqual((0L, 2L), (salvaged.Report.TransactionsDropped, salvaged.Report.TransactionsApplied));
    }

    [TestMethod]
    public void Of_a_transaction_that_does_not_fit_the_tables_are_kept_that_nobody_has()
    {
        Log.Commit(Users, "INSERT,users,1,a").Flush();
        Log.Rotate();
        Log.Commit("INSERT,users,2,b").Flush();
        string second = Log.Rotate();
        Log.Commit(Users, "TABLE,app,COLUMNS:n:int", "TABLE,\"\"\"App\"\"\",COLUMNS:n:int", "INSERT,app,1", "DELETE,users,2,b").Flush().Commit("INSERT,app,2", "INSERT,users,3,c").Flush();
        Log.Save();
        Disk.Files.Remove(second);
        RecoveredDatabase salvaged = Salvage();
        CollectionAssert.AreEqual(new[] { "1|a", "3|c" }, Rows(salvaged.Database, "users"));
        CollectionAssert.AreEqual(new[] { "2" }, Rows(salvaged.Database, "app"));
        RecoveryLoss loss = salvaged.Report.Losses[1];
        Assert.AreEqual((4L, 8L, "\"App\",app,users"), (loss.FirstLsn, loss.LastLsn, string.Join(',', loss.Tables)));
        StringAssert.EndsWith(loss.Reason, "; kept of it: the definition of app, \"App\"");
    }

    [TestMethod]
    public void Definitions_that_are_there_already_are_nothing_that_is_kept()
    {
        Log.Commit(Users, "INSERT,users,1,a").Flush().Commit("INSERT,users,2,b").Flush().Commit(Users, "DELETE,users,2,b").Flush();
        Log.Save();
        Damage(ActivePath, "2,b,");
        StringAssert.EndsWith(Salvage().Report.Losses[1].Reason, "no row with the key of the image before");
    }

    [TestMethod]
    [DataRow("../elsewhere/secret")]
    [DataRow("/etc/passwd")]
    [DataRow("other.db")]
    [DataRow("../data2/shop_load_20261121_120003_120451")]
    public void No_file_is_put_aside_because_a_record_names_it_that_is_no_side_file(string name)
    {
        foreach (string path in (string[])["/data/../elsewhere/secret", "/elsewhere/secret", "/etc/passwd", "/data/other.db", "/data/../data2/shop_load_20261121_120003_120451"])
        {
            Disk.Files[path] = "not a side file"u8.ToArray();
        }
        Log.Commit(Users, "INSERT,users,1,a").Flush().Commit($"LOAD,users,{name},1,0badc0de", "INSERT,users,2,b").Flush();
        Log.Save();
        RecoveredDatabase salvaged = Salvage();
        Assert.IsEmpty(salvaged.DamagedFiles);
        CollectionAssert.AreEqual(new[] { "1|a" }, Rows(salvaged.Database, "users"));
    }

    [TestMethod]
    public void A_damaged_side_file_is_told_of_though_its_transaction_is_left_out()
    {
        Log.Commit(Users, "INSERT,users,1,a").Flush().Commit(Load(out string path, 2, first: 10), "DELETE,users,1,a").Flush().Commit(Load(out string whole, 2, first: 20), "DELETE,users,7,x").Flush();
        Log.Save();
        Damage(path, "row 10");
        RecoveredDatabase salvaged = Salvage();
        CollectionAssert.AreEqual(new[] { path }, salvaged.DamagedFiles.ToArray(), whole);
        Assert.AreEqual(2, salvaged.Report.TransactionsDropped);
    }
}
