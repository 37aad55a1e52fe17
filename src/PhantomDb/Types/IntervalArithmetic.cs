using PhantomDb.Errors;
using static PhantomDb.Types.CivilCalendar;

namespace PhantomDb.Types;

/// <summary>
/// Sums, products, order and justification of intervals. Months, days and microseconds stay apart; where a product has
/// fractions of months and days they spill down, with 30 days a month and 24 hours a day. Out of range is 22008.
/// </summary>
internal static class IntervalArithmetic
{
    private const int DaysPerMonth = 30;
    private const double SecondsPerDay = 86400;

    public static Interval Add(Interval left, Interval right) => Make(
        (long)left.Months + right.Months,
        (long)left.Days + right.Days,
        (Int128)left.Microseconds + right.Microseconds);

    public static Interval Subtract(Interval left, Interval right) => Make(
        (long)left.Months - right.Months,
        (long)left.Days - right.Days,
        (Int128)left.Microseconds - right.Microseconds);

    public static Interval Negate(Interval value) =>
        Make(-(long)value.Months, -(long)value.Days, -(Int128)value.Microseconds);

    public static Interval Multiply(Interval value, double factor) =>
        Scale(value, value.Months * factor, value.Days * factor, value.Microseconds * factor);

    /// <summary>Throws 22012 for zero.</summary>
    public static Interval Divide(Interval value, double divisor) => divisor == 0
        ? throw Error.DivisionByZero()
        : Scale(value, value.Months / divisor, value.Days / divisor, value.Microseconds / divisor);

    /// <summary>The length for comparisons: a month counts 30 days, a day 24 hours.</summary>
    public static Int128 Length(Interval value) =>
        ((((Int128)value.Months * DaysPerMonth) + value.Days) * MicrosecondsPerDay) + value.Microseconds;

    public static int Compare(Interval left, Interval right) => Length(left).CompareTo(Length(right));

    public static ulong Hash(Interval value)
    {
        Int128 length = Length(value);
        ulong hash = ((ulong)length * 0x9E3779B97F4A7C15UL) ^ (ulong)(length >> 64);
        return hash ^ (hash >> 32);
    }

    /// <summary>Turns 24 hours into days.</summary>
    public static Interval JustifyHours(Interval value)
    {
        long time = value.Microseconds;
        long wholeDays = time / MicrosecondsPerDay;
        time -= wholeDays * MicrosecondsPerDay;
        long days = value.Days + wholeDays;
        AlignSigns(ref days, ref time, MicrosecondsPerDay);
        return Make(value.Months, days, time);
    }

    /// <summary>Turns 30 days into months.</summary>
    public static Interval JustifyDays(Interval value)
    {
        long days = value.Days;
        long wholeMonths = days / DaysPerMonth;
        days -= wholeMonths * DaysPerMonth;
        long months = value.Months + wholeMonths;
        AlignSigns(ref months, ref days, DaysPerMonth);
        return Make(months, days, value.Microseconds);
    }

    /// <summary>Both, with one sign for all parts.</summary>
    public static Interval JustifyInterval(Interval value)
    {
        long days = value.Days + (value.Microseconds / MicrosecondsPerDay);
        long time = value.Microseconds % MicrosecondsPerDay;
        long months = value.Months + (days / DaysPerMonth);
        days %= DaysPerMonth;
        if (months > 0 && (days < 0 || (days == 0 && time < 0)))
        {
            days += DaysPerMonth;
            months--;
        }
        else if (months < 0 && (days > 0 || (days == 0 && time > 0)))
        {
            days -= DaysPerMonth;
            months++;
        }

        AlignSigns(ref days, ref time, MicrosecondsPerDay);
        return Make(months, days, time);
    }

    /// <summary>Cuts off the parts that the type does not have and rounds the seconds.</summary>
    public static Interval Restrict(Interval value, IntervalFields fields, int precision)
    {
        value = fields switch
        {
            IntervalFields.Year => new Interval(value.Months / 12 * 12, 0, 0),
            IntervalFields.Month or IntervalFields.YearToMonth => new Interval(value.Months, 0, 0),
            IntervalFields.Day => value with { Microseconds = 0 },
            IntervalFields.Hour or IntervalFields.DayToHour =>
                value with { Microseconds = value.Microseconds / MicrosecondsPerHour * MicrosecondsPerHour },
            IntervalFields.Minute or IntervalFields.HourToMinute or IntervalFields.DayToMinute =>
                value with { Microseconds = value.Microseconds / MicrosecondsPerMinute * MicrosecondsPerMinute },
            _ => value,
        };
        return value with { Microseconds = DateTimeText.RoundToPrecision(value.Microseconds, precision) };
    }

    /// <summary>make_interval(); throws 22008 out of range.</summary>
    public static Interval MakeInterval(int years, int months, int weeks, int days, int hours, int minutes, double seconds)
    {
        double microseconds = Math.Round(seconds * MicrosecondsPerSecond, MidpointRounding.ToEven);
        if (double.IsNaN(microseconds) || Math.Abs(microseconds) >= 9.2e18)
        {
            throw Error.DatetimeOutOfRange("interval");
        }

        return Make(
            ((long)years * 12) + months,
            ((long)weeks * 7) + days,
            ((Int128)hours * MicrosecondsPerHour) + ((Int128)minutes * MicrosecondsPerMinute) + (long)microseconds);
    }

    /// <summary>A cast to time: the part within a day.</summary>
    public static long ToTime(Interval value)
    {
        long time = value.Microseconds % MicrosecondsPerDay;
        return time < 0 ? time + MicrosecondsPerDay : time;
    }

    internal static Interval Make(long months, long days, Int128 microseconds)
    {
        var result = new Interval((int)months, (int)days, (long)microseconds);
        return result.Months == months && result.Days == days && result.Microseconds == microseconds
            ? result
            : throw Error.DatetimeOutOfRange("interval");
    }

    /// <summary>The coarse and the fine part get one sign.</summary>
    private static void AlignSigns(ref long coarse, ref long fine, long unit)
    {
        if (coarse > 0 && fine < 0)
        {
            fine += unit;
            coarse--;
        }
        else if (coarse < 0 && fine > 0)
        {
            fine -= unit;
            coarse++;
        }
    }

    /// <summary>Spills the fractions of exact months and days down, rounded to microseconds on the way.</summary>
    private static Interval Scale(Interval value, double exactMonths, double exactDays, double exactMicroseconds)
    {
        int months = ToInt32(exactMonths);
        int days = ToInt32(exactDays);
        double daysOfMonths = RoundToMicro((exactMonths - months) * DaysPerMonth);
        double seconds = RoundToMicro((exactDays - days + daysOfMonths - (int)daysOfMonths) * SecondsPerDay);
        long totalDays = days;
        if (Math.Abs(seconds) >= SecondsPerDay)
        {
            totalDays += (int)(seconds / SecondsPerDay);
            seconds -= (int)(seconds / SecondsPerDay) * SecondsPerDay;
        }

        totalDays += (int)daysOfMonths;
        double microseconds = Math.Round(exactMicroseconds + (seconds * MicrosecondsPerSecond), MidpointRounding.ToEven);
        if (double.IsNaN(microseconds) || microseconds is < -9223372036854775808.0 or >= 9223372036854775808.0)
        {
            throw Error.DatetimeOutOfRange("interval");
        }

        return Make(months, totalDays, (long)microseconds);
    }

    private static int ToInt32(double value) =>
        value is >= int.MinValue and <= int.MaxValue ? (int)value : throw Error.DatetimeOutOfRange("interval");

    private static double RoundToMicro(double value) =>
        Math.Round(value * 1e6, MidpointRounding.ToEven) / 1e6;
}
