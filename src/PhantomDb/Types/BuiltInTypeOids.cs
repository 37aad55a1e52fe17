using System.Collections.Frozen;
using System.Diagnostics;

namespace PhantomDb.Types;

/// <summary>PostgreSQL's oids of the built-in types (pg_type.dat), so that clients of its protocol know them.</summary>
internal static class BuiltInTypeOids
{
    private static readonly FrozenDictionary<int, SqlTypeId> Ids = Enum.GetValues<SqlTypeId>().DistinctBy(Of).ToFrozenDictionary(Of);

    /// <summary>The type with an oid, arrays included; null where the engine has none.</summary>
    public static SqlType? Find(int oid)
    {
        if (Ids.TryGetValue(oid, out SqlTypeId id))
        {
            return new SqlType(id);
        }
        foreach (SqlTypeId element in Ids.Values)
        {
            if (ArrayOf(element) == oid)
            {
                return SqlType.ArrayOf(element);
            }
        }
        return null;
    }

    public static int Of(SqlType type) => type.Id == SqlTypeId.Array && type.Precision >= 0 ? ArrayOf(type.Element.Id) : Of(type.Id);

    /// <summary>Oid of the arrays of a type; 0 where there are none.</summary>
    public static int ArrayOf(SqlTypeId element) => element switch
    {
        SqlTypeId.Boolean => 1000,
        SqlTypeId.Bytea => 1001,
        SqlTypeId.CatalogChar => 1002,
        SqlTypeId.Name => 1003,
        SqlTypeId.Int16 => 1005,
        SqlTypeId.Int2Vector => 1006,
        SqlTypeId.Int32 => 1007,
        SqlTypeId.RegProc => 1008,
        SqlTypeId.Text => 1009,
        SqlTypeId.OidVector => 1013,
        SqlTypeId.Char => 1014,
        SqlTypeId.Varchar => 1015,
        SqlTypeId.Int64 => 1016,
        SqlTypeId.Real => 1021,
        SqlTypeId.Double => 1022,
        SqlTypeId.Oid => 1028,
        SqlTypeId.Timestamp => 1115,
        SqlTypeId.Date => 1182,
        SqlTypeId.Time => 1183,
        SqlTypeId.TimestampTz => 1185,
        SqlTypeId.Interval => 1187,
        SqlTypeId.Numeric => 1231,
        SqlTypeId.RegProcedure => 2207,
        SqlTypeId.RegClass => 2210,
        SqlTypeId.RegType => 2211,
        SqlTypeId.Uuid => 2951,
        SqlTypeId.RegNamespace => 4090,
        SqlTypeId.RegRole => 4097,
        SqlTypeId.Unknown or SqlTypeId.Void or SqlTypeId.PaddedChar or SqlTypeId.Array => 0,
        _ => throw new UnreachableException(),
    };

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
        SqlTypeId.CatalogChar => 18,
        SqlTypeId.Int2Vector => 22,
        SqlTypeId.RegProc => 24,
        SqlTypeId.OidVector => 30,
        SqlTypeId.RegProcedure => 2202,
        SqlTypeId.RegType => 2206,
        SqlTypeId.Array => 2277,
        SqlTypeId.RegNamespace => 4089,
        SqlTypeId.RegRole => 4096,
        _ => throw new UnreachableException(),
    };
}
