using PhantomDb.Catalog;
using PhantomDb.Errors;
using PhantomDb.Execution;
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
    private PreparedStatement Prepare(Statement statement)
    {
        try
        {
            DatabaseCatalog catalog = TakeDefinitions();
            _statement.Begin(catalog, isTransaction: !_isInTransaction);
            return new PreparedStatement(this, statement, catalog);
        }
        catch
        {
            Fail();
            throw;
        }
    }

    /// <summary>Runs a prepared statement through operators.</summary>
    internal QueryResult Run(StatementPlan plan, Vector[] parameters)
    {
        Enter();
        try
        {
            return RunKept(plan, parameters);
        }
        finally
        {
            Leave();
        }
    }

    private QueryResult RunKept(StatementPlan plan, Vector[] parameters)
    {
        _parameters = parameters;
        _plan = plan;
        try
        {
            return Run(plan.Statement);
        }
        finally
        {
            _plan = null;
            _parameters = [];
        }
    }

    /// <summary>
    /// Runs a single-row statement; -1 where it must go the general way: in a failed transaction, in one that has changed
    /// definitions or must note what it reads, where the definitions have changed, or where it fails (the general way then makes the error).
    /// </summary>
    internal int RunPoint(PointStatement point, RowBuffer parameters)
    {
        Enter();
        try
        {
            if (!MayRunPoint)
            {
                return -1;
            }
            _statement.Begin(_database.Catalog, isTransaction: !_isInTransaction);
            return RunPointEntered(point, parameters);
        }
        finally
        {
            Leave();
        }
    }

    internal QueryResult NewPointResult(PointStatement point, IReadOnlyList<ResultColumn> columns, int rowCount)
    {
        if (point.Rows is not null)
        {
            return new QueryResult(columns, point.Rows, point.Tag, -1, countsRows: true, _statement);
        }
        string tag = (point.Tag, rowCount) switch
        {
            ("INSERT", 1) => "INSERT 0 1",
            ("UPDATE", 1) => "UPDATE 1",
            ("DELETE", 1) => "DELETE 1",
            _ => StatementRunner.TagOf(point.Tag, rowCount),
        };
        return new QueryResult([], null, tag, rowCount, countsRows: false, _statement);
    }

    // A transaction that has changed definitions sees its own; of a SERIALIZABLE one, operators note what is read.
    private bool MayRunPoint => !_isFailed && _overlay is null
        && (_transaction.IsActive ? _transaction.Isolation : _settings.DefaultIsolation) != IsolationLevel.Serializable;

    // The statement has begun, its transaction has not.
    private int RunPointEntered(PointStatement point, RowBuffer parameters)
    {
        bool isOwnTransaction = !_transaction.IsActive;
        if (isOwnTransaction)
        {
            BeginTransaction();
        }
        int mark = isOwnTransaction ? 0 : _transaction.Mark();
        bool isDone = false;
        try
        {
            if (point.Writes)
            {
                EnsureMayWrite(point.Tag);
                SetWaitLimits();
                point.Lock(_transaction);
                _transaction.BeginWriting();
            }
            else if (!isOwnTransaction)
            {
                _transaction.BeginReading();
            }
            if (!point.IsCurrent(_database.Catalog, _database.Storage))
            {
                return -1;
            }
            int rowCount = point.Run(_transaction, parameters);
            if (isOwnTransaction)
            {
                _transaction.Commit();
            }
            isDone = true;
            return rowCount;
        }
        catch (PhantomDbException failure) when (!IsOfWaiting(failure))
        {
            return -1;
        }
        catch
        {
            Fail();
            throw;
        }
        finally
        {
            if (!isDone && _transaction.IsActive)
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
        }
    }

    // Errors that the general way would only make again, after waiting again.
    private static bool IsOfWaiting(PhantomDbException failure) => failure.SqlState is SqlStates.QueryCanceled
        or SqlStates.LockNotAvailable or SqlStates.DeadlockDetected or SqlStates.SerializationFailure or SqlStates.ReadOnlySqlTransaction;

    private void SetWaitLimits() => _transaction.WaitLimits.LockTimeoutMs = _statement.LockTimeoutMs;

    private BoundStatement Rebind(Statement statement)
    {
        DatabaseCatalog catalog = TakeDefinitions();
        _statement.Renew(catalog);
        return Bind(statement, catalog);
    }
}
