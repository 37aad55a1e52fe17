using PhantomDb.Shell.Commands;
using PhantomDb.Shell.Editing;
using PhantomDb.Shell.Input;
using PhantomDb.Shell.Output;

namespace PhantomDb.Shell;

/// <summary>What the shell reads: texts of -c, files, standard input, what a person types; and how they are taken apart.</summary>
internal sealed partial class ShellSession
{
    private StreamLines? _standardInput;

    public void RunFile(string path) => RunScript(() => new StreamLines(ShellFiles.OpenRead(path), path));

    /// <summary>The same for a file beside the script that is being read.</summary>
    public void RunFileBeside(string path) => RunFile(_lines?.Name is { } script ? Path.Combine(Path.GetDirectoryName(script)!, ShellFiles.Expand(path)) : path);

    /// <summary>Runs statements that have been kept under a name.</summary>
    public void RunKept(string text) => RunScript(() => new TextLines(text));

    /// <summary>Runs what has no semicolon yet, or where nothing is, the last statement again.</summary>
    public void RunPending()
    {
        if (!_reader!.TryReadLast(out ScriptStatement statement))
        {
            statement = new ScriptStatement(LastStatement.Length > 0 ? LastStatement : throw new PhantomDbException("55000", "there is no statement to run"), 1);
        }
        if (!RunStatement(statement))
        {
            throw new ScriptFailedException();
        }
    }

    /// <summary>What has no semicolon yet is the last statement from now on, without being run.</summary>
    public void TakePending()
    {
        if (_reader!.TryReadLast(out ScriptStatement statement))
        {
            LastStatement = statement.Text;
        }
    }

    /// <summary>Forgets what has no semicolon yet.</summary>
    public void DropPending() => _reader!.Clear();

    private void RunScript(Func<LineSource> open)
    {
        if (_scriptDepth == ScriptDepthMax)
        {
            throw new PhantomDbException("54001", $"scripts read each other more than {ScriptDepthMax} deep");
        }
        LineSource? outer = _lines;
        _scriptDepth++;
        try
        {
            using LineSource lines = open();
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
            isPlain &= !(reader.IsBlank && CommandLine.IsCommand(line)) && (reader.Context != '-' || CommandLine.IndexIn(line) < 0);
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
            ? Guard(text, 1, () => Output.Paged(() => Run(null, session => session.ExecuteBatch(text))))
            : RunLines(new TextLines(text) { IsOption = true });

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
                _ => RunFileOption(script.Value),
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
        if (Output.IsTerminal)
        {
            Output.Inform(string.Join('\n', TextWidth.Wrap($"PhantomDB. Database: {Database.Name}. Statements end with a semicolon; .help lists the shell's commands, .quit leaves.", Output.ScreenWidth)));
            _isInteractive = true;
            RunStartup();
            RunLines(ConsoleTerminal.HasEscapeSequences ? NewEditor() : new TerminalLines(Prompt));
        }
        else
        {
            RunLines(StandardInput());
        }
    }

    private void RunStartup()
    {
        if (UserFiles.Startup is not { } startup)
        {
            return;
        }
        if (File.Exists(startup))
        {
            Guard(null, 0, () => RunFile(startup));
        }
        else if (UserFiles.IsStartupNamed)
        {
            Output.Report($"WARNING: PHANTOMDB_STARTUP names \"{startup}\", and there is no such file");
        }
    }

    private EditedLines NewEditor()
    {
        bool isColoured = Environment.GetEnvironmentVariable("NO_COLOR") is null or "";
        return new EditedLines(
            new ConsoleTerminal(), Prompt, new EditHistory(UserFiles.History, Output.Report), new ShellCompleter(_commands.Value.Names, new CompletionNames(() => Database), () => new Favorites(UserFiles.Favorites).Names), isColoured);
    }

    private Prompt Prompt() => new(Database.Name, Database.Session.IsTransactionFailed ? "!" : Database.Session.IsInTransaction ? "*" : "");

    // One for all that read it: what is read ahead is not lost.
    private StreamLines StandardInput() => _standardInput ??= new StreamLines(StandardStreams.OpenInput(), null);

    private bool RunFileOption(string path)
    {
        StreamLines? lines = null;
        bool goesOn = Guard(null, 0, () => lines = new StreamLines(ShellFiles.OpenRead(path), path));
        using (lines)
        {
            return goesOn && (lines is null || RunLines(lines));
        }
    }

    /// <summary>Runs a script to its end; false where an error stopped it.</summary>
    private bool RunLines(LineSource lines)
    {
        _lines = lines;
        (ScriptReader? reader, long passedCount) = (_reader, _passedCount);
        try
        {
            (_reader, _passedCount) = (new ScriptReader(), 0);
            return RunLines(lines, _reader);
        }
        finally
        {
            (_reader, _passedCount) = (reader, passedCount);
        }
    }

    private bool RunLines(LineSource lines, ScriptReader reader)
    {
        while (!IsQuitting)
        {
            string? line = null;
            // Not at work: a signal need not wait for input.
            if (!TryInput(() => line = lines.ReadLine(reader.IsBlank ? '=' : reader.Context)))
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
            if (reader.IsBlank)
            {
                line = (lines.IsTyped ? CommandLine.OfWord(line) : null) ?? line;
            }
            bool isCommand = reader.IsBlank && CommandLine.IsCommand(line);
            _passedCount += isCommand ? 1 : 0;
            if (!(isCommand ? RunCommand(line) : RunLine(line)))
            {
                return false;
            }
        }
        return IsQuitting || !reader.TryReadLast(out ScriptStatement last) || RunStatement(last);
    }

    // Behind the statements that a line ends a command may stand, as psql allows.
    private bool RunLine(string line)
    {
        ScriptReader reader = _reader!;
        int command = reader.Context == '-' ? CommandLine.IndexIn(line) : -1;
        if (!TryInput(() => reader.Append(command < 0 ? line : line[..command] + "\n")))
        {
            return false;
        }
        while (reader.TryRead(out ScriptStatement statement))
        {
            if (!RunStatement(statement))
            {
                return false;
            }
        }
        return command < 0 || RunCommand(line[command..]);
    }

    private bool RunCommand(string line) => Guard(null, _lines!.LineCount, () => _commands.Value.Run(new CommandLine(line)));

    private bool RunStatement(ScriptStatement statement)
    {
        LineSource lines = _lines!;
        long before = lines.LineCount;
        bool goesOn = Guard(statement.Text, lines.IsTyped ? 1 : statement.Line + _passedCount, () => Output.Paged(() => Execute(statement.Text)));
        _passedCount += lines.LineCount - before;
        return goesOn;
    }

    /// <summary>False where input could not be read: then nobody knows where the next statement begins, and nothing more is run, whoever keeps going.</summary>
    private bool TryInput(Action read)
    {
        bool isRead = false;
        Try(null, 0, () =>
        {
            read();
            isRead = true;
        });
        return isRead;
    }
}
