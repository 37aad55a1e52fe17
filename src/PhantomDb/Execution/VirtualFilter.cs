using PhantomDb.Expressions;

namespace PhantomDb.Execution;

/// <summary>
/// What the filter above a virtual table asks of single columns: the values that they are equal to, and the least and most that numbers and times
/// may be. Conditions of other kinds are not in it; the filter looks at every row all the same.
/// </summary>
internal sealed class VirtualFilter
{
    private readonly Dictionary<string, object> _equal = [];
    private readonly Dictionary<string, (long Least, long Most)> _bounds = [];

    /// <summary>True: rows are wanted in the order opposite to the table's own.</summary>
    public bool ReadsBackward { get; init; }

    /// <summary>Adds column = value, column &lt; value and so on. The value is as in a <see cref="ConstantExpression"/>, strings apart.</summary>
    public void Add(string column, ComparisonKind comparison, object value)
    {
        if (comparison == ComparisonKind.Equal)
        {
            _equal[column] = value;
        }
        long? number = value switch { long wide => wide, int narrow => narrow, short narrow => narrow, _ => null };
        if (number is not { } bound)
        {
            return;
        }
        (long least, long most) = Bounds(column);
        switch (comparison)
        {
            case ComparisonKind.Equal:
                (least, most) = (Math.Max(least, bound), Math.Min(most, bound));
                break;
            case ComparisonKind.Greater or ComparisonKind.GreaterOrEqual:
                least = Math.Max(least, comparison == ComparisonKind.Greater && bound < long.MaxValue ? bound + 1 : bound);
                break;
            case ComparisonKind.Less or ComparisonKind.LessOrEqual:
                most = Math.Min(most, comparison == ComparisonKind.Less && bound > long.MinValue ? bound - 1 : bound);
                break;
        }
        _bounds[column] = (least, most);
    }

    /// <summary>The value that a column is equal to; null where any will do.</summary>
    public object? Equal(string column) => _equal.GetValueOrDefault(column);

    /// <summary>The least and most that a column of whole numbers or times may be.</summary>
    public (long Least, long Most) Bounds(string column) => _bounds.GetValueOrDefault(column, (long.MinValue, long.MaxValue));
}
