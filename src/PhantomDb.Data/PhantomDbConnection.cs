using System.Data;
using System.Data.Common;
using System.Diagnostics.CodeAnalysis;

namespace PhantomDb.Data;

/// <summary>
/// A session of a database inside the process. Connections to one file, and those to one named database in memory, share it: the first opens it, the last closes it.
/// Used by one thread at a time, but for <see cref="PhantomDbCommand.Cancel"/>; any number of connections side by side.
/// </summary>
public sealed partial class PhantomDbConnection : DbConnection
{
    private const int CachedTextCountMax = 128;
    private const int PatienceMs = 5000;
    private const string InUse = "55000";   // the session, by another thread

    private readonly Database? _given;   // by the program, which closes it
    private readonly PhantomDbDataSource? _source;
    private readonly Dictionary<string, CachedStatement[]> _statements = new(StringComparer.Ordinal);
    private string _connectionString = "";
    private PhantomDbConnectionStringBuilder _settings = new();
    private SharedDatabase? _shared;
    private Session? _session;
    private CommandGuard? _guard;
    private CommandTrace? _trace;

    /// <summary>A connection whose connection string is to be set.</summary>
    public PhantomDbConnection()
    {
    }

    /// <summary>A connection with a connection string; see <see cref="PhantomDbConnectionStringBuilder"/>.</summary>
    /// <exception cref="ArgumentException">The connection string has a keyword that there is not, or a value that is none of its type.</exception>
    public PhantomDbConnection(string? connectionString) => ConnectionString = connectionString;

    /// <summary>A connection to a database that the program has opened, and closes: a hosted one, a fork.</summary>
    public PhantomDbConnection(Database database)
    {
        ArgumentNullException.ThrowIfNull(database);
        _given = database;
    }

    internal PhantomDbConnection(PhantomDbDataSource source)
        : this(source.ConnectionString) => _source = source;

    internal PhantomDbConnection(Database database, PhantomDbConnectionStringBuilder settings)
        : this(database) => _settings = settings;

    /// <summary>Raised for a notice of the database, such as "relation "t" already exists, skipping", and for a warning.</summary>
    public event EventHandler<PhantomDbNoticeEventArgs>? Notice;

    /// <summary>The connection string as it was given; empty where the connection is one to a given <see cref="PhantomDb.Database"/>.</summary>
    [AllowNull]
    public override string ConnectionString
    {
        get => _connectionString;
        set
        {
            if (_session is not null)
            {
                throw new InvalidOperationException("The connection string of an open connection cannot be changed: close it first.");
            }
            if (_given is not null && !string.IsNullOrEmpty(value))
            {
                throw new InvalidOperationException("A connection to a given database has no connection string.");
            }
            _settings = new PhantomDbConnectionStringBuilder(value);
            _connectionString = value ?? "";
        }
    }

    /// <summary>Without meaning: a database opens as long as its recovery takes. 0.</summary>
    public override int ConnectionTimeout => 0;

    /// <summary>Name of the database, as current_database() gives it; before the connection is open, the data source.</summary>
    public override string Database => _session is not null ? OpenDatabase.Name : _given?.Name ?? _settings.DataSource;

    /// <summary>The database's file where it has one; otherwise the data source of the connection string.</summary>
    public override string DataSource => (_session is not null ? OpenDatabase.FilePath : _given?.FilePath) ?? _settings.DataSource;

    /// <summary>Version of the engine.</summary>
    /// <exception cref="InvalidOperationException">The connection is not open.</exception>
    public override string ServerVersion
    {
        get
        {
            _ = Session;
            return typeof(Database).Assembly.GetName().Version!.ToString(3);
        }
    }

    /// <inheritdoc/>
    public override ConnectionState State => _session is null ? ConnectionState.Closed : ConnectionState.Open;

    /// <inheritdoc/>
    public override bool CanCreateBatch => true;

    /// <summary>Seconds that a command may compute, unless it says otherwise.</summary>
    public int CommandTimeout => _settings.CommandTimeout;

    /// <summary>The open database: for snapshots, forks, its log.</summary>
    /// <exception cref="InvalidOperationException">The connection is not open.</exception>
    public Database OpenDatabase
    {
        get
        {
            _ = Session;
            return _given ?? _shared!.Database;
        }
    }

    /// <summary>The session of the open connection: for what ADO.NET has no words for. It is the connection's; a result left open on it keeps commands out.</summary>
    /// <exception cref="InvalidOperationException">The connection is not open.</exception>
    public Session Session => _session ?? throw new InvalidOperationException("The connection is not open.");

    /// <inheritdoc/>
    protected override DbProviderFactory DbProviderFactory => PhantomDbFactory.Instance;

    internal PhantomDbTransaction? Transaction { get; set; }

    internal PhantomDbDataReader? Reader { get; private set; }

    internal object? RunningCommand { get; private set; }

    internal CommandGuard Guard => _guard ?? throw new InvalidOperationException("The connection was closed while it was in use.");

    /// <summary>Opens the database, if this is the first connection to it, and a session.</summary>
    /// <exception cref="PhantomDbException">The database cannot be opened: 55006, 58P01, XX001 …; see <see cref="PhantomDb.Database.Open"/>.</exception>
    public override void Open()
    {
        if (_session is not null)
        {
            throw new InvalidOperationException("The connection is open already.");
        }
        Database database = _given ?? AcquireDatabase();
        try
        {
            _session = database.OpenSession();
            _session.Notice += OnNotice;
            _guard = new CommandGuard(_session);
            ApplySettings(_session);
        }
        catch
        {
            EndSession();
            throw;
        }
        OnStateChange(new StateChangeEventArgs(ConnectionState.Closed, ConnectionState.Open));
    }

    /// <summary>As <see cref="Open"/>; where the database has to be opened from its files, on another thread.</summary>
    /// <param name="cancellationToken">Before it has begun; what has begun is finished.</param>
    public override Task OpenAsync(CancellationToken cancellationToken)
    {
        if (cancellationToken.IsCancellationRequested)
        {
            return Task.FromCanceled(cancellationToken);
        }
        bool readsFiles = _given is null && _session is null && _settings is { IsPrivate: false, Mode: not PhantomDbOpenMode.Memory };
        if (readsFiles)
        {
            return Task.Factory.StartNew(Open, cancellationToken, TaskCreationOptions.LongRunning | TaskCreationOptions.DenyChildAttach, TaskScheduler.Default);
        }
        try
        {
            Open();
            return Task.CompletedTask;
        }
        catch (Exception error)
        {
            return Task.FromException(error);
        }
    }

    /// <summary>Rolls back an open transaction, ends the session, and closes the database where nobody else has it. Nothing where it is closed. A command that another thread runs is cancelled and waited for; a commit is.</summary>
    /// <exception cref="PhantomDbException">55000: what runs has not ended in five seconds. The connection is open as before, and can be closed later.</exception>
    public override void Close()
    {
        if (_session is null)
        {
            return;
        }
        try
        {
            Reader?.Abandon();
        }
        catch (PhantomDbException error) when (error.SqlState == InUse)
        {
            // Another thread reads; it is stopped with the session.
        }
        finally
        {
            EndSession();
        }
        OnStateChange(new StateChangeEventArgs(ConnectionState.Open, ConnectionState.Closed));
    }

    /// <summary>Not supported: a session stays with its database.</summary>
    /// <exception cref="PhantomDbException">0A000, always.</exception>
    public override void ChangeDatabase(string databaseName) => throw new PhantomDbException("0A000", "a connection cannot change to another database")
    {
        Hint = "Open another connection.",
    };

    /// <summary>Not supported: PhantomDB takes no part in distributed transactions.</summary>
    /// <exception cref="PhantomDbException">0A000, always, but for null.</exception>
    public override void EnlistTransaction(System.Transactions.Transaction? transaction)
    {
        if (transaction is not null)
        {
            throw new PhantomDbException("0A000", "a connection cannot enlist in a transaction of System.Transactions") { Hint = "Use BeginTransaction." };
        }
    }

    /// <summary>Begins a transaction; see <see cref="PhantomDbTransaction"/>.</summary>
    public new PhantomDbTransaction BeginTransaction() => BeginTransaction(IsolationLevel.Unspecified);

    /// <summary>Begins a transaction. Snapshot is REPEATABLE READ, as PostgreSQL has it; Unspecified is the session's default.</summary>
    /// <exception cref="InvalidOperationException">The connection is not open, has a transaction, or a reader that is open.</exception>
    public new PhantomDbTransaction BeginTransaction(IsolationLevel isolationLevel)
    {
        EnsureIdle();
        if (Session.IsInTransaction)
        {
            throw new InvalidOperationException("The connection has a transaction already, and there are none within another: use Save for a savepoint.");
        }
        Transaction?.Lose();   // ended by a command
        return Transaction = new PhantomDbTransaction(this, isolationLevel);
    }

    /// <summary>A command of this connection.</summary>
    public new PhantomDbCommand CreateCommand() => new("", this);

    /// <summary>A batch of this connection.</summary>
    public new PhantomDbBatch CreateBatch() => new(this);

    internal CachedStatement[] StatementsOf(string text)
    {
        if (!_statements.TryGetValue(text, out CachedStatement[]? statements))
        {
            statements = [.. StatementText.Split(text).Select(statement => new CachedStatement(statement))];
            if (_statements.Count == CachedTextCountMax)
            {
                _statements.Clear();
            }
            _statements.Add(text, statements);
        }
        return statements;
    }

    /// <summary>Looks whether a command can run now.</summary>
    internal void EnsureIdle()
    {
        _ = Session;
        if (Reader is not null)
        {
            throw new InvalidOperationException("The connection has an open reader: close it before the next command.");
        }
        if (RunningCommand is PhantomDbBulkCopy)
        {
            throw new InvalidOperationException("The connection has a bulk copy under way: use another for what its rows come from.");
        }
        if (RunningCommand is not null)
        {
            throw new InvalidOperationException("The connection has a command under way: await it first, or use another connection beside it.");
        }
    }

    /// <summary>A command begins; it ends with <see cref="EndCommand"/>, where it has a reader with that.</summary>
    internal void BeginCommand(object command, int timeoutSeconds, PhantomDbDataReader? reader = null)
    {
        RunningCommand = command;
        Reader = reader;
        _trace = CommandTrace.Begin(this, command);
        Guard.Begin(timeoutSeconds);
    }

    /// <summary>The command that runs has failed. Throws the error that the user is to see, where it is another one.</summary>
    internal void NoteFailure(Exception error, CancellationToken token)
    {
        _trace?.Fail(error);
        if (error is PhantomDbException { SqlState: "57014" } stopped && _guard is { } guard)   // else it was stopped by who has closed the connection
        {
            throw guard.Translate(stopped, token);
        }
    }

    internal void EndCommand()
    {
        _guard?.End();
        _trace?.End();
        _trace = null;
        RunningCommand = null;
        Reader = null;
    }

    /// <inheritdoc/>
    protected override DbTransaction BeginDbTransaction(IsolationLevel isolationLevel) => BeginTransaction(isolationLevel);

    /// <inheritdoc/>
    protected override DbCommand CreateDbCommand() => CreateCommand();

    /// <inheritdoc/>
    protected override DbBatch CreateDbBatch() => CreateBatch();

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            Close();
        }
        base.Dispose(disposing);
    }

    private Database AcquireDatabase()
    {
        if (_settings.DataSource.Length == 0 && _settings.Mode != PhantomDbOpenMode.Memory)
        {
            throw new InvalidOperationException("The connection string has no Data Source: name a database, a file, or :memory:.");
        }
        _shared = _source is not null ? _source.Share() : SharedDatabase.Acquire(_settings);
        return _shared.Database;
    }

    private void ApplySettings(Session session)
    {
        Apply(session, "search_path", _settings.SearchPath);
        Apply(session, "application_name", _settings.ApplicationName);
        Apply(session, "timezone", _settings.TimeZone);
    }

    private static void Apply(Session session, string name, string value)
    {
        if (value.Length > 0)
        {
            using PreparedStatement set = session.Prepare("SELECT set_config($1, $2, false)");
            set.Bind(1, name);
            set.Bind(2, value);
            using QueryResult result = set.Execute();
            result.Read();
        }
    }

    private void EndSession()
    {
        bool isInUse = false;
        try
        {
            StopSession();
        }
        catch (PhantomDbException error) when (error.SqlState == InUse)
        {
            isInUse = true;
            throw;
        }
        finally
        {
            if (!isInUse)
            {
                Transaction?.Lose();
                SharedDatabase? shared = _shared;
                (_session, _shared) = (null, null);
                _statements.Clear();
                _guard?.Dispose();
                _guard = null;
                RunningCommand = null;
                Reader = null;
                Transaction = null;
                shared?.Release();
            }
        }
    }

    private void StopSession()
    {
        for (long deadline = Environment.TickCount64 + PatienceMs; ; Thread.Sleep(1))
        {
            try
            {
                _session?.Dispose();
                return;
            }
            catch (PhantomDbException error) when (error.SqlState == InUse && Environment.TickCount64 < deadline)
            {
                _session?.Cancel();
            }
        }
    }

    private void OnNotice(string message) => Notice?.Invoke(this, new PhantomDbNoticeEventArgs(message));
}
