using PhantomDb.Execution.Indexes;
using PhantomDb.Execution.Physical;
using PhantomDb.Expressions;
using PhantomDb.Planning;
using PhantomDb.Planning.Logical;

namespace PhantomDb.Execution;

// Orders that an index gives, so that nothing need be sorted, and of which often but the first rows are wanted.
internal sealed partial class PhysicalPlanner
{
    /// <summary>Rows wanted where LIMIT comes with the execution.</summary>
    private const double UnknownLimit = 100;

    /// <summary>A plan is looked at twice for each order within it: not so often that sorts within sorts take for ever.</summary>
    private const int ReconsiderationsMax = 16;

    private int _reconsiderations;
    private readonly Dictionary<LogicalScan, IndexOrder> _orders = new(ReferenceEqualityComparer.Instance);   // scans that had better come in an order

    private readonly HashSet<LogicalVirtualScan> _backward = new(ReferenceEqualityComparer.Instance);

    private PhysicalOperator PlanSort(LogicalSort sort, HashSet<ColumnId> required, long? limit, double? wanted = null)
    {
        HashSet<ColumnId> needed = [.. required];
        AddColumns(sort.Keys.Select(k => k.Expression), needed);
        PhysicalOperator input = PlanInOrder(sort.Input, sort.Keys, needed, wanted ?? limit ?? sort.Limit ?? double.PositiveInfinity, out bool isOrdered);
        return isOrdered ? input : new PhysicalSort(input, RewriteAll(sort.Keys, new ColumnScope(input.Columns)), limit);
    }

    // The plan, in the order of the keys where that is cheaper than to sort it.
    private PhysicalOperator PlanInOrder(LogicalOperator plan, IReadOnlyList<SortKey> keys, HashSet<ColumnId> needed, double wanted, out bool isOrdered)
    {
        isOrdered = false;
        if (!double.IsInfinity(wanted) && FindLog(plan, keys) is { } log)
        {
            _backward.Add(log);
            PhysicalOperator backward = Plan(plan, needed);
            _backward.Remove(log);
            isOrdered = true;
            return backward;
        }
        if (_indexes is null || _estimator is null || FindOrder(plan, keys) is not { } found)
        {
            return Plan(plan, needed);
        }
        IndexOrder order = new(found.Keys, wanted, _estimator.Rows(plan)) { LeafRows = _estimator.Rows(found.Scan), JoinCount = found.Joins.Count };
        _orders.Add(found.Scan, order);
        PhysicalOperator planned = Plan(plan, needed);
        if (order.IsGiven && found.Joins.Count > 0 && _reconsiderations++ < ReconsiderationsMax)
        {
            // Joins above see but the first rows.
            double share = Math.Min(1, wanted / Math.Max(1, order.Rows));
            found.Joins.ForEach(join => _shares.Add(join, share));
            planned = Plan(plan, needed);
            found.Joins.ForEach(join => _shares.Remove(join));
        }
        _orders.Remove(found.Scan);
        if (!order.IsGiven)
        {
            return planned;
        }
        isOrdered = KeepsOrder(planned);
        return isOrdered ? planned : Plan(plan, needed);
    }

    // The scan whose order the whole plan would have, the keys as columns of it, and the joins on the way.
    private static (LogicalScan Scan, IReadOnlyList<SortKey> Keys, List<LogicalJoin> Joins)? FindOrder(LogicalOperator plan, IReadOnlyList<SortKey> keys)
    {
        List<LogicalJoin> joins = [];
        while (true)
        {
            switch (plan)
            {
                case LogicalScan { Table.Indexes.Count: > 0 } scan:
                    return keys.All(key => key.Expression is ColumnExpression) ? (scan, keys, joins) : null;
                case LogicalFilter filter:
                    plan = filter.Input;
                    break;
                case LogicalProject project:
                    keys = [.. keys.Select(key => key with { Expression = Source(project, key.Expression) })];
                    plan = project.Input;
                    break;
                case LogicalJoin { IsDependent: false, Kind: JoinKind.Inner or JoinKind.Semi or JoinKind.Anti or JoinKind.Mark or JoinKind.Left or JoinKind.Single } join:
                    joins.Add(join);
                    bool isOfLeft = join.Kind != JoinKind.Inner || PlanIds.RefersOnlyTo(keys[0].Expression, PlanIds.OutputIds(join.Left));
                    plan = isOfLeft ? join.Left : join.Right;
                    break;
                case LogicalJoin { IsDependent: false, Kind: JoinKind.Right } join:
                    joins.Add(join);
                    plan = join.Right;
                    break;
                default:
                    return null;
            }
        }
    }

    // A scan of a table that the engine makes up, which can be read from its end as well: ORDER BY lsn DESC LIMIT n reads the end of the log. LSNs differ, so that keys behind do not matter.
    private static LogicalVirtualScan? FindLog(LogicalOperator plan, IReadOnlyList<SortKey> keys)
    {
        Expression first = keys[0].Expression;
        while (true)
        {
            switch (plan)
            {
                case LogicalVirtualScan scan:
                    return keys[0].IsDescending && first is ColumnExpression key && scan.Columns.FirstOrDefault(column => column.Id == key.Id) is { } column
                        && SystemTables.EngineTables.OrderOf(scan.Schema, scan.Name) == column.Name ? scan : null;
                case LogicalFilter filter:
                    plan = filter.Input;
                    break;
                case LogicalProject project:
                    first = Source(project, first);
                    plan = project.Input;
                    break;
                default:
                    return null;
            }
        }
    }

    private static Expression Source(LogicalProject project, Expression expression) =>
        expression is ColumnExpression column && project.Columns.FirstOrDefault(c => c.Column.Id == column.Id) is { } computed ? computed.Expression : expression;

    // Hash joins give the left side's rows in their order, each with its partners.
    private static bool KeepsOrder(PhysicalOperator plan) => plan switch
    {
        PhysicalIndexScan scan => scan.IsOrdered,
        PhysicalProject project => KeepsOrder(project.Input),
        PhysicalFilter filter => KeepsOrder(filter.Input),
        PhysicalHashJoin { Kind: JoinKind.Inner or JoinKind.Semi or JoinKind.Anti or JoinKind.Mark, ReadsLeftFirst: false } join => KeepsOrder(join.Left),
        PhysicalIndexJoin { Kind: JoinKind.Inner or JoinKind.Semi or JoinKind.Anti } join => KeepsOrder(join.Left),
        PhysicalIndexJoin { Kind: JoinKind.Left or JoinKind.Single, KeepsUnmatchedInPlace: true, Instead: null } join => KeepsOrder(join.Left),
        _ => false,
    };

    /// <summary>Min and max of a table's columns: the first row that an index gives from its one end or the other. Null where that is dearer.</summary>
    private PhysicalOperator? PlanExtremes(LogicalAggregate aggregate, AggregateColumn[] calls)
    {
        if (_indexes is null || calls.Length == 0 || aggregate is not { Groups.Count: 0, GroupingSets: null, Input: LogicalScan { Table.Indexes.Count: > 0 } scan })
        {
            return null;
        }
        PhysicalOperator? result = null;
        foreach (AggregateColumn call in calls)
        {
            if (call.Call is not { Function.Name: "min" or "max", Arguments: [ColumnExpression column], Filter: null }
                || scan.Columns.FirstOrDefault(c => c.Column.Id == column.Id) is not { } scanned
                || PlanExtreme(scan, call, column, IsNotNull(scan.Table, scanned.ColumnNumber)) is not { } one)
            {
                return null;
            }
            result = result is null ? one : new PhysicalNestedLoopJoin(JoinKind.Inner, result, one, null, [.. result.Columns, .. one.Columns]) { EstimatedRows = 1 };
        }
        return result;
    }

    private static bool IsNotNull(Catalog.TableDefinition table, int number) => table.IndexOfNumber(number) is >= 0 and int place && table.Columns[place].IsNotNull;

    private PhysicalAggregate? PlanExtreme(LogicalScan scan, AggregateColumn call, ColumnExpression column, bool isNotNull)
    {
        bool isGreatest = call.Call.Function.Name == "max";
        Expression notNull = new IsNullExpression(column, IsNegated: true);
        // Both ends are free of NULLs then.
        LogicalScan values = scan with { Filter = isNotNull ? scan.Filter : Conjuncts.Join([.. Conjuncts.Split(scan.Filter), notNull]) };
        PhysicalOperator first = PlanInOrder(values, [new SortKey(column, isGreatest, NullsFirst: isGreatest)], [column.Id], 1, out bool isOrdered);
        if (!isOrdered)
        {
            return null;
        }
        PhysicalLimit limit = new(first, new ConstantExpression(Types.SqlType.Int64, 1L), null, null) { EstimatedRows = 1 };
        PhysicalAggregateCall of = new(call.Call.Function, [Rewrite(column, new ColumnScope(first.Columns))], null, false, []);
        return new PhysicalAggregate(limit, [], [of], null, [call.Column]) { EstimatedRows = 1 };
    }
}
