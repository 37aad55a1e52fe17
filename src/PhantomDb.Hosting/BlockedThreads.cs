namespace PhantomDb.Hosting;

/// <summary>
/// How soon the thread pool stands in for threads of its own that wait. By itself it adds two or four a second, and who holds the lock that all wait for may be behind them in its queue: sixty requests for one row,
/// whose transactions await something else besides, took half a minute.
/// </summary>
internal static class BlockedThreads
{
    /// <summary>The runtime's setting: threads added at once, for each processor. What the application's runtimeconfig.json says goes first.</summary>
    public const string Setting = "System.Threading.ThreadPool.Blocking.ThreadsToAddWithoutDelay_ProcCountFactor";

    private const int Count = 256;

    /// <summary>To be called before anything waits: the pool reads it once.</summary>
    public static void AreReplacedAtOnce()
    {
        if (AppContext.GetData(Setting) is null)
        {
            AppContext.SetData(Setting, Math.Max(1, Count / Environment.ProcessorCount));
        }
    }
}
