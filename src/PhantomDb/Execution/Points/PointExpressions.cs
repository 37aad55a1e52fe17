using PhantomDb.Catalog;
using PhantomDb.Expressions;
using PhantomDb.Functions;
using PhantomDb.Planning;
using PhantomDb.Planning.Logical;
using PhantomDb.Types;

namespace PhantomDb.Execution.Points;

/// <summary>
/// The values of a single-row statement as operands: first all expressions are added, which tells the columns that must be
/// read of the row, then the operands are built. Of a row found whatever depends on its operands alone can be computed: no
/// subqueries, nothing stable or volatile. Of a new row, and without a row, also what defaults are made of.
/// </summary>
internal sealed class PointExpressions(LogicalScan? scan, IReadOnlyList<SqlType> parameterTypes, IStatementContext statement, bool isNewRow = false)
{
    private readonly List<Expression> _expressions = [];
    private readonly List<int> _numbers = [];
    private readonly List<PhysicalType> _types = [];
    private readonly List<Expression> _conditions = [];
    private PointRow? _row;

    /// <summary>Values of a new row whose columns are all there: they are numbered by their places.</summary>
    public static PointExpressions OfRow(
        TableDefinition table, IReadOnlyList<LogicalColumn> columns, IReadOnlyList<SqlType> parameterTypes, IStatementContext statement)
    {
        LogicalScan row = new(table, table.Name, [.. columns.Select((column, i) => new ScanColumn(column, i))]);
        PointExpressions values = new(row, parameterTypes, statement, isNewRow: true);
        for (int i = 0; i < columns.Count; i++)
        {
            values.PlaceOf(i, columns[i].Type);
        }
        return values;
    }

    /// <summary>Storage numbers of the columns that expressions read.</summary>
    public int[] ReadColumns => [.. _numbers];

    /// <summary>What the expressions are computed from; null where there are none to be computed.</summary>
    public PointRow? Row => _conditions.Count > 0 || _expressions.Exists(IsComputed) ? _row ??= new PointRow(_types, parameterTypes, statement) : null;

    /// <summary>Adds an expression whose value is to be of a type; false where it cannot be an operand.</summary>
    public bool TryAdd(Expression expression, SqlType type)
    {
        if (expression.Type.Physical != type.Physical || (type.Id == SqlTypeId.Numeric && expression.Type.Scale != type.Scale))
        {
            return false;
        }
        if (Place(expression) is not { } placed)
        {
            return false;
        }
        _expressions.Add(placed);
        return true;
    }

    /// <summary>Adds a condition that the row must meet; false where it cannot be told here.</summary>
    public bool TryAddCondition(Expression condition)
    {
        if (Place(condition) is not { } placed)
        {
            return false;
        }
        _conditions.Add(placed);
        return true;
    }

    /// <summary>The conditions added, as one; null where there are none.</summary>
    public PointCondition? BuildCondition() => _conditions.Count == 0 ? null : new PointCondition(
        new PredicateEvaluator(_conditions is [var single] ? single : new ConjunctionExpression(ConjunctionKind.And, new ExpressionList([.. _conditions])), Row!.Evaluation), Row);

    public PointOperand[] Build() => [.. _expressions.Select(Operand)];

    /// <summary>Storage number of the column that an expression is; -1 where it is none.</summary>
    public static int NumberOf(LogicalScan scan, Expression expression) =>
        expression is ColumnExpression column && scan.Columns.FirstOrDefault(c => c.Column.Id == column.Id) is { } found ? found.ColumnNumber : -1;

    /// <summary>True where a value of one type may stand where one of the other is compared, as it is.</summary>
    public static bool IsSame(SqlType value, SqlType column) =>
        value == column || (value.Id == column.Id && column.Precision < 0 && value.Physical == column.Physical && column.Id != SqlTypeId.Numeric);

    private PointOperand Operand(Expression expression) => expression switch
    {
        ParameterExpression parameter => new ParameterOperand(parameter.Index),
        ConstantExpression constant => new ConstantOperand(constant),
        PositionExpression column => new ColumnOperand(Row!, column.Index),
        FunctionExpression { Function.Name: "+" or "-", Arguments: [var left, var right] } sum when IsPlainSum(sum, left, right) =>
            new SumOperand(Operand(left), Operand(right), sum.Function.Name == "-", sum.Type.Physical, Computed(sum)),
        _ => Computed(expression),
    };

    private ComputedOperand Computed(Expression expression) => new(new ExpressionEvaluator(expression, Row!.Evaluation), Row);

    private static bool IsPlainSum(FunctionExpression sum, Expression left, Expression right) =>
        sum.Type.Id is SqlTypeId.Double or SqlTypeId.Int32 or SqlTypeId.Int64 && left.Type.Id == sum.Type.Id && right.Type.Id == sum.Type.Id
        && IsValue(left) && IsValue(right);

    private static bool IsValue(Expression expression) => expression is ParameterExpression or ConstantExpression or PositionExpression;

    private static bool IsComputed(Expression expression) => expression is not (ParameterExpression or ConstantExpression);

    // With places in the row read instead of columns; null where something in it is not allowed.
    private Expression? Place(Expression expression)
    {
        bool isAllowed = true;
        Expression placed = PlanTraversal.Rewrite(expression, part =>
        {
            switch (part)
            {
                case ColumnExpression when scan is not null && NumberOf(scan, part) is >= 0 and int number:
                    return new PositionExpression(PlaceOf(number, part.Type), part.Type) { Position = part.Position };
                case ParameterExpression or ConstantExpression:
                    return null;
                case ComparisonExpression or ConjunctionExpression or NotExpression or IsNullExpression or BooleanTestExpression
                    or CaseExpression or CoalesceExpression or InListExpression or FunctionExpression { Function: { Volatility: Volatility.Immutable, HasSideEffects: false } }:
                    return null;
                case CastExpression cast when ExpressionFacts.VolatilityOf(cast with { Operand = new ConstantExpression(cast.Operand.Type, null) }) == Volatility.Immutable:
                    return null;
                case not null when (isNewRow || scan is null) && IsAllowedInNewRow(part):
                    return null;
                default:
                    isAllowed = false;
                    return null;
            }
        });
        return isAllowed ? placed : null;
    }

    /// <summary>
    /// True where a part of an expression may be computed again and again by one evaluator: what is immutable, and the clocks,
    /// generators and arithmetic of dates that look at the statement each time.
    /// </summary>
    private static bool IsAllowedInNewRow(Expression part) => part switch
    {
        ParameterExpression or ConstantExpression or PositionExpression => true,
        ComparisonExpression or ConjunctionExpression or NotExpression or IsNullExpression or BooleanTestExpression => true,
        CaseExpression or CoalesceExpression or InListExpression => true,
        FunctionExpression { Function: { Volatility: Volatility.Immutable, HasSideEffects: false } } => true,
        FunctionExpression call => call.Function.Name is "nextval" or "now" or "current_timestamp" or "transaction_timestamp" or "statement_timestamp"
            or "clock_timestamp" or "localtimestamp" or "localtime" or "current_date" or "gen_random_uuid" or "random"
            or "+" or "-" or "date_trunc",
        CastExpression cast => (IsTime(cast.Operand.Type) && IsTime(cast.Type))
            || ExpressionFacts.VolatilityOf(cast with { Operand = new ConstantExpression(cast.Operand.Type, null) }) == Volatility.Immutable,
        _ => false,
    };

    private static bool IsTime(SqlType type) => type.Id is SqlTypeId.Date or SqlTypeId.Time or SqlTypeId.Timestamp or SqlTypeId.TimestampTz;

    /// <summary>Where a column stands among those read; it is added where it is not there yet.</summary>
    public int PlaceOf(int number, SqlType type)
    {
        int place = _numbers.IndexOf(number);
        if (place < 0)
        {
            place = _numbers.Count;
            _numbers.Add(number);
            _types.Add(type.Physical);
        }
        return place;
    }
}
