using PhantomDb.Catalog;
using PhantomDb.Expressions;

namespace PhantomDb.Execution.Physical;

/// <summary>
/// Reads a table's rows by key ranges of an index, in its order: its first columns equal to values (one range for each
/// combination of them), the next one within bounds. Values have no columns.
/// </summary>
internal sealed record PhysicalIndexScan(PhysicalScan Scan, IndexDefinition Index, IReadOnlyList<IndexKey> Keys) : PhysicalOperator(Scan.Columns)
{
    /// <summary>What bounds the column behind the keys; null where nothing does.</summary>
    public IndexRange? Range { get; init; }

    /// <summary>What the key ranges leave open of the scan's filter; null where nothing is left.</summary>
    public Expression? Residual { get; init; }

    /// <summary>From the greatest key to the least.</summary>
    public bool IsBackward { get; init; }

    /// <summary>Operators above rely on the order: the table must not be scanned instead, however many rows there turn out to be.</summary>
    public bool IsOrdered { get; init; }

    /// <summary>All columns come from the keys; a row is looked at only where it may have versions.</summary>
    public bool IsIndexOnly { get; init; }

    /// <summary>A whole key of a unique index: one row at most, however large the table becomes while the plan is kept.</summary>
    public bool IsOneRow => Index.IsAlwaysUnique && Keys.Count == Index.Columns.Count && Keys.All(key => key.IsSingle && !key.IsNull);

    public override IReadOnlyList<PhysicalOperator> Children => [];
}

/// <summary>What a column of an index must be equal to: one value, one of several, an element of an array, or NULL where nothing is given.</summary>
internal sealed record IndexKey(IReadOnlyList<Expression> Values)
{
    public static readonly IndexKey Null = new([]);

    /// <summary>The one value is an array, of whose elements the column must be one.</summary>
    public bool IsArray { get; init; }

    public bool IsNull => Values.Count == 0;

    /// <summary>There is one value, so that the rows come in the order of the columns behind.</summary>
    public bool IsSingle => IsNull || (Values.Count == 1 && !IsArray);
}

/// <summary>A range of an index column's values; NULL is in none.</summary>
internal sealed record IndexRange(IndexBound? Lower, IndexBound? Upper)
{
    /// <summary>What the values begin with, instead of bounds.</summary>
    public IndexPrefix? Prefix { get; init; }
}

/// <summary>One end of a range of an index column's values.</summary>
internal sealed record IndexBound(Expression Value, bool IsInclusive);

/// <summary>The constant beginning of what a pattern matches; all values where it has none.</summary>
internal sealed record IndexPrefix(Expression Pattern, PatternKind Kind);

internal enum PatternKind : byte
{
    /// <summary>The text itself: starts_with, ^@.</summary>
    Text,
    Like,
    RegularExpression,
}
