namespace PhantomDb.Parsing.Ast;

/// <summary>
/// A type as written. The standard's spellings are already PostgreSQL's internal names, in <c>pg_catalog</c>, as its own parser has them:
/// INT/INTEGER int4, SMALLINT int2, BIGINT int8, REAL float4, FLOAT(n) float4/float8, DOUBLE PRECISION float8, DECIMAL/NUMERIC numeric, BOOLEAN bool,
/// CHAR(n) bpchar (CHAR alone: bpchar with modifier 1), VARCHAR varchar, BIT bit, BIT VARYING varbit, TIME time/timetz, TIMESTAMP timestamp/timestamptz, INTERVAL interval.
/// Any other name is as the user wrote it (<c>text</c>, <c>int4</c>, <c>my.type</c>).
/// </summary>
/// <param name="Modifiers"><c>(10, 2)</c>; empty if none. An interval's precision is in here, its fields are in <paramref name="IntervalFields"/>.</param>
/// <param name="ArrayBounds">One element for each <c>[]</c> or <c>[n]</c>; -1 where no bound is given.</param>
internal sealed record TypeNameSyntax(
    QualifiedName Name,
    SyntaxList<ExpressionSyntax> Modifiers,
    SyntaxList<int> ArrayBounds,
    IntervalFields IntervalFields,
    bool IsSetOf,
    int Position) : SyntaxNode(Position);

/// <summary>The fields that <c>interval day to second</c> and its like allow.</summary>
internal enum IntervalFields
{
    /// <summary>No restriction.</summary>
    All,
    Year,
    Month,
    Day,
    Hour,
    Minute,
    Second,
    YearToMonth,
    DayToHour,
    DayToMinute,
    DayToSecond,
    HourToMinute,
    HourToSecond,
    MinuteToSecond,
}
