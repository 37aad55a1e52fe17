using System.Globalization;
using System.Text;
using PhantomDb.Catalog;
using PhantomDb.Durability;
using PhantomDb.Durability.Inspection;
using PhantomDb.Durability.Log;
using PhantomDb.Durability.Snapshots;
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
    private static readonly string[] EndingsOfParts = [".log", ".manifest", LockExtension, ".seal", ".new"];
    private const int NameBytesMax = 160;   // of the 255 that file systems allow: the longest names beside it, of what is set aside of a segment, add up to 95

    /// <summary>
    /// A path is what has a separator or the ending .db; all else is a name in the data directory. A symbolic link stands for the file that it leads to: log, lock and
    /// snapshots are beside that, and are the same by whichever name it is opened.
    /// </summary>
    public static string PathOf(string nameOrPath, DatabaseOptions options)
    {
        string path = NamedPath(nameOrPath, options.DataDirectory), target = options.FileSystem.TargetOf(path);
        return target == path ? path : NamedPath(target, options.DataDirectory);
    }

    private static string NamedPath(string nameOrPath, string dataDirectory)
    {
        bool isPath = nameOrPath.AsSpan().IndexOfAny('/', Path.DirectorySeparatorChar) >= 0
            || nameOrPath.EndsWith(Extension, StringComparison.OrdinalIgnoreCase);
        if (!isPath)
        {
            return PathOfName(nameOrPath, dataDirectory);
        }
        if (NameOf(nameOrPath) is "" or "." or "..")
        {
            throw InvalidName(nameOrPath, "A path of a database ends with the name of its file.");
        }
        EnsureShort(NameOf(nameOrPath));
        if (Array.Find(EndingsOfParts, ending => nameOrPath.EndsWith(ending, StringComparison.OrdinalIgnoreCase)) is { } part)
        {
            throw InvalidName(nameOrPath, $"A file whose name ends with {part} is a part of a database: open the database, by its name.");
        }
        if (nameOrPath.EndsWith(Extension, StringComparison.OrdinalIgnoreCase))
        {
            EnsureOwnName(NameOf(nameOrPath));
        }
        return Path.GetFullPath(nameOrPath);
    }

    public static string NameOf(string path) => Path.GetFileNameWithoutExtension(path);

    /// <summary>
    /// Takes the database of a path for this one user until the result is disposed of; 55006 where another has it, 55000 for a file that is a part of another database.
    /// </summary>
    public static IFileLock Lock(string path, IFileSystem files)
    {
        EnsureIsNoPart(path);
        EnsureIsNoFolder(path, files);
        files.CreateFolder(Path.GetDirectoryName(path)!);
        return files.Lock(LockPath(path), string.Create(CultureInfo.InvariantCulture,
            $"Process: {Environment.ProcessId} | Host: {Environment.MachineName} | Since: {LogTime.Text(DateTime.UtcNow)[..19].Replace('T', ' ')} UTC"));
    }

    /// <summary>
    /// As <see cref="Lock"/>, but makes no folder; null where the folder is missing, so that there is nothing to read, or
    /// cannot be written to.
    /// </summary>
    public static IFileLock? TryLock(string path, IFileSystem files)
    {
        string folder = Path.GetDirectoryName(path)!;
        if (!files.FolderExists(folder))
        {
            return files.Exists(folder) ? throw Error.FileFailed("use", folder, "it is a file, and not a folder for databases") : null;
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

    // In the order in which DROP DATABASE may delete them. The manifest goes last: as long as it is there, what is left over is not taken for the whole.
    private static readonly DatabaseFileKind[] KindsOfFiles =
    [
        DatabaseFileKind.LogSegment, DatabaseFileKind.SideFile, DatabaseFileKind.Snapshot, DatabaseFileKind.Unfinished, DatabaseFileKind.Seal,
        DatabaseFileKind.Database, DatabaseFileKind.Manifest,
    ];

    /// <summary>True where there is a file of the database that has content, or a manifest that tells of those.</summary>
    public static bool Exists(string path, IFileSystem files) =>
        FilesOf(path, files).Any(file => file.Kind is not (DatabaseFileKind.SideFile or DatabaseFileKind.Unfinished or DatabaseFileKind.Seal));

    /// <summary>Full paths of a database's files, but for its lock and those set aside, in the order in which they may be deleted.</summary>
    public static IReadOnlyList<FileOfDatabase> FilesOf(string path, IFileSystem files)
    {
        FileNames names = new(path);
        List<FileOfDatabase> found = [];
        foreach (string file in files.FolderExists(names.Folder) ? files.List(names.Folder) : [])
        {
            string name = Path.GetFileName(file);
            if (names.KindOf(name) is { } kind && KindsOfFiles.Contains(kind))
            {
                found.Add(new FileOfDatabase(Path.Combine(names.Folder, name), kind));
            }
        }
        found.Sort(InOrderOfDeletion);
        return found;
    }

    private static int InOrderOfDeletion(FileOfDatabase left, FileOfDatabase right)
    {
        int byKind = KindsOfFiles.IndexOf(left.Kind) - KindsOfFiles.IndexOf(right.Kind);
        return byKind != 0 ? byKind : string.CompareOrdinal(left.Path, right.Path);
    }

    /// <summary>Names of the databases in a data directory.</summary>
    public static IEnumerable<string> NamesIn(DatabaseOptions options) => options.FileSystem.FolderExists(options.DataDirectory)
        ? options.FileSystem.List(options.DataDirectory).Select(file => NameIn(Path.GetFileName(file))).OfType<string>().Distinct(StringComparer.Ordinal) : [];

    /// <summary>Bytes of a database's file; null where there is none.</summary>
    public static long? SizeOf(string name, DatabaseOptions options) =>
        options.FileSystem.TargetOf(PathOfName(name, options.DataDirectory)) is var path && options.FileSystem.Exists(path) ? options.FileSystem.Length(path) : null;

    public static void Create(string name, DatabaseOptions options)
    {
        string path = PathOfNew(name, options);
        using IDisposable creating = Lock(path, options.FileSystem);
        EnsureIsNew(name, path, options.FileSystem);
        DatabaseFileWriter.Write(
            new DatabaseContent(name, DatabaseCatalog.Empty, new DatabaseStorage(), ReadView.Latest) { Id = Guid.NewGuid() }, path, fileSystem: options.FileSystem);
    }

    /// <summary>False where there is no such database; 55006 where it is open, 55000 where some of its files are another one's: nothing is deleted then.</summary>
    public static bool Drop(string name, DatabaseOptions options)
    {
        IFileSystem files = options.FileSystem;
        string named = PathOfName(name, options.DataDirectory), path = files.TargetOf(named);
        if (!Exists(path, files))
        {
            return false;
        }
        using IDisposable dropping = Lock(path, files);
        string[] dropped = [.. FilesOf(path, files).Select(file => file.Path)];
        EnsureOneDatabase(name, dropped, files);
        foreach (string file in dropped)
        {
            files.Delete(file);
            files.FlushFolder(Path.GetDirectoryName(path)!);
        }
        if (named != path)
        {
            files.Delete(named);   // the link, last: as long as something is left it leads there
            files.FlushFolder(Path.GetDirectoryName(named)!);
        }
        return true;
    }

    /// <summary>A file beside a database file that is of its log, or a snapshot; null where there is the file alone.</summary>
    public static string? FindLog(string path, IFileSystem files) =>
        FilesOf(path, files).Where(file => file.Kind is DatabaseFileKind.LogSegment or DatabaseFileKind.Snapshot or DatabaseFileKind.Manifest)
            .Select(file => file.Path).FirstOrDefault();

    /// <summary>A file that is to be replaced by a copy of another database must not leave its log behind: 42P04.</summary>
    public static void EnsureHasNoLog(string path, IFileSystem files)
    {
        if (FindLog(path, files) is { } other)
        {
            throw new PhantomDbException("42P04", $"\"{path}\" is a database of its own, with \"{Path.GetFileName(other)}\" beside it")
            {
                Hint = "Drop that database, or save under another name.",
            };
        }
    }

    /// <summary>A file that is to be replaced by a copy of a database must not be something else: 58P02. A database file, by whomever it was written, begins with a comment or a section.</summary>
    public static void EnsureIsNothingElse(string path, IFileSystem files)
    {
        if (!files.Exists(path) || files.Length(path) == 0)
        {
            return;
        }
        using StreamReader reader = new(files.OpenRead(path));
        int first = ' ';
        while (first >= 0 && char.IsWhiteSpace((char)first))
        {
            first = reader.Read();
        }
        if (first is not ('#' or '['))
        {
            throw new PhantomDbException("58P02", $"\"{path}\" is no database file of PhantomDB, and is not overwritten") { Hint = "Save under another name, or remove that file first." };
        }
    }

    /// <summary>The path of a database of this name in the data directory, which must not be there: 42P04.</summary>
    public static string PathOfNew(string name, DatabaseOptions options)
    {
        string path = options.FileSystem.TargetOf(PathOfName(name, options.DataDirectory));
        EnsureIsNew(name, path, options.FileSystem);
        return path;
    }

    private static void EnsureIsNew(string name, string path, IFileSystem files)
    {
        if (Exists(path, files))
        {
            throw Error.DatabaseExists(name);
        }
    }

    // Somebody may have put a file here, or under this name, that is not this database's: it may be all that there is of the other.
    private static void EnsureOneDatabase(string name, IEnumerable<string> paths, IFileSystem files)
    {
        (string File, Guid Id)[] told = [.. paths.Select(path => (File: Path.GetFileName(path), Id: DatabaseIdentity.Of(path, files))).Where(file => file.Id is not null).Select(file => (file.File, file.Id!.Value))];
        if (Array.FindIndex(told, file => file.Id != told[0].Id) is >= 0 and var other)
        {
            throw new PhantomDbException(SqlStates.ObjectNotInPrerequisiteState, $"the files of database \"{name}\" are not all of one database: \"{told[0].File}\" and \"{told[other].File}\" have different ids")
            {
                Hint = $"phantomdb files {name} tells which file is whose. Move away what is to be kept.",
            };
        }
    }

    private static void EnsureIsNoFolder(string path, IFileSystem files)
    {
        if (files.FolderExists(path))
        {
            throw new PhantomDbException(SqlStates.WrongObjectType, $"\"{path}\" is a folder, and not the file of a database") { Hint = "Name a file in it, or give the folder with -d (DatabaseOptions.DataDirectory)." };
        }
    }

    // A snapshot has its database's id and LSNs. What is changed in one would get LSNs that its database has given to other changes, and its recovery, or a restore, would take that for its own.
    private static void EnsureIsNoPart(string path)
    {
        string file = Path.GetFileName(path);
        if ((SnapshotName.TryParse(file)?.DatabaseName ?? LoadFileName.TryParse(file)?.DatabaseName) is { } database)
        {
            throw new PhantomDbException(SqlStates.ObjectNotInPrerequisiteState, $"\"{path}\" is part of database \"{database}\", and cannot be changed by itself")
            {
                Hint = "Open it to be read only (--read-only, DatabaseOptions.IsReadOnly), or in memory (--in-memory, IsInMemory), and save a copy: .save NAME, or SaveToDisk(name).",
            };
        }
    }

    // Or the database could be made, and not be written to any more when its log goes on in a new segment.
    private static void EnsureShort(string name)
    {
        if (Encoding.UTF8.GetByteCount(name) > NameBytesMax)
        {
            throw new PhantomDbException(SqlStates.NameTooLong, $"the name of the database is too long: \"{name}\"")
            {
                Hint = $"At most {NameBytesMax} bytes: the segments of its log and its snapshots have longer ones.",
            };
        }
    }

    // The log of shop_log_20261121_022107_1 would have the name of a segment of shop's.
    private static void EnsureOwnName(string name)
    {
        if (LogSegmentName.TryParse(LogSegmentName.Active(name)) is { } segment)
        {
            throw InvalidName(name, $"Its log would have the name of a segment of the log of \"{segment.DatabaseName}\".");
        }
    }

    // What a file by itself shows that there is a database: its own file, or the log of one that has not been saved yet.
    private static string? NameIn(string fileName) => fileName.EndsWith(Extension, StringComparison.Ordinal) ? NameOf(fileName)
        : LogSegmentName.TryParse(fileName)?.DatabaseName ?? (fileName.EndsWith(".log", StringComparison.Ordinal) ? NameOf(fileName) : null);

    // By the name alone, as the log, whatever the file's ending: two who wrote to one log would lose each other's commits.
    internal static string LockPath(string path) => Path.ChangeExtension(path, LockExtension);

    private static string PathOfName(string name, string dataDirectory)
    {
        if (name is "" or "." or ".." || name.AsSpan().IndexOfAny(Path.GetInvalidFileNameChars()) >= 0)
        {
            throw InvalidName(name, "The name becomes the name of a file.");
        }
        EnsureShort(name);
        EnsureOwnName(name);
        return Path.GetFullPath(Path.Combine(dataDirectory, name + Extension));
    }

    private static PhantomDbException InvalidName(string name, string hint) => new("42602", $"invalid name of a database: \"{name}\"") { Hint = hint };
}

/// <summary>A file that belongs to a database, by its name.</summary>
internal sealed record FileOfDatabase(string Path, DatabaseFileKind Kind);
