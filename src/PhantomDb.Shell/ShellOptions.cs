using System.Globalization;
using PhantomDb.Shell.Output;
using PhantomDb.Shell.Tools;

namespace PhantomDb.Shell;

/// <summary>One <c>-c</c> or <c>-f</c>: SQL text, or the name of a file of it ("-" is standard input).</summary>
internal readonly record struct ScriptOption(bool IsFile, string Value);

/// <summary>The command line, read.</summary>
internal sealed record ShellOptions
{
    /// <summary>Name in the data directory or path of a .db file; null: a database in memory.</summary>
    public string? Database { get; private set; }

    public string DataDirectory { get; private set; } = "data";

    /// <summary>In the order given.</summary>
    public List<ScriptOption> Scripts { get; } = [];

    public OutputMode Mode { get; private set; } = OutputMode.Table;

    public bool KeepsGoing { get; private set; }

    /// <summary>No command tags and no notices.</summary>
    public bool IsQuiet { get; private set; }

    public bool IsInMemory { get; private set; }

    public bool IsReadOnly { get; private set; }

    /// <summary>Read only, going on with the log as another process writes it.</summary>
    public bool IsFollowing { get; private set; }

    /// <summary>When commits of a named database are acknowledged.</summary>
    public SyncPolicy SyncPolicy { get; private set; } = SyncPolicy.Always;

    /// <summary>Null where none was given.</summary>
    public TimeSpan? SyncInterval { get; private set; }

    /// <summary>Bytes of a segment of the log; null where none was given.</summary>
    public long? SegmentSize { get; private set; }

    /// <summary>From which duration on a statement is told of on standard error; null where none was given.</summary>
    public TimeSpan? SlowTime { get; private set; }

    /// <summary>How databases are opened.</summary>
    public DatabaseOptions DatabaseOptions
    {
        get
        {
            var options = new DatabaseOptions { DataDirectory = DataDirectory, IsInMemory = IsInMemory, IsReadOnly = IsReadOnly, IsFollowing = IsFollowing, SyncPolicy = SyncPolicy, SlowStatementTime = SlowTime, OnProgress = ProgressLine.OfFiles };
            return options with { SyncInterval = SyncInterval ?? options.SyncInterval, LogSegmentSize = SegmentSize ?? options.LogSegmentSize };
        }
    }

    public bool ShowsHelp { get; private set; }

    public bool ShowsVersion { get; private set; }

    /// <summary>True where a mode was given.</summary>
    public bool HasMode { get; private set; }

    /// <summary>The tool that is named in place of a database; null: SQL is run.</summary>
    public ToolCommand? Tool { get; private set; }

    /// <summary>What stands behind the tool's name, for the tool to read.</summary>
    public IReadOnlyList<string> ToolArguments { get; private set; } = [];

    /// <summary>What has no name is kept under this one with -P.</summary>
    private const string PersistentName = "phantomdb";

    private const long Megabyte = 1 << 20;
    private const int SegmentMegabytesMax = 1 << 20;

    private static readonly string[] KeptOnly = ["--segment-size", "--sync"];
    private static readonly string[] NamedOnly = [.. KeptOnly, "--follow", "--read-only"];

    private readonly HashSet<string> _given = [];   // options about the database, under their long names
    private bool _isPersistent;

    public static ShellOptions Parse(IReadOnlyList<string> args)
    {
        ShellOptions options = new();
        if (args is ["help"] or ["help", _])
        {
            args = args.Count == 1 ? ["--help"] : ToolCommands.Find(args[1]) is not null || args[1].StartsWith('-') ? [args[1], "--help"]
                : throw new UsageException($"there is no tool {args[1]}{UsageException.Suggest(args[1], ToolCommands.Names)}");
        }
        bool onlyNames = false;
        for (int i = 0; i < args.Count; i++)
        {
            string arg = args[i];
            if (!onlyNames && options.Database is null && ToolCommands.Find(arg) is { } tool)
            {
                options.SetTool(tool, [.. args.Skip(i + 1)]);
                break;
            }
            if (onlyNames || !arg.StartsWith('-') || arg.Length == 1)
            {
                options.SetDatabase(arg);
            }
            else if (arg == "--")
            {
                onlyNames = true;
            }
            else
            {
                if (!arg.StartsWith("--", StringComparison.Ordinal) && OutputModes.Find(arg[1..]) is { } mode)
                {
                    throw new UsageException($"unknown option {arg}: a mode is given with -m {OutputModes.NameOf(mode)}");   // as sqlite3 has them
                }
                (string name, string? value) = Split(arg);
                while (value is not null && !name.StartsWith("--", StringComparison.Ordinal) && options.SetFlag(name))
                {
                    (name, value) = Split("-" + value);   // -qc SQL
                }
                string Value() => value ?? (++i < args.Count ? args[i] : throw new UsageException($"option {name} needs a value"));
                if (!options.SetOption(name, Value) && (value is not null || !options.SetFlag(name)))
                {
                    throw new UsageException(value is not null && options.SetFlag(name)
                        ? $"option {name} takes no value"
                        : $"unknown option {name}{UsageException.Suggest(name, HelpText.OptionNames)}");
                }
            }
        }
        options.Check();
        return options;
    }

    /// <summary>--name=value, or -xvalue.</summary>
    internal static (string Name, string? Value) Split(string arg)
    {
        if (!arg.StartsWith("--", StringComparison.Ordinal))
        {
            return arg.Length == 2 ? (arg, null) : (arg[..2], arg[2..]);
        }
        int equals = arg.IndexOf('=', StringComparison.Ordinal);
        return equals < 0 ? (arg, null) : (arg[..equals], arg[(equals + 1)..]);
    }

    /// <summary>True where an option about the database was given, by its long name.</summary>
    internal bool Gave(string name) => _given.Contains(name);

    /// <summary>An option that stands behind a tool's name and means there what it means before it.</summary>
    internal void Set(string name, string value)
    {
        SetOption(name, () => value);
        Check();
    }

    private bool SetOption(string name, Func<string> value)
    {
        switch (name)
        {
            case "-c" or "--command":
                Scripts.Add(new ScriptOption(IsFile: false, value()));
                return true;
            case "-f" or "--file":
                Scripts.Add(new ScriptOption(IsFile: true, value()));
                return true;
            case "-d" or "--data-directory":
                DataDirectory = value();
                if (string.IsNullOrWhiteSpace(DataDirectory))
                {
                    throw new UsageException("the data directory has no name");
                }
                return true;
            case "-m" or "--mode":
                string mode = value();
                HasMode = true;
                _given.Add("--mode");
                Mode = OutputModes.Find(mode) ?? throw new UsageException($"unknown mode {mode}; one of {OutputModes.List}");
                return true;
            case "--sync":
                SetSync(value());
                return true;
            case "-s" or "--segment-size":
                string size = value();
                SegmentSize = int.TryParse(size, NumberStyles.None, CultureInfo.InvariantCulture, out int megabytes) && megabytes is >= 1 and <= SegmentMegabytesMax
                    ? megabytes * Megabyte
                    : throw new UsageException($"{name} is the size of a segment of the log in MB, a whole number from 1 to {SegmentMegabytesMax}, not {size}");
                _given.Add("--segment-size");
                return true;
            case "--slow":
                string slow = value();
                SlowTime = int.TryParse(slow, NumberStyles.None, CultureInfo.InvariantCulture, out int ms)
                    ? TimeSpan.FromMilliseconds(ms)
                    : throw new UsageException($"--slow is a time in milliseconds, a whole number from 0, not {slow}");
                _given.Add("--slow");
                return true;
            default:
                return false;
        }
    }

    private void SetSync(string value)
    {
        _given.Add("--sync");
        string[] parts = value.Split('=', 2);
        SyncInterval = null;
        switch (parts[0].ToLowerInvariant())
        {
            case "always" when parts.Length == 1:
                SyncPolicy = SyncPolicy.Always;
                return;
            case "none" when parts.Length == 1:
                SyncPolicy = SyncPolicy.None;
                return;
            case "interval" when parts.Length == 1:
                SyncPolicy = SyncPolicy.Interval;
                return;
            case "interval" when int.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out int ms) && ms is >= 1 and <= 86_400_000:
                (SyncPolicy, SyncInterval) = (SyncPolicy.Interval, TimeSpan.FromMilliseconds(ms));
                return;
            default:
                throw new UsageException($"--sync is always, interval, interval=MS (1 to 86400000 milliseconds) or none, not {value}");
        }
    }

    /// <summary>
    /// Options that contradict each other, or that nothing here asks for, are refused: one of them would be forgotten without a word.
    /// </summary>
    private void Check()
    {
        if (Tool is { } tool)
        {
            if (_given.Order(StringComparer.Ordinal).FirstOrDefault(option => !tool.Has(option)) is { } foreign)
            {
                throw new UsageException($"{tool.Name} has no option {foreign}: phantomdb {tool.Name} --help lists them");
            }
            return;
        }
        if (_isPersistent && Database is null)
        {
            Database = PersistentName;
        }
        if (Database is null && !ShowsHelp && !ShowsVersion && NamedOnly.FirstOrDefault(_given.Contains) is { } needsName)
        {
            throw new UsageException($"{needsName} is for a database that is named, and without DATABASE there is a new one in memory: name one, or give -P");
        }
        if (IsInMemory && IsReadOnly)
        {
            throw new UsageException($"--in-memory opens a copy that can be changed, {(IsFollowing ? "--follow" : "--read-only")} the database that cannot: give one of them");
        }
        string? kept = IsInMemory ? "--in-memory" : IsFollowing ? "--follow" : IsReadOnly ? "--read-only" : null;
        string? unused = _isPersistent && IsInMemory ? "-P" : KeptOnly.FirstOrDefault(_given.Contains);
        if (kept is not null && unused is not null)
        {
            throw new UsageException($"{unused} is for a database whose changes are kept, and with {kept} none are: leave one of them out");
        }
    }

    private bool SetFlag(string name)
    {
        switch (name)
        {
            case "--in-memory":
                _given.Add(name);
                return IsInMemory = true;
            case "--read-only":
                _given.Add(name);
                return IsReadOnly = true;
            case "--follow":
                _given.Add(name);
                return IsFollowing = IsReadOnly = true;
            case "-P" or "--persist":
                _given.Add("--persist");
                return _isPersistent = true;
            case "--keep-going":
                _given.Add(name);
                return KeepsGoing = true;
            case "-q" or "--quiet":
                return IsQuiet = true;
            case "-h" or "--help":
                return ShowsHelp = true;
            case "-V" or "--version":
                return ShowsVersion = true;
            default:
                return false;
        }
    }

    private void SetTool(ToolCommand tool, IReadOnlyList<string> arguments)
    {
        if (Scripts.Count > 0)
        {
            throw new UsageException($"{tool.Name} is a command of its own and runs no SQL; a database of that name is opened as ./{tool.Name}.db");
        }
        (Tool, ToolArguments) = (tool, arguments);
    }

    private void SetDatabase(string name)
    {
        if (Database is not null)
        {
            throw new UsageException($"two databases are named, {Database} and {name}{(name.Any(char.IsWhiteSpace) ? ": SQL stands behind -c" : UsageException.Suggest(Database, ToolCommands.Names))}");
        }
        if (string.IsNullOrWhiteSpace(name))
        {
            throw new UsageException("the database has no name");
        }
        Database = name;
    }
}
