using PhantomDb.Errors;

namespace PhantomDb.Durability;

/// <summary>The operating system's files. What a flush means on each system is <see cref="DiskFlush"/>'s.</summary>
internal sealed class PhysicalFileSystem : IFileSystem
{
    private const int DiskFullOnUnix = 28;                                // ENOSPC
    private const int QuotaOnLinux = 122;                                 // EDQUOT
    private const int QuotaOnMac = 69;                                    // EDQUOT
    private const int DiskFullOnWindows = unchecked((int)0x80070070);     // ERROR_DISK_FULL

    public static readonly PhysicalFileSystem Instance = new();

    private PhysicalFileSystem() => DiskFlush.TestOnce();

    public bool Exists(string path) => File.Exists(path);

    public Stream OpenRead(string path)
    {
        try
        {
            return new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, 1, FileOptions.SequentialScan);
        }
        catch (Exception error) when (error is FileNotFoundException or DirectoryNotFoundException)
        {
            throw Error.FileNotFound(path);
        }
        catch (Exception error) when (IsFileError(error))
        {
            throw Translate("open", path, error);
        }
    }

    public IWritableFile Create(string path) => Try("create", path, () => new WritableFile(path));

    public void Rename(string from, string to) => Try("rename", from, () =>
    {
        File.Move(from, to, overwrite: true);
        return true;
    });

    public void Delete(string path) => Try("delete", path, () =>
    {
        File.Delete(path);
        return true;
    });

    public IReadOnlyList<string> List(string folder) =>
        Try("list", folder, () => Directory.EnumerateFiles(folder).Select(p => Path.GetFileName(p)!).ToArray());

    public void CreateFolder(string path) => Try("create", path, () => Directory.CreateDirectory(path));

    public IDisposable Lock(string path, string owner) =>
        Try("lock", path, () => FileLock.TryTake(path, owner, out string holder) ?? throw Error.FileInUse(path, holder));

    public void FlushFolder(string path) => ThrowIfFailed(DiskFlush.FlushFolder(path), path);

    private static void ThrowIfFailed(FlushFailure? failure, string path)
    {
        if (failure is not null)
        {
            throw IsDiskFull(failure.Code) ? Error.DiskFull(path) : Error.FileFailed("flush", path, failure.Reason);
        }
    }

    private static bool IsDiskFull(int code) => !OperatingSystem.IsWindows()
        ? code is DiskFullOnUnix || code == (OperatingSystem.IsMacOS() ? QuotaOnMac : QuotaOnLinux)
        : code is DiskFullOnWindows or (DiskFullOnWindows & 0xFFFF);

    private static T Try<T>(string what, string path, Func<T> action)
    {
        try
        {
            return action();
        }
        catch (Exception error) when (IsFileError(error))
        {
            throw Translate(what, path, error);
        }
    }

    private static bool IsFileError(Exception error) => error is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException;

    private static PhantomDbException Translate(string what, string path, Exception error) =>
        IsDiskFull(error.HResult)
            ? Error.DiskFull(path, error)
            : error is UnauthorizedAccessException ? Error.FileForbidden(what, path, error)
            : Error.FileFailed(what, path, error is FileNotFoundException or DirectoryNotFoundException ? "no such file or directory" : error.Message, error);

    private sealed class WritableFile(string path) : IWritableFile
    {
        private readonly Microsoft.Win32.SafeHandles.SafeFileHandle _handle =
            File.OpenHandle(path, FileMode.Create, FileAccess.Write, FileShare.Read);

        private long _length;

        public void Append(ReadOnlySpan<byte> bytes)
        {
            try
            {
                RandomAccess.Write(_handle, bytes, _length);
                _length += bytes.Length;
            }
            catch (Exception error) when (IsFileError(error))
            {
                throw Translate("write", path, error);
            }
        }

        public void Flush() => ThrowIfFailed(DiskFlush.Flush(_handle), path);

        public void Dispose() => _handle.Dispose();
    }
}
