using System.Text;
using Microsoft.VisualStudio.TestTools.UnitTesting;
using PhantomDb.Durability.Log;

namespace PhantomDb.Tests.Durability.Log;

[TestClass]
public sealed class LogCellTests
{
    [TestMethod]
    [DataRow("", "\"\"")]
    [DataRow(">", "\">\"")]
    [DataRow(">>", ">>")]
    [DataRow(" a 'b' ; ä€😀 ", " a 'b' ; ä€😀 ")]
    [DataRow("a,b", "\"a,b\"")]
    [DataRow("\"", "\"\"\"\"")]
    [DataRow("say \"x\"\n", "\"say \"\"x\"\"\\n\"")]
    [DataRow("\n", "\\n")]
    [DataRow("two\r\nlines", "two\\r\\nlines")]
    [DataRow("C:\\new,", "\"C:\\\\new,\"")]
    [DataRow("\\N", "\\\\N")]
    [DataRow("\t\u0001\u2028\uFEFF", "\t\u0001\u2028\uFEFF")]
    [DataRow("# End", "# End")]
    public void A_value_has_one_spelling(string value, string cell)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(value), target = new byte[100];
        int length = LogCell.Write(bytes, target);

        Assert.AreEqual(cell, Encoding.UTF8.GetString(target, 0, length));
        Assert.IsLessThanOrEqualTo(LogCell.LengthMax(bytes), length);
        Assert.AreEqual(length, LogCell.Measure(Encoding.UTF8.GetBytes(cell)));
        Assert.AreEqual(length, LogCell.Measure(Encoding.UTF8.GetBytes(cell + ",next")));
        byte[] read = new byte[length];
        Assert.AreEqual(value, Encoding.UTF8.GetString(read, 0, LogCell.Read(target.AsSpan(0, length), read)));
    }

    [TestMethod]
    [DataRow("\"a\"")]
    [DataRow("\"")]
    [DataRow("\"a,")]
    [DataRow("\"a,\"b")]
    [DataRow("a\"")]
    [DataRow("a\"b,\"")]
    [DataRow("\\")]
    [DataRow("\\x")]
    [DataRow("\\,")]
    [DataRow("\",\\\"")]
    [DataRow("a\rb")]
    [DataRow("\",\r\"")]
    public void Any_other_spelling_is_none(string cell)
    {
        Assert.AreEqual(-1, LogCell.Measure(Encoding.UTF8.GetBytes(cell)));
    }

    [TestMethod]
    public void Random_values_come_back_and_random_cells_that_are_read_are_written_the_same()
    {
        int seed = DatabaseFileRoundTripTests.Setting("PHANTOMDB_SEED", Environment.TickCount);
        var random = new Random(seed);
        byte[] letters = ",\"\n\r\\>nr a"u8.ToArray(), cell = new byte[64], back = new byte[64];
        for (int run = 0; run < 200_000; run++)
        {
            byte[] value = random.GetItems(letters, random.Next(12));
            int length = LogCell.Write(value, cell);
            Assert.AreEqual(length, LogCell.Measure(cell.AsSpan(0, length)), $"seed {seed}");
            Assert.IsTrue(back.AsSpan(0, LogCell.Read(cell.AsSpan(0, length), back)).SequenceEqual(value), $"seed {seed}");
            Assert.AreEqual(LogCell.HasEscapes(cell.AsSpan(0, length)), value.AsSpan().ContainsAny("\"\n\r\\"u8), $"seed {seed}");

            int measured = LogCell.Measure(value);
            if (measured > 0)
            {
                length = LogCell.Read(value.AsSpan(0, measured), back);
                int again = LogCell.Write(back.AsSpan(0, length), cell);
                bool isMark = measured == 1 && value[0] == '>';
                Assert.IsTrue(isMark || cell.AsSpan(0, again).SequenceEqual(value.AsSpan(0, measured)), $"seed {seed}, {Encoding.UTF8.GetString(value)}");
            }
        }
    }

    [TestMethod]
    public void A_special_character_is_found_at_any_place_of_a_value_of_any_length()
    {
        byte[] cell = new byte[100], back = new byte[100];
        for (int length = 1; length <= 40; length++)
        {
            for (int at = 0; at < length; at++)
            {
                foreach (byte special in ",\"\n\r\\"u8)
                {
                    byte[] value = [.. Enumerable.Repeat((byte)'a', length)];
                    value[at] = special;
                    int written = LogCell.Write(value, cell);
                    Assert.AreEqual(written, LogCell.Measure(cell.AsSpan(0, written)), $"{(char)special} at {at} of {length}");
                    Assert.IsTrue(back.AsSpan(0, LogCell.Read(cell.AsSpan(0, written), back)).SequenceEqual(value), $"{(char)special} at {at} of {length}");
                }
            }
        }
    }

    [TestMethod]
    public void Long_values_are_given_no_more_room_than_they_take()
    {
        byte[] value = Encoding.UTF8.GetBytes(new string('a', 10_000) + "\"\n\r\\,"), target = new byte[LogCell.LengthMax(value)];

        Assert.AreEqual(target.Length, LogCell.Write(value, target));
        Assert.AreEqual(10_000 + 9 + 2, target.Length);
    }
}
