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
            default: throw new ArgumentException(fields[0]);
        }
    }
}
