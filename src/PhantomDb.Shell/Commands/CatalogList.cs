namespace PhantomDb.Shell.Commands;

/// <summary>psql's listings of indexes, functions, schemas …, as queries over the system catalogs. A name that ends with a plus has sizes and comments.</summary>
internal static class CatalogList
{
    private const string Tables = "pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace";

    private const string Indexes = $"{Tables} JOIN pg_catalog.pg_index i ON i.indexrelid = c.oid JOIN pg_catalog.pg_class t ON t.oid = i.indrelid";

    private const string Comment = "pg_catalog.obj_description(c.oid, 'pg_class') AS comment";

    public static readonly string[] SequenceColumns = ["type", "start", "min", "max", "increment", "cycles", "cache", "last"];

    /// <summary>The query behind a command; the pattern is null where none is given.</summary>
    public static string Query(string command, NamePattern? pattern)
    {
        bool isLong = command[^1] == '+';
        return command.TrimEnd('+') switch
        {
            "\\dt" => $"""
                SELECT n.nspname AS schema, c.relname AS name, CASE c.relkind WHEN 'v' THEN 'view' ELSE 'table' END AS type, s.n_live_tup AS rows,
                    CASE c.relkind WHEN 'r' THEN pg_catalog.pg_size_pretty(pg_catalog.pg_total_relation_size(c.oid)) END AS size, {Comment}
                FROM {Tables} LEFT JOIN pg_catalog.pg_stat_user_tables s ON s.relid = c.oid WHERE c.relkind IN ('r', 'v') AND {Named(pattern, "c.relname")} ORDER BY 1, 2
                """,
            "\\di" or ".indexes" => $"""
                SELECT n.nspname AS schema, c.relname AS name, t.relname AS "table"{(isLong ? $", {Comment}" : "")}
                FROM {Indexes} WHERE c.relkind = 'i' AND {Named(pattern, command == ".indexes" ? "t.relname" : "c.relname")} ORDER BY 1, 2
                """,
            "\\dv" => Relations('v', isLong, pattern),
            "\\ds" => Relations('S', isLong, pattern),
            "\\df" => $"""
                SELECT p.proname AS name, pg_catalog.pg_get_function_result(p.oid) AS result, pg_catalog.pg_get_function_arguments(p.oid) AS arguments,
                    CASE p.prokind WHEN 'a' THEN 'aggregate' ELSE 'function' END AS type
                FROM pg_catalog.pg_proc p WHERE {Like(pattern, "p.proname")} ORDER BY 1, 3
                """,
            "\\dn" => $"""
                SELECT n.nspname AS name, pg_catalog.pg_get_userbyid(n.nspowner) AS owner{(isLong ? ", pg_catalog.obj_description(n.oid, 'pg_namespace') AS comment" : "")}
                FROM pg_catalog.pg_namespace n WHERE {(pattern is null ? "n.nspname NOT IN ('pg_catalog', 'information_schema')" : Like(pattern, "n.nspname"))} ORDER BY 1
                """,
            "\\dT" => $"""
                SELECT pg_catalog.format_type(t.oid, NULL) AS name, t.typname AS "internal name" FROM pg_catalog.pg_type t
                WHERE t.typtype = 'b' AND t.typcategory <> 'A' AND ({Like(pattern, "t.typname")} OR {Like(pattern, "pg_catalog.format_type(t.oid, NULL)")}) ORDER BY 1
                """,
            "\\du" or "\\dg" => $"SELECT r.rolname AS name, r.rolsuper AS superuser FROM pg_catalog.pg_roles r WHERE {Like(pattern, "r.rolname")} ORDER BY 1",
            "\\l" or "\\list" or ".databases" => $"""
                SELECT d.datname AS name, pg_catalog.pg_get_userbyid(d.datdba) AS owner, pg_catalog.pg_encoding_to_char(d.encoding) AS encoding, d.datcollate AS "collate"
                FROM pg_catalog.pg_database d WHERE {Like(pattern, "d.datname")} ORDER BY 1
                """,
            _ => throw new System.Diagnostics.UnreachableException(command),
        };
    }

    /// <summary>Index, table and definition of the indexes that a pattern finds.</summary>
    public static string Index(NamePattern pattern) => $"""
        SELECT n.nspname || '.' || c.relname, t.relname, pg_catalog.pg_get_indexdef(c.oid) FROM {Indexes} WHERE c.relkind = 'i' AND {Named(pattern, "c.relname")} ORDER BY 1
        """;

    /// <summary>The <see cref="SequenceColumns"/> of a sequence.</summary>
    public static string Sequence(RelationDescription sequence) => $"""
        SELECT data_type, start_value, min_value, max_value, increment_by, CASE WHEN cycle THEN 'yes' ELSE 'no' END, cache_size, coalesce(last_value::text, '')
        FROM pg_catalog.pg_sequences WHERE schemaname = {Text(sequence.Schema)} AND sequencename = {Text(sequence.Name)}
        """;

    /// <summary>The comments on a relation's columns, each with the column's name, and on itself, with none.</summary>
    public static string Comments(RelationDescription relation) => $"""
        SELECT coalesce(a.attname, ''), d.description FROM {Tables} JOIN pg_catalog.pg_description d ON d.objoid = c.oid AND d.classoid = 'pg_catalog.pg_class'::regclass
            LEFT JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum = d.objsubid AND d.objsubid > 0
        WHERE n.nspname = {Text(relation.Schema)} AND c.relname = {Text(relation.Name)}
        """;

    private static string Relations(char kind, bool isLong, NamePattern? pattern) => $"""
        SELECT n.nspname AS schema, c.relname AS name{(isLong ? $", {Comment}" : "")} FROM {Tables} WHERE c.relkind = '{kind}' AND {Named(pattern, "c.relname")} ORDER BY 1, 2
        """;

    /// <summary>Without a schema: all but the system's.</summary>
    private static string Named(NamePattern? pattern, string name) => pattern is null
        ? "n.nspname NOT IN ('pg_catalog', 'information_schema')"
        : $"{pattern.IsInReach} AND {name} LIKE {pattern.LikeName}";

    private static string Like(NamePattern? pattern, string name) => pattern is null ? "true" : $"{name} LIKE {pattern.LikeName}";

    private static string Text(string value) => $"'{value.Replace("'", "''", StringComparison.Ordinal)}'";
}
