using PhantomDb.Expressions;
using PhantomDb.Functions;
using PhantomDb.Types;

namespace PhantomDb.Binding;

/// <summary>PostgreSQL's type categories (pg_type.typcategory) and preferred types, by which overloads are chosen.</summary>
internal static class TypeCategories
{
    public static char Of(SqlTypeId id) => id switch
    {
        SqlTypeId.Boolean => 'B',
        SqlTypeId.Int16 or SqlTypeId.Int32 or SqlTypeId.Int64 or SqlTypeId.Numeric or SqlTypeId.Real or SqlTypeId.Double
            or SqlTypeId.Oid or SqlTypeId.RegClass or SqlTypeId.RegProc or SqlTypeId.RegProcedure or SqlTypeId.RegType or SqlTypeId.RegNamespace
            or SqlTypeId.RegRole => 'N',
        SqlTypeId.CatalogChar => 'Z',
        SqlTypeId.Array or SqlTypeId.Int2Vector or SqlTypeId.OidVector => 'A',
        SqlTypeId.Text or SqlTypeId.Varchar or SqlTypeId.Char or SqlTypeId.PaddedChar or SqlTypeId.Name => 'S',
        SqlTypeId.Date or SqlTypeId.Time or SqlTypeId.Timestamp or SqlTypeId.TimestampTz => 'D',
        SqlTypeId.Interval => 'T',
        SqlTypeId.Unknown => 'X',
        SqlTypeId.Void => 'P',
        _ => 'U',
    };

    public static bool IsPreferred(SqlTypeId id) =>
        id is SqlTypeId.Boolean or SqlTypeId.Double or SqlTypeId.Oid or SqlTypeId.Text or SqlTypeId.TimestampTz or SqlTypeId.Interval;

    public static bool IsNumber(SqlTypeId id) =>
        id is SqlTypeId.Int16 or SqlTypeId.Int32 or SqlTypeId.Int64 or SqlTypeId.Numeric or SqlTypeId.Real or SqlTypeId.Double;

    public static bool IsImplicit(SqlTypeId from, SqlTypeId to) => CastRegistry.IsAllowed(from, to, CastContext.Implicit);

    /// <summary>The bytes of one are the bytes of the other: no cast is needed where only the value counts.</summary>
    public static bool IsBinaryCoercible(SqlTypeId from, SqlTypeId to) =>
        from == to
        || (to == SqlTypeId.Text && from is SqlTypeId.Varchar or SqlTypeId.Unknown)
        || (to == SqlTypeId.Varchar && from == SqlTypeId.Text)
        || (to == SqlTypeId.Oid && new SqlType(from).IsObjectName)
        || (to == SqlTypeId.Array && from is SqlTypeId.Int2Vector or SqlTypeId.OidVector);

    /// <summary>
    /// The type in which two values are compared; null where they cannot be. Stands for the comparison operators of
    /// pg_operator, cross-type ones included, and the choice among them.
    /// </summary>
    public static SqlType? ComparisonType(SqlType left, SqlType right)
    {
        left = left.Id == SqlTypeId.PaddedChar ? SqlType.Char : left;
        right = right.Id == SqlTypeId.PaddedChar ? SqlType.Char : right;
        if (left.Id == SqlTypeId.Unknown && right.Id == SqlTypeId.Unknown)
        {
            return SqlType.Text;
        }
        if (left.Id == SqlTypeId.Unknown || right.Id == SqlTypeId.Unknown)
        {
            SqlType known = left.Id == SqlTypeId.Unknown ? right : left;
            return known.Id switch
            {
                SqlTypeId.Varchar or SqlTypeId.Name or SqlTypeId.CatalogChar => SqlType.Text,
                SqlTypeId.Array => known,
                SqlTypeId.Char => SqlType.Char,
                SqlTypeId.Void => null,
                _ => new SqlType(known.Id),
            };
        }
        if (IsNumber(left.Id) && IsNumber(right.Id))
        {
            return CommonNumber(left, right);
        }
        if (left.Id == right.Id)
        {
            return left.Id switch
            {
                SqlTypeId.Varchar or SqlTypeId.Name or SqlTypeId.CatalogChar => SqlType.Text,
                SqlTypeId.Void => null,
                SqlTypeId.Array => left == right ? left : null,
                _ when left.IsObjectName => SqlType.Oid,
                _ => new SqlType(left.Id),
            };
        }
        if (left.IsString && right.IsString && (left.Id == SqlTypeId.CatalogChar || right.Id == SqlTypeId.CatalogChar))
        {
            return SqlType.Text;
        }
        char category = Of(left.Id);
        switch (category)
        {
            case 'S' when Of(right.Id) == 'S':
                // char = varchar compares as char (an exact match of one side), char = text as text (preferred).
                return (left.Id, right.Id) is (SqlTypeId.Char, SqlTypeId.Varchar) or (SqlTypeId.Varchar, SqlTypeId.Char)
                    ? SqlType.Char : SqlType.Text;
            case 'D' when Of(right.Id) == 'D' && left.Id != SqlTypeId.Time && right.Id != SqlTypeId.Time:
                return left.Id == SqlTypeId.TimestampTz || right.Id == SqlTypeId.TimestampTz ? SqlType.TimestampTz : SqlType.Timestamp;
            case 'N' when Of(right.Id) == 'N':
                SqlTypeId other = CastRegistry.IsOid(left.Id) ? right.Id : left.Id;
                return other is SqlTypeId.Numeric or SqlTypeId.Real or SqlTypeId.Double ? null : SqlType.Oid;
        }
        if (left.Id is SqlTypeId.Time or SqlTypeId.Interval && right.Id is SqlTypeId.Time or SqlTypeId.Interval)
        {
            return SqlType.Interval;
        }
        return null;
    }

    /// <summary>The type in which two numbers are compared or computed: the wider integer, numeric of a common scale, double.</summary>
    public static SqlType CommonNumber(SqlType left, SqlType right)
    {
        if (left.Id is SqlTypeId.Real or SqlTypeId.Double || right.Id is SqlTypeId.Real or SqlTypeId.Double)
        {
            return left.Id == SqlTypeId.Real && right.Id == SqlTypeId.Real ? SqlType.Real : SqlType.Double;
        }
        if (left.Id == SqlTypeId.Numeric || right.Id == SqlTypeId.Numeric)
        {
            return CommonNumeric(CastRegistry.ResultType(left, SqlType.Numeric), CastRegistry.ResultType(right, SqlType.Numeric));
        }
        return left.Id > right.Id ? left : right;   // the enumeration has the integers in order of width
    }

    /// <summary>A numeric that holds both types' values without loss: of the larger scale, or of variable scale.</summary>
    public static SqlType CommonNumeric(SqlType left, SqlType right)
    {
        if (!left.IsFixedNumeric || !right.IsFixedNumeric)
        {
            return SqlType.Numeric;
        }
        int scale = Math.Max(left.Scale, right.Scale);
        int precision = Math.Max(left.Precision - left.Scale, right.Precision - right.Scale) + scale;
        return precision <= SqlType.NumericPrecisionMax ? SqlType.FixedNumeric(Math.Max(precision, 1), scale) : SqlType.Numeric;
    }

    /// <summary>A literal (or parameter) without a type that is not just NULL.</summary>
    public static bool IsUntypedLiteral(Expression expression) => expression.Type.Id == SqlTypeId.Unknown && expression is not ConstantExpression { Value: null };

    /// <summary>
    /// The common type of the branches of UNION, CASE, COALESCE, VALUES: null where the categories differ, with the pair
    /// that does not match in the out parameters. An untyped literal among them (NULL apart) may be longer or finer than the
    /// modifiers of the others allow, so that these are dropped.
    /// </summary>
    public static SqlType? CommonType(IReadOnlyList<SqlType> types, bool hasUntypedLiteral, out SqlType left, out SqlType right) =>
        CommonType(types, out left, out right) is not { } common ? null
            : !hasUntypedLiteral || common.Id == SqlTypeId.Array ? common   // an array's modifier is the type of its elements
            : common.Id == SqlTypeId.Char && common.Precision > 0 ? SqlType.PaddedChar
            : new SqlType(common.Id);

    private static SqlType? CommonType(IReadOnlyList<SqlType> types, out SqlType left, out SqlType right)
    {
        left = right = SqlType.Unknown;
        SqlType common = SqlType.Unknown;
        foreach (SqlType type in types)
        {
            if (type.Id == SqlTypeId.Unknown || type == common)
            {
                continue;
            }
            if (common.Id == SqlTypeId.Unknown)
            {
                common = type;
            }
            else if (common.Id == type.Id && common.Id != SqlTypeId.Array)
            {
                common = WithoutConflict(common, type);
            }
            else if (Of(common.Id) != Of(type.Id) || common.Id == SqlTypeId.Array)   // arrays of other elements
            {
                (left, right) = (common, type);
                return null;
            }
            else if (!IsPreferred(common.Id) && IsImplicit(common.Id, type.Id) && !IsImplicit(type.Id, common.Id))
            {
                common = type;
            }
            else if (!IsImplicit(type.Id, common.Id))
            {
                (left, right) = (common, type);
                return null;
            }
        }
        if (common.Id == SqlTypeId.Unknown)
        {
            return SqlType.Text;
        }
        // The winner's modifiers hold only if every branch has that very type; numerics agree on a scale or vary.
        foreach (SqlType type in types)
        {
            if (type.Id != SqlTypeId.Unknown)
            {
                SqlType cast = CastRegistry.ResultType(type, new SqlType(common.Id));
                common = cast.Id != common.Id ? common : common.Id == SqlTypeId.Numeric ? WithoutConflict(common, cast)
                    : type.Id == common.Id ? WithoutConflict(common, type) : new SqlType(common.Id);
            }
        }
        // Where the lengths of char(n) differ, or one is not known, each value keeps its own blanks.
        bool hasBlanks = common == SqlType.Char && types.Any(type => type.Id == SqlTypeId.PaddedChar || (type.Id == SqlTypeId.Char && type.Precision > 0));
        return hasBlanks ? SqlType.PaddedChar : common;
    }

    /// <summary>One type for two of the same id: equal modifiers stay, others go; numerics of one scale take the larger precision.</summary>
    public static SqlType WithoutConflict(SqlType left, SqlType right)
    {
        if (left == right)
        {
            return left;
        }
        return left.IsFixedNumeric && right.IsFixedNumeric && left.Scale == right.Scale
            ? SqlType.FixedNumeric(Math.Max(left.Precision, right.Precision), left.Scale)
            : new SqlType(left.Id);
    }
}
