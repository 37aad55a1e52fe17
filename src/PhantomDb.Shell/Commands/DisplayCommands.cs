using System.Globalization;
using PhantomDb.Shell.Output;

namespace PhantomDb.Shell.Commands;

/// <summary>The commands about how results look at a terminal.</summary>
internal sealed class DisplayCommands
{
    private readonly ShellOutput _output;

    public DisplayCommands(ShellOutput output)
    {
        _output = output;
        Commands =
        [
            new([".mode"], "[MODE] [TABLE]", $"write rows as {OutputModes.List}; TABLE is where insert puts them", 2, line => Mode(line.Words.FirstOrDefault(), Table(line))),
            new([".width"], "[auto|off|COLUMNS]", "cut tables to the terminal's width, not at all, or to so many columns", 1, line => Width(line.Words.FirstOrDefault())),
            new([".pager"], "[on|off|COMMAND]", "show what is longer than the screen with $PHANTOMDB_PAGER, $PAGER or less, or with COMMAND", int.MaxValue, line => Pager(line.Rest.TrimEnd(';', ' '))),
            new([".explain"], "[tree|text]", "show plans as a tree, or as EXPLAIN gives them", 1, line => Explain(line.Words.FirstOrDefault())),
            new(["\\x"], "[on|off|auto]", "write a value a line; auto: where a table is wider than the terminal", 1, line => Expanded(line.Words.FirstOrDefault())),
            new([".nullvalue"], "[TEXT]", "what stands for NULL in modes table, box, line, list, csv and markdown; without TEXT what the mode has for it", 1, line => Null(line.Words.FirstOrDefault())),
            new([".headers", ".header"], "[on|off]", "whether names stand above the columns, and the footer below", 1, line => Headers(line, line.Words.FirstOrDefault(), !_output.Style.HasHeader)),
            new(["\\t"], "[on|off]", "rows alone: .headers off", 1, line => RowsOnly(line, line.Words.FirstOrDefault())),
            new([".separator"], "[TEXT]", "what stands between values in mode list, \\t being a tab", 1, line => Separate(line.Words.FirstOrDefault())),
            new(["\\a"], "", "mode list, or mode table again", 0, _ => Align()),
            new([".show"], "", "how results are shown now", 0, _ => Show()),
            new(["\\pset"], "[NAME] [VALUE]", "psql's names: null, tuples_only, format, fieldsep, pager, columns, expanded", int.MaxValue, Set),
        ];
    }

    public IReadOnlyList<ShellCommand> Commands { get; }

    private void Mode(string? name, string? table = null)
    {
        if (name is null)
        {
            _output.Print(OutputModes.NameOf(_output.Mode) + "\n");
            return;
        }
        OutputMode mode = OutputModes.Find(name) ?? throw new PhantomDbException("22023", $"unknown mode {name}") { Hint = $"{Nearest(name)}One of {OutputModes.List}." };
        if (table is not null && mode != OutputMode.Insert)
        {
            throw new PhantomDbException("42601", $"mode {name} takes no table") { Hint = "Usage: .mode insert TABLE" };
        }
        (_output.Mode, _output.InsertTable) = (mode, table ?? _output.InsertTable);
    }

    // As SQL has it, with its double quotes; sqlite3 takes single ones too.
    private static string? Table(CommandLine line) => line.Words.Count < 2 ? null : line.BehindFirst.StartsWith('\'') ? line.Words[1] : line.BehindFirst;

    private static string Nearest(string mode) => mode.ToLowerInvariant() switch   // sqlite3's and psql's modes that there are not
    {
        "html" => "markdown is what comes nearest to html. ",
        "quote" => "insert writes values as SQL has them. ",
        "ascii" => "list takes any separator: .separator TEXT. ",
        _ => "",
    };

    private void Null(string? text) => _output.Style = _output.Style with { NullText = text };

    private void Separate(string? text) => _output.Style = _output.Style with { Separator = text?.Replace("\\t", "\t", StringComparison.Ordinal) ?? RowStyle.Plain.Separator };

    private void Headers(CommandLine line, string? word, bool otherwise) => _output.Style = _output.Style with
    {
        HasHeader = word switch
        {
            null => otherwise,
            "on" or "1" or "yes" => true,
            "off" or "0" or "no" => false,
            _ => throw new PhantomDbException("22023", $"{line.Name} is on or off, not {word}"),
        },
    };

    private void RowsOnly(CommandLine line, string? word)
    {
        Headers(line, word switch { "on" => "off", "off" => "on", _ => word }, !_output.Style.HasHeader);
        _output.Inform($"Rows only is {(_output.Style.HasHeader ? "off" : "on")}.");
    }

    private void Align()
    {
        _output.Mode = _output.Mode == OutputMode.List ? OutputMode.Table : OutputMode.List;
        _output.Inform($"Mode is {OutputModes.NameOf(_output.Mode)}.");
    }

    private void Show()
    {
        RowStyle style = _output.Style;
        string width = _output.Width switch { null => "auto", 0 => "off", int columns => string.Create(CultureInfo.InvariantCulture, $"{columns}") };
        string[][] settings =
        [
            ["mode", OutputModes.NameOf(_output.Mode)], ["nullvalue", style.NullText is null ? "of the mode" : $"\"{style.NullText}\""], ["headers", style.HasHeader ? "on" : "off"],
            ["separator", $"\"{style.Separator.Replace("\t", "\\t", StringComparison.Ordinal)}\""], ["width", width], ["expanded", _output.TurnsWide ? "auto" : _output.Mode == OutputMode.Line ? "on" : "off"],
            ["pager", _output.Pager.IsOn && _output.Pager.Command.Length > 0 ? _output.Pager.Command : "off"], ["explain", _output.DrawsPlans ? "tree" : "text"],
        ];
        _output.Print(string.Concat(settings.Select(setting => $"{setting[0],10}: {setting[1]}\n")));
    }

    private void Width(string? word)
    {
        _output.Width = word switch
        {
            null => _output.Width,
            "auto" => null,
            "off" => 0,
            _ when int.TryParse(word, NumberStyles.None, CultureInfo.InvariantCulture, out int columns) && columns >= 10 => columns,
            _ => throw new PhantomDbException("22023", $"the width is auto, off, or a number of columns from 10, not {word}"),
        };
        if (word is null)
        {
            _output.Print(_output.Width switch { null => "auto\n", 0 => "off\n", int columns => string.Create(CultureInfo.InvariantCulture, $"{columns}\n") });
        }
    }

    private void Pager(string words)
    {
        PagedOutput pager = _output.Pager;
        switch (words)
        {
            case "":
                _output.Print(pager.IsOn && pager.Command.Length > 0 ? $"on: {pager.Command}\n" : "off\n");
                return;
            case "off":
                pager.IsOn = false;
                return;
            case "on" or "always":
                break;
            default:
                pager.Command = words;
                break;
        }
        pager.IsOn = _output.IsTerminal;
        if (pager.Command.Length == 0)
        {
            _output.Report("WARNING: there is no pager: PHANTOMDB_PAGER and PAGER name none, and less is not installed");
        }
    }

    private void Explain(string? word)
    {
        _output.DrawsPlans = word switch
        {
            null => _output.DrawsPlans,
            "tree" => true,
            "text" => false,
            _ => throw new PhantomDbException("22023", $".explain is tree or text, not {word}"),
        };
        if (word is null)
        {
            _output.Print(_output.DrawsPlans ? "tree\n" : "text\n");
        }
    }

    private void Expanded(string? word)
    {
        bool isOn = word switch
        {
            null => _output.Mode != OutputMode.Line,
            "on" => true,
            "off" or "auto" => false,
            _ => throw new PhantomDbException("22023", $"\\x is on, off or auto, not {word}"),
        };
        _output.TurnsWide = word == "auto";
        _output.Mode = isOn ? OutputMode.Line : _output.Mode == OutputMode.Line ? OutputMode.Table : _output.Mode;
        _output.Inform($"Expanded display is {(_output.TurnsWide ? "used where a table is too wide" : isOn ? "on" : "off")}.");
    }

    private void Set(CommandLine line)
    {
        string? value = line.Words.ElementAtOrDefault(1);
        switch (line.Words.FirstOrDefault())
        {
            case null:
                Show();
                break;
            case "null":
                Null(value);
                break;
            case "tuples_only" or "t":
                RowsOnly(line, value);
                break;
            case "format":
                Mode(value);
                break;
            case "fieldsep":
                Separate(value);
                break;
            case "pager":
                Pager(value is null ? (_output.Pager.IsOn ? "off" : "on") : line.BehindFirst);
                break;
            case "columns":
                Width(value == "0" ? "auto" : value);
                break;
            case "expanded" or "x":
                Expanded(value);
                break;
            default:
                throw new PhantomDbException("22023", $"\\pset does not know {line.Words[0]}") { Hint = "It knows null, tuples_only, format, fieldsep, pager, columns and expanded." };
        }
    }
}
