using System.Globalization;
using PhantomDb.Errors;
using PhantomDb.Parsing.Ast;
using PhantomDb.Types;

namespace PhantomDb.Binding;

/// <summary>Type names as written to SQL types, modifiers checked.</summary>
internal static class TypeNames
{
    private const int CharacterCountMax = 10_485_760;

    private static readonly Dictionary<string, SqlTypeId> Ids = new()
    {
        ["bool"] = SqlTypeId.Boolean, ["boolean"] = SqlTypeId.Boolean,
        ["int2"] = SqlTypeId.Int16, ["smallint"] = SqlTypeId.Int16,
        ["int4"] = SqlTypeId.Int32, ["int"] = SqlTypeId.Int32, ["integer"] = SqlTypeId.Int32,
        ["int8"] = SqlTypeId.Int64, ["bigint"] = SqlTypeId.Int64,
        ["numeric"] = SqlTypeId.Numeric, ["decimal"] = SqlTypeId.Numeric,
        ["float4"] = SqlTypeId.Real, ["real"] = SqlTypeId.Real,
        ["float8"] = SqlTypeId.Double,
        ["text"] = SqlTypeId.Text, ["varchar"] = SqlTypeId.Varchar, ["bpchar"] = SqlTypeId.Char,
        ["bytea"] = SqlTypeId.Bytea, ["date"] = SqlTypeId.Date, ["time"] = SqlTypeId.Time,
        ["timestamp"] = SqlTypeId.Timestamp, ["timestamptz"] = SqlTypeId.TimestampTz, ["interval"] = SqlTypeId.Interval,
        ["uuid"] = SqlTypeId.Uuid, ["oid"] = SqlTypeId.Oid, ["regclass"] = SqlTypeId.RegClass, ["name"] = SqlTypeId.Name,
        ["unknown"] = SqlTypeId.Unknown, ["char"] = SqlTypeId.CatalogChar, ["regproc"] = SqlTypeId.RegProc,
        ["regprocedure"] = SqlTypeId.RegProcedure, ["regtype"] = SqlTypeId.RegType, ["regnamespace"] = SqlTypeId.RegNamespace,
        ["regrole"] = SqlTypeId.RegRole, ["int2vector"] = SqlTypeId.Int2Vector, ["oidvector"] = SqlTypeId.OidVector,
    };

    private static readonly HashSet<string> Unsupported =
    [
        "bit", "varbit", "box", "cidr", "circle", "inet", "json", "jsonb", "jsonpath", "line", "lseg", "macaddr", "macaddr8", "money",
        "path", "pg_lsn", "point", "polygon", "timetz", "tsquery", "tsvector", "txid_snapshot", "xml",
        "regoper", "regoperator", "regconfig", "regdictionary", "xid", "xid8", "cid", "tid",
        "int4range", "int8range", "numrange", "tsrange", "tstzrange", "daterange", "record", "anyelement", "refcursor",
    ];

    /// <summary>True for a name that is a type's, as a function name in date('…') would be.</summary>
    public static bool TryFind(string name, out SqlTypeId id) => Ids.TryGetValue(name, out id);

    public static SqlType Bind(TypeNameSyntax syntax)
    {
        string name = syntax.Name.Name;
        if (syntax.IsSetOf)
        {
            throw Error.NotSupported("SETOF", syntax.Position);
        }
        if (syntax.Name.Schema is { } schema && schema != "pg_catalog")
        {
            throw Error.TypeNotFound(syntax.Name.ToString(), syntax.Position);
        }
        if (!Ids.TryGetValue(name, out SqlTypeId id))
        {
            throw Unsupported.Contains(name) ? Error.NotSupported($"type {name}", syntax.Position)
                : Error.TypeNotFound(name, syntax.Position, Spelling.Nearest(name, Ids.Keys));
        }
        SqlType type = WithModifiers(id, syntax);
        return syntax.ArrayBounds.Count == 0 ? type
            : syntax.ArrayBounds.Count == 1 && type.Precision < 0 && BuiltInTypeOids.ArrayOf(id) != 0 && !type.IsArray ? SqlType.ArrayOf(id)
            : throw Error.NotSupported($"array type {type}[]", syntax.Position);
    }

    /// <summary>As <see cref="Bind"/>, for what tables hold: arrays and the types of the catalogs are 0A000.</summary>
    public static SqlType BindStored(TypeNameSyntax syntax) => Storable(Bind(syntax), syntax.Position);

    public static SqlType Storable(SqlType type, int position) => !type.IsCatalogOnly ? type
        : throw Error.NotSupported(type.Id == SqlTypeId.Array ? $"array type {type}" : $"a column of type {type}", position);

    /// <summary>The last part of the name, which a cast gives its column.</summary>
    public static string ColumnName(TypeNameSyntax syntax) => syntax.Name.Name;

    private static SqlType WithModifiers(SqlTypeId id, TypeNameSyntax syntax)
    {
        int count = syntax.Modifiers.Count;
        switch (id)
        {
            case SqlTypeId.Numeric when count is 1 or 2:
                return BindNumeric(Modifier(syntax, 0), count == 2 ? Modifier(syntax, 1) : 0, syntax.Position);
            case SqlTypeId.Varchar or SqlTypeId.Char when count == 1:
                int length = Modifier(syntax, 0);
                string typeName = id == SqlTypeId.Varchar ? "varchar" : "char";
                if (length < 1)
                {
                    throw Error.At(SqlStates.InvalidParameterValue, $"length for type {typeName} must be at least 1", syntax.Position);
                }
                if (length > CharacterCountMax)
                {
                    throw Error.At(SqlStates.InvalidParameterValue, $"length for type {typeName} cannot exceed {CharacterCountMax}", syntax.Position);
                }
                return new SqlType(id, length);
            case SqlTypeId.Time or SqlTypeId.Timestamp or SqlTypeId.TimestampTz or SqlTypeId.Interval when count == 1:
                int digits = Modifier(syntax, 0);
                if (digits < 0)
                {
                    throw Error.At(SqlStates.InvalidParameterValue, $"{new SqlType(id).BaseName.ToUpperInvariant()}({digits}) precision must not be negative", syntax.Position);
                }
                return new SqlType(id, Math.Min(digits, 6));
            default:
                if (count > 0)
                {
                    throw count > 1 && id is SqlTypeId.Numeric or SqlTypeId.Varchar or SqlTypeId.Char or SqlTypeId.Time or SqlTypeId.Timestamp or SqlTypeId.TimestampTz
                        ? Error.At(SqlStates.InvalidParameterValue, "invalid type modifier", syntax.Position)
                        : Error.InvalidSyntax($"type modifier is not allowed for type \"{syntax.Name.Name}\"", syntax.Position);
                }
                return new SqlType(id);
        }
    }

    private static SqlType BindNumeric(int precision, int scale, int position)
    {
        if (precision is < 1 or > 1000)
        {
            throw Error.At(SqlStates.InvalidParameterValue, $"NUMERIC precision {precision} must be between 1 and 1000", position);
        }
        if (scale is < -1000 or > 1000)
        {
            throw Error.At(SqlStates.InvalidParameterValue, $"NUMERIC scale {scale} must be between -1000 and 1000", position);
        }
        if (precision > SqlType.NumericPrecisionMax)
        {
            throw Error.NotSupported($"numeric precision above {SqlType.NumericPrecisionMax}", position);
        }
        if (scale is < 0 or > SqlType.NumericPrecisionMax)
        {
            throw Error.NotSupported($"numeric scale below zero or above {SqlType.NumericPrecisionMax}", position);
        }
        return SqlType.FixedNumeric(precision, scale);
    }

    private static int Modifier(TypeNameSyntax syntax, int index)
    {
        ExpressionSyntax modifier = syntax.Modifiers[index];
        int sign = 1;
        while (modifier is UnarySyntax { Operator: "-" } negated)
        {
            modifier = negated.Operand;
            sign = -sign;
        }
        return modifier is LiteralSyntax { Kind: LiteralKind.Integer or LiteralKind.String } literal
            && int.TryParse(literal.Text, NumberStyles.None, CultureInfo.InvariantCulture, out int value)
            ? sign * value
            : throw Error.InvalidSyntax("type modifiers must be simple constants or identifiers", modifier.Position);
    }
}
