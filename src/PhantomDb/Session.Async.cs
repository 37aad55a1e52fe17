using PhantomDb.Durability;
using PhantomDb.Errors;

namespace PhantomDb;

// Statements whose commit is awaited: they run on the calling thread, as others do, up to the place in the log's queue; while the disk works no thread waits, and the session is in use. A small commit is ended by the
// thread that has written it, so that its locks do not wait for the pool, whose threads may all be waiting for them; what follows for the caller runs on a thread of the pool.
// ExecuteAsync ─ Execute ─ TryPostponeCommit: the transaction stays open ─ CommitPostponed ─ (the log's disk) ─ the result
public sealed partial class Session
{
    [ThreadStatic]
    private static Session? _postpones;   // whose commit is left to the asynchronous call that this thread is in

    [ThreadStatic]
    private static bool _hasPostponed;    // that call has left one: no other call's, which the session refuses, may take it for its own

    private volatile bool _isCommitPending;

    /// <summary>
    /// As <see cref="Execute"/>, on the calling thread but for the wait for the disk at a commit (<see cref="SyncPolicy.Always"/>), which is awaited without a thread: the engine computes, and nothing else of it
    /// waits for anything that a thread could do without.
    /// </summary>
    /// <param name="sql">One statement.</param>
    /// <param name="cancellationToken">Stops it until its result is there, or its commit queued: not the reading of rows, which is when a query computes them, and no commit that is on its way to the disk.</param>
    /// <exception cref="PhantomDbException">The statement is wrong or failed; it has changed nothing.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled; it has changed nothing. A transaction around it has failed.</exception>
    public ValueTask<QueryResult> ExecuteAsync(string sql, CancellationToken cancellationToken = default) =>
        RunAsync((Session: this, Sql: sql), static call => call.Session.Execute(call.Sql), cancellationToken);

    /// <summary>As <see cref="RunAsync{T}(T, Func{T, QueryResult})"/>, until a token is cancelled.</summary>
    internal ValueTask<QueryResult> RunAsync<T>(T call, Func<T, QueryResult> execute, CancellationToken token)
    {
        if (!token.CanBeCanceled)
        {
            return RunAsync(call, execute);
        }
        if (token.IsCancellationRequested)
        {
            return ValueTask.FromCanceled<QueryResult>(token);
        }
        CancellationToken outer = Execution.StatementContext.CallToken;
        Execution.StatementContext.CallToken = token;
        try
        {
            using CancellationTokenRegistration registration = token.UnsafeRegister(static (session, token) => ((Session)session!).CancelOf(token), this);
            return RunAsync(call, execute);
        }
        catch (PhantomDbException error) when (error.SqlState == SqlStates.QueryCanceled && token.IsCancellationRequested)
        {
            throw new OperationCanceledException(error.Message, error, token);
        }
        finally
        {
            Execution.StatementContext.CallToken = outer;
        }
    }

    // Not what another call runs, where this one has been refused.
    private void CancelOf(CancellationToken token)
    {
        if (_statement.Cancel(token))
        {
            _transaction.Interrupt();
        }
    }

    /// <summary>Runs something of this session that executes one statement, and awaits the commit that it ends with.</summary>
    internal ValueTask<QueryResult> RunAsync<T>(T call, Func<T, QueryResult> execute)
    {
        if (_database.Persistence is null || _database.Options.SyncPolicy != SyncPolicy.Always || IsTimed)
        {
            return new ValueTask<QueryResult>(execute(call));
        }
        (Session? outer, bool outerHasPostponed) = (_postpones, _hasPostponed);
        (_postpones, _hasPostponed) = (this, false);
        QueryResult result;
        bool hasPostponed;
        try
        {
            result = execute(call);
        }
        catch
        {
            if (_hasPostponed)
            {
                GiveUpPostponed();
            }
            throw;
        }
        finally
        {
            hasPostponed = _hasPostponed;
            (_postpones, _hasPostponed) = (outer, outerHasPostponed);
        }
        return hasPostponed ? CommitPostponed(result) : new ValueTask<QueryResult>(result);
    }

    // True where the commit is left to the asynchronous call that the statement runs in.
    private bool TryPostponeCommit()
    {
        bool isLast = !_isInBatch || _isLastOfBatch;   // a COMMIT in the midst of a text has to last, whatever becomes of what follows
        if (!ReferenceEquals(_postpones, this) || !isLast || _overlay is not null || !_transaction.IsCommitLogged)
        {
            return false;
        }
        return _isCommitPending = _hasPostponed = true;
    }

    private void TakeBackPostponed() => _isCommitPending = _hasPostponed = false;

    private ValueTask<QueryResult> CommitPostponed(QueryResult result)
    {
        ValueTask commit = CommitPostponed();
        if (commit.IsCompletedSuccessfully)
        {
            return new ValueTask<QueryResult>(result);
        }
        // The commit's end, which lets others have the rows that it has locked, may be the work of the log's thread. What follows it is the caller's, and no work for that.
        TaskCompletionSource<QueryResult> told = new(TaskCreationOptions.RunContinuationsAsynchronously);
        _ = Tell(commit, result, told);
        return new ValueTask<QueryResult>(told.Task);
    }

    private static async Task Tell(ValueTask commit, QueryResult result, TaskCompletionSource<QueryResult> told)
    {
        try
        {
            await commit.ConfigureAwait(false);
            told.SetResult(result);
        }
        catch (Exception error)
        {
            try
            {
                result.Dispose();   // first: who is told may execute the statement again, and that result may be the same object
            }
            finally
            {
                told.SetException(error);
            }
        }
    }

    private async ValueTask CommitPostponed()
    {
        try
        {
            if (!_deferred.IsEmpty)
            {
                SetWaitLimits();
                _deferred.TestAll(NewScope());
            }
            await _transaction.CommitAsync().ConfigureAwait(false);
            EndCommitted();
            _settings.EndTransaction(commits: true);
            _isCommitPending = false;
            Leave();
        }
        catch
        {
            GiveUpPostponed();
            throw;
        }
    }

    private void GiveUpPostponed()
    {
        Undo(mark: 0);
        _isCommitPending = false;
        Leave();
    }
}
