using System.Runtime.CompilerServices;
using PhantomDb.Csv;
using PhantomDb.Durability.Log;
using PhantomDb.Errors;
using PhantomDb.Storage;
using PhantomDb.Types;
using PhantomDb.Vectors;

namespace PhantomDb.Durability.Recovery;

/// <summary>
/// Rows that come into a table: they wait in a chunk, beyond their transaction's end too, until it is full or some row of the table has to be
/// found. A full chunk whose keys the transaction gives up only later waits for its end.
/// <code>
/// chunk:  | in the table already | of transactions that have ended | of the running one | free |
///         0                      done                              start                count
/// </code>
/// </summary>
internal sealed class IncomingRows
{
    private readonly TableStore _store;
    private readonly ImageParser _parser;
    private readonly AppliedRows _applied;
    private readonly RowFinder _finder;
    private readonly List<RowRange> _inserted = [];
    private DataChunk _chunk;
    private LogPosition[] _positions = new LogPosition[DataChunk.Capacity];
    private int _count;
    private int _done;
    private int _start;
    private Queue<Waiting>? _waiting;

    private sealed record Waiting(DataChunk Chunk, LogPosition[] Positions, int Done);

    /// <param name="store">The table.</param>
    /// <param name="parser">For its rows.</param>
    /// <param name="applied">Is told of each row that has come in, as is <paramref name="finder"/>.</param>
    /// <param name="finder">That of the table.</param>
    public IncomingRows(TableStore store, ImageParser parser, AppliedRows applied, RowFinder finder)
    {
        (_store, _parser, _applied, _finder) = (store, parser, applied, finder);
        _chunk = parser.NewChunk();
    }

    /// <summary>True where full chunks wait for the end of the transaction.</summary>
    public bool IsWaiting => _waiting is not null;

    public void BeginTransaction() => _start = _count;

    /// <summary>Takes a row of a side file, which the record at the position names.</summary>
    public void Append(CsvRecordReader row, RowParser parser, LogPosition position)
    {
        if (_count == DataChunk.Capacity)
        {
            MakeRoom();
        }
        parser.Parse(row, _chunk, _count);
        _positions[_count++] = position;
    }

    /// <summary>Takes a record's image after.</summary>
    [MethodImpl(HotLoop.Options)]
    public void Append(LogRecordCursor record, int firstCell)
    {
        if (_count == DataChunk.Capacity)
        {
            MakeRoom();
        }
        _parser.Parse(record, firstCell, _chunk, _count, isAfter: true);
        _positions[_count++] = new LogPosition(record.Offset, record.LineNumber, record.Line.Lsn);
    }

    /// <summary>Puts those of transactions that have ended into the table.</summary>
    public void InsertEnded() => InsertUpTo(_start);

    /// <summary>Puts all that waits into the table.</summary>
    public void Flush()
    {
        while (_waiting is { Count: > 0 } waiting)
        {
            Waiting next = waiting.Dequeue();
            (DataChunk chunk, LogPosition[] positions, int count, int done) = (_chunk, _positions, _count, _done);
            (_chunk, _positions, _count, _done) = (next.Chunk, next.Positions, DataChunk.Capacity, next.Done);
            InsertUpTo(_count);
            (_chunk, _positions, _count, _done) = (chunk, positions, count, done);
        }
        _waiting = null;
        InsertUpTo(_count);
        Clear();
    }

    // Rows come in before the transaction's end where their keys are free already: so it need not be held in memory.
    private void MakeRoom()
    {
        if (_waiting is null)
        {
            InsertUpTo(_start);
            try
            {
                Insert(_count);
                Clear();
                return;
            }
            catch (PhantomDbException error) when (error.SqlState == SqlStates.UniqueViolation)
            {
                _waiting = [];
            }
        }
        _waiting.Enqueue(new Waiting(_chunk, _positions, _done));
        _chunk = _parser.NewChunk();
        _positions = new LogPosition[DataChunk.Capacity];
        Clear();
    }

    private void Clear()
    {
        _count = _done = _start = 0;
        ImageParser.Clear(_chunk);
    }

    private void InsertUpTo(int count)
    {
        try
        {
            Insert(count);
        }
        catch (PhantomDbException error) when (error.SqlState == SqlStates.UniqueViolation)
        {
            throw new LogMismatch($"a row that the log inserts breaks a unique key: {error.Message}", FindRefused(count), error);
        }
    }

    private void Insert(int count)
    {
        if (_done >= count)
        {
            return;
        }
        _parser.End(_chunk);
        _inserted.Clear();
        _chunk.Selection = null;
        _chunk.Count = count;
        try
        {
            _store.Insert(_chunk, _done, _applied.Stamp, 0, _inserted, out _);
        }
        finally
        {
            foreach (RowRange range in _inserted)
            {
                _applied.Add(_store, AppliedChange.Insert, range.FirstRowId, range.Count);
                _finder.NoteInserted(range, _chunk.Vectors, _done);
                _done += range.Count;
            }
        }
    }

    // The database is thrown away after the error: rows are inserted one by one until it comes again.
    private LogPosition? FindRefused(int count)
    {
        while (_done < count)
        {
            try
            {
                Insert(_done + 1);
            }
            catch (PhantomDbException)
            {
                return _positions[_done];
            }
        }
        return null;
    }
}
