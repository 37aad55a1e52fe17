using PhantomDb.Errors;
using PhantomDb.Expressions;
using PhantomDb.Parsing.Ast;
using PhantomDb.Planning;
using PhantomDb.Types;

namespace PhantomDb.Binding;

/// <summary>GROUP BY.</summary>
internal sealed partial class QueryBinder
{
    private const int GroupingSetCountMax = 4096;

    private Grouping BindGroupBy(GroupByClause clause, OutputItem[] items, Scope scope, ExpressionBinder binder)
    {
        var expressions = new List<Expression>();
        // Every element gives a list of sets; the query's sets are all their combinations.
        List<List<int>> sets = [[]];
        bool isPlain = true;
        foreach (GroupingElement element in clause.Elements)
        {
            isPlain &= element is ExpressionGrouping;
            List<List<int>> own = SetsOf(element, expressions, items, scope, binder);
            if ((long)sets.Count * own.Count > GroupingSetCountMax)
            {
                throw Error.At("54023", $"too many grouping sets present (maximum {GroupingSetCountMax})", element.Position);
            }
            sets = [.. from set in sets from added in own select set.Union(added).ToList()];
        }
        if (clause.IsDistinct)
        {
            sets = [.. sets.DistinctBy(set => string.Join(',', set.Order()))];
        }
        bool isOneSet = isPlain || (sets.Count == 1 && sets[0].Count == expressions.Count);
        return new Grouping(expressions, isOneSet ? null : sets);
    }

    private List<List<int>> SetsOf(GroupingElement element, List<Expression> expressions, OutputItem[] items, Scope scope, ExpressionBinder binder)
    {
        switch (element)
        {
            case EmptyGrouping:
                return [[]];
            case ExpressionGrouping single:
                return [BindGroup(single.Expression, expressions, items, scope, binder)];
            case RollupGrouping rollup:
                int[][] steps = [.. rollup.Expressions.Select(e => BindGroup(e, expressions, items, scope, binder).ToArray())];
                return [.. Enumerable.Range(0, steps.Length + 1).Select(dropped => steps.Take(steps.Length - dropped).SelectMany(s => s).Distinct().ToList())];
            case CubeGrouping cube:
                if (cube.Expressions.Count > 12)
                {
                    throw Error.At("54023", "CUBE is limited to 12 elements", cube.Position);
                }
                int[][] dimensions = [.. cube.Expressions.Select(e => BindGroup(e, expressions, items, scope, binder).ToArray())];
                return [.. Enumerable.Range(0, 1 << dimensions.Length).Select(missing =>
                    dimensions.Where((_, i) => (missing >> (dimensions.Length - 1 - i) & 1) == 0).SelectMany(d => d).Distinct().ToList())];
            case GroupingSetsGrouping sets:
                return [.. sets.Elements.SelectMany(e => SetsOf(e, expressions, items, scope, binder))];
            default:
                throw Error.NotSupported(element.GetType().Name, element.Position);
        }
    }

    /// <summary>One element, which may be several in parentheses, as places in the list of group expressions.</summary>
    private List<int> BindGroup(ExpressionSyntax syntax, List<Expression> expressions, OutputItem[] items, Scope scope, ExpressionBinder binder)
    {
        if (syntax is RowSyntax row)
        {
            return [.. row.Items.SelectMany(item => BindGroup(item, expressions, items, scope, binder)).Distinct()];
        }
        Expression expression = BindGroupExpression(syntax, items, binder);
        FreeColumns.Visit(expression, column =>
        {
            if (scope.Level.Aggregates.Any(a => a.Column.Id == column.Id))
            {
                throw Error.Grouping("aggregate functions are not allowed in GROUP BY", syntax.Position);
            }
            if (scope.Level.Windows.Any(w => w.Columns.Any(c => c.Column.Id == column.Id)))
            {
                throw Error.At(SqlStates.WindowingError, "window functions are not allowed in GROUP BY", syntax.Position);
            }
        });
        if (expression.Type.Id == SqlTypeId.PaddedChar)
        {
            throw Error.NotSupported("GROUP BY of char(n) of different lengths", syntax.Position);
        }
        int index = expressions.FindIndex(e => ExpressionEquality.AreEqual(e, expression));
        if (index < 0)
        {
            index = expressions.Count;
            expressions.Add(expression);
        }
        return [index];
    }

    /// <summary>An integer is a place in the select list; a bare name an input column before an output one.</summary>
    private Expression BindGroupExpression(ExpressionSyntax syntax, OutputItem[] items, ExpressionBinder binder)
    {
        if (TryOrdinal(syntax, "GROUP BY", items.Length, out int ordinal))
        {
            return items[ordinal].Expression;
        }
        if (syntax is ColumnReferenceSyntax { Names.Count: 1 } name && binder.TryBindColumn(name) is null)
        {
            OutputItem[] matches = [.. items.Where(item => item.Name == name.Names[0])];
            if (matches.Length > 1 && !matches.All(m => ExpressionEquality.AreEqual(m.Expression, matches[0].Expression)))
            {
                throw Error.At(SqlStates.AmbiguousColumn, $"GROUP BY \"{name.Names[0]}\" is ambiguous", syntax.Position);
            }
            if (matches.Length > 0)
            {
                return matches[0].Expression;
            }
        }
        return binder.BindResolved(syntax);
    }
}
