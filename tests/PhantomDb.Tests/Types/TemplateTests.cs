using System.Text;
using PhantomDb.Types;
using static PhantomDb.Tests.Types.RecordedAnswers;

namespace PhantomDb.Tests.Types;

[TestClass]
public sealed class TemplateTests
{
    private static readonly DateTimeClock Clock = DateTimeClock.Fixed;

    [TestMethod]
    public void Templates_of_dates_and_numbers_answer_as_PostgreSQL_15() => Check("template", Evaluate);

    private static string Evaluate(string[] fields)
    {
        byte[] text = Utf8(fields[1]);
        if (fields[0].Contains("number", StringComparison.Ordinal))
        {
            return EvaluateNumber(fields[0], text, NumberTemplate.Compile(Utf8(fields[2])));
        }

        DateTimeTemplate template = DateTimeTemplate.Compile(Utf8(fields[2]));
        switch (fields[0])
        {
            case "to_char": return Format(template, DateTimeTemplate.Split(DateTimeText.ParseTimestamp(text, Clock)));
            case "to_char_tz":
                Assert.IsTrue(SessionTimeZone.TryFind("Europe/Berlin", out SessionTimeZone berlin));
                return Format(template, DateTimeTemplate.SplitTz(DateTimeText.ParseTimestampTz(text, Clock), berlin));
            case "to_char_interval": return Format(template, DateTimeTemplate.Split(IntervalText.Parse(text)));
            case "to_date": return DateTimeTextTests.FormatDate(DateTimeTemplateReader.ToDate(text, template));
            case "to_timestamp":
                return DateTimeTextTests.FormatTimestampTz(
                    DateTimeTemplateReader.ToTimestampTz(text, template, SessionTimeZone.Utc), SessionTimeZone.Utc);
            default: throw new ArgumentException(fields[0]);
        }
    }

    private static string EvaluateNumber(string operation, byte[] text, NumberTemplate template)
    {
        byte[] buffer = new byte[template.LengthMax];
        int length;
        switch (operation)
        {
            case "number": length = template.Format(Numeric.Parse(text), buffer); break;
            case "number_float8": length = template.Format(FloatText.ParseDouble(text), buffer); break;
            case "number_float4": length = template.Format(FloatText.ParseSingle(text), buffer); break;
            default: return template.Read(text).ToString();
        }

        return Encoding.UTF8.GetString(buffer, 0, length);
    }

    private static string Format(DateTimeTemplate template, DateTimeTemplate.Fields fields)
    {
        byte[] buffer = new byte[template.LengthMax];
        return Encoding.UTF8.GetString(buffer, 0, template.Format(fields, buffer));
    }
}
