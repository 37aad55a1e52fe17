using System.Runtime.CompilerServices;
using PhantomDb.Errors;
using PhantomDb.Expressions;
using PhantomDb.Functions;
using PhantomDb.Parsing.Ast;
using PhantomDb.Types;
using ConjunctionKind = PhantomDb.Expressions.ConjunctionKind;

namespace PhantomDb.Binding;

/// <summary>
/// Expressions as written to typed expressions, over the columns of one scope: names, overloads and casts are decided
/// here. This file has the dispatch, literals, conditions and CASE; the others have one subject each.
/// </summary>
internal sealed partial class ExpressionBinder(BindingState state, Scope scope, CteEnvironment? ctes)
{
    private readonly Coercion _coercion = new(state);

    public Coercion Coercion => _coercion;

    private Clause Clause => scope.Level.Clause;

    public Expression Bind(ExpressionSyntax syntax)
    {
        if (!RuntimeHelpers.TryEnsureSufficientExecutionStack())
        {
            throw Error.StatementTooComplex(syntax.Position);
        }
        Expression expression = BindNode(syntax);
        return expression.Position.Offset >= 0 || (state.IsInView && state.Uses is null) ? expression : expression with { Position = new SourcePosition(syntax.Position) };
    }

    /// <summary>Binds what nothing around it gives a type: an untyped literal is text.</summary>
    public Expression BindResolved(ExpressionSyntax syntax) => _coercion.ResolveUnknown(Bind(syntax));

    /// <summary>Binds a condition; 42804 where it is not boolean.</summary>
    public Expression BindCondition(ExpressionSyntax syntax, string construct) =>
        _coercion.ToBoolean(Bind(syntax), construct, syntax.Position);

    private Expression BindNode(ExpressionSyntax syntax) => syntax switch
    {
        LiteralSyntax literal => BindLiteral(literal, isNegative: false),
        ColumnReferenceSyntax column => BindColumn(column),
        ParameterSyntax parameter => BindParameter(parameter),
        UnarySyntax unary => BindUnary(unary),
        BinarySyntax binary => BindBinary(binary),
        ConjunctionSyntax conjunction => BindConjunction(conjunction),
        NotSyntax not => new NotExpression(BindCondition(not.Operand, "NOT")),
        IsTestSyntax test => BindIsTest(test),
        IsDistinctFromSyntax distinct => BindIsDistinct(distinct),
        BetweenSyntax between => BindBetween(between),
        InListSyntax inList => BindInList(inList),
        LikeSyntax like => BindLike(like),
        CaseSyntax @case => BindCase(@case),
        CoalesceSyntax coalesce => BindCoalesce(coalesce),
        NullIfSyntax nullIf => BindNullIf(nullIf),
        MinMaxSyntax minMax => BindMinMax(minMax),
        CastSyntax cast => BindCast(cast),
        CollateSyntax collate => BindCollate(collate),
        CurrentValueSyntax current => BindCurrentValue(current),
        FunctionCallSyntax call => BindCall(call),
        GroupingSyntax grouping => BindGrouping(grouping),
        SubquerySyntax subquery => BindScalarSubquery(subquery.Query, subquery.Position),
        ExistsSyntax exists => BindExists(exists),
        InSubquerySyntax inSubquery => BindInSubquery(inSubquery),
        QuantifiedSubquerySyntax quantified => BindQuantifiedSubquery(quantified),
        QuantifiedArraySyntax quantified => BindQuantifiedArray(quantified),
        DefaultSyntax => throw Error.InvalidSyntax("DEFAULT is not allowed in this context", syntax.Position),
        StarSyntax => throw Error.InvalidSyntax("row expansion via \"*\" is not supported here", syntax.Position),
        RowSyntax => throw Error.NotSupported("a row as a value", syntax.Position),
        ArraySyntax array => BindArray(array),
        ArraySubquerySyntax array => BindArraySubquery(array),
        SubscriptSyntax subscript => BindSubscript(subscript),
        FieldSelectionSyntax or FieldStarSyntax => throw Error.NotSupported("field selection", syntax.Position),
        NamedArgumentSyntax => throw Error.NotSupported("a named argument", syntax.Position),
        CurrentOfSyntax => throw Error.NotSupported("WHERE CURRENT OF", syntax.Position),
        UnsupportedExpressionSyntax unsupported => throw Error.NotSupported(unsupported.Feature, syntax.Position),
        _ => throw Error.NotSupported(syntax.GetType().Name, syntax.Position),
    };

    private Expression BindLiteral(LiteralSyntax literal, bool isNegative)
    {
        ConstantExpression constant = LiteralValue(literal, isNegative);
        int parameter = state.LiteralParameterAt(literal.Position);
        if (parameter < 0)
        {
            return constant;
        }
        bool staysInPlan = Clause is not (Clause.Where or Clause.JoinCondition or Clause.Values or Clause.Set)
            || isNegative != state.IsNegativeLiteral(literal.Position) || literal.Kind is LiteralKind.Null or LiteralKind.Boolean || Constants.IsBeyondNumeric(constant);
        if (staysInPlan)
        {
            state.Pin(literal.Position);
            return constant;
        }
        SqlType known = state.TypeOfParameter(parameter);
        if (known.Id != SqlTypeId.Unknown)
        {
            return new ParameterExpression(parameter, known);   // bound before: a clause that is bound twice
        }
        if (constant.Type.Id != SqlTypeId.Unknown)
        {
            state.SetParameterType(parameter, constant.Type);
        }
        return new ParameterExpression(parameter, constant.Type);
    }

    /// <summary>A sign before a literal is part of it, so that -2147483648 is an integer.</summary>
    private static ConstantExpression LiteralValue(LiteralSyntax literal, bool isNegative)
    {
        string digits = isNegative ? "-" + literal.Text : literal.Text;
        return literal.Kind switch
        {
            LiteralKind.Null => new ConstantExpression(SqlType.Unknown, null),
            LiteralKind.Boolean => new ConstantExpression(SqlType.Boolean, literal.Text == "true"),
            LiteralKind.Integer => Constants.IntegerLiteral(digits),
            LiteralKind.Numeric => Constants.NumericLiteral(digits),
            LiteralKind.String => new ConstantExpression(SqlType.Unknown, new ByteString(literal.Text)),
            _ => throw Error.NotSupported("type bit", literal.Position),
        };
    }

    private ParameterExpression BindParameter(ParameterSyntax parameter)
    {
        if (parameter.Number is < 1 or > 65535 || !state.Context.AllowsParameters)
        {
            throw Error.At(SqlStates.UndefinedParameter, $"there is no parameter ${parameter.Number}", parameter.Position);
        }
        int index = parameter.Number - 1;
        SqlType type = state.TypeOfParameter(index);
        state.SetParameterType(index, type);   // known from now on, so that 42P18 can be told
        return new ParameterExpression(index, type);
    }

    private ConjunctionExpression BindConjunction(ConjunctionSyntax conjunction)
    {
        bool isAnd = conjunction.Kind == Parsing.Ast.ConjunctionKind.And;
        string construct = isAnd ? "AND" : "OR";
        ConjunctionKind kind = isAnd ? ConjunctionKind.And : ConjunctionKind.Or;
        var operands = new List<Expression>(conjunction.Operands.Count);
        foreach (ExpressionSyntax operand in conjunction.Operands)
        {
            Expression bound = BindCondition(operand, construct);
            if (bound is ConjunctionExpression inner && inner.Kind == kind)
            {
                operands.AddRange(inner.Operands);
            }
            else
            {
                operands.Add(bound);
            }
        }
        return new ConjunctionExpression(kind, new ExpressionList(operands));
    }

    /// <summary>AND of conditions: the one itself, TRUE of none.</summary>
    public static Expression And(IReadOnlyList<Expression> conditions) => Conjunction(ConjunctionKind.And, conditions);

    private static Expression Conjunction(ConjunctionKind kind, IReadOnlyList<Expression> conditions) => conditions.Count switch
    {
        0 => new ConstantExpression(SqlType.Boolean, kind == ConjunctionKind.And),
        1 => conditions[0],
        _ => new ConjunctionExpression(kind, new ExpressionList(conditions.SelectMany(c =>
            c is ConjunctionExpression inner && inner.Kind == kind ? inner.Operands.AsEnumerable() : [c]))),
    };

    private Expression BindIsTest(IsTestSyntax test)
    {
        if (test.Test == IsTestKind.Null && test.Operand is RowSyntax row)
        {
            // A row is null where all its fields are, and not null where none is.
            return And([.. row.Items.Select(item => (Expression)new IsNullExpression(BindResolved(item), test.Negated))]);
        }
        if (test.Test == IsTestKind.Null)
        {
            return new IsNullExpression(BindResolved(test.Operand), test.Negated);
        }
        string not = test.Negated ? "NOT " : "";
        Expression operand = BindCondition(test.Operand, $"IS {not}{test.Test.ToString().ToUpperInvariant()}");
        return test.Test == IsTestKind.Unknown
            ? new IsNullExpression(operand, test.Negated)
            : new BooleanTestExpression(operand, test.Test == IsTestKind.True, test.Negated);
    }

    private CaseExpression BindCase(CaseSyntax @case)
    {
        int setReturningCount = scope.Level.SetReturning.Count;
        Expression? tested = @case.Operand is null ? null : Bind(@case.Operand);
        var conditions = new List<Expression>(@case.Whens.Count);
        var results = new List<(Expression Expression, int Position)>(@case.Whens.Count + 1);
        foreach (CaseWhenSyntax when in @case.Whens)
        {
            conditions.Add(tested is null
                ? BindCondition(when.When, "CASE/WHEN")
                : Compare(ComparisonKind.Equal, tested, Bind(when.When), when.When.Position));
            results.Add((Bind(when.Then), when.Then.Position));
        }
        // PostgreSQL looks at ELSE first when it chooses the type; the error names the pair in that order.
        Expression otherwise = @case.Else is null ? new ConstantExpression(SqlType.Unknown, null) : Bind(@case.Else);
        results.Insert(0, (otherwise, @case.Else?.Position ?? @case.Position));
        EnsureNoSetReturning(setReturningCount, "CASE", @case.Position);
        Expression[] unified = Unify(results, "CASE", out _);
        return new CaseExpression(new ExpressionList(conditions), new ExpressionList(unified.Skip(1)), unified[0]);
    }

    private Expression BindCoalesce(CoalesceSyntax coalesce)
    {
        int setReturningCount = scope.Level.SetReturning.Count;
        Expression[] operands = Unify([.. coalesce.Arguments.Select(a => (Bind(a), a.Position))], "COALESCE", out _);
        EnsureNoSetReturning(setReturningCount, "COALESCE", coalesce.Position);
        return operands.Length == 1 ? operands[0] : new CoalesceExpression(new ExpressionList(operands));
    }

    private CaseExpression BindNullIf(NullIfSyntax nullIf)
    {
        Expression left = Bind(nullIf.Left);
        Expression right = Bind(nullIf.Right);
        Expression isEqual = Compare(ComparisonKind.Equal, left, right, nullIf.Position);
        left = _coercion.Apply(left, NullIfType(left.Type, right.Type), CastContext.Implicit);
        return new CaseExpression(new ExpressionList(isEqual), new ExpressionList(new ConstantExpression(left.Type, null)), left);
    }

    /// <summary>NULLIF gives its first operand as PostgreSQL's operator = takes it: of a mixed pair some have none of their own, others do.</summary>
    private static SqlType NullIfType(SqlType left, SqlType right) => (left.Id, right.Id) switch
    {
        (SqlTypeId.Unknown, _) => TypeCategories.ComparisonType(left, right)!.Value,
        (SqlTypeId.Int16 or SqlTypeId.Int32 or SqlTypeId.Int64, SqlTypeId.Numeric) => CastRegistry.ResultType(left, SqlType.Numeric),
        (SqlTypeId.Int16 or SqlTypeId.Int32 or SqlTypeId.Int64 or SqlTypeId.Numeric, SqlTypeId.Real or SqlTypeId.Double) => SqlType.Double,
        (SqlTypeId.Varchar, _) or (SqlTypeId.Char, SqlTypeId.Text) => SqlType.Text,
        _ => left,
    };

    /// <summary>GREATEST and LEAST: NULLs do not count. Two at a time: CASE WHEN b IS NULL OR a >= b THEN a ELSE b END, where a may be NULL.</summary>
    private Expression BindMinMax(MinMaxSyntax minMax)
    {
        string name = minMax.IsGreatest ? "greatest" : "least";
        Expression[] operands = Unify([.. minMax.Arguments.Select(a => (Bind(a), a.Position))], name.ToUpperInvariant(), out SqlType common);
        if (common.Id == SqlTypeId.PaddedChar)
        {
            throw Error.NotSupported($"{name.ToUpperInvariant()} of char(n) of different lengths", minMax.Position);
        }
        if (FunctionRegistry.FindScalars(name).Count > 0)
        {
            return BindScalar(name, operands, minMax.Position);
        }
        if (operands.Length > 6)
        {
            throw Error.NotSupported($"{name.ToUpperInvariant()} of more than 6 values", minMax.Position);
        }
        Expression result = operands[0];
        foreach (Expression operand in operands.Skip(1))
        {
            Expression keeps = new ConjunctionExpression(ConjunctionKind.Or, new ExpressionList(
                new IsNullExpression(operand, false),
                Compare(minMax.IsGreatest ? ComparisonKind.GreaterOrEqual : ComparisonKind.LessOrEqual, result, operand, minMax.Position)));
            result = new CaseExpression(new ExpressionList(keeps), new ExpressionList(result), operand);
        }
        return result;
    }

    /// <summary>Expressions as their common type; 42804 where they have none.</summary>
    private Expression[] Unify(IReadOnlyList<(Expression Expression, int Position)> items, string construct, out SqlType common)
    {
        SqlType[] types = [.. items.Select(item => item.Expression.Type)];
        common = TypeCategories.CommonType(types, items.Any(item => TypeCategories.IsUntypedLiteral(item.Expression)), out SqlType left, out SqlType right)
            ?? throw Error.TypesDoNotMatch(construct, left, right, items[Array.IndexOf(types, right)].Position);
        SqlType target = common;
        return [.. items.Select(item => _coercion.TryCoerce(item.Expression, target, CastContext.Implicit)
            ?? throw Error.At(SqlStates.CannotCoerce, $"{construct} could not convert type {item.Expression.Type.BaseName} to {target.BaseName}", item.Position))];
    }

    private Expression BindCast(CastSyntax cast)
    {
        SqlType type = TypeNames.Bind(cast.Type);
        if (cast.Type.IntervalFields != Parsing.Ast.IntervalFields.All)
        {
            return BindIntervalWithFields(cast, type);
        }
        if (type.Id is SqlTypeId.Real or SqlTypeId.Double && cast.Operand is LiteralSyntax { Kind: LiteralKind.Numeric } number)
        {
            return BindFloatLiteral(number, type);
        }
        if (cast.Operand is ArraySyntax { Items.Count: 0 } && type.Id == SqlTypeId.Array)
        {
            return new ConstantExpression(type, new ByteString("{}"));
        }
        Expression operand = Bind(cast.Operand);
        return Cast(operand, type, cast.Position);
    }

    /// <summary>Read from its digits: 1e300 is no numeric of ours, but a double precision.</summary>
    private Expression BindFloatLiteral(LiteralSyntax literal, SqlType type)
    {
        state.Pin(literal.Position);
        var digits = new ConstantExpression(SqlType.Unknown, new ByteString(literal.Text)) { Position = new SourcePosition(literal.Position) };
        return _coercion.Apply(digits, type, CastContext.Explicit);
    }

    /// <summary>An explicit cast; 42846 where there is none.</summary>
    private Expression Cast(Expression operand, SqlType type, int position)
    {
        if (type.Id == SqlTypeId.Unknown && operand.Type.Id == SqlTypeId.Unknown)
        {
            return operand;
        }
        if (!CastRegistry.IsAllowed(operand.Type.Id, type.Id, CastContext.Explicit) || type.Id == SqlTypeId.Unknown)
        {
            throw Error.CannotCast(operand.Type, type, position);
        }
        return _coercion.ApplyLoosely(operand, type, CastContext.Explicit);
    }

    private Expression BindIntervalWithFields(CastSyntax cast, SqlType type)
    {
        if (cast.Operand is not LiteralSyntax { Kind: LiteralKind.String } literal)
        {
            throw Error.NotSupported("a cast to interval with fields", cast.Position);
        }
        state.Pin(literal.Position);
        Types.IntervalFields fields = Enum.Parse<Types.IntervalFields>(cast.Type.IntervalFields.ToString());
        try
        {
            Interval value = IntervalText.Parse(new ByteString(literal.Text).Bytes, fields, type.Precision < 0 ? 6 : type.Precision);
            return new ConstantExpression(type, value);
        }
        catch (PhantomDbException error)
        {
            throw error.At(literal.Position);
        }
    }

    private Expression BindCollate(CollateSyntax collate)
    {
        string name = collate.Collation.Name;
        if (name is not ("C" or "POSIX" or "default" or "ucs_basic"))
        {
            // Names of locales are PostgreSQL's as well, but not ours.
            bool isLocale = name is "unicode" or "ucs_basic" || name.Contains('_', StringComparison.Ordinal) || name.Contains('-', StringComparison.Ordinal);
            throw isLocale ? Error.NotSupported($"collation \"{name}\"", collate.Collation.Position)
                : Error.At(SqlStates.UndefinedObject, $"collation \"{name}\" for encoding \"UTF8\" does not exist", collate.Collation.Position);
        }
        Expression operand = BindResolved(collate.Operand);
        return operand.Type.IsString ? operand : throw Error.At(SqlStates.DatatypeMismatch, $"collations are not supported by type {operand.Type.BaseName}", collate.Position);
    }

    private Expression BindCurrentValue(CurrentValueSyntax current)
    {
        int precision = current.Precision is { } digits ? Math.Min(digits, 6) : -1;
        switch (current.Kind)
        {
            case CurrentValueKind.CurrentTimestamp:
                Expression now = BindScalar("now", [], current.Position);
                return precision < 0 ? now : _coercion.Apply(now, new SqlType(SqlTypeId.TimestampTz, precision), CastContext.Explicit);
            case CurrentValueKind.LocalTimestamp:
                return _coercion.Apply(BindScalar("now", [], current.Position), new SqlType(SqlTypeId.Timestamp, precision), CastContext.Explicit);
            case CurrentValueKind.CurrentDate:
                return _coercion.Apply(BindScalar("now", [], current.Position), SqlType.Date, CastContext.Explicit);
            case CurrentValueKind.LocalTime:
                return _coercion.Apply(BindScalar("now", [], current.Position), new SqlType(SqlTypeId.Time, precision), CastContext.Explicit);
            case CurrentValueKind.CurrentTime:
                throw Error.NotSupported("type time with time zone", current.Position);
            case CurrentValueKind.CurrentCatalog:
                return BindScalar("current_database", [], current.Position);
            case CurrentValueKind.CurrentSchema:
                return BindScalar("current_schema", [], current.Position);
            default:
                string name = current.Kind == CurrentValueKind.SessionUser && FunctionRegistry.FindScalars("session_user").Count > 0 ? "session_user" : "current_user";
                return BindScalar(name, [], current.Position);
        }
    }
}
