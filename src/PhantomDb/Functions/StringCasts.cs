using PhantomDb.Types;

namespace PhantomDb.Functions;

internal static class StringCasts
{
    public static BoundCast? TryBind(SqlType from, SqlType to, CastContext context) => null;
}
