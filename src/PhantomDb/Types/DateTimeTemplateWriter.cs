using System.Text;
using PhantomDb.Errors;
using static PhantomDb.Types.CivilCalendar;
using LetterCase = PhantomDb.Types.DateTimeTemplate.LetterCase;
using Pattern = PhantomDb.Types.DateTimeTemplate.Pattern;

namespace PhantomDb.Types;

/// <summary>Writes one value with the nodes of a <see cref="DateTimeTemplate"/>, one after the other.</summary>
internal ref struct DateTimeTemplateWriter
{
    private const int NameWidth = 9;

    private readonly DateTimeTemplate.Fields _fields;
    private readonly Span<byte> _destination;

    public DateTimeTemplateWriter(in DateTimeTemplate.Fields fields, Span<byte> destination)
    {
        _fields = fields;
        _destination = destination;
    }

    public int Length { get; private set; }

    public void Write(in DateTimeTemplate.Node node)
    {
        if (node.Kind != DateTimeTemplate.NodeKind.Pattern)
        {
            WriteText(node.Text);
            return;
        }

        int start = Length;
        WritePattern(node);
        if (node.HasOrdinal && Length > start && DecimalDigits.IsDigit(_destination[Length - 1]))
        {
            WriteText(Ordinal(_destination[start..Length], node.IsUpperOrdinal));
        }
    }

    /// <summary>st, nd, rd or th after a number.</summary>
    internal static string Ordinal(ReadOnlySpan<byte> number, bool isUpper)
    {
        bool isTeen = number.Length > 1 && number[^2] == '1';
        return (isTeen ? (byte)'0' : number[^1], isUpper) switch
        {
            ((byte)'1', true) => "ST",
            ((byte)'1', false) => "st",
            ((byte)'2', true) => "ND",
            ((byte)'2', false) => "nd",
            ((byte)'3', true) => "RD",
            ((byte)'3', false) => "rd",
            (_, true) => "TH",
            _ => "th",
        };
    }

    private void WritePattern(in DateTimeTemplate.Node node)
    {
        long time = _fields.TimeOfDay;
        long hour = time / MicrosecondsPerHour;
        int microsecond = (int)(time % MicrosecondsPerSecond);
        int year = _fields.Year;
        int shownYear = _fields.IsInterval ? year : year > 0 ? year : 1 - year;
        switch (node.Pattern)
        {
            case Pattern.DottedAmPm: WriteCased(IsAfternoon(hour) ? "P.M." : "A.M.", node.Case); break;
            case Pattern.AmPm: WriteCased(IsAfternoon(hour) ? "PM" : "AM", node.Case); break;
            case Pattern.DottedEra: EnsureDate(); WriteCased(year <= 0 ? "B.C." : "A.D.", node.Case); break;
            case Pattern.Era: EnsureDate(); WriteCased(year <= 0 ? "BC" : "AD", node.Case); break;
            case Pattern.Hour24: WriteNumber(hour, node.IsFill ? 0 : 2); break;
            case Pattern.Hour12: WriteNumber(hour % 12 == 0 ? 12 : hour % 12, node.IsFill ? 0 : 2); break;
            case Pattern.Minute: WriteNumber(time / MicrosecondsPerMinute % 60, node.IsFill ? 0 : 2); break;
            case Pattern.Second: WriteNumber(time / MicrosecondsPerSecond % 60, node.IsFill ? 0 : 2); break;
            case Pattern.Fraction: WriteNumber(microsecond / (int)PowersOfTen.Narrow[6 - node.Digits], node.Digits); break;
            case Pattern.Milliseconds: WriteNumber(microsecond / 1000, 3); break;
            case Pattern.Microseconds: WriteNumber(microsecond, 6); break;
            case Pattern.SecondsOfDay: WriteNumber(time / MicrosecondsPerSecond, 0); break;
            case Pattern.Zone: EnsureDate(); WriteCased(_fields.ZoneName ?? "", node.Case); break;
            case Pattern.ZoneHours: EnsureDate(); WriteOffsetHours(2); break;
            case Pattern.ZoneMinutes: EnsureDate(); WriteNumber(Math.Abs(_fields.Offset) / 60 % 60, 2); break;
            case Pattern.Offset:
                EnsureDate();
                WriteOffsetHours(node.IsFill ? 0 : 2);
                if (Math.Abs(_fields.Offset) / 60 % 60 is int minutes && minutes != 0)
                {
                    WriteText(":");
                    WriteNumber(minutes, 2);
                }

                break;
            case Pattern.MonthName: WriteMonth(node, isShort: false); break;
            case Pattern.MonthNameShort: WriteMonth(node, isShort: true); break;
            case Pattern.Month: WriteNumber(_fields.Month, node.IsFill ? 0 : 2); break;
            case Pattern.DayName: EnsureDate(); WriteName(DateTimeTemplate.DayName(DayOfWeek(_fields.Days)), node.Case, node.IsFill ? 0 : NameWidth); break;
            case Pattern.DayNameShort: EnsureDate(); WriteName(DateTimeTemplate.DayName(DayOfWeek(_fields.Days))[..3], node.Case, 0); break;
            case Pattern.DayOfYear: WriteNumber(_fields.IsInterval ? _fields.Days : DayOfYear(year, _fields.Month, _fields.Day), node.IsFill ? 0 : 3); break;
            case Pattern.IsoDayOfYear:
                EnsureDate();
                IsoWeek(_fields.Days, out int yearOfDay);
                WriteNumber(_fields.Days - FromIsoWeek(yearOfDay, 1) + 1, node.IsFill ? 0 : 3);
                break;
            case Pattern.DayOfMonth: WriteNumber(_fields.Day, node.IsFill ? 0 : 2); break;
            case Pattern.DayOfWeek: EnsureDate(); WriteNumber(DayOfWeek(_fields.Days) + 1, 0); break;
            case Pattern.IsoDayOfWeek: EnsureDate(); WriteNumber(((DayOfWeek(_fields.Days) + 6) % 7) + 1, 0); break;
            case Pattern.WeekOfYear:
                WriteNumber(((_fields.IsInterval ? _fields.Days : DayOfYear(year, _fields.Month, _fields.Day)) - 1) / 7 + 1, node.IsFill ? 0 : 2);
                break;
            case Pattern.IsoWeek: EnsureDate(); WriteNumber(IsoWeek(_fields.Days, out _), node.IsFill ? 0 : 2); break;
            case Pattern.WeekOfMonth: WriteNumber(((_fields.Day - 1) / 7) + 1, 0); break;
            case Pattern.Quarter:
                if (_fields.Month != 0)
                {
                    WriteNumber(((_fields.Month - 1) / 3) + 1, 0);
                }

                break;
            case Pattern.Century:
                int century = _fields.IsInterval ? year / 100 : year > 0 ? ((year - 1) / 100) + 1 : (year / 100) - 1;
                WriteNumber(century, node.IsFill || Math.Abs(century) > 99 ? 0 : 2);
                break;
            case Pattern.YearWithComma:
                WriteNumber(shownYear / 1000, 0);
                WriteText(",");
                WriteNumber(shownYear % 1000, 3);
                break;
            case Pattern.Year4: WriteNumber(shownYear, node.IsFill ? 0 : 4); break;
            case Pattern.Year3: WriteNumber(shownYear % 1000, node.IsFill ? 0 : 3); break;
            case Pattern.Year2: WriteNumber(shownYear % 100, node.IsFill ? 0 : 2); break;
            case Pattern.Year1: WriteNumber(shownYear % 10, 0); break;
            case Pattern.IsoYear4: WriteNumber(IsoYear(), node.IsFill ? 0 : 4); break;
            case Pattern.IsoYear3: WriteNumber(IsoYear() % 1000, node.IsFill ? 0 : 3); break;
            case Pattern.IsoYear2: WriteNumber(IsoYear() % 100, node.IsFill ? 0 : 2); break;
            case Pattern.IsoYear1: WriteNumber(IsoYear() % 10, 0); break;
            case Pattern.RomanMonth: WriteRomanMonth(node); break;
            case Pattern.Julian: WriteNumber(_fields.IsInterval ? JulianOfInterval() : (long)_fields.Days + JulianEpoch, 0); break;
            case Pattern.FixedFormat: break;
            default: throw Error.Internal("template pattern");
        }
    }

    private static bool IsAfternoon(long hour) => hour % 24 >= 12;

    private readonly int IsoYear()
    {
        if (_fields.IsInterval)
        {
            throw IntervalError();
        }

        IsoWeek(_fields.Days, out int isoYear);
        return isoYear > 0 ? isoYear : 1 - isoYear;
    }

    /// <summary>What PostgreSQL computes: the Julian day of the interval's parts taken as a date.</summary>
    private readonly long JulianOfInterval() =>
        ToDays(_fields.Year, Math.Max(_fields.Month, 1), 1) - (_fields.Month < 1 ? 31L : 0) + _fields.Day - 1 + JulianEpoch;

    private readonly void EnsureDate()
    {
        if (_fields.IsInterval)
        {
            throw IntervalError();
        }
    }

    private static PhantomDbException IntervalError() => new(SqlStates.InvalidDatetimeFormat, "invalid format specification for an interval value")
    {
        Hint = "Intervals are not tied to specific calendar dates.",
    };

    private void WriteMonth(in DateTimeTemplate.Node node, bool isShort)
    {
        EnsureDate();
        string name = DateTimeTemplate.MonthName(_fields.Month);
        WriteName(isShort ? name[..3] : name, node.Case, isShort || node.IsFill ? 0 : NameWidth);
    }

    private void WriteRomanMonth(in DateTimeTemplate.Node node)
    {
        int month = _fields.Month;
        if (_fields.IsInterval && month == 0)
        {
            if (_fields.Year == 0)
            {
                return;
            }

            month = _fields.Year >= 0 ? 12 : 1;
        }

        WriteName(DateTimeTemplate.RomanMonths[month < 0 ? 12 + month : month - 1], node.Case, node.IsFill ? 0 : 4);
    }

    private void WriteOffsetHours(int width)
    {
        WriteText(_fields.Offset < 0 ? "-" : "+");
        WriteNumber(Math.Abs(_fields.Offset) / 3600, width);
    }

    /// <summary>With leading zeros to the width, the sign not counted.</summary>
    private void WriteNumber(long value, int width)
    {
        if (value < 0)
        {
            _destination[Length++] = (byte)'-';
        }

        ulong magnitude = PowersOfTen.Magnitude(value);
        int digits = Math.Max(Math.Max(width, 1), PowersOfTen.DigitCount(magnitude));
        DecimalDigits.WritePadded(magnitude, _destination[Length..], digits);
        Length += digits;
    }

    private void WriteName(string name, LetterCase letterCase, int width)
    {
        int start = Length;
        WriteCased(name, letterCase);
        while (Length - start < width)
        {
            _destination[Length++] = (byte)' ';
        }
    }

    private void WriteCased(string text, LetterCase letterCase)
    {
        foreach (char c in text)
        {
            _destination[Length++] = (byte)(letterCase switch
            {
                LetterCase.Upper => char.ToUpperInvariant(c),
                LetterCase.Lower => char.ToLowerInvariant(c),
                _ => c,
            });
        }
    }

    private void WriteText(string text) => Length += Encoding.UTF8.GetBytes(text, _destination[Length..]);
}
