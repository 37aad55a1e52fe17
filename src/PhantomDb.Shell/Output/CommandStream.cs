using System.Diagnostics;

namespace PhantomDb.Shell.Output;

/// <summary>The input of a command of the system's shell. It may end before it has read everything: the rest is then dropped without a word. Closing waits for its end.</summary>
internal sealed class CommandStream : WriteOnlyStream
{
    private readonly Process _process;
    private bool _isLeft;

    public override bool IsLeft => _isLeft;

    /// <summary>Called with the exit code when the command has ended, before anything else is shown.</summary>
    public Action<int>? Ended { get; init; }

    public CommandStream(string command) => _process = Process.Start(StartOf(command))!;

    /// <summary>How the system's shell runs a command.</summary>
    /// <param name="readsOutput">True: it reads what is written to it; else its input is the process's own.</param>
    public static ProcessStartInfo StartOf(string command, bool readsOutput = true)
    {
        ProcessStartInfo start = OperatingSystem.IsWindows() ? new("cmd.exe", ["/c", command]) : new("/bin/sh", ["-c", command]);
        start.RedirectStandardInput = readsOutput;
        return start;
    }

    public override void Write(ReadOnlySpan<byte> buffer)
    {
        try
        {
            if (!_isLeft)
            {
                _process.StandardInput.BaseStream.Write(buffer);
            }
        }
        catch (IOException)
        {
            _isLeft = true;
        }
    }

    public override void Flush()
    {
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _process.StandardInput.BaseStream.Dispose();
            _process.WaitForExit();
            Ended?.Invoke(_process.ExitCode);
            _process.Dispose();
        }
        base.Dispose(disposing);
    }
}
