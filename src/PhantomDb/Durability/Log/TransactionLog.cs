using System.Diagnostics;
using System.Text;
using PhantomDb.Catalog;
using PhantomDb.Errors;
using PhantomDb.Types;

namespace PhantomDb.Durability.Log;

/// <summary>
/// The log of a database that is open: a bounded queue of transactions, and whoever has the turn writes them. Here: what goes into the queue, with
/// which LSN, time and definitions, and who waits. How it is written and what happens when that fails is in the parts <c>Writing</c> and <c>Failures</c>; what
/// a thread of its own does, in <c>Background</c>. Does not know what records mean.
/// <code>
/// Always:          Enqueue ─ WaitUntilPublished ─ the first who waits has the turn: writes and flushes for all who queue,
///                  publishes them in order, hands the turn to the first who queued meanwhile
/// Interval, None:  Enqueue publishes at once; a thread writes soon, and flushes every so often
/// </code>
/// </summary>
internal sealed partial class TransactionLog : ICommitLog, IDisposable
{
    private const int LineOverhead = LogTime.TextLength + 6 + LogLine.EndLength + 1;   // time, separators, checksum
    private const int RoomWaitMs = 50;   // between two looks whether who waits has been cancelled
    private const int WriteSoonBytes = 1 << 20;

    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private readonly object _gate = new();
    private readonly IFileSystem _disk;
    private readonly LogStart _start;
    private readonly TransactionLogOptions _options;
    private readonly Action<LogBatch, TableDefinition>? _define;
    private readonly Action? _prepare;
    private readonly Lock _preparing = new();
    private readonly TimeProvider _clock;
    private readonly LogFiles _files;
    private readonly LogHistory _history;
    private readonly bool _isAlways;
    private readonly long _headerBytes;

    // The queue.
    private readonly List<LogQueueBlock> _pending = [];
    private readonly Stack<LogQueueBlock> _freeBlocks = new();
    private long _queuedBytes;
    private int _queuedCount;
    private long _nextLsn;
    private long _contentLsn;   // of the last record that is not the log's own
    private DateTime _lastTime;
    private PhantomDbException? _stopped;   // why nothing can be queued now
    private bool _isClosing;
    private int _waitingForRoom;
    private volatile bool _isPrepared;

    // The segment that the next transaction will come into.
    private readonly HashSet<TableDefinition> _defined = new(ReferenceEqualityComparer.Instance);
    private TableDefinition? _lastDefined;   // which mostly is the next one too
    private readonly LogBatch _definitions = new();
    private long _plannedBytes;
    private bool _plannedHasRuns;

    /// <param name="define">Adds the record that defines a table to a batch; called under the log's lock.</param>
    /// <param name="prepare">Makes ready what the first segment needs, such as its folder; called once, before the first record, outside of all locks.
    /// Where it throws, nothing is queued, and it is called again.</param>
    public TransactionLog(
        IFileSystem disk, LogStart start, TransactionLogOptions? options = null, Action<LogBatch, TableDefinition>? define = null, TimeProvider? clock = null,
        Action? prepare = null)
    {
        _disk = disk;
        _start = start;
        _options = (options ?? new TransactionLogOptions()).Validated();
        _define = define;
        _prepare = prepare;
        _isPrepared = prepare is null;
        _clock = clock ?? TimeProvider.System;
        _isAlways = _options.SyncPolicy == LogSyncPolicy.Always;
        Watch = new FileWatch(disk);
        _files = new LogFiles(disk, start, _options, Watch);
        Loads = new LoadFiles(disk, start, _options, _clock, Watch, () => LastLsn, _files.HistoryOf);
        WatchFiles();
        _history = new LogHistory(_files, _options.IndexCacheBytes);
        _nextLsn = _nextToWrite = start.NextLsn;
        _publishedLsn = _durableLsn = start.NextLsn - 1;
        _contentLsn = start.NextLsn - 1;
        _lastTime = start.LastTime;
        _pins = [.. start.Pins];
        _snapshotRows = start.SnapshotRows;
        _recoveryFloor = start.RecoveryFloor;
        _headerBytes = LogSeal.LengthMax + new LogHeader(start.DatabaseName, start.Id, int.MaxValue, long.MaxValue, long.MaxValue, 0, _options.UnflushedBytesMax,
            new LogPredecessor(0, long.MaxValue - 1, long.MaxValue)) { SaltBefore = 0 }.ToBytes().Length;
        ResetPlan();
        _background = new Thread(RunInBackground) { IsBackground = true, Name = $"PhantomDB log of {start.DatabaseName}" };
        _background.Start();
    }

    public TransactionLogOptions Options => _options;

    /// <summary>The side files, which sessions write by themselves.</summary>
    public LoadFiles Loads { get; }

    /// <summary>The files besides the active segment, whether they are still there.</summary>
    public FileWatch Watch { get; }

    /// <summary>The last LSN that was given.</summary>
    public long LastLsn
    {
        get
        {
            lock (_gate)
            {
                return _nextLsn - 1;
            }
        }
    }

    /// <summary>All up to here is on the disk.</summary>
    public long DurableLsn => Volatile.Read(ref _durableLsn);

    /// <summary>The segments that led to an LSN; empty where it is not on the disk: nobody knows then in which it will be.</summary>
    public SegmentHistory HistoryOf(long lsn) => lsn > DurableLsn ? SegmentHistory.Empty : _files.HistoryOf(lsn);

    /// <summary>The segments that led to an LSN, on the disk or not, as far as they have been begun.</summary>
    public SegmentHistory HistoryUpTo(long lsn) => _files.HistoryOf(lsn);

    /// <summary>Bytes of the records that wait to be written.</summary>
    public long QueuedBytes => Volatile.Read(ref _queuedBytes);

    /// <summary>Makes ready what the first segment needs, where that has not been done. Before whatever may be locked meanwhile.</summary>
    public void Prepare()
    {
        if (!_isPrepared)
        {
            lock (_preparing)
            {
                if (!_isPrepared)
                {
                    _prepare!();
                    _isPrepared = true;
                }
            }
        }
    }

    /// <summary>Waits while the queue is full, or, under Interval, its oldest record older than two intervals, before any lock; a transaction larger than the queue goes alone. Throws where nothing can be queued.</summary>
    public void ReserveRoom(int bytes, CancellationToken stop)
    {
        while (!TryReserveRoom(bytes, RoomWaitMs))
        {
            if (stop.IsCancellationRequested)
            {
                throw Error.Cancelled();
            }
        }
    }

    /// <summary>Waits once, for so many milliseconds at most; false where the queue is still full. Throws where nothing can be queued.</summary>
    public bool TryReserveRoom(int bytes, int waitMs)
    {
        Prepare();
        if (HasRoom(bytes) && Volatile.Read(ref _stopped) is null)
        {
            return true;
        }
        lock (_gate)
        {
            ThrowIfStopped();
            if (HasRoom(bytes))
            {
                return true;
            }
            WakeBackground();
            _waitingForRoom++;
            Monitor.Wait(_gate, waitMs);
            _waitingForRoom--;
            ThrowIfStopped();
            return HasRoom(bytes);
        }
    }

    /// <summary>
    /// Under the commit lock: takes the LSNs, the last of which is the result, and a place in the queue. Never waits for the disk. Throws where
    /// the log cannot take it: nothing has happened then. Bodies are copied, or, of large transactions, moved out of the batch.
    /// </summary>
    public long Enqueue(LogBatch batch, long transactionId, ICommitSink? sink)
    {
        long lsn;
        lock (_gate)
        {
            ThrowIfStopped();
            lsn = _contentLsn = Add(batch, transactionId, sink);
            _isVouchedFor = false;
            if (_sleepsUntilWork || (!_isAlways && _queuedBytes > WriteSoonBytes))
            {
                WakeBackground();
            }
        }
        if (!_isAlways)
        {
            sink?.Publish(lsn);
        }
        return lsn;
    }

    /// <summary>
    /// Outside any lock: returns when the batch that was queued last is published, and writes for all who queue if it is its turn.
    /// Throws what its sink was told where that failed.
    /// </summary>
    public void WaitUntilPublished(LogBatch batch)
    {
        LogCommit commit = batch.Commit;
        while (!commit.IsDone)
        {
            bool leads;
            lock (_gate)
            {
                leads = !_isWriting;
                _isWriting = true;
                commit.IsWaiting = !leads;
            }
            if (leads || commit.WaitForTurn())
            {
                commit.IsWaiting = false;
                Lead(flushes: true);
            }
        }
        commit.ThrowIfFailed();
    }

    /// <summary>As <see cref="WaitUntilPublished"/>, without a thread that waits: where nobody else writes, the log's own thread does.</summary>
    /// <param name="isShort">True: what follows is little, waits for nothing, and may be done by the thread that has written.</param>
    public ValueTask WaitUntilPublishedAsync(LogBatch batch, bool isShort)
    {
        if (!batch.Commit.IsDone)
        {
            return AwaitPublished(batch.Commit, isShort);
        }
        batch.Commit.ThrowIfFailed();
        return ValueTask.CompletedTask;
    }

    private async ValueTask AwaitPublished(LogCommit commit, bool isShort)
    {
        while (!commit.IsDone)
        {
            Task told;
            lock (_gate)
            {
                told = commit.WaitAsync(isShort);
                if (!_isWriting)
                {
                    WriteForAwaited();
                }
            }
            await told.ConfigureAwait(false);
        }
        commit.ThrowIfFailed();
    }

    /// <summary>A record of the user's own, in the order of all others and as durable; gives its LSN.</summary>
    public long Append(string name, IEnumerable<KeyValuePair<string, string>> values, CancellationToken stop = default)
    {
        LogBatch entry = NewEntry(name, values);
        long lsn = Enqueue(entry, stop);
        WaitUntilPublished(entry);
        return lsn;
    }

    /// <summary>As <see cref="Append"/>; where there is room in the queue, without a thread that waits.</summary>
    public async Task<long> AppendAsync(string name, IEnumerable<KeyValuePair<string, string>> values, CancellationToken stop)
    {
        LogBatch entry = NewEntry(name, values);
        long lsn = Enqueue(entry, stop);
        await WaitUntilPublishedAsync(entry, isShort: false).ConfigureAwait(false);
        return lsn;
    }

    private static LogBatch NewEntry(string name, IEnumerable<KeyValuePair<string, string>> values)
    {
        byte[] utf8 = Encoding.UTF8.GetBytes(name);
        if (!LogOperationNames.IsCustomName(utf8))
        {
            throw Error.LogEntryName(name, LogOperationNames.IsName(utf8));
        }
        var batch = new LogBatch();
        batch.Begin(utf8, []);
        batch.CountOperations(1);
        HashSet<string> keys = new(StringComparer.Ordinal);
        foreach ((string key, string value) in values)
        {
            if (string.IsNullOrEmpty(key) || key.Contains('=', StringComparison.Ordinal))
            {
                throw Error.LogEntryKey(key ?? "");
            }
            if (value is null)
            {
                throw Error.LogEntryValue(key, "is null", "An entry has text alone: leave the key out, or give it an empty text.");
            }
            if (!keys.Add(key))
            {
                throw Error.LogEntryValue(key, "is given twice", null);
            }
            batch.Cell(ToUtf8(key, $"{key}={value}"));
        }
        batch.End();
        return batch;
    }

    private long Enqueue(LogBatch entry, CancellationToken stop)
    {
        stop.ThrowIfCancellationRequested();
        ReserveRoom(entry.ByteCount, stop);
        return Enqueue(entry, 0, null);
    }

    /// <summary>Returns when all that was queued is on the disk.</summary>
    public void Sync()
    {
        TakeTurn();
        Lead(flushes: true);
        lock (_gate)
        {
            if (_stopped is not null)
            {
                throw Error.Again(_stopped);
            }
        }
    }

    /// <summary>Returns when all up to an LSN is on the disk.</summary>
    public void EnsureDurable(long lsn)
    {
        if (DurableLsn < lsn)
        {
            Sync();
        }
    }

    /// <summary>
    /// All records behind an LSN that are published, over all segments, in a stream; 22023 where some of them are no longer kept.
    /// </summary>
    public IEnumerable<LogEntry> ReadAfter(long lsn) => Read(LogRange.All with { FirstLsn = lsn + 1 });

    /// <summary>As <see cref="ReadAfter"/>, of a range; no more of the segments is read than has to be.</summary>
    public IEnumerable<LogEntry> Read(LogRange range) => ToRead().Read(range);

    /// <summary>What the segments have, with all that is published by now.</summary>
    public LogHistory ToRead()
    {
        if (!_isAlways && !Volatile.Read(ref _isClosing))
        {
            TakeTurn();
            Lead(flushes: false);
        }
        return _history;
    }

    /// <summary>The record with an LSN; null where there is none yet.</summary>
    public LogEntry? ReadAt(long lsn)
    {
        foreach (LogEntry entry in Read(LogRange.All with { FirstLsn = lsn, LastLsn = lsn }))
        {
            return entry;
        }
        return null;
    }

    private static byte[] ToUtf8(string key, string text)
    {
        try
        {
            return StrictUtf8.GetBytes(text);
        }
        catch (EncoderFallbackException)
        {
            throw Error.LogEntryNotText(key);
        }
    }

    private bool HasRoom(int bytes)
    {
        long queued = Volatile.Read(ref _queuedBytes);
        return (queued == 0 || queued + bytes <= _options.QueueBytes) && !IsBehind;
    }

    // Under Interval what can be lost is bounded by time: who commits waits for a disk that cannot keep up.
    private bool IsBehind => _options.SyncPolicy == LogSyncPolicy.Interval
        && Environment.TickCount64 - Volatile.Read(ref _oldestSince) > 2L * _options.SyncIntervalMs;

    private void ThrowIfStopped()
    {
        if (_stopped is not null)
        {
            throw Error.Again(_stopped);
        }
        if (_isClosing)
        {
            throw Error.LogClosed(_files.ActivePath);
        }
    }

    // Under the lock. Nothing is changed before all that may throw has been done.
    private long Add(LogBatch batch, long transactionId, ICommitSink? sink)
    {
        Debug.Assert(batch.RecordCount > 0);
        Define(batch, isNewSegment: false);
        long size = SizeBound(batch, transactionId);
        bool startsSegment = _plannedHasRuns && _plannedBytes + size > _options.SegmentBytes;
        if (startsSegment)
        {
            Define(batch, isNewSegment: true);
            size = SizeBound(batch, transactionId);
        }
        LogQueueBlock block = BlockToFill();
        var run = new QueuedRun
        {
            FirstLsn = _nextLsn, RecordCount = _definitions.RecordCount + batch.RecordCount, TransactionId = transactionId, Time = NextTime(),
            StartsSegment = startsSegment,
        };
        if (startsSegment)
        {
            ForgetDefined();
            _plannedBytes = _headerBytes;
        }
        NoteDefined(batch.Tables);
        NoteDefined(batch.DefinedTables);
        _plannedBytes += size;
        _plannedHasRuns = true;
        Grow(batch.OperationCount, size + batch.FileByteCount);
        _fileBytes += batch.FileByteCount;
        _nextLsn += run.RecordCount;
        if (_isAlways)
        {
            batch.Commit.Begin();
        }
        long before = block.ByteCount;
        block.Add(in run, _definitions.RecordCount > 0 ? _definitions : null, batch, _isAlways ? batch.Commit : null, _isAlways ? sink : null);
        Volatile.Write(ref _queuedCount, _queuedCount + 1);
        Volatile.Write(ref _queuedBytes, _queuedBytes + block.ByteCount - before);
        return run.LastLsn;
    }

    // The records that must stand before the batch's own, into _definitions.
    private void Define(LogBatch batch, bool isNewSegment)
    {
        if (_definitions.RecordCount > 0)
        {
            _definitions.Clear();
        }
        foreach (TableDefinition table in batch.Tables)
        {
            if (_define is not null && (isNewSegment || (!ReferenceEquals(table, _lastDefined) && !_defined.Contains(table))))
            {
                _define(_definitions, table);
            }
        }
    }

    private void NoteDefined(ReadOnlySpan<TableDefinition> tables)
    {
        foreach (TableDefinition table in tables)
        {
            if (!ReferenceEquals(table, _lastDefined))
            {
                _lastDefined = table;
                _defined.Add(table);
            }
        }
    }

    private void ForgetDefined()
    {
        _defined.Clear();
        _lastDefined = null;
    }

    // Of the lines of a transaction, at most: lags only become smaller until they are written.
    private long SizeBound(LogBatch batch, long transactionId)
    {
        int count = _definitions.RecordCount + batch.RecordCount;
        long last = _nextLsn + count - 1;
        long each = LineOverhead + Digits(last) + Digits(transactionId) + (2 * Digits(count)) + Digits(last - DurableLsn);
        return _definitions.ByteCount + batch.ByteCount + (each * count);
    }

    private LogQueueBlock BlockToFill()
    {
        if (_pending.Count == 0 || _pending[^1].IsFull)
        {
            if (_pending.Count == 0)
            {
                _queuedSince = Environment.TickCount64;
                if (_oldestSince == long.MaxValue)
                {
                    Volatile.Write(ref _oldestSince, _queuedSince);
                }
            }
            _pending.Add(_freeBlocks.TryPop(out LogQueueBlock? free) ? free : new LogQueueBlock());
        }
        return _pending[^1];
    }

    // Never back, and never the same twice, so that a restore to a time is well defined.
    private DateTime NextTime()
    {
        long now = (ReferenceEquals(_clock, TimeProvider.System) ? DateTime.UtcNow : _clock.GetUtcNow().UtcDateTime).Ticks / TimeSpan.TicksPerMicrosecond * TimeSpan.TicksPerMicrosecond;
        return _lastTime = now > _lastTime.Ticks ? new DateTime(now, DateTimeKind.Utc) : _lastTime.AddTicks(TimeSpan.TicksPerMicrosecond);
    }

    // Under the lock: what the active segment really has, and what is queued for it.
    private void ResetPlan()
    {
        ForgetDefined();
        _plannedBytes = (_segment is null ? 0 : _segment.End.Offset) + _headerBytes;
        foreach (LogQueueBlock block in _pending)
        {
            _plannedBytes += block.ByteCount;
        }
        _plannedHasRuns = _pending.Count > 0 || _segment?.HasRuns == true;
    }

    private static int Digits(long number) => Math.Max(PowersOfTen.DigitCount((ulong)number), 1);
}
