using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;
using PhantomDb.Types;
using PhantomDb.Vectors;

namespace PhantomDb.Storage;

/// <summary>
/// One column's newest values in one slice: a typed array, its validity and its strings. The unit of sharing between
/// scans and writers: once <see cref="IsShared"/>, its array is never changed again below the slice's row count.
/// It knows nothing of versions; the slice's sequence guards it.
/// </summary>
internal sealed class ColumnSlice(PhysicalType type, int capacity, MemoryAccount? account)
{
    private const int HeapSizeRewriteMin = 4096;

    private readonly int _width = RawValue.WidthOf(type);
    private int _deadStringSize;

    public PhysicalType Type => type;

    /// <summary>The values; undefined where NULL or beyond the slice's rows.</summary>
    public Array Data = NewArray(type, capacity);

    /// <summary>As long as <see cref="Data"/> has values; null while there never was a NULL.</summary>
    public ulong[]? Validity;

    /// <summary>Home of the strings beyond 12 bytes; null for other types.</summary>
    public StringHeap? Heap = type == PhysicalType.String ? new StringHeap(account) : null;

    /// <summary>True when a vector may refer to the array. Set by scans, taken back by the writer's copy alone.</summary>
    public bool IsShared;

    /// <summary>Bounds of all values that any reader may see here (<see cref="ZoneKey"/>): conservative, only ever widened.</summary>
    public long Minimum = long.MaxValue;

    public long Maximum = long.MinValue;

    public int Width => _width;

    public int Capacity => Unsafe.As<byte[]>(Data).Length;   // the length of any array

    public byte[][]? Blocks => Heap?.Blocks;

    /// <summary>Bytes held.</summary>
    public long Size => SizeOf(Capacity, _width) + (Validity is null ? 0 : Validity.Length * sizeof(ulong)) + (Heap?.Size ?? 0);

    public static long SizeOf(int capacity, int width) => (long)capacity * width;

    /// <summary>Reads a value that may be changing: what was read counts only after the slice's sequence is validated.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool TryRead(int row, out RawValue value, out bool isNull)
    {
        Array data = Data;
        if ((uint)row >= (uint)Unsafe.As<byte[]>(data).Length)
        {
            value = default;
            isNull = true;
            return false;
        }
        ulong[]? validity = Validity;
        isNull = validity is not null && ((row >> 6) >= validity.Length || !ValidityMask.IsValid(validity, row));
        RawValue.Read(ref At(data, row), _width, out value);
        return true;
    }

    /// <summary>True where an integer column has a value; as <see cref="TryRead"/>, it counts only after the validation.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool HasInteger(int row, long value)
    {
        Array data = Data;
        if ((uint)row >= (uint)Unsafe.As<byte[]>(data).Length)
        {
            return false;
        }
        ref byte place = ref At(data, row);
        long found = type == PhysicalType.Int64 ? Unsafe.ReadUnaligned<long>(ref place)
            : type == PhysicalType.Int32 ? Unsafe.ReadUnaligned<int>(ref place)
            : Unsafe.ReadUnaligned<short>(ref place);
        return found == value && (Validity is not { } validity || ((row >> 6) < validity.Length && ValidityMask.IsValid(validity, row)));
    }

    /// <summary>Fetches a value into the processor's caches; only where <see cref="Sse"/> is there.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public unsafe void Prefetch(int row)
    {
        Array data = Data;
        if ((uint)row < (uint)Unsafe.As<byte[]>(data).Length)
        {
            Sse.Prefetch0(Unsafe.AsPointer(ref At(data, row)));   // not pinned: where the array is moved meanwhile, nothing comes of it
        }
    }

    /// <summary>Writes a value in place, below the row count only under a changing sequence and when not shared.</summary>
    public void Write(int row, ref RawValue value, bool isNull)
    {
        if (isNull)
        {
            ValidityMask.SetNull(Validity ?? AddValidity(), row);
            return;
        }
        if (Validity is not null)
        {
            ValidityMask.SetValid(Validity, row);
        }
        RawValue.Write(ref At(Data, row), _width, ref value);
    }

    /// <summary>Puts a string's bytes into this slice's heap and turns the view into one of them.</summary>
    public void Adopt(ref RawValue value, byte[][] blocks)
    {
        ref StringView view = ref value.As<StringView>();
        if (!view.IsInline)
        {
            view = Heap!.Add(in view, blocks);
        }
    }

    /// <summary>Room for this many values; the old array stays as it is for those who hold it.</summary>
    public void EnsureCapacity(int count)
    {
        int capacity = Capacity;
        if (capacity >= count)
        {
            return;
        }
        int grown = Math.Min(RowSlice.Capacity, Math.Max(count, capacity * 2));
        account?.Charge(SizeOf(grown - capacity, _width));
        Array data = NewArray(type, grown);
        CopyBytes(Data, data, capacity);
        if (Validity is { } old)
        {
            account?.ChargeUnchecked((WordCount(grown) - old.Length) * sizeof(ulong));
            var validity = new ulong[WordCount(grown)];
            Array.Fill(validity, ulong.MaxValue);
            old.CopyTo(validity, 0);
            Validity = validity;
        }
        Data = data;
    }

    /// <summary>Makes the arrays this side's alone. The sequence is changing, so no scan can take them meanwhile.</summary>
    public void Unshare()
    {
        Array data = NewUninitializedArray(type, Capacity);
        CopyBytes(Data, data, Capacity);
        Data = data;
        Validity = (ulong[]?)Validity?.Clone();
        IsShared = false;
    }

    public void WidenBy(ref RawValue value, bool isNull)
    {
        if (isNull || !ZoneKey.HasKeys(type))
        {
            return;
        }
        long key = ZoneKey.Of(type, ref value, Blocks!);
        if (key < Minimum)   // not written for nothing: readers find the array beside it
        {
            Minimum = key;
        }
        if (key > Maximum)
        {
            Maximum = key;
        }
    }

    /// <summary>Counts the bytes of a string that no newest value refers to any more.</summary>
    public void CountDead(int row)
    {
        if (type == PhysicalType.String && ValidityMask.IsValid(Validity, row))
        {
            ref readonly StringView view = ref Unsafe.As<StringView[]>(Data)[row];
            _deadStringSize += view.IsInline ? 0 : view.Length;
        }
    }

    public bool IsMostlyDeadStrings => Heap is { Size: > HeapSizeRewriteMin } heap && _deadStringSize > heap.Size / 2;

    /// <summary>
    /// Moves the strings that are still needed to a new heap; readers keep the old one. The sequence is changing.
    /// <paramref name="isDead"/> tells rows that nobody sees; <paramref name="moveVersions"/> moves old versions' strings from
    /// their blocks to the new heap.
    /// </summary>
    public void RewriteStrings(int rowCount, Func<int, bool> isDead, Action<StringHeap, byte[][]> moveVersions)
    {
        var heap = new StringHeap();   // not charged while it is made: no error may stop the writer halfway
        byte[][] oldBlocks = Heap!.Blocks;
        var oldViews = (StringView[])Data;
        var views = new StringView[oldViews.Length];
        for (int row = 0; row < rowCount; row++)
        {
            if (ValidityMask.IsValid(Validity, row) && !isDead(row))
            {
                views[row] = heap.Add(in oldViews[row], oldBlocks);
            }
        }
        moveVersions(heap, oldBlocks);
        account?.Release(Heap.Size);
        heap.ChargeTo(account);
        Validity = (ulong[]?)Validity?.Clone();
        Heap = heap;
        Data = views;
        IsShared = false;
        _deadStringSize = 0;
    }

    /// <summary>Appends values of a vector behind the visible rows: at the positions selected, or from the first on.</summary>
    public void Append(int row, Vector vector, ReadOnlySpan<int> selection, bool hasSelection, int first, int count)
    {
        switch (type)
        {
            case PhysicalType.Boolean: AppendValues<bool, ZoneKey.OfBoolean>(row, vector, selection, hasSelection, first, count); break;
            case PhysicalType.Int16: AppendValues<short, ZoneKey.OfInt16>(row, vector, selection, hasSelection, first, count); break;
            case PhysicalType.Int32: AppendValues<int, ZoneKey.OfInt32>(row, vector, selection, hasSelection, first, count); break;
            case PhysicalType.Int64: AppendValues<long, ZoneKey.OfInt64>(row, vector, selection, hasSelection, first, count); break;
            case PhysicalType.Int128: AppendValues<Int128, ZoneKey.OfInt128>(row, vector, selection, hasSelection, first, count); break;
            case PhysicalType.Real: AppendValues<float, ZoneKey.OfReal>(row, vector, selection, hasSelection, first, count); break;
            case PhysicalType.Double: AppendValues<double, ZoneKey.OfDouble>(row, vector, selection, hasSelection, first, count); break;
            case PhysicalType.Numeric: CopyValues<Numeric>(row, vector, selection, hasSelection, first, count); break;
            case PhysicalType.String: AppendStrings(row, vector, selection, hasSelection, first, count); break;
            case PhysicalType.Interval: AppendValues<Interval, ZoneKey.OfInterval>(row, vector, selection, hasSelection, first, count); break;
            case PhysicalType.Uuid: AppendValues<UInt128, ZoneKey.OfUuid>(row, vector, selection, hasSelection, first, count); break;
            default: throw new UnreachableException();
        }
    }

    /// <summary>
    /// A copy-on-write twin, not charged: both sides refer to the same arrays and copy before they change them. Where rows
    /// may be appended (<paramref name="isFull"/> is false) it gets arrays of its own, as nobody unshares to append.
    /// </summary>
    public ColumnSlice Fork(bool isFull, MemoryAccount? forkAccount)
    {
        IsShared = true;
        var fork = new ColumnSlice(type, 0, forkAccount)
        {
            Data = Data,
            Validity = Validity,
            Heap = Heap?.Fork(forkAccount),
            IsShared = true,
            Minimum = Minimum,
            Maximum = Maximum,
            _deadStringSize = _deadStringSize + (Heap?.UnusedSize ?? 0),   // or a slice forked again and again would only grow
        };
        if (!isFull)
        {
            fork.Unshare();
        }
        return fork;
    }

    private static Array NewUninitializedArray(PhysicalType type, int capacity) => type switch
    {
        PhysicalType.Boolean => GC.AllocateUninitializedArray<bool>(capacity),
        PhysicalType.Int16 => GC.AllocateUninitializedArray<short>(capacity),
        PhysicalType.Int32 => GC.AllocateUninitializedArray<int>(capacity),
        PhysicalType.Int64 => GC.AllocateUninitializedArray<long>(capacity),
        PhysicalType.Int128 => GC.AllocateUninitializedArray<Int128>(capacity),
        PhysicalType.Real => GC.AllocateUninitializedArray<float>(capacity),
        PhysicalType.Double => GC.AllocateUninitializedArray<double>(capacity),
        PhysicalType.Numeric => GC.AllocateUninitializedArray<Numeric>(capacity),
        PhysicalType.String => GC.AllocateUninitializedArray<StringView>(capacity),
        PhysicalType.Interval => GC.AllocateUninitializedArray<Interval>(capacity),
        PhysicalType.Uuid => GC.AllocateUninitializedArray<UInt128>(capacity),
        _ => throw new UnreachableException(),
    };

    public static Array NewArray(PhysicalType type, int capacity) => type switch
    {
        PhysicalType.Boolean => new bool[capacity],
        PhysicalType.Int16 => new short[capacity],
        PhysicalType.Int32 => new int[capacity],
        PhysicalType.Int64 => new long[capacity],
        PhysicalType.Int128 => new Int128[capacity],
        PhysicalType.Real => new float[capacity],
        PhysicalType.Double => new double[capacity],
        PhysicalType.Numeric => new Numeric[capacity],
        PhysicalType.String => new StringView[capacity],
        PhysicalType.Interval => new Interval[capacity],
        PhysicalType.Uuid => new UInt128[capacity],
        _ => throw new UnreachableException(),
    };

    /// <summary>The bytes of a value in an array of any value type: all arrays have their first value at the same offset.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private ref byte At(Array data, int row) =>
        ref Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(Unsafe.As<byte[]>(data)), (nint)row * _width);

    /// <summary>The value in an array of any value type.</summary>
    public static RawValue ReadFrom(Array data, int width, int row)
    {
        RawValue.Read(ref Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(Unsafe.As<byte[]>(data)), (nint)row * width), width, out RawValue value);
        return value;
    }

    public static void WriteTo(Array data, int width, int row, ref RawValue value) =>
        RawValue.Write(ref Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(Unsafe.As<byte[]>(data)), (nint)row * width), width, ref value);

    /// <summary>An array with the first values of another.</summary>
    public static Array CopyOf(PhysicalType type, Array data, int count) => CopyTo(NewUninitializedArray(type, count), type, data, count);

    /// <summary>Copies the first values of an array into another of its type, which is given back.</summary>
    public static Array CopyTo(Array copy, PhysicalType type, Array data, int count)
    {
        int size = count * RawValue.WidthOf(type);
        MemoryMarshal.CreateSpan(ref MemoryMarshal.GetArrayDataReference(Unsafe.As<byte[]>(data)), size)
            .CopyTo(MemoryMarshal.CreateSpan(ref MemoryMarshal.GetArrayDataReference(Unsafe.As<byte[]>(copy)), size));
        return copy;
    }

    private static int WordCount(int capacity) => (capacity + 63) >> 6;

    private void CopyBytes(Array from, Array to, int count)
    {
        int size = count * _width;
        MemoryMarshal.CreateSpan(ref MemoryMarshal.GetArrayDataReference(Unsafe.As<byte[]>(from)), size)
            .CopyTo(MemoryMarshal.CreateSpan(ref MemoryMarshal.GetArrayDataReference(Unsafe.As<byte[]>(to)), size));
    }

    private ulong[] AddValidity()
    {
        var validity = new ulong[WordCount(Capacity)];
        Array.Fill(validity, ulong.MaxValue);
        account?.ChargeUnchecked(validity.Length * sizeof(ulong));
        Validity = validity;
        return validity;
    }

    private void AppendValues<T, TKey>(int row, Vector vector, ReadOnlySpan<int> selection, bool hasSelection, int first, int count)
        where T : unmanaged
        where TKey : struct, ZoneKey.IKey<T>
    {
        CopyValues<T>(row, vector, selection, hasSelection, first, count);
        ZoneKey.Widen<T, TKey>(Unsafe.As<T[]>(Data).AsSpan(row, count), Validity, row, [], ref Minimum, ref Maximum);
    }

    private void CopyValues<T>(int row, Vector vector, ReadOnlySpan<int> selection, bool hasSelection, int first, int count)
        where T : unmanaged
    {
        Span<T> target = Unsafe.As<T[]>(Data).AsSpan(row, count);
        ReadOnlySpan<T> source = vector.Values<T>();
        if (vector.IsConstant)
        {
            target.Fill(source[0]);
        }
        else if (hasSelection)
        {
            for (int i = 0; i < target.Length; i++)
            {
                target[i] = source[selection[first + i]];
            }
        }
        else
        {
            source.Slice(first, count).CopyTo(target);
        }
        CopyValidity(row, vector, selection, hasSelection, first, count);
    }

    private void AppendStrings(int row, Vector vector, ReadOnlySpan<int> selection, bool hasSelection, int first, int count)
    {
        CopyValidity(row, vector, selection, hasSelection, first, count);
        Span<StringView> target = Unsafe.As<StringView[]>(Data).AsSpan(row, count);
        ReadOnlySpan<StringView> source = vector.Values<StringView>();
        byte[][] blocks = vector.Blocks;
        StringHeap heap = Heap!;
        for (int i = 0; i < target.Length; i++)
        {
            if (!ValidityMask.IsValid(Validity, row + i))
            {
                target[i] = default;
                continue;
            }
            int position = vector.IsConstant ? 0 : hasSelection ? selection[first + i] : first + i;
            target[i] = heap.Add(in source[position], blocks);
        }
        ZoneKey.Widen<StringView, ZoneKey.OfString>(target, Validity, row, heap.Blocks, ref Minimum, ref Maximum);
    }

    private void CopyValidity(int row, Vector vector, ReadOnlySpan<int> selection, bool hasSelection, int first, int count)
    {
        ulong[]? source = vector.Validity;
        if (source is null && Validity is null)
        {
            return;
        }
        ulong[] validity = Validity ?? AddValidity();
        for (int i = 0; i < count; i++)
        {
            int position = vector.IsConstant ? 0 : hasSelection ? selection[first + i] : first + i;
            if (ValidityMask.IsValid(source, position))
            {
                ValidityMask.SetValid(validity, row + i);
            }
            else
            {
                ValidityMask.SetNull(validity, row + i);
            }
        }
    }
}
