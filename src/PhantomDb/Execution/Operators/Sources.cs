using PhantomDb.Execution.Physical;
using PhantomDb.Expressions;
using PhantomDb.Functions;
using PhantomDb.Types;
using PhantomDb.Vectors;

namespace PhantomDb.Execution.Operators;

/// <summary>Rows of expressions without columns.</summary>
internal sealed class ValuesSource(PhysicalValues values) : PipelineSource
{
    public override SourceWorker CreateWorker(ExecutionContext context) => new Worker(values, context);

    private sealed class Worker(PhysicalValues values, ExecutionContext context) : SourceWorker
    {
        private readonly DataChunk _chunk = new([.. values.Columns.Select(c => c.Type.Physical)], context.Memory);
        private int _next;

        public override DataChunk? Next()
        {
            int count = Math.Min(DataChunk.Capacity, values.Rows.Count - _next);
            if (count == 0)
            {
                return null;
            }
            for (int column = 0; column < _chunk.Vectors.Length; column++)
            {
                Vector target = _chunk.Vectors[column];
                target.LimitRoom(count);
                target.BeginWrite();
                for (int row = 0; row < count; row++)
                {
                    VectorCopy.WriteBoxed(target, row, ExpressionEvaluator.EvaluateConstant(values.Rows[_next + row][column], context.Evaluation));
                }
                if (target.DeclaredType == PhysicalType.String)
                {
                    target.SealStrings();
                }
            }
            _next += count;
            _chunk.Selection = null;
            _chunk.Count = count;
            return _chunk;
        }
    }
}

/// <summary>Several inputs, one after the other.</summary>
internal sealed class UnionSource(IReadOnlyList<(PipelineSource Source, IReadOnlyList<StreamingOperator> Operators)> inputs) : PipelineSource
{
    public override SourceWorker CreateWorker(ExecutionContext context) => new Worker(inputs, context);

    private sealed class Worker(
        IReadOnlyList<(PipelineSource Source, IReadOnlyList<StreamingOperator> Operators)> inputs, ExecutionContext context) : SourceWorker
    {
        private ChunkStream? _stream;
        private int _next;

        public override DataChunk? Next()
        {
            while (true)
            {
                if (_stream?.Next() is { } chunk)
                {
                    return chunk;
                }
                if (_next == inputs.Count)
                {
                    return null;
                }
                _stream = new ChunkStream(inputs[_next].Source, inputs[_next].Operators, context);
                _next++;
            }
        }
    }
}

/// <summary>Rows of a table function, opened with the values that its arguments have when the query begins.</summary>
internal sealed class TableFunctionSource(PhysicalTableFunction function) : PipelineSource
{
    public override SourceWorker CreateWorker(ExecutionContext context) => new Worker(function, context);

    private sealed class Worker : SourceWorker
    {
        private readonly TableFunctionRows _rows;
        private readonly DataChunk _functionChunk;
        private readonly DataChunk _output;
        private readonly Vector? _ordinality;
        private long _ordinal;

        public Worker(PhysicalTableFunction function, ExecutionContext context)
        {
            Vector[] arguments = [.. function.Arguments.Select(a =>
                ExpressionEvaluator.MakeConstant(a.Type, ExpressionEvaluator.EvaluateConstant(a, context.Evaluation)))];
            _rows = function.Function.Open(arguments, context.Statement);
            PhysicalType[] types = [.. function.Function.Columns.Select(c => c.Type.Physical)];
            _functionChunk = new DataChunk(types, context.Memory);
            _output = _functionChunk;
            if (function.HasOrdinality)
            {
                _output = new DataChunk([.. types, PhysicalType.Int64], context.Memory);
                _ordinality = _output.Vectors[^1];
            }
        }

        public override DataChunk? Next()
        {
            do
            {
                _functionChunk.Selection = null;
                if (!_rows.Next(_functionChunk))
                {
                    return null;
                }
            }
            while (_functionChunk.Count == 0);
            if (_ordinality is not null)
            {
                Span<long> ordinals = _ordinality.Write<long>();
                for (int i = 0; i < _functionChunk.Count; i++)
                {
                    ordinals[i] = ++_ordinal;
                }
                _functionChunk.Vectors.CopyTo(_output.Vectors, 0);
                _output.Selection = null;
                _output.Count = _functionChunk.Count;
            }
            return _output;
        }
    }
}
