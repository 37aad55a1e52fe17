using System.Data;
using System.Data.Common;

namespace PhantomDb.Data;

/// <summary>Commands that are run one after the other, each with parameters of its own. Outside of a transaction each statement is one of its own.</summary>
public sealed class PhantomDbBatch : DbBatch
{
    private readonly bool _closesConnection;   // made by a data source, which opens and closes for it
    private PhantomDbConnection? _connection;
    private PhantomDbTransaction? _transaction;
    private int? _timeout;

    /// <summary>A batch whose connection is to be set.</summary>
    public PhantomDbBatch(PhantomDbConnection? connection = null, PhantomDbTransaction? transaction = null)
    {
        _connection = connection;
        _transaction = transaction;
    }

    internal PhantomDbBatch(PhantomDbConnection connection, bool closesConnection)
        : this(connection) => _closesConnection = closesConnection;

    /// <summary>The commands.</summary>
    public new PhantomDbBatchCommandCollection BatchCommands { get; } = new();

    /// <inheritdoc/>
    protected override DbBatchCommandCollection DbBatchCommands => BatchCommands;

    /// <summary>Seconds that the batch may compute, 0: any. Default: the connection's.</summary>
    public override int Timeout
    {
        get => _timeout ?? _connection?.CommandTimeout ?? (int)ConnectionKeyword.CommandTimeout.Default!;
        set
        {
            ArgumentOutOfRangeException.ThrowIfNegative(value);
            _timeout = value;
        }
    }

    /// <inheritdoc/>
    protected override DbConnection? DbConnection
    {
        get => _connection;
        set => _connection = value is null ? null : value as PhantomDbConnection ?? throw new InvalidCastException("A PhantomDbConnection is expected.");
    }

    /// <inheritdoc/>
    protected override DbTransaction? DbTransaction
    {
        get => _transaction;
        set => _transaction = value is null ? null : value as PhantomDbTransaction ?? throw new InvalidCastException("A PhantomDbTransaction is expected.");
    }

    /// <summary>Makes the batch fail with 57014 where it runs; from any thread.</summary>
    public override void Cancel()
    {
        if (_connection is { } connection && ReferenceEquals(connection.RunningCommand, this))
        {
            connection.Guard.Cancel();
        }
    }

    /// <inheritdoc/>
    public override int ExecuteNonQuery() => Completion.Done(ExecuteNonQuery(isAsync: false, CancellationToken.None));

    /// <inheritdoc/>
    public override Task<int> ExecuteNonQueryAsync(CancellationToken cancellationToken = default) => Awaited(cancellationToken, token => ExecuteNonQuery(isAsync: true, token));

    /// <inheritdoc/>
    public override object? ExecuteScalar() => Completion.Done(ExecuteScalar(isAsync: false, CancellationToken.None));

    /// <inheritdoc/>
    public override Task<object?> ExecuteScalarAsync(CancellationToken cancellationToken = default) => Awaited(cancellationToken, token => ExecuteScalar(isAsync: true, token));

    /// <summary>Looks whether the commands are right.</summary>
    public override void Prepare()
    {
        StatementRun run = NewRun();
        run.DescribeAll();
    }

    /// <inheritdoc/>
    public override Task PrepareAsync(CancellationToken cancellationToken = default) => Completed(cancellationToken, _ =>
    {
        Prepare();
        return true;
    });

    /// <inheritdoc/>
    protected override DbBatchCommand CreateDbBatchCommand() => new PhantomDbBatchCommand();

    /// <inheritdoc/>
    protected override DbDataReader ExecuteDbDataReader(CommandBehavior behavior) => Completion.Done(ExecuteReader(behavior, isAsync: false, CancellationToken.None));

    /// <inheritdoc/>
    protected override async Task<DbDataReader> ExecuteDbDataReaderAsync(CommandBehavior behavior, CancellationToken cancellationToken) =>
        await Awaited(cancellationToken, token => ExecuteReader(behavior, isAsync: true, token)).ConfigureAwait(false);

    /// <inheritdoc/>
    public override void Dispose()
    {
        if (_closesConnection)
        {
            _connection?.Dispose();
        }
        base.Dispose();
    }

    private async ValueTask<int> ExecuteNonQuery(bool isAsync, CancellationToken token)
    {
        try
        {
            return await NewRun().RunAll(this, Timeout, isAsync, token).ConfigureAwait(false);
        }
        finally
        {
            CloseOwnConnection();
        }
    }

    private async ValueTask<object?> ExecuteScalar(bool isAsync, CancellationToken token)
    {
        try
        {
            return await NewRun().RunForScalar(this, Timeout, isAsync, token).ConfigureAwait(false);
        }
        finally
        {
            CloseOwnConnection();
        }
    }

    private ValueTask<PhantomDbDataReader> ExecuteReader(CommandBehavior behavior, bool isAsync, CancellationToken token) =>
        PhantomDbDataReader.Run(this, NewRun(), Timeout, behavior | (_closesConnection ? CommandBehavior.CloseConnection : CommandBehavior.Default), isAsync, token);

    private void CloseOwnConnection()
    {
        if (_closesConnection)
        {
            _connection!.Close();
        }
    }

    private StatementRun NewRun() => new(Ready(), BatchCommands.Commands);

    private PhantomDbConnection Ready()
    {
        PhantomDbConnection connection = _connection ?? throw new InvalidOperationException("The batch has no connection: set Connection.");
        if (_closesConnection && connection.State == ConnectionState.Closed)
        {
            connection.Open();
        }
        connection.EnsureIdle();
        if (BatchCommands.Count == 0)
        {
            throw new InvalidOperationException("The batch has no commands.");
        }
        if (_transaction is not null && !ReferenceEquals(_transaction.Connection, connection))
        {
            throw new InvalidOperationException("The batch's transaction is at its end, or belongs to another connection.");
        }
        return connection;
    }

    private Task<T> Completed<T>(CancellationToken token, Func<CancellationToken, T> work) => Completion.Of(token, Cancel, work);

    private Task<T> Awaited<T>(CancellationToken token, Func<CancellationToken, ValueTask<T>> work) => Completion.OfAsync(token, Cancel, work);
}
