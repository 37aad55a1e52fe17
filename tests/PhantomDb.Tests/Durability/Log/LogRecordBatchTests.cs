using System.Text;
using Microsoft.VisualStudio.TestTools.UnitTesting;
using PhantomDb.Durability.Log;

namespace PhantomDb.Tests.Durability.Log;

[TestClass]
public sealed class LogRecordBatchTests
{
    private const int RecordCountMax = 2048;
    private const int BytesMax = 1 << 18;

    [TestMethod]
    public void Records_are_kept_as_they_were_read_as_many_as_there_is_room_for()
    {
        var segment = new LogSegmentText(firstLsn: 1201);
        for (int i = 0; i < RecordCountMax; i++)
        {
            segment.Insert(2, i % 3 == 0 ? "two\nlines" : "a");
        }
        AssertKept(segment.Bytes, new LogRecordBatch(), RecordCountMax);
    }

    [TestMethod]
    public void There_is_room_for_one_record_of_any_length_and_number_of_cells()
    {
        var segment = new LogSegmentText();
        foreach ((int cellCount, int length) in new[] { (1, 3 * BytesMax), (60_000, 1), (1, BytesMax + 1), (20_000, 10), (1, 1) })
        {
            var batch = new LogBatch();
            batch.Begin(LogOperation.Insert, "users"u8);
            for (int i = 0; i < cellCount; i++)
            {
                batch.Cell(Encoding.ASCII.GetBytes(new string((char)('a' + (i % 26)), length)));
            }
            batch.End();
            segment.Write(batch);
        }
        AssertKept(segment.Bytes, new LogRecordBatch(), countMax: 1);
    }

    [TestMethod]
    public void It_is_full_with_so_many_records_or_bytes_and_empty_again_when_it_is_cleared()
    {
        var batch = new LogRecordBatch();
        LogReader reader = Reader(new LogSegmentText().Insert(RecordCountMax, "").Bytes);
        for (int count = 0; reader.Read(); count++)
        {
            Assert.AreEqual(count, batch.Count);
            Assert.IsFalse(batch.IsFull, $"{count} records");
            batch.Add(reader);
        }
        Assert.IsTrue(batch.IsFull, "so many records");
        batch.Clear();
        Assert.AreEqual((0, 0, false), (batch.Count, batch.ByteCount, batch.IsFull));

        reader = Reader(new LogSegmentText().Insert(1, new string('a', BytesMax - "INSERT,users,1,,".Length)).Insert(1).Bytes);
        Assert.IsTrue(reader.Read());
        batch.Add(reader);
        Assert.AreEqual((1, BytesMax, true), (batch.Count, batch.ByteCount, batch.IsFull));
    }

    [TestMethod]
    public void What_records_of_usual_length_took_is_used_again_and_what_a_long_one_took_is_not_kept()
    {
        byte[] longRecord = new LogSegmentText().Insert(1, new string('a', 10 * BytesMax)).Bytes;
        var batch = new LogRecordBatch();
        LogReader reader = Reader(longRecord);
        Assert.IsTrue(reader.Read());

        batch.Add(reader);
        batch.Clear();
        long before = GC.GetAllocatedBytesForCurrentThread();
        batch.Add(reader);
        Assert.IsGreaterThan(10 * BytesMax, GC.GetAllocatedBytesForCurrentThread() - before);

        reader = Reader(new LogSegmentText().Insert(RecordCountMax).Bytes);
        batch.Clear();
        for (int round = 0; round < 2; round++)
        {
            before = GC.GetAllocatedBytesForCurrentThread();
            batch.Clear();
            Assert.IsLessThan(1000, GC.GetAllocatedBytesForCurrentThread() - before, "nothing is made anew");
            while (!batch.IsFull && reader.Read())
            {
                batch.Add(reader);
            }
        }
    }

    // The records of a segment by way of batches, against those of another reader.
    private static void AssertKept(byte[] bytes, LogRecordBatch batch, int countMax)
    {
        LogReader reader = Reader(bytes), copied = Reader(bytes);
        var cells = new LogCells();
        bool hasMore = true;
        while (hasMore)
        {
            batch.Clear();
            while (batch.Count < countMax && !batch.IsFull && (hasMore = copied.Read()))
            {
                batch.Add(copied);
            }
            for (int i = 0; i < batch.Count; i++)
            {
                Assert.IsTrue(reader.Read());
                LogRecordBatch.Record record = batch.Show(i, cells);
                Assert.AreEqual((reader.Line, reader.Offset, reader.LineNumber, reader.End), (record.Line, record.Offset, record.LineNumber, record.End));
                Assert.IsTrue(reader.Cells.Body.SequenceEqual(cells.Body), $"LSN {reader.Line.Lsn}");
                Assert.AreEqual(reader.Cells.Count, cells.Count);
                for (int cell = 0; cell < cells.Count; cell++)
                {
                    Assert.IsTrue(reader.Cells.Raw(cell).SequenceEqual(cells.Raw(cell)), $"LSN {reader.Line.Lsn}, cell {cell}");
                }
            }
        }
        Assert.IsFalse(reader.Read());
    }

    private static LogReader Reader(byte[] bytes) => new("shop.log", new MemoryStream(bytes));
}
