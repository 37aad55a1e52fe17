using PhantomDb.Catalog;
using PhantomDb.Durability.Log;

namespace PhantomDb.Durability.History;

/// <summary>
/// What a table was called at each LSN, and which of its present columns a column was then: made of the records about definitions, from the newest
/// back. A column goes on under another name; one that was computed anew is told by its name; one that is gone is none.
/// </summary>
internal sealed class TableLineage
{
    private readonly List<Epoch> _epochs = [];   // newest first

    /// <param name="table">The table as it is now.</param>
    /// <param name="definitions">Records that <see cref="IsWanted"/> wants, in their order.</param>
    public TableLineage(TableDefinition table, IReadOnlyList<LogEntry> definitions)
    {
        (string Schema, string Name) name = (table.Schema, table.Name);
        Dictionary<string, int> columns = table.Columns.Select((column, i) => (column.Name, i)).ToDictionary(pair => pair.Name, pair => pair.i);
        for (int i = definitions.Count - 1; i >= 0; i--)
        {
            LogEntry entry = definitions[i];
            switch (entry.Operation)
            {
                case "RENAME" when entry.Others is ["TABLE", { } to] && DefinitionNames.Qualified(to) == name:
                    _epochs.Add(new Epoch(entry.Lsn, name, columns));
                    name = DefinitionNames.Qualified(entry.Table!);
                    break;
                case "RENAME" when entry.Others is ["SCHEMA", { } to] && new DefinitionText(to).Name() == name.Schema:
                    _epochs.Add(new Epoch(entry.Lsn, name, columns));
                    name = (new DefinitionText(entry.Table!).Name(), name.Name);
                    break;
                case "ALTER" when DefinitionNames.Qualified(entry.Table!) == name:
                    _epochs.Add(new Epoch(entry.Lsn, name, columns));
                    columns = ColumnsBefore(entry, columns);
                    break;
                case "LOAD":   // all that the database had was replaced
                case "RENAME" or "DROP" when IsOfAnother(entry, name):
                    _epochs.Add(new Epoch(entry.Lsn, name, columns));
                    return;
            }
        }
        _epochs.Add(new Epoch(0, name, columns));
    }

    /// <summary>From an LSN on: the table's name, and the places of its present columns by the names that they had.</summary>
    private sealed record Epoch(long FirstLsn, (string Schema, string Name) Name, Dictionary<string, int> Columns)
    {
        public string NameText { get; } = DefinitionText.NameOf(Name.Schema, Name.Name);
    }

    /// <summary>Names that it has had, as records have them.</summary>
    public IEnumerable<string> Names => _epochs.Select(epoch => epoch.NameText).Distinct();

    /// <summary>Whether a record is about definitions that a lineage may need.</summary>
    public static bool IsWanted(LogOperation operation, ReadOnlySpan<byte> table) => operation is LogOperation.Rename or LogOperation.Alter or LogOperation.Drop
        || (operation == LogOperation.Load && table.IsEmpty);

    /// <summary>True where a table's name was this table's when a record was written; then the places of its present columns by the names that they had.</summary>
    public bool IsOfTable(LogEntry entry, out IReadOnlyDictionary<string, int> columns)
    {
        foreach (Epoch epoch in _epochs)
        {
            if (entry.Lsn >= epoch.FirstLsn)
            {
                columns = epoch.Columns;
                return entry.Table == epoch.NameText;
            }
        }
        columns = new Dictionary<string, int>();
        return false;
    }

    // The name went away then: before, it was another table's.
    private static bool IsOfAnother(LogEntry entry, (string Schema, string Name) name) => entry.Others switch
    {
        ["TABLE", ..] => DefinitionNames.Qualified(entry.Table!) == name,
        ["SCHEMA", ..] => new DefinitionText(entry.Table!).Name() == name.Schema,
        _ => false,
    };

    private static Dictionary<string, int> ColumnsBefore(LogEntry alter, Dictionary<string, int> after)
    {
        (IReadOnlyList<string> names, IReadOnlyList<string?> sources) = DefinitionNames.Columns(alter.Others!);
        Dictionary<string, int> before = [];
        for (int i = 0; i < names.Count && i < sources.Count; i++)
        {
            if (sources[i] is { } source && after.TryGetValue(names[i], out int place))
            {
                before[source] = place;
            }
        }
        for (int i = 0; i < names.Count && i < sources.Count; i++)
        {
            if (sources[i] is null && after.TryGetValue(names[i], out int place))
            {
                before.TryAdd(names[i], place);
            }
        }
        return before;
    }
}
