using System.Data.Common;

namespace PhantomDb.Data;

/// <summary>
/// A database as connections are made to it: holds it open from its first connection until it is disposed of, so that one in memory lives on between connections, and
/// one in a file is not opened anew. With <c>:memory:</c> its connections share one database. May be used by any number of threads.
/// </summary>
public sealed class PhantomDbDataSource : DbDataSource
{
    private readonly Lock _lock = new();
    private readonly PhantomDbConnectionStringBuilder _settings;
    private readonly string _connectionString;
    private readonly Database? _given;
    private SharedDatabase? _shared;
    private bool _isDisposed;

    /// <summary>A data source by its connection string; nothing is opened yet.</summary>
    public PhantomDbDataSource(string connectionString)
    {
        ArgumentNullException.ThrowIfNull(connectionString);
        _settings = new PhantomDbConnectionStringBuilder(connectionString);
        _connectionString = connectionString;
    }

    /// <summary>A data source over a database that the program has opened, and closes.</summary>
    public PhantomDbDataSource(Database database)
        : this(database, new PhantomDbConnectionStringBuilder())
    {
    }

    /// <summary>A data source over a database that the program has opened, and closes, whose connections are as a connection string says; what it says about the database itself is not looked at.</summary>
    public PhantomDbDataSource(Database database, PhantomDbConnectionStringBuilder settings)
    {
        ArgumentNullException.ThrowIfNull(database);
        ArgumentNullException.ThrowIfNull(settings);
        (_given, _settings, _connectionString) = (database, new PhantomDbConnectionStringBuilder(settings.ConnectionString), "");
    }

    /// <inheritdoc/>
    public override string ConnectionString => _connectionString;

    /// <summary>A connection that is not open yet.</summary>
    public new PhantomDbConnection CreateConnection()
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        return _given is not null ? new PhantomDbConnection(_given, _settings) : new PhantomDbConnection(this);
    }

    /// <summary>An open connection.</summary>
    public new PhantomDbConnection OpenConnection() => (PhantomDbConnection)OpenDbConnection();

    /// <summary>An open connection; where the database has to be opened from its files, another thread does that.</summary>
    public new async ValueTask<PhantomDbConnection> OpenConnectionAsync(CancellationToken cancellationToken = default) =>
        (PhantomDbConnection)await OpenDbConnectionAsync(cancellationToken).ConfigureAwait(false);

    /// <summary>A command that opens a connection of its own when it is executed, and closes it when it is disposed of.</summary>
    public new PhantomDbCommand CreateCommand(string? commandText = null) => new(commandText, CreateConnection(), closesConnection: true);

    /// <summary>A batch that opens a connection of its own when it is executed, and closes it when it is disposed of.</summary>
    public new PhantomDbBatch CreateBatch() => new(CreateConnection(), closesConnection: true);

    internal SharedDatabase Share()
    {
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_isDisposed, this);
            return (_shared ??= SharedDatabase.Acquire(_settings)).Share();
        }
    }

    /// <inheritdoc/>
    protected override DbConnection CreateDbConnection() => CreateConnection();

    /// <inheritdoc/>
    protected override DbCommand CreateDbCommand(string? commandText = null) => CreateCommand(commandText);

    /// <inheritdoc/>
    protected override DbBatch CreateDbBatch() => CreateBatch();

    /// <summary>Lets go of the database; connections that are open keep it until they are closed.</summary>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            SharedDatabase? shared;
            lock (_lock)
            {
                _isDisposed = true;
                (shared, _shared) = (_shared, null);
            }
            shared?.Release();
        }
        base.Dispose(disposing);
    }

    /// <inheritdoc/>
    protected override ValueTask DisposeAsyncCore()
    {
        Dispose(disposing: true);
        return ValueTask.CompletedTask;
    }
}
