using PhantomDb.Catalog;
using PhantomDb.Durability.Log;
using PhantomDb.Storage;
using PhantomDb.Types;
using PhantomDb.Vectors;

namespace PhantomDb.Transactions;

/// <summary>
/// A row of a table, read from it and written as cells of the log: as it is, or as it was and then as it is, the text of columns that are the same being
/// made once. Used again for each row, without allocation; for one thread.
/// </summary>
internal sealed class RowImage
{
    private readonly TableStore _table;
    private readonly PhysicalType[] _types;
    private readonly Way[] _ways;
    private readonly bool _hasGeneral;
    private readonly TextOutput[] _texts;
    private readonly Vector[] _vectors;   // of one value
    private readonly int[] _ends;         // of the cells written last, in the batch
    private readonly RowBuffer _old;      // of what has become another since, the values before
    private ulong _changed;               // which these are

    public RowImage(TableStore store)
    {
        TableDefinition table = store.Definition;
        int[] numbers = [.. table.Columns.Select(c => c.Number)];
        _table = store;
        Row = new RowBuffer(numbers);
        _old = new RowBuffer(numbers);
        _types = [.. table.Columns.Select(c => c.Type.Physical)];
        _ways = [.. table.Columns.Select(c => WayOf(c.Type))];
        _texts = [.. table.Columns.Select(c => new TextOutput(c.Type, SessionTimeZone.Utc))];
        _vectors = [.. table.Columns.Select(c => OfOneValue(c.Type.Physical))];
        _hasGeneral = _ways.Contains(Way.General);
        _ends = new int[numbers.Length];
    }

    /// <summary>How a value becomes text: the commonest types need no vector.</summary>
    private enum Way : byte
    {
        General, Integer, Double, Text,
    }

    /// <summary>All columns in their order.</summary>
    public RowBuffer Row { get; }

    /// <summary>Reads a row that the caller's transaction has changed; false where it was not there before.</summary>
    public bool TryReadChange(long rowId, out bool isThere) => _table.TryReadChange(rowId, Row, _old, out _changed, out isThere);

    /// <summary>Adds <see cref="Row"/> to the record that was begun.</summary>
    public void Write(LogBatch batch)
    {
        if (_hasGeneral)
        {
            for (int i = 0; i < _ways.Length; i++)
            {
                Write(batch, Row, i);
            }
            return;
        }
        int most = 0;
        for (int i = 0; i < _ways.Length; i++)
        {
            most += LengthMax(Row, i);
        }
        Span<byte> target = batch.Room(most);
        int length = 0;
        for (int i = 0; i < _ways.Length; i++)
        {
            length += WriteCell(target[length..], Row, i);
        }
        batch.Advance(length);
    }

    /// <summary>Adds the row as it was before it was changed.</summary>
    public void WriteBefore(LogBatch batch)
    {
        for (int i = 0; i < _ways.Length; i++)
        {
            Write(batch, TableStore.IsChanged(_changed, i) ? _old : Row, i);
            _ends[i] = batch.Position;
        }
    }

    /// <summary>Adds it as it is, behind what <see cref="WriteBefore"/> wrote from a position on; false where it has the same text.</summary>
    public bool WriteAfter(LogBatch batch, int before)
    {
        bool isOther = false;
        int same = before, start = before;   // what is the same is taken from there, neighbours together
        for (int i = 0; i < _ways.Length; i++)
        {
            if (TableStore.IsChanged(_changed, i))
            {
                batch.Repeat(same, start);
                int written = batch.Position;
                Write(batch, Row, i);
                isOther = isOther || !batch.Bytes(start, _ends[i]).SequenceEqual(batch.Bytes(written, batch.Position));
                same = _ends[i];
            }
            start = _ends[i];
        }
        batch.Repeat(same, start);
        return isOther;
    }

    /// <summary>Adds a chunk's row, whose vectors are the columns in their order.</summary>
    public void Write(LogBatch batch, Vector[] vectors, int position)
    {
        for (int i = 0; i < _texts.Length; i++)
        {
            batch.Value(_texts[i], vectors[i], position);
        }
    }

    private static Way WayOf(SqlType type) => type.Id switch
    {
        SqlTypeId.Int16 or SqlTypeId.Int32 or SqlTypeId.Int64 => Way.Integer,
        SqlTypeId.Double => Way.Double,
        SqlTypeId.Text or SqlTypeId.Varchar => Way.Text,
        _ => Way.General,
    };

    private void Write(LogBatch batch, RowBuffer row, int i)
    {
        if (_ways[i] != Way.General)
        {
            batch.Advance(WriteCell(batch.Room(LengthMax(row, i)), row, i));
        }
        else if (row.IsNull(i))
        {
            batch.Null();
        }
        else
        {
            Take(_vectors[i], row, i);
            batch.Value(_texts[i], _vectors[i], 0);
        }
    }

    // Of a cell with the comma before it.
    private int LengthMax(RowBuffer row, int i) => _ways[i] switch
    {
        Way.Integer => IntegerText.Int64LengthMax + 1,
        Way.Double => FloatText.DoubleLengthMax + 1,
        _ => row.IsNull(i) ? 1 : LogCell.LengthMax(row.GetBytes(i)) + 1,
    };

    private int WriteCell(Span<byte> target, RowBuffer row, int i)
    {
        target[0] = (byte)',';
        if (row.IsNull(i))
        {
            return 1;
        }
        target = target[1..];
        int written;
        switch (_ways[i])
        {
            case Way.Integer:
                IntegerText.TryFormat(row.GetInteger(i, _types[i]), target, out written);
                break;
            case Way.Double:
                FloatText.TryFormat(row.GetDouble(i), target, out written);
                break;
            default:
                written = LogCell.Write(row.GetBytes(i), target);
                break;
        }
        return written + 1;
    }

    private static void Take(Vector vector, RowBuffer row, int i)
    {
        ref RawValue value = ref row.Raw(i);
        switch (vector.DeclaredType)
        {
            case PhysicalType.Boolean: vector.Data<bool>()[0] = value.As<bool>(); break;
            case PhysicalType.Int16: vector.Data<short>()[0] = value.As<short>(); break;
            case PhysicalType.Int32: vector.Data<int>()[0] = value.As<int>(); break;
            case PhysicalType.Int64: vector.Data<long>()[0] = value.As<long>(); break;
            case PhysicalType.Int128: vector.Data<Int128>()[0] = value.As<Int128>(); break;
            case PhysicalType.Real: vector.Data<float>()[0] = value.As<float>(); break;
            case PhysicalType.Double: vector.Data<double>()[0] = value.As<double>(); break;
            case PhysicalType.Numeric: vector.Data<Numeric>()[0] = value.As<Numeric>(); break;
            case PhysicalType.Interval: vector.Data<Interval>()[0] = value.As<Interval>(); break;
            case PhysicalType.Uuid: vector.Data<UInt128>()[0] = value.As<UInt128>(); break;
            case PhysicalType.String:
                vector.Data<StringView>()[0] = value.As<StringView>();
                vector.SetBlocks(row.BlocksOf(i));
                break;
            default: throw new System.Diagnostics.UnreachableException();
        }
    }

    private static Vector OfOneValue(PhysicalType type)
    {
        var vector = new Vector(type);
        vector.Reference(ColumnSlice.NewArray(type, 1), null);
        return vector;
    }
}
