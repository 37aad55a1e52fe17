using System.Runtime.CompilerServices;
using System.Runtime.ExceptionServices;
using PhantomDb.Types;

namespace PhantomDb.Durability.Log;

/// <summary>
/// Records that another thread reads and verifies meanwhile, a bounded number of bytes ahead. Their order, their end and what was found are the reader's, and its errors
/// come where it would have thrown them. Itself for one thread, and disposed of before the stream is closed.
/// </summary>
internal sealed class LogReadAhead : LogRecordCursor, IDisposable
{
    private const int BatchCountMax = 8;
    private const long BytesMax = 4 << 20;   // in batches that wait; a longer record waits alone

    private readonly LogReader _reader;
    private readonly Thread _thread;
    private readonly Queue<LogRecordBatch> _read = new();
    private readonly Stack<LogRecordBatch?> _free = new(new LogRecordBatch?[BatchCountMax]);   // null: to be made when it is needed
    private long _bytesRead;                 // in those that wait
    private bool _isStopped;
    private bool _isDone;
    private Exception? _error;

    // The one that is looked at, and which of its records is next.
    private LogRecordBatch _batch = new();
    private int _index;
    private LogPosition _end;

    public LogReadAhead(LogReader reader)
    {
        _reader = reader;
        _end = reader.End;
        _thread = new Thread(ReadAll) { IsBackground = true, Name = "PhantomDB log reader" };
        _thread.Start();
    }

    public override LogHeader? Header => _reader.Header;

    public override LogPosition End => _end;

    public override LogSegmentReport Report => _reader.Report;

    [MethodImpl(HotLoop.Options)]
    public override bool Read()
    {
        while (_index == _batch.Count)
        {
            if (!TryTake())
            {
                return false;
            }
        }
        ref readonly LogRecordBatch.Record record = ref _batch.Show(_index++, Cells);
        (Line, Offset, LineNumber, _end) = (record.Line, record.Offset, record.LineNumber, record.End);
        return true;
    }

    /// <summary>Ends the other thread, wherever it is.</summary>
    public void Dispose()
    {
        lock (_read)
        {
            _isStopped = true;
            Monitor.PulseAll(_read);
        }
        _thread.Join();
    }

    private bool TryTake()
    {
        lock (_read)
        {
            while (_read.Count == 0 && !_isDone)
            {
                Monitor.Wait(_read);
            }
            if (_read.Count == 0)
            {
                if (_error is not null)
                {
                    ExceptionDispatchInfo.Throw(_error);
                }
                return false;
            }
            _free.Push(_batch);
            _batch = _read.Dequeue();
            _bytesRead -= _batch.ByteCount;
            _index = 0;
            Monitor.PulseAll(_read);
            return true;
        }
    }

    private void ReadAll()
    {
        Exception? error = null;
        try
        {
            while (TryBegin() is { } batch && Fill(batch))
            {
            }
        }
#pragma warning disable CA1031 // who asks for the records gets it, behind those before it
        catch (Exception caught)
#pragma warning restore CA1031
        {
            error = caught;
        }
        lock (_read)
        {
            _isDone = true;
            _error = error;
            Monitor.PulseAll(_read);
        }
    }

    // An empty batch, as soon as it may be filled; null where nobody wants it any more.
    private LogRecordBatch? TryBegin()
    {
        lock (_read)
        {
            while (!_isStopped && (_free.Count == 0 || _bytesRead >= BytesMax))
            {
                Monitor.Wait(_read);
            }
            if (_isStopped)
            {
                return null;
            }
            LogRecordBatch batch = _free.Pop() ?? new LogRecordBatch();
            batch.Clear();
            return batch;
        }
    }

    // False at the end. What was read before an error is handed over, too.
    [MethodImpl(HotLoop.Options)]
    private bool Fill(LogRecordBatch batch)
    {
        try
        {
            while (!batch.IsFull)
            {
                if (!_reader.Read())
                {
                    return false;
                }
                batch.Add(_reader);
            }
            return true;
        }
        finally
        {
            Hand(batch);
        }
    }

    private void Hand(LogRecordBatch batch)
    {
        lock (_read)
        {
            _read.Enqueue(batch);
            _bytesRead += batch.ByteCount;
            Monitor.PulseAll(_read);
        }
    }
}
