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
            new([".mode"], "[MODE] [TABLE]", $"write rows as {OutputModes.List}; TABLE is where insert puts them", 2, Mode),
            new([".width"], "[auto|off|COLUMNS]", "cut tables to the terminal's width, not at all, or to so many columns", 1, line => Width(line.Words.FirstOrDefault())),
            new([".pager"], "[on|off|COMMAND]", "show what is longer than the screen with $PHANTOMDB_PAGER, $PAGER or less, or with COMMAND", int.MaxValue, line => Pager(line.Rest.TrimEnd(';', ' '))),
            new([".explain"], "[tree|text]", "show plans as a tree, or as EXPLAIN gives them", 1, line => Explain(line.Words.FirstOrDefault())),
            new(["\\x"], "[on|off|auto]", "write a value a line; auto: where a table is wider than the terminal", 1, line => Expanded(line.Words.FirstOrDefault())),
            new(["\\pset"], "pager|columns|expanded [VALUE]", "psql's names for .pager, .width and \\x", int.MaxValue, Set),
        ];
    }

    public IReadOnlyList<ShellCommand> Commands { get; }

    private void Mode(CommandLine line)
    {
        if (line.Words.Count == 0)
        {
            _output.Print(OutputModes.NameOf(_output.Mode) + "\n");
            return;
        }
        OutputMode mode = OutputModes.Find(line.Words[0])
            ?? throw new PhantomDbException("22023", $"unknown mode {line.Words[0]}") { Hint = $"One of {OutputModes.List}." };
        if (line.Words.Count > 1 && mode != OutputMode.Insert)
        {
            throw new PhantomDbException("42601", $"mode {line.Words[0]} takes no table") { Hint = "Usage: .mode insert TABLE" };
        }
        (_output.Mode, _output.InsertTable) = (mode, line.Words.ElementAtOrDefault(1) ?? _output.InsertTable);
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
        switch (line.Words[0])
        {
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
                throw new PhantomDbException("22023", $"\\pset does not know {line.Words[0]}") { Hint = "It knows pager, columns and expanded; .mode is for the format." };
        }
    }
}
