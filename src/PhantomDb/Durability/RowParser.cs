using System.Globalization;
using PhantomDb.Catalog;
using PhantomDb.Csv;
using PhantomDb.Errors;
using PhantomDb.Types;
using PhantomDb.Vectors;

namespace PhantomDb.Durability;

/// <summary>Reads a table's rows from UTF-8 cells into chunks, and checks NOT NULL. Keeps no state: for any number of threads.</summary>
internal sealed class RowParser
{
    private readonly TableDefinition _table;
    private readonly int[] _order;
    private readonly TextInput[] _texts;
    private readonly bool[] _emptyIsValue;   // strings in files of others: nothing is ''
    private readonly bool[] _isNotNull;

    /// <param name="table">The table.</param>
    /// <param name="order">For each cell of a row, the place of its column.</param>
    /// <param name="isOurs">True where nothing is NULL, strings included.</param>
    public RowParser(TableDefinition table, int[] order, bool isOurs)
    {
        _table = table;
        _order = order;
        _texts = [.. table.Columns.Select(c => new TextInput(c.Type, DateTimeClock.Fixed))];
        _emptyIsValue = [.. table.Columns.Select(c => !isOurs && c.Type.IsString)];
        _isNotNull = [.. table.Columns.Select(c => c.IsNotNull)];
    }

    public DataChunk NewChunk(MemoryAccount? account) => new([.. _table.Columns.Select(c => c.Type.Physical)], account);

    /// <summary>Makes a chunk ready for rows at any position.</summary>
    public void Begin(DataChunk chunk)
    {
        for (int i = 0; i < _texts.Length; i++)
        {
            chunk.Vectors[i].BeginWrite();
        }
        chunk.Selection = null;
        chunk.Count = 0;
    }

    public void End(DataChunk chunk, int count)
    {
        for (int i = 0; i < _texts.Length; i++)
        {
            _texts[i].End(chunk.Vectors[i]);
        }
        chunk.Count = count;
    }

    public void Parse(CsvRecordReader record, DataChunk chunk, int row)
    {
        EnsureRow(record);
        for (int i = 0; i < _order.Length; i++)
        {
            int column = _order[i];
            ReadOnlySpan<byte> value = record.Value(i);
            if (i == 0)
            {
                value = value["ROW:"u8.Length..];
            }
            if (value.IsEmpty && !_emptyIsValue[column] && !record.IsQuoted(i))
            {
                SetNull(chunk, column, row);
                continue;
            }
            _texts[column].Parse(value, chunk.Vectors[column], row);
        }
    }

    // Blocks of rows are read by where a seal says that they are.
    private void EnsureRow(CsvRecordReader record)
    {
        if (!record.Value(0).StartsWith("ROW:"u8))
        {
            throw new FormatException("a line that is no row stands where the file has rows");
        }
        bool hasNoColumns = _order.Length == 0 && record.Count == 1 && record.Value(0).Length == "ROW:"u8.Length;
        if (record.Count != _order.Length && !hasNoColumns)
        {
            throw new FormatException(string.Create(CultureInfo.InvariantCulture, $"a row has {record.Count} values where the table has {_order.Length} columns"));
        }
    }

    private void SetNull(DataChunk chunk, int column, int row)
    {
        if (_isNotNull[column])
        {
            string name = _table.Columns[column].Name;
            throw new PhantomDbException(SqlStates.NotNullViolation,
                $"null value in column \"{name}\" of relation \"{_table.Name}\" violates not-null constraint")
            {
                SchemaName = _table.Schema, TableName = _table.Name, ColumnName = name,
            };
        }
        chunk.Vectors[column].SetNull(row);
    }
}
