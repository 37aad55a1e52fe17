using PhantomDb.Errors;
using PhantomDb.Types;

namespace PhantomDb.Functions;

/// <summary>
/// Which casts exist and where they are allowed (PostgreSQL's pg_cast, plus its casts by text), and the kernel for one.
/// </summary>
internal static class CastRegistry
{
    /// <summary>
    /// The widest place in which a cast is allowed by itself: Implicit casts may stand anywhere. Null where there is none.
    /// </summary>
    public static CastContext? ContextOf(SqlTypeId from, SqlTypeId to)
    {
        if (from == to || from == SqlTypeId.Unknown)
        {
            return CastContext.Implicit;
        }

        CastContext? listed = Listed(from, to);
        if (listed is not null)
        {
            return listed;
        }

        // Casts by way of the text form: to a string by assignment, from a string only where asked for.
        if (from is SqlTypeId.Void or SqlTypeId.Unknown || to is SqlTypeId.Void or SqlTypeId.Unknown)
        {
            return null;
        }

        if (IsArray(from) && IsArray(to))
        {
            return to == SqlTypeId.Array ? CastContext.Implicit : CastContext.Explicit;
        }

        return IsString(to) ? CastContext.Assignment : IsString(from) ? CastContext.Explicit : null;
    }

    /// <summary>True where a cast may stand in a context.</summary>
    public static bool IsAllowed(SqlTypeId from, SqlTypeId to, CastContext context) =>
        ContextOf(from, to) is { } needed && needed <= context;

    /// <summary>
    /// The type a cast to a type without modifiers gives: integers and fixed numerics keep their digits as
    /// numeric(p,s), so that arithmetic stays in integers; everything else is the type itself.
    /// </summary>
    public static SqlType ResultType(SqlType from, SqlType to)
    {
        if (to.Id == SqlTypeId.Numeric && to.Precision < 0)
        {
            return from.Id switch
            {
                SqlTypeId.Int16 => SqlType.FixedNumeric(5, 0),
                SqlTypeId.Int32 => SqlType.FixedNumeric(10, 0),
                SqlTypeId.Int64 => SqlType.FixedNumeric(19, 0),
                SqlTypeId.Numeric => from,
                _ => to,
            };
        }

        if (to.Id == SqlTypeId.Array && to.Precision < 0)
        {
            return from.IsArray ? SqlType.ArrayOf(from.Element.Id) : SqlType.ArrayOf(SqlTypeId.Text);
        }

        return from.Id == to.Id && to.Precision < 0 ? from : to;
    }

    /// <summary>The cast of values; the binder has made sure that it is allowed.</summary>
    public static BoundCast Bind(SqlType from, SqlType to, CastContext context) =>
        NumberCasts.TryBind(from, to)
        ?? DateTimeCasts.TryBind(from, to)
        ?? StringCasts.TryBind(from, to, context)
        ?? throw CannotCast(from, to);

    public static PhantomDbException CannotCast(SqlType from, SqlType to) =>
        new(SqlStates.CannotCoerce, $"cannot cast type {from.BaseName} to {to.BaseName}");

    private static bool IsString(SqlTypeId id) =>
        id is SqlTypeId.Text or SqlTypeId.Varchar or SqlTypeId.Char or SqlTypeId.PaddedChar or SqlTypeId.Name or SqlTypeId.CatalogChar;

    private static bool IsArray(SqlTypeId id) => new SqlType(id).IsArray;

    /// <summary>An oid, or an oid shown by its object's name.</summary>
    internal static bool IsOid(SqlTypeId id) => id == SqlTypeId.Oid || new SqlType(id).IsObjectName;

    private static CastContext? Listed(SqlTypeId from, SqlTypeId to) => (from, to) switch
    {
        (SqlTypeId.Int16, SqlTypeId.Int32 or SqlTypeId.Int64 or SqlTypeId.Numeric or SqlTypeId.Real or SqlTypeId.Double) => CastContext.Implicit,
        (SqlTypeId.Int32, SqlTypeId.Int64 or SqlTypeId.Numeric or SqlTypeId.Real or SqlTypeId.Double) => CastContext.Implicit,
        (SqlTypeId.Int64, SqlTypeId.Numeric or SqlTypeId.Real or SqlTypeId.Double) => CastContext.Implicit,
        (SqlTypeId.Numeric, SqlTypeId.Real or SqlTypeId.Double) => CastContext.Implicit,
        (SqlTypeId.Real, SqlTypeId.Double) => CastContext.Implicit,
        (SqlTypeId.Int16 or SqlTypeId.Int32 or SqlTypeId.Int64 or SqlTypeId.Numeric or SqlTypeId.Real or SqlTypeId.Double,
            SqlTypeId.Int16 or SqlTypeId.Int32 or SqlTypeId.Int64 or SqlTypeId.Numeric or SqlTypeId.Real or SqlTypeId.Double) => CastContext.Assignment,
        (SqlTypeId.Int16 or SqlTypeId.Int32 or SqlTypeId.Int64, _) when IsOid(to) => CastContext.Implicit,
        (SqlTypeId.Oid, _) when IsOid(to) => CastContext.Implicit,
        (_, SqlTypeId.Oid) when IsOid(from) => CastContext.Implicit,
        (SqlTypeId.RegProc, SqlTypeId.RegProcedure) or (SqlTypeId.RegProcedure, SqlTypeId.RegProc) => CastContext.Implicit,
        (_, SqlTypeId.Int32 or SqlTypeId.Int64) when IsOid(from) => CastContext.Assignment,
        (SqlTypeId.CatalogChar, SqlTypeId.Text) => CastContext.Implicit,
        (SqlTypeId.CatalogChar, SqlTypeId.Varchar or SqlTypeId.Char) => CastContext.Assignment,
        (SqlTypeId.Text or SqlTypeId.Varchar or SqlTypeId.Char, SqlTypeId.CatalogChar) => CastContext.Assignment,
        (SqlTypeId.Text or SqlTypeId.Varchar, SqlTypeId.RegClass) => CastContext.Implicit,
        (SqlTypeId.Int32, SqlTypeId.Boolean) or (SqlTypeId.Boolean, SqlTypeId.Int32) => CastContext.Explicit,
        (SqlTypeId.Text, SqlTypeId.Varchar or SqlTypeId.Char) => CastContext.Implicit,
        (SqlTypeId.Varchar, SqlTypeId.Text or SqlTypeId.Char) => CastContext.Implicit,
        (SqlTypeId.Char, SqlTypeId.Text or SqlTypeId.Varchar) => CastContext.Implicit,
        (SqlTypeId.PaddedChar, SqlTypeId.Text or SqlTypeId.Varchar or SqlTypeId.Char or SqlTypeId.Name) => CastContext.Implicit,
        (SqlTypeId.Text or SqlTypeId.Varchar or SqlTypeId.Char, SqlTypeId.PaddedChar) => CastContext.Implicit,
        (SqlTypeId.Name, SqlTypeId.Text) => CastContext.Implicit,
        (SqlTypeId.Name, SqlTypeId.Varchar or SqlTypeId.Char) => CastContext.Assignment,
        (SqlTypeId.Text or SqlTypeId.Varchar or SqlTypeId.Char, SqlTypeId.Name) => CastContext.Implicit,
        (SqlTypeId.Date, SqlTypeId.Timestamp or SqlTypeId.TimestampTz) => CastContext.Implicit,
        (SqlTypeId.Timestamp, SqlTypeId.TimestampTz) => CastContext.Implicit,
        (SqlTypeId.Timestamp or SqlTypeId.TimestampTz, SqlTypeId.Date or SqlTypeId.Time) => CastContext.Assignment,
        (SqlTypeId.TimestampTz, SqlTypeId.Timestamp) => CastContext.Assignment,
        (SqlTypeId.Time, SqlTypeId.Interval) => CastContext.Implicit,
        (SqlTypeId.Interval, SqlTypeId.Time) => CastContext.Assignment,
        _ => null,
    };
}
