using PhantomDb.Storage;

namespace PhantomDb.Execution.Points;

/// <summary>
/// The row of RETURNING, or of a SELECT that locks it: computed before the table's row is changed or locked, so that an error leaves
/// nothing behind.
/// </summary>
internal sealed class PointOutput(PointOperand[] values, PointRows rows)
{
    private readonly RowBuffer _row = new(new int[values.Length]);

    public PointRows Rows => rows;

    /// <summary>Computes it from what the operands' row has taken, in place of what there was.</summary>
    public void Compute(RowBuffer parameters)
    {
        rows.Clear();
        for (int i = 0; i < values.Length; i++)
        {
            values[i].CopyTo(parameters, _row, i);
        }
        rows.Add(_row);
    }

    /// <summary>Makes it the result, or none where no row was changed or locked.</summary>
    public void Finish(int rowCount)
    {
        if (rowCount <= 0)
        {
            rows.Clear();
        }
        rows.Finish();
    }
}
