using System.Diagnostics;

namespace PhantomDb.Shell.Output;

/// <summary>The input of a command of the system's shell. It may end before it has read everything: the rest is then dropped without a word. Closing waits for its end.</summary>
internal sealed class CommandStream : WriteOnlyStream
{
    private readonly Process _process;
    private bool _isLeft;

    public CommandStream(string command) => _process = Process.Start(StartOf(command))!;

    /// <summary>How a command is run that reads what is written to it.</summary>
    public static ProcessStartInfo StartOf(string command)
    {
        ProcessStartInfo start = OperatingSystem.IsWindows() ? new("cmd.exe", ["/c", command]) : new("/bin/sh", ["-c", command]);
        start.RedirectStandardInput = true;
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
            _process.Dispose();
        }
        base.Dispose(disposing);
    }
}
