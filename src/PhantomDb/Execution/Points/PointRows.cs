using System.Diagnostics;
using PhantomDb.Storage;
using PhantomDb.Types;
using PhantomDb.Vectors;

namespace PhantomDb.Execution.Points;

/// <summary>
/// The rows of a single-row SELECT, or the few rows of a range: copied out of the table, so that they stay when the
/// transaction has ended. Used again by each execution; grows with the largest result, to one chunk.
/// </summary>
internal sealed class PointRows : ResultSource
{
    public const int RowCountMax = DataChunk.Capacity;

    private readonly DataChunk _chunk;
    private readonly Column[] _columns;
    private bool _isPending;

    public PointRows(IReadOnlyList<PhysicalType> types)
    {
        _chunk = new DataChunk(types);
        _columns = [.. types.Select(Column.Create)];
    }

    public int Count { get; private set; }

    /// <summary>Begins a new result.</summary>
    public void Clear()
    {
        Count = 0;
        foreach (Column column in _columns)
        {
            column.Clear();
        }
    }

    /// <summary>Adds the first values of a buffer as a row.</summary>
    public void Add(RowBuffer row)
    {
        for (int i = 0; i < _columns.Length; i++)
        {
            _columns[i].Add(row, i, Count);
        }
        Count++;
    }

    /// <summary>Makes what was added the result.</summary>
    public void Finish()
    {
        for (int i = 0; i < _columns.Length; i++)
        {
            _columns[i].GiveTo(_chunk.Vectors[i]);
        }
        _chunk.Count = Count;
        _chunk.Selection = null;
        _isPending = Count > 0;
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

    /// <summary>The values of one result column.</summary>
    private abstract class Column
    {
        public abstract void Clear();

        public abstract void Add(RowBuffer row, int place, int position);

        public abstract void GiveTo(Vector vector);

        public static Column Create(PhysicalType type) => type switch
        {
            PhysicalType.Boolean => new Column<bool>(),
            PhysicalType.Int16 => new Column<short>(),
            PhysicalType.Int32 => new Column<int>(),
            PhysicalType.Int64 => new Column<long>(),
            PhysicalType.Int128 => new Column<Int128>(),
            PhysicalType.Real => new Column<float>(),
            PhysicalType.Double => new Column<double>(),
            PhysicalType.Numeric => new Column<Numeric>(),
            PhysicalType.String => new StringColumn(),
            PhysicalType.Interval => new Column<Interval>(),
            PhysicalType.Uuid => new Column<UInt128>(),
            _ => throw new UnreachableException(),
        };
    }

    private class Column<T> : Column
        where T : unmanaged
    {
        private T[] _values = new T[1];
        private ulong[]? _validity;
        private bool _hasNull;

        public override void Clear()
        {
            if (_hasNull)
            {
                Array.Fill(_validity!, ulong.MaxValue);
                _hasNull = false;
            }
        }

        public override void Add(RowBuffer row, int place, int position)
        {
            if (row.IsNull(place))
            {
                AddNull(position);
            }
            else
            {
                AddValue(row.Get<T>(place), position);
            }
        }

        public override void GiveTo(Vector vector) => vector.Reference(_values, _hasNull ? _validity : null);

        protected void AddValue(T value, int position)
        {
            if (position == _values.Length)
            {
                Grow();
            }
            _values[position] = value;
        }

        protected void AddNull(int position)
        {
            AddValue(default, position);
            if (_validity is null)
            {
                _validity = new ulong[ValidityMask.WordCount];
                Array.Fill(_validity, ulong.MaxValue);
            }
            ValidityMask.SetNull(_validity, position);
            _hasNull = true;
        }

        protected void GiveTo(Vector vector, byte[][] blocks) => vector.Reference(_values, _hasNull ? _validity : null, blocks);

        private void Grow() => Array.Resize(ref _values, Math.Max(16, _values.Length * 2));
    }

    /// <summary>Strings: long ones are copied into one block.</summary>
    private sealed class StringColumn : Column<StringView>
    {
        private readonly byte[][] _blocks = [[]];
        private int _length;

        public override void Clear()
        {
            base.Clear();
            _length = 0;
        }

        public override void Add(RowBuffer row, int place, int position)
        {
            if (row.IsNull(place))
            {
                AddNull(position);
                return;
            }
            StringView view = row.Get<StringView>(place);
            if (view.Length <= StringView.InlineLengthMax)
            {
                AddValue(view, position);
                return;
            }
            ReadOnlySpan<byte> bytes = row.GetBytes(place);
            if (_length + bytes.Length > _blocks[0].Length)
            {
                Array.Resize(ref _blocks[0], Math.Max(_length + bytes.Length, Math.Max(256, _blocks[0].Length * 2)));
            }
            bytes.CopyTo(_blocks[0].AsSpan(_length));
            AddValue(new StringView(bytes, 0, _length), position);
            _length += bytes.Length;
        }

        public override void GiveTo(Vector vector) => GiveTo(vector, _blocks);
    }
}
