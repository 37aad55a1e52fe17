using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace PhantomDb.Hosting;

/// <summary>
/// Takes a database's snapshots while the host runs, in place of the thread that the database has for that elsewhere. Ends with the other services, before the database
/// is closed. What fails is told by <see cref="HostedDatabase"/>, and tried again; it never stops the host.
/// </summary>
internal sealed partial class SnapshotService(string name, HostedDatabase hosted, ILogger logger) : BackgroundService
{
    /// <summary>Nothing for the host to watch: it ends without an error, and a host that is disposed of before it has begun would take its cancellation for a failure.</summary>
    public override Task? ExecuteTask => null;

    public override Task StartAsync(CancellationToken cancellationToken)
    {
        hosted.Database.Snapshots.Taken += snapshot => LogTaken(name, snapshot.Name, snapshot.Lsn, snapshot.Bytes, snapshot.Duration!.Value.TotalMilliseconds);
        return base.StartAsync(cancellationToken);
    }

    // A thread of its own: it sleeps most of the time, and writes files otherwise.
    protected override Task ExecuteAsync(CancellationToken stoppingToken) =>
        Task.Factory.StartNew(() => Run(stoppingToken), CancellationToken.None, TaskCreationOptions.LongRunning | TaskCreationOptions.DenyChildAttach, TaskScheduler.Default);

    private void Run(CancellationToken stop)
    {
        try
        {
            hosted.Database.Snapshots.Run(stop);
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
