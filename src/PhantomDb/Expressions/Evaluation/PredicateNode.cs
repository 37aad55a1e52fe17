using System.Diagnostics;
using System.Runtime.CompilerServices;
using PhantomDb.Errors;
using PhantomDb.Functions;
using PhantomDb.Types;
using PhantomDb.Vectors;

namespace PhantomDb.Expressions.Evaluation;

/// <summary>
/// A condition that narrows a selection: rows where it is true stay, false and unknown go. NOT never stands above one:
/// the compiler pushes it down to the leaves.
/// </summary>
internal abstract class PredicateNode
{
    /// <summary>Writes the positions where the condition is true, ascending; output may be the rows' own selection.</summary>
    public abstract int Select(in RowSet rows, int[] output);

    /// <summary>
    /// Clears the bits of the rows, one a position, where the condition is not true; false, and nothing done, where this is
    /// not faster than <see cref="Select"/>. Only for rows without selection.
    /// </summary>
    public virtual bool TryMask(in RowSet rows, ulong[] mask) => false;

    /// <summary>Rough cost of a row, by which AND orders its operands.</summary>
    public virtual int Cost => 10;

    /// <summary>May throw, or differs at each call: keeps its place among the operands of AND.</summary>
    public virtual bool MustKeepOrder => false;

    protected static void EnsureStack()
    {
        if (!RuntimeHelpers.TryEnsureSufficientExecutionStack())
        {
            throw Error.TooDeep();
        }
    }
}

internal sealed class ConstantPredicate(bool value) : PredicateNode
{
    public override int Cost => 0;

    public override int Select(in RowSet rows, int[] output) => value ? Selections.All(rows, output) : 0;
}

/// <summary>Any boolean expression, computed as a vector first.</summary>
internal sealed class ValuePredicate(ExpressionNode operand, bool expected, int cost, bool mustKeepOrder) : PredicateNode
{
    public override int Cost => cost;

    public override bool MustKeepOrder => mustKeepOrder;

    public override int Select(in RowSet rows, int[] output)
    {
        EnsureStack();
        return Selections.WhereBoolean(rows, operand.Evaluate(rows), expected, output);
    }
}

/// <summary>The rows that another predicate does not select.</summary>
internal sealed class ComplementPredicate(PredicateNode operand) : PredicateNode
{
    private int[]? _selected;

    public override int Cost => operand.Cost;

    public override bool MustKeepOrder => operand.MustKeepOrder;

    public override int Select(in RowSet rows, int[] output)
    {
        EnsureStack();
        int[] selected = DataChunk.EnsureRoom(ref _selected, rows.Count);
        int count = operand.Select(rows, selected);
        return Selections.Except(rows, selected, count, output);
    }
}

internal sealed class NullPredicate(ExpressionNode operand, bool isNegated, bool mustKeepOrder) : PredicateNode
{
    public override int Cost => 1;

    public override bool MustKeepOrder => mustKeepOrder;

    public override int Select(in RowSet rows, int[] output)
    {
        EnsureStack();
        Vector vector = operand.Evaluate(rows);
        if (vector.IsConstant || vector.Validity is null)
        {
            return vector.IsValid(0) == isNegated ? Selections.All(rows, output) : 0;
        }

        return isNegated
            ? Selections.Valid(rows, vector.Validity, output)
            : Selections.Invalid(rows, vector.Validity, output);
    }
}

/// <summary>A comparison that is unknown where a side is NULL.</summary>
internal sealed class ComparisonPredicate : PredicateNode
{
    private readonly BasicComparison _comparison;
    private readonly bool _negate;
    private readonly ExpressionNode _left;
    private readonly ExpressionNode _right;
    private readonly int _cost;
    private readonly bool _mustKeepOrder;
    private ulong[]? _mask;

    public ComparisonPredicate(ComparisonKind kind, bool negate, ExpressionNode left, ExpressionNode right, int cost, bool mustKeepOrder)
    {
        (_comparison, bool negated) = kind switch
        {
            ComparisonKind.Equal => (BasicComparison.Equal, false),
            ComparisonKind.NotEqual => (BasicComparison.Equal, true),
            ComparisonKind.Less => (BasicComparison.Less, false),
            ComparisonKind.GreaterOrEqual => (BasicComparison.Less, true),
            ComparisonKind.Greater => (BasicComparison.Greater, false),
            ComparisonKind.LessOrEqual => (BasicComparison.Greater, true),
            _ => throw new UnreachableException(),
        };
        _negate = negated != negate;
        _left = left;
        _right = right;
        _cost = cost;
        _mustKeepOrder = mustKeepOrder;
    }

    public override int Cost => _cost;

    public override bool MustKeepOrder => _mustKeepOrder;

    /// <summary>After Select: a side was a constant NULL, so the comparison is unknown everywhere.</summary>
    public bool IsUnknown { get; private set; }

    /// <summary>After Select: both sides were constant.</summary>
    public bool IsConstant { get; private set; }

    /// <summary>After Select: where both sides are valid; null where there are no NULLs.</summary>
    public ulong[]? Validity { get; private set; }

    public override int Select(in RowSet rows, int[] output)
    {
        EnsureStack();
        Vector left = _left.Evaluate(rows);
        Vector right = _right.Evaluate(rows);
        IsUnknown = (left.IsConstant && !left.IsValid(0)) || (right.IsConstant && !right.IsValid(0));
        IsConstant = left.IsConstant && right.IsConstant;
        Validity = IsUnknown ? null : MergeValidity(left, right);
        return IsUnknown
            ? 0
            : ComparisonKernels.Select(_comparison, _negate, left, right, rows.Selection, rows.Count, Validity, output);
    }

    public override bool TryMask(in RowSet rows, ulong[] mask)
    {
        if (_cost > 1)
        {
            return false;   // a side is computed, which is better done for few rows
        }

        Vector left = _left.Evaluate(rows);
        Vector right = _right.Evaluate(rows);
        return ComparisonKernels.TryMask(_comparison, _negate, left, right, rows.Count, mask);
    }

    private ulong[]? MergeValidity(Vector left, Vector right)
    {
        ulong[]? leftMask = left.IsConstant ? null : left.Validity;
        ulong[]? rightMask = right.IsConstant ? null : right.Validity;
        if (leftMask is null || rightMask is null || ReferenceEquals(leftMask, rightMask))
        {
            return leftMask ?? rightMask;
        }

        _mask ??= new ulong[ValidityMask.WordCount];
        int common = Math.Min(leftMask.Length, rightMask.Length);
        for (int i = 0; i < common; i++)
        {
            _mask[i] = leftMask[i] & rightMask[i];
        }

        return _mask;
    }
}

/// <summary>IS [NOT] DISTINCT FROM: NULLs are equal to each other and to nothing else.</summary>
internal sealed class DistinctPredicate(ExpressionNode left, ExpressionNode right, bool isDistinct, bool mustKeepOrder) : PredicateNode
{
    private int[]? _valid;
    private bool[]? _equal;

    public override bool MustKeepOrder => mustKeepOrder;

    [MethodImpl(HotLoop.Options)]
    public override int Select(in RowSet rows, int[] output)
    {
        EnsureStack();
        Vector leftVector = left.Evaluate(rows);
        Vector rightVector = right.Evaluate(rows);
        int[] valid = DataChunk.EnsureRoom(ref _valid, rows.Count);
        bool[] equal = DataChunk.EnsureRoom(ref _equal, rows.End);
        int validCount = 0;
        for (int k = 0; k < rows.Count; k++)
        {
            int i = rows.Selection is null ? k : rows.Selection[k];
            bool leftValid = leftVector.IsValid(i);
            bool rightValid = rightVector.IsValid(i);
            equal[i] = leftValid == rightValid && !leftValid;
            valid[validCount] = i;
            validCount += leftValid & rightValid ? 1 : 0;
        }

        int equalCount = ComparisonKernels.Select(
            BasicComparison.Equal, negate: false, leftVector, rightVector, valid, validCount, null, valid);
        foreach (int i in valid.AsSpan(0, equalCount))
        {
            equal[i] = true;
        }

        int count = 0;
        for (int k = 0; k < rows.Count; k++)
        {
            int i = rows.Selection is null ? k : rows.Selection[k];
            output[count] = i;
            count += equal[i] != isDistinct ? 1 : 0;
        }

        return count;
    }
}
