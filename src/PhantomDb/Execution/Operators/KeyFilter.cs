using System.Diagnostics;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using PhantomDb.Types;
using PhantomDb.Vectors;
using Vector = PhantomDb.Vectors.Vector;

namespace PhantomDb.Execution.Operators;

/// <summary>
/// The integer keys of one side of a join, known before the other side is read: the other side's scan drops rows that
/// have none of them. One bit a key where the keys lie closely, else one bit a hash, which lets a few others through:
/// the join still looks. NULL is never among the keys.
/// </summary>
internal sealed class KeyFilter
{
    private const ulong ExactRangeMin = 1 << 16;
    private const ulong ExactBitsPerKey = 64;
    private const int HashedBitsPerKey = 16;

    private readonly ulong[] _bits;
    private readonly ulong _minimum;
    private readonly ulong _range;     // the highest offset from the minimum; one above it no bit is set
    private readonly int _hashShift;   // 0: exact

    private KeyFilter(ulong[] bits, ulong minimum, ulong range, int hashShift)
    {
        _bits = bits;
        _minimum = minimum;
        _range = range;
        _hashShift = hashShift;
    }

    /// <summary>True where no key is in it: no row passes.</summary>
    public bool IsEmpty => _bits.Length == 0;

    /// <summary>True where a column of this type can be filtered.</summary>
    public static bool Supports(PhysicalType type) => type is PhysicalType.Int16 or PhysicalType.Int32 or PhysicalType.Int64;

    /// <summary>Takes in the keys of one column of kept rows.</summary>
    public static KeyFilter Create(ColumnarBuffer rows, int column, MemoryAccount account) => rows.Types[column] switch
    {
        PhysicalType.Int16 => Create<short>(rows, column, account),
        PhysicalType.Int32 => Create<int>(rows, column, account),
        PhysicalType.Int64 => Create<long>(rows, column, account),
        _ => throw new UnreachableException(),
    };

    /// <summary>Writes the positions whose value may be a key; output may be the selection itself.</summary>
    public int Select(Vector vector, int[]? selection, int count, int[] output)
    {
        if (IsEmpty)
        {
            return 0;
        }
        return vector.Type switch
        {
            PhysicalType.Int16 => Select<short>(vector, selection, count, output),
            PhysicalType.Int32 => Select<int>(vector, selection, count, output),
            PhysicalType.Int64 => Select<long>(vector, selection, count, output),
            _ => throw new UnreachableException(),
        };
    }

    [MethodImpl(HotLoop.Options)]
    private static KeyFilter Create<T>(ColumnarBuffer rows, int column, MemoryAccount account) where T : unmanaged
    {
        BufferColumn<T> keys = rows.Column<T>(column);
        bool hasNulls = keys.HasNulls;
        long minimum = long.MaxValue;
        long maximum = long.MinValue;
        for (int row = 0; row < rows.Count; row++)
        {
            if (!hasNulls || keys.IsValid(row))
            {
                long key = Widen(keys.At(row));
                minimum = Math.Min(minimum, key);
                maximum = Math.Max(maximum, key);
            }
        }
        if (minimum > maximum)
        {
            return new KeyFilter([], 0, 0, 0);
        }
        ulong range = (ulong)maximum - (ulong)minimum;
        bool isExact = range < Math.Max(ExactRangeMin, (ulong)rows.Count * ExactBitsPerKey);
        int hashBits = isExact ? 0 : Math.Max(6, BitOperations.Log2(BitOperations.RoundUpToPowerOf2((uint)Math.Min(rows.Count, 1 << 26) * HashedBitsPerKey)));   // a word at least
        int words = isExact ? (int)((range + 1) / 64) + 1 : 1 << (hashBits - 6);
        account.Charge((long)words * sizeof(ulong));
        var filter = new KeyFilter(new ulong[words], (ulong)minimum, range, isExact ? 0 : 64 - hashBits);
        for (int row = 0; row < rows.Count; row++)
        {
            if (!hasNulls || keys.IsValid(row))
            {
                ulong bit = (ulong)Widen(keys.At(row)) - filter._minimum;
                bit = isExact ? bit : VectorHash.Mix(bit) >> filter._hashShift;
                filter._bits[bit >> 6] |= 1UL << (int)(bit & 63);
            }
        }
        return filter;
    }

    [MethodImpl(HotLoop.Options)]
    private int Select<T>(Vector vector, int[]? selection, int count, int[] output) where T : unmanaged
    {
        T[] values = vector.Data<T>();
        ulong[]? validity = vector.Validity;
        ref ulong bits = ref MemoryMarshal.GetArrayDataReference(_bits);
        ulong minimum = _minimum;
        ulong outside = _range + 1;
        int shift = _hashShift;
        int selected = 0;
        for (int k = 0; k < count; k++)
        {
            int i = selection is null ? k : selection[k];
            ulong bit = (ulong)Widen(values[i]) - minimum;
            // In range by construction: exact offsets end at the bit that is never set, hashes at the power of two.
            bit = shift == 0 ? Math.Min(bit, outside) : VectorHash.Mix(bit) >> shift;
            int isKey = (int)(Unsafe.Add(ref bits, (nint)(bit >> 6)) >> (int)(bit & 63)) & 1;
            output[selected] = i;
            selected += validity is null || ValidityMask.IsValid(validity, i) ? isKey : 0;
        }
        return selected;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static long Widen<T>(T value) where T : unmanaged =>
        typeof(T) == typeof(short) ? Unsafe.As<T, short>(ref value)
        : typeof(T) == typeof(int) ? Unsafe.As<T, int>(ref value)
        : Unsafe.As<T, long>(ref value);
}

/// <summary>Keys that are kept by the time a scan begins, and the column of the scan that they are compared with.</summary>
internal sealed record ScanKeys(KeySource Source, int ScanColumn);

/// <summary>Where keys are found when the pipeline that keeps them has run. Several scans may share one filter.</summary>
internal sealed class KeySource(Func<ColumnarBuffer> rows, int column)
{
    private KeyFilter? _filter;

    /// <summary>Null where there are so many keys that making the filter costs more than the scan.</summary>
    public KeyFilter? Filter(long scanRows, MemoryAccount account) =>
        _filter ??= rows().Count > scanRows ? null : KeyFilter.Create(rows(), column, account);
}

/// <summary>One worker's use of a key filter: rests while it drops too few rows to be worth its while.</summary>
internal sealed class KeyFilterUse(KeyFilter filter, int column)
{
    private const int RowsBetweenLooks = 8 * DataChunk.Capacity;
    private const int ChunksOfRest = 64;

    private long _rowsIn;
    private long _rowsOut;
    private int _rest;

    /// <summary>Narrows a chunk's rows to the output; gives their number, or -1 where it rests.</summary>
    public int Select(DataChunk chunk, int[] output)
    {
        if (_rest > 0)
        {
            _rest--;
            return -1;
        }
        int count = filter.Select(chunk.Vectors[column], chunk.Selection, chunk.Count, output);
        _rowsIn += chunk.Count;
        _rowsOut += count;
        if (_rowsIn >= RowsBetweenLooks)
        {
            // A row dropped saves the joins above a lookup; one kept costs a few instructions.
            _rest = _rowsOut * 10 > _rowsIn * 8 ? ChunksOfRest : 0;
            _rowsIn = _rowsOut = 0;
        }
        return count;
    }
}
