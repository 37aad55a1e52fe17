using PhantomDb.Errors;
using PhantomDb.Functions;
using PhantomDb.Parsing.Ast;
using PhantomDb.Planning;
using PhantomDb.Planning.Logical;
using PhantomDb.Types;

namespace PhantomDb.Binding;

/// <summary>
/// WITH. A query that is read once, and has no side effect, is put where it is read; one that is read several times is
/// computed once; one that is never read is left out.
/// </summary>
internal sealed partial class QueryBinder
{
    internal sealed record BoundCte(CteEntry Entry, LogicalOperator Plan, CteMaterialization Materialization);

    /// <summary>Binds WITH queries and puts them in sight of what is bound afterwards.</summary>
    internal List<BoundCte> BindWith(WithClause with)
    {
        var environment = new CteEnvironment(_ctes);
        _ctes = environment;
        var bound = new List<BoundCte>();
        foreach (CommonTableExpression table in with.Tables)
        {
            if (with.Tables.AsSpan()[..bound.Count].ToArray().Any(t => t.Name == table.Name))
            {
                throw Error.At(SqlStates.DuplicateAlias, $"WITH query name \"{table.Name}\" specified more than once", table.Position);
            }
            if (table.Statement is not SelectStatement select)
            {
                bound.Add(BindModification(table, environment));
                continue;
            }
            if (table.Search is not null || table.Cycle is not null)
            {
                throw Error.NotSupported(table.Search is not null ? "SEARCH" : "CYCLE", table.Position);
            }
            var entry = new CteEntry(table.Name, state.NewCteId());
            BoundQuery query = with.IsRecursive ? BindRecursive(table, select, environment) : new QueryBinder(state, outerScope, environment).Bind(select);
            query = query with { Columns = Rename(query.Columns, table) };
            entry.Columns = query.Columns;
            environment.Put(entry);
            bound.Add(new BoundCte(entry, query.Plan, table.Materialization));
        }
        return bound;
    }

    private BoundCte BindModification(CommonTableExpression table, CteEnvironment environment)
    {
        if (!IsTopLevel)
        {
            throw Error.At(SqlStates.FeatureNotSupported, "WITH clause containing a data-modifying statement must be at the top level", table.Position);
        }
        var binder = new ModificationBinder(state, environment);
        BoundPlan plan = table.Statement switch
        {
            InsertStatement insert => binder.BindInsert(insert),
            UpdateStatement update => binder.BindUpdate(update),
            DeleteStatement delete => binder.BindDelete(delete),
            _ => throw Error.NotSupported("this statement in WITH", table.Position),
        };
        if (plan.Steps.Count > 0)
        {
            throw Error.At(SqlStates.FeatureNotSupported, "WITH clause containing a data-modifying statement must be at the top level", table.Position);
        }
        var entry = new CteEntry(table.Name, state.NewCteId()) { Columns = Rename(plan.ResultColumns, table) };
        if (plan.ResultColumns.Count == 0)
        {
            entry.HasNoRows = true;
        }
        environment.Put(entry);
        return new BoundCte(entry, plan.Plan, CteMaterialization.Materialized);
    }

    /// <summary>
    /// The WITH of a statement around it: as ever where it only reads. Else the queries that change tables, and those that several read,
    /// become steps beside the statement.
    /// </summary>
    internal static (LogicalOperator Body, IReadOnlyList<WithStep> Steps) Attach(LogicalOperator body, List<BoundCte> with)
    {
        if (!with.Exists(cte => cte.Plan is LogicalModification))
        {
            return (WrapInCtes(body, with), []);
        }
        // From the last to the first: each is read by those behind it, and by the statement.
        LogicalOperator[] plans = [.. with.Select(cte => cte.Plan), body];
        bool[] isStep = new bool[with.Count];
        for (int i = with.Count - 1; i >= 0; i--)
        {
            (CteEntry entry, LogicalOperator plan, CteMaterialization materialization) = with[i];
            int[] readers = [.. Enumerable.Range(i + 1, plans.Length - i - 1).Where(r => r == with.Count || isStep[r])];
            int count = readers.Sum(r => CountScans(plans[r], entry.Id));
            if (plan is not LogicalModification && count == 0)
            {
                continue;
            }
            if (plan is not LogicalModification && count == 1 && materialization != CteMaterialization.Materialized && !ExpressionEquality.IsVolatile(plan)
                && LogicalLockRows.TablesIn(plan).Count == 0)
            {
                int reader = readers.First(r => CountScans(plans[r], entry.Id) == 1);
                plans[reader] = PlanTraversal.RewriteOperators(plans[reader], part => part is LogicalCteScan scan && scan.CteId == entry.Id ? Inline(plan, scan) : null);
                continue;
            }
            isStep[i] = true;
        }
        // What the statement reads, and what that reads, comes before it.
        HashSet<int> before = [];
        for (int i = with.Count - 1; i >= 0; i--)
        {
            if (isStep[i] && (CountScans(plans[^1], with[i].Entry.Id) > 0 || before.Any(r => CountScans(plans[r], with[i].Entry.Id) > 0)))
            {
                before.Add(i);
            }
        }
        return (plans[^1], [.. Enumerable.Range(0, with.Count).Where(i => isStep[i])
            .Select(i => new WithStep(with[i].Entry.Id, plans[i], with[i].Entry.Columns!, IsLast: !before.Contains(i)))]);
    }

    private static LogicalColumn[] Rename(IReadOnlyList<LogicalColumn> columns, CommonTableExpression table)
    {
        if (table.Columns.Count > columns.Count)
        {
            throw Error.At(SqlStates.InvalidColumnReference,
                $"WITH query \"{table.Name}\" has {columns.Count} columns available but {table.Columns.Count} columns specified", table.Position);
        }
        return [.. columns.Select((column, i) => i < table.Columns.Count ? column with { Name = table.Columns[i] } : column)];
    }

    /// <summary>
    /// WITH RECURSIVE: the last operand of a UNION may read the query itself. Where it does not, this is an ordinary one.
    /// </summary>
    private BoundQuery BindRecursive(CommonTableExpression table, SelectStatement select, CteEnvironment environment)
    {
        string name = table.Name;
        var self = new CteEntry(name, state.NewCteId());
        environment.Put(self);
        bool hasForm = select.Body is SetOperation { Kind: Parsing.Ast.SetOperationKind.Union };
        if (!hasForm || select.With is not null)
        {
            self.ForbiddenBecause = $"recursive query \"{name}\" does not have the form non-recursive-term UNION [ALL] recursive-term";
            return new QueryBinder(state, outerScope, environment).Bind(select);
        }
        var set = (SetOperation)select.Body;
        self.ForbiddenBecause = $"recursive reference to query \"{name}\" must not appear within its non-recursive term";
        QueryBody first = set.Operands.Count == 2 ? set.Operands[0]
            : set with { Operands = set.Operands.AsSpan()[..^1].ToArray().ToSyntaxList() };
        var binder = new QueryBinder(state, outerScope, environment);
        BoundQuery initial = binder.BindBody(first, keepsUnknown: false);
        // A recursive term may give values that the first one's digits do not hold.
        SqlType[] types = [.. initial.Columns.Select(c => c.Type.Id is SqlTypeId.Numeric ? SqlType.Numeric : c.Type)];
        initial = CoerceColumns(initial, types, CastContext.Implicit, (_, _) => Error.NotSupported("this recursive query", table.Position));

        self.ForbiddenBecause = null;
        self.Columns = Rename(initial.Columns, table);
        BoundQuery recursive = binder.BindBody(set.Operands[^1], keepsUnknown: true);
        if (recursive.Columns.Count != initial.Columns.Count)
        {
            throw Error.InvalidSyntax("each UNION query must have the same number of columns", set.Operands[^1].Position);
        }
        if (self.ReferenceCount > 1)
        {
            throw Error.At(SqlStates.InvalidRecursion, $"recursive reference to query \"{name}\" must not appear more than once", table.Position);
        }
        CheckRecursiveReference(recursive.Plan, self.Id, name, isForbidden: null, set.Operands[^1].Position);
        for (int i = 0; i < types.Length; i++)
        {
            // The length of a varchar(n) or char(n) must be that of the whole.
            SqlType given = recursive.Columns[i].Type;
            if (types[i].Id is SqlTypeId.Varchar or SqlTypeId.Char && types[i].Precision >= 0 && given != types[i])
            {
                throw RecursiveTypeError(name, i, types[i], given.Id == types[i].Id ? new SqlType(given.Id) : given, set.Operands[^1].Position);
            }
        }
        recursive = CoerceColumns(recursive, types, CastContext.Implicit, (i, actual) => RecursiveTypeError(name, i, types[i], actual, set.Operands[^1].Position));
        if (self.ReferenceCount == 0)
        {
            BoundQuery union = Combine(Planning.Logical.SetOperationKind.Union, set.IsAll, initial, recursive, initial);
            return BindWithOrder(union, select with { With = null }, allowsExpressions: false);
        }
        if (select.OrderBy.Count > 0 || select.Limit is not null || select.Offset is not null)
        {
            throw Error.NotSupported(select.OrderBy.Count > 0 ? "ORDER BY in a recursive query" : "LIMIT in a recursive query", select.Position);
        }
        LogicalColumn[] columns = [.. initial.Columns.Select(c => state.NewColumn(c.Type, c.Name))];
        return new BoundQuery(new LogicalRecursiveCte(self.Id, name, initial.Plan, recursive.Plan, set.IsAll, columns), columns);
    }

    private static PhantomDbException RecursiveTypeError(string name, int index, SqlType wanted, SqlType actual, int position) =>
        Error.At(SqlStates.DatatypeMismatch,
            $"recursive query \"{name}\" column {index + 1} has type {wanted} in non-recursive term but type {actual.BaseName} overall", position,
            hint: "Cast the output of the non-recursive term to the correct type.");

    /// <summary>The step's own rows may only be joined and filtered: not on the nullable side of a join, not aggregated, not in a subquery.</summary>
    private static void CheckRecursiveReference(LogicalOperator plan, int id, string name, string? isForbidden, int position)
    {
        if (plan is LogicalCteScan scan && scan.CteId == id && isForbidden is not null)
        {
            throw Error.At(SqlStates.InvalidRecursion, isForbidden.StartsWith("aggregate", StringComparison.Ordinal) ? isForbidden
                : $"recursive reference to query \"{name}\" must not appear within {isForbidden}", position);
        }
        PlanTraversal.ForEachExpression(plan, expression => PlanTraversal.Visit(expression, part =>
        {
            if (part is Planning.Logical.SubqueryExpression subquery)
            {
                CheckRecursiveReference(subquery.Plan, id, name, "a subquery", position);
            }
        }));
        for (int i = 0; i < plan.Children.Count; i++)
        {
            string? below = plan switch
            {
                LogicalJoin { Kind: Planning.Logical.JoinKind.Left } when i == 1 => "an outer join",
                LogicalJoin { Kind: Planning.Logical.JoinKind.Right } when i == 0 => "an outer join",
                LogicalJoin { Kind: Planning.Logical.JoinKind.Full } => "an outer join",
                LogicalAggregate => "aggregate functions are not allowed in a recursive query's recursive term",
                LogicalSetOperation { Kind: Planning.Logical.SetOperationKind.Except } when i == 1 => "EXCEPT",
                _ => isForbidden,
            };
            CheckRecursiveReference(plan.Children[i], id, name, below, position);
        }
    }

    internal static LogicalOperator WrapInCtes(LogicalOperator body, List<BoundCte> with)
    {
        for (int i = with.Count - 1; i >= 0; i--)
        {
            (CteEntry entry, LogicalOperator plan, CteMaterialization materialization) = with[i];
            int count = CountScans(body, entry.Id);
            if (count == 0)
            {
                continue;
            }
            bool isInlined = count == 1 && materialization != CteMaterialization.Materialized && !ExpressionEquality.IsVolatile(plan) && LogicalLockRows.TablesIn(plan).Count == 0;
            body = isInlined
                ? PlanTraversal.RewriteOperators(body, part => part is LogicalCteScan scan && scan.CteId == entry.Id ? Inline(plan, scan) : null)
                : new LogicalCte(entry.Id, entry.Name, plan, body);
        }
        return body;
    }

    private static LogicalProject Inline(LogicalOperator definition, LogicalCteScan scan) =>
        new(definition, [.. scan.Columns.Select((column, i) => new ComputedColumn(column, definition.Output[i].Reference))]);

    private static int CountScans(LogicalOperator plan, int id)
    {
        int count = plan is LogicalCteScan scan && scan.CteId == id ? 1 : 0;
        PlanTraversal.ForEachExpression(plan, expression => PlanTraversal.Visit(expression, part =>
        {
            if (part is Planning.Logical.SubqueryExpression subquery)
            {
                count += CountScans(subquery.Plan, id);
            }
        }));
        foreach (LogicalOperator child in plan.Children)
        {
            count += CountScans(child, id);
        }
        return count;
    }
}
