using PhantomDb.Catalog;
using PhantomDb.Functions;
using PhantomDb.Storage;
using PhantomDb.Types;
using RowMaker = System.Func<PhantomDb.Execution.SystemTables.SystemScan, System.Collections.Generic.IEnumerable<object?[]>>;

namespace PhantomDb.Execution.SystemTables;

/// <summary>Catalogs of relations and what hangs on them: columns, defaults, indexes, constraints, sequences, comments, dependencies.</summary>
internal static class RelationCatalogs
{
    private const int HeapOid = 2;
    private const int BTreeOid = 403;
    private const int PageSize = 8192;
    private const int PgConstraint = 2606;
    private const int PgAttrdef = 2604;
    private const int PgRewrite = 2618;
    private const int PgNamespace = 2615;

    public static readonly KeyValuePair<(string Schema, string Name), RowMaker>[] All =
    [
        Of("pg_class", Classes), Of("pg_attribute", Attributes), Of("pg_attrdef", Defaults), Of("pg_index", Indexes),
        Of("pg_constraint", Constraints), Of("pg_sequence", Sequences), Of("pg_namespace", Namespaces), Of("pg_description", Descriptions),
        Of("pg_depend", Dependencies), Of("pg_rewrite", Rules), Of("pg_tables", TableList), Of("pg_views", ViewList),
        Of("pg_indexes", IndexList), Of("pg_sequences", SequenceList),
    ];

    private static KeyValuePair<(string, string), RowMaker> Of(string name, RowMaker rows) => new((SystemRelations.PgCatalog, name), rows);

    private static IEnumerable<object?[]> Classes(SystemScan scan) =>
        scan.Objects.Relations(scan.Oid("oid"), scan.Text("relname")).Select(entry => Class(scan, entry));

    private static object?[] Class(SystemScan scan, RelationEntry entry)
    {
        SystemObjects objects = scan.Objects;
        bool isStored = entry.Kind is 'r' or 'i';
        long size = isStored ? objects.RelationSize(entry.Oid, withIndexes: false) ?? 0 : 0;
        TableStore? store = entry.Definition is TableDefinition ? objects.Storage.Tables.GetValueOrDefault(entry.Oid) : null;
        TableDefinition? table = entry.Definition as TableDefinition;
        return scan.Row(
            ("oid", entry.Oid), ("relname", entry.Name), ("relnamespace", objects.SchemaOid(entry.Schema)), ("reltype", 0), ("reloftype", 0),
            ("relowner", SystemObjects.OwnerOid), ("relam", entry.Kind switch { 'r' => HeapOid, 'i' => BTreeOid, _ => 0 }),
            ("relfilenode", entry.Kind == 'v' ? 0 : entry.Oid), ("reltablespace", 0), ("relpages", (size + PageSize - 1) / PageSize),
            ("reltuples", store?.RowCount ?? (entry.Kind == 'S' ? 1 : isStored ? 0 : -1)), ("relallvisible", 0), ("reltoastrelid", 0),
            ("relhasindex", table?.Indexes.Count > 0), ("relisshared", false), ("relpersistence", 'p'), ("relkind", entry.Kind),
            ("relnatts", ColumnFacts.Of(entry, scan.Objects).Count()), ("relchecks", table?.Constraints.Count(c => c.Kind == ConstraintKind.Check) ?? 0),
            ("relhasrules", entry.Kind == 'v'), ("relhastriggers", false), ("relhassubclass", false), ("relrowsecurity", false),
            ("relforcerowsecurity", false), ("relispopulated", true), ("relreplident", entry.Kind == 'r' ? 'd' : 'n'),
            ("relispartition", false), ("relrewrite", 0), ("relfrozenxid", "0"), ("relminmxid", "0"));
    }

    private static IEnumerable<object?[]> Attributes(SystemScan scan)
    {
        string? name = scan.Text("attname");
        foreach (RelationEntry entry in scan.Objects.Relations(scan.Oid("attrelid")))
        {
            foreach (ColumnFacts column in ColumnFacts.Of(entry, scan.Objects).Where(column => name is null || column.Name == name))
            {
                BuiltInType type = column.Type;
                yield return scan.Row(
                    ("attrelid", entry.Oid), ("attname", column.Name), ("atttypid", type.Oid), ("attstattarget", -1), ("attlen", type.Length),
                    ("attnum", column.Number), ("attndims", type.Category == 'A' && type.Name[0] == '_' ? 1 : 0), ("attcacheoff", -1), ("atttypmod", column.Modifier),
                    ("attbyval", type.IsByValue), ("attalign", type.Align), ("attstorage", type.Storage), ("attcompression", ""),
                    ("attnotnull", column.IsNotNull), ("atthasdef", column.HasDefault), ("atthasmissing", false),
                    ("attidentity", column.Definition?.Identity switch { IdentityKind.Always => "a", IdentityKind.ByDefault => "d", _ => "" }),
                    ("attgenerated", ""), ("attisdropped", false), ("attislocal", true), ("attinhcount", 0), ("attcollation", type.Collation));
            }
        }
    }

    private static IEnumerable<object?[]> Defaults(SystemScan scan)
    {
        foreach (RelationEntry entry in scan.Objects.Relations(scan.Oid("adrelid")).Where(entry => entry.Definition is TableDefinition))
        {
            var table = (TableDefinition)entry.Definition;
            foreach (ColumnFacts column in ColumnFacts.Of(entry, scan.Objects).Where(column => column.HasDefault))
            {
                yield return scan.Row(
                    ("oid", SystemObjects.DefaultOid(table, column.Definition!)), ("adrelid", table.Oid), ("adnum", column.Number),
                    ("adbin", SystemObjects.DefaultTree(column.Definition!)));
            }
        }
    }

    private static IEnumerable<object?[]> Indexes(SystemScan scan)
    {
        long? tableOid = scan.Oid("indrelid");
        foreach (RelationEntry entry in scan.Objects.Relations(scan.Oid("indexrelid")))
        {
            if (entry.Definition is not IndexDefinition index || (tableOid is not null && index.TableOid != tableOid))
            {
                continue;
            }
            ConstraintDefinition? constraint = entry.Table!.Constraints.FirstOrDefault(c => c.IndexOid == index.Oid);
            TableDefinition table = entry.Table;
            SqlType[] types = [.. index.Columns.Select(key => table.TypeOf(key.ColumnNumber))];
            string[] expressions = [.. index.Columns.Select(key => table.FindExpression(key.ColumnNumber)?.Text).OfType<string>()];
            yield return scan.Row(
                ("indexrelid", index.Oid), ("indrelid", index.TableOid), ("indnatts", types.Length + index.Included.Count), ("indnkeyatts", types.Length),
                ("indisunique", index.IsUnique), ("indnullsnotdistinct", index.NullsEqual), ("indisprimary", constraint?.Kind == ConstraintKind.PrimaryKey),
                ("indisexclusion", false), ("indimmediate", constraint?.IsDeferrable != true), ("indisclustered", false), ("indisvalid", true),
                ("indcheckxmin", false), ("indisready", true), ("indislive", true), ("indisreplident", false),
                ("indkey", string.Join(' ', index.Columns.Select(key => key.ColumnNumber).Concat(index.Included).Select(number => table.FindExpression(number) is null ? number + 1 : 0))),
                ("indcollation", string.Join(' ', types.Select(type => BuiltInType.Find(BuiltInTypeOids.Of(type))!.Collation))),
                ("indclass", string.Join(' ', index.Columns.Select((key, i) => OperatorClass.Of(key, types[i]).Oid))),
                ("indoption", string.Join(' ', index.Columns.Select(key => (key.IsDescending ? 1 : 0) | (key.NullsFirst ? 2 : 0)))),
                ("indexprs", expressions.Length == 0 ? null : string.Join(", ", expressions)),
                ("indpred", table.FindExpression(index.PredicateNumber)?.Text));
        }
    }

    private static IEnumerable<object?[]> Constraints(SystemScan scan)
    {
        long? oid = scan.Oid("oid");
        long? tableOid = scan.Oid("conrelid");
        string? name = scan.Text("conname");
        foreach (TableDefinition table in scan.Objects.Tables.Where(table => tableOid is null || table.Oid == tableOid))
        {
            foreach (ConstraintDefinition constraint in table.Constraints.Where(c => (oid is null || c.Oid == oid) && (name is null || c.Name == name)))
            {
                yield return Constraint(scan, table, constraint);
            }
        }
    }

    private static object?[] Constraint(SystemScan scan, TableDefinition table, ConstraintDefinition constraint)
    {
        bool isForeignKey = constraint.Kind == ConstraintKind.ForeignKey;
        TableDefinition? referenced = isForeignKey ? scan.Objects.Catalog.GetTable(constraint.ReferencedTableOid) : null;
        string? operators = !isForeignKey ? null
            : Array(constraint.Columns.Select(number => (object)EqualityOperator.Of(table.Columns[table.IndexOfNumber(number)].Type.Id)));
        return scan.Row(
            ("oid", constraint.Oid), ("conname", constraint.Name), ("connamespace", scan.Objects.SchemaOid(table.Schema)),
            ("contype", constraint.Kind switch
            {
                ConstraintKind.PrimaryKey => 'p', ConstraintKind.Unique => 'u', ConstraintKind.Check => 'c', _ => 'f',
            }),
            ("condeferrable", constraint.IsDeferrable), ("condeferred", constraint.IsInitiallyDeferred), ("convalidated", !constraint.IsNotValid),
            ("conrelid", table.Oid), ("contypid", 0), ("conindid", isForeignKey ? constraint.ReferencedIndexOid : constraint.IndexOid),
            ("conparentid", 0), ("confrelid", constraint.ReferencedTableOid),
            ("confupdtype", isForeignKey ? Action(constraint.OnUpdate) : " "), ("confdeltype", isForeignKey ? Action(constraint.OnDelete) : " "),
            ("confmatchtype", isForeignKey ? (constraint.IsMatchFull ? "f" : "s") : " "), ("conislocal", true), ("coninhcount", 0),
            ("connoinherit", constraint.Kind != ConstraintKind.Check),
            ("conkey", constraint.Columns.Count == 0 ? null : Array(constraint.Columns.Select(number => (object)(number + 1)))),
            ("confkey", referenced is null ? null : Array(constraint.ReferencedColumns.Select(number => (object)(number + 1)))),
            ("conpfeqop", operators), ("conppeqop", operators), ("conffeqop", operators), ("conbin", constraint.CheckText));
    }

    private static string Array(IEnumerable<object> values) => $"{{{string.Join(',', values)}}}";

    private static string Action(ReferentialAction action) => action switch
    {
        ReferentialAction.NoAction => "a",
        ReferentialAction.Restrict => "r",
        ReferentialAction.Cascade => "c",
        ReferentialAction.SetNull => "n",
        _ => "d",
    };

    private static IEnumerable<object?[]> Sequences(SystemScan scan) => scan.Objects.Sequences.Select(sequence => scan.Row(
        ("seqrelid", sequence.Oid), ("seqtypid", BuiltInTypeOids.Of(sequence.Type)), ("seqstart", sequence.Start), ("seqincrement", sequence.Increment),
        ("seqmax", sequence.Maximum), ("seqmin", sequence.Minimum), ("seqcache", sequence.Cache), ("seqcycle", sequence.Cycles)));

    private static IEnumerable<object?[]> Namespaces(SystemScan scan) => scan.Objects.Schemas.Select(schema => scan.Row(
        ("oid", schema.Oid), ("nspname", schema.Name), ("nspowner", SystemObjects.OwnerOid)));

    private static IEnumerable<object?[]> Descriptions(SystemScan scan) => scan.Objects.AllComments(scan.Oid("objoid")).Select(comment => scan.Row(
        ("objoid", comment.Oid), ("classoid", comment.Catalog), ("objsubid", comment.Column), ("description", comment.Text)));

    /// <summary>What cannot go without what: 'n' normal, 'a' goes with it, 'i' is part of it.</summary>
    private static IEnumerable<object?[]> Dependencies(SystemScan scan)
    {
        const int PgClass = SystemObjects.PgClassOid;
        foreach (TableDefinition table in scan.Objects.Tables)
        {
            yield return Dependency(PgClass, table.Oid, 0, PgNamespace, scan.Objects.SchemaOid(table.Schema), 0, 'n');
            foreach (ColumnDefinition column in table.Columns.Where(column => column is { DefaultText: not (null or "NULL"), Identity: IdentityKind.None }))
            {
                long oid = SystemObjects.DefaultOid(table, column);
                yield return Dependency(PgAttrdef, oid, 0, PgClass, table.Oid, SystemObjects.NumberOf(column), 'a');
                if (column.SequenceOid != 0)
                {
                    yield return Dependency(PgAttrdef, oid, 0, PgClass, column.SequenceOid, 0, 'n');
                }
            }
            foreach (ConstraintDefinition constraint in table.Constraints)
            {
                foreach (int number in constraint.Columns)
                {
                    yield return Dependency(PgConstraint, constraint.Oid, 0, PgClass, table.Oid, number + 1, 'a');
                }
                foreach (int number in constraint.ReferencedColumns)
                {
                    yield return Dependency(PgConstraint, constraint.Oid, 0, PgClass, constraint.ReferencedTableOid, number + 1, 'n');
                }
            }
            foreach (IndexDefinition index in table.Indexes)
            {
                if (table.Constraints.FirstOrDefault(c => c.IndexOid == index.Oid) is { } owner)
                {
                    yield return Dependency(PgClass, index.Oid, 0, PgConstraint, owner.Oid, 0, 'i');
                    continue;
                }
                IEnumerable<int> read = index.Numbers.Concat(index.Included).SelectMany(number => table.FindExpression(number)?.Columns ?? [number]);
                foreach (int number in read.Distinct())
                {
                    yield return Dependency(PgClass, index.Oid, 0, PgClass, table.Oid, number + 1, 'a');
                }
            }
        }
        foreach (SequenceDefinition sequence in scan.Objects.Sequences)
        {
            yield return Dependency(PgClass, sequence.Oid, 0, PgNamespace, scan.Objects.SchemaOid(sequence.Schema), 0, 'n');
            if (sequence.OwnerTableOid != 0)
            {
                TableDefinition table = scan.Objects.Catalog.GetTable(sequence.OwnerTableOid);
                bool isIdentity = table.Columns.Any(column => column.Number == sequence.OwnerColumnNumber && column.Identity != IdentityKind.None);
                yield return Dependency(PgClass, sequence.Oid, 0, PgClass, table.Oid, sequence.OwnerColumnNumber + 1, isIdentity ? 'i' : 'a');
            }
        }
        foreach (ViewDefinition view in scan.Objects.Views)
        {
            yield return Dependency(PgClass, view.Oid, 0, PgNamespace, scan.Objects.SchemaOid(view.Schema), 0, 'n');
            yield return Dependency(PgRewrite, SystemObjects.RuleOid(view), 0, PgClass, view.Oid, 0, 'i');
            foreach (int oid in view.DependsOn)
            {
                yield return Dependency(PgRewrite, SystemObjects.RuleOid(view), 0, PgClass, oid, 0, 'n');
            }
        }

        static object?[] Dependency(int catalog, long oid, int column, int refCatalog, long refOid, int refColumn, char kind) =>
            [catalog, oid, column, refCatalog, refOid, refColumn, kind];
    }

    private static IEnumerable<object?[]> Rules(SystemScan scan) => scan.Objects.Views.Select(view => scan.Row(
        ("oid", SystemObjects.RuleOid(view)), ("rulename", "_RETURN"), ("ev_class", view.Oid), ("ev_type", '1'), ("ev_enabled", 'O'),
        ("is_instead", true), ("ev_qual", "<>"), ("ev_action", view.QueryText)));

    private static IEnumerable<object?[]> TableList(SystemScan scan) =>
        scan.Objects.Relations(name: scan.Text("tablename")).Where(entry => entry.Kind == 'r').Select(entry => scan.Row(
            ("schemaname", entry.Schema), ("tablename", entry.Name), ("tableowner", scan.Objects.UserName),
            ("hasindexes", (entry.Definition as TableDefinition)?.Indexes.Count > 0), ("hasrules", false), ("hastriggers", false), ("rowsecurity", false)));

    private static IEnumerable<object?[]> ViewList(SystemScan scan) =>
        scan.Objects.Relations(name: scan.Text("viewname")).Where(entry => entry.Kind == 'v').Select(entry => scan.Row(
            ("schemaname", entry.Schema), ("viewname", entry.Name), ("viewowner", scan.Objects.UserName),
            ("definition", scan.Objects.ViewDefinition(entry.Oid, isPretty: false))));

    private static IEnumerable<object?[]> IndexList(SystemScan scan)
    {
        string? tableName = scan.Text("tablename");
        foreach (RelationEntry entry in scan.Objects.Relations(name: scan.Text("indexname")))
        {
            if (entry.Kind == 'i' && (tableName is null || entry.Table!.Name == tableName))
            {
                yield return scan.Row(
                    ("schemaname", entry.Schema), ("tablename", entry.Table!.Name), ("indexname", entry.Name),
                    ("indexdef", scan.Objects.IndexDefinition(entry.Oid, 0, isPretty: false)));
            }
        }
    }

    private static IEnumerable<object?[]> SequenceList(SystemScan scan)
    {
        foreach (SequenceDefinition sequence in scan.Objects.Sequences)
        {
            (long last, bool isCalled) = scan.Objects.Storage.Sequences.TryGetValue(sequence.Oid, out SequenceStore? store) ? store.Position : (0, false);
            yield return scan.Row(
                ("schemaname", sequence.Schema), ("sequencename", sequence.Name), ("sequenceowner", scan.Objects.UserName),
                ("data_type", BuiltInTypeOids.Of(sequence.Type)), ("start_value", sequence.Start), ("min_value", sequence.Minimum),
                ("max_value", sequence.Maximum), ("increment_by", sequence.Increment), ("cycle", sequence.Cycles), ("cache_size", sequence.Cache),
                ("last_value", isCalled ? last : null));
        }
    }
}
