using System.Runtime.CompilerServices;
using PhantomDb.Types;

namespace PhantomDb.Durability.Log;

/// <summary>
/// What a record's line says before its body, <c>LSN,TIME,TX,PART,LAG,</c>, and where the body stands in it. Strict: numbers without
/// sign or leading zeros, parts and lag within their bounds.
/// </summary>
internal readonly record struct LogLine(long Lsn, DateTime Time, long TransactionId, int Part, int PartCount, long Lag, int BodyStart)
{
    /// <summary>Comma and checksum at the end.</summary>
    public const int EndLength = 1 + LogChecksum.TextLength;

    /// <summary>The highest LSN that was known to be on the disk when the line was written.</summary>
    public long DurableLsn => Lsn - Lag;

    public bool IsLastPart => Part == PartCount;

    /// <summary>True where a line (without its line feed) has its checksum. Then it is as it was written in this segment.</summary>
    [MethodImpl(HotLoop.Options)]
    public static bool IsWhole(ReadOnlySpan<byte> line, Checksum seed)
    {
        if (line.Length <= EndLength || line[^EndLength] != ',')
        {
            return false;
        }
        seed.Add(line[..^EndLength]);
        return LogChecksum.IsText(line[^LogChecksum.TextLength..], seed.Value);
    }

    /// <summary>Reads what some bytes begin with.</summary>
    [MethodImpl(HotLoop.Options)]
    public static bool TryParse(ReadOnlySpan<byte> bytes, out LogLine line)
    {
        line = default;
        int position = 0;
        if (!TryNumber(bytes, ref position, ',', out long lsn) || lsn < 1)
        {
            return false;
        }
        if (bytes.Length <= position + LogTime.TextLength || !LogTime.TryParse(bytes.Slice(position, LogTime.TextLength), out DateTime time)
            || bytes[position + LogTime.TextLength] != ',')
        {
            return false;
        }
        position += LogTime.TextLength + 1;
        if (!TryNumber(bytes, ref position, ',', out long transactionId) || !TryNumber(bytes, ref position, '/', out long part)
            || !TryNumber(bytes, ref position, ',', out long partCount) || !TryNumber(bytes, ref position, ',', out long lag))
        {
            return false;
        }
        if (part < 1 || part > partCount || partCount > int.MaxValue || part > lsn || lag < 1 || lag > lsn)
        {
            return false;
        }
        line = new LogLine(lsn, time, transactionId, (int)part, (int)partCount, lag, position);
        return true;
    }

    /// <summary>
    /// The line that some bytes end with and that has its checksum: where a line feed is damaged, two lines are one, and the second is as good
    /// as it was. Looked for where a time stands, not more often than it takes to get past times among the values.
    /// </summary>
    public static bool TryParseEnd(ReadOnlySpan<byte> bytes, Checksum seed, out LogLine line)
    {
        const int TriesMax = 64;
        const int LsnLengthMax = 19;
        int tries = 0;
        for (int from = 0; tries < TriesMax;)
        {
            int found = bytes[from..].IndexOf("Z,"u8);
            if (found < 0)
            {
                break;
            }
            from += found + 2;
            int time = from - 1 - LogTime.TextLength;
            for (int start = time - 2; start >= 0 && start > time - 2 - LsnLengthMax && char.IsAsciiDigit((char)bytes[start]); start--)
            {
                if (TryParse(bytes[start..], out line) && ++tries <= TriesMax && IsWhole(bytes[start..], seed))
                {
                    return true;
                }
            }
        }
        line = default;
        return false;
    }

    [MethodImpl(HotLoop.Options)]
    private static bool TryNumber(ReadOnlySpan<byte> bytes, ref int position, char end, out long number)
    {
        number = 0;
        int start = position;
        while (position < bytes.Length)
        {
            byte digit = bytes[position];
            if (digit == end)
            {
                int length = position - start;
                position++;
                return length == 1 || (length > 1 && bytes[start] != '0');
            }
            if (!char.IsAsciiDigit((char)digit) || number > (long.MaxValue - (digit - '0')) / 10)
            {
                return false;
            }
            number = (10 * number) + digit - '0';
            position++;
        }
        return false;
    }
}
