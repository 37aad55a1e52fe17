using System.Runtime.CompilerServices;
using PhantomDb.Types;
using PhantomDb.Vectors;

namespace PhantomDb.Expressions.Evaluation;

/// <summary>
/// AND and OR as values, in three-valued logic. A row that an operand has decided (false for AND, true for OR) is not
/// shown to the operands after it.
/// </summary>
internal sealed class ConjunctionNode(bool isAnd, ExpressionNode[] operands, MemoryAccount? account) : ExpressionNode
{
    private readonly Vector _result = new(PhysicalType.Boolean, account);
    private int[]? _open;
    private readonly ulong[] _unknown = new ulong[ValidityMask.WordCount];

    [MethodImpl(HotLoop.Options)]
    public override Vector Evaluate(in RowSet rows)
    {
        EnsureStack();
        _result.LimitRoom(rows.End);
        Span<bool> result = _result.Write<bool>();
        Array.Clear(_unknown);
        bool deciding = !isAnd;
        int[] openRows = DataChunk.EnsureRoom(ref _open, rows.Count);
        int open = Selections.All(rows, openRows);
        foreach (int i in openRows.AsSpan(0, open))
        {
            result[i] = isAnd;
        }

        foreach (ExpressionNode operand in operands)
        {
            if (open == 0)
            {
                break;
            }

            Vector vector = operand.Evaluate(rows.With(openRows, open));
            ReadOnlySpan<bool> values = vector.Values<bool>();
            int remaining = 0;
            foreach (int i in openRows.AsSpan(0, open))
            {
                int from = vector.PositionOf(i);
                if (!vector.IsValid(from))
                {
                    ValidityMask.SetValid(_unknown, i);
                }
                else if (values[from] == deciding)
                {
                    result[i] = deciding;
                    continue;
                }

                openRows[remaining++] = i;
            }

            open = remaining;
        }

        foreach (int i in openRows.AsSpan(0, open))
        {
            if (ValidityMask.IsValid(_unknown, i))
            {
                _result.SetNull(i);
            }
        }

        return _result;
    }
}

internal sealed class NotNode(ExpressionNode operand, MemoryAccount? account) : ExpressionNode
{
    private readonly Vector _result = new(PhysicalType.Boolean, account);

    [MethodImpl(HotLoop.Options)]
    public override Vector Evaluate(in RowSet rows)
    {
        EnsureStack();
        Vector vector = operand.Evaluate(rows);
        ReadOnlySpan<bool> values = vector.Values<bool>();
        _result.LimitRoom(rows.End);
        Span<bool> result = _result.Write<bool>();
        if (vector.IsConstant)
        {
            result[0] = !values[0];
            _result.SetValidity(vector.Validity);
            _result.MarkConstant();
            return _result;
        }

        for (int k = 0; k < rows.Count; k++)
        {
            int i = rows.Selection is null ? k : rows.Selection[k];
            result[i] = !values[i];
        }

        _result.SetValidity(vector.Validity);
        return _result;
    }
}

/// <summary>
/// A predicate as a value that is never NULL (IS NULL, IS TRUE, IS DISTINCT FROM): true for the rows that it selects.
/// </summary>
internal sealed class TestNode(PredicateNode predicate, MemoryAccount? account) : ExpressionNode
{
    private readonly Vector _result = new(PhysicalType.Boolean, account);
    private int[]? _selected;

    [MethodImpl(HotLoop.Options)]
    public override Vector Evaluate(in RowSet rows)
    {
        EnsureStack();
        int[] selected = DataChunk.EnsureRoom(ref _selected, rows.Count);
        int count = predicate.Select(rows, selected);
        _result.LimitRoom(rows.End);
        Span<bool> result = _result.Write<bool>();
        if (rows.Selection is null)
        {
            result[..rows.Count].Clear();
        }
        else
        {
            foreach (int i in rows.Selection.AsSpan(0, rows.Count))
            {
                result[i] = false;
            }
        }

        foreach (int i in selected.AsSpan(0, count))
        {
            result[i] = true;
        }

        return _result;
    }
}

/// <summary>A comparison as a value: NULL where a side is.</summary>
internal sealed class ComparisonNode(ComparisonPredicate comparison, MemoryAccount? account) : ExpressionNode
{
    private readonly TestNode _test = new(comparison, account);

    public override Vector Evaluate(in RowSet rows)
    {
        Vector result = _test.Evaluate(rows);
        if (comparison.IsUnknown)
        {
            result.SetConstantNull();
        }
        else
        {
            result.SetValidity(comparison.Validity);
            if (comparison.IsConstant && rows.Count > 0)
            {
                bool value = result.Values<bool>()[rows.Selection is null ? 0 : rows.Selection[0]];
                result.WriteConstant<bool>()[0] = value;
            }
        }

        return result;
    }
}
