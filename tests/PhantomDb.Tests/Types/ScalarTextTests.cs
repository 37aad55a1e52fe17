using System.Globalization;
using System.Text;
using PhantomDb.Errors;
using PhantomDb.Types;
using static PhantomDb.Tests.Types.RecordedAnswers;

namespace PhantomDb.Tests.Types;

[TestClass]
public sealed class ScalarTextTests
{
    [TestMethod]
    public void Integers_booleans_and_floats_read_and_write_as_PostgreSQL_15() => Check("scalar", Evaluate);

    [TestMethod]
    public void Floating_point_text_round_trips()
    {
        const int seed = 31337;
        var random = new Random(seed);
        for (int i = 0; i < 200_000; i++)
        {
            double value = BitConverter.Int64BitsToDouble(random.NextInt64(long.MinValue, long.MaxValue));
            float single = BitConverter.Int32BitsToSingle(random.Next(int.MinValue, int.MaxValue));
            if (double.IsFinite(value))
            {
                Assert.AreEqual(value, FloatText.ParseDouble(Utf8(Format(value))), $"seed {seed}, step {i}");
            }

            if (float.IsFinite(single))
            {
                Assert.AreEqual(single, FloatText.ParseSingle(Utf8(Format(single))), $"seed {seed}, step {i}");
            }

            double plain = Math.Round(random.NextDouble() * 1e6, 4);
            string text = plain.ToString(CultureInfo.InvariantCulture);
            Assert.AreEqual(plain, FloatText.ParseDouble(Utf8(text)), text);
        }
    }

    [TestMethod]
    public void Integer_text_round_trips_at_every_length()
    {
        Span<byte> buffer = stackalloc byte[IntegerText.Int64LengthMax];
        var random = new Random(5);
        for (int i = 0; i < 100_000; i++)
        {
            long value = random.NextInt64(long.MinValue, long.MaxValue) >> random.Next(64);
            Assert.IsTrue(IntegerText.TryFormat(value, buffer, out int written));
            Assert.AreEqual(value.ToString(CultureInfo.InvariantCulture), Encoding.ASCII.GetString(buffer[..written]));
            Assert.AreEqual(value, IntegerText.ParseInt64(buffer[..written]));
        }
    }

    [TestMethod]
    public void Bytes_that_are_no_utf8_are_refused_with_the_bytes()
    {
        Utf8Text.EnsureValid("grün €"u8);
        var error = Assert.ThrowsExactly<PhantomDbException>(() => Utf8Text.EnsureValid([(byte)'a', 0xC3, 0x28]));
        Assert.AreEqual("22021", error.SqlState);
        Assert.AreEqual("invalid byte sequence for encoding \"UTF8\": 0xc3 0x28", error.Message);
        error = Assert.ThrowsExactly<PhantomDbException>(() => Utf8Text.EnsureValid([(byte)'a', 0]));
        Assert.AreEqual("invalid byte sequence for encoding \"UTF8\": 0x00", error.Message);
    }

    [TestMethod]
    public void Varchar_takes_blanks_beyond_its_length_and_nothing_else()
    {
        Assert.IsTrue(Utf8Text.TryFit("äö  "u8, 2, out int length));
        Assert.AreEqual(4, length);
        Assert.IsFalse(Utf8Text.TryFit("äöü"u8, 2, out _));
        Assert.IsTrue(Utf8Text.TryFit("äöü"u8, 3, out length));
        Assert.AreEqual(6, length);
    }

    private static int Int(string text) => int.Parse(text, CultureInfo.InvariantCulture);

    [TestMethod]
    public void The_text_of_a_double_is_the_shortest_decimal_that_reads_back()
    {
        int seed = Environment.TickCount;
        var random = new Random(seed);
        for (int i = 0; i < 200_000; i++)
        {
            int scale = random.Next(0, 6);
            long digits = random.NextInt64(1, (long)Math.Pow(10, random.Next(1, 16)));
            decimal exact = (random.Next(2) == 0 ? digits : -digits) / (decimal)Math.Pow(10, scale);
            string expected = exact.ToString("0.##########", CultureInfo.InvariantCulture);
            if (Math.Abs(exact) >= 0.0001m)   // smaller ones have an exponent
            {
                Assert.AreEqual(expected, Format(double.Parse(expected, CultureInfo.InvariantCulture)), $"seed {seed}");
            }
            double neighbour = Math.BitIncrement((double)exact);   // mostly 16 or 17 digits
            string text = Format(neighbour);
            Assert.AreEqual(neighbour, double.Parse(text, CultureInfo.InvariantCulture), $"seed {seed}");
        }
        Assert.AreEqual("0.0001", Format(0.0001));
        Assert.AreEqual("-0.5", Format(-0.5));
        Assert.AreEqual("1e-05", Format(0.00001));
        Assert.AreEqual("99999999999.9999", Format(99999999999.9999));
        Assert.AreEqual("5e-324", Format(double.Epsilon));
        Assert.AreEqual("-0", Format(-0.0));
    }

    internal static string Format(double value)
    {
        Span<byte> buffer = stackalloc byte[FloatText.DoubleLengthMax];
        Assert.IsTrue(FloatText.TryFormat(value, buffer, out int written));
        return Encoding.ASCII.GetString(buffer[..written]);
    }

    internal static string Format(float value)
    {
        Span<byte> buffer = stackalloc byte[FloatText.SingleLengthMax];
        Assert.IsTrue(FloatText.TryFormat(value, buffer, out int written));
        return Encoding.ASCII.GetString(buffer[..written]);
    }

    private static string Evaluate(string[] fields)
    {
        byte[] text = Utf8(fields[1]);
        switch (fields[0])
        {
            case "int2": return IntegerText.ParseInt16(text).ToString(CultureInfo.InvariantCulture);
            case "int4": return IntegerText.ParseInt32(text).ToString(CultureInfo.InvariantCulture);
            case "int8": return IntegerText.ParseInt64(text).ToString(CultureInfo.InvariantCulture);
            case "bool": return Encoding.ASCII.GetString(BooleanText.Name(BooleanText.Parse(text)));
            case "float8": return Format(FloatText.ParseDouble(text));
            case "float4": return Format(FloatText.ParseSingle(text));
            case "float8_float4": return Format(FloatText.ToSingle(FloatText.ParseDouble(text)));
            case "float8_int2":
                return FloatText.TryToInt16(FloatText.ParseDouble(text), out short small)
                    ? small.ToString(CultureInfo.InvariantCulture) : throw Error.OutOfRange("smallint");
            case "float8_int4":
                return FloatText.TryToInt32(FloatText.ParseDouble(text), out int integer)
                    ? integer.ToString(CultureInfo.InvariantCulture) : throw Error.OutOfRange("integer");
            case "float8_int8":
                return FloatText.TryToInt64(FloatText.ParseDouble(text), out long big)
                    ? big.ToString(CultureInfo.InvariantCulture) : throw Error.OutOfRange("bigint");
            case "uuid":
                Span<byte> uuid = stackalloc byte[UuidText.Length];
                UuidText.TryFormat(UuidText.Parse(text), uuid, out _);
                return Encoding.ASCII.GetString(uuid);
            case "bytea":
                byte[] bytes = new byte[text.Length];
                int length = ByteaText.Parse(text, bytes);
                byte[] hex = new byte[ByteaText.TextLength(length)];
                Assert.IsTrue(ByteaText.TryFormat(bytes.AsSpan(0, length), hex, out _));
                return Encoding.ASCII.GetString(hex);
            case "length": return Utf8Text.Length(text).ToString(CultureInfo.InvariantCulture);
            case "substring" or "substring_negative":
                return Encoding.UTF8.GetString(Utf8Text.Substring(text, Int(fields[2]), Int(fields[3])));
            case "left": return Encoding.UTF8.GetString(Utf8Text.Left(text, Int(fields[2])));
            case "right": return Encoding.UTF8.GetString(Utf8Text.Right(text, Int(fields[2])));
            default: throw new ArgumentException(fields[0]);
        }
    }
}
