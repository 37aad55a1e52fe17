using System.Globalization;

namespace PhantomDb.Errors;

/// <summary>Errors of the transaction log: what it cannot take, and what became of a commit.</summary>
internal static partial class Error
{
    /// <summary>The disk failed after the commit may have reached it. Not an error of the transaction: whether it is there shows when the database is opened again.</summary>
    public static PhantomDbException CommitOutcomeUnknown(string path, PhantomDbException cause) =>
        new(SqlStates.TransactionResolutionUnknown, $"the outcome of the commit is unknown: the transaction log \"{path}\" could not be written", cause)
        {
            Detail = cause.Message + ".", Hint = "The database takes no more changes. When it is opened again it has this transaction wholly, or not at all.",
        };

    public static PhantomDbException LogReadOnly(string path, PhantomDbException cause) =>
        new(SqlStates.ReadOnlySqlTransaction, $"the database is read-only since its transaction log \"{path}\" could not be written", cause)
        {
            Detail = cause.Message + ".", Hint = cause.Hint ?? "Reading goes on. Open the database again when the disk is in order.",
        };

    /// <summary>Somebody has taken the log's file away while it was open; nothing is lost by that.</summary>
    public static PhantomDbException LogPutBack(string path) =>
        new(SqlStates.IoError, $"the transaction log \"{path}\" was removed, renamed or replaced while the database was open")
        {
            Detail = "It is there again, with all of its records. What had been put in its place is kept under another name.",
        };

    public static PhantomDbException LogWrittenOver(string path) =>
        new(SqlStates.IoError, $"the transaction log \"{path}\" was cut or written over while the database was open")
        {
            Detail = "The log goes on in a new segment. What it had is in memory alone until the next snapshot or checkpoint.", Hint = "CHECKPOINT writes the database's own file.",
        };

    public static PhantomDbException SegmentWrittenOver(string path) =>
        new(SqlStates.IoError, $"\"{path}\", a segment of the transaction log, was cut or written over while the database was open")
        {
            Detail = "All that was committed is in memory; a snapshot follows soon, where they are enabled.", Hint = "CHECKPOINT writes the database's own file.",
        };

    /// <summary>Of a file that nobody writes to any more: a snapshot, the database's own, an older segment, a side file.</summary>
    public static PhantomDbException FileLost(string path) =>
        new(SqlStates.IoError, $"\"{path}\" was removed, renamed or replaced while the database was open")
        {
            Detail = "All that was committed is in memory; a snapshot follows soon, where they are enabled.", Hint = "CHECKPOINT writes the database's own file.",
        };

    public static PhantomDbException ManifestLost(string path) =>
        new(SqlStates.IoError, $"the manifest \"{path}\" was removed, renamed or replaced while the database was open") { Detail = "It is written anew." };

    public static PhantomDbException FolderLost(string path) =>
        new(SqlStates.IoError, $"the database is no longer at \"{path}\": its folder was moved, removed or replaced while it was open")
        {
            Hint = "Reading goes on. Nothing is written to that folder any more; saving under another name (.save, SaveToDisk) writes all that is committed.",
        };

    /// <summary>Of what was running when the database was closed; who comes later gets an <see cref="ObjectDisposedException"/>.</summary>
    public static PhantomDbException LogClosed(string path) =>
        new(SqlStates.AdminShutdown, $"the transaction log \"{path}\" is closed");

    public static PhantomDbException LogEntryName(string name, bool isReserved) => isReserved
        ? new(SqlStates.ReservedName, $"\"{name}\" cannot be the name of a log entry: it is one of the log's own")
        : new(SqlStates.InvalidName, $"\"{name}\" cannot be the name of a log entry")
        {
            Hint = "A name has upper-case letters, digits and underscores, at most 63, and does not begin with a digit.",
        };

    public static PhantomDbException NoSuchLsn(long lsn) =>
        new(SqlStates.InvalidParameterValue, string.Create(CultureInfo.InvariantCulture, $"there is no LSN {lsn}")) { Hint = "Log sequence numbers begin with 1." };

    public static PhantomDbException LogEntryValue(string key, string what, string? hint) =>
        new(SqlStates.InvalidParameterValue, $"the key \"{key}\" of a log entry {what}") { Hint = hint };

    /// <summary>Half of a pair of surrogates: no text, and it would come back as something else.</summary>
    public static PhantomDbException LogEntryNotText(string key) =>
        new(SqlStates.CharacterNotInRepertoire, $"the key \"{key}\" of a log entry, or its value, is no valid Unicode text");

    public static PhantomDbException LogEntryKey(string key) =>
        new(SqlStates.InvalidName, $"\"{key}\" cannot be a key of a log entry: a key is not empty and has no equals sign");

    /// <summary>A database in memory, or one that is only read, writes no log.</summary>
    public static PhantomDbException NoLog(string databaseName) =>
        new(SqlStates.ObjectNotInPrerequisiteState, $"database \"{databaseName}\" has no transaction log")
        {
            Detail = "It is in memory only, or opened to be read only.", Hint = "Open it by a name: Database.Open(name).",
        };

    /// <summary>Records that are asked for are no longer kept.</summary>
    public static PhantomDbException LogRecordsGone(long lsn, long firstLsn) => new(SqlStates.InvalidParameterValue,
        string.Create(CultureInfo.InvariantCulture, $"the transaction log has no records before LSN {firstLsn} any more, but LSN {lsn} was asked for"))
    {
        Hint = "FirstLsn tells what is kept. LogRetentionCount, LogRetentionAge and LogRetentionSize keep more, and so does a pin.",
    };

    /// <summary>Records in the middle of the log are missing.</summary>
    public static PhantomDbException LogHole(long firstLsn, long lastLsn) => new(SqlStates.InvalidParameterValue, LogHoleText(firstLsn, lastLsn))
    {
        Detail = "A segment is gone. The database does not need it: a file that is newer has all that its records changed.",
        Hint = string.Create(CultureInfo.InvariantCulture, $"Put the segment back into the folder, or read on behind LSN {lastLsn}."),
    };

    public static string LogHoleText(long firstLsn, long lastLsn) =>
        string.Create(CultureInfo.InvariantCulture, $"the transaction log has no records from LSN {firstLsn} to {lastLsn}, though it has some before them");

    /// <summary>A damaged segment ends the reading of the log: where it can go on.</summary>
    public static PhantomDbException LogReadOnBehind(PhantomDbException damage, long lastLsn) => new(damage.SqlState, damage.Message, damage)
    {
        Detail = damage.Detail, Where = damage.Where,
        Hint = string.Create(CultureInfo.InvariantCulture, $"The log can be read from LSN {lastLsn + 1} on, behind this segment. {damage.Hint}"),
    };

    /// <summary>Records cannot be removed because something needs them.</summary>
    public static PhantomDbException LogNeeded(long lsn, string reason) =>
        new(SqlStates.ObjectNotInPrerequisiteState, string.Create(CultureInfo.InvariantCulture, $"the transaction log cannot be compacted up to LSN {lsn}"))
        {
            Detail = reason, Hint = "Take a snapshot, or unpin what is kept, and try again.",
        };

    /// <summary>The same error for another thread: an exception's trace is of one throw.</summary>
    public static PhantomDbException Again(PhantomDbException error) =>
        new(error.SqlState, error.Message, error) { Detail = error.Detail, Hint = error.Hint, Where = error.Where };
}
