using System.Globalization;
using static PhantomDb.Types.CivilCalendar;

namespace PhantomDb.Types;

/// <summary>Numbers that stand alone or run together, and how digits are read.</summary>
internal ref partial struct DateTimeParser
{
    /// <summary>A number after a letter that says what it is: y2001m02d04, j2451187, 20010204t040506.</summary>
    private ParseStatus DecodeUnitNumber(ReadOnlySpan<byte> text)
    {
        int unit = _pendingUnit;
        _pendingUnit = 0;
        if (unit == DateTimeTokens.UnitTime)
        {
            ParseStatus status = DecodeDigits(text, _seen | Parts.Date);
            return status == ParseStatus.Ok && _found != Parts.Time ? ParseStatus.BadFormat : status;
        }

        ReadOnlySpan<byte> rest = text;
        if (!TryReadInteger(ref rest, out int value))
        {
            return ParseStatus.FieldOverflow;
        }

        bool hasFraction = rest.Length > 0 && rest[0] == '.';
        if (hasFraction && unit is not (DateTimeTokens.UnitSecond or DateTimeTokens.UnitJulian))
        {
            return ParseStatus.BadFormat;
        }

        switch (unit)
        {
            case DateTimeTokens.UnitYear:
                _year = value;
                _found = Parts.Year;
                break;
            case DateTimeTokens.UnitMonth when (_seen & Parts.Month) != 0 && (_seen & Parts.Hour) != 0:
                _minute = value;
                _found = Parts.Minute;
                break;
            case DateTimeTokens.UnitMonth:
                _month = value;
                _found = Parts.Month;
                break;
            case DateTimeTokens.UnitDay:
                _day = value;
                _found = Parts.Day;
                break;
            case DateTimeTokens.UnitHour:
                _hour = value;
                _found = Parts.Hour;
                break;
            case DateTimeTokens.UnitMinute:
                _minute = value;
                _found = Parts.Minute;
                break;
            case DateTimeTokens.UnitSecond:
                _second = value;
                _found = Parts.Second;
                if (hasFraction && !TryReadFraction(rest, out _microsecond))
                {
                    return ParseStatus.BadFormat;
                }

                break;
            case DateTimeTokens.UnitJulian:
                SetJulian(value);
                _found = Parts.Date;
                if (hasFraction)
                {
                    if (!TryReadDouble(rest, out double fraction))
                    {
                        return ParseStatus.BadFormat;
                    }

                    SetTime((long)(fraction * MicrosecondsPerDay));
                    _found |= Parts.Time;
                }

                break;
            default:
                return ParseStatus.BadFormat;
        }

        return ParseStatus.Ok;
    }

    private ParseStatus DecodeNumberField(int index)
    {
        ReadOnlySpan<byte> text = Text(index);
        int point = text.IndexOf((byte)'.');
        Parts seen = _seen | (_isTimeOnly ? Parts.Date : 0);
        if (_isTimeOnly)
        {
            if (point >= 0)
            {
                return index == 0 && _fields.Count >= 2 && _fields.Kind(_fields.Count - 1) == DateTimeFields.FieldKind.Date
                    ? DecodeDate(text)
                    : point > 2 ? DecodeDigits(text, seen) : ParseStatus.BadFormat;
            }

            return text.Length > 4 ? DecodeDigits(text, seen) : DecodeNumber(text, seen);
        }

        if (point >= 0 && (_seen & Parts.Date) == 0)
        {
            return DecodeDate(text);
        }

        if (point > 2
            || (point < 0 && text.Length >= 6 && ((_seen & Parts.Date) == 0 || (_seen & Parts.Time) == 0)))
        {
            return DecodeDigits(text, seen);
        }

        return DecodeNumber(text, seen);
    }

    /// <summary>A number on its own takes the part of the date that is open in the order month, day, year.</summary>
    private ParseStatus DecodeNumber(ReadOnlySpan<byte> text, Parts seen)
    {
        ReadOnlySpan<byte> rest = text;
        if (!TryReadInteger(ref rest, out int value))
        {
            return rest.Length < text.Length ? ParseStatus.FieldOverflow : ParseStatus.BadFormat;
        }

        if (rest.Length > 0)
        {
            if (rest[0] != '.')
            {
                return ParseStatus.BadFormat;
            }

            if (text.Length - rest.Length > 2)
            {
                return DecodeDigits(text, seen | Parts.Date);
            }

            if (!TryReadFraction(rest, out _microsecond))
            {
                return ParseStatus.BadFormat;
            }
        }

        if (text.Length == 3 && (seen & Parts.Date) == Parts.Year && value is >= 1 and <= 366)
        {
            _found = Parts.DayOfYear | Parts.Month | Parts.Day;
            _dayOfYear = value;
            return ParseStatus.Ok;
        }

        switch (seen & Parts.Date)
        {
            case Parts.None when text.Length >= 3:
                SetYear(value);
                break;
            case Parts.None:
            case Parts.Year:
            case Parts.Day:
                _found = Parts.Month;
                _month = value;
                break;
            case Parts.Month when _hasTextMonth && text.Length >= 3:
                SetYear(value);
                break;
            case Parts.Month:
                SetDay(value);
                break;
            case Parts.Year | Parts.Month when _hasTextMonth && text.Length >= 3 && _isTwoDigitYear:
                // The first number was the day, not the year: 31-jan-2024
                _found = Parts.Day;
                _day = _year;
                _year = value;
                _isTwoDigitYear = false;
                return ParseStatus.Ok;
            case Parts.Year | Parts.Month:
                SetDay(value);
                break;
            case Parts.Month | Parts.Day:
                SetYear(value);
                break;
            case Parts.Date:
                return DecodeDigits(text, seen);
            default:
                return ParseStatus.BadFormat;
        }

        if (_found == Parts.Year)
        {
            _isTwoDigitYear = text.Length <= 2;
        }

        return ParseStatus.Ok;
    }

    private void SetYear(int value)
    {
        _found = Parts.Year;
        _year = value;
    }

    private void SetDay(int value)
    {
        _found = Parts.Day;
        _day = value;
    }

    /// <summary>Digits run together: yyyymmdd, yymmdd, hhmmss, hhmm, with a fraction of the second.</summary>
    private ParseStatus DecodeDigits(ReadOnlySpan<byte> text, Parts seen)
    {
        int point = text.IndexOf((byte)'.');
        if (point >= 0)
        {
            if (!TryReadFraction(text[point..], out _microsecond))
            {
                return ParseStatus.BadFormat;
            }

            text = text[..point];
        }
        else if ((seen & Parts.Date) != Parts.Date && text.Length >= 6)
        {
            int length = text.Length;
            if (!TryReadAll(text[..(length - 4)], out _year)
                || !TryReadAll(text.Slice(length - 4, 2), out _month)
                || !TryReadAll(text[(length - 2)..], out _day))
            {
                return ParseStatus.BadFormat;
            }

            _found = Parts.Date;
            _isTwoDigitYear |= length == 6;
            return ParseStatus.Ok;
        }

        if ((seen & Parts.Time) != Parts.Time && text.Length is 4 or 6)
        {
            _second = 0;
            if (!TryReadAll(text[..2], out _hour)
                || !TryReadAll(text.Slice(2, 2), out _minute)
                || (text.Length == 6 && !TryReadAll(text[4..], out _second)))
            {
                return ParseStatus.BadFormat;
            }

            _found = Parts.Time;
            return ParseStatus.Ok;
        }

        return ParseStatus.BadFormat;
    }

    /// <summary>Takes digits off the front; false where there is none, or where they leave 32 bits.</summary>
    private static bool TryReadInteger(ref ReadOnlySpan<byte> text, out int value)
    {
        long result = 0;
        int i = 0;
        for (; i < text.Length && DecimalDigits.IsDigit(text[i]); i++)
        {
            result = Math.Min((result * 10) + (text[i] - '0'), int.MaxValue + 1L);
        }

        text = text[i..];
        value = (int)Math.Min(result, int.MaxValue);
        return i > 0 && result <= int.MaxValue;
    }

    /// <summary>As TryReadInteger, but nothing counts as zero: "10:" is ten o'clock.</summary>
    private static bool TryReadTimePart(ref ReadOnlySpan<byte> text, out int value)
    {
        bool isNumber = text.Length > 0 && DecimalDigits.IsDigit(text[0]);
        return TryReadInteger(ref text, out value) || !isNumber;
    }

    private static bool TryReadAll(ReadOnlySpan<byte> text, out int value) => TryReadInteger(ref text, out value) && text.IsEmpty;

    /// <summary>A point and digits, to microseconds.</summary>
    private static bool TryReadFraction(ReadOnlySpan<byte> text, out int microseconds)
    {
        microseconds = 0;
        if (text.Length == 1)
        {
            return true;
        }

        if (!TryReadDouble(text, out double fraction))
        {
            return false;
        }

        microseconds = (int)Math.Round(fraction * MicrosecondsPerSecond, MidpointRounding.ToEven);
        return true;
    }

    private static bool TryReadDouble(ReadOnlySpan<byte> text, out double value) =>
        double.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out value);
}
