namespace PhantomDb.Shell.Tools;

/// <summary>An option of a tool.</summary>
/// <param name="Names">With their dashes, the long one first.</param>
/// <param name="Value">What its value is called in the help; null where it has none.</param>
/// <param name="Help">One line.</param>
internal sealed record ToolOption(string[] Names, string? Value, string Help)
{
    public string Usage => string.Join(", ", Names.Reverse()) + (Value is null ? "" : $" {Value}");
}

/// <summary>A command for a database's files, <c>phantomdb NAME ARGUMENT</c>. It wins over a database of its name.</summary>
/// <param name="Name">The word.</param>
/// <param name="Argument">What follows it, in capitals.</param>
/// <param name="Summary">One line.</param>
/// <param name="Details">What else --help says.</param>
/// <param name="Options">Its own; those of all tools come to them.</param>
/// <param name="Run">Does it, and gives the exit code.</param>
internal sealed record ToolCommand(string Name, string Argument, string Summary, string Details, ToolOption[] Options, Func<ToolRun, int> Run)
{
    public static readonly ToolOption[] Common =
    [
        new(["--data-directory", "-d"], "DIR", "folder of the databases (default: data)"),
        new(["--quiet", "-q"], null, "no summary on standard error"),
        new(["--help", "-h"], null, "this text"),
    ];

    public bool Has(string option) => Options.Concat(Common).Any(known => known.Names.Contains(option));

    /// <summary>What --help prints.</summary>
    public string Help
    {
        get
        {
            ToolOption[] options = [.. Options, .. Common];
            int width = options.Max(option => option.Usage.Length);
            return $"Usage: phantomdb {Name} [options] {Argument}\n\n{Summary}\n\n{Details}\n\nOptions, in any order:\n"
                + string.Concat(options.Select(option => $"  {option.Usage.PadRight(width)}  {option.Help}\n"));
        }
    }
}
