using PhantomDb.Errors;
using PhantomDb.Execution.Physical;
using PhantomDb.Expressions;
using PhantomDb.Storage;
using PhantomDb.Types;
using PhantomDb.Vectors;

namespace PhantomDb.Execution.Operators;

/// <summary>
/// Reads a table as the statement sees it. Conditions that compare a column with a constant let the scan skip slices; the
/// whole filter then narrows the selection, and so do keys that joins above have gathered from their other sides.
/// </summary>
internal sealed class ScanSource(PhysicalScan scan, IReadOnlyList<ScanKeys> keys, ExecutionContext context) : PipelineSource
{
    private readonly TableScan _scan = context.Tables[scan.Table.Oid].Scan(
        [.. scan.ColumnNumbers], context.View, ZoneFilters.Derive(scan, context.Evaluation), scan.HasRowId);

    /// <summary>True where what a chunk refers to is done with when the next is asked for (<see cref="SourceWorker.Release"/> is called).</summary>
    public bool HoldsBriefly { get; set; }

    public override SourceWorker CreateWorker(ExecutionContext workerContext)
    {
        ScanPredicate.Note(scan, context);
        return new Worker(scan, keys, _scan.NewWorker(HoldsBriefly), _scan.RowCountMax, workerContext);
    }

    private sealed class Worker : SourceWorker
    {
        private readonly ExecutionContext _context;
        private readonly TableScan.Worker _worker;
        private readonly DataChunk _chunk;
        private readonly PredicateEvaluator? _filter;
        private readonly List<KeyFilterUse> _keyFilters = [];
        private int[]? _selection;
        private readonly bool _isEmpty;

        public Worker(PhysicalScan scan, IReadOnlyList<ScanKeys> keys, TableScan.Worker worker, long rowCountMax, ExecutionContext context)
        {
            _context = context;
            _worker = worker;
            _chunk = new DataChunk([.. scan.Columns.Select(c => c.Type.Physical)], context.Memory);
            _filter = scan.Filter is null ? null : new PredicateEvaluator(scan.Filter, context.Evaluation);
            foreach (ScanKeys key in keys)
            {
                if (key.Source.Filter(rowCountMax, context.Memory) is { } filter)
                {
                    _keyFilters.Add(new KeyFilterUse(filter, key.ScanColumn));
                    _isEmpty |= filter.IsEmpty;
                }
            }
        }

        public override DataChunk? Next()
        {
            while (!_isEmpty && _worker.TryNext(_chunk))
            {
                int[] selection = _filter is null && _keyFilters.Count == 0 ? [] : DataChunk.EnsureRoom(ref _selection, _chunk.Count);
                if (_filter is not null)
                {
                    Narrow(_filter.Select(_chunk, selection), selection);
                }
                for (int i = 0; i < _keyFilters.Count && _chunk.Count > 0; i++)
                {
                    Narrow(_keyFilters[i].Select(_chunk, selection), selection);
                }
                if (_chunk.Count > 0)
                {
                    return _chunk;
                }
                _context.ThrowIfCancelled();
            }
            return null;
        }

        public override void Release() => _worker.Release();

        private void Narrow(int count, int[] selection)
        {
            if (count >= 0 && count < _chunk.Count)
            {
                _chunk.Selection = selection;
                _chunk.Count = count;
            }
        }
    }
}

/// <summary>Conditions of a scan's filter by which whole slices can be skipped.</summary>
internal static class ZoneFilters
{
    public static ZoneFilter[] Derive(PhysicalScan scan, EvaluationContext context)
    {
        List<ZoneFilter> filters = [];
        IEnumerable<Expression> conjuncts = scan.Filter switch
        {
            null => [],
            ConjunctionExpression { Kind: ConjunctionKind.And } and => and.Operands,
            _ => [scan.Filter],
        };
        foreach (Expression conjunct in conjuncts)
        {
            if (conjunct is not ComparisonExpression comparison)
            {
                continue;
            }
            if (comparison.Left is PositionExpression left)
            {
                Add(filters, scan, left, comparison.Kind, comparison.Right, context);
            }
            else if (comparison.Right is PositionExpression right)
            {
                Add(filters, scan, right, Mirror(comparison.Kind), comparison.Left, context);
            }
        }
        return [.. filters];
    }

    private static void Add(
        List<ZoneFilter> filters, PhysicalScan scan, PositionExpression column, ComparisonKind kind, Expression other, EvaluationContext context)
    {
        if (column.Index >= scan.ColumnNumbers.Count || ToZone(kind) is not { } comparison || !IsFixed(other))
        {
            return;
        }
        object? value;
        try
        {
            value = ExpressionEvaluator.EvaluateConstant(other, context);
        }
        catch (PhantomDbException)
        {
            return;   // it fails when a row is tested, if there is one
        }
        if (value is null)
        {
            return;
        }
        var buffer = new RowBuffer(0);
        buffer.SetFrom(0, ExpressionEvaluator.MakeConstant(other.Type, value), 0);
        if (ZoneFilter.TryCreate(scan.ColumnNumbers[column.Index], column.Type, comparison, ref buffer.Raw(0), buffer.BlocksOf(0), out ZoneFilter filter))
        {
            filters.Add(filter);
        }
    }

    /// <summary>True where an expression has one value for the whole execution.</summary>
    public static bool IsFixed(Expression expression) =>
        !ExpressionFacts.Any(expression, part => part is PositionExpression) && !ExpressionFacts.IsVolatile(expression);

    public static ComparisonKind Mirror(ComparisonKind kind) => kind switch
    {
        ComparisonKind.Less => ComparisonKind.Greater,
        ComparisonKind.LessOrEqual => ComparisonKind.GreaterOrEqual,
        ComparisonKind.Greater => ComparisonKind.Less,
        ComparisonKind.GreaterOrEqual => ComparisonKind.LessOrEqual,
        _ => kind,
    };

    private static ZoneComparison? ToZone(ComparisonKind kind) => kind switch
    {
        ComparisonKind.Equal => ZoneComparison.Equal,
        ComparisonKind.Less => ZoneComparison.Less,
        ComparisonKind.LessOrEqual => ZoneComparison.LessOrEqual,
        ComparisonKind.Greater => ZoneComparison.Greater,
        ComparisonKind.GreaterOrEqual => ZoneComparison.GreaterOrEqual,
        _ => null,
    };
}
