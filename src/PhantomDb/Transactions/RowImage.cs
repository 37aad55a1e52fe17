using PhantomDb.Catalog;
using PhantomDb.Durability.Log;
using PhantomDb.Storage;
using PhantomDb.Types;
using PhantomDb.Vectors;

namespace PhantomDb.Transactions;

/// <summary>
/// A row of a table, read from it and written as cells of the log: as it was, and, for what has become of it, with the text of the columns that
/// are the same taken from there. Used again for each row, without allocation; for one thread.
/// </summary>
internal sealed class RowImage
{
    private readonly PhysicalType[] _types;
    private readonly Way[] _ways;
    private readonly TextOutput[] _texts;
    private readonly Vector[] _vectors;   // of one value
    private readonly int[] _ends;         // of the cells written last, in the batch

    public RowImage(TableDefinition table)
    {
        int[] numbers = [.. table.Columns.Select(c => c.Number)];
        Row = new RowBuffer(numbers);
        After = new RowBuffer(numbers);
        _types = [.. table.Columns.Select(c => c.Type.Physical)];
        _ways = [.. table.Columns.Select(c => WayOf(c.Type))];
        _texts = [.. table.Columns.Select(c => new TextOutput(c.Type, SessionTimeZone.Utc))];
        _vectors = [.. table.Columns.Select(c => OfOneValue(c.Type.Physical))];
        _ends = new int[numbers.Length];
    }

    /// <summary>How a value becomes text: the commonest types need no vector.</summary>
    private enum Way : byte
    {
        General, Integer, Double, Text,
    }

    /// <summary>All columns in their order.</summary>
    public RowBuffer Row { get; }

    /// <summary>The same of what has become of the row.</summary>
    public RowBuffer After { get; }

    /// <summary>Adds <see cref="Row"/> to the record that was begun.</summary>
    public void Write(LogBatch batch)
    {
        for (int i = 0; i < _ways.Length; i++)
        {
            Write(batch, Row, i);
            _ends[i] = batch.Position;
        }
    }

    /// <summary>Adds <see cref="After"/>, behind <see cref="Row"/> that was written from a position on; false where it has the same text.</summary>
    public bool WriteAfter(LogBatch batch, int before)
    {
        int start = batch.Position, end = before;
        bool isChanged = false;
        for (int i = 0; i < _ways.Length; i++)
        {
            if (IsSame(i))
            {
                batch.Repeat(end, _ends[i]);
            }
            else
            {
                Write(batch, After, i);
                isChanged = true;
            }
            end = _ends[i];
        }
        return isChanged && !batch.Bytes(before, end).SequenceEqual(batch.Bytes(start, batch.Position));
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

    // False where it would take more than a look: then the text is made again.
    private bool IsSame(int i)
    {
        ref RawValue before = ref Row.Raw(i), after = ref After.Raw(i);
        return Row.IsNull(i) ? After.IsNull(i) : !After.IsNull(i) && before.Word0 == after.Word0 && before.Word1 == after.Word1 && before.Word2 == after.Word2
            && (_types[i] != PhysicalType.String || ReferenceEquals(Row.BlocksOf(i), After.BlocksOf(i)));
    }

    private void Write(LogBatch batch, RowBuffer row, int i)
    {
        if (row.IsNull(i))
        {
            batch.Null();
            return;
        }
        switch (_ways[i])
        {
            case Way.Integer:
                batch.Value(row.GetInteger(i, _types[i]));
                break;
            case Way.Double:
                batch.Value(row.GetDouble(i));
                break;
            case Way.Text:
                batch.Cell(row.GetBytes(i));
                break;
            default:
                Take(_vectors[i], row, i);
                batch.Value(_texts[i], _vectors[i], 0);
                break;
        }
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
