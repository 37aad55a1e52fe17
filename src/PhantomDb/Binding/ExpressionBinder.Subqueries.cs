using PhantomDb.Errors;
using PhantomDb.Expressions;
using PhantomDb.Functions;
using PhantomDb.Parsing.Ast;
using PhantomDb.Planning.Logical;
using PhantomDb.Types;

namespace PhantomDb.Binding;

/// <summary>Subqueries in expressions. What they read of the queries outside stays a plain column reference.</summary>
internal sealed partial class ExpressionBinder
{
    private BoundQuery BindQuery(SelectStatement query)
    {
        switch (Clause)
        {
            case Clause.Default:
                throw Error.NotSupported("a subquery in a DEFAULT expression", query.Position);
            case Clause.Check:
                throw Error.NotSupported("a subquery in a check constraint", query.Position);
            case Clause.Execute:
                throw Error.NotSupported("a subquery in an EXECUTE parameter", query.Position);
            case Clause.CopyWhere:
                throw Error.NotSupported("a subquery in COPY FROM WHERE", query.Position);
            case Clause.IndexExpression:
                throw Error.NotPossible("cannot use subquery in index expression", query.Position);
            case Clause.IndexPredicate:
                throw Error.NotPossible("cannot use subquery in index predicate", query.Position);
            case Clause.Using:
                throw Error.NotSupported("a subquery in a transform expression", query.Position);
        }
        return new QueryBinder(state, scope, ctes).Bind(query);
    }

    private SubqueryExpression BindScalarSubquery(SelectStatement query, int position)
    {
        BoundQuery bound = BindQuery(query);
        if (bound.Columns.Count != 1)
        {
            throw Error.InvalidSyntax("subquery must return only one column", position);
        }
        return new SubqueryExpression(SubqueryKind.Scalar, bound.Plan, bound.Columns[0].Type);
    }

    private SubqueryExpression BindExists(ExistsSyntax exists)
    {
        BoundQuery bound = BindQuery(exists.Query);
        return new SubqueryExpression(SubqueryKind.Exists, bound.Plan, SqlType.Boolean);
    }

    private Expression BindInSubquery(InSubquerySyntax syntax)
    {
        Expression[] tests = syntax.Operand is RowSyntax row ? [.. row.Items.Select(Bind)] : [Bind(syntax.Operand)];
        SubqueryExpression subquery = CompareWithSubquery(tests, ComparisonKind.Equal, SubqueryKind.Any, syntax.Query, syntax.Position);
        return syntax.Negated ? new NotExpression(subquery) : subquery;
    }

    private Expression BindQuantifiedSubquery(QuantifiedSubquerySyntax syntax)
    {
        CheckSchema(syntax.OperatorSchema, syntax.Operator, syntax.Position);
        if (!TryComparison(syntax.Operator, out ComparisonKind comparison))
        {
            throw Error.NotSupported($"{syntax.Operator} with ANY or ALL of a subquery", syntax.Position);
        }
        if (syntax.Operand is RowSyntax row)
        {
            SubqueryKind rowKind = syntax.Quantifier == QuantifierKind.Any ? SubqueryKind.Any : SubqueryKind.All;
            bool isPlain = (comparison, rowKind) is (ComparisonKind.Equal, SubqueryKind.Any) or (ComparisonKind.NotEqual, SubqueryKind.All);
            if (!isPlain)
            {
                throw Error.NotSupported("this comparison of a row with ANY or ALL", syntax.Position);
            }
            SubqueryExpression any = CompareWithSubquery([.. row.Items.Select(Bind)], ComparisonKind.Equal, SubqueryKind.Any, syntax.Query, syntax.Position);
            return rowKind == SubqueryKind.Any ? any : new NotExpression(any);
        }
        return CompareWithSubquery([Bind(syntax.Operand)], comparison, syntax.Quantifier == QuantifierKind.Any ? SubqueryKind.Any : SubqueryKind.All, syntax.Query, syntax.Position);
    }

    private SubqueryExpression CompareWithSubquery(Expression[] tests, ComparisonKind comparison, SubqueryKind kind, SelectStatement query, int position)
    {
        SetTypesOfParameters(query, tests);
        BoundQuery bound = BindQuery(query);
        if (bound.Columns.Count != tests.Length)
        {
            throw Error.InvalidSyntax(bound.Columns.Count > tests.Length ? "subquery has too many columns" : "subquery has too few columns", position);
        }
        var columns = new ComputedColumn[tests.Length];
        bool needsProjection = false;
        for (int i = 0; i < tests.Length; i++)
        {
            LogicalColumn column = bound.Columns[i];
            (tests[i], Expression right) = ToOneType(Symbol(comparison), tests[i], column.Reference, position);
            bool isSame = right is ColumnExpression;
            needsProjection |= !isSame;
            columns[i] = new ComputedColumn(isSame ? column : state.NewColumn(right.Type, column.Name), right);
        }
        LogicalOperator plan = needsProjection ? new LogicalProject(bound.Plan, columns) : bound.Plan;
        return new SubqueryExpression(kind, plan, SqlType.Boolean) { Tests = new ExpressionList(tests), Comparison = comparison };
    }

    // A parameter that is a column of the subquery is of the type that it is compared with: id IN (SELECT $1 WHERE false), which Dapper writes for an empty list.
    // PostgreSQL makes it a text, and finds no operator.
    private void SetTypesOfParameters(SelectStatement query, Expression[] tests)
    {
        if (query.Body is not SelectCore core || core.Items.Count != tests.Length)
        {
            return;
        }
        for (int i = 0; i < tests.Length; i++)
        {
            if (core.Items[i].Expression is ParameterSyntax parameter && tests[i].Type is { Id: not SqlTypeId.Unknown } type && BindParameter(parameter) is { Type.Id: SqlTypeId.Unknown, Index: var index })
            {
                state.SetParameterType(index, Coercion.ParameterType(type));
            }
        }
    }

    /// <summary>(a, b) = (SELECT x, y …): TRUE, FALSE or NULL by the one row, NULL where there is none.</summary>
    private SubqueryExpression BindRowToSubquery(RowSyntax row, string symbol, SubquerySyntax subquery, int position)
    {
        if (!TryComparison(symbol, out ComparisonKind comparison))
        {
            throw Error.NotSupported("a row as a value", position);
        }
        Expression[] left = [.. row.Items.Select(Bind)];
        BoundQuery bound = BindQuery(subquery.Query);
        if (bound.Columns.Count != left.Length)
        {
            throw Error.InvalidSyntax(bound.Columns.Count > left.Length ? "subquery has too many columns" : "subquery has too few columns", position);
        }
        // The comparison is computed above the subquery's one row, where the left side's columns are correlated.
        Expression result = CompareRows(comparison, [.. left.Zip(bound.Columns, (l, column) => (l, (Expression)column.Reference))], position);
        LogicalColumn column = state.NewColumn(SqlType.Boolean, "?column?");
        var plan = new LogicalProject(bound.Plan, [new ComputedColumn(column, result)]);
        return new SubqueryExpression(SubqueryKind.Scalar, plan, SqlType.Boolean);
    }
}
