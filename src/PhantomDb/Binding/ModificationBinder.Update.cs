using PhantomDb.Catalog;
using PhantomDb.Errors;
using PhantomDb.Expressions;
using PhantomDb.Parsing.Ast;
using PhantomDb.Planning.Logical;
using PhantomDb.Types;
using ColumnAssignment = PhantomDb.Parsing.Ast.ColumnAssignment;
using ColumnDefinition = PhantomDb.Catalog.ColumnDefinition;
using JoinKind = PhantomDb.Planning.Logical.JoinKind;

namespace PhantomDb.Binding;

/// <summary>UPDATE and DELETE: a scan with row ids, joined and filtered, and a projection to what the change needs.</summary>
internal sealed partial class ModificationBinder
{
    public BoundPlan BindUpdate(UpdateStatement update)
    {
        TableDefinition table = Target(state, update.Table, "update");
        List<QueryBinder.BoundCte> with = update.With is null ? [] : _queries.BindWith(update.With);
        (LogicalScan scan, Scope scope) = ScanTarget(table, update.Alias);
        LogicalOperator plan = _queries.BindFrom(scan, update.From, scope);
        var binder = new ExpressionBinder(state, scope, _queries.Ctes);
        if (update.Where is not null)
        {
            scope.Level.Clause = Clause.Where;
            plan = new LogicalFilter(plan, binder.BindCondition(update.Where, "WHERE"));
        }
        scope.Level.Clause = Clause.Set;
        var subqueries = new List<LogicalOperator>();
        List<(ColumnDefinition Column, Expression Value)> assignments = BindAssignments(table, update.Assignments, binder, query =>
        {
            BoundQuery bound = new QueryBinder(state, scope, _queries.Ctes).Bind(query);
            subqueries.Add(bound.Plan);
            return bound;
        });
        foreach (LogicalOperator subquery in subqueries)
        {
            plan = new LogicalJoin(JoinKind.Single, plan, subquery, null) { IsDependent = FreeColumns.Uses(subquery, plan.Output) };
        }
        var computed = new List<ComputedColumn> { new(scan.RowId!, scan.RowId!.Reference) };
        var newRow = new LogicalColumn[table.Columns.Count];
        for (int i = 0; i < newRow.Length; i++)
        {
            ColumnDefinition column = table.Columns[i];
            int place = assignments.FindIndex(a => a.Column.Number == column.Number);
            newRow[i] = place < 0 ? scan.Columns[i].Column : state.NewColumn(column.Type, column.Name);
            computed.Add(new ComputedColumn(newRow[i], place < 0 ? newRow[i].Reference : assignments[place].Value));
        }
        // RETURNING sees the new row, and the other tables of FROM.
        List<ScopeTable> others = scope.Tables.GetRange(1, scope.Tables.Count - 1);
        computed.AddRange(KeptColumns(others, newRow));
        (LogicalOperator input, IReadOnlyList<WithStep> steps) = QueryBinder.Attach(new LogicalProject(plan, computed), with);
        int[] changed = [.. assignments.Select(a => a.Column.Number)];
        var returningScope = new Scope(null, scope.Level) { Tables = [RowOf(table, update.Alias ?? table.Name, newRow), .. others] };
        return Plan(new LogicalUpdate(table, input, scan.RowId!)
        {
            NewRow = newRow,
            ChangedColumns = changed,
            Checks = BindChecks(state, table, newRow, c => c.IsNotValid || c.Columns.Count == 0 || c.Columns.Any(changed.Contains)),
            Stored = BindStored(state, table, newRow, e => e.Columns.Any(changed.Contains)),
            Returning = BindReturning(update.Returning, returningScope),
            Cascades = CascadeTargets.Of(state, table),
        }, "UPDATE") with { Steps = steps };
    }

    public BoundPlan BindDelete(DeleteStatement delete)
    {
        TableDefinition table = Target(state, delete.Table, "delete from");
        List<QueryBinder.BoundCte> with = delete.With is null ? [] : _queries.BindWith(delete.With);
        (LogicalScan scan, Scope scope) = ScanTarget(table, delete.Alias);
        LogicalOperator plan = _queries.BindFrom(scan, delete.Using, scope);
        if (delete.Where is not null)
        {
            scope.Level.Clause = Clause.Where;
            plan = new LogicalFilter(plan, new ExpressionBinder(state, scope, _queries.Ctes).BindCondition(delete.Where, "WHERE"));
        }
        var computed = new List<ComputedColumn> { new(scan.RowId!, scan.RowId!.Reference) };
        IReadOnlyList<ComputedColumn> returning = BindReturning(delete.Returning, scope);
        if (returning.Count > 0)
        {
            computed.AddRange(KeptColumns(scope.Tables, []));
        }
        (LogicalOperator input, IReadOnlyList<WithStep> steps) = QueryBinder.Attach(new LogicalProject(plan, computed), with);
        return Plan(new LogicalDelete(table, input, scan.RowId!) { Returning = returning, Cascades = CascadeTargets.Of(state, table) }, "DELETE") with { Steps = steps };
    }

    private (LogicalScan Scan, Scope Scope) ScanTarget(TableDefinition table, string? alias)
    {
        string name = alias ?? table.Name;
        LogicalScan scan = QueryBinder.Scan(state, table, name) with { RowId = state.NewColumn(SqlType.Int64, "row id") };
        var level = new QueryLevel { Clause = Clause.From, IsPlain = true };
        foreach (LogicalColumn column in scan.Output)
        {
            state.SetOwner(column.Id, level);
        }
        var target = new ScopeTable(name, scan.Output)
        {
            ColumnNames = [.. table.Columns.Select(c => c.Name)],
            Schema = alias is null ? table.Schema : null,
            Table = table,
        };
        return (scan, new Scope(null, level) { Tables = [target] });
    }

    private static IEnumerable<ComputedColumn> KeptColumns(List<ScopeTable> tables, LogicalColumn[] except)
    {
        HashSet<ColumnId> seen = [.. except.Select(c => c.Id)];
        foreach (LogicalColumn column in tables.SelectMany(t => t.Columns))
        {
            if (seen.Add(column.Id))
            {
                yield return new ComputedColumn(column, column.Reference);
            }
        }
    }

    /// <param name="bindQuery">Binds the query of (a, b) = (SELECT …) and joins it; null where that is not supported.</param>
    private List<(ColumnDefinition Column, Expression Value)> BindAssignments(
        TableDefinition table, SyntaxList<Assignment> assignments, ExpressionBinder binder, Func<SelectStatement, BoundQuery>? bindQuery)
    {
        var bound = new List<(ColumnDefinition Column, Expression Value)>();
        foreach (Assignment assignment in assignments)
        {
            switch (assignment)
            {
                case ColumnAssignment single:
                    Add(single.Target, single.Value, null);
                    break;
                case MultiColumnAssignment { Value: RowSyntax row } multi:
                    if (row.Items.Count != multi.Targets.Count)
                    {
                        throw Error.InvalidSyntax("number of columns does not match number of values", multi.Position);
                    }
                    for (int i = 0; i < row.Items.Count; i++)
                    {
                        Add(multi.Targets[i], row.Items[i], null);
                    }
                    break;
                case MultiColumnAssignment { Value: SubquerySyntax subquery } multi:
                    BoundQuery query = (bindQuery ?? throw Error.NotSupported("a subquery in ON CONFLICT DO UPDATE", subquery.Position))(subquery.Query);
                    if (query.Columns.Count != multi.Targets.Count)
                    {
                        throw Error.InvalidSyntax("number of columns does not match number of values", multi.Position);
                    }
                    for (int i = 0; i < multi.Targets.Count; i++)
                    {
                        Add(multi.Targets[i], subquery, query.Columns[i].Reference);
                    }
                    break;
                case MultiColumnAssignment { Targets.Count: 1 } multi:
                    Add(multi.Targets[0], multi.Value, null);
                    break;
                default:
                    throw Error.At(SqlStates.FeatureNotSupported, "source for a multiple-column UPDATE item must be a sub-SELECT or ROW() expression", assignment.Position);
            }
        }
        return bound;

        void Add(AssignmentTarget target, ExpressionSyntax syntax, Expression? value)
        {
            ColumnDefinition column = TargetColumn(table, target);
            if (bound.Exists(b => b.Column.Number == column.Number))
            {
                throw Error.InvalidSyntax($"multiple assignments to same column \"{column.Name}\"", target.Position);
            }
            if (syntax is DefaultSyntax)
            {
                bound.Add((column, DefaultOf(state, column)));
                return;
            }
            if (column.Identity == IdentityKind.Always)
            {
                throw Error.At("428C9", $"column \"{column.Name}\" can only be updated to DEFAULT", target.Position,
                    detail: $"Column \"{column.Name}\" is an identity column defined as GENERATED ALWAYS.");
            }
            bound.Add((column, Assign(value ?? binder.Bind(syntax), column, syntax.Position)));
        }
    }
}
