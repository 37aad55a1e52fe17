using Microsoft.VisualStudio.TestTools.UnitTesting;
using PhantomDb.Errors;
using PhantomDb.Storage;
using PhantomDb.Tests.Storage;
using PhantomDb.Transactions;

namespace PhantomDb.Tests.Transactions;

/// <summary>Who waits for whom, who does not, and how a wait ends.</summary>
[TestClass]
public sealed class LockTests
{
    [TestMethod]
    public void A_writer_waits_for_the_owner_of_the_row_and_is_told_that_it_changed()
    {
        KvTable kv = TwoThreadTests.Filled(10, balance: 1);
        Transaction first = Begun(kv), second = Begun(kv);
        Update(first, kv, 3);
        Task<WriteOutcome> waiting = Task.Run(() => second.TryUpdate(kv.Table, 3, Values()));
        UntilWaiting(kv, second);
        first.Commit();
        Assert.AreEqual(WriteOutcome.Changed, waiting.Result);
        Assert.IsTrue(second.LockLatest(kv.Table, 3, RowLockMode.NoKeyUpdate));
        Assert.AreEqual(WriteOutcome.Done, second.TryUpdate(kv.Table, 3, Values(), isLatest: true));
        second.Commit();
    }

    [TestMethod]
    public void A_writer_goes_on_when_the_owner_rolls_back()
    {
        KvTable kv = TwoThreadTests.Filled(10, balance: 1);
        Transaction first = Begun(kv), second = Begun(kv);
        first.Delete(kv.Table, 3);
        Task<WriteOutcome> waiting = Task.Run(() => second.TryUpdate(kv.Table, 3, Values()));
        UntilWaiting(kv, second);
        first.Rollback();
        Assert.AreEqual(WriteOutcome.Done, waiting.Result);
        second.Commit();
        Assert.AreEqual(10, kv.Table.RowCount);
    }

    [TestMethod]
    public void A_writer_goes_on_when_the_owner_rolls_back_to_a_savepoint()
    {
        KvTable kv = TwoThreadTests.Filled(10, balance: 1);
        Transaction first = Begun(kv), second = Begun(kv);
        Update(first, kv, 1);
        TransactionMark mark = first.Savepoint();
        Update(first, kv, 3);
        Task<WriteOutcome> waiting = Task.Run(() => second.TryUpdate(kv.Table, 3, Values()));
        UntilWaiting(kv, second);
        first.RollbackTo(mark);
        Assert.AreEqual(WriteOutcome.Done, waiting.Result);
        second.Commit();
        first.Commit();
    }

    [TestMethod]
    public void At_repeatable_read_a_row_that_changed_is_40001()
    {
        KvTable kv = TwoThreadTests.Filled(10, balance: 1);
        Transaction second = kv.Manager.NewTransaction();
        second.Begin(isolation: IsolationLevel.RepeatableRead);
        second.BeginWriting();
        kv.Commit(first => Update(first, kv, 3));
        kv.Commit(first => first.Delete(kv.Table, 4));
        second.BeginWriting();
        Assert.AreEqual("40001", Assert.ThrowsExactly<PhantomDbException>(() => Update(second, kv, 3)).SqlState);
        Assert.AreEqual("40001", Assert.ThrowsExactly<PhantomDbException>(() => second.Delete(kv.Table, 4)).SqlState);
        Assert.AreEqual("40001", Assert.ThrowsExactly<PhantomDbException>(() => second.TryLock(kv.Table, 3, RowLockMode.Share)).SqlState);
        Update(second, kv, 5);
        second.Commit();
    }

    [TestMethod]
    public void A_circle_of_three_is_found_and_one_of_them_fails()
    {
        KvTable kv = TwoThreadTests.Filled(10, balance: 1);
        Transaction[] all = [Begun(kv), Begun(kv), Begun(kv)];
        for (int i = 0; i < 3; i++)
        {
            Update(all[i], kv, i);
        }
        Task<WriteOutcome> first = Task.Run(() => all[0].TryUpdate(kv.Table, 1, Values()));
        UntilWaiting(kv, all[0]);
        Task<WriteOutcome> second = Task.Run(() => all[1].TryUpdate(kv.Table, 2, Values()));
        UntilWaiting(kv, all[1]);
        Assert.AreEqual("40P01", Assert.ThrowsExactly<PhantomDbException>(() => all[2].TryUpdate(kv.Table, 0, Values())).SqlState);
        all[2].Rollback();
        Assert.AreEqual(WriteOutcome.Done, second.Result);
        all[1].Commit();
        Assert.AreEqual(WriteOutcome.Changed, first.Result);
        all[0].Rollback();
    }

    [TestMethod]
    public void A_wait_ends_by_lock_timeout_by_statement_timeout_and_by_cancellation()
    {
        KvTable kv = TwoThreadTests.Filled(10, balance: 1);
        Transaction first = Begun(kv), second = Begun(kv);
        Update(first, kv, 3);
        second.WaitLimits.LockTimeoutMs = 5;
        Assert.AreEqual("55P03", Assert.ThrowsExactly<PhantomDbException>(() => second.TryUpdate(kv.Table, 3, Values())).SqlState);
        second.WaitLimits.LockTimeoutMs = 0;
        second.WaitLimits.RemainingTime = () => TimeSpan.FromMilliseconds(5);
        Assert.AreEqual("57014", Assert.ThrowsExactly<PhantomDbException>(() => second.TryUpdate(kv.Table, 3, Values())).SqlState);
        second.WaitLimits.RemainingTime = () => null;
        bool isCancelled = false;
        second.WaitLimits.ThrowIfStopped = () => _ = Volatile.Read(ref isCancelled) ? throw Error.Cancelled() : 0;
        Task<WriteOutcome> waiting = Task.Run(() => second.TryUpdate(kv.Table, 3, Values()));
        UntilWaiting(kv, second);
        second.Interrupt();   // looks, and goes on waiting
        UntilWaiting(kv, second);
        Volatile.Write(ref isCancelled, true);
        second.Interrupt();
        Assert.AreEqual("57014", ((PhantomDbException)Assert.ThrowsExactly<AggregateException>(() => waiting.Wait()).InnerException!).SqlState);
        isCancelled = false;
        first.Commit();
        Assert.AreEqual(WriteOutcome.Changed, second.TryUpdate(kv.Table, 3, Values()));
        second.Rollback();
    }

    [TestMethod]
    public void Row_locks_conflict_as_in_PostgreSQL()
    {
        KvTable kv = TwoThreadTests.Filled(10, balance: 1);
        // By holder, then by who asks: key share, share, no key update, update.
        string[] expected = ["---X", "--XX", "-XXX", "XXXX"];
        for (var held = RowLockMode.KeyShare; held <= RowLockMode.Update; held++)
        {
            Transaction holder = Begun(kv);
            Assert.AreEqual(WriteOutcome.Done, holder.TryLock(kv.Table, 2, held));
            string outcomes = "";
            for (var asked = RowLockMode.KeyShare; asked <= RowLockMode.Update; asked++)
            {
                Transaction asker = Begun(kv);
                outcomes += asker.TryLock(kv.Table, 2, asked, waits: false) == WriteOutcome.Done ? '-' : 'X';
                asker.Close();
            }
            holder.Close();
            Assert.AreEqual(expected[(int)held], outcomes);
        }
        Assert.AreEqual(0, kv.Table.LockedRowCount);
    }

    [TestMethod]
    public void A_changed_row_is_locked_as_strongly_as_it_was_changed()
    {
        KvTable kv = TwoThreadTests.Filled(10, balance: 1);
        Transaction owner = Begun(kv), other = Begun(kv);
        Update(owner, kv, 1);
        var key = new RowBuffer(KvTable.Id);
        key.Set(0, 100L);
        owner.Update(kv.Table, 2, key);
        owner.Delete(kv.Table, 3);
        Assert.AreEqual(WriteOutcome.Done, other.TryLock(kv.Table, 1, RowLockMode.KeyShare, waits: false));
        Assert.AreEqual(WriteOutcome.Blocked, other.TryLock(kv.Table, 1, RowLockMode.Share, waits: false));
        Assert.AreEqual(WriteOutcome.Blocked, other.TryLock(kv.Table, 2, RowLockMode.KeyShare, waits: false));
        Assert.AreEqual(WriteOutcome.Blocked, other.TryLock(kv.Table, 3, RowLockMode.KeyShare, waits: false));
        // The foreign key's half of it: key 1 is there and stays, keys 2 and 100 are undecided, 11 is not there.
        Assert.IsTrue(other.LockKey(kv.Table, kv.PrimaryKey, Key(kv, 1), out _));
        Assert.IsFalse(other.LockKey(kv.Table, kv.PrimaryKey, Key(kv, 11), out _));
        other.WaitLimits.LockTimeoutMs = 1;
        Assert.AreEqual("55P03", Assert.ThrowsExactly<PhantomDbException>(() => other.LockKey(kv.Table, kv.PrimaryKey, Key(kv, 2), out _)).SqlState);
        Assert.AreEqual("55P03", Assert.ThrowsExactly<PhantomDbException>(() => other.LockKey(kv.Table, kv.PrimaryKey, Key(kv, 100), out _)).SqlState);
        owner.Rollback();
        Assert.IsTrue(other.LockKey(kv.Table, kv.PrimaryKey, Key(kv, 2), out _));
        Assert.IsFalse(other.LockKey(kv.Table, kv.PrimaryKey, Key(kv, 100), out _));
        other.Close();
    }

    [TestMethod]
    public void Table_locks_conflict_as_in_PostgreSQL()
    {
        KvTable kv = TwoThreadTests.Filled(1, balance: 1);
        // By holder, weakest first, then by who asks.
        string[] expected =
        [
            "-------X",
            "------XX",
            "----XXXX",
            "---XXXXX",
            "--XX-XXX",
            "--XXXXXX",
            "-XXXXXXX",
            "XXXXXXXX",
        ];
        for (var held = TableLockMode.AccessShare; held <= TableLockMode.AccessExclusive; held++)
        {
            Transaction holder = Begun(kv);
            holder.LockTable(100, held);
            string outcomes = "";
            for (var asked = TableLockMode.AccessShare; asked <= TableLockMode.AccessExclusive; asked++)
            {
                Transaction asker = Begun(kv);
                try
                {
                    asker.LockTable(100, asked, waits: false, name: "kv");
                    outcomes += '-';
                }
                catch (PhantomDbException error) when (error.SqlState == "55P03")
                {
                    outcomes += 'X';
                }
                asker.Close();
            }
            holder.Close();
            Assert.AreEqual(expected[(int)held], outcomes, held.ToString());
        }
        Assert.IsEmpty(kv.Manager.Locks.Describe());
    }

    [TestMethod]
    public void A_table_lock_waits_for_all_writers_and_later_writers_wait_behind_it()
    {
        KvTable kv = TwoThreadTests.Filled(1, balance: 1);
        Transaction first = Begun(kv), second = Begun(kv), strong = Begun(kv), late = Begun(kv);
        first.LockTable(100, TableLockMode.RowExclusive);
        second.LockTable(100, TableLockMode.RowExclusive);
        Task locking = Task.Run(() => strong.LockTable(100, TableLockMode.AccessExclusive));
        UntilWaiting(kv, strong);
        Task behind = Task.Run(() => late.LockTable(100, TableLockMode.RowExclusive));
        UntilWaiting(kv, late);
        first.LockTable(100, TableLockMode.RowShare);   // who has a lock that the waiting one waits for goes past it
        first.Commit();
        UntilWaiting(kv, strong);
        second.Rollback();
        locking.Wait();
        UntilWaiting(kv, late);
        strong.Commit();
        behind.Wait();
        late.Commit();
        Assert.IsEmpty(kv.Manager.Locks.Describe());
    }

    [TestMethod]
    public void Strong_and_weak_table_locks_of_many_threads_exclude_each_other()
    {
        const int Rounds = 1500;
        KvTable kv = TwoThreadTests.Filled(1, balance: 1);
        int weak = 0, strong = 0, sum = 0;
        ConcurrentWriterTests.Run(4, thread =>
        {
            var random = new Random(thread);
            Transaction transaction = kv.Manager.NewTransaction();
            for (int i = 0; i < Rounds; i++)
            {
                transaction.Begin();
                if (random.Next(8) == 0)
                {
                    transaction.LockTable(100, TableLockMode.AccessExclusive);
                    Assert.AreEqual(1, Interlocked.Increment(ref strong));
                    Assert.AreEqual(0, Volatile.Read(ref weak));
                    sum++;
                    Interlocked.Decrement(ref strong);
                }
                else
                {
                    transaction.LockTable(100, TableLockMode.RowExclusive);
                    Interlocked.Increment(ref weak);
                    Assert.AreEqual(0, Volatile.Read(ref strong));
                    Interlocked.Decrement(ref weak);
                }
                transaction.Commit();
            }
            transaction.Close();
        });
        Assert.IsGreaterThan(0, sum);
        Assert.IsEmpty(kv.Manager.Locks.Describe());
    }

    private static byte[] Key(KvTable kv, long id)
    {
        PhantomDb.Storage.Indexes.KeyWriter key = kv.PrimaryKey.NewKeyWriter();
        key.Reset();
        key.AddInt64(id);
        return key.Key.ToArray();
    }

    private static Transaction Begun(KvTable kv)
    {
        Transaction transaction = kv.Manager.NewTransaction();
        transaction.Begin();
        transaction.BeginWriting();
        return transaction;
    }

    private static RowBuffer Values()
    {
        var values = new RowBuffer(KvTable.Balance);
        values.Set(0, 7.0);
        return values;
    }

    private static void Update(Transaction transaction, KvTable kv, long rowId) => transaction.Update(kv.Table, rowId, Values());

    private static void UntilWaiting(KvTable kv, Transaction transaction)
    {
        while (!kv.Manager.Locks.Describe().Exists(l => !l.IsGranted && l.ProcessId == transaction.ProcessId))
        {
            Thread.Yield();
        }
    }
}
