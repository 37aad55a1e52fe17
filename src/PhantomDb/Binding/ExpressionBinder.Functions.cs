using PhantomDb.Errors;
using PhantomDb.Expressions;
using PhantomDb.Functions;
using PhantomDb.Functions.Aggregates;
using PhantomDb.Parsing.Ast;
using PhantomDb.Planning;
using PhantomDb.Planning.Logical;
using PhantomDb.Types;

namespace PhantomDb.Binding;

/// <summary>Calls of functions and aggregates. An aggregate belongs to the innermost query whose columns it reads.</summary>
internal sealed partial class ExpressionBinder
{
    private static readonly string[] SpecialFunctions = ["coalesce", "nullif", "greatest", "least", "extract", .. OrderedSetAggregates.Names];

    private Expression BindCall(FunctionCallSyntax call)
    {
        string name = call.Name.Name;
        if (call.Name.Schema is { } schema && schema != "pg_catalog")
        {
            throw Error.FunctionNotFound(call.Name.ToString(), call.Arguments.Select(a => Bind(a).Type), call.Position);
        }
        if (call.Over is not null)
        {
            return BindWindowCall(call);
        }
        if (call.WithinGroup.Count > 0 || OrderedSetAggregates.IsName(name))
        {
            return BindOrderedSet(call);
        }
        if (call.IsVariadic)
        {
            throw Error.NotSupported("VARIADIC", call.Position);
        }
        IReadOnlyList<AggregateFunction> aggregates = FunctionRegistry.FindAggregates(name);
        if (aggregates.Count > 0)
        {
            return BindAggregate(call, aggregates);
        }
        if ((call.IsStar || call.IsDistinct || call.OrderBy.Count > 0 || call.Filter is not null) && !IsFunction(name))
        {
            throw FunctionNotFound(name, call.Arguments.Select(a => Bind(a).Type), call.Position);
        }
        if (call.IsStar)
        {
            throw Error.At(SqlStates.WrongObjectType, $"{name}(*) specified, but {name} is not an aggregate function", call.Position);
        }
        if (call.IsDistinct || call.OrderBy.Count > 0 || call.Filter is not null)
        {
            string what = call.IsDistinct ? "DISTINCT" : call.OrderBy.Count > 0 ? "ORDER BY" : "FILTER";
            throw Error.At(SqlStates.WrongObjectType, $"{what} specified, but {name} is not an aggregate function", call.Position);
        }
        if (WindowFunctions.ContainsKey(name))
        {
            throw Error.At(SqlStates.WrongObjectType, $"window function {name} requires an OVER clause", call.Position);
        }
        if (BindUnnest(call) is { } unnested)
        {
            return BindSetReturning(unnested, call.Position);
        }
        Expression[] arguments = [.. OrderedArguments(call).Select(Bind)];
        if (name == "pg_typeof" && arguments.Length == 1)
        {
            return new ConstantExpression(SqlType.Text, new ByteString(arguments[0].Type.BaseName));
        }
        return BindScalar(name, arguments, call.Position);
    }

    /// <summary>A call of a scalar function by name; a type's name with one argument is a cast where there is no such function.</summary>
    private Expression BindScalar(string name, Expression[] arguments, int position)
    {
        IReadOnlyList<ScalarFunction> candidates = FunctionRegistry.FindScalars(name);
        SqlType[] types = [.. arguments.Select(a => a.Type)];
        if (name == "octet_length" && types is [{ Id: SqlTypeId.PaddedChar }])
        {
            throw Error.NotSupported("octet_length of char(n) of different lengths", position);
        }
        OverloadOutcome outcome = char.IsLetter(name[0]) || name[0] == '_' ? Choose(candidates, types, isOperator: false, out ScalarFunction? chosen)
            : Choose([], types, isOperator: false, out chosen);
        switch (outcome)
        {
            case OverloadOutcome.Found:
                return Call(chosen!, arguments, position);
            case OverloadOutcome.Ambiguous:
                throw Error.FunctionAmbiguous(name, types, position);
        }
        if (arguments.Length == 1 && TypeNames.TryFind(name, out SqlTypeId typeId) && name is not ("unknown" or "interval" or "decimal")
            && CastRegistry.IsAllowed(types[0].Id, typeId, CastContext.Explicit))
        {
            return _coercion.ApplyLoosely(arguments[0], new SqlType(typeId), CastContext.Explicit);
        }
        if (FunctionRegistry.FindTableFunctions(name).Count > 0)
        {
            return BindSetReturning(BindTableFunction(name, arguments, name, position), position);
        }
        throw FunctionNotFound(name, types, position);
    }

    private static bool IsFunction(string name) =>
        FunctionRegistry.FindScalars(name).Count > 0 || FunctionRegistry.FindTableFunctions(name).Count > 0 || WindowFunctions.ContainsKey(name) || TypeNames.TryFind(name, out _);

    /// <summary>42883; where there is no function of the name, with the one that was probably meant.</summary>
    private static PhantomDbException FunctionNotFound(string name, IEnumerable<SqlType> types, int position)
    {
        string? nearest = Spelling.Nearest(name, FunctionRegistry.Names.Where(known => char.IsAsciiLetter(known[0])).Concat(WindowFunctions.Keys).Concat(SpecialFunctions));
        return Error.FunctionNotFound(name, types, position, nearest == name ? null : nearest);
    }

    private Expression BindAggregate(FunctionCallSyntax call, IReadOnlyList<AggregateFunction> candidates)
    {
        string name = call.Name.Name;
        Clause outer = Clause;
        scope.Level.Clause = Clause.AggregateArgument;
        Expression[] arguments = [.. call.Arguments.Select(Bind)];
        scope.Level.Clause = Clause.AggregateFilter;
        Expression? filter = call.Filter is null ? null : BindCondition(call.Filter, "FILTER");
        scope.Level.Clause = Clause.AggregateArgument;
        SortKey[] order = [.. call.OrderBy.Select(item => BindSortKey(item, BindResolved(item.Expression)))];
        scope.Level.Clause = outer;

        QueryLevel level = LevelOf([.. arguments, .. filter is null ? [] : new[] { filter }, .. order.Select(k => k.Expression)]);
        CheckAggregateAllowed(level.Clause, call.Position);

        BoundAggregate bound = ChooseAggregate(name, candidates, call.IsStar, ref arguments, call.Position);
        if (call.IsDistinct && order.Length > 0 && order.Any(key => !arguments.Contains(key.Expression)))
        {
            throw Error.At(SqlStates.InvalidColumnReference, "in an aggregate with DISTINCT, ORDER BY expressions must appear in argument list", call.Position);
        }
        if (call.IsDistinct && call.IsStar)
        {
            throw Error.InvalidSyntax("DISTINCT is not allowed with *", call.Position);
        }
        if (!call.IsDistinct && name == "sum" && TrySumOfCase(level, arguments[0], filter, candidates, call.Position) is { } sum)
        {
            return sum;
        }
        var aggregate = new AggregateCall(bound, new ExpressionList(arguments))
        {
            IsDistinct = call.IsDistinct && !bound.IgnoresDistinct,
            Filter = filter,
            OrderBy = order,
        };
        return AddAggregate(level, aggregate, name);
    }

    /// <summary>
    /// The scale of sum(CASE WHEN c THEN x ELSE 0 END) is that of x if any row has one, else 0. Summing values of a scale of
    /// their own is slow, so it is split; sum(coalesce(x, 0)) likewise:
    /// <code>coalesce(sum(x) FILTER (WHERE c), CASE WHEN count(*) > count(*) FILTER (WHERE c) THEN 0 END)</code>
    /// </summary>
    private CoalesceExpression? TrySumOfCase(
        QueryLevel level, Expression argument, Expression? filter, IReadOnlyList<AggregateFunction> candidates, int position)
    {
        if (argument.Type is not { Id: SqlTypeId.Numeric, IsFixedNumeric: false } || ValueOrZero(argument) is not { } parts
            || ExpressionEquality.IsVolatile(argument) || HasSubquery(argument))
        {
            return null;
        }
        (Expression value, Expression condition) = parts;
        Expression[] values = [value];
        BoundAggregate sum = ChooseAggregate("sum", candidates, isStar: false, ref values, position);
        BoundAggregate count = FunctionRegistry.FindAggregates("count").First(c => c.TakesStar).Bind([]);
        Expression isChosen = And(filter is null ? [condition] : [filter, condition]);
        Expression chosen = AddAggregate(level, new AggregateCall(sum, new ExpressionList(values)) { Filter = isChosen }, "sum");
        Expression all = AddAggregate(level, new AggregateCall(count, new ExpressionList()) { Filter = filter }, "count");
        Expression chosenCount = AddAggregate(level, new AggregateCall(count, new ExpressionList()) { Filter = isChosen }, "count");
        var zero = new CaseExpression(
            new ExpressionList(Compare(ComparisonKind.Greater, all, chosenCount, position)),
            new ExpressionList(new ConstantExpression(SqlType.Numeric, Numeric.Zero)), new ConstantExpression(SqlType.Numeric, null));
        return new CoalesceExpression(new ExpressionList(_coercion.Apply(chosen, SqlType.Numeric, CastContext.Implicit), zero));
    }

    /// <summary>A numeric of known scale where a condition is true, 0 everywhere else.</summary>
    private static (Expression Value, Expression Condition)? ValueOrZero(Expression expression)
    {
        switch (expression)
        {
            case CaseExpression { Conditions.Count: 1 } @case when IsZero(@case.Else) && FixedValue(@case.Results[0]) is { } value:
                return (value, @case.Conditions[0]);
            case CaseExpression { Conditions.Count: 1 } @case when IsZero(@case.Results[0]) && FixedValue(@case.Else) is { } value:
                return (value, new BooleanTestExpression(@case.Conditions[0], Value: true, IsNegated: true));
            case CoalesceExpression { Operands.Count: 2 } coalesce when IsZero(coalesce.Operands[1]) && FixedValue(coalesce.Operands[0]) is { } value:
                return (value, new IsNullExpression(value, IsNegated: true));
            default:
                return null;
        }

        static bool IsZero(Expression part) => part is ConstantExpression { Value: Numeric { IsZero: true, Scale: 0 } };

        static Expression? FixedValue(Expression part) =>
            part is CastExpression { Operand: { Type: { IsFixedNumeric: true, Scale: > 0 } } value } ? value : null;
    }

    private static bool HasSubquery(Expression expression)
    {
        bool found = false;
        PlanTraversal.Visit(expression, part => found |= part is SubqueryExpression);
        return found;
    }

    /// <summary>percentile_cont(f) WITHIN GROUP (ORDER BY x) and its kin.</summary>
    private ColumnExpression BindOrderedSet(FunctionCallSyntax call)
    {
        string name = call.Name.Name;
        if (WindowFunctions.ContainsKey(name) && name is "rank" or "dense_rank" or "percent_rank" or "cume_dist")
        {
            throw Error.NotSupported($"the hypothetical-set aggregate {name}", call.Position);
        }
        if (!OrderedSetAggregates.IsName(name) || call.WithinGroup.Count == 0)
        {
            throw Error.FunctionNotFound(name, call.Arguments.Concat(call.WithinGroup.Select(item => item.Expression)).Select(a => Bind(a).Type), call.Position);
        }
        if (call.IsDistinct || call.OrderBy.Count > 0)
        {
            throw Error.InvalidSyntax($"cannot use {(call.IsDistinct ? "DISTINCT" : "multiple ORDER BY clauses")} with WITHIN GROUP", call.Position);
        }
        Clause outer = Clause;
        scope.Level.Clause = Clause.AggregateArgument;
        Expression[] direct = [.. call.Arguments.Select(Bind)];
        SortKey[] keys = [.. call.WithinGroup.Select(item => BindSortKey(item, BindResolved(item.Expression)))];
        scope.Level.Clause = Clause.AggregateFilter;
        Expression? filter = call.Filter is null ? null : BindCondition(call.Filter, "FILTER");
        scope.Level.Clause = outer;
        QueryLevel level = LevelOf([keys[0].Expression, .. filter is null ? [] : new[] { filter }]);
        CheckAggregateAllowed(level.Clause, call.Position);
        PhantomDbException notFound = Error.FunctionNotFound(name, [.. direct.Select(d => d.Type), .. keys.Select(k => k.Expression.Type)], call.Position);
        if (keys.Length != 1 || direct.Length != (name == "mode" ? 0 : 1))
        {
            throw notFound;
        }
        Expression value = keys[0].Expression;
        if (name == "percentile_cont" && value.Type.Id != SqlTypeId.Interval)
        {
            value = _coercion.TryCoerce(value, SqlType.Double, CastContext.Implicit) ?? throw notFound;
        }
        var arguments = new List<Expression> { value };
        foreach (Expression fraction in direct)
        {
            FreeColumns.Visit(fraction, column =>
            {
                if (state.OwnerOf(column.Id) == level)
                {
                    throw Error.NotSupported($"a column as the fraction of {name}", call.Position);
                }
            });
            arguments.Add(_coercion.TryCoerce(fraction, SqlType.Double, CastContext.Implicit) ?? throw notFound);
        }
        BoundAggregate bound = OrderedSetAggregates.TryBind(name, value.Type) ?? throw notFound;
        var aggregate = new AggregateCall(bound, new ExpressionList(arguments)) { Filter = filter, OrderBy = [keys[0] with { Expression = value }] };
        return AddAggregate(level, aggregate, name);
    }

    private BoundAggregate ChooseAggregate(string name, IReadOnlyList<AggregateFunction> candidates, bool isStar, ref Expression[] arguments, int position)
    {
        if (isStar)
        {
            AggregateFunction star = candidates.FirstOrDefault(c => c.TakesStar)
                ?? throw Error.At(SqlStates.UndefinedFunction, $"function {name}() does not exist", position, hint: "No function matches the given name and argument types. You might need to add explicit type casts.");
            return star.Bind([]);
        }
        if (arguments.Length == 0 && name == "count")
        {
            throw Error.At(SqlStates.WrongObjectType, "count(*) must be used to call a parameterless aggregate function", position);
        }
        if (arguments.Any(a => a.Type.Id == SqlTypeId.PaddedChar))
        {
            if (name is "min" or "max")
            {
                throw Error.NotSupported($"{name} of char(n) of different lengths", position);
            }
            arguments = [.. arguments.Select(a => a.Type.Id == SqlTypeId.PaddedChar ? _coercion.Apply(a, SqlType.Char, CastContext.Implicit) : a)];
        }
        AggregateFunction[] called = [.. candidates.Where(c => !c.TakesStar)];
        SqlType[] types = [.. arguments.Select(a => a.Type)];
        OverloadOutcome outcome = Overloads.Choose(
            [.. called.Select(c => c.Parameters)], _ => false, i => called[i].TakesAny, types, isOperator: false, out int index);
        AggregateFunction chosen = outcome switch
        {
            OverloadOutcome.Found => called[index],
            OverloadOutcome.Ambiguous => throw Error.FunctionAmbiguous(name, types, position),
            _ => throw Error.FunctionNotFound(name, types, position),
        };
        for (int i = 0; i < arguments.Length; i++)
        {
            SqlTypeId wanted = chosen.TakesAny ? arguments[i].Type.Id : chosen.Parameters[i];
            arguments[i] = wanted == SqlTypeId.Unknown ? _coercion.ResolveUnknown(arguments[i])
                : arguments[i].Type.Id == wanted ? arguments[i]
                : TypeCategories.IsBinaryCoercible(arguments[i].Type.Id, wanted) && arguments[i].Type.Id != SqlTypeId.Unknown ? arguments[i]
                : _coercion.ApplyLoosely(arguments[i], new SqlType(wanted), CastContext.Implicit);
            types[i] = chosen.TakesAny || arguments[i].Type.Id == wanted ? arguments[i].Type : new SqlType(wanted);
        }
        BoundAggregate bound;
        try
        {
            bound = chosen.Bind(types);
        }
        catch (PhantomDbException error)
        {
            throw error.SqlState == SqlStates.UndefinedFunction ? Error.FunctionNotFound(name, types, position) : error.At(position);
        }
        for (int i = 0; i < arguments.Length; i++)
        {
            arguments[i] = _coercion.ForArgument(arguments[i], bound.ArgumentTypes[i]);
        }
        return bound;
    }

    /// <summary>One column for equal calls.</summary>
    private ColumnExpression AddAggregate(QueryLevel level, AggregateCall call, string name)
    {
        foreach (AggregateColumn existing in level.Aggregates)
        {
            if (existing.Call.OrderBy.Count == 0 && call.OrderBy.Count == 0 && IsSameCall(existing.Call, call))
            {
                return existing.Column.Reference;
            }
        }
        LogicalColumn column = state.NewColumn(call.Function.ReturnType, name);
        state.SetOwner(column.Id, level);
        level.Aggregates.Add(new AggregateColumn(column, call));
        return column.Reference;
    }

    private static bool IsSameCall(AggregateCall left, AggregateCall right) =>
        left.Function.Name == right.Function.Name
        && left.Function.ArgumentTypes.SequenceEqual(right.Function.ArgumentTypes)
        && left.IsDistinct == right.IsDistinct
        && ExpressionEquality.AreEqual(left.Arguments, right.Arguments)
        && (left.Filter is null ? right.Filter is null : right.Filter is not null && ExpressionEquality.AreEqual(left.Filter, right.Filter))
        && !left.Arguments.Any(ExpressionEquality.IsVolatile);

    /// <summary>The innermost query in sight whose columns the expressions read; this one where they read none.</summary>
    private QueryLevel LevelOf(Expression[] expressions)
    {
        var owners = new HashSet<QueryLevel>();
        foreach (Expression expression in expressions)
        {
            FreeColumns.Visit(expression, column =>
            {
                if (state.OwnerOf(column.Id) is { } owner)
                {
                    owners.Add(owner);
                }
            });
        }
        for (Scope? current = scope; current is not null; current = current.Parent)
        {
            if (owners.Contains(current.Level))
            {
                return current.Level;
            }
        }
        return scope.Level;
    }

    private static void CheckAggregateAllowed(Clause clause, int position)
    {
        string? where = clause switch
        {
            Clause.Select or Clause.Having or Clause.OrderBy or Clause.DistinctOn or Clause.Window => null,
            Clause.AggregateArgument => throw Error.Grouping("aggregate function calls cannot be nested", position),
            _ => ClauseNames.Of(clause),
        };
        if (where is not null)
        {
            throw Error.Grouping($"aggregate functions are not allowed in {where}", position);
        }
    }

    private ColumnExpression BindGrouping(GroupingSyntax grouping)
    {
        if (grouping.Arguments.Count > 31)
        {
            throw Error.At("54023", "GROUPING must have fewer than 32 arguments", grouping.Position);
        }
        if (Clause is not (Clause.Select or Clause.Having or Clause.OrderBy or Clause.DistinctOn))
        {
            throw Error.Grouping($"grouping operations are not allowed in {Clause.ToString().ToUpperInvariant()}", grouping.Position);
        }
        LogicalColumn column = state.NewColumn(SqlType.Int32, "grouping");
        scope.Level.Groupings.Add((column, [.. grouping.Arguments.Select(Bind)], grouping.Position));
        return column.Reference;
    }

    /// <summary>What is grouped or ordered by must not tell blanks at the end.</summary>
    private Expression WithoutBlanks(Expression expression) =>
        expression.Type.Id == SqlTypeId.PaddedChar ? _coercion.Apply(expression, SqlType.Char, CastContext.Implicit) : expression;

    /// <summary>A sort key: NULLs are larger than everything, so they come last ascending and first descending.</summary>
    public SortKey BindSortKey(OrderByItem item, Expression expression)
    {
        if (expression.Type.IsArray)
        {
            throw Error.NotSupported($"sorting by {expression.Type.BaseName}", item.Position);
        }
        bool isDescending = item.UsingOperator switch
        {
            null => item.Direction == SortDirection.Descending,
            "<" or "<=" => false,
            ">" or ">=" => true,
            _ => throw Error.At(SqlStates.WrongObjectType, $"operator {item.UsingOperator} is not a valid ordering operator", item.Position, hint: "Ordering operators must be \"<\" or \">\" members of btree operator families."),
        };
        bool nullsFirst = item.Nulls == NullsOrder.Default ? isDescending : item.Nulls == NullsOrder.First;
        return new SortKey(WithoutBlanks(expression), isDescending, nullsFirst);
    }
}
