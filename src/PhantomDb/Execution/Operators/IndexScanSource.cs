using System.Diagnostics;
using PhantomDb.Execution.Indexes;
using PhantomDb.Execution.Physical;
using PhantomDb.Expressions;
using PhantomDb.Storage;
using PhantomDb.Types;
using PhantomDb.Vectors;

namespace PhantomDb.Execution.Operators;

/// <summary>
/// Reads the rows of key ranges of an index, or where they say all the keys alone, in key order into chunks, and tests what the ranges leave open of the
/// filter. The first chunks are short: whoever wants but a few rows does not wait for many.
/// </summary>
internal sealed class IndexScanSource(PhysicalIndexScan scan, List<KeyRange> ranges) : PipelineSource
{
    public override SourceWorker CreateWorker(ExecutionContext context) => new Worker(scan, ranges, context);

    private sealed class Worker : SourceWorker
    {
        private const int FirstRowCount = 32;

        private readonly PhysicalScan _scan;
        private readonly ExecutionContext _context;
        private readonly PhysicalIndexScan _plan;
        private readonly IndexRangeScan? _rows;   // one of the two
        private readonly IndexKeyScan? _keys;
        private readonly PredicateEvaluator? _filter;
        private readonly DataChunk _chunk;
        private readonly List<KeyRange> _ranges;
        private readonly bool _isBackward;
        private int[]? _selection;
        private int _rangeCount;   // ranges that have been begun
        private int _rowCountMax = FirstRowCount;
        private bool _isEnded;     // the last range gave fewer rows than were wanted, or no more are

        public Worker(PhysicalIndexScan scan, List<KeyRange> ranges, ExecutionContext context)
        {
            _ranges = ranges;
            _plan = scan;
            _isBackward = scan.IsBackward;
            _scan = scan.Scan;
            _context = context;
            ScanPredicate.Note(_scan, context);
            TableStore table = context.Tables[_scan.Table.Oid];
            TableIndex index = table.FindIndex(scan.Index.Oid) ?? throw new UnreachableException($"index {scan.Index.Name} is gone");
            table.EnsureComplete(index.EntryColumns, context.View);
            int[] columns = [.. _scan.ColumnNumbers];
            table.EnsureComplete(columns, context.View);
            if (scan.IsIndexOnly)
            {
                _keys = context.Kept?.TakeKeyScan(scan, table, index) ?? new IndexKeyScan(table, index, columns);
            }
            else
            {
                _rows = context.Kept?.TakeRowScan(scan, table, index) ?? new IndexRangeScan(table, index, columns);
                _rows.BeforeBatch = context.ThrowIfCancelled;
            }
            _filter = scan.Residual is null ? null : new PredicateEvaluator(scan.Residual, context.Evaluation);
            _chunk = new DataChunk([.. _scan.Columns.Select(c => c.Type.Physical)], context.Memory);
        }

        public override DataChunk? Next()
        {
            while (!_isEnded)
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
                int count = _filter.Select(_chunk, DataChunk.EnsureRoom(ref _selection, _chunk.Count));
                if (count > 0)
                {
                    _chunk.Selection = count < _chunk.Count ? _selection : null;
                    _chunk.Count = count;
                    return _chunk;
                }
            }
            return null;
        }

        public override void Release()
        {
            if (_isEnded)
            {
                return;
            }
            _isEnded = true;
            if (_keys is not null)
            {
                _context.Kept?.Leave(_plan, _keys);
            }
            else
            {
                _context.Kept?.Leave(_plan, _rows!);
            }
        }

        private void Fill()
        {
            RowVectors.Begin(_chunk, _rowCountMax);
            int count = _keys is null ? FillFromRows(_rows!) : FillFromKeys(_keys);
            RowVectors.End(_chunk, count);
            if (count < _rowCountMax)
            {
                Release();
            }
            _rowCountMax = Math.Min(_rowCountMax * 4, DataChunk.Capacity);
        }

        private int FillFromRows(IndexRangeScan rows)
        {
            int count = 0;
            while (count < _rowCountMax)
            {
                if (_rangeCount > 0 && rows.TryNext(_context.View, out long rowId))
                {
                    RowVectors.Write(_chunk, count++, rows.Row, _scan.ColumnNumbers.Count, rowId);
                }
                else if (TryBeginRange(out KeyRange range))
                {
                    rows.Seek(range.Lower, range.Upper, _isBackward);
                }
                else
                {
                    break;
                }
            }
            return count;
        }

        private int FillFromKeys(IndexKeyScan keys)
        {
            int count = 0;
            while (count < _rowCountMax)
            {
                _context.ThrowIfCancelled();
                if (_rangeCount > 0 && keys.Next(_context.View, _rowCountMax - count, out int found))
                {
                    keys.Write(_chunk.Vectors, count);
                    count += found;
                }
                else if (TryBeginRange(out KeyRange range))
                {
                    keys.Seek(range.Lower, range.Upper, _isBackward);
                }
                else
                {
                    break;
                }
            }
            return count;
        }

        private bool TryBeginRange(out KeyRange range)
        {
            if (_rangeCount == _ranges.Count)
            {
                range = default;
                return false;
            }
            range = _ranges[_isBackward ? _ranges.Count - 1 - _rangeCount : _rangeCount];
            _rangeCount++;
            return true;
        }
    }
}
