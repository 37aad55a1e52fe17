using PhantomDb.Catalog;
using PhantomDb.Storage;
using PhantomDb.Transactions;

namespace PhantomDb.Execution.Points;

/// <summary>
/// SELECT … WHERE a column of a unique key is IN a list, and the key's other columns are equal to values: each row once, by ascending
/// key where that is one integer, else as the list has them.
/// </summary>
internal sealed class PointListSelect(
    DatabaseCatalog catalog, TableStore table, PointKey key, ListOperand list, PointCondition? condition, PointRow? row, PointOperand[] outputs, PointRows rows)
    : PointStatement("SELECT", catalog, table)
{
    private readonly RowBuffer _output = new(new int[outputs.Length]);
    private readonly long[] _seen = new long[list.Count];   // integer keys, or the ids of the rows found

    public override bool LocksRows => false;

    public override bool ChangesRows => false;

    public override PointRows Rows => rows;

    public override int Run(Transaction transaction, RowBuffer parameters)
    {
        rows.Clear();
        if (key.Integer is not null)
        {
            AddInOrder(transaction.View, parameters);
        }
        else
        {
            AddAsListed(transaction.View, parameters);
        }
        rows.Finish();
        return rows.Count;
    }

    private void AddInOrder(in ReadView view, RowBuffer parameters)
    {
        int count = 0;
        for (list.Current = 0; list.Current < list.Count; list.Current++)
        {
            if (key.TryComputeInteger(parameters, out long value))
            {
                _seen[count++] = value;
            }
        }
        Span<long> keys = _seen.AsSpan(0, count);
        keys.Sort();
        for (int i = 0; i < keys.Length; i++)
        {
            if ((i == 0 || keys[i] != keys[i - 1]) && key.TryFind(view, keys[i], out _))
            {
                Add(parameters);
            }
        }
    }

    private void AddAsListed(in ReadView view, RowBuffer parameters)
    {
        int count = 0;
        for (list.Current = 0; list.Current < list.Count; list.Current++)
        {
            if (key.TryFind(view, parameters, out long rowId) && !_seen.AsSpan(0, count).Contains(rowId))
            {
                _seen[count++] = rowId;
                Add(parameters);
            }
        }
    }

    private void Add(RowBuffer parameters)
    {
        row?.Take(key.Row, parameters);
        if (condition?.IsMet() == false)
        {
            return;
        }
        for (int i = 0; i < outputs.Length; i++)
        {
            outputs[i].CopyTo(parameters, _output, i);
        }
        rows.Add(_output);
    }
}
