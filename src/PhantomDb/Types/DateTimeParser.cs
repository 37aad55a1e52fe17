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
internal ref partial struct DateTimeParser
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
}
