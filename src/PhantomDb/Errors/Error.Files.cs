namespace PhantomDb.Errors;

/// <summary>Errors of files: what the disk did, and what stands in a file that cannot be read.</summary>
internal static partial class Error
{
    public static PhantomDbException FileNotFound(string path) =>
        new(SqlStates.UndefinedFile, $"could not open file \"{path}\" for reading: no such file or directory");

    /// <summary>A pipe, a socket or a device stands under the name.</summary>
    public static PhantomDbException NotAFile(string path) =>
        new(SqlStates.WrongObjectType, $"could not open \"{path}\": it is a pipe, a socket or a device, and not a file") { Where = path, Hint = "Move it away, or name another file." };

    /// <summary>Another process, or this one, has the database open.</summary>
    public static PhantomDbException FileInUse(string lockPath, string holder) =>
        new(SqlStates.ObjectInUse, $"the database is open elsewhere: \"{lockPath}\" is locked")
        {
            Detail = holder.Length > 0 ? $"{holder}." : null,
            Hint = "Close it there first. A lock ends with its process, so the file need never be deleted by hand.",
        };

    /// <summary>What to do about a database whose files do not all say the same any more.</summary>
    public const string RepairHint = "What is whole: phantomdb verify NAME. What can be saved, and what would be lost: phantomdb repair NAME.";

    public static PhantomDbException FileForbidden(string what, string path, Exception cause) =>
        new(SqlStates.InsufficientPrivilege, $"could not {what} \"{path}\": permission denied", cause)
        {
            Hint = "Who writes to a database needs the rights to read and write its files and their folder. To look at it alone, open it read-only: --read-only, or DatabaseOptions.IsReadOnly.",
        };

    public static PhantomDbException FileSystemReadOnly(string what, string path, Exception cause) =>
        new(SqlStates.InsufficientPrivilege, $"could not {what} \"{path}\": the file system is read-only", cause)
        {
            Hint = "Make it writable and try again. To look at the database alone, open it read-only: --read-only, or DatabaseOptions.IsReadOnly.",
        };

    public static PhantomDbException FileFailed(string what, string path, string reason, Exception? cause = null) =>
        new(SqlStates.IoError, $"could not {what} \"{path}\": {reason}", cause);

    public static PhantomDbException DiskFull(string path, Exception? cause = null) =>
        new(SqlStates.DiskFull, $"could not write \"{path}\": no space left on device", cause)
        {
            Hint = "Make room on the disk and try again; the file that was there before is untouched.",
        };

    /// <summary>The bytes are not those that were written.</summary>
    public static PhantomDbException FileDamaged(string path, string what, string where, string? detail, string? hint) =>
        new(SqlStates.DataCorrupted, $"file \"{path}\" is damaged or was edited: {what}") { Where = where, Detail = detail, Hint = hint };

    /// <summary>The bytes are not those that were written, but make sense: an edit, unless it is damage that looks like one.</summary>
    public static PhantomDbException FileEdited(string path, PhantomDbException damage) =>
        new(SqlStates.DataCorrupted, $"file \"{path}\" was edited since it was saved", damage)
        {
            Where = damage.Where, Detail = damage.Detail,
            Hint = "If that was meant, check and seal it: phantomdb accept FILE, or DatabaseTools.Accept. Else go back to what was saved: "
                + "where there is a snapshot, move the file away, without deleting it, and that stands in for it with the log behind it; restore it from a copy; or phantomdb repair NAME, which keeps the edited file under another name.",
        };

    public static PhantomDbException FileVersion(string path, string version, string? place = null) =>
        new(SqlStates.FeatureNotSupported, $"file \"{path}\" was written by a later PhantomDB: it has version {version} of the format, which this one does not know")
        {
            Hint = "Open it with the program that wrote it, or a newer one.", Where = place ?? path,
        };

    /// <summary>The text of a file does not follow its format.</summary>
    public static PhantomDbException FileFormat(string path, string what, string where, Exception? cause = null) =>
        new(SqlStates.BadCopyFileFormat, $"file \"{path}\" cannot be read: {what}", cause)
        {
            Where = where,
            Hint = "Mend it there with a text editor (then phantomdb accept FILE, where it had checksums), restore it from a copy, or move it away: a snapshot with the log behind it then stands in for it. "
                + "What can be saved: phantomdb repair NAME.",
        };

    /// <summary>The rows of a file break a constraint, or hold values that are none: the same error, with its place.</summary>
    public static PhantomDbException InFile(PhantomDbException error, string where) =>
        new(error.SqlState, error.Message, error)
        {
            Detail = error.Detail, Hint = error.Hint, SchemaName = error.SchemaName, TableName = error.TableName,
            ColumnName = error.ColumnName, ConstraintName = error.ConstraintName, Where = where,
        };

    /// <summary>An edit by hand that cannot be read, or breaks a rule of the database.</summary>
    public static PhantomDbException EditRefused(PhantomDbException error) => new(error.SqlState, error.Message, error)
    {
        Detail = error.Detail, SchemaName = error.SchemaName, TableName = error.TableName, ColumnName = error.ColumnName, ConstraintName = error.ConstraintName, Where = error.Where,
        Hint = error.SqlState == SqlStates.ForeignKeyViolation
            ? "Put the row that is referred to into the file, or change or remove the rows that refer to it, and accept the file again."
            : "Mend the file at that place, and accept it again; or put the file as it was saved back in its place.",
    };

    public static PhantomDbException RestorePointGone(string what) => new(SqlStates.InvalidParameterValue, what);
}
