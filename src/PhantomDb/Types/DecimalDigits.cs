using System.Runtime.CompilerServices;

namespace PhantomDb.Types;

/// <summary>Writes unsigned integers as ASCII digits and tells characters apart; the base of all text forms here.</summary>
internal static class DecimalDigits
{
    private static ReadOnlySpan<byte> Pairs =>
        "00010203040506070809101112131415161718192021222324252627282930313233343536373839404142434445464748495051525354555657585960616263646566676869707172737475767778798081828384858687888990919293949596979899"u8;

    /// <summary>Writes the last <paramref name="count"/> digits of the value, with leading zeros, into the first bytes.</summary>
    public static void WritePadded(ulong value, Span<byte> destination, int count)
    {
        int i = count;
        while (i >= 2)
        {
            i -= 2;
            ulong quotient = value / 100;
            int pair = (int)(value - (quotient * 100)) * 2;
            destination[i + 1] = Pairs[pair + 1];
            destination[i] = Pairs[pair];
            value = quotient;
        }

        if (i == 1)
        {
            destination[0] = (byte)('0' + (value % 10));
        }
    }

    /// <summary>Writes the value without leading zeros; returns the number of digits (one at least).</summary>
    public static int Write(ulong value, Span<byte> destination)
    {
        int count = Math.Max(1, PowersOfTen.DigitCount(value));
        WritePadded(value, destination, count);
        return count;
    }

    /// <summary>Writes the last <paramref name="count"/> digits of a 128-bit value, with leading zeros.</summary>
    public static void WritePadded(UInt128 value, Span<byte> destination, int count)
    {
        const ulong chunk = 10_000_000_000_000_000_000;
        while (count > 19 && value > ulong.MaxValue)
        {
            UInt128 quotient = value / chunk;
            count -= 19;
            WritePadded((ulong)(value - (quotient * chunk)), destination[count..], 19);
            value = quotient;
        }

        if (value > ulong.MaxValue)
        {
            value %= chunk;
        }

        if (count > 19)
        {
            destination[..(count - 19)].Fill((byte)'0');
            WritePadded((ulong)value, destination[(count - 19)..], 19);
            // A 64-bit value may have a 20th digit.
            destination[count - 20] = (byte)('0' + (ulong)value / chunk % 10);
            return;
        }

        WritePadded((ulong)value, destination, count);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool IsDigit(byte c) => (uint)(c - '0') <= 9;

    /// <summary>What C's isspace takes for white space: blank and the controls from tab to carriage return.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool IsSpace(byte c) => c == ' ' || (uint)(c - 9) <= 4;

    public static ReadOnlySpan<byte> TrimSpaces(ReadOnlySpan<byte> text)
    {
        while (text.Length > 0 && IsSpace(text[0]))
        {
            text = text[1..];
        }

        while (text.Length > 0 && IsSpace(text[^1]))
        {
            text = text[..^1];
        }

        return text;
    }

    public static byte ToLower(byte c) => (uint)(c - 'A') <= 25 ? (byte)(c | 0x20) : c;

    /// <summary>Compares with a word in lower case, ignoring the case of ASCII letters.</summary>
    public static bool EqualsIgnoreCase(ReadOnlySpan<byte> text, ReadOnlySpan<byte> lowerCaseWord)
    {
        if (text.Length != lowerCaseWord.Length)
        {
            return false;
        }

        for (int i = 0; i < text.Length; i++)
        {
            if (ToLower(text[i]) != lowerCaseWord[i])
            {
                return false;
            }
        }

        return true;
    }
}
