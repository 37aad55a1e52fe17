using PhantomDb.Catalog;
using PhantomDb.Storage;
using PhantomDb.Vectors;

namespace PhantomDb.Execution.ForeignKeys;

/// <summary>The keys of a table's changed rows, as far as foreign keys need them: new ones that refer, old ones that are referred to.</summary>
internal sealed class KeyChanges
{
    private readonly TableDefinition _table;

    public KeyChanges(StatementScope scope, TableDefinition table, IReadOnlyList<int>? changedColumns, bool isDelete, bool comparesOld)
    {
        _table = table;
        if (!isDelete)
        {
            Outgoing = [.. OutgoingOf(table, changedColumns).Select(key => new OutgoingKeys(key, table, scope, comparesOld))];
        }
        if (isDelete || changedColumns is not null)
        {
            Incoming = [.. IncomingOf(scope.Catalog, table, isDelete ? null : changedColumns)
                .Select(key => new IncomingKeys(key.Constraint, key.Child, table, isDelete, scope))];
        }
    }

    public TableDefinition Table => _table;

    public IReadOnlyList<OutgoingKeys> Outgoing { get; } = [];

    public IReadOnlyList<IncomingKeys> Incoming { get; } = [];

    /// <summary>Storage numbers of the columns that foreign keys need of the new rows of an UPDATE that sets some columns.</summary>
    public static HashSet<int> ColumnsNeeded(DatabaseCatalog catalog, TableDefinition table, IReadOnlyList<int> changedColumns) =>
    [
        .. OutgoingOf(table, changedColumns).SelectMany(key => key.Columns),
        .. IncomingOf(catalog, table, changedColumns).SelectMany(key => key.Constraint.ReferencedColumns),
    ];

    /// <summary>The keys of other tables (and of its own) that refer to columns of a table which a change of some columns touches; of any where null is given.</summary>
    public static IEnumerable<(ConstraintDefinition Constraint, TableDefinition Child)> IncomingOf(
        DatabaseCatalog catalog, TableDefinition table, IReadOnlyList<int>? changedColumns) =>
        catalog.TablesReferencing(table.Oid).SelectMany(child => child.Constraints
            .Where(key => key.Kind == ConstraintKind.ForeignKey && key.ReferencedTableOid == table.Oid
                && (changedColumns is null || key.ReferencedColumns.Any(changedColumns.Contains)))
            .Select(key => (key, child)));

    /// <summary>
    /// Notes new rows; the place of a column of the table gives the vector that it stands in. For UPDATE those whose old keys
    /// were kept, in the same order.
    /// </summary>
    public void AddNew(DataChunk chunk, Func<int, int> vectorOf)
    {
        foreach (OutgoingKeys key in Outgoing)
        {
            key.Keys.Append(VectorsOf(chunk, key.Constraint.Columns, vectorOf), chunk.Selection, chunk.Count);
        }
        foreach (IncomingKeys key in Incoming)
        {
            key.NewKeys.Append(VectorsOf(chunk, key.Constraint.ReferencedColumns, vectorOf), chunk.Selection, chunk.Count);
        }
    }

    /// <summary>Looks at a row before it is changed or removed; <see cref="KeepOld"/> notes it.</summary>
    public void ReadOld(TableStore store, long rowId, in ReadView view)
    {
        foreach (OutgoingKeys key in Outgoing)
        {
            key.ReadOld(store, rowId, view);
        }
        foreach (IncomingKeys key in Incoming)
        {
            key.ReadOld(store, rowId, view);
        }
    }

    /// <summary>Notes the row that <see cref="ReadOld"/> looked at: it has been changed.</summary>
    public void KeepOld()
    {
        foreach (OutgoingKeys key in Outgoing)
        {
            key.KeepOld();
        }
        foreach (IncomingKeys key in Incoming)
        {
            key.KeepOld();
        }
    }

    // Those that a change of some columns touches; of all columns where none are named.
    private static IEnumerable<ConstraintDefinition> OutgoingOf(TableDefinition table, IReadOnlyList<int>? changedColumns) =>
        table.Constraints.Where(key => key.Kind == ConstraintKind.ForeignKey && (changedColumns is null || key.Columns.Any(changedColumns.Contains)));

    private Vector[] VectorsOf(DataChunk chunk, IReadOnlyList<int> numbers, Func<int, int> vectorOf) =>
        [.. numbers.Select(n => chunk.Vectors[vectorOf(_table.IndexOfNumber(n))])];
}
