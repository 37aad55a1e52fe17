using Microsoft.VisualStudio.TestTools.UnitTesting;
using PhantomDb.Durability;
using PhantomDb.Durability.Log;
using PhantomDb.Durability.Recovery;
using PhantomDb.Errors;
using PhantomDb.Storage;
using PhantomDb.Vectors;

namespace PhantomDb.Tests.Durability.Recovery;

/// <summary>Transactions on a fork: all that is asked for, or the database as it was.</summary>
[TestClass]
public sealed class ForkedApplierTests : RecoveryTest
{
    private const string Orders = "TABLE,orders,\"COLUMNS:id:int,user_id:int\",CONSTRAINT:orders_fk FOREIGN KEY (user_id) REFERENCES users (id)";

    private readonly MemoryAccount _account = new("database", 1 << 30);

    private LoadTarget Target => new(_account);

    // All transactions of the segments, the last of which is the active one.
    private List<WholeTransaction> Found(params RecoverySegment[] before)
    {
        Log.Save();
        List<WholeTransaction> found = [];
        foreach (RecoverySegment segment in (RecoverySegment[])[.. before, new RecoverySegment(ActivePath, Log.Header, null)])
        {
            using Stream stream = Disk.OpenRead(segment.Path);
            var reader = new LogReader(segment.Path, stream, new LogReaderOptions { Counted = segment.Counted });
            LogPosition start = reader.End;
            while (reader.Read())
            {
                if (reader.Line.IsLastPart)
                {
                    found.Add(new WholeTransaction(segment, start, reader.End));
                    start = reader.End;
                }
            }
        }
        return found;
    }

    private LoadedDatabase Empty() => SalvagedBase.Empty(Log.Id, Target);

    private ForkedApplier Applier() => new(Disk, Target);

    [TestMethod]
    public void What_fits_is_applied_and_the_database_before_it_stays_as_it_was()
    {
        Log.Commit(Users, "INSERT,users,1,a").Commit("INSERT,users,2,b").Commit("UPDATE,users,1,a,>,1,A", "DELETE,users,2,b");
        List<WholeTransaction> found = Found();
        ForkedApplier applier = Applier();

        LoadedDatabase first = applier.TryApply(Empty(), found, 0, 2, out string problem)!;
        LoadedDatabase second = applier.TryApply(first, found, 2, 1, out _)!;

        CollectionAssert.AreEqual(new[] { "1|a", "2|b" }, Rows(first, "users"));
        CollectionAssert.AreEqual(new[] { "1|A" }, Rows(second, "users"));
        Assert.AreEqual(("", 3L, 5L, 3L, 5L), (problem, first.Lsn, second.Lsn, applier.TransactionsApplied, applier.RecordsApplied));
    }

    [TestMethod]
    public void Where_something_does_not_fit_nothing_is_applied_and_its_memory_is_given_back()
    {
        Log.Commit(Users, "INSERT,users,1,a").Commit("INSERT,users,2,b").Commit("DELETE,users,3,c");
        List<WholeTransaction> found = Found();
        ForkedApplier applier = Applier();
        LoadedDatabase database = applier.TryApply(Empty(), found, 0, 1, out _)!;
        long used = _account.Used;

        Assert.IsNull(applier.TryApply(database, found, 1, 2, out string problem));

        StringAssert.Contains(problem, "no row with the key");
        Assert.AreEqual((1L, 2L, used), (applier.TransactionsApplied, applier.RecordsApplied, _account.Used));
        CollectionAssert.AreEqual(new[] { "1|a" }, Rows(database, "users"));
        CollectionAssert.AreEqual(new[] { "1|a", "2|b" }, Rows(applier.TryApply(database, found, 1, 1, out _)!, "users"));
    }

    [TestMethod]
    public void Transactions_of_several_segments_and_with_others_between_them_are_found()
    {
        Log.Commit(Users, "INSERT,users,1,a").Flush().Commit("INSERT,users,2,b").Flush();
        LogHeader header = Log.Header;
        string path = Log.Rotate();
        Log.Commit("INSERT,users,3,c").Flush().Commit("INSERT,users,4,d").Flush().Commit("INSERT,users,5,e").Flush();
        List<WholeTransaction> found = Found(new RecoverySegment(path, header, Log.Header.Predecessor));
        Assert.HasCount(5, found);
        var calls = new CountingDisk(Disk);

        LoadedDatabase all = new ForkedApplier(calls, Target).TryApply(Empty(), found, 0, 5, out _)!;
        Assert.AreEqual((2, 0), (calls.Opened, calls.Open), "each segment once");
        LoadedDatabase some = new ForkedApplier(calls, Target).TryApply(Empty(), [found[0], found[2], found[4]], 0, 3, out _)!;

        Assert.AreEqual((5, 0), (calls.Opened, calls.Open));
        CollectionAssert.AreEqual(new[] { "1|a", "2|b", "3|c", "4|d", "5|e" }, Rows(all, "users"));
        CollectionAssert.AreEqual(new[] { "1|a", "3|c", "5|e" }, Rows(some, "users"));
        Assert.AreEqual((6L, 6L), (all.Lsn, some.Lsn));
    }

    [TestMethod]
    public void Keys_that_wait_are_told_with_their_transaction()
    {
        Log.Commit(Users, "INSERT,users,1,a").Commit("INSERT,users,1,b");
        Assert.IsNull(Applier().TryApply(Empty(), Found(), 0, 2, out string problem));
        StringAssert.Contains(problem, "breaks a unique key");
    }

    [TestMethod]
    public void A_row_without_its_partner_does_not_fit_unless_the_key_is_not_valid()
    {
        Log.Commit(Users, Orders, "INSERT,users,1,a").Commit("INSERT,orders,1,1").Commit("INSERT,orders,2,2");
        List<WholeTransaction> found = Found();
        Assert.IsNotNull(Applier().TryApply(Empty(), found, 0, 2, out _));
        Assert.IsNull(Applier().TryApply(Empty(), found, 0, 3, out string problem));
        StringAssert.Contains(problem, "orders_fk");

        Log.Commit("ALTER,orders,\"COLUMNS:id:int,user_id:int\",CONSTRAINT:orders_fk FOREIGN KEY (user_id) REFERENCES users (id) NOT VALID,\"FROM:id,user_id\"");
        found = Found();
        LoadedDatabase applied = Applier().TryApply(Empty(), found, 0, 4, out _)!;
        CollectionAssert.AreEqual(new[] { "1|1", "2|2" }, Rows(applied, "orders"));
    }

    [TestMethod]
    public void Of_definitions_alone_tables_are_made_and_nothing_else()
    {
        Log.Commit(Users, "INSERT,users,1,a", "SEQUENCE,s,SEQUENCE:s AS bigint START 1 INCREMENT 1 MINVALUE 1 MAXVALUE 9 CACHE 1 LAST 1", Notes, "DELETE,users,7,x");
        List<WholeTransaction> found = Found();
        ForkedApplier applier = Applier();
        Assert.IsNull(applier.TryApply(Empty(), found, 0, 1, out _));

        LoadedDatabase defined = applier.TryApply(Empty(), found, 0, 1, out string problem, TransactionPart.Definitions)!;

        CollectionAssert.AreEquivalent(new[] { "users", "notes" }, defined.Catalog.Tables.Select(table => table.Name).ToArray());
        Assert.IsEmpty(defined.Catalog.Sequences);
        Assert.IsEmpty(Rows(defined, "users"));
        Assert.AreEqual(("", 5L, 0L, 0L), (problem, defined.Lsn, applier.TransactionsApplied, applier.RecordsApplied));
    }

    [TestMethod]
    public void A_transaction_that_has_gone_bad_meanwhile_does_not_fit()
    {
        Log.Commit(Users, "INSERT,users,1,a").Flush().Commit("INSERT,users,2,b").Flush();
        List<WholeTransaction> found = Found();
        byte[] bytes = [.. Disk.Files[ActivePath]];
        bytes[System.Text.Encoding.ASCII.GetString(bytes).IndexOf("1,a", StringComparison.Ordinal)] ^= 1;
        Disk.Files[ActivePath] = bytes;
        Assert.IsNull(Applier().TryApply(Empty(), found, 0, 2, out string problem));
        StringAssert.Contains(problem, "checksum");
    }

    [TestMethod]
    public void What_is_no_damage_is_an_error()
    {
        Log.Commit(Users);
        List<WholeTransaction> found = Found();
        var broken = new CountingDisk(Disk) { Error = Errors.Error.FileFailed("read", ActivePath, "Input/output error") };
        Assert.AreEqual(SqlStates.IoError, Assert.ThrowsExactly<PhantomDbException>(() => new ForkedApplier(broken, Target).TryApply(Empty(), found, 0, 1, out _)).SqlState);
    }

    [TestMethod]
    [DataRow(SqlStates.OutOfMemory, false)]
    [DataRow(SqlStates.IoError, false)]
    [DataRow(SqlStates.InsufficientPrivilege, false)]
    [DataRow(SqlStates.FeatureNotSupported, false)]
    [DataRow(SqlStates.DataCorrupted, true)]
    [DataRow(SqlStates.UniqueViolation, true)]
    [DataRow(SqlStates.UndefinedFile, true)]
    public void Damage_is_what_the_bytes_are_to_blame_for(string sqlState, bool isDamage)
    {
        Assert.AreEqual(isDamage, ForkedApplier.IsDamage(new PhantomDbException(sqlState, "message")));
        Assert.AreEqual(isDamage, LogSalvage.IsDamage(new PhantomDbException(sqlState, "message")));
    }

    [TestMethod]
    public void What_is_released_is_charged_to_nobody()
    {
        Log.Commit(Users, "INSERT,users,1,a").Commit(Notes, "INSERT,notes,1,a");
        long before = _account.Used;
        LoadedDatabase applied = Applier().TryApply(Empty(), Found(), 0, 2, out _)!;
        Assert.IsGreaterThan(before, _account.Used);
        ForkedApplier.Release(applied);
        Assert.AreEqual(before, _account.Used);
    }

    // How many files were opened, and are open; or none is.
    private sealed class CountingDisk(MemoryFileSystem disk) : ReadOnlyDisk(disk)
    {
        public int Opened { get; private set; }

        public int Open { get; private set; }

        public PhantomDbException? Error { get; init; }

        public override Stream OpenRead(string path)
        {
            if (Error is not null)
            {
                throw Error;
            }
            Opened++;
            Open++;
            return new OpenStream(this, disk.Files[path]);
        }

        private sealed class OpenStream(CountingDisk counted, byte[] bytes) : MemoryStream(bytes, writable: false)
        {
            protected override void Dispose(bool disposing)
            {
                counted.Open--;
                base.Dispose(disposing);
            }
        }
    }
}
