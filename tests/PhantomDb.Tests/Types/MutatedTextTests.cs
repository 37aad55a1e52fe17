using PhantomDb.Types;
using static PhantomDb.Tests.Types.RecordedAnswers;

namespace PhantomDb.Tests.Types;

[TestClass]
public sealed class MutatedTextTests
{
    [TestMethod]
    public void Mutated_text_is_read_or_refused_and_fails_in_no_other_way()
    {
        const int seed = 8128;
        var random = new Random(seed);
        var clock = new DateTimeClock(0, SessionTimeZone.Utc);
        Action<byte[]>[] readers =
        [
            t => Numeric.Parse(t), t => FixedNumeric.ParseInt64(t, 15, 2), t => FixedNumeric.ParseInt128(t, 38, 10), t => IntegerText.ParseInt64(t),
            t => FloatText.ParseDouble(t), t => FloatText.ParseSingle(t), t => BooleanText.Parse(t), t => UuidText.Parse(t),
            t => ByteaText.Parse(t, new byte[t.Length]), t => DateTimeText.ParseDate(t, clock), t => DateTimeText.ParseTime(t, clock),
            t => DateTimeText.ParseTimestamp(t, clock), t => DateTimeText.ParseTimestampTz(t, clock), t => IntervalText.Parse(t),
            t => Utf8Text.EnsureValid(t), t => DateTimeTemplate.Compile(t), t => NumberTemplate.Compile(t),
        ];
        byte[][] texts = [.. new[] { "numeric", "scalar", "datetime", "interval", "template" }
            .SelectMany(Read).SelectMany(f => f[1..^1]).Distinct().Select(Utf8)];
        for (int i = 0; i < 10_000; i++)
        {
            byte[] text = Mutate(texts, random);
            foreach (Action<byte[]> reader in readers)
            {
                Try(() => reader(text), $"seed {seed}, step {i}: {Convert.ToHexString(text)}");
            }

            byte[] template = Mutate(texts, random);
            Try(() => DateTimeTemplateReader.ToTimestampTz(text, DateTimeTemplate.Compile(template), SessionTimeZone.Utc),
                $"seed {seed}, step {i}: to_timestamp {Convert.ToHexString(text)} {Convert.ToHexString(template)}");
            Try(() => FormatAndRead(text, template), $"seed {seed}, step {i}: templates {Convert.ToHexString(text)} {Convert.ToHexString(template)}");
        }
    }

    private static void FormatAndRead(byte[] text, byte[] template)
    {
        DateTimeTemplate dates = DateTimeTemplate.Compile(template);
        byte[] buffer = new byte[dates.LengthMax];
        dates.Format(DateTimeTemplate.Split(CivilCalendar.TimestampEnd - 1), buffer);
        NumberTemplate numbers = NumberTemplate.Compile(template);
        buffer = new byte[numbers.LengthMax];
        numbers.Format(new Numeric(-123456, 3), buffer);
        numbers.Format(12.5, buffer);
        numbers.Format(Numeric.NaN, buffer);
        numbers.Read(text);
    }

    private static void Try(Action action, string context)
    {
        try
        {
            action();
        }
        catch (PhantomDbException)
        {
            // refused with an error of the database
        }
        catch (Exception e)
        {
            Assert.Fail($"{context}\n{e}");
        }
    }

    private static byte[] Mutate(byte[][] texts, Random random)
    {
        var text = new List<byte>(texts[random.Next(texts.Length)]);
        for (int change = random.Next(4); change > 0; change--)
        {
            int at = random.Next(text.Count + 1);
            switch (random.Next(4))
            {
                case 0 when at < text.Count: text.RemoveAt(at); break;
                case 1 when at < text.Count: text[at] = (byte)random.Next(256); break;
                case 2: text.Insert(at, (byte)" -+.:0123456789eEPTth/"[random.Next(22)]); break;
                default: text.InsertRange(at, texts[random.Next(texts.Length)].Take(8)); break;
            }
        }

        return [.. text];
    }
}
