using PhantomDb.Errors;
using PhantomDb.Expressions;
using PhantomDb.Functions;
using PhantomDb.Functions.Aggregates;
using PhantomDb.Parsing.Ast;
using PhantomDb.Planning.Logical;
using PhantomDb.Types;

namespace PhantomDb.Binding;

/// <summary>Arrays in expressions, as far as reading the system catalogs needs them; tables have none.</summary>
internal sealed partial class ExpressionBinder
{
    private const string ArrayRequired = "op ANY/ALL (array) requires array on right side";

    private FunctionExpression BindArray(ArraySyntax array)
    {
        if (array.Items.Count == 0)
        {
            throw Error.At("42P18", "cannot determine type of empty array", array.Position, hint: "Explicitly cast to the desired type, for example ARRAY[]::integer[].");
        }
        Expression[] items = Unify([.. array.Items.Select(item => (Bind(item), item.Position))], "ARRAY", out SqlType element);
        if (element.IsArray || BuiltInTypeOids.ArrayOf(element.Id) == 0)
        {
            throw Error.NotSupported($"an array of {element.BaseName}", array.Position);
        }
        return new FunctionExpression(ArrayFunctions.Construct(element, items.Length), new ExpressionList(items));
    }

    /// <summary>ARRAY(SELECT …): array_agg of its one column in its order, an empty array where there is no row.</summary>
    private CoalesceExpression BindArraySubquery(ArraySubquerySyntax array)
    {
        BoundQuery query = BindQuery(array.Query);
        if (query.Columns.Count != 1)
        {
            throw Error.InvalidSyntax("subquery must return only one column", array.Position);
        }
        BoundAggregate aggregate = ArrayAggregateState.Bind(query.Columns[0].Type);
        (LogicalOperator input, IReadOnlyList<SortKey> order) = query.Plan is LogicalSort { Limit: null } sort ? (sort.Input, sort.Keys) : (query.Plan, []);
        LogicalColumn column = state.NewColumn(aggregate.ReturnType, "array");
        var plan = new LogicalAggregate(input, [], [new AggregateColumn(column, new AggregateCall(aggregate, new ExpressionList(query.Columns[0].Reference)) { OrderBy = order })]);
        return new CoalesceExpression(new ExpressionList(
            new SubqueryExpression(SubqueryKind.Scalar, plan, aggregate.ReturnType),
            new ConstantExpression(aggregate.ReturnType, new ByteString("{}"))));
    }

    private Expression BindSubscript(SubscriptSyntax subscript)
    {
        Expression array = Bind(subscript.Operand);
        if (subscript.IsSlice || subscript.Upper is null)
        {
            throw Error.NotSupported("a slice of an array", subscript.Position);
        }
        if (!array.Type.IsArray)
        {
            throw Error.At(SqlStates.DatatypeMismatch, $"cannot subscript type {array.Type.BaseName} because it does not support subscripting", subscript.Position);
        }
        Expression place = _coercion.TryCoerce(Bind(subscript.Upper), SqlType.Int32, CastContext.Assignment)
            ?? throw Error.At(SqlStates.DatatypeMismatch, "array subscript must have type integer", subscript.Upper.Position);
        var element = new FunctionExpression(ArrayFunctions.Subscript(array.Type), new ExpressionList(array, place));
        return _coercion.Apply(element, array.Type.Element, CastContext.Explicit);
    }

    /// <summary>x = ANY (array): a list of comparisons where the elements are written out, else a search in the array.</summary>
    private Expression BindQuantifiedArray(QuantifiedArraySyntax syntax)
    {
        CheckSchema(syntax.OperatorSchema, syntax.Operator, syntax.Position);
        bool isAny = syntax.Quantifier == QuantifierKind.Any;
        Expression operand = Bind(syntax.Operand);
        if (ArrayItems(syntax.Array) is { } items)
        {
            if (items.Length == 0)
            {
                return new ConstantExpression(SqlType.Boolean, !isAny);
            }
            if ((syntax.Operator == "=" && isAny) || (syntax.Operator == "<>" && !isAny))
            {
                return InList(operand, items, !isAny, syntax.Position);
            }
            Expression[] comparisons = [.. items.Select(item => BindBinary(syntax.Operator, operand, item, syntax.Position))];
            return Conjunction(isAny ? Expressions.ConjunctionKind.Or : Expressions.ConjunctionKind.And, comparisons);
        }
        if (syntax.Array is RowSyntax)   // as some object mappers write a list
        {
            throw Error.At(SqlStates.WrongObjectType, ArrayRequired, syntax.Position, isAny ? "A list of values is looked in by IN: x IN (1, 2)." : "A list of values is looked in by NOT IN: x NOT IN (1, 2).");
        }
        return Search(operand, Bind(syntax.Array), syntax, isAny);
    }

    private FunctionExpression Search(Expression operand, Expression array, QuantifiedArraySyntax syntax, bool isAny)
    {
        if (array.Type.Id == SqlTypeId.Unknown)
        {
            operand = _coercion.ResolveUnknown(operand);
            if (operand.Type.IsArray || BuiltInTypeOids.ArrayOf(operand.Type.Id) == 0)
            {
                throw Error.NotSupported($"an array of {operand.Type.BaseName}", syntax.Position);
            }
            array = _coercion.Apply(array, SqlType.ArrayOf(operand.Type.Id), CastContext.Implicit);
        }
        if (!array.Type.IsArray)
        {
            throw Error.At(SqlStates.WrongObjectType, ArrayRequired, syntax.Position);
        }
        SqlType element = array.Type.Element;
        if (syntax.Operator is not ("=" or "<>") || !ArrayFunctions.IsSearchable(element))
        {
            throw Error.NotSupported($"{syntax.Operator} with ANY or ALL of {array.Type.BaseName}", syntax.Position);
        }
        SqlType common = TypeCategories.ComparisonType(operand.Type, element) ?? throw Error.OperatorNotFound(syntax.Operator, operand.Type, element, syntax.Position);
        if (!ArrayFunctions.IsSearchable(common))
        {
            throw Error.NotSupported($"{syntax.Operator} of {operand.Type.BaseName} with ANY or ALL of {array.Type.BaseName}", syntax.Position);
        }
        // Both as the text of one type: equal where the values are.
        Expression value = _coercion.Apply(operand, common, CastContext.Implicit);
        if (element.IsObjectName || common.IsObjectName)
        {
            common = SqlType.Oid;   // names may differ where oids do not
            value = _coercion.Apply(value, SqlType.Oid, CastContext.Explicit);
            array = _coercion.Apply(array, SqlType.ArrayOf(SqlTypeId.Oid), CastContext.Explicit);
        }
        value = common.IsString ? value : _coercion.Apply(value, SqlType.Text, CastContext.Explicit);
        return new FunctionExpression(ArrayFunctions.Quantified(array.Type, isAny, syntax.Operator == "="), new ExpressionList(value, array));
    }

    private FunctionExpression ConcatenateArrays(Expression left, Expression right, int position)
    {
        SqlType type = left.Type.Id == SqlTypeId.Array ? left.Type : right.Type;
        left = left.Type.Id == SqlTypeId.Unknown ? _coercion.Apply(left, type, CastContext.Implicit) : left;
        right = right.Type.Id == SqlTypeId.Unknown ? _coercion.Apply(right, type, CastContext.Implicit) : right;
        return left.Type == right.Type
            ? new FunctionExpression(ArrayFunctions.Concatenate(left.Type, right.Type), new ExpressionList(left, right)) { Position = new SourcePosition(position) }
            : throw Error.NotSupported($"{left.Type.BaseName} || {right.Type.BaseName}", position);
    }
}
