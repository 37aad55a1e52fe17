using System.Globalization;
using PhantomDb.Catalog;
using PhantomDb.Csv;
using PhantomDb.Errors;
using PhantomDb.Storage;
using PhantomDb.Vectors;

namespace PhantomDb.Durability;

/// <summary>
/// Reads rows straight from UTF-8 cells into vectors, and puts them into the table a chunk at a time. Checks NOT NULL;
/// the table's indexes check keys.
/// </summary>
internal sealed class RowLoader
{
    private readonly TableStore _store;
    private readonly int[] _order;
    private readonly ValueText[] _texts;
    private readonly bool[] _emptyIsValue;   // strings in files of others: nothing is ''
    private readonly bool[] _isNotNull;
    private readonly DataChunk _chunk;
    private readonly List<RowRange> _inserted = [];
    private readonly TransactionStamp _stamp = new();
    private int _count;

    public RowLoader(TableStore store, int[] order, bool isOurs, MemoryAccount? account)
    {
        _store = store;
        _order = order;
        IReadOnlyList<ColumnDefinition> columns = store.Definition.Columns;
        _texts = [.. columns.Select(c => new ValueText(c.Type))];
        _emptyIsValue = [.. columns.Select(c => !isOurs && c.Type.IsString)];
        _isNotNull = [.. columns.Select(c => c.IsNotNull)];
        _chunk = new DataChunk([.. columns.Select(c => c.Type.Physical)], account);
        _stamp.Publish(0);   // before all that will ever happen to the database
        Begin();
    }

    /// <summary>Row that was added last, from 1.</summary>
    public long RowNumber { get; private set; }

    public void Add(CsvRecordReader record)
    {
        RowNumber++;
        if (record.Count != _order.Length)
        {
            throw new FormatException(string.Create(CultureInfo.InvariantCulture, $"a row has {record.Count} values where the table has {_order.Length} columns"));
        }
        const int PrefixLength = 4;   // ROW:
        for (int i = 0; i < _order.Length; i++)
        {
            int column = _order[i];
            ReadOnlySpan<byte> value = record.Value(i);
            bool isNothing = value.IsEmpty && record.IsNothing(i);
            if (i == 0)
            {
                value = value[PrefixLength..];
                isNothing = value.IsEmpty && !record.IsQuoted(0);
            }
            if (isNothing && !_emptyIsValue[column])
            {
                SetNull(column);
                continue;
            }
            _texts[column].Parse(value, _chunk.Vectors[column], _count);
        }
        if (++_count == DataChunk.Capacity)
        {
            Flush();
        }
    }

    public void Finish()
    {
        if (_count > 0)
        {
            Flush();
        }
    }

    private void SetNull(int column)
    {
        if (_isNotNull[column])
        {
            TableDefinition table = _store.Definition;
            string name = table.Columns[column].Name;
            throw new PhantomDbException(SqlStates.NotNullViolation,
                $"null value in column \"{name}\" of relation \"{table.Name}\" violates not-null constraint")
            {
                SchemaName = table.Schema, TableName = table.Name, ColumnName = name,
            };
        }
        _chunk.Vectors[column].SetNull(_count);
    }

    private void Flush()
    {
        for (int i = 0; i < _texts.Length; i++)
        {
            if (_chunk.Vectors[i].DeclaredType == Types.PhysicalType.String)
            {
                _chunk.Vectors[i].SealStrings();
            }
        }
        _chunk.Count = _count;
        _inserted.Clear();
        _store.Insert(_chunk, _stamp, 0, _inserted);
        foreach (RowRange range in _inserted)
        {
            _store.PruneCommitted(range.FirstRowId, range.Count, isInsert: true, horizon: 0);
        }
        _count = 0;
        Begin();
    }

    private void Begin()
    {
        foreach (Vector vector in _chunk.Vectors)
        {
            ValueText.Begin(vector);
        }
    }
}
