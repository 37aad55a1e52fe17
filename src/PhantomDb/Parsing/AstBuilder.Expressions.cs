using Antlr4.Runtime;
using Antlr4.Runtime.Tree;
using PhantomDb.Errors;
using PhantomDb.Parsing.Ast;
using static PhantomDb.Grammar.PhantomSqlParser;

namespace PhantomDb.Parsing;

/// <summary>Value expressions. Chains hang deep on their left in the parse tree, so the left spine is walked with a loop.</summary>
internal static partial class AstBuilder
{
    public static ExpressionSyntax BuildExpression(ExpressionContext context) => BuildOperators(context);

    private static ExpressionSyntax? BuildOrNull(ExpressionContext? context) => context is null ? null : BuildOperators(context);

    private static ExpressionSyntax? BuildWhere(WhereClauseContext? context) => context is null ? null : BuildOperators(context.expression());

    private static SyntaxList<ExpressionSyntax> BuildList(ExpressionListContext? context) =>
        context is null ? SyntaxList<ExpressionSyntax>.Empty : BuildList(context.children);

    /// <summary>The expressions among the children, in order.</summary>
    private static SyntaxList<ExpressionSyntax> BuildList(IList<IParseTree> children)
    {
        int count = 0;
        for (int i = 0; i < children.Count; i++)
        {
            count += children[i] is ExpressionContext ? 1 : 0;
        }
        ExpressionSyntax[] items = new ExpressionSyntax[count];
        count = 0;
        for (int i = 0; i < children.Count; i++)
        {
            if (children[i] is ExpressionContext expression)
            {
                items[count++] = BuildOperators(expression);
            }
        }
        return new SyntaxList<ExpressionSyntax>(items);
    }

    /// <summary>The items of VALUES and IN: expressions, and plain literals that are leaves of the list itself.</summary>
    private static SyntaxList<ExpressionSyntax> BuildItems(ListItemsContext context)
    {
        IList<IParseTree> children = context.children;
        List<ExpressionSyntax> items = new(children.Count);
        for (int i = 0; i < children.Count; i++)
        {
            if (children[i] is ExpressionContext expression)
            {
                items.Add(BuildOperators(expression));
                continue;
            }
            IToken token = ((ITerminalNode)children[i]).Symbol;
            if (token.Type == MINUS)
            {
                i++;
                items.Add(new UnarySyntax("-", null, BuildLiteral(((ITerminalNode)children[i]).Symbol), token.StartIndex));
            }
            else if (token.Type != COMMA)
            {
                items.Add(BuildLiteral(token));
            }
        }
        return new SyntaxList<ExpressionSyntax>(items.ToArray());
    }

    // Operators

    /// <summary>An expression or a bound expression, by its operators: first the leftmost operand, then one operator after the other.</summary>
    private static ExpressionSyntax BuildOperators(ParserRuleContext context)
    {
        GuardStack(context);
        if (context.children[0] is PrimaryContext single)
        {
            return BuildPrimary(single);
        }
        Stack<ParserRuleContext> spine = new();
        ParserRuleContext current = context;
        while (IsOperand(current.children[0]))
        {
            spine.Push(current);
            current = (ParserRuleContext)current.children[0];
        }
        ExpressionSyntax result = current.children[0] is PrimaryContext primary ? BuildPrimary(primary) : BuildPrefix(current);
        List<ExpressionSyntax>? chain = null;
        while (spine.TryPop(out ParserRuleContext? operation))
        {
            int token = operation.TokenType(1);
            if (token is AND or OR)
            {
                ConjunctionKind kind = token == AND ? ConjunctionKind.And : ConjunctionKind.Or;
                chain ??= [];
                AddOperand(chain, kind, result);
                AddOperand(chain, kind, BuildOperators((ParserRuleContext)operation.children[2]));
                while (spine.TryPeek(out ParserRuleContext? next) && next.TokenType(1) == token)
                {
                    AddOperand(chain, kind, BuildOperators((ParserRuleContext)spine.Pop().children[2]));
                }
                result = new ConjunctionSyntax(kind, chain.ToSyntaxList(), chain[0].Position);
                chain.Clear();
            }
            else
            {
                result = BuildOperation(operation, token, result);
            }
        }
        return result;
    }

    /// <summary>A conjunction inside one of the same kind is part of it.</summary>
    private static void AddOperand(List<ExpressionSyntax> chain, ConjunctionKind kind, ExpressionSyntax operand)
    {
        if (operand is ConjunctionSyntax inner && inner.Kind == kind)
        {
            chain.AddRange(inner.Operands);
        }
        else
        {
            chain.Add(operand);
        }
    }

    private static bool IsOperand(IParseTree node) => node is ExpressionContext or BoundExpressionContext;

    private static ExpressionSyntax BuildPrefix(ParserRuleContext context)
    {
        int position = Position(context);
        if (context.TokenType(0) == NOT)
        {
            return new NotSyntax(BuildOperators((ParserRuleContext)context.children[1]), position);
        }
        // A chain of signs is walked with a loop as well: it is as long as the text.
        List<ParserRuleContext> prefixes = [];
        ParserRuleContext operand = context;
        while (!IsOperand(operand.children[0]) && operand.children[0] is not PrimaryContext && operand.TokenType(0) != NOT)
        {
            prefixes.Add(operand);
            operand = (ParserRuleContext)operand.children[1];
        }
        ExpressionSyntax result = BuildOperators(operand);
        for (int i = prefixes.Count - 1; i >= 0; i--)
        {
            (string name, string? schema) = OperatorName(prefixes[i].children[0]);
            result = new UnarySyntax(name, schema, result, Position(prefixes[i]));
        }
        return result;
    }

    /// <summary>One operator applied to its left operand, which is built already.</summary>
    private static ExpressionSyntax BuildOperation(ParserRuleContext context, int token, ExpressionSyntax left)
    {
        CheckAssociativity(context);
        IParseTree operation = context.children[1];
        int position = operation is ITerminalNode node ? Position(node) : Position((ParserRuleContext)operation);
        ExpressionContext expression = context as ExpressionContext ?? NoExpression;
        bool isNegated = token is NOT or IS && context.Has(NOT);
        switch (token == NOT ? context.TokenType(2) : token)
        {
            case TYPECAST:
                return new CastSyntax(left, BuildTypeName((TypeNameContext)context.children[2]), position);
            case COLLATE:
                return new CollateSyntax(left, BuildName(expression.qualifiedName()), position);
            case AT:
                return SystemCall("timezone", position, BuildOperators((ParserRuleContext)context.children[4]), left);
            case BETWEEN:
                return new BetweenSyntax(
                    left,
                    BuildOperators(expression.boundExpression()),
                    BuildOperators(expression.expression(1)),
                    isNegated,
                    context.Has(SYMMETRIC),
                    position);
            case IN:
                return BuildIn(left, expression.inList(), isNegated, position);
            case ESCAPE:
                throw SyntaxErrorAt(((ITerminalNode)operation).Symbol);
            case LIKE or ILIKE or SIMILAR:
                return BuildLike(expression, left, isNegated, position);
            case OVERLAPS:
                return BuildOverlaps((ITerminalNode)operation, left, BuildOperators((ParserRuleContext)context.children[2]));
            case ISNULL or NOTNULL:
                return new IsTestSyntax(left, IsTestKind.Null, token == NOTNULL, position);
            case IS when context.Has(DISTINCT):
                return new IsDistinctFromSyntax(left, BuildOperators((ParserRuleContext)context.children[^1]), isNegated, position);
            case IS:
                return BuildIsTest(left, expression.isTest(), isNegated, position);
            default:
                (string name, string? schema) = OperatorName(operation);
                return context.children[2] is QuantifierContext quantifier
                    ? BuildQuantified(left, name, schema, quantifier, expression.parenthesized(), position)
                    : new BinarySyntax(name, schema, left, BuildOperators((ParserRuleContext)context.children[2]), position);
        }
    }

    /// <summary>Stands for the operators that only full expressions have, so that the accessors of a bound expression find nothing.</summary>
    private static readonly ExpressionContext NoExpression = new(null, -1);

    private static (string Name, string? Schema) OperatorName(IParseTree node)
    {
        if (node is OtherOperatorContext { ChildCount: > 1 } qualified)
        {
            ColumnIdContext[] schema = qualified.columnId();
            return (NormalizeOperator(qualified.anyOperator().GetText()), schema.Length == 0 ? null : string.Join('.', schema.Select(Name)));
        }
        return (NormalizeOperator(node.GetText()), null);
    }

    private static string NormalizeOperator(string name) => name == "!=" ? "<>" : name;

    private enum NonAssociativeGroup
    {
        None,
        Comparison,
        Like,
        Is,
    }

    private static NonAssociativeGroup GroupOf(ParserRuleContext context)
    {
        if (context.ChildCount < 2 || !IsOperand(context.children[0]))
        {
            return NonAssociativeGroup.None;
        }
        return context.children[1] switch
        {
            ComparisonOperatorContext => NonAssociativeGroup.Comparison,
            ITerminalNode node => node.Symbol.Type switch
            {
                IS or ISNULL or NOTNULL => NonAssociativeGroup.Is,
                NOT or BETWEEN or IN or LIKE or ILIKE or SIMILAR => NonAssociativeGroup.Like,
                _ => NonAssociativeGroup.None,
            },
            _ => NonAssociativeGroup.None,
        };
    }

    /// <summary>
    /// <c>a &lt; b &lt; c</c>, <c>a LIKE b LIKE c</c> and <c>a IS DISTINCT FROM b IS NULL</c> are syntax errors at the second operator;
    /// <c>a IS NULL IS NULL</c> and <c>a IN (1) IN (true)</c> are not, because nothing is open between their operators.
    /// </summary>
    private static void CheckAssociativity(ParserRuleContext context)
    {
        NonAssociativeGroup group = GroupOf(context);
        if (group == NonAssociativeGroup.None)
        {
            return;
        }
        ParserRuleContext left = (ParserRuleContext)context.children[0];
        if (GroupOf(left) == group && IsOperand(left.children[^1]))
        {
            throw SyntaxErrorAt(FirstToken(context.children[1]));
        }
        if (!IsOperand(context.children[^1]))
        {
            return;
        }
        // Down the left spine of the right operand: each operator there follows this one with nothing but its operand between.
        ParserRuleContext right = (ParserRuleContext)context.children[^1];
        if (right.ChildCount == 3 && right.TokenType(1) == ESCAPE)
        {
            right = (ParserRuleContext)right.children[2]; // belongs to its LIKE
        }
        while (right.ChildCount > 1 && IsOperand(right.children[0]))
        {
            if (GroupOf(right) == group)
            {
                throw SyntaxErrorAt(FirstToken(right.children[1]));
            }
            right = (ParserRuleContext)right.children[0];
        }
    }

    private static IToken FirstToken(IParseTree node) => node is ITerminalNode terminal ? terminal.Symbol : ((ParserRuleContext)node).Start;

    private static ExpressionSyntax BuildIn(ExpressionSyntax operand, InListContext list, bool isNegated, int position)
    {
        if (list.children[1] is KeywordQueryContext keywordQuery)
        {
            return new InSubquerySyntax(operand, BuildQuery(keywordQuery), isNegated, position);
        }
        ListItemsContext items = (ListItemsContext)list.children[1];
        QueryRestContext? rest = list.children[2] as QueryRestContext;
        ParenthesizedContext? only = items.ChildCount == 1 && items.children[0] is ExpressionContext single ? ParenthesesOf(single) : null;
        if (only is not null && QueryOf(only) is { } query)
        {
            return new InSubquerySyntax(operand, rest is null ? query : BuildQuery(query, rest), isNegated, position);
        }
        return rest is null ? new InListSyntax(operand, BuildItems(items), isNegated, position) : throw SyntaxErrorAt(rest.Start);
    }

    private static ExpressionSyntax BuildLike(ExpressionContext context, ExpressionSyntax operand, bool isNegated, int position)
    {
        LikeKind kind = context.Has(ILIKE) ? LikeKind.ILike : context.Has(SIMILAR) ? LikeKind.SimilarTo : LikeKind.Like;
        if (context.quantifier() is { } quantifier)
        {
            string name = kind switch
            {
                LikeKind.Like => isNegated ? "!~~" : "~~",
                LikeKind.ILike => isNegated ? "!~~*" : "~~*",
                _ => throw SyntaxErrorAt(quantifier.Start),
            };
            return BuildQuantified(operand, name, null, quantifier, context.parenthesized(), position);
        }
        ParserRuleContext pattern = (ParserRuleContext)context.children[^1];
        ParserRuleContext? escape = null;
        if (pattern.ChildCount == 3 && pattern.TokenType(1) == ESCAPE)
        {
            escape = (ParserRuleContext)pattern.children[2];
            pattern = (ParserRuleContext)pattern.children[0];
        }
        return new LikeSyntax(kind, operand, BuildOperators(pattern), escape is null ? null : BuildOperators(escape), isNegated, position);
    }

    private static FunctionCallSyntax BuildOverlaps(ITerminalNode operation, ExpressionSyntax left, ExpressionSyntax right)
    {
        if (left is not RowSyntax from || right is not RowSyntax to)
        {
            throw SyntaxErrorAt(operation.Symbol);
        }
        if (from.Items.Count != 2)
        {
            throw Error.InvalidSyntax("wrong number of parameters on left side of OVERLAPS expression", left.Position);
        }
        if (to.Items.Count != 2)
        {
            throw Error.InvalidSyntax("wrong number of parameters on right side of OVERLAPS expression", right.Position);
        }
        return SystemCall("overlaps", Position(operation), from.Items[0], from.Items[1], to.Items[0], to.Items[1]);
    }

    private static ExpressionSyntax BuildIsTest(ExpressionSyntax operand, IsTestContext test, bool isNegated, int position)
    {
        switch (test.Stop.Type)
        {
            case NULL:
                return new IsTestSyntax(operand, IsTestKind.Null, isNegated, position);
            case TRUE:
                return new IsTestSyntax(operand, IsTestKind.True, isNegated, position);
            case FALSE:
                return new IsTestSyntax(operand, IsTestKind.False, isNegated, position);
            case UNKNOWN:
                return new IsTestSyntax(operand, IsTestKind.Unknown, isNegated, position);
            case DOCUMENT:
                return new UnsupportedExpressionSyntax("IS DOCUMENT", position);
            default:
                ExpressionSyntax normalized = test.ChildCount == 1
                    ? SystemCall("is_normalized", position, operand)
                    : SystemCall("is_normalized", position, operand, Text(test.Start.Text.ToUpperInvariant(), test.Start.StartIndex));
                return isNegated ? new NotSyntax(normalized, position) : normalized;
        }
    }

    private static ExpressionSyntax BuildQuantified(
        ExpressionSyntax operand,
        string name,
        string? schema,
        QuantifierContext quantifier,
        ParenthesizedContext argument,
        int position)
    {
        QuantifierKind kind = quantifier.Start.Type == ALL ? QuantifierKind.All : QuantifierKind.Any;
        if (QueryOf(argument) is { } query)
        {
            return new QuantifiedSubquerySyntax(operand, name, schema, kind, query, position);
        }
        if (argument.Find(COMMA) is { } comma)
        {
            throw SyntaxErrorAt(comma);
        }
        return new QuantifiedArraySyntax(operand, name, schema, kind, BuildOperators((ExpressionContext)argument.children[1]), position);
    }

    // Parentheses

    /// <summary>The query that stands in the parentheses, however many there are; null if it is a value or a row.</summary>
    private static SelectStatement? QueryOf(ParenthesizedContext context) => QueryOf(context, out _);

    /// <summary>Goes down to the innermost parentheses with a loop: ((((a)))) is as deep as the text is long.</summary>
    private static SelectStatement? QueryOf(ParenthesizedContext context, out ParenthesizedContext innermost)
    {
        List<QueryRestContext>? rests = null;
        innermost = context;
        while (true)
        {
            if (innermost.children[^2] is QueryRestContext rest)
            {
                (rests ??= []).Add(rest);
            }
            if (innermost.children[1] is not ExpressionContext expression
                || innermost.children[2] is ITerminalNode { Symbol.Type: COMMA }
                || ParenthesesOf(expression) is not { } inner)
            {
                break;
            }
            innermost = inner;
        }
        if (innermost.children[1] is not KeywordQueryContext keywordQuery)
        {
            // (a, b) ORDER BY … and (1) UNION …: what stands before must be a query in parentheses.
            return rests is null ? null : throw SyntaxErrorAt(rests[^1].Start);
        }
        SelectStatement query = BuildQuery(keywordQuery);
        for (int i = (rests?.Count ?? 0) - 1; i >= 0; i--)
        {
            query = BuildQuery(query, rests![i]);
        }
        return query;
    }

    /// <summary>The parentheses that the expression consists of, if there is nothing beside them.</summary>
    private static ParenthesizedContext? ParenthesesOf(ExpressionContext expression) =>
        expression.ChildCount == 1 && expression.children[0] is PrimaryContext { ChildCount: 1 } primary ? primary.children[0] as ParenthesizedContext : null;

    private static ExpressionSyntax BuildParenthesized(ParenthesizedContext context)
    {
        GuardStack(context);
        int position = Position(context);
        if (QueryOf(context, out ParenthesizedContext innermost) is { } query)
        {
            return new SubquerySyntax(query, position);
        }
        return innermost.ChildCount == 3
            ? BuildOperators((ExpressionContext)innermost.children[1])
            : new RowSyntax(BuildList(innermost.children), Position(innermost));
    }

    // Primaries

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

    // Functions

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

    // Windows and order

    private static WindowSpecificationSyntax BuildWindow(WindowSpecificationContext context) => new(
        NameOrNull(context.columnId()),
        BuildList(context.expressionList()),
        BuildOrderBy(context.orderByClause()),
        context.windowFrame() is { } frame ? BuildFrame(frame) : null,
        Position(context));

    private static FrameSyntax BuildFrame(WindowFrameContext context)
    {
        FrameUnit unit = context.Start.Type switch
        {
            ROWS => FrameUnit.Rows,
            GROUPS => FrameUnit.Groups,
            _ => FrameUnit.Range,
        };
        FrameBoundContext[] bounds = context.frameBound();
        FrameBoundSyntax start = BuildFrameBound(bounds[0]);
        FrameBoundSyntax end = bounds.Length > 1 ? BuildFrameBound(bounds[1]) : new FrameBoundSyntax(FrameBoundKind.CurrentRow, null, -1);
        FrameExclusion exclusion = context.Has(TIES) ? FrameExclusion.Ties
            : context.Has(GROUP) ? FrameExclusion.Group
            : context.Has(CURRENT) ? FrameExclusion.CurrentRow
            : FrameExclusion.NoOthers;
        CheckFrame(start, end, bounds.Length > 1, bounds[^1]);
        return new FrameSyntax(unit, start, end, bounds.Length > 1, exclusion, Position(context));
    }

    private static void CheckFrame(FrameBoundSyntax start, FrameBoundSyntax end, bool hasBetween, FrameBoundContext last)
    {
        string? message = start.Kind switch
        {
            FrameBoundKind.UnboundedFollowing => "frame start cannot be UNBOUNDED FOLLOWING",
            _ when end.Kind == FrameBoundKind.UnboundedPreceding => "frame end cannot be UNBOUNDED PRECEDING",
            FrameBoundKind.Following when !hasBetween => "frame starting from following row cannot end with current row",
            FrameBoundKind.Following when end.Kind == FrameBoundKind.CurrentRow => "frame starting from following row cannot end with current row",
            FrameBoundKind.CurrentRow when end.Kind == FrameBoundKind.Preceding => "frame starting from current row cannot have preceding rows",
            FrameBoundKind.Following when end.Kind == FrameBoundKind.Preceding => "frame starting from following row cannot have preceding rows",
            _ => null,
        };
        if (message is not null)
        {
            throw new PhantomDbException(SqlStates.WindowingError, message) { Position = Position(last) };
        }
    }

    private static FrameBoundSyntax BuildFrameBound(FrameBoundContext context)
    {
        bool isFollowing = context.Has(FOLLOWING);
        FrameBoundKind kind = context.Has(CURRENT) ? FrameBoundKind.CurrentRow
            : context.Has(UNBOUNDED) ? (isFollowing ? FrameBoundKind.UnboundedFollowing : FrameBoundKind.UnboundedPreceding)
            : isFollowing ? FrameBoundKind.Following : FrameBoundKind.Preceding;
        return new FrameBoundSyntax(kind, BuildOrNull(context.expression()), Position(context));
    }

    private static SyntaxList<OrderByItem> BuildOrderBy(OrderByClauseContext? context) =>
        context is null ? SyntaxList<OrderByItem>.Empty : context.orderByItem().Select(BuildOrderByItem).ToSyntaxList();

    private static OrderByItem BuildOrderByItem(OrderByItemContext context)
    {
        if (context.columnId() is { Length: > 0 } schema)
        {
            throw Error.NotSupported("ORDER BY USING with a qualified operator", Position(schema[0]));
        }
        return new OrderByItem(
            BuildOperators(context.expression()),
            Direction(context),
            Nulls(context.nullsOrder()),
            context.anyOperator() is { } operation ? NormalizeOperator(operation.GetText()) : null,
            Position(context));
    }

    private static SortDirection Direction(ParserRuleContext context) =>
        context.Has(DESC) ? SortDirection.Descending : context.Has(ASC) ? SortDirection.Ascending : SortDirection.Default;

    private static NullsOrder Nulls(NullsOrderContext? context) =>
        context is null ? NullsOrder.Default : context.Has(FIRST) ? NullsOrder.First : NullsOrder.Last;
}
