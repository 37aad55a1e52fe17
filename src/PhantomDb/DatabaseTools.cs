using PhantomDb.Durability;
using PhantomDb.Durability.Inspection;
using PhantomDb.Durability.Recovery;
using PhantomDb.Errors;

namespace PhantomDb;

/// <summary>
/// Tools over a database's files, without opening it: what is there, whether it is whole, what the log says; repair, and edits by hand. What only reads
/// takes no lock and works beside a running writer; what writes takes the database's lock (55006 where it is open). A database is named as for
/// <see cref="Database.Open"/>; of the options the data directory counts.
/// </summary>
public static class DatabaseTools
{
    private const int AttemptsMax = 20;
    private const int PauseMs = 20;

    /// <summary>The files of a database, and what each is for. Looks at headers and ends, and at all of the log's last segment.</summary>
    /// <exception cref="PhantomDbException">58P01: there is none.</exception>
    public static IReadOnlyList<DatabaseFileReport> Files(string name, DatabaseOptions? options = null) => Inspect(PathOf(name, ref options), options!, verifies: false).Files;

    /// <summary>
    /// Looks at every byte of every file, and recovers the database into memory, as opening would, to see that the files fit each other. Needs memory
    /// as an open database does.
    /// </summary>
    /// <exception cref="PhantomDbException">58P01: there is none. What is wrong with files is in the report.</exception>
    public static VerificationReport Verify(string name, DatabaseOptions? options = null)
    {
        string path = PathOf(name, ref options);
        (IReadOnlyList<DatabaseFileReport> files, PhantomDbException? refusal) = Inspect(path, options!, verifies: true);
        var report = new VerificationReport([.. files.Select(file => IsEdited(file, options!) ? file with { Verdict = FileVerdict.Edited } : file)]);
        if (refusal is not null)
        {
            return report with { Refusal = refusal };
        }
        for (int attempt = 1; ; attempt++)
        {
            try
            {
                RecoveredDatabase recovered = DatabaseRecovery.Run(path, LoadTarget.New, options!.FileSystem, new RecoveryOptions
                {
                    IsReadOnly = true, IsEdit = file => FileAcceptance.IsEdit(file, options),
                });
                FileContentCheck.Run(FileIndexes.Build(recovered.Database, path, options), path, options);
                return report with
                {
                    CanOpen = true, Problem = recovered.Report is { Verdict: RecoveryVerdict.Repaired, Problem: { } problem } ? problem : null, LastLsn = recovered.Report.LastLsn, TransactionCount = recovered.Report.TransactionsApplied,
                };
            }
            catch (PhantomDbException error)
            {
                if (attempt < AttemptsMax && IsChanging(path, options!))
                {
                    Thread.Sleep(PauseMs);   // a writer has renamed or deleted files meanwhile
                    continue;
                }
                // What opening does not set aside is no torn end.
                return report with
                {
                    Refusal = error,
                    Files = [.. report.Files.Select(file => file.Verdict == FileVerdict.Torn && error.Where is { } place && (place == file.Path || place.StartsWith(file.Path + ",", StringComparison.Ordinal))
                        ? file with { Verdict = FileVerdict.Damaged } : file)],
                };
            }
        }
    }

    /// <summary>
    /// Accepts a database file that was edited by hand: reads it without its checksums, holds it against types and constraints, tells what has
    /// changed, and seals it, as a new timeline. Comments and spelling become those of a saved file.
    /// </summary>
    /// <param name="file">A path, or a name in the data directory.</param>
    /// <param name="readsNothingAsEmptyText">True: nothing in a column of strings is '', as spreadsheets leave it, and not NULL.</param>
    /// <exception cref="PhantomDbException">55000: the log has changes that the file does not have. 55006: the database is open. Or the file cannot
    /// be read, or breaks a constraint; then it is as it was.</exception>
    public static AcceptanceReport Accept(string file, DatabaseOptions? options = null, bool readsNothingAsEmptyText = false)
    {
        string path = PathOf(file, ref options);
        if (new FolderInspector(path, options!.FileSystem).IsEmpty && !options.FileSystem.Exists(DatabaseFiles.LockPath(path)))
        {
            throw Error.FileNotFound(path);
        }
        using IDisposable held = DatabaseFiles.Lock(path, options.FileSystem);   // first: an open database may have no file yet
        if (!options.FileSystem.Exists(path))
        {
            throw Error.FileNotFound(path);
        }
        return FileAcceptance.Run(path, options, readsNothingAsEmptyText);
    }

    /// <summary>
    /// Saves what can be proved to be whole of a database that does not open, as a new timeline, and tells what is lost. Bytes that cannot be used are kept
    /// in files of their own (<c>.bad_…</c>, <c>.torn_…</c>). A database that opens is left alone.
    /// </summary>
    /// <param name="name">As for <see cref="Database.Open"/>.</param>
    /// <param name="options">The data directory counts.</param>
    /// <param name="isTrial">True: tells what would be saved and lost, and changes nothing.</param>
    /// <exception cref="PhantomDbException">55006: the database is open. Or nothing of it can be saved.</exception>
    public static RepairReport Repair(string name, DatabaseOptions? options = null, bool isTrial = false)
    {
        string path = PathOf(name, ref options);
        if (new FolderInspector(path, options!.FileSystem).IsEmpty)
        {
            throw NoDatabase(path);
        }
        using IDisposable held = DatabaseFiles.Lock(path, options.FileSystem);
        return DatabaseRepair.Run(path, options, isTrial);
    }

    /// <summary>The records of a database's log, verified, in a stream; beside a running writer too.</summary>
    /// <exception cref="PhantomDbException">While it is read: 58P01, there is no database; 22023, the first record that is wanted is no longer kept, or some in the middle are missing and nobody is told (<see cref="LogReadOptions.MissingRecords"/>); XX001,
    /// what comes is damaged.</exception>
    public static IEnumerable<LogRecord> ReadLog(string name, LogReadOptions? selection = null, DatabaseOptions? options = null, CancellationToken cancellationToken = default)
    {
        string path = PathOf(name, ref options);
        if (new FolderInspector(path, options!.FileSystem).IsEmpty)
        {
            throw NoDatabase(path);
        }
        return new LogFolder(path, options.FileSystem).Read(selection ?? new LogReadOptions(), cancellationToken);
    }

    private static (IReadOnlyList<DatabaseFileReport> Files, PhantomDbException? Refusal) Inspect(string path, DatabaseOptions options, bool verifies)
    {
        var inspector = new FolderInspector(path, options.FileSystem);
        if (inspector.IsEmpty)
        {
            throw NoDatabase(path);
        }
        return (inspector.Inspect(verifies), inspector.Refusal);
    }

    private static bool IsEdited(DatabaseFileReport file, DatabaseOptions options) =>
        file.Kind == DatabaseFileKind.Database && file.Verdict == FileVerdict.Damaged && FileAcceptance.IsEdit(file.Path, options);

    private static bool IsChanging(string path, DatabaseOptions options) => options.FileSystem.Exists(DatabaseFiles.LockPath(path));

    private static PhantomDbException NoDatabase(string path) => new(SqlStates.UndefinedFile, $"there is no database \"{path}\": no file of it, no snapshot and no log")
    {
        Hint = "A name without separator and without the ending .db is looked for in the data directory (-d).",
    };

    private static string PathOf(string name, ref DatabaseOptions? options)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        options ??= new DatabaseOptions();
        options.Validate();
        return DatabaseFiles.PathOf(name, options);
    }
}
