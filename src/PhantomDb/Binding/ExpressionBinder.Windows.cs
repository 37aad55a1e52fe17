using PhantomDb.Errors;
using PhantomDb.Expressions;
using PhantomDb.Functions;
using PhantomDb.Parsing.Ast;
using PhantomDb.Planning;
using PhantomDb.Planning.Logical;
using PhantomDb.Types;

namespace PhantomDb.Binding;

/// <summary>Calls with OVER, and the windows that they name.</summary>
internal sealed partial class ExpressionBinder
{
    private static readonly Dictionary<string, WindowFunctionKind> WindowFunctions = new()
    {
        ["row_number"] = WindowFunctionKind.RowNumber, ["rank"] = WindowFunctionKind.Rank, ["dense_rank"] = WindowFunctionKind.DenseRank,
        ["percent_rank"] = WindowFunctionKind.PercentRank, ["cume_dist"] = WindowFunctionKind.CumeDist, ["ntile"] = WindowFunctionKind.Ntile,
        ["lag"] = WindowFunctionKind.Lag, ["lead"] = WindowFunctionKind.Lead, ["first_value"] = WindowFunctionKind.FirstValue,
        ["last_value"] = WindowFunctionKind.LastValue, ["nth_value"] = WindowFunctionKind.NthValue,
    };

    /// <summary>Binds the WINDOW clause: a later window may be built on an earlier one.</summary>
    public void BindNamedWindows(SyntaxList<NamedWindow> windows)
    {
        foreach (NamedWindow named in windows)
        {
            if (scope.Level.NamedWindows.ContainsKey(named.Name))
            {
                throw Error.At(SqlStates.WindowingError, $"window \"{named.Name}\" is already defined", named.Position);
            }
            scope.Level.NamedWindows.Add(named.Name, BindWindow(named.Specification));
        }
    }

    private Expression BindWindowCall(FunctionCallSyntax call)
    {
        string name = call.Name.Name;
        QueryLevel level = scope.Level;
        CheckWindowAllowed(level, call.Position);
        IReadOnlyList<AggregateFunction> aggregates = FunctionRegistry.FindAggregates(name);
        bool isWindowFunction = WindowFunctions.TryGetValue(name, out WindowFunctionKind kind);
        level.IsInWindowCall = true;
        Expression[] arguments = [.. call.Arguments.Select(Bind)];
        Clause outer = level.Clause;
        level.Clause = Clause.AggregateFilter;
        Expression? filter = call.Filter is null ? null : BindCondition(call.Filter, "FILTER");
        level.Clause = outer;
        level.IsInWindowCall = false;
        string? missing = call.IsDistinct ? "DISTINCT is not implemented for window functions"
            : call.OrderBy.Count > 0 ? "aggregate ORDER BY is not implemented for window functions"
            : call.WithinGroup.Count > 0 ? $"OVER is not supported for ordered-set aggregate {name}"
            : filter is not null && isWindowFunction ? "FILTER is not implemented for non-aggregate window functions" : null;
        if (missing is not null)
        {
            throw Error.NotPossible(missing, call.Position);
        }
        if (!isWindowFunction && aggregates.Count == 0)
        {
            throw FunctionRegistry.FindScalars(name).Count > 0
                ? Error.At(SqlStates.WrongObjectType, $"OVER specified, but {name} is not a window function nor an aggregate function", call.Position)
                : FunctionNotFound(name, arguments.Select(a => a.Type), call.Position);
        }
        BoundWindow window = call.Over switch
        {
            WindowNameSyntax named => FindWindow(named.Name, named.Position),
            WindowSpecificationSyntax specification => BindWindow(specification),
            _ => throw Error.NotSupported(call.Over!.GetType().Name, call.Position),
        };
        if (!isWindowFunction)
        {
            BoundAggregate bound = ChooseAggregate(name, aggregates, call.IsStar, ref arguments, call.Position);
            return AddWindow(window, new WindowCall(WindowFunctionKind.Aggregate, new ExpressionList(arguments), window.Frame)
            {
                Aggregate = bound, Filter = filter,
            }, bound.ReturnType, name);
        }
        return BindWindowFunction(kind, name, call, arguments, window);
    }

    private Expression BindWindowFunction(WindowFunctionKind kind, string name, FunctionCallSyntax call, Expression[] arguments, BoundWindow window)
    {
        (int least, int most) = kind switch
        {
            WindowFunctionKind.Ntile or WindowFunctionKind.FirstValue or WindowFunctionKind.LastValue => (1, 1),
            WindowFunctionKind.NthValue => (2, 2),
            WindowFunctionKind.Lag or WindowFunctionKind.Lead => (1, 3),
            _ => (0, 0),
        };
        if (most == 0 && arguments.Length > 0 && kind != WindowFunctionKind.RowNumber)
        {
            throw Error.At(SqlStates.WrongObjectType, $"WITHIN GROUP is required for ordered-set aggregate {name}", call.Position);
        }
        PhantomDbException notFound = Error.FunctionNotFound(name, [.. arguments.Select(a => a.Type)], call.Position);
        if (arguments.Length < least || arguments.Length > most || call.IsStar)
        {
            throw notFound;
        }
        // The count, where there is one, is an integer: the second argument, or ntile's only one.
        int countAt = kind == WindowFunctionKind.Ntile ? 0 : 1;
        if (most > 0 && arguments.Length > countAt)
        {
            arguments[countAt] = _coercion.TryCoerce(arguments[countAt], SqlType.Int32, CastContext.Implicit) ?? throw notFound;
        }
        if (kind == WindowFunctionKind.Ntile)
        {
            return AddWindow(window, new WindowCall(kind, new ExpressionList(arguments), window.Frame), SqlType.Int32, name);
        }
        if (most == 0)
        {
            SqlType type = kind is WindowFunctionKind.PercentRank or WindowFunctionKind.CumeDist ? SqlType.Double : SqlType.Int64;
            return AddWindow(window, new WindowCall(kind, new ExpressionList(), window.Frame), type, name);
        }
        arguments[0] = _coercion.ResolveUnknown(arguments[0]);
        if (arguments.Length == 3)
        {
            return LagOrDefault(kind, name, arguments, call, window);
        }
        return AddWindow(window, new WindowCall(kind, new ExpressionList(arguments), window.Frame), arguments[0].Type, name);
    }

    /// <summary>
    /// lag(x, n, d) is CASE WHEN lag(TRUE, n) THEN lag(x, n) WHEN n IS NOT NULL THEN d END: the default is the current
    /// row's, where there is no row so far away.
    /// </summary>
    private CaseExpression LagOrDefault(WindowFunctionKind kind, string name, Expression[] arguments, FunctionCallSyntax call, BoundWindow window)
    {
        Expression[] values = Unify([(arguments[0], call.Arguments[0].Position), (arguments[2], call.Arguments[2].Position)], name.ToUpperInvariant(), out SqlType type);
        var isThere = new ConstantExpression(SqlType.Boolean, true);
        Expression found = AddWindow(window, new WindowCall(kind, new ExpressionList(isThere, arguments[1]), window.Frame), SqlType.Boolean, name);
        Expression value = AddWindow(window, new WindowCall(kind, new ExpressionList(values[0], arguments[1]), window.Frame), type, name);
        return new CaseExpression(
            new ExpressionList(found, new IsNullExpression(arguments[1], IsNegated: true)),
            new ExpressionList(value, values[1]), new ConstantExpression(type, null));
    }

    /// <summary>One column for equal calls over equal windows, one window for equal partitions and orders.</summary>
    private ColumnExpression AddWindow(BoundWindow window, WindowCall call, SqlType type, string name)
    {
        List<WindowGroup> groups = scope.Level.Windows;
        WindowGroup? group = groups.Find(g => g.PartitionBy.Count == window.PartitionBy.Count && g.OrderBy.Count == window.OrderBy.Count
            && ExpressionEquality.AreEqual(new ExpressionList(g.PartitionBy), new ExpressionList(window.PartitionBy))
            && g.OrderBy.Zip(window.OrderBy).All(pair => IsSameKey(pair.First, pair.Second)));
        if (group is null)
        {
            group = new WindowGroup(window.PartitionBy, window.OrderBy);
            groups.Add(group);
        }
        WindowColumn? existing = group.Columns.Find(c => c.Column.Type == type && IsSameCall(c.Call, call));
        if (existing is not null)
        {
            return existing.Column.Reference;
        }
        LogicalColumn column = state.NewColumn(type, name);
        group.Columns.Add(new WindowColumn(column, call));
        return column.Reference;
    }

    private static bool IsSameKey(SortKey left, SortKey right) =>
        left.IsDescending == right.IsDescending && left.NullsFirst == right.NullsFirst && ExpressionEquality.AreEqual(left.Expression, right.Expression);

    private static bool IsSameCall(WindowCall left, WindowCall right) =>
        left.Kind == right.Kind && left.Aggregate?.Name == right.Aggregate?.Name
        && (left.Aggregate?.ArgumentTypes ?? []).SequenceEqual(right.Aggregate?.ArgumentTypes ?? [])
        && ExpressionEquality.AreEqual(left.Arguments, right.Arguments) && !left.Arguments.Any(ExpressionEquality.IsVolatile)
        && (left.Filter is null ? right.Filter is null : right.Filter is not null && ExpressionEquality.AreEqual(left.Filter, right.Filter))
        && left.Frame.Unit == right.Frame.Unit && left.Frame.Exclusion == right.Frame.Exclusion
        && IsSameBound(left.Frame.Start, right.Frame.Start) && IsSameBound(left.Frame.End, right.Frame.End);

    private static bool IsSameBound(WindowFrameBound left, WindowFrameBound right) =>
        left.Kind == right.Kind && (left.Offset is null || ExpressionEquality.AreEqual(left.Offset, right.Offset!));

    private BoundWindow FindWindow(string name, int position) => scope.Level.NamedWindows.TryGetValue(name, out BoundWindow? window)
        ? window
        : throw Error.At(SqlStates.UndefinedObject, $"window \"{name}\" does not exist", position);

    private BoundWindow BindWindow(WindowSpecificationSyntax syntax)
    {
        QueryLevel level = scope.Level;
        BoundWindow? @base = syntax.BaseName is null ? null : FindWindow(syntax.BaseName, syntax.Position);
        Clause outer = level.Clause;
        level.Clause = Clause.Window;
        Expression[] partition = [.. syntax.PartitionBy.Select(e => WithoutBlanks(BindResolved(e)))];
        SortKey[] order = [.. syntax.OrderBy.Select(item => BindSortKey(item, BindResolved(item.Expression)))];
        if (@base is not null)
        {
            string? problem = partition.Length > 0 ? $"cannot override PARTITION BY clause of window \"{syntax.BaseName}\""
                : order.Length > 0 && @base.OrderBy.Count > 0 ? $"cannot override ORDER BY clause of window \"{syntax.BaseName}\""
                : @base.HasFrame ? $"cannot copy window \"{syntax.BaseName}\" because it has a frame clause" : null;
            if (problem is not null)
            {
                throw Error.At(SqlStates.WindowingError, problem, syntax.Position);
            }
            partition = [.. @base.PartitionBy];
            order = order.Length > 0 ? order : [.. @base.OrderBy];
        }
        WindowFrame frame = syntax.Frame is null ? WindowFrame.Default : BindFrame(syntax.Frame, order);
        level.Clause = outer;
        return new BoundWindow(partition, order, frame, syntax.Frame is not null);
    }

    private WindowFrame BindFrame(FrameSyntax syntax, SortKey[] order)
    {
        WindowFrameUnit unit = Enum.Parse<WindowFrameUnit>(syntax.Unit.ToString());
        if (unit == WindowFrameUnit.Groups && order.Length == 0)
        {
            throw Error.At(SqlStates.WindowingError, "GROUPS mode requires an ORDER BY clause", syntax.Position);
        }
        bool hasOffset = syntax.Start.Offset is not null || syntax.End.Offset is not null;
        if (unit == WindowFrameUnit.Range && hasOffset && order.Length != 1)
        {
            throw Error.At(SqlStates.WindowingError, "RANGE with offset PRECEDING/FOLLOWING requires exactly one ORDER BY column", syntax.Position);
        }
        return new WindowFrame(
            unit, BindBound(syntax.Start, unit, order), BindBound(syntax.End, unit, order), Enum.Parse<WindowFrameExclusion>(syntax.Exclusion.ToString()));
    }

    private WindowFrameBound BindBound(FrameBoundSyntax syntax, WindowFrameUnit unit, SortKey[] order)
    {
        var bound = new WindowFrameBound(Enum.Parse<WindowFrameBoundKind>(syntax.Kind.ToString()));
        if (syntax.Offset is null)
        {
            return bound;
        }
        string name = unit.ToString().ToUpperInvariant();
        Expression offset = Bind(syntax.Offset);
        FreeColumns.Visit(offset, column =>
        {
            if (state.OwnerOf(column.Id) == scope.Level)
            {
                throw Error.At(SqlStates.InvalidColumnReference, $"argument of {name} must not contain variables", syntax.Offset.Position);
            }
        });
        if (HasSubquery(offset))
        {
            throw Error.NotSupported($"a subquery as an offset of {name}", syntax.Offset.Position);   // it would become a column
        }
        if (unit != WindowFrameUnit.Range)
        {
            return bound with
            {
                Offset = _coercion.TryCoerce(offset, SqlType.Int64, CastContext.Assignment) is { } count && offset.Type.Id != SqlTypeId.Text
                    ? count
                    : throw Error.WrongArgumentType(name, SqlType.Int64, offset.Type, syntax.Offset.Position),
            };
        }
        return BindRangeBound(bound, order[0], offset, syntax.Offset.Position);
    }

    /// <summary>The limit is the row's key less or plus the offset; computed so that it cannot overflow an integer.</summary>
    private WindowFrameBound BindRangeBound(WindowFrameBound bound, SortKey order, Expression offset, int position)
    {
        Expression key = order.Expression;
        SqlType type = key.Type;
        bool takesInterval = type.Id is SqlTypeId.Date or SqlTypeId.Timestamp or SqlTypeId.TimestampTz or SqlTypeId.Interval;
        if (!takesInterval && !TypeCategories.IsNumber(type.Id))
        {
            throw type.Id == SqlTypeId.Time
                ? Error.NotSupported("RANGE with an offset over a time", position)
                : Error.NotPossible($"RANGE with offset PRECEDING/FOLLOWING is not supported for column type {type.BaseName}", position);
        }
        if (offset.Type.Id == SqlTypeId.Unknown)
        {
            offset = _coercion.Apply(offset, takesInterval ? SqlType.Interval : new SqlType(type.Id), CastContext.Implicit);
        }
        bool fits = takesInterval ? offset.Type.Id == SqlTypeId.Interval
            : type.IsInteger ? offset.Type.IsInteger
            : type.Id == SqlTypeId.Numeric ? offset.Type.IsInteger || offset.Type.Id == SqlTypeId.Numeric
            : TypeCategories.IsNumber(offset.Type.Id);
        if (!fits)
        {
            throw Error.At(SqlStates.FeatureNotSupported,
                $"RANGE with offset PRECEDING/FOLLOWING is not supported for column type {type.BaseName} and offset type {offset.Type.BaseName}", position,
                hint: "Cast the offset value to an appropriate type.");
        }
        if (type.IsInteger)
        {
            key = _coercion.ApplyLoosely(key, SqlType.Numeric, CastContext.Implicit);
            offset = _coercion.ApplyLoosely(offset, SqlType.Numeric, CastContext.Implicit);
        }
        else if (type.Id is SqlTypeId.Real or SqlTypeId.Double)
        {
            key = _coercion.Apply(key, SqlType.Double, CastContext.Implicit);
            offset = _coercion.Apply(offset, SqlType.Double, CastContext.Implicit);
        }
        bool subtracts = (bound.Kind == WindowFrameBoundKind.Preceding) != order.IsDescending;
        Expression limit = BindOperator(subtracts ? "-" : "+", [key, offset], position);
        (key, limit) = ToOneType("<=", key, limit, position);
        return bound with { Offset = offset, Key = key, Limit = limit };
    }

    private static void CheckWindowAllowed(QueryLevel level, int position)
    {
        if (level.IsInWindowCall && level.Clause != Clause.AggregateFilter)
        {
            throw Error.At(SqlStates.WindowingError, "window function calls cannot be nested", position);
        }
        string? where = level.Clause switch
        {
            Clause.Select or Clause.OrderBy or Clause.DistinctOn => null,
            Clause.AggregateArgument => throw Error.Grouping("aggregate function calls cannot contain window function calls", position),
            _ => ClauseNames.Of(level.Clause),
        };
        if (where is not null)
        {
            throw Error.At(SqlStates.WindowingError, $"window functions are not allowed in {where}", position);
        }
    }
}

/// <summary>A window: what it is divided and ordered by, and its frame.</summary>
internal sealed record BoundWindow(IReadOnlyList<Expression> PartitionBy, IReadOnlyList<SortKey> OrderBy, WindowFrame Frame, bool HasFrame);

/// <summary>The calls of one query over windows of one partition and order.</summary>
internal sealed record WindowGroup(IReadOnlyList<Expression> PartitionBy, IReadOnlyList<SortKey> OrderBy)
{
    public List<WindowColumn> Columns { get; } = [];
}
