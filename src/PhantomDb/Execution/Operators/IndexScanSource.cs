using System.Diagnostics;
using PhantomDb.Execution.Physical;
using PhantomDb.Expressions;
using PhantomDb.Storage;
using PhantomDb.Storage.Indexes;
using PhantomDb.Types;
using PhantomDb.Vectors;

namespace PhantomDb.Execution.Operators;

/// <summary>Reads the rows of an index's key range, in key order, one by one into chunks, and tests what the range leaves open of the filter.</summary>
internal sealed class IndexScanSource(PhysicalIndexScan scan) : PipelineSource
{
    public override SourceWorker CreateWorker(ExecutionContext context) => new Worker(scan, context);

    private sealed class Worker : SourceWorker
    {
        private readonly PhysicalScan _scan;
        private readonly ExecutionContext _context;
        private readonly IndexRangeScan _rows;
        private readonly PredicateEvaluator? _filter;
        private readonly DataChunk _chunk;
        private readonly int[] _selection = new int[DataChunk.Capacity];
        private bool _isAtEnd;

        public Worker(PhysicalIndexScan scan, ExecutionContext context)
        {
            _scan = scan.Scan;
            _context = context;
            ScanPredicate.Note(_scan, context);
            TableStore table = context.Tables[_scan.Table.Oid];
            TableIndex index = table.FindIndex(scan.Index.Oid) ?? throw new UnreachableException($"index {scan.Index.Name} is gone");
            _rows = new IndexRangeScan(table, index, [.. _scan.ColumnNumbers]);
            _filter = scan.Residual is null ? null : new PredicateEvaluator(scan.Residual, context.Evaluation);
            _chunk = new DataChunk([.. _scan.Columns.Select(c => c.Type.Physical)], context.Memory);
            _isAtEnd = !TrySeek(scan, index);
        }

        public override DataChunk? Next()
        {
            while (!_isAtEnd)
            {
                _context.ThrowIfCancelled();
                Fill();
                if (_chunk.Count == 0)
                {
                    return null;
                }
                if (_filter is null)
                {
                    return _chunk;
                }
                int count = _filter.Select(_chunk, _selection);
                if (count > 0)
                {
                    _chunk.Selection = count < _chunk.Count ? _selection : null;
                    _chunk.Count = count;
                    return _chunk;
                }
            }
            return null;
        }

        // False where a value is NULL: no row compares with it.
        private bool TrySeek(PhysicalIndexScan scan, TableIndex index)
        {
            KeyWriter lower = index.NewKeyWriter();
            KeyWriter upper = index.NewKeyWriter();
            for (int i = 0; i < scan.Equal.Count; i++)
            {
                if (!TryAdd(scan.Equal[i], index, i, lower, upper))
                {
                    return false;
                }
            }
            bool hasUpper = scan.Equal.Count > 0;
            if (scan.Lower is { } from && !TryAdd(from.Value, index, scan.Equal.Count, lower))
            {
                return false;
            }
            if (scan.Upper is { } to)
            {
                if (!TryAdd(to.Value, index, scan.Equal.Count, upper))
                {
                    return false;
                }
                hasUpper = true;
            }
            // Bounds are half-open: an inclusive one, and that of all keys with a prefix, ends before the next key.
            bool excludesUpper = scan.Upper is { IsInclusive: false };
            if (hasUpper && !excludesUpper)
            {
                hasUpper = upper.TryMoveToSuccessor();
            }
            _rows.Seek(lower.Key, hasUpper ? upper.Key : []);
            return true;
        }

        private bool TryAdd(Expression expression, TableIndex index, int place, params ReadOnlySpan<KeyWriter> keys)
        {
            object? value = ExpressionEvaluator.EvaluateConstant(expression, _context.Evaluation);
            if (value is null)
            {
                return false;
            }
            var buffer = new RowBuffer(0);
            buffer.SetFrom(0, ExpressionEvaluator.MakeConstant(expression.Type, value), 0);
            foreach (KeyWriter key in keys)
            {
                index.Add(key, place, ref buffer.Raw(0), false, buffer.BlocksOf(0));
            }
            return true;
        }

        private void Fill()
        {
            foreach (Vector vector in _chunk.Vectors)
            {
                vector.BeginWrite();
            }
            int count = 0;
            int columnCount = _scan.ColumnNumbers.Count;
            while (count < DataChunk.Capacity)
            {
                if (!_rows.TryNext(_context.View, out long rowId))
                {
                    _isAtEnd = true;
                    break;
                }
                for (int i = 0; i < columnCount; i++)
                {
                    Copy(_rows.Row, i, _chunk.Vectors[i], count);
                }
                if (_scan.HasRowId)
                {
                    _chunk.Vectors[columnCount].Data<long>()[count] = rowId;
                }
                count++;
            }
            foreach (Vector vector in _chunk.Vectors)
            {
                if (vector.DeclaredType == PhysicalType.String)
                {
                    vector.SealStrings();
                }
            }
            _chunk.Selection = null;
            _chunk.Count = count;
        }

        private static void Copy(RowBuffer row, int index, Vector target, int position)
        {
            if (row.IsNull(index))
            {
                target.SetNull(position);
                return;
            }
            switch (target.DeclaredType)
            {
                case PhysicalType.Boolean: target.Data<bool>()[position] = row.Get<bool>(index); break;
                case PhysicalType.Int16: target.Data<short>()[position] = row.Get<short>(index); break;
                case PhysicalType.Int32: target.Data<int>()[position] = row.Get<int>(index); break;
                case PhysicalType.Int64: target.Data<long>()[position] = row.Get<long>(index); break;
                case PhysicalType.Int128: target.Data<Int128>()[position] = row.Get<Int128>(index); break;
                case PhysicalType.Real: target.Data<float>()[position] = row.Get<float>(index); break;
                case PhysicalType.Double: target.Data<double>()[position] = row.Get<double>(index); break;
                case PhysicalType.Numeric: target.Data<Numeric>()[position] = row.Get<Numeric>(index); break;
                case PhysicalType.String: target.Data<StringView>()[position] = target.Heap.Add(row.GetBytes(index)); break;
                case PhysicalType.Interval: target.Data<Interval>()[position] = row.Get<Interval>(index); break;
                case PhysicalType.Uuid: target.Data<UInt128>()[position] = row.Get<UInt128>(index); break;
                default: throw new UnreachableException();
            }
        }
    }
}
