using Microsoft.VisualStudio.TestTools.UnitTesting;
using PhantomDb.Errors;
using PhantomDb.Storage;
using PhantomDb.Storage.Indexes;
using PhantomDb.Tests.Storage;
using PhantomDb.Transactions;
using PhantomDb.Types;
using PhantomDb.Vectors;

namespace PhantomDb.Tests.Transactions;

/// <summary>Several threads write to one table at a time: nothing is lost, nothing is doubled, nothing stays behind.</summary>
[TestClass]
public sealed class ConcurrentWriterTests
{
    private const int ThreadCount = 4;

    [TestMethod]
    [DataRow(1)]
    [DataRow(2)]
    public void Transfers_between_few_accounts_lose_no_update_and_keep_the_total(int seed)
    {
        const int Accounts = 20;
        const int TransfersEach = 1500;
        Console.WriteLine($"seed {seed}");
        KvTable kv = Filled(Accounts);
        long committed = 0;
        int finished = 0;
        Run(ThreadCount + 1, thread =>
        {
            if (thread == ThreadCount)
            {
                Transaction reader = kv.Manager.NewTransaction();
                while (Volatile.Read(ref finished) < ThreadCount)
                {
                    reader.Begin(isReadOnly: true);
                    Assert.AreEqual(Accounts * 100.0, kv.Scan(reader.View).Values.Sum(row => row.Balance));
                    reader.Commit();
                }
                reader.Close();
                return;
            }
            var random = new Random((seed * 100) + thread);
            Transaction transaction = kv.Manager.NewTransaction();
            for (int i = 0; i < TransfersEach; i++)
            {
                if (TryTransfer(kv, transaction, random, Accounts))
                {
                    Interlocked.Increment(ref committed);
                }
            }
            transaction.Close();
        }, () => Interlocked.Increment(ref finished));
        Dictionary<long, KvRow> rows = kv.Scan(ReadView.Latest);
        Assert.AreEqual(Accounts * 100.0, rows.Values.Sum(row => row.Balance));
        Assert.AreEqual(committed * 2, rows.Values.Sum(row => (long)row.N!.Value), "an update was lost");
        Assert.IsGreaterThan(TransfersEach, committed);
        CheckNothingIsLeft(kv, Accounts);
    }

    [TestMethod]
    public void Of_all_who_insert_a_key_one_succeeds()
    {
        const int Keys = 400;
        var kv = new KvTable();
        int[] winners = new int[Keys];
        Run(ThreadCount, thread =>
        {
            Transaction transaction = kv.Manager.NewTransaction();
            RowBuffer row = kv.Table.NewRowBuffer();
            var random = new Random(thread);
            for (int key = 0; key < Keys; key++)
            {
                transaction.Begin();
                transaction.BeginWriting();
                try
                {
                    SetRow(row, key, thread);
                    transaction.Insert(kv.Table, row);
                    if (random.Next(3) == 0)
                    {
                        transaction.Rollback();
                        continue;
                    }
                    transaction.Commit();
                    Interlocked.Increment(ref winners[key]);
                }
                catch (PhantomDbException error) when (error.SqlState == SqlStates.UniqueViolation)
                {
                    transaction.Rollback();
                }
            }
            transaction.Close();
        });
        Dictionary<long, KvRow> rows = kv.Scan(ReadView.Latest);
        for (int key = 0; key < Keys; key++)
        {
            Assert.IsLessThanOrEqualTo(1, winners[key]);
            Assert.AreEqual(winners[key] == 1, rows.ContainsKey(key), $"key {key}");
        }
        CheckNothingIsLeft(kv, rows.Count);
    }

    [TestMethod]
    [DataRow(11)]
    [DataRow(12)]
    public void Threads_that_change_their_own_rows_of_the_same_slices_each_find_them_as_they_left_them(int seed)
    {
        const int TransactionsEach = 400;
        const int KeysEach = 300;
        Console.WriteLine($"seed {seed}");
        var kv = new KvTable();
        var models = new Dictionary<long, int>[ThreadCount];
        Run(ThreadCount, thread =>
        {
            var random = new Random((seed * 100) + thread);
            var model = new Dictionary<long, int>();
            Transaction transaction = kv.Manager.NewTransaction();
            RowBuffer row = kv.Table.NewRowBuffer();
            var n = new RowBuffer(KvTable.N);
            var lookup = new IndexLookup(kv.Table, kv.PrimaryKey, KvTable.N);
            for (int i = 0; i < TransactionsEach; i++)
            {
                var changed = new Dictionary<long, int>(model);
                transaction.Begin();
                for (int statement = random.Next(1, 5); statement > 0; statement--)
                {
                    var before = new Dictionary<long, int>(changed);
                    TransactionMark mark = transaction.Savepoint();
                    for (int change = random.Next(1, 20); change > 0; change--)
                    {
                        transaction.BeginWriting();
                        long key = (random.Next(KeysEach) * ThreadCount) + thread;
                        int value = random.Next(1000);
                        bool isThere = lookup.TryFind(key, transaction.View, out long rowId);
                        Assert.AreEqual(changed.ContainsKey(key), isThere);
                        if (!isThere)
                        {
                            SetRow(row, key, value);
                            transaction.Insert(kv.Table, row);
                            changed[key] = value;
                        }
                        else if (random.Next(3) == 0)
                        {
                            transaction.Delete(kv.Table, rowId);
                            changed.Remove(key);
                        }
                        else
                        {
                            Assert.AreEqual(changed[key], lookup.Row.GetInt32(0));
                            n.Set(0, value);
                            transaction.Update(kv.Table, rowId, n);
                            changed[key] = value;
                        }
                    }
                    if (random.Next(4) == 0)
                    {
                        transaction.RollbackTo(mark);
                        changed = before;
                    }
                }
                if (random.Next(4) == 0)
                {
                    transaction.Rollback();
                }
                else
                {
                    transaction.Commit();
                    model = changed;
                }
            }
            transaction.Close();
            models[thread] = model;
        });
        Dictionary<long, KvRow> rows = kv.Scan(ReadView.Latest);
        Assert.AreEqual(models.Sum(model => model.Count), rows.Count);
        foreach ((long key, int value) in models.SelectMany(model => model))
        {
            Assert.AreEqual(value, rows[key].N);
        }
        CheckNothingIsLeft(kv, rows.Count);
        Assert.IsLessThan(ThreadCount * KeysEach * 4, kv.Table.CurrentSlices().Count * RowSlice.Capacity, "slots of deleted rows are used again");
    }

    // Two rows change, or none. A row that was changed meanwhile is locked and read again.
    private static bool TryTransfer(KvTable kv, Transaction transaction, Random random, int accounts)
    {
        transaction.Begin();
        try
        {
            int amount = random.Next(1, 50);
            int from = random.Next(accounts);
            int to = (from + random.Next(1, accounts)) % accounts;
            Add(kv, transaction, from, -amount);
            Add(kv, transaction, to, amount);
            if (random.Next(10) == 0)
            {
                transaction.Rollback();
                return false;
            }
            transaction.Commit();
            return true;
        }
        catch (PhantomDbException error) when (error.SqlState == SqlStates.DeadlockDetected)
        {
            transaction.Rollback();
            return false;
        }
    }

    private static void Add(KvTable kv, Transaction transaction, long id, int amount)
    {
        var lookup = new IndexLookup(kv.Table, kv.PrimaryKey, KvTable.Balance, KvTable.N);
        var values = new RowBuffer(KvTable.Balance, KvTable.N);
        transaction.BeginWriting();
        Assert.IsTrue(lookup.TryFind(id, transaction.View, out long rowId));
        Set(lookup.Row);
        if (transaction.TryUpdate(kv.Table, rowId, values) != WriteOutcome.Done)
        {
            Assert.IsTrue(transaction.LockLatest(kv.Table, rowId, RowLockMode.NoKeyUpdate));
            Assert.IsTrue(kv.Table.TryReadLatest(rowId, lookup.Row));
            Set(lookup.Row);
            Assert.AreEqual(WriteOutcome.Done, transaction.TryUpdate(kv.Table, rowId, values, isLatest: true));
        }

        void Set(RowBuffer row)
        {
            values.Set(0, row.GetDouble(0) + amount);
            values.Set(1, row.GetInt32(1) + 1);
        }
    }

    private static void SetRow(RowBuffer row, long key, int n)
    {
        row.Set(KvTable.Id, key);
        KvTable.SetText(row, KvTable.Name, $"a name that is stored outside {key}");
        row.Set(KvTable.Balance, 1.0);
        row.Set(KvTable.N, n);
    }

    private static KvTable Filled(int accounts)
    {
        var kv = new KvTable();
        kv.Commit(transaction =>
        {
            for (int id = 0; id < accounts; id++)
            {
                kv.Insert(transaction, id, $"account {id}", 100, 0);
            }
        });
        return kv;
    }

    // When nobody reads, no versions are kept; indexes have one entry a row; no lock is held.
    private static void CheckNothingIsLeft(KvTable kv, int rowCount)
    {
        for (int i = 0; i < 40; i++)
        {
            kv.Manager.CleanUpWaiting();
        }
        (RowSlice[] slices, int count) = kv.Table.CurrentSlices();
        Assert.IsTrue(slices.Take(count).All(slice => slice.Versions is null), "versions are left");
        Assert.AreEqual(rowCount, kv.Table.RowCount);
        Assert.AreEqual(rowCount, kv.PrimaryKey.Tree.Count);
        Assert.AreEqual(rowCount, kv.IndexOnN.Tree.Count);
        Assert.AreEqual(0, kv.Table.LockedRowCount);
        Assert.IsEmpty(kv.Manager.Locks.Describe());
    }

    internal static void Run(int threadCount, Action<int> work, Action? end = null)
    {
        Exception? failure = null;
        Thread[] threads = [.. Enumerable.Range(0, threadCount).Select(thread => new Thread(() =>
        {
            try
            {
                work(thread);
            }
            catch (Exception exception)
            {
                Interlocked.CompareExchange(ref failure, exception, null);
            }
            end?.Invoke();
        }))];
        Array.ForEach(threads, thread => thread.Start());
        foreach (Thread thread in threads)
        {
            Assert.IsTrue(thread.Join(TimeSpan.FromMinutes(2)), $"a thread hangs; {failure}");
        }
        Assert.IsNull(failure, failure?.ToString());
    }
}
