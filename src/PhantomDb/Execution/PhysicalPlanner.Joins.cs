using PhantomDb.Execution.Physical;
using PhantomDb.Expressions;
using PhantomDb.Planning;
using PhantomDb.Planning.Logical;
using PhantomDb.Types;

namespace PhantomDb.Execution;

// Joins: equalities of one side with the other become hash keys; without any, every pair is looked at.
internal sealed partial class PhysicalPlanner
{
    /// <summary>Keeping the left side's rows must cost little beside what it saves on the right.</summary>
    private const double LeftFirstRatio = 4;

    private PhysicalOperator PlanJoin(LogicalJoin join, HashSet<ColumnId> required)
    {
        HashSet<ColumnId> needed = With(required, join.Condition);
        if (join.IsDependent)
        {
            return PlanDependentJoin(join, needed);
        }
        if (PlanIndexJoin(join, required, needed) is { } byIndex)
        {
            return byIndex;
        }
        PhysicalOperator left = Plan(join.Left, needed);
        PhysicalOperator right = Plan(join.Right, needed);
        JoinKeys keys = SplitCondition(join.Condition, new ColumnScope(left.Columns), new ColumnScope(right.Columns));
        return keys.Left.Count == 0
            ? PlanNestedLoop(join, left, right)
            : PlanHashJoin(join, left, right, keys, required);
    }

    private PhysicalHashJoin PlanHashJoin(
        LogicalJoin join, PhysicalOperator left, PhysicalOperator right, JoinKeys keys, HashSet<ColumnId> required)
    {
        HashSet<ColumnId> kept = [.. required];
        AddColumns(keys.Residual, kept);
        bool givesRight = join.Kind is not (JoinKind.Semi or JoinKind.Anti or JoinKind.Mark);
        HashSet<ColumnId> keptRight = kept;
        if (!givesRight)
        {
            keptRight = [];
            AddColumns(keys.Residual, keptRight);
        }
        int[] leftOutputs = [.. Enumerable.Range(0, left.Columns.Count).Where(i => kept.Contains(left.Columns[i].Id))];
        int[] rightOutputs = [.. Enumerable.Range(0, right.Columns.Count).Where(i => keptRight.Contains(right.Columns[i].Id))];
        LogicalColumn[] leftColumns = [.. leftOutputs.Select(i => left.Columns[i])];
        LogicalColumn[] rightColumns = [.. rightOutputs.Select(i => right.Columns[i])];
        Expression? residual = keys.Residual.Count switch
        {
            0 => null,
            1 => keys.Residual[0],
            _ => new ConjunctionExpression(ConjunctionKind.And, new ExpressionList(keys.Residual)),
        };
        var leftScope = new ColumnScope(left.Columns);
        var rightScope = new ColumnScope(right.Columns);
        return new PhysicalHashJoin(
            join.Kind, left, right,
            [.. keys.Left.Select(e => Rewrite(e, leftScope))],
            [.. keys.Right.Select(e => Rewrite(e, rightScope))],
            leftOutputs, rightOutputs,
            residual is null ? null : Rewrite(residual, new ColumnScope([.. leftColumns, .. rightColumns])),
            OutputOf(join, leftColumns, rightColumns))
        {
            ReadsLeftFirst = ReadsLeftFirst(join, keys),
        };
    }

    // Joins that keep the sides apart: the right one is the table, however large it is.
    private bool ReadsLeftFirst(LogicalJoin join, JoinKeys keys)
    {
        if (_estimator is null || join.Kind is not (JoinKind.Semi or JoinKind.Anti or JoinKind.Left or JoinKind.Single))
        {
            return false;
        }
        for (int i = 0; i < keys.Left.Count; i++)
        {
            if (keys.Left[i] is ColumnExpression && keys.Right[i] is ColumnExpression right && Operators.KeyFilter.Supports(right.Type.Physical))
            {
                return _estimator.Rows(join.Left) * LeftFirstRatio < _estimator.Rows(join.Right);
            }
        }
        return false;
    }

    private PhysicalNestedLoopJoin PlanNestedLoop(LogicalJoin join, PhysicalOperator left, PhysicalOperator right)
    {
        Expression? condition = join.Condition is null or ConstantExpression { Value: true }
            ? null
            : Rewrite(join.Condition, new ColumnScope([.. left.Columns, .. right.Columns]));
        return new PhysicalNestedLoopJoin(join.Kind, left, right, condition, OutputOf(join, left.Columns, right.Columns)) { KeepsOrder = join.KeepsOrder };
    }

    private PhysicalDependentJoin PlanDependentJoin(LogicalJoin join, HashSet<ColumnId> needed)
    {
        if (join.Kind is JoinKind.Right or JoinKind.Full)
        {
            throw Errors.Error.NotSupported("a right or full join whose right side refers to its left");
        }
        HashSet<ColumnId> neededLeft = [.. needed];
        AddReferences(join.Right, neededLeft);
        PhysicalOperator left = Plan(join.Left, neededLeft);
        var outer = new OuterScope(new ColumnScope(left.Columns));
        _outerScopes.Add(outer);
        PhysicalOperator right = Plan(join.Right, needed);
        _outerScopes.RemoveAt(_outerScopes.Count - 1);
        Expression? condition = join.Condition is null or ConstantExpression { Value: true }
            ? null
            : Rewrite(join.Condition, new ColumnScope([.. left.Columns, .. right.Columns]));
        return new PhysicalDependentJoin(
            join.Kind, left, right, condition, [.. outer.Slots.Select(s => new OuterColumn(s.Key, s.Value))],
            OutputOf(join, left.Columns, right.Columns));
    }

    private static LogicalColumn[] OutputOf(LogicalJoin join, IReadOnlyList<LogicalColumn> left, IReadOnlyList<LogicalColumn> right) =>
        join.Kind switch
        {
            JoinKind.Semi or JoinKind.Anti => [.. left],
            JoinKind.Mark => [.. left, join.Mark!],
            _ => [.. left, .. right],
        };

    private static JoinKeys SplitCondition(Expression? condition, ColumnScope left, ColumnScope right)
    {
        JoinKeys keys = new([], [], []);
        IEnumerable<Expression> conjuncts = condition switch
        {
            null or ConstantExpression { Value: true } => [],
            ConjunctionExpression { Kind: ConjunctionKind.And } and => and.Operands,
            _ => [condition],
        };
        foreach (Expression conjunct in conjuncts)
        {
            if (conjunct is not ComparisonExpression { Kind: ComparisonKind.Equal or ComparisonKind.NotDistinctFrom } comparison
                || comparison.Left.Type.Physical != comparison.Right.Type.Physical)
            {
                keys.Residual.Add(conjunct);
                continue;
            }
            Side leftSide = SideOf(comparison.Left, left, right);
            Side rightSide = SideOf(comparison.Right, left, right);
            if (leftSide is Side.Left or Side.Neither && rightSide == Side.Right)
            {
                AddKey(keys, comparison.Left, comparison.Right, comparison.Kind);
            }
            else if (leftSide == Side.Right && rightSide is Side.Left or Side.Neither)
            {
                AddKey(keys, comparison.Right, comparison.Left, comparison.Kind);
            }
            else
            {
                keys.Residual.Add(conjunct);
            }
        }
        return keys;
    }

    // NULL finds no partner in the table. Where NULLs are to be equal, they become a value and a second key tells them apart.
    private static void AddKey(JoinKeys keys, Expression left, Expression right, ComparisonKind kind)
    {
        if (kind == ComparisonKind.Equal)
        {
            keys.Left.Add(left);
            keys.Right.Add(right);
            return;
        }
        keys.Left.Add(new CoalesceExpression(new ExpressionList(left, DefaultOf(left.Type))));
        keys.Right.Add(new CoalesceExpression(new ExpressionList(right, DefaultOf(right.Type))));
        keys.Left.Add(new IsNullExpression(left, false));
        keys.Right.Add(new IsNullExpression(right, false));
    }

    private static ConstantExpression DefaultOf(SqlType type) => new(type, type.Physical switch
    {
        PhysicalType.Boolean => false,
        PhysicalType.Int16 => (short)0,
        PhysicalType.Int32 => 0,
        PhysicalType.Int64 => 0L,
        PhysicalType.Int128 => (Int128)0,
        PhysicalType.Real => 0f,
        PhysicalType.Double => 0d,
        PhysicalType.Numeric => new Numeric(0, 0),
        PhysicalType.String => new ByteString([]),
        PhysicalType.Interval => default(Interval),
        PhysicalType.Uuid => (UInt128)0,
        _ => throw new System.Diagnostics.UnreachableException(),
    });

    private static Side SideOf(Expression expression, ColumnScope left, ColumnScope right)
    {
        Side side = Side.Neither;
        PlanTraversal.Visit(expression, part =>
        {
            if (part is not ColumnExpression column)
            {
                return;
            }
            side |= left.Find(column.Id) is not null ? Side.Left : right.Find(column.Id) is not null ? Side.Right : Side.Neither;
        });
        return side;
    }

    // All columns that a plan mentions, its subqueries included.
    private static void AddReferences(LogicalOperator plan, HashSet<ColumnId> columns)
    {
        PlanTraversal.ForEachExpression(plan, expression => AddColumns(expression, columns));
        foreach (LogicalOperator child in plan.Children)
        {
            AddReferences(child, columns);
        }
    }

    [Flags]
    private enum Side
    {
        Neither = 0,
        Left = 1,
        Right = 2,
        Both = 3,
    }

    /// <summary>A join condition: pairs of equal keys, and the rest of its parts.</summary>
    private sealed record JoinKeys(List<Expression> Left, List<Expression> Right, List<Expression> Residual);
}
