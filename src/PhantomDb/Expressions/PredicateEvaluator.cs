using PhantomDb.Expressions.Evaluation;
using PhantomDb.Vectors;

namespace PhantomDb.Expressions;

/// <summary>Selects the rows of chunks for which a condition is true. Belongs to one worker.</summary>
internal sealed class PredicateEvaluator(Expression condition, EvaluationContext context)
{
    private readonly PredicateNode _root = new ExpressionCompiler(context).CompilePredicate(condition, negate: false);

    /// <summary>
    /// Writes the positions of the rows where the condition is true, ascending; returns their number.
    /// <paramref name="output"/> has room for that many as the chunk has, and may be the chunk's own selection.
    /// </summary>
    public int Select(DataChunk chunk, int[] output) =>
        _root.Select(new RowSet(chunk.Vectors, chunk.Selection, chunk.Count), output);

    /// <summary>As above, for some of the chunk's rows only.</summary>
    public int Select(DataChunk chunk, int[]? selection, int count, int[] output) =>
        _root.Select(new RowSet(chunk.Vectors, selection, count), output);
}
