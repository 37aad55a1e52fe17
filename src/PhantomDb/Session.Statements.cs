using System.Collections.Immutable;
using PhantomDb.Catalog;
using PhantomDb.Errors;
using PhantomDb.Execution;
using PhantomDb.Execution.Copy;
using PhantomDb.Execution.Settings;
using PhantomDb.Expressions;
using PhantomDb.Parsing.Ast;
using PhantomDb.Planning;
using PhantomDb.Planning.Logical;
using PhantomDb.Vectors;

namespace PhantomDb;

// One statement from syntax tree to result: the transaction that it runs in, and what is left when it fails (nothing). What
// it does is carried out in Execution; the session does what is about itself: transactions, settings, databases.
public sealed partial class Session
{
    private Vector[] _parameters = [];
    private StatementPlan? _plan;               // of the statement that runs, where it is kept

    private QueryResult Run(Statement statement)
    {
        EnsureNotFailed(statement);
        EnsureNoBulkInsert(statement);
        _inserting = null;
        NoteStart(statement);
        DatabaseCatalog catalog = TakeDefinitions();
        bool isOwnTransaction = !_transaction.IsActive;
        _statement.Begin(catalog, isTransaction: isOwnTransaction);
        int mark = 0;
        try
        {
            if (isOwnTransaction)
            {
                BeginTransaction();
            }
            mark = _transaction.Mark();
            StatementResult result = Carry(Bind(statement, catalog), statement);
            return Finish(result, EndsWithStatement);
        }
        catch
        {
            Undo(mark);
            throw;
        }
        finally
        {
            _statement.ForgetSequenceValues();   // that the single-row way took before
        }
    }

    // A transaction of the statement's own goes as a whole, and so does one whose COMMIT failed.
    private void Undo(int mark)
    {
        if (_transaction.IsActive)
        {
            if (_isInTransaction)
            {
                _transaction.UndoTo(mark);
            }
            else
            {
                RollbackTransaction();
                _settings.EndTransaction(commits: false);
            }
        }
        _memory.ReleaseAll();
        Fail();
        NoteEnd();
    }

    private QueryResult Finish(StatementResult result, bool commits)
    {
        if (commits && !result.IsRunning && _transaction.IsActive && !TryPostponeCommit())
        {
            CommitTransaction();
        }
        if (result.Rows is null)
        {
            _memory.ReleaseAll();
            NoteEnd();
            return new QueryResult([], null, result.Tag, result.RowsAffected, countsRows: false, _statement);
        }
        OpenRows rows = new(this, result.Rows, commits && result.IsRunning);
        _openRows = rows;
        return _open = new QueryResult(_plan?.ColumnsOf(result) ?? Columns(result.Columns, result.DeclaredColumns), rows, result.Tag, result.RowsAffected, countsRows: result.IsRunning, _statement);
    }

    private BoundStatement Bind(Statement statement, DatabaseCatalog catalog) =>
        _plan is null ? Bind(statement, catalog, null) : _plan.BoundFor(catalog);

    private StatementResult Carry(BoundStatement bound, Statement statement)
    {
        if (_locks.ExcludesQueries && bound is BoundPlan or CopyToCommand or BoundExplain or SchemaChange { ReadsRows: true })
        {
            SetWaitLimits();
            _transaction.AwaitExclusions(bound.Dependencies);
        }
        switch (bound)
        {
            case BoundPlan { Plan: LogicalModification } plan:
                EnsureMayWrite(plan.CommandTag);
                plan = Locked(plan, statement, p => StatementLocks.Take(_transaction, (LogicalModification)p.Plan, _statement.Catalog));
                _transaction.BeginWriting();
                plan = Newest(plan, statement);
                return new StatementRunner(NewScope(_plan?.PlansFor(plan, _tables))).Modify(plan);
            case BoundPlan plan:
                plan = Begun(plan, statement);
                plan = Newest(plan, statement);
                return new StatementRunner(NewScope(_plan?.PlansFor(plan, _tables))).Query(plan);
            case CopyFromCommand copy:
                EnsureMayWrite("COPY FROM");
                copy = Locked(copy, statement, c => StatementLocks.TakeForInsert(_transaction, c.Table, _statement.Catalog));
                _transaction.BeginWriting();
                copy = Newest(copy, statement);
                return new CopyRunner(NewScope()).From(copy, CopyInput, CopyProgress);
            case CopyToCommand copy:
                _transaction.BeginReading();
                copy = Newest(copy, statement);
                return new CopyRunner(NewScope()).To(copy, CopyOutput);
            case SchemaChange:
                EnsureMayWrite(bound.CommandTag);
                SetWaitLimits();
                SchemaChange change = (SchemaChange)bound;
                while (true)
                {
                    EnsureNothingPending(change.CommandTag, change.TablesChanged(_statement.Catalog));
                    StatementLocks.Take(_transaction, change, _statement.Catalog);
                    _transaction.BeginWriting();
                    if (IsCurrent && _database.TryTakeOids(change.FirstOid, change.NextOid))
                    {
                        return Define(change);
                    }
                    change = (SchemaChange)Rebind(statement);   // against what was waited for; it may be about other objects now
                }
            case TruncateCommand:
                EnsureMayWrite(bound.CommandTag);
                SetWaitLimits();
                TruncateCommand truncate = (TruncateCommand)bound;
                while (true)
                {
                    EnsureNothingPending("TRUNCATE", truncate.Tables);
                    StatementLocks.Take(_transaction, truncate);
                    _transaction.BeginWriting();
                    if (IsCurrent)
                    {
                        break;
                    }
                    truncate = (TruncateCommand)Rebind(statement);
                }
                foreach (string notice in truncate.Notices)
                {
                    Notify(notice);
                }
                return Defined(overlay => new StatementRunner(NewScope()).Truncate(truncate, overlay));
            case LockTableCommand @lock:
                return LockTables(@lock, statement);
            case SetConstraintsCommand set:
                return SetConstraints(set);
            case BoundExplain { Statement: ExecuteCommand execute } explain:
                return ExplainByName(explain, execute);
            case BoundExplain explain:
                return Explain(explain, statement);
            case PrepareCommand prepare:
                return PrepareByName(prepare, (PrepareStatement)statement);
            case ExecuteCommand execute:
                return ExecuteByName(execute);
            case DeallocateCommand deallocate:
                return Deallocate(deallocate);
            case DiscardCommand discard:
                return Discard(discard);
            default:
                return RunCommand(bound);
        }
    }

    // EXPLAIN ANALYZE of a modification changes rows like the modification itself.
    private StatementResult Explain(BoundExplain explain, Statement statement)
    {
        if (explain is { IsAnalyze: true, Statement: BoundPlan { Plan: LogicalModification } changing })
        {
            EnsureMayWrite(changing.CommandTag);
            explain = explain with { Statement = Locked(changing, statement, p => StatementLocks.Take(_transaction, (LogicalModification)p.Plan, _statement.Catalog)) };
            _transaction.BeginWriting();
        }
        else if (explain is { IsAnalyze: true, Statement: BoundPlan query })
        {
            explain = explain with { Statement = Begun(query, statement) };
        }
        else
        {
            _transaction.BeginReading();
        }
        if (explain.Statement is BoundPlan plan)
        {
            explain = explain with { Statement = Newest(plan, statement) };
        }
        return new StatementRunner(NewScope()).Explain(explain);
    }

    /// <summary>Takes the table locks of a modification; bound anew where the definitions have changed before it had them.</summary>
    private T Locked<T>(T bound, Statement statement, Action<T> takeTables)
        where T : BoundStatement
    {
        SetWaitLimits();
        while (true)
        {
            takeTables(bound);
            TakeForRows(bound);
            if (IsCurrent)
            {
                return bound;
            }
            bound = RebindAs<T>(statement);
        }
    }

    // A query's transaction begins to read or, where it locks rows or its WITH changes tables, to write.
    private BoundPlan Begun(BoundPlan plan, Statement statement)
    {
        if (plan.Locked.Count == 0 && plan.Steps.Count == 0)
        {
            _transaction.BeginReading();
            return plan;
        }
        EnsureMayWrite(plan.Steps.Count > 0 ? plan.CommandTag : plan.Locked.MaxBy(table => table.Strength)!.Command);
        SetWaitLimits();
        TakeForRows(plan);
        while (!IsCurrent)
        {
            plan = RebindAs<BoundPlan>(statement);
            TakeForRows(plan);
        }
        _transaction.BeginWriting();
        return plan;
    }

    // The table locks of FOR UPDATE and its like, and of queries in WITH that change tables.
    private void TakeForRows(BoundStatement bound)
    {
        if (bound is not BoundPlan plan)
        {
            return;
        }
        foreach (LockedTable locked in plan.Locked)
        {
            // NOWAIT and SKIP LOCKED are about rows alone.
            _transaction.LockTable(locked.Table.Oid, Transactions.TableLockMode.RowShare, name: locked.Table.Name);
        }
        foreach (TableDefinition table in plan.Steps.Count > 0 ? plan.Targets : [])
        {
            StatementLocks.Take(_transaction, table, _statement.Catalog);
        }
    }

    // The snapshot is taken by now: what was replaced before it must be seen as it is after, and what was replaced after it
    // together with what was committed with that.
    private T Newest<T>(T bound, Statement statement)
        where T : BoundStatement
    {
        while (!IsCurrent)
        {
            bound = RebindAs<T>(statement);
            _transaction.BeginReading();
        }
        return bound;
    }

    private T RebindAs<T>(Statement statement)
        where T : BoundStatement => Rebind(statement) switch
        {
            T same => same,
            BoundExplain { Statement: T explained } => explained,
            BoundStatement other => throw new System.Diagnostics.UnreachableException(other.GetType().Name),
        };

    /// <summary>Commands about the session itself, and about databases.</summary>
    private StatementResult RunCommand(BoundStatement bound)
    {
        switch (bound)
        {
            case SetCommand or ResetCommand or SetTransactionCommand { IsSession: true }:
                SettingCommands.Run(bound, _settings, _isInTransaction || _isInBatch, Warn);
                break;
            case PersistSettingCommand persist:
                EnsureNoTransaction(persist.Values.Count > 0 ? "SET PERSIST" : "RESET PERSIST");
                RunPersist(persist);
                break;
            case ShowCommand show:
                return new StatementRunner(NewScope()).Text(SettingCommands.ColumnsOf(show), SettingCommands.RowsOf(show, _settings), bound.CommandTag);
            case BeginCommand or CommitCommand or RollbackCommand or SavepointCommand or ReleaseSavepointCommand or RollbackToSavepointCommand
                or SetTransactionCommand:
                return RunTransactionCommand(bound);
            case CreateDatabaseCommand create:
                EnsureMayWrite(bound.CommandTag);
                EnsureNoTransaction(bound);
                CreateDatabase(create);
                break;
            case DropDatabaseCommand drop:
                EnsureMayWrite(bound.CommandTag);
                EnsureNoTransaction(bound);
                DropDatabase(drop);
                break;
            case VacuumCommand:
                EnsureNoTransaction(bound);
                break;
            case NoOperationCommand nothing:
                EnsureNoTransaction(nothing.RunsAloneAs);
                break;
            case AnalyzeCommand:
                break;
            case CheckpointCommand:
                _database.Checkpoint(_statement.ThrowIfCancelled);
                break;
            default:
                throw Error.NotSupported(bound.CommandTag);
        }
        return new StatementResult(bound.CommandTag);
    }

    private void CreateDatabase(CreateDatabaseCommand create)
    {
        if (create.Template is null)
        {
            DatabaseFiles.Create(create.Name, _database.Options);
        }
        else if (create.Template == _database.Name)
        {
            _database.SaveAsNew(create.Name, _statement.ThrowIfCancelled);
        }
        else
        {
            throw Error.NotSupported($"a template other than the database that is open: {create.Template}");
        }
    }

    private StatementResult Define(SchemaChange change)
    {
        EnsureNoTransaction(change.RunsAloneAs);
        foreach (string notice in change.Notices)
        {
            Notify(notice);
        }
        return Defined(overlay => new StatementRunner(NewScope()).Define(change, overlay));
    }

    // The definitions go into the transaction's overlay, and with its commit into place.
    private StatementResult Defined(Func<SchemaOverlay, StatementResult> define)
    {
        SchemaOverlay overlay = _overlay ?? new SchemaOverlay();
        StatementResult result = define(overlay);
        _overlay = overlay;
        return result;
    }

    private void DropDatabase(DropDatabaseCommand drop)
    {
        if (drop.Name == _database.Name)
        {
            throw new PhantomDbException(SqlStates.ObjectInUse, "cannot drop the currently open database");
        }
        if (!DatabaseFiles.Drop(drop.Name, _database.Options))
        {
            if (!drop.IfExists)
            {
                throw new PhantomDbException(SqlStates.InvalidDatabaseName, $"database \"{drop.Name}\" does not exist");
            }
            Notify($"database \"{drop.Name}\" does not exist, skipping");
        }
    }

    // For all sessions to come, and this one.
    private void RunPersist(PersistSettingCommand persist)
    {
        if (persist.Name is null)
        {
            foreach (string name in _database.Settings.ResetEach())
            {
                _settings.SetDefault(name, null);
            }
            return;
        }
        string? value = persist.Values.Count == 0 ? null : SessionSettings.TextOf(persist.Name, persist.Values);
        _settings.SetDefault(persist.Name, _database.Settings.Change(persist.Name, value));
    }

    private void EnsureNoTransaction(BoundStatement bound) => EnsureNoTransaction(bound.CommandTag);

    private void EnsureNoTransaction(string? command)
    {
        if (command is not null && (_isInTransaction || _isInBatch))
        {
            throw new PhantomDbException(SqlStates.ActiveSqlTransaction, $"{command} cannot run inside a transaction block")
            {
                Hint = _isInTransaction ? "End the transaction first." : "Several statements in one text are one transaction: run it as a text of its own, in the shell with a -c of its own.",
            };
        }
    }

    private void Warn(string message)
    {
        if (_settings.ShowsWarnings)
        {
            (Warning ?? Notice)?.Invoke(message);
        }
    }

    private void Notify(string message)
    {
        if (_settings.ShowsNotices)
        {
            Notice?.Invoke(message);
        }
    }

    private StatementScope NewScope(KeptPlans? kept = null) => new(_transaction, _database.Storage, _tables, _statement.Catalog, _statement, _parameters)
    {
        VirtualTables = _statement.SystemTables, Deferred = _deferred, Kept = kept, OwnSequences = _overlay?.Sequences ?? ImmutableDictionary<int, Storage.SequenceStore>.Empty,
    };

    internal static ResultColumn[] Columns(IReadOnlyList<LogicalColumn> columns, DeclaredColumns declared)
    {
        ResultColumn[] result = new ResultColumn[columns.Count];
        for (int i = 0; i < result.Length; i++)
        {
            result[i] = new ResultColumn(columns[i], declared, result);
        }
        return result;
    }

    /// <summary>The rows of the session's open result; its end ends the statement.</summary>
    private sealed class OpenRows(Session session, ResultSource rows, bool commits) : ResultSource
    {
        private bool _isEnded;
        private Exception? _failure;
        private StatementTimer? _timer;

        public override DataChunk? Next()
        {
            if (_isEnded)
            {
                session.ThrowIfEnded();
                return null;
            }
            session.TakeForResult();
            try
            {
                if (_isEnded)
                {
                    session.ThrowIfEnded();
                    return null;
                }
                if (_failure is not null)
                {
                    throw _failure;   // half a result must not look like a whole one
                }
                DataChunk? chunk = rows.Next();
                if (chunk is null)
                {
                    _timer?.Pause();   // who reads may take its time to dispose of the result
                }
                return chunk;
            }
            catch (Exception failure)
            {
                Abandon(failure);
                throw;
            }
            finally
            {
                session.Leave();
            }
        }

        public override bool IsEnded => _isEnded;

        /// <summary>Lets it be told how long the statement took, when it ends.</summary>
        public void TellTime(StatementTimer timer) => _timer = timer;

        public override void Dispose()
        {
            if (_isEnded)
            {
                return;
            }
            session.TakeForResult();
            try
            {
                End(commits);
            }
            finally
            {
                session.Leave();
            }
        }

        /// <summary>Computes all rows, for nobody, and ends the statement; the caller has taken the session.</summary>
        public void RunToEnd()
        {
            try
            {
                while (rows.Next() is not null)
                {
                }
            }
            catch (Exception failure)
            {
                Abandon(failure);
                throw;
            }
            finally
            {
                End(commitsNow: true);
            }
        }

        // Whoever reads may take its time to dispose of the result; others must not wait for that.
        private void Abandon(Exception failure)
        {
            if (_failure is not null)
            {
                return;
            }
            _failure = failure;
            _timer?.Pause();
            try
            {
                rows.Dispose();   // what it runs still reads by the transaction's timestamp, and beside its changes
            }
            finally
            {
                session.Fail();
            }
        }

        /// <summary>Ends the statement; the caller has taken the session.</summary>
        public void End(bool commitsNow)
        {
            if (_isEnded)
            {
                return;
            }
            _isEnded = true;
            _timer?.GoOn();
            try
            {
                if (_failure is null)
                {
                    rows.Dispose();
                }
                if (commits && commitsNow && _failure is null && session._transaction.IsActive)
                {
                    session.CommitTransaction();
                }
            }
            catch (Exception failure)
            {
                _failure ??= failure;
                throw;
            }
            finally
            {
                if (commits && session._transaction.IsActive)
                {
                    session.RollbackTransaction();
                    session._settings.EndTransaction(commits: false);
                }
                session._memory.ReleaseAll();
                session._openRows = null;
                session.NoteEnd();
                QueryResult? result = session._open;
                Volatile.Write(ref session._open, session._batch);
                if (_timer is not null)
                {
                    session.Tell(_timer, result?.RowCount ?? 0, _failure ?? (session._stop == StopReason.None ? null : session._stop.ToError()));
                }
            }
        }
    }
}
