using PhantomDb.Catalog;
using PhantomDb.Errors;
using PhantomDb.Execution;
using PhantomDb.Execution.Points;
using PhantomDb.Parsing.Ast;
using PhantomDb.Planning.Logical;
using PhantomDb.Storage;
using PhantomDb.Vectors;

namespace PhantomDb;

/// <summary>Prepared statements: the general way with a kept plan, and the single-row way without operators or allocation.</summary>
public sealed partial class Session
{
    private CancellationTokenSource? _waiting;     // of the statement that waits to write
    private CancellationTokenSource _spareWaiting = new();

    private bool IsCurrent => ReferenceEquals(_statement.Catalog, _database.Catalog);

    private PreparedStatement Prepare(Statement statement)
    {
        try
        {
            DatabaseCatalog catalog = _database.Catalog;
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
    /// Runs a single-row statement; -1 where it must go the general way: in a failed transaction, where the definitions have
    /// changed, or where it fails (the general way then makes the error).
    /// </summary>
    internal int RunPoint(PointStatement point, RowBuffer parameters)
    {
        Enter();
        try
        {
            if (_isFailed)
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

    // The statement has begun, its transaction has not.
    private int RunPointEntered(PointStatement point, RowBuffer parameters)
    {
        bool isOwnTransaction = !_transaction.IsActive;
        if (isOwnTransaction)
        {
            _transaction.Begin();
        }
        int mark = isOwnTransaction ? 0 : _transaction.Mark();
        bool isDone = false;
        try
        {
            if (point.Writes)
            {
                BeginWriting();
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
        catch (PhantomDbException failure) when (failure.SqlState is not (SqlStates.QueryCanceled or SqlStates.LockNotAvailable))
        {
            return -1;
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

    private BoundStatement Rebind(Statement statement)
    {
        _statement.Renew(_database.Catalog);
        return Bind(statement, _database.Catalog);
    }

    /// <summary>Waits for the right to write; a cancellation, the statement's deadline or lock_timeout ends the wait.</summary>
    private void BeginWriting()
    {
        CancellationTokenSource waiting = _spareWaiting;
        Volatile.Write(ref _waiting, waiting);
        try
        {
            _statement.ThrowIfCancelled();   // by whoever did not see that there was something to cancel
            if (_statement.LockPatience is { } patience)
            {
                waiting.CancelAfter(patience);
            }
            _transaction.BeginWriting(waiting.Token);
        }
        catch (Exception failure) when (failure is OperationCanceledException or PhantomDbException { SqlState: SqlStates.QueryCanceled })
        {
            _statement.ThrowIfCancelled();
            throw Error.LockTimeout();
        }
        finally
        {
            Volatile.Write(ref _waiting, null);
            if (_statement.LockPatience is not null || waiting.IsCancellationRequested)
            {
                _spareWaiting = new CancellationTokenSource();
            }
        }
    }
}
