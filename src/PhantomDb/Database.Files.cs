using PhantomDb.Catalog;
using PhantomDb.Durability;
using PhantomDb.Durability.Log;
using PhantomDb.Durability.Recovery;
using PhantomDb.Errors;
using PhantomDb.Execution;
using PhantomDb.Storage;
using PhantomDb.Transactions;
using PhantomDb.Vectors;

namespace PhantomDb;

// Saving to files, and loading from them.
public sealed partial class Database
{
    private static volatile string _dataDirectory = "data";

    /// <summary>The folder of databases whose options name none: <see cref="SetDataDirectory"/>.</summary>
    public static string DataDirectory => _dataDirectory;

    /// <summary>True where the database's content may differ from what its file has; a missing file has an empty database.</summary>
    public bool HasUnsavedChanges => !State(Catalog, Storage.Timestamps.Visible).Equals(_savedState);

    /// <summary>Sets the folder of all databases of this process that are opened afterwards, and whose <see cref="DatabaseOptions.DataDirectory"/> is not set; those that are open stay where they are.</summary>
    /// <param name="path">It need not be there yet. A relative one counts from the folder that is the current one when a database is opened.</param>
    public static void SetDataDirectory(string path)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        _dataDirectory = path;
    }

    /// <summary>
    /// Takes the lock now, where opening could not and the first change would, the folder being missing, and makes the folder: for a program that wants to fail at its start, and not
    /// with its first change. Nothing where the lock is held, and in memory.
    /// </summary>
    /// <exception cref="PhantomDbException">55006: another has come first. 25006: it was opened to be read only. 42501, 58030 …: the folder cannot be made or written to.</exception>
    public void EnsureWritable()
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        if (Options.IsReadOnly)
        {
            throw Error.ReadOnlyDatabase(Name);
        }
        _persistence?.EnsureLocked();
    }

    /// <summary>
    /// Writes the database to its own file, or a copy of it to another. The file is replaced in one step, and left alone where
    /// its content would be the same. What is written is what was committed last when it was called: it waits for no transaction, and none for it.
    /// </summary>
    /// <param name="name">Name in the data directory or path, as for <see cref="Open"/>; null or the database's own: its own file.
    /// A copy is a database of its own, with an identity of its own; this one stays where it is.</param>
    /// <param name="isSealed">False leaves the checksums out of the file, for files under version control; null: as the file was.</param>
    /// <exception cref="PhantomDbException">There is no file to save to, it is open elsewhere (55006), or it could not be written
    /// (58030, 53100); the file that was there is as it was.</exception>
    public void SaveToDisk(string? name = null, bool? isSealed = null)
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        Save(PathOf(name), isSealed);
    }

    /// <summary>A save of the own file, also where its content is the same: then its header alone is another.</summary>
    internal void SaveOwnFileAnew() => Save(_persistence!.Path, isSealed: null, isHeaderNew: true);

    private static Action ThrowIfRequested(CancellationToken stop) => () =>
    {
        if (stop.IsCancellationRequested)
        {
            throw Error.Cancelled();
        }
    };

    /// <summary>What is committed, as a new database in the data directory; 42P04 where its name is taken.</summary>
    internal void SaveAsNew(string name, Action throwIfStopped)
    {
        string target = DatabaseFiles.PathOfNew(name, Options);
        Save(target == FilePath ? throw Error.DatabaseExists(name) : target, isSealed: null, name, throwIfStopped: throwIfStopped);
    }

    private void Save(string target, bool? isSealed, string? newName = null, bool isHeaderNew = false, Action? throwIfStopped = null)
    {
        DatabasePersistence? own = target == FilePath ? _persistence ?? throw Error.ReadOnlyDatabase(Name) : null;
        lock (_fileUse)
        {
            using IDisposable? copyLock = own is not null ? null : DatabaseFiles.Lock(target, Options.FileSystem);
            if (newName is not null)
            {
                DatabaseFiles.PathOfNew(newName, Options);   // another may have made it before the lock was taken
            }
            else if (own is null)
            {
                DatabaseFiles.EnsureHasNoLog(target, Options.FileSystem);
                DatabaseFiles.EnsureIsNothingElse(target, Options.FileSystem);
            }
            own?.EnsureLocked();
            DatabaseFileOptions fileOptions = new() { Sealed = isSealed ?? IsSealed, IsHeaderNew = isHeaderNew, AfterPiece = throwIfStopped };
            int replacedBefore = own?.Log.ReplacedCount ?? 0;
            using CommittedView view = ReadCommitted();
            DatabaseContent content = view.Content with { DatabaseName = DatabaseFiles.NameOf(target) };
            if (own is null)
            {
                content = content with { Id = Guid.NewGuid(), Timeline = 1, Lsn = 0 };
                DatabaseFileWriter.Write(content, target, fileOptions, Options.FileSystem);
                return;
            }
            object state = State(content.Catalog, content.Lsn);
            own.SaveOwnFile(content, replacedBefore, fileOptions, throwIfStopped);
            _savedState = state;
        }
    }

    /// <summary>
    /// Puts the content of a database file in place of all that the database has: all of it, or, after an error, nothing. The
    /// database keeps its name, its file and its identity: with the content of another file it has unsaved changes. In a durable database it is
    /// one commit, as durable as others.
    /// Until the new content is whole, both are in memory. Waits for statements that are writing.
    /// </summary>
    /// <param name="name">Name in the data directory or path, as for <see cref="Open"/>: of another durable database, with all that is in its log. Null: the
    /// database's own file alone, which drops all that has been committed since it was saved last.</param>
    /// <exception cref="PhantomDbException">55006: a session has a transaction or a result open. Or the file is not there, damaged,
    /// breaks a constraint, or does not fit into memory.</exception>
    public void LoadFromDisk(string? name = null)
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        string source = PathOf(name);
        if (Options.IsReadOnly)
        {
            throw Error.ReadOnlyDatabase(Name);
        }
        _persistence?.Log.Prepare();
        lock (_fileUse)
        {
            EnsureNoOpenTransaction();
            MemoryAccount account = new("database", Options.MemoryLimit, Memory);
            int firstOid = _nextOid;
            LoadFile? file = null;   // the same in the log's own folder
            LoadedDatabase loaded;
            try
            {
                loaded = FileIndexes.Build(ReadContent(source, new LoadTarget(account, Storage.Timestamps, firstOid)), source, Options);
                FileContentCheck.Run(loaded, source, Options);
                file = _persistence?.Log.Loads.Write(new DatabaseContent(Name, loaded.Catalog, loaded.Storage, ReadView.Latest));
                IReadOnlyDictionary<string, string> before = Catalog.Settings;
                Replace(loaded, firstOid, file);
                Snapshots.Put(SnapshotSettings.Changes(before, Catalog.Settings));
            }
            catch (Exception error)
            {
                if (file is not null && error is not PhantomDbException { SqlState: SqlStates.TransactionResolutionUnknown })
                {
                    _persistence!.Log.Loads.Discard(file.FileName);
                }
                account.Close();
                throw;
            }
            _savedState = new object();
            if (source == FilePath)
            {
                _savedState = State(Catalog, Storage.Timestamps.Visible);
                _persistence?.NoteLoaded(loaded.IsSealed || !loaded.IsProved);
            }
        }
    }

    // Of another durable database what is in its log too; of its own the file alone, which drops what came after it.
    private LoadedDatabase ReadContent(string source, LoadTarget target) =>
        source != FilePath && DatabaseFiles.FindLog(source, Options.FileSystem) is not null
            ? DatabaseRecovery.Run(source, target, Options.FileSystem, new RecoveryOptions { IsReadOnly = true }).Database
            : DatabaseFileReader.Read(source, target, Options.FileSystem);

    // Under new oids: a statement that was bound before finds none of its tables, instead of another under the same oid.
    private void Replace(LoadedDatabase loaded, int firstOid, LoadFile? file)
    {
        List<SequenceStore> held = [];
        Transaction transaction = Transactions.NewTransaction();
        transaction.Begin();
        try
        {
            transaction.LockTable(TransactionManager.DefinitionsOid, TableLockMode.AccessExclusive);
            foreach (TableDefinition table in Catalog.Tables.OrderBy(table => table.Oid))
            {
                transaction.LockTable(table.Oid, TableLockMode.AccessExclusive, name: table.Name);
            }
            foreach (SequenceDefinition sequence in Catalog.Sequences.OrderBy(sequence => sequence.Oid))
            {
                transaction.LockTable(sequence.Oid, TableLockMode.AccessExclusive, name: sequence.Name);
            }
            EnsureNoOpenTransaction();
            if (_nextOid != firstOid)
            {
                throw new PhantomDbException(SqlStates.ObjectInUse, "the database's definitions have changed while the file was read") { Hint = "Try again." };
            }
            if (file is null)
            {
                Transactions.CommitDefinitions(() => Storage.ReplaceBy(loaded.Storage, () => Catalog = loaded.Catalog));
            }
            else
            {
                held.AddRange(Storage.Sequences.Values);
                held.ForEach(sequence => sequence.Hold());   // nothing of theirs comes into the log behind the record
                Transactions.CommitReplacement(file, () => Storage.ReplaceBy(loaded.Storage, () => Catalog = loaded.Catalog));
                held.Clear();   // whoever has one of them finds it gone
            }
            _nextOid = loaded.Catalog.NextOid;
        }
        finally
        {
            held.ForEach(sequence => sequence.Release());
            transaction.Rollback();
            transaction.Close();
        }
    }

    private string PathOf(string? name) => name is not null ? DatabaseFiles.PathOf(name, Options)
        : FilePath ?? throw new PhantomDbException(SqlStates.ObjectNotInPrerequisiteState, "the database is in memory only") { Hint = "Name a file." };

    /// <summary>What every change changes: the definitions, the newest commit, the positions of the sequences.</summary>
    private (DatabaseCatalog Catalog, long Commit, string Sequences) State(DatabaseCatalog catalog, long commit) => (
        catalog,
        commit,
        string.Join(';', Storage.Sequences.OrderBy(entry => entry.Key).Select(entry => $"{entry.Key}:{entry.Value.Position}")));

    private void EnsureNoOpenTransaction()
    {
        lock (_sessions)
        {
            if (_sessions.Any(reference => reference.TryGetTarget(out Session? session) && session.HasOpenTransaction))
            {
                throw new PhantomDbException(SqlStates.ObjectInUse, "the database cannot be replaced while a session has a transaction or a result open")
                {
                    Hint = "End the transactions, or dispose of the results, and try again.",
                };
            }
        }
    }
}
