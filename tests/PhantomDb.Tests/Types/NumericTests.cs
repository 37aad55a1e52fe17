using System.Globalization;
using System.Numerics;
using System.Text;
using PhantomDb.Types;
using static PhantomDb.Tests.Types.RecordedAnswers;

namespace PhantomDb.Tests.Types;

[TestClass]
public sealed class NumericTests
{
    [TestMethod]
    public void Numeric_text_arithmetic_and_functions_answer_as_PostgreSQL_15_within_38_digits() =>
        Check("numeric", Evaluate, AcceptedDifference);

    [TestMethod]
    public void Sums_products_and_remainders_are_exact_or_refused()
    {
        const int seed = 20240131;
        var random = new Random(seed);
        BigInteger limit = BigInteger.Pow(10, Numeric.DigitsMax);
        for (int i = 0; i < 100_000; i++)
        {
            Numeric a = RandomNumeric(random);
            Numeric b = RandomNumeric(random);
            int scale = Math.Max(a.Scale, b.Scale);
            BigInteger x = (BigInteger)a.Coefficient * BigInteger.Pow(10, scale - a.Scale);
            BigInteger y = (BigInteger)b.Coefficient * BigInteger.Pow(10, scale - b.Scale);
            string context = $"seed {seed}, step {i}: {a} and {b}";
            AssertExact(x + y, scale, Numeric.TryAdd(a, b, out Numeric sum), sum, context);
            AssertExact(x - y, scale, Numeric.TrySubtract(a, b, out Numeric difference), difference, context);
            AssertExact((BigInteger)a.Coefficient * (BigInteger)b.Coefficient, a.Scale + b.Scale,
                Numeric.TryMultiply(a, b, out Numeric product), product, context);
            Assert.AreEqual(x.CompareTo(y), Math.Sign(Numeric.Compare(a, b)), context);
            if (!b.IsZero)
            {
                AssertExact(BigInteger.Remainder(x, y), scale, Numeric.TryModulo(a, b, out Numeric remainder), remainder, context);
            }
        }

        void AssertExact(BigInteger expected, int scale, bool succeeded, Numeric actual, string context)
        {
            Assert.AreEqual(BigInteger.Abs(expected) < limit && scale <= Numeric.ScaleMax, succeeded, context);
            if (succeeded)
            {
                Assert.AreEqual(expected, (BigInteger)actual.Coefficient, context);
                Assert.AreEqual(scale, actual.Scale, context);
            }
        }
    }

    [TestMethod]
    public void Quotients_are_rounded_half_away_from_zero()
    {
        const int seed = 77;
        var random = new Random(seed);
        for (int i = 0; i < 50_000; i++)
        {
            Numeric a = RandomNumeric(random);
            Numeric b = RandomNumeric(random);
            if (b.IsZero || !Numeric.TryDivide(a, b, out Numeric quotient))
            {
                continue;
            }

            // |quotient - a / b| <= half a unit of the quotient's last digit
            BigInteger dividend = (BigInteger)a.Coefficient * BigInteger.Pow(10, b.Scale + quotient.Scale);
            BigInteger divisor = (BigInteger)b.Coefficient * BigInteger.Pow(10, a.Scale);
            BigInteger error = BigInteger.Abs(dividend - ((BigInteger)quotient.Coefficient * divisor)) * 2;
            Assert.IsTrue(error <= BigInteger.Abs(divisor), $"seed {seed}, step {i}: {a} / {b} = {quotient}");
        }
    }

    [TestMethod]
    public void Text_round_trips_and_equal_numbers_have_equal_hashes()
    {
        const int seed = 4711;
        var random = new Random(seed);
        for (int i = 0; i < 100_000; i++)
        {
            Numeric value = RandomNumeric(random);
            Numeric read = Numeric.Parse(Utf8(value.ToString()));
            Assert.AreEqual(value.Coefficient, read.Coefficient, $"seed {seed}, step {i}: {value}");
            Assert.AreEqual(value.Scale, read.Scale);
            if (PowersOfTen.TryScaleUp(value.Coefficient, 3, out Int128 wide))
            {
                Numeric longer = new(wide, value.Scale + 3);
                Assert.IsTrue(Numeric.Equals(value, longer));
                Assert.AreEqual(Numeric.Hash(value), Numeric.Hash(longer));
            }
        }
    }

    [TestMethod]
    public void Scaled_integers_read_as_the_numeric_of_the_same_text()
    {
        const int seed = 99;
        var random = new Random(seed);
        Span<byte> buffer = stackalloc byte[FixedNumeric.TextLengthMax];
        for (int i = 0; i < 200_000; i++)
        {
            Numeric value = RandomNumeric(random);
            byte[] text = Utf8(value.ToString());
            int scale = random.Next(0, 10);
            int precision = scale + random.Next(1, 19 - scale);
            bool fits = value.TryToScaled(precision, scale, out Int128 expected);
            string context = $"seed {seed}, step {i}: {value} as numeric({precision},{scale})";
            Assert.AreEqual(fits, FixedNumeric.TryParse(text, precision, scale, out long narrow), context);
            Assert.AreEqual(fits, FixedNumeric.TryParse(text, precision, scale, out Int128 wide), context);
            Assert.AreEqual(fits, value.TryToScaled(precision, scale, out long converted), context);
            if (fits)
            {
                Assert.AreEqual(expected, narrow, context);
                Assert.AreEqual(expected, wide, context);
                Assert.AreEqual(expected, converted, context);
                Assert.IsTrue(FixedNumeric.TryFormat(narrow, scale, buffer, out int written));
                Assert.AreEqual(new Numeric(expected, scale).ToString(), Encoding.ASCII.GetString(buffer[..written]), context);
            }
        }
    }

    [TestMethod]
    public void A_field_overflow_says_what_the_field_can_hold()
    {
        var error = Assert.ThrowsExactly<PhantomDbException>(() => FixedNumeric.ParseInt64("1234.5"u8, 5, 2));
        Assert.AreEqual("22003", error.SqlState);
        Assert.AreEqual("A field with precision 5, scale 2 must round to an absolute value less than 10^3.", error.Detail);
        error = Assert.ThrowsExactly<PhantomDbException>(() => FixedNumeric.ParseInt64("1"u8, 2, 2));
        Assert.AreEqual("A field with precision 2, scale 2 must round to an absolute value less than 1.", error.Detail);
    }

    [TestMethod]
    public void More_than_38_digits_are_an_error_that_says_so()
    {
        var error = Assert.ThrowsExactly<PhantomDbException>(
            () => Numeric.Parse("123456789012345678901234567890123456789"u8));
        Assert.AreEqual("22003", error.SqlState);
        StringAssert.Contains(error.Detail, "38 digits");
    }

    private static Numeric RandomNumeric(Random random)
    {
        int digitCount = random.Next(4) == 0 ? random.Next(0, 39) : random.Next(0, 12);
        Int128 coefficient = 0;
        for (int i = 0; i < digitCount; i++)
        {
            coefficient = (coefficient * 10) + random.Next(10);
        }

        int scale = random.Next(3) == 0 ? random.Next(0, 40) : random.Next(0, 6);
        return new Numeric(random.Next(2) == 0 ? coefficient : -coefficient, scale);
    }

    private static string Evaluate(string[] fields)
    {
        byte[] first = Utf8(fields[1]);
        byte[] second = fields.Length > 3 ? Utf8(fields[2]) : [];
        Numeric Left() => Numeric.Parse(first);
        Numeric Right() => Numeric.Parse(second);
        switch (fields[0])
        {
            case "parse": return Left().ToString();
            case "add": return Numeric.Add(Left(), Right()).ToString();
            case "subtract": return Numeric.Subtract(Left(), Right()).ToString();
            case "multiply": return Numeric.Multiply(Left(), Right()).ToString();
            case "divide": return Numeric.Divide(Left(), Right()).ToString();
            case "modulo": return Numeric.Modulo(Left(), Right()).ToString();
            case "div": return Numeric.DivideToInteger(Left(), Right()).ToString();
            case "less": return Numeric.Compare(Left(), Right()) < 0 ? "true" : "false";
            case "round": return Numeric.Round(Left(), Int(fields[2])).ToString();
            case "trunc": return Numeric.Truncate(Left(), Int(fields[2])).ToString();
            case "ceil": return Numeric.Ceiling(Left()).ToString();
            case "floor": return Numeric.Floor(Left()).ToString();
            case "abs": return Numeric.Abs(Left()).ToString();
            case "sign": return Numeric.Sign(Left()).ToString();
            case "trim_scale": return Numeric.TrimScale(Left()).ToString();
            case "sqrt": return Numeric.Sqrt(Left()).ToString();
            case "exp": return Numeric.Exp(Left()).ToString();
            case "ln": return Numeric.Ln(Left()).ToString();
            case "log": return Numeric.Log10(Left()).ToString();
            case "logb": return Numeric.Log(Left(), Right()).ToString();
            case "power": return Numeric.Power(Left(), Right()).ToString();
            case "to_int2": return Left().ToInt16().ToString(CultureInfo.InvariantCulture);
            case "to_int4": return Left().ToInt32().ToString(CultureInfo.InvariantCulture);
            case "to_int8": return Left().ToInt64().ToString(CultureInfo.InvariantCulture);
            case "to_float8": return ScalarTextTests.Format(Left().ToDouble());
            case "to_float4": return ScalarTextTests.Format(Left().ToSingle());
            case "from_float8": return Numeric.FromDouble(FloatText.ParseDouble(first)).ToString();
            case "from_float4": return Numeric.FromSingle(FloatText.ToSingle(FloatText.ParseDouble(first))).ToString();
            case "fixed":
                int precision = Int(fields[2]);
                int scale = Int(fields[3]);
                Int128 value = FixedNumeric.ParseInt128(first, precision, scale);
                if (precision <= SqlType.Int64DigitsMax)
                {
                    Assert.AreEqual(value, FixedNumeric.ParseInt64(first, precision, scale));
                }

                return new Numeric(value, scale).ToString();
            default: throw new ArgumentException(fields[0]);
        }
    }

    private static int Int(string text) => int.Parse(text, CultureInfo.InvariantCulture);

    /// <summary>
    /// Documented: more than 38 digits are refused, and the fractions of quotients and functions are shortened to fit.
    /// </summary>
    private static bool AcceptedDifference(string[] fields, string expected, string actual)
    {
        int digits = expected.TrimStart('-', '0', '.').Count(char.IsAsciiDigit);
        if (actual == "!22003 value overflows numeric format")
        {
            return digits > Numeric.DigitsMax || expected.Count(char.IsAsciiDigit) > Numeric.ScaleMax;
        }

        return digits > Numeric.DigitsMax
            && fields[0] is "divide" or "power" or "exp" or "sqrt" or "ln"
            && actual.Length > SignificantPrefix
            && expected.StartsWith(actual[..^1], StringComparison.Ordinal);
    }

    private const int SignificantPrefix = 36;
}
