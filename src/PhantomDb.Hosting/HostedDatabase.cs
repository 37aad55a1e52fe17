using System.Diagnostics;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace PhantomDb.Hosting;

/// <summary>
/// The life of a database in a host: opened before the services are started, or earlier where one asks for it when it is made; closed after all of them have
/// stopped. A failure to open it fails the host's start, a failure to close it the host's end; it is thrown, not logged.
/// </summary>
internal sealed partial class HostedDatabase : IHostedLifecycleService, IDisposable, IAsyncDisposable
{
    private static readonly TimeSpan ProgressTime = TimeSpan.FromSeconds(10);

    private readonly string _name;
    private readonly PhantomDbHostOptions _options;
    private readonly string? _contentRoot;
    private readonly ILogger _logger;
    private readonly TimeProvider _clock;
    private readonly CancellationToken _stopping;
    private readonly LoggedFailures _failures;
    private readonly Lazy<Database> _database;
    private Database? _opened;
    private int _isDisposed;

    /// <param name="name">Under which it was added.</param>
    /// <param name="contentRoot">Null outside of a host.</param>
    /// <param name="stopping">The host has been told to end.</param>
    public HostedDatabase(string name, PhantomDbHostOptions options, string? contentRoot, ILogger logger, TimeProvider clock, CancellationToken stopping)
    {
        (_name, _options, _contentRoot, _logger, _clock, _stopping) = (name, options, contentRoot, logger, clock, stopping);
        _failures = new LoggedFailures(clock);
        _database = new Lazy<Database>(Open);
    }

    /// <summary>The open database; the first who asks opens it.</summary>
    public Database Database => _database.Value;

    /// <summary>Null where it is not open yet.</summary>
    public Database? OpenDatabase => Volatile.Read(ref _opened);

    /// <summary>
    /// Where the host is told to end meanwhile (SIGTERM), it is opened to its end nevertheless, and the host stops in order when it has started: what is thrown here would end its process with an
    /// unhandled exception. Who starts the host with a token of their own gets their exception at once.
    /// </summary>
    public async Task StartingAsync(CancellationToken cancellationToken)
    {
        Task<Database> opening = Task.Run(() => _database.Value, CancellationToken.None);
        try
        {
            await opening.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
        {
            await opening.ConfigureAwait(false);
        }
    }

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>Where the host's time is over, the database's own file is not written; what is committed goes to the disk whatever the time.</summary>
    public async Task StoppedAsync(CancellationToken cancellationToken)
    {
        if (_opened is { } database)
        {
            long start = Stopwatch.GetTimestamp();
            await database.CloseAsync(cancellationToken).ConfigureAwait(false);
            LogClosed(_name, Stopwatch.GetElapsedTime(start).TotalMilliseconds);
            if (database.ClosingProblem is { } problem)
            {
                LogNotSaved(problem, _name, problem.SqlState);
            }
        }
    }

    // Who made the host and did not start it, or did not stop it, has the database closed nevertheless. One that is still being opened is closed by its opener.
    public void Dispose()
    {
        Interlocked.Exchange(ref _isDisposed, 1);
        Volatile.Read(ref _opened)?.Dispose();
    }

    public async ValueTask DisposeAsync()
    {
        Interlocked.Exchange(ref _isDisposed, 1);
        if (Volatile.Read(ref _opened) is { } database)
        {
            await database.DisposeAsync().ConfigureAwait(false);
        }
    }

    private Database Open()
    {
        ObjectDisposedException.ThrowIf(_isDisposed == 1, this);
        string name = _options.Name ?? _name;
        Database database = _options.IsEmptyInMemory ? Database.CreateInMemory(_options.Database) : OpenFiles(name);
        Interlocked.Exchange(ref _opened, database);
        if (Volatile.Read(ref _isDisposed) == 1)
        {
            database.Dispose();
            ObjectDisposedException.ThrowIf(true, this);
        }
        if (database.IsNew && _options.MustExist && !_options.IsEmptyInMemory)
        {
            database.Dispose();
            throw new PhantomDbException("58P01", $"there is no database \"{database.FilePath ?? name}\"")
            {
                Hint = "A name without separator and without the ending .db is looked for in the data directory.",
            };
        }
        if (!database.Options.IsReadOnly)
        {
            TakeLock(database);
        }
        database.BackgroundError += NoteFailure;
        database.SlowStatement += NoteSlow;
        LogOpening(database);
        return database;
    }

    private Database OpenFiles(string name)
    {
        long lastProgress = _clock.GetTimestamp();
        return Database.Open(FromContentRoot(name, isName: true), _options.Database with
        {
            DataDirectory = FromContentRoot(_options.Database.DataDirectory),
            OnProgress = progress =>
            {
                _options.Database.OnProgress?.Invoke(progress);
                NoteProgress(progress, ref lastProgress);
            },
        });
    }

    // Where its folder was missing, or cannot be written to: better now than with the first change, while the host tells that it is well.
    private static void TakeLock(Database database)
    {
        try
        {
            database.EnsureWritable();
        }
        catch
        {
            database.Dispose();
            throw;
        }
    }

    // While it is opened: nobody can ask the database yet.
    private void NoteProgress(FileProgress progress, ref long last)
    {
        if (OpenDatabase is null && progress is { IsWriting: false, Length: { } length } && _clock.GetElapsedTime(Volatile.Read(ref last)) >= ProgressTime)
        {
            Volatile.Write(ref last, _clock.GetTimestamp());
            LogProgress(_name, progress.Path, progress.Position, length);
        }
    }

    private void NoteFailure(PhantomDbException error)
    {
        if (_failures.TryAdd(error))
        {
            LogFailure(error, _name, error.SqlState);
        }
    }

    private void NoteSlow(SlowStatement statement)
    {
        if (statement.SqlState is { } sqlState)
        {
            LogSlowFailure(_name, statement.Duration.TotalMilliseconds, sqlState, statement.ProcessId, statement.ApplicationName, statement.TextLine);
        }
        else
        {
            LogSlow(_name, statement.Duration.TotalMilliseconds, statement.RowCount, statement.ProcessId, statement.ApplicationName, statement.TextLine);
        }
    }

    // What has a separator or the ending .db is a path, all else a name in the data directory.
    private string FromContentRoot(string path, bool isName = false) =>
        _contentRoot is null || (isName && Path.GetFileName(path) == path && !path.EndsWith(".db", StringComparison.OrdinalIgnoreCase)) ? path : Path.Combine(_contentRoot, path);

    private void LogOpening(Database database)
    {
        string place = database.FilePath ?? "in memory";
        switch (database.Recovery)
        {
            case null:
                LogNew(_name, place);
                break;
            case { Verdict: RecoveryVerdict.Clean } report:
                LogOpen(_name, place, report.ToLine());
                break;
            case { } report:
                LogRecovered(_name, place, report.ToLine());
                break;
        }
    }

    [LoggerMessage(1, LogLevel.Information, "Database {Database} is open, {Place}: {Recovery}")]
    private partial void LogOpen(string database, string place, string recovery);

    [LoggerMessage(2, LogLevel.Warning, "Database {Database} is open, {Place}, but its files were not as they should be: {Recovery}")]
    private partial void LogRecovered(string database, string place, string recovery);

    [LoggerMessage(3, LogLevel.Information, "Database {Database} is open and new, {Place}")]
    private partial void LogNew(string database, string place);

    [LoggerMessage(4, LogLevel.Information, "Database {Database} is closed, after {Milliseconds:F0} ms")]
    private partial void LogClosed(string database, double milliseconds);

    [LoggerMessage(6, LogLevel.Warning, "The own file of database {Database} could not be brought up to date at the end, {SqlState}; nothing is lost, the next opening applies more of the log")]
    private partial void LogNotSaved(Exception error, string database, string? sqlState);

    [LoggerMessage(7, LogLevel.Warning, "Slow statement in database {Database}: {Milliseconds:F1} ms, rows {RowCount}, session {Session} \"{Application}\": {Statement}")]
    private partial void LogSlow(string database, double milliseconds, long rowCount, int session, string application, string statement);

    [LoggerMessage(8, LogLevel.Warning, "Slow statement in database {Database}: {Milliseconds:F1} ms, failed with {SqlState}, session {Session} \"{Application}\": {Statement}")]
    private partial void LogSlowFailure(string database, double milliseconds, string sqlState, int session, string application, string statement);

    [LoggerMessage(9, LogLevel.Information, "Database {Database} is being opened: {File}, {Position} of {Length} bytes")]
    private partial void LogProgress(string database, string file, long position, long length);

    [LoggerMessage(5, LogLevel.Error, "The disk of database {Database} has failed, {SqlState}; it goes on, and tries again")]
    private partial void LogFailure(Exception error, string database, string? sqlState);
}
