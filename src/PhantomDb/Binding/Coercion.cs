using PhantomDb.Errors;
using PhantomDb.Expressions;
using PhantomDb.Functions;
using PhantomDb.Types;

namespace PhantomDb.Binding;

/// <summary>Puts casts around expressions by PostgreSQL's rules; literals and parameters take the type at once.</summary>
internal sealed class Coercion(BindingState state)
{
    /// <summary>The expression as a type; null where no such cast is allowed in the context.</summary>
    public Expression? TryCoerce(Expression expression, SqlType target, CastContext context)
    {
        SqlType from = expression.Type;
        if (from == target)
        {
            return expression;
        }
        if (!CastRegistry.IsAllowed(from.Id, target.Id, context) || target.Id == SqlTypeId.Void)
        {
            return null;
        }
        return Apply(expression, target, context);
    }

    /// <summary>
    /// The expression as a type whose missing modifiers are those that it has: x::numeric keeps the scale of x, and what is
    /// an integer keeps the digits that it can have.
    /// </summary>
    public Expression ApplyLoosely(Expression expression, SqlType target, CastContext context)
    {
        if (expression.Type.Id == SqlTypeId.Unknown)
        {
            target = target.Id == SqlTypeId.Array ? CastRegistry.ResultType(expression.Type, target) : target;
            return target.Id == SqlTypeId.Numeric && target.Precision < 0 && expression is ConstantExpression { Value: ByteString text }
                && Constants.TryNumericLiteral(text) is { } literal
                ? literal with { Position = expression.Position }
                : Apply(expression, target, context);
        }
        if (target == SqlType.Numeric && expression is ConstantExpression { Value: not null, Type.IsInteger: true } constant)
        {
            return Constants.ToNumeric(Constants.AsInt64(constant.Value)) with { Position = expression.Position };
        }
        return Apply(expression, CastRegistry.ResultType(expression.Type, target), context);
    }

    /// <summary>The expression as exactly a type, the cast being known to be allowed.</summary>
    public Expression Apply(Expression expression, SqlType target, CastContext context)
    {
        SqlType from = expression.Type;
        if (Constants.IsBeyondNumeric(expression) && target.Id is not (SqlTypeId.Real or SqlTypeId.Double))
        {
            throw Error.NumericOverflow().At(expression.Position.Offset);
        }
        if (from == target)
        {
            return expression;
        }
        switch (expression)
        {
            case ConstantExpression { Type.Id: SqlTypeId.Unknown } literal:
                return FromLiteral(literal, target, context);
            case ConstantExpression constant:
                return TryCast(constant, target, context) ?? Cast(expression, target, context);
            case ParameterExpression { Type.Id: SqlTypeId.Unknown } parameter:
                return FromParameter(parameter, target, context);
            case ParameterExpression parameter when from.IsInteger && target.IsInteger && target.Id > from.Id && state.IsLiteral(parameter.Index):
                // The engine reads the literal as the wider type at once.
                state.SetParameterType(parameter.Index, target);
                return parameter with { Type = target };
            default:
                return Cast(expression, target, context);
        }
    }

    /// <summary>As an argument of a function: no cast where the bytes are the same.</summary>
    public Expression ForArgument(Expression expression, SqlType target)
    {
        if (expression is not ConstantExpression && expression.Type.Id != SqlTypeId.Unknown
            && (TypeCategories.IsBinaryCoercible(expression.Type.Id, target.Id) && target.Id != SqlTypeId.Numeric
                || (target.Id == SqlTypeId.Text && expression.Type.Id is SqlTypeId.Char or SqlTypeId.Name && expression.Type.Physical == target.Physical)))
        {
            return expression;
        }
        return Apply(expression, target, CastContext.Implicit);
    }

    /// <summary>A condition: boolean, or an untyped literal; else 42804.</summary>
    public Expression ToBoolean(Expression expression, string construct, int position)
    {
        if (expression.Type.Id is not (SqlTypeId.Boolean or SqlTypeId.Unknown))
        {
            throw Error.WrongArgumentType(construct, SqlType.Boolean, expression.Type, position);
        }
        return Apply(expression, SqlType.Boolean, CastContext.Implicit);
    }

    /// <summary>What nothing has given a type is text.</summary>
    public Expression ResolveUnknown(Expression expression) =>
        expression.Type.Id == SqlTypeId.Unknown ? Apply(expression, SqlType.Text, CastContext.Implicit) : expression;

    private static Expression Cast(Expression expression, SqlType target, CastContext context) =>
        new CastExpression(expression, target, context) { Position = expression.Position };

    private Expression FromLiteral(ConstantExpression literal, SqlType target, CastContext context)
    {
        if (literal.Value is not ByteString text)
        {
            return new ConstantExpression(target, null) { Position = literal.Position };
        }
        if (target.Id == SqlTypeId.RegClass)
        {
            return Relations.FromText(state, text.ToString(), literal.Position.Offset);
        }
        state.DependsOnTime |= Constants.MayDependOnTime(text, target);
        try
        {
            if (!Constants.TryParse(text, target, state.Context.Clock, out object value))
            {
                Expression source = new ConstantExpression(SqlType.Text, text) { Position = literal.Position };
                return new CastExpression(source, target, CastContext.Explicit) { Position = literal.Position };
            }
            if (target.Id is SqlTypeId.Varchar or SqlTypeId.Char && target.Precision >= 0)
            {
                return Constants.TryCast(new ConstantExpression(SqlType.Text, text), target, context)! with { Position = literal.Position };
            }
            return new ConstantExpression(target, value) { Position = literal.Position };
        }
        catch (PhantomDbException error)
        {
            throw error.At(literal.Position.Offset);
        }
    }

    private static ConstantExpression? TryCast(ConstantExpression constant, SqlType target, CastContext context)
    {
        try
        {
            return Constants.TryCast(constant, target, context) is { } cast ? cast with { Position = constant.Position } : null;
        }
        catch (PhantomDbException)
        {
            return null;   // a value that does not fit is an error only where the expression is reached
        }
    }

    /// <summary>A parameter takes any value of the type: the modifiers of the place where it stands are a cast of its own.</summary>
    public static SqlType ParameterType(SqlType target) => target.Id == SqlTypeId.Array ? target : new(target.Id);

    private Expression FromParameter(ParameterExpression parameter, SqlType target, CastContext context)
    {
        SqlType plain = ParameterType(target);
        SqlType known = state.TypeOfParameter(parameter.Index);
        if (known.Id == SqlTypeId.Unknown)
        {
            state.SetParameterType(parameter.Index, plain);
            known = plain;
        }
        Expression typed = parameter with { Type = known };
        if (known.Id != target.Id && !CastRegistry.IsAllowed(known.Id, target.Id, context))
        {
            throw Error.At(SqlStates.AmbiguousParameter, $"inconsistent types deduced for parameter ${parameter.Index + 1}", parameter.Position.Offset,
                detail: $"{known.BaseName} versus {target.BaseName}");
        }
        return known == target || (known.Id == target.Id && target.Precision < 0) ? typed : Cast(typed, target, context);
    }
}
