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
    private const int Interrupted = 4;  // EINTR, on Linux and macOS
    private const int NotATerminal = 25, InvalidArgument = 22, NotSupportedOnMac = 45;   // what a file system without F_FULLFSYNC says

    private static int _isTested;

    public static FlushFailure? Flush(SafeFileHandle handle)
    {
        bool isHeld = false;
        try
        {
            handle.DangerousAddRef(ref isHeld);
            return Flush(handle.DangerousGetHandle(), isFolder: false);
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
        int folder;
        do
        {
            folder = Open(path, ReadOnly);
        }
        while (folder < 0 && Marshal.GetLastPInvokeError() == Interrupted);
        if (folder < 0)
        {
            return FlushFailure.Last();
        }
        try
        {
            return Flush(folder, isFolder: true);
        }
        finally
        {
            _ = Close(folder);
        }
    }

    /// <summary>Makes sure once that a failing flush is noticed here, whatever the system: nothing else could tell.</summary>
    public static void TestOnce()
    {
        if (Interlocked.Exchange(ref _isTested, 1) == 0 && (Flush(new IntPtr(-1), isFolder: false) is null || Flush(new IntPtr(-1), isFolder: true) is null))
        {
            throw Errors.Error.Internal("the system reports no error when a file that is not open is flushed");
        }
    }

    // An interrupted call has not been made: repeating it is no second try after a failure.
    private static FlushFailure? Flush(IntPtr file, bool isFolder)
    {
        while (true)
        {
            bool isDone = OperatingSystem.IsWindows() ? FlushFileBuffers(file)
                : OperatingSystem.IsMacOS() ? FlushOnMac((int)file)
                : OperatingSystem.IsLinux() && !isFolder ? SynchronizeData((int)file) == 0
                : Synchronize((int)file) == 0;
            if (isDone)
            {
                return null;
            }
            if (OperatingSystem.IsWindows() || Marshal.GetLastPInvokeError() != Interrupted)
            {
                return FlushFailure.Last();
            }
        }
    }

    // fsync alone only where the file system has no better, and never after a flush that failed.
    private static bool FlushOnMac(int file) =>
        Control(file, FullFlush) != -1
        || (Marshal.GetLastPInvokeError() is NotATerminal or InvalidArgument or NotSupportedOnMac && Synchronize(file) == 0);

    // Leaves out the times of the file, not its length: one write to the disk less.
    [LibraryImport("libc", EntryPoint = "fdatasync", SetLastError = true)]
    private static partial int SynchronizeData(int file);

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
internal sealed record FlushFailure(int Code)
{
    public string Reason => Marshal.GetPInvokeErrorMessage(Code);

    public static FlushFailure Last() => new(Marshal.GetLastPInvokeError());
}
