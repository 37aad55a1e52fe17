namespace PhantomDb;

/// <summary>What a file in a database's folder is.</summary>
public enum DatabaseFileKind
{
    /// <summary>The database file, NAME.db: the content as it was saved last.</summary>
    Database,

    /// <summary>The checksums of a database file that has none inside.</summary>
    Seal,

    /// <summary>The content at a point in time.</summary>
    Snapshot,

    /// <summary>A part of the transaction log.</summary>
    LogSegment,

    /// <summary>Rows of a bulk load, which a record of the log names.</summary>
    SideFile,

    /// <summary>What the folder had, and how far the log had reached.</summary>
    Manifest,

    /// <summary>Locked while a process has the database open.</summary>
    Lock,

    /// <summary>Bytes that recovery or a repair could not use, and kept.</summary>
    SetAside,

    /// <summary>What an interrupted write has left.</summary>
    Unfinished,
}

/// <summary>What a look at all bytes of a file has shown.</summary>
public enum FileVerdict
{
    /// <summary>Not looked at, or nothing tells what its bytes should be.</summary>
    NotChecked,

    /// <summary>As it was written.</summary>
    Clean,

    /// <summary>The log's end was being written when its process ended; what was acknowledged is whole.</summary>
    Torn,

    /// <summary>As torn, but whole transactions stand behind the first bad line: they may have been acknowledged.</summary>
    Doubtful,

    /// <summary>It differs from its checksums, but can be read and keeps its constraints: see <see cref="DatabaseTools.Accept"/>.</summary>
    Edited,

    /// <summary>Bytes are not those that were written.</summary>
    Damaged,

    /// <summary>Another database's.</summary>
    Foreign,

    /// <summary>A later version of the format.</summary>
    UnknownVersion,
}

/// <summary>A file in a database's folder: what it is, what it has, and whether it is needed.</summary>
/// <param name="Path">The full path.</param>
/// <param name="Kind">By name and content.</param>
/// <param name="ByteCount">The file's length.</param>
/// <param name="Purpose">What it is for, and why it is needed or not, for people to read.</param>
public sealed record DatabaseFileReport(string Path, DatabaseFileKind Kind, long ByteCount, string Purpose)
{
    /// <summary>Without folder.</summary>
    public string Name => System.IO.Path.GetFileName(Path);

    /// <summary>The first log sequence number that it has; null where it has none. A database file or snapshot has all up to its last.</summary>
    public long? FirstLsn { get; init; }

    /// <summary>The last log sequence number that it has; null where it has none or that cannot be told.</summary>
    public long? LastLsn { get; init; }

    /// <summary>The history that it belongs to, counted from 1: a restore begins a new one. Null where it does not say.</summary>
    public int? Timeline { get; init; }

    /// <summary>False where the database would come back in the same state without it, another damaged file or not.</summary>
    public bool IsNeeded { get; init; }

    /// <summary>As far as it was looked at.</summary>
    public FileVerdict Verdict { get; init; }

    /// <summary>Why the verdict is not clean, or what else is to be said; null where all is well.</summary>
    public string? Problem { get; init; }

    /// <summary>Where in the file: line, byte offset, section.</summary>
    public string? Place { get; init; }
}
