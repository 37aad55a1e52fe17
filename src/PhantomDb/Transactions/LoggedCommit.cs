using PhantomDb.Durability.Log;
using PhantomDb.Errors;

namespace PhantomDb.Transactions;

/// <summary>
/// A session's commits where there is a log: encoded before any lock, in the log's order under the commit lock, visible when the log says that
/// they are durable. Used again for the next commit; fails as a whole or not at all.
/// </summary>
internal sealed class LoggedCommit(TransactionManager manager) : ICommitSink
{
    /// <summary>In place of a commit's timestamp: everything is as it was before the transaction.</summary>
    public const long NoEffect = -1;

    private const int WritesOfShort = 1000;   // cleaning up after more would keep the log from writing

    private readonly TransactionRecords _records = new(manager.Storage, manager.Log?.Loads);
    private Storage.TransactionStamp? _stamp;
    private Action? _publish;
    private long _commitTimestamp;
    private volatile bool _isOver;

    /// <summary>True where the log has told what became of it.</summary>
    public bool IsOver => _isOver;

    /// <summary>Gives the commit timestamp. Where it throws, nothing has become visible, ever, and the transaction is to be rolled back.</summary>
    public long Commit(Transaction transaction, Action? publish, IReadOnlyList<DefinitionStep>? steps)
    {
        try
        {
            if (!Queue(transaction, publish, steps))
            {
                return NoEffect;
            }
            manager.Log!.WaitUntilPublished(_records.Batch);
            return Done();
        }
        catch (Exception error) when (!IsUnknown(error))
        {
            _records.DiscardLoads();
            throw;
        }
        finally
        {
            Forget();
        }
    }

    /// <summary>
    /// As <see cref="Commit"/>, without a thread that waits for the disk. What follows a small commit, the release of its locks, does not wait for a thread of the pool either: all of these may be waiting for its locks.
    /// </summary>
    public async ValueTask<long> CommitAsync(Transaction transaction)
    {
        try
        {
            if (!Queue(transaction, null, null))
            {
                return NoEffect;
            }
            await manager.Log!.WaitUntilPublishedAsync(_records.Batch, isShort: transaction.Writes.Count <= WritesOfShort && _records.LoadNames.Count == 0).ConfigureAwait(false);
            return Done();
        }
        catch (Exception error) when (!IsUnknown(error))
        {
            _records.DiscardLoads();
            throw;
        }
        finally
        {
            Forget();
        }
    }

    // False where there is nothing to log.
    private bool Queue(Transaction transaction, Action? publish, IReadOnlyList<DefinitionStep>? steps)
    {
        _publish = publish;
        Action throwIfStopped = transaction.WaitLimits.ThrowIfStopped;
        manager.Log!.Prepare();
        _records.Encode(transaction.Writes, steps, throwIfStopped);
        if (_records.Batch.RecordCount == 0)
        {
            return false;
        }
        (_stamp, _commitTimestamp, _isOver) = (transaction.Stamp, NoEffect, false);
        while (!manager.Log.TryReserveRoom(_records.Batch.ByteCount, WaitLimits.LookMs))
        {
            throwIfStopped();
        }
        manager.Enqueue(transaction, _records.Batch, this, hasDefinitions: publish is not null);
        return true;
    }

    private long Done()
    {
        for (int i = 0; i < _records.LoadNames.Count; i++)
        {
            manager.Log!.Loads!.SetNamed(_records.LoadNames[i], _commitTimestamp);
        }
        return _commitTimestamp;
    }

    private void Forget()
    {
        _records.Clear(forgetsTables: _publish is not null);
        (_stamp, _publish) = (null, null);
    }

    // The records may be on the disk: then the side files that they name are needed.
    private static bool IsUnknown(Exception error) => error is PhantomDbException { SqlState: SqlStates.TransactionResolutionUnknown };

    public void Publish(long lsn)
    {
        manager.PublishCommit(lsn, _stamp, _publish);
        _commitTimestamp = lsn;
        _isOver = true;
    }

    public void Fail(Exception error)
    {
        _isOver = true;
        if (_publish is not null)
        {
            manager.ForgetQueuedDefinitions();
        }
    }
}
