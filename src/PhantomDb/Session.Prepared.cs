using System.Runtime.CompilerServices;
using PhantomDb.Catalog;
using PhantomDb.Errors;
using PhantomDb.Execution;
using PhantomDb.Execution.Points;
using PhantomDb.Parsing.Ast;
using PhantomDb.Planning.Logical;
using PhantomDb.Storage;
using PhantomDb.Transactions;
using PhantomDb.Types;
using PhantomDb.Vectors;

namespace PhantomDb;

// Prepared statements: the general way with a kept plan, and the single-row way without operators or allocation.
public sealed partial class Session
{
    // Executions of one single-row INSERT right after each other in a transaction count as one statement to the versions: none
    // of them could see the others' rows, and their rows lie together. Any other statement ends that.
    private PointStatement? _inserting;

    private PreparedStatement Prepare(Statement statement, string sql, IReadOnlyList<SqlType> types)
    {
        try
        {
            DatabaseCatalog catalog = TakeDefinitions();
            _statement.Begin(catalog, isTransaction: !_isInTransaction);
            return new PreparedStatement(this, statement, sql, catalog, types);
        }
        catch
        {
            Fail();
            throw;
        }
    }

    /// <summary>Runs a prepared statement through operators.</summary>
    internal QueryResult Run(StatementPlan plan, string text, Vector[] parameters)
    {
        Enter();
        _text = text;
        try
        {
            return IsTimed ? RunTimed(plan, text, parameters) : RunKept(plan, parameters);
        }
        finally
        {
            Leave();
        }
    }

    /// <summary>Runs BEGIN or COMMIT as they mostly are; null where the statement is something else, or more is to be done, such as taking its time.</summary>
    internal string? TryRunPlainCommand(StatementPlan plan, string text)
    {
        if (plan.TransactionCommand is null || IsTimed)
        {
            return null;
        }
        Enter();
        _text = text;
        try
        {
            return RunPlainCommand(plan);
        }
        finally
        {
            Leave();
        }
    }

    internal QueryResult NewCommandResult(string tag) => new([], null, tag, -1, countsRows: false, _statement);

    // What every transaction of several statements pays for: without a statement's surroundings, which these do not use.
    private string? RunPlainCommand(StatementPlan plan)
    {
        switch (plan.TransactionCommand)
        {
            case BeginCommand { Options: { Isolation: null, IsReadOnly: null, IsDeferrable: null } } begin
                when !_isInTransaction && !_isFailed && !_transaction.IsActive:
                _inserting = null;
                _statement.Begin(_database.Catalog, isTransaction: true);
                BeginTransaction();
                _isInTransaction = true;
                _ = _statement.TransactionTime;   // now() is the time of BEGIN, whenever it is first asked for
                ShowModes();
                return begin.CommandTag;
            case CommitCommand { AndChain: false } commit when _isInTransaction && !_isFailed && _overlay is null && _bulkInsert is null:
                _inserting = null;
                _statement.Begin(TakeDefinitions(), isTransaction: false);
                try
                {
                    return EndTransaction(commits: true, isChained: false, commit.CommandTag).Tag;
                }
                catch
                {
                    Undo(mark: 0);
                    throw;
                }
            default:
                return null;
        }
    }

    private QueryResult RunKept(StatementPlan plan, Vector[] parameters)
    {
        if (RunPlainCommand(plan) is { } tag)
        {
            return NewCommandResult(tag);
        }
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
    internal int RunPoint(PointStatement point, string text, RowBuffer parameters)
    {
        Enter();
        _text = text;
        try
        {
            return IsTimed ? RunPointTimed(point, text, parameters) : TryRunPoint(point, parameters);
        }
        finally
        {
            Leave();
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private int TryRunPoint(PointStatement point, RowBuffer parameters)
    {
        if (!MayRunPoint)
        {
            return -1;
        }
        _statement.Begin(_database.Catalog, isTransaction: !_isInTransaction);
        int rowCount = point.LocksRows || _transaction.IsActive ? -1 : RunSettled(point, parameters);
        return rowCount >= 0 ? rowCount : RunPointEntered(point, parameters);
    }

    // One row in one version is the same for every reader: it is read without a transaction, which nobody could tell.
    private int RunSettled(PointStatement point, RowBuffer parameters)
    {
        _inserting = null;
        return point.IsCurrent(_database.Catalog, _database.Storage)
            ? point.RunSettled(parameters)
            : -1;
    }

    internal QueryResult NewPointResult(PointStatement point, IReadOnlyList<ResultColumn> columns, int rowCount)
    {
        if (point.Rows is not null && !point.ChangesRows)
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
        return new QueryResult(point.Rows is null ? [] : columns, point.Rows, tag, rowCount, countsRows: false, _statement);
    }

    // Where queries are kept out of tables, locks have to be taken. A transaction that has changed definitions sees its own; of a
    // SERIALIZABLE one, operators note what is read.
    private bool MayRunPoint => !_isFailed && _overlay is null && !_locks.ExcludesQueries
        && (_transaction.IsActive ? _transaction.Isolation : _settings.DefaultIsolation) != IsolationLevel.Serializable;

    // The statement has begun, its transaction has not. One row is changed last of all, or not at all: an error leaves nothing
    // behind that would have to be undone in a transaction that goes on.
    private int RunPointEntered(PointStatement point, RowBuffer parameters)
    {
        bool isOwnTransaction = !_transaction.IsActive;
        bool goesOnInserting = ReferenceEquals(point, _inserting) && !isOwnTransaction;
        _inserting = null;
        bool isDone = false;
        try
        {
            if (isOwnTransaction)
            {
                BeginTransaction();
            }
            if (!goesOnInserting)
            {
                BeginPoint(point, isOwnTransaction);
            }
            if (!point.IsCurrent(_database.Catalog, _database.Storage))
            {
                return -1;
            }
            if (!isOwnTransaction && _transaction.Isolation != IsolationLevel.ReadCommitted && point.HasUnreadable)
            {
                return -1;   // who may read what depends on the snapshot, which these do not ask about
            }
            _statement.NoteSequenceValues();
            int rowCount = point.Run(_transaction, parameters);
            if (rowCount < 0)
            {
                _statement.RepeatSequenceValues();
                return -1;
            }
            if (isOwnTransaction && !TryPostponeCommit())
            {
                _transaction.Commit();
            }
            _statement.ForgetSequenceValues();
            isDone = true;
            _inserting = point.IsInsert && !isOwnTransaction ? point : null;
            return rowCount;
        }
        catch (PhantomDbException failure) when (failure.SqlState is ['2', '2' or '3', ..])
        {
            _statement.RepeatSequenceValues();
            return -1;   // bad data or a broken constraint; the general way makes the error, with all that is to be said
        }
        catch
        {
            _statement.ForgetSequenceValues();
            Fail();
            throw;
        }
        finally
        {
            if (!isDone && isOwnTransaction && _transaction.IsActive)
            {
                TakeBackPostponed();
                _transaction.Rollback();
            }
        }
    }

    private void BeginPoint(PointStatement point, bool isOwnTransaction)
    {
        if (point.LocksRows)
        {
            EnsureMayWrite(point.Command);
            SetWaitLimits();
            point.Lock(_transaction);
            _transaction.BeginWriting();
        }
        else if (!isOwnTransaction)
        {
            _transaction.BeginReading();
        }
    }

    private void SetWaitLimits() => _transaction.WaitLimits.LockTimeoutMs = _statement.LockTimeoutMs;

    private BoundStatement Rebind(Statement statement)
    {
        DatabaseCatalog catalog = TakeDefinitions();
        _statement.Renew(catalog);
        return Bind(statement, catalog);
    }
}
