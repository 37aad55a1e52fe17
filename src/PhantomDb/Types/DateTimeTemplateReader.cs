using System.Text;
using PhantomDb.Errors;
using static PhantomDb.Types.CivilCalendar;
using Node = PhantomDb.Types.DateTimeTemplate.Node;
using NodeKind = PhantomDb.Types.DateTimeTemplate.NodeKind;
using Pattern = PhantomDb.Types.DateTimeTemplate.Pattern;

namespace PhantomDb.Types;

/// <summary>
/// to_date and to_timestamp: reads text with a template. As lenient as PostgreSQL: separators match any separator, blanks
/// are skipped (unless FX), a number that no digit follows may have any width. Months and days out of range are 22008.
/// </summary>
internal ref struct DateTimeTemplateReader
{
    private readonly ReadOnlySpan<byte> _text;
    private int _at;

    private bool _isIso;
    private bool _isGregorian;
    private bool _isTwelveHours;
    private bool _isAfternoon;
    private bool _isBeforeChrist;
    private int _hour;
    private int _minute;
    private int _second;
    private int _secondsOfDay;
    private int _milliseconds;
    private int _microseconds;
    private int _dayOfWeek;
    private int _day;
    private int _dayOfYear;
    private int _month;
    private int _year;
    private int _yearDigits;
    private int _century;
    private int _julian;
    private int _weekOfYear;
    private int _weekOfMonth;
    private int _zoneSign;
    private int _zoneHours;
    private int _zoneMinutes;
    private int _quarter;

    private DateTimeTemplateReader(ReadOnlySpan<byte> text) => _text = text;

    public static int ToDate(ReadOnlySpan<byte> text, DateTimeTemplate template)
    {
        var reader = new DateTimeTemplateReader(text);
        reader.Read(template.Nodes);
        reader.Resolve(out int year, out int month, out int day, out _);
        return TryToDays(year, month, day, out int date)
            ? date
            : throw Error.DatetimeTextOutOfRange("date", Encoding.UTF8.GetString(text));
    }

    /// <summary>timestamptz; the zone is the session's where the text has none (TZH).</summary>
    public static long ToTimestampTz(ReadOnlySpan<byte> text, DateTimeTemplate template, SessionTimeZone zone)
    {
        var reader = new DateTimeTemplateReader(text);
        reader.Read(template.Nodes);
        reader.Resolve(out int year, out int month, out int day, out long time);
        if (TryToDays(year, month, day, out int days) && days <= TimestampEnd / MicrosecondsPerDay)
        {
            long local = (days * MicrosecondsPerDay) + time;
            long utc = reader._zoneSign != 0
                ? local - (reader._zoneSign * ((reader._zoneHours * MicrosecondsPerHour) + (reader._zoneMinutes * MicrosecondsPerMinute)))
                : zone.ToUtc(local);
            if (IsTimestampInRange(utc))
            {
                return utc;
            }
        }

        throw Error.DatetimeOutOfRange("timestamp");
    }

    private void Read(ReadOnlySpan<Node> nodes)
    {
        bool isFixed = false;
        int skipped = 0; // blanks skipped beyond what the template has
        for (int n = 0; n < nodes.Length && _at < _text.Length; n++)
        {
            Node node = nodes[n];
            if (!isFixed && node.Pattern != Pattern.FixedFormat && (node.Kind == NodeKind.Pattern || n == 0))
            {
                skipped += SkipSpaces();
                if (_at >= _text.Length)
                {
                    break;
                }
            }

            if (node.Kind is NodeKind.Space or NodeKind.Separator)
            {
                if (isFixed)
                {
                    SkipCharacter();
                }
                else
                {
                    skipped--;
                    if (DecimalDigits.IsSpace(_text[_at]) || IsSeparator(_text[_at]))
                    {
                        _at++;
                        skipped++;
                    }
                }

                continue;
            }

            if (node.Kind == NodeKind.Character)
            {
                if (!isFixed && skipped > 0)
                {
                    skipped--;
                }
                else
                {
                    SkipCharacter();
                }

                continue;
            }

            isFixed |= node.Pattern == Pattern.FixedFormat;
            ReadPattern(node, IsNumberOpen(nodes, n), skipped);
            if (!isFixed)
            {
                skipped = SkipSpaces();
            }
        }
    }

    /// <summary>Nothing of digits follows, so that the number may have any width.</summary>
    private static bool IsNumberOpen(ReadOnlySpan<Node> nodes, int n)
    {
        if (nodes[n].IsFill || nodes[n].HasOrdinal || n + 1 == nodes.Length)
        {
            return true;
        }

        Node next = nodes[n + 1];
        return next.Kind == NodeKind.Pattern
            ? !next.IsDigits
            : !(next.Text.Length == 1 && char.IsAsciiDigit(next.Text[0]));
    }

    private void ReadPattern(in Node node, bool isOpen, int skipped)
    {
        switch (node.Pattern)
        {
            case Pattern.FixedFormat: return;
            case Pattern.DottedAmPm: Set(ref _isAfternoon, ReadWord(node, ["a.m.", "p.m."]) == 1); _isTwelveHours = true; return;
            case Pattern.AmPm: Set(ref _isAfternoon, ReadWord(node, ["am", "pm"]) == 1); _isTwelveHours = true; return;
            case Pattern.DottedEra: _isBeforeChrist = ReadWord(node, ["a.d.", "b.c."]) == 1; return;
            case Pattern.Era: _isBeforeChrist = ReadWord(node, ["ad", "bc"]) == 1; return;
            case Pattern.Hour12: ReadNumber(node, 2, isOpen, ref _hour); _isTwelveHours = true; break;
            case Pattern.Hour24: ReadNumber(node, 2, isOpen, ref _hour); break;
            case Pattern.Minute: ReadNumber(node, 2, isOpen, ref _minute); break;
            case Pattern.Second: ReadNumber(node, 2, isOpen, ref _second); break;
            case Pattern.Milliseconds:
                int width = ReadNumber(node, 3, isOpen, ref _milliseconds);
                _milliseconds *= width == 1 ? 100 : width == 2 ? 10 : 1;
                break;
            case Pattern.Microseconds or Pattern.Fraction:
                width = ReadNumber(node, node.Pattern == Pattern.Microseconds ? 6 : node.Digits, isOpen, ref _microseconds);
                _microseconds *= width < 6 ? (int)PowersOfTen.Narrow[6 - width] : 1;
                break;
            case Pattern.SecondsOfDay: ReadNumber(node, node.Text.Length, isOpen, ref _secondsOfDay); break;
            case Pattern.Zone or Pattern.Offset:
                throw new PhantomDbException(SqlStates.FeatureNotSupported, $"formatting field \"{node.Text}\" is only supported in to_char");
            case Pattern.ZoneHours:
                // The minus may have been taken for a separator.
                _zoneSign = skipped > 0 && _at > 0 && _text[_at - 1] == '-' ? -1 : 1;
                if (_text[_at] is (byte)'+' or (byte)'-' or (byte)' ')
                {
                    _zoneSign = _text[_at++] == '-' ? -1 : 1;
                }

                ReadNumber(node, 2, isOpen, ref _zoneHours);
                break;
            case Pattern.ZoneMinutes:
                _zoneSign = _zoneSign == 0 ? 1 : _zoneSign;
                ReadNumber(node, 2, isOpen, ref _zoneMinutes);
                break;
            case Pattern.MonthName: SetOnce(ref _month, ReadName(node, 12, DateTimeTemplate.MonthName, isShort: false) + 1, node); UseGregorian(); return;
            case Pattern.MonthNameShort: SetOnce(ref _month, ReadName(node, 12, DateTimeTemplate.MonthName, isShort: true) + 1, node); UseGregorian(); return;
            case Pattern.Month: UseGregorian(); ReadNumber(node, 2, isOpen, ref _month); break;
            case Pattern.DayName: SetOnce(ref _dayOfWeek, ReadName(node, 7, i => DateTimeTemplate.DayName(i - 1), isShort: false) + 1, node); return;
            case Pattern.DayNameShort: SetOnce(ref _dayOfWeek, ReadName(node, 7, i => DateTimeTemplate.DayName(i - 1), isShort: true) + 1, node); return;
            case Pattern.DayOfYear: UseGregorian(); ReadNumber(node, 3, isOpen, ref _dayOfYear); break;
            case Pattern.IsoDayOfYear: UseIso(); ReadNumber(node, 3, isOpen, ref _dayOfYear); break;
            case Pattern.DayOfMonth: UseGregorian(); ReadNumber(node, 2, isOpen, ref _day); break;
            case Pattern.DayOfWeek: UseGregorian(); ReadNumber(node, 1, isOpen, ref _dayOfWeek); break;
            case Pattern.IsoDayOfWeek:
                UseIso();
                ReadNumber(node, 1, isOpen, ref _dayOfWeek);
                _dayOfWeek = _dayOfWeek == 7 ? 1 : _dayOfWeek + 1; // Sunday is 1
                break;
            case Pattern.WeekOfYear: UseGregorian(); ReadNumber(node, 2, isOpen, ref _weekOfYear); break;
            case Pattern.IsoWeek: UseIso(); ReadNumber(node, 2, isOpen, ref _weekOfYear); break;
            case Pattern.Quarter:
                ReadNumber(node, 1, isOpen, ref _quarter); // read and ignored, as in PostgreSQL
                _quarter = 0;
                break;
            case Pattern.Century: UseGregorian(); ReadNumber(node, 2, isOpen, ref _century); break;
            case Pattern.YearWithComma: UseGregorian(); ReadYearWithComma(node); break;
            case Pattern.Year4 or Pattern.Year3 or Pattern.Year2 or Pattern.Year1: UseGregorian(); ReadYear(node, isOpen); break;
            case Pattern.IsoYear4 or Pattern.IsoYear3 or Pattern.IsoYear2 or Pattern.IsoYear1: UseIso(); ReadYear(node, isOpen); break;
            case Pattern.RomanMonth:
                UseGregorian();
                string[] lower = Array.ConvertAll(DateTimeTemplate.RomanMonths, static s => s.ToLowerInvariant());
                SetOnce(ref _month, ReadWord(node, lower) + 1, node);
                return;
            case Pattern.WeekOfMonth: UseGregorian(); ReadNumber(node, 1, isOpen, ref _weekOfMonth); break;
            case Pattern.Julian: ReadNumber(node, 1, isOpen: true, ref _julian); break;
            default: throw Error.Internal("template pattern");
        }

        if (node.HasOrdinal)
        {
            _at = Math.Min(_at + 2, _text.Length);
        }
    }

    private static void Set(ref bool target, bool value) => target = value;

    private void ReadYear(in Node node, bool isOpen)
    {
        int digits = node.Pattern switch
        {
            Pattern.Year4 or Pattern.IsoYear4 => 4,
            Pattern.Year3 or Pattern.IsoYear3 => 3,
            Pattern.Year2 or Pattern.IsoYear2 => 2,
            _ => 1,
        };
        int before = _year;
        _year = 0;
        int width = ReadNumber(node, digits, isOpen, ref _year);
        if (digits < 4 && width < 4)
        {
            // The year nearest to 2020 that ends so.
            _year += _year < 70 ? 2000 : _year < 100 ? 1900 : _year < 520 ? 2000 : _year < 1000 ? 1000 : 0;
        }

        int value = _year;
        _year = before;
        SetOnce(ref _year, value, node);
        _yearDigits = digits;
    }

    private void ReadYearWithComma(in Node node)
    {
        int comma = _text[_at..].IndexOf((byte)',');
        if (comma <= 0 || !IntegerText.TryParseInt32(_text.Slice(_at, comma), out int thousands))
        {
            throw Invalid(Encoding.UTF8.GetString(_text[_at..]), node, null);
        }

        _at += comma + 1;
        int rest = 0;
        int end = _at;
        while (end < _text.Length && end - _at < 3 && DecimalDigits.IsDigit(_text[end]))
        {
            rest = (rest * 10) + (_text[end++] - '0');
        }

        _at = end;
        SetOnce(ref _year, (thousands * 1000) + rest, node);
        _yearDigits = 4;
    }

    /// <summary>Reads a number of a width, or of any where it is open; returns how many characters it had.</summary>
    private int ReadNumber(in Node node, int width, bool isOpen, ref int target)
    {
        SkipSpaces();
        int start = _at;
        int sign = _at < _text.Length && _text[_at] is (byte)'-' or (byte)'+' ? 1 : 0;
        int available = _text.Length - start;
        int limit = isOpen ? available : Math.Min(width, available);
        if (!isOpen && available < width)
        {
            throw new PhantomDbException(SqlStates.InvalidDatetimeFormat, $"source string too short for \"{node.Text}\" formatting field")
            {
                Detail = $"Field requires {width} characters, but only {available} remain.",
                Hint = "If your source string is not fixed-width, try using the \"FM\" modifier.",
            };
        }

        long value = 0;
        int length = sign;
        while (length < limit && DecimalDigits.IsDigit(_text[start + length]))
        {
            value = Math.Min((value * 10) + (_text[start + length] - '0'), int.MaxValue + 1L);
            length++;
        }

        if (length == sign)
        {
            throw Invalid(Encoding.UTF8.GetString(_text.Slice(start, Math.Min(width, available))), node, "Value must be an integer.");
        }

        if (!isOpen && length < width)
        {
            throw Invalid(Encoding.UTF8.GetString(_text.Slice(start, width)), node,
                $"Field requires {width} characters, but only {length} could be parsed.");
        }

        if (value > int.MaxValue)
        {
            throw new PhantomDbException(SqlStates.DatetimeFieldOverflow, $"value for \"{node.Text}\" in source string is out of range");
        }

        value = sign == 1 && _text[start] == '-' ? -value : value;
        SetOnce(ref target, (int)value, node);
        _at = start + length;
        return length;
    }

    private readonly int WordLength(int start)
    {
        int end = start;
        while (end < _text.Length && !DecimalDigits.IsSpace(_text[end]))
        {
            end++;
        }

        return Math.Max(end - start, 1);
    }

    private static void SetOnce(ref int target, int value, in Node node)
    {
        if (target != 0 && target != value)
        {
            throw new PhantomDbException(SqlStates.InvalidDatetimeFormat, $"conflicting values for \"{node.Text}\" field in formatting string")
            {
                Detail = "This value contradicts a previous setting for the same field type.",
            };
        }

        target = value;
    }

    private int ReadName(in Node node, int count, Func<int, string> name, bool isShort)
    {
        for (int i = 0; i < count; i++)
        {
            string full = name(i + 1);
            string candidate = isShort ? full[..3] : full;
            if (StartsWithIgnoreCase(candidate))
            {
                _at += candidate.Length;
                return i;
            }
        }

        throw NoWord(node);
    }

    private int ReadWord(in Node node, scoped ReadOnlySpan<string> words)
    {
        int best = -1;
        for (int i = 0; i < words.Length; i++)
        {
            // The longest, because one Roman number is the start of another.
            if (StartsWithIgnoreCase(words[i]) && (best < 0 || words[i].Length > words[best].Length))
            {
                best = i;
            }
        }

        if (best < 0)
        {
            throw NoWord(node);
        }

        _at += words[best].Length;
        return best;
    }

    private readonly bool StartsWithIgnoreCase(string word)
    {
        if (_text.Length - _at < word.Length)
        {
            return false;
        }

        for (int i = 0; i < word.Length; i++)
        {
            if (DecimalDigits.ToLower(_text[_at + i]) != DecimalDigits.ToLower((byte)word[i]))
            {
                return false;
            }
        }

        return true;
    }

    private readonly PhantomDbException NoWord(in Node node) => Invalid(
        Encoding.UTF8.GetString(_text.Slice(_at, Math.Min(WordLength(_at), _text.Length - _at))), node,
        "The given value did not match any of the allowed values for this field.");

    private static PhantomDbException Invalid(string value, in Node node, string? detail) =>
        new(SqlStates.InvalidDatetimeFormat, $"invalid value \"{value}\" for \"{node.Text}\"") { Detail = detail };

    private void UseIso() => CheckConvention(_isIso = true);

    private void UseGregorian() => CheckConvention(_isGregorian = true);

    private readonly void CheckConvention(bool _)
    {
        if (_isIso && _isGregorian)
        {
            throw new PhantomDbException(SqlStates.InvalidDatetimeFormat, "invalid combination of date conventions")
            {
                Hint = "Do not mix Gregorian and ISO week date conventions in a formatting template.",
            };
        }
    }

    private int SkipSpaces()
    {
        int start = _at;
        while (_at < _text.Length && DecimalDigits.IsSpace(_text[_at]))
        {
            _at++;
        }

        return _at - start;
    }

    private void SkipCharacter()
    {
        _at++;
        while (_at < _text.Length && (_text[_at] & 0xC0) == 0x80)
        {
            _at++;
        }
    }

    private static bool IsSeparator(byte c) => c is > 32 and < 127 && !char.IsAsciiLetterOrDigit((char)c);

    /// <summary>Puts the parts together: the year of the century, the day of the week or year, the hour of the half-day.</summary>
    private void Resolve(out int year, out int month, out int day, out long time)
    {
        if (_secondsOfDay != 0)
        {
            (_hour, _minute, _second) = (_secondsOfDay / 3600, _secondsOfDay / 60 % 60, _secondsOfDay % 60);
        }

        if (_isTwelveHours)
        {
            if (_hour is < 1 or > 12)
            {
                throw new PhantomDbException(SqlStates.InvalidDatetimeFormat, $"hour \"{_hour}\" is invalid for the 12-hour clock")
                {
                    Hint = "Use the 24-hour clock, or give an hour between 1 and 12.",
                };
            }

            _hour = _isAfternoon && _hour < 12 ? _hour + 12 : !_isAfternoon && _hour == 12 ? 0 : _hour;
        }

        bool hasYear = ResolveYear(out year);
        month = 1;
        day = 1;
        if (_julian != 0)
        {
            FromDays(_julian - JulianEpoch, out year, out month, out day);
            hasYear = true;
        }

        if (_weekOfYear != 0)
        {
            if (_isIso)
            {
                // The Monday of the week, or its day of the week (Sunday is 1 and comes last).
                int weekday = _dayOfWeek == 0 ? 0 : (_dayOfWeek + 5) % 7;
                FromDays(FromIsoWeek(year, _weekOfYear) + weekday, out year, out month, out day);
            }
            else
            {
                _dayOfYear = ((_weekOfYear - 1) * 7) + 1;
            }
        }

        _day = _weekOfMonth != 0 ? ((_weekOfMonth - 1) * 7) + 1 : _day;
        day = _day != 0 ? _day : day;
        month = _month != 0 ? _month : month;
        if (_dayOfYear != 0 && (month <= 1 || day <= 1))
        {
            if (!hasYear && !_isBeforeChrist)
            {
                throw new PhantomDbException(SqlStates.InvalidDatetimeFormat, "cannot calculate day of year without year information");
            }

            EnsureField(_dayOfYear is >= 1 and <= 366 + 6);
            int first = _isIso ? FromIsoWeek(year, 1) : ToDays(year, 1, 1);
            FromDays(first + _dayOfYear - 1, out int yearOfDay, out month, out day);
            EnsureField(_isIso || yearOfDay == year);
            year = yearOfDay;
        }

        EnsureField(year < 5_900_000 && month is >= 1 and <= 12 && day >= 1 && day <= DaysInMonth(year, month));
        time = (((((_hour * 60L) + _minute) * 60) + _second) * MicrosecondsPerSecond) + (_milliseconds * 1000L) + _microseconds;
        EnsureField(_hour is >= 0 and <= 23 && _minute is >= 0 and <= 59 && _second is >= 0 and <= 59);
        EnsureField(_zoneHours is >= 0 and <= 15 && _zoneMinutes is >= 0 and <= 59);
    }

    private readonly bool ResolveYear(out int year)
    {
        int century = _isBeforeChrist ? -_century : _century;
        year = 0;
        if (_year != 0)
        {
            if (_century != 0 && _yearDigits <= 2)
            {
                // The 21st century runs from 2001 to 2100.
                year = _year % 100;
                year = year != 0
                    ? century >= 0 ? year + ((century - 1) * 100) : ((century + 1) * 100) - year + 1
                    : (century * 100) + (century >= 0 ? 0 : 1);
            }
            else
            {
                year = _isBeforeChrist ? -_year : _year;
                year += year < 0 ? 1 : 0;
            }

            return true;
        }

        if (_century != 0)
        {
            year = century >= 0 ? ((century - 1) * 100) + 1 : (century * 100) + 1;
            return true;
        }

        return false;
    }

    private readonly void EnsureField(bool isInRange)
    {
        if (!isInRange)
        {
            throw Error.DatetimeFieldOverflow(Encoding.UTF8.GetString(_text));
        }
    }
}
