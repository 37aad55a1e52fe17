using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using PhantomDb.Shell.Commands;
using PhantomDb.Shell.Editing;
using PhantomDb.Shell.Input;
using PhantomDb.Shell.Output;

namespace PhantomDb.Shell;

/// <summary>
/// The shell at work: takes statements and commands from its inputs one by one, runs them, and writes rows to the output
/// and everything else to standard error. What the commands do is in <see cref="ShellCommands"/>.
/// </summary>
internal sealed class ShellSession : IDisposable
{
    private const int Terminated = 128 + 15;   // as a shell reports SIGTERM
    private const int ScriptDepthMax = 50;

    private readonly ShellOptions _options;
    private readonly ShellCommands _commands;
    private readonly OutputSink _standardOutput = new(Console.OpenStandardOutput());
    private readonly bool _isTerminal = !Console.IsInputRedirected && !Console.IsOutputRedirected;

    /// <summary>Held while a statement or command runs: the signal handler closes the database only between two.</summary>
    private readonly object _atWork = new();
    private volatile bool _isRunning;
    private volatile bool _isEnding;

    private ShellDatabase? _database;
    private OutputSink _output;
    private LineSource? _lines;
    private int _scriptDepth;
    private bool _hasErrors;
    private bool _isInteractive;
    private volatile bool _dropsInput;
    private readonly ManualResetEventSlim _interrupted = new();

    public ShellSession(ShellOptions options)
    {
        _options = options;
        _output = _standardOutput;
        _commands = new ShellCommands(this);
        Mode = options.Mode;
        KeepsGoing = options.KeepsGoing;
    }

    public OutputMode Mode { get; set; }

    public bool IsTiming { get; set; }

    /// <summary>Into which mode insert inserts.</summary>
    public string InsertTable { get; set; } = "result";

    /// <summary>False: a script stops at its first error.</summary>
    public bool KeepsGoing { get; set; }

    /// <summary>Set by .quit: nothing more is read.</summary>
    public bool IsQuitting { get; set; }

    /// <summary>Empty before there is one.</summary>
    public string LastStatement { get; private set; } = "";

    public ShellDatabase Database => _database!;

    /// <summary>Runs all there is to run; the process's exit code.</summary>
    public int Run()
    {
        using PosixSignalRegistration interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Interrupt);
        using PosixSignalRegistration terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Terminate);
        using PosixSignalRegistration hangUp = PosixSignalRegistration.Create(PosixSignal.SIGHUP, Terminate);
        try
        {
            if (Guard(null, 0, () => OpenDatabase(_options.Database)))
            {
                RunInputs();
            }
        }
        catch (OutputException failure)
        {
            _hasErrors = true;
            WriteError(new PhantomDbException("58030", failure.Message), null, 0);
        }
        lock (_atWork)
        {
            WaitIfEnding();
            Close();
        }
        return _hasErrors ? 1 : 0;
    }

    public void Dispose() => _database?.Dispose();

    /// <summary>Opens another database, and closes the one that is open. If the first fails, that stays open.</summary>
    public void OpenDatabase(string? name)
    {
        ShellDatabase? current = _database;
        if (current is not null && current.Session.IsInTransaction)
        {
            throw new PhantomDbException("25001", "another database cannot be opened inside a transaction block");
        }
        ShellDatabase opened;
        try
        {
            opened = ShellDatabase.Open(name, _options, Inform, Report);
        }
        catch (PhantomDbException error) when (error.SqlState == "55006" && current?.FilePath is { } path)
        {
            // It may be the shell itself that has it open.
            current.Close();
            try
            {
                opened = ShellDatabase.Open(name, _options, Inform, Report);
            }
            catch
            {
                _database = ShellDatabase.Open(path, _options, Inform, Report);
                throw;
            }
        }
        _database = opened;
        if (opened.RecoveryLine is { } line)
        {
            Report($"{opened.Name}: {line}");
        }
        if (name is not null && opened.IsNew)
        {
            Inform($"NOTICE: database \"{opened.Name}\" is new");
        }
        current?.Close();
    }

    /// <summary>A line for standard error that was asked for, or warns.</summary>
    public void Report(string line) => Console.Error.Write(line + "\n");

    /// <summary>A line for standard error that says what was done: command tags, notices. Not with --quiet.</summary>
    public void Inform(string line)
    {
        if (!_options.IsQuiet)
        {
            Report(line);
        }
    }

    /// <summary>A line for the output.</summary>
    public void Print(string text) => _output.Write(text);

    public void Write(RowSource rows) => RowWriter.Create(Mode, _isTerminal && _output == _standardOutput, InsertTable).Write(rows, _output);

    /// <summary>Relations with their rows, as a script.</summary>
    public void WriteDump(IReadOnlyList<string> schemas, IReadOnlyCollection<RelationDescription> relations)
    {
        Dump dump = new(Database, copy =>
        {
            Database.Session.CopyOutput = new SinkStream(_output);
            Database.Session.Execute(copy).Dispose();
        });
        dump.Write(schemas, relations, _output);
    }

    /// <summary>Runs the last statement again and again, until Ctrl-C or an error.</summary>
    public void Watch(TimeSpan pause, int times)
    {
        string statement = LastStatement.Length > 0 ? LastStatement : throw new PhantomDbException("55000", "there is no statement to run again");
        _interrupted.Reset();
        for (int i = 0; i < times; i++)
        {
            if (i > 0 && _interrupted.Wait(pause))
            {
                return;
            }
            Print(string.Create(CultureInfo.InvariantCulture, $"{DateTime.Now:yyyy-MM-dd HH:mm:ss} (every {pause.TotalSeconds}s)\n"));
            Execute(statement);
        }
    }

    /// <summary>From now on rows go to a file, or with null to standard output again.</summary>
    public void SetOutput(string? path)
    {
        OutputSink output = path is null ? _standardOutput : new OutputSink(ShellFiles.OpenWrite(path));
        CloseOutput();
        _output = output;
    }

    public void RunFile(string path)
    {
        if (_scriptDepth == ScriptDepthMax)
        {
            throw new PhantomDbException("54001", $"scripts read each other more than {ScriptDepthMax} deep");
        }
        LineSource? outer = _lines;
        _scriptDepth++;
        try
        {
            using LineSource lines = new StreamLines(ShellFiles.OpenRead(path), path);
            if (!RunLines(lines))
            {
                throw new ScriptFailedException();
            }
        }
        finally
        {
            _scriptDepth--;
            _lines = outer;
        }
    }

    /// <summary>Runs one statement and writes what it gives.</summary>
    public void Execute(string sql, Stream? copyInput = null)
    {
        LastStatement = sql;
        using InlineCopyStream? inline = copyInput is null && _lines is not null ? new InlineCopyStream(_lines) : null;
        try
        {
            Run(copyInput ?? inline, session => [session.Execute(sql)]);
        }
        finally
        {
            inline?.SkipRest();
        }
    }

    // Each result is disposed of before the next is asked for.
    private void Run(Stream? copyInput, Func<Session, IEnumerable<QueryResult>> run)
    {
        long start = Stopwatch.GetTimestamp();
        try
        {
            Database.Refresh();
            Database.Session.CopyInput = copyInput;
            Database.Session.CopyOutput = new SinkStream(_output);
            Database.Session.CopyProgress = rowCount => Inform(string.Create(CultureInfo.InvariantCulture, $"COPY: {rowCount} rows so far"));
            foreach (QueryResult given in run(Database.Session))
            {
                using QueryResult result = given;
                if (result.Columns.Count > 0)
                {
                    Write(new QueryRows(result));
                }
                if (result.Columns.Count == 0 || result.RowsAffected >= 0)
                {
                    Inform(result.CommandTag);
                }
            }
        }
        finally
        {
            _output.Flush();
        }
        if (IsTiming)
        {
            Report(string.Create(CultureInfo.InvariantCulture, $"Time: {Stopwatch.GetElapsedTime(start).TotalMilliseconds:F3} ms"));
        }
    }

    /// <summary>
    /// The text of -c: several statements are one transaction, as a PostgreSQL server takes them. Not where commands of the shell are
    /// among them, or COPY with its rows in the text.
    /// </summary>
    private bool RunText(string text)
    {
        ScriptReader reader = new();
        int count = 0;
        bool isPlain = true;
        foreach (string line in text.Split('\n'))
        {
            isPlain &= !(reader.IsBlank && CommandLine.IsCommand(line));
            reader.Append(line + "\n");
            while (reader.TryRead(out ScriptStatement statement))
            {
                Count(statement);
            }
        }
        if (reader.TryReadLast(out ScriptStatement last))
        {
            Count(last);
        }
        return isPlain && count > 1 && !KeepsGoing
            ? Guard(text, 1, () => Run(null, session => session.ExecuteBatch(text)))
            : RunLines(new TextLines(text));

        void Count(ScriptStatement statement)
        {
            count++;
            isPlain &= !statement.Text.TrimStart().StartsWith("COPY", StringComparison.OrdinalIgnoreCase);
        }
    }

    private void RunInputs()
    {
        foreach (ScriptOption script in _options.Scripts)
        {
            bool goesOn = script switch
            {
                { IsFile: false } => RunText(script.Value),
                { Value: "-" } => RunLines(StandardInput()),
                _ => Guard(null, 0, () => RunFile(script.Value)),
            };
            if (!goesOn || IsQuitting)
            {
                return;
            }
        }
        if (_options.Scripts.Count > 0)
        {
            return;
        }
        if (_isTerminal)
        {
            Inform($"PhantomDB. Database: {Database.Name}. Statements end with a semicolon; .help lists the shell's commands, .quit leaves.");
            _isInteractive = true;
            if (UserFiles.Startup is { } startup && File.Exists(startup))
            {
                Guard(null, 0, () => RunFile(startup));
            }
            RunLines(ConsoleTerminal.HasEscapeSequences ? NewEditor() : new TerminalLines(() => Database.Name));
        }
        else
        {
            RunLines(StandardInput());
        }
    }

    private EditedLines NewEditor()
    {
        bool isColoured = Environment.GetEnvironmentVariable("NO_COLOR") is null or "";
        return new EditedLines(
            new ConsoleTerminal(), () => Database.Name, new EditHistory(UserFiles.History), new ShellCompleter(_commands.Names, new CompletionNames(() => Database)), isColoured);
    }

    private static StreamLines StandardInput() => new(Console.OpenStandardInput(), null);

    /// <summary>Runs a script to its end; false where an error stopped it.</summary>
    private bool RunLines(LineSource lines)
    {
        _lines = lines;
        ScriptReader reader = new();
        long passedCount = 0;   // lines that the reader never saw: commands, rows of COPY
        while (!IsQuitting)
        {
            string? line = null;
            if (!Guard(null, 0, () => line = lines.ReadLine(reader.IsBlank ? '=' : reader.Context)))
            {
                return false;
            }
            if (line is null)
            {
                break;
            }
            if (_dropsInput)
            {
                _dropsInput = false;
                reader.Clear();
            }
            if (reader.IsBlank && CommandLine.IsCommand(line))
            {
                passedCount++;
                long lineNumber = lines.LineCount;
                if (!Guard(null, lineNumber, () => _commands.Run(new CommandLine(line))))
                {
                    return false;
                }
                continue;
            }
            reader.Append(line);
            while (reader.TryRead(out ScriptStatement statement))
            {
                long before = lines.LineCount;
                bool goesOn = Guard(statement.Text, lines.IsTyped ? 1 : statement.Line + passedCount, () => Execute(statement.Text));
                passedCount += lines.LineCount - before;
                if (!goesOn)
                {
                    return false;
                }
            }
        }
        if (!IsQuitting && reader.TryReadLast(out ScriptStatement last))
        {
            return Guard(last.Text, last.Line + passedCount, () => Execute(last.Text));
        }
        return true;
    }

    /// <summary>Does one thing and reports its error; false where the script must stop.</summary>
    private bool Guard(string? sql, long line, Action action)
    {
        bool isReading = sql is null && line == 0 && _database is not null && _lines is not null;
        if (isReading)
        {
            return Try(sql, line, action);   // waits for input without the lock: SIGTERM ends the shell meanwhile
        }
        if (Monitor.IsEntered(_atWork))
        {
            return Try(sql, line, action);   // a statement of a script that a command reads
        }
        lock (_atWork)
        {
            WaitIfEnding();
            _isRunning = true;
            try
            {
                return Try(sql, line, action);
            }
            finally
            {
                _isRunning = false;
            }
        }
    }

    private bool Try(string? sql, long line, Action action)
    {
        try
        {
            action();
            _output.Flush();
            return true;
        }
        catch (ScriptFailedException)
        {
            // Reported where it failed.
        }
        catch (Exception error) when (error is not OutputException)
        {
            _output.Flush();
            WriteError(AsDatabaseError(error), sql, line);
        }
        _hasErrors |= !_isInteractive;
        return KeepsGoing || _lines is { IsTyped: true };   // a script that a person reads stops, but not the person
    }

    /// <summary>Whatever goes wrong in one statement, the shell lives on.</summary>
    private static PhantomDbException AsDatabaseError(Exception error) => error switch
    {
        PhantomDbException known => known,
        UnauthorizedAccessException => new PhantomDbException("42501", error.Message, error),
        IOException => new PhantomDbException("58030", error.Message, error),
        OutOfMemoryException or InsufficientExecutionStackException => new PhantomDbException("53200", error.Message, error),
        _ => new PhantomDbException("XX000", $"internal error: {error.GetType().Name}: {error.Message}", error)
        {
            Detail = Environment.GetEnvironmentVariable("PHANTOMDB_TRACE") is null ? null : error.StackTrace,
        },
    };

    private void WriteError(PhantomDbException error, string? sql, long line)
    {
        string text = ErrorReport.Format(error, sql, line, _lines?.Name);
        bool isColoured = !Console.IsErrorRedirected && Environment.GetEnvironmentVariable("NO_COLOR") is null or "";
        Console.Error.Write(isColoured ? $"\e[31m{text[..5]}\e[0m{text[5..]}" : text);
    }

    private void Close()
    {
        CloseOutput();
        ShellDatabase? database = _database;
        if (database is null)
        {
            return;
        }
        _lines = null;
        if (!Try(null, 0, database.Close))
        {
            _hasErrors = true;
        }
    }

    private void CloseOutput()
    {
        if (_output != _standardOutput)
        {
            OutputSink file = _output;
            _output = _standardOutput;
            file.Dispose();
        }
    }

    /// <summary>Ctrl-C: ends the statement that runs, or drops the one that is being typed; never the shell.</summary>
    private void Interrupt(PosixSignalContext context)
    {
        context.Cancel = true;
        _interrupted.Set();
        if (_isRunning)
        {
            _database?.Session.Cancel();
        }
        else if (_lines is TerminalLines terminal)
        {
            _dropsInput = true;
            terminal.ShowPrompt('=');
        }
    }

    /// <summary>SIGTERM: the statement that runs is cancelled, then the database closed; the main thread runs no further one.</summary>
    private void Terminate(PosixSignalContext context)
    {
        context.Cancel = true;
        _isEnding = true;
        while (!Monitor.TryEnter(_atWork, 50))
        {
            _database?.Session.Cancel();
        }
        Close();
        Environment.Exit(Terminated);
    }

    private void WaitIfEnding()
    {
        while (_isEnding)
        {
            Monitor.Wait(_atWork);
        }
    }

    /// <summary>A script that another one reads has stopped at an error, which is reported already.</summary>
    private sealed class ScriptFailedException : Exception;
}
