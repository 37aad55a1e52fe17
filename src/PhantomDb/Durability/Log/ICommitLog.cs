namespace PhantomDb.Durability.Log;

/// <summary>
/// What commits need of a transaction log: a place in its order, and word of when the records are as durable as the policy promises.
/// </summary>
internal interface ICommitLog
{
    /// <summary>Before anything is written for a commit, and before any lock: makes ready what the log needs for that.</summary>
    void Prepare()
    {
    }

    /// <summary>Before the commit lock: waits where the queue is full.</summary>
    void ReserveRoom(int bytes, CancellationToken stop);

    /// <summary>The same for a while, in milliseconds; false where there is no room then, so that a session can look whether it has been stopped.</summary>
    bool TryReserveRoom(int bytes, int waitMs)
    {
        ReserveRoom(bytes, CancellationToken.None);
        return true;
    }

    /// <summary>Where large transactions put their new rows; null where all are records.</summary>
    LoadFiles? Loads => null;

    /// <summary>
    /// Under the commit lock: takes log sequence numbers for all records of a batch, and a place in the queue; gives the last number.
    /// Never waits for the disk. Throws where the log cannot take it: then nothing of it is written, ever. Where the policy is not to
    /// wait for the disk, the sink is told before this returns.
    /// </summary>
    long Enqueue(LogBatch batch, long transactionId, ICommitSink sink);

    /// <summary>
    /// Outside of all locks: returns when the sink of the batch that was queued last has published, and all before it; throws what it was
    /// failed with. By the batch, for numbers of what has failed are given again.
    /// </summary>
    void WaitUntilPublished(LogBatch batch);

    /// <summary>As <see cref="WaitUntilPublished"/>, without a thread that waits.</summary>
    /// <param name="isShort">True: what follows is little, waits for nothing, and may be done by the thread that has written.</param>
    ValueTask WaitUntilPublishedAsync(LogBatch batch, bool isShort)
    {
        WaitUntilPublished(batch);
        return ValueTask.CompletedTask;
    }
}

/// <summary>A transaction that waits for its records. Told once, in the order of the numbers; by any thread.</summary>
internal interface ICommitSink
{
    /// <summary>The records are as durable as promised: the changes become visible. Must not throw, nor call the log.</summary>
    void Publish(long lsn);

    /// <summary>
    /// They are not in the log: their numbers are given again when all have been told. Or, with SQLSTATE 08007, nobody knows; then the log takes
    /// nothing more. They are never published.
    /// </summary>
    void Fail(Exception error);
}
