using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace PhantomDb.Hosting;

/// <summary>
/// Takes a database's snapshots while the host runs, in place of the thread that the database has for that elsewhere. Ends with the other services, before the database
/// is closed. What fails is told by <see cref="HostedDatabase"/>, and tried again; it never stops the host. No <see cref="BackgroundService"/>: a host that is disposed of without
/// having been stopped would take its end for a failure.
/// </summary>
internal sealed partial class SnapshotService(string name, HostedDatabase hosted, ILogger logger) : IHostedService, IDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private Task _running = Task.CompletedTask;

    public Task StartAsync(CancellationToken cancellationToken)
    {
        Database database = hosted.Database;
        database.Snapshots.Taken += snapshot => LogTaken(name, snapshot.Name, snapshot.Lsn, snapshot.Bytes, snapshot.Duration!.Value.TotalMilliseconds);
        CancellationToken stop = _stop.Token;
        // A thread of its own: it sleeps most of the time, and writes files otherwise.
        _running = Task.Factory.StartNew(() => Run(database, stop), CancellationToken.None, TaskCreationOptions.LongRunning | TaskCreationOptions.DenyChildAttach, TaskScheduler.Default);
        return Task.CompletedTask;
    }

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        await _running.WaitAsync(cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);   // where the time is over the others are stopped nevertheless
    }

    public void Dispose()
    {
        _stop.Cancel();
        _stop.Dispose();
    }

    private void Run(Database database, CancellationToken stop)
    {
        try
        {
            database.Snapshots.Run(stop);
        }
        catch (ObjectDisposedException) when (stop.IsCancellationRequested)
        {
            // the host was disposed of before this had begun
        }
        catch (Exception error)   // the program takes them itself
        {
            LogNotTaken(error, name);
        }
    }

    [LoggerMessage(2, LogLevel.Error, "The host takes no snapshots of database {Database}")]
    private partial void LogNotTaken(Exception error, string database);

    [LoggerMessage(1, LogLevel.Information, "Snapshot of database {Database}: {Snapshot}, LSN {Lsn}, {Bytes} bytes in {Milliseconds:F0} ms")]
    private partial void LogTaken(string database, string snapshot, long lsn, long bytes, double milliseconds);
}
