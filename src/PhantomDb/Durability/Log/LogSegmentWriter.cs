using System.Buffers;
using System.Diagnostics;
using PhantomDb.Errors;

namespace PhantomDb.Durability.Log;

/// <summary>
/// Writes one segment: lines through a buffer to the end of one file, flushed before too much is written. Knows up to where whole
/// transactions are on the disk. Says where it failed; what then is to be done is <see cref="TransactionLog"/>'s. For one thread at a time.
/// </summary>
internal sealed class LogSegmentWriter : IDisposable
{
    private const int BufferSize = 1 << 18;
    private const int ReservedBytesLeast = 1 << 12;

    private IWritableFile _file;
    private readonly LogEncoder _encoder;
    private readonly long _unflushedMax;
    private readonly bool _reserves;
    private readonly byte[] _buffer = new byte[BufferSize];
    private readonly LogContent _content = new();
    private int _count;
    private long _flushedLength;
    private long _reservedTo;      // line feeds stand in the file up to here
    private long _lastLineLsn;     // whole lines, in the buffer or behind it
    private bool _isInRun;
    private bool _isSealed;

    /// <summary>Makes the file with its header, and flushes it; where that fails nothing is left of it.</summary>
    /// <param name="reserves">Whether line feeds are written ahead, so that a flush of few records need not put a new length on the disk.</param>
    public LogSegmentWriter(IFileSystem disk, string path, LogHeader header, bool reserves = false)
    {
        Header = header;
        _reserves = reserves;
        _encoder = new LogEncoder(header.Salt);
        _unflushedMax = header.UnflushedMax;
        byte[] bytes = header.ToBytes();
        _file = disk.Create(path);
        try
        {
            _file.Append(bytes);
            _file.Flush();
        }
        catch
        {
            _file.Dispose();
            TryDelete(disk, path);
            throw;
        }
        _content.Add(bytes);
        _flushedLength = bytes.Length;
        End = Durable = new LogPosition(bytes.Length, 3, header.FirstLsn);
        _lastLineLsn = DurableLsn = header.FirstLsn - 1;
    }

    public LogHeader Header { get; }

    /// <summary>Behind the last transaction that was written or stands in the buffer.</summary>
    public LogPosition End { get; private set; }

    /// <summary>Behind the last transaction whose flush has returned.</summary>
    public LogPosition Durable { get; private set; }

    /// <summary>The last line whose flush has returned; within a transaction, perhaps.</summary>
    public long DurableLsn { get; private set; }

    /// <summary>What the system did with the bytes that it had is unknown: nothing more is to be written here.</summary>
    public bool IsFlushFailed { get; private set; }

    public bool HasRuns => End.Lsn > Header.FirstLsn;

    public bool HasUnflushed => _file.Length > _flushedLength || _count > 0;

    public void Write(in QueuedRun run, LogQueueBlock block)
    {
        _isInRun = true;
        _encoder.BeginTransaction(run.Time, run.TransactionId, run.RecordCount);
        int position = run.Start;
        LogBatch? large = run.CopiedCount < run.RecordCount ? block.OwnerOf(in run).Large : null;
        for (int part = 1; part <= run.RecordCount; part++)
        {
            ReadOnlySpan<byte> body = part <= run.CopiedCount ? block.Body(ref position) : large!.Body(part - run.CopiedCount - 1);
            WriteLine(run.FirstLsn + part - 1, part, body);
        }
        _isInRun = false;
        End = new LogPosition(_file.Length + _count, End.Line + run.RecordCount, run.LastLsn + 1);
    }

    /// <summary>Gives the file what stands in the buffer.</summary>
    public void WriteOut()
    {
        if (_count > 0)
        {
            int count = _count;
            _count = 0;   // whatever comes of it: what fails is cut off and made again
            Append(_buffer.AsSpan(0, count));
        }
    }

    /// <param name="isLast">True where nothing will follow for a while: then nothing stands behind the last line.</param>
    public void Flush(bool isLast = false)
    {
        long lsn = _lastLineLsn;
        WriteOut();
        if (_file.Length > _flushedLength)
        {
            if (isLast)
            {
                GiveBack();
            }
            else
            {
                Reserve();
            }
            FlushFile();
        }
        DurableLsn = lsn;
        if (!_isInRun)
        {
            Durable = End;
        }
    }

    /// <summary>Takes back what stands behind a transaction, and what a failed write left of the next. Lasts when it has been flushed.</summary>
    public void CutTo(LogPosition end)
    {
        Debug.Assert(end.Offset >= Durable.Offset && end.Offset <= _file.Length);
        _count = 0;
        _isInRun = false;
        _content.CutTo(end.Offset, _file.Read);
        _file.TruncateTo(end.Offset);
        _reservedTo = 0;
        _flushedLength = Math.Min(_flushedLength, end.Offset - 1);   // the cut itself has to be flushed
        End = end;
        _lastLineLsn = end.Lsn - 1;
        DurableLsn = Math.Min(DurableLsn, _lastLineLsn);
    }

    /// <summary>
    /// The last line, when all else is flushed and nothing more will be written. May be called again: where the next segment got no name, or the first seal was not
    /// whole, this is still the last one.
    /// </summary>
    public void Seal()
    {
        Debug.Assert(!HasUnflushed);
        GiveBack();
        if (_isSealed)
        {
            _file.TruncateTo(End.Offset);
        }
        _isSealed = true;   // or a part of it is there
        try
        {
            _file.Append(new LogSeal(End.Lsn - 1, End.Offset).ToBytes(Header.Salt));
            _file.Flush();
        }
        finally
        {
            _flushedLength = _file.Length;   // nothing that has to be flushed
        }
    }

    /// <summary>True while this is the file's name, and not another's or of none.</summary>
    public bool IsAt(string path) => _file.IsAt(path);

    /// <summary>What the file must have, for who reads it when it is sealed.</summary>
    public LogContent Content => _content;

    /// <summary>
    /// False where somebody else has cut the file or written over or behind what was written, or where it cannot be read. All of it is read, or, of a long one, enough to find what was
    /// done to its beginning, and mostly to its end: see <see cref="LogContent.IsMostlyIn"/>.
    /// </summary>
    public bool HasItsContent(bool all)
    {
        try
        {
            return (all ? _content.IsIn(_file.Read) : _content.IsMostlyIn(_file.Read)) && HasNothingBehind();
        }
        catch (PhantomDbException)
        {
            return false;
        }
    }

    /// <summary>
    /// A new file with all that this one has, flushed; where that fails nothing is left of it. Of a file that somebody has cut it is what is left. Between two transactions.
    /// </summary>
    public IWritableFile CopyTo(IFileSystem disk, string path)
    {
        WriteOut();
        IWritableFile copy = disk.Create(path);
        try
        {
            byte[] piece = new byte[BufferSize];
            int count;
            while (copy.Length < End.Offset && (count = _file.Read(copy.Length, piece.AsSpan(0, (int)Math.Min(piece.Length, End.Offset - copy.Length)))) > 0)
            {
                copy.Append(piece.AsSpan(0, count));
            }
            copy.Flush();
            return copy;
        }
        catch
        {
            copy.Dispose();
            TryDelete(disk, path);
            throw;
        }
    }

    /// <summary>Goes on in a copy that <see cref="CopyTo"/> has made, and that has the name now.</summary>
    public void GoOnIn(IWritableFile copy)
    {
        _file.Dispose();
        _file = copy;
        _reservedTo = 0;
        _flushedLength = copy.Length;
        DurableLsn = _lastLineLsn;
        Durable = End;
    }

    public void Dispose() => _file.Dispose();

    public static void TryDelete(IFileSystem disk, string path)
    {
        try
        {
            disk.Delete(path);
        }
        catch (PhantomDbException)
        {
            // what matters is the error that made it superfluous
        }
    }

    private void WriteLine(long lsn, int part, ReadOnlySpan<byte> body)
    {
        if (body.Length > BufferSize - LogEncoder.OverheadMax - _count)
        {
            WriteOut();
        }
        long lag = lsn - DurableLsn;
        if (body.Length <= BufferSize - LogEncoder.OverheadMax)
        {
            _count += _encoder.Encode(lsn, part, lag, body, _buffer.AsSpan(_count));
        }
        else
        {
            Span<byte> prefix = stackalloc byte[LogEncoder.OverheadMax];
            Span<byte> end = stackalloc byte[LogEncoder.OverheadMax];
            prefix = prefix[.._encoder.EncodePrefix(lsn, part, lag, prefix)];
            end = end[.._encoder.EncodeEnd(prefix, body, end)];
            Append(prefix);
            Append(body);
            end.CopyTo(_buffer);
            _count = end.Length;
        }
        _lastLineLsn = lsn;
    }

    // Never more than the bound without a flush, long lines included: else a bad line far from the end would prove nothing.
    private void Append(ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            long room = _unflushedMax - (_file.Length - _flushedLength);
            if (room <= 0)
            {
                FlushFile();
                continue;
            }
            int some = (int)Math.Min(room, bytes.Length);
            _file.Append(bytes[..some]);
            _content.Add(bytes[..some]);
            bytes = bytes[some..];
        }
    }

    // Before a flush. As much as the file has, so that a small one stays small; not where so much is written that its flushes make it longer anyway.
    private void Reserve()
    {
        int count = (int)Math.Clamp(_file.Length, ReservedBytesLeast, LogReserve.BytesMax);
        if (!_reserves || _file.Length <= _reservedTo || _file.Length - _flushedLength > count / 4)
        {
            return;
        }
        try
        {
            _file.Reserve(count);
            _reservedTo = _file.Length + count;
        }
        catch (PhantomDbException)
        {
            // what has no room needs none: records are written all the same, or fail by themselves
        }
    }

    // But line feeds: reserved ones, or what a reservation that failed has left.
    private bool HasNothingBehind()
    {
        byte[] behind = ArrayPool<byte>.Shared.Rent(LogReserve.BytesMax);
        int count = _file.Read(_file.Length, behind.AsSpan(0, LogReserve.BytesMax));
        bool isNothing = !behind.AsSpan(0, count).ContainsAnyExcept((byte)'\n') && _file.Read(_file.Length + LogReserve.BytesMax, behind.AsSpan(0, 1)) == 0;
        ArrayPool<byte>.Shared.Return(behind);
        return isNothing;
    }

    private void GiveBack()
    {
        if (_reservedTo > _file.Length)
        {
            try
            {
                _file.TruncateTo(_file.Length);
            }
            catch (PhantomDbException)
            {
                return;   // readers know what line feeds at the end are
            }
        }
        _reservedTo = 0;
    }

    private void FlushFile()
    {
        try
        {
            _file.Flush();
        }
        catch
        {
            IsFlushFailed = true;
            throw;
        }
        _flushedLength = _file.Length;
    }
}
