using Antlr4.Runtime;
using Antlr4.Runtime.Tree;
using PhantomDb.Errors;
using PhantomDb.Parsing.Ast;
using static PhantomDb.Grammar.PhantomSqlParser;

namespace PhantomDb.Parsing;

/// <summary>Operators and parentheses of value expressions. Chains hang deep on their left in the parse tree, so the left spine is walked with a loop.</summary>
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
}
