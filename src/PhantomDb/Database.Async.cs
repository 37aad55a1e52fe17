using PhantomDb.Errors;

namespace PhantomDb;

// What reads and writes whole files, without a thread of the caller's.
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

    /// <summary>As <see cref="SaveToDisk"/>, on another thread.</summary>
    /// <param name="cancellationToken">Gives it up; the file that was there is as it was.</param>
    public Task SaveToDiskAsync(string? name = null, bool? isSealed = null, CancellationToken cancellationToken = default)
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        return OnAnotherThread(() => { Save(PathOf(name), isSealed, throwIfStopped: ThrowIfRequested(cancellationToken)); return true; }, cancellationToken);
    }

    /// <summary>As <see cref="LoadFromDisk"/>, on another thread.</summary>
    /// <param name="cancellationToken">Before it has begun; what has begun is finished.</param>
    public Task LoadFromDiskAsync(string? name = null, CancellationToken cancellationToken = default) =>
        OnAnotherThread(() => { LoadFromDisk(name); return true; }, cancellationToken);

    // One of its own: it may take seconds, which are the disk's.
    internal static Task<T> OnAnotherThread<T>(Func<T> work, CancellationToken cancellationToken) => Task.Factory.StartNew(
        () =>
        {
            try
            {
                return work();
            }
            catch (PhantomDbException error) when (error.SqlState == SqlStates.QueryCanceled && cancellationToken.IsCancellationRequested)
            {
                throw new OperationCanceledException(error.Message, error, cancellationToken);
            }
        },
        cancellationToken,
        TaskCreationOptions.LongRunning | TaskCreationOptions.DenyChildAttach,
        TaskScheduler.Default);
}
