using System.Globalization;
using System.Text;
using PhantomDb.Expressions;
using PhantomDb.Planning.Logical;
using PhantomDb.Types;
using SortKey = PhantomDb.Planning.Logical.SortKey;

namespace PhantomDb.Planning;

/// <summary>
/// A logical plan as text, one operator a line, children indented: for EXPLAIN and for tests. Columns are printed by
/// name; with ids (name#3) where asked for.
/// </summary>
internal sealed class LogicalPlanPrinter
{
    private readonly StringBuilder _text = new();
    private readonly bool _showsIds;
    private readonly List<(SubqueryExpression Subquery, int Number)> _pending = [];
    private int _subqueryCount;

    private LogicalPlanPrinter(bool showsIds) => _showsIds = showsIds;

    public static string Print(LogicalOperator plan, bool showsIds = false)
    {
        var printer = new LogicalPlanPrinter(showsIds);
        printer.PrintOperator(plan, 0);
        return printer._text.ToString();
    }

    public static string Print(Expression expression, bool showsIds = false) => new LogicalPlanPrinter(showsIds).Text(expression);

    /// <summary>One operator's line, without its children.</summary>
    public static string Describe(LogicalOperator plan, bool showsIds = false) => new LogicalPlanPrinter(showsIds).Line(plan);

    private void PrintOperator(LogicalOperator plan, int depth)
    {
        int first = _pending.Count;
        _text.Append(' ', depth * 2).Append(Line(plan)).Append('\n');
        List<(SubqueryExpression Subquery, int Number)> subqueries = _pending.GetRange(first, _pending.Count - first);
        _pending.RemoveRange(first, _pending.Count - first);
        foreach ((SubqueryExpression subquery, int number) in subqueries)
        {
            _text.Append(' ', depth * 2 + 2).Append(CultureInfo.InvariantCulture, $"subquery {number}:\n");
            PrintOperator(subquery.Plan, depth + 2);
        }
        foreach (LogicalOperator child in plan.Children)
        {
            PrintOperator(child, depth + 1);
        }
    }

    private string Line(LogicalOperator plan) => plan switch
    {
        LogicalScan scan => $"Scan {scan.Table.Name}{As(scan.Alias, scan.Table.Name)} [{Columns(scan.Output)}]{(scan.RowId is null ? "" : " with row id")}{Optional(" filter ", scan.Filter)}",
        LogicalVirtualScan scan => $"VirtualScan {scan.Schema}.{scan.Name}{As(scan.Alias, scan.Name)} [{Columns(scan.Columns)}]",
        LogicalTableFunction function => $"TableFunction {function.Function.Name}({List(function.Arguments)}) [{Columns(function.Columns)}]{(function.HasOrdinality ? " with ordinality" : "")}",
        LogicalValues values => Values(values),
        LogicalEmpty empty => $"Empty [{Columns(empty.Columns)}]",
        LogicalFilter filter => $"Filter {Text(filter.Predicate)}",
        LogicalProject project => $"Project [{string.Join(", ", project.Columns.Select(Computed))}]",
        LogicalJoin join => $"{(join.IsDependent ? "Dependent" : "")}{(join.Condition is null && join.Kind == JoinKind.Inner ? "Cross" : join.Kind.ToString())}Join{Optional(" on ", join.Condition)}{(join.Mark is null ? "" : $" as {Name(join.Mark)}")}",
        LogicalAggregate aggregate => Aggregate(aggregate),
        LogicalSort sort => $"Sort [{Keys(sort.Keys)}]{(sort.Limit is { } limit ? $" limit {limit}" : "")}",
        LogicalLimit limit => $"Limit{Optional(" ", limit.Limit)}{Optional(" offset ", limit.Offset)}{(limit.Ties is null ? "" : $" with ties [{Keys(limit.Ties)}]")}",
        LogicalDistinct distinct => distinct.On is null ? "Distinct" : $"Distinct on [{List(distinct.On)}]",
        LogicalWindow window => $"Window{(window.PartitionBy.Count == 0 ? "" : $" by [{List(window.PartitionBy)}]")}{(window.OrderBy.Count == 0 ? "" : $" order [{Keys(window.OrderBy)}]")} [{string.Join(", ", window.Columns.Select(c => $"{Name(c.Column)} = {c.Call.Kind}({List(c.Call.Arguments)})"))}]",
        LogicalSetOperation set => $"{set.Kind}{(set.IsAll ? " all" : "")} [{Columns(set.Columns)}]",
        LogicalCte cte => $"Cte {cte.Name}",
        LogicalRecursiveCte cte => $"RecursiveCte {cte.Name}{(cte.IsAll ? " all" : "")} [{Columns(cte.Columns)}]",
        LogicalLockRows rows => $"LockRows {string.Join(", ", rows.Tables.Select(t => t.Table.Name))}",
        LogicalCteScan scan => $"CteScan {scan.Name} [{Columns(scan.Columns)}]",
        LogicalCopyInput copy => $"CopyInput [{Columns(copy.Columns)}]",
        LogicalInsert insert => $"Insert {insert.Table.Name}{Conflict(insert)}{Returning(insert)}",
        LogicalUpdate update => $"Update {update.Table.Name} set [{string.Join(", ", update.ChangedColumns.Select(n => update.Table.Columns[update.Table.IndexOfNumber(n)].Name))}]{Returning(update)}",
        LogicalDelete delete => $"Delete {delete.Table.Name}{Returning(delete)}",
        _ => plan.GetType().Name,
    };

    private string Values(LogicalValues values) =>
        values.Columns.Count == 0 ? $"Values {values.Rows.Count} rows"
        : values.Rows.Count <= 3 ? $"Values [{Columns(values.Columns)}] {string.Join(", ", values.Rows.Select(row => $"({List(row)})"))}"
        : $"Values [{Columns(values.Columns)}] {values.Rows.Count} rows";

    private string Aggregate(LogicalAggregate aggregate)
    {
        string sets = aggregate.GroupingSets is null ? ""
            : $" sets {string.Join(", ", aggregate.GroupingSets.Select(set => $"({string.Join(", ", set.Select(i => Name(aggregate.Groups[i].Column)))})"))}";
        return $"Aggregate{(aggregate.Groups.Count == 0 ? "" : $" by [{string.Join(", ", aggregate.Groups.Select(Computed))}]")}{sets}"
            + (aggregate.Aggregates.Count == 0 ? "" : $" [{string.Join(", ", aggregate.Aggregates.Select(Call))}]");
    }

    private string Call(AggregateColumn column)
    {
        AggregateCall call = column.Call;
        string arguments = call.Arguments.Count == 0 ? "*" : List(call.Arguments);
        string order = call.OrderBy.Count == 0 ? "" : $" order by {Keys(call.OrderBy)}";
        string text = $"{call.Function.Name}({(call.IsDistinct ? "distinct " : "")}{arguments}{order}){Optional(" filter ", call.Filter)}";
        return _showsIds ? $"{Name(column.Column)} = {text}" : text;
    }

    private string Conflict(LogicalInsert insert) => insert.OnConflict is not { } conflict ? ""
        : $" on conflict{(conflict.Arbiters.Count == 0 ? "" : $" ({string.Join(", ", conflict.Arbiters.Select(a => a.Name))})")}"
            + (conflict.DoesNothing ? " do nothing" : $" set [{string.Join(", ", conflict.Assignments.Select(a => $"{insert.Table.Columns[insert.Table.IndexOfNumber(a.ColumnNumber)].Name} = {Text(a.Value)}"))}]{Optional(" where ", conflict.Where)}");

    private string Returning(LogicalModification modification) =>
        modification.Returning.Count == 0 ? "" : $" returning [{string.Join(", ", modification.Returning.Select(Computed))}]";

    private static string As(string alias, string name) => alias == name ? "" : $" as {alias}";

    private string Optional(string before, Expression? expression) => expression is null ? "" : before + Text(expression);

    private string Computed(ComputedColumn column) =>
        column.Expression is ColumnExpression reference && reference.Id == column.Column.Id && reference.Name == column.Column.Name ? Text(reference)
        : $"{Text(column.Expression)} as {Name(column.Column)}";

    private string Columns(IReadOnlyList<LogicalColumn> columns) => string.Join(", ", columns.Select(Name));

    private string Name(LogicalColumn column) => _showsIds ? $"{column.Name}{column.Id}" : column.Name;

    private string List(IEnumerable<Expression> expressions) => string.Join(", ", expressions.Select(Text));

    private string Keys(IEnumerable<SortKey> keys) => string.Join(", ", keys.Select(key =>
        Text(key.Expression) + (key.IsDescending ? " desc" : "") + (key.NullsFirst == key.IsDescending ? "" : key.NullsFirst ? " nulls first" : " nulls last")));

    private string Text(Expression expression) => expression switch
    {
        ConstantExpression constant => Constant(constant),
        ColumnExpression column => _showsIds ? $"{column.Name}{column.Id}" : column.Name,
        PositionExpression position => $"@{position.Index}",
        ParameterExpression parameter => $"${parameter.Index + 1}",
        FunctionExpression call => Function(call),
        CastExpression cast => $"{Operand(cast.Operand)}::{cast.Type}",
        ComparisonExpression comparison => $"{Operand(comparison.Left)} {Symbol(comparison.Kind)} {Operand(comparison.Right)}",
        ConjunctionExpression conjunction => string.Join(conjunction.Kind == ConjunctionKind.And ? " and " : " or ", conjunction.Operands.Select(Operand)),
        NotExpression not => $"not {Operand(not.Operand)}",
        IsNullExpression isNull => $"{Operand(isNull.Operand)} is {(isNull.IsNegated ? "not " : "")}null",
        BooleanTestExpression test => $"{Operand(test.Operand)} is {(test.IsNegated ? "not " : "")}{(test.Value ? "true" : "false")}",
        CaseExpression @case => $"case {string.Join(" ", @case.Conditions.Zip(@case.Results, (when, then) => $"when {Text(when)} then {Text(then)}"))} else {Text(@case.Else)} end",
        CoalesceExpression coalesce => $"coalesce({List(coalesce.Operands)})",
        InListExpression inList => $"{Operand(inList.Operand)} {(inList.IsNegated ? "not " : "")}in ({(inList.Items.Count <= 20 ? List(inList.Items) : $"{inList.Items.Count} items")})",
        SubqueryExpression subquery => Subquery(subquery),
        _ => expression.GetType().Name,
    };

    private string Operand(Expression expression) =>
        expression is ComparisonExpression or ConjunctionExpression or NotExpression or IsNullExpression or BooleanTestExpression or InListExpression
            || (expression is FunctionExpression { Arguments.Count: 2 } call && IsSymbol(call.Function.Name))
            ? $"({Text(expression)})" : Text(expression);

    private string Function(FunctionExpression call) => IsSymbol(call.Function.Name)
        ? call.Arguments.Count == 2
            ? $"{Operand(call.Arguments[0])} {call.Function.Name} {Operand(call.Arguments[1])}"
            : $"{call.Function.Name}{List(call.Arguments)}"
        : $"{call.Function.Name}({List(call.Arguments)})";

    private static bool IsSymbol(string name) => name.Length > 0 && !char.IsLetter(name[0]) && name[0] != '_';

    private string Subquery(SubqueryExpression subquery)
    {
        int number = ++_subqueryCount;
        _pending.Add((subquery, number));
        string tests = subquery.Tests.Count == 1 ? Operand(subquery.Tests[0]) : $"({List(subquery.Tests)})";
        return subquery.Kind switch
        {
            SubqueryKind.Scalar => $"(subquery {number})",
            SubqueryKind.Exists => $"exists(subquery {number})",
            _ => $"{tests} {Symbol(subquery.Comparison)} {(subquery.Kind == SubqueryKind.Any ? "any" : "all")}(subquery {number})",
        };
    }

    private static string Symbol(ComparisonKind kind) => kind switch
    {
        ComparisonKind.Equal => "=",
        ComparisonKind.NotEqual => "<>",
        ComparisonKind.Less => "<",
        ComparisonKind.LessOrEqual => "<=",
        ComparisonKind.Greater => ">",
        ComparisonKind.GreaterOrEqual => ">=",
        ComparisonKind.DistinctFrom => "is distinct from",
        _ => "is not distinct from",
    };

    private static string Constant(ConstantExpression constant) => constant.Value switch
    {
        null => constant.Type.Id == SqlTypeId.Unknown ? "null" : $"null::{constant.Type}",
        bool value => value ? "true" : "false",
        ByteString bytes when constant.Type.Id == SqlTypeId.Bytea => $"'\\x{Convert.ToHexStringLower(bytes.Bytes)}'",
        ByteString text => $"'{text.ToString().Replace("'", "''", StringComparison.Ordinal)}'",
        long value when constant.Type.IsFixedNumeric => Scaled(value, constant.Type.Scale),
        Int128 value => Scaled(value, constant.Type.Scale),
        int value when constant.Type.Id == SqlTypeId.Date => $"date '{Formatted(32, (Span<byte> target, out int written) => DateTimeText.TryFormatDate(value, target, out written))}'",
        long value when constant.Type.Id == SqlTypeId.Timestamp => $"timestamp '{Formatted(48, (Span<byte> target, out int written) => DateTimeText.TryFormatTimestamp(value, target, out written))}'",
        long value when constant.Type.Id == SqlTypeId.TimestampTz => $"timestamptz '{Formatted(48, (Span<byte> target, out int written) => DateTimeText.TryFormatTimestampTz(value, SessionTimeZone.Utc, target, out written))}'",
        long value when constant.Type.Id == SqlTypeId.Time => $"time '{Formatted(32, (Span<byte> target, out int written) => DateTimeText.TryFormatTime(value, target, out written))}'",
        Interval value => $"interval '{value.Months} months {value.Days} days {value.Microseconds} us'",
        IFormattable value => value.ToString(null, CultureInfo.InvariantCulture),
        object value => value.ToString() ?? "",
    };

    private delegate bool Formatter(Span<byte> target, out int written);

    private static string Formatted(int sizeMax, Formatter format)
    {
        byte[] buffer = new byte[sizeMax];
        return format(buffer, out int written) ? Encoding.ASCII.GetString(buffer, 0, written) : "?";
    }

    private static string Scaled(Int128 value, int scale)
    {
        Span<byte> buffer = stackalloc byte[64];
        return FixedNumeric.TryFormat(value, scale, buffer, out int written) ? Encoding.ASCII.GetString(buffer[..written]) : value.ToString(CultureInfo.InvariantCulture);
    }
}
