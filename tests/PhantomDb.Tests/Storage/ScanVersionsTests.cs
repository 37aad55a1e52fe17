using Microsoft.VisualStudio.TestTools.UnitTesting;
using PhantomDb.Storage;
using PhantomDb.Transactions;
using PhantomDb.Types;
using PhantomDb.Vectors;

namespace PhantomDb.Tests.Storage;

/// <summary>Scans of one slice of which few or many rows have versions, of columns that the versions are about and of others.</summary>
[TestClass]
public sealed class ScanVersionsTests
{
    private const int RowCount = 2_000;

    [TestMethod]
    [DataRow(1)]
    [DataRow(15)]
    [DataRow(16)]
    [DataRow(17)]
    [DataRow(100)]
    [DataRow(RowCount)]
    public void An_old_snapshot_sees_changed_and_unchanged_columns_as_they_were(int changedCount)
    {
        KvTable kv = TwoThreadTests.Filled(RowCount, balance: 1);
        Transaction old = kv.Manager.NewTransaction();
        old.Begin(isReadOnly: true);
        old.BeginReading();
        (double before, long beforeN, int _) = Sums(kv, old.View, KvTable.Balance, KvTable.N);
        var values = new RowBuffer(KvTable.Balance);
        for (int round = 1; round <= 2; round++)
        {
            for (int i = 0; i < changedCount; i++)
            {
                values.Set(0, 1.0 + round);
                long rowId = (i * 7L) % RowCount;
                kv.Commit(transaction => transaction.Update(kv.Table, rowId, values));
            }
            Assert.AreEqual((before, beforeN, RowCount), Sums(kv, old.View, KvTable.Balance, KvTable.N));
            Assert.AreEqual((before + ((double)round * changedCount), beforeN, RowCount), Sums(kv, Now(kv), KvTable.Balance, KvTable.N));
        }
        old.Close();
        kv.Manager.CleanUpWaiting();
        Assert.IsNull(kv.Table.CurrentSlices().Slices[0].Versions);
        Assert.AreEqual((before + (2.0 * changedCount), beforeN, RowCount), Sums(kv, Now(kv), KvTable.Balance, KvTable.N));
    }

    [TestMethod]
    public void A_scan_of_columns_that_were_not_changed_refers_to_the_slice_itself()
    {
        KvTable kv = TwoThreadTests.Filled(RowCount, balance: 1);
        Transaction old = kv.Manager.NewTransaction();
        old.Begin(isReadOnly: true);
        old.BeginReading();
        var values = new RowBuffer(KvTable.Balance);
        values.Set(0, 5.0);
        kv.Commit(transaction => transaction.Update(kv.Table, 3, values));
        Assert.IsNotNull(kv.Table.CurrentSlices().Slices[0].Versions);

        TableScan.Worker worker = kv.Table.Scan([KvTable.N, KvTable.Balance], old.View).NewWorker();
        var chunk = new DataChunk([PhysicalType.Int32, PhysicalType.Double]);
        Assert.IsTrue(worker.TryNext(chunk));
        ColumnSlice?[] columns = kv.Table.CurrentSlices().Slices[0].Columns;
        Assert.AreSame(columns[KvTable.N]!.Data, chunk.Vectors[0].Data<int>());
        Assert.AreNotSame(columns[KvTable.Balance]!.Data, chunk.Vectors[1].Data<double>());
        Assert.AreEqual(1.0, chunk.Vectors[1].Values<double>()[3]);
        old.Close();
    }

    [TestMethod]
    public void A_scan_that_holds_briefly_leaves_few_unseen_values_to_who_reads_them()
    {
        KvTable kv = TwoThreadTests.Filled(RowCount, balance: 1);
        Transaction old = kv.Manager.NewTransaction();
        old.Begin(isReadOnly: true);
        old.BeginReading();
        var values = new RowBuffer(KvTable.Balance);
        foreach (int rowId in new[] { 900, 3, 17, 3, 1_999 })
        {
            values.Set(0, 5.0);
            kv.Commit(transaction => transaction.Update(kv.Table, rowId, values));
        }
        TableScan.Worker worker = kv.Table.Scan([KvTable.Balance], old.View).NewWorker(holdsBriefly: true);
        var chunk = new DataChunk([PhysicalType.Double]);
        Assert.IsTrue(worker.TryNext(chunk));
        Assert.IsTrue(chunk.Vectors[0].TryGetPatches(out ReadOnlySpan<double> inPlace, out VectorPatches<double> patches));
        CollectionAssert.AreEqual(new[] { 3, 17, 900, 1_999 }, patches.Rows.ToArray());
        CollectionAssert.AreEqual(new[] { 1.0, 1.0, 1.0, 1.0 }, patches.Values.ToArray());
        Assert.AreEqual(5.0, inPlace[3]);

        var other = new Vector(PhysicalType.Double);
        other.Reference(chunk.Vectors[0]);
        Assert.AreEqual(RowCount, other.Values<double>()[..RowCount].ToArray().Count(value => value == 1.0));
        Assert.IsFalse(chunk.Vectors[0].TryGetPatches(out ReadOnlySpan<double> _, out VectorPatches<double> _));
        Assert.AreEqual(RowCount, chunk.Vectors[0].Data<double>()[..RowCount].Count(value => value == 1.0));
        Assert.IsFalse(worker.TryNext(chunk));
        old.Close();
    }

    [TestMethod]
    public void A_scan_of_columns_that_were_not_changed_still_sees_rows_that_were_deleted_since_and_none_inserted_since()
    {
        KvTable kv = TwoThreadTests.Filled(1_000, balance: 1);
        Transaction old = kv.Manager.NewTransaction();
        old.Begin(isReadOnly: true);
        old.BeginReading();
        (double, long, int) before = Sums(kv, old.View, KvTable.Balance, KvTable.N);
        kv.Commit(transaction => transaction.Delete(kv.Table, 5));
        Assert.AreEqual(1_000, Sums(kv, old.View, KvTable.Balance, KvTable.N).Count);
        kv.Commit(transaction => kv.Insert(transaction, 5_000, "a", 1, 1));
        Assert.AreEqual(before, Sums(kv, old.View, KvTable.Balance, KvTable.N));
        Assert.AreEqual(1_000, Sums(kv, Now(kv), KvTable.Balance, KvTable.N).Count);
        kv.Commit(transaction => transaction.Delete(kv.Table, 6));
        Assert.AreEqual(999, Sums(kv, Now(kv), KvTable.Balance, KvTable.N).Count);
        Assert.AreEqual(before, Sums(kv, old.View, KvTable.Balance, KvTable.N));
        old.Close();
    }

    private static ReadView Now(KvTable kv) => new(kv.Storage.Timestamps.Visible);

    private static (double Balance, long N, int Count) Sums(KvTable kv, in ReadView view, int balanceColumn, int nColumn)
    {
        (double balance, long n, int count) = (0, 0, 0);
        TableScan.Worker worker = kv.Table.Scan([balanceColumn, nColumn], view).NewWorker(holdsBriefly: true);
        var chunk = new DataChunk([PhysicalType.Double, PhysicalType.Int32]);
        while (worker.TryNext(chunk))
        {
            for (int i = 0; i < chunk.Count; i++)
            {
                int row = chunk.Position(i);
                balance += chunk.Vectors[0].Values<double>()[row];
                n += chunk.Vectors[1].IsValid(row) ? chunk.Vectors[1].Values<int>()[row] : 0;
            }
            count += chunk.Count;
        }
        return (balance, n, count);
    }
}
