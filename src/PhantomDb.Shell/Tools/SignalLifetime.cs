using System.Runtime.InteropServices;
using Microsoft.Extensions.Hosting;

namespace PhantomDb.Shell.Tools;

/// <summary>Ends a host in order at the first signal, and the process at once at the second: the life of a host on a terminal or under a supervisor.</summary>
internal sealed class SignalLifetime(IHostApplicationLifetime host) : IHostLifetime, IDisposable
{
    private static readonly (PosixSignal Signal, int Number)[] Signals = [(PosixSignal.SIGINT, 2), (PosixSignal.SIGTERM, 15), (PosixSignal.SIGHUP, 1)];

    private readonly List<PosixSignalRegistration> _registrations = [];
    private int _signalCount;

    public Task WaitForStartAsync(CancellationToken cancellationToken)
    {
        foreach ((PosixSignal signal, int number) in Signals)
        {
            _registrations.Add(PosixSignalRegistration.Create(signal, context => End(context, number)));
        }
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public void Dispose() => _registrations.ForEach(registration => registration.Dispose());

    private void End(PosixSignalContext context, int number)
    {
        context.Cancel = true;
        if (Interlocked.Increment(ref _signalCount) > 1)
        {
            Environment.Exit(128 + number);   // as a shell reports the signal
        }
        host.StopApplication();
    }
}
