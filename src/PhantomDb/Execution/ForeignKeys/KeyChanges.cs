using PhantomDb.Catalog;
using PhantomDb.Storage;
using PhantomDb.Vectors;

namespace PhantomDb.Execution.ForeignKeys;

/// <summary>The keys of a table's changed rows, as far as foreign keys need them: new ones that refer, old ones that are referred to.</summary>
internal sealed class KeyChanges
{
    private readonly TableDefinition _table;

    public KeyChanges(StatementScope scope, TableDefinition table, IReadOnlyList<int>? changedColumns, bool isDelete)
    {
        _table = table;
        if (!isDelete)
        {
            Outgoing = [.. table.Constraints
                .Where(key => key.Kind == ConstraintKind.ForeignKey && (changedColumns is null || key.Columns.Any(changedColumns.Contains)))
                .Select(key => new OutgoingKeys(key, table, scope))];
        }
        if (isDelete || changedColumns is not null)
        {
            Incoming = [.. scope.Catalog.Tables.OrderBy(child => child.Oid).SelectMany(child => child.Constraints
                .Where(key => key.Kind == ConstraintKind.ForeignKey && key.ReferencedTableOid == table.Oid
                    && (isDelete || key.ReferencedColumns.Any(changedColumns!.Contains)))
                .Select(key => new IncomingKeys(key, child, table, isDelete, scope)))];
        }
    }

    public IReadOnlyList<OutgoingKeys> Outgoing { get; } = [];

    public IReadOnlyList<IncomingKeys> Incoming { get; } = [];

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
        foreach (IncomingKeys key in Incoming)
        {
            key.ReadOld(store, rowId, view);
        }
    }

    /// <summary>Notes the row that <see cref="ReadOld"/> looked at: it has been changed.</summary>
    public void KeepOld()
    {
        foreach (IncomingKeys key in Incoming)
        {
            key.KeepOld();
        }
    }

    private Vector[] VectorsOf(DataChunk chunk, IReadOnlyList<int> numbers, Func<int, int> vectorOf) =>
        [.. numbers.Select(n => chunk.Vectors[vectorOf(_table.IndexOfNumber(n))])];
}
