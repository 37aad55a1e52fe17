using System.Diagnostics;
using System.Runtime.CompilerServices;
using PhantomDb.Errors;
using PhantomDb.Expressions;
using PhantomDb.Planning.Logical;

namespace PhantomDb.Planning;

/// <summary>
/// Rebuilds plans and expressions with some of their parts replaced; what stays the same keeps its object. One level at
/// a time: the caller decides how deep to go. Subqueries' plans are children of their expression, not of the operator.
/// </summary>
internal static class PlanTraversal
{
    /// <summary>The operator with each child replaced.</summary>
    public static LogicalOperator MapChildren(LogicalOperator plan, Func<LogicalOperator, LogicalOperator> map)
    {
        EnsureStack();
        switch (plan)
        {
            case LogicalFilter filter:
                LogicalOperator filterInput = map(filter.Input);
                return ReferenceEquals(filterInput, filter.Input) ? plan : filter with { Input = filterInput };
            case LogicalProject project:
                LogicalOperator projectInput = map(project.Input);
                return ReferenceEquals(projectInput, project.Input) ? plan : project with { Input = projectInput };
            case LogicalJoin join:
                LogicalOperator left = map(join.Left);
                LogicalOperator right = map(join.Right);
                return ReferenceEquals(left, join.Left) && ReferenceEquals(right, join.Right)
                    ? plan : join with { Left = left, Right = right };
            case LogicalAggregate aggregate:
                LogicalOperator aggregateInput = map(aggregate.Input);
                return ReferenceEquals(aggregateInput, aggregate.Input) ? plan : aggregate with { Input = aggregateInput };
            case LogicalSort sort:
                LogicalOperator sortInput = map(sort.Input);
                return ReferenceEquals(sortInput, sort.Input) ? plan : sort with { Input = sortInput };
            case LogicalLimit limit:
                LogicalOperator limitInput = map(limit.Input);
                return ReferenceEquals(limitInput, limit.Input) ? plan : limit with { Input = limitInput };
            case LogicalDistinct distinct:
                LogicalOperator distinctInput = map(distinct.Input);
                return ReferenceEquals(distinctInput, distinct.Input) ? plan : distinct with { Input = distinctInput };
            case LogicalWindow window:
                LogicalOperator windowInput = map(window.Input);
                return ReferenceEquals(windowInput, window.Input) ? plan : window with { Input = windowInput };
            case LogicalSetOperation set:
                LogicalOperator setLeft = map(set.Left);
                LogicalOperator setRight = map(set.Right);
                return ReferenceEquals(setLeft, set.Left) && ReferenceEquals(setRight, set.Right)
                    ? plan : set with { Left = setLeft, Right = setRight };
            case LogicalCte cte:
                LogicalOperator definition = map(cte.Definition);
                LogicalOperator body = map(cte.Body);
                return ReferenceEquals(definition, cte.Definition) && ReferenceEquals(body, cte.Body)
                    ? plan : cte with { Definition = definition, Body = body };
            case LogicalRecursiveCte recursive:
                LogicalOperator initial = map(recursive.Initial);
                LogicalOperator step = map(recursive.Recursive);
                return ReferenceEquals(initial, recursive.Initial) && ReferenceEquals(step, recursive.Recursive)
                    ? plan : recursive with { Initial = initial, Recursive = step };
            case LogicalLockRows lockRows:
                LogicalOperator lockedInput = map(lockRows.Input);
                return ReferenceEquals(lockedInput, lockRows.Input) ? plan : lockRows with { Input = lockedInput };
            case LogicalModification modification:
                LogicalOperator input = map(modification.Input);
                return ReferenceEquals(input, modification.Input) ? plan : modification with { Input = input };
            default:
                Debug.Assert(plan.Children.Count == 0, plan.GetType().Name);
                return plan;
        }
    }

    /// <summary>The operator with each of its own expressions replaced (children are left alone).</summary>
    public static LogicalOperator MapExpressions(LogicalOperator plan, Func<Expression, Expression> map) => plan switch
    {
        LogicalScan { Filter: { } filter } scan => scan with { Filter = map(filter) },
        LogicalFilter filter => filter with { Predicate = map(filter.Predicate) },
        LogicalProject project => project with { Columns = Map(project.Columns, map) },
        LogicalJoin { Condition: { } condition } join => join with { Condition = map(condition) },
        LogicalTableFunction function => function with { Arguments = Map(function.Arguments, map) },
        LogicalValues { Rows.Count: > 0 } values => values with { Rows = [.. values.Rows.Select(row => Map(row, map))] },
        LogicalAggregate aggregate => aggregate with
        {
            Groups = Map(aggregate.Groups, map),
            Aggregates = [.. aggregate.Aggregates.Select(a => a with
            {
                Call = a.Call with
                {
                    Arguments = Map(a.Call.Arguments, map),
                    Filter = a.Call.Filter is null ? null : map(a.Call.Filter),
                    OrderBy = Map(a.Call.OrderBy, map),
                },
            })],
        },
        LogicalSort sort => sort with { Keys = Map(sort.Keys, map) },
        LogicalLimit limit => limit with
        {
            Limit = limit.Limit is null ? null : map(limit.Limit),
            Offset = limit.Offset is null ? null : map(limit.Offset),
            Ties = limit.Ties is null ? null : Map(limit.Ties, map),
        },
        LogicalLockRows lockRows => lockRows with
        {
            Limit = lockRows.Limit is null ? null : map(lockRows.Limit),
            Offset = lockRows.Offset is null ? null : map(lockRows.Offset),
        },
        LogicalDistinct { On: { } on } distinct => distinct with { On = Map(on, map) },
        LogicalWindow window => window with
        {
            PartitionBy = Map(window.PartitionBy, map),
            OrderBy = Map(window.OrderBy, map),
            Columns = [.. window.Columns.Select(c => c with { Call = c.Call.Map(map) })],
        },
        LogicalModification modification => MapModification(modification, map),
        _ => plan,
    };

    /// <summary>The expression with each operand replaced. A subquery's tests are operands, its plan is not.</summary>
    public static Expression MapOperands(Expression expression, Func<Expression, Expression> map)
    {
        EnsureStack();
        switch (expression)
        {
            case FunctionExpression call:
                ExpressionList arguments = Map(call.Arguments, map);
                return ReferenceEquals(arguments, call.Arguments) ? expression : call with { Arguments = arguments };
            case CastExpression cast:
                Expression operand = map(cast.Operand);
                return ReferenceEquals(operand, cast.Operand) ? expression : cast with { Operand = operand };
            case ComparisonExpression comparison:
                Expression left = map(comparison.Left);
                Expression right = map(comparison.Right);
                return ReferenceEquals(left, comparison.Left) && ReferenceEquals(right, comparison.Right)
                    ? expression : comparison with { Left = left, Right = right };
            case ConjunctionExpression conjunction:
                ExpressionList operands = Map(conjunction.Operands, map);
                return ReferenceEquals(operands, conjunction.Operands) ? expression : conjunction with { Operands = operands };
            case NotExpression not:
                Expression negated = map(not.Operand);
                return ReferenceEquals(negated, not.Operand) ? expression : not with { Operand = negated };
            case IsNullExpression isNull:
                Expression tested = map(isNull.Operand);
                return ReferenceEquals(tested, isNull.Operand) ? expression : isNull with { Operand = tested };
            case BooleanTestExpression booleanTest:
                Expression value = map(booleanTest.Operand);
                return ReferenceEquals(value, booleanTest.Operand) ? expression : booleanTest with { Operand = value };
            case CaseExpression @case:
                ExpressionList conditions = Map(@case.Conditions, map);
                ExpressionList results = Map(@case.Results, map);
                Expression otherwise = map(@case.Else);
                return ReferenceEquals(conditions, @case.Conditions) && ReferenceEquals(results, @case.Results) && ReferenceEquals(otherwise, @case.Else)
                    ? expression : @case with { Conditions = conditions, Results = results, Else = otherwise };
            case CoalesceExpression coalesce:
                ExpressionList choices = Map(coalesce.Operands, map);
                return ReferenceEquals(choices, coalesce.Operands) ? expression : coalesce with { Operands = choices };
            case InListExpression inList:
                Expression sought = map(inList.Operand);
                ExpressionList items = Map(inList.Items, map);
                return ReferenceEquals(sought, inList.Operand) && ReferenceEquals(items, inList.Items)
                    ? expression : inList with { Operand = sought, Items = items };
            case SubqueryExpression subquery:
                ExpressionList tests = Map(subquery.Tests, map);
                return ReferenceEquals(tests, subquery.Tests) ? expression : subquery with { Tests = tests };
            case ConstantExpression or ColumnExpression or PositionExpression or ParameterExpression:
                return expression;
            default:
                throw new UnreachableException(expression.GetType().Name);
        }
    }

    /// <summary>Replaces expressions from the top in a plan and all below it, in subqueries too; null goes on into the operands.</summary>
    public static LogicalOperator RewriteExpressions(LogicalOperator plan, Func<Expression, Expression?> replace) =>
        MapExpressions(MapChildren(plan, child => RewriteExpressions(child, replace)), expression => Rewrite(expression, replace));

    /// <summary>Replaces parts of an expression from the top, in subqueries too; null goes on into the operands.</summary>
    public static Expression Rewrite(Expression expression, Func<Expression, Expression?> replace)
    {
        if (replace(expression) is { } replaced)
        {
            return replaced;
        }
        Expression mapped = MapOperands(expression, operand => Rewrite(operand, replace));
        return mapped is SubqueryExpression subquery
            ? subquery with { Plan = RewriteExpressions(subquery.Plan, replace) }
            : mapped;
    }

    /// <summary>Replaces operators from the top in a plan and all below it, in subqueries of expressions too; null goes on below.</summary>
    public static LogicalOperator RewriteOperators(LogicalOperator plan, Func<LogicalOperator, LogicalOperator?> replace)
    {
        if (replace(plan) is { } replaced)
        {
            return replaced;
        }
        LogicalOperator mapped = MapChildren(plan, child => RewriteOperators(child, replace));
        return !HasSubquery(mapped) ? mapped : MapExpressions(mapped, expression => Rewrite(expression, part =>
            part is SubqueryExpression subquery
                ? MapOperands(subquery with { Plan = RewriteOperators(subquery.Plan, replace) }, operand => operand)
                : null));
    }

    /// <summary>Visits an operator's own expressions.</summary>
    public static void ForEachExpression(LogicalOperator plan, Action<Expression> visit) => MapExpressions(plan, expression =>
    {
        visit(expression);
        return expression;
    });

    /// <summary>Visits an expression and all its operands, plans of subqueries excepted.</summary>
    public static void Visit(Expression expression, Action<Expression> visit)
    {
        visit(expression);
        MapOperands(expression, operand =>
        {
            Visit(operand, visit);
            return operand;
        });
    }

    private static bool HasSubquery(LogicalOperator plan)
    {
        bool found = false;
        ForEachExpression(plan, expression => Visit(expression, part => found |= part is SubqueryExpression));
        return found;
    }

    private static LogicalModification MapModification(LogicalModification modification, Func<Expression, Expression> map)
    {
        LogicalModification mapped = modification with
        {
            Returning = Map(modification.Returning, map),
            Checks = [.. modification.Checks.Select(check => check with { Condition = map(check.Condition) })],
            Stored = [.. modification.Stored.Select(stored => stored with { Value = map(stored.Value) })],
        };
        return mapped is LogicalInsert { OnConflict: { } conflict } insert
            ? insert with
            {
                OnConflict = conflict with
                {
                    Assignments = [.. conflict.Assignments.Select(a => a with { Value = map(a.Value) })],
                    Where = conflict.Where is null ? null : map(conflict.Where),
                },
            }
            : mapped;
    }

    private static IReadOnlyList<ComputedColumn> Map(IReadOnlyList<ComputedColumn> columns, Func<Expression, Expression> map) =>
        [.. columns.Select(column => column with { Expression = map(column.Expression) })];

    private static IReadOnlyList<SortKey> Map(IReadOnlyList<SortKey> keys, Func<Expression, Expression> map) =>
        [.. keys.Select(key => key with { Expression = map(key.Expression) })];

    private static ExpressionList Map(ExpressionList list, Func<Expression, Expression> map)
    {
        Expression[]? changed = null;
        for (int i = 0; i < list.Count; i++)
        {
            Expression mapped = map(list[i]);
            if (changed is null && !ReferenceEquals(mapped, list[i]))
            {
                changed = [.. list];
            }
            if (changed is not null)
            {
                changed[i] = mapped;
            }
        }
        return changed is null ? list : new ExpressionList(changed);
    }

    /// <summary>Ends a recursion over a very deep plan with an error while the stack still bears it.</summary>
    public static void EnsureStack()
    {
        if (!RuntimeHelpers.TryEnsureSufficientExecutionStack())
        {
            throw new PhantomDbException(SqlStates.StatementTooComplex, "stack depth limit exceeded");
        }
    }
}
