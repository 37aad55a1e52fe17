using System.Text;
using PhantomDb.Durability.Log;

namespace PhantomDb.Tests.Transactions;

/// <summary>A log without a disk: it keeps what commits write, and publishes at once or when it is told to, in order.</summary>
internal sealed class HeldLog(long last = 0) : ICommitLog
{
    private readonly object _lock = new();
    private readonly Queue<Waiting> _queue = new();
    private readonly Dictionary<LogBatch, bool> _isFailed = [];   // of those that are over
    private long _last = last;

    private sealed record Waiting(long Lsn, LogBatch Batch, ICommitSink Sink);

    /// <summary>True: nothing is published before <see cref="Release"/>.</summary>
    public bool Holds { get; set; }

    /// <summary>Thrown by the next commit that is enqueued.</summary>
    public Exception? Refusal { get; set; }

    /// <summary>Called after each commit that is published, before anybody hears of it.</summary>
    public Action? Published { get; set; }

    /// <summary>The records, in order, as they would stand in a line.</summary>
    public List<string> Records { get; } = [];

    public int QueuedCount
    {
        get
        {
            lock (_lock)
            {
                return _queue.Count;
            }
        }
    }

    public void ReserveRoom(int bytes, CancellationToken stop)
    {
    }

    public long Enqueue(LogBatch batch, long transactionId, ICommitSink sink)
    {
        lock (_lock)
        {
            if (Refusal is { } refusal)
            {
                Refusal = null;
                throw refusal;
            }
            for (int i = 0; i < batch.RecordCount; i++)
            {
                Records.Add(Encoding.UTF8.GetString(batch.Body(i)));
            }
            _last += batch.RecordCount;
            _queue.Enqueue(new Waiting(_last, batch, sink));
            if (!Holds)
            {
                Release(int.MaxValue);
            }
            return _last;
        }
    }

    public void WaitUntilPublished(LogBatch batch)
    {
        lock (_lock)
        {
            bool isFailed;
            while (!_isFailed.Remove(batch, out isFailed))
            {
                if (!Monitor.Wait(_lock, Engine.SessionSteps.PatienceMs))
                {
                    throw new TimeoutException("nobody has released the commit");
                }
            }
            if (isFailed)
            {
                throw new PhantomDbException("08007", "the log has failed");
            }
        }
    }

    /// <summary>Publishes the commits that wait longest.</summary>
    public void Release(int count)
    {
        lock (_lock)
        {
            for (; count > 0 && _queue.TryDequeue(out Waiting? commit); count--)
            {
                commit.Sink.Publish(commit.Lsn);
                Published?.Invoke();
                _isFailed[commit.Batch] = false;
            }
            Monitor.PulseAll(_lock);
        }
    }

    /// <summary>Fails all that wait.</summary>
    public void FailAll()
    {
        lock (_lock)
        {
            while (_queue.TryDequeue(out Waiting? commit))
            {
                commit.Sink.Fail(new PhantomDbException("08007", "the log has failed"));
                _isFailed[commit.Batch] = true;
            }
            Monitor.PulseAll(_lock);
        }
    }

    /// <summary>The records since the last call.</summary>
    public string Take()
    {
        lock (_lock)
        {
            string all = string.Join('\n', Records);
            Records.Clear();
            return all;
        }
    }
}
