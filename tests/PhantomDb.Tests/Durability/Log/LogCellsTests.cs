using System.Text;
using Microsoft.VisualStudio.TestTools.UnitTesting;
using PhantomDb.Durability.Log;

namespace PhantomDb.Tests.Durability.Log;

[TestClass]
public sealed class LogCellsTests
{
    [TestMethod]
    [DataRow(1)]
    [DataRow(2)]
    [DataRow(16)]
    [DataRow(17)]
    [DataRow(33)]
    [DataRow(500)]
    public void Each_cell_stands_where_it_does_and_has_its_value_also_where_the_body_was_copied_to(int count)
    {
        string[] values = [.. Enumerable.Range(0, count).Select(i => (i % 4) switch { 0 => $"a{i}", 1 => $"a,{i}", 2 => $"\n{i}", _ => "" })];
        string[] raw = [.. values.Select((value, i) => (i % 4) switch { 0 => value, 1 => $"\"{value}\"", 2 => $"\\n{i}", _ => i % 8 == 3 ? "" : "\"\"" })];
        byte[] body = Encoding.ASCII.GetBytes(string.Join(',', raw));
        var cells = new LogCells();

        Assert.IsTrue(cells.TrySplit([.. "before"u8, .. body, .. ",behind,\""u8], 6, body.Length));
        AssertAre(cells);

        int[] ends = new int[count + 3];
        cells.CopyEnds(ends.AsSpan(3), 2);
        var copied = new LogCells();
        copied.Show([.. ",,"u8, .. body], 2, ends, 3, count);
        AssertAre(copied);

        void AssertAre(LogCells shown)
        {
            Assert.AreEqual(count, shown.Count);
            Assert.IsTrue(shown.Body.SequenceEqual(body));
            for (int i = 0; i < count; i++)
            {
                Assert.AreEqual((raw[i], values[i]), (Encoding.ASCII.GetString(shown.Raw(i)), Encoding.ASCII.GetString(shown.Value(i))), $"cell {i}");
            }
        }
    }

    [TestMethod]
    public void A_value_stays_as_it_is_while_others_of_the_body_are_read()
    {
        string[] values = [.. new[] { 3, 5, 1000, 4, 3_000, 2_000_000, 6 }.Select((length, i) => "\n" + new string((char)('a' + i), length))];
        byte[] body = Encoding.ASCII.GetBytes(string.Join(',', values).Replace("\n", "\\n", StringComparison.Ordinal));
        var cells = new LogCells();
        for (int round = 0; round < 2; round++)
        {
            Assert.IsTrue(cells.TrySplit(body, 0, body.Length));
            ReadOnlySpan<byte> a = cells.Value(0), b = cells.Value(1), c = cells.Value(2), d = cells.Value(3), e = cells.Value(4), f = cells.Value(5), g = cells.Value(6), again = cells.Value(0);

            string[] read = [.. new[] { a.ToArray(), b.ToArray(), c.ToArray(), d.ToArray(), e.ToArray(), f.ToArray(), g.ToArray(), again.ToArray() }.Select(Encoding.ASCII.GetString)];
            CollectionAssert.AreEqual((string[])[.. values, values[0]], read);
        }
    }

    [TestMethod]
    public void Values_with_escapes_share_their_room_and_a_body_of_long_ones_leaves_none_behind()
    {
        byte[] body = Encoding.ASCII.GetBytes(string.Join(',', Enumerable.Repeat("\\n" + new string('a', 98), 1000)));
        byte[] longBody = Encoding.ASCII.GetBytes("\\n" + new string('a', 3_000_000)), shortBody = "\\n"u8.ToArray();
        var cells = new LogCells();

        Assert.IsLessThan(40 * body.Length, Allocated(body), "room for all of them is made a few times");
        Allocated(body);
        Assert.IsLessThan(1000, Allocated(body), "and used for the next bodies");
        Allocated(longBody);
        Assert.IsLessThan(1000, Allocated(shortBody));
        Assert.IsGreaterThan(3_000_000, Allocated(longBody), "what a long one took had gone");

        long Allocated(byte[] bytes)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            Assert.IsTrue(cells.TrySplit(bytes, 0, bytes.Length));
            for (int i = 0; i < cells.Count; i++)
            {
                cells.Value(i);
            }
            return GC.GetAllocatedBytesForCurrentThread() - before;
        }
    }

    [TestMethod]
    [DataRow("INSERT", false)]
    [DataRow("INSERT,", true)]
    [DataRow("INSERT,t,1", true)]
    [DataRow("insert,t", false)]
    [DataRow(",t", false)]
    public void A_record_begins_with_an_operation_and_a_table(string body, bool isRecord)
    {
        var cells = new LogCells();
        Assert.IsTrue(cells.TrySplit(Encoding.ASCII.GetBytes(body), 0, body.Length));
        Assert.AreEqual(isRecord, cells.IsRecord);
    }

    [TestMethod]
    [DataRow("a,\"")]
    [DataRow("a,b\\x,c")]
    [DataRow("\"a\",b")]
    public void A_body_with_a_cell_in_another_spelling_is_none(string body)
    {
        Assert.IsFalse(new LogCells().TrySplit(Encoding.ASCII.GetBytes(body), 0, body.Length));
    }
}
