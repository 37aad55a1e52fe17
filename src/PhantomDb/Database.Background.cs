namespace PhantomDb;

/// <summary>What goes wrong where nobody waits for it.</summary>
public sealed partial class Database
{
    /// <summary>
    /// Something has failed on the disk, perhaps while nobody was waiting for it: a write or a flush of the log, a snapshot, the deletion of an old file. The database
    /// goes on, and tries again by itself; a commit that cannot be kept as the policy promises fails besides. Raised on threads of the pool, also for what is
    /// mended already, and again when it fails again; what a handler throws is ignored. For logs and alarms.
    /// </summary>
    public event Action<PhantomDbException>? BackgroundError;

    /// <summary>Never waits and never throws: called where locks of the log are held.</summary>
    internal void NoteBackgroundError(PhantomDbException error)
    {
        if (BackgroundError is not null)
        {
            ThreadPool.UnsafeQueueUserWorkItem(static note => note.Database.Raise(note.Error), (Database: this, Error: error), preferLocal: false);
        }
    }

    private void Raise(PhantomDbException error)
    {
        foreach (Action<PhantomDbException> handler in BackgroundError?.GetInvocationList().Cast<Action<PhantomDbException>>() ?? [])
        {
            try
            {
                handler(error);
            }
            catch (Exception)
            {
                // an error of the user's that nobody can be told must not end the process
            }
        }
    }
}
