using System.Diagnostics;
using PhantomDb.Errors;
using PhantomDb.Expressions;
using PhantomDb.Planning.Logical;
using PhantomDb.Types;

namespace PhantomDb.Planning.Rules;

/// <summary>
/// Turns subqueries in expressions into joins, after Neumann and Kemper, "Unnesting Arbitrary Queries" (BTW 2015):
/// EXISTS and IN as conditions become semi and anti joins, elsewhere mark joins (a column that says whether there is a
/// partner); scalar subqueries become joins that give their value. Conditions that refer to the outer query move up into
/// the join's (<see cref="CorrelationPullUp"/>), through an aggregate by grouping by what they compare. What cannot be
/// moved stays below a dependent join, which runs its right side once for each left row.
/// </summary>
internal sealed class SubqueryUnnesting : IOptimizerRule
{
    public LogicalOperator Apply(LogicalOperator plan, OptimizerContext context) => new Unnester(context).Unnest(plan);

    private sealed class Unnester(OptimizerContext context)
    {
        // What stands for each subquery, by the id of its first column: BETWEEN and CASE hold their operand several times,
        // and joined twice a subquery would give the same columns twice.
        private readonly Dictionary<ColumnId, (SubqueryExpression Subquery, Expression Value)> _attached = [];

        public LogicalOperator Unnest(LogicalOperator plan)
        {
            plan = PlanTraversal.MapChildren(plan, Unnest);
            switch (plan)
            {
                case LogicalJoin { IsDependent: true } join:
                    return UnnestLateral(join);
                case LogicalFilter filter when HasSubquery(filter.Predicate):
                    return UnnestFilter(filter);
                case LogicalJoin { Condition: { } condition } join when HasSubquery(condition):
                    return UnnestJoinCondition(join);
                case LogicalValues values when values.Rows.Any(r => r.Any(HasSubquery)):
                    return UnnestValues(values);
                case LogicalTableFunction function when function.Arguments.Any(HasSubquery):
                    return UnnestTableFunction(function);
                case LogicalLimit limit when HasSubquery(limit.Limit) || HasSubquery(limit.Offset):
                    return UnnestLimit(limit);
                case LogicalProject or LogicalAggregate or LogicalSort or LogicalDistinct or LogicalWindow:
                    return UnnestExpressions(plan);
                default:
                    PlanTraversal.ForEachExpression(plan, e =>
                    {
                        if (HasSubquery(e))
                        {
                            throw Error.NotSupported("a subquery in this place", e.Position.Offset);
                        }
                    });
                    return plan;
            }
        }

        private LogicalOperator UnnestFilter(LogicalFilter filter)
        {
            LogicalOperator input = filter.Input;
            IReadOnlyList<LogicalColumn> output = input.Output;
            List<Expression> rest = [];
            bool hasExtraColumns = false;
            foreach (Expression conjunct in Conjuncts.Split(filter.Predicate))
            {
                if (!HasSubquery(conjunct))
                {
                    rest.Add(conjunct);
                }
                else if (AsSemiJoin(input, conjunct) is { } semi)
                {
                    input = semi;
                }
                else
                {
                    rest.Add(Replace(conjunct, ref input));
                    hasExtraColumns = true;
                }
            }
            LogicalOperator result = Conjuncts.Filter(input, rest);
            return hasExtraColumns ? Narrow(result, output) : result;
        }

        // The subqueries of an operator with one input become joins below it.
        private LogicalOperator UnnestExpressions(LogicalOperator plan)
        {
            LogicalOperator input = plan.Children[0];
            IReadOnlyList<LogicalColumn> output = input.Output;
            IReadOnlyList<LogicalColumn> own = plan is LogicalWindow window ? [.. window.Columns.Select(c => c.Column)] : [];
            bool found = false;
            LogicalOperator mapped = PlanTraversal.MapExpressions(plan, expression =>
            {
                if (!HasSubquery(expression))
                {
                    return expression;
                }
                found = true;
                return Replace(expression, ref input);
            });
            if (!found)
            {
                return plan;
            }
            LogicalOperator result = PlanTraversal.MapChildren(mapped, _ => input);
            return plan is LogicalSort or LogicalDistinct or LogicalWindow ? Narrow(result, [.. output, .. own]) : result;
        }

        private LogicalOperator UnnestJoinCondition(LogicalJoin join)
        {
            if (join.Kind == JoinKind.Inner)
            {
                return UnnestFilter(new LogicalFilter(join with { Condition = null }, join.Condition!));
            }
            HashSet<ColumnId> left = PlanIds.OutputIds(join.Left);
            LogicalOperator leftInput = join.Left;
            LogicalOperator rightInput = join.Right;
            List<Expression> condition = [];
            foreach (Expression conjunct in Conjuncts.Split(join.Condition))
            {
                condition.Add(Rewrite(conjunct));
            }
            return Narrow(join with { Left = leftInput, Right = rightInput, Condition = Conjuncts.Join(condition) }, join.Output);

            // A subquery's value belongs to the rows of the side whose columns it uses.
            Expression Rewrite(Expression expression) => PlanTraversal.Rewrite(expression, part =>
            {
                if (part is not SubqueryExpression subquery)
                {
                    return null;
                }
                HashSet<ColumnId> used = PlanIds.References(subquery);
                if (!used.Overlaps(left))
                {
                    return Attach(subquery, ref rightInput);
                }
                used.ExceptWith(left);
                return used.Overlaps(PlanIds.OutputIds(join.Right))
                    ? throw Error.NotSupported("a subquery in an outer join's condition that refers to both sides", expression.Position.Offset)
                    : Attach(subquery, ref leftInput);
            });
        }

        // VALUES (…), (…) with subqueries: each row a projection of its own.
        private LogicalOperator UnnestValues(LogicalValues values)
        {
            LogicalOperator? all = null;
            foreach (ExpressionList row in values.Rows)
            {
                LogicalColumn[] columns = [.. values.Columns.Select(c => context.NewColumn(c.Name, c.Type))];
                LogicalOperator one = Unnest(new LogicalProject(
                    new LogicalValues([], [new ExpressionList()]), [.. columns.Select((c, i) => new ComputedColumn(c, row[i]))]));
                all = all is null ? one : new LogicalSetOperation(SetOperationKind.Union, true, all, one,
                    [.. values.Columns.Select(c => context.NewColumn(c.Name, c.Type))]);
            }
            return all is null ? values : new LogicalProject(
                all, [.. values.Columns.Select((c, i) => new ComputedColumn(c, all.Output[i].Reference))]);
        }

        // f((SELECT …)): a lateral join of the subquery's value with the function.
        private LogicalProject UnnestTableFunction(LogicalTableFunction function)
        {
            LogicalOperator input = new LogicalValues([], [new ExpressionList()]);
            var arguments = new ExpressionList([.. function.Arguments.Select(a => Replace(a, ref input))]);
            return Narrow(
                new LogicalJoin(JoinKind.Inner, input, function with { Arguments = arguments }, null) { IsDependent = true }, function.Output);
        }

        // LIMIT (SELECT …): a lateral join of the subquery's value with the limited rows.
        private LogicalProject UnnestLimit(LogicalLimit limit)
        {
            LogicalOperator input = new LogicalValues([], [new ExpressionList()]);
            Expression? count = limit.Limit is null ? null : Replace(limit.Limit, ref input);
            Expression? offset = limit.Offset is null ? null : Replace(limit.Offset, ref input);
            return Narrow(
                new LogicalJoin(JoinKind.Inner, input, limit with { Limit = count, Offset = offset }, null) { IsDependent = true }, limit.Output);
        }

        // A lateral join becomes an ordinary one where its correlated conditions can move up.
        private LogicalOperator UnnestLateral(LogicalJoin join)
        {
            HashSet<ColumnId> outer = PlanIds.OutputIds(join.Left);
            List<Expression> conditions = Conjuncts.Split(join.Condition);
            if (conditions.Any(HasSubquery))
            {
                throw Error.NotSupported("a subquery in the condition of a lateral join", join.Condition!.Position.Offset);
            }
            LogicalOperator right = context.PullsUpCorrelation ? CorrelationPullUp.Apply(join.Right, outer, conditions) : join.Right;
            if (!PlanIds.FreeReferences(right).Overlaps(outer))
            {
                return Narrow(join with { Right = right, Condition = Conjuncts.Join(conditions), IsDependent = false }, join.Output);
            }
            return PlanIds.FreeReferences(join.Right).Overlaps(outer) ? join : join with { IsDependent = false };
        }

        // EXISTS and IN that stand as conditions: rows without partner are dropped, and unknown counts as false.
        private LogicalJoin? AsSemiJoin(LogicalOperator input, Expression conjunct)
        {
            bool isNegated = conjunct is NotExpression;
            if ((isNegated ? ((NotExpression)conjunct).Operand : conjunct) is not SubqueryExpression subquery
                || subquery.Kind == SubqueryKind.Scalar || !context.PullsUpCorrelation)
            {
                return null;
            }
            if (subquery.Kind == SubqueryKind.All)
            {
                // x op ALL is NOT (x negated-op ANY).
                subquery = subquery with { Kind = SubqueryKind.Any, Comparison = subquery.Comparison.Negated() };
                isNegated = !isNegated;
            }
            if (subquery.Tests.Any(HasSubquery))
            {
                return null;
            }
            (LogicalOperator plan, List<Expression> conditions, bool isDependent) = Decorrelate(StripForExistence(subquery), input);
            if (subquery.Kind == SubqueryKind.Any)
            {
                if (isNegated && !TestsAreNotNull(subquery, input))
                {
                    return null;   // NOT IN is unknown where a NULL is about: a mark join knows
                }
                conditions.AddRange(Comparisons(subquery));
            }
            return new LogicalJoin(isNegated ? JoinKind.Anti : JoinKind.Semi, input, plan, Conjuncts.Join(conditions)) { IsDependent = isDependent };
        }

        // Replaces every subquery in an expression by a column that a join to the input gives.
        private Expression Replace(Expression expression, ref LogicalOperator input)
        {
            LogicalOperator joined = input;
            Expression replaced = PlanTraversal.Rewrite(expression, part => part is SubqueryExpression subquery ? Attach(subquery, ref joined) : null);
            input = joined;
            return replaced;
        }

        private Expression Attach(SubqueryExpression subquery, ref LogicalOperator input)
        {
            bool hasColumn = subquery.Plan.Output.Count > 0;
            if (hasColumn && _attached.TryGetValue(subquery.Plan.Output[0].Id, out (SubqueryExpression Subquery, Expression Value) known)
                && known.Subquery.Kind == subquery.Kind && known.Subquery.Comparison == subquery.Comparison
                && known.Subquery.Tests.Equals(subquery.Tests) && PlanIds.RefersOnlyTo(known.Value, PlanIds.OutputIds(input)))
            {
                return known.Value;
            }
            Expression value = AttachNew(subquery, ref input);
            if (hasColumn)
            {
                _attached[subquery.Plan.Output[0].Id] = (subquery, value);
            }
            return value;
        }

        private Expression AttachNew(SubqueryExpression subquery, ref LogicalOperator input)
        {
            if (subquery.Tests.Any(HasSubquery))
            {
                LogicalOperator joined = input;
                subquery = subquery with { Tests = new ExpressionList([.. subquery.Tests.Select(t => Replace(t, ref joined))]) };
                input = joined;
            }
            return subquery.Kind switch
            {
                SubqueryKind.Scalar => AttachScalar(subquery, ref input),
                SubqueryKind.Exists => AttachExists(subquery, ref input),
                SubqueryKind.Any => AttachAny(subquery, ref input),
                SubqueryKind.All => new NotExpression(AttachAny(subquery with { Comparison = subquery.Comparison.Negated() }, ref input)),
                _ => throw new UnreachableException(),
            };
        }

        private BooleanTestExpression AttachExists(SubqueryExpression subquery, ref LogicalOperator input)
        {
            (LogicalOperator plan, List<Expression> conditions, bool isDependent) = Decorrelate(StripForExistence(subquery), input);
            LogicalColumn mark = context.NewColumn("exists", SqlType.Boolean);
            input = new LogicalJoin(JoinKind.Mark, input, plan, Conjuncts.Join(conditions)) { Mark = mark, IsDependent = isDependent };
            return new BooleanTestExpression(mark.Reference, Value: true, IsNegated: false);   // EXISTS is never unknown
        }

        private ColumnExpression AttachAny(SubqueryExpression subquery, ref LogicalOperator input)
        {
            (LogicalOperator plan, List<Expression> conditions, bool isDependent) = Decorrelate(StripForExistence(subquery), input);
            HashSet<ColumnId> notNull = NotNullColumns.Of(input);
            notNull.UnionWith(NotNullColumns.Of(plan));
            // Rows that the subquery's own conditions do not let through, for a NULL too, make nothing unknown.
            List<Expression> condition = [.. conditions.Select(c =>
                NotNullColumns.IsNotNull(c, notNull) ? c : new BooleanTestExpression(c, Value: true, IsNegated: false))];
            condition.AddRange(Comparisons(subquery));
            LogicalColumn mark = context.NewColumn("any", SqlType.Boolean);
            input = new LogicalJoin(JoinKind.Mark, input, plan, Conjuncts.Join(condition)) { Mark = mark, IsDependent = isDependent };
            return mark.Reference;
        }

        private Expression AttachScalar(SubqueryExpression subquery, ref LogicalOperator input)
        {
            LogicalOperator plan = Unnest(subquery.Plan);
            LogicalColumn value = plan.Output[0];
            HashSet<ColumnId> outer = PlanIds.OutputIds(input);
            if (context.PullsUpCorrelation && plan is LogicalProject { Input: LogicalValues { Columns.Count: 0, Rows.Count: 1 } } single
                && !ExpressionFacts.IsVolatile(single.Columns[0].Expression))
            {
                return single.Columns[0].Expression;   // (SELECT x + 1)
            }
            if (plan is LogicalProject { Columns.Count: 1 } top && GivesOneRow(top.Input) && !PlanIds.FreeReferences(plan).Overlaps(outer)
                && ExpressionFacts.IsFallible(top.Columns[0].Expression) && !ExpressionFacts.IsVolatile(top.Columns[0].Expression))
            {
                // What may fail is computed where the value is wanted: a branch of CASE that is not taken must not.
                input = new LogicalJoin(JoinKind.Inner, input, top.Input, null);
                return top.Columns[0].Expression;
            }
            if (!PlanIds.FreeReferences(plan).Overlaps(outer))
            {
                // The one value, computed once. An aggregate without groups has exactly one row.
                input = new LogicalJoin(GivesOneRow(plan) ? JoinKind.Inner : JoinKind.Single, input, plan, null);
                return value.Reference;
            }
            if (context.PullsUpCorrelation && GroupedScalar(plan, outer) is { } grouped)
            {
                input = new LogicalJoin(JoinKind.Left, input, grouped.Plan, Conjuncts.Join(grouped.Conditions));
                return grouped.Value;
            }
            (plan, List<Expression> conditions, bool isDependent) = Decorrelate(plan, input);
            input = new LogicalJoin(JoinKind.Single, input, plan, Conjuncts.Join(conditions)) { IsDependent = isDependent };
            return value.Reference;
        }

        /// <summary>
        /// A scalar aggregate over rows chosen by equalities with outer values:
        /// <code>
        /// (SELECT 2 * sum(x.v) FROM x WHERE x.k = outer.k)
        ///     → 2 * s over Left join on g = outer.k to Aggregate s := sum(x.v) by g := x.k (x)
        /// </code>
        /// An outer row without partner has NULL where the aggregate stands, which is its value over no rows; only counts
        /// are 0 then. What is computed from the aggregates is computed above the join: for no group that is not asked for.
        /// </summary>
        private (LogicalOperator Plan, List<Expression> Conditions, Expression Value)? GroupedScalar(LogicalOperator plan, HashSet<ColumnId> outer)
        {
            List<LogicalProject> projects = [];
            LogicalOperator below = plan;
            while (below is LogicalProject project)
            {
                projects.Add(project);
                below = project.Input;
            }
            if (below is not LogicalAggregate { Groups.Count: 0, GroupingSets: null } aggregate
                || projects.Any(p => p.Columns.Any(c => ExpressionFacts.IsVolatile(c.Expression))))
            {
                return null;
            }
            List<Expression> correlated = [];
            LogicalOperator input = CorrelationPullUp.Apply(aggregate.Input, outer, correlated);
            bool usesOuter = aggregate.Aggregates.Any(a => a.Call.Arguments.Concat(a.Call.Filter is null ? [] : [a.Call.Filter])
                .Concat(a.Call.OrderBy.Select(k => k.Expression)).Any(e => PlanIds.References(e).Overlaps(outer)));
            if (usesOuter || PlanIds.FreeReferences(input).Overlaps(outer))
            {
                return null;
            }
            HashSet<ColumnId> inner = PlanIds.OutputIds(input);
            List<ComputedColumn> groups = [];
            List<Expression> conditions = [];
            foreach (Expression conjunct in correlated)
            {
                if (!PlanIds.References(conjunct).Overlaps(inner))
                {
                    conditions.Add(conjunct);   // of outer values alone: no rows where it is not true
                    continue;
                }
                if (conjunct is not ComparisonExpression { Kind: ComparisonKind.Equal or ComparisonKind.NotDistinctFrom } equality
                    || SidesOf(equality, outer) is not { } sides)
                {
                    return null;
                }
                LogicalColumn key = context.NewColumn("key", sides.Inner.Type);
                groups.Add(new ComputedColumn(key, sides.Inner));
                conditions.Add(new ComparisonExpression(equality.Kind, sides.Outer, key.Reference));
            }
            return (new LogicalAggregate(input, groups, aggregate.Aggregates), conditions, ValueOf(plan.Output[0].Reference, projects, aggregate));
        }

        // The value over the aggregates' columns, as they are above an outer join.
        private static Expression ValueOf(Expression value, List<LogicalProject> projects, LogicalAggregate aggregate)
        {
            foreach (LogicalProject project in projects)
            {
                Dictionary<ColumnId, Expression> columns = project.Columns.ToDictionary(c => c.Column.Id, c => c.Expression);
                value = PlanTraversal.Rewrite(value, part => part is ColumnExpression column ? columns.GetValueOrDefault(column.Id, column) : null);
            }
            Dictionary<ColumnId, Expression> counts = aggregate.Aggregates.Where(a => a.Call.Function.Name is "count" or "regr_count").ToDictionary(
                a => a.Column.Id,
                a => (Expression)new CoalesceExpression(new ExpressionList(a.Column.Reference, new ConstantExpression(a.Column.Type, 0L))));
            return PlanTraversal.Rewrite(value, part => part is ColumnExpression column ? counts.GetValueOrDefault(column.Id, column) : null);
        }

        private (LogicalOperator Plan, List<Expression> Conditions, bool IsDependent) Decorrelate(LogicalOperator plan, LogicalOperator input)
        {
            HashSet<ColumnId> outer = PlanIds.OutputIds(input);
            List<Expression> conditions = [];
            if (!PlanIds.FreeReferences(plan).Overlaps(outer))
            {
                return (plan, conditions, false);
            }
            LogicalOperator pulled = context.PullsUpCorrelation ? CorrelationPullUp.Apply(plan, outer, conditions) : plan;
            return PlanIds.FreeReferences(pulled).Overlaps(outer) ? (plan, [], true) : (pulled, conditions, false);
        }

        // Whether there is a row, and which values there are, does not depend on order, repetition or (from one up) a limit.
        private LogicalOperator StripForExistence(SubqueryExpression subquery)
        {
            LogicalOperator plan = Unnest(subquery.Plan);
            while (true)
            {
                switch (plan)
                {
                    case LogicalSort { Limit: null } sort:
                        plan = sort.Input;
                        break;
                    case LogicalDistinct { On: null } distinct:
                        plan = distinct.Input;
                        break;
                    case LogicalLimit { Offset: null, Limit: ConstantExpression { Value: > 0L } } limit when subquery.Kind == SubqueryKind.Exists:
                        plan = limit.Input;
                        break;
                    default:
                        return plan;
                }
            }
        }

        private static bool TestsAreNotNull(SubqueryExpression subquery, LogicalOperator input)
        {
            HashSet<ColumnId> left = NotNullColumns.Of(input);
            HashSet<ColumnId> right = NotNullColumns.Of(subquery.Plan);
            return subquery.Tests.All(t => NotNullColumns.IsNotNull(t, left))
                && subquery.Plan.Output.Take(subquery.Tests.Count).All(c => right.Contains(c.Id));
        }

        private static IEnumerable<Expression> Comparisons(SubqueryExpression subquery)
        {
            List<Expression> comparisons = [.. subquery.Tests.Select((test, i) =>
                new ComparisonExpression(subquery.Comparison, test, subquery.Plan.Output[i].Reference) { Position = subquery.Position })];
            // (a, b) <> ANY is true where one of the values differs.
            return subquery.Comparison == ComparisonKind.NotEqual && comparisons.Count > 1
                ? [new ConjunctionExpression(ConjunctionKind.Or, new ExpressionList(comparisons))]
                : comparisons;
        }

        private static (Expression Inner, Expression Outer)? SidesOf(ComparisonExpression equality, HashSet<ColumnId> outer)
        {
            HashSet<ColumnId> left = PlanIds.References(equality.Left);
            HashSet<ColumnId> right = PlanIds.References(equality.Right);
            return left.IsSubsetOf(outer) && !right.Overlaps(outer) ? (equality.Right, equality.Left)
                : right.IsSubsetOf(outer) && !left.Overlaps(outer) ? (equality.Left, equality.Right)
                : null;
        }

        private static bool GivesOneRow(LogicalOperator plan) => plan switch
        {
            LogicalAggregate { Groups.Count: 0, GroupingSets: null } => true,
            LogicalValues { Rows.Count: 1 } => true,
            LogicalProject or LogicalSort => GivesOneRow(plan.Children[0]),
            _ => false,
        };

        // Gives only these columns (and row ids), in their order: what stands above may count by place.
        private static LogicalProject Narrow(LogicalOperator plan, IReadOnlyList<LogicalColumn> output)
        {
            List<LogicalColumn> columns = [.. output];
            PlanIds.AddRowIds(plan, columns);
            return new LogicalProject(plan, [.. columns.Select(c => new ComputedColumn(c, c.Reference))]);
        }

        private static bool HasSubquery(Expression? expression)
        {
            bool found = false;
            if (expression is null)
            {
                return found;
            }
            PlanTraversal.Visit(expression, part => found |= part is SubqueryExpression);
            return found;
        }
    }
}
