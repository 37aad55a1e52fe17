using PhantomDb.Shell.Output;

namespace PhantomDb.Shell.Tools;

/// <summary>A tool's call: its argument and options, and where it writes.</summary>
internal sealed class ToolRun
{
    private readonly ShellOptions _shell;
    private readonly Dictionary<string, string> _values = [];

    /// <param name="tool">The tool.</param>
    /// <param name="shell">What stands before the tool's name; its options count as if they stood behind.</param>
    /// <param name="args">What stands behind the tool's name.</param>
    /// <param name="output">Where results go.</param>
    public ToolRun(ToolCommand tool, ShellOptions shell, IReadOnlyList<string> args, OutputSink output)
    {
        (_shell, Output) = (shell, output);
        Mode = shell.Mode;
        DataDirectory = shell.DataDirectory;
        Parse(tool, args);
        IsQuiet = shell.IsQuiet || Has("--quiet");
        DataDirectory = Value("--data-directory") ?? DataDirectory;
        if (Value("--mode") is { } mode)
        {
            Mode = OutputModes.Find(mode) ?? throw new UsageException($"unknown mode {mode}; one of {OutputModes.List}");
        }
        ShowsHelp = shell.ShowsHelp || Has("--help");
        if (Argument.Length == 0 && !ShowsHelp)
        {
            throw new UsageException($"{tool.Name} needs {tool.Argument}: phantomdb {tool.Name} [options] {tool.Argument}");
        }
    }

    /// <summary>A database's name or path, or a file.</summary>
    public string Argument { get; private set; } = "";

    public OutputSink Output { get; }

    public OutputMode Mode { get; }

    /// <summary>True where rows were asked for in a mode.</summary>
    public bool HasMode => Has("--mode") || _shell.HasMode;

    public bool IsQuiet { get; }

    public bool ShowsHelp { get; }

    public string DataDirectory { get; }

    public DatabaseOptions Options => new() { DataDirectory = DataDirectory, OnProgress = ProgressLine.OfFiles };

    /// <summary>How a tool opens a database whose changes are kept.</summary>
    /// <param name="own">Those of the shell's options that the tool has too.</param>
    public DatabaseOptions DurableOptions(params string[] own)
    {
        foreach (string option in own.Where(Has))
        {
            _shell.Set(option, Value(option)!);
        }
        DatabaseOptions options = _shell.DatabaseOptions with { DataDirectory = DataDirectory };
        return options.IsInMemory || options.IsReadOnly
            ? throw new UsageException($"{(options.IsReadOnly ? "--read-only" : "--in-memory")} is for looking at a database, and the tool keeps what is changed: leave it out")
            : options;
    }

    public bool Has(string option) => _values.ContainsKey(option);

    /// <summary>Null where the option was not given.</summary>
    public string? Value(string option) => _values.GetValueOrDefault(option);

    public void Write(RowSource rows) => RowWriter.Create(Mode, RowView.Whole).Write(rows, Output);

    /// <summary>A line for standard error, behind what was written.</summary>
    public void Report(string line)
    {
        Output.Flush();
        ControlCharacters.WriteError(line + "\n");
    }

    /// <summary>As <see cref="Report"/>, but not with --quiet.</summary>
    public void Inform(string line)
    {
        if (!IsQuiet)
        {
            Report(line);
        }
    }

    private void Parse(ToolCommand tool, IReadOnlyList<string> args)
    {
        ToolOption[] options = [.. tool.Options, .. ToolCommand.Common];
        foreach (ToolOption option in tool.Options.Where(option => option.Value is null && _shell.Gave(option.Names[0])))
        {
            _values[option.Names[0]] = "";
        }
        bool onlyNames = false;
        for (int i = 0; i < args.Count; i++)
        {
            string arg = args[i];
            if (onlyNames || !arg.StartsWith('-') || arg.Length == 1)
            {
                Argument = Argument.Length == 0 && !string.IsNullOrWhiteSpace(arg) ? arg
                    : throw new UsageException(Argument.Length == 0 ? $"{tool.Argument} has no name" : $"{tool.Name} takes one {tool.Argument}, not {Argument} and {arg}");
            }
            else if (arg == "--")
            {
                onlyNames = true;
            }
            else
            {
                (string name, string? value) = ShellOptions.Split(arg);
                ToolOption option = Array.Find(options, option => option.Names.Contains(name))
                    ?? throw new UsageException($"{tool.Name} has no option {name}{UsageException.Suggest(name, options.SelectMany(known => known.Names))}: phantomdb {tool.Name} --help lists them");
                if (option.Value is null && value is not null)
                {
                    throw new UsageException($"option {name} takes no value");
                }
                _values[option.Names[0]] = option.Value is null ? "" : value ?? (++i < args.Count ? args[i] : throw new UsageException($"option {name} needs a value"));
            }
        }
    }
}
