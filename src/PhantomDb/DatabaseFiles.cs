using System.Globalization;
using PhantomDb.Catalog;
using PhantomDb.Durability;
using PhantomDb.Errors;
using PhantomDb.Storage;

namespace PhantomDb;

/// <summary>
/// Where databases stand on disk: names in the data directory and paths, who has one open, CREATE and DROP DATABASE. What
/// stands in a file is Durability's.
/// </summary>
internal static class DatabaseFiles
{
    private const string Extension = ".db";
    private const string LockExtension = ".lock";

    /// <summary>A path is what has a separator or the ending .db; all else is a name in the data directory.</summary>
    public static string PathOf(string nameOrPath, string dataDirectory)
    {
        bool isPath = nameOrPath.AsSpan().IndexOfAny('/', Path.DirectorySeparatorChar) >= 0
            || nameOrPath.EndsWith(Extension, StringComparison.OrdinalIgnoreCase);
        return Path.GetFullPath(isPath ? nameOrPath : PathOfName(nameOrPath, dataDirectory));
    }

    public static string NameOf(string path) => Path.GetFileNameWithoutExtension(path);

    /// <summary>Takes the database of a path for this one user until the result is disposed of; 55006 where another has it.</summary>
    public static IDisposable Lock(string path, IFileSystem files)
    {
        files.CreateFolder(Path.GetDirectoryName(path)!);
        return files.Lock(LockPath(path), string.Create(CultureInfo.InvariantCulture,
            $"Process: {Environment.ProcessId} | Host: {Environment.MachineName} | Since: {DateTime.UtcNow:yyyy-MM-dd HH:mm:ss} UTC"));
    }

    /// <summary>
    /// As <see cref="Lock"/>, but makes no folder; null where the folder is missing, so that there is nothing to read, or
    /// cannot be written to.
    /// </summary>
    public static IDisposable? TryLock(string path, IFileSystem files)
    {
        if (!files.FolderExists(Path.GetDirectoryName(path)!))
        {
            return null;
        }
        try
        {
            return Lock(path, files);
        }
        catch (PhantomDbException error) when (error.SqlState is SqlStates.IoError or SqlStates.DiskFull or SqlStates.InsufficientPrivilege)
        {
            return null;
        }
    }

    /// <summary>What tells a file from one that was put in its place; null where there is none.</summary>
    public static object? StampOf(string? path, IFileSystem files) =>
        path is not null && files.Exists(path) ? (files.Length(path), files.WrittenAt(path)) : null;

    /// <summary>Names of the databases in a data directory.</summary>
    public static IEnumerable<string> NamesIn(DatabaseOptions options) => options.FileSystem.FolderExists(options.DataDirectory)
        ? options.FileSystem.List(options.DataDirectory).Where(file => file.EndsWith(Extension, StringComparison.Ordinal)).Select(NameOf) : [];

    /// <summary>Bytes of a database's file; null where there is none.</summary>
    public static long? SizeOf(string name, DatabaseOptions options) =>
        PathOfName(name, options.DataDirectory) is var path && options.FileSystem.Exists(path) ? options.FileSystem.Length(path) : null;

    public static void Create(string name, DatabaseOptions options)
    {
        string path = PathOfNew(name, options);
        using IDisposable creating = Lock(path, options.FileSystem);
        EnsureIsNew(name, path, options.FileSystem);
        DatabaseFileWriter.Write(
            new DatabaseContent(name, DatabaseCatalog.Empty, new DatabaseStorage(), ReadView.Latest) { Id = Guid.NewGuid() }, path, fileSystem: options.FileSystem);
    }

    /// <summary>False where there is no such database; 55006 where it is open.</summary>
    public static bool Drop(string name, DatabaseOptions options)
    {
        IFileSystem files = options.FileSystem;
        string path = PathOfName(name, options.DataDirectory);
        if (!files.Exists(path))
        {
            return false;
        }
        using IDisposable dropping = Lock(path, files);
        files.Delete(path);
        files.Delete(DatabaseFileWriter.SealPath(path));
        files.FlushFolder(Path.GetDirectoryName(path)!);
        return true;
    }

    /// <summary>The path of a database of this name in the data directory, which must not be there: 42P04.</summary>
    public static string PathOfNew(string name, DatabaseOptions options)
    {
        string path = PathOfName(name, options.DataDirectory);
        EnsureIsNew(name, path, options.FileSystem);
        return path;
    }

    private static void EnsureIsNew(string name, string path, IFileSystem files)
    {
        if (files.Exists(path))
        {
            throw Error.DatabaseExists(name);
        }
    }

    // shop.db has shop.lock; a path with another ending keeps it.
    internal static string LockPath(string path) =>
        (path.EndsWith(Extension, StringComparison.OrdinalIgnoreCase) ? path[..^Extension.Length] : path) + LockExtension;

    private static string PathOfName(string name, string dataDirectory)
    {
        if (name is "" or "." or ".." || name.AsSpan().IndexOfAny(Path.GetInvalidFileNameChars()) >= 0)
        {
            throw new PhantomDbException("42602", $"invalid name of a database: \"{name}\"") { Hint = "The name becomes the name of a file." };
        }
        return Path.GetFullPath(Path.Combine(dataDirectory, name + Extension));
    }
}
