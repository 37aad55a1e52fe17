using PhantomDb.Execution.Physical;
using PhantomDb.Expressions;
using PhantomDb.Planning.Logical;
using PhantomDb.Types;
using PhantomDb.Vectors;

namespace PhantomDb.Execution.Operators;

/// <summary>
/// Keeps all rows, puts them in order by partition and window order, and computes the window calls over them; read by
/// <see cref="WindowSource"/>. Nothing is given before the last row has come.
/// </summary>
internal sealed class WindowSink : PipelineSink
{
    private readonly PhysicalWindow _window;
    private readonly int _inputCount;
    private readonly List<Expression> _computed = [];   // keys, arguments, filters, limits: columns behind the input's
    private readonly List<PhysicalType> _types;
    private readonly SortColumn[] _partition;
    private readonly SortColumn[] _order;
    private readonly WindowCallColumns[] _calls;
    private ColumnarBuffer? _rows;

    public WindowSink(PhysicalWindow window)
    {
        _window = window;
        _types = [.. window.Input.Columns.Select(c => c.Type.Physical)];
        _inputCount = _types.Count;
        _partition = [.. window.PartitionBy.Select(e => new SortColumn(ColumnOf(e), false, false))];
        _order = [.. window.OrderBy.Select(k => new SortColumn(ColumnOf(k.Expression), k.IsDescending, k.NullsFirst))];
        _calls = [.. window.Calls.Select(call => new WindowCallColumns(
            call, [.. call.Arguments.Select(ColumnOf)], call.Filter is null ? -1 : ColumnOf(call.Filter),
            BoundOf(call.Frame.Start), BoundOf(call.Frame.End)))];
    }

    public PhysicalWindow Window => _window;

    /// <summary>The rows in order, once the pipeline has run.</summary>
    public WindowRows? Rows { get; private set; }

    /// <summary>One for each call, once the pipeline has run.</summary>
    public WindowResult[] Results { get; private set; } = [];

    public override SinkWorker CreateWorker(ExecutionContext context) => new Worker(this, context);

    public override void Combine(SinkWorker worker, ExecutionContext context)
    {
        if (_rows is null)
        {
            _rows = ((Worker)worker).Rows;
        }
        else
        {
            _rows.Append(((Worker)worker).Rows);
        }
    }

    public override void Complete(ExecutionContext context)
    {
        Rows = new WindowRows(_rows!, _partition, _order, context);
        Results = [.. _calls.Select(call => WindowComputation.Compute(call, Rows, context))];
    }

    private RangeColumns? BoundOf(WindowFrameBound bound) => bound.Key is null ? null : new RangeColumns(ColumnOf(bound.Key), ColumnOf(bound.Limit!));

    private int ColumnOf(Expression expression)
    {
        if (expression is PositionExpression position)
        {
            return position.Index;
        }
        int index = _computed.IndexOf(expression);
        if (index < 0)
        {
            index = _computed.Count;
            _computed.Add(expression);
            _types.Add(expression.Type.Physical);
        }
        return _inputCount + index;
    }

    private sealed class Worker : SinkWorker
    {
        private readonly int _inputCount;
        private readonly ExpressionEvaluator[] _computed;
        private readonly Vector[] _columns;

        public Worker(WindowSink sink, ExecutionContext context)
        {
            _inputCount = sink._inputCount;
            _computed = [.. sink._computed.Select(e => new ExpressionEvaluator(e, context.Evaluation))];
            _columns = new Vector[sink._types.Count];
            Rows = new ColumnarBuffer([.. sink._types], context.Memory);
        }

        public ColumnarBuffer Rows { get; }

        public override void Consume(DataChunk chunk)
        {
            chunk.Vectors.AsSpan(0, _inputCount).CopyTo(_columns);
            for (int i = 0; i < _computed.Length; i++)
            {
                _columns[_inputCount + i] = _computed[i].Evaluate(chunk);
            }
            Rows.Append(_columns, chunk.Selection, chunk.Count);
        }
    }
}

/// <summary>A window call and the columns of the kept rows that it reads; -1 for no filter.</summary>
internal sealed record WindowCallColumns(WindowCall Call, int[] Arguments, int Filter, RangeColumns? Start, RangeColumns? End);

/// <summary>The columns of a RANGE bound: the order key, and the value up to which keys belong to a row's frame.</summary>
internal sealed record RangeColumns(int Key, int Limit);

/// <summary>Values of a call: row Index[i] of a column for the row at place i of the order, row i itself without an index; -1 is NULL.</summary>
internal sealed record WindowResult(ColumnarBuffer Values, int Column, int[]? Index);

/// <summary>Gives the rows of a <see cref="WindowSink"/> in order, with the calls' values.</summary>
internal sealed class WindowSource(WindowSink sink) : PipelineSource
{
    public override SourceWorker CreateWorker(ExecutionContext context) => new Worker(sink, context);

    private sealed class Worker(WindowSink sink, ExecutionContext context) : SourceWorker
    {
        private readonly DataChunk _chunk = new([.. sink.Window.Columns.Select(c => c.Type.Physical)], context.Memory);
        private int _next;

        public override DataChunk? Next()
        {
            WindowRows rows = sink.Rows!;
            int first = _next;
            int count = Math.Min(DataChunk.Capacity, rows.Count - first);
            if (count == 0)
            {
                return null;
            }
            _next += count;
            ReadOnlySpan<int> order = rows.Order.AsSpan(first, count);
            int inputCount = sink.Window.Input.Columns.Count;
            for (int i = 0; i < inputCount; i++)
            {
                rows.Kept.Gather(i, order, null, _chunk.Vectors[i]);
            }
            for (int i = 0; i < sink.Results.Length; i++)
            {
                WindowResult result = sink.Results[i];
                Vector target = _chunk.Vectors[inputCount + i];
                if (result.Index is null)
                {
                    result.Values.Column(result.Column).Reference(first / DataChunk.Capacity, target);
                }
                else
                {
                    result.Values.Gather(result.Column, result.Index.AsSpan(first, count), null, target);
                }
            }
            _chunk.Selection = null;
            _chunk.Count = count;
            return _chunk;
        }
    }
}
