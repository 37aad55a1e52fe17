using PhantomDb.Vectors;

namespace PhantomDb.Expressions.Evaluation;

/// <summary>The rows that an expression is computed for: columns, and the positions that count.</summary>
internal readonly struct RowSet(Vector[] columns, int[]? selection, int count)
{
    public Vector[] Columns { get; } = columns;

    /// <summary>Positions, ascending; null where they are 0 to Count - 1.</summary>
    public int[]? Selection { get; } = selection;

    public int Count { get; } = count;

    /// <summary>The positions are all below this.</summary>
    public int End => Selection is null || Count == 0 ? Count : Selection[Count - 1] + 1;

    public RowSet With(int[] selection, int count) => new(Columns, selection, count);
}
