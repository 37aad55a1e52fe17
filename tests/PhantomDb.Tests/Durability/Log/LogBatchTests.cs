using System.Text;
using Microsoft.VisualStudio.TestTools.UnitTesting;
using PhantomDb.Catalog;
using PhantomDb.Durability.Log;
using PhantomDb.Errors;

namespace PhantomDb.Tests.Durability.Log;

[TestClass]
public sealed class LogBatchTests
{
    [TestMethod]
    public void Changed_rows_and_what_is_counted_besides_are_operations_and_no_other_records()
    {
        var batch = new LogBatch();
        foreach (LogOperation operation in Enum.GetValues<LogOperation>().Where(o => o != LogOperation.Custom))
        {
            batch.Begin(operation, "t"u8);
            batch.End();
        }
        Assert.AreEqual(3, batch.OperationCount, "INSERT, UPDATE, DELETE");
        batch.Begin(LogOperation.Insert, "t"u8);
        batch.Begin("NOTE"u8, []);
        batch.End();
        Assert.AreEqual(3, batch.OperationCount, "the row's record was not ended");
        batch.CountOperations(5);
        batch.CountOperations(2, fileBytes: 100);
        batch.CountOperations(0, fileBytes: 11);
        Assert.AreEqual((10L, 111L), (batch.OperationCount, batch.FileByteCount));
        batch.Clear();
        Assert.AreEqual((0L, 0L, 0), (batch.OperationCount, batch.FileByteCount, batch.RecordCount));
    }

    [TestMethod]
    public void A_record_begun_with_a_prefix_is_the_same_as_one_begun_with_its_operation_and_table()
    {
        byte[] prefix = LogBatch.Prefix(LogOperation.Delete, "odd,name"u8);
        Assert.AreEqual("DELETE,\"odd,name\"", Encoding.ASCII.GetString(prefix));
        var batch = new LogBatch();
        batch.Begin(LogOperation.Sync, []);
        batch.End();
        batch.Begin("LOST"u8);   // never ended
        batch.Begin(prefix);
        batch.Cell("1"u8);
        batch.End();

        CollectionAssert.AreEqual(new[] { "SYNC,", "DELETE,\"odd,name\",1" }, Bodies(batch));
        Assert.AreEqual((1L, 24), (batch.OperationCount, batch.ByteCount));
    }

    [TestMethod]
    public void Cells_that_are_repeated_are_as_they_stand_there_though_all_moves_for_them()
    {
        var batch = new LogBatch();
        batch.Begin(LogOperation.Update, "t"u8);
        int start = batch.Position;
        batch.Cell("a,b"u8);
        batch.Null();
        batch.Cell(50_000);
        batch.Cell(int.MinValue);
        int end = batch.Position;
        Assert.AreEqual(",\"a,b\",,50000,-2147483648", Encoding.ASCII.GetString(batch.Bytes(start, end)));
        batch.Mark();
        for (int i = 0; i < 3000; i++)
        {
            batch.Repeat(start, end);
        }
        batch.End();

        Assert.AreEqual("UPDATE,t,\"a,b\",,50000,-2147483648,>" + string.Concat(Enumerable.Repeat(",\"a,b\",,50000,-2147483648", 3000)), Bodies(batch)[0]);
    }

    [TestMethod]
    public void What_others_write_into_the_room_that_they_asked_for_is_part_of_the_record()
    {
        var batch = new LogBatch();
        batch.Begin(LogOperation.Insert, "t"u8);
        foreach (int size in new[] { 1, 100, 70_000 })
        {
            Span<byte> room = batch.Room(size);
            Assert.IsGreaterThanOrEqualTo(size, room.Length);
            room[..size].Fill((byte)'x');
            batch.Advance(size);
        }
        batch.End();

        Assert.AreEqual("INSERT,t" + new string('x', 70_101), Bodies(batch)[0]);
    }

    [TestMethod]
    public void Records_behind_the_first_ones_can_be_dropped_and_one_that_was_begun()
    {
        var batch = new LogBatch();
        for (int i = 0; i < 10; i++)
        {
            batch.Begin("NOTE"u8, []);
            batch.Cell(i);
            batch.End();
        }
        batch.Begin("NOTE"u8, []);
        batch.Abandon();
        Assert.AreEqual((10, 70), (batch.RecordCount, batch.ByteCount));
        batch.CutTo(2);
        Assert.AreEqual((2, 14), (batch.RecordCount, batch.ByteCount));
        batch.Begin("NOTE"u8, []);
        batch.End();
        CollectionAssert.AreEqual(new[] { "NOTE,,0", "NOTE,,1", "NOTE," }, Bodies(batch));
        batch.CutTo(0);
        Assert.AreEqual((0, 0), (batch.RecordCount, batch.ByteCount));
    }

    [TestMethod]
    public void A_table_is_needed_once_and_not_where_the_records_define_it_themselves()
    {
        TableDefinition users = Table(), orders = Table(), made = Table();
        var batch = new LogBatch();
        batch.Defines(made);
        batch.Defines(made);
        foreach (TableDefinition table in new[] { users, orders, users, made, orders })
        {
            batch.Uses(table);
        }
        Assert.IsTrue(batch.Tables.SequenceEqual([users, orders]), "equal ones are others");
        Assert.IsTrue(batch.DefinedTables.SequenceEqual([made]));
        batch.Clear();
        Assert.AreEqual(0, batch.Tables.Length + batch.DefinedTables.Length);
    }

    [TestMethod]
    public void Records_that_were_moved_out_stay_as_they_are_while_the_batch_is_used_again()
    {
        var batch = new LogBatch();
        for (int i = 0; i < 6; i++)
        {
            batch.Begin(LogOperation.Insert, "t"u8);
            batch.Cell(i);
            batch.End();
        }
        LogBatch moved = batch.MoveOut();
        Assert.AreEqual((0, 0, 0L), (batch.RecordCount, batch.ByteCount, batch.OperationCount));
        for (int i = 0; i < 9; i++)
        {
            batch.Begin("NOTE"u8, []);
            batch.End();
        }

        CollectionAssert.AreEqual(Enumerable.Range(0, 6).Select(i => $"INSERT,t,{i}").ToArray(), Bodies(moved));
        Assert.AreEqual(60, moved.ByteCount);
        CollectionAssert.AreEqual(Enumerable.Repeat("NOTE,", 9).ToArray(), Bodies(batch));
    }

    [TestMethod]
    public void More_than_a_transaction_may_have_is_refused_and_what_stands_there_stays()
    {
        var batch = new LogBatch();
        batch.Begin(LogOperation.Insert, "t"u8);
        batch.Cell("1"u8);
        batch.End();
        batch.Begin(LogOperation.Insert, "t"u8);
        PhantomDbException error = Assert.ThrowsExactly<PhantomDbException>(() => batch.Room(LogBatch.ByteCountMax - 17));

        Assert.AreEqual(SqlStates.ProgramLimitExceeded, error.SqlState);
        StringAssert.Contains(error.Message, "transaction log");
        StringAssert.Contains(error.Detail, "2000000000 bytes");
        batch.Abandon();
        CollectionAssert.AreEqual(new[] { "INSERT,t,1" }, Bodies(batch));
    }

    [TestMethod]
    public void An_idle_session_keeps_no_more_than_a_little_memory()
    {
        var batch = new LogBatch();
        batch.Begin(LogOperation.Insert, "t"u8);
        batch.Cell(new byte[1_000_000]);
        batch.End();
        batch.Clear();
        Assert.IsLessThanOrEqualTo(1 << 16, batch.Room(0).Length);
    }

    [TestMethod]
    public void A_cell_of_any_length_fits_whatever_room_is_left()
    {
        for (int length = 0; length <= 100; length++)
        {
            foreach (char letter in "a\"")
            {
                string value = new(letter, length);
                var batch = new LogBatch();
                batch.Begin("A"u8, "t"u8);
                batch.Cell(Encoding.ASCII.GetBytes(value));
                batch.End();
                var cells = new LogCells();
                Assert.IsTrue(cells.TrySplit(batch.Body(0).ToArray(), 0, batch.ByteCount));
                Assert.AreEqual(value, Encoding.ASCII.GetString(cells.Value(2)));
            }
        }
    }

    [TestMethod]
    public void Room_that_is_there_is_used_to_its_last_byte()
    {
        var batch = new LogBatch();
        Assert.AreEqual(16, batch.Room(16).Length);
        batch.Advance(10);
        Assert.AreEqual(6, batch.Room(6).Length);
        Assert.IsGreaterThanOrEqualTo(7, batch.Room(7).Length);
    }

    [TestMethod]
    public void What_an_idle_session_keeps_is_used_for_its_next_records_and_what_many_took_is_not_kept()
    {
        var batch = new LogBatch();
        Assert.AreEqual(1 << 16, batch.Room(1 << 16).Length);
        batch.Clear();
        Assert.AreEqual(1 << 16, batch.Room(0).Length, "so much is kept");
        foreach ((int count, bool isKept) in new[] { (3, true), (100, true), (1 << 14, true), ((1 << 14) + 1, false) })
        {
            for (int i = 0; i < count; i++)
            {
                batch.Begin("A"u8, []);
                batch.End();
            }
            Assert.AreEqual((count, 2 * count), (batch.RecordCount, batch.ByteCount));
            long before = GC.GetAllocatedBytesForCurrentThread();
            batch.Clear();
            Assert.AreEqual(isKept, GC.GetAllocatedBytesForCurrentThread() == before, $"{count} records");
        }
    }

    private static TableDefinition Table() => new(1, "public", "t", [new ColumnDefinition("a", PhantomDb.Types.SqlType.Int32, 0)]);

    private static string[] Bodies(LogBatch batch) => [.. Enumerable.Range(0, batch.RecordCount).Select(i => Encoding.UTF8.GetString(batch.Body(i)))];
}
