using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace PhantomDb.Durability.Log;

/// <summary>
/// A transaction in the queue: what its lines need besides the bodies. Without references, so that neither queueing a million of them nor
/// dropping them costs more than their bytes.
/// </summary>
internal struct QueuedRun
{
    public const int NoOwner = -1;

    public long FirstLsn;
    public long TransactionId;
    public DateTime Time;
    public int RecordCount;
    public int CopiedCount;       // records whose bodies stand in the block; the others are its owner's
    public int Start;             // of the bodies in the block
    public int Owner;             // its place among the block's
    public bool StartsSegment;

    public readonly long LastLsn => FirstLsn + RecordCount - 1;
}

/// <summary>Who is to be told what became of a transaction in the queue, and the bodies that were not copied: of large ones.</summary>
internal readonly record struct QueuedOwner(LogCommit? Commit, ICommitSink? Sink, LogBatch? Large);

/// <summary>
/// A piece of the queue. Bodies are copied one behind another, each after its length, so that a queued record costs little more than
/// its bytes; a large transaction's are taken over. Not for two threads.
/// </summary>
internal sealed class LogQueueBlock
{
    public const int BytesFull = 1 << 20;

    private const int BytesAtStart = 1 << 14;   // of a database where little is going on; from there at once to what a full block needs
    private const int RunsAtStart = 64;
    private const int RunsGrown = 1 << 12;
    private const int LargeFrom = 1 << 20;

    private readonly List<QueuedOwner> _owners = [];   // of those that have one
    private QueuedRun[] _runs = new QueuedRun[RunsAtStart];
    private int _runCount;
    private byte[] _bytes = new byte[BytesAtStart];
    private int _count;

    /// <summary>Of memory that is in use.</summary>
    public long ByteCount { get; private set; }

    public bool IsFull => ByteCount >= BytesFull;

    public long LastLsn => _runs[_runCount - 1].LastLsn;

    public ReadOnlySpan<QueuedRun> Runs => _runs.AsSpan(0, _runCount);

    public QueuedOwner OwnerOf(in QueuedRun run) => run.Owner == QueuedRun.NoOwner ? default : _owners[run.Owner];

    /// <summary>The first run whose owner waits; null where none does.</summary>
    public LogCommit? FirstWaiting()
    {
        foreach (ref readonly QueuedOwner owner in CollectionsMarshal.AsSpan(_owners))
        {
            if (owner.Commit is { IsWaiting: true } commit)
            {
                return commit;
            }
        }
        return null;
    }

    /// <summary>True where an owner waits without a thread.</summary>
    public bool IsAwaited()
    {
        foreach (ref readonly QueuedOwner owner in CollectionsMarshal.AsSpan(_owners))
        {
            if (owner.Commit is { IsAwaited: true })
            {
                return true;
            }
        }
        return false;
    }

    public void Add(in QueuedRun run, LogBatch? definitions, LogBatch batch, LogCommit? commit, ICommitSink? sink)
    {
        int start = _count, copied = 0;
        if (definitions is not null)
        {
            Copy(definitions);
            copied = definitions.RecordCount;
            ByteCount += SizeOf(definitions);
        }
        ByteCount += SizeOf(batch);
        LogBatch? large = null;
        if (batch.ByteCount < LargeFrom)
        {
            Copy(batch);
            copied += batch.RecordCount;
        }
        else
        {
            large = batch.MoveOut();
        }
        int owner = QueuedRun.NoOwner;
        if (commit is not null || sink is not null || large is not null)
        {
            owner = _owners.Count;
            _owners.Add(new QueuedOwner(commit, sink, large));
            ByteCount += Unsafe.SizeOf<QueuedOwner>();
        }
        if (_runCount == _runs.Length)
        {
            Array.Resize(ref _runs, Math.Max(RunsGrown, 2 * _runCount));
        }
        ref QueuedRun added = ref _runs[_runCount++];
        added = run;
        (added.Start, added.CopiedCount, added.Owner) = (start, copied, owner);
    }

    /// <summary>The body of which the length stands at a position, which goes to the next.</summary>
    public ReadOnlySpan<byte> Body(ref int position)
    {
        int length = BinaryPrimitives.ReadInt32LittleEndian(_bytes.AsSpan(position));
        ReadOnlySpan<byte> body = _bytes.AsSpan(position + sizeof(int), length);
        position += sizeof(int) + length;
        return body;
    }

    public void Clear()
    {
        foreach (QueuedOwner owner in _owners)
        {
            owner.Large?.Clear();
        }
        _owners.Clear();
        _runCount = 0;
        _count = 0;
        ByteCount = 0;
    }

    private void Grow(int needed)
    {
        byte[] larger = GC.AllocateUninitializedArray<byte>(Math.Max(Math.Max(needed, BytesFull), (int)Math.Min(2L * _bytes.Length, Array.MaxLength)));
        _bytes.AsSpan(0, _count).CopyTo(larger);
        _bytes = larger;
    }

    // Memory that a transaction uses.
    private static long SizeOf(LogBatch batch) => Unsafe.SizeOf<QueuedRun>() + batch.ByteCount + ((long)sizeof(int) * batch.RecordCount);

    private void Copy(LogBatch batch)
    {
        int needed = _count + batch.ByteCount + (sizeof(int) * batch.RecordCount);
        if (needed > _bytes.Length)
        {
            Grow(needed);
        }
        for (int i = 0; i < batch.RecordCount; i++)
        {
            ReadOnlySpan<byte> body = batch.Body(i);
            BinaryPrimitives.WriteInt32LittleEndian(_bytes.AsSpan(_count), body.Length);
            body.CopyTo(_bytes.AsSpan(_count + sizeof(int)));
            _count += sizeof(int) + body.Length;
        }
    }
}
