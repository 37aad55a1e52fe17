using System.Buffers;
using System.ComponentModel;
using System.Diagnostics;

namespace PhantomDb.Shell.Output;

/// <summary>
/// Standard output at a terminal. Between <see cref="Begin"/> and <see cref="End"/> a screenful is held back; what is longer goes to a pager, a program that shows it screen by screen. The person may
/// leave it before it has seen everything: the rest is then dropped without a word.
/// </summary>
internal sealed class PagedOutput(WriteOnlyStream terminal, Func<(int Width, int Height)> screen) : WriteOnlyStream
{
    private const string DefaultPager = "less -SRFX";   // lines are cut at the screen's edge, arrows move along them; a short text is simply shown
    private const int CommandNotFound = 127, CommandNotRunnable = 126;

    private readonly MemoryStream _held = new();
    private bool _isPaging;
    private int _rowCount, _columnCount;   // of the screen, taken by what is held
    private volatile Process? _pager;
    private volatile bool _hasOutput;
    private volatile bool _isLeft;
    private string? _command;
    private bool _isCommandKnown;

    /// <summary>False: all is written to the terminal.</summary>
    public bool IsOn { get; set; } = true;

    /// <summary>The pager's command, for the system's shell: PHANTOMDB_PAGER, PAGER, or less where it is installed; empty for none.</summary>
    public string Command
    {
        get
        {
            if (!_isCommandKnown)
            {
                (_command, _isCommandKnown) = (FindCommand(), true);
            }
            return _command ?? "";
        }
        set => (_command, _isCommandKnown) = (value, true);
    }

    /// <summary>True where something is held back, or in the pager: what is written past it would come before it, or into its screen.</summary>
    public bool HasOutput => _hasOutput;

    /// <summary>True while the pager shows something: it is the one that a person speaks to.</summary>
    public bool IsShown => _pager is not null;

    /// <summary>Called with the exit code when the pager has ended, before anything else is shown.</summary>
    public Action<int>? Ended { get; set; }

    public override bool IsLeft => _isLeft || terminal.IsLeft;

    public void Begin()
    {
        _isPaging = IsOn && Command.Length > 0;
        _rowCount = _columnCount = 0;
        _isLeft = false;
    }

    /// <summary>Shows what was held back, or waits until the person has left the pager. A warning where that could not be run, else null.</summary>
    public string? End()
    {
        _isPaging = false;
        string? warning = null;
        if (_pager is { } pager)
        {
            Close(pager.StandardInput);
            pager.WaitForExit();
            Ended?.Invoke(pager.ExitCode);
            if (pager.ExitCode is CommandNotFound or CommandNotRunnable)
            {
                warning = $"WARNING: the pager \"{Command}\" cannot be run: it is off now (.pager names another)";
                IsOn = false;
            }
            _pager = null;
            pager.Dispose();
        }
        else
        {
            ShowHeld();
        }
        _hasOutput = false;
        return warning;
    }

    /// <summary>Ends the pager, whatever it shows; from another thread.</summary>
    public void Stop()
    {
        try
        {
            _pager?.Kill(entireProcessTree: true);
        }
        catch (Exception error) when (error is InvalidOperationException or Win32Exception)
        {
            // It has ended by itself.
        }
    }

    public override void Write(ReadOnlySpan<byte> buffer)
    {
        if (!_isPaging)
        {
            terminal.Write(buffer);
        }
        else if (_pager is { } pager)
        {
            Pass(buffer, pager);
        }
        else
        {
            _held.Write(buffer);
            _hasOutput |= buffer.Length > 0;
            if (IsTooLong(buffer))
            {
                BeginPager();
            }
        }
    }

    public override void Flush()
    {
        if (!_isPaging)
        {
            terminal.Flush();
        }
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _held.Dispose();
            terminal.Dispose();
        }
        base.Dispose(disposing);
    }

    private static string FindCommand()
    {
        if (Environment.GetEnvironmentVariable("PHANTOMDB_PAGER") is { } own)
        {
            return own;
        }
        if (!Editing.ConsoleTerminal.HasEscapeSequences)
        {
            return "";   // pagers need them
        }
        if (Environment.GetEnvironmentVariable("PAGER") is { } pager)
        {
            return pager;
        }
        string[] folders = OperatingSystem.IsWindows() ? [] : (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':', StringSplitOptions.RemoveEmptyEntries);
        return folders.Any(folder => File.Exists(Path.Combine(folder, "less"))) ? DefaultPager : "";
    }

    private bool IsTooLong(ReadOnlySpan<byte> added)
    {
        (int width, int height) = screen();
        foreach (byte value in added)
        {
            if (value == (byte)'\n' || _columnCount == width)
            {
                _rowCount++;
                _columnCount = value == (byte)'\n' ? 0 : 1;
            }
            else if ((value & 0xC0) != 0x80)   // not a character's second byte
            {
                _columnCount++;
            }
        }
        return _rowCount >= height;   // the prompt takes a row
    }

    private void BeginPager()
    {
        ProcessStartInfo start = CommandStream.StartOf(Command);
        start.Environment.TryAdd("LESS", "SRFX");   // a less that PAGER names without options shows tables too
        try
        {
            Process pager = Process.Start(start)!;
            _pager = pager;
            Pass(_held.GetBuffer().AsSpan(0, (int)_held.Length), pager);
            _held.SetLength(0);
        }
        catch (Win32Exception)
        {
            _isPaging = IsOn = false;   // there is no shell
            ShowHeld();
        }
    }

    private void Pass(ReadOnlySpan<byte> bytes, Process pager)
    {
        if (_isLeft)
        {
            return;
        }
        try
        {
            pager.StandardInput.BaseStream.Write(bytes);
            pager.StandardInput.BaseStream.Flush();
        }
        catch (IOException)
        {
            _isLeft = true;
        }
    }

    private void ShowHeld()
    {
        terminal.Write(_held.GetBuffer().AsSpan(0, (int)_held.Length));
        terminal.Flush();
        _held.SetLength(0);
    }

    private static void Close(StreamWriter input)
    {
        try
        {
            input.Dispose();
        }
        catch (IOException)
        {
            // The person has left before all was written.
        }
    }
}

/// <summary>Rows for somebody who may leave before the last one: they end there.</summary>
internal sealed class WantedRows(RowSource rows, OutputSink output) : RowSource
{
    public override IReadOnlyList<RowColumn> Columns => rows.Columns;

    public override bool Read() => !output.IsLeft && rows.Read();

    public override bool IsNull(int column) => rows.IsNull(column);

    public override void WriteText(int column, IBufferWriter<byte> output) => rows.WriteText(column, output);
}
