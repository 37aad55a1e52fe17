using System.Runtime.CompilerServices;
using System.Text;
using PhantomDb.Types;

namespace PhantomDb.Durability.Log;

/// <summary>A record's time: UTC, to the microsecond, always as long. <c>2026-11-21T12:00:03.120451Z</c></summary>
internal static class LogTime
{
    public const int TextLength = 27;

    public static void Format(DateTime time, Span<byte> target)
    {
        target = target[..TextLength];
        time.Deconstruct(out DateOnly date, out _);
        date.Deconstruct(out int year, out int month, out int day);
        Digits(year, target[..4]);
        target[4] = (byte)'-';
        Digits(month, target[5..7]);
        target[7] = (byte)'-';
        Digits(day, target[8..10]);
        target[10] = (byte)'T';
        Digits(time.Hour, target[11..13]);
        target[13] = (byte)':';
        Digits(time.Minute, target[14..16]);
        target[16] = (byte)':';
        Digits(time.Second, target[17..19]);
        target[19] = (byte)'.';
        FormatFraction(time, target);
        target[26] = (byte)'Z';
    }

    /// <summary>The same as a string.</summary>
    public static string Text(DateTime time)
    {
        Span<byte> text = stackalloc byte[TextLength];
        Format(time, text);
        return Encoding.ASCII.GetString(text);
    }

    /// <summary>Writes the microseconds alone, into the text of another time within the same second.</summary>
    public static void FormatFraction(DateTime time, Span<byte> target) =>
        Digits((int)(time.Ticks % TimeSpan.TicksPerSecond / TimeSpan.TicksPerMicrosecond), target[20..26]);

    [MethodImpl(HotLoop.Options)]
    public static bool TryParse(ReadOnlySpan<byte> text, out DateTime time)
    {
        time = default;
        if (text.Length != TextLength || text[4] != '-' || text[7] != '-' || text[10] != 'T' || text[13] != ':' || text[16] != ':' || text[19] != '.'
            || text[26] != 'Z')
        {
            return false;
        }
        int year = Number(text[..4]), month = Number(text[5..7]), day = Number(text[8..10]);
        int hour = Number(text[11..13]), minute = Number(text[14..16]), second = Number(text[17..19]), microsecond = Number(text[20..26]);
        if (year < 1 || month is < 1 or > 12 || day < 1 || day > DateTime.DaysInMonth(year, month)
            || hour is < 0 or > 23 || minute is < 0 or > 59 || second is < 0 or > 59 || microsecond < 0)
        {
            return false;
        }
        time = new DateTime(year, month, day, hour, minute, second, DateTimeKind.Utc).AddTicks(microsecond * TimeSpan.TicksPerMicrosecond);
        return true;
    }

    private static void Digits(int value, Span<byte> target) => DecimalDigits.WritePadded((ulong)value, target, target.Length);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int Number(ReadOnlySpan<byte> digits)
    {
        int number = 0;
        foreach (byte digit in digits)
        {
            if (!char.IsAsciiDigit((char)digit))
            {
                return -1;
            }
            number = (10 * number) + digit - '0';
        }
        return number;
    }
}
