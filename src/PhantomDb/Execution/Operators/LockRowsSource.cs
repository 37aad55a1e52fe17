using PhantomDb.Errors;
using PhantomDb.Execution.Physical;
using PhantomDb.Expressions;
using PhantomDb.Planning.Logical;
using PhantomDb.Storage;
using PhantomDb.Transactions;
using PhantomDb.Types;
using PhantomDb.Vectors;

namespace PhantomDb.Execution.Operators;

/// <summary>
/// FOR UPDATE and its like: gives row after row, each locked when it is asked for, so that nobody locks more than is wanted above;
/// where all rows are wanted, those of a chunk together.
/// A row that another transaction has changed meanwhile is, under READ COMMITTED, evaluated again at its newest version,
/// beside the same rows of tables that are not locked, and left out where it no longer fits.
/// </summary>
internal sealed class LockRowsSource(PhysicalLockRows plan, bool areAllWanted, CteRows ctes, ExecutionProfile? profile) : PipelineSource
{
    public override SourceWorker CreateWorker(ExecutionContext context) => new Worker(plan, areAllWanted, ctes, profile, context);

    private sealed class Worker : SourceWorker
    {
        private readonly PhysicalLockRows _plan;
        private readonly CteRows _ctes;
        private readonly ExecutionProfile? _profile;
        private readonly ExecutionContext _context;
        private readonly Transaction _transaction;
        private readonly ColumnarBuffer? _kept;
        private readonly DataChunk _output;
        private readonly bool _areAllWanted;
        private int[] _positions = new int[1];   // of the rows that are given next
        private readonly long[] _rowIds;
        private ExecutionContext? _nested;
        private ChunkStream? _stream;
        private DataChunk? _input;
        private DataChunk? _newest;   // a row that has changed, and comes after those that were given
        private int _next;
        private long _toSkip;
        private long _wanted;

        public Worker(PhysicalLockRows plan, bool areAllWanted, CteRows ctes, ExecutionProfile? profile, ExecutionContext context)
        {
            _plan = plan;
            _areAllWanted = areAllWanted;
            _ctes = ctes;
            _profile = profile;
            _context = context;
            _transaction = context.Reader is { Stamp: not null } writer ? writer : throw Error.NotSupported("FOR UPDATE in this statement");
            PhysicalType[] types = [.. plan.Columns.Select(c => c.Type.Physical)];
            _output = new DataChunk(types);
            _rowIds = new long[plan.Input.Columns.Count - plan.Columns.Count];
            if (context.LockedRows is { } locked)
            {
                _kept = new ColumnarBuffer(types, context.Memory);
                locked[plan.Tables[0].RowId.Id] = new LockedRows(plan.Columns, _kept);
            }
            // A NULL limit is none; a NULL offset is 0.
            _toSkip = Value(plan.Offset) ?? 0;
            _wanted = Value(plan.Limit) ?? long.MaxValue;
            if (_toSkip < 0)
            {
                throw Error.NegativeOffset();
            }
            if (_wanted < 0)
            {
                throw Error.NegativeLimit();
            }
        }

        public override DataChunk? Next()
        {
            if (_newest is not null)
            {
                return GiveNewest();
            }
            while (_wanted > 0)
            {
                if (_input is null || _next == _input.Count)
                {
                    _stream ??= PipelineBuilder.Start(_plan.Input, _context, _ctes, _profile);
                    _input = _stream.Next();
                    _next = 0;
                    if (_input is null)
                    {
                        _wanted = 0;
                        break;
                    }
                    DataChunk.EnsureRoom(ref _positions!, _areAllWanted ? _input.Count : 1);
                }
                int count = LockRun(_input);
                if (count > 0)
                {
                    return Give(_input, count);
                }
                if (_newest is not null)
                {
                    return GiveNewest();
                }
            }
            return null;
        }

        // Locks the next row that is wanted, or where all are, those of the chunk up to the next that has changed: where a row stays as
        // it is, its position is noted.
        private int LockRun(DataChunk input)
        {
            int count = 0;
            int countMax = _areAllWanted ? input.Count : 1;
            while (_next < input.Count && _wanted > 0 && count < countMax && _newest is null)
            {
                int position = input.Position(_next++);
                if (!TryLock(input, position, out DataChunk? newest))
                {
                    continue;
                }
                if (_toSkip > 0)
                {
                    _toSkip--;
                    continue;
                }
                _wanted--;
                _newest = newest;
                _positions[count] = position;
                count += newest is null ? 1 : 0;
            }
            return count;
        }

        private DataChunk GiveNewest()
        {
            DataChunk newest = _newest!;
            _newest = null;
            _positions[0] = newest.Position(0);
            return Give(newest, 1);
        }

        private DataChunk Give(DataChunk source, int count)
        {
            for (int i = 0; i < _output.Vectors.Length; i++)
            {
                _output.Vectors[i].Reference(source.Vectors[i]);
            }
            _output.Selection = _positions;
            _output.Count = count;
            _kept?.Append(_output);
            return _output;
        }

        // False where the row is left out. Gives the row anew where it has changed.
        private bool TryLock(DataChunk input, int position, out DataChunk? newest)
        {
            newest = null;
            bool isChanged = false;
            for (int i = 0; i < _rowIds.Length; i++)
            {
                Vector rowIds = input.Vectors[_plan.Columns.Count + i];
                _rowIds[i] = rowIds.IsValid(position) ? rowIds.Values<long>()[rowIds.PositionOf(position)] : -1;
            }
            for (int i = 0; i < _plan.Tables.Count; i++)
            {
                LockedTable table = _plan.Tables[i];
                switch (Lock(table, _rowIds[i], ref isChanged))
                {
                    case WriteOutcome.Done:
                        break;
                    case WriteOutcome.Blocked when table.Policy == RowLockPolicy.NoWait:
                        throw Error.RowLockNotAvailable(table.Table.Name);
                    default:
                        return false;   // locked and skipped, or gone
                }
            }
            if (!isChanged)
            {
                return true;
            }
            newest = EvaluateAgain();
            return newest is not null;
        }

        private WriteOutcome Lock(LockedTable table, long rowId, ref bool isChanged)
        {
            TableStore store = _context.Tables[table.Table.Oid];
            var mode = (RowLockMode)table.Strength;
            bool waits = table.Policy == RowLockPolicy.Wait;
            WriteOutcome outcome = _transaction.TryLock(store, rowId, mode, waits);
            if (outcome == WriteOutcome.Changed)
            {
                isChanged = true;
                outcome = _transaction.TryLockLatest(store, rowId, mode, waits);
            }
            return outcome;
        }

        private DataChunk? EvaluateAgain()
        {
            Dictionary<ColumnId, FixedRow> rows = [];
            for (int i = 0; i < _rowIds.Length; i++)
            {
                rows[_plan.Input.Columns[_plan.Columns.Count + i].Id] = new FixedRow(_rowIds[i], IsLatest: i < _plan.Tables.Count);
            }
            _nested?.Memory.ReleaseAll();
            _nested = _context.CreateNested(rows);
            return PipelineBuilder.Start(_plan.Input, _nested, new CteRows(_ctes), null).Next();
        }

        private long? Value(Expression? expression) =>
            expression is null ? null : (long?)ExpressionEvaluator.EvaluateConstant(expression, _context.Evaluation);
    }
}

/// <summary>One row of a table in the place of a scan, or none, where its filter does not want it.</summary>
internal sealed class FixedRowSource(PhysicalScan scan, FixedRow row) : PipelineSource
{
    public override SourceWorker CreateWorker(ExecutionContext context) => new Worker(scan, row, context);

    private sealed class Worker(PhysicalScan scan, FixedRow row, ExecutionContext context) : SourceWorker
    {
        private bool _isGiven;

        public override DataChunk? Next()
        {
            if (_isGiven || row.RowId < 0)
            {
                return null;
            }
            _isGiven = true;
            RowBuffer values = new([.. scan.ColumnNumbers]);
            if (!context.Tables[scan.Table.Oid].TryRead(row.RowId, row.IsLatest ? ReadView.Latest : context.View, values))
            {
                return null;
            }
            DataChunk chunk = new([.. scan.Columns.Select(c => c.Type.Physical)]);
            DataChunk columns = new([.. scan.Columns.SkipLast(1).Select(c => c.Type.Physical)]);
            foreach (Vector column in columns.Vectors)
            {
                column.LimitRoom(1);
            }
            RowBuffer.Clear(columns);
            values.AppendTo(columns);
            ForeignKeys.KeyText.Seal(columns);
            for (int i = 0; i < columns.Vectors.Length; i++)
            {
                chunk.Vectors[i].Reference(columns.Vectors[i]);
            }
            chunk.Vectors[^1].WriteFirst<long>(1)[0] = row.RowId;
            chunk.Count = 1;
            if (scan.Filter is not null)
            {
                int[] selection = new int[1];
                chunk.Count = new PredicateEvaluator(scan.Filter, context.Evaluation).Select(chunk, selection);
                chunk.Selection = selection;
            }
            return chunk.Count == 0 ? null : chunk;
        }
    }
}
