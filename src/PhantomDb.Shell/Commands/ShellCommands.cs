using System.Globalization;
using PhantomDb.Errors;
using PhantomDb.Shell.Output;

namespace PhantomDb.Shell.Commands;

/// <summary>The shell's own commands, psql's names for them included: one table, which is also their help.</summary>
internal sealed class ShellCommands
{
    private readonly ShellSession _shell;
    private readonly CatalogCommands _catalog;
    private readonly ShellCommand[] _commands;
    private string? _restrictedBy;   // the key of \restrict

    public ShellCommands(ShellSession shell)
    {
        _shell = shell;
        _catalog = new CatalogCommands(shell);
        _commands =
        [
            new([".open"], "[DATABASE]", "close the database, open another; without DATABASE a new one in memory", 1, Open),
            new(["\\c", "\\connect"], "[DATABASE]", "close the database, open another; without DATABASE say which is open", 1, Connect),
            new(["\\conninfo"], "", "say which database is open", 0, _ => shell.Output.Print(Connection() + "\n")),
            new([".save"], "[FILE] [--sealed|--unsealed]", "write the database's file (a checkpoint: what is committed is on the disk without it), or a copy of it to FILE; without checksums inside for version control", 2, Save),
            .. _catalog.Commands,
            new ImportCommand(shell).Command,
            .. new DisplayCommands(shell.Output).Commands,
            .. new FavoriteCommands(shell, new Favorites(UserFiles.Favorites)).Commands,
            new([".backup"], "FILE", "write a copy of the database to FILE, as .save FILE does", 1, Save),
            new([".dump"], "[PATTERN]", "write a script that makes tables, views and sequences anew, with their rows", 1, WriteDump),
            new([".export"], "FILE TABLE|QUERY", "write a table or a query's rows to FILE, as its ending says: .csv, .tsv, .json, .jsonl, .md, .sql", int.MaxValue, WriteExport),
            new([".watch", "\\watch"], "[SECONDS] [TIMES]", "run the last statement again and again, until Ctrl-C", 2, Watch),
            new(["\\g"], "[FILE]", "run what is typed so far, without a semicolon, or else the last statement again; its rows go to FILE, or |COMMAND", 1, RunPending, TakesPipe: true),
            new(["\\gx"], "[FILE]", "the same, a value a line", 1, RunPending, TakesPipe: true),
            new(["\\r", "\\reset"], "", "drop what is typed so far", 0, _ => shell.DropPending()),
            new(["\\p", "\\print"], "", "write the last statement", 0, _ => shell.Output.Print(shell.LastStatement + "\n")),
            new([".edit", "\\e"], "[FILE]", "edit what is typed so far, or else the last statement, or FILE, with $VISUAL or $EDITOR, and run it if it was changed", 1, Edit),
            new([".bail"], "[on|off]", "whether a script stops at its first error", 1, Bail),
            new([".output", "\\o"], "[FILE]", "write rows to FILE, with |COMMAND to a command of the system, or to standard output again", 1, line => shell.Output.SetTarget(Target(line)), TakesPipe: true),
            new([".once"], "FILE", "write the rows of the next statement to FILE, or |COMMAND", 1, line => shell.Output.SetTarget(Target(line), isOnce: true), TakesPipe: true),
            new([".timer", "\\timing"], "[on|off]", "report each statement's time", 1, Timer),
            new([".read", "\\i"], "FILE", "run a script", 1, line => shell.RunFile(line.Words[0])),
            new(["\\ir"], "FILE", "run a script, which is beside the one that this stands in", 1, line => shell.RunFileBeside(line.Words[0])),
            new(["\\copy"], "TABLE|(QUERY) FROM|TO FILE [OPTION ...]", "COPY with a file of yours: \\copy t FROM 'f.csv' CSV HEADER", int.MaxValue, line => FileCopy.Run(shell, line.Rest)),
            new([".shell", ".system", "\\!"], "[COMMAND]", "run a command of the system, or $SHELL", int.MaxValue, line => SystemCommand.Run(shell, line.Rest)),
            new(["\\encoding"], "[UTF8]", "the encoding of all that is read and written: UTF8", 1, Encoding),
            new(["\\warn"], "[TEXT]", "write TEXT to standard error", int.MaxValue, line => shell.Output.Report(string.Join(' ', line.Words))),
            new([".print", "\\echo", "\\qecho"], "[TEXT]", "write TEXT to the output", int.MaxValue, line => shell.Output.Print(line.Rest.Length == 0 ? "\n" : string.Join(' ', line.Words) + "\n")),
            new(["\\restrict"], "KEY", "refuse all shell commands until \\unrestrict KEY: pg_dump's scripts begin so", 1, line => _restrictedBy = line.Words[0]),
            new(["\\unrestrict"], "KEY", "allow shell commands again", 1, Unrestrict),
            new(["\\h", "\\help"], "[COMMAND]", "where the syntax of an SQL command is described", int.MaxValue, line => shell.Output.Print(SyntaxHelp.Of(line.Rest)), IsPaged: true),
            new([".help", "\\?"], "[COMMAND]", "this list, or what a command does", 1, Help, IsPaged: true),
            new([".quit", "\\q", "\\quit"], "", "close the database and leave", 0, _ => shell.IsQuitting = true),
            new([".exit"], "[CODE]", "the same, with CODE, 0 to 255, as the exit code; without it that is 1 after errors, else 0", 1, Exit),
        ];
    }

    /// <summary>All names of all commands, with their first character.</summary>
    public IReadOnlyList<string> Names => [.. _commands.SelectMany(command => command.Names)];

    public void Run(CommandLine line)
    {
        ShellCommand command = Find(line.Name);
        int countMax = command.TakesPipe && line.Rest.StartsWith('|') ? int.MaxValue : command.ArgumentCountMax;
        bool isTooLong = line.Words.Count > countMax;
        bool ignoresRest = line.Name[0] == '\\';   // as psql does
        if (line.Words.Count < command.ArgumentCountMin || (isTooLong && !ignoresRest))
        {
            throw new PhantomDbException("42601", $"{line.Name} is not called like this") { Hint = $"Usage: {command.Usage}" };
        }
        if (_restrictedBy is not null && line.Name != "\\unrestrict")
        {
            throw new PhantomDbException("42501", $"{line.Name} is not allowed here") { Hint = "The script has restricted itself to SQL; \\unrestrict with its key ends that." };
        }
        foreach (string word in line.Words.Skip(countMax))
        {
            _shell.Output.Report($"{line.Name}: extra argument \"{word}\" ignored");
        }
        if (command.IsPaged)
        {
            _shell.Output.Paged(() => command.Run(line));
        }
        else
        {
            command.Run(line);
        }
    }

    private ShellCommand Find(string name)
    {
        if (Array.Find(_commands, command => command.Names.Contains(name, StringComparer.Ordinal)) is { } found)
        {
            return found;
        }
        AbsentCommands.ThrowIfKnown(name);
        throw new PhantomDbException("42601", $"unknown shell command {name}")
        {
            Hint = (Spelling.Nearest(name, Names) is { } near ? $"Perhaps you meant {near}. " : "") + ".help lists the commands.",
        };
    }

    private void Help(CommandLine line)
    {
        int width = _shell.Output.ScreenWidth;
        if (line.Words.FirstOrDefault() is not { } name)
        {
            _shell.Output.Print(HelpText.Commands(_commands, width));
            return;
        }
        bool isNamed = name[0] is '.' or '\\' || !Names.Contains("." + name);
        _shell.Output.Print(HelpText.Command(Find(isNamed ? name : "." + name), width));
    }

    private string Connection() => _shell.Database.FilePath is { } path ? $"The database \"{_shell.Database.Name}\" is open: {path}" : $"The database \"{_shell.Database.Name}\" is open, in memory.";

    private void Connect(CommandLine line)
    {
        if (line.Words.Count == 0)
        {
            _shell.Output.Print(Connection() + "\n");
        }
        else
        {
            Open(line);
        }
    }

    private void Encoding(CommandLine line)
    {
        if (line.Words.FirstOrDefault() is not { } name)
        {
            _shell.Output.Print("UTF8\n");
        }
        else if (!name.Replace("-", "", StringComparison.Ordinal).Equals("UTF8", StringComparison.OrdinalIgnoreCase))
        {
            throw new PhantomDbException("0A000", $"the encoding is UTF8, and cannot be {name}");
        }
    }

    private void Exit(CommandLine line)
    {
        if (line.Words.FirstOrDefault() is { } code)
        {
            _shell.ExitCode = byte.TryParse(code, NumberStyles.None, CultureInfo.InvariantCulture, out byte number) ? number
                : throw new PhantomDbException("22023", $".exit takes a number from 0 to 255, not {code}");
        }
        _shell.IsQuitting = true;
    }

    private void Unrestrict(CommandLine line)
    {
        if (line.Words[0] != _restrictedBy)
        {
            throw new PhantomDbException("42501", _restrictedBy is null ? "shell commands are not restricted" : "this is not the key of \\restrict");
        }
        _restrictedBy = null;
    }

    private void Open(CommandLine line)
    {
        _shell.OpenDatabase(line.Words.FirstOrDefault());
        _shell.Output.Inform($"Database: {_shell.Database.Name}");
    }

    private void Save(CommandLine line)
    {
        string? path = null;
        bool? isSealed = null;
        foreach (string word in line.Words)
        {
            if (word is "--sealed" or "--unsealed")
            {
                isSealed = word == "--sealed";
            }
            else if (path is null && !word.StartsWith("--", StringComparison.Ordinal))
            {
                path = word;
            }
            else
            {
                throw new PhantomDbException("42601", $".save does not know {word}") { Hint = "Usage: .save [FILE] [--sealed|--unsealed]" };
            }
        }
        using IDisposable wait = _shell.Output.Waiting();
        _shell.Database.SaveTo(path, isSealed, () => _shell.IsInterrupted);
    }

    private void WriteDump(CommandLine line)
    {
        List<RelationDescription> relations = _catalog.Find(line);
        SchemaDescription all = _shell.Database.Schema;
        IEnumerable<string> schemas = line.Words.Count == 0 ? all.Schemas : relations.Select(relation => relation.Schema).Distinct();
        _shell.WriteDump([.. schemas.SelectMany(all.SchemaStatements)], relations);
    }

    private void WriteExport(CommandLine line)
    {
        bool isTable = line.Words.Count == 2;
        long rowCount = Export.Write(_shell.Database.Session, isTable ? $"TABLE {line.BehindFirst}" : line.BehindFirst, line.Words[0], isTable ? line.BehindFirst : "result");
        _shell.Output.Inform(string.Create(CultureInfo.InvariantCulture, $"EXPORT {rowCount}"));
    }

    private void Watch(CommandLine line)
    {
        _shell.TakePending();
        double seconds = Number(line, 0, 2);
        int times = (int)Number(line, 1, int.MaxValue);
        _shell.Watch(TimeSpan.FromSeconds(seconds), times);
    }

    private void RunPending(CommandLine line)
    {
        ShellOutput output = _shell.Output;
        OutputMode mode = output.Mode;
        if (Target(line) is { } target)
        {
            output.SetTarget(target, isOnce: true);
        }
        output.Mode = line.Name == "\\gx" ? OutputMode.Line : mode;
        bool isWhole = false;
        try
        {
            _shell.RunPending();
            isWhole = true;
        }
        finally
        {
            output.Mode = mode;
            output.EndResult(isWhole);
        }
    }

    private static double Number(CommandLine line, int word, double otherwise) => line.Words.Count <= word ? otherwise
        : double.TryParse(line.Words[word], CultureInfo.InvariantCulture, out double number) && number is >= 0.01 and <= int.MaxValue ? number
        : throw new PhantomDbException("22023", $"{line.Name} takes positive numbers, not {line.Words[word]}");

    private void Edit(CommandLine line)
    {
        bool isChanged;
        if (line.Words.FirstOrDefault() is { } file)
        {
            isChanged = ScriptEditor.Edit(file, _shell.HandOver);
            if (isChanged)
            {
                _shell.RunFile(file);
            }
        }
        else
        {
            _shell.TakePending();
            isChanged = ScriptEditor.EditStatement(_shell.LastStatement, _shell.HandOver, _shell.RunFile);
        }
        if (!isChanged)
        {
            _shell.Output.Report("Nothing was changed: nothing is run.");
        }
    }

    private static bool OnOrOff(CommandLine line, bool now) => line.Words.FirstOrDefault()?.ToLowerInvariant() switch
    {
        null => !now,
        "on" => true,
        "off" => false,
        _ => throw new PhantomDbException("22023", $"{line.Name} is on or off, not {line.Words[0]}"),
    };

    private void Bail(CommandLine line)
    {
        if (line.Words.Count > 0)
        {
            _shell.KeepsGoing = !OnOrOff(line, now: false);
        }
        else
        {
            _shell.Output.Report($"Bail is {(_shell.KeepsGoing ? "off" : "on")}.");
        }
    }

    // Behind a | stands a command, with its own quotes.
    private static string? Target(CommandLine line) => line.Rest.StartsWith('|') ? line.Rest : line.Words.FirstOrDefault();

    private void Timer(CommandLine line)
    {
        _shell.IsTiming = OnOrOff(line, _shell.IsTiming);
        if (line.Words.Count == 0)
        {
            _shell.Output.Inform($"Timing is {(_shell.IsTiming ? "on" : "off")}.");
        }
    }
}
