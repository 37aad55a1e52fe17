using System.Buffers;
using System.Diagnostics;
using System.Runtime.InteropServices;
using PhantomDb.Catalog;
using PhantomDb.Errors;
using PhantomDb.Types;
using PhantomDb.Vectors;

namespace PhantomDb.Durability.Log;

/// <summary>
/// The records of one transaction as bodies <c>OP,TABLE,VALUES…</c>, made by the committing session before any lock. What is known
/// only in the queue (LSN, time, lag) is <see cref="LogEncoder"/>'s to add. A session keeps one and uses it again. Not for two threads.
/// </summary>
internal sealed class LogBatch
{
    /// <summary>Bytes of one transaction's records; what is larger belongs into a file of its own.</summary>
    public const int ByteCountMax = 2_000_000_000;

    private const int BufferKept = 1 << 16;   // by a session that is idle

    private readonly List<TableDefinition> _tables = [];
    private readonly List<TableDefinition> _defined = [];
    private LogCommit? _commit;
    private byte[] _bytes = [];
    private int _count;
    private int[] _ends = new int[4];
    private int _recordCount;
    private bool _isOperation;

    /// <summary>Where its owner waits for the log.</summary>
    public LogCommit Commit => _commit ??= new LogCommit();

    public int RecordCount => _recordCount;

    /// <summary>Of all bodies.</summary>
    public int ByteCount => _count;

    /// <summary>Changed rows and custom entries among the records: what the interval of snapshots counts.</summary>
    public long OperationCount { get; private set; }

    /// <summary>Of files that the records name: written for the log, as they are.</summary>
    public long FileByteCount { get; private set; }

    /// <summary>The tables whose definition must stand in the segment before these records, in the order of their first use.</summary>
    public ReadOnlySpan<TableDefinition> Tables => CollectionsMarshal.AsSpan(_tables);

    /// <summary>The tables that these records define themselves.</summary>
    public ReadOnlySpan<TableDefinition> DefinedTables => CollectionsMarshal.AsSpan(_defined);

    /// <summary>A record's body; valid until the batch changes.</summary>
    public ReadOnlySpan<byte> Body(int index) => _bytes.AsSpan(Start(index), _ends[index] - Start(index));

    /// <summary>Where the next cell of the record that was begun will stand.</summary>
    public int Position => _count;

    /// <summary>What stands between two positions of the record that was begun.</summary>
    public ReadOnlySpan<byte> Bytes(int start, int end) => _bytes.AsSpan(start, end - start);

    /// <summary>Starts a record. The table's name is an SQL identifier with its schema where that is not public, or nothing.</summary>
    public void Begin(ReadOnlySpan<byte> operation, ReadOnlySpan<byte> table)
    {
        Debug.Assert(LogOperationNames.IsName(operation));
        _isOperation = false;
        _count = Start(_recordCount);   // what an error left of a record begun before
        operation.CopyTo(Reserve(operation.Length + 1));
        _count += operation.Length;
        _bytes[_count++] = (byte)',';
        if (!table.IsEmpty)
        {
            _count += LogCell.Write(table, Reserve(LogCell.LengthMax(table)));
        }
    }

    public void Begin(LogOperation operation, ReadOnlySpan<byte> table)
    {
        Begin(LogOperationNames.Utf8(operation), table);
        _isOperation = operation is LogOperation.Insert or LogOperation.Update or LogOperation.Delete;
    }

    /// <summary>Counts for the record that was begun: an entry of the user's own, or many rows that it names a file of.</summary>
    public void CountOperations(long count, long fileBytes = 0)
    {
        OperationCount += count;
        FileByteCount += fileBytes;
    }

    /// <summary>What a changed row's record begins with, for <see cref="Begin(ReadOnlySpan{byte})"/>.</summary>
    public static byte[] Prefix(LogOperation operation, ReadOnlySpan<byte> table)
    {
        var batch = new LogBatch();
        batch.Begin(operation, table);
        batch.End();
        byte[] prefix = batch.Body(0).ToArray();
        batch.Clear();
        return prefix;
    }

    /// <summary>Starts the record of a changed row, with operation and table as <see cref="Prefix"/> gives them.</summary>
    public void Begin(ReadOnlySpan<byte> prefix)
    {
        _isOperation = true;
        _count = Start(_recordCount);
        prefix.CopyTo(Reserve(prefix.Length));
        _count += prefix.Length;
    }

    /// <summary>Room for so many bytes at least behind what stands there: for whoever writes cells, each behind a comma, and then calls <see cref="Advance"/>.</summary>
    public Span<byte> Room(int size) => Reserve(size);

    public void Advance(int count) => _count += count;

    /// <summary>What stands between two positions of the record that was begun, once more.</summary>
    public void Repeat(int start, int end)
    {
        Span<byte> target = Reserve(end - start);   // which may move all
        _bytes.AsSpan(start, end - start).CopyTo(target);
        _count += end - start;
    }

    /// <summary>A value that is not NULL, as text.</summary>
    public void Cell(ReadOnlySpan<byte> value)
    {
        Span<byte> target = Reserve(LogCell.LengthMax(value) + 1);
        target[0] = (byte)',';
        _count += LogCell.Write(value, target[1..]) + 1;
    }

    public void Cell(int number)
    {
        Span<byte> text = stackalloc byte[11];
        number.TryFormat(text, out int length, provider: System.Globalization.CultureInfo.InvariantCulture);
        Cell(text[..length]);
    }

    public void Null() => Separator();

    /// <summary>What stands between the images of an UPDATE.</summary>
    public void Mark()
    {
        Separator();
        Reserve(1)[0] = LogCell.Mark;
        _count++;
    }

    /// <summary>A vector's value, NULL or not, in the text that the output gives.</summary>
    public void Value(TextOutput text, Vector vector, int position)
    {
        if (!vector.IsValid(position))
        {
            Null();
            return;
        }
        switch (text.Type.Id)
        {
            case SqlTypeId.Boolean or SqlTypeId.Int16 or SqlTypeId.Int32 or SqlTypeId.Int64 or SqlTypeId.Numeric or SqlTypeId.Real or SqlTypeId.Double
                or SqlTypeId.Date or SqlTypeId.Time or SqlTypeId.Timestamp or SqlTypeId.TimestampTz or SqlTypeId.Interval or SqlTypeId.Uuid:
                Separator();   // nothing in these needs quotes
                _count += text.Format(vector, position, Reserve(text.LengthMax(vector, position)));
                break;
            case SqlTypeId.Text or SqlTypeId.Varchar:
                Cell(StringView.Bytes(in vector.Data<StringView>()[position], vector.Blocks));
                break;
            case SqlTypeId.Bytea:
                Separator();
                Reserve(1)[0] = (byte)'\\';   // its text begins with a backslash, and has no other
                _count++;
                _count += text.Format(vector, position, Reserve(text.LengthMax(vector, position)));
                break;
            default:
                FormatAndCell(text, vector, position);
                break;
        }
    }

    /// <summary>Ends the record that was begun.</summary>
    public void End()
    {
        if (_recordCount == _ends.Length)
        {
            Array.Resize(ref _ends, 2 * _ends.Length);
        }
        _ends[_recordCount++] = _count;
        OperationCount += _isOperation ? 1 : 0;
    }

    /// <summary>Drops all records behind the first ones.</summary>
    public void CutTo(int recordCount)
    {
        _recordCount = recordCount;
        _count = Start(recordCount);
    }

    /// <summary>Drops the record that was begun.</summary>
    public void Abandon() => _count = Start(_recordCount);

    /// <summary>These records need the table's definition before them in their segment.</summary>
    public void Uses(TableDefinition table)
    {
        if (!Has(_tables, table) && !Has(_defined, table))
        {
            _tables.Add(table);
        }
    }

    /// <summary>These records have the table's definition: those behind them need it not before them. Before any <see cref="Uses"/> of it.</summary>
    public void Defines(TableDefinition table)
    {
        if (!Has(_defined, table))
        {
            _defined.Add(table);
        }
    }

    /// <summary>Its records in a batch of their own; this one is empty then.</summary>
    public LogBatch MoveOut()
    {
        var moved = new LogBatch { _bytes = _bytes, _count = _count, _ends = _ends, _recordCount = _recordCount };
        _bytes = [];
        _ends = new int[4];
        Clear();
        return moved;
    }

    public void Clear()
    {
        _tables.Clear();
        _defined.Clear();
        _count = _recordCount = 0;
        OperationCount = FileByteCount = 0;
        if (_bytes.Length > BufferKept)
        {
            ArrayPool<byte>.Shared.Return(_bytes);
            _bytes = [];
        }
        if (_ends.Length > BufferKept / sizeof(int))
        {
            _ends = new int[4];
        }
    }

    // Few: a loop over references is faster than a set, and allocates nothing.
    private static bool Has(List<TableDefinition> tables, TableDefinition table)
    {
        foreach (TableDefinition one in tables)
        {
            if (ReferenceEquals(one, table))
            {
                return true;
            }
        }
        return false;
    }

    private int Start(int index) => index == 0 ? 0 : _ends[index - 1];

    private void Separator()
    {
        Reserve(1)[0] = (byte)',';
        _count++;
    }

    private void FormatAndCell(TextOutput text, Vector vector, int position)
    {
        byte[] scratch = ArrayPool<byte>.Shared.Rent(text.LengthMax(vector, position));
        try
        {
            Cell(scratch.AsSpan(0, text.Format(vector, position, scratch)));
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(scratch);
        }
    }

    private Span<byte> Reserve(int size)
    {
        if (_bytes.Length - _count < size)
        {
            Grow(size);
        }
        return _bytes.AsSpan(_count);
    }

    private void Grow(int size)
    {
        if ((long)_count + size > ByteCountMax)
        {
            throw new PhantomDbException(SqlStates.ProgramLimitExceeded, "the changes of a transaction are too many for the transaction log")
            {
                Detail = $"Their text has more than {ByteCountMax} bytes.",
            };
        }
        byte[] larger = ArrayPool<byte>.Shared.Rent((int)Math.Min(Math.Max((long)_count + size, 2L * _bytes.Length), ByteCountMax));
        _bytes.AsSpan(0, _count).CopyTo(larger);
        if (_bytes.Length > 0)
        {
            ArrayPool<byte>.Shared.Return(_bytes);
        }
        _bytes = larger;
    }
}
