using PhantomDb.Catalog;
using PhantomDb.Execution.Settings;
using PhantomDb.Functions;

namespace PhantomDb.Execution.SystemTables;

/// <summary>
/// pg_catalog and information_schema as tables. Rows are made when a table is read, from the definitions that the statement
/// sees; relations without an entry in <see cref="Rows"/> are there, and empty.
/// </summary>
internal sealed class SystemTableSource(Func<SystemObjects> objects, SessionSettings settings) : IVirtualTableSource
{
    private static readonly Dictionary<(string Schema, string Name), Func<SystemScan, IEnumerable<object?[]>>> Rows = new(
    [
        .. RelationCatalogs.All, .. TypeCatalogs.All, .. ClusterCatalogs.All, .. ActivityCatalogs.All, .. EngineTables.All, .. InformationSchema.All,
    ]);

    private const int FirstBackward = 64;   // who reads from the end mostly wants but few

    public TableFunctionRows Open(
        string schema, string name, IReadOnlyList<string> columns, VirtualFilter filter, IStatementContext statement)
    {
        if (name == HistoryTable.Name)
        {
            SystemObjects known = objects();
            TableDefinition table = (TableDefinition)RelationLookup.FindText(known.Catalog, [], schema)!;
            return HistoryTable.Open(table, known.Surroundings.History(table, filter.Bounds("log_lsn"), filter.Bounds("log_time"), statement.Warn), columns, statement);
        }
        SystemRelation relation = SystemRelations.Find(schema, name)!;
        IEnumerable<object?[]> rows = Rows.TryGetValue((schema, name), out Func<SystemScan, IEnumerable<object?[]>>? make)
            ? make(new SystemScan(relation, objects(), settings, columns, filter) { Warn = statement.Warn })
            : [];
        return new SystemRows(rows, relation, columns, statement, filter.ReadsBackward ? FirstBackward : Vectors.DataChunk.Capacity);
    }
}
