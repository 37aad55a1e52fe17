using RowMaker = System.Func<PhantomDb.Execution.SystemTables.SystemScan, System.Collections.Generic.IEnumerable<object?[]>>;

namespace PhantomDb.Execution.SystemTables;

/// <summary>Relations of our own about what is on the disk: the log, the recovery, durable settings. The composition root makes their rows.</summary>
internal static class EngineTables
{
    public static readonly KeyValuePair<(string Schema, string Name), RowMaker>[] All =
    [
        Of("phantomdb_log"), Of("phantomdb_recovery"), Of("phantomdb_recovery_files"), Of("phantomdb_settings"), Of("phantomdb_files"), Of("phantomdb_snapshots"),
    ];

    /// <summary>The column, different in each row, by which a relation gives its rows in order, and backward where that is asked for; null where there is none.</summary>
    public static string? OrderOf(string schema, string name) => (schema, name) == (SystemRelations.PgCatalog, "phantomdb_log") ? "lsn" : null;

    private static KeyValuePair<(string, string), RowMaker> Of(string name) =>
        new((SystemRelations.PgCatalog, name), scan => scan.Objects.Surroundings.EngineRows(scan));
}
