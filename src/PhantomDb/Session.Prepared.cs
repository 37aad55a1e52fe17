using PhantomDb.Catalog;
using PhantomDb.Errors;
using PhantomDb.Execution;
using PhantomDb.Execution.Physical;
using PhantomDb.Execution.Points;
using PhantomDb.Parsing.Ast;
using PhantomDb.Planning.Logical;
using PhantomDb.Storage;
using PhantomDb.Transactions;
using PhantomDb.Vectors;

namespace PhantomDb;

/// <summary>Prepared statements: the general way with a kept plan, and the single-row way without operators or allocation.</summary>
public sealed partial class Session
{
    private Vector[] _parameters = [];
    private PreparedStatement? _prepared;       // whose binding and plan the statement that runs uses
    private CancellationTokenSource? _pointWaiting;

    /// <summary>
    /// Parses and binds one statement with parameters $1, $2 …, so that it can be executed many times with other values.
    /// </summary>
    /// <exception cref="PhantomDbException">The statement is wrong; the place is in <see cref="PhantomDbException.Position"/>.</exception>
    public PreparedStatement Prepare(string sql)
    {
        ArgumentNullException.ThrowIfNull(sql);
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        IReadOnlyList<Statement> statements = Parse(sql);
        if (statements.Count != 1)
        {
            throw new PhantomDbException(SqlStates.SyntaxError, "cannot insert multiple commands into a prepared statement");
        }
        Enter();
        try
        {
            DatabaseCatalog catalog = _database.Catalog;
            _statement.Begin(catalog, isTransaction: !_isInTransaction);
            return new PreparedStatement(this, statements[0], catalog);
        }
        catch
        {
            Fail();
            throw;
        }
        finally
        {
            Volatile.Write(ref _isBusy, 0);
        }
    }

    internal StatementContext StatementContext => _statement;

    internal Database Database => _database;

    /// <summary>Runs a prepared statement through operators.</summary>
    internal QueryResult Run(PreparedStatement prepared, Statement statement, Vector[] parameters)
    {
        _parameters = parameters;
        _prepared = prepared;
        try
        {
            return Run(statement);
        }
        finally
        {
            _prepared = null;
            _parameters = [];
        }
    }

    /// <summary>
    /// Runs a single-row statement as a transaction of its own; -1 where it must go the general way: inside BEGIN … COMMIT,
    /// or where the definitions have changed.
    /// </summary>
    internal int RunPoint(PointStatement point, RowBuffer parameters)
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        Enter();
        try
        {
            if (_isInTransaction || _transaction.IsActive)
            {
                return -1;
            }
            _transaction.Begin();
            bool isDone = false;
            try
            {
                if (point.Writes)
                {
                    WaitToWrite();
                }
                if (!point.IsCurrent(_database.Catalog, _database.Storage))
                {
                    return -1;
                }
                int rowCount = point.Run(_transaction, parameters);
                _transaction.Commit();
                isDone = true;
                return rowCount;
            }
            finally
            {
                if (!isDone)
                {
                    _transaction.Rollback();
                }
            }
        }
        finally
        {
            Volatile.Write(ref _isBusy, 0);
        }
    }

    private void Enter()
    {
        if (Interlocked.Exchange(ref _isBusy, 1) != 0)
        {
            throw new PhantomDbException(SqlStates.ObjectNotInPrerequisiteState, "the session is in use by another thread");
        }
        if (_open is not null)
        {
            Volatile.Write(ref _isBusy, 0);
            throw new PhantomDbException(SqlStates.ObjectInUse, "a result of this session is still open: dispose it before the next statement");
        }
    }

    private void WaitToWrite()
    {
        if (_pointWaiting is null || _pointWaiting.IsCancellationRequested)
        {
            _pointWaiting = new CancellationTokenSource();
        }
        Volatile.Write(ref _waiting, _pointWaiting);
        try
        {
            _transaction.BeginWriting(_pointWaiting.Token);
        }
        finally
        {
            Volatile.Write(ref _waiting, null);
        }
    }

    private PhysicalPlan PhysicalPlanOf(BoundPlan plan, StatementScope scope)
    {
        if (_prepared is null)
        {
            return scope.Plan(plan.Plan, plan.ResultColumns);
        }
        return _prepared.PhysicalPlan ??= scope.Plan(plan.Plan, plan.ResultColumns);
    }
}
