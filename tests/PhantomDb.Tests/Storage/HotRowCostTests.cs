using Microsoft.VisualStudio.TestTools.UnitTesting;
using PhantomDb.Storage;
using PhantomDb.Transactions;

namespace PhantomDb.Tests.Storage;

/// <summary>That the cost of changing one row again and again grows as the number of changes: steps are counted, not time.</summary>
[TestClass]
public sealed class HotRowCostTests
{
    [TestMethod]
    [DataRow(false)]
    [DataRow(true)]
    public void Changing_one_row_in_one_transaction_and_undoing_that_takes_linear_steps(bool isCommitted)
    {
        (long compaction, long keys) small = StepsOf(25_000, isCommitted);
        (long compaction, long keys) large = StepsOf(100_000, isCommitted);
        Assert.IsLessThanOrEqualTo(25_000 * 3, small.compaction);
        Assert.IsLessThanOrEqualTo(100_000 * 3, large.compaction);
        Assert.IsLessThanOrEqualTo(4 * 2 * Math.Max(small.keys, 1000), large.keys);
        Assert.IsLessThanOrEqualTo(100_000, large.keys);
    }

    [TestMethod]
    public void A_chain_of_more_records_than_fit_in_16_bits_is_thinned_by_the_next_transactions()
    {
        var kv = new KvTable();
        long rowId = -1;
        kv.Commit(transaction => rowId = kv.Insert(transaction, 1, "one", 1, 0));
        Transaction reader = kv.Manager.NewTransaction();
        reader.Begin(isReadOnly: true, IsolationLevel.RepeatableRead);
        reader.BeginReading();
        kv.Commit(transaction => Change(kv, transaction, rowId, 70_000));
        long before = kv.Table.Size;
        for (int i = 0; i < 16; i++)
        {
            kv.Commit(transaction => Change(kv, transaction, rowId, 1));
        }
        SliceVersions versions = kv.Table.CurrentSlices().Slices[0].Versions!;
        Assert.IsLessThan(32, versions.RecordCount, $"{before} bytes");
        Assert.IsLessThan(32L, kv.IndexOnN.Tree.Count);
        Assert.AreEqual(0, kv.Scan(reader.View)[1].N, "as the reader sees it");
        reader.Rollback();
    }

    [TestMethod]
    public void Compacting_a_long_chain_beside_a_reader_allocates_nothing_for_a_key()
    {
        var kv = new KvTable();
        long rowId = -1;
        kv.Commit(transaction => rowId = kv.Insert(transaction, 1, "one", 1, 0));
        long few = BytesAfter(kv, rowId, 8000);
        Assert.IsLessThan(8000L * 60, BytesAfter(kv, rowId, 16_000) - few, "bytes for 8,000 more keys: a set that grows by doubling, no object a key");
    }

    [TestMethod]
    [DataRow(false)]
    [DataRow(true)]
    public void Undoing_many_changes_to_keys_that_the_row_had_before_asks_no_older_version(bool isCompactedBelow)
    {
        const int Count = 3000;
        var kv = new KvTable();
        long rowId = -1;
        kv.Commit(transaction => rowId = kv.Insert(transaction, 1, "one", 1, 0));
        Transaction reader = kv.Manager.NewTransaction();
        if (isCompactedBelow)
        {
            // Older versions go while the transaction runs, and with them those that had its keys before it did.
            reader.Begin(isReadOnly: true, IsolationLevel.RepeatableRead);
            reader.BeginReading();
            kv.Commit(transaction => Change(kv, transaction, rowId, 20));
        }
        Transaction transaction = kv.Manager.NewTransaction();
        transaction.Begin();
        Change(kv, transaction, rowId, isCompactedBelow ? 40 : Count);
        if (isCompactedBelow)
        {
            reader.Rollback();
            kv.Manager.CleanUpWaiting();
        }
        Change(kv, transaction, rowId, isCompactedBelow ? 40 : Count);
        transaction.Rollback();
        Assert.AreEqual(1, kv.IndexOnN.Tree.Count);
        Assert.IsTrue(isCompactedBelow || kv.Table.KeySteps == 0, $"{kv.Table.KeySteps} steps");
    }

    [TestMethod]
    public void Many_rows_that_came_and_went_beside_a_reader_are_not_kept_for_it()
    {
        const int Rows = 1000;
        var kv = new KvTable();
        Transaction reader = kv.Manager.NewTransaction();
        reader.Begin(isReadOnly: true, IsolationLevel.RepeatableRead);
        reader.BeginReading();
        long most = 0;
        var ids = new List<long>();
        for (int i = 0; i < 200; i++)
        {
            kv.Commit(transaction =>
            {
                ids.ForEach(rowId => transaction.Delete(kv.Table, rowId));
                ids.Clear();
                transaction.BeginWriting();
                for (int key = 0; key < Rows; key++)
                {
                    ids.Add(kv.Insert(transaction, key, null, 0, 0));
                }
            });
            most = Math.Max(most, kv.PrimaryKey.Tree.Count);
        }
        Assert.IsLessThan(60L * Rows, most);
        reader.Rollback();
    }

    private static long BytesAfter(KvTable kv, long rowId, int count)
    {
        Transaction reader = kv.Manager.NewTransaction();
        reader.Begin(isReadOnly: true, IsolationLevel.RepeatableRead);
        reader.BeginReading();
        kv.Commit(transaction => Change(kv, transaction, rowId, count));
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 16; i++)
        {
            kv.Commit(transaction => Change(kv, transaction, rowId, 1));
        }
        long bytes = GC.GetAllocatedBytesForCurrentThread() - before;
        reader.Rollback();
        reader.Close();
        return bytes;
    }

    private static (long Compaction, long Keys) StepsOf(int count, bool isCommitted)
    {
        var kv = new KvTable();
        long rowId = -1;
        kv.Commit(transaction => rowId = kv.Insert(transaction, 1, "one", 1, 0));
        Transaction transaction = kv.Manager.NewTransaction();
        transaction.Begin();
        Change(kv, transaction, rowId, count);
        if (isCommitted)
        {
            transaction.Commit();
        }
        else
        {
            transaction.Rollback();
        }
        Assert.AreEqual(1, kv.IndexOnN.Tree.Count);
        Assert.AreEqual(1, kv.PrimaryKey.Tree.Count);
        return (kv.Table.CompactionSteps, kv.Table.KeySteps);
    }

    private static void Change(KvTable kv, Transaction transaction, long rowId, int count)
    {
        var values = new RowBuffer(KvTable.N);
        for (int i = 0; i < count; i++)
        {
            transaction.BeginWriting();
            values.Set(0, i + 1);
            transaction.Update(kv.Table, rowId, values);
            transaction.Mark();
        }
    }
}
