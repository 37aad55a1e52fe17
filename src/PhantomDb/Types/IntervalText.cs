using System.Globalization;
using System.Text;
using PhantomDb.Errors;
using static PhantomDb.Types.CivilCalendar;
using FieldKind = PhantomDb.Types.DateTimeFields.FieldKind;

namespace PhantomDb.Types;

/// <summary>
/// Text of interval: output in PostgreSQL's own style, input of verbose units, SQL standard years-months and day-times,
/// and ISO 8601. Fractions of a unit spill down into smaller ones. Fields are read from the right, because a unit
/// follows its number.
/// </summary>
internal static class IntervalText
{
    public const int LengthMax = 80;

    private const string TypeName = "interval";
    private const int MonthsPerYear = 12;
    private const int DaysPerMonth = 30;

    private enum Unit : byte
    {
        /// <summary>Nothing read yet: the declared fields decide.</summary>
        None,
        Microsecond,
        Millisecond,
        Second,
        Minute,
        Hour,
        Day,
        Week,
        Month,
        Year,
        Decade,
        Century,
        Millennium,
        Ago,
        Unknown,
    }

    private enum Status : byte
    {
        Ok,
        BadFormat,
        Overflow,
    }

    /// <summary>What has been read: each part in the width it overflows in.</summary>
    private struct Parts
    {
        public int Years;
        public int Months;
        public int Days;
        public long Microseconds;

        public bool AddMicroseconds(long value, double fraction, long unit)
        {
            Int128 sum = ((Int128)value * unit) + Microseconds;
            Microseconds = (long)sum;
            return Microseconds == sum && AddFraction(fraction, unit);
        }

        /// <summary>Adds a fraction of a unit of microseconds, rounded to the nearest.</summary>
        public bool AddFraction(double fraction, long unit)
        {
            if (fraction == 0)
            {
                return true;
            }

            double exact = fraction * unit;
            long whole = (long)exact;
            exact -= whole;
            whole += exact > 0.5 ? 1 : exact < -0.5 ? -1 : 0;
            Int128 sum = (Int128)Microseconds + whole;
            Microseconds = (long)sum;
            return Microseconds == sum;
        }

        public bool AddDays(long value, int unit) => TryAdd(ref Days, value, unit);

        public bool AddFractionOfDays(double fraction, int unit)
        {
            double exact = fraction * unit;
            int whole = (int)exact;
            return TryAdd(ref Days, whole, 1) && AddFraction(exact - whole, MicrosecondsPerDay);
        }

        public bool AddMonths(long value) => TryAdd(ref Months, value, 1);

        public bool AddYears(long value, double fraction, int unit) =>
            TryAdd(ref Years, value, unit)
            && TryAdd(ref Months, (long)Math.Round(fraction * unit * MonthsPerYear, MidpointRounding.ToEven), 1);

        public readonly bool TryToInterval(out Interval interval)
        {
            long months = ((long)Years * MonthsPerYear) + Months;
            interval = new Interval((int)months, Days, Microseconds);
            return interval.Months == months;
        }

        private static bool TryAdd(ref int target, long value, int unit)
        {
            Int128 sum = ((Int128)value * unit) + target;
            target = (int)sum;
            return target == sum && value == (int)value;
        }
    }

    /// <summary>Throws 22007 for what is no interval, 22015 and 22008 for one out of range.</summary>
    public static Interval Parse(ReadOnlySpan<byte> text, IntervalFields fields = IntervalFields.All, int precision = 6)
    {
        Parts parts = default;
        Status status = Decode(text, fields, ref parts);
        if (status == Status.BadFormat)
        {
            parts = default;
            status = DecodeIso(text, ref parts);
        }

        if (status == Status.Overflow)
        {
            throw Error.IntervalFieldOverflow(Encoding.UTF8.GetString(text));
        }

        if (status == Status.BadFormat)
        {
            throw Error.InvalidDatetimeInput(TypeName, Encoding.UTF8.GetString(text));
        }

        if (!parts.TryToInterval(out Interval interval))
        {
            throw Error.DatetimeOutOfRange(TypeName);
        }

        return IntervalArithmetic.Restrict(interval, fields, precision);
    }

    public static bool TryFormat(Interval value, Span<byte> destination, out int written)
    {
        Span<byte> buffer = stackalloc byte[LengthMax];
        int length = 0;
        bool isAfterNegative = false;
        WritePart(buffer, ref length, ref isAfterNegative, value.Months / MonthsPerYear, " year"u8);
        WritePart(buffer, ref length, ref isAfterNegative, value.Months % MonthsPerYear, " mon"u8);
        WritePart(buffer, ref length, ref isAfterNegative, value.Days, " day"u8);
        if (length == 0 || value.Microseconds != 0)
        {
            if (length > 0)
            {
                buffer[length++] = (byte)' ';
            }

            if (value.Microseconds < 0)
            {
                buffer[length++] = (byte)'-';
            }
            else if (isAfterNegative)
            {
                buffer[length++] = (byte)'+';
            }

            length += WriteTime(PowersOfTen.Magnitude(value.Microseconds), buffer[length..]);
        }

        written = buffer[..length].TryCopyTo(destination) ? length : 0;
        return written > 0;
    }

    /// <summary>A part that is not zero; after a negative one, a positive one shows its sign.</summary>
    private static void WritePart(Span<byte> buffer, ref int length, ref bool isAfterNegative, int value, ReadOnlySpan<byte> name)
    {
        if (value == 0)
        {
            return;
        }

        if (length > 0)
        {
            buffer[length++] = (byte)' ';
        }

        if (isAfterNegative && value > 0)
        {
            buffer[length++] = (byte)'+';
        }

        IntegerText.TryFormat(value, buffer[length..], out int digits);
        length += digits;
        name.CopyTo(buffer[length..]);
        length += name.Length;
        if (value != 1)
        {
            buffer[length++] = (byte)'s';
        }

        isAfterNegative = value < 0;
    }

    /// <summary>Hours of two digits or more, minutes, seconds and fraction.</summary>
    private static int WriteTime(ulong microseconds, Span<byte> buffer)
    {
        ulong hours = microseconds / (ulong)MicrosecondsPerHour;
        int hourDigits = Math.Max(2, PowersOfTen.DigitCount(hours));
        DecimalDigits.WritePadded(hours, buffer, hourDigits);
        // The rest is a time below one hour: its ":mm:ss.ffffff" goes behind.
        Span<byte> rest = stackalloc byte[DateTimeText.TimeLengthMax];
        int length = DateTimeText.WriteTime((long)(microseconds % (ulong)MicrosecondsPerHour), rest);
        rest[2..length].CopyTo(buffer[hourDigits..]);
        return hourDigits + length - 2;
    }

    private static Status Decode(ReadOnlySpan<byte> text, IntervalFields declared, ref Parts parts)
    {
        var fields = new DateTimeFields(stackalloc byte[DateTimeFields.TextLengthMax]);
        if (!fields.TrySplit(text))
        {
            return Status.BadFormat;
        }

        Unit unit = Unit.None;
        bool isAgo = false;
        int seen = 0;
        for (int i = fields.Count - 1; i >= 0; i--)
        {
            ReadOnlySpan<byte> field = fields.Text(i);
            int found = 0;
            Status status = Status.Ok;
            if (fields.Kind(i) is FieldKind.Word or FieldKind.SignedWord)
            {
                if (field.SequenceEqual("at"u8) || field.SequenceEqual("on"u8))
                {
                    continue;
                }

                unit = FindUnit(field);
                if (unit == Unit.Unknown)
                {
                    return Status.BadFormat;
                }

                isAgo |= unit == Unit.Ago;
                continue;
            }

            bool isSignedTime = fields.Kind(i) == FieldKind.Zone && field.Contains((byte)':');
            if (fields.Kind(i) == FieldKind.Time || isSignedTime)
            {
                status = DecodeTime(isSignedTime ? field[1..] : field, declared, field[0] == '-', ref parts);
                found = (1 << (int)Unit.Hour) | (1 << (int)Unit.Minute) | (1 << (int)Unit.Second);
                unit = Unit.Day; // a number before a time counts days
            }
            else
            {
                if (unit == Unit.None)
                {
                    unit = LastUnit(declared);
                }

                status = DecodeNumber(field, ref unit, ref parts, out found);
            }

            if (status != Status.Ok)
            {
                return status;
            }

            if ((seen & found) != 0)
            {
                return Status.BadFormat;
            }

            seen |= found;
        }

        if (seen == 0)
        {
            return Status.BadFormat;
        }

        return isAgo ? Negate(ref parts) : Status.Ok;
    }

    private static Status Negate(ref Parts parts)
    {
        if (parts.Microseconds == long.MinValue || parts.Days == int.MinValue || parts.Months == int.MinValue || parts.Years == int.MinValue)
        {
            return Status.Overflow;
        }

        parts = new Parts
        {
            Years = -parts.Years, Months = -parts.Months, Days = -parts.Days, Microseconds = -parts.Microseconds,
        };
        return Status.Ok;
    }

    /// <summary>A number, perhaps with a fraction, or years-months, in the unit that stands behind it.</summary>
    private static Status DecodeNumber(ReadOnlySpan<byte> field, ref Unit unit, ref Parts parts, out int found)
    {
        found = 0;
        bool isNegative = field[0] == '-';
        int digits = field[0] is (byte)'-' or (byte)'+' ? 1 : 0;
        int end = digits;
        while (end < field.Length && DecimalDigits.IsDigit(field[end]))
        {
            end++;
        }

        long value = 0;
        if (end > digits && !IntegerText.TryParseInt64(field[..end], out value))
        {
            return Status.Overflow;
        }

        ReadOnlySpan<byte> rest = field[end..];
        double fraction = 0;
        if (rest.Length > 0 && rest[0] == '-')
        {
            if (rest.Length < 2 || rest[1..].ContainsAnyExceptInRange((byte)'0', (byte)'9'))
            {
                return Status.BadFormat;
            }

            if (!IntegerText.TryParseInt32(rest[1..], out int months) || months >= MonthsPerYear)
            {
                return Status.Overflow;
            }

            Int128 total = ((Int128)value * MonthsPerYear) + (isNegative ? -months : months);
            value = (long)total;
            unit = Unit.Month;
            if (value != total)
            {
                return Status.Overflow;
            }
        }
        else if (rest.Length > 0)
        {
            if (rest[0] != '.' || (rest.Length > 1
                && !double.TryParse(rest, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out fraction)))
            {
                return Status.BadFormat;
            }

            fraction = isNegative ? -fraction : fraction;
        }

        if (unit is Unit.Ago or Unit.None)
        {
            return Status.BadFormat;
        }

        found = 1 << (int)unit;
        if (unit == Unit.Second && fraction != 0)
        {
            found |= (1 << (int)Unit.Millisecond) | (1 << (int)Unit.Microsecond);
        }

        bool fits = Add(unit, value, fraction, ref parts);
        unit = unit == Unit.Hour ? Unit.Day : unit; // for a number before it: 1 2 hours
        return fits ? Status.Ok : Status.Overflow;
    }

    private static bool Add(Unit unit, long value, double fraction, ref Parts parts) => unit switch
    {
        Unit.Microsecond => parts.AddMicroseconds(value, fraction, 1),
        Unit.Millisecond => parts.AddMicroseconds(value, fraction, 1000),
        Unit.Second => parts.AddMicroseconds(value, fraction, MicrosecondsPerSecond),
        Unit.Minute => parts.AddMicroseconds(value, fraction, MicrosecondsPerMinute),
        Unit.Hour => parts.AddMicroseconds(value, fraction, MicrosecondsPerHour),
        Unit.Day => parts.AddDays(value, 1) && parts.AddFraction(fraction, MicrosecondsPerDay),
        Unit.Week => parts.AddDays(value, 7) && parts.AddFractionOfDays(fraction, 7),
        Unit.Month => parts.AddMonths(value) && parts.AddFractionOfDays(fraction, DaysPerMonth),
        Unit.Year => parts.AddYears(value, fraction, 1),
        Unit.Decade => parts.AddYears(value, fraction, 10),
        Unit.Century => parts.AddYears(value, fraction, 100),
        _ => parts.AddYears(value, fraction, 1000),
    };

    /// <summary>hh:mm, hh:mm:ss[.fff] or mm:ss.fff; the hours have no limit but the range.</summary>
    private static Status DecodeTime(ReadOnlySpan<byte> text, IntervalFields declared, bool isNegative, ref Parts parts)
    {
        Span<long> numbers = stackalloc long[3];
        int count = 0;
        double fraction = 0;
        bool hasFraction = false;
        while (true)
        {
            int end = text.IndexOfAnyExceptInRange((byte)'0', (byte)'9');
            end = end < 0 ? text.Length : end;
            if (count == 3)
            {
                return Status.BadFormat;
            }

            if (end > 0 && !IntegerText.TryParseInt64(text[..end], out numbers[count]))
            {
                return Status.Overflow;
            }

            count++;
            text = text[end..];
            if (text.IsEmpty)
            {
                break;
            }

            if (text[0] == '.')
            {
                hasFraction = true;
                if (text.Length > 1 && !double.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out fraction))
                {
                    return Status.BadFormat;
                }

                break;
            }

            if (text[0] != ':')
            {
                return Status.BadFormat;
            }

            text = text[1..];
        }

        if (count < 2)
        {
            return Status.BadFormat;
        }

        if (count == 2 && (hasFraction || declared == IntervalFields.MinuteToSecond))
        {
            (numbers[0], numbers[1], numbers[2]) = (0, numbers[0], numbers[1]);
        }

        if (numbers[1] > 59 || numbers[2] > 60)
        {
            return Status.Overflow;
        }

        Parts time = default;
        double microseconds = Math.Round(fraction * MicrosecondsPerSecond, MidpointRounding.ToEven);
        bool fits = time.AddMicroseconds(numbers[0], 0, MicrosecondsPerHour)
            && time.AddMicroseconds(numbers[1], 0, MicrosecondsPerMinute)
            && time.AddMicroseconds(numbers[2], 0, MicrosecondsPerSecond)
            && time.AddMicroseconds((long)microseconds, 0, 1)
            && parts.AddMicroseconds(isNegative ? -time.Microseconds : time.Microseconds, 0, 1);
        return fits ? Status.Ok : Status.Overflow;
    }

    /// <summary>ISO 8601: PnYnMnDTnHnMnS, PnW, and the alternative PYYYY-MM-DDThh:mm:ss with or without separators.</summary>
    private static Status DecodeIso(ReadOnlySpan<byte> text, ref Parts parts)
    {
        if (text.Length < 2 || text[0] != 'P')
        {
            return Status.BadFormat;
        }

        text = text[1..];
        bool isDatePart = true;
        bool hasField = false;
        while (text.Length > 0)
        {
            if (text[0] == 'T')
            {
                isDatePart = false;
                hasField = false;
                text = text[1..];
                continue;
            }

            ReadOnlySpan<byte> start = text;
            if (!TryReadIsoNumber(ref text, out long value, out double fraction, out int width))
            {
                return Status.BadFormat;
            }

            byte designator = text.IsEmpty ? (byte)0 : text[0];
            Unit unit = (designator, isDatePart) switch
            {
                ((byte)'Y', true) => Unit.Year,
                ((byte)'M', true) => Unit.Month,
                ((byte)'W', true) => Unit.Week,
                ((byte)'D', true) => Unit.Day,
                ((byte)'H', false) => Unit.Hour,
                ((byte)'M', false) => Unit.Minute,
                ((byte)'S', false) => Unit.Second,
                _ => Unit.Unknown,
            };
            if (unit != Unit.Unknown)
            {
                text = text[1..];
                if (!Add(unit, value, fraction, ref parts))
                {
                    return Status.Overflow;
                }

                hasField = true;
                continue;
            }

            if (hasField)
            {
                return Status.BadFormat;
            }

            text = start;
            Status status = isDatePart
                ? DecodeAlternativeDate(ref text, value, fraction, width, ref parts)
                : DecodeAlternativeTime(ref text, value, fraction, width, ref parts);
            if (status != Status.Ok || text.IsEmpty)
            {
                return status;
            }

            // Only the time may follow a date without designators.
            if (!isDatePart || text[0] != 'T')
            {
                return Status.BadFormat;
            }
        }

        return Status.Ok;
    }

    private static Status DecodeAlternativeDate(ref ReadOnlySpan<byte> text, long value, double fraction, int width, ref Parts parts)
    {
        TryReadIsoNumber(ref text, out _, out _, out _);
        if (width == 8 && (text.IsEmpty || text[0] == 'T'))
        {
            bool fits = parts.AddYears(value / 10000, 0, 1) && parts.AddMonths(value / 100 % 100)
                && parts.AddDays(value % 100, 1) && parts.AddFraction(fraction, MicrosecondsPerDay);
            return fits ? Status.Ok : Status.Overflow;
        }

        if (!parts.AddYears(value, fraction, 1))
        {
            return Status.Overflow;
        }

        for (Unit unit = Unit.Month; text.Length > 0 && text[0] == '-'; unit = Unit.Day)
        {
            text = text[1..];
            if (!TryReadIsoNumber(ref text, out value, out fraction, out _))
            {
                return Status.BadFormat;
            }

            if (!Add(unit, value, fraction, ref parts))
            {
                return Status.Overflow;
            }

            if (unit == Unit.Day)
            {
                break;
            }
        }

        return text.IsEmpty || text[0] == 'T' ? Status.Ok : Status.BadFormat;
    }

    private static Status DecodeAlternativeTime(ref ReadOnlySpan<byte> text, long value, double fraction, int width, ref Parts parts)
    {
        TryReadIsoNumber(ref text, out _, out _, out _);
        if (width == 6 && text.IsEmpty)
        {
            bool fits = parts.AddMicroseconds(value / 10000, 0, MicrosecondsPerHour)
                && parts.AddMicroseconds(value / 100 % 100, 0, MicrosecondsPerMinute)
                && parts.AddMicroseconds(value % 100, fraction, MicrosecondsPerSecond);
            return fits ? Status.Ok : Status.Overflow;
        }

        if (!parts.AddMicroseconds(value, fraction, MicrosecondsPerHour))
        {
            return Status.Overflow;
        }

        for (Unit unit = Unit.Minute; text.Length > 0 && text[0] == ':'; unit = Unit.Second)
        {
            text = text[1..];
            if (!TryReadIsoNumber(ref text, out value, out fraction, out _))
            {
                return Status.BadFormat;
            }

            if (!Add(unit, value, fraction, ref parts))
            {
                return Status.Overflow;
            }

            if (unit == Unit.Second)
            {
                break;
            }
        }

        return text.IsEmpty ? Status.Ok : Status.BadFormat;
    }

    private static bool TryReadIsoNumber(ref ReadOnlySpan<byte> text, out long value, out double fraction, out int width)
    {
        value = 0;
        fraction = 0;
        width = 0;
        int i = text.Length > 0 && text[0] is (byte)'-' or (byte)'+' ? 1 : 0;
        int start = i;
        while (i < text.Length && (DecimalDigits.IsDigit(text[i]) || text[i] == '.'))
        {
            width += text[i] == '.' || text[start..i].Contains((byte)'.') ? 0 : 1;
            i++;
        }

        if (i == start
            || !double.TryParse(text[..i], NumberStyles.Float, CultureInfo.InvariantCulture, out double number)
            || Math.Abs(number) > 1e15)
        {
            return false;
        }

        value = (long)number;
        fraction = number - value;
        text = text[i..];
        return true;
    }

    private static Unit LastUnit(IntervalFields declared) => declared switch
    {
        IntervalFields.Year => Unit.Year,
        IntervalFields.Month or IntervalFields.YearToMonth => Unit.Month,
        IntervalFields.Day => Unit.Day,
        IntervalFields.Hour or IntervalFields.DayToHour => Unit.Hour,
        IntervalFields.Minute or IntervalFields.HourToMinute or IntervalFields.DayToMinute => Unit.Minute,
        _ => Unit.Second,
    };

    private static Unit FindUnit(ReadOnlySpan<byte> word)
    {
        const int lengthMax = 10;
        Span<char> characters = stackalloc char[lengthMax];
        int length = Math.Min(word.Length, lengthMax);
        for (int i = 0; i < length; i++)
        {
            characters[i] = (char)word[i];
        }

        return (ReadOnlySpan<char>)characters[..length] switch
        {
            "us" or "usec" or "usecond" or "useconds" or "usecs" or "microsecon" => Unit.Microsecond,
            "ms" or "msec" or "msecond" or "mseconds" or "msecs" or "millisecon" => Unit.Millisecond,
            "s" or "sec" or "second" or "seconds" or "secs" => Unit.Second,
            "m" or "min" or "mins" or "minute" or "minutes" => Unit.Minute,
            "h" or "hour" or "hours" or "hr" or "hrs" => Unit.Hour,
            "d" or "day" or "days" => Unit.Day,
            "w" or "week" or "weeks" => Unit.Week,
            "mon" or "mons" or "month" or "months" => Unit.Month,
            "y" or "year" or "years" or "yr" or "yrs" => Unit.Year,
            "dec" or "decade" or "decades" or "decs" => Unit.Decade,
            "c" or "cent" or "centuries" or "century" => Unit.Century,
            "mil" or "mils" or "millennia" or "millennium" => Unit.Millennium,
            "ago" => Unit.Ago,
            _ => Unit.Unknown,
        };
    }
}
