using PhantomDb.Errors;
using PhantomDb.Types;

namespace PhantomDb.Binding;

/// <summary>
/// Operator classes that an index column may name: those of PostgreSQL whose order is the one that indexes have here. Text is
/// in the order of its bytes, so the pattern classes mean the same as the plain ones.
/// </summary>
internal static class OperatorClasses
{
    private static readonly SqlTypeId[] Strings = [SqlTypeId.Text, SqlTypeId.Varchar];
    private static readonly SqlTypeId[] Characters = [SqlTypeId.Char];

    /// <summary>The name, or null for the type's default; 42704 where there is no such class, 42804 where it is not for the type.</summary>
    public static string? Check(string name, SqlType type, int position)
    {
        SqlTypeId[] accepted = name switch
        {
            "text_ops" or "varchar_ops" or "text_pattern_ops" or "varchar_pattern_ops" => Strings,
            "bpchar_ops" or "bpchar_pattern_ops" => Characters,
            "bool_ops" => [SqlTypeId.Boolean],
            "bytea_ops" => [SqlTypeId.Bytea],
            "date_ops" => [SqlTypeId.Date],
            "float4_ops" => [SqlTypeId.Real],
            "float8_ops" => [SqlTypeId.Double],
            "int2_ops" => [SqlTypeId.Int16],
            "int4_ops" => [SqlTypeId.Int32],
            "int8_ops" => [SqlTypeId.Int64],
            "interval_ops" => [SqlTypeId.Interval],
            "name_ops" => [SqlTypeId.Name],
            "numeric_ops" => [SqlTypeId.Numeric],
            "oid_ops" => [SqlTypeId.Oid, SqlTypeId.RegClass],
            "time_ops" => [SqlTypeId.Time],
            "timestamp_ops" => [SqlTypeId.Timestamp],
            "timestamptz_ops" => [SqlTypeId.TimestampTz],
            "uuid_ops" => [SqlTypeId.Uuid],
            _ => throw Error.At(SqlStates.UndefinedObject, $"operator class \"{name}\" does not exist for access method \"btree\"", position),
        };
        if (!accepted.Contains(type.Id))
        {
            throw Error.At(SqlStates.DatatypeMismatch, $"operator class \"{name}\" does not accept data type {type.BaseName}", position);
        }
        return name is "varchar_ops" or "text_pattern_ops" or "varchar_pattern_ops" or "bpchar_pattern_ops" ? name : null;
    }
}
