using Microsoft.Win32.SafeHandles;

namespace PhantomDb.Durability;

/// <summary>
/// Who may read and write the files of a database, on Unix: those who may with NAME.db. Each file is written anew now and then, and would else be open to whomever the process's mask lets in,
/// whatever its owner had said (<c>chmod 600</c>).
/// </summary>
internal static class FilePermissions
{
    private const UnixFileMode Owner = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    private const UnixFileMode Others = UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.OtherRead | UnixFileMode.OtherWrite;

    /// <summary>Those of a file that is about to be made: as the database file has them, to which it belongs by its name (shop.log, shop_log_…, shop.db.new: shop.db); null where there is none.</summary>
    public static UnixFileMode? ForNew(string path)
    {
        if (OperatingSystem.IsWindows())
        {
            return null;
        }
        string name = Path.GetFileName(path);
        string folder = path[..^name.Length];
        for (int end = name.Length; (end = name.AsSpan(0, end).LastIndexOfAny('.', '_')) > 0;)
        {
            try
            {
                return Owner | (File.GetUnixFileMode($"{folder}{name.AsSpan(0, end)}.db") & Others);
            }
            catch (Exception error) when (error is IOException or UnauthorizedAccessException)
            {
                // There is no such file, or nobody may know.
            }
        }
        return null;
    }

    /// <summary>Gives a file that is open to those; it stays as it is where the system does not let it, as with somebody else's, or has no such thing.</summary>
    public static void Set(SafeFileHandle file, UnixFileMode permissions)
    {
        if (OperatingSystem.IsWindows())
        {
            return;
        }
        try
        {
            File.SetUnixFileMode(file, permissions);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            // As it is.
        }
    }
}
