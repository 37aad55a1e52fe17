using System.Globalization;
using PhantomDb.Errors;
using PhantomDb.Shell.Output;

namespace PhantomDb.Shell.Commands;

/// <summary>The shell's own commands, psql's names for them included: one table, which is also their help.</summary>
internal sealed class ShellCommands
{
    private readonly ShellSession _shell;
    private readonly ShellCommand[] _commands;
    private string? _restrictedBy;   // the key of \restrict

    public ShellCommands(ShellSession shell)
    {
        _shell = shell;
        _commands =
        [
            new([".open", "\\c", "\\connect"], "[DATABASE]", "close the database, open another; without DATABASE a new one in memory", 1, Open),
            new([".save"], "[FILE] [--sealed|--unsealed]", "write the database's file (a checkpoint: what is committed is on the disk without it), or a copy of it to FILE; without checksums inside for version control", 2, Save),
            new([".tables", "\\dt"], "[PATTERN]", "list tables and views; * and ? stand for any characters", int.MaxValue, Tables, IsPaged: true),
            new([".schema"], "[PATTERN]", "SQL that makes the tables, views and sequences anew", int.MaxValue, Schema, IsPaged: true),
            new(["\\d"], "[PATTERN]", "describe a table or view; without PATTERN list all relations", int.MaxValue, Describe, IsPaged: true),
            new(["\\di"], "[PATTERN]", "list indexes", int.MaxValue, ListCatalog, IsPaged: true),
            new(["\\dv"], "[PATTERN]", "list views", int.MaxValue, ListCatalog, IsPaged: true),
            new(["\\ds"], "[PATTERN]", "list sequences", int.MaxValue, ListCatalog, IsPaged: true),
            new(["\\df"], "[PATTERN]", "list functions", int.MaxValue, ListCatalog, IsPaged: true),
            new(["\\dn"], "[PATTERN]", "list schemas", int.MaxValue, ListCatalog, IsPaged: true),
            new(["\\l"], "[PATTERN]", "list databases", int.MaxValue, ListCatalog, IsPaged: true),
            new([".import"], "FILE TABLE [--no-header] [--delimiter=C]", "load a CSV file into TABLE, which is made if missing", 4, Import),
            .. new DisplayCommands(shell.Output).Commands,
            .. new FavoriteCommands(shell, new Favorites(UserFiles.Favorites)).Commands,
            new([".dump"], "[PATTERN]", "write a script that makes tables, views and sequences anew, with their rows", int.MaxValue, WriteDump),
            new([".export"], "FILE TABLE|QUERY", "write a table or a query's rows to FILE, as its ending says: .csv, .tsv, .json, .jsonl, .md, .sql", int.MaxValue, WriteExport),
            new([".watch"], "[SECONDS] [TIMES]", "run the last statement again and again, until Ctrl-C", 2, Watch),
            new(["\\g"], "", "run what is typed so far, without a semicolon, or else the last statement again", 0, _ => shell.RunPending()),
            new(["\\gx"], "", "the same, a value a line", 0, _ => RunExpanded()),
            new(["\\r"], "", "drop what is typed so far", 0, _ => shell.DropPending()),
            new([".edit", "\\e"], "[FILE]", "edit the last statement, or FILE, with $VISUAL or $EDITOR, then run it", 1, Edit),
            new([".bail"], "[on|off]", "whether a script stops at its first error", 1, line => shell.KeepsGoing = !OnOrOff(line, !shell.KeepsGoing)),
            new([".output", "\\o"], "[FILE]", "write rows to FILE, or to standard output again", 1, line => shell.Output.SetFile(line.Words.FirstOrDefault())),
            new([".timer", "\\timing"], "[on|off]", "report each statement's time", 1, Timer),
            new([".read", "\\i"], "FILE", "run a script", 1, line => shell.RunFile(line.Words[0])),
            new([".print", "\\echo"], "[TEXT]", "write TEXT to the output", int.MaxValue, line => shell.Output.Print(line.Rest.Length == 0 ? "\n" : string.Join(' ', line.Words) + "\n")),
            new(["\\restrict"], "KEY", "refuse all shell commands until \\unrestrict KEY: pg_dump's scripts begin so", 1, line => _restrictedBy = line.Words[0]),
            new(["\\unrestrict"], "KEY", "allow shell commands again", 1, Unrestrict),
            new([".help", "\\?"], "", "this list", 0, _ => shell.Output.Print(HelpText.Commands(_commands!)), IsPaged: true),
            new([".quit", ".exit", "\\q"], "", "close the database and leave", 0, _ => shell.IsQuitting = true),
        ];
    }

    /// <summary>All names of all commands, with their first character.</summary>
    public IReadOnlyList<string> Names => [.. _commands.SelectMany(command => command.Names)];

    public void Run(CommandLine line)
    {
        ShellCommand command = Array.Find(_commands, candidate => candidate.Names.Contains(line.Name, StringComparer.Ordinal))
            ?? throw new PhantomDbException("42601", $"unknown shell command {line.Name}")
            {
                Hint = (Spelling.Nearest(line.Name, Names) is { } near ? $"Perhaps you meant {near}. " : "") + ".help lists the commands.",
            };
        bool isTooLong = line.Words.Count > command.ArgumentCountMax;
        bool ignoresRest = line.Name[0] == '\\';   // as psql does
        if (line.Words.Count < command.ArgumentCountMin || (isTooLong && !ignoresRest))
        {
            throw new PhantomDbException("42601", $"{line.Name} is not called like this") { Hint = $"Usage: {command.Usage}" };
        }
        if (_restrictedBy is not null && line.Name != "\\unrestrict")
        {
            throw new PhantomDbException("42501", $"{line.Name} is not allowed here") { Hint = "The script has restricted itself to SQL; \\unrestrict with its key ends that." };
        }
        foreach (string word in line.Words.Skip(command.ArgumentCountMax))
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
        string? name = line.Words.FirstOrDefault();
        if (name is null && line.Name != ".open")
        {
            throw new PhantomDbException("42601", $"{line.Name} needs the name of a database");
        }
        _shell.OpenDatabase(name);
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
        _shell.Database.SaveTo(path, isSealed);
    }

    private void Tables(CommandLine line)
    {
        RelationDescription[] relations = [.. Find(line).Where(relation => relation.Kind != RelationKind.Sequence)];
        List(relations);
    }

    private void List(IEnumerable<RelationDescription> relations) => _shell.Output.Write(new TextRows(
        ["schema", "name", "type"],
        [.. relations.OrderBy(relation => relation.Schema, StringComparer.Ordinal).ThenBy(relation => relation.Name, StringComparer.Ordinal)
            .Select(relation => new[] { relation.Schema, relation.Name, KindOf(relation) })]));

    private void Schema(CommandLine line) => _shell.Output.Print(SchemaDescription.ToScript(Find(line)));

    private void Describe(CommandLine line)
    {
        List<RelationDescription> relations = Find(line, findsSystem: true);
        if (line.Words.Count == 0)
        {
            List(relations);
            return;
        }
        foreach (RelationDescription relation in relations)
        {
            bool isForReading = _shell.Output.Mode is OutputMode.Table or OutputMode.Line or OutputMode.List;
            if (isForReading)
            {
                _shell.Output.Print($"{char.ToUpperInvariant(KindOf(relation)[0])}{KindOf(relation)[1..]} \"{relation.Schema}.{relation.Name}\"\n");
            }
            if (relation.Columns.Count > 0)
            {
                _shell.Output.Write(new TextRows(
                    ["column", "type", "nullable", "default"],
                    [.. relation.Columns.Select(column => new[] { column.Name, column.TypeName, column.IsNotNull ? "not null" : "", column.Default ?? "" })]));
            }
            if (isForReading)
            {
                _shell.Output.Print(string.Concat(relation.Details.Select(detail => detail + "\n")) + "\n");
            }
        }
    }

    private void ListCatalog(CommandLine line)
    {
        string text = line.Rest.TrimEnd(';', ' ', '\t');
        _shell.Execute(CatalogList.Query(line.Name, text.Length == 0 ? null : new NamePattern(text)));
    }

    private void WriteDump(CommandLine line)
    {
        List<RelationDescription> relations = Find(line);
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
        double seconds = Number(line, 0, 2);
        int times = (int)Number(line, 1, int.MaxValue);
        _shell.Watch(TimeSpan.FromSeconds(seconds), times);
    }

    private void RunExpanded()
    {
        OutputMode mode = _shell.Output.Mode;
        _shell.Output.Mode = OutputMode.Line;
        try
        {
            _shell.RunPending();
        }
        finally
        {
            _shell.Output.Mode = mode;
        }
    }

    private static double Number(CommandLine line, int word, double otherwise) => line.Words.Count <= word ? otherwise
        : double.TryParse(line.Words[word], CultureInfo.InvariantCulture, out double number) && number is >= 0.01 and <= int.MaxValue ? number
        : throw new PhantomDbException("22023", $"{line.Name} takes positive numbers, not {line.Words[word]}");

    private void Edit(CommandLine line)
    {
        if (line.Words.FirstOrDefault() is { } file)
        {
            ScriptEditor.Edit(file);
            _shell.RunFile(file);
        }
        else
        {
            ScriptEditor.EditStatement(_shell.LastStatement, _shell.RunFile);
        }
    }

    private static bool OnOrOff(CommandLine line, bool now) => line.Words.FirstOrDefault()?.ToLowerInvariant() switch
    {
        null => !now,
        "on" => true,
        "off" => false,
        _ => throw new PhantomDbException("22023", $"{line.Name} is on or off, not {line.Words[0]}"),
    };

    private void Timer(CommandLine line)
    {
        _shell.IsTiming = OnOrOff(line, _shell.IsTiming);
        if (line.Words.Count == 0)
        {
            _shell.Output.Inform($"Timing is {(_shell.IsTiming ? "on" : "off")}.");
        }
    }

    private void Import(CommandLine line)
    {
        char? delimiter = null;
        bool hasHeader = true;
        foreach (string word in line.Words.Skip(2))
        {
            const string delimiterOption = "--delimiter=";
            if (word == "--no-header")
            {
                hasHeader = false;
            }
            else if (word.StartsWith(delimiterOption, StringComparison.Ordinal)
                && word[delimiterOption.Length..].Replace("\\t", "\t", StringComparison.Ordinal) is [var character])
            {
                delimiter = character;
            }
            else
            {
                throw new PhantomDbException("42601", $".import does not know {word}");
            }
        }
        string[] name = [.. line.Words[1].Split('.').Select(Fold)];
        string table = string.Join('.', name.Select(part => $"\"{part.Replace("\"", "\"\"", StringComparison.Ordinal)}\""));
        CsvImport import = new(line.Words[0], table, delimiter, hasHeader);
        string schema = name.Length == 2 ? name[0] : "public";
        RelationDescription? existing = _shell.Database.Schema.Relations
            .FirstOrDefault(relation => relation.Schema == schema && relation.Name == name[^1]);
        if (existing is null)
        {
            _shell.Execute(import.CreateTable());
        }
        using Stream rows = import.OpenRows();
        _shell.Execute(import.Copy(existing?.Columns.Select(column => column.Name).ToList()), rows);
    }

    /// <summary>A bare word is folded as SQL folds it; other names stand as they are.</summary>
    private static string Fold(string name) =>
        name.All(c => char.IsAsciiLetterOrDigit(c) || c == '_') ? name.ToLowerInvariant() : name;

    /// <summary>What a pattern finds; all without one. A name that finds nothing is an error.</summary>
    private List<RelationDescription> Find(CommandLine line, bool findsSystem = false)
    {
        IReadOnlyList<RelationDescription> relations = _shell.Database.Schema.Relations;
        string text = line.Rest.TrimEnd(';', ' ', '\t');
        if (text.Length == 0)
        {
            return [.. relations];
        }
        NamePattern pattern = new(text);
        List<RelationDescription> found = [.. relations.Where(pattern.Matches)];
        if (found.Count == 0 && findsSystem)
        {
            found = [.. SystemRelations.Find(_shell.Database, pattern)];
        }
        return found.Count > 0 ? found : throw new PhantomDbException("42P01", $"no table, view or sequence is named {text}");
    }

    private static string KindOf(RelationDescription relation) => relation.Kind switch
    {
        RelationKind.Table => "table",
        RelationKind.View => "view",
        _ => "sequence",
    };
}
