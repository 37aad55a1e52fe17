using System.Diagnostics;
using PhantomDb.Types;

namespace PhantomDb.Durability.Log;

/// <summary>
/// Makes lines of a segment from bodies: <c>LSN,TIME,TX,PART,LAG,</c> before, <c>,CRC</c> and a line feed behind. Keeps what the records of
/// a transaction have in common; allocates nothing per record. Which LSN and lag a record has is the writer's to know.
/// </summary>
internal sealed class LogEncoder(uint salt)
{
    /// <summary>Bytes of a line besides its body, at most.</summary>
    public const int OverheadMax = 128;

    /// <summary>Bytes that come before a body, at most.</summary>
    public const int PrefixLengthMax = OverheadMax - EndLength;

    private const int EndLength = 1 + LogChecksum.TextLength + 1;
    private const int TimeLength = LogTime.TextLength;

    private readonly Checksum _seed = LogChecksum.Seed(salt);
    private readonly byte[] _middle = new byte[64];   // ,TIME,TX,
    private readonly byte[] _total = new byte[32];    // /N,
    private int _middleLength;
    private int _totalLength;
    private long _second = -1;      // whose text stands in the middle
    private int _recordCount;       // whose text stands in the total

    /// <summary>What the records that follow have in common. The time is UTC, to the microsecond.</summary>
    public void BeginTransaction(DateTime time, long transactionId, int recordCount)
    {
        Debug.Assert(transactionId >= 0 && recordCount > 0);
        Span<byte> middle = _middle;
        middle[0] = (byte)',';
        long second = time.Ticks / TimeSpan.TicksPerSecond;
        if (second == _second)
        {
            LogTime.FormatFraction(time, middle[1..]);
        }
        else
        {
            LogTime.Format(time, middle[1..]);
            _second = second;
        }
        middle[1 + TimeLength] = (byte)',';
        IntegerText.TryFormat(transactionId, middle[(TimeLength + 2)..], out int written);
        _middleLength = TimeLength + 2 + written;
        middle[_middleLength++] = (byte)',';
        if (recordCount != _recordCount)
        {
            _total[0] = (byte)'/';
            IntegerText.TryFormat(recordCount, _total.AsSpan(1), out written);
            _total[written + 1] = (byte)',';
            _totalLength = written + 2;
            _recordCount = recordCount;
        }
    }

    /// <summary>
    /// Writes a whole line to a target that has room for the body and <see cref="OverheadMax"/> more; gives the bytes written. The part
    /// counts from 1; the lag is the LSN less the highest that is known to be on the disk.
    /// </summary>
    public int Encode(long lsn, int part, long lag, ReadOnlySpan<byte> body, Span<byte> target)
    {
        int length = EncodePrefix(lsn, part, lag, target);
        body.CopyTo(target[length..]);
        length += body.Length;
        Checksum checksum = _seed;
        checksum.Add(target[..length]);
        return length + WriteEnd(checksum, target[length..]);
    }

    /// <summary>What comes before the body, for a body too long to be copied.</summary>
    public int EncodePrefix(long lsn, int part, long lag, Span<byte> target)
    {
        Debug.Assert(lag >= 1 && lag <= lsn);
        IntegerText.TryFormat(lsn, target, out int length);
        _middle.AsSpan(0, _middleLength).CopyTo(target[length..]);
        length += _middleLength;
        IntegerText.TryFormat(part, target[length..], out int written);
        length += written;
        _total.AsSpan(0, _totalLength).CopyTo(target[length..]);
        length += _totalLength;
        IntegerText.TryFormat(lag, target[length..], out written);
        length += written;
        target[length++] = (byte)',';
        return length;
    }

    /// <summary>What comes behind a body that was written by itself.</summary>
    public int EncodeEnd(ReadOnlySpan<byte> prefix, ReadOnlySpan<byte> body, Span<byte> target)
    {
        Checksum checksum = _seed;
        checksum.Add(prefix);
        checksum.Add(body);
        return WriteEnd(checksum, target);
    }

    private static int WriteEnd(Checksum checksum, Span<byte> target)
    {
        target[0] = (byte)',';
        LogChecksum.Format(checksum.Value, target[1..]);
        target[EndLength - 1] = (byte)'\n';
        return EndLength;
    }
}
