using System.Text;
using PhantomDb.Errors;
using static PhantomDb.Types.CivilCalendar;

namespace PhantomDb.Types;

/// <summary>
/// Text of date, time, timestamp and timestamptz: ISO output, a fast path for ISO input, and <see cref="DateTimeParser"/>
/// for everything else that PostgreSQL reads (DateStyle ISO, MDY).
/// </summary>
internal static class DateTimeText
{
    /// <summary>5874897-12-31 BC</summary>
    public const int DateLengthMax = 16;
    public const int TimeLengthMax = 15;
    public const int TimestampLengthMax = 32;
    /// <summary>With an offset of seconds: +00:53:28.</summary>
    public const int TimestampTzLengthMax = 42;

    private const string DateName = "date";
    private const string TimeName = "time";
    private const string TimestampName = "timestamp";
    private const string TimestampTzName = "timestamp with time zone";

    public static int ParseDate(ReadOnlySpan<byte> text, in DateTimeClock clock)
    {
        if (TryParseIsoDate(text, out int date))
        {
            return date;
        }

        DateTimeParser.Result result = DateTimeParser.Parse(text, clock, isTimeOnly: false);
        EnsureParsed(result, text, DateName);
        switch (result.Kind)
        {
            case DateTimeParser.ResultKind.Infinity: return DateInfinity;
            case DateTimeParser.ResultKind.MinusInfinity: return DateMinusInfinity;
            case DateTimeParser.ResultKind.Epoch: return -UnixEpoch;
        }

        return TryToDays(result.Year, result.Month, result.Day, out date)
            ? date
            : throw Error.DatetimeTextOutOfRange(DateName, Encoding.UTF8.GetString(text));
    }

    /// <summary>Microseconds since midnight; 24:00:00 is a time of its own. A time zone is read and ignored.</summary>
    public static long ParseTime(ReadOnlySpan<byte> text, in DateTimeClock clock, int precision = 6)
    {
        if (TryParseIsoTime(text, out long time))
        {
            return RoundToPrecision(time, precision);
        }

        DateTimeParser.Result result = DateTimeParser.Parse(text, clock, isTimeOnly: true);
        EnsureParsed(result, text, TimeName);
        return RoundToPrecision(result.TimeOfDay, precision);
    }

    public static long ParseTimestamp(ReadOnlySpan<byte> text, in DateTimeClock clock, int precision = 6)
    {
        if (TryParseIsoTimestamp(text, out long timestamp, out int length) && length == text.Length)
        {
            return RoundToPrecision(timestamp, precision);
        }

        DateTimeParser.Result result = DateTimeParser.Parse(text, clock, isTimeOnly: false);
        EnsureParsed(result, text, TimestampName);
        return RoundToPrecision(ToTimestamp(result, text, TimestampName), precision);
    }

    public static long ParseTimestampTz(ReadOnlySpan<byte> text, in DateTimeClock clock, int precision = 6)
    {
        if (TryParseIsoTimestamp(text, out long timestamp, out int length)
            && TryParseIsoOffset(text[length..], out int offset))
        {
            timestamp = offset == int.MinValue
                ? clock.Zone.ToUtc(timestamp)
                : timestamp - (offset * MicrosecondsPerSecond);
            return RoundToPrecision(timestamp, precision);
        }

        DateTimeParser.Result result = DateTimeParser.Parse(text, clock, isTimeOnly: false);
        EnsureParsed(result, text, TimestampTzName);
        long local = ToTimestamp(result, text, TimestampTzName);
        if (result.Kind != DateTimeParser.ResultKind.Fields)
        {
            return local;
        }

        long utc = result.Zone is not null ? result.Zone.ToUtc(local)
            : result.HasOffset ? local - (result.OffsetSeconds * MicrosecondsPerSecond)
            : clock.Zone.ToUtc(local);
        if (!IsTimestampInRange(utc))
        {
            throw Error.DatetimeTextOutOfRange(TimestampName, Encoding.UTF8.GetString(text));
        }

        return RoundToPrecision(utc, precision);
    }

    /// <summary>Rounds microseconds to digits of a second, half away from zero, as timestamp(n) does.</summary>
    public static long RoundToPrecision(long value, int precision)
    {
        if ((uint)precision >= 6 || !IsFiniteTimestamp(value))
        {
            return value;
        }

        long unit = (long)PowersOfTen.Narrow[6 - precision];
        long half = unit / 2;
        return value >= 0 ? (value + half) / unit * unit : -((half - value) / unit * unit);
    }

    /// <summary>Reads YYYY-MM-DD; false for anything else, which may still be a date.</summary>
    public static bool TryParseIsoDate(ReadOnlySpan<byte> text, out int date)
    {
        date = 0;
        if (text.Length != 10 || text[4] != '-' || text[7] != '-')
        {
            return false;
        }

        // Each digit minus '0' is at most 9 exactly where all are digits.
        uint y3 = (uint)text[0] - '0', y2 = (uint)text[1] - '0', y1 = (uint)text[2] - '0', y0 = (uint)text[3] - '0';
        uint m1 = (uint)text[5] - '0', m0 = (uint)text[6] - '0', d1 = (uint)text[8] - '0', d0 = (uint)text[9] - '0';
        if (y3 > 9 || y2 > 9 || y1 > 9 || y0 > 9 || m1 > 1 || m0 > 9 || d1 > 3 || d0 > 9)
        {
            return false;
        }

        int year = (int)((y3 * 1000) + (y2 * 100) + (y1 * 10) + y0);
        int month = (int)((m1 * 10) + m0);
        int day = (int)((d1 * 10) + d0);
        if (year == 0 || (uint)(month - 1) > 11 || day == 0 || (day > 28 && day > DaysInMonth(year, month)))
        {
            return false;
        }

        date = ToDays(year, month, day);
        return true;
    }

    /// <summary>Reads HH:MM:SS[.ffffff] to the end of the text; false for anything else.</summary>
    public static bool TryParseIsoTime(ReadOnlySpan<byte> text, out long time) =>
        TryParseIsoTime(text, out time, out int length) && length == text.Length;

    public static bool TryFormatDate(int date, Span<byte> destination, out int written)
    {
        if (!IsFiniteDate(date))
        {
            return TryFormatInfinity(date > 0, destination, out written);
        }

        FromDays(date, out int year, out int month, out int day);
        if (year is >= 1 and <= 9999 && destination.Length >= 10)
        {
            WriteDate(year, month, day, destination);
            written = 10;
            return true;
        }

        Span<byte> buffer = stackalloc byte[DateLengthMax];
        int length = WriteAnyDate(year, month, day, buffer);
        length += WriteEra(year, buffer[length..]);
        written = buffer[..length].TryCopyTo(destination) ? length : 0;
        return written > 0;
    }

    public static bool TryFormatTime(long time, Span<byte> destination, out int written)
    {
        if (destination.Length >= TimeLengthMax)
        {
            written = WriteTime(time, destination);
            return true;
        }

        Span<byte> buffer = stackalloc byte[TimeLengthMax];
        int length = WriteTime(time, buffer);
        written = buffer[..length].TryCopyTo(destination) ? length : 0;
        return written > 0;
    }

    public static bool TryFormatTimestamp(long timestamp, Span<byte> destination, out int written) =>
        TryFormatTimestamp(timestamp, hasOffset: false, 0, destination, out written);

    /// <summary>Shows the instant in the zone, with its offset.</summary>
    public static bool TryFormatTimestampTz(long utc, SessionTimeZone zone, Span<byte> destination, out int written)
    {
        if (!IsFiniteTimestamp(utc))
        {
            return TryFormatInfinity(utc > 0, destination, out written);
        }

        int offset = zone.OffsetAt(utc);
        return TryFormatTimestamp(utc + (offset * MicrosecondsPerSecond), hasOffset: true, offset, destination, out written);
    }

    internal static bool TryFormatInfinity(bool isPositive, Span<byte> destination, out int written)
    {
        ReadOnlySpan<byte> name = isPositive ? "infinity"u8 : "-infinity"u8;
        written = name.TryCopyTo(destination) ? name.Length : 0;
        return written > 0;
    }

    /// <summary>Writes HH:MM:SS and the fraction without zeros at its end; returns the length.</summary>
    internal static int WriteTime(long time, Span<byte> destination)
    {
        long seconds = time / MicrosecondsPerSecond;
        int fraction = (int)(time - (seconds * MicrosecondsPerSecond));
        int hour = (int)(seconds / 3600);
        int rest = (int)(seconds - (hour * 3600L));
        int minute = rest / 60;
        destination[2] = (byte)':';
        destination[5] = (byte)':';
        DecimalDigits.WritePadded((ulong)hour, destination, 2);
        DecimalDigits.WritePadded((ulong)minute, destination[3..], 2);
        DecimalDigits.WritePadded((ulong)(rest - (minute * 60)), destination[6..], 2);
        return 8 + WriteFraction(fraction, destination[8..]);
    }

    /// <summary>Writes a point and the fraction without zeros at its end; nothing for zero.</summary>
    internal static int WriteFraction(int microseconds, Span<byte> destination)
    {
        if (microseconds == 0)
        {
            return 0;
        }

        int digitCount = 6;
        while (microseconds % 10 == 0)
        {
            microseconds /= 10;
            digitCount--;
        }

        destination[0] = (byte)'.';
        DecimalDigits.WritePadded((ulong)microseconds, destination[1..], digitCount);
        return digitCount + 1;
    }

    private static bool TryFormatTimestamp(long local, bool hasOffset, int offset, Span<byte> destination, out int written)
    {
        if (!IsFiniteTimestamp(local))
        {
            return TryFormatInfinity(local > 0, destination, out written);
        }

        Span<byte> buffer = stackalloc byte[TimestampTzLengthMax];
        Span<byte> target = destination.Length >= TimestampTzLengthMax ? destination : buffer;
        FromDays(SplitDays(local, out long timeOfDay), out int year, out int month, out int day);
        int length = WriteAnyDate(year, month, day, target);
        target[length++] = (byte)' ';
        length += WriteTime(timeOfDay, target[length..]);
        length += hasOffset ? WriteOffset(offset, target[length..]) : 0;
        length += WriteEra(year, target[length..]);
        if (destination.Length < TimestampTzLengthMax && !target[..length].TryCopyTo(destination))
        {
            written = 0;
            return false;
        }

        written = length;
        return true;
    }

    private static void WriteDate(int year, int month, int day, Span<byte> destination)
    {
        destination[7] = (byte)'-';
        destination[4] = (byte)'-';
        DecimalDigits.WritePadded((ulong)year, destination, 4);
        DecimalDigits.WritePadded((ulong)month, destination[5..], 2);
        DecimalDigits.WritePadded((ulong)day, destination[8..], 2);
    }

    private static int WriteAnyDate(int year, int month, int day, Span<byte> destination)
    {
        if (year is >= 1 and <= 9999)
        {
            WriteDate(year, month, day, destination);
            return 10;
        }

        ulong shown = (ulong)(year <= 0 ? 1 - year : year);
        int digitCount = Math.Max(4, PowersOfTen.DigitCount(shown));
        DecimalDigits.WritePadded(shown, destination, digitCount);
        destination[digitCount] = (byte)'-';
        DecimalDigits.WritePadded((ulong)month, destination[(digitCount + 1)..], 2);
        destination[digitCount + 3] = (byte)'-';
        DecimalDigits.WritePadded((ulong)day, destination[(digitCount + 4)..], 2);
        return digitCount + 6;
    }

    private static int WriteEra(int year, Span<byte> destination)
    {
        if (year > 0)
        {
            return 0;
        }

        " BC"u8.CopyTo(destination);
        return 3;
    }

    private static int WriteOffset(int offset, Span<byte> destination)
    {
        int magnitude = Math.Abs(offset);
        destination[0] = offset < 0 ? (byte)'-' : (byte)'+';
        DecimalDigits.WritePadded((ulong)(magnitude / 3600), destination[1..], 2);
        int length = 3;
        if (magnitude % 3600 != 0)
        {
            destination[length] = (byte)':';
            DecimalDigits.WritePadded((ulong)(magnitude / 60 % 60), destination[(length + 1)..], 2);
            length += 3;
        }

        if (magnitude % 60 != 0)
        {
            destination[length] = (byte)':';
            DecimalDigits.WritePadded((ulong)(magnitude % 60), destination[(length + 1)..], 2);
            length += 3;
        }

        return length;
    }

    private static bool TryParseIsoTime(ReadOnlySpan<byte> text, out long time, out int length)
    {
        time = 0;
        length = 8;
        if (text.Length < 8 || text[2] != ':' || text[5] != ':')
        {
            return false;
        }

        uint h1 = (uint)text[0] - '0', h0 = (uint)text[1] - '0', m1 = (uint)text[3] - '0';
        uint m0 = (uint)text[4] - '0', s1 = (uint)text[6] - '0', s0 = (uint)text[7] - '0';
        uint hour = (h1 * 10) + h0;
        if (h1 > 2 || h0 > 9 || hour > 23 || m1 > 5 || m0 > 9 || s1 > 5 || s0 > 9)
        {
            return false;
        }

        long seconds = (hour * 3600) + (((m1 * 10) + m0) * 60) + (s1 * 10) + s0;
        time = seconds * MicrosecondsPerSecond;
        if (text.Length > 8 && text[8] == '.')
        {
            int i = 9;
            uint fraction = 0;
            while (i < text.Length && DecimalDigits.IsDigit(text[i]))
            {
                fraction = (fraction * 10) + (uint)(text[i] - '0');
                if (++i > 15)
                {
                    return false; // more digits than microseconds: rounding is the parser's
                }
            }

            time += (long)(fraction * PowersOfTen.Narrow[15 - i]);
            length = i;
        }

        return true;
    }

    /// <summary>Reads YYYY-MM-DD, alone or with blank or T and a time; length is how far it read.</summary>
    private static bool TryParseIsoTimestamp(ReadOnlySpan<byte> text, out long timestamp, out int length)
    {
        timestamp = 0;
        length = 10;
        if (text.Length < 10 || !TryParseIsoDate(text[..10], out int date))
        {
            return false;
        }

        timestamp = date * MicrosecondsPerDay;
        if (text.Length == 10)
        {
            return true;
        }

        if (text.Length < 19 || text[10] is not ((byte)' ' or (byte)'T')
            || !TryParseIsoTime(text[11..], out long time, out int timeLength))
        {
            return false;
        }

        timestamp += time;
        length = 11 + timeLength;
        return true;
    }

    /// <summary>Nothing (int.MinValue), Z, +HH or +HH:MM.</summary>
    private static bool TryParseIsoOffset(ReadOnlySpan<byte> text, out int offset)
    {
        offset = int.MinValue;
        if (text.IsEmpty)
        {
            return true;
        }

        if (text.Length == 1 && text[0] == 'Z')
        {
            offset = 0;
            return true;
        }

        if (text.Length is not (3 or 6) || text[0] is not ((byte)'+' or (byte)'-')
            || !DecimalDigits.IsDigit(text[1]) || !DecimalDigits.IsDigit(text[2]))
        {
            return false;
        }

        int hours = ((text[1] - '0') * 10) + text[2] - '0';
        int minutes = 0;
        if (text.Length == 6)
        {
            if (text[3] != ':' || !DecimalDigits.IsDigit(text[4]) || !DecimalDigits.IsDigit(text[5]))
            {
                return false;
            }

            minutes = ((text[4] - '0') * 10) + text[5] - '0';
        }

        if (hours > 15 || minutes > 59)
        {
            return false;
        }

        offset = ((hours * 60) + minutes) * (text[0] == '-' ? -60 : 60);
        return true;
    }

    private static long ToTimestamp(in DateTimeParser.Result result, ReadOnlySpan<byte> text, string typeName)
    {
        switch (result.Kind)
        {
            case DateTimeParser.ResultKind.Infinity: return TimestampInfinity;
            case DateTimeParser.ResultKind.MinusInfinity: return TimestampMinusInfinity;
            case DateTimeParser.ResultKind.Epoch: return -UnixEpoch * MicrosecondsPerDay;
        }

        if (TryToDays(result.Year, result.Month, result.Day, out int days)
            && days <= TimestampEnd / MicrosecondsPerDay)
        {
            // A time zone may still bring a timestamptz of the last day back into range, so only plain ones are checked.
            long timestamp = (days * MicrosecondsPerDay) + result.TimeOfDay;
            if (IsTimestampInRange(timestamp) || ReferenceEquals(typeName, TimestampTzName))
            {
                return timestamp;
            }
        }

        throw Error.DatetimeTextOutOfRange("timestamp", Encoding.UTF8.GetString(text));
    }

    private static void EnsureParsed(in DateTimeParser.Result result, ReadOnlySpan<byte> text, string typeName)
    {
        if (result.Status != DateTimeParser.ParseStatus.Ok)
        {
            throw DateTimeParser.MakeError(result, text, typeName);
        }
    }
}
