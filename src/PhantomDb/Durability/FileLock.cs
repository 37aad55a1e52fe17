using System.Runtime.InteropServices;
using System.Text;

namespace PhantomDb.Durability;

/// <summary>
/// A file held open so that nobody else, in this process or another, holds it too. The system ends the lock with the
/// process, kill -9 included; what is then left of the file bothers nobody.
/// </summary>
/// <remarks>
/// The file goes before the lock does. Whoever opened it before that, and got the lock after it, holds a file that has no
/// name any more, and must not take it for the lock: so each holder writes a text of its own and looks whether it stands
/// under the name. .NET's own reading is kept out by the lock: on Unix the file is read with the system's calls.
/// </remarks>
internal sealed partial class FileLock : IFileLock
{
    private const int TextLengthMax = 1024;
    private const int AttemptsMax = 100;

    private readonly string _path;
    private readonly FileStream _file;
    private readonly bool _canTell;   // there are file systems whose inodes are not the same from one question to the next
    private int _isReleased;

    private FileLock(string path, FileStream file)
    {
        _path = path;
        _file = file;
        _canTell = FileIdentity.IsAt(file.SafeFileHandle, path);
    }

    public bool IsInPlace => !_canTell || FileIdentity.IsAt(_file.SafeFileHandle, _path);

    /// <summary>Null where someone has it; then what they wrote.</summary>
    public static FileLock? TryTake(string path, string owner, out string holder)
    {
        holder = "";
        for (int attempt = 0; attempt < AttemptsMax; attempt++)
        {
            FileStream file;
            try
            {
                // On Windows others may read it, and it may be deleted while it is open.
                FileShare share = OperatingSystem.IsWindows() ? FileShare.Read | FileShare.Delete : FileShare.None;
                file = new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, share, bufferSize: 1);
            }
            catch (IOException error) when (IsSharingViolation(error.HResult))
            {
                holder = TextOf(path).TrimEnd('\n');
                return null;
            }
            string text = $"{owner} | Lock: {Guid.NewGuid():n}\n";
            try
            {
                file.SetLength(0);
                file.Write(Encoding.UTF8.GetBytes(text));
                file.Flush();
            }
            catch
            {
                if (FileIdentity.IsAt(file.SafeFileHandle, path))
                {
                    File.Delete(path);   // on a full disk it has nothing in it, and would look like somebody's
                }
                file.Dispose();
                throw;
            }
            if (TextOf(path) == text)
            {
                return new FileLock(path, file);
            }
            file.Dispose();   // its name is gone, or another file's
        }
        return null;
    }

    public void Dispose()
    {
        if (Interlocked.Exchange(ref _isReleased, 1) != 0)
        {
            return;
        }
        try
        {
            if (IsInPlace)   // else it is another's by now
            {
                File.Delete(_path);
            }
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            // It stays, unlocked: the next one takes it over.
        }
        _file.Dispose();
    }

    private static bool IsSharingViolation(int code) => OperatingSystem.IsWindows()
        ? code == unchecked((int)0x80070020)
        : code == (OperatingSystem.IsMacOS() ? 35 : 11);   // EWOULDBLOCK

    private static string TextOf(string path)
    {
        byte[] bytes = new byte[TextLengthMax];
        int count = 0;
        if (OperatingSystem.IsWindows())
        {
            try
            {
                using FileStream file = new(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, 1);
                count = file.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false);
            }
            catch (Exception error) when (error is IOException or UnauthorizedAccessException)
            {
                return "";
            }
        }
        else
        {
            int file = Open(path, 0);
            if (file < 0)
            {
                return "";
            }
            count = (int)Read(file, bytes, bytes.Length);
            _ = Close(file);
        }
        return Encoding.UTF8.GetString(bytes, 0, Math.Max(count, 0));
    }

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "read", SetLastError = true)]
    private static partial nint Read(int file, [Out] byte[] buffer, nint count);

    [LibraryImport("libc", EntryPoint = "close", SetLastError = true)]
    private static partial int Close(int file);
}
