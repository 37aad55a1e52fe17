using System.Runtime.InteropServices;

namespace PhantomDb.Durability.Log;

/// <summary>
/// One thread sleeps until another one tells it. On Linux by the C library's semaphore, one system call to sleep and one to wake: the runtime's own waiting
/// takes several locks and calls more, which 32 committers would feel. Elsewhere, and where the library has none, by a monitor.
/// </summary>
internal sealed unsafe partial class LogSemaphore
{
    private const int SizeMax = 64;      // of sem_t: 32 bytes with glibc and musl
    private const int Interrupted = 4;   // EINTR

    private const int Nothing = 0, Told = 1, Asleep = 2;

    private static readonly bool HasNative = TestNative();

    private readonly object? _gate;
    private void* _native;
    private int _state;

    public LogSemaphore()
    {
        if (HasNative)
        {
            _native = NativeMemory.AllocZeroed(SizeMax);
            _ = Initialize(_native, 0, 0);
        }
        else
        {
            _gate = new object();
        }
    }

    ~LogSemaphore()
    {
        if (_native is not null)
        {
            _ = Destroy(_native);
            NativeMemory.Free(_native);
            _native = null;
        }
    }

    /// <summary>Whoever waits goes on; else who waits next does at once. Told twice is told once.</summary>
    public void Tell()
    {
        if (Interlocked.Exchange(ref _state, Told) != Asleep)
        {
            return;
        }
        if (_gate is null)
        {
            _ = Post(_native);
            GC.KeepAlive(this);
            return;
        }
        lock (_gate)
        {
            Monitor.Pulse(_gate);
        }
    }

    /// <summary>Sleeps until it is told. It may have been told of something that is over: the caller looks.</summary>
    public void Wait()
    {
        if (Interlocked.CompareExchange(ref _state, Asleep, Nothing) == Nothing)
        {
            Sleep();
        }
        Interlocked.Exchange(ref _state, Nothing);
    }

    private void Sleep()
    {
        if (_gate is null)
        {
            while (Take(_native) != 0 && Marshal.GetLastPInvokeError() == Interrupted)
            {
            }
            GC.KeepAlive(this);
            return;
        }
        lock (_gate)
        {
            while (Volatile.Read(ref _state) != Told)
            {
                Monitor.Wait(_gate);
            }
        }
    }

    private static bool TestNative()
    {
        if (!OperatingSystem.IsLinux())
        {
            return false;   // macOS has the names, but not the thing
        }
        void* memory = NativeMemory.AllocZeroed(SizeMax);
        try
        {
            return Initialize(memory, 0, 1) == 0 && Take(memory) == 0 && Post(memory) == 0 && Destroy(memory) == 0;
        }
        catch (Exception error) when (error is EntryPointNotFoundException or DllNotFoundException)
        {
            return false;   // an old glibc has them in another library
        }
        finally
        {
            NativeMemory.Free(memory);
        }
    }

    [LibraryImport("libc", EntryPoint = "sem_init")]
    private static partial int Initialize(void* semaphore, int isShared, uint value);

    [LibraryImport("libc", EntryPoint = "sem_wait", SetLastError = true)]
    private static partial int Take(void* semaphore);

    [LibraryImport("libc", EntryPoint = "sem_post")]
    private static partial int Post(void* semaphore);

    [LibraryImport("libc", EntryPoint = "sem_destroy")]
    private static partial int Destroy(void* semaphore);
}
