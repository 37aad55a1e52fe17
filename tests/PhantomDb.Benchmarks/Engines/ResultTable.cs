namespace PhantomDb.Benchmarks.Engines;

/// <summary>How a value is compared: exact numbers digit by digit, floating point to some digits, anything else as text.</summary>
internal enum CellKind
{
    Null,
    Exact,
    Floating,
    Text,
}

internal readonly record struct Cell(CellKind Kind, string Text)
{
    public static readonly Cell Null = new(CellKind.Null, "");

    public override string ToString() => Kind == CellKind.Null ? "NULL" : Text;
}

/// <summary>A whole result, row by row, for comparing answers; not for timing.</summary>
internal sealed class ResultTable(int columnCount)
{
    public int ColumnCount { get; } = columnCount;

    public List<Cell[]> Rows { get; } = [];
}
