using System.Buffers;
using System.Collections.Concurrent;
using PhantomDb.Csv;
using PhantomDb.Errors;
using PhantomDb.Storage;
using PhantomDb.Vectors;

namespace PhantomDb.Durability;

/// <summary>
/// Puts rows into a table a chunk at a time, in their order: one after the other, or blocks of them that several threads
/// parse. The table's indexes check keys.
/// </summary>
internal sealed class RowLoader
{
    private readonly TableStore _store;
    private readonly RowParser _parser;
    private readonly MemoryAccount? _scratch;   // of the chunks, given back at the end
    private readonly DataChunk _chunk;
    private readonly long[] _offsets = new long[DataChunk.Capacity];   // of the chunk's rows in the file
    private readonly List<RowRange> _inserted = [];
    private readonly TransactionStamp _stamp = new();
    private readonly ConcurrentBag<DataChunk> _spareChunks = [];
    private int _count;

    public RowLoader(TableStore store, int[] order, bool isOurs, MemoryAccount? account)
    {
        _store = store;
        _parser = new RowParser(store.Definition, order, isOurs);
        _scratch = account is null ? null : new MemoryAccount("load", long.MaxValue, account);
        _chunk = _parser.NewChunk(_scratch);
        _stamp.Publish(0);   // before all that will ever happen to the database
        _parser.Begin(_chunk);
    }

    /// <summary>Row that was added last, from 1; after an error the row that it is about.</summary>
    public long RowNumber { get; private set; }

    /// <summary>Where the row of an error begins that showed only when its chunk was inserted; -1: the row added last.</summary>
    public long FailedOffset { get; private set; } = -1;

    public void Add(CsvRecordReader record)
    {
        RowNumber++;
        _offsets[_count] = record.Offset;
        _parser.Parse(record, _chunk, _count);
        if (++_count == DataChunk.Capacity)
        {
            Flush();
        }
    }

    /// <summary>
    /// Adds blocks of rows, whose text comes in their order; other threads parse them meanwhile. Where one cannot be
    /// read, the error has no place. The blocks' arrays go to the shared pool when they have been read.
    /// </summary>
    public void AddBlocks(IEnumerable<ArraySegment<byte>> blocks, int threadCount)
    {
        Flush();
        Queue<Task<List<DataChunk>>> running = new();
        try
        {
            foreach (ArraySegment<byte> block in blocks)
            {
                running.Enqueue(Task.Run(() =>
                {
                    List<DataChunk> chunks = ParseBlock(block);
                    ArrayPool<byte>.Shared.Return(block.Array!);
                    return chunks;
                }));
                if (running.Count > threadCount)
                {
                    InsertNext();
                }
            }
            while (running.Count > 0)
            {
                InsertNext();
            }
        }
        finally
        {
            Task.WhenAll(running).ContinueWith(_ => { }, TaskScheduler.Default).Wait();   // after an error: nobody parses on
        }

        void InsertNext()
        {
            foreach (DataChunk chunk in running.Peek().GetAwaiter().GetResult())
            {
                Insert(chunk);
                _spareChunks.Add(chunk);
            }
            running.Dequeue();
        }
    }

    /// <summary>After the last row.</summary>
    public void Finish()
    {
        Flush();
        _scratch?.Close();
    }

    public void Discard() => _scratch?.Close();

    private List<DataChunk> ParseBlock(ArraySegment<byte> block)
    {
        List<DataChunk> chunks = [];
        using var records = new CsvRecordReader(block.AsMemory());
        DataChunk? chunk = null;
        int count = 0;
        while (records.TryRead(out string? problem))
        {
            if (problem is not null)
            {
                throw new FormatException(problem);
            }
            if (chunk is null || count == DataChunk.Capacity)
            {
                End();
                chunk = _spareChunks.TryTake(out DataChunk? spare) ? spare : _parser.NewChunk(_scratch);
                _parser.Begin(chunk);
                chunks.Add(chunk);
                count = 0;
            }
            _parser.Parse(records, chunk, count++);
        }
        End();
        return chunks;

        void End()
        {
            if (chunk is not null)
            {
                _parser.End(chunk, count);
            }
        }
    }

    private void Flush()
    {
        if (_count == 0)
        {
            return;
        }
        _parser.End(_chunk, _count);
        try
        {
            Insert(_chunk);
        }
        catch (PhantomDbException error) when (error.SqlState == SqlStates.UniqueViolation)
        {
            FindFailedRow();
            throw;
        }
        _count = 0;
        _parser.Begin(_chunk);
    }

    private void Insert(DataChunk chunk)
    {
        _inserted.Clear();
        _store.Insert(chunk, 0, _stamp, 0, _inserted, out _);   // nobody else is there
        foreach (RowRange range in _inserted)
        {
            _store.PruneCommitted(range.FirstRowId, range.Count, isInsert: true, horizon: 0);
        }
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
}
