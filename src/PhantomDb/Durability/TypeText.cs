using System.Globalization;
using PhantomDb.Types;

namespace PhantomDb.Durability;

/// <summary>
/// The names of types in files: the format's own where it has them (int, string, double …), else SQL's. Both are read.
/// docs/file-formats.md has the table.
/// </summary>
internal static class TypeText
{
    private const string BlankPadded = "bpchar";   // without a length; "char" alone is char(1)

    /// <summary>The name to write.</summary>
    public static string Format(SqlType type) => type.Id switch
    {
        SqlTypeId.Boolean => "bool",
        SqlTypeId.Int16 => "smallint",
        SqlTypeId.Int32 => "int",
        SqlTypeId.Int64 => "bigint",
        SqlTypeId.Real => "float",
        SqlTypeId.Double => "double",
        SqlTypeId.Text or SqlTypeId.Unknown => "string",
        SqlTypeId.Varchar => WithPrecision("varchar", type),
        SqlTypeId.Char or SqlTypeId.PaddedChar => type.Precision < 0 ? BlankPadded : WithPrecision("char", type),
        SqlTypeId.Time => WithPrecision("time", type),
        SqlTypeId.Timestamp => WithPrecision("datetime", type),
        SqlTypeId.TimestampTz => WithPrecision("timestamptz", type),
        _ => type.ToString(),
    };

    /// <summary>The type of a name, in any case; false for a name that no type has.</summary>
    public static bool TryParse(string text, out SqlType type)
    {
        type = default;
        string name = text.Trim();
        if (name.Equals(BlankPadded, StringComparison.OrdinalIgnoreCase))
        {
            type = SqlType.Char;
            return true;
        }
        int[] modifiers = [];
        int open = name.IndexOf('(');
        if (open >= 0)
        {
            int close = name.IndexOf(')', open);
            if (close < 0 || !TryParseModifiers(name[(open + 1)..close], out modifiers))
            {
                return false;
            }
            name = name[..open].TrimEnd() + name[(close + 1)..];   // time(3) without time zone
        }
        return TryFind(name.ToLowerInvariant(), out SqlTypeId id) && TryApply(id, modifiers, out type);
    }

    private static string WithPrecision(string name, SqlType type) =>
        type.Precision < 0 ? name : string.Create(CultureInfo.InvariantCulture, $"{name}({type.Precision})");

    private static bool TryParseModifiers(string text, out int[] modifiers)
    {
        string[] parts = text.Split(',');
        modifiers = new int[parts.Length];
        for (int i = 0; i < parts.Length; i++)
        {
            if (!int.TryParse(parts[i].Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out modifiers[i]))
            {
                return false;
            }
        }
        return true;
    }

    private static bool TryFind(string name, out SqlTypeId id)
    {
        id = name switch
        {
            "bool" or "boolean" => SqlTypeId.Boolean,
            "smallint" or "int2" or "short" => SqlTypeId.Int16,
            "int" or "integer" or "int4" => SqlTypeId.Int32,
            "bigint" or "int8" or "long" => SqlTypeId.Int64,
            "numeric" or "decimal" => SqlTypeId.Numeric,
            "float" or "real" or "float4" => SqlTypeId.Real,
            "double" or "double precision" or "float8" => SqlTypeId.Double,
            "string" or "text" => SqlTypeId.Text,
            "varchar" or "character varying" => SqlTypeId.Varchar,
            "char" or "character" or "bpchar" => SqlTypeId.Char,
            "bytea" or "binary" or "blob" => SqlTypeId.Bytea,
            "date" => SqlTypeId.Date,
            "time" or "time without time zone" => SqlTypeId.Time,
            "datetime" or "timestamp" or "timestamp without time zone" => SqlTypeId.Timestamp,
            "timestamptz" or "timestamp with time zone" => SqlTypeId.TimestampTz,
            "interval" => SqlTypeId.Interval,
            "uuid" or "guid" => SqlTypeId.Uuid,
            "oid" => SqlTypeId.Oid,
            "regclass" => SqlTypeId.RegClass,
            "name" => SqlTypeId.Name,
            _ => SqlTypeId.Void,
        };
        return id != SqlTypeId.Void;
    }

    private static bool TryApply(SqlTypeId id, int[] modifiers, out SqlType type)
    {
        type = new SqlType(id);
        switch (id)
        {
            case SqlTypeId.Char when modifiers.Length == 0:
                type = new SqlType(id, 1);
                return true;
            case SqlTypeId.Varchar or SqlTypeId.Char when modifiers is [>= 1 and <= 10_485_760]:
            case SqlTypeId.Time or SqlTypeId.Timestamp or SqlTypeId.TimestampTz or SqlTypeId.Interval when modifiers is [<= 6]:
                type = new SqlType(id, modifiers[0]);
                return true;
            case SqlTypeId.Numeric when modifiers is [>= 1 and <= SqlType.NumericPrecisionMax]:
                type = SqlType.FixedNumeric(modifiers[0], 0);
                return true;
            case SqlTypeId.Numeric when modifiers is [>= 1 and <= SqlType.NumericPrecisionMax, <= SqlType.NumericPrecisionMax]:
                type = SqlType.FixedNumeric(modifiers[0], modifiers[1]);
                return true;
            default:
                return modifiers.Length == 0;
        }
    }
}
