using Antlr4.Runtime;
using PhantomDb.Errors;
using PhantomDb.Parsing.Ast;
using static PhantomDb.Grammar.PhantomSqlParser;

namespace PhantomDb.Parsing;

/// <summary>Windows and their frames, and the items of ORDER BY.</summary>
internal static partial class AstBuilder
{
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
