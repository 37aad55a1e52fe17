using PhantomDb.Catalog;
using PhantomDb.Execution.ForeignKeys;
using PhantomDb.Execution.Operators;
using PhantomDb.Execution.Physical;
using PhantomDb.Expressions;
using PhantomDb.Types;

namespace PhantomDb.Execution.Indexes;

/// <summary>
/// Which part of a scan's filter an index answers: values for its first columns, a range for the next. Nothing is said about
/// what it costs.
/// </summary>
internal sealed class IndexMatch
{
    private readonly PhysicalScan _scan;
    private readonly IndexDefinition _index;
    private readonly Expression[] _conjuncts;
    private readonly HashSet<Expression> _answered = new(ReferenceEqualityComparer.Instance);

    private IndexMatch(PhysicalScan scan, IndexDefinition index, Expression[] conjuncts)
    {
        _scan = scan;
        _index = index;
        _conjuncts = conjuncts;
    }

    /// <summary>The parts of a filter that must all be true.</summary>
    public static Expression[] Conjuncts(Expression? filter) => filter switch
    {
        null => [],
        ConjunctionExpression { Kind: ConjunctionKind.And } and => [.. and.Operands],
        _ => [filter],
    };

    /// <summary>The conjunction; null for none.</summary>
    public static Expression? Join(Expression[] conjuncts) => conjuncts.Length switch
    {
        0 => null,
        1 => conjuncts[0],
        _ => new ConjunctionExpression(ConjunctionKind.And, new ExpressionList(conjuncts)),
    };

    /// <summary>The scan by this index; without keys and range where the filter has nothing for it.</summary>
    public static PhysicalIndexScan Find(PhysicalScan scan, IndexDefinition index, Expression[] conjuncts) =>
        new IndexMatch(scan, index, conjuncts).Find();

    private PhysicalIndexScan Find()
    {
        List<IndexKey> keys = [];
        while (keys.Count < _index.Columns.Count && FindKey(_index.Columns[keys.Count]) is { } key)
        {
            keys.Add(key);
        }
        IndexRange? range = keys.Count < _index.Columns.Count ? FindRange(_index.Columns[keys.Count]) : null;
        Expression[] rest = [.. _conjuncts.Where(conjunct => !_answered.Contains(conjunct))];
        return new PhysicalIndexScan(_scan, _index, keys)
        {
            Range = range,
            Residual = Join(rest),
        };
    }

    // One value before several: its rows keep the order of the columns behind.
    private IndexKey? FindKey(IndexColumn column) =>
        _conjuncts.Select(conjunct => Answer(conjunct, SingleKey(column, conjunct), column)).FirstOrDefault(key => key is not null)
        ?? _conjuncts.Select(conjunct => Answer(conjunct, ListKey(column, conjunct), column)).FirstOrDefault(key => key is not null);

    // Where the types are the same or are converted, keys are equal exactly where the values are, and the condition need not be tested again.
    private IndexKey? Answer(Expression conjunct, IndexKey? key, IndexColumn column)
    {
        if (key is { IsArray: false } && key.Values.All(value => IsExact(column, value)))
        {
            _answered.Add(conjunct);
        }
        return key;
    }

    private IndexKey? SingleKey(IndexColumn column, Expression conjunct) => conjunct switch
    {
        ComparisonExpression { Kind: ComparisonKind.Equal } comparison => ValueFor(column, comparison, out _) is { } value ? new IndexKey([value]) : null,
        IsNullExpression { IsNegated: false } isNull when IsColumn(column, isNull.Operand) => IndexKey.Null,
        // A boolean column as a condition, or denied.
        PositionExpression position when IsColumn(column, position) => new IndexKey([new ConstantExpression(SqlType.Boolean, true)]),
        NotExpression { Operand: PositionExpression position } when IsColumn(column, position) => new IndexKey([new ConstantExpression(SqlType.Boolean, false)]),
        BooleanTestExpression { IsNegated: false } test when IsColumn(column, test.Operand) => new IndexKey([new ConstantExpression(SqlType.Boolean, test.Value)]),
        _ => null,
    };

    private IndexKey? ListKey(IndexColumn column, Expression conjunct)
    {
        switch (conjunct)
        {
            case InListExpression { IsNegated: false } inList when IsColumnOrWider(column, inList.Operand):
                return inList.Items.All(item => IsValueFor(column, item)) ? new IndexKey([.. inList.Items]) : null;
            case ConjunctionExpression { Kind: ConjunctionKind.Or } or:
                List<Expression> values = [];
                foreach (Expression operand in or.Operands)
                {
                    if ((SingleKey(column, operand) ?? ListKey(column, operand)) is not { IsNull: false, IsArray: false } key)
                    {
                        return null;
                    }
                    values.AddRange(key.Values);
                }
                return new IndexKey(values);
            // x = ANY (array) compares texts.
            case FunctionExpression { Function.Name: "any", Arguments: [var operand, var array] }
                when array.Type.Id == SqlTypeId.Array && ZoneFilters.IsFixed(array)
                    && (array.Type.Element.Id == TypeOf(column).Id || KeyBounds.CanConvert(array.Type.Element, TypeOf(column)))
                    && IsColumnOrWider(column, operand is CastExpression { Type.IsString: true } text ? text.Operand : operand):
                return new IndexKey([array]) { IsArray = true };
            default:
                return null;
        }
    }

    private IndexRange? FindRange(IndexColumn column)
    {
        IndexBound? lower = FindBound(column, isLower: true);
        IndexBound? upper = FindBound(column, isLower: false);
        if (lower is not null || upper is not null)
        {
            return new IndexRange(lower, upper);
        }
        if (_conjuncts.Select(conjunct => PrefixOf(column, conjunct)).FirstOrDefault(prefix => prefix is not null) is { } found)
        {
            return new IndexRange(null, null) { Prefix = found };
        }
        if (Array.Find(_conjuncts, conjunct => IsNotNull(column, conjunct)) is { } isNotNull)
        {
            _answered.Add(isNotNull);
            return new IndexRange(null, null);
        }
        return null;
    }

    private bool IsNotNull(IndexColumn column, Expression conjunct) => conjunct switch
    {
        IsNullExpression { IsNegated: true } test => IsColumn(column, test.Operand),
        NotExpression { Operand: IsNullExpression { IsNegated: false } test } => IsColumn(column, test.Operand),
        _ => false,
    };

    private IndexBound? FindBound(IndexColumn column, bool isLower)
    {
        foreach (Expression conjunct in _conjuncts)
        {
            if (BoundOf(column, conjunct, isLower, acceptsEqual: false) is { } bound)
            {
                if (conjunct is ComparisonExpression && IsExact(column, bound.Value))
                {
                    _answered.Add(conjunct);
                }
                return bound;
            }
        }
        return null;
    }

    // What a condition says of a column, be it but a part: a row comparison is a > 1 or (a = 1 and …), which implies a >= 1.
    private IndexBound? BoundOf(IndexColumn column, Expression conjunct, bool isLower, bool acceptsEqual)
    {
        switch (conjunct)
        {
            case ComparisonExpression comparison when ValueFor(column, comparison, out ComparisonKind kind) is { } value:
                return kind switch
                {
                    ComparisonKind.Greater when isLower => new IndexBound(value, false),
                    ComparisonKind.GreaterOrEqual when isLower => new IndexBound(value, true),
                    ComparisonKind.Less when !isLower => new IndexBound(value, false),
                    ComparisonKind.LessOrEqual when !isLower => new IndexBound(value, true),
                    ComparisonKind.Equal when acceptsEqual => new IndexBound(value, true),
                    _ => null,
                };
            case ConjunctionExpression { Kind: ConjunctionKind.And } part when acceptsEqual:
                return part.Operands.Select(operand => BoundOf(column, operand, isLower, acceptsEqual: true)).FirstOrDefault(bound => bound is not null);
            case ConjunctionExpression { Kind: ConjunctionKind.Or } or:
                IndexBound? all = null;
                foreach (Expression operand in or.Operands)
                {
                    if (BoundOf(column, operand, isLower, acceptsEqual: true) is not { } bound || (all is not null && !bound.Value.Equals(all.Value)))
                    {
                        return null;
                    }
                    all = all is null ? bound : all with { IsInclusive = all.IsInclusive || bound.IsInclusive };
                }
                return all;
            default:
                return null;
        }
    }

    private IndexPrefix? PrefixOf(IndexColumn column, Expression conjunct)
    {
        if (conjunct is not FunctionExpression { Arguments: [var text, var pattern] } call || !TypeOf(column).IsString
            || !(IsColumn(column, text) || text is CastExpression { Type.Id: SqlTypeId.Text } cast && IsColumn(column, cast.Operand))
            || !ZoneFilters.IsFixed(pattern))
        {
            return null;
        }
        PatternKind? kind = call.Function.Name switch
        {
            "~~" => PatternKind.Like,
            "~" => PatternKind.RegularExpression,
            "starts_with" or "^@" => PatternKind.Text,
            _ => null,
        };
        if (kind is not { } known
            || (pattern is ConstantExpression constant && (constant.Value is not ByteString value || PatternPrefix.Of(value.Bytes, known).Length == 0)))
        {
            return null;
        }
        return new IndexPrefix(pattern, known);
    }

    // The value that a comparison has the column against, with the column to the left.
    private Expression? ValueFor(IndexColumn column, ComparisonExpression comparison, out ComparisonKind kind)
    {
        kind = comparison.Kind;
        if (IsColumnOrWider(column, comparison.Left) && IsValueFor(column, comparison.Right))
        {
            return comparison.Right;
        }
        kind = ZoneFilters.Mirror(comparison.Kind);
        return IsColumnOrWider(column, comparison.Right) && IsValueFor(column, comparison.Left) ? comparison.Left : null;
    }

    private bool IsValueFor(IndexColumn column, Expression value) =>
        IndexKeyRanges.IsComparable(TypeOf(column), value.Type) && ZoneFilters.IsFixed(value);

    private bool IsColumn(IndexColumn column, Expression expression) =>
        expression is PositionExpression position && position.Index < _scan.ColumnNumbers.Count
        && _scan.ColumnNumbers[position.Index] == column.ColumnNumber;

    private bool IsExact(IndexColumn column, Expression value) =>
        KeyConversion.IsSame(value.Type, TypeOf(column)) || KeyBounds.CanConvert(value.Type, TypeOf(column));

    // A column may be compared as a type that keeps its values, varchar as text.
    private bool IsColumnOrWider(IndexColumn column, Expression expression) => IsColumn(column, KeyBounds.WithoutCasts(expression))
        || (expression is CastExpression { Type.Id: SqlTypeId.Text, Operand.Type.Id: SqlTypeId.Varchar } cast && IsColumn(column, cast.Operand));

    private SqlType TypeOf(IndexColumn column) => _scan.Table.TypeOf(column.ColumnNumber);
}
