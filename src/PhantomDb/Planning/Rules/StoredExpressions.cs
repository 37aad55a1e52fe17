using PhantomDb.Catalog;
using PhantomDb.Expressions;
using PhantomDb.Planning.Logical;

namespace PhantomDb.Planning.Rules;

/// <summary>
/// Takes stored index expressions in the place of the same expressions, and notes which partial indexes a scan may use because
/// its filter implies their predicates.
/// <code>
/// Scan t [id, name] filter lower(name) = 'a'   →   Scan t [id, name, stored lower(name)] filter stored lower(name) = 'a'
/// </code>
/// An index over the expression is then one over a column, for whoever chooses an index.
/// </summary>
internal sealed class StoredExpressions : IOptimizerRule
{
    public LogicalOperator Apply(LogicalOperator plan, OptimizerContext context)
    {
        Pass pass = new(context);
        plan = pass.Rewrite(plan, out _);
        return pass.HasUsed ? pass.AddColumns(plan) : plan;
    }

    private sealed class Pass(OptimizerContext context)
    {
        private static readonly List<StoredExpression> None = [];

        private readonly HashSet<ColumnId> _used = [];

        public bool HasUsed => _used.Count > 0;

        /// <summary>The plan with its expressions replaced, and the stored ones that the operator above can refer to.</summary>
        public LogicalOperator Rewrite(LogicalOperator plan, out List<StoredExpression> given)
        {
            PlanTraversal.EnsureStack();
            if (plan is LogicalScan scan)
            {
                return RewriteScan(scan, out given);
            }
            List<List<StoredExpression>> ofChildren = [];
            plan = PlanTraversal.MapChildren(plan, child =>
            {
                LogicalOperator rewritten = Rewrite(child, out List<StoredExpression> below);
                ofChildren.Add(below);
                return MindsColumns(plan) && below.Exists(s => _used.Contains(s.Column.Column.Id)) ? SameColumns(rewritten) : rewritten;
            });
            List<StoredExpression> visible = [.. ofChildren.SelectMany(below => below)];
            if (visible.Count > 0 && !MindsColumns(plan))
            {
                plan = PlanTraversal.MapExpressions(plan, expression => Replace(expression, visible));
            }
            // What an outer join fills with NULLs is not what the expression would give for NULLs.
            given = plan switch
            {
                LogicalFilter or LogicalSort or LogicalLimit or LogicalLockRows => visible,
                LogicalJoin { Kind: JoinKind.Inner } => visible,
                LogicalJoin { Kind: JoinKind.Left or JoinKind.Semi or JoinKind.Anti or JoinKind.Mark or JoinKind.Single } => ofChildren[0],
                LogicalJoin { Kind: JoinKind.Right } => ofChildren[1],
                _ => None,
            };
            return plan;
        }

        /// <summary>The scans with the columns that are used now.</summary>
        public LogicalOperator AddColumns(LogicalOperator plan)
        {
            PlanTraversal.EnsureStack();
            if (plan is not LogicalScan scan)
            {
                return PlanTraversal.MapChildren(plan, AddColumns);
            }
            ScanColumn[] added = [.. scan.Stored.Select(s => s.Column).Where(c => _used.Contains(c.Column.Id))];
            return added.Length == 0 ? plan : scan with { Columns = [.. scan.Columns, .. added] };
        }

        private LogicalScan RewriteScan(LogicalScan scan, out List<StoredExpression> given)
        {
            if (scan.Stored.Count == 0)
            {
                given = None;
                return scan;
            }
            ConstantFolding folding = new();
            StoredExpression[] stored = [.. scan.Stored.Select(s => s with { Value = folding.Fold(s.Value, context) })];
            if (scan.Filter is { } filter)
            {
                List<Expression> conjuncts = Conjuncts.Split(filter);
                scan = scan with
                {
                    Implied = [.. stored.Where(s => IsPredicate(scan.Table, s) && Implication.Implies(conjuncts, s.Value)).Select(s => s.Column.ColumnNumber)],
                };
            }
            List<StoredExpression> keys = given = [.. stored.Where(s => IsKey(scan.Table, s))];
            return keys.Count > 0 && scan.Filter is { } whole ? scan with { Filter = Replace(whole, keys) } : scan;
        }

        private Expression Replace(Expression expression, List<StoredExpression> stored) => PlanTraversal.Rewrite(expression, part =>
        {
            if (part is ColumnExpression or ConstantExpression or ParameterExpression)
            {
                return null;
            }
            foreach (StoredExpression candidate in stored)
            {
                if (candidate.Value.Type == part.Type && ExpressionEquality.AreEqual(candidate.Value, part))
                {
                    _used.Add(candidate.Column.Column.Id);
                    return candidate.Column.Column.Reference;
                }
            }
            return null;
        });

        private static bool IsPredicate(TableDefinition table, StoredExpression stored) =>
            table.Indexes.Any(index => index.PredicateNumber == stored.Column.ColumnNumber);

        // A condition is better left as it is: what it is made of may have indexes of its own. So is what is stored as another type.
        private static bool IsKey(TableDefinition table, StoredExpression stored) =>
            stored.Value.Type == stored.Column.Column.Type
            && stored.Value is not (ComparisonExpression or ConjunctionExpression or NotExpression or IsNullExpression or BooleanTestExpression or InListExpression)
            && table.Indexes.Any(index => index.Columns.Any(key => key.ColumnNumber == stored.Column.ColumnNumber));

        // True for operators to which the number and order of their inputs' columns means something.
        private static bool MindsColumns(LogicalOperator plan) =>
            plan is not (LogicalFilter or LogicalSort or LogicalLimit or LogicalLockRows or LogicalJoin or LogicalProject or LogicalAggregate or LogicalUpdate or LogicalDelete);

        // Those that the plan gives by now, before any scan gets more.
        private static LogicalProject SameColumns(LogicalOperator plan) => new(plan, [.. plan.Output.Select(c => new ComputedColumn(c, c.Reference))]);
    }
}
