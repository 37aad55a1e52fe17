namespace PhantomDb;

// What happens where nobody waits for it.
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
        DatabaseMetrics.NoteError(this, error);
        Raise(BackgroundError, error);
    }

    /// <summary>Tells each handler, on a thread of the pool.</summary>
    internal static void Raise<T>(Action<T>? handlers, T value)
    {
        if (handlers is not null)
        {
            ThreadPool.UnsafeQueueUserWorkItem(static note => Tell(note.Handlers, note.Value), (Handlers: handlers, Value: value), preferLocal: false);
        }
    }

    private static void Tell<T>(Action<T> handlers, T value)
    {
        foreach (Delegate handler in handlers.GetInvocationList())
        {
            try
            {
                ((Action<T>)handler)(value);
            }
            catch (Exception)
            {
                // an error of the user's that nobody can be told must not end the process
            }
        }
    }
}
