namespace PhantomDb.Shell.Commands;

/// <summary>psql's listings of indexes, functions, schemas …, as queries over the system catalogs.</summary>
internal static class CatalogList
{
    private const string Relations = """
        SELECT n.nspname AS schema, c.relname AS name{0} FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace{1}
        WHERE c.relkind = '{2}' AND {3} ORDER BY 1, 2
        """;

    /// <summary>The query behind a command; the pattern is null where none is given.</summary>
    public static string Query(string command, NamePattern? pattern) => command switch
    {
        "\\di" => string.Format(null, Relations, ", t.relname AS \"table\"",
            " JOIN pg_catalog.pg_index i ON i.indexrelid = c.oid JOIN pg_catalog.pg_class t ON t.oid = i.indrelid", 'i', Named(pattern, "n.nspname", "c.relname")),
        "\\dv" => string.Format(null, Relations, "", "", 'v', Named(pattern, "n.nspname", "c.relname")),
        "\\ds" => string.Format(null, Relations, "", "", 'S', Named(pattern, "n.nspname", "c.relname")),
        "\\df" => $"""
            SELECT p.proname AS name, pg_catalog.pg_get_function_result(p.oid) AS result, pg_catalog.pg_get_function_arguments(p.oid) AS arguments,
                CASE p.prokind WHEN 'a' THEN 'aggregate' ELSE 'function' END AS type
            FROM pg_catalog.pg_proc p WHERE {(pattern is null ? "true" : $"p.proname LIKE {pattern.LikeName}")} ORDER BY 1, 3
            """,
        "\\dn" => $"""
            SELECT n.nspname AS name, pg_catalog.pg_get_userbyid(n.nspowner) AS owner FROM pg_catalog.pg_namespace n
            WHERE {(pattern is null ? "n.nspname NOT IN ('pg_catalog', 'information_schema')" : $"n.nspname LIKE {pattern.LikeName}")} ORDER BY 1
            """,
        "\\l" => $"""
            SELECT d.datname AS name, pg_catalog.pg_get_userbyid(d.datdba) AS owner, pg_catalog.pg_encoding_to_char(d.encoding) AS encoding, d.datcollate AS "collate"
            FROM pg_catalog.pg_database d WHERE {(pattern is null ? "true" : $"d.datname LIKE {pattern.LikeName}")} ORDER BY 1
            """,
        _ => throw new System.Diagnostics.UnreachableException(command),
    };

    /// <summary>Without a schema: all but the system's.</summary>
    private static string Named(NamePattern? pattern, string schema, string name) => pattern is null
        ? $"{schema} NOT IN ('pg_catalog', 'information_schema')"
        : $"{schema} LIKE {pattern.LikeSchema} AND {name} LIKE {pattern.LikeName}";
}
