using PhantomDb.Types;
using PhantomDb.Vectors;

namespace PhantomDb.Expressions.Evaluation;

/// <summary>A column of the chunk, not copied.</summary>
internal sealed class ColumnNode(int index) : ExpressionNode
{
    public override Vector Evaluate(in RowSet rows) => rows.Columns[index];
}

/// <summary>A constant vector made once.</summary>
internal sealed class ConstantNode(Vector value) : ExpressionNode
{
    public override Vector Evaluate(in RowSet rows) => value;
}

/// <summary>A parameter: looked up at each chunk, because the vectors may be replaced between executions.</summary>
internal sealed class ParameterNode(int index, EvaluationContext context) : ExpressionNode
{
    public override Vector Evaluate(in RowSet rows) => context.Parameters[index];
}

/// <summary>
/// Turns narrow numerics into 128 bits, in a vector of its own: the operand's may be read again for other rows.
/// </summary>
internal sealed class WidenNode(ExpressionNode operand, MemoryAccount? account) : ExpressionNode
{
    private readonly Vector _wide = new(PhysicalType.Int128, account);

    public override Vector Evaluate(in RowSet rows)
    {
        EnsureStack();
        Vector narrow = operand.Evaluate(rows);
        if (!narrow.IsNarrow)
        {
            return narrow;
        }

        _wide.Reference(narrow);
        _wide.LimitRoom(rows.End);
        _wide.Widen(rows.Selection, rows.Selection is not null, rows.Count);
        return _wide;
    }
}
