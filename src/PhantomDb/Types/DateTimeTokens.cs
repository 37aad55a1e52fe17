namespace PhantomDb.Types;

/// <summary>The words that PostgreSQL knows in dates and times, and what each stands for.</summary>
internal static class DateTimeTokens
{
    internal enum Kind : byte
    {
        Unknown,
        Ignore,
        Month,
        DayOfWeek,
        AmPm,
        Era,
        /// <summary>A letter that names the next number: y, m, d, h, mm, s, j.</summary>
        Unit,
        /// <summary>The t of ISO 8601.</summary>
        IsoTime,
        Now,
        Today,
        Tomorrow,
        Yesterday,
        AllBalls,
        Epoch,
        Infinity,
        MinusInfinity,
        DaylightModifier,
    }

    public const int UnitYear = 1;
    public const int UnitMonth = 2;
    public const int UnitDay = 3;
    public const int UnitHour = 4;
    public const int UnitMinute = 5;
    public const int UnitSecond = 6;
    public const int UnitJulian = 7;
    public const int UnitTime = 8;
    /// <summary>A unit that exists, but that a number cannot follow (dow, week).</summary>
    public const int UnitOther = 9;

    private const int LengthMax = 10;

    /// <summary>Looks a word in lower case up; value is the month, the day of the week, or which unit.</summary>
    public static Kind Find(ReadOnlySpan<byte> word, out int value)
    {
        Span<char> characters = stackalloc char[LengthMax];
        int length = Math.Min(word.Length, LengthMax);
        for (int i = 0; i < length; i++)
        {
            characters[i] = (char)word[i];
        }

        (Kind kind, value) = (ReadOnlySpan<char>)characters[..length] switch
        {
            "jan" or "january" => (Kind.Month, 1),
            "feb" or "february" => (Kind.Month, 2),
            "mar" or "march" => (Kind.Month, 3),
            "apr" or "april" => (Kind.Month, 4),
            "may" => (Kind.Month, 5),
            "jun" or "june" => (Kind.Month, 6),
            "jul" or "july" => (Kind.Month, 7),
            "aug" or "august" => (Kind.Month, 8),
            "sep" or "sept" or "september" => (Kind.Month, 9),
            "oct" or "october" => (Kind.Month, 10),
            "nov" or "november" => (Kind.Month, 11),
            "dec" or "december" => (Kind.Month, 12),
            "sun" or "sunday" => (Kind.DayOfWeek, 0),
            "mon" or "monday" => (Kind.DayOfWeek, 1),
            "tue" or "tues" or "tuesday" => (Kind.DayOfWeek, 2),
            "wed" or "weds" or "wednesday" => (Kind.DayOfWeek, 3),
            "thu" or "thur" or "thurs" or "thursday" => (Kind.DayOfWeek, 4),
            "fri" or "friday" => (Kind.DayOfWeek, 5),
            "sat" or "saturday" => (Kind.DayOfWeek, 6),
            "am" => (Kind.AmPm, 0),
            "pm" => (Kind.AmPm, 1),
            "ad" => (Kind.Era, 0),
            "bc" => (Kind.Era, 1),
            "at" or "on" => (Kind.Ignore, 0),
            "y" => (Kind.Unit, UnitYear),
            "m" => (Kind.Unit, UnitMonth),
            "d" => (Kind.Unit, UnitDay),
            "h" => (Kind.Unit, UnitHour),
            "mm" => (Kind.Unit, UnitMinute),
            "s" => (Kind.Unit, UnitSecond),
            "j" or "jd" or "julian" => (Kind.Unit, UnitJulian),
            "dow" or "doy" or "isodow" or "isoyear" => (Kind.Unit, UnitOther),
            "t" => (Kind.IsoTime, UnitTime),
            "now" => (Kind.Now, 0),
            "today" => (Kind.Today, 0),
            "tomorrow" => (Kind.Tomorrow, 0),
            "yesterday" => (Kind.Yesterday, 0),
            "allballs" => (Kind.AllBalls, 0),
            "epoch" => (Kind.Epoch, 0),
            "infinity" => (Kind.Infinity, 0),
            "-infinity" => (Kind.MinusInfinity, 0),
            "dst" => (Kind.DaylightModifier, 0),
            _ => (Kind.Unknown, 0),
        };
        return kind;
    }
}
