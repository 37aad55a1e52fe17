using PhantomDb.Catalog;
using RowMaker = System.Func<PhantomDb.Execution.SystemTables.SystemScan, System.Collections.Generic.IEnumerable<object?[]>>;

namespace PhantomDb.Execution.SystemTables;

/// <summary>Statistics views, with what is known: sessions, locks, sizes and row counts. What is not counted here is NULL.</summary>
internal static class ActivityCatalogs
{
    public static readonly KeyValuePair<(string Schema, string Name), RowMaker>[] All =
    [
        Of("pg_stat_user_tables", Tables), Of("pg_stat_all_tables", Tables), Of("pg_stat_user_indexes", Indexes), Of("pg_stat_all_indexes", Indexes),
        Of("pg_stat_database", Databases), Of("pg_stat_activity", scan => scan.Objects.Surroundings.Sessions(scan)),
        Of("pg_locks", scan => scan.Objects.Surroundings.Locks(scan)),
    ];

    private static KeyValuePair<(string, string), RowMaker> Of(string name, RowMaker rows) => new((SystemRelations.PgCatalog, name), rows);

    private static IEnumerable<object?[]> Tables(SystemScan scan)
    {
        long? oid = scan.Oid("relid");
        string? name = scan.Text("relname");
        return scan.Objects.Tables.Where(table => (oid is null || table.Oid == oid) && (name is null || table.Name == name)).Select(table => scan.Row(
            ("relid", table.Oid), ("schemaname", table.Schema), ("relname", table.Name),
            ("n_live_tup", scan.Objects.Storage.Tables.GetValueOrDefault(table.Oid)?.RowCount ?? 0)));
    }

    private static IEnumerable<object?[]> Indexes(SystemScan scan)
    {
        foreach (TableDefinition table in scan.Objects.Tables)
        {
            foreach (IndexDefinition index in table.Indexes)
            {
                yield return scan.Row(
                    ("relid", table.Oid), ("indexrelid", index.Oid), ("schemaname", table.Schema), ("relname", table.Name), ("indexrelname", index.Name));
            }
        }
    }

    private static IEnumerable<object?[]> Databases(SystemScan scan) =>
        [scan.Row(("datid", SystemObjects.DatabaseOid(scan.Objects.DatabaseName)), ("datname", scan.Objects.DatabaseName),
            ("numbackends", scan.Objects.Surroundings.SessionControl.Count))];
}
