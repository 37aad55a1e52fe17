namespace PhantomDb.Data;

/// <summary>
/// Asynchronous forms: the engine computes on the calling thread; the one thing that it waits for and a thread can do without is the disk at a commit, which is awaited. The token
/// stops what computes.
/// </summary>
internal static class Completion
{
    public static Task<T> Of<T>(CancellationToken token, Action cancel, Func<CancellationToken, T> work)
    {
        if (token.IsCancellationRequested)
        {
            return Task.FromCanceled<T>(token);
        }
        try
        {
            using CancellationTokenRegistration registration = token.UnsafeRegister(static action => ((Action)action!)(), cancel);
            return Task.FromResult(work(token));
        }
        catch (OperationCanceledException) when (token.IsCancellationRequested)
        {
            return Task.FromCanceled<T>(token);
        }
        catch (Exception error)
        {
            return Task.FromException<T>(error);
        }
    }

    /// <summary>As <see cref="Of"/>, of work that may await a commit.</summary>
    public static async Task<T> OfAsync<T>(CancellationToken token, Action cancel, Func<CancellationToken, ValueTask<T>> work)
    {
        token.ThrowIfCancellationRequested();
        using CancellationTokenRegistration registration = token.UnsafeRegister(static action => ((Action)action!)(), cancel);
        return await work(token).ConfigureAwait(false);
    }

    /// <summary>The result of what was told not to be asynchronous, and so has been done on this thread.</summary>
    public static T Done<T>(ValueTask<T> work) => work.GetAwaiter().GetResult();
}
