namespace PhantomDb.Parsing.Ast;

/// <summary>What follows OVER.</summary>
internal abstract record WindowSyntax(int Position) : SyntaxNode(Position);

/// <summary><c>OVER name</c></summary>
internal sealed record WindowNameSyntax(string Name, int Position) : WindowSyntax(Position);

/// <summary><c>OVER (base PARTITION BY … ORDER BY … frame)</c></summary>
internal sealed record WindowSpecificationSyntax(
    string? BaseName,
    SyntaxList<ExpressionSyntax> PartitionBy,
    SyntaxList<OrderByItem> OrderBy,
    FrameSyntax? Frame,
    int Position) : WindowSyntax(Position);

/// <summary><c>WINDOW name AS (…)</c></summary>
internal sealed record NamedWindow(string Name, WindowSpecificationSyntax Specification, int Position) : SyntaxNode(Position);

internal enum FrameUnit
{
    Range,
    Rows,
    Groups,
}

internal enum FrameExclusion
{
    NoOthers,
    CurrentRow,
    Group,
    Ties,
}

/// <summary>A window frame. Without BETWEEN the end is CURRENT ROW, and <paramref name="HasBetween"/> is false.</summary>
internal sealed record FrameSyntax(FrameUnit Unit, FrameBoundSyntax Start, FrameBoundSyntax End, bool HasBetween, FrameExclusion Exclusion, int Position) : SyntaxNode(Position);

internal enum FrameBoundKind
{
    UnboundedPreceding,
    Preceding,
    CurrentRow,
    Following,
    UnboundedFollowing,
}

/// <summary>One end of a frame; only Preceding and Following have an offset.</summary>
internal sealed record FrameBoundSyntax(FrameBoundKind Kind, ExpressionSyntax? Offset, int Position) : SyntaxNode(Position);
