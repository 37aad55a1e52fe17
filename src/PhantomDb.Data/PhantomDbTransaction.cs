using System.Data;
using System.Data.Common;

namespace PhantomDb.Data;

/// <summary>
/// A transaction of a connection: all commands of the connection are part of it until it is committed or rolled back. Disposing of it rolls it back. After an error
/// only rolling back goes on, to a savepoint or as a whole.
/// </summary>
public sealed class PhantomDbTransaction : DbTransaction
{
    private readonly IsolationLevel _isolationLevel;
    private PhantomDbConnection? _connection;   // null at its end
    private bool _isDisposed;

    internal PhantomDbTransaction(PhantomDbConnection connection, IsolationLevel isolationLevel)
    {
        string modes = isolationLevel switch
        {
            IsolationLevel.Unspecified => "",
            IsolationLevel.ReadUncommitted => " ISOLATION LEVEL READ UNCOMMITTED",
            IsolationLevel.ReadCommitted => " ISOLATION LEVEL READ COMMITTED",
            IsolationLevel.RepeatableRead or IsolationLevel.Snapshot => " ISOLATION LEVEL REPEATABLE READ",
            IsolationLevel.Serializable => " ISOLATION LEVEL SERIALIZABLE",
            _ => throw new NotSupportedException($"There are no transactions of isolation level {isolationLevel}."),
        };
        connection.Session.Execute($"BEGIN{modes}").Dispose();
        _connection = connection;
        _isolationLevel = isolationLevel is IsolationLevel.Unspecified ? IsolationLevel.ReadCommitted : isolationLevel;
    }

    /// <summary>The connection; null when the transaction is at its end.</summary>
    public new PhantomDbConnection? Connection => _connection;

    /// <summary>As it was asked for; for <see cref="IsolationLevel.Unspecified"/> ReadCommitted, unless the session's settings say otherwise.</summary>
    public override IsolationLevel IsolationLevel => _isolationLevel;

    /// <inheritdoc/>
    public override bool SupportsSavepoints => true;

    /// <inheritdoc/>
    protected override DbConnection? DbConnection => _connection;

    /// <summary>Makes what the transaction has done durable, as the database's sync policy says, and visible to others.</summary>
    /// <exception cref="PhantomDbException">40001, or a deferred constraint: nothing of it has happened. 25P02: a statement had failed, and all was rolled back.</exception>
    public override void Commit() => Completion.Done(Commit(isAsync: false));

    private async ValueTask<bool> Commit(bool isAsync)
    {
        PhantomDbConnection connection = Ready();
        string tag;
        try
        {
            using QueryResult result = isAsync ? await connection.Session.ExecuteAsync("COMMIT").ConfigureAwait(false) : connection.Session.Execute("COMMIT");
            tag = result.CommandTag;
        }
        finally
        {
            if (!connection.Session.IsInTransaction)
            {
                End();
            }
        }
        if (tag == "ROLLBACK")
        {
            throw new PhantomDbException("25P02", "the transaction had failed, and has been rolled back");
        }
        return true;
    }

    /// <summary>Undoes what the transaction has done.</summary>
    public override void Rollback()
    {
        PhantomDbConnection connection = Ready();
        connection.Session.Execute("ROLLBACK").Dispose();
        End();
    }

    /// <inheritdoc/>
    public override void Save(string savepointName) => Run("SAVEPOINT ", savepointName);

    /// <inheritdoc/>
    public override void Rollback(string savepointName) => Run("ROLLBACK TO SAVEPOINT ", savepointName);

    /// <inheritdoc/>
    public override void Release(string savepointName) => Run("RELEASE SAVEPOINT ", savepointName);

    /// <summary>As <see cref="Commit()"/>; the disk is awaited. Once it has begun it cannot be cancelled.</summary>
    public override async Task CommitAsync(CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        await Commit(isAsync: true).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public override Task RollbackAsync(CancellationToken cancellationToken = default) => Completed(Rollback, cancellationToken);

    /// <inheritdoc/>
    public override Task SaveAsync(string savepointName, CancellationToken cancellationToken = default) => Completed(() => Save(savepointName), cancellationToken);

    /// <inheritdoc/>
    public override Task RollbackAsync(string savepointName, CancellationToken cancellationToken = default) => Completed(() => Rollback(savepointName), cancellationToken);

    /// <inheritdoc/>
    public override Task ReleaseAsync(string savepointName, CancellationToken cancellationToken = default) => Completed(() => Release(savepointName), cancellationToken);

    /// <summary>The connection is being closed, which rolls back.</summary>
    internal void Lose() => _connection = null;

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing && !_isDisposed)
        {
            _isDisposed = true;
            if (_connection is { } connection)
            {
                try
                {
                    connection.Reader?.Abandon();
                    if (connection.Session.IsInTransaction)
                    {
                        connection.Session.Execute("ROLLBACK").Dispose();
                    }
                }
                catch (Exception error) when (error is ObjectDisposedException or PhantomDbException { SqlState: "57P01" })
                {
                    // The database was closed, or the session ended: that has rolled it back.
                }
                End();
            }
        }
        base.Dispose(disposing);
    }

    private void End()
    {
        if (_connection is { } connection)
        {
            connection.Transaction = null;
            _connection = null;
        }
    }

    private PhantomDbConnection Ready()
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        PhantomDbConnection connection = _connection ?? throw new InvalidOperationException("The transaction is at its end: it has been committed or rolled back, or its connection closed.");
        connection.EnsureIdle();
        if (!connection.Session.IsInTransaction)
        {
            End();
            throw new InvalidOperationException("The transaction is at its end: a command has committed it or rolled it back.");
        }
        return connection;
    }

    private void Run(string command, string savepointName)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(savepointName);
        Ready().Session.Execute($"{command}\"{savepointName.Replace("\"", "\"\"", StringComparison.Ordinal)}\"").Dispose();
    }

    private static Task Completed(Action work, CancellationToken cancellationToken)
    {
        if (cancellationToken.IsCancellationRequested)
        {
            return Task.FromCanceled(cancellationToken);
        }
        try
        {
            work();
            return Task.CompletedTask;
        }
        catch (Exception error)
        {
            return Task.FromException(error);
        }
    }
}
