using PhantomDb.Binding;
using PhantomDb.Catalog;
using PhantomDb.Errors;
using PhantomDb.Execution;
using PhantomDb.Execution.Settings;
using PhantomDb.Parsing;
using PhantomDb.Parsing.Ast;
using PhantomDb.Planning.Logical;
using PhantomDb.Transactions;
using PhantomDb.Types;
using PhantomDb.Vectors;

namespace PhantomDb;

/// <summary>
/// A connection to a database within the process: runs statements one after the other. Each statement is atomic; outside
/// BEGIN … COMMIT each is a transaction of its own. One thread at a time, except for <see cref="Cancel"/>: a second thread
/// gets an error.
/// </summary>
public sealed partial class Session : IDisposable
{
    private const int PatienceMs = 10_000;
    private const int RefusalSpins = 50;

    private readonly Database _database;
    private readonly SessionSettings _settings;
    private readonly StatementContext _statement;
    private readonly SystemSurroundings _surroundings;
    private readonly Transaction _transaction;
    private readonly LockManager _locks;
    private readonly MemoryAccount _memory;
    private readonly DeferredChecks _deferred;
    private readonly LiteralScanner _literals = new();
    private readonly PlanCache _plans;
    private QueryResult? _open;
    private OpenRows? _openRows;   // of the open result, where it has to be ended
    private readonly bool _isReady;
    private bool _isInTransaction;
    private bool _isFailed;
    private bool _isDisposed;
    private int _isBusy;

    internal Session(Database database, bool takesSettings)
    {
        _database = database;
        _settings = new SessionSettings(
            database.Options.WorkMemory, takesSettings ? database.Options.SlowStatementTime : null, takesSettings ? database.Catalog.Settings : null, database.SettingInForce);
        _memory = new MemoryAccount("statement", database.Options.WorkMemory, database.Memory);
        _surroundings = new SystemSurroundings(database);
        _transaction = database.Transactions.NewTransaction();
        _locks = database.Transactions.Locks;
        var self = new WeakReference<Session>(this);   // the lock manager knows the transaction: through it, it must not keep the session
        _statement = new StatementContext(database.Name, _settings, database.Storage, _memory, _surroundings)
        {
            ProcessId = _transaction.ProcessId,
            Warn = message => Warn(self, message),
        };
        _statement.IsReadOnly = IsReadOnly(_transaction);
        _statement.AwaitSequence = AwaitSequence(_transaction, _statement);
        _statement.NumberTransaction = _transaction.TransactionId;
        _settings.IdleLimitsChanged = () => Watch(self);
        _plans = new PlanCache(database.Options.PlanCacheSize);
        StatementContext statement = _statement;
        MemoryAccount checks = new("deferred checks", long.MaxValue, database.Memory);
        _transaction.Doubts.Account = checks;
        _deferred = new DeferredChecks(_transaction, checks);
        _transaction.WaitLimits.ThrowIfStopped = statement.ThrowIfCancelled;
        _transaction.WaitLimits.RemainingTime = () => statement.RemainingTime;
        _isReady = true;
    }

    /// <summary>Ends a session that nobody has disposed of, and that nobody can use any more.</summary>
    ~Session()
    {
        if (_isReady && !_isDisposed)
        {
            // Rolling back takes locks, for which the thread of the finalizers must not wait.
            ThreadPool.UnsafeQueueUserWorkItem(static session => session.TryEnd(), this, preferLocal: false);
        }
    }

    /// <summary>Raised for a notice, such as "relation "t" already exists, skipping". Where it has a DETAIL, that follows on lines of its own.</summary>
    public event Action<string>? Notice;

    /// <summary>
    /// Raised for what a client should be warned of, such as "there is no transaction in progress", or records that are missing in the log that is read. Where nobody
    /// listens, <see cref="Notice"/> takes it.
    /// </summary>
    public event Action<string>? Warning;

    /// <summary>What COPY … FROM STDIN reads; the session does not close it.</summary>
    public Stream? CopyInput { get; set; }

    /// <summary>What COPY … TO STDOUT writes to; the session does not close it.</summary>
    public Stream? CopyOutput { get; set; }

    /// <summary>Called with the rows read so far, every million rows of a COPY FROM.</summary>
    public Action<long>? CopyProgress { get; set; }

    /// <summary>True between BEGIN and COMMIT or ROLLBACK.</summary>
    public bool IsInTransaction => _isInTransaction;

    /// <summary>True where an error has ended that transaction: every further statement fails with 25P02, until ROLLBACK, or ROLLBACK TO a savepoint.</summary>
    public bool IsTransactionFailed => _isInTransaction && _isFailed;

    internal Database Database => _database;

    /// <summary>Number of the session among all of the database, as pg_backend_pid() gives it.</summary>
    public int ProcessId => _transaction.ProcessId;

    internal StatementContext StatementContext => _statement;

    internal PlanCache Plans => _plans;

    internal int SettingsVersion => _settings.Version;

    internal bool IsDisposed => _isDisposed;

    /// <summary>True in a transaction block, while a statement runs and while its result is read.</summary>
    internal bool HasOpenTransaction => !_isDisposed && (_isInTransaction || _transaction.IsActive || _open is { IsClosed: false });

    /// <summary>
    /// Runs one statement. Rows are computed as they are read; the result must be disposed before the next statement. Of a text with
    /// several statements, which are one transaction as in <see cref="ExecuteBatch"/>, the result is the last one's.
    /// </summary>
    /// <exception cref="PhantomDbException">The statement is wrong or failed; it has changed nothing.</exception>
    public QueryResult Execute(string sql)
    {
        ArgumentNullException.ThrowIfNull(sql);
        Enter();
        _text = sql;
        try
        {
            return IsTimed ? ExecuteTimed(sql) : ExecuteEntered(sql);
        }
        finally
        {
            Leave();
        }
    }

    /// <summary>
    /// Runs the statements of a text one after the other, giving each result before the next statement runs. Stops at the
    /// first error; what ran before stays.
    /// </summary>
    /// <exception cref="PhantomDbException">A statement is wrong or failed.</exception>
    public IEnumerable<QueryResult> ExecuteScript(string sql)
    {
        ArgumentNullException.ThrowIfNull(sql);
        return RunScript(sql);
    }

    /// <summary>
    /// Runs the statements of a text as one transaction, giving each result before the next statement runs: either all take
    /// effect, or, after an error or where not all results are asked for, none. As a PostgreSQL server does with several
    /// statements in one message: BEGIN makes the transaction go on after the text, COMMIT and ROLLBACK end it early, and what
    /// follows them is the next one. Inside BEGIN … COMMIT the statements are part of that transaction. Until the last result has been
    /// asked for, or the enumeration is given up (disposed of), the session runs nothing else.
    /// </summary>
    /// <exception cref="PhantomDbException">A statement is wrong or failed.</exception>
    public IEnumerable<QueryResult> ExecuteBatch(string sql)
    {
        ArgumentNullException.ThrowIfNull(sql);
        return RunBatch(sql);
    }

    /// <summary>
    /// Parses and binds one statement with parameters $1, $2 …, so that it can be executed many times with other values.
    /// </summary>
    /// <exception cref="PhantomDbException">The statement is wrong; the place is in <see cref="PhantomDbException.Position"/>.</exception>
    public PreparedStatement Prepare(string sql) => Prepare(sql, []);

    /// <summary>As <see cref="Prepare(string)"/>, with types of the parameters, as PostgreSQL's protocol takes them.</summary>
    /// <param name="parameterTypeOids">Oids of the types of $1, $2 … in pg_type; 0, or a list that is too short, leaves a type to the context.</param>
    /// <exception cref="PhantomDbException">The statement is wrong; or 42704: there is no type of an oid.</exception>
    public PreparedStatement Prepare(string sql, ReadOnlySpan<int> parameterTypeOids)
    {
        ArgumentNullException.ThrowIfNull(sql);
        var types = new SqlType[parameterTypeOids.Length];
        for (int i = 0; i < types.Length; i++)
        {
            int oid = parameterTypeOids[i];
            types[i] = oid == 0 ? SqlType.Unknown
                : BuiltInTypeOids.Find(oid) ?? throw new PhantomDbException(SqlStates.UndefinedObject, $"there is no type with oid {oid}");
        }
        Enter();
        _text = sql;
        try
        {
            IReadOnlyList<Statement> statements = Parse(sql);
            if (statements.Count != 1)
            {
                throw Failed(new PhantomDbException(SqlStates.SyntaxError, "cannot insert multiple commands into a prepared statement"));
            }
            EnsureNotFailed(statements[0]);
            return Prepare(statements[0], sql, types);
        }
        finally
        {
            Leave();
        }
    }

    /// <summary>Makes the running statement fail with SQLSTATE 57014; from any thread. Nothing happens where none is running.</summary>
    public void Cancel()
    {
        _statement.Cancel();
        _transaction.Interrupt();
    }

    /// <summary>Rolls back an open transaction and ends the session.</summary>
    /// <exception cref="PhantomDbException">Another thread is running a statement: cancel it first.</exception>
    public void Dispose()
    {
        if (_isDisposed)
        {
            _stop = StopReason.None;   // from now on it is simply disposed of
            return;
        }
        Take();
        try
        {
            End(commitsResult: true);
            _stop = StopReason.None;
        }
        finally
        {
            Leave();
        }
    }

    // Rolls back and ends the session, where no thread uses it just now.
    private bool TryEnd()
    {
        if (Interlocked.Exchange(ref _isBusy, 1) != 0)
        {
            return false;
        }
        try
        {
            End(commitsResult: false);
        }
        catch (Exception error) when (error is PhantomDbException or IOException)
        {
            // Nobody is there to be told; the rollback is done whatever the open result's end says.
        }
        finally
        {
            Leave();
        }
        return true;
    }

    private void End(bool commitsResult)
    {
        if (_isDisposed)
        {
            return;
        }
        QueryResult? open = _open;
        try
        {
            _openRows?.End(commitsResult);
        }
        finally
        {
            _isDisposed = true;
            open?.Close(_stop);
            if (_transaction.IsActive)
            {
                RollbackTransaction();
            }
            _transaction.Close();
            _memory.ReleaseAll();
            _watch?.Dispose();
            GC.SuppressFinalize(this);
        }
    }

    private static Action<int> AwaitSequence(Transaction transaction, StatementContext statement) => oid =>
    {
        transaction.WaitLimits.LockTimeoutMs = statement.LockTimeoutMs;
        transaction.LockTable(oid, TableLockMode.RowExclusive, name: "sequence");
    };

    private static Func<bool> IsReadOnly(Transaction transaction) => () => transaction.IsReadOnly;

    private QueryResult ExecuteEntered(string sql)
    {
        bool isCacheable = _plans.Capacity > 0 && _literals.TryRead(sql);
        if (isCacheable && RunCached(sql) is { } cached)
        {
            return cached;
        }
        IReadOnlyList<Statement> statements = Parse(sql);
        return statements.Count switch
        {
            0 => new QueryResult([], null, "", -1, countsRows: false, _statement),
            1 => isCacheable ? RunAndCache(statements[0], sql) : Run(statements[0]),
            _ => RunAll(statements),
        };
    }

    private IEnumerable<QueryResult> RunScript(string sql)
    {
        IReadOnlyList<ParsedStatement> statements = Entered(() =>
        {
            _text = sql;
            return ParseScript(sql);
        });
        foreach (ParsedStatement statement in statements)
        {
            using QueryResult result = Entered(() => RunOf(sql, statement));
            yield return result;
        }
    }

    /// <summary>Takes the session for one call; an error where it is in use, or a result still open.</summary>
    private void Enter()
    {
        ThrowIfEnded();
        Take();
        if (_isDisposed)
        {
            Leave();
            ThrowIfEnded();   // by another thread, just now
        }
        if (Volatile.Read(ref _open) is { IsClosed: false })
        {
            Leave();
            throw ResultIsOpen();
        }
        _statementCount++;
    }

    private void ThrowIfEnded()
    {
        if (_stop != StopReason.None || _isDisposed)
        {
            ThrowEnded();
        }
        ObjectDisposedException.ThrowIf(_database.IsDisposed, _database);
    }

    private void Take()
    {
        if (Interlocked.Exchange(ref _isBusy, 1) != 0)
        {
            ThrowIfEnded();   // it may be its end that uses it
            throw new PhantomDbException(SqlStates.ObjectNotInPrerequisiteState, "the session is in use by another thread");
        }
    }

    /// <summary>Takes the session for its open result: another thread that is just being refused is no use by another thread.</summary>
    private void TakeForResult()
    {
        SpinWait spin = default;
        for (int i = 0; i < RefusalSpins; i++)
        {
            if (Interlocked.Exchange(ref _isBusy, 1) == 0)
            {
                return;
            }
            spin.SpinOnce(sleep1Threshold: -1);
        }
        Take();
    }

    /// <summary>Takes the session for what has to be done, after another thread that is being refused, or ends it.</summary>
    private void TakeInTurn()
    {
        SpinWait wait = default;
        for (long deadline = Environment.TickCount64 + PatienceMs; Interlocked.Exchange(ref _isBusy, 1) != 0; wait.SpinOnce())
        {
            if (Environment.TickCount64 > deadline)
            {
                Take();
                return;
            }
        }
    }

    private void Leave()
    {
        if (!_isCommitPending)   // whoever awaits the commit leaves when it is over
        {
            Volatile.Write(ref _isBusy, 0);
        }
    }

    private IReadOnlyList<Statement> Parse(string sql) => Parsed(sql, SqlParser.Parse);

    private IReadOnlyList<ParsedStatement> ParseScript(string sql) => Parsed(sql, SqlParser.ParseScript);

    private IReadOnlyList<T> Parsed<T>(string sql, Func<string, IReadOnlyList<T>> parse)
    {
        try
        {
            return parse(sql);
        }
        catch
        {
            Fail();
            throw;
        }
    }

    /// <summary>Binds a statement; with null for the types of parameters it may have none.</summary>
    internal BoundStatement Bind(Statement statement, DatabaseCatalog catalog, IReadOnlyList<SqlType>? parameterTypes) =>
        Binder.Bind(statement, NewBinderContext(catalog) with { ParameterTypes = parameterTypes ?? [], AllowsParameters = parameterTypes is not null });

    private BinderContext NewBinderContext(DatabaseCatalog catalog) => new(catalog)
    {
        DatabaseName = _database.Name,
        FirstOid = _database.NextOid,
        SearchPath = _settings.SearchPath,
        PreparedStatements = this,
        VirtualTables = _surroundings,
        Clock = _statement.Clock,
    };

    private void EnsureNotFailed(Statement statement)
    {
        if (_isFailed && statement is not (RollbackStatement or CommitStatement or RollbackToSavepointStatement))
        {
            throw TransactionHasFailed();
        }
    }

    private static PhantomDbException TransactionHasFailed() =>
        new(SqlStates.InFailedSqlTransaction, "current transaction is aborted, commands ignored until end of transaction block");

    private static PhantomDbException ResultIsOpen() =>
        new(SqlStates.ObjectInUse, "a result of this session is still open: dispose it before the next statement")
        {
            Hint = "One whose Rows are enumerated ends with the enumeration: what is made of them beside it has to take them first (ToList), or a session of its own.",
        };

    /// <summary>
    /// An error ends all but the ROLLBACK of an open transaction, and undoes what it did up to its innermost savepoint, or all: nobody
    /// has to wait for the ROLLBACK. To be called when nothing of the statement runs any more.
    /// </summary>
    private void Fail()
    {
        _isBatchFailed = true;
        if (_isInTransaction && !_isFailed)
        {
            _isFailed = true;
            if (_transaction.IsActive)
            {
                GiveUp();
            }
        }
    }

    private PhantomDbException Failed(PhantomDbException error)
    {
        Fail();
        return error;
    }
}
