using PhantomDb.Catalog;
using PhantomDb.Execution.Operators;
using PhantomDb.Expressions;
using PhantomDb.Functions;
using PhantomDb.Storage;
using PhantomDb.Storage.Indexes;
using PhantomDb.Types;
using PhantomDb.Vectors;

namespace PhantomDb.Execution.ForeignKeys;

/// <summary>
/// Finds the rows that refer to some keys: by an index that begins with the foreign key's columns where the table has one, else
/// by reading the table once. All that is committed and the transaction's own doing count; a row that somebody else is about to
/// change or remove is waited for, and locked.
/// </summary>
internal sealed class ReferencingRows(ConstraintDefinition constraint, TableDefinition child, TableDefinition parent, StatementScope scope)
{
    /// <summary>
    /// Calls for each row, which is locked in a mode by then, with its id and the place of its key among those given. Keys are
    /// the referenced columns' values, without NULLs, each once.
    /// </summary>
    public void Find(ColumnarBuffer keys, RowLockMode mode, Action<long, int> found)
    {
        if (keys.Count == 0)
        {
            return;
        }
        TableStore table = scope.Tables[child.Oid];
        List<(long RowId, int Place)> candidates = [];
        FindCandidates(table, keys, candidates);
        List<(long RowId, int Place)>? changed = null;
        foreach ((long rowId, int place) in candidates)
        {
            switch (scope.Transaction.LockSeen(table, rowId, mode))
            {
                case WriteOutcome.Done:
                    found(rowId, place);
                    break;
                case WriteOutcome.Changed when scope.Transaction.LockLatest(table, rowId, mode):
                    (changed ??= []).Add((rowId, place));
                    break;
            }
        }
        if (changed is null)
        {
            return;
        }
        // What somebody has changed since the statement began may have got another key after it was found: found again, now that it is locked?
        candidates.Clear();
        FindCandidates(table, keys, candidates);
        HashSet<(long, int)> again = [.. candidates];
        foreach ((long rowId, int place) in changed)
        {
            if (again.Contains((rowId, place)))
            {
                found(rowId, place);
            }
        }
    }

    private void FindCandidates(TableStore table, ColumnarBuffer keys, List<(long RowId, int Place)> found)
    {
        TableIndex? index = Array.Find(table.Indexes, IsUsable);
        if (index is not null)
        {
            FindByIndex(table, index, keys, found);
        }
        else
        {
            FindByScan(table, keys, found);
        }
    }

    private bool IsUsable(TableIndex index)
    {
        int count = constraint.Columns.Count;
        return !index.Definition.IsPartial && index.ColumnNumbers.Length >= count && constraint.Columns.All(n => Array.IndexOf(index.ColumnNumbers, n, 0, count) >= 0);
    }

    private void FindByIndex(TableStore table, TableIndex index, ColumnarBuffer keys, List<(long RowId, int Place)> found)
    {
        int count = constraint.Columns.Count;
        KeyConversion conversion = new(parent, constraint.ReferencedColumns, child, constraint.Columns, scope);
        int[] targets = [.. constraint.Columns.Select(n => Array.IndexOf(index.ColumnNumbers, n))];
        RowBuffer key = new([.. index.ColumnNumbers.Take(count)]);
        KeyWriter lower = index.NewKeyWriter();
        KeyWriter upper = index.NewKeyWriter();
        IndexRangeScan rows = new(table, index);
        DataChunk chunk = new(keys.Types);
        for (int block = 0; block < keys.BlockCount; block++)
        {
            scope.Statement.ThrowIfCancelled();
            keys.Read(block, chunk);
            for (int i = 0; i < chunk.Count; i++)
            {
                if (!conversion.TryConvert(chunk, i, key, targets))
                {
                    continue;
                }
                lower.Reset();
                upper.Reset();
                for (int place = 0; place < count; place++)
                {
                    index.Add(lower, place, ref key.Raw(place), false, key.BlocksOf(place));
                    index.Add(upper, place, ref key.Raw(place), false, key.BlocksOf(place));
                }
                bool hasUpper = upper.TryMoveToSuccessor();
                rows.Seek(lower.Key, hasUpper ? upper.Key : []);
                while (rows.TryNext(scope.Transaction.NewestView, out long rowId))
                {
                    found.Add((rowId, (block * DataChunk.Capacity) + i));
                }
            }
        }
    }

    private void FindByScan(TableStore table, ColumnarBuffer keys, List<(long RowId, int Place)> found)
    {
        int count = constraint.Columns.Count;
        ExpressionEvaluator?[] ours = new ExpressionEvaluator?[count];
        ColumnarBuffer widened = Widen(keys, ours);
        JoinHashTable hash = new(widened, count, scope.Statement.Memory);
        JoinHashTable.Scratch scratch = new();
        int[] heads = new int[DataChunk.Capacity];
        TableScan.Worker scan = table.Scan([.. constraint.Columns], scope.Transaction.NewestView, withRowIds: true).NewWorker();
        DataChunk chunk = new([.. constraint.Columns.Select(n => child.Columns[child.IndexOfNumber(n)].Type.Physical), PhysicalType.Int64]);
        while (scan.TryNext(chunk))
        {
            scope.Statement.ThrowIfCancelled();
            Vector[] key = [.. ours.Select((cast, i) => cast is null ? chunk.Vectors[i] : cast.Evaluate(chunk))];
            hash.Find(key, chunk.Selection, chunk.Count, scratch, heads);
            for (int i = 0; i < chunk.Count; i++)
            {
                int position = chunk.Position(i);
                int place = heads[i] >= 0 && hash.NeedsComparison ? hash.SkipUnequal(heads[i], key, position) : heads[i];
                if (place >= 0)
                {
                    found.Add((chunk.Vectors[count].Values<long>()[chunk.Vectors[count].PositionOf(position)], place));
                }
            }
        }
    }

    // Both sides as a type that holds the values of either.
    private ColumnarBuffer Widen(ColumnarBuffer keys, ExpressionEvaluator?[] ours)
    {
        ExpressionEvaluator?[] theirs = new ExpressionEvaluator?[ours.Length];
        PhysicalType[] types = new PhysicalType[ours.Length];
        for (int i = 0; i < ours.Length; i++)
        {
            SqlType own = child.Columns[child.IndexOfNumber(constraint.Columns[i])].Type;
            SqlType other = parent.Columns[parent.IndexOfNumber(constraint.ReferencedColumns[i])].Type;
            SqlType common = CommonType(own, other);
            ours[i] = Cast(i, own, common);
            theirs[i] = Cast(i, other, common);
            types[i] = common.Physical;
        }
        if (theirs.All(t => t is null))
        {
            return keys;
        }
        ColumnarBuffer widened = new(types, scope.Statement.Memory);
        DataChunk chunk = new(keys.Types);
        for (int block = 0; block < keys.BlockCount; block++)
        {
            keys.Read(block, chunk);
            widened.Append([.. theirs.Select((cast, i) => cast is null ? chunk.Vectors[i] : cast.Evaluate(chunk))], chunk.Selection, chunk.Count);
        }
        return widened;
    }

    private ExpressionEvaluator? Cast(int place, SqlType from, SqlType to)
    {
        Expression column = new PositionExpression(place, from);
        return KeyConversion.IsSame(from, to) ? null : new ExpressionEvaluator(new CastExpression(column, to, CastContext.Explicit), scope.Evaluation);
    }

    private static SqlType CommonType(SqlType own, SqlType other) =>
        KeyConversion.IsSame(own, other) ? own
        : own.IsInteger && other.IsInteger ? SqlType.Int64
        : other.Id == SqlTypeId.Numeric ? SqlType.Numeric
        : other;
}
