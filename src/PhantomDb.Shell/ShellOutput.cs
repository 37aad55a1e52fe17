using System.Buffers;
using System.Text;
using PhantomDb.Shell.Editing;
using PhantomDb.Shell.Output;

namespace PhantomDb.Shell;

/// <summary>
/// Where the shell writes: rows and what commands list to standard output, at a terminal through a pager where it is long, or to a file; everything else to standard error.
/// </summary>
internal sealed class ShellOutput
{
    private readonly bool _isQuiet;
    private readonly PagedOutput _pager;
    private readonly OutputSink _standardOutput;
    private bool _isOnce;   // the file or command is for one result
    private volatile bool _isInCommand;
    private ResultFile? _resultFile;
    private readonly List<string> _heldReports = [];   // they would come before the rows that are held back, or into the pager's screen

    public ShellOutput(ShellOptions options)
    {
        ConsoleTerminal terminal = new();
        _isQuiet = options.IsQuiet;
        _pager = new PagedOutput(StandardStreams.OpenOutput(), () => (terminal.Width, terminal.Height)) { IsOn = IsTerminal };
        _standardOutput = new OutputSink(ControlCharacters.Guard(_pager));
        Sink = _standardOutput;
        Mode = options.Mode;
    }

    /// <summary>True where a person types, and looks at what comes.</summary>
    public bool IsTerminal { get; } = !Console.IsInputRedirected && !Console.IsOutputRedirected;

    public OutputMode Mode { get; set; }

    /// <summary>True: what is too wide as a table is shown a value a line.</summary>
    public bool TurnsWide { get; set; }

    /// <summary>True: a person sees a plan as a tree, not as the text that EXPLAIN gives.</summary>
    public bool DrawsPlans { get; set; } = true;

    /// <summary>Into which mode insert inserts.</summary>
    public string InsertTable { get; set; } = "result";

    /// <summary>What was chosen beside the mode.</summary>
    public RowStyle Style { get; set; } = RowStyle.Plain;

    /// <summary>Columns to which tables are cut at a terminal: null for its own width, 0 for no limit.</summary>
    public int? Width { get; set; }

    public PagedOutput Pager => _pager;

    /// <summary>Where rows go now.</summary>
    public OutputSink Sink { get; private set; }

    private RowView View => Sink != _standardOutput || Console.IsOutputRedirected ? RowView.Whole
        : !IsTerminal ? RowView.Whole with { ShowsControls = true }
        : new RowView(true, Width ?? new ConsoleTerminal().Width, TurnsWide);

    /// <summary>Columns of the terminal that a person looks at; more than any line has where nobody does.</summary>
    public int ScreenWidth => IsTerminal ? new ConsoleTerminal().Width : int.MaxValue;

    /// <summary>A line for standard error that was asked for, or warns.</summary>
    public void Report(string line)
    {
        lock (_heldReports)
        {
            if (_pager.HasOutput)
            {
                _heldReports.Add(line);
            }
            else
            {
                ControlCharacters.WriteError(line + "\n");
            }
        }
    }

    /// <summary>A line for standard error that says what was done: command tags, notices. Not with --quiet.</summary>
    public void Inform(string line)
    {
        if (!_isQuiet)
        {
            Report(line);
        }
    }

    /// <summary>What is done until the result is disposed of reads or writes files, and the person waits for it.</summary>
    public IDisposable Waiting() => ProgressLine.Begin(_isQuiet);

    /// <summary>How far a COPY is: at a terminal a line that goes again, else a line each.</summary>
    public void ShowProgress(string line)
    {
        if (!_isQuiet && ProgressLine.IsPossible)
        {
            ProgressLine.Show(line);
        }
        else
        {
            Inform(line);
        }
    }

    /// <summary>An error, in red where a terminal shows it.</summary>
    public void ReportError(string text)
    {
        bool isColoured = !Console.IsErrorRedirected && Environment.GetEnvironmentVariable("NO_COLOR") is null or "";
        if (isColoured)
        {
            ProgressLine.Clear();
            Console.Error.Write($"\e[31m{text[..5]}\e[0m{ControlCharacters.Escape(text[5..])}");
        }
        else
        {
            ControlCharacters.WriteError(text);
        }
    }

    /// <summary>A text for the output.</summary>
    public void Print(string text) => Sink.Write(text);

    public void Write(RowSource rows) => Write(rows, View);

    /// <summary>Rows that are a part of something: nobody wants to know how many.</summary>
    public void WritePart(RowSource rows) => Write(rows, View with { CountsRows = false });

    private void Write(RowSource rows, RowView view) => RowWriter.Create(Mode, view, InsertTable, Style).Write(new WantedRows(rows, Sink), Sink);

    /// <summary>The lines that EXPLAIN gives.</summary>
    public void WritePlan(RowSource rows)
    {
        RowView view = View;
        if (!view.IsTerminal || !DrawsPlans || Mode is not (OutputMode.Table or OutputMode.Box))
        {
            Write(rows);
            return;
        }
        List<string> lines = [];
        ArrayBufferWriter<byte> line = new();
        while (rows.Read())
        {
            line.ResetWrittenCount();
            rows.WriteText(0, line);
            lines.Add(ControlCharacters.Escape(Encoding.UTF8.GetString(line.WrittenSpan)));
        }
        if (ExplainTree.Parse(lines) is { } tree)
        {
            ExplainTreeWriter.Write(tree, view.Width, Sink);
        }
        else
        {
            lines.ForEach(Sink.WriteLine);   // JSON: as it is
        }
    }

    public void Flush() => Sink.Flush();

    /// <summary>Does one thing; what it writes goes through the pager where it is longer than the screen. Returns when the person has left that.</summary>
    public void Paged(Action action)
    {
        _pager.Begin();
        try
        {
            action();
        }
        finally
        {
            EndPaging();
        }
    }

    /// <summary>True while rows go to a command of the system, which may have the terminal.</summary>
    public bool IsInCommand => _isInCommand;

    /// <summary>From now on rows go to a file, to a command of the system behind <c>|</c>, or with null to standard output again; with <paramref name="isOnce"/> those of the next result alone.</summary>
    public void SetTarget(string? target, bool isOnce = false)
    {
        bool isCommand = target is ['|', ..];
        ResultFile? file = null;
        OutputSink sink = target is null ? _standardOutput
            : isCommand ? new OutputSink(new CommandStream(target[1..]) { Ended = code => _pager.Ended?.Invoke(code) })
            : new OutputSink(isOnce ? file = new ResultFile(target) : ShellFiles.OpenWrite(target));
        CloseTarget();
        (Sink, _isOnce, _isInCommand, _resultFile) = (sink, isOnce, isCommand, file);
    }

    /// <summary>After each result: what was for that alone is closed.</summary>
    /// <param name="isWhole">False: it has failed.</param>
    public void EndResult(bool isWhole)
    {
        if (!_isOnce)
        {
            return;
        }
        if (isWhole)
        {
            _resultFile?.Complete();
        }
        SetTarget(null);
    }

    /// <summary>Rows cannot be written where they go: they go to standard output again. False where it is that which cannot be written to.</summary>
    public bool GiveUp(OutputException failure)
    {
        if (failure.Sink is not { } target || target == _standardOutput)
        {
            return false;
        }
        if (Sink == target)
        {
            (Sink, _isOnce, _resultFile) = (_standardOutput, false, null);
        }
        target.Abandon();
        _isInCommand = false;
        return true;
    }

    public void CloseTarget()
    {
        if (Sink == _standardOutput)
        {
            return;
        }
        OutputSink target = Sink;
        (Sink, _isOnce, _resultFile) = (_standardOutput, false, null);
        try
        {
            target.Dispose();
        }
        finally
        {
            _isInCommand = false;
        }
    }

    private void EndPaging()
    {
        try
        {
            Sink.Flush();
        }
        finally
        {
            EndPager();
        }
    }

    private void EndPager()
    {
        string? warning;
        try
        {
            warning = _pager.End();
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new OutputException(failure);
        }
        lock (_heldReports)
        {
            _heldReports.ForEach(Report);
            _heldReports.Clear();
        }
        if (warning is not null)
        {
            Report(warning);
        }
    }
}
