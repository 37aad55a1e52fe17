namespace PhantomDb.Data;

/// <summary>
/// Work that is done when its task is given: on the calling thread, since the engine computes and does not wait for anything that a thread could do without. The token
/// stops it.
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
}
