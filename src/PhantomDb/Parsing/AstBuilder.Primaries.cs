using Antlr4.Runtime;
using Antlr4.Runtime.Tree;
using PhantomDb.Errors;
using PhantomDb.Parsing.Ast;
using static PhantomDb.Grammar.PhantomSqlParser;

namespace PhantomDb.Parsing;

/// <summary>What stands between operators: literals, columns, type names before strings, ARRAY and ROW; fields and subscripts behind them.</summary>
internal static partial class AstBuilder
{
    private static ExpressionSyntax BuildPrimary(PrimaryContext context)
    {
        int position = Position(context);
        switch (context.children[0])
        {
            case ITerminalNode node:
                return BuildKeywordPrimary(context, node.Symbol);
            case NameContext or ColumnNameKeywordContext or TypeFunctionKeywordContext:
                return BuildReference(context);
            case ParenthesizedContext parentheses:
                return BuildIndirections(BuildParenthesized(parentheses), context.children, 1);
            case StringLiteralContext literal:
                return BuildLiteral(literal.Start);
            case TypedLiteralContext literal:
                return BuildTypedLiteral(literal);
            case CaseExpressionContext c:
                return new CaseSyntax(
                    c.TokenType(1) == 0 && c.children[1] is ExpressionContext operand ? BuildOperators(operand) : null,
                    c.caseWhen().Select(w => new CaseWhenSyntax(BuildOperators(w.expression(0)), BuildOperators(w.expression(1)), Position(w))).ToSyntaxList(),
                    c.Has(ELSE) ? BuildOperators((ExpressionContext)c.children[^2]) : null,
                    position);
            case SpecialFunctionContext function:
                return BuildSpecialFunction(function);
            case CurrentValueContext value:
                return BuildCurrentValue(value);
            default:
                throw Unexpected(context);
        }
    }

    private static ExpressionSyntax BuildKeywordPrimary(PrimaryContext context, IToken token)
    {
        int position = token.StartIndex;
        switch (token.Type)
        {
            case Parameter:
                if (!int.TryParse(token.Text.AsSpan(1), out int number) || number is < 1 or > ushort.MaxValue)
                {
                    throw new PhantomDbException(SqlStates.UndefinedParameter, $"there is no parameter {token.Text}") { Position = position };
                }
                return BuildIndirections(new ParameterSyntax(number, position), context.children, 1);
            case EXISTS:
                return new ExistsSyntax(BuildQuery(context.parenthesizedQuery().query()), position);
            case ARRAY:
                return context.parenthesizedQuery() is { } query
                    ? new ArraySubquerySyntax(BuildQuery(query.query()), position)
                    : BuildArray(context.arrayItems(), position);
            case ROW:
                return new RowSyntax(BuildList(context.expressionList()), position) { IsExplicit = true };
            case GROUPING:
                return new GroupingSyntax(BuildList(context.expressionList()), position);
            case DEFAULT:
                return new DefaultSyntax(position);
            default:
                return BuildLiteral(token);
        }
    }

    private static ArraySyntax BuildArray(ArrayItemsContext context, int position)
    {
        GuardStack(context);
        return new ArraySyntax(
            context.expressionList() is { } list
                ? BuildList(list)
                : context.arrayItems().Select(inner => (ExpressionSyntax)BuildArray(inner, Position(inner))).ToSyntaxList(),
            position);
    }

    private static ExpressionSyntax BuildLiteral(IToken token)
    {
        int position = token.StartIndex;
        return token.Type switch
        {
            IntegerConstant => new LiteralSyntax(LiteralKind.Integer, token.Text, position),
            NumericConstant => new LiteralSyntax(LiteralKind.Numeric, token.Text, position),
            BitStringConstant => BuildBits(token, LiteralKind.BitString, "01"),
            HexStringConstant => BuildBits(token, LiteralKind.HexString, "0123456789abcdefABCDEF"),
            NationalStringConstant => new CastSyntax(Text(StringText.Decode(token), position), PlainType(SystemName("bpchar", position)), position),
            TRUE => new LiteralSyntax(LiteralKind.Boolean, "true", position),
            FALSE => new LiteralSyntax(LiteralKind.Boolean, "false", position),
            NULL => new LiteralSyntax(LiteralKind.Null, "", position),
            _ => Text(StringText.Decode(token), position),
        };
    }

    private static LiteralSyntax BuildBits(IToken token, LiteralKind kind, string digits)
    {
        string text = StringText.Decode(token);
        int bad = text.AsSpan().IndexOfAnyExcept(digits);
        if (bad >= 0)
        {
            throw new PhantomDbException(
                SqlStates.InvalidTextRepresentation,
                $"\"{text[bad]}\" is not a valid {(kind == LiteralKind.BitString ? "binary" : "hexadecimal")} digit") { Position = token.StartIndex };
        }
        return new LiteralSyntax(kind, text, token.StartIndex);
    }

    private static LiteralSyntax Text(string value, int position) => new(LiteralKind.String, value, position);

    private static ExpressionSyntax BuildTypedLiteral(TypedLiteralContext context)
    {
        int position = Position(context);
        TypeNameSyntax type = context.predefinedType() is { } predefined
            ? BuildPredefinedType(predefined)
            : IntervalType(context.intervalFields(), context.Find(IntegerConstant), position);
        return new CastSyntax(Text(String(context.stringLiteral()), Position(context.stringLiteral())), type, position);
    }

    /// <summary>A column, a function call, or a type's name before a string.</summary>
    private static ExpressionSyntax BuildReference(PrimaryContext context)
    {
        int position = Position(context);
        IList<IParseTree> children = context.children;
        List<string> names = [Name((ParserRuleContext)children[0])];
        int next = 1;
        while (next < children.Count && children[next] is IndirectionContext { ChildCount: 2 } step && step.TokenType(1) != STAR)
        {
            names.Add(Name((ParserRuleContext)step.children[1]));
            next++;
        }
        SyntaxList<string> parts = names.ToSyntaxList();
        if (next == children.Count)
        {
            return new ColumnReferenceSyntax(parts, position);
        }
        switch (children[next])
        {
            case FunctionCallContext call when next == children.Count - 1:
                return BuildCall(new QualifiedName(parts, position), call, position);
            case FunctionCallContext call:
                return BuildTypedLiteral(new QualifiedName(parts, position), call, (StringLiteralContext)children[^1]);
            case StringLiteralContext literal:
                return new CastSyntax(Text(String(literal), Position(literal)), PlainType(new QualifiedName(parts, position)), position);
            case IndirectionContext star when star.TokenType(1) == STAR:
                RequireEnd(children, next + 1);
                return new StarSyntax(parts, position);
            default:
                return BuildIndirections(new ColumnReferenceSyntax(parts, position), children, next);
        }
    }

    private static CastSyntax BuildTypedLiteral(QualifiedName type, FunctionCallContext modifiers, StringLiteralContext literal)
    {
        FunctionCallSyntax call = BuildCall(type, modifiers, type.Position);
        if (call.IsStar || call.IsDistinct || call.IsVariadic || call.OrderBy.Count > 0 || call.WithinGroup.Count > 0 || call.Filter is not null || call.Over is not null)
        {
            throw SyntaxErrorAt(literal.Start);
        }
        return new CastSyntax(
            Text(String(literal), Position(literal)),
            new TypeNameSyntax(type, call.Arguments, SyntaxList<int>.Empty, IntervalFields.All, false, type.Position),
            type.Position);
    }

    /// <summary>Fields and subscripts behind an operand.</summary>
    private static ExpressionSyntax BuildIndirections(ExpressionSyntax operand, IList<IParseTree> children, int start)
    {
        for (int i = start; i < children.Count; i++)
        {
            if (children[i] is not IndirectionContext step)
            {
                throw SyntaxErrorAt(FirstToken(children[i])); // a[1](…) and a[1] 'x'
            }
            int position = Position(step);
            if (step.TokenType(0) == LBRACKET)
            {
                (ExpressionSyntax? lower, ExpressionSyntax? upper, bool isSlice) = BuildSubscript(step);
                operand = new SubscriptSyntax(operand, lower, upper, isSlice, position);
            }
            else if (step.TokenType(1) == STAR)
            {
                RequireEnd(children, i + 1);
                return new FieldStarSyntax(operand, position);
            }
            else
            {
                operand = new FieldSelectionSyntax(operand, Name(step.columnLabel()), position);
            }
        }
        return operand;
    }

    private static void RequireEnd(IList<IParseTree> children, int index)
    {
        if (index < children.Count)
        {
            throw SyntaxErrorAt(FirstToken(children[index]));
        }
    }

    private static (ExpressionSyntax? Lower, ExpressionSyntax? Upper, bool IsSlice) BuildSubscript(IndirectionContext context)
    {
        if (!context.Has(COLON))
        {
            return (null, BuildOperators(context.expression(0)), false);
        }
        ExpressionSyntax? lower = context.children[1] is ExpressionContext l ? BuildOperators(l) : null;
        ExpressionSyntax? upper = context.children[^2] is ExpressionContext u ? BuildOperators(u) : null;
        return (lower, upper, true);
    }
}
