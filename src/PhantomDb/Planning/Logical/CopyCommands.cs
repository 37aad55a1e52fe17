using PhantomDb.Catalog;

namespace PhantomDb.Planning.Logical;

/// <summary>
/// COPY table FROM. The rows come from a file, or where the name is null from the client. <see cref="Insert"/> puts them
/// in: below it stand a projection (defaults of the columns that the file lacks), maybe a filter (WHERE), and a
/// <see cref="LogicalCopyInput"/>.
/// </summary>
internal sealed record CopyFromCommand(
    TableDefinition Table, IReadOnlyList<ColumnDefinition> Columns, string? FileName, CopyOptions Options, LogicalInsert Insert) : BoundStatement
{
    public override string CommandTag => "COPY";
}

/// <summary>COPY table or query TO a file, or where the name is null to the client.</summary>
internal sealed record CopyToCommand(
    LogicalOperator Plan, IReadOnlyList<LogicalColumn> Columns, string? FileName, CopyOptions Options) : BoundStatement
{
    public override string CommandTag => "COPY";
}

/// <summary>The rows that COPY FROM reads, as a leaf of its plan: the file's columns in their order.</summary>
internal sealed record LogicalCopyInput(IReadOnlyList<LogicalColumn> Columns) : LogicalOperator
{
    public override IReadOnlyList<LogicalColumn> Output => Columns;

    public override IReadOnlyList<LogicalOperator> Children => [];
}

internal enum CopyHeader : byte
{
    None,
    /// <summary>Written; skipped when read.</summary>
    Present,
    /// <summary>HEADER MATCH: must name the columns in their order.</summary>
    Match,
}

/// <summary>Options of COPY, all decided. Lists of columns are places in the columns copied.</summary>
internal sealed record CopyOptions(bool IsCsv)
{
    public required char Delimiter { get; init; }

    public required string Null { get; init; }

    public CopyHeader Header { get; init; }

    /// <summary>CSV only.</summary>
    public char Quote { get; init; } = '"';

    /// <summary>CSV only.</summary>
    public char Escape { get; init; } = '"';

    public IReadOnlySet<int> ForceQuote { get; init; } = new HashSet<int>();

    public IReadOnlySet<int> ForceNotNull { get; init; } = new HashSet<int>();

    public IReadOnlySet<int> ForceNull { get; init; } = new HashSet<int>();
}
