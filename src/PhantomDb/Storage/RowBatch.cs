using System.Diagnostics;
using System.Runtime.CompilerServices;
using PhantomDb.Types;
using PhantomDb.Vectors;

namespace PhantomDb.Storage;

/// <summary>
/// The values of some columns of a few rows, column by column, outside their slices: they stay when the transaction has
/// ended. Takes at most one chunk's rows. Reusable, for one thread; nothing is allocated while rows fit what was there before.
/// </summary>
internal sealed class RowBatch(IReadOnlyList<PhysicalType> types)
{
    public const int RowCountMax = DataChunk.Capacity;

    private readonly Column[] _columns = [.. types.Select(Column.Create)];
    private DataChunk? _givenTo;

    public int Count { get; private set; }

    public void Clear()
    {
        Count = 0;
        foreach (Column column in _columns)
        {
            if (column.IsDirty)
            {
                column.Clear();
            }
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

    /// <summary>
    /// Copies the newest values of rows of a slice behind the last row, by storage numbers of its columns; false where a race
    /// with a writer was noticed. They count once the slice is validated and <see cref="Keep"/> is called.
    /// </summary>
    public bool TryCopy(RowSlice slice, int[] columnNumbers, in RowSelection rows)
    {
        for (int i = 0; i < _columns.Length; i++)
        {
            if (!_columns[i].TryCopy(slice.Columns[columnNumbers[i]]!, rows, Count))
            {
                return false;
            }
        }
        return true;
    }

    /// <summary>The same of one row.</summary>
    public bool TryCopy(RowSlice slice, int[] columnNumbers, int row)
    {
        for (int i = 0; i < _columns.Length; i++)
        {
            if (!_columns[i].TryCopy(slice.Columns[columnNumbers[i]]!, row, Count))
            {
                return false;
            }
        }
        return true;
    }

    /// <summary>Makes the rows that were copied last part of this; strings get bytes of their own.</summary>
    public void Keep(int rowCount)
    {
        foreach (Column column in _columns)
        {
            if (column.IsString)
            {
                column.Adopt(Count, rowCount);
            }
        }
        Count += rowCount;
    }

    /// <summary>Lets a chunk's vectors refer to the rows, until the batch is cleared.</summary>
    public void GiveTo(DataChunk chunk)
    {
        for (int i = 0; i < _columns.Length; i++)
        {
            if (_columns[i].IsMoved || !ReferenceEquals(chunk, _givenTo))
            {
                _columns[i].GiveTo(chunk.Vectors[i]);
                _columns[i].IsMoved = false;
            }
        }
        _givenTo = chunk;
        chunk.Count = Count;
        chunk.Selection = null;
    }

    private abstract class Column
    {
        /// <summary>True where <see cref="Clear"/> has something to do.</summary>
        public bool IsDirty;

        /// <summary>True where the vector that was given the values must be given them again.</summary>
        public bool IsMoved;

        public bool IsString;

        public abstract void Clear();

        public abstract void Add(RowBuffer row, int place, int position);

        public abstract bool TryCopy(ColumnSlice source, in RowSelection rows, int position);

        public abstract bool TryCopy(ColumnSlice source, int row, int position);

        public virtual void Adopt(int position, int count)
        {
        }

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
        private ulong[]? _validity;
        private bool _hasNull;

        protected T[] Values { get; private set; } = new T[1];

        public override void Clear()
        {
            if (_hasNull)
            {
                Array.Fill(_validity!, ulong.MaxValue);
                _hasNull = false;
                IsMoved = true;
            }
            IsDirty = false;
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
                if (_hasNull)
                {
                    ValidityMask.SetValid(_validity!, position);   // a copy that did not count may have been here
                }
            }
        }

        public override bool TryCopy(ColumnSlice source, in RowSelection rows, int position)
        {
            T[] data = Unsafe.As<T[]>(source.Data);
            ulong[]? validity = source.Validity;
            if (rows.Last >= data.Length || (validity is not null && rows.Last >> 6 >= validity.Length))
            {
                return false;
            }
            ReadOnlySpan<int> offsets = rows.Offsets;
            if (position + offsets.Length > Values.Length)
            {
                Grow(position + offsets.Length);
            }
            Span<T> target = Values.AsSpan(position, offsets.Length);
            if (rows.AreNeighbours)
            {
                data.AsSpan(offsets[0], offsets.Length).CopyTo(target);
            }
            else
            {
                for (int i = 0; i < target.Length; i++)
                {
                    target[i] = data[offsets[i]];
                }
            }
            if (validity is not null || _hasNull)
            {
                CopyValidity(validity, offsets, position);
            }
            return true;
        }

        public override bool TryCopy(ColumnSlice source, int row, int position)
        {
            T[] data = Unsafe.As<T[]>(source.Data);
            ulong[]? validity = source.Validity;
            if (row >= data.Length || (validity is not null && row >> 6 >= validity.Length))
            {
                return false;
            }
            AddValue(data[row], position);
            if (validity is not null || _hasNull)
            {
                CopyValidity(validity, [row], position);
            }
            return true;
        }

        public override void GiveTo(Vector vector) => vector.Reference(Values, _hasNull ? _validity : null);

        protected bool IsValid(int position) => !_hasNull || ValidityMask.IsValid(_validity, position);

        protected void AddValue(T value, int position)
        {
            if (position == Values.Length)
            {
                Grow(position + 1);
            }
            Values[position] = value;
        }

        protected void AddNull(int position)
        {
            AddValue(default, position);
            SetNull(position);
        }

        protected void GiveTo(Vector vector, byte[][] blocks) => vector.Reference(Values, _hasNull ? _validity : null, blocks);

        private void CopyValidity(ulong[]? validity, ReadOnlySpan<int> offsets, int position)
        {
            foreach (int offset in offsets)
            {
                if (!ValidityMask.IsValid(validity, offset))
                {
                    SetNull(position);
                }
                else if (_hasNull)
                {
                    ValidityMask.SetValid(_validity!, position);
                }
                position++;
            }
        }

        private void SetNull(int position)
        {
            if (_validity is null)
            {
                _validity = new ulong[ValidityMask.WordCount];
                Array.Fill(_validity, ulong.MaxValue);
            }
            ValidityMask.SetNull(_validity, position);
            IsMoved |= !_hasNull;
            _hasNull = true;
            IsDirty = true;
        }

        private void Grow(int count)
        {
            T[] values = Values;
            Array.Resize(ref values, Math.Max(Math.Max(16, count), Values.Length * 2));
            Values = values;
            IsMoved = true;
        }
    }

    /// <summary>Strings: long ones are copied into one block.</summary>
    private sealed class StringColumn : Column<StringView>
    {
        private readonly byte[][] _blocks = [[]];
        private byte[][] _source = [];   // of the rows that were copied last
        private int _length;

        public StringColumn() => IsString = true;

        public override void Clear()
        {
            base.Clear();
            _length = 0;
            _source = [];   // a dropped table's strings would stay
        }

        public override void Add(RowBuffer row, int place, int position)
        {
            base.Add(row, place, position);
            if (!row.IsNull(place))
            {
                Adopt(ref Values[position], row.BlocksOf(place));
            }
        }

        public override bool TryCopy(ColumnSlice source, in RowSelection rows, int position)
        {
            _source = source.Blocks!;
            return base.TryCopy(source, rows, position);
        }

        public override bool TryCopy(ColumnSlice source, int row, int position)
        {
            if (!base.TryCopy(source, row, position))
            {
                return false;
            }
            if (!Values[position].IsInline)
            {
                _source = source.Blocks!;
            }
            return true;
        }

        public override void Adopt(int position, int count)
        {
            Span<StringView> views = Values.AsSpan(position, count);
            for (int i = 0; i < views.Length; i++)
            {
                if (!views[i].IsInline && IsValid(position + i))
                {
                    Adopt(ref views[i], _source);
                }
            }
        }

        public override void GiveTo(Vector vector) => GiveTo(vector, _blocks);

        private void Adopt(ref StringView view, byte[][] blocks)
        {
            if (view.IsInline)
            {
                return;
            }
            ReadOnlySpan<byte> bytes = StringView.Bytes(in view, blocks);
            if (_length + bytes.Length > _blocks[0].Length)
            {
                Array.Resize(ref _blocks[0], Math.Max(_length + bytes.Length, Math.Max(256, _blocks[0].Length * 2)));
            }
            bytes.CopyTo(_blocks[0].AsSpan(_length));
            view = view.Rebase(0, _length);
            _length += bytes.Length;
            IsDirty = true;
        }
    }
}

/// <summary>Some rows of one slice, by offset, in the order in which they are wanted.</summary>
/// <param name="offsets">The offsets.</param>
/// <param name="last">The greatest of them.</param>
/// <param name="areNeighbours">True where each is one more than the one before.</param>
internal readonly ref struct RowSelection(ReadOnlySpan<int> offsets, int last, bool areNeighbours)
{
    public ReadOnlySpan<int> Offsets { get; } = offsets;

    public int Last { get; } = last;

    public bool AreNeighbours { get; } = areNeighbours;
}
