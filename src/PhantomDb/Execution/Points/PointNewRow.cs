using PhantomDb.Storage;

namespace PhantomDb.Execution.Points;

/// <summary>
/// What is computed of an inserted or changed row as a whole, once its values are there: CHECK constraints, index expressions and
/// RETURNING. What fails is left to the general way, which makes the error.
/// </summary>
/// <param name="row">What it is computed from; null where no column is needed.</param>
/// <param name="checks">What must hold; null where there are no checks.</param>
/// <param name="stored">Index expressions, which become the last of the new values.</param>
/// <param name="output">RETURNING; null where there is none.</param>
internal sealed class PointNewRow(PointRow? row, PointCondition? checks, PointOperand[] stored, PointOutput? output)
{
    public PointOutput? Output => output;

    /// <summary>Tests a row, completes its values by the index expressions, and computes RETURNING; false where a check fails.</summary>
    public bool TryTake(RowBuffer columns, RowBuffer values, RowBuffer parameters)
    {
        row?.Take(columns, parameters);
        if (checks?.IsMet() == false)
        {
            return false;
        }
        for (int i = 0; i < stored.Length; i++)
        {
            stored[i].CopyTo(parameters, values, values.Count - stored.Length + i);
        }
        output?.Compute(parameters);
        return true;
    }
}
