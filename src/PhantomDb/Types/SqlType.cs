using System.Diagnostics;

namespace PhantomDb.Types;

/// <summary>
/// A SQL type with its modifiers. For numeric, <see cref="Precision"/> and <see cref="Scale"/> are the bounds that
/// hold for every value of the expression (declared for a column, inferred inside an expression), and they decide the
/// physical type; Scale -1 means that the scale differs from value to value. PostgreSQL itself drops both inside
/// expressions: what is shown is the same, because a scale that is inferred is the display scale.
/// For varchar(n) and char(n), Precision is n in characters; for time types, the digits of fractional seconds (-1: 6).
/// </summary>
internal readonly record struct SqlType(SqlTypeId Id, int Precision = -1, int Scale = -1)
{
    public const int NumericPrecisionMax = 38;
    public const int Int64DigitsMax = 18;

    public static readonly SqlType Unknown = new(SqlTypeId.Unknown);
    public static readonly SqlType Boolean = new(SqlTypeId.Boolean);
    public static readonly SqlType Int16 = new(SqlTypeId.Int16);
    public static readonly SqlType Int32 = new(SqlTypeId.Int32);
    public static readonly SqlType Int64 = new(SqlTypeId.Int64);
    public static readonly SqlType Numeric = new(SqlTypeId.Numeric);
    public static readonly SqlType Real = new(SqlTypeId.Real);
    public static readonly SqlType Double = new(SqlTypeId.Double);
    public static readonly SqlType Text = new(SqlTypeId.Text);
    public static readonly SqlType Varchar = new(SqlTypeId.Varchar);
    public static readonly SqlType Char = new(SqlTypeId.Char);
    public static readonly SqlType PaddedChar = new(SqlTypeId.PaddedChar);
    public static readonly SqlType Bytea = new(SqlTypeId.Bytea);
    public static readonly SqlType Date = new(SqlTypeId.Date);
    public static readonly SqlType Time = new(SqlTypeId.Time);
    public static readonly SqlType Timestamp = new(SqlTypeId.Timestamp);
    public static readonly SqlType TimestampTz = new(SqlTypeId.TimestampTz);
    public static readonly SqlType Interval = new(SqlTypeId.Interval);
    public static readonly SqlType Uuid = new(SqlTypeId.Uuid);
    public static readonly SqlType Oid = new(SqlTypeId.Oid);
    public static readonly SqlType RegClass = new(SqlTypeId.RegClass);
    public static readonly SqlType Name = new(SqlTypeId.Name);
    public static readonly SqlType Void = new(SqlTypeId.Void);
    public static readonly SqlType CatalogChar = new(SqlTypeId.CatalogChar);
    public static readonly SqlType RegProc = new(SqlTypeId.RegProc);
    public static readonly SqlType RegType = new(SqlTypeId.RegType);
    public static readonly SqlType RegNamespace = new(SqlTypeId.RegNamespace);
    public static readonly SqlType RegRole = new(SqlTypeId.RegRole);
    public static readonly SqlType Int2Vector = new(SqlTypeId.Int2Vector);
    public static readonly SqlType OidVector = new(SqlTypeId.OidVector);

    public static SqlType ArrayOf(SqlTypeId element) => new(SqlTypeId.Array, (int)element);

    public static SqlType FixedNumeric(int precision, int scale) => new(SqlTypeId.Numeric, precision, scale);

    /// <summary>How values of this type lie in memory.</summary>
    public PhysicalType Physical => Id switch
    {
        SqlTypeId.Boolean => PhysicalType.Boolean,
        SqlTypeId.Int16 => PhysicalType.Int16,
        SqlTypeId.Int32 or SqlTypeId.Date => PhysicalType.Int32,
        SqlTypeId.Int64 or SqlTypeId.Time or SqlTypeId.Timestamp or SqlTypeId.TimestampTz
            or SqlTypeId.Oid or SqlTypeId.RegClass or SqlTypeId.RegProc or SqlTypeId.RegProcedure or SqlTypeId.RegType
            or SqlTypeId.RegNamespace or SqlTypeId.RegRole => PhysicalType.Int64,
        SqlTypeId.Numeric => Scale < 0 || Precision < 0 ? PhysicalType.Numeric
            : Precision <= Int64DigitsMax ? PhysicalType.Int64 : PhysicalType.Int128,
        SqlTypeId.Real => PhysicalType.Real,
        SqlTypeId.Double => PhysicalType.Double,
        SqlTypeId.Unknown or SqlTypeId.Text or SqlTypeId.Varchar or SqlTypeId.Char or SqlTypeId.Bytea
            or SqlTypeId.Name or SqlTypeId.PaddedChar or SqlTypeId.Void or SqlTypeId.CatalogChar or SqlTypeId.Int2Vector or SqlTypeId.OidVector
            or SqlTypeId.Array => PhysicalType.String,
        SqlTypeId.Interval => PhysicalType.Interval,
        SqlTypeId.Uuid => PhysicalType.Uuid,
        _ => throw new UnreachableException(),
    };

    public bool IsString => Id is SqlTypeId.Text or SqlTypeId.Varchar or SqlTypeId.Char or SqlTypeId.PaddedChar or SqlTypeId.Name or SqlTypeId.Unknown or SqlTypeId.CatalogChar;

    /// <summary>An oid shown as the name of what it stands for.</summary>
    public bool IsObjectName => Id is SqlTypeId.RegClass or SqlTypeId.RegProc or SqlTypeId.RegProcedure or SqlTypeId.RegType
        or SqlTypeId.RegNamespace or SqlTypeId.RegRole;

    public bool IsArray => Id is SqlTypeId.Array or SqlTypeId.Int2Vector or SqlTypeId.OidVector;

    /// <summary>True for the types that only the system catalogs have: tables cannot be made with them.</summary>
    public bool IsCatalogOnly => Id >= SqlTypeId.CatalogChar;

    /// <summary>Type of an array's elements.</summary>
    public SqlType Element => Id switch
    {
        SqlTypeId.Array => new SqlType((SqlTypeId)Precision),
        SqlTypeId.Int2Vector => Int16,
        SqlTypeId.OidVector => Oid,
        _ => Unknown,
    };

    public bool IsInteger => Id is SqlTypeId.Int16 or SqlTypeId.Int32 or SqlTypeId.Int64;

    public bool IsFixedNumeric => Id == SqlTypeId.Numeric && Scale >= 0 && Precision >= 0;

    /// <summary>PostgreSQL's name, without modifiers: "integer", "character varying", "timestamp without time zone".</summary>
    public string BaseName => Id switch
    {
        SqlTypeId.Unknown => "unknown",
        SqlTypeId.Boolean => "boolean",
        SqlTypeId.Int16 => "smallint",
        SqlTypeId.Int32 => "integer",
        SqlTypeId.Int64 => "bigint",
        SqlTypeId.Numeric => "numeric",
        SqlTypeId.Real => "real",
        SqlTypeId.Double => "double precision",
        SqlTypeId.Text => "text",
        SqlTypeId.Varchar => "character varying",
        SqlTypeId.Char or SqlTypeId.PaddedChar => "character",
        SqlTypeId.Bytea => "bytea",
        SqlTypeId.Date => "date",
        SqlTypeId.Time => "time without time zone",
        SqlTypeId.Timestamp => "timestamp without time zone",
        SqlTypeId.TimestampTz => "timestamp with time zone",
        SqlTypeId.Interval => "interval",
        SqlTypeId.Uuid => "uuid",
        SqlTypeId.Oid => "oid",
        SqlTypeId.RegClass => "regclass",
        SqlTypeId.Name => "name",
        SqlTypeId.Void => "void",
        SqlTypeId.CatalogChar => "\"char\"",
        SqlTypeId.RegProc => "regproc",
        SqlTypeId.RegProcedure => "regprocedure",
        SqlTypeId.RegType => "regtype",
        SqlTypeId.RegNamespace => "regnamespace",
        SqlTypeId.RegRole => "regrole",
        SqlTypeId.Int2Vector => "int2vector",
        SqlTypeId.OidVector => "oidvector",
        SqlTypeId.Array => Precision < 0 ? "anyarray" : Element.BaseName + "[]",
        _ => throw new UnreachableException(),
    };

    /// <summary>PostgreSQL's name with modifiers: "numeric(10,2)", "character varying(20)".</summary>
    public override string ToString() => Id switch
    {
        SqlTypeId.Numeric when Precision >= 0 => $"numeric({Precision},{Math.Max(Scale, 0)})",
        SqlTypeId.Varchar or SqlTypeId.Char when Precision >= 0 => $"{BaseName}({Precision})",
        SqlTypeId.Time when Precision >= 0 => $"time({Precision}) without time zone",
        SqlTypeId.Timestamp when Precision >= 0 => $"timestamp({Precision}) without time zone",
        SqlTypeId.TimestampTz when Precision >= 0 => $"timestamp({Precision}) with time zone",
        SqlTypeId.Interval when Precision >= 0 => $"interval({Precision})",
        _ => BaseName,
    };
}
