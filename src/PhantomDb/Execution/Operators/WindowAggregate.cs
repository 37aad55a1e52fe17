using PhantomDb.Functions;
using PhantomDb.Types;
using PhantomDb.Vectors;

namespace PhantomDb.Execution.Operators;

/// <summary>
/// An aggregate over window frames. Frames that begin with their partition are computed by going on from row to row; all
/// others anew: long ones from the states of blocks of rows, and blocks of blocks, that lie within them, but in floating point
/// from their rows in order, so that they round as PostgreSQL's do, at the price of the sum of their lengths. A frame equal
/// to the one before shares its value.
/// </summary>
internal sealed class WindowAggregate
{
    private const int BlockSize = 64;

    private readonly WindowCallColumns _call;
    private readonly WindowRows _rows;
    private readonly ExecutionContext _context;
    private readonly BoundAggregate _function;
    private readonly WindowFrames _frames;
    private readonly ColumnarBuffer _arguments;   // in the window's order
    private readonly bool[]? _isTaken;            // by the filter
    private readonly Vector[] _vectors;
    private readonly KernelState _kernelState = new();
    private readonly int[] _selection = new int[DataChunk.Capacity];
    private readonly ColumnarBuffer _values;
    private readonly Vector _value;
    private readonly AggregateState?[]? _blocks;        // states of BlockSize rows each; null where rows must come in order
    private readonly AggregateState?[] _largeBlocks = []; // states of BlockSize blocks each
    private int _block = -1;

    public WindowAggregate(WindowCallColumns call, WindowRows rows, ExecutionContext context)
    {
        _call = call;
        _rows = rows;
        _context = context;
        _function = call.Call.Aggregate!;
        _frames = new WindowFrames(call, rows, context);
        _vectors = [.. call.Arguments.Select(column => new Vector(rows.Kept.Types[column], context.Memory))];
        _arguments = InOrder();
        _isTaken = call.Filter < 0 ? null : FilterInOrder();
        _values = new ColumnarBuffer([_function.ReturnType.Physical], context.Memory);
        _value = new Vector(_function.ReturnType.Physical, context.Memory);
        bool isExact = !_function.IsOrderSensitive && !_frames.IsRunning
            && !_function.ArgumentTypes.Any(type => type.Physical is PhysicalType.Real or PhysicalType.Double);
        if (isExact)
        {
            context.Memory.Charge(_rows.Count / BlockSize * sizeof(long));
            _blocks = new AggregateState[_rows.Count / BlockSize];
            _largeBlocks = new AggregateState[_rows.Count / BlockSize / BlockSize];
        }
    }

    public WindowResult Compute()
    {
        _context.Memory.Charge((long)_rows.Count * sizeof(int));
        int[] index = new int[_rows.Count];
        if (_frames.IsRunning)
        {
            ComputeRunning(index);
        }
        else
        {
            ComputeAnew(index);
        }
        return new WindowResult(_values, 0, index);
    }

    private void ComputeRunning(int[] index)
    {
        var account = new MemoryAccount("window", long.MaxValue, _context.Memory);
        for (int partition = 0; partition < _rows.PartitionStarts.Count - 1; partition++)
        {
            int start = _rows.PartitionStarts[partition];
            int end = _rows.PartitionStarts[partition + 1];
            _frames.BeginPartition(start, end);
            account.ReleaseAll();
            AggregateState state = NewState(account);
            int taken = start;
            for (int place = start; place < end; place++)
            {
                int frameEnd = _frames.Of(place).End;
                if (frameEnd < taken)
                {
                    account.ReleaseAll();   // cannot be for ordered rows; right all the same
                    state = NewState(account);
                    taken = start;
                }
                if (place == start || frameEnd > taken)
                {
                    Take(state, taken, frameEnd);
                    taken = Math.Max(taken, frameEnd);
                    Emit(state);
                }
                index[place] = _values.Count - 1;
            }
        }
        account.ReleaseAll();
    }

    private void ComputeAnew(int[] index)
    {
        var account = new MemoryAccount("window", long.MaxValue, _context.Memory);
        Span<(int Start, int End)> runs = stackalloc (int, int)[3];
        for (int partition = 0; partition < _rows.PartitionStarts.Count - 1; partition++)
        {
            int start = _rows.PartitionStarts[partition];
            int end = _rows.PartitionStarts[partition + 1];
            _frames.BeginPartition(start, end);
            (int Start, int End)? last = null;
            for (int place = start; place < end; place++)
            {
                (int Start, int End) frame = _frames.Of(place);
                if (_frames.Excludes || last != frame)
                {
                    last = frame;
                    account.ReleaseAll();
                    AggregateState state = NewState(account);
                    int runCount = _frames.RunsOf(place, runs);
                    foreach ((int runStart, int runEnd) in runs[..runCount])
                    {
                        TakeRun(state, runStart, runEnd);
                    }
                    Emit(state);
                }
                index[place] = _values.Count - 1;
            }
        }
        account.ReleaseAll();
    }

    private AggregateState NewState(MemoryAccount account)
    {
        AggregateState state = _function.CreateState(account);
        state.EnsureGroups(1);
        return state;
    }

    private void Emit(AggregateState state)
    {
        state.Emit(0, 1, _value);
        _values.Append([_value], null, 1);
    }

    /// <summary>Takes in a run of a frame: rows at its ends, blocks in the middle.</summary>
    private void TakeRun(AggregateState state, int start, int end)
    {
        int firstBlock = (start + BlockSize - 1) / BlockSize;
        int endBlock = end / BlockSize;
        if (_blocks is null || endBlock - firstBlock < 2)
        {
            Take(state, start, end);
            return;
        }
        Take(state, start, firstBlock * BlockSize);
        int block = firstBlock;
        while (block < endBlock)
        {
            bool isLarge = block % BlockSize == 0 && block + BlockSize <= endBlock;
            state.Combine(isLarge ? LargeBlock(block / BlockSize) : Block(block), [0]);
            block += isLarge ? BlockSize : 1;
        }
        Take(state, endBlock * BlockSize, end);
    }

    private AggregateState Block(int block)
    {
        if (_blocks![block] is not { } state)
        {
            state = NewState(_context.Memory);
            Take(state, block * BlockSize, (block + 1) * BlockSize);
            _blocks[block] = state;
        }
        return state;
    }

    private AggregateState LargeBlock(int large)
    {
        if (_largeBlocks[large] is not { } state)
        {
            state = NewState(_context.Memory);
            for (int i = 0; i < BlockSize; i++)
            {
                state.Combine(Block((large * BlockSize) + i), [0]);
            }
            _largeBlocks[large] = state;
        }
        return state;
    }

    /// <summary>Takes in the rows at some places, chunk by chunk.</summary>
    private void Take(AggregateState state, int start, int end)
    {
        while (start < end)
        {
            int block = start / DataChunk.Capacity;
            int blockStart = block * DataChunk.Capacity;
            int stop = Math.Min(end, blockStart + DataChunk.Capacity);
            if (block != _block)
            {
                _context.ThrowIfCancelled();
                _block = block;
                for (int i = 0; i < _vectors.Length; i++)
                {
                    _arguments.Column(i).Reference(block, _vectors[i]);
                }
            }
            int count = 0;
            for (int place = start; place < stop; place++)
            {
                if (_isTaken is null || _isTaken[place])
                {
                    _selection[count++] = place - blockStart;
                }
            }
            if (count > 0)
            {
                Take(state, count);
            }
            start = stop;
        }
    }

    private void Take(AggregateState state, int count)
    {
        var arguments = new KernelArguments
        {
            Vectors = _vectors,
            Selection = _selection.AsSpan(0, count),
            HasSelection = true,
            Count = count,
            Statement = _context.Statement,
            State = _kernelState,
        };
        state.Update(in arguments, groups: null);
    }

    private ColumnarBuffer InOrder()
    {
        var ordered = new ColumnarBuffer([.. _call.Arguments.Select(column => _rows.Kept.Types[column])], _context.Memory);
        for (int first = 0; first < _rows.Count && _vectors.Length > 0; first += DataChunk.Capacity)
        {
            _context.ThrowIfCancelled();
            ReadOnlySpan<int> places = _rows.Order.AsSpan(first, Math.Min(DataChunk.Capacity, _rows.Count - first));
            for (int i = 0; i < _vectors.Length; i++)
            {
                _rows.Kept.Gather(_call.Arguments[i], places, null, _vectors[i]);
            }
            ordered.Append(_vectors, null, places.Length);
        }
        return ordered;
    }

    private bool[] FilterInOrder()
    {
        _context.Memory.Charge(_rows.Count);
        BufferColumn<bool> filter = _rows.Kept.Column<bool>(_call.Filter);
        bool[] isTaken = new bool[_rows.Count];
        for (int place = 0; place < isTaken.Length; place++)
        {
            isTaken[place] = filter.IsValid(_rows.Order[place]) && filter.At(_rows.Order[place]);
        }
        return isTaken;
    }
}
