namespace PhantomDb.Shell.Commands;

/// <summary>The relations of pg_catalog and information_schema, which no definition makes, described as <c>\d</c> does others.</summary>
internal static class SystemRelations
{
    /// <summary>Those that a pattern finds.</summary>
    public static IEnumerable<RelationDescription> Find(ShellDatabase database, NamePattern pattern) =>
        from row in database.Rows($"""
            SELECT n.nspname, c.relname, c.relkind, a.attname, pg_catalog.format_type(a.atttypid, a.atttypmod), a.attnotnull
            FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid
            WHERE n.nspname IN ('pg_catalog', 'information_schema') AND {pattern.IsInReach}
                AND c.relname LIKE {pattern.LikeName} AND c.relkind IN ('r', 'v') AND a.attnum > 0
            ORDER BY n.nspname, c.relname, a.attnum
            """)
        group row by (Schema: row[0], Name: row[1], Kind: row[2]) into relation
        select new RelationDescription(relation.Key.Schema, relation.Key.Name, relation.Key.Kind == "v" ? RelationKind.View : RelationKind.Table,
            [.. relation.Select(row => new ColumnDescription(row[3], row[4], row[5] == "t", null))])
        {
            QualifiedName = $"{relation.Key.Schema}.{relation.Key.Name}",
        };
}
