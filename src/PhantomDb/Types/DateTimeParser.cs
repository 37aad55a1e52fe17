using System.Globalization;
using System.Text;
using PhantomDb.Errors;
using static PhantomDb.Types.CivilCalendar;

namespace PhantomDb.Types;

/// <summary>
/// Reads dates and times in all the forms that PostgreSQL takes with DateStyle ISO, MDY. Two steps: the text is cut into
/// fields by their looks (number, date with separators, time with colons, zone with a sign, word); then each field takes
/// the first meaning that is still open, so that the order of fields is free. ISO text does not come here
/// (<see cref="DateTimeText"/>).
/// </summary>
internal ref struct DateTimeParser
{
    internal enum ParseStatus : byte
    {
        Ok,
        BadFormat,
        FieldOverflow,
        /// <summary>Month or day out of range: another order of the fields may have been meant.</summary>
        DateOrderOverflow,
        ZoneOverflow,
        UnknownZone,
    }

    internal enum ResultKind : byte
    {
        Fields,
        Epoch,
        Infinity,
        MinusInfinity,
    }

    /// <summary>What has been read so far; a part may be read once only.</summary>
    [Flags]
    private enum Parts
    {
        None = 0,
        Year = 1,
        Month = 2,
        Day = 4,
        Date = Year | Month | Day,
        DayOfYear = 8,
        Hour = 16,
        Minute = 32,
        Second = 64,
        Time = Hour | Minute | Second,
        Zone = 128,
        DayOfWeek = 256,
        AmPm = 512,
        Era = 1024,
        DaylightModifier = 2048,
    }

    internal struct Result
    {
        public ParseStatus Status;
        public ResultKind Kind;
        public int Year;
        public int Month;
        public int Day;
        /// <summary>Microseconds since midnight, up to 24 hours and a leap second.</summary>
        public long TimeOfDay;
        public bool HasOffset;
        /// <summary>East of Greenwich.</summary>
        public int OffsetSeconds;
        public SessionTimeZone? Zone;
        public string? ZoneName;
    }

    private const int OffsetHoursMax = 15;

    private readonly DateTimeClock _clock;
    private readonly bool _isTimeOnly;
    private readonly DateTimeFields _fields;

    private Parts _seen;
    private Parts _found;
    private ResultKind _kind;
    private int _year;
    private int _month;
    private int _day;
    private int _dayOfYear;
    private int _hour;
    private int _minute;
    private int _second;
    private int _microsecond;
    private int _pendingUnit;
    private bool _isTwoDigitYear;
    private bool _hasTextMonth;
    private bool _isJulian;
    private bool _isBeforeChrist;
    private int _amPm;
    private bool _hasOffset;
    private int _offset;
    private SessionTimeZone? _zone;
    private string? _unknownZone;

    private DateTimeParser(DateTimeFields fields, in DateTimeClock clock, bool isTimeOnly)
    {
        _fields = fields;
        _clock = clock;
        _isTimeOnly = isTimeOnly;
        _amPm = -1;
    }

    public static Result Parse(ReadOnlySpan<byte> text, in DateTimeClock clock, bool isTimeOnly)
    {
        var fields = new DateTimeFields(stackalloc byte[DateTimeFields.TextLengthMax]);
        if (!fields.TrySplit(text))
        {
            return new Result { Status = ParseStatus.BadFormat };
        }

        var parser = new DateTimeParser(fields, clock, isTimeOnly);
        ParseStatus status = parser.Decode();
        long time = (((parser._hour * 60L) + parser._minute) * 60) + parser._second;
        return new Result
        {
            Status = status,
            Kind = parser._kind,
            Year = parser._year,
            Month = parser._month,
            Day = parser._day,
            TimeOfDay = (time * MicrosecondsPerSecond) + parser._microsecond,
            HasOffset = parser._hasOffset,
            OffsetSeconds = parser._offset,
            Zone = parser._zone,
            ZoneName = parser._unknownZone,
        };
    }

    public static PhantomDbException MakeError(in Result result, ReadOnlySpan<byte> text, string typeName)
    {
        string shown = Encoding.UTF8.GetString(text);
        return result.Status switch
        {
            ParseStatus.FieldOverflow => Error.DatetimeFieldOverflow(shown),
            ParseStatus.DateOrderOverflow => Error.DateOrderOverflow(shown),
            ParseStatus.ZoneOverflow => Error.TimeZoneDisplacementOverflow(shown),
            ParseStatus.UnknownZone => Error.TimeZoneNotRecognized(result.ZoneName ?? shown),
            _ => Error.InvalidDatetimeInput(typeName, shown),
        };
    }

    private readonly ReadOnlySpan<byte> Text(int field) => _fields.Text(field);

    private static bool IsLetter(byte c) => DateTimeFields.IsLetter(c);

    private ParseStatus Decode()
    {
        if (_fields.Count == 0)
        {
            return ParseStatus.BadFormat;
        }

        for (int i = 0; i < _fields.Count; i++)
        {
            _found = Parts.None;
            ParseStatus status = _fields.Kind(i) switch
            {
                DateTimeFields.FieldKind.Date => DecodeDateField(i),
                DateTimeFields.FieldKind.Time => DecodeTimeField(Text(i)),
                DateTimeFields.FieldKind.Zone => DecodeZoneField(Text(i)),
                DateTimeFields.FieldKind.Number => _pendingUnit != 0 ? DecodeUnitNumber(Text(i)) : DecodeNumberField(i),
                _ => DecodeWord(i),
            };
            if (status != ParseStatus.Ok)
            {
                return status;
            }

            if ((_found & _seen) != 0)
            {
                return ParseStatus.BadFormat;
            }

            _seen |= _found;
        }

        return _pendingUnit != 0 ? ParseStatus.BadFormat : Finish();
    }

    private ParseStatus DecodeDateField(int index)
    {
        ReadOnlySpan<byte> text = Text(index);
        if (_pendingUnit == DateTimeTokens.UnitJulian)
        {
            // j2451187-0800: a Julian day with a zone
            _pendingUnit = 0;
            if (!TryReadInteger(ref text, out int julian) || text.IsEmpty)
            {
                return ParseStatus.BadFormat;
            }

            SetJulian(julian);
            _found = Parts.Date | Parts.Time | Parts.Zone;
            return DecodeOffset(text);
        }

        bool isTimeWithoutDate = _isTimeOnly
            && !(index == 0 && _fields.Count >= 2 && (_fields.Kind(_fields.Count - 1) == DateTimeFields.FieldKind.Date || _fields.Kind(1) == DateTimeFields.FieldKind.Time));
        if (_pendingUnit == 0 && !isTimeWithoutDate && (_seen & (Parts.Month | Parts.Day)) != (Parts.Month | Parts.Day))
        {
            return DecodeDate(text);
        }

        // A date is there already: a time and a zone run together (hhmmss-zz), or a zone by name.
        if (_pendingUnit != 0 || DecimalDigits.IsDigit(text[0]))
        {
            if (_pendingUnit is not (0 or DateTimeTokens.UnitTime) || (!isTimeWithoutDate && (_seen & Parts.Time) == Parts.Time))
            {
                return ParseStatus.BadFormat;
            }

            _pendingUnit = 0;
            int dash = text.IndexOf((byte)'-');
            if (dash < 0)
            {
                return ParseStatus.BadFormat;
            }

            ParseStatus status = DecodeOffset(text[dash..]);
            if (status != ParseStatus.Ok)
            {
                return status;
            }

            status = DecodeDigits(text[..dash], _seen | (_isTimeOnly ? Parts.Date : 0));
            _found |= Parts.Zone;
            return status;
        }

        return DecodeZoneName(text);
    }

    private ParseStatus DecodeZoneName(ReadOnlySpan<byte> text)
    {
        string name = Encoding.ASCII.GetString(text);
        _found = Parts.Zone;
        if (SessionTimeZone.TryFind(name, out SessionTimeZone zone))
        {
            _zone = zone;
            return ParseStatus.Ok;
        }

        _unknownZone = name;
        return ParseStatus.UnknownZone;
    }

    /// <summary>A date in one field: month, day and year with separators, the month perhaps as a word.</summary>
    private ParseStatus DecodeDate(ReadOnlySpan<byte> text)
    {
        Span<(int Start, int Length)> parts = stackalloc (int, int)[3];
        int count = 0;
        int i = 0;
        while (i < text.Length && count < 3)
        {
            while (i < text.Length && !DecimalDigits.IsDigit(text[i]) && !IsLetter(text[i]))
            {
                i++;
            }

            if (i == text.Length)
            {
                return ParseStatus.BadFormat;
            }

            int start = i;
            bool isNumber = DecimalDigits.IsDigit(text[i]);
            while (i < text.Length && (isNumber ? DecimalDigits.IsDigit(text[i]) : IsLetter(text[i])))
            {
                i++;
            }

            parts[count++] = (start, i - start);
        }

        Parts inField = Parts.None;

        // Words first: a month by name settles what the numbers are.
        for (int part = 0; part < count; part++)
        {
            ReadOnlySpan<byte> word = text.Slice(parts[part].Start, parts[part].Length);
            if (!IsLetter(word[0]))
            {
                continue;
            }

            DateTimeTokens.Kind kind = DateTimeTokens.Find(word, out int value);
            if (kind == DateTimeTokens.Kind.Ignore)
            {
                continue;
            }

            if (kind != DateTimeTokens.Kind.Month || (inField & Parts.Month) != 0)
            {
                return ParseStatus.BadFormat;
            }

            _month = value;
            _hasTextMonth = true;
            inField |= Parts.Month;
            parts[part].Length = 0;
        }

        for (int part = 0; part < count; part++)
        {
            if (parts[part].Length == 0)
            {
                continue;
            }

            _found = Parts.None;
            ReadOnlySpan<byte> number = text.Slice(parts[part].Start, parts[part].Length);
            if (IsLetter(number[0]))
            {
                continue; // at, on
            }

            ParseStatus status = DecodeNumber(number, _seen | inField);
            if (status != ParseStatus.Ok)
            {
                return status;
            }

            if ((inField & _found) != 0)
            {
                return ParseStatus.BadFormat;
            }

            inField |= _found;
        }

        _found = inField;
        Parts all = (_seen | inField) & ~(Parts.DayOfYear | Parts.Zone);
        return i == text.Length && all == Parts.Date ? ParseStatus.Ok : ParseStatus.BadFormat;
    }

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

    private ParseStatus DecodeWord(int index)
    {
        ReadOnlySpan<byte> word = Text(index);
        if (TimeZoneAbbreviations.TryGetOffset(word, out int offset))
        {
            _found = Parts.Zone;
            _hasOffset = true;
            _offset = offset;
            return ParseStatus.Ok;
        }

        DateTimeTokens.Kind kind = DateTimeTokens.Find(word, out int value);
        switch (kind)
        {
            case DateTimeTokens.Kind.Ignore:
                return ParseStatus.Ok;
            case DateTimeTokens.Kind.Now:
                _found = Parts.Date | Parts.Time | Parts.Zone;
                SetDay(0, setTime: true);
                _found = Parts.Date | Parts.Time | Parts.Zone;
                return ParseStatus.Ok;
            case DateTimeTokens.Kind.Today or DateTimeTokens.Kind.Tomorrow or DateTimeTokens.Kind.Yesterday:
                if (_isTimeOnly)
                {
                    return ParseStatus.BadFormat;
                }

                SetDay(kind == DateTimeTokens.Kind.Today ? 0 : kind == DateTimeTokens.Kind.Tomorrow ? 1 : -1, setTime: false);
                _found = Parts.Date;
                return ParseStatus.Ok;
            case DateTimeTokens.Kind.AllBalls:
                _found = Parts.Time | Parts.Zone;
                _hasOffset = true;
                _offset = 0;
                return ParseStatus.Ok;
            case DateTimeTokens.Kind.Epoch or DateTimeTokens.Kind.Infinity or DateTimeTokens.Kind.MinusInfinity:
                if (_isTimeOnly)
                {
                    return ParseStatus.BadFormat;
                }

                _found = Parts.Date | Parts.Time | Parts.Zone;
                _kind = kind == DateTimeTokens.Kind.Epoch ? ResultKind.Epoch
                    : kind == DateTimeTokens.Kind.Infinity ? ResultKind.Infinity : ResultKind.MinusInfinity;
                return ParseStatus.Ok;
            case DateTimeTokens.Kind.Month when !_isTimeOnly:
                _found = Parts.Month;
                if ((_seen & Parts.Month) != 0 && !_hasTextMonth && (_seen & Parts.Day) == 0 && _month is >= 1 and <= 31)
                {
                    _day = _month; // the number before was the day: 31 jan 2024
                    _found = Parts.Day;
                }

                _hasTextMonth = true;
                _month = value;
                return ParseStatus.Ok;
            case DateTimeTokens.Kind.DayOfWeek when !_isTimeOnly:
                _found = Parts.DayOfWeek;
                return ParseStatus.Ok;
            case DateTimeTokens.Kind.AmPm:
                _found = Parts.AmPm;
                _amPm = value;
                return ParseStatus.Ok;
            case DateTimeTokens.Kind.Era:
                _found = Parts.Era;
                _isBeforeChrist = value == 1;
                return ParseStatus.Ok;
            case DateTimeTokens.Kind.DaylightModifier:
                _found = Parts.DaylightModifier;
                _offset += 3600;
                return _hasOffset ? ParseStatus.Ok : ParseStatus.BadFormat;
            case DateTimeTokens.Kind.Unit:
                if (_pendingUnit != 0)
                {
                    return ParseStatus.BadFormat;
                }

                _pendingUnit = value;
                return ParseStatus.Ok;
            case DateTimeTokens.Kind.IsoTime:
                bool isFollowed = index + 1 < _fields.Count
                    && _fields.Kind(index + 1) is DateTimeFields.FieldKind.Number or DateTimeFields.FieldKind.Time or DateTimeFields.FieldKind.Date;
                if (!isFollowed || _pendingUnit != 0 || (!_isTimeOnly && (_seen & Parts.Date) != Parts.Date))
                {
                    return ParseStatus.BadFormat;
                }

                _pendingUnit = value;
                return ParseStatus.Ok;
            default:
                if (_fields.Kind(index) == DateTimeFields.FieldKind.Word && DecodeZoneName(word) == ParseStatus.Ok)
                {
                    return ParseStatus.Ok;
                }

                return ParseStatus.BadFormat;
        }
    }

    /// <summary>The day of the statement's time in its zone, shifted; with the time of day or midnight.</summary>
    private void SetDay(int shift, bool setTime)
    {
        long local = _clock.Zone.ToLocal(_clock.NowUtc);
        FromDays(SplitDays(local, out long timeOfDay) + shift, out _year, out _month, out _day);
        if (setTime)
        {
            SetTime(timeOfDay);
            _hasOffset = true;
            _offset = _clock.Zone.OffsetAt(_clock.NowUtc);
        }
    }

    private void SetTime(long timeOfDay)
    {
        long seconds = timeOfDay / MicrosecondsPerSecond;
        _microsecond = (int)(timeOfDay - (seconds * MicrosecondsPerSecond));
        _hour = (int)(seconds / 3600);
        _minute = (int)(seconds / 60 % 60);
        _second = (int)(seconds % 60);
    }

    private void SetJulian(int julian)
    {
        FromDays(julian - JulianEpoch, out _year, out _month, out _day);
        _isJulian = true;
    }

    /// <summary>Checks the parts against each other once all are read.</summary>
    private ParseStatus Finish()
    {
        if (_kind != ResultKind.Fields)
        {
            return ParseStatus.Ok;
        }

        ParseStatus status = FinishDate();
        if (status != ParseStatus.Ok)
        {
            return status;
        }

        if (_amPm >= 0)
        {
            if (_hour > 12)
            {
                return ParseStatus.FieldOverflow;
            }

            _hour = _amPm == 0 && _hour == 12 ? 0 : _amPm == 1 && _hour != 12 ? _hour + 12 : _hour;
        }

        if (!IsTimeInRange())
        {
            return ParseStatus.FieldOverflow;
        }

        if (_isTimeOnly)
        {
            // A zone by name has an offset on a given date only.
            return (_seen & Parts.Time) == Parts.Time && (_zone is null || (_seen & Parts.Date) == Parts.Date) ? ParseStatus.Ok : ParseStatus.BadFormat;
        }

        return (_seen & Parts.Date) == Parts.Date ? ParseStatus.Ok : ParseStatus.BadFormat;
    }

    private ParseStatus FinishDate()
    {
        if ((_seen & Parts.Year) != 0 && !_isJulian)
        {
            if (_isBeforeChrist)
            {
                if (_year <= 0)
                {
                    return ParseStatus.FieldOverflow;
                }

                _year = 1 - _year;
            }
            else if (_isTwoDigitYear)
            {
                _year += _year < 70 ? 2000 : _year < 100 ? 1900 : 0;
            }
            else if (_year <= 0)
            {
                return ParseStatus.FieldOverflow;
            }
        }

        if ((_seen & Parts.DayOfYear) != 0)
        {
            if (_year > 5874897)
            {
                return ParseStatus.FieldOverflow;
            }

            FromDays(ToDays(_year, 1, 1) + _dayOfYear - 1, out _year, out _month, out _day);
        }

        if (((_seen & Parts.Month) != 0 && _month is < 1 or > 12) || ((_seen & Parts.Day) != 0 && _day is < 1 or > 31))
        {
            return ParseStatus.DateOrderOverflow;
        }

        return (_seen & Parts.Date) == Parts.Date && _day > DaysInMonth(_year, _month)
            ? ParseStatus.FieldOverflow
            : ParseStatus.Ok;
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
