using System.Diagnostics;
using PhantomDb.Catalog;
using PhantomDb.Types;

namespace PhantomDb.Execution.SystemTables;

/// <summary>An operator class of ordered indexes over a type, with PostgreSQL's oids.</summary>
internal sealed record OperatorClass(int Oid, string Name, int Family, SqlTypeId Type)
{
    public static readonly OperatorClass[] All =
    [
        new(1978, "int4_ops", 1976, SqlTypeId.Int32), new(1979, "int2_ops", 1976, SqlTypeId.Int16), new(1981, "oid_ops", 1989, SqlTypeId.Oid),
        new(3122, "date_ops", 434, SqlTypeId.Date), new(3123, "float8_ops", 1970, SqlTypeId.Double), new(3124, "int8_ops", 1976, SqlTypeId.Int64),
        new(3125, "numeric_ops", 1988, SqlTypeId.Numeric), new(3126, "text_ops", 1994, SqlTypeId.Text), new(3127, "timestamptz_ops", 434, SqlTypeId.TimestampTz),
        new(3128, "timestamp_ops", 434, SqlTypeId.Timestamp), new(10003, "bool_ops", 424, SqlTypeId.Boolean), new(10004, "bpchar_ops", 426, SqlTypeId.Char),
        new(10006, "bytea_ops", 428, SqlTypeId.Bytea), new(10012, "float4_ops", 1970, SqlTypeId.Real), new(10022, "interval_ops", 1982, SqlTypeId.Interval),
        new(10028, "name_ops", 1994, SqlTypeId.Name), new(10038, "time_ops", 1996, SqlTypeId.Time), new(10065, "uuid_ops", 2968, SqlTypeId.Uuid),
        new(10044, "varchar_ops", 1994, SqlTypeId.Text) { IsDefault = false }, new(4217, "text_pattern_ops", 2095, SqlTypeId.Text) { IsDefault = false },
        new(4218, "varchar_pattern_ops", 2095, SqlTypeId.Text) { IsDefault = false }, new(4219, "bpchar_pattern_ops", 2097, SqlTypeId.Char) { IsDefault = false },
    ];

    public bool IsDefault { get; init; } = true;

    /// <summary>That of an index's column.</summary>
    public static OperatorClass Of(IndexColumn key, SqlType type) =>
        key.OperatorClass is null ? Of(type.Id) : System.Array.Find(All, c => c.Name == key.OperatorClass)!;

    public static OperatorClass Of(SqlTypeId type) => System.Array.Find(All, c => c.Type == type && c.IsDefault) ?? type switch
    {
        SqlTypeId.Varchar => Of(SqlTypeId.Text),
        SqlTypeId.RegClass => Of(SqlTypeId.Oid),
        _ => throw new UnreachableException(type.ToString()),
    };
}

/// <summary>The operator = of a type, with PostgreSQL's oid.</summary>
internal static class EqualityOperator
{
    public static int Of(SqlTypeId type) => type switch
    {
        SqlTypeId.Boolean => 91,
        SqlTypeId.Int16 => 94,
        SqlTypeId.Int32 => 96,
        SqlTypeId.Int64 => 410,
        SqlTypeId.Real => 620,
        SqlTypeId.Double => 670,
        SqlTypeId.Numeric => 1752,
        SqlTypeId.Text or SqlTypeId.Varchar => 98,
        SqlTypeId.Char => 1054,
        SqlTypeId.Name => 93,
        SqlTypeId.Bytea => 1955,
        SqlTypeId.Date => 1093,
        SqlTypeId.Time => 1108,
        SqlTypeId.Timestamp => 2060,
        SqlTypeId.TimestampTz => 1320,
        SqlTypeId.Interval => 1330,
        SqlTypeId.Uuid => 2972,
        SqlTypeId.Oid or SqlTypeId.RegClass => 607,
        _ => throw new UnreachableException(type.ToString()),
    };
}
