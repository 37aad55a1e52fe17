using PhantomDb.Errors;
using PhantomDb.Execution.Physical;
using PhantomDb.Expressions;
using PhantomDb.Functions;
using PhantomDb.Vectors;

namespace PhantomDb.Execution.Operators;

/// <summary>Reads a table that the engine makes up. The table is told what the filter above compares columns with.</summary>
internal sealed class VirtualScanSource(PhysicalVirtualScan scan) : PipelineSource
{
    public override SourceWorker CreateWorker(ExecutionContext context) => new Worker(scan, context);

    private static VirtualFilter FilterOf(PhysicalVirtualScan scan, ExecutionContext context)
    {
        var filter = new VirtualFilter { ReadsBackward = scan.IsBackward };
        IEnumerable<Expression> conjuncts = scan.Filter switch
        {
            null => [],
            ConjunctionExpression { Kind: ConjunctionKind.And } and => and.Operands,
            _ => [scan.Filter],
        };
        foreach (ComparisonExpression comparison in conjuncts.OfType<ComparisonExpression>())
        {
            Add(comparison.Left, comparison.Kind, comparison.Right);
            Add(comparison.Right, ZoneFilters.Mirror(comparison.Kind), comparison.Left);
        }
        return filter;

        void Add(Expression side, ComparisonKind kind, Expression other)
        {
            if (side is not PositionExpression column || !ZoneFilters.IsFixed(other))
            {
                return;
            }
            try
            {
                if (ExpressionEvaluator.EvaluateConstant(other, context.Evaluation) is { } value)
                {
                    filter.Add(scan.Columns[column.Index].Name, kind, value is ByteString text ? text.ToString() : value);
                }
            }
            catch (PhantomDbException)
            {
                // It fails when a row is tested, if there is one.
            }
        }
    }

    private sealed class Worker(PhysicalVirtualScan scan, ExecutionContext context) : SourceWorker
    {
        private readonly TableFunctionRows _rows = (context.VirtualTables ?? throw Error.NotSupported($"table {scan.Name}"))
            .Open(scan.Schema, scan.Name, [.. scan.Columns.Select(c => c.Name)], FilterOf(scan, context), context.Statement);
        private readonly DataChunk _chunk = new([.. scan.Columns.Select(c => c.Type.Physical)], context.Memory);

        public override DataChunk? Next()
        {
            do
            {
                _chunk.Selection = null;
                if (!_rows.Next(_chunk))
                {
                    return null;
                }
            }
            while (_chunk.Count == 0);
            return _chunk;
        }
    }
}
