using System.Runtime.CompilerServices;
using PhantomDb.Functions;
using PhantomDb.Types;
using PhantomDb.Vectors;

namespace PhantomDb.Expressions.Evaluation;

/// <summary>x [NOT] IN (constants). A NULL among them makes IN unknown where it is not true, NOT IN never true.</summary>
internal sealed class InListPredicate(ExpressionNode operand, ValueSet values, bool hasNull, bool isNegated, bool mustKeepOrder)
    : PredicateNode
{
    public override int Cost => 3;

    public override bool MustKeepOrder => mustKeepOrder;

    /// <summary>After Select: the operand.</summary>
    public Vector? Operand { get; private set; }

    public bool HasNull => hasNull;

    public bool IsNegated => isNegated;

    public override int Select(in RowSet rows, int[] output)
    {
        EnsureStack();
        Operand = operand.Evaluate(rows);
        return isNegated && hasNull ? 0 : values.Select(Operand, rows.Selection, rows.Count, isNegated, output);
    }
}

/// <summary>x IN (constants) as a value; NOT IN is this under NOT.</summary>
internal sealed class InListNode(InListPredicate predicate, MemoryAccount? account) : ExpressionNode
{
    private readonly TestNode _test = new(predicate, account);

    [MethodImpl(HotLoop.Options)]
    public override Vector Evaluate(in RowSet rows)
    {
        Vector result = _test.Evaluate(rows);
        Vector operand = predicate.Operand!;
        for (int k = 0; k < rows.Count; k++)
        {
            int i = rows.Selection is null ? k : rows.Selection[k];
            if (!operand.IsValid(i) || (predicate.HasNull && !result.Values<bool>()[i]))
            {
                result.SetNull(i);
            }
        }

        return result;
    }
}
