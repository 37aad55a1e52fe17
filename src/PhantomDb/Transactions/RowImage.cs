using PhantomDb.Catalog;
using PhantomDb.Durability.Log;
using PhantomDb.Storage;
using PhantomDb.Types;
using PhantomDb.Vectors;

namespace PhantomDb.Transactions;

/// <summary>A row of a table, read from it and written as cells of the log. Used again for each row, without allocation; for one thread.</summary>
internal sealed class RowImage
{
    private readonly TextOutput[] _texts;
    private readonly Vector[] _vectors;   // of one value
    private readonly bool[] _isText;      // whose bytes are the text

    public RowImage(TableDefinition table)
    {
        Row = new RowBuffer([.. table.Columns.Select(c => c.Number)]);
        _texts = [.. table.Columns.Select(c => new TextOutput(c.Type, SessionTimeZone.Utc))];
        _isText = [.. table.Columns.Select(c => c.Type.Id is SqlTypeId.Text or SqlTypeId.Varchar)];
        _vectors = [.. table.Columns.Select(c => OfOneValue(c.Type.Physical))];
    }

    /// <summary>All columns in their order.</summary>
    public RowBuffer Row { get; }

    /// <summary>Adds the row's values to the record that was begun.</summary>
    public void Write(LogBatch batch)
    {
        for (int i = 0; i < _texts.Length; i++)
        {
            if (Row.IsNull(i))
            {
                batch.Null();
            }
            else if (_isText[i])
            {
                batch.Cell(Row.GetBytes(i));
            }
            else
            {
                Take(_vectors[i], i);
                batch.Value(_texts[i], _vectors[i], 0);
            }
        }
    }

    /// <summary>Adds a chunk's row, whose vectors are the columns in their order.</summary>
    public void Write(LogBatch batch, Vector[] vectors, int position)
    {
        for (int i = 0; i < _texts.Length; i++)
        {
            batch.Value(_texts[i], vectors[i], position);
        }
    }

    private void Take(Vector vector, int i)
    {
        ref RawValue value = ref Row.Raw(i);
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
                vector.SetBlocks(Row.BlocksOf(i));
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
