using System.Diagnostics;
using System.Runtime.CompilerServices;
using PhantomDb.Types;
using PhantomDb.Vectors;

namespace PhantomDb.Functions;

/// <summary>
/// A fixed set of values of one physical type, for IN: tried one by one up to eight, by open addressing beyond.
/// Built from constant vectors; NULLs are the caller's.
/// </summary>
internal abstract class ValueSet
{
    /// <summary>Beyond so many values a hash lookup is cheaper than comparing with each.</summary>
    protected const int LinearMax = 8;

    public static ValueSet Create(PhysicalType type, IReadOnlyList<Vector> values) => type switch
    {
        PhysicalType.Boolean => new FixedValueSet<bool, BooleanOrder>(values),
        PhysicalType.Int16 => new FixedValueSet<short, IntegerOrder<short>>(values),
        PhysicalType.Int32 => new FixedValueSet<int, IntegerOrder<int>>(values),
        PhysicalType.Int64 => new FixedValueSet<long, IntegerOrder<long>>(values),
        PhysicalType.Int128 => new FixedValueSet<Int128, IntegerOrder<Int128>>(values),
        PhysicalType.Real => new FixedValueSet<float, FloatOrder<float>>(values),
        PhysicalType.Double => new FixedValueSet<double, FloatOrder<double>>(values),
        PhysicalType.Numeric => new FixedValueSet<Numeric, NumericOrder>(values),
        PhysicalType.Interval => new FixedValueSet<Interval, IntervalOrder>(values),
        PhysicalType.Uuid => new FixedValueSet<UInt128, IntegerOrder<UInt128>>(values),
        PhysicalType.String => new StringValueSet(values),
        _ => throw new UnreachableException(),
    };

    /// <summary>
    /// Writes the valid positions whose value is in the set (or is not, where <paramref name="negate"/>); output may be
    /// the selection itself.
    /// </summary>
    public abstract int Select(Vector vector, int[]? selection, int count, bool negate, int[] output);

    /// <summary>Slots for so many values, at most half full.</summary>
    protected static int TableSize(int count) => (int)System.Numerics.BitOperations.RoundUpToPowerOf2((uint)Math.Max(4, count * 2));

    /// <summary>Spreads a hash code over the high bits, which choose the slot.</summary>
    protected static int Slot(int hash, int tableSize) =>
        (int)(((ulong)(uint)hash * 0x9E3779B97F4A7C15UL) >> 32) & (tableSize - 1);
}

internal sealed class FixedValueSet<T, TOrder> : ValueSet where TOrder : struct, IValueOrder<T>
{
    private readonly T[] _values;
    private readonly int[]? _slots;

    public FixedValueSet(IReadOnlyList<Vector> values)
    {
        _values = values.Select(vector => vector.Data<T>()[0]).ToArray();
        if (_values.Length <= LinearMax)
        {
            return;
        }

        _slots = new int[TableSize(_values.Length)];
        for (int i = 0; i < _values.Length; i++)
        {
            int slot = Slot(TOrder.Hash(_values[i]), _slots.Length);
            while (_slots[slot] != 0)
            {
                slot = (slot + 1) & (_slots.Length - 1);
            }

            _slots[slot] = i + 1;
        }
    }

    [MethodImpl(HotLoop.Options)]
    public override int Select(Vector vector, int[]? selection, int count, bool negate, int[] output)
    {
        ReadOnlySpan<T> values = vector.Values<T>();
        int selected = 0;
        for (int k = 0; k < count; k++)
        {
            int i = selection is null ? k : selection[k];
            int from = vector.PositionOf(i);
            output[selected] = i;
            selected += vector.IsValid(from) && Contains(in values[from]) != negate ? 1 : 0;
        }

        return selected;
    }

    [MethodImpl(HotLoop.Options)]
    private bool Contains(in T value)
    {
        if (_slots is null)
        {
            foreach (ref readonly T candidate in _values.AsSpan())
            {
                if (TOrder.IsEqual(candidate, value))
                {
                    return true;
                }
            }

            return false;
        }

        int slot = Slot(TOrder.Hash(value), _slots.Length);
        while (_slots[slot] != 0)
        {
            if (TOrder.IsEqual(_values[_slots[slot] - 1], value))
            {
                return true;
            }

            slot = (slot + 1) & (_slots.Length - 1);
        }

        return false;
    }
}

internal sealed class StringValueSet : ValueSet
{
    private readonly StringView[] _views;
    private readonly byte[][] _blocks;
    private readonly int[] _slots;
    private readonly bool _isShort;   // few values of at most twelve bytes: compared with each, word by word

    public StringValueSet(IReadOnlyList<Vector> values)
    {
        var heap = new StringHeap();
        _views = values.Select(vector => heap.Add(in vector.Data<StringView>()[0], vector.Blocks)).ToArray();
        _blocks = heap.Blocks;
        _isShort = _views.Length <= LinearMax && Array.TrueForAll(_views, view => view.IsInline);
        _slots = new int[TableSize(_views.Length)];
        for (int i = 0; i < _views.Length; i++)
        {
            int slot = Slot(Hash(in _views[i], _blocks), _slots.Length);
            while (_slots[slot] != 0)
            {
                slot = (slot + 1) & (_slots.Length - 1);
            }

            _slots[slot] = i + 1;
        }
    }

    public override int Select(Vector vector, int[]? selection, int count, bool negate, int[] output) =>
        _isShort && !vector.IsConstant
            ? SelectShort(vector, selection, count, negate, output)
            : SelectAny(vector, selection, count, negate, output);

    [MethodImpl(HotLoop.Options)]
    private int SelectShort(Vector vector, int[]? selection, int count, bool negate, int[] output)
    {
        StringView[] views = vector.Data<StringView>();
        ulong[]? validity = vector.Validity;
        ReadOnlySpan<StringView> candidates = _views;
        int selected = 0;
        for (int k = 0; k < count; k++)
        {
            int i = selection is null ? k : selection[k];
            ulong head = views[i].Head;
            ulong tail = views[i].Tail;
            bool isFound = false;
            foreach (ref readonly StringView candidate in candidates)
            {
                isFound |= ((candidate.Head ^ head) | (candidate.Tail ^ tail)) == 0;
            }

            output[selected] = i;
            selected += (isFound ^ negate) & ValidityMask.IsValid(validity, i) ? 1 : 0;
        }

        return selected;
    }

    [MethodImpl(HotLoop.Options)]
    private int SelectAny(Vector vector, int[]? selection, int count, bool negate, int[] output)
    {
        ReadOnlySpan<StringView> views = vector.Values<StringView>();
        byte[][] blocks = vector.Blocks;
        int selected = 0;
        for (int k = 0; k < count; k++)
        {
            int i = selection is null ? k : selection[k];
            int from = vector.PositionOf(i);
            output[selected] = i;
            selected += vector.IsValid(from) && Contains(in views[from], blocks) != negate ? 1 : 0;
        }

        return selected;
    }

    [MethodImpl(HotLoop.Options)]
    private bool Contains(ref readonly StringView view, byte[][] blocks)
    {
        int slot = Slot(Hash(in view, blocks), _slots.Length);
        while (_slots[slot] != 0)
        {
            if (StringView.Equals(in _views[_slots[slot] - 1], _blocks, in view, blocks))
            {
                return true;
            }

            slot = (slot + 1) & (_slots.Length - 1);
        }

        return false;
    }

    /// <summary>Length and prefix, and the other bytes: all of them where inline, else the last eight.</summary>
    private static int Hash(ref readonly StringView view, byte[][] blocks)
    {
        ulong tail = view.IsInline
            ? view.Tail
            : System.Buffers.Binary.BinaryPrimitives.ReadUInt64LittleEndian(StringView.Bytes(in view, blocks)[^8..]);
        ulong mixed = (view.Head ^ (tail * 0x9E3779B97F4A7C15UL)) * 0xD6E8FEB86659FD93UL;
        return (int)(mixed >> 32);
    }
}
