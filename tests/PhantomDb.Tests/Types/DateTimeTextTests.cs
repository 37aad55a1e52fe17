using System.Globalization;
using System.Text;
using PhantomDb.Types;
using static PhantomDb.Tests.Types.RecordedAnswers;

namespace PhantomDb.Tests.Types;

[TestClass]
public sealed class DateTimeTextTests
{
    private static readonly DateTimeClock Clock = DateTimeClock.Fixed;

    [TestMethod]
    public void Dates_and_times_read_and_write_as_PostgreSQL_15() => Check("datetime", Evaluate);

    [TestMethod]
    public void The_calendar_agrees_with_the_framework_on_every_day_of_its_years()
    {
        DateTime day = DateTime.MinValue;
        for (int days = CivilCalendar.ToDays(1, 1, 1); day.Year < 9999; days++, day = day.AddDays(1))
        {
            CivilCalendar.FromDays(days, out int year, out int month, out int dayOfMonth);
            if (year != day.Year || month != day.Month || dayOfMonth != day.Day
                || CivilCalendar.ToDays(year, month, dayOfMonth) != days
                || CivilCalendar.DayOfWeek(days) != (int)day.DayOfWeek)
            {
                Assert.Fail($"{day:yyyy-MM-dd} became {year}-{month}-{dayOfMonth}");
            }

            if (days % 31 == 0)
            {
                int week = CivilCalendar.IsoWeek(days, out int isoYear);
                Assert.AreEqual(ISOWeek.GetWeekOfYear(day), week);
                Assert.AreEqual(ISOWeek.GetYear(day), isoYear);
            }
        }
    }

    [TestMethod]
    public void Every_date_and_timestamp_in_range_round_trips()
    {
        const int seed = 1582;
        var random = new Random(seed);
        for (int i = 0; i < 200_000; i++)
        {
            int date = random.Next(CivilCalendar.DateMin, CivilCalendar.DateMax);
            Assert.AreEqual(date, DateTimeText.ParseDate(Utf8(FormatDate(date)), Clock), $"seed {seed}, step {i}");
            long timestamp = random.NextInt64(CivilCalendar.TimestampMin, CivilCalendar.TimestampEnd);
            timestamp = random.Next(2) == 0 ? timestamp : timestamp / 400;
            Assert.AreEqual(timestamp, DateTimeText.ParseTimestamp(Utf8(FormatTimestamp(timestamp)), Clock), $"seed {seed}, step {i}");
            long time = random.NextInt64(CivilCalendar.MicrosecondsPerDay);
            Assert.AreEqual(time, DateTimeText.ParseTime(Utf8(FormatTime(time)), Clock), $"seed {seed}, step {i}");
        }
    }

    [TestMethod]
    public void The_limits_of_the_ranges_round_trip()
    {
        foreach (int date in new[] { CivilCalendar.DateMin, CivilCalendar.DateMax, CivilCalendar.DateInfinity, CivilCalendar.DateMinusInfinity })
        {
            Assert.AreEqual(date, DateTimeText.ParseDate(Utf8(FormatDate(date)), Clock));
        }

        foreach (long timestamp in new[] { CivilCalendar.TimestampMin, CivilCalendar.TimestampEnd - 1, CivilCalendar.TimestampInfinity })
        {
            Assert.AreEqual(timestamp, DateTimeText.ParseTimestamp(Utf8(FormatTimestamp(timestamp)), Clock));
        }
    }

    [TestMethod]
    public void Words_for_days_follow_the_clock_and_its_zone()
    {
        Assert.IsTrue(SessionTimeZone.TryFind("America/New_York", out SessionTimeZone zone));
        long nowUtc = DateTimeText.ParseTimestamp("2024-03-10 03:00:00.5"u8, Clock); // 22:00:00.5 on the 9th in New York
        var clock = new DateTimeClock(nowUtc, zone);
        Assert.AreEqual("2024-03-09 22:00:00.5", FormatTimestamp(DateTimeText.ParseTimestamp("now"u8, clock)));
        Assert.AreEqual(nowUtc, DateTimeText.ParseTimestampTz("now"u8, clock));
        Assert.AreEqual("2024-03-09", FormatDate(DateTimeText.ParseDate("today"u8, clock)));
        Assert.AreEqual("2024-03-10", FormatDate(DateTimeText.ParseDate("tomorrow"u8, clock)));
        Assert.AreEqual("2024-03-08 10:00:00", FormatTimestamp(DateTimeText.ParseTimestamp("yesterday 10:00"u8, clock)));
        Assert.AreEqual("22:00:00.5", FormatTime(DateTimeText.ParseTime("now"u8, clock)));
        Assert.AreEqual("2024-03-10 00:00:00-05", FormatTimestampTz(DateTimeText.ParseTimestampTz("tomorrow"u8, clock), zone));
        Assert.AreEqual("2024-03-10 03:30:00-04", FormatTimestampTz(DateTimeText.ParseTimestampTz("2024-03-10 02:30:00"u8, clock), zone));
    }

    internal static string FormatDate(int date)
    {
        Span<byte> buffer = stackalloc byte[DateTimeText.DateLengthMax];
        Assert.IsTrue(DateTimeText.TryFormatDate(date, buffer, out int written));
        return Encoding.ASCII.GetString(buffer[..written]);
    }

    internal static string FormatTime(long time)
    {
        Span<byte> buffer = stackalloc byte[DateTimeText.TimeLengthMax];
        Assert.IsTrue(DateTimeText.TryFormatTime(time, buffer, out int written));
        return Encoding.ASCII.GetString(buffer[..written]);
    }

    internal static string FormatTimestamp(long timestamp)
    {
        Span<byte> buffer = stackalloc byte[DateTimeText.TimestampLengthMax];
        Assert.IsTrue(DateTimeText.TryFormatTimestamp(timestamp, buffer, out int written));
        return Encoding.ASCII.GetString(buffer[..written]);
    }

    internal static string FormatTimestampTz(long utc, SessionTimeZone zone)
    {
        Span<byte> buffer = stackalloc byte[DateTimeText.TimestampTzLengthMax];
        Assert.IsTrue(DateTimeText.TryFormatTimestampTz(utc, zone, buffer, out int written));
        return Encoding.ASCII.GetString(buffer[..written]);
    }

    private static string Evaluate(string[] fields)
    {
        byte[] text = Utf8(fields[1]);
        return fields[0] switch
        {
            "date" => FormatDate(DateTimeText.ParseDate(text, Clock)),
            "timestamp" => FormatTimestamp(DateTimeText.ParseTimestamp(text, Clock)),
            "timestamp(0)" => FormatTimestamp(DateTimeText.ParseTimestamp(text, Clock, 0)),
            "timestamp(2)" => FormatTimestamp(DateTimeText.ParseTimestamp(text, Clock, 2)),
            "timestamptz" => FormatTimestampTz(DateTimeText.ParseTimestampTz(text, Clock), SessionTimeZone.Utc),
            "timestamptz(3)" => FormatTimestampTz(DateTimeText.ParseTimestampTz(text, Clock, 3), SessionTimeZone.Utc),
            "time" => FormatTime(DateTimeText.ParseTime(text, Clock)),
            "time(2)" => FormatTime(DateTimeText.ParseTime(text, Clock, 2)),
            _ => throw new ArgumentException(fields[0]),
        };
    }
}
