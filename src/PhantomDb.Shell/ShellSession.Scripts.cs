using PhantomDb.Shell.Commands;
using PhantomDb.Shell.Editing;
using PhantomDb.Shell.Input;

namespace PhantomDb.Shell;

/// <summary>What the shell reads: texts of -c, files, standard input, what a person types; and how they are taken apart.</summary>
internal sealed partial class ShellSession
{
    public void RunFile(string path) => RunScript(() => new StreamLines(ShellFiles.OpenRead(path), path));

    /// <summary>Runs statements that have been kept under a name.</summary>
    public void RunKept(string text) => RunScript(() => new TextLines(text));

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
            ? Guard(text, 1, () => Output.Paged(() => Run(null, session => session.ExecuteBatch(text))))
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
        if (Output.IsTerminal)
        {
            Output.Inform($"PhantomDB. Database: {Database.Name}. Statements end with a semicolon; .help lists the shell's commands, .quit leaves.");
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
            new ConsoleTerminal(), () => Database.Name, new EditHistory(UserFiles.History), new ShellCompleter(_commands.Value.Names, new CompletionNames(() => Database), () => new Favorites(UserFiles.Favorites).Names), isColoured);
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
                if (!Guard(null, lineNumber, () => _commands.Value.Run(new CommandLine(line))))
                {
                    return false;
                }
                continue;
            }
            reader.Append(line);
            while (reader.TryRead(out ScriptStatement statement))
            {
                long before = lines.LineCount;
                bool goesOn = Guard(statement.Text, lines.IsTyped ? 1 : statement.Line + passedCount, () => Output.Paged(() => Execute(statement.Text)));
                passedCount += lines.LineCount - before;
                if (!goesOn)
                {
                    return false;
                }
            }
        }
        if (!IsQuitting && reader.TryReadLast(out ScriptStatement last))
        {
            return Guard(last.Text, last.Line + passedCount, () => Output.Paged(() => Execute(last.Text)));
        }
        return true;
    }
}
