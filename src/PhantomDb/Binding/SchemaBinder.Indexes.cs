using PhantomDb.Catalog;
using PhantomDb.Errors;
using PhantomDb.Expressions;
using PhantomDb.Functions;
using PhantomDb.Parsing;
using PhantomDb.Parsing.Ast;
using PhantomDb.Planning;
using PhantomDb.Planning.Logical;
using PhantomDb.Types;
using ColumnDefinition = PhantomDb.Catalog.ColumnDefinition;

namespace PhantomDb.Binding;

/// <summary>
/// CREATE INDEX and REINDEX, and what becomes of index expressions when columns change. An expression gets a storage number,
/// as a column does, and is shared by the indexes of a table that have the same text.
/// </summary>
internal sealed partial class SchemaBinder
{
    public SchemaChange BindCreateIndex(CreateIndexStatement statement)
    {
        TableDefinition table = FindTable(statement.Table, "create index on");
        CheckMethod(statement);
        RefuseTablespace(statement.Tablespace, statement.Position);
        RefuseOptions(statement.Options);
        var builder = new TableBuilder(state, _change, table);
        int[] included = [.. ((IReadOnlyList<string>)statement.Include).Select(name => IndexedColumn(table, name, statement.Position).Number)];
        IndexColumn[] columns = [.. ((IReadOnlyList<IndexElement>)statement.Elements).Select(element => BindKey(builder, element))];
        int predicate = statement.Where is null ? -1 : builder.AddIndexExpression(statement.Where, Clause.IndexPredicate);
        string name = statement.Name ?? ObjectNames.Choose(
            table.Name, ObjectNames.Join(ObjectNames.OfIndexColumns(NamesOf(statement))), "idx", n => _change.Catalog.FindRelation(table.Schema, n) is not null);
        string tag = statement.Concurrently ? "CREATE INDEX CONCURRENTLY" : "CREATE INDEX";
        if (IsTaken(table.Schema, name, statement.IfNotExists, statement.Position))
        {
            return _change.Build("CREATE INDEX") with { RunsAloneAs = statement.Concurrently ? tag : null };
        }
        var index = new IndexDefinition(_change.TakeOid(), name, table.Oid, columns)
        {
            IsUnique = statement.IsUnique, NullsEqual = statement.NullsNotDistinct, PredicateNumber = predicate, Included = included,
        };
        TableDefinition changed = builder.Table with { Indexes = [.. table.Indexes, index], Version = table.Version + 1 };
        _change.Put(changed);
        LogicalColumn[] row = [.. changed.Columns.Select(c => state.NewColumn(c.Type, c.Name))];
        _change.Do(new CreateIndexStorage(changed, index)
        {
            Row = row, Stored = ModificationBinder.BindStored(state, changed, row, expression => table.FindExpression(expression.Number) is null),
        });
        return _change.Build("CREATE INDEX") with { RunsAloneAs = statement.Concurrently ? tag : null };
    }

    private static void CheckMethod(CreateIndexStatement statement)
    {
        switch (statement.Method)
        {
            case null or "btree":
                break;
            case "hash" or "gin" or "gist" or "spgist" or "brin":
                throw Error.NotSupported($"index method {statement.Method}", statement.Position);
            default:
                throw Error.At(SqlStates.UndefinedObject, $"access method \"{statement.Method}\" does not exist", statement.Position);
        }
    }

    private static ColumnDefinition IndexedColumn(TableDefinition table, string name, int position)
    {
        int place = table.IndexOf(name);
        return place >= 0 ? table.Columns[place] : throw Error.At(SqlStates.UndefinedColumn, $"column \"{name}\" does not exist", position);
    }

    private static IReadOnlyList<string?> NamesOf(CreateIndexStatement statement) =>
        [.. ((IReadOnlyList<IndexElement>)statement.Elements).Select(element => ColumnNames.OfIndexExpression(element.Expression)), .. statement.Include];

    private static IndexColumn BindKey(TableBuilder builder, IndexElement element)
    {
        RefuseCollation(element.Collation);
        if (element.OperatorClassOptions.Count > 0)
        {
            throw Error.NotSupported("options of an operator class", element.Position);
        }
        int number = element.Expression is ColumnReferenceSyntax { Names.Count: 1 } reference
            ? IndexedColumn(builder.Table, reference.Names[0], element.Position).Number
            : builder.AddIndexExpression(element.Expression, Clause.IndexExpression);
        bool isDescending = element.Direction == SortDirection.Descending;
        return new IndexColumn(number, isDescending, element.Nulls == NullsOrder.Default ? isDescending : element.Nulls == NullsOrder.First)
        {
            OperatorClass = element.OperatorClass is null ? null
                : OperatorClasses.Check(element.OperatorClass.Name, builder.Table.TypeOf(number), element.OperatorClass.Position),
        };
    }

    /// <summary>REINDEX: what it names must be there. An index never degrades here, so there is nothing to do.</summary>
    public BoundStatement BindReindex(ReindexStatement statement)
    {
        foreach (OptionSyntax option in statement.Options)
        {
            if (option.Name is not ("verbose" or "concurrently" or "tablespace"))
            {
                throw Error.InvalidSyntax($"unrecognized REINDEX option \"{option.Name}\"", option.Position);
            }
            if (option.Name == "tablespace")
            {
                throw Error.NotSupported("TABLESPACE", option.Position);
            }
        }
        bool isConcurrent = statement.Concurrently || statement.Options.Any<OptionSyntax>(option => option.Name == "concurrently" && Binder.BooleanOption(option));
        if (statement.Name is { } name)
        {
            object? found = statement.Kind is ObjectKind.Index or ObjectKind.Table ? Find(name) : null;
            switch (statement.Kind)
            {
                case ObjectKind.Index or ObjectKind.Table when found is null:
                    throw NameHints.RelationNotFound(state, name, [statement.Kind == ObjectKind.Index ? NameHints.Index : NameHints.Table]);
                case ObjectKind.Index when found is not IndexDefinition:
                    throw Error.At(SqlStates.WrongObjectType, $"\"{name.Name}\" is not an index", name.Position);
                case ObjectKind.Table when found is not TableDefinition:
                    throw Error.At(SqlStates.WrongObjectType, $"\"{name.Name}\" is not a table or materialized view", name.Position);
                case ObjectKind.Schema when !_change.Catalog.HasSchema(name.Name):
                    throw Error.At(SqlStates.InvalidSchemaName, $"schema \"{name.Name}\" does not exist", name.Position);
                case ObjectKind.Database when name.Name != state.Context.DatabaseName:
                    throw Error.NotPossible("can only reindex the currently open database", name.Position);
            }
        }
        bool isWhole = statement.Kind is ObjectKind.Schema or ObjectKind.Database;
        return new NoOperationCommand("REINDEX")
        {
            RunsAloneAs = isConcurrent ? "REINDEX CONCURRENTLY" : isWhole ? $"REINDEX {statement.Kind.Name()}" : null,
        };
    }

    /// <summary>The table's index expressions after a column has got another type: theirs follow, unless they cannot be computed from it.</summary>
    private void RetypeExpressions(TableBuilder builder, ColumnDefinition column, int position)
    {
        TableDefinition table = builder.Table;
        LogicalColumn[] row = [.. table.Columns.Select(c => state.NewColumn(c.Type, c.Name))];
        builder.Table = table with
        {
            IndexExpressions =
            [
                .. table.IndexExpressions.Select(expression => !expression.Columns.Contains(column.Number) ? expression
                    : expression with { Type = TypeAnew(table, row, expression) }),
            ],
        };
        foreach (IndexColumn key in builder.Table.Indexes.SelectMany(index => index.Columns).Where(key => key.OperatorClass is not null))
        {
            OperatorClasses.Check(key.OperatorClass!, builder.Table.TypeOf(key.ColumnNumber), position);
        }
    }

    private SqlType TypeAnew(TableDefinition table, LogicalColumn[] row, IndexExpression expression)
    {
        bool isPredicate = table.Indexes.Any(index => index.PredicateNumber == expression.Number);
        Expression value = state.InView(table.Schema, () => ModificationBinder.BindIndexExpression(
            state, table, row, SqlParser.ParseExpression(expression.Text), isPredicate ? Clause.IndexPredicate : Clause.IndexExpression));
        TableBuilder.CheckImmutable(value, isPredicate);
        return TableBuilder.StoredType(value.Type);
    }

    /// <summary>True where an index cannot be without a column.</summary>
    private static bool DependsOn(TableDefinition table, IndexDefinition index, int columnNumber) =>
        index.Included.Contains(columnNumber)
        || index.Numbers.Any(number => number == columnNumber || table.FindExpression(number)?.Columns.Contains(columnNumber) == true);
}
