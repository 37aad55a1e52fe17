using System.Runtime.CompilerServices;

namespace PhantomDb.Types;

/// <summary>
/// The proleptic Gregorian calendar: days since 2000-01-01 to year, month and day and back. Years are astronomical:
/// 0 is 1 BC. Dates run from 4714-11-24 BC to 5874897-12-31, timestamps to the year 294276, as in PostgreSQL.
/// </summary>
internal static class CivilCalendar
{
    /// <summary>Days from the Julian day 0 (4714-11-24 BC) to 2000-01-01.</summary>
    public const int JulianEpoch = 2451545;

    /// <summary>Days from 1970-01-01 to 2000-01-01.</summary>
    public const int UnixEpoch = 10957;

    public const int DateMin = -JulianEpoch;
    public const int DateMax = 2147483493 - JulianEpoch;
    public const int DateInfinity = int.MaxValue;
    public const int DateMinusInfinity = int.MinValue;

    public const long MicrosecondsPerSecond = 1_000_000;
    public const long MicrosecondsPerMinute = 60 * MicrosecondsPerSecond;
    public const long MicrosecondsPerHour = 60 * MicrosecondsPerMinute;
    public const long MicrosecondsPerDay = 24 * MicrosecondsPerHour;

    public const long TimestampMin = DateMin * MicrosecondsPerDay;
    /// <summary>The first microsecond of the year 294277, which is out of range.</summary>
    public const long TimestampEnd = 9223371331200000000;
    public const long TimestampInfinity = long.MaxValue;
    public const long TimestampMinusInfinity = long.MinValue;

    /// <summary>Days from the first of March of the year -4,000,000 to 2000-01-01.</summary>
    private const long BaseDays = 1461700425;

    private static ReadOnlySpan<byte> MonthLengths => [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

    public static bool IsLeapYear(int year) => (year & 3) == 0 && (year % 100 != 0 || year % 400 == 0);

    public static int DaysInMonth(int year, int month) =>
        month == 2 && IsLeapYear(year) ? 29 : MonthLengths[month - 1];

    /// <summary>Days since 2000-01-01. Days beyond the month run on; the year must be within some five million.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int ToDays(int year, int month, int day)
    {
        // Years that start in March put the leap day last; 400 of them have 146097 days.
        int shifted = month > 2 ? year : year - 1;
        int monthFromMarch = month > 2 ? month - 3 : month + 9;
        // A multiple of 400 years makes all operands positive (unsigned division is cheaper).
        uint yearFromBase = (uint)(shifted + 4_000_000);
        uint century = yearFromBase / 100;
        long days = ((long)yearFromBase * 1461 / 4) - century + (century / 4) + (((153 * monthFromMarch) + 2) / 5) + day - 1;
        return (int)(days - BaseDays);
    }

    /// <summary>Year, month and day of a number of days since 2000-01-01.</summary>
    [MethodImpl(HotLoop.Options)]
    public static void FromDays(int days, out int year, out int month, out int day)
    {
        ulong shifted = (ulong)(days + BaseDays);
        ulong era = shifted / 146097;
        uint dayOfEra = (uint)(shifted - (era * 146097));
        uint yearOfEra = (dayOfEra - (dayOfEra / 1460) + (dayOfEra / 36524) - (dayOfEra / 146096)) / 365;
        uint dayOfYear = dayOfEra - ((365 * yearOfEra) + (yearOfEra / 4) - (yearOfEra / 100));
        uint monthFromMarch = ((5 * dayOfYear) + 2) / 153;
        day = (int)(dayOfYear - (((153 * monthFromMarch) + 2) / 5)) + 1;
        month = (int)(monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9);
        year = (int)((era * 400) + yearOfEra) - 4_000_000 + (month <= 2 ? 1 : 0);
    }

    /// <summary>Whether the date exists and is in the range of type date.</summary>
    public static bool TryToDays(int year, int month, int day, out int days)
    {
        days = 0;
        if (year is < -4713 or > 5874897 || (uint)(month - 1) > 11 || day < 1 || day > DaysInMonth(year, month))
        {
            return false;
        }

        days = ToDays(year, month, day);
        return days is >= DateMin and <= DateMax;
    }

    /// <summary>Splits a finite timestamp into days since 2000-01-01 and microseconds of the day.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int SplitDays(long timestamp, out long timeOfDay)
    {
        long days = timestamp / MicrosecondsPerDay;
        timeOfDay = timestamp - (days * MicrosecondsPerDay);
        if (timeOfDay < 0)
        {
            timeOfDay += MicrosecondsPerDay;
            days--;
        }

        return (int)days;
    }

    public static bool IsFiniteDate(int date) => date is not (DateInfinity or DateMinusInfinity);

    public static bool IsFiniteTimestamp(long timestamp) => timestamp is not (TimestampInfinity or TimestampMinusInfinity);

    public static bool IsTimestampInRange(long timestamp) => timestamp is >= TimestampMin and < TimestampEnd;

    /// <summary>0 for Sunday to 6 for Saturday.</summary>
    public static int DayOfWeek(int days)
    {
        int day = (int)(((long)days + 6) % 7); // 2000-01-01 was a Saturday
        return day < 0 ? day + 7 : day;
    }

    public static int DayOfYear(int year, int month, int day) => ToDays(year, month, day) - ToDays(year, 1, 1) + 1;

    /// <summary>ISO 8601 week and the year that it belongs to.</summary>
    public static int IsoWeek(int days, out int isoYear)
    {
        // A week belongs to the year of its Thursday.
        int thursday = days + 3 - ((DayOfWeek(days) + 6) % 7);
        FromDays(thursday, out isoYear, out _, out _);
        return ((thursday - ToDays(isoYear, 1, 1)) / 7) + 1;
    }

    /// <summary>The Monday of a week of an ISO year.</summary>
    public static int FromIsoWeek(int isoYear, int week)
    {
        int fourth = ToDays(isoYear, 1, 4); // always in week 1
        return fourth - ((DayOfWeek(fourth) + 6) % 7) + ((week - 1) * 7);
    }

    /// <summary>A date and a number of months: the day is cut to the length of the month reached.</summary>
    public static bool TryAddMonths(ref int year, ref int month, ref int day, int months)
    {
        long total = ((long)year * 12) + (month - 1) + months;
        long newYear = total >= 0 ? total / 12 : -((11 - total) / 12);
        if (newYear is < -4800 or > 5_900_000)
        {
            return false;
        }

        year = (int)newYear;
        month = (int)(total - (newYear * 12)) + 1;
        day = Math.Min(day, DaysInMonth(year, month));
        return true;
    }
}
