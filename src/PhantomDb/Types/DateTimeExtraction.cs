using System.Runtime.CompilerServices;
using PhantomDb.Errors;
using static PhantomDb.Types.CivilCalendar;

namespace PhantomDb.Types;

/// <summary>
/// extract (numeric, with PostgreSQL's scales) and date_part (double precision) of dates, times, timestamps and
/// intervals. A method returns false where the answer is NULL: a field that has no value at infinity.
/// </summary>
internal static class DateTimeExtraction
{
    private const string DateName = "date";
    private const string TimeName = "time without time zone";
    private const string TimestampName = "timestamp without time zone";
    private const string IntervalName = "interval";

    [MethodImpl(HotLoop.Options)]
    public static bool TryExtractDate(DateTimeField field, int date, out Numeric result)
    {
        if (field is < DateTimeField.Day or >= DateTimeField.TimeZone)
        {
            throw Error.UnitNotSupported(DateTimeFieldNames.NameOf(field), DateName);
        }

        if (!IsFiniteDate(date))
        {
            return TryExtractInfinite(field, date > 0, out result);
        }

        result = Numeric.FromInt64(field switch
        {
            DateTimeField.Epoch => (date + (long)UnixEpoch) * 86400,
            DateTimeField.Julian => (long)date + JulianEpoch,
            _ => CalendarField(field, date),
        });
        return true;
    }

    /// <summary>Of a timestamp without time zone, or of the local time of one with: then with its offset in seconds.</summary>
    public static bool TryExtractTimestamp(DateTimeField field, long timestamp, out Numeric result, int? offset = null)
    {
        if (!IsFiniteTimestamp(timestamp))
        {
            return TryExtractInfinite(field, timestamp > 0, out result);
        }

        EnsureOffset(field, offset);

        int days = SplitDays(timestamp, out long time);
        result = field switch
        {
            DateTimeField.Epoch => Seconds((Int128)timestamp - ((offset ?? 0) * MicrosecondsPerSecond) + (UnixEpoch * MicrosecondsPerDay)),
            DateTimeField.Julian => Numeric.Add(
                Numeric.FromInt64((long)days + JulianEpoch),
                Numeric.Divide(Numeric.FromInt64(time), Numeric.FromInt64(MicrosecondsPerDay))),
            DateTimeField.TimeZone => Numeric.FromInt64(offset ?? 0),
            DateTimeField.TimeZoneHour => Numeric.FromInt64((offset ?? 0) / 3600),
            DateTimeField.TimeZoneMinute => Numeric.FromInt64((offset ?? 0) / 60 % 60),
            < DateTimeField.Day => TimeField(field, time),
            _ => Numeric.FromInt64(CalendarField(field, days)),
        };
        return true;
    }

    public static bool TryExtractTimestampTz(DateTimeField field, long utc, SessionTimeZone zone, out Numeric result)
    {
        int offset = IsFiniteTimestamp(utc) ? zone.OffsetAt(utc) : 0;
        return TryExtractTimestamp(field, IsFiniteTimestamp(utc) ? utc + (offset * MicrosecondsPerSecond) : utc, out result, offset);
    }

    public static Numeric ExtractTime(DateTimeField field, long time) => field switch
    {
        < DateTimeField.Day => TimeField(field, time),
        DateTimeField.Epoch => Seconds(time),
        _ => throw Error.UnitNotSupported(DateTimeFieldNames.NameOf(field), TimeName),
    };

    public static Numeric ExtractInterval(DateTimeField field, Interval value) => field switch
    {
        DateTimeField.Hour => Numeric.FromInt64(value.Microseconds / MicrosecondsPerHour),
        < DateTimeField.Day => TimeField(field, value.Microseconds % MicrosecondsPerHour),
        DateTimeField.Epoch => Seconds(EpochMicroseconds(value)),
        _ => Numeric.FromInt64(IntervalField(field, value)),
    };

    /// <summary>date_part of a timestamp, or of a date cast to one.</summary>
    public static bool TryPartTimestamp(DateTimeField field, long timestamp, out double result, int? offset = null)
    {
        if (!IsFiniteTimestamp(timestamp))
        {
            bool hasValue = TryExtractInfinite(field, timestamp > 0, out Numeric infinite);
            result = hasValue ? infinite.ToDouble() : 0;
            return hasValue;
        }

        EnsureOffset(field, offset);
        int days = SplitDays(timestamp, out long time);
        switch (field)
        {
            case DateTimeField.Epoch:
                result = (double)((Int128)timestamp - ((offset ?? 0) * MicrosecondsPerSecond) + (UnixEpoch * MicrosecondsPerDay)) / 1e6;
                return true;
            case DateTimeField.Julian:
                long seconds = time / MicrosecondsPerSecond;
                result = days + JulianEpoch + ((seconds + (time % MicrosecondsPerSecond / 1e6)) / 86400.0);
                return true;
            case < DateTimeField.Day:
                result = TimePart(field, time);
                return true;
            default:
                TryExtractTimestamp(field, timestamp, out Numeric exact, offset);
                result = exact.ToDouble();
                return true;
        }
    }

    public static bool TryPartTimestampTz(DateTimeField field, long utc, SessionTimeZone zone, out double result)
    {
        int offset = IsFiniteTimestamp(utc) ? zone.OffsetAt(utc) : 0;
        return TryPartTimestamp(field, IsFiniteTimestamp(utc) ? utc + (offset * MicrosecondsPerSecond) : utc, out result, offset);
    }

    public static double PartTime(DateTimeField field, long time) => field switch
    {
        < DateTimeField.Day => TimePart(field, time),
        DateTimeField.Epoch => time / 1e6,
        _ => throw Error.UnitNotSupported(DateTimeFieldNames.NameOf(field), TimeName),
    };

    public static double PartInterval(DateTimeField field, Interval value) => field switch
    {
        DateTimeField.Hour => value.Microseconds / MicrosecondsPerHour,
        < DateTimeField.Day => TimePart(field, value.Microseconds % MicrosecondsPerHour),
        DateTimeField.Epoch => (value.Microseconds / 1e6)
            + (365.25 * 86400 * (value.Months / 12)) + (30.0 * 86400 * (value.Months % 12)) + (86400.0 * value.Days),
        _ => IntervalField(field, value),
    };

    /// <summary>Years count 365.25 days, months 30.</summary>
    private static Int128 EpochMicroseconds(Interval value)
    {
        long quarterDays = (1461L * (value.Months / 12)) + (120L * (value.Months % 12)) + (4L * value.Days);
        return ((Int128)quarterDays * (21600 * MicrosecondsPerSecond)) + value.Microseconds;
    }

    private static long IntervalField(DateTimeField field, Interval value)
    {
        int years = value.Months / 12;
        int months = value.Months % 12;
        return field switch
        {
            DateTimeField.Day => value.Days,
            DateTimeField.Month => months,
            DateTimeField.Quarter => (months / 3) + 1,
            DateTimeField.Year => years,
            DateTimeField.Decade => years / 10,
            DateTimeField.Century => years / 100,
            DateTimeField.Millennium => years / 1000,
            _ => throw Error.UnitNotSupported(DateTimeFieldNames.NameOf(field), IntervalName),
        };
    }

    private static Numeric TimeField(DateTimeField field, long time) => field switch
    {
        DateTimeField.Microseconds => Numeric.FromInt64(time % MicrosecondsPerMinute),
        DateTimeField.Milliseconds => Numeric.FromScaled(time % MicrosecondsPerMinute, 3),
        DateTimeField.Second => Numeric.FromScaled(time % MicrosecondsPerMinute, 6),
        DateTimeField.Minute => Numeric.FromInt64(time / MicrosecondsPerMinute % 60),
        _ => Numeric.FromInt64(time / MicrosecondsPerHour),
    };

    private static double TimePart(DateTimeField field, long time)
    {
        long seconds = time % MicrosecondsPerMinute / MicrosecondsPerSecond;
        long microseconds = time % MicrosecondsPerSecond;
        return field switch
        {
            DateTimeField.Microseconds => time % MicrosecondsPerMinute,
            DateTimeField.Milliseconds => (seconds * 1000.0) + (microseconds / 1000.0),
            DateTimeField.Second => seconds + (microseconds / 1e6),
            DateTimeField.Minute => time / MicrosecondsPerMinute % 60,
            _ => time / MicrosecondsPerHour,
        };
    }

    [MethodImpl(HotLoop.Options)]
    private static long CalendarField(DateTimeField field, int days)
    {
        FromDays(days, out int year, out int month, out int day);
        switch (field)
        {
            case DateTimeField.Day: return day;
            case DateTimeField.Week: return IsoWeek(days, out _);
            case DateTimeField.Month: return month;
            case DateTimeField.Quarter: return ((month - 1) / 3) + 1;
            case DateTimeField.Year: return year > 0 ? year : year - 1; // there is no year zero
            case DateTimeField.Decade: return year >= 0 ? year / 10 : -((8 - (year - 1)) / 10);
            case DateTimeField.Century: return year > 0 ? (year + 99) / 100 : -((99 - (year - 1)) / 100);
            case DateTimeField.Millennium: return year > 0 ? (year + 999) / 1000 : -((999 - (year - 1)) / 1000);
            case DateTimeField.IsoYear:
                IsoWeek(days, out int isoYear);
                return isoYear > 0 ? isoYear : isoYear - 1;
            case DateTimeField.DayOfWeek: return DayOfWeek(days);
            case DateTimeField.IsoDayOfWeek: return ((DayOfWeek(days) + 6) % 7) + 1;
            case DateTimeField.DayOfYear: return DayOfYear(year, month, day);
            default: throw Error.Internal("not a calendar field");
        }
    }

    private static Numeric Seconds(Int128 microseconds) => Numeric.FromScaled(microseconds, 6);

    /// <summary>Fields that grow with time are infinite too; those that come round again are NULL.</summary>
    private static bool TryExtractInfinite(DateTimeField field, bool isPositive, out Numeric result)
    {
        result = isPositive ? Numeric.PositiveInfinity : Numeric.NegativeInfinity;
        return field is DateTimeField.Year or DateTimeField.Decade or DateTimeField.Century or DateTimeField.Millennium
            or DateTimeField.IsoYear or DateTimeField.Julian or DateTimeField.Epoch;
    }

    private static void EnsureOffset(DateTimeField field, int? offset)
    {
        if (field >= DateTimeField.TimeZone && offset is null)
        {
            throw Error.UnitNotSupported(DateTimeFieldNames.NameOf(field), TimestampName);
        }
    }
}
