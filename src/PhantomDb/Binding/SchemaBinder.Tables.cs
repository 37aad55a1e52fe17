using PhantomDb.Catalog;
using PhantomDb.Errors;
using PhantomDb.Expressions;
using PhantomDb.Functions;
using PhantomDb.Parsing;
using PhantomDb.Parsing.Ast;
using PhantomDb.Planning.Logical;
using PhantomDb.Types;
using ColumnDefinition = PhantomDb.Catalog.ColumnDefinition;
using ColumnSyntax = PhantomDb.Parsing.Ast.ColumnDefinition;

namespace PhantomDb.Binding;

/// <summary>CREATE TABLE, and AS.</summary>
internal sealed partial class SchemaBinder
{
    public SchemaChange BindCreateTable(CreateTableStatement statement)
    {
        RefuseTemporary(statement.Persistence, "table", statement.Position);
        string? unsupported = statement.Inherits.Count > 0 ? "INHERITS" : statement.PartitionBy is not null || statement.PartitionOf is not null ? "partitioning"
            : statement.OfType is not null ? "a typed table" : statement.AccessMethod is not (null or "heap") ? "an access method" : null;
        if (unsupported is not null)
        {
            throw Error.NotSupported(unsupported, statement.Position);
        }
        if (statement.OnCommit != OnCommitAction.Default)
        {
            throw Error.At(SqlStates.InvalidTableDefinition, "ON COMMIT can only be used on temporary tables", statement.Position);
        }
        RefuseOptions(statement.Options);
        RefuseTablespace(statement.Tablespace, statement.Position);
        string schema = Relations.SchemaForNew(state, statement.Name);
        if (!statement.IfNotExists)
        {
            CheckColumns(statement.Elements.OfType<ColumnSyntax>(), statement.Name.Name);
        }
        if (IsTaken(schema, statement.Name.Name, statement.IfNotExists, statement.Name.Position))
        {
            return _change.Build("CREATE TABLE");
        }
        int oid = _change.TakeOid();
        var builder = new TableBuilder(state, _change, new TableDefinition(oid, schema, statement.Name.Name, [])) { IsNewTable = true };
        foreach (TableElement element in statement.Elements)
        {
            switch (element)
            {
                case ColumnSyntax column:
                    AddColumn(builder, column);
                    break;
                case LikeTableElement like:
                    AddLike(builder, like);
                    break;
            }
        }
        // Constraints after all columns, which they may name; primary keys before what refers to them.
        foreach (ColumnSyntax column in statement.Elements.OfType<ColumnSyntax>())
        {
            AddColumnConstraints(builder, column, isForeignKeyTurn: false);
        }
        foreach (TableConstraint constraint in statement.Elements.OfType<TableConstraint>().Where(c => c is not ForeignKeyTableConstraint))
        {
            AddTableConstraint(builder, constraint);
        }
        foreach (ColumnSyntax column in statement.Elements.OfType<ColumnSyntax>())
        {
            AddColumnConstraints(builder, column, isForeignKeyTurn: true);
        }
        foreach (TableConstraint constraint in statement.Elements.OfType<ForeignKeyTableConstraint>())
        {
            AddTableConstraint(builder, constraint);
        }
        _change.Put(builder.Table);
        _change.Do(new CreateTableStorage(builder.Table));
        return _change.Build("CREATE TABLE");
    }

    /// <summary>What PostgreSQL finds before it looks whether the table is there: types, and NULL beside NOT NULL.</summary>
    private static void CheckColumns(IEnumerable<ColumnSyntax> columns, string table)
    {
        foreach (ColumnSyntax column in columns)
        {
            if (SerialType(column.Type) is null)
            {
                TypeNames.Bind(column.Type!);
            }
            if (column.Constraints.Any<ColumnConstraint>(c => c is NullColumnConstraint) && column.Constraints.Any<ColumnConstraint>(c => c is NotNullColumnConstraint))
            {
                throw NullConflict(column, table);
            }
        }
    }

    private static PhantomDbException NullConflict(ColumnSyntax column, string table) =>
        Error.InvalidSyntax($"conflicting NULL/NOT NULL declarations for column \"{column.Name}\" of table \"{table}\"", column.Position);

    private static SqlType? SerialType(TypeNameSyntax? type) => type is null || type.Name.Schema is not (null or "pg_catalog") ? null : type.Name.Name switch
    {
        "serial" or "serial4" => SqlType.Int32,
        "bigserial" or "serial8" => SqlType.Int64,
        "smallserial" or "serial2" => SqlType.Int16,
        _ => null,
    };

    /// <summary>A column with its type, default, identity and NOT NULL; other constraints are added later.</summary>
    private ColumnDefinition AddColumn(TableBuilder builder, ColumnSyntax syntax)
    {
        if (syntax.Storage is not null || syntax.Compression is not null)
        {
            throw Error.NotSupported(syntax.Storage is not null ? "STORAGE" : "COMPRESSION", syntax.Position);
        }
        RefuseCollation(syntax.Collation);
        SqlType? serial = SerialType(syntax.Type);
        SqlType type = serial ?? TypeNames.BindStored(syntax.Type!);
        if (type.Id is SqlTypeId.Unknown or SqlTypeId.Void)
        {
            throw Error.At(SqlStates.InvalidTableDefinition, $"column \"{syntax.Name}\" has pseudo-type {type.BaseName}", syntax.Position);
        }
        if (serial is not null && syntax.Type!.ArrayBounds.Count > 0)
        {
            throw Error.At(SqlStates.FeatureNotSupported, "array of serial is not implemented", syntax.Position);
        }
        TableDefinition table = builder.Table;
        var column = new ColumnDefinition(syntax.Name, type, table.NextColumnNumber);
        bool isNull = false, hasDefault = false;
        foreach (ColumnConstraint constraint in syntax.Constraints)
        {
            switch (constraint)
            {
                case NotNullColumnConstraint:
                    column = column with { IsNotNull = true };
                    break;
                case NullColumnConstraint:
                    isNull = true;
                    break;
                case DefaultColumnConstraint given:
                    if (hasDefault || serial is not null)
                    {
                        throw Error.InvalidSyntax($"multiple default values specified for column \"{syntax.Name}\" of table \"{table.Name}\"", given.Position);
                    }
                    hasDefault = true;
                    column = column with { DefaultText = StoredText.OfDefault(state, given.Expression, column) };
                    break;
                case IdentityColumnConstraint identity:
                    CheckIdentityType(type, identity.Position);
                    SequenceDefinition counter = OwnedSequence(table.Schema, table.Name, table.Oid, syntax.Name, column.Number, type, identity.Options);
                    column = column with { Identity = identity.IsAlways ? IdentityKind.Always : IdentityKind.ByDefault, SequenceOid = counter.Oid, IsNotNull = true };
                    break;
                case GeneratedColumnConstraint:
                    throw Error.NotSupported("a generated column", constraint.Position);
            }
        }
        if (column.Identity != IdentityKind.None && (hasDefault || serial is not null))
        {
            throw Error.InvalidSyntax($"both default and identity specified for column \"{syntax.Name}\" of table \"{table.Name}\"", syntax.Position);
        }
        if (isNull && (column.IsNotNull || serial is not null || syntax.Constraints.Any<ColumnConstraint>(c => c is UniqueColumnConstraint { IsPrimaryKey: true })))
        {
            throw NullConflict(syntax, table.Name);
        }
        if (serial is not null)
        {
            SequenceDefinition sequence = OwnedSequence(table.Schema, table.Name, table.Oid, syntax.Name, column.Number, type, SyntaxList<SequenceOption>.Empty);
            string name = SqlText.QuoteIdentifier(sequence.Name);
            string qualified = sequence.Schema == DatabaseCatalog.DefaultSchema ? name : $"{SqlText.QuoteIdentifier(sequence.Schema)}.{name}";
            column = column with { IsNotNull = true, SequenceOid = sequence.Oid, DefaultText = $"nextval({SqlText.QuoteLiteral(qualified)}::regclass)" };
        }
        builder.AddColumn(column, syntax.Position);
        return column;
    }

    private static void CheckIdentityType(SqlType type, int position)
    {
        if (!type.IsInteger)
        {
            throw Error.At(SqlStates.InvalidParameterValue, "identity column type must be smallint, integer, or bigint", position);
        }
    }

    private static void AddColumnConstraints(TableBuilder builder, ColumnSyntax column, bool isForeignKeyTurn)
    {
        foreach (ColumnConstraint constraint in column.Constraints)
        {
            switch (constraint)
            {
                case UniqueColumnConstraint unique when !isForeignKeyTurn:
                    RefuseOptions(unique.Options);
                    RefuseTablespace(unique.Tablespace, unique.Position);
                    builder.AddUnique(unique.Name, unique.IsPrimaryKey, [column.Name], unique.NullsNotDistinct, unique.Attributes, unique.Position);
                    break;
                case CheckColumnConstraint check when !isForeignKeyTurn:
                    builder.AddCheck(check.Name, check.Expression, check.Attributes, check.Position);
                    break;
                case ReferencesColumnConstraint references when isForeignKeyTurn:
                    builder.AddForeignKey(references.Name, [column.Name], references.References, references.Attributes, references.Position);
                    break;
            }
        }
    }

    private static void AddTableConstraint(TableBuilder builder, TableConstraint constraint)
    {
        switch (constraint)
        {
            case UniqueTableConstraint unique:
                if (unique.UsingIndex is { } usedIndex)
                {
                    builder.AddUniqueUsing(usedIndex, unique.Name, unique.IsPrimaryKey, unique.Attributes, unique.Position);
                    break;
                }
                if (unique.Include.Count > 0)
                {
                    throw Error.NotSupported("INCLUDE", unique.Position);
                }
                RefuseOptions(unique.Options);
                RefuseTablespace(unique.Tablespace, unique.Position);
                builder.AddUnique(unique.Name, unique.IsPrimaryKey, unique.Columns, unique.NullsNotDistinct, unique.Attributes, unique.Position);
                break;
            case CheckTableConstraint check:
                builder.AddCheck(check.Name, check.Expression, check.Attributes, check.Position);
                break;
            case ForeignKeyTableConstraint foreignKey:
                builder.AddForeignKey(foreignKey.Name, foreignKey.Columns, foreignKey.References, foreignKey.Attributes, foreignKey.Position);
                break;
            default:
                throw Error.NotSupported("an exclusion constraint", constraint.Position);
        }
    }

    /// <summary>LIKE: names, types and NOT NULL; defaults and checks where they are asked for.</summary>
    private void AddLike(TableBuilder builder, LikeTableElement like)
    {
        var included = new HashSet<string>();
        foreach (LikeOption option in like.Options)
        {
            string[] named = option.Name == "all" ? ["defaults", "constraints", "indexes", "identity", "comments"] : [option.Name];
            foreach (string name in named)
            {
                _ = option.IsIncluded ? included.Add(name) : included.Remove(name);
            }
        }
        TableDefinition source = FindTable(like.Table, "copy the definition of");
        foreach (ColumnDefinition column in source.Columns)
        {
            builder.AddColumn(LikeColumn(builder.Table, column, included), like.Position);
        }
        foreach (ConstraintDefinition check in source.Constraints.Where(c => c.Kind == ConstraintKind.Check && included.Contains("constraints")))
        {
            builder.AddCheck(check.Name, SqlParser.ParseExpression(check.CheckText!), null, like.Position);
        }
        foreach (IndexDefinition index in source.Indexes.Where(_ => included.Contains("indexes")))
        {
            AddLikeIndex(builder, source, index, like.Position);
        }
    }

    private ColumnDefinition LikeColumn(TableDefinition table, ColumnDefinition source, HashSet<string> included)
    {
        var column = new ColumnDefinition(source.Name, source.Type, table.NextColumnNumber)
        {
            IsNotNull = source.IsNotNull,
            DefaultText = included.Contains("defaults") ? source.DefaultText : null,
            Comment = included.Contains("comments") ? source.Comment : null,
        };
        if (source.Identity == IdentityKind.None || !included.Contains("identity"))
        {
            return column;
        }
        var original = (SequenceDefinition)_change.Catalog.Find(source.SequenceOid)!;
        SequenceDefinition sequence = OwnedSequence(table.Schema, table.Name, table.Oid, column.Name, column.Number, column.Type, SyntaxList<SequenceOption>.Empty, like: original);
        return column with { Identity = source.Identity, SequenceOid = sequence.Oid };
    }

    // Under a name of its own, as if it were made for this table.
    private static void AddLikeIndex(TableBuilder builder, TableDefinition source, IndexDefinition index, int position)
    {
        if (source.Constraints.FirstOrDefault(c => c.IndexOid == index.Oid) is { } constraint)
        {
            string[] names = [.. index.Columns.Select(c => source.Columns[source.IndexOfNumber(c.ColumnNumber)].Name)];
            builder.AddUnique(null, constraint.Kind == ConstraintKind.PrimaryKey, names, index.NullsEqual,
                new ConstraintAttributes(constraint.IsDeferrable, constraint.IsInitiallyDeferred, IsNotValid: false, IsNoInherit: false, position), position);
            return;
        }
        builder.AddIndex(source, index);
    }

    public SchemaChange BindCreateTableAs(CreateTableAsStatement statement)
    {
        RefuseTemporary(statement.Persistence, "table", statement.Position);
        RefuseOptions(statement.Options);
        RefuseTablespace(statement.Tablespace, statement.Position);
        if (statement.Query is not SelectStatement select)
        {
            throw Error.NotSupported("CREATE TABLE AS EXECUTE", statement.Position);
        }
        if (statement.AccessMethod is not (null or "heap") || statement.OnCommit != OnCommitAction.Default)
        {
            throw Error.NotSupported("this option of CREATE TABLE AS", statement.Position);
        }
        string schema = Relations.SchemaForNew(state, statement.Name);
        if (IsTaken(schema, statement.Name.Name, statement.IfNotExists, statement.Name.Position))
        {
            return _change.Build("CREATE TABLE AS");
        }
        var queries = new QueryBinder(state, null, null);
        BoundQuery query = queries.Bind(select);
        List<LogicalColumn> named = NamedColumns(query, statement.Columns, "TABLE AS", statement.Position);
        Planning.DeclaredColumns declared = Planning.DeclaredColumns.Find(query.Plan);
        SqlType[] types = [.. query.Columns.Select(c => TypeNames.Storable(StoredType(c, declared.Contains(c.Id)), statement.Position))];
        query = queries.CoerceColumns(query, types, CastContext.Assignment, (_, actual) => Error.NotSupported($"a column of type {actual}", statement.Position));
        var table = new TableDefinition(_change.TakeOid(), schema, statement.Name.Name, [.. named.Select((c, i) => new ColumnDefinition(c.Name, types[i], i))]);
        _change.Put(table);
        _change.Do(new CreateTableStorage(table));
        if (statement.WithData)
        {
            _change.Do(new FillTable(table, query.Plan, query.Columns));
        }
        return _change.Build(statement.WithData ? "SELECT" : "CREATE TABLE AS");
    }

    /// <summary>A computed numeric has digits that were inferred: as a column it may hold any.</summary>
    private static SqlType StoredType(LogicalColumn column, bool isDeclared) =>
        column.Type.Id == SqlTypeId.PaddedChar ? SqlType.Char : isDeclared ? column.Type
        : column.Type.Id is SqlTypeId.Numeric or SqlTypeId.Varchar or SqlTypeId.Char ? new SqlType(column.Type.Id)
        : column.Type;
}
