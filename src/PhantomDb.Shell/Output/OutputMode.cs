namespace PhantomDb.Shell.Output;

/// <summary>How rows are written.</summary>
internal enum OutputMode
{
    Table,
    Csv,
    Json,
    JsonLines,
    Tsv,
    Markdown,
    Line,
    List,
    Box,
    Insert,
}

/// <summary>The modes by the names that the user gives them.</summary>
internal static class OutputModes
{
    private static readonly (string Name, OutputMode Mode)[] Modes =
    [
        ("table", OutputMode.Table), ("csv", OutputMode.Csv), ("json", OutputMode.Json), ("jsonl", OutputMode.JsonLines),
        ("tsv", OutputMode.Tsv), ("markdown", OutputMode.Markdown), ("line", OutputMode.Line), ("list", OutputMode.List),
        ("box", OutputMode.Box), ("insert", OutputMode.Insert),
    ];

    public static IReadOnlyList<string> Names { get; } = Array.ConvertAll(Modes, entry => entry.Name);

    public static string List { get; } = string.Join('|', Names);

    public static OutputMode? Find(string name)
    {
        foreach ((string known, OutputMode mode) in Modes)
        {
            if (known.Equals(name, StringComparison.OrdinalIgnoreCase))
            {
                return mode;
            }
        }
        return name.ToLowerInvariant() switch   // as sqlite3 and psql name them
        {
            "column" or "columns" or "aligned" => OutputMode.Table,
            "unaligned" => OutputMode.List,
            "tabs" => OutputMode.Tsv,
            _ => null,
        };
    }

    public static string NameOf(OutputMode mode) => Modes.First(entry => entry.Mode == mode).Name;
}
