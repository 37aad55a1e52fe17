using System.Buffers;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using PhantomDb.Types;

namespace PhantomDb.Durability.Log;

/// <summary>
/// A cell of a record. NULL is nothing; a value is in quotes where it is empty, has a comma or a quote in it (doubled), or is
/// <c>&gt;</c>, and nowhere else. Line feed, carriage return and backslash stand as <c>\n</c>, <c>\r</c> and <c>\\</c>, so that a record
/// is one line. A value has one spelling.
/// </summary>
internal static class LogCell
{
    public const byte Mark = (byte)'>';   // between the images of an UPDATE

    private const int LengthCounted = 1 << 12;   // longer values are measured, not given room for the worst

    private static readonly SearchValues<byte> Special = SearchValues.Create(",\"\n\r\\"u8);
    private static readonly SearchValues<byte> Replaced = SearchValues.Create("\"\n\r\\"u8);
    private static readonly SearchValues<byte> Quoting = SearchValues.Create(",\""u8);

    /// <summary>Bytes that a value takes at most as a cell: exact for long ones.</summary>
    public static int LengthMax(ReadOnlySpan<byte> value)
    {
        long length = value.Length <= LengthCounted
            ? 2L * value.Length
            : (long)value.Length + value.Count((byte)'"') + value.Count((byte)'\n') + value.Count((byte)'\r') + value.Count((byte)'\\');
        return (int)Math.Min(length + 2, int.MaxValue);
    }

    /// <summary>Writes a value that is not NULL; gives the bytes written.</summary>
    public static int Write(ReadOnlySpan<byte> value, Span<byte> target)
    {
        if (!value.IsEmpty && !HasSpecial(value) && !IsMark(value))
        {
            value.CopyTo(target);
            return value.Length;
        }
        return WriteEncoded(value, target);
    }

    private static int WriteEncoded(ReadOnlySpan<byte> value, Span<byte> target)
    {
        int special = value.IndexOfAny(Special);
        bool isQuoted = special < 0 || value[special..].ContainsAny(Quoting);
        int length = 0;
        if (isQuoted)
        {
            target[length++] = (byte)'"';
        }
        for (int next = special < 0 ? -1 : value.IndexOfAny(Replaced); next >= 0; next = value.IndexOfAny(Replaced))
        {
            value[..next].CopyTo(target[length..]);
            length += next;
            byte found = value[next];
            target[length++] = found == '"' ? (byte)'"' : (byte)'\\';
            target[length++] = found switch { (byte)'\n' => (byte)'n', (byte)'\r' => (byte)'r', _ => found };
            value = value[(next + 1)..];
        }
        value.CopyTo(target[length..]);
        length += value.Length;
        if (isQuoted)
        {
            target[length++] = (byte)'"';
        }
        return length;
    }

    // Short values, which most are, at once: a search for several bytes has its vectors from sixteen on.
    private static bool HasSpecial(ReadOnlySpan<byte> value)
    {
        if (value.Length >= Vector128<byte>.Count)
        {
            return value.ContainsAny(Special);
        }
        Vector128<byte> bytes;
        if (value.Length >= sizeof(ulong))
        {
            bytes = Vector128.Create(MemoryMarshal.Read<ulong>(value), MemoryMarshal.Read<ulong>(value[^sizeof(ulong)..])).AsByte();
        }
        else if (value.Length >= sizeof(uint))
        {
            bytes = Vector128.Create(MemoryMarshal.Read<uint>(value) | ((ulong)MemoryMarshal.Read<uint>(value[^sizeof(uint)..]) << 32)).AsByte();
        }
        else
        {
            return value.ContainsAny(Special);
        }
        return ((Vector128.Equals(bytes, Vector128.Create((byte)',')) | Vector128.Equals(bytes, Vector128.Create((byte)'"')))
            | (Vector128.Equals(bytes, Vector128.Create((byte)'\n')) | Vector128.Equals(bytes, Vector128.Create((byte)'\r')))
            | Vector128.Equals(bytes, Vector128.Create((byte)'\\'))) != Vector128<byte>.Zero;
    }

    /// <summary>
    /// The length of the cell that some bytes begin with, up to a comma or their end; -1 where it is not one as it would be written.
    /// </summary>
    [MethodImpl(HotLoop.Options)]
    public static int Measure(ReadOnlySpan<byte> bytes)
    {
        if (bytes is [(byte)'"', ..])
        {
            return MeasureQuoted(bytes);
        }
        int position = 0;
        while (true)
        {
            int next = bytes[position..].IndexOfAny(Special);
            if (next < 0)
            {
                return bytes.Length;
            }
            position += next;
            if (bytes[position] == ',')
            {
                return position;
            }
            if (!IsEscape(bytes[position..]))
            {
                return -1;
            }
            position += 2;
        }
    }

    /// <summary>True where <see cref="Read"/> would change bytes; otherwise the value is the cell, less its quotes.</summary>
    public static bool HasEscapes(ReadOnlySpan<byte> cell) => IsQuoted(cell) ? cell[1..^1].ContainsAny(Replaced) : cell.Contains((byte)'\\');

    public static bool IsQuoted(ReadOnlySpan<byte> cell) => cell is [(byte)'"', ..];

    /// <summary>Writes the value of a cell that has been measured; gives its length, which is never more than the cell's.</summary>
    public static int Read(ReadOnlySpan<byte> cell, Span<byte> target)
    {
        if (IsQuoted(cell))
        {
            cell = cell[1..^1];
        }
        int length = 0;
        for (int next = cell.IndexOfAny(Replaced); next >= 0; next = cell.IndexOfAny(Replaced))
        {
            cell[..next].CopyTo(target[length..]);
            length += next;
            target[length++] = cell[next + 1] switch { (byte)'n' => (byte)'\n', (byte)'r' => (byte)'\r', byte other => other };
            cell = cell[(next + 2)..];
        }
        cell.CopyTo(target[length..]);
        return length + cell.Length;
    }

    private static int MeasureQuoted(ReadOnlySpan<byte> bytes)
    {
        int position = 1;
        while (true)
        {
            int next = bytes[position..].IndexOfAny(Replaced);
            if (next < 0)
            {
                return -1;
            }
            position += next;
            if (bytes[position] != '"')
            {
                if (!IsEscape(bytes[position..]))
                {
                    return -1;
                }
                position += 2;
                continue;
            }
            if (position + 1 < bytes.Length && bytes[position + 1] == '"')
            {
                position += 2;
                continue;
            }
            break;
        }
        ReadOnlySpan<byte> inner = bytes[1..position];
        bool needsQuotes = inner.IsEmpty || IsMark(inner) || inner.ContainsAny(Quoting);
        bool isAtEnd = position + 1 == bytes.Length || bytes[position + 1] == ',';
        return needsQuotes && isAtEnd ? position + 1 : -1;
    }

    private static bool IsEscape(ReadOnlySpan<byte> bytes) => bytes is [(byte)'\\', (byte)'n' or (byte)'r' or (byte)'\\', ..];

    private static bool IsMark(ReadOnlySpan<byte> value) => value is [Mark];
}
