using System.Globalization;
using PhantomDb.Catalog;
using PhantomDb.Csv;
using PhantomDb.Errors;
using PhantomDb.Storage;
using PhantomDb.Types;
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
    private readonly TextInput[] _texts;
    private readonly bool[] _emptyIsValue;   // strings in files of others: nothing is ''
    private readonly bool[] _isNotNull;
    private readonly DataChunk _chunk;
    private readonly long[] _offsets = new long[DataChunk.Capacity];   // of the chunk's rows in the file
    private readonly List<RowRange> _inserted = [];
    private readonly TransactionStamp _stamp = new();
    private int _count;

    public RowLoader(TableStore store, int[] order, bool isOurs, MemoryAccount? account)
    {
        _store = store;
        _order = order;
        IReadOnlyList<ColumnDefinition> columns = store.Definition.Columns;
        _texts = [.. columns.Select(c => new TextInput(c.Type, DateTimeClock.Fixed))];
        _emptyIsValue = [.. columns.Select(c => !isOurs && c.Type.IsString)];
        _isNotNull = [.. columns.Select(c => c.IsNotNull)];
        _chunk = new DataChunk([.. columns.Select(c => c.Type.Physical)], account);
        _stamp.Publish(0);   // before all that will ever happen to the database
        Begin();
    }

    /// <summary>Row that was added last, from 1; after an error the row that it is about.</summary>
    public long RowNumber { get; private set; }

    /// <summary>Where the row of an error begins that showed only when its chunk was inserted; -1: the row added last.</summary>
    public long FailedOffset { get; private set; } = -1;

    public void Add(CsvRecordReader record)
    {
        RowNumber++;
        EnsureValueCount(record);
        _offsets[_count] = record.Offset;
        const int PrefixLength = 4;   // ROW:
        for (int i = 0; i < _order.Length; i++)
        {
            int column = _order[i];
            ReadOnlySpan<byte> value = record.Value(i);
            if (i == 0)
            {
                value = value[PrefixLength..];
            }
            if (value.IsEmpty && !_emptyIsValue[column] && !record.IsQuoted(i))
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

    private void EnsureValueCount(CsvRecordReader record)
    {
        bool hasNoColumns = _order.Length == 0 && record.Count == 1 && record.Value(0).Length == "ROW:"u8.Length;
        if (record.Count != _order.Length && !hasNoColumns)
        {
            throw new FormatException(string.Create(CultureInfo.InvariantCulture, $"a row has {record.Count} values where the table has {_order.Length} columns"));
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
            _texts[i].End(_chunk.Vectors[i]);
        }
        _chunk.Count = _count;
        _inserted.Clear();
        try
        {
            _store.Insert(_chunk, 0, _stamp, 0, _inserted, out _);   // nobody else is there
        }
        catch (PhantomDbException error) when (error.SqlState == SqlStates.UniqueViolation)
        {
            FindFailedRow();
            throw;
        }
        foreach (RowRange range in _inserted)
        {
            _store.PruneCommitted(range.FirstRowId, range.Count, isInsert: true, horizon: 0);
        }
        _count = 0;
        Begin();
    }

    // The table is thrown away after the error: the rows are inserted one by one until it comes again.
    private void FindFailedRow()
    {
        int done = _inserted.Sum(range => range.Count);
        int[] selection = new int[1];
        for (int row = done; row < _count; row++)
        {
            selection[0] = row;
            _chunk.Selection = selection;
            _chunk.Count = 1;
            try
            {
                _store.Insert(_chunk, 0, _stamp, 0, _inserted, out _);
            }
            catch (PhantomDbException)
            {
                RowNumber += row + 1 - _count;
                FailedOffset = _offsets[row];
                return;
            }
        }
    }

    private void Begin()
    {
        for (int i = 0; i < _texts.Length; i++)
        {
            _texts[i].Begin(_chunk.Vectors[i]);
        }
    }
}
