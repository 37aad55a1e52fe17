using PhantomDb.Execution.Physical;
using PhantomDb.Expressions;
using PhantomDb.Types;
using PhantomDb.Vectors;

namespace PhantomDb.Execution.Operators;

/// <summary>
/// Tells FALSE from unknown for a mark join whose condition has several parts, where NULL keys are about: a left row
/// without partner is unknown if some right row makes no part of the condition false. Looks at the right rows one by one,
/// which only such rows pay for.
/// </summary>
internal sealed class MarkResolver
{
    private readonly HashJoinBuild _build;
    private readonly ExpressionEvaluator? _residual;
    private readonly int[] _candidates;
    private readonly DataChunk _pairs;
    private readonly PhysicalHashJoin _join;
    private readonly ExecutionContext _context;

    public MarkResolver(PhysicalHashJoin join, HashJoinBuild build, ExecutionContext context)
    {
        _join = join;
        _build = build;
        _context = context;
        _candidates = new int[Math.Min(DataChunk.Capacity, build.Table.Rows.Count)];
        _residual = join.Residual is null ? null : new ExpressionEvaluator(join.Residual, context.Evaluation);
        PhysicalType[] types =
        [
            .. join.LeftOutputs.Select(i => join.Left.Columns[i].Type.Physical),
            .. join.RightOutputs.Select(i => join.Right.Columns[i].Type.Physical),
        ];
        _pairs = new DataChunk(types, context.Memory);
    }

    public bool IsUnknown(DataChunk input, Vector[] keys, int position, bool hasNullKey)
    {
        _context.ThrowIfCancelled();
        ColumnarBuffer rows = _build.Table.Rows;
        int count = 0;
        for (int row = 0; row < rows.Count; row++)
        {
            if (!CouldBeEqual(rows, row, keys, position, needsNull: !hasNullKey))
            {
                continue;
            }
            if (_residual is null)
            {
                return true;
            }
            _candidates[count++] = row;
            if (count == _candidates.Length)
            {
                if (SomeIsNotFalse(input, position, count))
                {
                    return true;
                }
                count = 0;
            }
        }
        return count > 0 && SomeIsNotFalse(input, position, count);
    }

    // No key pair is unequal; where the left row has no NULL key, the right one must.
    private static bool CouldBeEqual(ColumnarBuffer rows, int row, Vector[] keys, int position, bool needsNull)
    {
        bool hasNull = false;
        for (int i = 0; i < keys.Length; i++)
        {
            bool isValid = rows.Column(i).IsValid(row);
            hasNull |= !isValid;
            if (isValid && keys[i].IsValid(position) && !BufferComparer.Equal(rows.Column(i), row, keys[i], keys[i].PositionOf(position)))
            {
                return false;
            }
        }
        return hasNull || !needsNull;
    }

    private bool SomeIsNotFalse(DataChunk input, int position, int count)
    {
        int leftCount = _join.LeftOutputs.Count;
        for (int i = 0; i < leftCount; i++)
        {
            VectorCopy.SetConstant(input.Vectors[_join.LeftOutputs[i]], position, _pairs.Vectors[i]);
        }
        for (int i = 0; i < _build.StoredOutputs.Length; i++)
        {
            _build.Table.Rows.Gather(_build.StoredOutputs[i], _candidates.AsSpan(0, count), null, _pairs.Vectors[leftCount + i]);
        }
        _pairs.Count = count;
        Vector value = _residual!.Evaluate(_pairs);
        for (int i = 0; i < count; i++)
        {
            if (!value.IsValid(i) || value.Values<bool>()[value.PositionOf(i)])
            {
                return true;
            }
        }
        return false;
    }
}
