namespace PhantomDb.Shell.Output;

/// <summary>For whom rows are written. Where it is no person at a terminal, nothing is cut and there is no footer.</summary>
/// <param name="IsTerminal">True: a person looks at them.</param>
/// <param name="Width">Columns to which tables are cut; 0 for no limit.</param>
/// <param name="TurnsWide">True: a table that is wider is shown a value a line instead.</param>
internal readonly record struct RowView(bool IsTerminal, int Width, bool TurnsWide)
{
    /// <summary>True where there is a terminal behind it, whoever looks: control characters are shown, not sent.</summary>
    public bool ShowsControls { get; init; } = IsTerminal;

    /// <summary>False: the footer tells only of what is cut.</summary>
    public bool CountsRows { get; init; } = true;

    /// <summary>For a file, or a program that reads.</summary>
    public static readonly RowView Whole = new(false, 0, false);
}
