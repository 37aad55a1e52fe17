using System.Diagnostics;
using System.Runtime.CompilerServices;
using PhantomDb.Types;

namespace PhantomDb.Vectors;

/// <summary>
/// A few values that a reader must see in place of those of an array that is not its own. A vector that has some
/// (<see cref="Vector.ReferencePatched"/>) makes a copy only for who asks for its array; who can take a run of values and then a
/// single one reads past them. Used again for the next array.
/// </summary>
internal abstract class VectorPatches
{
    protected const int CountMax = 16;

    private readonly int[] _rows = new int[CountMax];

    public int Count { get; private set; }

    /// <summary>Where the values belong; ascending after <see cref="Sort"/>.</summary>
    public ReadOnlySpan<int> Rows => _rows.AsSpan(0, Count);

    /// <summary>For numbers; null for other types.</summary>
    public static VectorPatches? TryCreate(PhysicalType type) => type switch
    {
        PhysicalType.Int16 => new VectorPatches<short>(),
        PhysicalType.Int32 => new VectorPatches<int>(),
        PhysicalType.Int64 => new VectorPatches<long>(),
        PhysicalType.Int128 => new VectorPatches<Int128>(),
        PhysicalType.Real => new VectorPatches<float>(),
        PhysicalType.Double => new VectorPatches<double>(),
        _ => null,
    };

    public void Clear() => Count = 0;

    /// <summary>Sets a row's value, given by its first byte; the last one of several for the same row, one after the other, counts. False where there is no room.</summary>
    public bool TrySet(int row, ref byte value)
    {
        if (Count == 0 || _rows[Count - 1] != row)
        {
            if (Count == CountMax)
            {
                return false;
            }
            _rows[Count++] = row;
        }
        SetValue(Count - 1, ref value);
        return true;
    }

    public void Sort()
    {
        for (int i = 1; i < Count; i++)
        {
            for (int k = i; k > 0 && _rows[k] < _rows[k - 1]; k--)
            {
                (_rows[k], _rows[k - 1]) = (_rows[k - 1], _rows[k]);
                SwapValues(k, k - 1);
            }
        }
    }

    /// <summary>A copy of the array's first values with these in place; good until the next is asked for.</summary>
    public abstract Array Apply(Array data, int count);

    protected abstract void SetValue(int index, ref byte value);

    protected abstract void SwapValues(int first, int second);
}

/// <summary>Patches of one type.</summary>
internal sealed class VectorPatches<T> : VectorPatches
{
    private readonly T[] _values = new T[CountMax];
    private T[]? _copy;

    public ReadOnlySpan<T> Values => _values.AsSpan(0, Count);

    public override Array Apply(Array data, int count)
    {
        Debug.Assert(data is T[], $"{data.GetType()} patched as {typeof(T)}");
        _copy ??= GC.AllocateUninitializedArray<T>(DataChunk.Capacity);
        Unsafe.As<T[]>(data).AsSpan(0, count).CopyTo(_copy);
        ReadOnlySpan<int> rows = Rows;
        for (int i = 0; i < rows.Length; i++)
        {
            _copy[rows[i]] = _values[i];
        }
        return _copy;
    }

    protected override void SetValue(int index, ref byte value) => _values[index] = Unsafe.ReadUnaligned<T>(ref value);

    protected override void SwapValues(int first, int second) => (_values[first], _values[second]) = (_values[second], _values[first]);
}
