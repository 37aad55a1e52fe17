using PhantomDb.Types;

namespace PhantomDb.Storage;

/// <summary>How a column's value must compare with a constant.</summary>
internal enum ZoneComparison : byte
{
    Equal,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

/// <summary>
/// A condition "column comparison constant" that a scan may use to skip slices whose minimum and maximum show that no
/// row meets it. It never drops single rows: whoever asks must still apply the condition.
/// </summary>
internal readonly struct ZoneFilter
{
    private readonly long _key;
    private readonly bool _isExact;
    private readonly ZoneComparison _comparison;

    private ZoneFilter(int columnNumber, ZoneComparison comparison, long key, bool isExact)
    {
        ColumnNumber = columnNumber;
        _comparison = comparison;
        _key = key;
        _isExact = isExact;
    }

    public int ColumnNumber { get; }

    /// <summary>
    /// Makes a filter for a constant of the column's own type; false where values of the type have no keys. A char(n) has
    /// none: it is kept with trailing blanks, but compared without.
    /// </summary>
    public static bool TryCreate(int columnNumber, SqlType type, ZoneComparison comparison, ref RawValue constant, byte[][] blocks, out ZoneFilter filter)
    {
        if (type.Id == SqlTypeId.Char || !ZoneKey.HasKeys(type.Physical))
        {
            filter = default;
            return false;
        }
        filter = new ZoneFilter(columnNumber, comparison, ZoneKey.Of(type.Physical, ref constant, blocks), ZoneKey.IsExact(type.Physical));
        return true;
    }

    /// <summary>False where no value between the bounds meets the condition; NULLs never do.</summary>
    public bool MayMatch(long minimum, long maximum)
    {
        if (minimum > maximum)
        {
            return false;   // nothing but NULLs
        }
        return _comparison switch
        {
            ZoneComparison.Equal => minimum <= _key && _key <= maximum,
            ZoneComparison.Less => _isExact ? minimum < _key : minimum <= _key,
            ZoneComparison.LessOrEqual => minimum <= _key,
            ZoneComparison.Greater => _isExact ? maximum > _key : maximum >= _key,
            ZoneComparison.GreaterOrEqual => maximum >= _key,
            _ => throw new System.Diagnostics.UnreachableException(),
        };
    }
}
