using System.Diagnostics;

namespace PhantomDb.Types;

/// <summary>PostgreSQL's oids of the built-in types (pg_type.dat), so that clients of its protocol know them.</summary>
internal static class BuiltInTypeOids
{
    public static int Of(SqlTypeId type) => type switch
    {
        SqlTypeId.Boolean => 16,
        SqlTypeId.Bytea => 17,
        SqlTypeId.Name => 19,
        SqlTypeId.Int64 => 20,
        SqlTypeId.Int16 => 21,
        SqlTypeId.Int32 => 23,
        SqlTypeId.Text => 25,
        SqlTypeId.Oid => 26,
        SqlTypeId.Real => 700,
        SqlTypeId.Double => 701,
        SqlTypeId.Unknown => 705,
        SqlTypeId.Char or SqlTypeId.PaddedChar => 1042,
        SqlTypeId.Varchar => 1043,
        SqlTypeId.Date => 1082,
        SqlTypeId.Time => 1083,
        SqlTypeId.Timestamp => 1114,
        SqlTypeId.TimestampTz => 1184,
        SqlTypeId.Interval => 1186,
        SqlTypeId.Numeric => 1700,
        SqlTypeId.RegClass => 2205,
        SqlTypeId.Void => 2278,
        SqlTypeId.Uuid => 2950,
        _ => throw new UnreachableException(),
    };
}
