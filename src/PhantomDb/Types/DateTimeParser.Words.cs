using static PhantomDb.Types.CivilCalendar;

namespace PhantomDb.Types;

/// <summary>Words: months, units, zones, and moments such as tomorrow and infinity.</summary>
internal ref partial struct DateTimeParser
{
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
}
