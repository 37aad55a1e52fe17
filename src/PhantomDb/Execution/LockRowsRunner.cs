using PhantomDb.Errors;
using PhantomDb.Expressions;
using PhantomDb.Planning.Logical;
using PhantomDb.Storage;
using PhantomDb.Transactions;
using PhantomDb.Types;
using PhantomDb.Vectors;

namespace PhantomDb.Execution;

/// <summary>
/// SELECT … FOR UPDATE: locks row after row until LIMIT is served. A row that another transaction has changed meanwhile is, under
/// READ COMMITTED, evaluated again at its newest version, and left out where it no longer fits.
/// </summary>
internal sealed class LockRowsRunner(StatementScope scope, LogicalLockRows plan, IReadOnlyList<LogicalColumn> result)
{
    private readonly LogicalColumn[] _columns = [.. result, .. plan.Tables.Select(t => t.RowId)];

    /// <summary>The rows, all of them locked.</summary>
    public ColumnarBuffer Run()
    {
        long skipped = Count(plan.Offset) ?? 0;
        long wanted = Count(plan.Limit) ?? long.MaxValue;
        ColumnarBuffer rows = new([.. result.Select(c => c.Type.Physical)], scope.Statement.Memory);
        RowRecheck recheck = new(scope, plan.Input, [.. plan.Tables.Select(t => t.RowId)], _columns);
        QueryExecution input = scope.Run(plan.Input, _columns);
        int[] one = new int[1];
        while (wanted > 0 && input.Next() is { } chunk)
        {
            for (int i = 0; i < chunk.Count && wanted > 0; i++)
            {
                one[0] = chunk.Position(i);
                if (!TryLock(chunk, one[0], recheck, out DataChunk? newest))
                {
                    continue;
                }
                if (skipped > 0)
                {
                    skipped--;
                    continue;
                }
                Vector[] vectors = [.. (newest ?? chunk).Vectors.Take(result.Count)];
                rows.Append(vectors, newest is null ? one : [newest.Position(0)], 1);
                wanted--;
            }
        }
        return rows;
    }

    // False where the row is left out. Gives the row anew where it has changed.
    private bool TryLock(DataChunk chunk, int position, RowRecheck recheck, out DataChunk? newest)
    {
        newest = null;
        long[] ids = new long[plan.Tables.Count];
        bool isChanged = false;
        for (int i = 0; i < ids.Length; i++)
        {
            LockedTable table = plan.Tables[i];
            Vector rowIds = chunk.Vectors[result.Count + i];
            ids[i] = rowIds.Values<long>()[rowIds.PositionOf(position)];
            switch (Lock(table, ids[i], ref isChanged))
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
        newest = recheck.Evaluate(ids);
        return newest is not null;
    }

    private WriteOutcome Lock(LockedTable table, long rowId, ref bool isChanged)
    {
        Transaction transaction = scope.Transaction;
        TableStore store = scope.Tables[table.Table.Oid];
        var mode = (RowLockMode)table.Strength;
        bool waits = table.Policy == RowLockPolicy.Wait;
        WriteOutcome outcome = transaction.TryLock(store, rowId, mode, waits);
        if (outcome == WriteOutcome.Changed)
        {
            isChanged = true;
            outcome = transaction.TryLockLatest(store, rowId, mode, waits);
        }
        return outcome;
    }

    private long? Count(Expression? expression)
    {
        if (expression is null || ExpressionEvaluator.EvaluateConstant(expression, scope.Evaluation) is not long count)
        {
            return null;
        }
        if (count < 0)
        {
            bool isLimit = ReferenceEquals(expression, plan.Limit);
            throw new PhantomDbException(isLimit ? SqlStates.InvalidRowCountInLimit : SqlStates.InvalidRowCountInOffset,
                $"{(isLimit ? "LIMIT" : "OFFSET")} must not be negative");
        }
        return count;
    }
}
