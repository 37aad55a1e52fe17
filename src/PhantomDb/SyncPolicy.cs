namespace PhantomDb;

/// <summary>When a commit of a database on disk is acknowledged. Whatever it is, what is lost is the newest: never a part of a transaction, nor one before another that is kept.</summary>
public enum SyncPolicy
{
    /// <summary>When it is on the disk: nothing that was acknowledged is lost, not even when the power fails.</summary>
    Always,

    /// <summary>
    /// At once; the log is flushed every <see cref="DatabaseOptions.SyncInterval"/>. When the power fails at most what was committed since is
    /// lost, when the process is killed what was committed in the last moment.
    /// </summary>
    Interval,

    /// <summary>At once; the system writes when it likes. When the power fails at most the last 16 MiB of the log are lost.</summary>
    None,
}
