using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace PhantomDb.Durability;

/// <summary>
/// fsync and its kin, called directly and checked: .NET's own flushes return normally when the system reports an error,
/// and .NET has none for folders. Each call gives the failure, or null.
/// </summary>
internal static partial class DiskFlush
{
    private const int FullFlush = 51;   // F_FULLFSYNC: fsync on macOS leaves the bytes in the drive's cache
    private const int ReadOnly = 0;     // O_RDONLY

    private static int _isTested;

    public static FlushFailure? Flush(SafeFileHandle handle)
    {
        bool isHeld = false;
        try
        {
            handle.DangerousAddRef(ref isHeld);
            return Flush(handle.DangerousGetHandle());
        }
        finally
        {
            if (isHeld)
            {
                handle.DangerousRelease();
            }
        }
    }

    public static FlushFailure? FlushFolder(string path)
    {
        if (OperatingSystem.IsWindows())
        {
            return null;   // NTFS writes its folders through its own log; there is no call for it
        }
        int folder = Open(path, ReadOnly);
        if (folder < 0)
        {
            return FlushFailure.Last();
        }
        try
        {
            return Flush(folder);
        }
        finally
        {
            _ = Close(folder);
        }
    }

    /// <summary>Makes sure once that a failing flush is noticed here, whatever the system: nothing else could tell.</summary>
    public static void TestOnce()
    {
        if (Interlocked.Exchange(ref _isTested, 1) == 0 && Flush(new IntPtr(-1)) is null)
        {
            throw Errors.Error.Internal("the system reports no error when a file that is not open is flushed");
        }
    }

    private static FlushFailure? Flush(IntPtr file)
    {
        bool isDone = OperatingSystem.IsWindows() ? FlushFileBuffers(file)
            : OperatingSystem.IsMacOS() ? Control((int)file, FullFlush) != -1 || Synchronize((int)file) == 0
            : Synchronize((int)file) == 0;
        return isDone ? null : FlushFailure.Last();
    }

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    private static partial int Synchronize(int file);

    [LibraryImport("libc", EntryPoint = "fcntl", SetLastError = true)]
    private static partial int Control(int file, int command);

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "close", SetLastError = true)]
    private static partial int Close(int file);

    [LibraryImport("kernel32", SetLastError = true)]
    [return: MarshalAs(UnmanagedType.Bool)]
    private static partial bool FlushFileBuffers(IntPtr file);
}

/// <summary>Why the system could not flush: its error code, and the text of it.</summary>
internal sealed record FlushFailure(int Code, string Reason)
{
    public static FlushFailure Last() => new(Marshal.GetLastPInvokeError(), Marshal.GetLastPInvokeErrorMessage());
}
