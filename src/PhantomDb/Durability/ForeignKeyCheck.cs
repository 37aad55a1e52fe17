using System.Text;
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
    private readonly TextOutput[] _texts;      // of the constraint's columns
    private readonly TextInput?[] _otherTexts; // where the types differ, of the index's columns
    private readonly Vector?[] _converted;
    private readonly RowBuffer _key;
    private byte[] _text = [];

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
        _texts = [.. types.Select(t => new TextOutput(t, SessionTimeZone.Utc))];
        _otherTexts = new TextInput?[otherTypes.Length];
        _converted = new Vector?[otherTypes.Length];
        for (int i = 0; i < otherTypes.Length; i++)
        {
            SqlType type = types[_keyOrder[i]];
            if (type.Physical != otherTypes[i].Physical || (type.IsFixedNumeric && type.Scale != otherTypes[i].Scale))
            {
                _otherTexts[i] = new TextInput(otherTypes[i], DateTimeClock.Fixed);
                _converted[i] = new Vector(otherTypes[i].Physical);
            }
        }
        _key = new RowBuffer(_index.ColumnNumbers);
    }

    public void Run()
    {
        TableScan.Worker worker = _store.Scan([.. _constraint.Columns], ReadView.Latest).NewWorker();
        var chunk = new DataChunk([.. _texts.Select(t => t.Type.Physical)]);
        while (worker.TryNext(chunk))
        {
            for (int i = 0; i < chunk.Count; i++)
            {
                Check(chunk.Vectors, chunk.Position(i));
            }
        }
    }

    private void Check(Vector[] columns, int position)
    {
        int nullCount = 0;
        foreach (Vector column in columns)
        {
            nullCount += column.IsValid(position) ? 0 : 1;
        }
        if (nullCount > 0)
        {
            if (_constraint.IsMatchFull && nullCount < columns.Length)
            {
                throw Violation("MATCH FULL does not allow mixing of null and nonnull key values.");
            }
            return;
        }
        for (int i = 0; i < _keyOrder.Length; i++)
        {
            int source = _keyOrder[i];
            if (_otherTexts[i] is not { } other)
            {
                _key.SetFrom(i, columns[source], position);
            }
            else if (TryConvert(other, Text(source, columns, position), _converted[i]!))
            {
                _key.SetFrom(i, _converted[i]!, 0);
            }
            else
            {
                throw Missing(columns, position);
            }
        }
        _index.Encode(_lookup.Key, _key, 0);
        if (!_lookup.TryFind(ReadView.Latest, out _))
        {
            throw Missing(columns, position);
        }
    }

    // What the referenced column cannot hold it does not have.
    private static bool TryConvert(TextInput other, ReadOnlySpan<byte> text, Vector vector)
    {
        try
        {
            vector.BeginWrite();
            other.Parse(text, vector, 0);
            other.End(vector);
            return true;
        }
        catch (PhantomDbException)
        {
            return false;
        }
    }

    // Valid until the next call.
    private ReadOnlySpan<byte> Text(int column, Vector[] columns, int position)
    {
        int lengthMax = _texts[column].LengthMax(columns[column], position);
        if (_text.Length < lengthMax)
        {
            _text = new byte[lengthMax];
        }
        return _text.AsSpan(0, _texts[column].Format(columns[column], position, _text));
    }

    private PhantomDbException Missing(Vector[] columns, int position)
    {
        string names = string.Join(", ", _constraint.Columns.Select(n => _table.Columns[_table.IndexOfNumber(n)].Name));
        string values = string.Join(", ", columns.Select((_, i) => Encoding.UTF8.GetString(Text(i, columns, position))));
        return Violation($"Key ({names})=({values}) is not present in table \"{_other.Name}\".");
    }

    private PhantomDbException Violation(string detail) =>
        new(SqlStates.ForeignKeyViolation, $"insert or update on table \"{_table.Name}\" violates foreign key constraint \"{_constraint.Name}\"")
        {
            Detail = detail, SchemaName = _table.Schema, TableName = _table.Name, ConstraintName = _constraint.Name,
        };
}
