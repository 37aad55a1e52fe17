using Antlr4.Runtime;
using Antlr4.Runtime.Tree;
using PhantomDb.Errors;
using PhantomDb.Parsing.Ast;
using static PhantomDb.Grammar.PhantomSqlParser;

namespace PhantomDb.Parsing;

/// <summary>Calls of functions, and what the standard gives a syntax of its own: SUBSTRING, TRIM, EXTRACT and their like become calls here.</summary>
internal static partial class AstBuilder
{
    private static FunctionCallSyntax SystemCall(string name, int position, params ReadOnlySpan<ExpressionSyntax> arguments) =>
        SystemCall(name, position, SyntaxList.Create(arguments));

    private static FunctionCallSyntax SystemCall(string name, int position, SyntaxList<ExpressionSyntax> arguments, bool isVariadic = false) =>
        new(SystemName(name, position), arguments, false, false, isVariadic, SyntaxList<OrderByItem>.Empty, SyntaxList<OrderByItem>.Empty, null, null, position);

    private static FunctionCallSyntax BuildCall(QualifiedName name, FunctionCallContext context, int position)
    {
        GuardStack(context);
        (SyntaxList<ExpressionSyntax> arguments, bool isVariadic) = BuildArguments(context.functionArgument());
        SyntaxList<OrderByItem> orderBy = SyntaxList<OrderByItem>.Empty;
        SyntaxList<OrderByItem> withinGroup = SyntaxList<OrderByItem>.Empty;
        bool isWithin = false;
        for (int i = 0; i < context.ChildCount; i++)
        {
            isWithin |= context.TokenType(i) == WITHIN;
            if (context.children[i] is OrderByClauseContext clause)
            {
                if (isWithin)
                {
                    withinGroup = BuildOrderBy(clause);
                }
                else
                {
                    orderBy = BuildOrderBy(clause);
                }
            }
        }
        bool isDistinct = context.Has(DISTINCT);
        if (withinGroup.Count > 0)
        {
            IToken within = context.Find(WITHIN)!;
            if (orderBy.Count > 0)
            {
                throw Error.InvalidSyntax("cannot use multiple ORDER BY clauses with WITHIN GROUP", within.StartIndex);
            }
            if (isDistinct)
            {
                throw Error.InvalidSyntax("cannot use DISTINCT with WITHIN GROUP", within.StartIndex);
            }
            if (isVariadic)
            {
                throw Error.InvalidSyntax("cannot use VARIADIC with WITHIN GROUP", within.StartIndex);
            }
        }
        WindowSyntax? over = context.windowSpecification() is { } specification ? BuildWindow(specification)
            : context.columnId() is { } window ? new WindowNameSyntax(Name(window), Position(window))
            : null;
        return new FunctionCallSyntax(name, arguments, context.Has(STAR), isDistinct, isVariadic, orderBy, withinGroup, BuildOrNull(context.expression()), over, position);
    }

    private static (SyntaxList<ExpressionSyntax> Arguments, bool IsVariadic) BuildArguments(FunctionArgumentContext[] contexts)
    {
        ExpressionSyntax[] arguments = new ExpressionSyntax[contexts.Length];
        bool isVariadic = false;
        for (int i = 0; i < contexts.Length; i++)
        {
            FunctionArgumentContext argument = contexts[i];
            if (argument.Find(VARIADIC) is { } variadic)
            {
                isVariadic = i == contexts.Length - 1 ? true : throw SyntaxErrorAt(variadic);
            }
            ExpressionSyntax value = BuildOperators(argument.expression());
            arguments[i] = argument.typeFunctionName() is { } name ? new NamedArgumentSyntax(Name(name), value, Position(argument)) : value;
        }
        return (new SyntaxList<ExpressionSyntax>(arguments), isVariadic);
    }

    private static ExpressionSyntax BuildSpecialFunction(SpecialFunctionContext context)
    {
        GuardStack(context);
        int position = Position(context);
        switch (context.Start.Type)
        {
            case COALESCE:
                return new CoalesceSyntax(BuildList(context.expressionList()), position);
            case NULLIF:
                return new NullIfSyntax(BuildOperators(context.expression(0)), BuildOperators(context.expression(1)), position);
            case GREATEST or LEAST:
                return new MinMaxSyntax(context.Start.Type == GREATEST, BuildList(context.expressionList()), position);
            case CAST:
                return new CastSyntax(BuildOperators(context.expression(0)), BuildTypeName(context.typeName()), position);
            case EXTRACT:
                ParserRuleContext field = (ParserRuleContext)context.children[2];
                string fieldName = field is StringLiteralContext text ? String(text) : Name(field);
                return SystemCall("extract", position, Text(fieldName, Position(field)), BuildOperators(context.expression(0)));
            case POSITION:
                return SystemCall("position", position, BuildOperators(context.boundExpression(1)), BuildOperators(context.boundExpression(0)));
            case OVERLAY or SUBSTRING:
                return BuildSubstring(context, position);
            case TRIM:
                return BuildTrim(context, position);
            case NORMALIZE:
                ExpressionSyntax operand = BuildOperators(context.expression(0));
                return context.Has(COMMA)
                    ? SystemCall("normalize", position, operand, Text(((ITerminalNode)context.children[4]).GetText().ToUpperInvariant(), Position((ITerminalNode)context.children[4])))
                    : SystemCall("normalize", position, operand);
            case COLLATION:
                return SystemCall("pg_collation_for", position, BuildOperators(context.expression(0)));
            default:
                return new UnsupportedExpressionSyntax(context.Start.Text.ToUpperInvariant(), position);
        }
    }

    /// <summary>SUBSTRING and OVERLAY: with commas they are ordinary calls, with words the words say which argument is which.</summary>
    private static FunctionCallSyntax BuildSubstring(SpecialFunctionContext context, int position)
    {
        string name = context.Start.Type == OVERLAY ? "overlay" : "substring";
        FunctionArgumentContext[] written = context.functionArgument();
        if (context.expression().Length == 0)
        {
            (SyntaxList<ExpressionSyntax> all, bool isVariadic) = BuildArguments(written);
            // Without words it is the ordinary function of that name, found by the search path.
            return SystemCall(name, position, all, isVariadic) with { Name = new QualifiedName([name], position) };
        }
        if (written[0].ChildCount > 1)
        {
            throw SyntaxErrorAt((IToken?)context.Find(FROM) ?? context.Find(FOR) ?? context.Find(SIMILAR) ?? context.Find(PLACING) ?? context.Start);
        }
        ExpressionSyntax operand = BuildOperators(written[0].expression());
        if (context.Has(SIMILAR))
        {
            // substring(a SIMILAR pattern ESCAPE e) is substring(a, similar_to_escape(pattern, e)).
            ParserRuleContext pattern = context.expression(0);
            if (pattern.ChildCount != 3 || pattern.TokenType(1) != ESCAPE)
            {
                throw SyntaxErrorAt(context.Stop);
            }
            FunctionCallSyntax converted = SystemCall(
                "similar_to_escape",
                position,
                BuildOperators((ParserRuleContext)pattern.children[0]),
                BuildOperators((ParserRuleContext)pattern.children[2]));
            return SystemCall(name, position, operand, converted);
        }
        ExpressionSyntax? placing = null;
        ExpressionSyntax? from = null;
        ExpressionSyntax? length = null;
        for (int i = 0; i + 1 < context.ChildCount; i++)
        {
            if (context.children[i + 1] is ExpressionContext argument)
            {
                ExpressionSyntax value = BuildOperators(argument);
                switch (context.TokenType(i))
                {
                    case PLACING:
                        placing = value;
                        break;
                    case FROM:
                        from = value;
                        break;
                    default:
                        length = value;
                        break;
                }
            }
        }
        List<ExpressionSyntax> arguments = [operand];
        if (placing is not null)
        {
            arguments.Add(placing);
        }
        arguments.Add(from ?? new LiteralSyntax(LiteralKind.Integer, "1", -1));
        if (length is not null)
        {
            // FOR alone: the length is an integer, or the call could mean substring(text, text, text).
            arguments.Add(from is null ? new CastSyntax(length, PlainType(SystemName("int4", -1)), -1) : length);
        }
        return SystemCall(name, position, arguments.ToSyntaxList());
    }

    private static FunctionCallSyntax BuildTrim(SpecialFunctionContext context, int position)
    {
        string name = context.Has(LEADING) ? "ltrim" : context.Has(TRAILING) ? "rtrim" : "btrim";
        List<ExpressionSyntax> arguments = [];
        if (context.expressionList() is { } list)
        {
            arguments.AddRange(BuildList(list));
        }
        arguments.AddRange(context.expression().Select(BuildExpression)); // trim(characters FROM text): the text comes first
        return SystemCall(name, position, arguments.ToSyntaxList());
    }

    private static CurrentValueSyntax BuildCurrentValue(CurrentValueContext context)
    {
        CurrentValueKind kind = context.Start.Type switch
        {
            CURRENT_DATE => CurrentValueKind.CurrentDate,
            CURRENT_TIME => CurrentValueKind.CurrentTime,
            CURRENT_TIMESTAMP => CurrentValueKind.CurrentTimestamp,
            LOCALTIME => CurrentValueKind.LocalTime,
            LOCALTIMESTAMP => CurrentValueKind.LocalTimestamp,
            CURRENT_ROLE => CurrentValueKind.CurrentRole,
            CURRENT_USER => CurrentValueKind.CurrentUser,
            SESSION_USER => CurrentValueKind.SessionUser,
            USER => CurrentValueKind.User,
            CURRENT_CATALOG => CurrentValueKind.CurrentCatalog,
            CURRENT_SCHEMA => CurrentValueKind.CurrentSchema,
            _ => throw Unexpected(context),
        };
        return new CurrentValueSyntax(kind, context.Find(IntegerConstant) is { } precision ? Integer(precision) : null, Position(context));
    }
}
