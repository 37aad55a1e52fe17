using PhantomDb.Catalog;
using PhantomDb.Durability;
using PhantomDb.Errors;
using PhantomDb.Execution.Settings;

namespace PhantomDb;

/// <summary>
/// What only the language arm can tell of a file's content: a file without checksums may have been written or edited by
/// hand, so its defaults, checks and views are bound, and its rows held against the checks. A file whose checksums are right
/// is as it was saved, from a database that had all that.
/// </summary>
internal static class FileContentCheck
{
    public static void Run(LoadedDatabase loaded, string path, DatabaseOptions options)
    {
        if (loaded.IsProved)
        {
            return;
        }
        CheckSettings(loaded, path);
        using Database database = new(loaded, options);
        using Session session = database.OpenPlainSession();
        foreach (TableDefinition table in loaded.Catalog.Tables.OrderBy(table => table.Oid))
        {
            At(loaded, path, table.Oid, options, () => Check(session, table, SchemaWriter.QualifiedName(table)));
        }
        foreach (ViewDefinition view in loaded.Catalog.Views.OrderBy(view => view.Oid))
        {
            At(loaded, path, view.Oid, options, () => Bind(session, $"SELECT * FROM {SchemaWriter.QualifiedName(view)}"));
        }
    }

    private static void CheckSettings(LoadedDatabase loaded, string path)
    {
        foreach ((string name, string value) in loaded.Catalog.Settings)
        {
            try
            {
                SessionSettings.NormalizePersistent(name, value);
            }
            catch (PhantomDbException error)
            {
                throw Error.InFile(error, $"{path}, section {SectionLoader.SettingsHead}");
            }
        }
    }

    private static void Check(Session session, TableDefinition table, string name)
    {
        ConstraintDefinition[] checks = [.. table.Constraints.Where(constraint => constraint.Kind == ConstraintKind.Check)];
        if (checks.Length > 0 || table.Columns.Any(column => column.DefaultText is not null))
        {
            Bind(session, $"INSERT INTO {name} DEFAULT VALUES");   // each expression by itself, as it will be used
        }
        foreach (ConstraintDefinition check in checks.Where(check => !check.IsNotValid))
        {
            using QueryResult violation = session.Execute($"SELECT 1 FROM {name} WHERE NOT ({check.CheckText}) LIMIT 1");
            if (violation.Read())
            {
                throw new PhantomDbException(SqlStates.CheckViolation, $"check constraint \"{check.Name}\" of relation \"{table.Name}\" is violated by some row")
                {
                    SchemaName = table.Schema, TableName = table.Name, ConstraintName = check.Name,
                };
            }
        }
    }

    private static void Bind(Session session, string sql)
    {
        using QueryResult plan = session.Execute($"EXPLAIN {sql}");
    }

    internal static void At(LoadedDatabase loaded, string path, int oid, DatabaseOptions options, Action check)
    {
        try
        {
            check();
        }
        catch (PhantomDbException error)
        {
            throw Error.InFile(error, DatabaseFileReader.PlaceOf(loaded, oid, path, options.FileSystem));
        }
    }
}
