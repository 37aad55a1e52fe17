namespace PhantomDb;

/// <summary>Opening and closing without a thread of the caller's: both read and write whole files.</summary>
public sealed partial class Database : IAsyncDisposable
{
    /// <summary>As <see cref="Open"/>, on another thread.</summary>
    /// <param name="cancellationToken">Before it has begun; what has begun is finished.</param>
    public static Task<Database> OpenAsync(string name, DatabaseOptions? options = null, CancellationToken cancellationToken = default) =>
        OnAnotherThread(() => Open(name, options), cancellationToken);

    /// <summary>As <see cref="Close()"/>, on another thread.</summary>
    /// <param name="cancellationToken">The database's own file is not written any more; the next opening applies the log instead. What is committed is on the disk all the same.</param>
    public Task CloseAsync(CancellationToken cancellationToken = default) => OnAnotherThread(() => { Close(isStrict: true, cancellationToken); return true; }, CancellationToken.None);

    /// <summary>As <see cref="Dispose"/>, on another thread.</summary>
    public async ValueTask DisposeAsync() => await OnAnotherThread(() => { Dispose(); return true; }, CancellationToken.None).ConfigureAwait(false);

    // One of its own: it may take seconds, which are the disk's.
    private static Task<T> OnAnotherThread<T>(Func<T> work, CancellationToken cancellationToken) =>
        Task.Factory.StartNew(work, cancellationToken, TaskCreationOptions.LongRunning | TaskCreationOptions.DenyChildAttach, TaskScheduler.Default);
}
