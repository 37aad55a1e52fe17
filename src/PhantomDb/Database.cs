using System.Collections.Immutable;
using PhantomDb.Binding;
using PhantomDb.Catalog;
using PhantomDb.Durability;
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
    public static Database CreateInMemory(DatabaseOptions? options = null) => new("phantomdb", OptionsInForce(options), null, null);

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
    /// folder is missing or cannot be written to, the lock is taken by the first change, which fails where another came first, or by <see cref="EnsureWritable"/>.
    /// </summary>
    /// <exception cref="PhantomDbException">55006: it is open already, here or in another process. 58P01: it is to be read only, and there is none. Or
    /// its files are damaged, or its rows break a constraint: the error names file, line and byte offset.</exception>
    public static Database Open(string name, DatabaseOptions? options = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        options = OptionsInForce(options);
        options.Validate();
        FirstStatement.Prepare();
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
            database.TellOfRecovery();
            return database;
        }
        catch
        {
            held?.Dispose();
            throw;
        }
    }

    // Where it is now it stays, whatever SetDataDirectory says later.
    private static DatabaseOptions OptionsInForce(DatabaseOptions? options)
    {
        options ??= new DatabaseOptions();
        return options with { DataDirectory = options.DataDirectory };
    }

    private void TellOfRecovery()
    {
        if (Recovery is not { } report)
        {
            return;
        }
        try
        {
            Options.OnRecovered?.Invoke(report);
        }
        catch
        {
            Dispose();
            throw;
        }
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
                Save(_persistence.Path, isSealed: null, isHeaderNew: _persistence.HasLostFiles, throwIfStopped: ThrowIfRequested(hurry));
            }
        }
        catch (PhantomDbException error) when (error.SqlState == SqlStates.QueryCanceled && hurry.IsCancellationRequested)
        {
            // all is in the log
        }
        catch (PhantomDbException error)
        {
            if (_persistence.IsAllInLog)   // not in a filter: that runs before what threw has given its locks back
            {
                ClosingProblem = new PhantomDbException(error.SqlState, $"the database's own file could not be brought up to date; all that is committed is in the log: {error.Message}", error);
            }
            else
            {
                failure = error;
            }
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
}
