using System.Globalization;
using System.Text;
using Microsoft.VisualStudio.TestTools.UnitTesting;
using PhantomDb.Durability.Log;

namespace PhantomDb.Tests.Durability.Log;

[TestClass]
public sealed class LogTimeTests
{
    private const string Text = "2026-11-21T12:00:03.120451Z";

    [TestMethod]
    [DataRow(Text)]
    [DataRow("0001-01-01T00:00:00.000000Z")]
    [DataRow("9999-12-31T23:59:59.999999Z")]
    [DataRow("2024-02-29T09:10:11.000001Z")]
    [DataRow("2000-02-29T20:30:40.100000Z")]
    public void A_time_is_written_as_it_is_read(string text)
    {
        Assert.IsTrue(LogTime.TryParse(Encoding.ASCII.GetBytes(text), out DateTime time));
        Assert.AreEqual(DateTime.ParseExact(text, "yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'", CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal), time);
        Assert.AreEqual(DateTimeKind.Utc, time.Kind);
        byte[] target = new byte[LogTime.TextLength + 1];
        LogTime.Format(time, target);
        Assert.AreEqual(text + "\0", Encoding.ASCII.GetString(target));
    }

    [TestMethod]
    public void The_microseconds_alone_are_written_into_the_text_of_another_time_of_the_second()
    {
        byte[] target = Encoding.ASCII.GetBytes(Text);
        LogTime.FormatFraction(new DateTime(2026, 11, 21, 12, 0, 3, DateTimeKind.Utc).AddTicks(9876549), target);

        Assert.AreEqual("2026-11-21T12:00:03.987654Z", Encoding.ASCII.GetString(target), "what is less than a microsecond is cut off");
    }

    [TestMethod]
    public void A_time_with_any_other_character_or_of_another_length_is_none()
    {
        byte[] text = Encoding.ASCII.GetBytes(Text);
        for (int i = 0; i < text.Length; i++)
        {
            byte was = text[i];
            foreach (byte other in "/:; azTZ.-+"u8.ToArray().Where(b => b != was))
            {
                text[i] = other;
                Assert.IsFalse(LogTime.TryParse(text, out _), Encoding.ASCII.GetString(text));
            }
            text[i] = was;
            Assert.IsFalse(LogTime.TryParse(text.AsSpan(0, i), out _));
        }
        Assert.IsFalse(LogTime.TryParse([.. text, (byte)'Z'], out _));
    }

    [TestMethod]
    [DataRow("0000-11-21T12:00:03.120451Z")]
    [DataRow("2026-00-21T12:00:03.120451Z")]
    [DataRow("2026-13-21T12:00:03.120451Z")]
    [DataRow("2026-11-00T12:00:03.120451Z")]
    [DataRow("2026-11-31T12:00:03.120451Z")]
    [DataRow("2026-02-29T12:00:03.120451Z")]
    [DataRow("1900-02-29T12:00:03.120451Z")]
    [DataRow("2026-11-21T24:00:03.120451Z")]
    [DataRow("2026-11-21T12:60:03.120451Z")]
    [DataRow("2026-11-21T12:00:60.120451Z")]
    public void What_no_calendar_and_no_clock_has_is_none(string text) => Assert.IsFalse(LogTime.TryParse(Encoding.ASCII.GetBytes(text), out _));
}
