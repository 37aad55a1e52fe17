namespace PhantomDb.Tests.Engine;

[TestClass]
public sealed class DatabaseLogTests : DurableTest
{
    [TestMethod]
    public async Task A1_records_are_read_by_their_number_and_behind_one()
    {
        Options = Options with { LogSegmentSize = 4096 };
        Run("CREATE TABLE t (id int PRIMARY KEY, name text)");
        for (int i = 1; i <= 100; i++)
        {
            Run($"INSERT INTO t VALUES ({i}, 'row {i}')");
        }
        DatabaseLog log = Database.Log;
        Assert.AreEqual(1, log.FirstLsn);
        LogRecord[] all = [.. log.ReadAfter(0)];
        Assert.AreEqual(log.LastLsn, all[^1].Lsn);
        CollectionAssert.AreEqual(Enumerable.Range(1, all.Length).Select(i => (long)i).ToArray(), all.Select(record => record.Lsn).ToArray());
        LogRecord last = log.ReadAt(log.LastLsn)!;
        Assert.AreEqual(("INSERT", "t", last.PartCount), (last.Operation, last.Table, last.Part));
        CollectionAssert.AreEqual(new[] { "100", "row 100" }, last.After!.ToArray());
        Assert.IsNull(last.Before);
        Assert.IsNull(log.ReadAt(log.LastLsn + 1));
        Assert.AreEqual(last.Lsn, (await log.ReadAtAsync(last.Lsn))!.Lsn);
        Assert.HasCount(5, log.ReadAfter(log.LastLsn - 5).ToList());
        int count = 0;
        await foreach (LogRecord record in log.ReadAfterAsync(0))
        {
            Assert.AreEqual(++count, record.Lsn);
        }
        Assert.AreEqual(all.Length, count);
        Assert.AreEqual("22023", StateOf(() => log.ReadAt(0)));
        Assert.AreEqual("22023", StateOf(() => log.ReadAfter(-1)));
        Assert.AreEqual("22023", StateOf(() => log.Pin("x", 0)));
        StringAssert.EndsWith(last.ToString(), " INSERT t (100, row 100)");
    }

    [TestMethod]
    public void The_log_of_a_database_that_is_only_read_can_be_read_and_not_written_to()
    {
        Options = Options with { LogSegmentSize = 4096 };
        Run("CREATE TABLE t (id int PRIMARY KEY, name text)");
        for (int i = 1; i <= 60; i++)
        {
            Run($"INSERT INTO t VALUES ({i}, repeat('x', 300))");
        }
        Database.Log.Pin("audit", 40);
        using Database reader = Database.Open("shop", Options with { IsReadOnly = true });
        DatabaseLog log = reader.Log;
        Assert.IsFalse(reader.HasLog);
        Assert.AreEqual((1, Database.Log.LastLsn), (log.FirstLsn, log.LastLsn));
        Assert.IsGreaterThanOrEqualTo(log.LastLsn - 1, log.DurableLsn);
        Assert.AreEqual(40, log.Pins["audit"]);
        CollectionAssert.AreEqual(Database.Log.ReadAfter(20).Select(record => record.ToString()).ToArray(), log.ReadAfter(20).Select(record => record.ToString()).ToArray());
        Assert.AreEqual(Database.Log.ReadAt(30)!.ToString(), log.ReadAt(30)!.ToString());
        Assert.IsNull(log.ReadAt(log.LastLsn + 1));
        Assert.AreEqual("22023", StateOf(() => log.ReadAt(0)));
        Run("INSERT INTO t VALUES (100, 'later')");
        Assert.AreEqual("later", log.ReadAfter(0).Last(record => record.Operation == "INSERT").After![1]);

        foreach (Action write in new Action[] { () => log.Append("AUDIT", []), () => log.CompactUpTo(1), log.Sync, () => log.Pin("x", 50), () => log.Unpin("audit") })
        {
            Assert.AreEqual("25006", StateOf(write));
        }
        Database.SaveToDisk();
        Database.Log.CompactUpTo(39);
        Assert.IsGreaterThan(1, log.FirstLsn);
        Assert.AreEqual(Database.Log.FirstLsn, log.FirstLsn);
        Assert.AreEqual("22023", StateOf(() => log.ReadAfter(0).First()));
        reader.Dispose();
        Assert.ThrowsExactly<ObjectDisposedException>(() => log.FirstLsn);
    }

    [TestMethod]
    public void An_entry_that_cannot_be_kept_as_it_is_changes_nothing()
    {
        Run("CREATE TABLE t (a int)");
        long last = Database.Log.LastLsn;
        void Refused(string state, params (string? Key, string? Value)[] values) => Assert.AreEqual(state, StateOf(() =>
            Database.Log.Append("AUDIT", values.Select(pair => new KeyValuePair<string, string>(pair.Key!, pair.Value!)))));
        Refused("22023", ("who", null));
        Refused("22023", ("who", "me"), ("who", "you"));
        Refused("42602", (null, "me"));
        Refused("42602", ("", "me"));
        Refused("22021", ("who", "\ud800"));
        Refused("22021", ("who\udc00x", "me"));
        foreach (string name in new[] { "", " ", "audit", "1A", "A-B", "A,B", "A\n", "\ud800", "\u00c4", new('A', 64) })
        {
            Assert.AreEqual("42602", StateOf(() => Database.Log.Append(name, [])), name);
        }
        Assert.ThrowsExactly<ArgumentNullException>(() => Database.Log.Append(null!, []));
        Assert.ThrowsExactly<ArgumentNullException>(() => Database.Log.Append("AUDIT", null!));
        Assert.AreEqual(last, Database.Log.LastLsn);
        string odd = string.Concat(Enumerable.Range(1, 0x20).Select(c => (char)c)) + "\"',;|\u0085\u2028\ufeff\ud83d\ude00\uffff";
        long lsn = Database.Log.Append("AUDIT", new Dictionary<string, string> { [odd] = odd, ["empty"] = "", ["Empty"] = "=" });
        Close();
        LogRecord record = Database.Log.ReadAt(lsn)!;
        Assert.AreEqual((odd, "", "="), (record[odd], record["empty"], record["Empty"]));
        StringAssert.Contains(record.ToString(), "empty=, Empty==)");
    }

    [TestMethod]
    public async Task P6_entries_of_the_users_own_stand_in_the_log_and_come_back()
    {
        Run("CREATE TABLE t (a int)", "BEGIN", "INSERT INTO t VALUES (1)");
        long first = Database.Log.Append("MAINTENANCE", new Dictionary<string, string> { ["user"] = "admin", ["action"] = "a=b, \"c\"\n" });
        string second = One("SELECT phantomdb_log_append('AUDIT', 'who', 'me', 'what', '')");
        Assert.IsGreaterThan(first, long.Parse(second, System.Globalization.CultureInfo.InvariantCulture));
        Run("ROLLBACK");
        await Database.Log.AppendAsync("EMPTY", []);
        Run("INSERT INTO t VALUES (2)");
        Close();
        Assert.AreEqual("2", One("SELECT a FROM t"), "recovered with them in between");
        LogRecord record = Database.Log.ReadAt(first)!;
        Assert.AreEqual(("MAINTENANCE", "admin", "a=b, \"c\"\n", null, 0L), (record.Operation, record["user"], record["action"], record["no"], record.TransactionId));
        CollectionAssert.AreEqual(new[] { "AUDIT|{who=me,what=}", "EMPTY|{}" }, Rows($"SELECT operation, values FROM phantomdb_log WHERE operation IN ('AUDIT', 'EMPTY')"));

        Assert.AreEqual("42939", StateOf(() => Database.Log.Append("INSERT", [])));
        Assert.AreEqual("42939", StateOf(() => Run("SELECT phantomdb_log_append('PHANTOMDB_X')")));
        Assert.AreEqual("42602", StateOf(() => Run("SELECT phantomdb_log_append('two words')")));
        Assert.AreEqual("42602", StateOf(() => Run("SELECT phantomdb_log_append('X', 'a=b', 'c')")));
        Assert.AreEqual("22023", StateOf(() => Run("SELECT phantomdb_log_append('X', 'a')")));
        foreach (string entry in (string[])["NULL", "NULL, 'a', 'b'", "'X', NULL, 'b'", "'X', 'a', NULL", "'X', 'a', 'b', 'c', (SELECT NULL::text)"])
        {
            Assert.AreEqual("22004", StateOf(() => Run($"SELECT phantomdb_log_append({entry})")), entry);
        }
        using Database memory = Database.CreateInMemory();
        using Session session = memory.OpenSession();
        Assert.AreEqual("55000", StateOf(() => session.Execute("SELECT phantomdb_log_append('X')").Read()));
    }

    [TestMethod]
    public void A4_the_log_is_compacted_up_to_what_recovery_and_pins_need()
    {
        Options = Options with { LogSegmentSize = 4096 };
        Run("CREATE TABLE t (id int PRIMARY KEY, name text)");
        for (int i = 1; i <= 200; i++)
        {
            Run($"INSERT INTO t VALUES ({i}, 'row {i}')");
        }
        DatabaseLog log = Database.Log;
        PhantomDbException error = Assert.ThrowsExactly<PhantomDbException>(() => log.CompactUpTo(100));
        Assert.AreEqual("55000", error.SqlState);
        StringAssert.Contains(error.Detail, "Recovery");
        Database.SaveToDisk();
        Database.CreateSnapshot();
        log.Pin("audit", 60);
        Assert.AreEqual(60, log.Pins["audit"]);
        StringAssert.Contains(Assert.ThrowsExactly<PhantomDbException>(() => log.CompactUpTo(100)).Detail, "audit");
        Assert.IsGreaterThan(0, log.CompactUpTo(59));
        long firstLsn = log.FirstLsn;
        Assert.IsGreaterThan(1, firstLsn);
        Assert.IsLessThanOrEqualTo(60, firstLsn);
        Assert.AreEqual("22023", StateOf(() => log.ReadAt(1)));
        Assert.AreEqual("22023", StateOf(() => log.ReadAfter(0).First()));
        PhantomDbException gone = Assert.ThrowsExactly<PhantomDbException>(() => log.Pin("audit", firstLsn - 1));
        Assert.AreEqual($"the transaction log has no records before LSN {firstLsn} any more, but LSN {firstLsn - 1} was asked for", gone.Message);
        Assert.AreEqual(60, log.Pins["audit"], "as it was");
        log.Pin("first", firstLsn);
        Assert.IsTrue(log.Unpin("first"));
        Assert.AreEqual(firstLsn.ToString(System.Globalization.CultureInfo.InvariantCulture), One("SELECT min(lsn) FROM phantomdb_log"), "a query has what is kept");
        Close();
        Assert.AreEqual("200", One("SELECT count(*) FROM t"));
        Assert.AreEqual(60, Database.Log.Pins["audit"], "kept");
        Assert.IsTrue(Database.Log.Unpin("audit"));
        Assert.IsFalse(Database.Log.Unpin("audit"));
        Database.CreateSnapshot();   // those from before are looked at when they are needed
        Assert.IsGreaterThan(0, Database.Log.CompactUpTo(110));
    }
}
