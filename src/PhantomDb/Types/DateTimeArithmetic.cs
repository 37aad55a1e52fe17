using PhantomDb.Errors;
using static PhantomDb.Types.CivilCalendar;

namespace PhantomDb.Types;

/// <summary>
/// Sums and differences of dates, times and timestamps, truncation, age, and the make_ functions. Adding months keeps
/// the day of the month where the month is long enough. Out of range is 22008.
/// </summary>
internal static class DateTimeArithmetic
{
    private const string DateName = "date";
    private const string TimestampName = "timestamp";

    public static bool TryAddDays(int date, long days, out int result)
    {
        if (!IsFiniteDate(date))
        {
            result = date;
            return true;
        }

        long sum = date + days;
        result = (int)sum;
        return sum is >= DateMin and <= DateMax;
    }

    public static int AddDays(int date, long days) =>
        TryAddDays(date, days, out int result) ? result : throw Error.DatetimeOutOfRange(DateName);

    /// <summary>date - date in days; infinite ones have no difference (22008).</summary>
    public static int SubtractDates(int left, int right) => IsFiniteDate(left) && IsFiniteDate(right)
        ? left - right
        : throw new PhantomDbException(SqlStates.DatetimeFieldOverflow, "cannot subtract infinite dates");

    /// <summary>Midnight of the date; false where timestamps do not reach so far.</summary>
    public static bool TryToTimestamp(int date, out long timestamp)
    {
        if (!IsFiniteDate(date))
        {
            timestamp = date > 0 ? TimestampInfinity : TimestampMinusInfinity;
            return true;
        }

        timestamp = date * MicrosecondsPerDay;
        return date < TimestampEnd / MicrosecondsPerDay;
    }

    public static long ToTimestamp(int date) => TryToTimestamp(date, out long timestamp)
        ? timestamp
        : throw new PhantomDbException(SqlStates.DatetimeFieldOverflow, "date out of range for timestamp");

    public static int ToDate(long timestamp) => !IsFiniteTimestamp(timestamp)
        ? timestamp > 0 ? DateInfinity : DateMinusInfinity
        : SplitDays(timestamp, out _);

    public static long ToTime(long timestamp)
    {
        SplitDays(timestamp, out long time);
        return time;
    }

    /// <summary>timestamp + interval: months first, then days, then the time.</summary>
    public static bool TryAdd(long timestamp, Interval interval, out long result)
    {
        result = timestamp;
        if (!IsFiniteTimestamp(timestamp))
        {
            return true;
        }

        return TryAddMonthsAndDays(timestamp, interval, out result) && TryAddTime(result, interval.Microseconds, out result);
    }

    public static long Add(long timestamp, Interval interval) =>
        TryAdd(timestamp, interval, out long result) ? result : throw Error.DatetimeOutOfRange(TimestampName);

    public static long Subtract(long timestamp, Interval interval) => Add(timestamp, IntervalArithmetic.Negate(interval));

    /// <summary>timestamptz + interval: months and days by the zone's calendar, the time as elapsed.</summary>
    public static long AddTz(long utc, Interval interval, SessionTimeZone zone)
    {
        if (!IsFiniteTimestamp(utc))
        {
            return utc;
        }

        if (interval.Months != 0 || interval.Days != 0)
        {
            if (!TryAddMonthsAndDays(zone.ToLocal(utc), interval, out long local))
            {
                throw Error.DatetimeOutOfRange(TimestampName);
            }

            utc = zone.ToUtc(local);
        }

        return TryAddTime(utc, interval.Microseconds, out long result) ? result : throw Error.DatetimeOutOfRange(TimestampName);
    }

    public static long SubtractTz(long utc, Interval interval, SessionTimeZone zone) =>
        AddTz(utc, IntervalArithmetic.Negate(interval), zone);

    /// <summary>timestamp - timestamp, in days and time.</summary>
    public static Interval SubtractTimestamps(long left, long right)
    {
        if (!IsFiniteTimestamp(left) || !IsFiniteTimestamp(right))
        {
            throw new PhantomDbException(SqlStates.DatetimeFieldOverflow, "cannot subtract infinite timestamps");
        }

        Int128 difference = (Int128)left - right;
        return (long)difference == difference
            ? IntervalArithmetic.JustifyHours(new Interval(0, 0, (long)difference))
            : throw Error.DatetimeOutOfRange("interval");
    }

    /// <summary>time + interval, round the clock; months and days do not matter.</summary>
    public static long AddToTime(long time, Interval interval)
    {
        long sum = (time + (interval.Microseconds % MicrosecondsPerDay)) % MicrosecondsPerDay;
        return sum < 0 ? sum + MicrosecondsPerDay : sum;
    }

    /// <summary>age(left, right) in years, months and days of the calendar.</summary>
    public static Interval Age(long left, long right)
    {
        if (!IsFiniteTimestamp(left) || !IsFiniteTimestamp(right))
        {
            throw Error.DatetimeOutOfRange("interval");
        }

        FromDays(SplitDays(left, out long leftTime), out int leftYear, out int leftMonth, out int leftDay);
        FromDays(SplitDays(right, out long rightTime), out int rightYear, out int rightMonth, out int rightDay);
        int sign = left < right ? -1 : 1;
        long time = (leftTime - rightTime) * sign;
        int days = (leftDay - rightDay) * sign;
        int months = (((leftYear - rightYear) * 12) + leftMonth - rightMonth) * sign;
        if (time < 0)
        {
            time += MicrosecondsPerDay;
            days--;
        }

        // Days are borrowed from the month of the earlier one.
        int borrowed = left < right ? DaysInMonth(leftYear, leftMonth) : DaysInMonth(rightYear, rightMonth);
        while (days < 0)
        {
            days += borrowed;
            months--;
        }

        return new Interval(months * sign, days * sign, time * sign);
    }

    public static long Truncate(DateTimeField field, long timestamp) =>
        Truncate(field, timestamp, "timestamp without time zone");

    /// <summary>Truncates the zone's local time.</summary>
    public static long TruncateTz(DateTimeField field, long utc, SessionTimeZone zone)
    {
        int offset = IsFiniteTimestamp(utc) ? zone.OffsetAt(utc) : 0;
        long local = IsFiniteTimestamp(utc) ? utc + (offset * MicrosecondsPerSecond) : utc;
        local = Truncate(field, local, "timestamp with time zone");
        if (!IsFiniteTimestamp(utc))
        {
            return utc;
        }

        // The offset at the start of a day or more may differ from the one now.
        return field >= DateTimeField.Day ? zone.ToUtc(local) : local - (offset * MicrosecondsPerSecond);
    }

    private static long Truncate(DateTimeField field, long timestamp, string typeName)
    {
        if (!IsFiniteTimestamp(timestamp))
        {
            return timestamp;
        }

        int days = SplitDays(timestamp, out long time);
        long unit = field switch
        {
            DateTimeField.Microseconds => 1,
            DateTimeField.Milliseconds => 1000,
            DateTimeField.Second => MicrosecondsPerSecond,
            DateTimeField.Minute => MicrosecondsPerMinute,
            DateTimeField.Hour => MicrosecondsPerHour,
            _ => MicrosecondsPerDay,
        };
        if (field <= DateTimeField.Day)
        {
            return (days * MicrosecondsPerDay) + (time / unit * unit);
        }

        if (field is > DateTimeField.Millennium)
        {
            throw UnitError(field, typeName);
        }

        FromDays(days, out int year, out int month, out _);
        int truncated = field switch
        {
            DateTimeField.Week => days - ((DayOfWeek(days) + 6) % 7),
            DateTimeField.Month => ToDays(year, month, 1),
            DateTimeField.Quarter => ToDays(year, month - ((month - 1) % 3), 1),
            DateTimeField.Year => ToDays(year, 1, 1),
            DateTimeField.Decade => ToDays(year >= 0 ? year / 10 * 10 : -((8 - (year - 1)) / 10 * 10), 1, 1),
            DateTimeField.Century => ToDays(year > 0 ? ((year + 99) / 100 * 100) - 99 : -((99 - (year - 1)) / 100 * 100) + 1, 1, 1),
            _ => ToDays(year > 0 ? ((year + 999) / 1000 * 1000) - 999 : -((999 - (year - 1)) / 1000 * 1000) + 1, 1, 1),
        };
        long result = truncated * MicrosecondsPerDay;
        return IsTimestampInRange(result) ? result : throw Error.DatetimeOutOfRange(TimestampName);
    }

    public static Interval Truncate(DateTimeField field, Interval value)
    {
        int months = field switch
        {
            DateTimeField.Quarter => value.Months - (value.Months % 3),
            DateTimeField.Year => value.Months - (value.Months % 12),
            DateTimeField.Decade => value.Months - (value.Months % 120),
            DateTimeField.Century => value.Months - (value.Months % 1200),
            DateTimeField.Millennium => value.Months - (value.Months % 12000),
            _ => value.Months,
        };
        return field switch
        {
            DateTimeField.Microseconds => value,
            DateTimeField.Milliseconds => value with { Microseconds = value.Microseconds - (value.Microseconds % 1000) },
            DateTimeField.Second => value with { Microseconds = value.Microseconds - (value.Microseconds % MicrosecondsPerSecond) },
            DateTimeField.Minute => value with { Microseconds = value.Microseconds - (value.Microseconds % MicrosecondsPerMinute) },
            DateTimeField.Hour => value with { Microseconds = value.Microseconds - (value.Microseconds % MicrosecondsPerHour) },
            DateTimeField.Day => value with { Microseconds = 0 },
            DateTimeField.Month or DateTimeField.Quarter or DateTimeField.Year or DateTimeField.Decade
                or DateTimeField.Century or DateTimeField.Millennium => new Interval(months, 0, 0),
            _ => throw UnitError(field, "interval"),
        };
    }

    /// <summary>date_bin(): the start of the bin, counted from the origin.</summary>
    public static long Bin(Interval stride, long timestamp, long origin)
    {
        if (!IsFiniteTimestamp(timestamp))
        {
            return timestamp;
        }

        if (!IsFiniteTimestamp(origin))
        {
            throw new PhantomDbException(SqlStates.DatetimeFieldOverflow, "origin out of range");
        }

        if (stride.Months != 0)
        {
            throw new PhantomDbException(SqlStates.FeatureNotSupported,
                "timestamps cannot be binned into intervals containing months or years");
        }

        Int128 unit = ((Int128)stride.Days * MicrosecondsPerDay) + stride.Microseconds;
        if (unit <= 0)
        {
            throw new PhantomDbException(SqlStates.DatetimeFieldOverflow, "stride must be greater than zero");
        }

        Int128 difference = (Int128)timestamp - origin;
        Int128 rest = difference % unit;
        Int128 result = timestamp - rest - (rest < 0 ? unit : 0);
        return result >= TimestampMin && result < TimestampEnd
            ? (long)result
            : throw Error.DatetimeOutOfRange(TimestampName);
    }

    /// <summary>make_date(); a negative year is BC.</summary>
    public static int MakeDate(int year, int month, int day)
    {
        int astronomical = year < 0 ? year + 1 : year;
        if (year is 0 or int.MinValue || (uint)(month - 1) > 11 || day < 1 || day > DaysInMonth(astronomical, month))
        {
            throw Error.DateFieldOutOfRange(year, month, day);
        }

        return TryToDays(astronomical, month, day, out int date)
            ? date
            : throw Error.DatetimeOutOfRange(DateName, FormattableString.Invariant($"{astronomical}-{month:00}-{day:00}"));
    }

    public static long MakeTime(int hour, int minute, double seconds)
    {
        double microseconds = Math.Round(seconds * MicrosecondsPerSecond, MidpointRounding.ToEven);
        if (hour is >= 0 and <= 24 && minute is >= 0 and <= 59 && microseconds is >= 0 and <= 60_000_000)
        {
            long time = (hour * MicrosecondsPerHour) + (minute * MicrosecondsPerMinute) + (long)microseconds;
            if (time <= MicrosecondsPerDay)
            {
                return time;
            }
        }

        string shown = FormattableString.Invariant($"{hour}:{minute:00}:{seconds:00.######}");
        throw new PhantomDbException(SqlStates.DatetimeFieldOverflow, $"time field value out of range: {shown}");
    }

    public static long MakeTimestamp(int year, int month, int day, int hour, int minute, double seconds)
    {
        int date = MakeDate(year, month, day);
        long time = MakeTime(hour, minute, seconds);
        return TryToTimestamp(date, out long midnight) && IsTimestampInRange(midnight + time)
            ? midnight + time
            : throw Error.DatetimeOutOfRange(TimestampName);
    }

    /// <summary>to_timestamp(double precision): seconds since 1970.</summary>
    public static long FromUnixSeconds(double seconds)
    {
        if (double.IsNaN(seconds))
        {
            throw new PhantomDbException(SqlStates.DatetimeFieldOverflow, "timestamp cannot be NaN");
        }

        if (double.IsInfinity(seconds))
        {
            return seconds > 0 ? TimestampInfinity : TimestampMinusInfinity;
        }

        double microseconds = Math.Round((seconds - (UnixEpoch * 86400.0)) * MicrosecondsPerSecond, MidpointRounding.ToEven);
        return microseconds is >= TimestampMin and < TimestampEnd
            ? (long)microseconds
            : throw Error.DatetimeTextOutOfRange(TimestampName, FormattableString.Invariant($"{seconds:g6}"));
    }

    private static bool TryAddMonthsAndDays(long timestamp, Interval interval, out long result)
    {
        result = timestamp;
        if (interval.Months == 0 && interval.Days == 0)
        {
            return true;
        }

        long days = SplitDays(timestamp, out long time);
        if (interval.Months != 0)
        {
            FromDays((int)days, out int year, out int month, out int day);
            if (!TryAddMonths(ref year, ref month, ref day, interval.Months))
            {
                return false;
            }

            days = ToDays(year, month, day);
            if (days is < DateMin or > TimestampEnd / MicrosecondsPerDay || !IsTimestampInRange((days * MicrosecondsPerDay) + time))
            {
                return false;
            }
        }

        days += interval.Days;
        if (days is < DateMin or > TimestampEnd / MicrosecondsPerDay)
        {
            return false;
        }

        result = (days * MicrosecondsPerDay) + time;
        return IsTimestampInRange(result);
    }

    private static bool TryAddTime(long timestamp, long microseconds, out long result)
    {
        result = timestamp + microseconds;
        bool overflows = ((timestamp ^ result) & (microseconds ^ result)) < 0;
        return !overflows && IsTimestampInRange(result);
    }

    /// <summary>To date_trunc the fields that only extract knows are unknown words.</summary>
    private static PhantomDbException UnitError(DateTimeField field, string typeName) =>
        field is >= DateTimeField.IsoYear and <= DateTimeField.Julian
            ? Error.UnitNotRecognized(DateTimeFieldNames.NameOf(field), typeName)
            : Error.UnitNotSupported(DateTimeFieldNames.NameOf(field), typeName);
}
