using PhantomDb.Storage;

namespace PhantomDb.Execution.Points;

/// <summary>
/// The row as an UPDATE leaves it, as far as CHECK constraints, index expressions, foreign keys and RETURNING need it: new values, and
/// unchanged ones of the row found.
/// </summary>
/// <param name="columns">Storage numbers of the columns needed.</param>
/// <param name="newPlaces">Where each stands among the new values; -1 where it is unchanged.</param>
/// <param name="oldPlaces">Where an unchanged one stands in the row found.</param>
/// <param name="newRow">What is computed of it.</param>
internal sealed class PointChangedRow(int[] columns, int[] newPlaces, int[] oldPlaces, PointNewRow newRow)
{
    private readonly RowBuffer _row = new(columns);

    public PointOutput? Output => newRow.Output;

    /// <summary>The columns needed.</summary>
    public RowBuffer Row => _row;

    /// <summary>Tests the row and computes index expressions and RETURNING; false where a check fails.</summary>
    public bool TryTake(RowBuffer found, RowBuffer values, RowBuffer parameters)
    {
        for (int i = 0; i < newPlaces.Length; i++)
        {
            if (newPlaces[i] >= 0)
            {
                PointValues.Copy(values, newPlaces[i], _row, i);
            }
            else
            {
                PointValues.Copy(found, oldPlaces[i], _row, i);
            }
        }
        return newRow.TryTake(_row, values, parameters);
    }
}
