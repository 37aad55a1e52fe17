using System.Diagnostics;
using PhantomDb.Storage;
using PhantomDb.Types;
using PhantomDb.Vectors;

namespace PhantomDb.Execution.Points;

/// <summary>Values of single rows between buffers and vectors.</summary>
internal static class PointValues
{
    public static void Copy(RowBuffer from, int source, RowBuffer to, int target)
    {
        if (from.IsNull(source))
        {
            to.SetNull(target);
        }
        else
        {
            to.SetRaw(target, in from.Raw(source), isNull: false, from.BlocksOf(source));
        }
    }

    /// <summary>A constant vector of a buffer's value, with bytes of its own.</summary>
    public static Vector ToVector(SqlType type, RowBuffer buffer, int index)
    {
        Vector vector = new(type.Physical);
        if (buffer.IsNull(index))
        {
            vector.SetConstantNull();
            return vector;
        }
        switch (type.Physical)
        {
            case PhysicalType.Boolean: vector.WriteConstant<bool>()[0] = buffer.Get<bool>(index); break;
            case PhysicalType.Int16: vector.WriteConstant<short>()[0] = buffer.Get<short>(index); break;
            case PhysicalType.Int32: vector.WriteConstant<int>()[0] = buffer.Get<int>(index); break;
            case PhysicalType.Int64: vector.WriteConstant<long>()[0] = buffer.Get<long>(index); break;
            case PhysicalType.Int128: vector.WriteConstant<Int128>()[0] = buffer.Get<Int128>(index); break;
            case PhysicalType.Real: vector.WriteConstant<float>()[0] = buffer.Get<float>(index); break;
            case PhysicalType.Double: vector.WriteConstant<double>()[0] = buffer.Get<double>(index); break;
            case PhysicalType.Numeric: vector.WriteConstant<Numeric>()[0] = buffer.Get<Numeric>(index); break;
            case PhysicalType.Interval: vector.WriteConstant<Interval>()[0] = buffer.Get<Interval>(index); break;
            case PhysicalType.Uuid: vector.WriteConstant<UInt128>()[0] = buffer.Get<UInt128>(index); break;
            case PhysicalType.String:
                Span<StringView> views = vector.WriteConstant<StringView>();
                views[0] = vector.Heap.Add(buffer.GetBytes(index));
                vector.SealStrings();
                break;
            default: throw new UnreachableException();
        }
        return vector;
    }
}

/// <summary>The row of a point SELECT: copied out of the table, so that it stays when the transaction has ended.</summary>
internal sealed class PointRows : ResultSource
{
    private readonly DataChunk _chunk;
    private readonly Cell[] _cells;
    private readonly int[] _places;   // in the buffer, by result column
    private bool _isPending;

    public PointRows(IReadOnlyList<PhysicalType> types, int[] places)
    {
        _chunk = new DataChunk(types) { Count = 1 };
        _cells = [.. types.Select(Cell.Create)];
        _places = places;
    }

    /// <summary>Takes the row's values; null where no row was found.</summary>
    public void Take(RowBuffer? row)
    {
        _isPending = row is not null;
        for (int i = 0; row is not null && i < _cells.Length; i++)
        {
            _cells[i].Take(row, _places[i], _chunk.Vectors[i]);
        }
    }

    public override DataChunk? Next()
    {
        bool isPending = _isPending;
        _isPending = false;
        return isPending ? _chunk : null;
    }

    public override void Dispose()
    {
    }

    /// <summary>A vector's one value.</summary>
    private abstract class Cell
    {
        public abstract void Take(RowBuffer row, int place, Vector vector);

        public static Cell Create(PhysicalType type) => type switch
        {
            PhysicalType.Boolean => new Cell<bool>(),
            PhysicalType.Int16 => new Cell<short>(),
            PhysicalType.Int32 => new Cell<int>(),
            PhysicalType.Int64 => new Cell<long>(),
            PhysicalType.Int128 => new Cell<Int128>(),
            PhysicalType.Real => new Cell<float>(),
            PhysicalType.Double => new Cell<double>(),
            PhysicalType.Numeric => new Cell<Numeric>(),
            PhysicalType.String => new Cell<StringView>(),
            PhysicalType.Interval => new Cell<Interval>(),
            PhysicalType.Uuid => new Cell<UInt128>(),
            _ => throw new UnreachableException(),
        };
    }

    private sealed class Cell<T> : Cell where T : unmanaged
    {
        private static readonly ulong[] Null = [0];

        private readonly T[] _value = new T[1];

        // A string's bytes stay in the table's blocks, which are never changed, only replaced.
        public override void Take(RowBuffer row, int place, Vector vector)
        {
            _value[0] = row.IsNull(place) ? default : row.Get<T>(place);
            vector.Reference(_value, row.IsNull(place) ? Null : null, row.BlocksOf(place));
        }
    }
}
