using Microsoft.VisualStudio.TestTools.UnitTesting;
using PhantomDb.Storage;
using PhantomDb.Transactions;

namespace PhantomDb.Tests.Storage;

/// <summary>What a reader that stays, as a snapshot does, costs those who change rows meanwhile: steps are counted, not time.</summary>
[TestClass]
public sealed class CleanupCostTests
{
    private const int Rows = 10 * RowSlice.Capacity;

    [TestMethod]
    public void Versions_that_a_reader_needs_are_not_looked_at_again_and_again_and_go_when_it_has_ended()
    {
        KvTable kv = Filled(out Transaction reader);
        Change(kv, 100_000);
        Assert.IsLessThan(100_000L, kv.Table.CleanupSteps, "versions looked at, for as many commits");
        Assert.AreEqual(0.0, kv.Scan(reader.View).Values.Max(row => row.Balance), "as the reader sees it");
        reader.Rollback();
        Change(kv, 1000);
        AssertNoVersions(kv);
    }

    [TestMethod]
    public void What_a_second_reader_needs_goes_with_it_although_the_first_one_stays()
    {
        KvTable kv = Filled(out Transaction first);
        Change(kv, 5000);
        Transaction second = Reader(kv);
        first.Rollback();
        Change(kv, 5000);
        double sum = kv.Scan(second.View).Values.Sum(row => row.Balance);
        Transaction third = Reader(kv);
        Change(kv, 5000);
        Assert.AreEqual(sum, kv.Scan(second.View).Values.Sum(row => row.Balance));
        second.Rollback();
        Change(kv, 5000);
        Assert.IsLessThan(10_001, kv.Table.CurrentSlices().Slices.Sum(slice => slice?.Versions?.RecordCount ?? 0), "those of the third alone");
        third.Rollback();
        Change(kv, 1000);
        AssertNoVersions(kv);
    }

    [TestMethod]
    public void Rows_that_came_and_went_beside_a_reader_go_before_it_ends()
    {
        KvTable kv = Filled(out Transaction reader);
        for (int i = 0; i < 20_000; i++)
        {
            long rowId = -1;
            kv.Commit(transaction => rowId = kv.Insert(transaction, Rows + i, null, 0, 0));
            kv.Commit(transaction => transaction.Delete(kv.Table, rowId));
        }
        Assert.IsLessThan(8 * RowSlice.Capacity, kv.PrimaryKey.Tree.Count - Rows);
        reader.Rollback();
    }

    [TestMethod]
    public void Inserts_beside_a_reader_are_remembered_together()
    {
        KvTable kv = Filled(out Transaction reader);
        for (int i = 0; i < 2 * RowSlice.Capacity; i++)
        {
            kv.Commit(transaction => kv.Insert(transaction, Rows + i, null, 0, 0));
        }
        Transaction second = Reader(kv);
        for (int i = 0; i < 2 * RowSlice.Capacity; i++)
        {
            kv.Commit(transaction => kv.Insert(transaction, (3 * Rows) + i, null, 0, 0));
        }
        (RowSlice[] slices, int count) = kv.Table.CurrentSlices();
        Assert.IsLessThan(6 * 64, slices.Take(count).Sum(slice => slice.Versions?.InsertCount ?? 0));
        Assert.HasCount(Rows, kv.Scan(reader.View));
        Assert.HasCount(Rows + (2 * RowSlice.Capacity), kv.Scan(second.View));
        reader.Rollback();
        Assert.HasCount(Rows + (2 * RowSlice.Capacity), kv.Scan(second.View));
        second.Rollback();
        Change(kv, 1000);
        AssertNoVersions(kv);
    }

    private static KvTable Filled(out Transaction reader)
    {
        var kv = new KvTable();
        kv.Commit(transaction =>
        {
            for (int id = 0; id < Rows; id++)
            {
                kv.Insert(transaction, id, null, 0, id);
            }
        });
        reader = Reader(kv);
        return kv;
    }

    private static Transaction Reader(KvTable kv)
    {
        Transaction reader = kv.Manager.NewTransaction();
        reader.Begin(isReadOnly: true, IsolationLevel.RepeatableRead);
        reader.BeginReading();
        return reader;
    }

    private static void Change(KvTable kv, int count)
    {
        var random = new Random(count);
        var values = new RowBuffer(KvTable.Balance);
        for (int i = 0; i < count; i++)
        {
            kv.Commit(transaction =>
            {
                values.Set(0, (double)i + 1);
                transaction.Update(kv.Table, random.Next(Rows), values);
            });
        }
    }

    private static void AssertNoVersions(KvTable kv)
    {
        (RowSlice[] slices, int count) = kv.Table.CurrentSlices();
        Assert.AreEqual(0, slices.Take(count).Count(slice => slice.Versions is not null), "slices with versions");
        Assert.IsFalse(kv.Table.NeedsCleanup);
    }
}
