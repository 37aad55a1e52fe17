namespace PhantomDb.Durability.Log;

/// <summary>
/// Who is told what became of a transaction's records: one of the two, once. Publishing is in the order of LSNs, whoever's thread it is; it
/// must not throw, nor call the log. No lock of the log is held.
/// </summary>
internal interface ICommitSink
{
    /// <summary>The records are as durable as the policy promises. Under Interval and None that is within <see cref="TransactionLog.Enqueue"/>.</summary>
    void Publish(long lsn);

    /// <summary>
    /// They are not in the log, and their LSNs will be given again when this has returned; or, where the error's SQLSTATE is 08007, nobody
    /// knows whether they are, and the log takes nothing more. Only under Always.
    /// </summary>
    void Fail(PhantomDbException error);
}
