using PhantomDb.Catalog;
using PhantomDb.Expressions;
using PhantomDb.Planning.Logical;
using ColumnDefinition = PhantomDb.Catalog.ColumnDefinition;

namespace PhantomDb.Binding;

/// <summary>The tables whose rows may change with a table's, by actions of foreign keys, directly or through others.</summary>
internal static class CascadeTargets
{
    public static IReadOnlyList<CascadeTarget> Of(BindingState state, TableDefinition table)
    {
        var targets = new List<CascadeTarget>();
        var open = new Queue<TableDefinition>([table]);
        while (open.TryDequeue(out TableDefinition? parent))
        {
            foreach (TableDefinition child in state.Catalog.TablesReferencing(parent.Oid))
            {
                if (targets.All(t => t.Table.Oid != child.Oid) && child.Constraints.Any(c => IsFrom(c, parent) && (IsAction(c.OnDelete) || IsAction(c.OnUpdate))))
                {
                    targets.Add(Bind(state, child));
                    open.Enqueue(child);
                }
            }
        }
        return targets;
    }

    private static bool IsFrom(ConstraintDefinition constraint, TableDefinition parent) =>
        constraint.Kind == ConstraintKind.ForeignKey && constraint.ReferencedTableOid == parent.Oid;

    private static bool IsAction(ReferentialAction action) => action is not (ReferentialAction.NoAction or ReferentialAction.Restrict);

    private static CascadeTarget Bind(BindingState state, TableDefinition table)
    {
        state.DependOn(table.Oid);
        LogicalColumn[] row = [.. table.Columns.Select(c => state.NewColumn(c.Type, c.Name))];
        var defaults = new Dictionary<int, Expression>();
        foreach (ConstraintDefinition key in table.Constraints.Where(c => c.OnDelete == ReferentialAction.SetDefault || c.OnUpdate == ReferentialAction.SetDefault))
        {
            foreach (ColumnDefinition column in key.Columns.Select(n => table.Columns[table.IndexOfNumber(n)]))
            {
                defaults[column.Number] = ModificationBinder.DefaultOf(state, column);
            }
        }
        return new CascadeTarget(table, row, ModificationBinder.BindChecks(state, table, row, _ => true), defaults)
        {
            Stored = ModificationBinder.BindStored(state, table, row),
        };
    }
}
