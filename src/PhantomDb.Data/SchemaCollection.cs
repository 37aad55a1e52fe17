namespace PhantomDb.Data;

/// <summary>What <see cref="PhantomDbConnection.GetSchema(string)"/> asks the catalog for.</summary>
/// <param name="Name">As callers write it, in any letter case.</param>
/// <param name="IdentifierPartCount">Of the name of one of its things: catalog, schema, table, column.</param>
/// <param name="Query">Gives the rows; each restriction is a column of it.</param>
/// <param name="Restrictions">Name of a restriction, and the column that has to be equal to it.</param>
internal sealed record SchemaCollection(string Name, int IdentifierPartCount, string Query, params (string Name, string Column)[] Restrictions)
{
    private const string UserSchema = "NOT IN ('pg_catalog', 'information_schema')";

    private static readonly (string Name, string Column)[] OfTable = [("Catalog", "table_catalog"), ("Schema", "table_schema"), ("Table", "table_name")];

    /// <summary>Those that a query gives.</summary>
    public static IReadOnlyList<SchemaCollection> All { get; } =
    [
        new("Databases", 1, "SELECT datname AS database_name, pg_get_userbyid(datdba) AS owner, pg_encoding_to_char(encoding) AS encoding FROM pg_database ORDER BY 1",
            ("Name", "database_name")),
        new("Schemata", 2, "SELECT catalog_name, schema_name, schema_owner FROM information_schema.schemata ORDER BY 1, 2",
            ("Catalog", "catalog_name"), ("Schema", "schema_name"), ("Owner", "schema_owner")),
        new("Tables", 3, $"SELECT table_catalog, table_schema, table_name, table_type FROM information_schema.tables WHERE table_schema {UserSchema} ORDER BY 1, 2, 3",
            [.. OfTable, ("TableType", "table_type")]),
        new("Views", 3, $"SELECT table_catalog, table_schema, table_name, check_option, is_updatable, view_definition FROM information_schema.views WHERE table_schema {UserSchema} ORDER BY 1, 2, 3",
            OfTable),
        new("Columns", 4, $"""
            SELECT table_catalog, table_schema, table_name, column_name, ordinal_position, column_default, is_nullable, data_type, character_maximum_length, character_octet_length,
                numeric_precision, numeric_precision_radix, numeric_scale, datetime_precision, udt_name, is_identity, identity_generation
            FROM information_schema.columns WHERE table_schema {UserSchema} ORDER BY 1, 2, 3, ordinal_position
            """, [.. OfTable, ("Column", "column_name")]),
        new("Indexes", 4, $"""
            SELECT current_database() AS table_catalog, n.nspname AS table_schema, t.relname AS table_name, i.relname AS index_name, x.indisunique AS is_unique,
                x.indisprimary AS is_primary, pg_get_indexdef(x.indexrelid) AS index_definition
            FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid JOIN pg_class t ON t.oid = x.indrelid JOIN pg_namespace n ON n.oid = t.relnamespace
            WHERE n.nspname {UserSchema} ORDER BY 1, 2, 3, 4
            """, [.. OfTable, ("Index", "index_name")]),
        new("IndexColumns", 5, $"""
            SELECT current_database() AS table_catalog, n.nspname AS table_schema, t.relname AS table_name, i.relname AS index_name,
                coalesce(a.attname, pg_get_indexdef(x.indexrelid, k.number, true)) AS column_name, k.number AS ordinal_position, a.attname IS NULL AS is_expression,
                k.number > x.indnkeyatts AS is_included
            FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid JOIN pg_class t ON t.oid = x.indrelid JOIN pg_namespace n ON n.oid = t.relnamespace
                CROSS JOIN generate_series(1, x.indnatts::int) k(number) LEFT JOIN pg_attribute a ON a.attrelid = x.indrelid AND a.attnum = x.indkey[k.number - 1]
            WHERE n.nspname {UserSchema} ORDER BY 1, 2, 3, 4, 6
            """, [.. OfTable, ("Index", "index_name"), ("Column", "column_name")]),
        Constraints("Constraints", "'p', 'u', 'f', 'c'"),
        Constraints("PrimaryKey", "'p'"),
        Constraints("UniqueKeys", "'u'"),
        new("ForeignKeys", 4, $"""
            SELECT c.constraint_catalog, c.constraint_schema, c.constraint_name, c.table_catalog, c.table_schema, c.table_name, c.constraint_type, c.is_deferrable, c.initially_deferred,
                r.unique_constraint_schema, r.unique_constraint_name, r.match_option, r.update_rule, r.delete_rule
            FROM information_schema.table_constraints c JOIN information_schema.referential_constraints r USING (constraint_schema, constraint_name)
            WHERE c.constraint_type = 'FOREIGN KEY' AND c.table_schema {UserSchema} ORDER BY 4, 5, 6, 3
            """, [.. OfTable, ("Constraint", "constraint_name")]),
        new("ConstraintColumns", 5, $"""
            SELECT constraint_catalog, constraint_schema, constraint_name, table_catalog, table_schema, table_name, column_name, ordinal_position
            FROM information_schema.key_column_usage WHERE table_schema {UserSchema} ORDER BY 4, 5, 6, 3, 8
            """, [.. OfTable, ("Constraint", "constraint_name"), ("Column", "column_name")]),
    ];

    /// <summary>The query with a parameter for each restriction that has a value, in their order.</summary>
    public string QueryWith(IReadOnlyList<string?> values)
    {
        List<string> conditions = [];
        for (int i = 0; i < values.Count; i++)
        {
            if (values[i] is not null)
            {
                conditions.Add(FormattableString.Invariant($"{Restrictions[i].Column} = ${conditions.Count + 1}"));
            }
        }
        return conditions.Count == 0 ? Query : $"SELECT * FROM ({Query}) c WHERE {string.Join(" AND ", conditions)}";
    }

    private static SchemaCollection Constraints(string name, string types) => new(name, 4, $"""
        SELECT current_database() AS constraint_catalog, n.nspname AS constraint_schema, c.conname AS constraint_name, current_database() AS table_catalog, n.nspname AS table_schema,
            t.relname AS table_name, CASE c.contype WHEN 'p' THEN 'PRIMARY KEY' WHEN 'u' THEN 'UNIQUE' WHEN 'f' THEN 'FOREIGN KEY' ELSE 'CHECK' END AS constraint_type,
            c.condeferrable AS is_deferrable, c.condeferred AS initially_deferred, pg_get_constraintdef(c.oid) AS definition
        FROM pg_constraint c JOIN pg_class t ON t.oid = c.conrelid JOIN pg_namespace n ON n.oid = t.relnamespace WHERE c.contype IN ({types}) ORDER BY 4, 5, 6, 3
        """, [.. OfTable, ("Constraint", "constraint_name")]);
}
