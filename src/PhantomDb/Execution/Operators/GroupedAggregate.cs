using PhantomDb.Execution.Physical;
using PhantomDb.Functions;
using PhantomDb.Planning.Logical;
using PhantomDb.Types;
using PhantomDb.Vectors;

namespace PhantomDb.Execution.Operators;

/// <summary>
/// One aggregate of one grouping set. Plain aggregates take rows in as they come. DISTINCT lets the first of equal rows of
/// a group through. Where the order matters, rows are kept, sorted by group and key at the end, and then taken in.
/// </summary>
internal sealed class GroupedAggregate
{
    private readonly PhysicalAggregateCall _call;
    private readonly ExecutionContext _context;
    private readonly AggregateState _state;
    private readonly KernelState _kernelState = new();
    private readonly GroupTable? _distinct;   // over the group's number and the arguments
    private readonly Vector[] _distinctKeys = [];
    private readonly Vector _groupNumbers = new(PhysicalType.Int32);
    private int[]? _selection;
    private int[]? _distinctNumbers;
    private readonly ColumnarBuffer? _kept;   // group number, arguments, sort keys
    private readonly Vector[] _keptColumns = [];

    public GroupedAggregate(PhysicalAggregateCall call, ExecutionContext context)
    {
        _call = call;
        _context = context;
        _state = call.Function.CreateState(context.Memory);
        PhysicalType[] argumentTypes = [.. call.Arguments.Select(a => a.Type.Physical)];
        if (IsDistinct(call))
        {
            _distinct = new GroupTable([PhysicalType.Int32, .. argumentTypes], context.Memory);
            _distinctKeys = new Vector[argumentTypes.Length + 1];
        }
        if (IsOrdered(call))
        {
            PhysicalType[] types = [PhysicalType.Int32, .. argumentTypes, .. call.OrderBy.Select(key => key.Expression.Type.Physical)];
            _kept = new ColumnarBuffer(types, context.Memory);
            _keptColumns = new Vector[types.Length];
        }
    }

    /// <summary>Rows are compared or kept first, so that their numerics must not be narrow.</summary>
    public static bool IsKept(PhysicalAggregateCall call) => IsDistinct(call) || IsOrdered(call);

    /// <summary>Rows are taken in by a given order: by ORDER BY, or by the arguments where DISTINCT would leave it open.</summary>
    public static bool IsOrdered(PhysicalAggregateCall call) =>
        call.Function.IsOrderSensitive && (call.OrderBy.Count > 0 || call.IsDistinct);

    public void EnsureGroups(int count) => _state.EnsureGroups(count);

    /// <summary>Takes rows in; the group's number stands at each position, or all are of group 0 where there is none.</summary>
    public void Update(in ArgumentRows rows, int[]? groups)
    {
        if (rows.Count == 0)
        {
            return;
        }
        ArgumentRows wanted = rows;
        if (_distinct is not null)
        {
            wanted = FirstOfEqual(rows, groups);
        }
        if (_kept is not null)
        {
            Keep(wanted, groups);
        }
        else if (wanted.Count > 0)
        {
            Take(wanted, groups);
        }
    }

    /// <summary>Whether rows can be given group by group.</summary>
    public bool TakesGroups => _state.TakesGroups && _distinct is null && _kept is null;

    /// <summary>Takes rows in that all belong to one group. Only where <see cref="TakesGroups"/>.</summary>
    public void UpdateGroup(Vector[] vectors, ReadOnlySpan<int> positions, int group) => _state.UpdateGroup(
        new KernelArguments
        {
            Vectors = vectors,
            Selection = positions,
            HasSelection = true,
            Count = positions.Length,
            Statement = _context.Statement,
            State = _kernelState,
        },
        group);

    public void Combine(GroupedAggregate other, ReadOnlySpan<int> groupMap)
    {
        if (_distinct is null && _kept is null)
        {
            _state.Combine(other._state, groupMap);
            return;
        }
        // Rows that the other has let through are looked at again under their groups' new numbers.
        ColumnarBuffer rows = other._kept ?? other._distinct!.Keys;
        DataChunk chunk = new(rows.Types);
        int[] groups = new int[DataChunk.Capacity];
        for (int block = 0; block < rows.BlockCount; block++)
        {
            rows.Read(block, chunk);
            ReadOnlySpan<int> numbers = chunk.Vectors[0].Values<int>();
            for (int i = 0; i < chunk.Count; i++)
            {
                groups[i] = groupMap[numbers[i]];
            }
            Update(new ArgumentRows(chunk.Vectors[1..], null, chunk.Count), groups);
        }
    }

    /// <summary>Takes in the rows that were kept for their order.</summary>
    public void Complete(ExecutionContext context)
    {
        if (_kept is null || _kept.Count == 0)
        {
            return;
        }
        int argumentCount = _call.Arguments.Count;
        List<SortColumn> order = [new SortColumn(0, false, false)];
        for (int i = 0; i < _call.OrderBy.Count; i++)
        {
            order.Add(new SortColumn(1 + argumentCount + i, _call.OrderBy[i].IsDescending, _call.OrderBy[i].NullsFirst));
        }
        if (_call.OrderBy.Count == 0)
        {
            for (int i = 0; i < argumentCount; i++)
            {
                order.Add(new SortColumn(1 + i, false, false));
            }
        }
        int[] sorted = RowSorter.Sort(_kept, order, context);
        int[] groups = new int[DataChunk.Capacity];
        Vector numbers = new(PhysicalType.Int32);
        Vector[] arguments = [.. _call.Arguments.Select(a => new Vector(a.Type.Physical, context.Memory))];
        for (int start = 0; start < sorted.Length; start += DataChunk.Capacity)
        {
            context.ThrowIfCancelled();
            ReadOnlySpan<int> rows = sorted.AsSpan(start, Math.Min(DataChunk.Capacity, sorted.Length - start));
            _kept.Gather(0, rows, null, numbers);
            numbers.Values<int>()[..rows.Length].CopyTo(groups);
            for (int i = 0; i < arguments.Length; i++)
            {
                _kept.Gather(1 + i, rows, null, arguments[i]);
            }
            Take(new ArgumentRows(arguments, null, rows.Length), groups);
        }
    }

    public void Emit(int first, int count, Vector result) => _state.Emit(first, count, result);

    private static bool IsDistinct(PhysicalAggregateCall call) => call.IsDistinct && !call.Function.IgnoresDistinct;

    private void Take(in ArgumentRows rows, int[]? groups)
    {
        var arguments = new KernelArguments
        {
            Vectors = rows.Vectors.AsSpan(0, _call.Arguments.Count),
            Selection = rows.Selection is null ? default : rows.Selection.AsSpan(0, rows.Count),
            HasSelection = rows.Selection is not null,
            Count = rows.Count,
            Statement = _context.Statement,
            State = _kernelState,
        };
        _state.Update(in arguments, groups);
    }

    private ArgumentRows FirstOfEqual(in ArgumentRows rows, int[]? groups)
    {
        _distinctKeys[0] = GroupNumbers(groups);
        rows.Vectors.AsSpan(0, _distinctKeys.Length - 1).CopyTo(_distinctKeys.AsSpan(1));
        _distinct!.FindOrAdd(_distinctKeys, rows.Selection, rows.Count, DataChunk.EnsureRoom(ref _distinctNumbers, DataChunk.EndOf(rows.Selection, rows.Count)));
        _distinct.NewPositions.CopyTo(DataChunk.EnsureRoom(ref _selection, _distinct.NewCount));
        return new ArgumentRows(rows.Vectors, _selection, _distinct.NewCount);
    }

    private void Keep(in ArgumentRows rows, int[]? groups)
    {
        _keptColumns[0] = GroupNumbers(groups);
        rows.Vectors.AsSpan(0, _keptColumns.Length - 1).CopyTo(_keptColumns.AsSpan(1));
        _kept!.Append(_keptColumns, rows.Selection, rows.Count);
    }

    private Vector GroupNumbers(int[]? groups)
    {
        if (groups is null)
        {
            _groupNumbers.WriteConstant<int>()[0] = 0;
        }
        else
        {
            _groupNumbers.Reference(groups, null);
        }
        return _groupNumbers;
    }
}
