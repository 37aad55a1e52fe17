using PhantomDb.Errors;
using PhantomDb.Expressions;
using PhantomDb.Functions;
using PhantomDb.Parsing.Ast;
using PhantomDb.Planning.Logical;
using PhantomDb.Types;
using JoinKind = PhantomDb.Planning.Logical.JoinKind;
using TableFunction = PhantomDb.Functions.TableFunction;

namespace PhantomDb.Binding;

/// <summary>Table functions, in FROM and in a select list, and arrays where they are but a list: unnest and ANY.</summary>
internal sealed partial class ExpressionBinder
{
    /// <summary>A call of a table function; its one column may be given a name.</summary>
    public LogicalTableFunction BindTableFunction(string name, Expression[] arguments, string? columnName, int position)
    {
        IReadOnlyList<TableFunction> candidates = FunctionRegistry.FindTableFunctions(name);
        SqlType[] types = [.. arguments.Select(a => a.Type)];
        OverloadOutcome outcome = Overloads.Choose([.. candidates.Select(c => c.Parameters)], _ => false, _ => false, types, isOperator: false, out int index);
        TableFunction chosen = outcome switch
        {
            OverloadOutcome.Found => candidates[index],
            OverloadOutcome.Ambiguous => throw Error.FunctionAmbiguous(name, types, position),
            _ => throw FunctionNotFound(name, types, position),
        };
        for (int i = 0; i < arguments.Length; i++)
        {
            arguments[i] = chosen.Parameters[i] == SqlTypeId.Array && arguments[i].Type.IsArray ? arguments[i]
                : _coercion.ApplyLoosely(arguments[i], new SqlType(chosen.Parameters[i]), CastContext.Implicit);
        }
        BoundTableFunction bound = chosen.Bind([.. arguments.Select(a => a.Type)]);
        for (int i = 0; i < arguments.Length; i++)
        {
            arguments[i] = _coercion.ForArgument(arguments[i], bound.ArgumentTypes[i]);
        }
        LogicalColumn[] columns = [.. bound.Columns.Select(c => state.NewColumn(c.Type, bound.Columns.Count == 1 && columnName is not null ? columnName : c.Name))];
        return new LogicalTableFunction(bound, new ExpressionList(arguments), columns);
    }

    /// <summary>unnest(ARRAY[…]) is VALUES, and unnest(string_to_array(…)) is string_to_table(…); null for all other calls.</summary>
    public LogicalOperator? BindUnnest(FunctionCallSyntax call)
    {
        if (call.Name.Name != "unnest" || call.Arguments.Count != 1)
        {
            return null;
        }
        if (call.Arguments[0] is FunctionCallSyntax { Name.Name: "string_to_array" } split)
        {
            return BindTableFunction("string_to_table", [.. split.Arguments.Select(Bind)], "unnest", call.Position);
        }
        if (ArrayItems(call.Arguments[0]) is not { } items)
        {
            return null;
        }
        Expression[] values = items.Length == 0 ? [] : Unify([.. items.Select(item => (item, call.Position))], "ARRAY", out _);
        SqlType type = items.Length > 0 ? values[0].Type
            : call.Arguments[0] is CastSyntax cast ? TypeNames.Bind(cast.Type with { ArrayBounds = [] }) : SqlType.Text;
        return new LogicalValues([state.NewColumn(type, "unnest")], [.. values.Select(value => new ExpressionList(value))]);
    }

    /// <summary>The items of ARRAY[…] or of an array literal, with a cast of all of them; null for any other expression.</summary>
    private Expression[]? ArrayItems(ExpressionSyntax syntax)
    {
        switch (syntax)
        {
            case ArraySyntax array:
                if (array.Items.Any(item => item is ArraySyntax))
                {
                    throw Error.NotSupported("an array of arrays", syntax.Position);
                }
                return [.. array.Items.Select(Bind)];
            case LiteralSyntax { Kind: LiteralKind.String } literal:
                state.Pin(literal.Position);
                return [.. ArrayLiteral.Parse(literal.Text, literal.Position).Select(item =>
                    (Expression)new ConstantExpression(SqlType.Unknown, item is null ? null : new ByteString(item)) { Position = new SourcePosition(literal.Position) })];
            case CastSyntax { Type.ArrayBounds.Count: 1 } cast when ArrayItems(cast.Operand) is { } items:
                SqlType type = TypeNames.Bind(cast.Type with { ArrayBounds = [] });
                return [.. items.Select(item => Cast(item, type, cast.Position))];
            default:
                return null;
        }
    }

    private ColumnExpression BindSetReturning(LogicalOperator rows, int position)
    {
        QueryLevel level = scope.Level;
        string? where = level.Clause switch
        {
            Clause.Select or Clause.OrderBy or Clause.DistinctOn => null,
            _ => ClauseNames.Of(level.Clause),
        };
        if (where is not null)
        {
            throw Error.NotPossible($"set-returning functions are not allowed in {where}", position);
        }
        if (level.IsInWindowCall)
        {
            throw Error.NotPossible("window function calls cannot contain set-returning function calls", position);
        }
        bool isNested = false;
        FreeColumns.Visit(rows, column => isNested |= level.SetReturning.Any(other => other.Output.Any(c => c.Id == column.Id)));
        if (isNested)
        {
            throw Error.NotSupported("a set-returning function of another one", position);
        }
        level.SetReturning.Add(rows);
        return rows.Output[0].Reference;
    }

    /// <summary>PostgreSQL refuses what would make a number of rows conditional.</summary>
    private void EnsureNoSetReturning(int countBefore, string construct, int position)
    {
        if (scope.Level.SetReturning.Count > countBefore)
        {
            throw Error.NotPossible($"set-returning functions are not allowed in {construct}", position);
        }
    }

    /// <summary>Arguments in the order of the parameters, for the functions whose parameters have names here.</summary>
    private static IEnumerable<ExpressionSyntax> OrderedArguments(FunctionCallSyntax call)
    {
        if (!call.Arguments.Any(a => a is NamedArgumentSyntax))
        {
            return call.Arguments;
        }
        string[] names = call.Name.Name switch
        {
            "make_interval" => ["years", "months", "weeks", "days", "hours", "mins", "secs"],
            "make_date" => ["year", "month", "day"],
            "make_time" => ["hour", "min", "sec"],
            "make_timestamp" => ["year", "month", "mday", "hour", "min", "sec"],
            "make_timestamptz" when call.Arguments.Count == 7 => ["year", "month", "mday", "hour", "min", "sec", "timezone"],
            "make_timestamptz" => ["year", "month", "mday", "hour", "min", "sec"],
            _ => throw Error.NotSupported($"a named argument of {call.Name.Name}", call.Position),
        };
        var ordered = new ExpressionSyntax?[names.Length];
        for (int i = 0; i < call.Arguments.Count; i++)
        {
            ExpressionSyntax argument = call.Arguments[i];
            int place = i;
            if (argument is NamedArgumentSyntax named)
            {
                place = Array.IndexOf(names, named.Name);
                argument = named.Value;
            }
            else if (i > 0 && call.Arguments[i - 1] is NamedArgumentSyntax)
            {
                throw Error.InvalidSyntax("positional argument cannot follow named argument", argument.Position);
            }
            if (place < 0 || place >= names.Length)
            {
                throw Error.At(SqlStates.UndefinedFunction, $"function {call.Name.Name} has no such arguments", call.Position);
            }
            if (ordered[place] is not null)
            {
                throw Error.InvalidSyntax($"argument name \"{names[place]}\" used more than once", argument.Position);
            }
            ordered[place] = argument;
        }
        bool hasDefaults = call.Name.Name == "make_interval";
        if (!hasDefaults && ordered.Contains(null))
        {
            throw Error.At(SqlStates.UndefinedFunction, $"function {call.Name.Name} needs more arguments", call.Position);
        }
        return ordered.Select(argument => argument ?? new LiteralSyntax(LiteralKind.Integer, "0", -1));
    }
}

/// <summary>Joins the set-returning functions of a select list to its rows: side by side, the shorter ones filled up with NULLs.</summary>
internal static class SetReturningRows
{
    public static LogicalOperator Join(LogicalOperator plan, IReadOnlyList<LogicalOperator> functions, BindingState state)
    {
        LogicalOperator right = functions.Count == 1 ? functions[0] : SideBySide(functions, state);
        return new LogicalJoin(JoinKind.Inner, plan, right, null) { IsDependent = FreeColumns.Uses(right, plan.Output), KeepsOrder = true };
    }

    /// <summary>The rows with a column that counts them, the last.</summary>
    public static LogicalOperator WithOrdinality(LogicalOperator rows, BindingState state)
    {
        LogicalColumn ordinality = state.NewColumn(SqlType.Int64, "ordinality");
        return rows switch
        {
            LogicalTableFunction function => function with { Columns = [.. function.Columns, ordinality], HasOrdinality = true },
            LogicalValues values => new LogicalValues([.. values.Columns, ordinality],
                [.. values.Rows.Select((row, i) => new ExpressionList([.. row, new ConstantExpression(SqlType.Int64, i + 1L)]))]),
            _ => throw new System.Diagnostics.UnreachableException(),
        };
    }

    /// <summary>All rows side by side in order, and their number as the last column.</summary>
    public static LogicalSort SideBySide(IReadOnlyList<LogicalOperator> functions, BindingState state)
    {
        LogicalOperator all = WithOrdinality(functions[0], state);
        foreach (LogicalOperator function in functions.Skip(1))
        {
            LogicalOperator next = WithOrdinality(function, state);
            LogicalColumn left = all.Output[^1];
            LogicalColumn right = next.Output[^1];
            var join = new LogicalJoin(JoinKind.Full, all, next, new ComparisonExpression(ComparisonKind.Equal, left.Reference, right.Reference));
            var merged = new ComputedColumn(
                state.NewColumn(SqlType.Int64, "ordinality"), new CoalesceExpression(new ExpressionList(left.Reference, right.Reference)));
            all = new LogicalProject(join, [.. join.Output.Where(c => c != left && c != right).Select(c => new ComputedColumn(c, c.Reference)), merged]);
        }
        return new LogicalSort(all, [new SortKey(all.Output[^1].Reference, false, false)]);
    }
}
