using System.Diagnostics;
using PhantomDb.Expressions;
using PhantomDb.Storage;
using PhantomDb.Types;

namespace PhantomDb.Execution.Indexes;

/// <summary>
/// Conditions on a column that is compared as another type which keeps all of its values (numeric(12) as numeric, integer as
/// numeric, date as timestamp), in terms of the column's own type: the value that equals it, or an inclusive bound. A value
/// that the column cannot have equals none of its rows, and as a bound it is rounded to the side where rows can be:
/// id > 77.5 is id >= 78. What is converted says exactly the same. Nothing is allocated.
/// </summary>
internal static class KeyBounds
{
    /// <summary>True where a cast gives each value of a type as it is, in the same order, and never fails.</summary>
    public static bool IsPreserving(SqlType from, SqlType to) => from.Id switch
    {
        SqlTypeId.Int16 or SqlTypeId.Int32 or SqlTypeId.Int64 =>
            (to.IsInteger && to.Id >= from.Id)
            || (to.Id == SqlTypeId.Numeric && (!to.IsFixedNumeric || to.Precision - to.Scale >= DigitsOf(from)))
            || (to.Id == SqlTypeId.Double && from.Id != SqlTypeId.Int64)
            || (to.Id == SqlTypeId.Real && from.Id == SqlTypeId.Int16),
        SqlTypeId.Numeric when from.IsFixedNumeric =>
            to.Id == SqlTypeId.Numeric
            && (!to.IsFixedNumeric || (to.Scale >= from.Scale && to.Precision - to.Scale >= from.Precision - from.Scale)),
        SqlTypeId.Real => to.Id is SqlTypeId.Real or SqlTypeId.Double,
        SqlTypeId.Date => to.Id is SqlTypeId.Date or SqlTypeId.Timestamp,   // timestamps end earlier, but a date beyond is still after them
        _ => false,
    };

    /// <summary>The expression below casts that keep its values.</summary>
    public static Expression WithoutCasts(Expression expression)
    {
        while (expression is CastExpression cast && IsPreserving(cast.Operand.Type, cast.Type))
        {
            expression = cast.Operand;
        }
        return expression;
    }

    /// <summary>True where values of another type can be converted for a column.</summary>
    public static bool CanConvert(SqlType value, SqlType column) => column.Id switch
    {
        SqlTypeId.Int16 or SqlTypeId.Int32 => value.IsInteger || value.Id is SqlTypeId.Numeric or SqlTypeId.Double or SqlTypeId.Real,
        SqlTypeId.Int64 => value.IsInteger || value.Id == SqlTypeId.Numeric,
        SqlTypeId.Numeric => column.IsFixedNumeric && (value.IsInteger || value.Id == SqlTypeId.Numeric),
        SqlTypeId.Real => value.Id is SqlTypeId.Double or SqlTypeId.Real,
        SqlTypeId.Date => value.Id == SqlTypeId.Timestamp,
        _ => false,
    };

    /// <summary>
    /// Converts the value, which is not NULL, that a column is compared with: for = to the one that equals it, for the others to
    /// a bound that is itself in the range. False where no value of the column fits.
    /// </summary>
    public static bool TryConvert(
        RowBuffer values, int place, SqlType type, SqlType column, ComparisonKind kind, RowBuffer target, int targetPlace)
    {
        if (column.Id == SqlTypeId.Real)
        {
            float real = 0;
            bool isThere = TryBound(type.Id == SqlTypeId.Real ? values.Get<float>(place) : values.GetDouble(place), kind, ref real);
            target.Set(targetPlace, real);
            return isThere;
        }
        (Int128 least, Int128 greatest) = LimitsOf(column);
        int side = Floor(values, place, type, Math.Max(column.Scale, 0), out Int128 floor, out bool isExact);
        if (side != 0)
        {
            // Beyond all of them: as a bound either all are in the range or none is.
            (floor, isExact) = (side < 0 ? least - 1 : greatest, false);
        }
        if (!TryBound(floor, isExact, kind, least, greatest, out Int128 bound))
        {
            return false;
        }
        switch (column.Physical)
        {
            case PhysicalType.Int16: target.Set(targetPlace, (short)bound); break;
            case PhysicalType.Int32: target.Set(targetPlace, (int)bound); break;
            case PhysicalType.Int64: target.Set(targetPlace, (long)bound); break;
            case PhysicalType.Int128: target.Set(targetPlace, bound); break;
            default: throw new UnreachableException();
        }
        return true;
    }

    private static bool TryBound(Int128 floor, bool isExact, ComparisonKind kind, Int128 least, Int128 greatest, out Int128 bound)
    {
        switch (kind)
        {
            case ComparisonKind.Equal:
                bound = floor;
                return isExact && floor >= least && floor <= greatest;
            case ComparisonKind.Greater or ComparisonKind.GreaterOrEqual:
                bound = Int128.Max(isExact && kind == ComparisonKind.GreaterOrEqual ? floor : floor + 1, least);
                return bound <= greatest;
            case ComparisonKind.Less or ComparisonKind.LessOrEqual:
                bound = Int128.Min(isExact && kind == ComparisonKind.Less ? floor - 1 : floor, greatest);
                return bound >= least;
            default:
                throw new UnreachableException();
        }
    }

    // The greatest multiple of the column's unit that is not above the value; -1 or 1 where it is below or above all that any column holds.
    private static int Floor(RowBuffer values, int place, SqlType type, int scale, out Int128 floor, out bool isExact)
    {
        switch (type.Id)
        {
            case SqlTypeId.Numeric when type.IsFixedNumeric:
                return Floor(type.Physical == PhysicalType.Int64 ? values.GetInt64(place) : values.Get<Int128>(place), type.Scale, scale, out floor, out isExact);
            case SqlTypeId.Numeric:
                Numeric number = values.Get<Numeric>(place);
                (floor, isExact) = (0, false);
                return number.Kind switch
                {
                    NumericKind.Finite => Floor(number.Coefficient, number.Scale, scale, out floor, out isExact),
                    NumericKind.NegativeInfinity => -1,
                    _ => 1,   // NaN is above all
                };
            case SqlTypeId.Double or SqlTypeId.Real:
                double value = type.Id == SqlTypeId.Real ? values.Get<float>(place) : values.GetDouble(place);
                (floor, isExact) = (0, false);
                if (!(Math.Abs(value) < 1e18))
                {
                    return value < 0 ? -1 : 1;   // NaN is above all
                }
                double whole = Math.Floor(value);
                (floor, isExact) = ((long)whole, whole == value);
                return 0;
            case SqlTypeId.Timestamp:
                long timestamp = values.GetInt64(place);
                floor = DateTimeArithmetic.ToDate(timestamp);
                isExact = !CivilCalendar.IsFiniteTimestamp(timestamp) || DateTimeArithmetic.ToTime(timestamp) == 0;
                return 0;
            default:
                return Floor(values.GetInteger(place, type.Physical), 0, scale, out floor, out isExact);
        }
    }

    private static int Floor(Int128 coefficient, int fromScale, int scale, out Int128 floor, out bool isExact)
    {
        if (fromScale <= scale)
        {
            isExact = PowersOfTen.TryScaleUp(coefficient, scale - fromScale, out floor);
            return isExact ? 0 : coefficient < 0 ? -1 : 1;
        }
        int exponent = fromScale - scale;
        if (exponent > PowersOfTen.ExponentMax)
        {
            (floor, isExact) = (coefficient < 0 ? -1 : 0, coefficient == 0);
            return 0;
        }
        Int128 unit = PowersOfTen.Wide[exponent];
        floor = PowersOfTen.Divide(coefficient, unit);
        Int128 rest = coefficient - (floor * unit);
        isExact = rest == 0;
        floor -= rest < 0 ? 1 : 0;
        return 0;
    }

    // Reals are ordered -infinity, the numbers, infinity, NaN.
    private static bool TryBound(double value, ComparisonKind kind, ref float bound)
    {
        float nearest = (float)value;
        bool isExact = nearest == value || double.IsNaN(value);
        float floor = isExact || nearest < value ? nearest : float.BitDecrement(nearest);
        switch (kind)
        {
            case ComparisonKind.Equal:
                bound = floor;
                return isExact;
            case ComparisonKind.GreaterOrEqual when isExact:
            case ComparisonKind.LessOrEqual:
            case ComparisonKind.Less when !isExact:
                bound = floor;
                return true;
            case ComparisonKind.Greater or ComparisonKind.GreaterOrEqual:
                bound = float.IsPositiveInfinity(floor) ? float.NaN : float.BitIncrement(floor);
                return !float.IsNaN(floor);
            case ComparisonKind.Less:
                bound = float.IsNaN(floor) ? float.PositiveInfinity : float.BitDecrement(floor);
                return !float.IsNegativeInfinity(floor);
            default:
                throw new UnreachableException();
        }
    }

    private static (Int128 Least, Int128 Greatest) LimitsOf(SqlType column) => column.Id switch
    {
        SqlTypeId.Int16 => (short.MinValue, short.MaxValue),
        SqlTypeId.Int32 or SqlTypeId.Date => (int.MinValue, int.MaxValue),
        SqlTypeId.Int64 => (long.MinValue, long.MaxValue),
        SqlTypeId.Numeric => (1 - PowersOfTen.Wide[column.Precision], PowersOfTen.Wide[column.Precision] - 1),
        _ => throw new UnreachableException(),
    };

    private static int DigitsOf(SqlType integer) => integer.Id switch
    {
        SqlTypeId.Int16 => 5,
        SqlTypeId.Int32 => 10,
        _ => 19,
    };
}
