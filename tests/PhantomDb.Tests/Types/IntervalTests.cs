using System.Globalization;
using System.Text;
using PhantomDb.Errors;
using PhantomDb.Types;
using static PhantomDb.Tests.Types.RecordedAnswers;

namespace PhantomDb.Tests.Types;

[TestClass]
public sealed class IntervalTests
{
    [TestMethod]
    public void Interval_text_and_arithmetic_answer_as_PostgreSQL_15() => Check("interval", Evaluate);

    [TestMethod]
    public void Interval_text_round_trips()
    {
        const int seed = 6021;
        var random = new Random(seed);
        for (int i = 0; i < 100_000; i++)
        {
            var value = new Interval(
                random.Next(int.MinValue, int.MaxValue) >> random.Next(32),
                random.Next(int.MinValue, int.MaxValue) >> random.Next(32),
                random.NextInt64(long.MinValue, long.MaxValue) >> random.Next(64));
            Assert.AreEqual(value, IntervalText.Parse(Utf8(Format(value))), $"seed {seed}, step {i}");
        }
    }

    internal static string Format(Interval value)
    {
        Span<byte> buffer = stackalloc byte[IntervalText.LengthMax];
        Assert.IsTrue(IntervalText.TryFormat(value, buffer, out int written));
        return Encoding.ASCII.GetString(buffer[..written]);
    }

    internal static DateTimeField Field(string name, string typeName) => DateTimeFieldNames.TryFind(Utf8(name), out DateTimeField field)
        ? field
        : throw Error.UnitNotRecognized(name, typeName);

    private static string Evaluate(string[] fields)
    {
        const string name = "interval";
        Interval Argument(int i) => IntervalText.Parse(Utf8(fields[i]));
        switch (fields[0])
        {
            case "parse": return Format(Argument(1));
            case "fields": return Format(IntervalText.Parse(Utf8(fields[1]), Enum.Parse<IntervalFields>(fields[2])));
            case "precision": return Format(IntervalText.Parse(Utf8(fields[1]), IntervalFields.All, int.Parse(fields[2], CultureInfo.InvariantCulture)));
            case "add": return Format(IntervalArithmetic.Add(Argument(1), Argument(2)));
            case "subtract": return Format(IntervalArithmetic.Subtract(Argument(1), Argument(2)));
            case "less": return IntervalArithmetic.Compare(Argument(1), Argument(2)) < 0 ? "true" : "false";
            case "multiply": return Format(IntervalArithmetic.Multiply(Argument(1), FloatText.ParseDouble(Utf8(fields[2]))));
            case "divide": return Format(IntervalArithmetic.Divide(Argument(1), FloatText.ParseDouble(Utf8(fields[2]))));
            case "justify_hours": return Format(IntervalArithmetic.JustifyHours(Argument(1)));
            case "justify_days": return Format(IntervalArithmetic.JustifyDays(Argument(1)));
            case "justify_interval": return Format(IntervalArithmetic.JustifyInterval(Argument(1)));
            case "negate": return Format(IntervalArithmetic.Negate(Argument(1)));
            case "to_time": return DateTimeTextTests.FormatTime(IntervalArithmetic.ToTime(Argument(1)));
            case "extract": return DateTimeExtraction.ExtractInterval(Field(fields[1], name), Argument(2)).ToString();
            case "part": return ScalarTextTests.Format(DateTimeExtraction.PartInterval(Field(fields[1], name), Argument(2)));
            case "trunc": return Format(DateTimeArithmetic.Truncate(Field(fields[1], name), Argument(2)));
            default: throw new ArgumentException(fields[0]);
        }
    }
}
