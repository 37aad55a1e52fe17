using System.Globalization;
using PhantomDb.Catalog;
using PhantomDb.Errors;
using PhantomDb.Functions;
using PhantomDb.Storage;
using PhantomDb.Types;

namespace PhantomDb.Execution.SystemTables;

/// <summary>A relation of whatever kind: PostgreSQL's relkind, and the definition where it is one of ours.</summary>
internal sealed record RelationEntry(int Oid, string Schema, string Name, char Kind, object Definition)
{
    /// <summary>Table that an index belongs to.</summary>
    public TableDefinition? Table { get; init; }
}

/// <summary>What of the composition root's the system catalogs tell: names, and expressions as PostgreSQL prints them.</summary>
internal interface ISystemSurroundings
{
    /// <summary>Names of all databases that can be opened here.</summary>
    IEnumerable<string> DatabaseNames { get; }

    /// <summary>Bytes that a database has on disk; null where there is none of that name.</summary>
    long? DatabaseSize(string name);

    /// <summary>
    /// The default of a column, or a check where there is none, as PostgreSQL prints it: pretty without the parentheses that
    /// are not needed.
    /// </summary>
    /// <summary>An index's expression, in parentheses where PostgreSQL has it in some.</summary>
    string PrintIndexExpression(DatabaseCatalog catalog, IReadOnlyList<string> searchPath, TableDefinition table, string expression, bool isPretty);

    /// <summary>The names that an index's columns get, from those of columns and the text of expressions.</summary>
    IReadOnlyList<string> NameIndexColumns(IReadOnlyList<(string Text, bool IsExpression)> columns);

    string PrintExpression(DatabaseCatalog catalog, IReadOnlyList<string> searchPath, TableDefinition table, ColumnDefinition? column, string expression, bool isPretty);

    /// <summary>A view's query as PostgreSQL prints it, with its semicolon.</summary>
    string PrintQuery(ViewDefinition view, bool isPretty);

    /// <summary>The rows of pg_stat_activity.</summary>
    IEnumerable<object?[]> Sessions(SystemScan scan);

    /// <summary>The rows of pg_locks.</summary>
    IEnumerable<object?[]> Locks(SystemScan scan);

    /// <summary>The rows of a relation of our own about what is on the disk.</summary>
    IEnumerable<object?[]> EngineRows(SystemScan scan);

    /// <summary>The versions of a table's rows out of the log, of LSNs and times between bounds.</summary>
    IEnumerable<HistoryRow> History(TableDefinition table, (long Least, long Most) lsn, (long Least, long Most) time, Action<string> warn);

    /// <summary>The transaction log; null where there is none.</summary>
    ILogControl? LogControl { get; }

    ISessionControl SessionControl { get; }
}

/// <summary>
/// One catalog's objects as the system catalogs name and number them: oids to names and back, definitions as text, comments,
/// sizes. Made for a statement, keeps only what it was asked for.
/// </summary>
internal sealed class SystemObjects(DatabaseCatalog catalog, DatabaseStorage storage, ISystemSurroundings surroundings, string databaseName, string userName,
    IReadOnlyList<string> searchPath) : ICatalogReader
{
    public const int OwnerOid = 10;
    public const int PgClassOid = 1259;
    public const int PgCatalogOid = 11;
    public const int InformationSchemaOid = 13207;

    private Dictionary<int, (TableDefinition Table, ConstraintDefinition Constraint)>? _constraints;

    public DatabaseCatalog Catalog => catalog;

    public DatabaseStorage Storage => storage;

    public ISystemSurroundings Surroundings => surroundings;

    public string DatabaseName => databaseName;

    public string UserName => userName;

    public DefinitionPrinter Printer => new(this);

    public IEnumerable<TableDefinition> Tables => catalog.Tables.OrderBy(table => table.Oid);

    public IEnumerable<ViewDefinition> Views => catalog.Views.OrderBy(view => view.Oid);

    public IEnumerable<SequenceDefinition> Sequences => catalog.Sequences.OrderBy(sequence => sequence.Oid);

    /// <summary>Schemas with their oids, the system's among them.</summary>
    public IEnumerable<(int Oid, string Name, string? Comment)> Schemas =>
    [
        (PgCatalogOid, SystemRelations.PgCatalog, "system catalog schema"),
        .. catalog.Schemas.Select(schema => (schema.Oid, schema.Name, schema.Comment)).OrderBy(schema => schema.Oid),
        (InformationSchemaOid, SystemRelations.InformationSchema, null),
    ];

    /// <summary>Every relation, indexes too, or those with an oid or a name.</summary>
    public IEnumerable<RelationEntry> Relations(long? oid = null, string? name = null)
    {
        if (oid is { } one)
        {
            return FindRelation((int)one) is { } entry && (name is null || entry.Name == name) ? [entry] : [];
        }
        return AllRelations().Where(entry => name is null || entry.Name == name);
    }

    private IEnumerable<RelationEntry> AllRelations()
    {
        foreach (SystemRelation relation in SystemRelations.All.OrderBy(relation => relation.Oid))
        {
            yield return Entry(relation);
        }
        foreach (TableDefinition table in Tables)
        {
            yield return Entry(table);
            foreach (IndexDefinition index in table.Indexes)
            {
                yield return Entry(index, table);
            }
        }
        foreach (ViewDefinition view in Views)
        {
            yield return Entry(view);
        }
        foreach (SequenceDefinition sequence in Sequences)
        {
            yield return Entry(sequence);
        }
    }

    public RelationEntry? FindRelation(int oid) => catalog.Find(oid) switch
    {
        TableDefinition table => Entry(table),
        IndexDefinition index => Entry(index, catalog.GetTable(index.TableOid)),
        ViewDefinition view => Entry(view),
        SequenceDefinition sequence => Entry(sequence),
        _ => SystemRelations.Find(oid) is { } relation ? Entry(relation) : null,
    };

    private static RelationEntry Entry(SystemRelation relation) => new(relation.Oid, relation.Schema, relation.Name, relation.Kind, relation);

    private static RelationEntry Entry(TableDefinition table) => new(table.Oid, table.Schema, table.Name, 'r', table) { Table = table };

    private static RelationEntry Entry(IndexDefinition index, TableDefinition table) => new(index.Oid, table.Schema, index.Name, 'i', index) { Table = table };

    private static RelationEntry Entry(ViewDefinition view) => new(view.Oid, view.Schema, view.Name, 'v', view);

    private static RelationEntry Entry(SequenceDefinition sequence) => new(sequence.Oid, sequence.Schema, sequence.Name, 'S', sequence);

    public int SchemaOid(string name) => name switch
    {
        SystemRelations.PgCatalog => PgCatalogOid,
        SystemRelations.InformationSchema => InformationSchemaOid,
        _ => catalog.FindSchema(name)?.Oid ?? 0,
    };

    public (TableDefinition Table, ConstraintDefinition Constraint)? FindConstraint(int oid)
    {
        _constraints ??= catalog.Tables.SelectMany(table => table.Constraints.Select(constraint => (table, constraint)))
            .ToDictionary(pair => pair.constraint.Oid, pair => (pair.table, pair.constraint));
        return _constraints.TryGetValue(oid, out (TableDefinition, ConstraintDefinition) found) ? found : null;
    }

    /// <summary>PostgreSQL's attnum of a column: counted from 1, and never used again.</summary>
    public static short NumberOf(ColumnDefinition column) => (short)(column.Number + 1);

    /// <summary>A default has no oid of its own: one is made of its table's and its column's.</summary>
    public static long DefaultOid(TableDefinition table, ColumnDefinition column) => 2_000_000_000L + (((table.Oid * 1600L) + column.Number) % 2_000_000_000L);

    /// <summary>The rule behind a view has none either.</summary>
    public static long RuleOid(ViewDefinition view) => 1_000_000_000L + (view.Oid % 1_000_000_000L);

    /// <summary>A database's oid comes from its name, as there is no catalog of them all.</summary>
    public static int DatabaseOid(string name) => FirstDatabaseOid + (int)(BuiltInFunction.Hash(name) % 1_000_000_000u);

    private const int FirstDatabaseOid = 16384;

    /// <summary>Quoted as needed; with its schema where the search path does not lead to it.</summary>
    public string QualifiedName(RelationEntry entry)
    {
        string name = QuotingFunctions.QuoteIdentifier(entry.Name);
        return IsVisible(entry) ? name : $"{QuotingFunctions.QuoteIdentifier(entry.Schema)}.{name}";
    }

    public string? RelationName(int oid) => FindRelation(oid) is { } entry ? QualifiedName(entry) : null;

    private bool IsVisible(RelationEntry entry) =>
        searchPath.FirstOrDefault(schema => FindRelation(schema, entry.Name) is not null) == entry.Schema;

    private RelationEntry? FindRelation(string schema, string name)
    {
        if (SystemRelations.Find(schema, name) is { } system)
        {
            return Entry(system);
        }
        return catalog.FindRelation(schema, name) switch
        {
            TableDefinition table => Entry(table),
            IndexDefinition index => Entry(index, catalog.GetTable(index.TableOid)),
            ViewDefinition view => Entry(view),
            SequenceDefinition sequence => Entry(sequence),
            _ => null,
        };
    }

    /// <summary>A relation by its name as in SQL, along the search path.</summary>
    public RelationEntry? FindRelation(string text)
    {
        List<string> parts = RelationLookup.Split(text);
        return parts.Count switch
        {
            1 => searchPath.Select(schema => FindRelation(schema, parts[0])).FirstOrDefault(entry => entry is not null),
            2 => FindRelation(parts[0], parts[1]),
            3 when parts[0] == databaseName => FindRelation(parts[1], parts[2]),
            _ => null,
        };
    }

    public int? FindObject(SqlTypeId kind, string name)
    {
        switch (kind)
        {
            case SqlTypeId.RegClass:
                return FindRelation(name)?.Oid;
            case SqlTypeId.RegType:
                return NameText.FindType(name);
            case SqlTypeId.RegNamespace:
                return SchemaOid(RelationLookup.Split(name)[^1]) is > 0 and int oid ? oid : null;
            case SqlTypeId.RegRole:
                return RelationLookup.Split(name)[^1] == userName ? OwnerOid : null;
            case SqlTypeId.RegProc:
                List<BuiltInFunction> named = [.. BuiltInFunction.Find(NameText.WithoutSystemSchema(name))];
                return named.Count > 1 ? throw new PhantomDbException("42725", $"more than one function named \"{name}\"") : named.Count == 1 ? named[0].Oid : null;
            default:
                return NameText.FindFunction(name);
        }
    }

    public string? ObjectName(SqlTypeId kind, int oid) => kind switch
    {
        SqlTypeId.RegClass => RelationName(oid),
        SqlTypeId.RegType => BuiltInType.Find(oid)?.SqlName,
        SqlTypeId.RegNamespace => Schemas.FirstOrDefault(schema => schema.Oid == oid).Name is { } schema ? QuotingFunctions.QuoteIdentifier(schema) : null,
        SqlTypeId.RegRole => oid == OwnerOid ? QuotingFunctions.QuoteIdentifier(userName) : null,
        SqlTypeId.RegProc => BuiltInFunction.Find(oid)?.Name,
        _ => BuiltInFunction.Find(oid) is { } function ? $"{function.Name}({string.Join(',', function.ArgumentTypes.Select(type => BuiltInType.Find(type)?.SqlName))})" : null,
    };

    public string? ConstraintDefinition(int oid, bool isPretty) =>
        FindConstraint(oid) is var (table, constraint) ? Printer.Constraint(table, constraint, isPretty) : null;

    public string? IndexDefinition(int oid, int column, bool isPretty) =>
        catalog.Find(oid) is IndexDefinition index ? Printer.Index(catalog.GetTable(index.TableOid), index, column, isPretty) : null;

    public string? ViewDefinition(int oid, bool isPretty) =>
        catalog.Find(oid) is ViewDefinition view ? surroundings.PrintQuery(view, isPretty) : null;

    /// <summary>What pg_attrdef.adbin holds: the column's number, for its type, and the default as the definition has it.</summary>
    public static string DefaultTree(ColumnDefinition column) => string.Create(CultureInfo.InvariantCulture, $"{{{NumberOf(column)}}}{column.DefaultText}");

    public string DefaultText(TableDefinition table, ColumnDefinition column, bool isPretty) =>
        surroundings.PrintExpression(catalog, searchPath, table, column, column.DefaultText!, isPretty);

    public string CheckText(TableDefinition table, ConstraintDefinition check, bool isPretty) =>
        surroundings.PrintExpression(catalog, searchPath, table, null, check.CheckText!, isPretty);

    public string IndexExpressionText(TableDefinition table, IndexExpression expression, bool isPretty) =>
        surroundings.PrintIndexExpression(catalog, searchPath, table, expression.Text, isPretty);

    public string PredicateText(TableDefinition table, IndexDefinition index, bool isPretty) =>
        surroundings.PrintExpression(catalog, searchPath, table, null, table.FindExpression(index.PredicateNumber)!.Text, isPretty);

    /// <summary>Names of an index's columns, those of INCLUDE at the end.</summary>
    public IReadOnlyList<string> IndexColumnNames(TableDefinition table, IndexDefinition index) =>
        !index.Numbers.Any(number => table.FindExpression(number) is not null) && index.Included.Count == 0 && index.Columns.DistinctBy(key => key.ColumnNumber).Count() == index.Columns.Count
            ? [.. index.Columns.Select(key => table.Columns[table.IndexOfNumber(key.ColumnNumber)].Name)]
            : surroundings.NameIndexColumns([.. index.Columns.Select(key => key.ColumnNumber).Concat(index.Included).Select(number =>
                table.FindExpression(number) is { } expression ? (expression.Text, true) : (table.Columns[table.IndexOfNumber(number)].Name, false))]);

    public string? ExpressionText(string expression, int relation, bool isPretty)
    {
        if (catalog.Find(relation) is not TableDefinition table)
        {
            return null;
        }
        ColumnDefinition? column = table.Columns.FirstOrDefault(c => c.DefaultText is not null && DefaultTree(c) == expression);
        return surroundings.PrintExpression(catalog, searchPath, table, column, column?.DefaultText ?? expression, isPretty);
    }

    public (string Arguments, string Result)? FunctionSignature(int oid) =>
        BuiltInFunction.Find(oid) is { } function ? (function.Arguments, function.Result) : null;

    public string? FormatType(int oid, int? modifier) => BuiltInType.Find(oid)?.Format(modifier);

    public string? Comment(int objectKind, int oid, int column) => Comments(oid, column)
        .Where(comment => objectKind == 0 || comment.Catalog == objectKind).Select(comment => comment.Text).FirstOrDefault();

    private IEnumerable<(int Catalog, string Text)> Comments(int oid, int column) =>
        AllComments(oid).Where(comment => comment.Column == column).Select(comment => (comment.Catalog, comment.Text));

    /// <summary>Every comment, or those of the objects with an oid: the catalog with the object, its oid, the column or 0.</summary>
    public IEnumerable<(int Catalog, int Oid, int Column, string Text)> AllComments(long? oid = null)
    {
        const int PgConstraintOid = 2606;
        const int PgNamespaceOid = 2615;
        foreach ((int schemaOid, _, string? comment) in Schemas.Where(schema => oid is null || schema.Oid == oid))
        {
            if (comment is not null)
            {
                yield return (PgNamespaceOid, schemaOid, 0, comment);
            }
        }
        foreach (RelationEntry entry in Relations(oid))
        {
            string? comment = entry.Definition switch
            {
                TableDefinition table => table.Comment,
                IndexDefinition index => index.Comment,
                ViewDefinition view => view.Comment,
                SequenceDefinition sequence => sequence.Comment,
                _ => null,
            };
            if (comment is not null)
            {
                yield return (PgClassOid, entry.Oid, 0, comment);
            }
            foreach (ColumnDefinition column in (entry.Definition as TableDefinition)?.Columns ?? [])
            {
                if (column.Comment is not null)
                {
                    yield return (PgClassOid, entry.Oid, NumberOf(column), column.Comment);
                }
            }
        }
        foreach (TableDefinition table in Tables)
        {
            foreach (ConstraintDefinition constraint in table.Constraints)
            {
                if (constraint.Comment is not null && (oid is null || constraint.Oid == oid))
                {
                    yield return (PgConstraintOid, constraint.Oid, 0, constraint.Comment);
                }
            }
        }
    }

    public bool? IsVisible(SqlTypeId kind, int oid) => kind switch
    {
        SqlTypeId.RegClass => FindRelation(oid) is { } entry ? IsVisible(entry) : null,
        SqlTypeId.RegType => BuiltInType.Find(oid) is not null ? true : null,
        _ => BuiltInFunction.Find(oid) is not null ? true : null,
    };

    public long? RelationSize(int oid, bool withIndexes)
    {
        switch (catalog.Find(oid))
        {
            case TableDefinition when storage.Tables.TryGetValue(oid, out TableStore? store):
                return withIndexes ? store.Size : store.Size - store.Indexes.Sum(index => index.Tree.SizeBytes);
            case IndexDefinition index when storage.Tables.TryGetValue(index.TableOid, out TableStore? store):
                return store.FindIndex(oid)?.Tree.SizeBytes ?? 0;
            default:
                return FindRelation(oid) is not null ? 0 : null;
        }
    }

    public long? DatabaseSize(string name) => name == databaseName ? storage.Tables.Values.Sum(table => table.Size) : surroundings.DatabaseSize(name);

    public string? FindDatabase(int oid) => surroundings.DatabaseNames.Append(databaseName).FirstOrDefault(name => DatabaseOid(name) == oid);

    public string? SerialSequence(string table, string column)
    {
        if (FindRelation(table)?.Definition is not TableDefinition definition)
        {
            throw Error.RelationNotFound(table, -1);
        }
        int place = definition.IndexOf(column);
        if (place < 0)
        {
            throw Error.ColumnOfRelationNotFound(column, definition.Name);
        }
        return Sequences.FirstOrDefault(sequence => sequence.OwnerTableOid == definition.Oid && sequence.OwnerColumnNumber == definition.Columns[place].Number)
            is { } owned ? $"{QuotingFunctions.QuoteIdentifier(owned.Schema)}.{QuotingFunctions.QuoteIdentifier(owned.Name)}" : null;
    }

    public bool HasSchema(string name) => SystemRelations.IsSystemSchema(name) || catalog.HasSchema(name);

    public bool HasColumn(int relation, string column) => FindRelation(relation)?.Definition switch
    {
        TableDefinition table => table.IndexOf(column) >= 0,
        ViewDefinition view => view.Columns.Any(c => c.Name == column),
        SystemRelation system => system.Columns.Any(c => c.Name == column),
        _ => false,
    };
}
