using System.Globalization;

namespace PhantomDb.Data;

/// <summary>Values of connection string keywords as text, with PostgreSQL's units: 64MB, 250ms. What is none is a FormatException or an OverflowException; the keyword says what is allowed.</summary>
internal static class KeywordText
{
    private static readonly (string Unit, long Factor)[] ByteUnits = [("kB", 1L << 10), ("MB", 1L << 20), ("GB", 1L << 30), ("TB", 1L << 40), ("B", 1)];

    private static readonly (string Unit, double Milliseconds)[] TimeUnits = [("ms", 1), ("min", 60_000), ("s", 1000), ("h", 3_600_000), ("d", 86_400_000)];

    public static bool IsNone(string text) => text.Length == 0 || text.Equals("none", StringComparison.OrdinalIgnoreCase);

    public static int Number(string text) => int.Parse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture);

    public static int NotNegative(int number) => number >= 0 ? number : throw new FormatException();

    public static bool Truth(string text) => text.ToLowerInvariant() switch
    {
        "true" or "yes" or "on" or "1" => true,
        "false" or "no" or "off" or "0" => false,
        _ => throw new FormatException(),
    };

    /// <summary>A number of bytes, with or without a unit: 4096, 64kB, 16MB, 1GB, 1TB.</summary>
    public static long Bytes(string text)
    {
        foreach ((string unit, long factor) in ByteUnits)
        {
            if (text.EndsWith(unit, StringComparison.OrdinalIgnoreCase))
            {
                return checked(long.Parse(text[..^unit.Length].TrimEnd(), NumberStyles.None, CultureInfo.InvariantCulture) * factor);
            }
        }
        return long.Parse(text, NumberStyles.None, CultureInfo.InvariantCulture);
    }

    /// <summary>A time with its unit (250ms, 1s, 5min, 2h, 7d) or as hours, minutes and seconds (00:00:01.5).</summary>
    public static TimeSpan Time(string text)
    {
        foreach ((string unit, double milliseconds) in TimeUnits)
        {
            if (text.EndsWith(unit, StringComparison.OrdinalIgnoreCase))
            {
                double number = double.Parse(text[..^unit.Length].TrimEnd(), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture);
                return TimeSpan.FromMilliseconds(number * milliseconds);
            }
        }
        return text.Contains(':', StringComparison.Ordinal)
            ? TimeSpan.Parse(text, CultureInfo.InvariantCulture)
            : throw new FormatException();
    }

    public static object Enumeration<T>(string text)
        where T : struct, Enum =>
        Enum.TryParse(text, ignoreCase: true, out T value) && Enum.IsDefined(value) && !char.IsAsciiDigit(text[0])
            ? value
            : throw new FormatException();

    /// <summary>The text that reads as the value.</summary>
    public static string Of(object? value) => value switch
    {
        null => "none",
        bool truth => truth ? "true" : "false",
        TimeSpan time => time.ToString("c", CultureInfo.InvariantCulture),
        IFormattable number => number.ToString(null, CultureInfo.InvariantCulture),
        _ => value.ToString() ?? "",
    };
}
