using System.Collections.Immutable;
using PhantomDb.Catalog;
using PhantomDb.Errors;
using PhantomDb.Execution;
using PhantomDb.Parsing;
using PhantomDb.Planning.Logical;
using PhantomDb.Storage;
using PhantomDb.Transactions;

namespace PhantomDb;

// The session's transaction: its modes, savepoints and locks, and the definitions that it has changed.
public sealed partial class Session
{
    private readonly List<Savepoint> _savepoints = [];
    private SchemaOverlay? _overlay;
    private ImmutableDictionary<int, TableStore> _tables = ImmutableDictionary<int, TableStore>.Empty;

    private bool _isInBatch;       // of several statements that are one transaction without BEGIN
    private bool _isLastOfBatch;   // which ends that transaction
    private bool _isBatchFailed;
    private QueryResult? _batch;   // stands for a batch whose results are being given: keeps other statements out, as an open result does
    private bool _isDeferrable;

    private readonly record struct Savepoint(
        string Name, TransactionMark Mark, int OverlayStepCount, int SettingsMark, DeferredChecks.Mark Deferred, bool IsReadOnly);

    /// <summary>True where a transaction that is open at the end of the statement ends with it.</summary>
    private bool EndsWithStatement => !_isInTransaction && (!_isInBatch || _isLastOfBatch);

    /// <summary>The definitions that the session's next statement sees.</summary>
    internal DatabaseCatalog NewestCatalog => NewestDefinitions().Catalog;

    /// <summary>True while the session sees definitions that nobody else does.</summary>
    internal bool HasOwnDefinitions => _overlay is not null;

    /// <summary>True where neither definitions nor tables have been replaced since the statement took them.</summary>
    private bool IsCurrent => _overlay is { } overlay
        ? overlay.IsOver(_database.Catalog, _database.Storage.Tables)
            && ReferenceEquals(_statement.Catalog, overlay.Catalog) && ReferenceEquals(_tables, overlay.Tables)
        : ReferenceEquals(_statement.Catalog, _database.Catalog) && ReferenceEquals(_tables, _database.Storage.Tables);

    /// <summary>Definitions, and tables that fit them.</summary>
    private DatabaseCatalog TakeDefinitions()
    {
        DatabaseCatalog catalog;
        (catalog, _tables) = NewestDefinitions();
        _statement.OwnSequences = _overlay?.Sequences;
        return catalog;
    }

    private (DatabaseCatalog Catalog, ImmutableDictionary<int, TableStore> Tables) NewestDefinitions()
    {
        (DatabaseCatalog catalog, ImmutableDictionary<int, TableStore> tables) = _database.Definitions;
        if (_overlay is not { } overlay)
        {
            return (catalog, tables);
        }
        overlay.LayOver(catalog, tables);
        return (overlay.Catalog, overlay.Tables);
    }

    /// <summary>The tables, views and sequences as this session sees them, those of its open transaction included, for people to read.</summary>
    public SchemaDescription DescribeSchema() => Entered(() =>
        new SchemaDescription(NewBinderContext(NewestCatalog), oid => (_overlay?.Sequences.GetValueOrDefault(oid) ?? _database.Storage.Sequences.GetValueOrDefault(oid))?.Position));

    private void BeginTransaction() => _transaction.Begin(_settings.IsReadOnlyByDefault || _database.Options.IsReadOnly, _settings.DefaultIsolation);

    private void CommitTransaction()
    {
        if (!_deferred.IsEmpty)
        {
            SetWaitLimits();
            _deferred.TestAll(NewScope());
        }
        SchemaOverlay? overlay = _overlay;
        if (overlay is null)
        {
            _transaction.Commit();
        }
        else
        {
            _database.CommitDefinitions(_transaction, overlay);
        }
        EndCommitted();
    }

    private void EndCommitted()
    {
        _overlay = null;
        _statement.OwnSequences = null;
        _statement.SequenceValueCount = 0;
        _savepoints.Clear();
        _deferred.Clear();
        _bulkInsert = null;
        ShowModes();
    }

    private void RollbackTransaction()
    {
        _transaction.Rollback();
        _overlay?.UndoTo(0);
        _overlay = null;
        _statement.OwnSequences = null;
        _statement.SequenceValueCount = 0;
        _savepoints.Clear();
        _deferred.Clear();
        _bulkInsert = null;
        ShowModes();
    }

    // Modes and settings stay until the block's end, which needs them (AND CHAIN); nothing can be run that would see them.
    private void GiveUp()
    {
        if (_savepoints.Count > 0)
        {
            UndoTo(_savepoints[^1]);
            return;
        }
        _transaction.Abort();
        _overlay?.UndoTo(0);
        _overlay = null;
        _statement.OwnSequences = null;
        _statement.SequenceValueCount = 0;
        _deferred.Clear();
    }

    private IEnumerable<QueryResult> RunBatch(string sql)
    {
        IReadOnlyList<ParsedStatement> statements = Entered(() =>
        {
            _text = sql;
            IReadOnlyList<ParsedStatement> parsed = ParseScript(sql);
            _isInBatch = parsed.Count > 1;
            _isBatchFailed = false;
            _open = _batch = new QueryResult([], null, "", -1, countsRows: false, _statement);
            return parsed;
        });
        bool isDone = false;
        try
        {
            foreach (ParsedStatement statement in statements)
            {
                using QueryResult result = RunInBatch(sql, statement);
                yield return result;
            }
            isDone = true;
        }
        finally
        {
            EndBatch(isDone);
        }
    }

    private QueryResult RunInBatch(string sql, ParsedStatement statement)
    {
        ThrowIfEnded();
        Take();
        try
        {
            if (_isDisposed)
            {
                ThrowEnded();
            }
            if (!ReferenceEquals(_open, _batch))
            {
                throw ResultIsOpen();
            }
            if (_isBatchFailed && !_isInTransaction)
            {
                throw TransactionHasFailed();   // the result before gave an error, and its reader went on
            }
            return RunOf(sql, statement);
        }
        finally
        {
            Leave();
        }
    }

    private void EndBatch(bool commits)
    {
        TakeInTurn();
        try
        {
            if (ReferenceEquals(_open, _batch))
            {
                _open = null;
            }
            _batch = null;
            bool isImplicit = _isInBatch && !_isInTransaction;
            _isInBatch = false;
            if (isImplicit && !_isDisposed)
            {
                EndBatchTransaction(commits && !_isBatchFailed);
            }
        }
        finally
        {
            Leave();
        }
    }

    private void EndBatchTransaction(bool commits)
    {
        if (IsTimed)
        {
            Timed(commits ? "COMMIT" : "ROLLBACK", () => EndImplicit(commits));
        }
        else
        {
            EndImplicit(commits);
        }
    }

    /// <summary>Runs several statements as one transaction, and gives the last one's result.</summary>
    private QueryResult RunAll(IReadOnlyList<Parsing.Ast.Statement> statements)
    {
        _isInBatch = true;
        _isBatchFailed = false;
        try
        {
            foreach (Parsing.Ast.Statement statement in statements.SkipLast(1))
            {
                QueryResult result = Run(statement);
                _openRows?.RunToEnd();
                result.Close();
                _statement.ThrowIfCancelled();
            }
            _isLastOfBatch = true;
            return Run(statements[^1]);
        }
        catch
        {
            if (!_isInTransaction)
            {
                EndImplicit(commits: false);
            }
            throw;
        }
        finally
        {
            (_isInBatch, _isLastOfBatch) = (false, false);
        }
    }

    private void EndImplicit(bool commits)
    {
        if (!_transaction.IsActive)
        {
            return;
        }
        try
        {
            if (commits)
            {
                CommitTransaction();
                _settings.EndTransaction(commits: true);
            }
        }
        finally
        {
            if (_transaction.IsActive)
            {
                RollbackTransaction();
                _settings.EndTransaction(commits: false);
            }
        }
    }

    private T Entered<T>(Func<T> work)
    {
        Enter();
        try
        {
            return work();
        }
        finally
        {
            Leave();
        }
    }

    private StatementResult RunTransactionCommand(BoundStatement bound)
    {
        switch (bound)
        {
            case BeginCommand begin:
                if (_isInTransaction)
                {
                    Warn("there is already a transaction in progress");
                }
                SetModes(begin.Options);
                _isInTransaction = true;
                _ = _statement.TransactionTime;   // now() is the time of BEGIN, whenever it is first asked for
                ShowModes();
                break;
            case CommitCommand commit:
                return EndTransaction(commits: !_isFailed, commit.AndChain, commit.CommandTag);
            case RollbackCommand rollback:
                return EndTransaction(commits: false, rollback.AndChain, rollback.CommandTag);
            case SetTransactionCommand set:
                if (!_isInTransaction && !_isInBatch)
                {
                    Warn("SET TRANSACTION can only be used in transaction blocks");
                }
                SetModes(set.Options);
                ShowModes();
                break;
            case SavepointCommand savepoint:
                EnsureInTransaction(bound.CommandTag);
                _savepoints.Add(new Savepoint(
                    savepoint.Name, _transaction.Savepoint(), _overlay?.StepCount ?? 0, _settings.Mark(), _deferred.Savepoint(), _transaction.IsReadOnly));
                break;
            case ReleaseSavepointCommand release:
                EnsureInTransaction("RELEASE SAVEPOINT");
                int released = IndexOfSavepoint(release.Name);
                SetReadOnly(_savepoints[released].IsReadOnly);
                _savepoints.RemoveRange(released, _savepoints.Count - released);
                break;
            case RollbackToSavepointCommand rollback:
                EnsureInTransaction("ROLLBACK TO SAVEPOINT");
                RollbackTo(IndexOfSavepoint(rollback.Name));
                break;
            default:
                throw new System.Diagnostics.UnreachableException(bound.GetType().Name);
        }
        return new StatementResult(bound.CommandTag);
    }

    private StatementResult EndTransaction(bool commits, bool isChained, string command)
    {
        if (!_isInTransaction)
        {
            if (isChained)
            {
                throw new PhantomDbException(SqlStates.NoActiveSqlTransaction, $"{command} AND CHAIN can only be used in transaction blocks");
            }
            Warn("there is no transaction in progress");
        }
        (IsolationLevel isolation, bool isReadOnly, bool isReadUncommitted, bool isDeferrable) =
            (_transaction.Isolation, _transaction.IsReadOnly, _isReadUncommitted, _isDeferrable);
        _isInTransaction = false;
        _isFailed = false;
        if (commits && !isChained && TryPostponeCommit())
        {
            return new StatementResult("COMMIT");
        }
        if (commits)
        {
            CommitTransaction();
        }
        else
        {
            RollbackTransaction();
        }
        _settings.EndTransaction(commits);
        if (isChained)
        {
            _isInTransaction = true;
            (_isReadUncommitted, _isDeferrable) = (isReadUncommitted, isDeferrable);
            _transaction.Begin(isReadOnly, isolation);
            _statement.BeginTransaction();
            ShowModes();
        }
        return new StatementResult(commits ? "COMMIT" : "ROLLBACK");
    }

    private void SetModes(TransactionOptions options)
    {
        if (options.Isolation is { } level)
        {
            IsolationLevel isolation = level switch
            {
                TransactionIsolation.RepeatableRead => IsolationLevel.RepeatableRead,
                TransactionIsolation.Serializable => IsolationLevel.Serializable,
                _ => IsolationLevel.ReadCommitted,
            };
            if (isolation != _transaction.Isolation && (_transaction.HasSnapshot || _savepoints.Count > 0))
            {
                throw new PhantomDbException(SqlStates.ActiveSqlTransaction, _savepoints.Count > 0
                    ? "SET TRANSACTION ISOLATION LEVEL must not be called in a subtransaction"
                    : "SET TRANSACTION ISOLATION LEVEL must be called before any query");
            }
            _transaction.SetIsolation(isolation);
            _isReadUncommitted = level == TransactionIsolation.ReadUncommitted;
        }
        if (options.IsReadOnly is { } isReadOnly)
        {
            if (!isReadOnly && _database.Options.IsReadOnly)
            {
                throw Error.ReadOnlyDatabase(_database.Name);
            }
            if (!isReadOnly && _transaction.IsReadOnly && (_transaction.HasSnapshot || _savepoints.Count > 0))
            {
                throw new PhantomDbException(SqlStates.ActiveSqlTransaction, _savepoints.Count > 0 && _savepoints[^1].IsReadOnly
                    ? "cannot set transaction read-write mode inside a read-only transaction"
                    : "transaction read-write mode must be set before any query");
            }
            _transaction.IsReadOnly = isReadOnly;
        }
        if (options.IsDeferrable is { } isDeferrable)
        {
            if (_transaction.HasSnapshot || _savepoints.Count > 0)
            {
                throw new PhantomDbException(SqlStates.ActiveSqlTransaction, _savepoints.Count > 0
                    ? "SET TRANSACTION [NOT] DEFERRABLE cannot be called within a subtransaction"
                    : "SET TRANSACTION [NOT] DEFERRABLE must be called before any query");
            }
            _isDeferrable = isDeferrable;   // nothing to wait for: SERIALIZABLE READ ONLY never fails here
        }
    }

    private bool _isReadUncommitted;   // shown as it was asked for, though it is READ COMMITTED

    // For SHOW transaction_isolation, transaction_read_only and transaction_deferrable. The block is over, or one has begun.
    private void ShowModes()
    {
        if (!_transaction.IsActive)
        {
            (_isReadUncommitted, _isDeferrable) = (false, _settings.IsDeferrableByDefault);
            _settings.ShowTransaction(null, null, null);
            return;
        }
        string level = _transaction.Isolation switch
        {
            IsolationLevel.RepeatableRead => "repeatable read",
            IsolationLevel.Serializable => "serializable",
            _ => _isReadUncommitted ? "read uncommitted" : "read committed",
        };
        _settings.ShowTransaction(level, _transaction.IsReadOnly ? "on" : "off", _isDeferrable ? "on" : "off");
    }

    private void SetReadOnly(bool isReadOnly)
    {
        if (_transaction.IsReadOnly != isReadOnly)
        {
            _transaction.IsReadOnly = isReadOnly;
            ShowModes();
        }
    }

    private void RollbackTo(int index)
    {
        Savepoint savepoint = _savepoints[index];
        _savepoints.RemoveRange(index + 1, _savepoints.Count - index - 1);
        UndoTo(savepoint);
        _settings.UndoTo(savepoint.SettingsMark);
        SetReadOnly(savepoint.IsReadOnly);
        _isFailed = false;
    }

    private void UndoTo(in Savepoint savepoint)
    {
        _transaction.RollbackTo(savepoint.Mark);
        _deferred.RollbackTo(savepoint.Deferred);
        _overlay?.UndoTo(savepoint.OverlayStepCount);
        _overlay = savepoint.OverlayStepCount == 0 ? null : _overlay;
        _statement.OwnSequences = _overlay?.Sequences;
    }

    private StatementResult SetConstraints(SetConstraintsCommand command)
    {
        if (!_isInTransaction && !_isInBatch)
        {
            Warn("SET CONSTRAINTS can only be used in transaction blocks");
        }
        _deferred.Set(command.ConstraintOids, command.IsDeferred);
        if (!command.IsDeferred && !_deferred.IsEmpty)
        {
            SetWaitLimits();
            _deferred.TestImmediate(NewScope());
        }
        return new StatementResult(command.CommandTag);
    }

    // Rows whose checks are outstanding must stay as the checks know them.
    private void EnsureNothingPending(string command, IEnumerable<TableDefinition> tables)
    {
        if (!_deferred.IsEmpty && tables.FirstOrDefault(table => _deferred.HasPending(table.Oid)) is { } table)
        {
            throw Error.PendingChecks(command, table.Name);
        }
    }

    private int IndexOfSavepoint(string name)
    {
        int index = _savepoints.FindLastIndex(savepoint => savepoint.Name == name);
        return index >= 0 ? index : throw new PhantomDbException(SqlStates.InvalidSavepointSpecification, $"savepoint \"{name}\" does not exist");
    }

    private void EnsureInTransaction(string command)
    {
        if (!_isInTransaction)
        {
            throw new PhantomDbException(SqlStates.NoActiveSqlTransaction, $"{command} can only be used in transaction blocks");
        }
    }

    private void EnsureMayWrite(string command)
    {
        if (_transaction.IsReadOnly)
        {
            throw Error.ReadOnlyTransaction(command);
        }
    }

    private StatementResult LockTables(LockTableCommand bound, Parsing.Ast.Statement statement)
    {
        if (!_isInBatch)
        {
            EnsureInTransaction(bound.CommandTag);
        }
        TableLockMode mode = Enum.Parse<TableLockMode>(bound.Mode.Replace(" ", "", StringComparison.Ordinal), ignoreCase: true);
        SetWaitLimits();
        LockTableCommand command = bound;
        while (true)
        {
            foreach (TableDefinition table in command.Tables)
            {
                _transaction.LockTable(table.Oid, mode, !bound.NoWait, table.Name, excludesQueries: mode == TableLockMode.AccessExclusive);
            }
            if (IsCurrent)
            {
                return new StatementResult(bound.CommandTag);
            }
            command = (LockTableCommand)Rebind(statement);   // renamed or dropped while it was waited for
        }
    }
}
