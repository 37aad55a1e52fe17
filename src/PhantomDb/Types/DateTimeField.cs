using System.Text;

namespace PhantomDb.Types;

/// <summary>What extract, date_part and date_trunc may name.</summary>
internal enum DateTimeField : byte
{
    Microseconds,
    Milliseconds,
    Second,
    Minute,
    Hour,
    Day,
    Week,
    Month,
    Quarter,
    Year,
    Decade,
    Century,
    Millennium,
    IsoYear,
    DayOfWeek,
    IsoDayOfWeek,
    DayOfYear,
    Epoch,
    Julian,
    TimeZone,
    TimeZoneHour,
    TimeZoneMinute,
}

/// <summary>Finds a field by its name, in all of PostgreSQL's spellings.</summary>
internal static class DateTimeFieldNames
{
    /// <summary>Case does not matter; false for an unknown name, for which the caller throws 22023.</summary>
    public static bool TryFind(ReadOnlySpan<byte> name, out DateTimeField field)
    {
        // Names count up to their tenth character.
        string lower = Encoding.UTF8.GetString(name).ToLowerInvariant();
        lower = lower.Length > 10 ? lower[..10] : lower;
        DateTimeField? found = lower switch
        {
            "us" or "usec" or "usecond" or "useconds" or "usecs" or "microsecon" => DateTimeField.Microseconds,
            "ms" or "msec" or "msecond" or "mseconds" or "msecs" or "millisecon" => DateTimeField.Milliseconds,
            "s" or "sec" or "second" or "seconds" or "secs" => DateTimeField.Second,
            "m" or "min" or "mins" or "minute" or "minutes" => DateTimeField.Minute,
            "h" or "hour" or "hours" or "hr" or "hrs" => DateTimeField.Hour,
            "d" or "day" or "days" => DateTimeField.Day,
            "w" or "week" or "weeks" => DateTimeField.Week,
            "mon" or "mons" or "month" or "months" => DateTimeField.Month,
            "qtr" or "quarter" => DateTimeField.Quarter,
            "y" or "year" or "years" or "yr" or "yrs" => DateTimeField.Year,
            "dec" or "decade" or "decades" or "decs" => DateTimeField.Decade,
            "c" or "cent" or "centuries" or "century" => DateTimeField.Century,
            "mil" or "mils" or "millennia" or "millennium" => DateTimeField.Millennium,
            "isoyear" => DateTimeField.IsoYear,
            "dow" => DateTimeField.DayOfWeek,
            "isodow" => DateTimeField.IsoDayOfWeek,
            "doy" => DateTimeField.DayOfYear,
            "epoch" => DateTimeField.Epoch,
            "j" or "jd" or "julian" => DateTimeField.Julian,
            "timezone" => DateTimeField.TimeZone,
            "timezone_h" => DateTimeField.TimeZoneHour,
            "timezone_m" => DateTimeField.TimeZoneMinute,
            _ => null,
        };
        field = found ?? default;
        return found is not null;
    }

    /// <summary>The name for messages about a field that a type does not have.</summary>
    public static string NameOf(DateTimeField field) => field switch
    {
        DateTimeField.IsoYear => "isoyear",
        DateTimeField.DayOfWeek => "dow",
        DateTimeField.IsoDayOfWeek => "isodow",
        DateTimeField.DayOfYear => "doy",
        DateTimeField.TimeZoneHour => "timezone_hour",
        DateTimeField.TimeZoneMinute => "timezone_minute",
        _ => field.ToString().ToLowerInvariant(),
    };
}
