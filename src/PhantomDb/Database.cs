using System.Collections.Immutable;
using PhantomDb.Binding;
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

/// <summary>
/// A database: its definitions, its rows, its file, and the sessions that use it. May be used by any number of threads; each
/// session by one at a time.
/// </summary>
public sealed partial class Database : IDisposable
{
    private readonly Lock _fileUse = new();   // one save or load at a time
    private readonly List<WeakReference<Session>> _sessions = [];
    private readonly bool _isSealed = true;   // how a save of a database in memory writes it
    private readonly DatabasePersistence? _persistence;
    private readonly DatabaseFollower? _follower;
    private DatabaseCatalog _catalog = DatabaseCatalog.Empty;
    private int _nextOid;   // at or above the catalog's: running transactions may have taken some
    private object _savedState;
    private volatile bool _isDisposed;

    // The lock is null where it could not be taken yet, or is not wanted.
    private Database(string name, DatabaseOptions options, string? path, IFileLock? held)
    {
        options.Validate();
        Name = name;
        Options = options;
        Memory = new MemoryAccount("database", options.MemoryLimit);
        RecoveredDatabase? recovered = null;
        if (path is not null && DatabaseFiles.Exists(path, options.FileSystem))
        {
            FirstStatement.Prepare();
            recovered = held is null ? Read(path) : DatabaseRecovery.Run(path, new LoadTarget(Memory), options.FileSystem, new RecoveryOptions { IsEdit = file => FileAcceptance.IsEdit(file, options) });
        }
        if (recovered is not null)
        {
            Recovery = recovered.Report;
            LoadedDatabase loaded = options.IsFollowing ? recovered.Database : FileIndexes.Build(recovered.Database, path!, options);
            FileContentCheck.Run(loaded, path!, options);
            Storage = loaded.Storage;
            _catalog = loaded.Catalog;
            _isSealed = loaded.IsSealed || !loaded.IsProved;
        }
        else
        {
            Storage = new DatabaseStorage(Memory);
            IsNew = true;
        }
        Transactions = new TransactionManager(Storage);
        _nextOid = _catalog.NextOid;
        if (path is not null && options.IsReadOnly)
        {
            FilePath = path;
            _follower = options.IsFollowing ? new DatabaseFollower(this, path, recovered!) : null;
        }
        else if (path is not null && !options.IsInMemory)
        {
            FilePath = path;
            _persistence = new DatabasePersistence(this, path, held, recovered);
        }
        Snapshots = new DatabaseSnapshots(this, _persistence?.Snapshots);
        // An empty database is not worth a file that nobody asked for.
        _savedState = Recovery?.TransactionsApplied > 0 ? new object() : State(_catalog, Storage.Timestamps.Visible);
    }

    /// <summary>A database in memory with what a file had, so that it can be looked at before it is believed.</summary>
    internal Database(LoadedDatabase loaded, DatabaseOptions options)
    {
        Name = "";
        Options = options;
        Memory = new MemoryAccount("database", options.MemoryLimit);
        Storage = loaded.Storage;
        _catalog = loaded.Catalog;
        _savedState = new object();
        IsNew = true;
        Transactions = new TransactionManager(Storage);
        _nextOid = _catalog.NextOid;
        Snapshots = new DatabaseSnapshots(this, null);
    }

    // A fork. The locks are held for the moment only in which all is as committed; what was not is undone after that.
    private Database(Database source)
    {
        Name = source.Name;
        Options = source.Options with { IsInMemory = true, IsReadOnly = false, IsFollowing = false };
        Memory = new MemoryAccount("database", Options.MemoryLimit);
        _isSealed = source.IsSealed;
        Storage = source.Transactions.BetweenCommits(() =>
        {
            (_catalog, ImmutableDictionary<int, TableStore> tables) = source.Definitions;
            ImmutableDictionary<int, SequenceStore> sequences = source.Storage.Sequences;
            return DatabaseStorage.Fork(
                _catalog.Tables.Select(table => tables[table.Oid]), _catalog.Sequences.Select(sequence => sequences[sequence.Oid]), Memory);
        });
        Storage.FinishFork();
        _nextOid = source._nextOid;
        _savedState = State(_catalog, Storage.Timestamps.Visible);
        Transactions = new TransactionManager(Storage);
        Snapshots = new DatabaseSnapshots(this, null);
    }

    /// <summary>Name of the database, as current_database() gives it.</summary>
    public string Name { get; }

    /// <summary>The full path of the database's file; null where it is in memory only.</summary>
    public string? FilePath { get; }

    /// <summary>True where there was no file to read when the database was opened: it began empty.</summary>
    public bool IsNew { get; }

    /// <summary>The options that the database was opened with.</summary>
    public DatabaseOptions Options { get; }

    /// <summary>Bytes held in memory at the moment: tables, indexes, versions and statements' working memory.</summary>
    public long MemoryUsed => Memory.Used;

    /// <summary>What was found when the database's files were opened; null where there were none.</summary>
    public RecoveryReport? Recovery { get; private set; }

    internal bool IsDisposed => _isDisposed;

    /// <summary>What it has on the disk, its log among it; null in memory, and where it is read only.</summary>
    internal DatabasePersistence? Persistence => _persistence;

    private bool IsSealed => _persistence?.IsSealed ?? _isSealed;

    internal MemoryAccount Memory { get; }

    internal DatabaseStorage Storage { get; }

    internal TransactionManager Transactions { get; }

    /// <summary>The definitions as last committed.</summary>
    internal DatabaseCatalog Catalog
    {
        get => Volatile.Read(ref _catalog);
        set => Volatile.Write(ref _catalog, value);
    }

    /// <summary>The definitions as last committed, and the tables that fit them.</summary>
    internal (DatabaseCatalog Catalog, ImmutableDictionary<int, TableStore> Tables) Definitions
    {
        get
        {
            lock (Transactions.Definitions)
            {
                return (_catalog, Storage.Tables);
            }
        }
    }

    /// <summary>
    /// For whoever has looked at definitions or tables without <see cref="Definitions"/>, before the snapshot is taken: if these
    /// were just being put in place, what was committed with them is visible afterwards.
    /// </summary>
    internal void AwaitDefinitions()
    {
        lock (Transactions.Definitions)
        {
        }
    }

    /// <summary>Commits a transaction that has changed definitions, which are merged into the newest ones.</summary>
    internal void CommitDefinitions(Transaction transaction, SchemaOverlay overlay) =>
        transaction.Commit(() => Catalog = overlay.Publish(Transactions, Catalog), () => overlay.Describe(Catalog));

    /// <summary>Oids from this one on are nobody's yet.</summary>
    internal int NextOid => Volatile.Read(ref _nextOid);

    /// <summary>Takes the oids that a definition statement was bound with for it alone; false where somebody else has some of them.</summary>
    internal bool TryTakeOids(int first, int next) => next == first || Interlocked.CompareExchange(ref _nextOid, next, first) == first;

    /// <summary>Creates an empty database that lives in memory alone.</summary>
    public static Database CreateInMemory(DatabaseOptions? options = null) => new("phantomdb", options ?? new DatabaseOptions(), null, null);

    /// <summary>
    /// An independent database in memory with all that is committed here by now: rows, definitions, indexes, sequences and
    /// options. Both share what neither has changed since, so it takes microseconds to milliseconds however many rows there
    /// are; what running transactions have changed is not in it, and costs it as much as their rollback. They go on
    /// undisturbed; readers do not wait, writers for a moment. From any thread, at any time; disposing of either side does
    /// nothing to the other. What a side shares counts in full towards its own <see cref="MemoryUsed"/> and limit.
    /// </summary>
    /// <remarks>
    /// The first change to each 2,048 rows of a table, and to each node of an index, after a fork copies that much of it, on
    /// either side. The fork has no file, no lock on one and no sessions; <see cref="SaveToDisk"/> writes it under another
    /// name, and <see cref="HasUnsavedChanges"/> says whether it has changed since it was made.
    /// </remarks>
    public Database Fork()
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        return new Database(this);
    }

    /// <summary>Full path of the file of a database that <see cref="Open"/> would open: a name stands in the data directory; what has a separator or the ending .db is a path. Of a symbolic link it is the path that it leads to.</summary>
    /// <exception cref="PhantomDbException">42602: no database can have that name.</exception>
    public static string PathOf(string name, DatabaseOptions? options = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        return DatabaseFiles.PathOf(name, options ?? new DatabaseOptions());
    }

    /// <summary>
    /// Opens a database by its name in the data directory, or by the path of its file (what has a separator or the ending
    /// .db): its file or newest snapshot, and the transaction log behind that. From then on each commit goes into the log, and is acknowledged as
    /// <see cref="DatabaseOptions.SyncPolicy"/> says. Where there are no files it is a new, empty database: nothing is made on the disk, not even its
    /// folder, before the first change. Until it is disposed of nobody else can open it; a file beside it, NAME.lock, shows that. Where the
    /// folder is missing or cannot be written to, the lock is taken by the first change, which fails where another came first.
    /// </summary>
    /// <exception cref="PhantomDbException">55006: it is open already, here or in another process. 58P01: it is to be read only, and there is none. Or
    /// its files are damaged, or its rows break a constraint: the error names file, line and byte offset.</exception>
    public static Database Open(string name, DatabaseOptions? options = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        options ??= new DatabaseOptions();
        options.Validate();
        string path = DatabaseFiles.PathOf(name, options);
        if (options.IsReadOnly && !DatabaseFiles.Exists(path, options.FileSystem))
        {
            throw new PhantomDbException(SqlStates.UndefinedFile, $"there is no database \"{path}\" to read");
        }
        IFileLock? held = options.IsInMemory || options.IsReadOnly ? null : DatabaseFiles.TryLock(path, options.FileSystem);
        try
        {
            var database = new Database(DatabaseFiles.NameOf(path), options, path, held);
            DatabaseMetrics.Add(database);
            if (database.Recovery is { } report)
            {
                options.OnRecovered?.Invoke(report);
            }
            return database;
        }
        catch
        {
            held?.Dispose();
            throw;
        }
    }

    /// <summary>True where the database's content may differ from what its file has; a missing file has an empty database.</summary>
    public bool HasUnsavedChanges => !State(Catalog, Storage.Timestamps.Visible).Equals(_savedState);

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

    /// <summary>What is committed, as a new database in the data directory; 42P04 where its name is taken.</summary>
    internal void SaveAsNew(string name)
    {
        string target = DatabaseFiles.PathOfNew(name, Options);
        Save(target == FilePath ? throw Error.DatabaseExists(name) : target, isSealed: null, name);
    }

    private void Save(string target, bool? isSealed, string? newName = null, bool isHeaderNew = false, CancellationToken stop = default)
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
            }
            own?.EnsureLocked();
            DatabaseFileOptions fileOptions = new() { Sealed = isSealed ?? IsSealed, IsHeaderNew = isHeaderNew };
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
            own.SaveOwnFile(content, replacedBefore, fileOptions, stop);
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

    /// <summary>Opens a session: its own settings, transaction and cancellation.</summary>
    public Session OpenSession() => OpenSession(takesSettings: true);

    /// <summary>A session for work of the engine's own: without the settings that the database keeps, whose limits are meant for others.</summary>
    internal Session OpenPlainSession() => OpenSession(takesSettings: false);

    private Session OpenSession(bool takesSettings)
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        Session session = new(this, takesSettings);
        lock (_sessions)
        {
            if (_sessions.Count == _sessions.Capacity)
            {
                _sessions.RemoveAll(reference => !reference.TryGetTarget(out Session? other) || other.IsDisposed);
            }
            _sessions.Add(new WeakReference<Session>(session));
        }
        return session;
    }

    /// <summary>What the open sessions are doing, by their numbers: the rows of pg_stat_activity. It may be over by the time that it is read.</summary>
    public IReadOnlyList<SessionActivity> GetSessions() => Monitor.Sessions();

    /// <summary>Makes a session's running statement fail with 57014, as <see cref="Session.Cancel"/>; from any thread.</summary>
    /// <returns>False where there is no session of that number.</returns>
    public bool CancelSession(int processId) => Monitor.Cancel(processId);

    /// <summary>
    /// Ends a session: its statement is stopped, its open transaction rolled back, and whoever goes on using it gets 57P01. From any thread.
    /// </summary>
    /// <returns>False where there is no session of that number.</returns>
    public bool TerminateSession(int processId) => Monitor.Terminate(processId);

    internal SessionMonitor Monitor => new(this);

    /// <summary>The sessions that have not been disposed of.</summary>
    internal List<Session> OpenSessions()
    {
        List<Session> open = [];
        lock (_sessions)
        {
            foreach (WeakReference<Session> reference in _sessions)
            {
                if (reference.TryGetTarget(out Session? session) && !session.IsDisposed)
                {
                    open.Add(session);
                }
            }
        }
        return open;
    }

    /// <summary>The tables, views and sequences as they are now, for people to read.</summary>
    public SchemaDescription DescribeSchema()
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        return new SchemaDescription(new BinderContext(Catalog) { DatabaseName = Name, VirtualTables = new SystemSurroundings(this) }, oid => Storage.Sequences.GetValueOrDefault(oid)?.Position);
    }

    /// <summary>
    /// Ends the use of the database, so that others can open it. Its sessions end with it, open transactions are rolled back, running statements
    /// are cancelled. What is committed is on the disk afterwards, whatever the policy; the database's own file is written where that is
    /// little work beside what the log has grown by. Its memory goes with the last reference to it.
    /// <para>What was running meanwhile fails with 57P01. Afterwards every use of the database, its sessions, log, snapshots and settings is an
    /// <see cref="ObjectDisposedException"/>; properties that tell what it was (name, options, recovery, memory) go on, and ending it again is nothing.</para>
    /// </summary>
    /// <exception cref="PhantomDbException">Acknowledged commits could not be written to the log (58030, 53100 …), which can happen only
    /// with a policy that is not <see cref="SyncPolicy.Always"/>; or files that the log was in were lost, and the database's own file, which would have had it all, could not be written. In
    /// any case the database is closed. Where that file could not be written and all is in the log, nothing is lost: <see cref="ClosingProblem"/> tells.</exception>
    public void Close() => Close(isStrict: true, CancellationToken.None);

    /// <summary>
    /// Why closing could not write the database's own file, a full disk say, where that harms nobody, since all that is committed is in the log: the next opening applies it. Null where it was
    /// written, or need not be.
    /// </summary>
    public PhantomDbException? ClosingProblem { get; private set; }

    /// <summary>As <see cref="Close()"/>, but throws only where acknowledged commits may be lost.</summary>
    public void Dispose() => Close(isStrict: false, CancellationToken.None);

    private void Close(bool isStrict, CancellationToken hurry)
    {
        lock (_fileUse)   // a save is let finish
        {
            if (_isDisposed)
            {
                return;
            }
            _isDisposed = true;
        }
        foreach (Session session in OpenSessions())
        {
            session.Stop(StopReason.DatabaseClosed);   // all of them first: a rollback must not let others go on
        }
        foreach (Session session in OpenSessions())
        {
            session.EndFor(StopReason.DatabaseClosed);
        }
        _follower?.Dispose();
        if (_persistence is null)
        {
            return;
        }
        PhantomDbException? failure = null;
        _persistence.StopSnapshots();
        try
        {
            Storage.SettleSequences();
            if (!hurry.IsCancellationRequested && _persistence.NeedsClosingCheckpoint(HasUnsavedChanges))
            {
                Save(_persistence.Path, isSealed: null, isHeaderNew: _persistence.HasLostFiles, stop: hurry);
            }
        }
        catch (PhantomDbException error) when (error.SqlState == SqlStates.QueryCanceled && hurry.IsCancellationRequested)
        {
            // all is in the log
        }
        catch (PhantomDbException error) when (_persistence.IsAllInLog)
        {
            ClosingProblem = new PhantomDbException(error.SqlState, $"the database's own file could not be brought up to date; all that is committed is in the log: {error.Message}", error);
        }
        catch (PhantomDbException error)
        {
            failure = error;
        }
        finally
        {
            try
            {
                _persistence.Close();
            }
            catch (PhantomDbException error) when (Options.SyncPolicy == SyncPolicy.Always)
            {
                failure = error;   // what could not be written was not acknowledged
            }
        }
        if (failure is not null && isStrict)
        {
            throw Error.Again(failure);
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
