using PhantomDb.Types;
using PhantomDb.Vectors;

namespace PhantomDb.Execution.Operators;

/// <summary>Keeps all rows: the right side of a nested-loop join, a common table expression.</summary>
internal sealed class BufferSink(IReadOnlyList<PhysicalType> types) : PipelineSink
{
    private ColumnarBuffer? _rows;

    /// <summary>All rows, once the pipeline has run.</summary>
    public ColumnarBuffer Rows => _rows!;

    public override SinkWorker CreateWorker(ExecutionContext context) => new Worker(types, context);

    public override void Combine(SinkWorker worker, ExecutionContext context) =>
        _rows = ColumnarBuffer.Combine(_rows, ((Worker)worker).Rows);

    public override void Complete(ExecutionContext context)
    {
    }

    private sealed class Worker(IReadOnlyList<PhysicalType> types, ExecutionContext context) : SinkWorker
    {
        public ColumnarBuffer Rows { get; } = new(types, context.Memory);

        public override void Consume(DataChunk chunk) => Rows.Append(chunk);
    }
}

/// <summary>Reads kept rows without copying them.</summary>
internal sealed class BufferSource(Func<ColumnarBuffer> rows) : PipelineSource
{
    public override SourceWorker CreateWorker(ExecutionContext context) => new Worker(rows());

    private sealed class Worker(ColumnarBuffer rows) : SourceWorker
    {
        private readonly DataChunk _chunk = new(rows.Types);
        private int _block;

        public override DataChunk? Next()
        {
            if (_block == rows.BlockCount)
            {
                return null;
            }
            rows.Read(_block++, _chunk);
            return _chunk;
        }
    }
}
