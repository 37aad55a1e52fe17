using PhantomDb.Catalog;
using PhantomDb.Expressions;
using PhantomDb.Functions;
using PhantomDb.Types;

namespace PhantomDb.Planning.Logical;

/// <summary>A column that an operator gives to the one above.</summary>
internal sealed record LogicalColumn(ColumnId Id, SqlType Type, string Name)
{
    public ColumnExpression Reference => new(Id, Type, Name);
}

/// <summary>A computed column: its id above, and the expression over the columns below.</summary>
internal sealed record ComputedColumn(LogicalColumn Column, Expression Expression);

/// <summary>
/// A relational operator of a plan, as data. Expressions refer to columns by id; a reference to an id that no operator
/// below gives is correlated: it belongs to a query outside, until subquery unnesting has removed it.
/// </summary>
internal abstract record LogicalOperator
{
    /// <summary>Columns that this operator gives, in order.</summary>
    public abstract IReadOnlyList<LogicalColumn> Output { get; }

    /// <summary>Operators below.</summary>
    public abstract IReadOnlyList<LogicalOperator> Children { get; }
}

/// <summary>Reads a table. The filter may use the scanned columns and is applied while reading.</summary>
internal sealed record LogicalScan(TableDefinition Table, string Alias, IReadOnlyList<ScanColumn> Columns) : LogicalOperator
{
    /// <summary>Bigint column with the row's id, for UPDATE and DELETE; beside the output.</summary>
    public LogicalColumn? RowId { get; init; }

    public Expression? Filter { get; init; }

    /// <summary>
    /// What the table's index expressions are, over the scanned columns. Their values are stored: where a query has the same
    /// expression, the scan can give the stored value in its place, and an index over it is one over a column.
    /// </summary>
    public IReadOnlyList<StoredExpression> Stored { get; init; } = [];

    /// <summary>Numbers of the predicates that the filter implies: partial indexes with these have all rows that are wanted.</summary>
    public IReadOnlyList<int> Implied { get; init; } = [];

    public override IReadOnlyList<LogicalColumn> Output => [.. Columns.Select(c => c.Column)];

    public override IReadOnlyList<LogicalOperator> Children => [];
}

/// <summary>A scanned column and its storage number.</summary>
internal sealed record ScanColumn(LogicalColumn Column, int ColumnNumber);

/// <summary>An index expression over the columns of a row, and the column under which a scan can give its stored value.</summary>
internal sealed record StoredExpression(ScanColumn Column, Expression Value);

/// <summary>Reads a table that the engine makes up (catalogs; later the log and snapshots).</summary>
internal sealed record LogicalVirtualScan(string Schema, string Name, string Alias, IReadOnlyList<LogicalColumn> Columns) : LogicalOperator
{
    public override IReadOnlyList<LogicalColumn> Output => Columns;

    public override IReadOnlyList<LogicalOperator> Children => [];
}

/// <summary>Rows of a table function; the arguments may be correlated (LATERAL).</summary>
internal sealed record LogicalTableFunction(BoundTableFunction Function, ExpressionList Arguments, IReadOnlyList<LogicalColumn> Columns) : LogicalOperator
{
    /// <summary>WITH ORDINALITY: a bigint column that counts from 1, the last of <see cref="Columns"/>.</summary>
    public bool HasOrdinality { get; init; }

    public override IReadOnlyList<LogicalColumn> Output => Columns;

    public override IReadOnlyList<LogicalOperator> Children => [];
}

/// <summary>Rows of expressions: VALUES, or one row without columns for SELECT without FROM.</summary>
internal sealed record LogicalValues(IReadOnlyList<LogicalColumn> Columns, IReadOnlyList<ExpressionList> Rows) : LogicalOperator
{
    public override IReadOnlyList<LogicalColumn> Output => Columns;

    public override IReadOnlyList<LogicalOperator> Children => [];
}

/// <summary>No rows: what a contradiction is rewritten to.</summary>
internal sealed record LogicalEmpty(IReadOnlyList<LogicalColumn> Columns) : LogicalOperator
{
    public override IReadOnlyList<LogicalColumn> Output => Columns;

    public override IReadOnlyList<LogicalOperator> Children => [];
}

/// <summary>Rows for which the predicate is true.</summary>
internal sealed record LogicalFilter(LogicalOperator Input, Expression Predicate) : LogicalOperator
{
    public override IReadOnlyList<LogicalColumn> Output => Input.Output;

    public override IReadOnlyList<LogicalOperator> Children => [Input];
}

/// <summary>Computes columns from the input's. An input column that is kept appears as itself (same id).</summary>
internal sealed record LogicalProject(LogicalOperator Input, IReadOnlyList<ComputedColumn> Columns) : LogicalOperator
{
    public override IReadOnlyList<LogicalColumn> Output => [.. Columns.Select(c => c.Column)];

    public override IReadOnlyList<LogicalOperator> Children => [Input];
}

/// <summary>How a join treats rows without and with partners.</summary>
internal enum JoinKind : byte
{
    Inner,
    Left,
    Right,
    Full,
    /// <summary>Left rows that have a partner, once each.</summary>
    Semi,
    /// <summary>Left rows that have none.</summary>
    Anti,
    /// <summary>Left rows with a boolean column that says whether they have a partner (three-valued, as IN is).</summary>
    Mark,
    /// <summary>Left rows with their partner or NULLs; more than one partner is error 21000 (scalar subquery).</summary>
    Single,
}

/// <summary>
/// A join. The condition is over both sides' columns; null is TRUE (a cross join). Equalities in it become hash keys.
/// </summary>
internal sealed record LogicalJoin(JoinKind Kind, LogicalOperator Left, LogicalOperator Right, Expression? Condition) : LogicalOperator
{
    /// <summary>The column of a mark join.</summary>
    public LogicalColumn? Mark { get; init; }

    /// <summary>The right side refers to columns of the left (LATERAL, a correlated subquery): a dependent join, until unnested.</summary>
    public bool IsDependent { get; init; }

    /// <summary>
    /// The result comes in the left rows' order, and for one of them in the right rows': the rows of a set-returning function
    /// in a select list.
    /// </summary>
    public bool KeepsOrder { get; init; }

    public override IReadOnlyList<LogicalColumn> Output => Kind switch
    {
        JoinKind.Semi or JoinKind.Anti => Left.Output,
        JoinKind.Mark => [.. Left.Output, Mark!],
        _ => [.. Left.Output, .. Right.Output],
    };

    public override IReadOnlyList<LogicalOperator> Children => [Left, Right];
}

/// <summary>An aggregate call in a <see cref="LogicalAggregate"/>.</summary>
internal sealed record AggregateCall(BoundAggregate Function, ExpressionList Arguments)
{
    public bool IsDistinct { get; init; }

    public Expression? Filter { get; init; }

    public IReadOnlyList<SortKey> OrderBy { get; init; } = [];
}

/// <summary>A column of a <see cref="LogicalAggregate"/> with its call.</summary>
internal sealed record AggregateColumn(LogicalColumn Column, AggregateCall Call);

/// <summary>Groups rows; without group columns there is always exactly one group.</summary>
internal sealed record LogicalAggregate(
    LogicalOperator Input, IReadOnlyList<ComputedColumn> Groups, IReadOnlyList<AggregateColumn> Aggregates) : LogicalOperator
{
    /// <summary>
    /// GROUPING SETS, ROLLUP, CUBE: for each set the places in <see cref="Groups"/> that belong to it; null where there is
    /// but the one set of all.
    /// </summary>
    public IReadOnlyList<IReadOnlyList<int>>? GroupingSets { get; init; }

    /// <summary>
    /// An integer column with the place in <see cref="GroupingSets"/> of the set that a row belongs to: the last of the
    /// output, where GROUPING() asks for it.
    /// </summary>
    public LogicalColumn? GroupingSetNumber { get; init; }

    public override IReadOnlyList<LogicalColumn> Output =>
        [.. Groups.Select(g => g.Column), .. Aggregates.Select(a => a.Column), .. GroupingSetNumber is null ? [] : new[] { GroupingSetNumber }];

    public override IReadOnlyList<LogicalOperator> Children => [Input];
}

/// <summary>One key of an order.</summary>
internal sealed record SortKey(Expression Expression, bool IsDescending, bool NullsFirst);

/// <summary>Orders rows; with a limit it is a top-N.</summary>
internal sealed record LogicalSort(LogicalOperator Input, IReadOnlyList<SortKey> Keys) : LogicalOperator
{
    /// <summary>Rows wanted at most, offset included (top-N); null: all.</summary>
    public long? Limit { get; init; }

    public override IReadOnlyList<LogicalColumn> Output => Input.Output;

    public override IReadOnlyList<LogicalOperator> Children => [Input];
}

/// <summary>LIMIT and OFFSET: bigint expressions without columns; NULL is no limit.</summary>
internal sealed record LogicalLimit(LogicalOperator Input, Expression? Limit, Expression? Offset) : LogicalOperator
{
    /// <summary>FETCH FIRST … WITH TIES: rows equal to the last by these keys are kept too.</summary>
    public IReadOnlyList<SortKey>? Ties { get; init; }

    public override IReadOnlyList<LogicalColumn> Output => Input.Output;

    public override IReadOnlyList<LogicalOperator> Children => [Input];
}

/// <summary>
/// DISTINCT; with <see cref="On"/> DISTINCT ON, which keeps the first row of each group in the input's order.
/// </summary>
internal sealed record LogicalDistinct(LogicalOperator Input) : LogicalOperator
{
    public ExpressionList? On { get; init; }

    public override IReadOnlyList<LogicalColumn> Output => Input.Output;

    public override IReadOnlyList<LogicalOperator> Children => [Input];
}

/// <summary>UNION, INTERSECT, EXCEPT.</summary>
internal enum SetOperationKind : byte
{
    Union,
    Intersect,
    Except,
}

/// <summary>A set operation: both inputs' columns match by place and have the output's types exactly.</summary>
internal sealed record LogicalSetOperation(
    SetOperationKind Kind, bool IsAll, LogicalOperator Left, LogicalOperator Right, IReadOnlyList<LogicalColumn> Columns) : LogicalOperator
{
    public override IReadOnlyList<LogicalColumn> Output => Columns;

    public override IReadOnlyList<LogicalOperator> Children => [Left, Right];
}

/// <summary>A common table expression that is computed once and read by the <see cref="LogicalCteScan"/>s in the body.</summary>
internal sealed record LogicalCte(int CteId, string Name, LogicalOperator Definition, LogicalOperator Body) : LogicalOperator
{
    public override IReadOnlyList<LogicalColumn> Output => Body.Output;

    public override IReadOnlyList<LogicalOperator> Children => [Definition, Body];
}

/// <summary>
/// A recursive common table expression: the initial query's rows, then the recursive one's over the rows of the step
/// before (its <see cref="LogicalCteScan"/> of this id), until a step gives none.
/// </summary>
internal sealed record LogicalRecursiveCte(
    int CteId, string Name, LogicalOperator Initial, LogicalOperator Recursive, bool IsAll, IReadOnlyList<LogicalColumn> Columns) : LogicalOperator
{
    public override IReadOnlyList<LogicalColumn> Output => Columns;

    public override IReadOnlyList<LogicalOperator> Children => [Initial, Recursive];
}

/// <summary>Reads a common table expression: columns by place, under ids of this scan's own.</summary>
internal sealed record LogicalCteScan(int CteId, string Name, IReadOnlyList<LogicalColumn> Columns) : LogicalOperator
{
    public override IReadOnlyList<LogicalColumn> Output => Columns;

    public override IReadOnlyList<LogicalOperator> Children => [];
}
