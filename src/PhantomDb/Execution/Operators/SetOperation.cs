using PhantomDb.Planning.Logical;
using PhantomDb.Types;
using PhantomDb.Vectors;

namespace PhantomDb.Execution.Operators;

/// <summary>The right side of INTERSECT and EXCEPT: its distinct rows, and how often each stands there.</summary>
internal sealed class SetOperationSink(IReadOnlyList<PhysicalType> types) : PipelineSink
{
    private Worker? _result;

    public GroupTable Groups => _result!.Groups;

    /// <summary>Rows by group.</summary>
    public int[] Counts => _result!.Counts;

    public override SinkWorker CreateWorker(ExecutionContext context) => new Worker(types, context);

    public override void Combine(SinkWorker worker, ExecutionContext context)
    {
        var other = (Worker)worker;
        if (_result is null)
        {
            _result = other;
            return;
        }
        DataChunk chunk = new(types);
        for (int block = 0; block < other.Groups.Keys.BlockCount; block++)
        {
            other.Groups.Keys.Read(block, chunk);
            _result.Add(chunk, other.Counts.AsSpan(block * DataChunk.Capacity));
        }
    }

    public override void Complete(ExecutionContext context)
    {
    }

    private sealed class Worker(IReadOnlyList<PhysicalType> types, ExecutionContext context) : SinkWorker
    {
        private int[]? _numbers;

        public GroupTable Groups { get; } = new(types, context.Memory);

        public int[] Counts { get; private set; } = [];

        public override void Consume(DataChunk chunk) => Add(chunk, []);

        public void Add(DataChunk chunk, ReadOnlySpan<int> multiplicities)
        {
            int[] numbers = DataChunk.EnsureRoom(ref _numbers, chunk.End);
            Groups.FindOrAdd(chunk.Vectors.AsSpan(0, types.Count), chunk.Selection, chunk.Count, numbers);
            if (Groups.Count > Counts.Length)
            {
                int size = Math.Max(Groups.Count, Counts.Length * 2);
                context.Memory.Charge((long)(size - Counts.Length) * sizeof(int));
                int[] counts = Counts;
                Array.Resize(ref counts, size);
                Counts = counts;
            }
            for (int i = 0; i < chunk.Count; i++)
            {
                Counts[numbers[chunk.Position(i)]] += multiplicities.IsEmpty ? 1 : multiplicities[i];
            }
        }
    }
}

/// <summary>
/// The left side of INTERSECT and EXCEPT, narrowed row by row. With ALL each right row takes or admits one left row;
/// without, each distinct left row comes at most once.
/// </summary>
internal sealed class SetOperationOperator(SetOperationKind kind, bool isAll, SetOperationSink right, int columnCount) : StreamingOperator
{
    public override OperatorWorker CreateWorker(ExecutionContext context) => new Worker(kind, isAll, right, columnCount);

    private sealed class Worker(SetOperationKind kind, bool isAll, SetOperationSink right, int columnCount) : OneToOneWorker
    {
        private int[]? _numbers;
        private int[]? _selection;

        public override bool IsDone => kind == SetOperationKind.Intersect && right.Groups.Count == 0;

        protected override DataChunk? Answer(DataChunk input)
        {
            ReadOnlySpan<Vector> keys = input.Vectors.AsSpan(0, columnCount);
            int[] numbers = DataChunk.EnsureRoom(ref _numbers, input.End);
            int[] selection = DataChunk.EnsureRoom(ref _selection, input.Count);
            int count;
            if (kind == SetOperationKind.Except && !isAll)
            {
                // What is not among the right rows, nor has come before, is new to the table.
                right.Groups.FindOrAdd(keys, input.Selection, input.Count, numbers);
                count = right.Groups.NewCount;
                right.Groups.NewPositions.CopyTo(selection);
            }
            else
            {
                right.Groups.FindOnly(keys, input.Selection, input.Count, numbers);
                count = Select(input, numbers, selection);
            }
            input.Selection = selection;
            input.Count = count;
            return count == 0 ? null : input;
        }

        private int Select(DataChunk input, int[] numbers, int[] selection)
        {
            int count = 0;
            for (int i = 0; i < input.Count; i++)
            {
                int position = input.Position(i);
                int group = numbers[position];
                bool isFound = group >= 0 && right.Counts[group] > 0;
                if (isFound)
                {
                    right.Counts[group] = isAll ? right.Counts[group] - 1 : 0;
                }
                selection[count] = position;
                count += isFound == (kind == SetOperationKind.Intersect) ? 1 : 0;
            }
            return count;
        }
    }
}
