using System.Runtime.CompilerServices;
using PhantomDb.Types;
using PhantomDb.Vectors;

namespace PhantomDb.Expressions.Evaluation;

/// <summary>CASE: each condition is computed for the rows still open, each result for the rows that it is for.</summary>
internal sealed class CaseNode : ExpressionNode
{
    private readonly PredicateNode[] _conditions;
    private readonly ExpressionNode[] _results;
    private readonly ResultAssembler _assembler;
    private readonly int[]?[] _selections;

    /// <summary>The last result is ELSE.</summary>
    public CaseNode(PredicateNode[] conditions, ExpressionNode[] results, PhysicalType type, MemoryAccount? account)
    {
        _conditions = conditions;
        _results = results;
        _assembler = new ResultAssembler(type, account);
        _selections = new int[results.Length][];
    }

    [MethodImpl(HotLoop.Options)]
    public override Vector Evaluate(in RowSet rows)
    {
        EnsureStack();
        _assembler.Begin(rows.End);
        // The rows still open stand in the selection of the last branch.
        int[] open = Selection(_results.Length - 1, rows.Count);
        int openCount = Selections.All(rows, open);
        for (int branch = 0; branch < _conditions.Length && openCount > 0; branch++)
        {
            int[] chosen = Selection(branch, rows.Count);
            var openRows = rows.With(open, openCount);
            int count = _conditions[branch].Select(openRows, chosen);
            if (count == 0)
            {
                continue;
            }

            openCount = Selections.Except(openRows, chosen, count, open);
            Vector result = _results[branch].Evaluate(rows.With(chosen, count));
            if (count == rows.Count)
            {
                return result;
            }

            _assembler.Add(result, chosen, count);
        }

        if (openCount > 0)
        {
            Vector result = _results[^1].Evaluate(rows.With(open, openCount));
            if (openCount == rows.Count)
            {
                return result;
            }

            _assembler.Add(result, open, openCount);
        }

        return _assembler.Assemble();
    }

    private int[] Selection(int branch, int count) => DataChunk.EnsureRoom(ref _selections[branch], count);
}

/// <summary>COALESCE: each operand is computed for the rows where those before it are NULL.</summary>
internal sealed class CoalesceNode : ExpressionNode
{
    private readonly ExpressionNode[] _operands;
    private readonly ResultAssembler _assembler;
    private readonly int[]?[] _selections;
    private int[]? _open;

    public CoalesceNode(ExpressionNode[] operands, PhysicalType type, MemoryAccount? account)
    {
        _operands = operands;
        _assembler = new ResultAssembler(type, account);
        _selections = new int[operands.Length][];
    }

    [MethodImpl(HotLoop.Options)]
    public override Vector Evaluate(in RowSet rows)
    {
        EnsureStack();
        _assembler.Begin(rows.End);
        int[] open = DataChunk.EnsureRoom(ref _open, rows.Count);
        int openCount = Selections.All(rows, open);
        for (int operand = 0; operand < _operands.Length; operand++)
        {
            Vector vector = operand == 0 ? _operands[0].Evaluate(rows) : _operands[operand].Evaluate(rows.With(open, openCount));
            int[] chosen = DataChunk.EnsureRoom(ref _selections[operand], rows.Count);
            int count = 0;
            int remaining = 0;
            bool isLast = operand == _operands.Length - 1;
            foreach (int i in open.AsSpan(0, openCount))
            {
                if (isLast || vector.IsValid(i))
                {
                    chosen[count++] = i;
                }
                else
                {
                    open[remaining++] = i;
                }
            }

            openCount = remaining;
            if (count == rows.Count)
            {
                return vector;
            }

            if (count > 0)
            {
                _assembler.Add(vector, chosen, count);
            }

            if (openCount == 0)
            {
                break;
            }
        }

        return _assembler.Assemble();
    }
}
