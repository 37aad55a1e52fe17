using PhantomDb.Expressions;
using PhantomDb.Planning.Logical;
using PhantomDb.Types;
using PhantomDb.Vectors;

namespace PhantomDb.Execution.Operators;

/// <summary>
/// Keeps all rows, then puts them in order; read by <see cref="SortSource"/>. With a limit, rows that cannot be among the
/// first are thrown out whenever many have come together.
/// </summary>
internal sealed class SortSink : PipelineSink
{
    private readonly IReadOnlyList<PhysicalType> _types;     // the input's columns, then the keys that are not among them
    private readonly List<Expression> _computedKeys = [];
    private readonly SortColumn[] _columns;
    private readonly long? _limit;
    private ColumnarBuffer? _rows;

    public SortSink(IReadOnlyList<PhysicalType> inputTypes, IReadOnlyList<SortKey> keys, long? limit)
    {
        InputTypes = inputTypes;
        _limit = limit;
        _columns = new SortColumn[keys.Count];
        for (int i = 0; i < keys.Count; i++)
        {
            int column = inputTypes.Count + _computedKeys.Count;
            if (keys[i].Expression is PositionExpression position)
            {
                column = position.Index;
            }
            else
            {
                _computedKeys.Add(keys[i].Expression);
            }
            _columns[i] = new SortColumn(column, keys[i].IsDescending, keys[i].NullsFirst);
        }
        _types = [.. inputTypes, .. _computedKeys.Select(k => k.Type.Physical)];
    }

    public IReadOnlyList<PhysicalType> InputTypes { get; }

    public ColumnarBuffer Rows => _rows!;

    /// <summary>Numbers of the rows, in order.</summary>
    public int[] Order { get; private set; } = [];

    /// <summary>Rows of <see cref="Order"/> that count.</summary>
    public int Count { get; private set; }

    public override SinkWorker CreateWorker(ExecutionContext context) => new Worker(this, context);

    public override void Combine(SinkWorker worker, ExecutionContext context) =>
        _rows = ColumnarBuffer.Combine(_rows, ((Worker)worker).Rows);

    public override void Complete(ExecutionContext context)
    {
        Order = RowSorter.Sort(Rows, _columns, context);
        Count = (int)Math.Min(Order.Length, _limit ?? long.MaxValue);
    }

    private sealed class Worker : SinkWorker
    {
        private const int TruncateMin = 8 * DataChunk.Capacity;

        private readonly SortSink _sink;
        private readonly ExecutionContext _context;
        private readonly ExpressionEvaluator[] _computed;
        private readonly Vector[] _columns;
        private readonly long _rowsMax;
        private MemoryAccount _account;

        public Worker(SortSink sink, ExecutionContext context)
        {
            _sink = sink;
            _context = context;
            _computed = [.. sink._computedKeys.Select(k => new ExpressionEvaluator(k, context.Evaluation))];
            _columns = new Vector[sink._types.Count];
            _rowsMax = sink._limit is { } limit ? Math.Max(TruncateMin, limit * 2) : long.MaxValue;
            Rows = NewRows(out _account);
        }

        public ColumnarBuffer Rows { get; private set; }

        public override bool IsDone => _sink._limit == 0;

        public override void Consume(DataChunk chunk)
        {
            chunk.Vectors.AsSpan(0, _sink.InputTypes.Count).CopyTo(_columns);
            for (int i = 0; i < _computed.Length; i++)
            {
                _columns[_sink.InputTypes.Count + i] = _computed[i].Evaluate(chunk);
            }
            Rows.Append(_columns, chunk.Selection, chunk.Count);
            if (Rows.Count > _rowsMax)
            {
                Truncate((int)_sink._limit!.Value);
            }
        }

        private void Truncate(int count)
        {
            int[] order = RowSorter.Sort(Rows, _sink._columns, _context);
            // Kept in the order in which they came, so that the sort stays stable.
            order.AsSpan(0, count).Sort();
            ColumnarBuffer before = Rows;
            MemoryAccount accountBefore = _account;
            Rows = NewRows(out _account);
            DataChunk chunk = new(_sink._types);
            for (int start = 0; start < count; start += DataChunk.Capacity)
            {
                ReadOnlySpan<int> rows = order.AsSpan(start, Math.Min(DataChunk.Capacity, count - start));
                for (int i = 0; i < chunk.Vectors.Length; i++)
                {
                    before.Gather(i, rows, null, chunk.Vectors[i]);
                }
                chunk.Count = rows.Length;
                Rows.Append(chunk);
            }
            accountBefore.ReleaseAll();
            _context.Memory.Release((long)order.Length * sizeof(int));
        }

        // An account of their own, so that rows that are thrown out are given back.
        private ColumnarBuffer NewRows(out MemoryAccount account)
        {
            account = new MemoryAccount("sort", long.MaxValue, _context.Memory);
            return new ColumnarBuffer(_sink._types, account);
        }
    }
}

/// <summary>Gives the rows of a <see cref="SortSink"/> in order.</summary>
internal sealed class SortSource(SortSink sink) : PipelineSource
{
    public override SourceWorker CreateWorker(ExecutionContext context) => new Worker(sink, context);

    private sealed class Worker(SortSink sink, ExecutionContext context) : SourceWorker
    {
        private readonly DataChunk _chunk = new(sink.InputTypes, context.Memory);
        private int _next;

        public override DataChunk? Next()
        {
            int count = Math.Min(DataChunk.Capacity, sink.Count - _next);
            if (count == 0)
            {
                return null;
            }
            ReadOnlySpan<int> rows = sink.Order.AsSpan(_next, count);
            _next += count;
            for (int i = 0; i < _chunk.Vectors.Length; i++)
            {
                sink.Rows.Gather(i, rows, null, _chunk.Vectors[i]);
            }
            _chunk.Selection = null;
            _chunk.Count = count;
            return _chunk;
        }
    }
}
