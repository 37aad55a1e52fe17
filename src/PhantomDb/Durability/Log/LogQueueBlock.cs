using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace PhantomDb.Durability.Log;

/// <summary>A transaction in the queue: what its lines need besides the bodies, and who is to be told.</summary>
internal struct QueuedRun
{
    public long FirstLsn;
    public int RecordCount;
    public long TransactionId;
    public DateTime Time;
    public bool StartsSegment;
    public int Start;             // of the bodies in the block
    public int CopiedCount;       // records whose bodies stand in the block; the others in Large
    public LogBatch? Large;
    public LogCommit? Commit;
    public ICommitSink? Sink;

    public readonly long LastLsn => FirstLsn + RecordCount - 1;
}

/// <summary>
/// A piece of the queue. Bodies are copied one behind another, each after its length, so that a queued record costs little more than
/// its bytes; a large transaction's are taken over. Not for two threads.
/// </summary>
internal sealed class LogQueueBlock
{
    public const int BytesFull = 1 << 20;

    private const int BytesAtStart = 1 << 14;
    private const int RunBytes = 96;
    private const int LargeFrom = 1 << 20;

    private readonly List<QueuedRun> _runs = [];
    private byte[] _bytes = new byte[BytesAtStart];
    private int _count;

    /// <summary>Of memory that is in use.</summary>
    public long ByteCount { get; private set; }

    public bool IsFull => ByteCount >= BytesFull;

    public long LastLsn => _runs[^1].LastLsn;

    public Span<QueuedRun> Runs => CollectionsMarshal.AsSpan(_runs);

    /// <summary>Memory that a transaction will use.</summary>
    public static long SizeOf(LogBatch batch) => RunBytes + batch.ByteCount + ((long)sizeof(int) * batch.RecordCount);

    public void Add(QueuedRun run, LogBatch? definitions, LogBatch batch)
    {
        run.Start = _count;
        if (definitions is not null)
        {
            Copy(definitions);
            run.CopiedCount = definitions.RecordCount;
            ByteCount += SizeOf(definitions);
        }
        ByteCount += SizeOf(batch);
        if (batch.ByteCount < LargeFrom)
        {
            Copy(batch);
            run.CopiedCount += batch.RecordCount;
        }
        else
        {
            run.Large = batch.MoveOut();
        }
        _runs.Add(run);
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
        foreach (QueuedRun run in _runs)
        {
            run.Large?.Clear();
        }
        _runs.Clear();
        _count = 0;
        ByteCount = 0;
    }

    private void Copy(LogBatch batch)
    {
        int needed = _count + batch.ByteCount + (sizeof(int) * batch.RecordCount);
        if (needed > _bytes.Length)
        {
            Array.Resize(ref _bytes, Math.Max(needed, 2 * _bytes.Length));
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
