using System.Text;
using static PhantomDb.Types.CivilCalendar;

namespace PhantomDb.Types;

/// <summary>
/// A compiled template of to_char for dates, times and intervals ("YYYY-MM-DD HH24:MI"), and its output. Compile once a
/// statement; formatting does not allocate. Reading with a template is <see cref="DateTimeTemplateReader"/>.
/// </summary>
internal sealed class DateTimeTemplate
{
    internal enum NodeKind : byte
    {
        /// <summary>A character of the text.</summary>
        Character,
        Space,
        Separator,
        Pattern,
    }

    internal enum Pattern : byte
    {
        None, DottedEra, DottedAmPm, Era, AmPm, Century, DayName, DayOfYear, DayOfMonth, DayNameShort, DayOfWeek, Fraction, FixedFormat,
        Hour24, Hour12, IsoDayOfYear, IsoDayOfWeek, IsoWeek, IsoYear4, IsoYear3, IsoYear2, IsoYear1, Julian, Minute, Month, MonthName,
        MonthNameShort, Milliseconds, Offset, Quarter, RomanMonth, SecondsOfDay, Second, ZoneHours, ZoneMinutes, Zone, Microseconds,
        WeekOfYear, WeekOfMonth, YearWithComma, Year4, Year3, Year2, Year1,
    }

    internal enum LetterCase : byte
    {
        Upper,
        Lower,
        Capital,
    }

    /// <param name="Text">The character, or the pattern as written, for messages.</param>
    /// <param name="Digits">Of a fraction (FF3).</param>
    internal readonly record struct Node(
        NodeKind Kind, Pattern Pattern, LetterCase Case, bool IsFill, bool HasOrdinal, bool IsUpperOrdinal, int Digits, string Text)
    {
        /// <summary>The field is made of digits, so that a number before it must have a fixed width.</summary>
        public bool IsDigits => Kind == NodeKind.Pattern && Pattern is not (Pattern.DottedEra or Pattern.DottedAmPm or Pattern.Era
            or Pattern.AmPm or Pattern.DayName or Pattern.DayNameShort or Pattern.FixedFormat or Pattern.MonthName or Pattern.MonthNameShort
            or Pattern.Offset or Pattern.RomanMonth or Pattern.ZoneHours or Pattern.Zone);
    }

    /// <summary>The parts of a value, ready to be written.</summary>
    internal readonly record struct Fields
    {
        /// <summary>Astronomical; years of an interval.</summary>
        public int Year { get; init; }

        public int Month { get; init; }

        public int Day { get; init; }

        public long TimeOfDay { get; init; }

        public int Days { get; init; }

        public bool IsInterval { get; init; }

        public bool HasZone { get; init; }

        public int Offset { get; init; }

        public string? ZoneName { get; init; }
    }

    // Longer spellings first where one is the start of another.
    private static readonly (string Name, Pattern Pattern)[] Spellings =
    [
        ("A.D.", Pattern.DottedEra), ("B.C.", Pattern.DottedEra), ("A.M.", Pattern.DottedAmPm), ("P.M.", Pattern.DottedAmPm),
        ("AD", Pattern.Era), ("BC", Pattern.Era), ("AM", Pattern.AmPm), ("PM", Pattern.AmPm), ("CC", Pattern.Century),
        ("DAY", Pattern.DayName), ("DDD", Pattern.DayOfYear), ("DD", Pattern.DayOfMonth), ("DY", Pattern.DayNameShort), ("D", Pattern.DayOfWeek),
        ("FF1", Pattern.Fraction), ("FF2", Pattern.Fraction), ("FF3", Pattern.Fraction), ("FF4", Pattern.Fraction), ("FF5", Pattern.Fraction),
        ("FF6", Pattern.Fraction), ("FX", Pattern.FixedFormat), ("HH24", Pattern.Hour24), ("HH12", Pattern.Hour12), ("HH", Pattern.Hour12),
        ("IDDD", Pattern.IsoDayOfYear), ("ID", Pattern.IsoDayOfWeek), ("IW", Pattern.IsoWeek), ("IYYY", Pattern.IsoYear4), ("IYY", Pattern.IsoYear3),
        ("IY", Pattern.IsoYear2), ("I", Pattern.IsoYear1), ("J", Pattern.Julian), ("MI", Pattern.Minute), ("MM", Pattern.Month),
        ("MONTH", Pattern.MonthName), ("MON", Pattern.MonthNameShort), ("MS", Pattern.Milliseconds), ("OF", Pattern.Offset), ("Q", Pattern.Quarter),
        ("RM", Pattern.RomanMonth), ("SSSSS", Pattern.SecondsOfDay), ("SSSS", Pattern.SecondsOfDay), ("SS", Pattern.Second), ("TZH", Pattern.ZoneHours),
        ("TZM", Pattern.ZoneMinutes), ("TZ", Pattern.Zone), ("US", Pattern.Microseconds), ("WW", Pattern.WeekOfYear), ("W", Pattern.WeekOfMonth),
        ("Y,YYY", Pattern.YearWithComma), ("YYYY", Pattern.Year4), ("YYY", Pattern.Year3), ("YY", Pattern.Year2), ("Y", Pattern.Year1),
    ];

    private static readonly string[] MonthNames =
        ["January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"];

    private static readonly string[] DayNames = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];

    internal static readonly string[] RomanMonths = ["I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX", "X", "XI", "XII"];

    private readonly Node[] _nodes;

    private DateTimeTemplate(Node[] nodes)
    {
        _nodes = nodes;
        LengthMax = nodes.Sum(n => n.Kind == NodeKind.Pattern ? 24 : Encoding.UTF8.GetByteCount(n.Text)) + 1;
    }

    /// <summary>No output is longer.</summary>
    public int LengthMax { get; }

    internal ReadOnlySpan<Node> Nodes => _nodes;

    internal static string MonthName(int month) => MonthNames[month - 1];

    internal static string DayName(int day) => DayNames[day];

    public static DateTimeTemplate Compile(ReadOnlySpan<byte> template)
    {
        string text = Encoding.UTF8.GetString(template);
        var nodes = new List<Node>();
        int i = 0;
        while (i < text.Length)
        {
            bool isFill = false;
            while (true)
            {
                // FM is a prefix; TM names the locale's month and day names, which are English here.
                if (StartsWith(text, i, "FM"))
                {
                    isFill = true;
                    i += 2;
                }
                else if (StartsWith(text, i, "TM"))
                {
                    i += 2;
                    isFill = true;
                }
                else
                {
                    break;
                }
            }

            if (i < text.Length && TryReadPattern(text, ref i, isFill, out Node node))
            {
                nodes.Add(node);
                continue;
            }

            if (i >= text.Length)
            {
                break; // a prefix and nothing behind it
            }

            ReadText(text, ref i, nodes);
        }

        return new DateTimeTemplate([.. nodes]);
    }

    public static Fields Split(long timestamp)
    {
        int days = SplitDays(timestamp, out long time);
        FromDays(days, out int year, out int month, out int day);
        return new Fields { Year = year, Month = month, Day = day, TimeOfDay = time, Days = days };
    }

    public static Fields SplitTz(long utc, SessionTimeZone zone)
    {
        int offset = zone.OffsetAt(utc);
        return Split(utc + (offset * MicrosecondsPerSecond)) with
        {
            HasZone = true, Offset = offset, ZoneName = zone.AbbreviationAt(utc),
        };
    }

    public static Fields Split(Interval value) => new()
    {
        Year = value.Months / 12,
        Month = value.Months % 12,
        Day = value.Days,
        TimeOfDay = value.Microseconds,
        Days = (value.Months * 30) + value.Days,
        IsInterval = true,
    };

    /// <summary>
    /// to_char of a finite timestamp (an infinite one, and an empty template, give NULL in SQL). The destination has
    /// <see cref="LengthMax"/> bytes; returns the length.
    /// </summary>
    public int Format(in Fields fields, Span<byte> destination)
    {
        var writer = new DateTimeTemplateWriter(fields, destination);
        foreach (ref readonly Node node in _nodes.AsSpan())
        {
            writer.Write(node);
        }

        return writer.Length;
    }

    private static bool StartsWith(string text, int at, string word) =>
        string.Compare(text, at, word, 0, word.Length, StringComparison.OrdinalIgnoreCase) == 0;

    private static bool TryReadPattern(string text, ref int i, bool isFill, out Node node)
    {
        foreach ((string name, Pattern pattern) in Spellings)
        {
            if (!StartsWith(text, i, name) || !TryGetCase(text.AsSpan(i, name.Length), name, pattern, out LetterCase letterCase))
            {
                continue;
            }

            string spelling = text.Substring(i, name.Length);
            i += name.Length;
            bool isUpperOrdinal = text.AsSpan(i).StartsWith("TH", StringComparison.Ordinal);
            bool hasOrdinal = isUpperOrdinal || text.AsSpan(i).StartsWith("th", StringComparison.Ordinal);
            i += hasOrdinal ? 2 : 0;
            if (text.AsSpan(i).StartsWith("SP", StringComparison.Ordinal))
            {
                i += 2; // spelled numbers: read and ignored
            }

            int digits = pattern == Pattern.Fraction ? name[2] - '0' : 0;
            node = new Node(NodeKind.Pattern, pattern, letterCase, isFill, hasOrdinal, isUpperOrdinal, digits, spelling);
            return true;
        }

        node = default;
        return false;
    }

    /// <summary>A pattern is written in upper or lower case as a whole; names of days and months also capitalised.</summary>
    private static bool TryGetCase(ReadOnlySpan<char> spelling, string name, Pattern pattern, out LetterCase letterCase)
    {
        letterCase = LetterCase.Upper;
        if (spelling.SequenceEqual(name))
        {
            return true;
        }

        bool restIsLower = spelling[1..].SequenceEqual(name.ToLowerInvariant().AsSpan(1));
        if (!restIsLower)
        {
            return false;
        }

        letterCase = char.IsLower(spelling[0]) ? LetterCase.Lower : LetterCase.Capital;
        return letterCase == LetterCase.Lower
            || pattern is Pattern.DayName or Pattern.DayNameShort or Pattern.MonthName or Pattern.MonthNameShort;
    }

    private static void ReadText(string text, ref int i, List<Node> nodes)
    {
        if (text[i] == '"')
        {
            i++;
            while (i < text.Length && text[i] != '"')
            {
                i += text[i] == '\\' && i + 1 < text.Length ? 1 : 0;
                AddCharacter(text, ref i, nodes, NodeKind.Character);
            }

            i++;
            return;
        }

        if (text[i] == '\\' && i + 1 < text.Length && text[i + 1] == '"')
        {
            i++;
        }

        char c = text[i];
        NodeKind kind = c is ' ' or (>= '\t' and <= '\r') ? NodeKind.Space
            : c > ' ' && c < 127 && !char.IsAsciiLetterOrDigit(c) ? NodeKind.Separator
            : NodeKind.Character;
        AddCharacter(text, ref i, nodes, kind);
    }

    private static void AddCharacter(string text, ref int i, List<Node> nodes, NodeKind kind)
    {
        int length = char.IsHighSurrogate(text[i]) && i + 1 < text.Length ? 2 : 1;
        nodes.Add(new Node(kind, Pattern.None, default, false, false, false, 0, text.Substring(i, length)));
        i += length;
    }
}
