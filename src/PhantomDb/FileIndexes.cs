using PhantomDb.Binding;
using PhantomDb.Catalog;
using PhantomDb.Durability;
using PhantomDb.Execution;
using PhantomDb.Execution.Settings;
using PhantomDb.Expressions;
using PhantomDb.Parsing;
using PhantomDb.Parsing.Ast;
using PhantomDb.Planning.Logical;

namespace PhantomDb;

/// <summary>
/// Binds and builds the indexes of a file that only the language arm understands: those with expressions and predicates. The
/// others are there by then. No transaction: nobody has the database yet.
/// </summary>
internal static class FileIndexes
{
    public static LoadedDatabase Build(LoadedDatabase loaded, string path, DatabaseOptions options)
    {
        if (loaded.LateIndexes.Count == 0)
        {
            return loaded;
        }
        using Database database = new(loaded, options);
        StatementContext statement = new(database.Name, new SessionSettings(options.WorkMemory), loaded.Storage, database.Memory, new SystemSurroundings(database));
        EvaluationContext evaluation = new(statement, []);
        DatabaseCatalog catalog = loaded.Catalog;
        foreach (LateIndex index in loaded.LateIndexes)
        {
            FileContentCheck.At(loaded, path, index.TableOid, options, () => catalog = Build(loaded, catalog, index, evaluation));
        }
        return loaded with { Catalog = catalog, LateIndexes = [] };
    }

    private static DatabaseCatalog Build(LoadedDatabase loaded, DatabaseCatalog catalog, LateIndex index, EvaluationContext evaluation)
    {
        TableDefinition table = catalog.GetTable(index.TableOid);
        Statement statement = SqlParser.Parse(Sql(index, SchemaWriter.QualifiedName(table)))[0];
        var change = (SchemaChange)Binder.Bind(statement, new BinderContext(catalog));
        catalog = change.ApplyTo(catalog);
        table = catalog.GetTable(index.TableOid);
        table = table with { Indexes = [.. table.Indexes.Select(i => i.Name == index.Name ? i with { Comment = index.Comment } : i)] };
        CreateIndexStorage create = change.Actions.OfType<CreateIndexStorage>().Single();
        StoredValueSource? computed = create.Stored.Count == 0 ? null : new(table, create.Row, create.Stored, evaluation);
        loaded.Storage.SetTable(loaded.Storage.GetTable(table.Oid).Altered(table, null, computed));
        return catalog.With(table);
    }

    private static string Sql(LateIndex index, string tableName) =>
        $"CREATE {(index.IsUnique ? "UNIQUE " : "")}INDEX {Quote(index.Name)} ON {tableName} ({string.Join(", ", index.Keys.Select(Key))})"
        + (index.Included.Count > 0 ? $" INCLUDE ({string.Join(", ", index.Included.Select(Quote))})" : "")
        + (index.NullsEqual ? " NULLS NOT DISTINCT" : "")
        + (index.Predicate is null ? "" : $" WHERE {index.Predicate}");

    private static string Key(LateKey key) => (key.Expression ?? Quote(key.Column!))
        + (key.Order.OperatorClass is null ? "" : $" {key.Order.OperatorClass}")
        + (key.Order.IsDescending ? " DESC" : "")
        + (key.Order.NullsFirst ? " NULLS FIRST" : " NULLS LAST");

    // In quotes whatever it is: a keyword may need them.
    private static string Quote(string name) => $"\"{name.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";
}
