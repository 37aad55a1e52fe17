using System.Globalization;
using PhantomDb.Catalog;
using PhantomDb.Functions;
using PhantomDb.Types;
using RowMaker = System.Func<PhantomDb.Execution.SystemTables.SystemScan, System.Collections.Generic.IEnumerable<object?[]>>;

namespace PhantomDb.Execution.SystemTables;

/// <summary>The views of information_schema.</summary>
internal static class InformationSchema
{
    public static readonly KeyValuePair<(string Schema, string Name), RowMaker>[] All =
    [
        Of("tables", Tables), Of("columns", Columns), Of("views", Views), Of("view_table_usage", ViewTables), Of("table_constraints", TableConstraints),
        Of("key_column_usage", KeyColumns), Of("referential_constraints", ReferentialConstraints), Of("constraint_column_usage", ConstraintColumns),
        Of("constraint_table_usage", ConstraintTables), Of("check_constraints", CheckConstraints), Of("sequences", Sequences), Of("schemata", Schemata),
        Of("routines", Routines), Of("parameters", Parameters), Of("information_schema_catalog_name", CatalogName), Of("character_sets", CharacterSets),
        Of("collations", Collations), Of("enabled_roles", EnabledRoles), Of("table_privileges", TablePrivileges), Of("role_table_grants", TablePrivileges),
    ];

    private static KeyValuePair<(string, string), RowMaker> Of(string name, RowMaker rows) => new((SystemRelations.InformationSchema, name), rows);

    private static string YesNo(bool value) => value ? "YES" : "NO";

    /// <summary>Tables and views, those of a name where one is asked for.</summary>
    private static IEnumerable<RelationEntry> TablesAndViews(SystemScan scan)
    {
        string? schema = scan.Text("table_schema");
        return scan.Objects.Relations(name: scan.Text("table_name")).Where(entry => entry.Kind is 'r' or 'v' && (schema is null || entry.Schema == schema));
    }

    private static IEnumerable<object?[]> Tables(SystemScan scan) => TablesAndViews(scan).Select(entry => scan.Row(
        ("table_catalog", scan.Objects.DatabaseName), ("table_schema", entry.Schema), ("table_name", entry.Name),
        ("table_type", entry.Kind == 'r' ? "BASE TABLE" : "VIEW"), ("is_insertable_into", YesNo(entry.Definition is TableDefinition)), ("is_typed", "NO")));

    private static IEnumerable<object?[]> Columns(SystemScan scan)
    {
        string? name = scan.Text("column_name");
        foreach (RelationEntry entry in TablesAndViews(scan))
        {
            foreach (ColumnFacts column in ColumnFacts.Of(entry, scan.Objects).Where(column => name is null || column.Name == name))
            {
                yield return Column(scan, entry, column);
            }
        }
    }

    private static object?[] Column(SystemScan scan, RelationEntry entry, ColumnFacts column)
    {
        string database = scan.Objects.DatabaseName;
        bool isIdentity = column.Definition is { Identity: not IdentityKind.None };
        SequenceDefinition? sequence = isIdentity ? scan.Objects.Catalog.Find(column.Definition!.SequenceOid) as SequenceDefinition : null;
        TypeFacts type = TypeFacts.Of(column.Type, column.Modifier);
        string? collation = column.Type.Collation switch { 950 => "C", _ => null };
        return scan.Row(
            ("table_catalog", database), ("table_schema", entry.Schema), ("table_name", entry.Name), ("column_name", column.Name),
            ("ordinal_position", column.Number),
            ("column_default", column.HasDefault ? scan.Objects.DefaultText((TableDefinition)entry.Definition, column.Definition!, isPretty: false) : null),
            ("is_nullable", YesNo(!column.IsNotNull)), ("data_type", type.Name),
            ("character_maximum_length", type.CharacterLength), ("character_octet_length", type.ByteLength),
            ("numeric_precision", type.Precision), ("numeric_precision_radix", type.Radix), ("numeric_scale", type.Scale),
            ("datetime_precision", type.TimePrecision), ("collation_catalog", collation is null ? null : database),
            ("collation_schema", collation is null ? null : SystemRelations.PgCatalog), ("collation_name", collation),
            ("udt_catalog", database), ("udt_schema", SystemRelations.PgCatalog), ("udt_name", column.Type.Name),
            ("dtd_identifier", column.Number), ("is_self_referencing", "NO"), ("is_identity", YesNo(isIdentity)),
            ("identity_generation", column.Definition?.Identity switch { IdentityKind.Always => "ALWAYS", IdentityKind.ByDefault => "BY DEFAULT", _ => null }),
            ("identity_start", sequence?.Start), ("identity_increment", sequence?.Increment), ("identity_maximum", sequence?.Maximum),
            ("identity_minimum", sequence?.Minimum), ("identity_cycle", YesNo(sequence?.Cycles == true)), ("is_generated", "NEVER"),
            ("is_updatable", YesNo(entry.Definition is TableDefinition)));
    }

    private static IEnumerable<object?[]> Views(SystemScan scan) => TablesAndViews(scan).Where(entry => entry.Kind == 'v').Select(entry => scan.Row(
        ("table_catalog", scan.Objects.DatabaseName), ("table_schema", entry.Schema), ("table_name", entry.Name),
        ("view_definition", scan.Objects.ViewDefinition(entry.Oid, isPretty: false)), ("check_option", "NONE"), ("is_updatable", "NO"),
        ("is_insertable_into", "NO"), ("is_trigger_updatable", "NO"), ("is_trigger_deletable", "NO"), ("is_trigger_insertable_into", "NO")));

    private static IEnumerable<object?[]> ViewTables(SystemScan scan)
    {
        foreach (ViewDefinition view in scan.Objects.Views)
        {
            foreach (RelationEntry used in view.DependsOn.Select(scan.Objects.FindRelation).OfType<RelationEntry>().Where(entry => entry.Kind is 'r' or 'v'))
            {
                yield return scan.Row(
                    ("view_catalog", scan.Objects.DatabaseName), ("view_schema", view.Schema), ("view_name", view.Name),
                    ("table_catalog", scan.Objects.DatabaseName), ("table_schema", used.Schema), ("table_name", used.Name));
            }
        }
    }

    private static IEnumerable<TableDefinition> ConstrainedTables(SystemScan scan)
    {
        string? name = scan.Text("table_name");
        string? schema = scan.Text("table_schema");
        return scan.Objects.Tables.Where(table => (name is null || table.Name == name) && (schema is null || table.Schema == schema));
    }

    private static IEnumerable<object?[]> TableConstraints(SystemScan scan)
    {
        foreach (TableDefinition table in ConstrainedTables(scan))
        {
            foreach (ConstraintDefinition constraint in table.Constraints)
            {
                string type = constraint.Kind switch
                {
                    ConstraintKind.PrimaryKey => "PRIMARY KEY", ConstraintKind.Unique => "UNIQUE", ConstraintKind.Check => "CHECK", _ => "FOREIGN KEY",
                };
                bool nullsEqual = table.Indexes.Any(index => index.Oid == constraint.IndexOid && index.NullsEqual);
                yield return Row(table, constraint.Name, type, constraint.IsDeferrable, constraint.IsInitiallyDeferred,
                    constraint.Kind == ConstraintKind.Unique ? YesNo(!nullsEqual) : null);
            }
            foreach (ColumnDefinition column in table.Columns.Where(column => column.IsNotNull))
            {
                yield return Row(table, NotNullName(scan, table, column), "CHECK", false, false, null);
            }
        }

        object?[] Row(TableDefinition table, string name, string type, bool isDeferrable, bool isDeferred, string? nullsDistinct) => scan.Row(
            ("constraint_catalog", scan.Objects.DatabaseName), ("constraint_schema", table.Schema), ("constraint_name", name),
            ("table_catalog", scan.Objects.DatabaseName), ("table_schema", table.Schema), ("table_name", table.Name), ("constraint_type", type),
            ("is_deferrable", YesNo(isDeferrable)), ("initially_deferred", YesNo(isDeferred)), ("enforced", "YES"), ("nulls_distinct", nullsDistinct));
    }

    /// <summary>NOT NULL has no name of its own: PostgreSQL makes one of numbers.</summary>
    private static string NotNullName(SystemScan scan, TableDefinition table, ColumnDefinition column) => string.Create(CultureInfo.InvariantCulture,
        $"{scan.Objects.SchemaOid(table.Schema)}_{table.Oid}_{SystemObjects.NumberOf(column)}_not_null");

    private static IEnumerable<object?[]> CheckConstraints(SystemScan scan)
    {
        foreach (TableDefinition table in scan.Objects.Tables)
        {
            foreach (ConstraintDefinition check in table.Constraints.Where(c => c.Kind == ConstraintKind.Check))
            {
                yield return Row(table, check.Name, $"({scan.Objects.CheckText(table, check, isPretty: false)})");
            }
            foreach (ColumnDefinition column in table.Columns.Where(column => column.IsNotNull))
            {
                yield return Row(table, NotNullName(scan, table, column), $"{column.Name} IS NOT NULL");
            }
        }

        object?[] Row(TableDefinition table, string name, string clause) => scan.Row(
            ("constraint_catalog", scan.Objects.DatabaseName), ("constraint_schema", table.Schema), ("constraint_name", name), ("check_clause", clause));
    }

    private static string NameOf(TableDefinition table, int number) => table.Columns[table.IndexOfNumber(number)].Name;

    private static IEnumerable<object?[]> KeyColumns(SystemScan scan)
    {
        foreach (TableDefinition table in ConstrainedTables(scan))
        {
            foreach (ConstraintDefinition constraint in table.Constraints.Where(c => c.Kind != ConstraintKind.Check))
            {
                for (int i = 0; i < constraint.Columns.Count; i++)
                {
                    yield return scan.Row(
                        ("constraint_catalog", scan.Objects.DatabaseName), ("constraint_schema", table.Schema), ("constraint_name", constraint.Name),
                        ("table_catalog", scan.Objects.DatabaseName), ("table_schema", table.Schema), ("table_name", table.Name),
                        ("column_name", NameOf(table, constraint.Columns[i])), ("ordinal_position", i + 1),
                        ("position_in_unique_constraint", constraint.Kind == ConstraintKind.ForeignKey ? PositionInKey(scan, constraint, i) : null));
                }
            }
        }
    }

    private static int? PositionInKey(SystemScan scan, ConstraintDefinition key, int place)
    {
        TableDefinition referenced = scan.Objects.Catalog.GetTable(key.ReferencedTableOid);
        IndexDefinition? index = referenced.Indexes.FirstOrDefault(i => i.Oid == key.ReferencedIndexOid);
        int position = index?.Columns.ToList().FindIndex(c => c.ColumnNumber == key.ReferencedColumns[place]) ?? -1;
        return position < 0 ? null : position + 1;
    }

    private static IEnumerable<object?[]> ReferentialConstraints(SystemScan scan)
    {
        foreach (TableDefinition table in scan.Objects.Tables)
        {
            foreach (ConstraintDefinition key in table.Constraints.Where(c => c.Kind == ConstraintKind.ForeignKey))
            {
                TableDefinition referenced = scan.Objects.Catalog.GetTable(key.ReferencedTableOid);
                ConstraintDefinition? unique = referenced.Constraints.FirstOrDefault(c => c.IndexOid == key.ReferencedIndexOid && c.IndexOid != 0);
                yield return scan.Row(
                    ("constraint_catalog", scan.Objects.DatabaseName), ("constraint_schema", table.Schema), ("constraint_name", key.Name),
                    ("unique_constraint_catalog", unique is null ? null : scan.Objects.DatabaseName),
                    ("unique_constraint_schema", unique is null ? null : referenced.Schema), ("unique_constraint_name", unique?.Name),
                    ("match_option", key.IsMatchFull ? "FULL" : "NONE"), ("update_rule", Rule(key.OnUpdate)), ("delete_rule", Rule(key.OnDelete)));
            }
        }
    }

    private static string Rule(ReferentialAction action) => action switch
    {
        ReferentialAction.NoAction => "NO ACTION",
        ReferentialAction.Restrict => "RESTRICT",
        ReferentialAction.Cascade => "CASCADE",
        ReferentialAction.SetNull => "SET NULL",
        _ => "SET DEFAULT",
    };

    /// <summary>The columns that a constraint is about: of a foreign key those of the other table.</summary>
    private static IEnumerable<(TableDefinition Owner, ConstraintDefinition Constraint, TableDefinition Table, IReadOnlyList<int> Columns)> Usages(SystemScan scan)
    {
        foreach (TableDefinition table in scan.Objects.Tables)
        {
            foreach (ConstraintDefinition constraint in table.Constraints)
            {
                yield return constraint.Kind == ConstraintKind.ForeignKey
                    ? (table, constraint, scan.Objects.Catalog.GetTable(constraint.ReferencedTableOid), constraint.ReferencedColumns)
                    : (table, constraint, table, constraint.Columns);
            }
        }
    }

    private static IEnumerable<object?[]> ConstraintColumns(SystemScan scan)
    {
        foreach ((TableDefinition owner, ConstraintDefinition constraint, TableDefinition table, IReadOnlyList<int> columns) in Usages(scan))
        {
            foreach (int number in columns)
            {
                yield return scan.Row(
                    ("table_catalog", scan.Objects.DatabaseName), ("table_schema", table.Schema), ("table_name", table.Name),
                    ("column_name", NameOf(table, number)), ("constraint_catalog", scan.Objects.DatabaseName), ("constraint_schema", owner.Schema),
                    ("constraint_name", constraint.Name));
            }
        }
    }

    private static IEnumerable<object?[]> ConstraintTables(SystemScan scan) => Usages(scan).Where(usage => usage.Constraint.Kind != ConstraintKind.Check).Select(usage => scan.Row(
        ("table_catalog", scan.Objects.DatabaseName), ("table_schema", usage.Table.Schema), ("table_name", usage.Table.Name),
        ("constraint_catalog", scan.Objects.DatabaseName), ("constraint_schema", usage.Owner.Schema), ("constraint_name", usage.Constraint.Name)));

    private static IEnumerable<object?[]> Sequences(SystemScan scan) => scan.Objects.Sequences.Where(sequence => !IsIdentity(scan, sequence)).Select(sequence => scan.Row(
        ("sequence_catalog", scan.Objects.DatabaseName), ("sequence_schema", sequence.Schema), ("sequence_name", sequence.Name),
        ("data_type", sequence.Type.BaseName), ("numeric_precision", TypeFacts.Of(BuiltInType.Find(BuiltInTypeOids.Of(sequence.Type))!, -1).Precision),
        ("numeric_precision_radix", 2), ("numeric_scale", 0), ("start_value", sequence.Start), ("minimum_value", sequence.Minimum),
        ("maximum_value", sequence.Maximum), ("increment", sequence.Increment), ("cycle_option", YesNo(sequence.Cycles))));

    private static bool IsIdentity(SystemScan scan, SequenceDefinition sequence) => scan.Objects.Catalog.Find(sequence.OwnerTableOid) is TableDefinition table
        && table.Columns.Any(column => column.SequenceOid == sequence.Oid && column.Identity != IdentityKind.None);

    private static IEnumerable<object?[]> Schemata(SystemScan scan) => scan.Objects.Schemas.Select(schema => scan.Row(
        ("catalog_name", scan.Objects.DatabaseName), ("schema_name", schema.Name), ("schema_owner", scan.Objects.UserName)));

    private static string SpecificName(BuiltInFunction function) => string.Create(CultureInfo.InvariantCulture, $"{function.Name}_{function.Oid}");

    private static IEnumerable<object?[]> Routines(SystemScan scan)
    {
        string? name = scan.Text("routine_name");
        string database = scan.Objects.DatabaseName;
        foreach (BuiltInFunction function in BuiltInFunction.All.Where(f => f.Kind == 'f' && (name is null || f.Name == name)))
        {
            BuiltInType? result = BuiltInType.Find(function.ResultType);
            yield return scan.Row(
                ("specific_catalog", database), ("specific_schema", SystemRelations.PgCatalog), ("specific_name", SpecificName(function)),
                ("routine_catalog", database), ("routine_schema", SystemRelations.PgCatalog), ("routine_name", function.Name), ("routine_type", "FUNCTION"),
                ("data_type", result is null ? null : TypeFacts.Of(result, -1).Name), ("type_udt_catalog", database), ("type_udt_schema", SystemRelations.PgCatalog),
                ("type_udt_name", result?.Name), ("dtd_identifier", 0), ("routine_body", "EXTERNAL"), ("routine_definition", function.Name),
                ("external_language", "INTERNAL"), ("parameter_style", "GENERAL"), ("is_deterministic", YesNo(function.Volatility == Volatility.Immutable)),
                ("sql_data_access", "MODIFIES"), ("is_null_call", YesNo(function.IsStrict)), ("schema_level_routine", "YES"), ("max_dynamic_result_sets", 0),
                ("security_type", "INVOKER"), ("as_locator", "NO"), ("is_udt_dependent", "NO"));
        }
    }

    private static IEnumerable<object?[]> Parameters(SystemScan scan)
    {
        foreach (BuiltInFunction function in BuiltInFunction.All.Where(f => f.Kind == 'f'))
        {
            for (int i = 0; i < function.ArgumentTypes.Count; i++)
            {
                BuiltInType? type = BuiltInType.Find(function.ArgumentTypes[i]);
                yield return scan.Row(
                    ("specific_catalog", scan.Objects.DatabaseName), ("specific_schema", SystemRelations.PgCatalog), ("specific_name", SpecificName(function)),
                    ("ordinal_position", i + 1), ("parameter_mode", "IN"), ("is_result", "NO"), ("as_locator", "NO"),
                    ("data_type", type is null ? null : TypeFacts.Of(type, -1).Name), ("udt_catalog", scan.Objects.DatabaseName),
                    ("udt_schema", SystemRelations.PgCatalog), ("udt_name", type?.Name), ("dtd_identifier", i + 1));
            }
        }
    }

    private static IEnumerable<object?[]> CatalogName(SystemScan scan) => [[scan.Objects.DatabaseName]];

    private static IEnumerable<object?[]> CharacterSets(SystemScan scan) =>
    [
        scan.Row(
            ("character_set_name", "UTF8"), ("character_repertoire", "UCS"), ("form_of_use", "UTF8"), ("default_collate_catalog", scan.Objects.DatabaseName),
            ("default_collate_schema", SystemRelations.PgCatalog), ("default_collate_name", "C")),
    ];

    private static IEnumerable<object?[]> Collations(SystemScan scan) => new[] { "default", "C", "POSIX", "ucs_basic" }.Select(name => scan.Row(
        ("collation_catalog", scan.Objects.DatabaseName), ("collation_schema", SystemRelations.PgCatalog), ("collation_name", name), ("pad_attribute", "NO PAD")));

    private static IEnumerable<object?[]> EnabledRoles(SystemScan scan) => [[scan.Objects.UserName]];

    private static IEnumerable<object?[]> TablePrivileges(SystemScan scan)
    {
        foreach (RelationEntry entry in TablesAndViews(scan).Where(entry => entry.Definition is not SystemRelation))
        {
            foreach (string privilege in new[] { "INSERT", "SELECT", "UPDATE", "DELETE", "TRUNCATE", "REFERENCES", "TRIGGER" })
            {
                yield return scan.Row(
                    ("grantor", scan.Objects.UserName), ("grantee", scan.Objects.UserName), ("table_catalog", scan.Objects.DatabaseName),
                    ("table_schema", entry.Schema), ("table_name", entry.Name), ("privilege_type", privilege), ("is_grantable", "YES"),
                    ("with_hierarchy", YesNo(privilege == "SELECT")));
            }
        }
    }
}
