using PhantomDb.Catalog;
using PhantomDb.Errors;
using PhantomDb.Storage;
using PhantomDb.Types;
using PhantomDb.Vectors;

namespace PhantomDb.Durability;

/// <summary>Looks for the partner of every row that a foreign key of a loaded table is about; 23503 where one has none.</summary>
internal sealed class ForeignKeyCheck
{
    private readonly TableDefinition _table;
    private readonly ConstraintDefinition _constraint;
    private readonly TableDefinition _other;
    private readonly TableStore _store;
    private readonly TableIndex _index;
    private readonly IndexLookup _lookup;
    private readonly int[] _keyOrder;          // for each column of the index, the place of the constraint's column
    private readonly ValueText[] _texts;       // of the constraint's columns
    private readonly ValueText?[] _otherTexts; // where the types differ, of the index's columns
    private readonly Vector?[] _converted;
    private readonly RowBuffer _key;

    public ForeignKeyCheck(DatabaseCatalog catalog, DatabaseStorage storage, TableDefinition table, ConstraintDefinition constraint)
    {
        _table = table;
        _constraint = constraint;
        _other = catalog.GetTable(constraint.ReferencedTableOid);
        _store = storage.GetTable(table.Oid);
        TableStore otherStore = storage.GetTable(_other.Oid);
        _index = otherStore.FindIndex(constraint.ReferencedIndexOid)!;
        _lookup = new IndexLookup(otherStore, _index);
        _keyOrder = [.. _index.ColumnNumbers.Select(n => constraint.ReferencedColumns.ToList().IndexOf(n))];
        SqlType[] types = [.. constraint.Columns.Select(n => table.Columns[table.IndexOfNumber(n)].Type)];
        SqlType[] otherTypes = [.. _index.ColumnNumbers.Select(n => _other.Columns[_other.IndexOfNumber(n)].Type)];
        _texts = [.. types.Select(t => new ValueText(t))];
        _otherTexts = new ValueText?[otherTypes.Length];
        _converted = new Vector?[otherTypes.Length];
        for (int i = 0; i < otherTypes.Length; i++)
        {
            SqlType type = types[_keyOrder[i]];
            if (type.Physical != otherTypes[i].Physical || (type.IsFixedNumeric && type.Scale != otherTypes[i].Scale))
            {
                _otherTexts[i] = new ValueText(otherTypes[i]);
                _converted[i] = new Vector(otherTypes[i].Physical);
            }
        }
        _key = new RowBuffer(_index.ColumnNumbers);
    }

    public void Run()
    {
        int[] columns = [.. _constraint.Columns];
        TableScan.Worker worker = _store.Scan(columns, ReadView.Latest).NewWorker();
        var chunk = new DataChunk([.. _texts.Select(t => t.Type.Physical)]);
        var row = new RowBuffer(columns);
        while (worker.TryNext(chunk))
        {
            for (int i = 0; i < chunk.Count; i++)
            {
                for (int column = 0; column < columns.Length; column++)
                {
                    row.SetFrom(column, chunk.Vectors[column], chunk.Position(i));
                }
                Check(row);
            }
        }
    }

    private void Check(RowBuffer row)
    {
        int nullCount = 0;
        for (int i = 0; i < row.Count; i++)
        {
            nullCount += row.IsNull(i) ? 1 : 0;
        }
        if (nullCount > 0)
        {
            if (_constraint.IsMatchFull && nullCount < row.Count)
            {
                throw Violation("MATCH FULL does not allow mixing of null and nonnull key values.");
            }
            return;
        }
        for (int i = 0; i < _keyOrder.Length; i++)
        {
            int source = _keyOrder[i];
            if (_otherTexts[i] is { } other)
            {
                Vector vector = _converted[i]!;
                ValueText.Begin(vector);
                if (!TryConvert(other, _texts[source].Format(row, source), vector))
                {
                    throw Missing(row);
                }
                _key.SetFrom(i, vector, 0);
            }
            else
            {
                _key.SetRaw(i, row.Raw(source), false, row.BlocksOf(source));
            }
        }
        _index.Encode(_lookup.Key, _key, 0);
        if (!_lookup.TryFind(ReadView.Latest, out _))
        {
            throw Missing(row);
        }
    }

    // What the referenced column cannot hold it does not have.
    private static bool TryConvert(ValueText other, ReadOnlySpan<byte> text, Vector vector)
    {
        try
        {
            other.Parse(text, vector, 0);
            if (vector.DeclaredType == PhysicalType.String)
            {
                vector.SealStrings();
            }
            return true;
        }
        catch (PhantomDbException)
        {
            return false;
        }
    }

    private PhantomDbException Missing(RowBuffer row)
    {
        string names = string.Join(", ", _constraint.Columns.Select(n => _table.Columns[_table.IndexOfNumber(n)].Name));
        string values = string.Join(", ", _texts.Select((t, i) => System.Text.Encoding.UTF8.GetString(t.Format(row, i))));
        return Violation($"Key ({names})=({values}) is not present in table \"{_other.Name}\".");
    }

    private PhantomDbException Violation(string detail) =>
        new(SqlStates.ForeignKeyViolation, $"insert or update on table \"{_table.Name}\" violates foreign key constraint \"{_constraint.Name}\"")
        {
            Detail = detail, SchemaName = _table.Schema, TableName = _table.Name, ConstraintName = _constraint.Name,
        };
}
