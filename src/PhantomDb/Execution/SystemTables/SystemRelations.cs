using System.Collections.Frozen;
using System.Diagnostics;
using System.Globalization;
using PhantomDb.Types;

namespace PhantomDb.Execution.SystemTables;

/// <summary>
/// The relations of pg_catalog and information_schema as PostgreSQL 15 has them, read from Data/relations.txt, and those of
/// our own in pg_catalog, from Data/engine.txt. What rows they have is <see cref="SystemTableSource"/>'s.
/// </summary>
internal static class SystemRelations
{
    public const string PgCatalog = "pg_catalog";
    public const string InformationSchema = "information_schema";

    private static readonly Lazy<SystemRelation[]> Relations = new(() => [.. Read()]);

    private static readonly Lazy<Dictionary<string, SystemRelation>> OfCatalog = new(() => ByName(PgCatalog));
    private static readonly Lazy<Dictionary<string, SystemRelation>> OfInformationSchema = new(() => ByName(InformationSchema));

    private static readonly Lazy<FrozenDictionary<int, SystemRelation>> ByOid = new(() => All.ToFrozenDictionary(relation => relation.Oid));

    public static IReadOnlyList<SystemRelation> All => Relations.Value;

    public static bool IsSystemSchema(string schema) => schema is PgCatalog or InformationSchema;

    public static SystemRelation? Find(string schema, string name) =>
        schema == PgCatalog ? OfCatalog.Value.GetValueOrDefault(name) : schema == InformationSchema ? OfInformationSchema.Value.GetValueOrDefault(name) : null;

    public static SystemRelation? Find(int oid) => oid < Catalog.DatabaseCatalog.FirstUserOid ? ByOid.Value.GetValueOrDefault(oid) : null;

    private static Dictionary<string, SystemRelation> ByName(string schema)
    {
        Dictionary<string, SystemRelation> relations = [];
        foreach (SystemRelation relation in Relations.Value)
        {
            if (relation.Schema == schema)
            {
                relations.Add(relation.Name, relation);
            }
        }
        return relations;
    }

    private static IEnumerable<SystemRelation> Read()
    {
        string schema = "";
        foreach (string line in DataFiles.Lines("relations.txt").Concat(DataFiles.Lines("engine.txt")))
        {
            if (line[0] == '[')
            {
                schema = line[1..^1];
                continue;
            }
            string[] parts = line.Split('|');
            SystemColumn[] columns = [.. parts[3].Split(',').Select(ReadColumn)];
            yield return new SystemRelation(schema, parts[0], int.Parse(parts[1], CultureInfo.InvariantCulture), parts[2][0], columns);
        }
    }

    private static SystemColumn ReadColumn(string text)
    {
        bool isNotNull = text[^1] == '!';
        string[] parts = text.TrimEnd('!').Split(' ');
        string typeName = parts[1].Replace('_', ' ') is "double precision" or "timestamp with time zone" ? parts[1].Replace('_', ' ') : parts[1];
        return new SystemColumn(parts[0], typeName, TypeOf(typeName), isNotNull);
    }

    /// <summary>PostgreSQL's types that are not types here are shown as text, domains as what they are over.</summary>
    private static SqlType TypeOf(string name) => name switch
    {
        "boolean" => SqlType.Boolean,
        "smallint" => SqlType.Int16,
        "integer" or "cardinal_number" => SqlType.Int32,
        "bigint" => SqlType.Int64,
        "numeric" => SqlType.Numeric,
        "real" => SqlType.Real,
        "double precision" => SqlType.Double,
        "oid" => SqlType.Oid,
        "name" or "sql_identifier" => SqlType.Name,
        "character_data" => SqlType.Varchar,
        "yes_or_no" => new SqlType(SqlTypeId.Varchar, 3),
        "timestamp with time zone" or "time_stamp" => SqlType.TimestampTz,
        "interval" => SqlType.Interval,
        "bytea" => SqlType.Bytea,
        "\"char\"" => SqlType.CatalogChar,
        "regproc" => SqlType.RegProc,
        "regtype" => SqlType.RegType,
        "int2vector" => SqlType.Int2Vector,
        "oidvector" => SqlType.OidVector,
        "text" or "xid" or "inet" or "pg_lsn" or "pg_node_tree" or "pg_dependencies" or "pg_mcv_list" or "pg_ndistinct" => SqlType.Text,
        "anyarray" => SqlType.ArrayOf(SqlTypeId.Text),
        "\"char\"[]" => SqlType.ArrayOf(SqlTypeId.CatalogChar),
        "boolean[]" => SqlType.ArrayOf(SqlTypeId.Boolean),
        "smallint[]" => SqlType.ArrayOf(SqlTypeId.Int16),
        "real[]" => SqlType.ArrayOf(SqlTypeId.Real),
        "double_precision[]" => SqlType.ArrayOf(SqlTypeId.Double),
        "oid[]" => SqlType.ArrayOf(SqlTypeId.Oid),
        "name[]" => SqlType.ArrayOf(SqlTypeId.Name),
        "regtype[]" => SqlType.ArrayOf(SqlTypeId.RegType),
        "text[]" or "aclitem[]" or "pg_statistic[]" => SqlType.ArrayOf(SqlTypeId.Text),
        _ => throw new UnreachableException(name),
    };
}
