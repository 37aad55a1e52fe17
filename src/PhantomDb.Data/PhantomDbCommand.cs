using System.Data;
using System.Data.Common;
using System.Diagnostics.CodeAnalysis;

namespace PhantomDb.Data;

/// <summary>
/// One or several statements, separated by semicolons, with parameters: $1, @name or :name. Each statement has its result; outside of a transaction each is one of its
/// own. What is run again is prepared already: a connection keeps the statements that it ran last.
/// </summary>
public sealed class PhantomDbCommand : DbCommand, ICloneable
{
    private readonly PhantomDbParameterCollection _parameters = new();
    private readonly bool _closesConnection;   // made by a data source, which opens and closes for it
    private string _text = "";
    private PhantomDbConnection? _connection;
    private PhantomDbTransaction? _transaction;
    private int? _timeout;

    /// <summary>A command whose text and connection are to be set.</summary>
    public PhantomDbCommand()
    {
    }

    /// <summary>A command with a text and a connection.</summary>
    public PhantomDbCommand(string? commandText, PhantomDbConnection? connection = null, PhantomDbTransaction? transaction = null)
    {
        CommandText = commandText;
        _connection = connection;
        _transaction = transaction;
    }

    internal PhantomDbCommand(string? commandText, PhantomDbConnection connection, bool closesConnection)
        : this(commandText, connection) => _closesConnection = closesConnection;

    /// <summary>The statements; empty at first.</summary>
    [AllowNull]
    public override string CommandText
    {
        get => _text;
        set
        {
            EnsureNoReader();
            _text = value ?? "";
        }
    }

    /// <summary>Seconds that the command may compute, 0: any; what the reader of the rows takes does not count. Default: the connection's, 30.</summary>
    public override int CommandTimeout
    {
        get => _timeout ?? _connection?.CommandTimeout ?? (int)ConnectionKeyword.CommandTimeout.Default!;
        set
        {
            ArgumentOutOfRangeException.ThrowIfNegative(value);
            _timeout = value;
        }
    }

    /// <summary>Text: there are no procedures.</summary>
    /// <exception cref="NotSupportedException">Another type is set.</exception>
    public override CommandType CommandType
    {
        get => CommandType.Text;
        set
        {
            if (value != CommandType.Text)
            {
                throw new NotSupportedException($"A command's type is Text, not {value}: write the statement.");
            }
        }
    }

    /// <summary>The connection.</summary>
    public new PhantomDbConnection? Connection
    {
        get => _connection;
        set
        {
            EnsureNoReader();
            _connection = value;
        }
    }

    /// <summary>The parameters.</summary>
    public new PhantomDbParameterCollection Parameters => _parameters;

    /// <summary>The transaction; a command is part of its connection's transaction whether this says so or not.</summary>
    public new PhantomDbTransaction? Transaction { get => _transaction; set => _transaction = value; }

    /// <inheritdoc/>
    public override bool DesignTimeVisible { get; set; }

    /// <inheritdoc/>
    public override UpdateRowSource UpdatedRowSource { get; set; } = UpdateRowSource.Both;

    /// <inheritdoc/>
    protected override DbConnection? DbConnection
    {
        get => _connection;
        set => Connection = value is null ? null : value as PhantomDbConnection ?? throw new InvalidCastException("A PhantomDbConnection is expected.");
    }

    /// <inheritdoc/>
    protected override DbParameterCollection DbParameterCollection => _parameters;

    /// <inheritdoc/>
    protected override DbTransaction? DbTransaction
    {
        get => _transaction;
        set => _transaction = value is null ? null : value as PhantomDbTransaction ?? throw new InvalidCastException("A PhantomDbTransaction is expected.");
    }

    /// <summary>Makes the command fail with 57014 where it runs, its reader's next row included; from any thread. Otherwise nothing.</summary>
    public override void Cancel()
    {
        PhantomDbConnection? connection = _connection;
        if (connection is not null && ReferenceEquals(connection.RunningCommand, this))
        {
            connection.Guard.Cancel();
        }
    }

    /// <summary>A command with the same text and connection, and the same parameters as its own.</summary>
    public PhantomDbCommand Clone()
    {
        PhantomDbCommand clone = new(_text, _connection, _transaction) { _timeout = _timeout };
        foreach (PhantomDbParameter parameter in (IEnumerable<PhantomDbParameter>)_parameters)
        {
            clone._parameters.Add(parameter.Clone());
        }
        return clone;
    }

    object ICloneable.Clone() => Clone();

    /// <summary>A parameter, which is not added yet.</summary>
    public new PhantomDbParameter CreateParameter() => new();

    /// <summary>Parses and binds the statements, so that their first execution need not; errors in them show here. Executing prepares too.</summary>
    public override void Prepare()
    {
        StatementRun run = NewRun();
        run.DescribeAll();
    }

    /// <summary>Runs the statements; the rows that they changed, or -1 where none of them is one that changes rows.</summary>
    public override int ExecuteNonQuery() => Completion.Done(ExecuteNonQuery(isAsync: false, CancellationToken.None));

    /// <summary>Runs the statements; the first value of the first row of the first result, null where it has no row.</summary>
    public override object? ExecuteScalar() => Completion.Done(ExecuteScalar(isAsync: false, CancellationToken.None));

    /// <summary>Runs the first statement, and the others as their results are asked for.</summary>
    public new PhantomDbDataReader ExecuteReader() => ExecuteReader(CommandBehavior.Default);

    /// <summary>Runs the first statement, and the others as their results are asked for. Closing the reader runs those that are left.</summary>
    public new PhantomDbDataReader ExecuteReader(CommandBehavior behavior) => Completion.Done(ExecuteReader(behavior, isAsync: false, CancellationToken.None));

    /// <summary>As <see cref="ExecuteReader()"/>, on the calling thread, but that a commit is awaited. The token stops it as <see cref="Cancel"/> does.</summary>
    public new Task<PhantomDbDataReader> ExecuteReaderAsync(CancellationToken cancellationToken = default) => ExecuteReaderAsync(CommandBehavior.Default, cancellationToken);

    /// <summary>As <see cref="ExecuteReader(CommandBehavior)"/>, on the calling thread, but that a commit is awaited. The token stops it as <see cref="Cancel"/> does.</summary>
    public new Task<PhantomDbDataReader> ExecuteReaderAsync(CommandBehavior behavior, CancellationToken cancellationToken = default) =>
        Awaited(cancellationToken, token => ExecuteReader(behavior, isAsync: true, token));

    /// <inheritdoc/>
    public override Task<int> ExecuteNonQueryAsync(CancellationToken cancellationToken) => Awaited(cancellationToken, token => ExecuteNonQuery(isAsync: true, token));

    /// <inheritdoc/>
    public override Task<object?> ExecuteScalarAsync(CancellationToken cancellationToken) => Awaited(cancellationToken, token => ExecuteScalar(isAsync: true, token));

    /// <inheritdoc/>
    protected override DbParameter CreateDbParameter() => new PhantomDbParameter();

    /// <inheritdoc/>
    protected override DbDataReader ExecuteDbDataReader(CommandBehavior behavior) => ExecuteReader(behavior);

    /// <inheritdoc/>
    protected override async Task<DbDataReader> ExecuteDbDataReaderAsync(CommandBehavior behavior, CancellationToken cancellationToken) =>
        await ExecuteReaderAsync(behavior, cancellationToken).ConfigureAwait(false);

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing && _closesConnection)
        {
            _connection?.Dispose();
        }
        base.Dispose(disposing);
    }

    private async ValueTask<int> ExecuteNonQuery(bool isAsync, CancellationToken token)
    {
        StatementRun run = NewRun();
        try
        {
            return await run.RunAll(this, CommandTimeout, isAsync, token).ConfigureAwait(false);
        }
        finally
        {
            CloseOwnConnection();
        }
    }

    private async ValueTask<object?> ExecuteScalar(bool isAsync, CancellationToken token)
    {
        StatementRun run = NewRun();
        try
        {
            return await run.RunForScalar(this, CommandTimeout, isAsync, token).ConfigureAwait(false);
        }
        finally
        {
            CloseOwnConnection();
        }
    }

    private ValueTask<PhantomDbDataReader> ExecuteReader(CommandBehavior behavior, bool isAsync, CancellationToken token) =>
        PhantomDbDataReader.Run(this, NewRun(), CommandTimeout, behavior | (_closesConnection ? CommandBehavior.CloseConnection : CommandBehavior.Default), isAsync, token);

    private StatementRun NewRun()
    {
        PhantomDbConnection connection = Ready();
        return new StatementRun(connection, connection.StatementsOf(_text), _parameters);
    }

    private void CloseOwnConnection()
    {
        if (_closesConnection)
        {
            _connection!.Close();
        }
    }

    private Task<T> Awaited<T>(CancellationToken token, Func<CancellationToken, ValueTask<T>> work) => Completion.OfAsync(token, Cancel, work);

    private PhantomDbConnection Ready()
    {
        PhantomDbConnection connection = _connection ?? throw new InvalidOperationException("The command has no connection: set Connection.");
        if (_closesConnection && connection.State == ConnectionState.Closed)
        {
            connection.Open();
        }
        connection.EnsureIdle();
        if (_text.Length == 0)
        {
            throw new InvalidOperationException("The command has no text: set CommandText.");
        }
        if (_transaction is not null && !ReferenceEquals(_transaction.Connection, connection))
        {
            throw new InvalidOperationException(_transaction.Connection is null
                ? "The command's transaction is at its end: set Transaction to null, or to another."
                : "The command's transaction belongs to another connection.");
        }
        return connection;
    }

    private void EnsureNoReader()
    {
        if (_connection?.Reader is { } reader && ReferenceEquals(reader.Command, this))
        {
            throw new InvalidOperationException("The command has an open reader: close it first.");
        }
    }
}
