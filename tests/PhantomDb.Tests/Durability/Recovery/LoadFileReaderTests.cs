using System.Text;
using Microsoft.VisualStudio.TestTools.UnitTesting;
using PhantomDb.Catalog;
using PhantomDb.Durability.Recovery;
using PhantomDb.Errors;
using PhantomDb.Types;

namespace PhantomDb.Tests.Durability.Recovery;

/// <summary>Side files: what a record must say, what a file must be, and what is saved of one that is not whole.</summary>
[TestClass]
public sealed class LoadFileReaderTests : LoadTest
{
    private RecoveredDatabase Salvage()
    {
        Log.Save();
        Log.IsActive = false;
        return Recover(new RecoveryOptions { Mode = RecoveryMode.Salvage, AppliesBehindLoss = true, IsReadOnly = true });
    }

    private void AssertRefused(string record, string reason)
    {
        Log.Commit(Users).Commit(record).Flush();
        PhantomDbException error = Refused();
        StringAssert.Contains(error.Message, reason);
        StringAssert.StartsWith(error.Where, $"{ActivePath}, line 4, ");
        StringAssert.EndsWith(error.Where, "LSN 2");
        Assert.AreEqual(SqlStates.DataCorrupted, error.SqlState);
    }

    [TestMethod]
    [DataRow(1)]
    [DataRow(2048)]
    [DataRow(BlockRows)]
    [DataRow(BlockRows + 1)]
    public void Rows_of_a_side_file_come_in_with_those_of_the_log(int count)
    {
        Log.Commit(Users, "INSERT,users,0,before").Commit(Load(out _, count), "INSERT,users,-1,same", "UPDATE,users,0,before,>,0,after").Commit($"DELETE,users,{count},row {count}");
        RecoveredDatabase recovered = Recover();
        CollectionAssert.AreEqual((string[])["0|after", .. RowsOfLoad(1, count - 1), "-1|same"], Rows(recovered.Database, "users"));
        Assert.AreEqual((6L, 3L), (recovered.Report.RecordsApplied, recovered.Report.TransactionsApplied));
    }

    [TestMethod]
    public void Rows_that_take_keys_which_the_transaction_gives_up_wait_for_its_end()
    {
        const int Count = 5000;
        Log.Commit([Users, .. Enumerable.Range(1, Count).Select(i => $"INSERT,users,{i},old")]);
        Log.Commit([Load(out _, Count), .. Enumerable.Range(1, Count).Select(i => $"DELETE,users,{i},old")]).Commit("UPDATE,users,1,row 1,>,1,newer");
        CollectionAssert.AreEqual((string[])["1|newer", .. RowsOfLoad(2, Count - 1)], Rows(Recover().Database, "users").OrderBy(row => int.Parse(row.Split('|')[0])).ToArray());
    }

    [TestMethod]
    public void A_key_that_comes_twice_is_told_with_the_record_that_names_the_file()
    {
        Log.Commit(Users, "INSERT,users,2,b").Commit("INSERT,users,9,c").Commit(Load(out _)).Flush();
        PhantomDbException error = Refused();
        StringAssert.Contains(error.Message, "breaks a unique key");
        StringAssert.StartsWith(error.Where, $"{ActivePath}, line 6, ");
        StringAssert.EndsWith(error.Where, "LSN 4");
    }

    [TestMethod]
    [DataRow("LOAD,users,{0},{1}", "the record has not the values file, rows and checksum")]
    [DataRow("LOAD,users,{0},{1},{2},x", "the record has not the values file, rows and checksum")]
    [DataRow("LOAD,users,{0},-3,{2}", "the record has not the values file, rows and checksum")]
    [DataRow("LOAD,users,{0},{1},xyz", "the record has not the values file, rows and checksum")]
    [DataRow("LOAD,users,../shop_load_20261121_120003_120451,{1},{2}", "is not the name of a side file")]
    [DataRow("LOAD,users,shop.db,{1},{2}", "\"shop.db\" is not the name of a side file")]
    [DataRow("LOAD,users,shop_load_20261121_120003_120451,{1},{2}", "the file \"/data/shop_load_20261121_120003_120451\", which has the rows, is missing")]
    [DataRow("LOAD,users,{0},4,{2}", "is not the one that the record means: its id, rows or checksum differ")]
    [DataRow("LOAD,users,{0},{1},0badc0de", "is not the one that the record means: its id, rows or checksum differ")]
    [DataRow("LOAD,nobody,{0},{1},{2}", "table nobody does not exist")]
    public void A_record_names_a_file_with_its_rows_and_checksum(string record, string reason)
    {
        string[] cells = Load(out _).Split(',');
        AssertRefused(string.Format(System.Globalization.CultureInfo.InvariantCulture, record, cells[2], cells[3], cells[4]), reason);
    }

    [TestMethod]
    public void A_file_of_another_database_is_not_the_one_that_is_meant() =>
        AssertRefused(Load(out _, id: Guid.NewGuid()), "is not the one that the record means: its id, rows or checksum differ");

    [TestMethod]
    [DataRow("users", "id", "title", "string")]
    [DataRow("users", "id", "name", "varchar(9)")]
    [DataRow("people", "id", "name", "string")]
    [DataRow("\"Users\"", "id", "name", "string")]
    public void A_file_of_another_table_is_not_taken(string table, string first, string second, string type)
    {
        var other = new TableDefinition(1, "public", table.Trim('"'), [new ColumnDefinition(first, SqlType.Int32, 0), new ColumnDefinition(second, type == "string" ? SqlType.Text : new SqlType(SqlTypeId.Varchar, 9), 1)]);
        AssertRefused(Load(out string path, table: other), $"the file \"{path}\" is not of table users with the columns that it has");
    }

    [TestMethod]
    [DataRow("Timeline: 1")]
    [DataRow("row 2")]
    [DataRow("COLUMNS")]
    [DataRow("# Rows")]
    [DataRow("Trailer")]
    public void A_damaged_file_is_named_with_its_place_and_the_way_out(string text)
    {
        Log.Commit(Users).Commit(Load(out string path)).Flush();
        Damage(path, text);
        PhantomDbException error = Refused();
        StringAssert.Contains(error.Message, $"\"{path}\"");
        StringAssert.Contains(error.Message, "it has rows of a bulk load, and its bytes do not match its checksums");
        StringAssert.StartsWith(error.Where, $"{path}, line ");
        StringAssert.StartsWith(error.Hint, "Restore the file from a copy. ");
        Assert.AreEqual(SqlStates.DataCorrupted, error.SqlState);
    }

    [TestMethod]
    public void A_file_of_a_later_version_is_an_error_and_no_damage()
    {
        Log.Commit(Users).Commit(Load(out string path)).Flush();
        string text = Encoding.UTF8.GetString(Disk.Files[path]);
        int end = text.IndexOf(" | Header: ", StringComparison.Ordinal) + " | Header: ".Length;
        string header = text[..end].Replace("Version: 1", "Version: 2", StringComparison.Ordinal);
        Disk.Files[path] = Encoding.UTF8.GetBytes($"{header}{PhantomDb.Durability.Checksum.Text(PhantomDb.Durability.Checksum.Of(Encoding.UTF8.GetBytes(header)))}{text[(end + 8)..]}");
        Assert.AreEqual(SqlStates.FeatureNotSupported, Refused().SqlState);
        Assert.AreEqual(SqlStates.FeatureNotSupported, Assert.ThrowsExactly<PhantomDbException>(Salvage).SqlState);
    }

    [TestMethod]
    public void A_whole_database_takes_the_place_of_the_one_before()
    {
        Log.Commit(Users, "INSERT,users,1,a", "SETTING,,work_mem,8MB");
        Log.Commit(LoadDatabase("# PhantomDB Version: 1\n\n[TABLE:notes]\nCOLUMNS:n:int,text:string\nDATA:n,text\nROW:1,x\nROW:2,y\n", out _)).Commit("INSERT,notes,3,z", Users, "INSERT,users,2,b");
        RecoveredDatabase recovered = Recover();
        CollectionAssert.AreEqual(new[] { "1|x", "2|y", "3|z" }, Rows(recovered.Database, "notes"));
        CollectionAssert.AreEqual(new[] { "2|b" }, Rows(recovered.Database, "users"));
        Assert.IsEmpty(recovered.Database.Catalog.Settings);
        Assert.AreEqual((7L, Log.Id), (recovered.Report.LastLsn, recovered.Database.Id));
    }

    [TestMethod]
    [DataRow("missing", "which has the rows, is missing")]
    [DataRow("damaged", "its bytes do not match its checksums")]
    [DataRow("other", "is not the one that the record means")]
    public void A_whole_database_is_proved_before_anything_goes(string what, string reason)
    {
        string record = LoadDatabase("# PhantomDB Version: 1\n\n[TABLE:notes]\nCOLUMNS:n:int,text:string\nDATA:n,text\nROW:1,x\n", out string path);
        Log.Commit(Users, "INSERT,users,1,a").Commit(record.Replace(",1,", what == "other" ? ",2," : ",1,", StringComparison.Ordinal)).Flush();
        if (what == "missing")
        {
            Disk.Files.Remove(path);
        }
        else if (what == "damaged")
        {
            Damage(path, "ROW:1");
        }
        StringAssert.Contains(Refused().Message, reason);
    }

    [TestMethod]
    public void Of_a_damaged_file_the_blocks_are_saved_that_are_whole()
    {
        const int Count = (2 * BlockRows) + 100;
        Log.Commit(Users, Notes).Commit(Load(out string path, Count), "INSERT,notes,1,x").Commit("INSERT,users,0,zero").Flush();
        int at = Encoding.ASCII.GetString(Disk.Files[path]).IndexOf($"ROW:{BlockRows + 1},", StringComparison.Ordinal), end = Encoding.ASCII.GetString(Disk.Files[path]).IndexOf($"ROW:{(2 * BlockRows) + 1},", StringComparison.Ordinal);
        Damage(path, $"ROW:{BlockRows + 7},");

        RecoveredDatabase salvaged = Salvage();

        CollectionAssert.AreEqual((string[])[.. RowsOfLoad(1, BlockRows), .. RowsOfLoad((2 * BlockRows) + 1, 100), "0|zero"], Rows(salvaged.Database, "users"));
        CollectionAssert.AreEqual(new[] { "1|x" }, Rows(salvaged.Database, "notes"));
        RecoveryLoss loss = salvaged.Report.Losses.Single();
        Assert.AreEqual((3L, 4L, "notes,users"), (loss.FirstLsn, loss.LastLsn, string.Join(',', loss.Tables)));
        Assert.AreEqual($"of a bulk load, rows {BlockRows + 1} to {2 * BlockRows} of {Count} of \"{path}\": bytes {at} to {end - 1} do not match their checksum", loss.Reason);
        CollectionAssert.AreEqual(new[] { path }, salvaged.DamagedFiles.ToArray());
        Assert.AreEqual((0L, 3L), (salvaged.Report.TransactionsDropped, salvaged.Report.TransactionsApplied));
    }

    [TestMethod]
    [DataRow("missing", "which is missing")]
    [DataRow("Trailer", "which has no whole end that would tell what can be proved")]
    [DataRow("other", "which has no whole end that would tell what can be proved")]
    public void Where_nothing_of_a_file_can_be_proved_all_its_rows_are_lost_and_nothing_else(string what, string why)
    {
        Log.Commit(Users, "INSERT,users,0,zero").Commit("INSERT,users,-1,before", Load(out string path)).Commit("INSERT,users,4,behind").Flush();
        switch (what)
        {
            case "missing":
                Disk.Files.Remove(path);
                break;
            case "other":
                Load(out string another, 3, first: 7);
                Disk.Files[path] = Disk.Files[another];
                break;
            default:
                Damage(path, what);
                break;
        }
        RecoveredDatabase salvaged = Salvage();
        CollectionAssert.AreEqual(new[] { "0|zero", "-1|before", "4|behind" }, Rows(salvaged.Database, "users"));
        RecoveryLoss loss = salvaged.Report.Losses.Single();
        Assert.AreEqual($"of a bulk load, all 3 rows of \"{path}\", {why}", loss.Reason);
        CollectionAssert.AreEqual(what == "missing" ? Array.Empty<string>() : [path], salvaged.DamagedFiles.ToArray());
    }

    [TestMethod]
    [DataRow("Database: shop")]
    [DataRow("Timeline: 1")]
    [DataRow("[TABLE")]
    [DataRow("COLUMNS")]
    [DataRow("# Rows")]
    public void All_rows_of_a_file_are_saved_where_what_is_damaged_has_none(string text)
    {
        Log.Commit(Users).Commit(Load(out string path)).Commit("INSERT,users,4,behind").Flush();
        Damage(path, text);
        RecoveredDatabase salvaged = Salvage();
        CollectionAssert.AreEqual((string[])[.. RowsOfLoad(1, 3), "4|behind"], Rows(salvaged.Database, "users"));
        Assert.IsEmpty(salvaged.Report.Losses, "no row is lost");
        Assert.AreEqual((0L, 3L), (salvaged.Report.TransactionsDropped, salvaged.Report.TransactionsApplied));
        CollectionAssert.AreEqual(new[] { path }, salvaged.DamagedFiles.ToArray());
    }

    [TestMethod]
    public void Of_a_damaged_whole_database_the_sections_are_saved_that_are_whole()
    {
        Log.Commit(Users, "INSERT,users,1,a").Commit(LoadDatabase(
            "# PhantomDB Version: 1\n\n[TABLE:lost]\nCOLUMNS:n:int\nDATA:n\nROW:1\n\n[TABLE:notes]\nCOLUMNS:n:int,text:string\nDATA:n,text\nROW:1,x\n", out string path)).Commit("INSERT,notes,2,y").Flush();
        Damage(path, "COLUMNS:n:int\n");
        RecoveredDatabase salvaged = Salvage();
        CollectionAssert.AreEqual(new[] { "1|x", "2|y" }, Rows(salvaged.Database, "notes"));
        Assert.IsNull(salvaged.Database.Catalog.FindTable("public", "users"));
        StringAssert.Contains(salvaged.Report.Losses.Single().Reason, "[TABLE:lost], with 1 row: its definition is damaged");
    }

    [TestMethod]
    public void Where_nothing_of_a_whole_database_can_be_proved_the_one_before_stays()
    {
        string record = LoadDatabase("# PhantomDB Version: 1\n\n[TABLE:notes]\nCOLUMNS:n:int\nDATA:n\nROW:1\n", out string path);
        foreach (byte[]? bytes in new byte[]?[] { null, "rubbish"u8.ToArray() })
        {
            if (Log.NextLsn == 1)
            {
                Log.Commit(Users, "INSERT,users,1,a").Commit(record).Commit("INSERT,users,2,b").Flush();
            }
            Disk.Files.Remove(path);
            if (bytes is not null)
            {
                Disk.Files[path] = bytes;
            }
            RecoveredDatabase salvaged = Salvage();
            CollectionAssert.AreEqual(new[] { "1|a", "2|b" }, Rows(salvaged.Database, "users"));
            StringAssert.Contains(salvaged.Report.Losses.Single().Reason, "it does not fit without what is lost before it");
            CollectionAssert.AreEqual(bytes is null ? Array.Empty<string>() : [path], salvaged.DamagedFiles.ToArray());
        }
    }

    [TestMethod]
    public void Side_files_that_records_name_are_known_with_their_LSN()
    {
        Log.Commit(Users).Commit(Load(out string first, 2)).Commit("INSERT,users,0,a", Load(out string second, 2, first: 5)).Commit(LoadDatabase("# PhantomDB Version: 1\n\n[TABLE:notes]\nCOLUMNS:n:int\n", out string third));
        CollectionAssert.AreEqual(new[] { (first, 2L), (second, 4L), (third, 5L) }, Recover().Loads.Select(load => ($"/data/{load.FileName}", load.Lsn)).ToArray());
    }

    [TestMethod]
    public void A_database_that_is_replaced_gives_its_memory_back_and_its_file_is_still_the_one_it_was()
    {
        string record = LoadDatabase("# PhantomDB Version: 1\n\n[TABLE:notes]\nCOLUMNS:n:int\nDATA:n\nROW:1\n", out _);
        Log.Commit([Users, .. Enumerable.Range(1, 5000).Select(i => $"INSERT,users,{i},a text that is longer than a view")]).Commit(record).Commit("INSERT,notes,2");
        Log.Save();
        var account = new PhantomDb.Vectors.MemoryAccount("database", 1 << 30);
        var target = new PhantomDb.Durability.LoadTarget(account);
        RecoveredDatabase recovered = DatabaseRecovery.Run(Path, target, Disk, new RecoveryOptions());
        CollectionAssert.AreEqual(new[] { "1", "2" }, Rows(recovered.Database, "notes"));
        Assert.IsLessThan(100_000, account.Used);

        var file = SalvagedBase.Empty(Log.Id, target) with { IsSealed = false, IsProved = false, Timeline = 5 };
        var applier = new LogApplier(file, target, Disk);
        using Stream stream = Disk.OpenRead(ActivePath);
        var reader = new PhantomDb.Durability.Log.LogReader(ActivePath, stream);
        while (reader.Read())
        {
            applier.Apply(reader, ActivePath);
        }
        PhantomDb.Durability.LoadedDatabase applied = applier.Finish();
        Assert.AreEqual((false, false, 5, 5003L), (applied.IsSealed, applied.IsProved, applied.Timeline, applied.Lsn));
    }

    [TestMethod]
    public void A_key_that_a_later_transaction_gives_up_is_not_free_for_a_side_file()
    {
        Log.Commit(Users, "INSERT,users,5,old").Flush().Commit(Load(out _, 5000)).Commit("DELETE,users,5,old").Flush();
        PhantomDbException error = Refused();
        StringAssert.Contains(error.Message, "breaks a unique key");
        StringAssert.EndsWith(error.Where, "LSN 3");
    }

    [TestMethod]
    public void A_table_of_the_same_name_is_that_of_the_new_database()
    {
        Log.Commit(Users, "INSERT,users,1,a").Commit(LoadDatabase("# PhantomDB Version: 1\n\n[TABLE:users]\nCOLUMNS:n:int\nDATA:n\nROW:7\n", out _)).Commit("INSERT,users,8");
        CollectionAssert.AreEqual(new[] { "7", "8" }, Rows(Recover().Database, "users"));
    }
}
