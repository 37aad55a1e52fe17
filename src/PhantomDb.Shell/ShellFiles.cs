namespace PhantomDb.Shell;

/// <summary>Files that the shell itself reads and writes, and what is said where they cannot be opened. Databases are not among them.</summary>
internal static class ShellFiles
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    public static FileStream OpenRead(string path) => Open(path, "reading", FileMode.Open, FileAccess.Read);

    public static FileStream OpenWrite(string path) => Open(path, "writing", FileMode.Create, FileAccess.Write);

    /// <summary>To write what may have secrets in it, such as statements: a file that is new is its owner's alone from the beginning.</summary>
    public static FileStream OpenPrivate(string path, FileMode mode, FileAccess access = FileAccess.Write, FileShare share = FileShare.ReadWrite)
    {
        var options = new FileStreamOptions { Mode = mode, Access = access, Share = share, BufferSize = 0 };   // a write is one of the system's
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = OwnerOnly;
        }
        return new FileStream(path, options);
    }

    /// <summary>True where a file cannot be opened because somebody else has it, as each system says that: Windows, Linux, macOS.</summary>
    public static bool IsInUse(IOException error) => error.HResult is unchecked((int)0x80070020) or 11 or 35;

    private static FileStream Open(string path, string purpose, FileMode mode, FileAccess access)
    {
        try
        {
            return new FileStream(path, mode, access, FileShare.Read, bufferSize: 0);   // who reads and writes has a buffer of its own
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or ArgumentException)
        {
            (string state, string reason) = error switch
            {
                _ when Directory.Exists(path) => ("42809", "is a directory"),
                FileNotFoundException or DirectoryNotFoundException or ArgumentException => ("58P01", "no such file or directory"),
                UnauthorizedAccessException => ("42501", "permission denied"),
                _ => ("58030", error.Message),
            };
            throw new PhantomDbException(state, $"could not open file \"{path}\" for {purpose}: {reason}", error);
        }
    }
}
