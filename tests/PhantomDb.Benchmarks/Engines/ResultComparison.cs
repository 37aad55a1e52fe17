using System.Globalization;
using System.Numerics;

namespace PhantomDb.Benchmarks.Engines;

/// <summary>
/// Are two results the same answer? Exact numbers must be equal in value, floating-point ones to <c>digits</c> significant digits, text
/// without regard to trailing blanks (char(n) is padded by some engines). Rows that an ORDER BY leaves tied may stand in any order.
/// </summary>
internal static class ResultComparison
{
    /// <summary>Null if equal, else the first difference.</summary>
    public static string? Difference(ResultTable left, ResultTable right, int digits)
    {
        if (left.ColumnCount != right.ColumnCount)
        {
            return $"{left.ColumnCount} columns against {right.ColumnCount}";
        }

        if (left.Rows.Count != right.Rows.Count)
        {
            return $"{left.Rows.Count} rows against {right.Rows.Count}";
        }

        string? inOrder = FirstDifference(left.Rows, right.Rows, digits);
        return inOrder is null || FirstDifference(Sorted(left), Sorted(right), digits) is null ? null : inOrder;
    }

    private static string? FirstDifference(List<Cell[]> left, List<Cell[]> right, int digits)
    {
        for (int row = 0; row < left.Count; row++)
        {
            for (int column = 0; column < left[row].Length; column++)
            {
                if (!AreEqual(left[row][column], right[row][column], digits))
                {
                    return $"row {row + 1}, column {column + 1}: {left[row][column]} against {right[row][column]}";
                }
            }
        }

        return null;
    }

    private static bool AreEqual(Cell left, Cell right, int digits)
    {
        if (left.Kind == CellKind.Null || right.Kind == CellKind.Null)
        {
            return left.Kind == right.Kind;
        }

        if (left.Kind == CellKind.Text || right.Kind == CellKind.Text)
        {
            return left.Text.AsSpan().TrimEnd(' ').SequenceEqual(right.Text.AsSpan().TrimEnd(' '));
        }

        if (left.Kind == CellKind.Exact && right.Kind == CellKind.Exact)
        {
            return ExactValue(left.Text) == ExactValue(right.Text);
        }

        double a = double.Parse(left.Text, CultureInfo.InvariantCulture);
        double b = double.Parse(right.Text, CultureInfo.InvariantCulture);
        return a.Equals(b) || Math.Abs(a - b) <= Math.Max(Math.Abs(a), Math.Abs(b)) * Math.Pow(10, -digits);
    }

    /// <summary>The digits without the point, and the number of decimals, without trailing zeros.</summary>
    private static (BigInteger Digits, int Scale) ExactValue(string text)
    {
        int point = text.IndexOf('.');
        if (point >= 0)
        {
            text = text.TrimEnd('0');
        }

        int scale = point < 0 ? 0 : text.Length - point - 1;
        return (BigInteger.Parse(text.Replace(".", ""), CultureInfo.InvariantCulture), scale);
    }

    /// <summary>Rows by text and exact columns first, then by rounded numbers: rounding differences must not change the order.</summary>
    private static List<Cell[]> Sorted(ResultTable table) => [.. table.Rows.OrderBy(SortKey, StringComparer.Ordinal)];

    private static string SortKey(Cell[] row) =>
        string.Join('\0', row.Where(cell => cell.Kind == CellKind.Text).Select(cell => cell.Text.TrimEnd(' '))) + "\u0001" +
        string.Join('\0', row.Where(cell => cell.Kind != CellKind.Text).Select(
            cell => cell.Kind == CellKind.Null ? "" : double.Parse(cell.Text, CultureInfo.InvariantCulture).ToString("E8", CultureInfo.InvariantCulture)));
}
