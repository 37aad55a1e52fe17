using System.Diagnostics;
using System.Runtime.InteropServices;
using PhantomDb.Shell.Input;
using PhantomDb.Shell.Output;

namespace PhantomDb.Shell;

/// <summary>
/// What SIGINT (Ctrl-C), SIGTERM and SIGHUP do, on threads of their own, beside the one that runs statements:
/// <list type="bullet">
/// <item>while the database opens, the process ends: recovery has acknowledged nothing that could be lost;</item>
/// <item>Ctrl-C during a statement cancels it. What waits in the system, for the writer of a named pipe say, cannot be cancelled: after a second the person is told so, and the next one ends the process;</item>
/// <item>Ctrl-C between statements ends a script in order, and at a terminal drops what is typed;</item>
/// <item>SIGTERM and SIGHUP end the process, in order where the statement can be ended.</item>
/// </list>
/// </summary>
internal sealed partial class ShellSession
{
    private const int Interrupted = 128 + 2, Terminated = 128 + 15;   // as a shell reports SIGINT, SIGTERM

    private static readonly TimeSpan PatienceOfPeople = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan CancelPeriod = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan PatienceOfSupervisors = TimeSpan.FromSeconds(5);   // the usual kill -9 comes after ten
    private static readonly TimeSpan PatienceAtTheEnd = TimeSpan.FromSeconds(2);

    private readonly ManualResetEventSlim _interrupted = new();
    private volatile int _workNumber;
    private volatile bool _isToldOfDelay;
    private volatile bool _dropsInput;
    private volatile bool _isEnding;
    private volatile bool _isHandedOver;

    /// <summary>Ctrl-C came during the work that runs.</summary>
    public bool IsInterrupted => _interrupted.IsSet;

    /// <summary>For work that is no statement: fails as a statement does that Ctrl-C has ended.</summary>
    public void ThrowIfInterrupted()
    {
        if (IsInterrupted)
        {
            throw new PhantomDbException("57014", "canceling statement due to user request");
        }
    }

    /// <summary>Waits for a program that has the terminal: Ctrl-C is for it.</summary>
    public void HandOver(Process program)
    {
        _isHandedOver = true;
        try
        {
            program.WaitForExit();
            AwaitInterrupt(program.ExitCode);
        }
        finally
        {
            _isHandedOver = false;
        }
    }

    // Ctrl-C is for the program that has the terminal, first of all.
    private bool IsTerminalOfAnother => _isHandedOver || Output.Pager.IsShown || Output.IsInCommand;

    // Ctrl-C that has ended a program comes to the shell as well, perhaps a little later; it is not for what is run next.
    private void AwaitInterrupt(int exitCode)
    {
        if (exitCode == Interrupted)
        {
            _interrupted.Wait(PatienceOfPeople);
        }
    }

    private void BeginWork()
    {
        _interrupted.Reset();
        _isToldOfDelay = false;
        _workNumber++;
        _isRunning = true;   // last: from here on Ctrl-C cancels, before it ends the script
    }

    private void Interrupt(PosixSignalContext context)
    {
        context.Cancel = true;
        if (_database is null || _isToldOfDelay)
        {
            EndAtOnce(Interrupted);
        }
        else if (_isRunning)
        {
            _interrupted.Set();
            _database.Session.Cancel();
            if (!IsTerminalOfAnother)
            {
                _ = CancelAgain(_workNumber);
            }
        }
        else if (_lines is TerminalLines terminal)
        {
            _dropsInput = true;
            terminal.ShowPrompt('=');
        }
        else if (_lines is not { IsTyped: true })
        {
            End(Interrupted);
        }
    }

    private void Terminate(PosixSignalContext context)
    {
        context.Cancel = true;
        if (_database is null || _isEnding)
        {
            EndAtOnce(Terminated);
        }
        End(Terminated);
    }

    // What had not quite begun when it was cancelled, a script's next statement say, runs nevertheless.
    private async Task CancelAgain(int number)
    {
        for (TimeSpan waited = TimeSpan.Zero; waited < PatienceOfPeople; waited += CancelPeriod)
        {
            await Task.Delay(CancelPeriod).ConfigureAwait(false);
            if (!_isRunning || _workNumber != number)
            {
                return;
            }
            _database?.Session.Cancel();
        }
        TellOfDelay(number);
    }

    private void TellOfDelay(int number)
    {
        if (_isRunning && _workNumber == number && !_isToldOfDelay && !IsTerminalOfAnother)
        {
            _isToldOfDelay = true;
            ControlCharacters.WriteError("Not cancelled yet. Ctrl-C again ends phantomdb.\n");
        }
    }

    /// <summary>What runs is cancelled, then the database closed; the main thread runs nothing any more.</summary>
    private void End(int exitCode)
    {
        _isEnding = true;
        long start = Stopwatch.GetTimestamp();
        while (!Monitor.TryEnter(_atWork, 50))
        {
            if (Stopwatch.GetElapsedTime(start) > PatienceOfSupervisors)
            {
                EndAtOnce(exitCode);
            }
            Output.Pager.Stop();
            _database?.Session.Cancel();
        }
        Close();
        Environment.Exit(exitCode);
    }

    private void EndAtOnce(int exitCode)
    {
        ProgressLine.End();
        try
        {
            _database?.Abandon(PatienceAtTheEnd);
        }
        finally
        {
            Environment.Exit(exitCode);
        }
    }

    private void WaitIfEnding()
    {
        while (_isEnding)
        {
            Monitor.Wait(_atWork);
        }
    }
}
