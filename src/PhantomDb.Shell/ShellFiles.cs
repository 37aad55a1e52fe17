namespace PhantomDb.Shell;

/// <summary>Files that the shell itself reads and writes, and what is said where they cannot be opened. Databases are not among them.</summary>
internal static class ShellFiles
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    public static FileStream OpenRead(string path) => Open(path, "reading", FileMode.Open, FileAccess.Read);

    public static FileStream OpenWrite(string path) => Open(path, "writing", FileMode.Create, FileAccess.Write);

    /// <summary>As <see cref="OpenWrite"/>, but with what is in it.</summary>
    public static FileStream OpenForResult(string path) => Open(path, "writing", FileMode.OpenOrCreate, FileAccess.Write);

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

    /// <summary>A path as the user writes it: <c>~</c> and what begins with <c>~/</c> is in the home folder.</summary>
    public static string Expand(string path) => path == "~" || path.StartsWith("~/", StringComparison.Ordinal)
        ? Environment.GetFolderPath(Environment.SpecialFolder.UserProfile) + path[1..] : path;

    /// <summary>The file that a path means: a symbolic link's is where it leads.</summary>
    public static string Target(string path)
    {
        path = Expand(path);
        try
        {
            return File.ResolveLinkTarget(path, returnFinalTarget: true)?.FullName ?? path;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return path;
        }
    }

    /// <summary>What takes the place of a file is for those who may use that; nothing happens where there is none.</summary>
    public static void TakePermissions(string from, string to)
    {
        try
        {
            if (!OperatingSystem.IsWindows() && File.Exists(from))
            {
                File.SetUnixFileMode(to, File.GetUnixFileMode(from));
            }
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            // As it is.
        }
    }

    private static FileStream Open(string path, string purpose, FileMode mode, FileAccess access)
    {
        path = Expand(path);
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
