using static PhantomDb.Types.CivilCalendar;

namespace PhantomDb.Types;

/// <summary>Times with colons, and zones with a sign.</summary>
internal ref partial struct DateTimeParser
{
    /// <summary>hh:mm[:ss[.fff]], or mm:ss.fff.</summary>
    private ParseStatus DecodeTimeField(ReadOnlySpan<byte> text)
    {
        if (_pendingUnit is not (0 or DateTimeTokens.UnitTime))
        {
            return ParseStatus.BadFormat;
        }

        _pendingUnit = 0;
        _found = Parts.Time;
        _second = 0;
        _microsecond = 0;
        bool fits = TryReadTimePart(ref text, out _hour);
        if (text.IsEmpty || text[0] != ':')
        {
            return fits ? ParseStatus.BadFormat : ParseStatus.FieldOverflow;
        }

        text = text[1..];
        fits &= TryReadTimePart(ref text, out _minute);
        if (text.Length > 0 && text[0] == ':')
        {
            text = text[1..];
            fits &= TryReadTimePart(ref text, out _second);
        }
        else if (text.Length > 0)
        {
            (_hour, _minute, _second) = (0, _hour, _minute); // mm:ss.fff
        }

        if (!fits)
        {
            return ParseStatus.FieldOverflow;
        }

        if (text.Length > 0 && !TryReadFraction(text, out _microsecond))
        {
            return ParseStatus.BadFormat;
        }

        return IsTimeInRange() ? ParseStatus.Ok : ParseStatus.FieldOverflow;
    }

    private readonly bool IsTimeInRange() =>
        _hour is >= 0 and <= 24 && _minute is >= 0 and <= 59 && _second is >= 0 and <= 60
        && ((((_hour * 60L) + _minute) * 60) + _second) * MicrosecondsPerSecond + _microsecond <= MicrosecondsPerDay;

    private ParseStatus DecodeZoneField(ReadOnlySpan<byte> text)
    {
        _found = Parts.Zone;
        return DecodeOffset(text);
    }

    /// <summary>Sign, then hours, hhmm, hh:mm or hh:mm:ss.</summary>
    private ParseStatus DecodeOffset(ReadOnlySpan<byte> text)
    {
        int sign = text[0] == '-' ? -1 : 1;
        if (text[0] is not ((byte)'-' or (byte)'+'))
        {
            return ParseStatus.BadFormat;
        }

        text = text[1..];
        int length = text.Length;
        int minutes = 0;
        int seconds = 0;
        if (!TryReadInteger(ref text, out int hours))
        {
            return ParseStatus.BadFormat;
        }

        if (text.Length > 0 && text[0] == ':')
        {
            text = text[1..];
            if (!TryReadInteger(ref text, out minutes))
            {
                return ParseStatus.BadFormat;
            }

            if (text.Length > 0 && text[0] == ':')
            {
                text = text[1..];
                if (!TryReadInteger(ref text, out seconds))
                {
                    return ParseStatus.BadFormat;
                }
            }
        }
        else if (text.IsEmpty && length > 2)
        {
            (hours, minutes) = (hours / 100, hours % 100);
        }

        if (hours > OffsetHoursMax || minutes > 59 || seconds > 59)
        {
            return ParseStatus.ZoneOverflow;
        }

        _hasOffset = true;
        _offset = sign * ((((hours * 60) + minutes) * 60) + seconds);
        return text.IsEmpty ? ParseStatus.Ok : ParseStatus.BadFormat;
    }
}
