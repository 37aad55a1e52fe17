using PhantomDb.Binding;
using PhantomDb.Catalog;
using PhantomDb.Errors;
using PhantomDb.Execution;
using PhantomDb.Execution.Settings;
using PhantomDb.Parsing;
using PhantomDb.Parsing.Ast;
using PhantomDb.Planning.Logical;
using PhantomDb.Storage;
using PhantomDb.Transactions;
using PhantomDb.Types;
using PhantomDb.Vectors;

namespace PhantomDb;

/// <summary>
/// A connection to a database within the process: runs statements one after the other. Each statement is atomic; outside
/// BEGIN … COMMIT each is a transaction of its own. One thread at a time, except for <see cref="Cancel"/>.
/// </summary>
public sealed partial class Session : IDisposable
{
    private readonly Database _database;
    private readonly SessionSettings _settings = new();
    private readonly StatementContext _statement;
    private readonly Transaction _transaction;
    private readonly MemoryAccount _memory;
    private CancellationTokenSource? _waiting;
    private QueryResult? _open;
    private bool _isInTransaction;
    private bool _isFailed;
    private bool _isDisposed;
    private int _isBusy;

    internal Session(Database database)
    {
        _database = database;
        _memory = new MemoryAccount("statement", database.Options.WorkMemory, database.Memory);
        _statement = new StatementContext(database.Name, _settings, database.Storage, _memory);
        _transaction = database.Transactions.NewTransaction();
    }

    /// <summary>Raised for a notice, such as "relation "t" already exists, skipping".</summary>
    public event Action<string>? Notice;

    /// <summary>What COPY … FROM STDIN reads; the session does not close it.</summary>
    public Stream? CopyInput { get; set; }

    /// <summary>What COPY … TO STDOUT writes to; the session does not close it.</summary>
    public Stream? CopyOutput { get; set; }

    /// <summary>Called with the rows read so far, every million rows of a COPY FROM.</summary>
    public Action<long>? CopyProgress { get; set; }

    /// <summary>True between BEGIN and COMMIT or ROLLBACK.</summary>
    public bool IsInTransaction => _isInTransaction;

    /// <summary>Runs one statement. Rows are computed as they are read; the result must be disposed before the next statement.</summary>
    /// <exception cref="PhantomDbException">The statement is wrong or failed; it has changed nothing.</exception>
    public QueryResult Execute(string sql)
    {
        ArgumentNullException.ThrowIfNull(sql);
        IReadOnlyList<Statement> statements = Parse(sql);
        return statements.Count switch
        {
            0 => new QueryResult([], null, "", -1, countsRows: false, _statement),
            1 => Run(statements[0]),
            _ => throw new PhantomDbException(SqlStates.SyntaxError, "cannot run several statements at once; use ExecuteScript"),
        };
    }

    /// <summary>
    /// Runs the statements of a text one after the other, giving each result before the next statement runs. Stops at the
    /// first error; what ran before stays.
    /// </summary>
    /// <exception cref="PhantomDbException">A statement is wrong or failed.</exception>
    public IEnumerable<QueryResult> ExecuteScript(string sql)
    {
        ArgumentNullException.ThrowIfNull(sql);
        foreach (Statement statement in Parse(sql))
        {
            using QueryResult result = Run(statement);
            yield return result;
        }
    }

    /// <summary>Makes the running statement fail with SQLSTATE 57014; from any thread. Nothing happens where none is running.</summary>
    public void Cancel()
    {
        _statement.Cancel();
        Volatile.Read(ref _waiting)?.Cancel();
    }

    /// <summary>Rolls back an open transaction and ends the session.</summary>
    public void Dispose()
    {
        if (_isDisposed)
        {
            return;
        }
        _open?.Dispose();
        _isDisposed = true;
        if (_transaction.IsActive)
        {
            _transaction.Rollback();
        }
        _transaction.Close();
        _memory.ReleaseAll();
    }

    private IReadOnlyList<Statement> Parse(string sql)
    {
        try
        {
            return SqlParser.Parse(sql);
        }
        catch
        {
            Fail();
            throw;
        }
    }

    private QueryResult Run(Statement statement)
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        if (Interlocked.Exchange(ref _isBusy, 1) != 0)
        {
            throw new PhantomDbException(SqlStates.ObjectNotInPrerequisiteState, "the session is in use by another thread");
        }
        try
        {
            if (_open is not null)
            {
                throw new PhantomDbException(SqlStates.ObjectInUse, "a result of this session is still open: dispose it before the next statement");
            }
            if (_isFailed && statement is not (RollbackStatement or CommitStatement))
            {
                throw new PhantomDbException(SqlStates.InFailedSqlTransaction, "current transaction is aborted, commands ignored until end of transaction block");
            }
            QueryResult result = RunGuarded(statement);
            if (result.Columns.Count > 0 && !result.IsClosed)
            {
                _open = result;
            }
            return result;
        }
        finally
        {
            Volatile.Write(ref _isBusy, 0);
        }
    }

    private QueryResult RunGuarded(Statement statement)
    {
        DatabaseCatalog catalog = _database.Catalog;
        _statement.Begin(catalog, isTransaction: !_isInTransaction);
        bool isOwnTransaction = !_transaction.IsActive;
        int mark = 0;
        try
        {
            if (isOwnTransaction)
            {
                _transaction.Begin();
            }
            mark = _transaction.Mark();
            BoundStatement bound = Bind(statement, catalog);
            return Carry(bound, statement, isOwnTransaction);
        }
        catch
        {
            if (_transaction.IsActive)
            {
                if (isOwnTransaction)
                {
                    _transaction.Rollback();
                }
                else
                {
                    _transaction.UndoTo(mark);
                }
            }
            _memory.ReleaseAll();
            Fail();
            throw;
        }
    }

    private void Fail() => _isFailed |= _isInTransaction;

    private BoundStatement Bind(Statement statement, DatabaseCatalog catalog)
    {
        if (_prepared is not null)
        {
            return _prepared.BoundFor(catalog);
        }
        BoundStatement bound = BindAnew(statement, catalog, []);
        return bound.ParameterTypes.Count == 0
            ? bound
            : throw new PhantomDbException(SqlStates.UndefinedParameter, "there is no parameter $1");
    }

    internal BoundStatement BindAnew(Statement statement, DatabaseCatalog catalog, IReadOnlyList<SqlType> parameterTypes) => Binder.Bind(statement, new BinderContext(catalog)
    {
        ParameterTypes = parameterTypes,
        DatabaseName = _database.Name,
        Clock = new DateTimeClock(_statement.TransactionTime, _statement.TimeZone),
    });

    private QueryResult Carry(BoundStatement bound, Statement statement, bool isOwnTransaction)
    {
        switch (bound)
        {
            case BoundPlan { Plan: LogicalModification } plan:
                BeginWriting();
                if (!ReferenceEquals(_statement.Catalog, _database.Catalog))
                {
                    plan = (BoundPlan)Rebind(statement);
                }
                return Modify(plan, isOwnTransaction);
            case BoundPlan plan:
                _transaction.BeginReading();
                return Query(plan, isOwnTransaction);
            case CopyFromCommand:
                BeginWriting();
                return CopyFrom((CopyFromCommand)Rebind(statement), isOwnTransaction);
            case CopyToCommand copy:
                _transaction.BeginReading();
                return CopyTo(copy, isOwnTransaction);
            case SchemaChange:
                if (_isInTransaction)
                {
                    throw Error.NotSupported($"{bound.CommandTag} inside a transaction block");
                }
                BeginWriting();
                return Define((SchemaChange)Rebind(statement));
            case TruncateCommand:
                if (_isInTransaction)
                {
                    throw Error.NotSupported("TRUNCATE inside a transaction block");
                }
                BeginWriting();
                return Truncate((TruncateCommand)Rebind(statement));
            default:
                QueryResult result = RunCommand(bound);
                if (isOwnTransaction && !_isInTransaction && _transaction.IsActive)
                {
                    _transaction.Commit();
                }
                return result;
        }
    }

    private BoundStatement Rebind(Statement statement)
    {
        _statement.Begin(_database.Catalog, isTransaction: false);
        return Bind(statement, _database.Catalog);
    }

    private void BeginWriting()
    {
        using CancellationTokenSource waiting = new();
        Volatile.Write(ref _waiting, waiting);
        try
        {
            _transaction.BeginWriting(waiting.Token);
        }
        catch (OperationCanceledException)
        {
            throw Error.Cancelled();
        }
        finally
        {
            Volatile.Write(ref _waiting, null);
        }
    }

    private StatementScope NewScope() =>
        new(_transaction, _database.Storage, _statement.Catalog, _statement, _parameters);

    private QueryResult Query(BoundPlan plan, bool isOwnTransaction)
    {
        StatementScope scope = NewScope();
        QueryExecution execution = new(PhysicalPlanOf(plan, scope), scope.NewContext());
        return new QueryResult(Columns(plan.ResultColumns), new RunningPlan(this, execution, isOwnTransaction), plan.CommandTag, -1, countsRows: true, _statement);
    }

    private QueryResult Modify(BoundPlan plan, bool isOwnTransaction)
    {
        ModificationRunner runner = new(NewScope());
        ColumnarBuffer? rows = runner.Run((LogicalModification)plan.Plan);
        if (isOwnTransaction)
        {
            _transaction.Commit();
        }
        string tag = plan.CommandTag == "INSERT" ? $"INSERT 0 {runner.RowCount}" : $"{plan.CommandTag} {runner.RowCount}";
        if (rows is null)
        {
            _memory.ReleaseAll();
            return new QueryResult([], null, tag, runner.RowCount, countsRows: false, _statement);
        }
        return new QueryResult(Columns(plan.ResultColumns), new KeptRows(this, rows), tag, runner.RowCount, countsRows: false, _statement);
    }

    private QueryResult CopyFrom(CopyFromCommand copy, bool isOwnTransaction)
    {
        Stream stream = copy.FileName is null
            ? CopyInput ?? throw Error.NotSupported("COPY FROM STDIN without Session.CopyInput")
            : OpenFile(copy.FileName, FileMode.Open, FileAccess.Read);
        try
        {
            Execution.Copy.CopyInput input = new(copy, stream, CopyProgress);
            StatementScope scope = new(_transaction, _database.Storage, _statement.Catalog, _statement, _parameters) { VirtualTables = input };
            ModificationRunner runner = new(scope);
            runner.Run(Execution.Copy.CopyInput.PlanOf(copy));
            if (isOwnTransaction)
            {
                _transaction.Commit();
            }
            _memory.ReleaseAll();
            return Done($"COPY {runner.RowCount}", runner.RowCount);
        }
        finally
        {
            if (copy.FileName is not null)
            {
                stream.Dispose();
            }
        }
    }

    private QueryResult CopyTo(CopyToCommand copy, bool isOwnTransaction)
    {
        Stream stream = copy.FileName is null
            ? CopyOutput ?? throw Error.NotSupported("COPY TO STDOUT without Session.CopyOutput")
            : OpenFile(copy.FileName, FileMode.Create, FileAccess.Write);
        long rowCount = 0;
        try
        {
            Execution.Copy.CopyOutput output = new(stream, copy.Options, copy.Columns, _statement);
            output.WriteHeader();
            QueryExecution execution = NewScope().Run(copy.Plan, copy.Columns);
            while (execution.Next() is { } chunk)
            {
                output.Write(chunk);
                rowCount += chunk.Count;
            }
            output.Flush();
        }
        finally
        {
            if (copy.FileName is not null)
            {
                stream.Dispose();
            }
        }
        if (isOwnTransaction)
        {
            _transaction.Commit();
        }
        _memory.ReleaseAll();
        return Done($"COPY {rowCount}", rowCount);
    }

    private static FileStream OpenFile(string name, FileMode mode, FileAccess access)
    {
        string purpose = access == FileAccess.Read ? "reading" : "writing";
        try
        {
            return new FileStream(name, mode, access, FileShare.Read, 128 * 1024, FileOptions.SequentialScan);
        }
        catch (Exception error) when (error is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new PhantomDbException(SqlStates.UndefinedFile, $"could not open file \"{name}\" for {purpose}: no such file or directory", error);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw new PhantomDbException(SqlStates.IoError, $"could not open file \"{name}\" for {purpose}: {error.Message}", error);
        }
    }

    private QueryResult Define(SchemaChange change)
    {
        foreach (string notice in change.Notices)
        {
            Notice?.Invoke(notice);
        }
        StatementScope scope = NewScope();
        scope.Catalog = change.ApplyTo(scope.Catalog);
        SchemaChangeRunner runner = new(scope);
        try
        {
            runner.Run(change);
        }
        catch
        {
            runner.Discard();
            throw;
        }
        runner.Publish(_database.Transactions);
        _database.Catalog = scope.Catalog;
        _transaction.Commit();
        _memory.ReleaseAll();
        bool isFilled = change.Actions.OfType<FillTable>().Any();
        return Done(isFilled ? $"SELECT {runner.RowCount}" : change.CommandTag, isFilled ? runner.RowCount : -1);
    }

    private QueryResult Truncate(TruncateCommand truncate)
    {
        List<TableStore> empty = [.. truncate.Tables.Select(_database.Storage.NewTable)];
        foreach (TableStore table in empty)
        {
            _database.Storage.GetTable(table.Definition.Oid).ReleaseMemory();
            _database.Transactions.Publish(table);
        }
        foreach (SequenceDefinition sequence in truncate.RestartedSequences)
        {
            _database.Storage.GetSequence(sequence.Oid).Set(sequence.Start, isCalled: false);
        }
        _transaction.Commit();
        return Done(truncate.CommandTag);
    }

    private QueryResult RunCommand(BoundStatement bound)
    {
        switch (bound)
        {
            case SetCommand { Values.Count: 0 } set:
                _settings.Reset(set.Name);
                return Done(set.CommandTag);
            case SetCommand set:
                _settings.Set(set.Name, string.Join(", ", set.Values));
                return Done(set.CommandTag);
            case ResetCommand { Name: null }:
                _settings.ResetAll();
                return Done(bound.CommandTag);
            case ResetCommand reset:
                _settings.Reset(reset.Name!);
                return Done(bound.CommandTag);
            case ShowCommand { Name: { } name }:
                return Text(name, [_settings.Get(name)], bound.CommandTag);
            case BeginCommand:
                if (_isInTransaction)
                {
                    Notice?.Invoke("there is already a transaction in progress");
                }
                _isInTransaction = true;
                return Done(bound.CommandTag);
            case CommitCommand:
                return End(commits: !_isFailed);
            case RollbackCommand:
                return End(commits: false);
            case CreateDatabaseCommand create:
                EnsureNoTransaction(bound);
                DatabaseFiles.Create(create.Name, _database.Options.DataDirectory);
                return Done(bound.CommandTag);
            case DropDatabaseCommand drop:
                EnsureNoTransaction(bound);
                DropDatabase(drop);
                return Done(bound.CommandTag);
            case AnalyzeCommand or VacuumCommand or NoOperationCommand:
                return Done(bound.CommandTag);
            case BoundExplain { IsAnalyze: false, Statement: BoundPlan plan }:
                return Text("QUERY PLAN", ExplainLines(plan), bound.CommandTag);
            case BoundExplain { IsAnalyze: true, Statement: BoundPlan { Plan: not LogicalModification } plan }:
                return Text("QUERY PLAN", AnalyzeLines(plan), bound.CommandTag);
            default:
                throw Error.NotSupported(bound.CommandTag);
        }
    }

    private void EnsureNoTransaction(BoundStatement bound)
    {
        if (_isInTransaction)
        {
            throw new PhantomDbException(SqlStates.ActiveSqlTransaction, $"{bound.CommandTag} cannot run inside a transaction block");
        }
    }

    private void DropDatabase(DropDatabaseCommand drop)
    {
        if (drop.Name == _database.Name)
        {
            throw new PhantomDbException(SqlStates.ObjectInUse, "cannot drop the currently open database");
        }
        if (!DatabaseFiles.Drop(drop.Name, _database.Options.DataDirectory))
        {
            if (!drop.IfExists)
            {
                throw new PhantomDbException(SqlStates.InvalidDatabaseName, $"database \"{drop.Name}\" does not exist");
            }
            Notice?.Invoke($"database \"{drop.Name}\" does not exist, skipping");
        }
    }

    private IEnumerable<string> ExplainLines(BoundPlan plan)
    {
        LogicalOperator optimized = Planning.Optimizer.Optimize(plan.Plan, _database.Storage, NewScope().Evaluation);
        return Planning.LogicalPlanPrinter.Print(optimized).TrimEnd('\n').Split('\n');
    }

    // Runs the query to its end, with counters and clocks in every operator.
    private List<string> AnalyzeLines(BoundPlan plan)
    {
        _transaction.BeginReading();
        StatementScope scope = NewScope();
        long start = System.Diagnostics.Stopwatch.GetTimestamp();
        Execution.Physical.PhysicalPlan physical = scope.Plan(plan.Plan, plan.ResultColumns);
        double planningMs = System.Diagnostics.Stopwatch.GetElapsedTime(start).TotalMilliseconds;
        ExecutionProfile profile = new();
        QueryExecution execution = new(physical, scope.NewContext(), profile);
        start = System.Diagnostics.Stopwatch.GetTimestamp();
        while (execution.Next() is not null)
        {
        }
        double executionMs = System.Diagnostics.Stopwatch.GetElapsedTime(start).TotalMilliseconds;
        return
        [
            .. PhysicalPlanPrinter.Print(physical, showsRows: true, profile),
            string.Create(System.Globalization.CultureInfo.InvariantCulture, $"Planning Time: {planningMs:F3} ms"),
            string.Create(System.Globalization.CultureInfo.InvariantCulture, $"Execution Time: {executionMs:F3} ms"),
        ];
    }

    private QueryResult End(bool commits)
    {
        if (!_isInTransaction)
        {
            Notice?.Invoke("there is no transaction in progress");
        }
        _isInTransaction = false;
        _isFailed = false;
        if (commits)
        {
            _transaction.Commit();
        }
        else
        {
            _transaction.Rollback();
        }
        return Done(commits ? "COMMIT" : "ROLLBACK");
    }

    private QueryResult Done(string tag, long rowsAffected = -1) => new([], null, tag, rowsAffected, countsRows: false, _statement);

    private QueryResult Text(string column, IEnumerable<string> lines, string tag)
    {
        ColumnarBuffer rows = new([PhysicalType.String], _memory);
        Vector vector = new(PhysicalType.String);
        foreach (string line in lines)
        {
            vector.Write<StringView>()[0] = vector.Heap.Add(System.Text.Encoding.UTF8.GetBytes(line));
            vector.SealStrings();
            rows.Append([vector], null, 1);
        }
        return new QueryResult([new ResultColumn(column, SqlType.Text, isDeclared: false)], new KeptRows(this, rows), tag, -1, countsRows: false, _statement);
    }

    private static ResultColumn[] Columns(IReadOnlyList<LogicalColumn> columns) =>
        [.. columns.Select(c => new ResultColumn(c.Name, c.Type, isDeclared: false))];

    private void CloseResult()
    {
        _open = null;
        _memory.ReleaseAll();
    }

    /// <summary>A query's rows as they are computed; its end ends the statement.</summary>
    private sealed class RunningPlan(Session session, QueryExecution execution, bool isOwnTransaction) : ResultSource
    {
        private bool _isEnded;

        public override DataChunk? Next()
        {
            try
            {
                return _isEnded ? null : execution.Next();
            }
            catch
            {
                session.Fail();
                throw;
            }
        }

        public override void Dispose()
        {
            if (_isEnded)
            {
                return;
            }
            _isEnded = true;
            if (isOwnTransaction && session._transaction.IsActive)
            {
                session._transaction.Commit();
            }
            session.CloseResult();
        }
    }

    /// <summary>Rows that a statement has left behind.</summary>
    private sealed class KeptRows(Session session, ColumnarBuffer rows) : ResultSource
    {
        private readonly DataChunk _chunk = new(rows.Types);
        private int _block;

        public override DataChunk? Next()
        {
            if (_block >= rows.BlockCount)
            {
                return null;
            }
            rows.Read(_block++, _chunk);
            return _chunk;
        }

        public override void Dispose() => session.CloseResult();
    }
}
