namespace PhantomDb.Shell.Output;

/// <summary>What a person has chosen about how rows are written, in whatever mode has such a thing.</summary>
internal sealed record RowStyle
{
    public static readonly RowStyle Plain = new();

    /// <summary>What stands for NULL in modes for people, csv and list; null: what the mode has for it.</summary>
    public string? NullText { get; init; }

    /// <summary>False: no names above columns, and no footer.</summary>
    public bool HasHeader { get; init; } = true;

    /// <summary>Between values in mode list.</summary>
    public string Separator { get; init; } = "|";
}
