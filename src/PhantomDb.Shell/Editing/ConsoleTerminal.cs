using System.Runtime.InteropServices;

namespace PhantomDb.Shell.Editing;

/// <summary>The terminal of the process. While keys are read, Ctrl-C is one of them; while a statement runs it is a signal.</summary>
internal sealed class ConsoleTerminal : ITerminal
{
    private const int WidthDefault = 80, HeightDefault = 24;
    private const string PastesInMarks = "\e[?2004h", PastesAsTyped = "\e[?2004l";

    private int _isReading;

    /// <summary>True where a terminal, if the process has one, understands escape sequences.</summary>
    public static bool HasEscapeSequences => OperatingSystem.IsWindows() || Environment.GetEnvironmentVariable("TERM") is not (null or "" or "dumb");

    // Some terminals do not know their size.
    public int Width => Console.WindowWidth is > 0 and int width ? width : WidthDefault;

    public int Height => Console.WindowHeight is > 0 and int height ? height : HeightDefault;

    public bool HasKey => Console.KeyAvailable;

    public void BeginKeys()
    {
        Console.TreatControlCAsInput = true;
        if (Interlocked.Exchange(ref _isReading, 1) == 0)
        {
            Write(PastesInMarks);
            AppDomain.CurrentDomain.ProcessExit += EndMarks;   // a signal may end the process
        }
    }

    public void EndKeys()
    {
        EndMarks(null, EventArgs.Empty);
        AppDomain.CurrentDomain.ProcessExit -= EndMarks;
        Console.TreatControlCAsInput = false;
    }

    public IDisposable? WatchSize(Action resized) => OperatingSystem.IsWindows() ? null : PosixSignalRegistration.Create(PosixSignal.SIGWINCH, _ => resized());

    // Of a terminal that is gone the runtime may make keys without end.
    public ConsoleKeyInfo ReadKey() => Console.ReadKey(intercept: true) is var key && key.Key == default && StandardStreams.IsInputGone() ? throw new IOException("the terminal is gone") : key;

    public void Write(string text)
    {
        Console.Out.Write(text);
        Console.Out.Flush();
    }

    private void EndMarks(object? sender, EventArgs arguments)
    {
        if (Interlocked.Exchange(ref _isReading, 0) == 1)
        {
            try
            {
                Write(PastesAsTyped);
            }
            catch (IOException)
            {
                // It is gone. This must not keep the process from its end.
            }
        }
    }
}
