using PhantomDb.Binding;
using PhantomDb.Catalog;
using PhantomDb.Execution.SystemTables;
using PhantomDb.Types;

namespace PhantomDb;

/// <summary>What ties the system catalogs to the rest: their names for the binder, databases on disk and printed expressions for their rows.</summary>
internal sealed class SystemSurroundings(Database database) : ISystemSurroundings, IVirtualTables
{
    public IEnumerable<string> DatabaseNames => DatabaseFiles.NamesIn(database.Options);

    public IReadOnlyList<(string Name, SqlType Type)>? Find(string schema, string name) => SystemRelations.Find(schema, name)?.Signature;

    public int? FindOid(string schema, string name) => SystemRelations.Find(schema, name)?.Oid;

    public IEnumerable<(string Schema, string Name, bool IsView)> All => SystemRelations.All.Select(relation => (relation.Schema, relation.Name, relation.Kind == 'v'));

    public long? DatabaseSize(string name) => DatabaseFiles.SizeOf(name, database.Options);

    public string PrintExpression(DatabaseCatalog catalog, IReadOnlyList<string> searchPath, TableDefinition table, ColumnDefinition? column, string expression, bool isPretty) =>
        ExpressionDeparser.Print(new BinderContext(catalog) { DatabaseName = database.Name, SearchPath = searchPath, VirtualTables = this }, table, column, expression, isPretty);

    public string PrintIndexExpression(DatabaseCatalog catalog, IReadOnlyList<string> searchPath, TableDefinition table, string expression, bool isPretty) =>
        ExpressionDeparser.PrintIndexExpression(new BinderContext(catalog) { DatabaseName = database.Name, SearchPath = searchPath, VirtualTables = this }, table, expression, isPretty);

    public IReadOnlyList<string> NameIndexColumns(IReadOnlyList<(string Text, bool IsExpression)> columns) =>
        ObjectNames.OfIndexColumns([.. columns.Select(c => c.IsExpression ? ColumnNames.OfIndexExpression(Parsing.SqlParser.ParseExpression(c.Text)) : c.Text)]);

    public string PrintQuery(ViewDefinition view, bool isPretty) => " " + view.QueryText + ";";

    public IEnumerable<object?[]> Sessions(SystemScan scan) => database.Monitor.ActivityRows(scan);

    public IEnumerable<object?[]> Locks(SystemScan scan) => database.Monitor.LockRows(scan);

    public IEnumerable<object?[]> EngineRows(SystemScan scan) => new DiskTables(database, scan.Warn).Rows(scan);

    public IEnumerable<HistoryRow> History(TableDefinition table, (long Least, long Most) lsn, (long Least, long Most) time, Action<string> warn) =>
        new DiskTables(database, warn).History(table, DiskTables.RangeOf(lsn, time));

    public IReadOnlyList<(string Name, SqlType Type)> HistoryColumns(TableDefinition table) => HistoryTable.ColumnsOf(table);

    public Functions.ILogControl? LogControl => database.LogControl;

    public Functions.ISessionControl SessionControl => database.Monitor;
}
