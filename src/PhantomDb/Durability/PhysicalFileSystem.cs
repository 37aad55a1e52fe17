using System.Buffers;
using Microsoft.Win32.SafeHandles;
using PhantomDb.Errors;

namespace PhantomDb.Durability;

/// <summary>The operating system's files. What a flush means on each system is <see cref="DiskFlush"/>'s.</summary>
internal sealed class PhysicalFileSystem : IFileSystem
{
    private const int DiskFullOnUnix = 28;                                // ENOSPC
    private const int ReadOnlyOnUnix = 30;                                // EROFS
    private const int QuotaOnLinux = 122;                                 // EDQUOT
    private const int QuotaOnMac = 69;                                    // EDQUOT
    private const int DiskFullOnWindows = unchecked((int)0x80070070);     // ERROR_DISK_FULL

    public static readonly PhysicalFileSystem Instance = new();

    private PhysicalFileSystem() => DiskFlush.TestOnce();

    public bool Exists(string path) => (Attributes(path) & FileAttributes.Directory) == 0;

    public bool FolderExists(string path) => Attributes(path) is var found && found != Missing && (found & FileAttributes.Directory) != 0;

    public long Length(string path) => Try("look at", path, () => new FileInfo(path).Length);

    public DateTime WrittenAt(string path) => Try("look at", path, () => File.GetLastWriteTimeUtc(path));

    public FileMark MarkOf(string path) => FileIdentity.MarkOf(path);

    public string TargetOf(string path)
    {
        try
        {
            return new FileInfo(path).ResolveLinkTarget(returnFinalTarget: true) is { } target ? Path.GetFullPath(target.FullName) : path;
        }
        catch (Exception error) when (error is FileNotFoundException or DirectoryNotFoundException)
        {
            return path;
        }
        catch (Exception error) when (IsFileError(error))
        {
            throw Translate("follow", path, error);
        }
    }

    public Stream OpenRead(string path)
    {
        if (FileIdentity.IsPipeOrDevice(path))
        {
            throw Error.NotAFile(path);   // opening a pipe waits for its other end, and a device may never end
        }
        try
        {
            return new ReadStream(path, new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, 1, FileOptions.SequentialScan));
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

    public IWritableFile Create(string path) => Try("create", path, () => new WritableFile(path, FileMode.Create, FilePermissions.ForNew(path)));

    public IWritableFile OpenWrite(string path) => Try("open", path, () => new WritableFile(path, FileMode.Open, null));

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

    // A folder is a name in the one above it, which has to be flushed, or a loss of power takes the folder with all its files.
    public void CreateFolder(string path)
    {
        path = Path.TrimEndingDirectorySeparator(Path.GetFullPath(path));
        if (FolderExists(path))
        {
            return;
        }
        string? above = Path.GetDirectoryName(path);
        if (above is not null)
        {
            CreateFolder(above);
        }
        Try("create", path, () => Directory.CreateDirectory(path));
        if (above is not null)
        {
            FlushFolder(above);
        }
    }

    public IFileLock Lock(string path, string owner) =>
        Try("lock", path, () => FileLock.TryTake(path, owner, out string holder) ?? throw Error.FileInUse(path, holder));

    public void FlushFolder(string path) => ThrowIfFailed(DiskFlush.FlushFolder(path), path);

    private const FileAttributes Missing = (FileAttributes)(-1);   // with every bit, also that of a folder

    // .NET's own question whether a file exists is answered with no where the folder may not be looked into.
    private static FileAttributes Attributes(string path)
    {
        try
        {
            return File.GetAttributes(path);
        }
        catch (Exception error) when (error is FileNotFoundException or DirectoryNotFoundException)
        {
            return Missing;
        }
        catch (Exception error) when (IsFileError(error))
        {
            throw Translate("look for", path, error);
        }
    }

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
            : error.HResult == ReadOnlyOnUnix && !OperatingSystem.IsWindows() ? Error.FileSystemReadOnly(what, path, error)
            : error is UnauthorizedAccessException ? Error.FileForbidden(what, path, error)
            : Error.FileFailed(what, path, error is FileNotFoundException or DirectoryNotFoundException ? "no such file or directory" : ReasonOf(error), error);

    // .NET adds the path to what the system says: "Input/output error : '/data/shop.log'".
    private static string ReasonOf(Exception error) =>
        error.Message.IndexOf(" : '", StringComparison.Ordinal) is > 0 and int end && error.Message.EndsWith('\'') ? error.Message[..end] : error.Message;

    // .NET writes on after a short write, and again after an interrupted one: what comes back is all or an error.
    private sealed class WritableFile : IWritableFile
    {
        private readonly string _path;
        private readonly FileStream _file;
        private readonly SafeFileHandle _handle;

        public WritableFile(string path, FileMode mode, UnixFileMode? permissions)
        {
            _path = path;
            var options = new FileStreamOptions { Mode = mode, Access = FileAccess.ReadWrite, Share = FileShare.Read, BufferSize = 0 };
            if (permissions is not null && !OperatingSystem.IsWindows())
            {
                options.UnixCreateMode = permissions;   // never open to more than that, not even while it is empty
            }
            _file = new FileStream(path, options);
            _handle = _file.SafeFileHandle;
            try
            {
                if (permissions is { } wanted)
                {
                    FilePermissions.Set(_handle, wanted);   // the process's mask may have taken some
                }
                Length = mode == FileMode.Open ? RandomAccess.GetLength(_handle) : 0;
            }
            catch
            {
                _file.Dispose();
                throw;
            }
        }

        public long Length { get; private set; }

        public void Append(ReadOnlySpan<byte> bytes)
        {
            try
            {
                RandomAccess.Write(_handle, bytes, Length);
                Length += bytes.Length;
            }
            catch (Exception error) when (IsFileError(error))
            {
                throw Translate("write", _path, error);
            }
        }

        public void Reserve(int count)
        {
            byte[] lineFeeds = ArrayPool<byte>.Shared.Rent(count);
            try
            {
                lineFeeds.AsSpan(0, count).Fill((byte)'\n');
                RandomAccess.Write(_handle, lineFeeds.AsSpan(0, count), Length);
            }
            catch (Exception error) when (IsFileError(error))
            {
                throw Translate("write", _path, error);
            }
            finally
            {
                ArrayPool<byte>.Shared.Return(lineFeeds);
            }
        }

        public int Read(long offset, Span<byte> target)
        {
            try
            {
                int count = 0;
                for (int read = 1; count < target.Length && read > 0; count += read)
                {
                    read = RandomAccess.Read(_handle, target[count..], offset + count);
                }
                return count;
            }
            catch (Exception error) when (IsFileError(error))
            {
                throw Translate("read", _path, error);
            }
        }

        public bool IsAt(string path) => FileIdentity.IsAt(_handle, path);

        public void TruncateTo(long length)
        {
            ArgumentOutOfRangeException.ThrowIfNegative(length);
            ArgumentOutOfRangeException.ThrowIfGreaterThan(length, Length);
            try
            {
                RandomAccess.SetLength(_handle, length);
                Length = length;
            }
            catch (Exception error) when (IsFileError(error))
            {
                throw Translate("truncate", _path, error);
            }
        }

        public void Flush() => ThrowIfFailed(DiskFlush.Flush(_handle), _path);

        public void Dispose() => _file.Dispose();
    }

    /// <summary>A file that is read; a disk that fails meanwhile is an error with the path.</summary>
    private sealed class ReadStream(string path, FileStream file) : Stream
    {
        public override bool CanRead => true;

        public override bool CanSeek => true;

        public override bool CanWrite => false;

        public override long Length => Try("look at", path, () => file.Length);

        public override long Position { get => file.Position; set => file.Position = value; }

        public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

        public override int Read(Span<byte> buffer)
        {
            try
            {
                return file.Read(buffer);
            }
            catch (Exception error) when (IsFileError(error))
            {
                throw Translate("read", path, error);
            }
        }

        public override long Seek(long offset, SeekOrigin origin) => file.Seek(offset, origin);

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override void Flush()
        {
        }

        protected override void Dispose(bool disposing)
        {
            file.Dispose();
            base.Dispose(disposing);
        }
    }
}
