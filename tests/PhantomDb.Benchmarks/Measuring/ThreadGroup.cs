namespace PhantomDb.Benchmarks.Measuring;

/// <summary>Runs the same work on several threads of its own and waits for all; the first error of any is thrown.</summary>
internal static class ThreadGroup
{
    public static void Run(int threadCount, Action<int> work)
    {
        Exception? error = null;
        Thread[] threads =
        [
            .. Enumerable.Range(0, threadCount).Select(index => new Thread(() =>
            {
                try
                {
                    work(index);
                }
                catch (Exception exception)
                {
                    Interlocked.CompareExchange(ref error, exception, null);
                }
            })),
        ];
        Array.ForEach(threads, thread => thread.Start());
        Array.ForEach(threads, thread => thread.Join());
        if (error is not null)
        {
            throw new InvalidOperationException(error.Message, error);
        }
    }
}
