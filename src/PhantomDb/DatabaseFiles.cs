using PhantomDb.Catalog;
using PhantomDb.Durability;
using PhantomDb.Errors;
using PhantomDb.Storage;

namespace PhantomDb;

/// <summary>Where databases stand on disk: names in the data directory and paths; CREATE and DROP DATABASE. What stands in a file is Durability's.</summary>
internal static class DatabaseFiles
{
    private const string Extension = ".db";

    /// <summary>A path is what has a separator or the ending .db; all else is a name in the data directory.</summary>
    public static string PathOf(string nameOrPath, string dataDirectory)
    {
        bool isPath = nameOrPath.AsSpan().IndexOfAny('/', Path.DirectorySeparatorChar) >= 0
            || nameOrPath.EndsWith(Extension, StringComparison.OrdinalIgnoreCase);
        return Path.GetFullPath(isPath ? nameOrPath : PathOfName(nameOrPath, dataDirectory));
    }

    public static string NameOf(string path) => Path.GetFileNameWithoutExtension(path);

    public static void Create(string name, string dataDirectory)
    {
        string path = PathOfName(name, dataDirectory);
        if (File.Exists(path))
        {
            throw new PhantomDbException(SqlStates.DuplicateDatabase, $"database \"{name}\" already exists");
        }
        DatabaseFileWriter.Write(
            new DatabaseContent(name, DatabaseCatalog.Empty, new DatabaseStorage(), ReadView.Latest) { Id = Guid.NewGuid() }, path);
    }

    /// <summary>False where there is no such database.</summary>
    public static bool Drop(string name, string dataDirectory)
    {
        string path = PathOfName(name, dataDirectory);
        if (!File.Exists(path))
        {
            return false;
        }
        File.Delete(path);
        File.Delete(DatabaseFileWriter.SealPath(path));
        return true;
    }

    private static string PathOfName(string name, string dataDirectory)
    {
        if (name is "" or "." or ".." || name.AsSpan().IndexOfAny(Path.GetInvalidFileNameChars()) >= 0)
        {
            throw new PhantomDbException("42602", $"invalid name of a database: \"{name}\"") { Hint = "The name becomes the name of a file." };
        }
        return Path.Combine(dataDirectory, name + Extension);
    }
}
