using System.Text;
using PhantomDb.Storage.Indexes;
using PhantomDb.Types;

namespace PhantomDb.Tests.Storage.Indexes;

[TestClass]
public sealed class KeyEncoderTests
{
    [TestMethod]
    public void Integers_sort_by_value()
    {
        AssertAscending<short>(PhysicalType.Int16, [short.MinValue, -1, 0, 1, short.MaxValue], (writer, value) => writer.AddInt16(value));
        AssertAscending(PhysicalType.Int32, [int.MinValue, -256, -1, 0, 1, 255, 256, int.MaxValue], (writer, value) => writer.AddInt32(value));
        AssertAscending(PhysicalType.Int64, [long.MinValue, -1L, 0, 1, 1L << 40, long.MaxValue], (writer, value) => writer.AddInt64(value));
        AssertAscending(PhysicalType.Int128, [Int128.MinValue, -1, 0, 1, (Int128)1 << 70, Int128.MaxValue], (writer, value) => writer.AddInt128(value));
        AssertAscending(PhysicalType.Boolean, [false, true], (writer, value) => writer.AddBoolean(value));
        AssertAscending<UInt128>(PhysicalType.Uuid, [UInt128.Zero, 1, UInt128.MaxValue >> 1, UInt128.MaxValue], (writer, value) => writer.AddUuid(value));
    }

    [TestMethod]
    public void Floats_sort_as_in_PostgreSQL_with_NaN_greatest_and_both_zeros_equal()
    {
        AssertAscending(
            PhysicalType.Double,
            [double.NegativeInfinity, double.MinValue, -1.5, -double.Epsilon, 0.0, double.Epsilon, 1, 1.5, double.MaxValue, double.PositiveInfinity, double.NaN],
            (writer, value) => writer.AddDouble(value));
        AssertAscending(
            PhysicalType.Real,
            [float.NegativeInfinity, float.MinValue, -1.5f, -float.Epsilon, 0.0f, float.Epsilon, 1.5f, float.MaxValue, float.PositiveInfinity, float.NaN],
            (writer, value) => writer.AddReal(value));
        CollectionAssert.AreEqual(Encode(PhysicalType.Double, writer => writer.AddDouble(0.0)), Encode(PhysicalType.Double, writer => writer.AddDouble(-0.0)));
        CollectionAssert.AreEqual(Encode(PhysicalType.Double, writer => writer.AddDouble(double.NaN)), Encode(PhysicalType.Double, writer => writer.AddDouble(-double.NaN)));
        CollectionAssert.AreEqual(Encode(PhysicalType.Real, writer => writer.AddReal(0f)), Encode(PhysicalType.Real, writer => writer.AddReal(-0f)));
        CollectionAssert.AreEqual(Encode(PhysicalType.Real, writer => writer.AddReal(float.NaN)), Encode(PhysicalType.Real, writer => writer.AddReal(-float.NaN)));
    }

    [TestMethod]
    public void Numerics_of_free_scale_sort_by_value_and_trailing_zeros_do_not_count()
    {
        Numeric[] ascending =
        [
            Numeric.NegativeInfinity, N("-99999999999999999999999999999999999999"), N("-101"), N("-100"), N("-11"), N("-10.5"), N("-10"), N("-1"),
            N("-0.5"), N("-0.05"), N("-0.001"), N("0"), N("0.001"), N("0.0100001"), N("0.05"), N("0.051"), N("0.5"), N("1"), N("1.01"), N("1.1"),
            N("9"), N("10"), N("10.01"), N("10.1"), N("11"), N("99.99"), N("100"), N("123456789012345678901234567890"), N("99999999999999999999999999999999999999"),
            Numeric.PositiveInfinity, Numeric.NaN,
        ];
        AssertAscending(PhysicalType.Numeric, ascending, (writer, value) => writer.AddNumeric(value));
        foreach ((string left, string right) in new[] { ("1.0", "1.00"), ("100", "100.000"), ("-12.5", "-12.50"), ("0", "0.000"), ("1000", "1000.0") })
        {
            CollectionAssert.AreEqual(
                Encode(PhysicalType.Numeric, writer => writer.AddNumeric(N(left))), Encode(PhysicalType.Numeric, writer => writer.AddNumeric(N(right))), left);
        }
    }

    [TestMethod]
    public void Random_numerics_sort_as_decimals_do()
    {
        var random = new Random(7);
        for (int i = 0; i < 20_000; i++)
        {
            var left = new decimal(random.Next(), random.Next(4) == 0 ? random.Next() : 0, 0, random.Next(2) == 0, (byte)random.Next(12));
            decimal right = random.Next(3) == 0 ? left * 1.000m : new decimal(random.Next(1000), 0, 0, random.Next(2) == 0, (byte)random.Next(4));
            byte[] leftKey = Encode(PhysicalType.Numeric, writer => writer.AddNumeric(N(left.ToString())));
            byte[] rightKey = Encode(PhysicalType.Numeric, writer => writer.AddNumeric(N(right.ToString())));
            Assert.AreEqual(Math.Sign(left.CompareTo(right)), Math.Sign(leftKey.AsSpan().SequenceCompareTo(rightKey)), $"{left} and {right}");
        }
    }

    [TestMethod]
    public void Intervals_compare_by_months_of_30_days_and_days_of_24_hours()
    {
        const long Hour = 3_600_000_000;
        AssertAscending(
            PhysicalType.Interval,
            [
                new Interval(int.MinValue, int.MinValue, long.MinValue), new Interval(-1, 0, 0), new Interval(0, -1, 0), new Interval(0, 0, -1), default,
                new Interval(0, 0, 23 * Hour), new Interval(0, 1, 0), new Interval(0, 0, 25 * Hour), new Interval(0, 29, 0), new Interval(1, 0, 0),
                new Interval(0, 30, 1), new Interval(1, 1, 0), new Interval(int.MaxValue, int.MaxValue, long.MaxValue),
            ],
            (writer, value) => writer.AddInterval(value));
        CollectionAssert.AreEqual(
            Encode(PhysicalType.Interval, writer => writer.AddInterval(new Interval(1, -1, 24 * Hour))),
            Encode(PhysicalType.Interval, writer => writer.AddInterval(new Interval(0, 30, 0))));
    }

    [TestMethod]
    public void Text_sorts_bytewise_also_before_another_column()
    {
        string[] ascending = ["", "\0", "\0\0", "\0\u0001", "\0a", "\u0001", "\u0001\0", "\u0002", "a", "a\0", "a\u0001", "a\u0002", "a b", "aa", "ab", "b", "Ω"];
        AssertAscending(PhysicalType.String, ascending, (writer, value) => writer.AddBytes(Encoding.UTF8.GetBytes(value)));

        KeyColumn[] columns = [new(PhysicalType.String), new(PhysicalType.Int32)];
        byte[][] keys = ascending.SelectMany(text => new[] { int.MinValue, 0, int.MaxValue }.Select(number => Encode(columns, writer =>
        {
            writer.AddBytes(Encoding.UTF8.GetBytes(text));
            writer.AddInt32(number);
        }))).ToArray();
        AssertAscending(keys);
    }

    [TestMethod]
    public void Trailing_blanks_of_a_char_do_not_count() =>
        CollectionAssert.AreEqual(
            Encode(PhysicalType.String, writer => writer.AddBlankPadded("ab"u8)), Encode(PhysicalType.String, writer => writer.AddBlankPadded("ab   "u8)));

    [TestMethod]
    public void Nulls_stand_where_the_column_says_in_both_directions()
    {
        foreach (bool descending in new[] { false, true })
        {
            foreach (bool nullsFirst in new[] { false, true })
            {
                KeyColumn[] columns = [new(PhysicalType.String, IsNullable: true, descending, nullsFirst), new(PhysicalType.Int16, IsNullable: true)];
                string?[] order = descending ? ["b", "ab", "a", ""] : ["", "a", "ab", "b"];
                order = nullsFirst ? [null, .. order] : [.. order, null];
                AssertAscending(order.SelectMany(text => new short?[] { -5, 5, null }.Select(number => Encode(columns, writer =>
                {
                    if (text is null)
                        writer.AddNull();
                    else
                        writer.AddBytes(Encoding.UTF8.GetBytes(text));
                    if (number is { } value)
                        writer.AddInt16(value);
                    else
                        writer.AddNull();
                    Assert.AreEqual(text is null || number is null, writer.HasNull);
                }))).ToArray());
            }
        }
    }

    [TestMethod]
    public void The_kind_follows_from_the_size_of_the_columns()
    {
        Assert.AreEqual(KeyKind.UInt64, KeyEncoder.KindOf([new(PhysicalType.Int64)]));
        Assert.AreEqual(KeyKind.UInt64, KeyEncoder.KindOf([new(PhysicalType.Int32), new(PhysicalType.Int32)]));
        Assert.AreEqual(KeyKind.UInt128, KeyEncoder.KindOf([new(PhysicalType.Int64, IsNullable: true)]));
        Assert.AreEqual(KeyKind.UInt128, KeyEncoder.KindOf([new(PhysicalType.Uuid)]));
        Assert.AreEqual(KeyKind.Bytes, KeyEncoder.KindOf([new(PhysicalType.Uuid, IsNullable: true)]));
        Assert.AreEqual(KeyKind.Bytes, KeyEncoder.KindOf([new(PhysicalType.String)]));
    }

    [TestMethod]
    public void A_successor_bounds_all_keys_with_the_prefix()
    {
        byte[] key = [1, 0xFE, 0xFF, 0xFF];
        Assert.IsTrue(KeyEncoder.TrySuccessor(key, out int length));
        CollectionAssert.AreEqual(new byte[] { 1, 0xFF }, key[..length]);
        Assert.IsFalse(KeyEncoder.TrySuccessor([0xFF, 0xFF], out _));
    }

    [TestMethod]
    public void Keys_of_eight_bytes_are_the_same_with_and_without_bytes()
    {
        foreach (long value in new[] { long.MinValue, -1, 0, 42, long.MaxValue })
        {
            var writer = new KeyWriter([new(PhysicalType.Int64)]);
            writer.AddInt64(value);
            Assert.AreEqual(KeyEncoder.KeyOf(value), writer.ToUInt64());
            writer = new KeyWriter([new(PhysicalType.Int32)]);
            writer.AddInt32((int)value);
            Assert.AreEqual(KeyEncoder.KeyOf((int)value), writer.ToUInt64());
        }
    }

    private static Numeric N(string text)
    {
        int point = text.IndexOf('.');
        return new Numeric(Int128.Parse(text.Replace(".", "")), point < 0 ? 0 : text.Length - point - 1);
    }

    private static byte[] Encode(PhysicalType type, Action<KeyWriter> add) => Encode([new(type)], add);

    private static byte[] Encode(KeyColumn[] columns, Action<KeyWriter> add)
    {
        var writer = new KeyWriter(columns);
        add(writer);
        return writer.Key.ToArray();
    }

    private static void AssertAscending<T>(PhysicalType type, T[] values, Action<KeyWriter, T> add)
    {
        AssertAscending(values.Select(value => Encode(type, writer => add(writer, value))).ToArray());
        byte[][] descending = values.Select(value => Encode([new(type, IsDescending: true)], writer => add(writer, value))).ToArray();
        Array.Reverse(descending);
        AssertAscending(descending);
    }

    private static void AssertAscending(byte[][] keys)
    {
        for (int i = 1; i < keys.Length; i++)
        {
            Assert.IsLessThan(0, keys[i - 1].AsSpan().SequenceCompareTo(keys[i]), $"key {i}: {Convert.ToHexString(keys[i - 1])} and {Convert.ToHexString(keys[i])}");
            Assert.IsFalse(keys[i].AsSpan().StartsWith(keys[i - 1]), "No key is a prefix of another.");
        }
    }
}
