using Microsoft.VisualStudio.TestTools.UnitTesting;
using PhantomDb.Catalog;
using PhantomDb.Durability.Recovery;
using PhantomDb.Storage;
using PhantomDb.Types;
using PhantomDb.Vectors;

namespace PhantomDb.Tests.Durability.Recovery;

/// <summary>What becomes of the versions of rows that the log is applied to.</summary>
[TestClass]
public sealed class AppliedRowsTests
{
    private readonly TableStore _table = new(new TableDefinition(1, "public", "t", [new ColumnDefinition("a", SqlType.Int32, 0)]), new ReadTimestamps(), null);
    private readonly RowBuffer _row = new(0);

    private RowBuffer Row(int value)
    {
        _row.Set(0, value);
        return _row;
    }

    private long Insert(AppliedRows applied, int value)
    {
        long rowId = _table.Insert(Row(value), applied.Stamp, 0, out _);
        applied.Add(_table, AppliedChange.Insert, rowId, 1);
        return rowId;
    }

    private bool HasVersions => _table.CurrentSlices().Slices[0].Versions is not null;

    private void Update(AppliedRows applied, long rowId, int value)
    {
        Assert.AreEqual(WriteOutcome.Done, _table.Update(rowId, Row(value), new RowWriter(applied.Stamp, 0, RowWriter.AnyCommitted), out _));
        applied.Add(_table, AppliedChange.Update, rowId, 1);
    }

    private void Delete(AppliedRows applied, long rowId)
    {
        Assert.AreEqual(WriteOutcome.Done, _table.Delete(rowId, new RowWriter(applied.Stamp, 0, RowWriter.AnyCommitted), out _));
        applied.Add(_table, AppliedChange.Delete, rowId, 1);
    }

    private string SeenAt(long timestamp)
    {
        TableScan.Worker worker = _table.Scan([0], new ReadView(timestamp)).NewWorker();
        var chunk = new DataChunk([PhysicalType.Int32]);
        List<int> seen = [];
        while (worker.TryNext(chunk))
        {
            for (int i = 0; i < chunk.Count; i++)
            {
                seen.Add(chunk.Vectors[0].Data<int>()[chunk.Vectors[0].PositionOf(chunk.Position(i))]);
            }
        }
        return string.Join(' ', seen);
    }

    [TestMethod]
    public void Without_readers_rows_are_of_before_all_time_and_leave_no_versions()
    {
        var applied = new AppliedRows();
        Assert.AreEqual(0, applied.Stamp.Value);
        long first = Insert(applied, 1), second = Insert(applied, 2), third = Insert(applied, 3);
        Update(applied, second, 20);
        Delete(applied, third);
        Assert.AreEqual("1 20", SeenAt(0));
        Assert.IsEmpty(applied.Rows);
        Assert.IsFalse(HasVersions);
        Update(applied, first, 10);
        Assert.IsFalse(HasVersions);
        Assert.AreEqual("10 20", SeenAt(0));
    }

    [TestMethod]
    public void With_readers_nothing_is_seen_before_the_commit_and_what_has_versions_is_told_in_order()
    {
        long first = Insert(new AppliedRows(), 1), second = Insert(new AppliedRows(), 2);
        var applied = new AppliedRows(hasReaders: true);
        Assert.IsFalse(applied.Stamp.IsCommitted);
        Update(applied, first, 10);
        Delete(applied, second);
        long third = Insert(applied, 3);
        Assert.AreEqual("1 2", SeenAt(5));
        CollectionAssert.AreEqual(new[] { (_table, AppliedChange.Update, first, 1), (_table, AppliedChange.Delete, second, 1), (_table, AppliedChange.Insert, third, 1) }, applied.Rows.ToArray());

        TransactionStamp stamp = applied.Stamp;
        stamp.Publish(5);
        applied.Renew();

        Assert.AreEqual(("1 2", "10 3"), (SeenAt(4), SeenAt(5)));
        Assert.IsEmpty(applied.Rows);
        Assert.AreNotSame(stamp, applied.Stamp);
        Assert.IsFalse(applied.Stamp.IsCommitted);
        Update(applied, third, 30);
        Assert.AreEqual("10 3", SeenAt(6));
        Assert.HasCount(1, applied.Rows);
    }
}
