using PhantomDb.Catalog;
using PhantomDb.Expressions;
using PhantomDb.Functions;
using PhantomDb.Planning.Logical;

namespace PhantomDb.Execution.Physical;

/// <summary>
/// An operator chosen by the physical planner, as data: which algorithm, over which columns. Expressions refer to the
/// inputs' columns by position. Holds no state of an execution, so that a cached plan can run many times, and at once.
/// </summary>
internal abstract record PhysicalOperator(IReadOnlyList<LogicalColumn> Columns)
{
    /// <summary>Operators below.</summary>
    public abstract IReadOnlyList<PhysicalOperator> Children { get; }

    /// <summary>Rows expected; NaN where nobody has estimated them.</summary>
    public double EstimatedRows { get; init; } = double.NaN;
}

/// <summary>Reads a table from end to end, by storage numbers; the row id, where wanted, is the last column.</summary>
internal sealed record PhysicalScan(
    TableDefinition Table, string Alias, IReadOnlyList<int> ColumnNumbers, bool HasRowId, Expression? Filter,
    IReadOnlyList<LogicalColumn> Columns) : PhysicalOperator(Columns)
{
    /// <summary>Numbers of the partial indexes' predicates that the filter implies.</summary>
    public IReadOnlyList<int> Implied { get; init; } = [];

    /// <summary>True where an index has all rows that the filter lets pass.</summary>
    public bool MayUse(IndexDefinition index) => !index.IsPartial || Implied.Contains(index.PredicateNumber);

    public override IReadOnlyList<PhysicalOperator> Children => [];
}

/// <summary>Reads a table that the engine makes up.</summary>
internal sealed record PhysicalVirtualScan(string Schema, string Name, string Alias, IReadOnlyList<LogicalColumn> Columns) : PhysicalOperator(Columns)
{
    /// <summary>True: the table gives its rows in the order opposite to its own.</summary>
    public bool IsBackward { get; init; }

    /// <summary>What the rows are filtered by above, for the table to leave out what it can.</summary>
    public Expression? Filter { get; init; }

    public override IReadOnlyList<PhysicalOperator> Children => [];
}

internal sealed record PhysicalTableFunction(
    BoundTableFunction Function, ExpressionList Arguments, bool HasOrdinality, IReadOnlyList<LogicalColumn> Columns) : PhysicalOperator(Columns)
{
    public override IReadOnlyList<PhysicalOperator> Children => [];
}

/// <summary>Rows of expressions without columns; none at all for a contradiction.</summary>
internal sealed record PhysicalValues(IReadOnlyList<ExpressionList> Rows, IReadOnlyList<LogicalColumn> Columns) : PhysicalOperator(Columns)
{
    public override IReadOnlyList<PhysicalOperator> Children => [];
}

internal sealed record PhysicalFilter(PhysicalOperator Input, Expression Predicate) : PhysicalOperator(Input.Columns)
{
    public override IReadOnlyList<PhysicalOperator> Children => [Input];
}

internal sealed record PhysicalProject(
    PhysicalOperator Input, IReadOnlyList<Expression> Expressions, IReadOnlyList<LogicalColumn> Columns) : PhysicalOperator(Columns)
{
    public override IReadOnlyList<PhysicalOperator> Children => [Input];
}

/// <summary>
/// A hash join: a table of the right side by its keys, probed by the left. Output: some left columns, then some right
/// ones (semi, anti: left ones alone; mark: left ones and the mark). The residual condition reads left outputs, then right
/// outputs, the residual condition reads, whose positions are those of the output.
/// </summary>
internal sealed record PhysicalHashJoin(
    JoinKind Kind, PhysicalOperator Left, PhysicalOperator Right, IReadOnlyList<Expression> LeftKeys, IReadOnlyList<Expression> RightKeys,
    IReadOnlyList<int> LeftOutputs, IReadOnlyList<int> RightOutputs, Expression? Residual, IReadOnlyList<LogicalColumn> Columns)
    : PhysicalOperator(Columns)
{
    /// <summary>
    /// The left side is the smaller one by far, and cannot become the table: it is kept first, so that the right side's
    /// scans need give only rows that have its keys.
    /// </summary>
    public bool ReadsLeftFirst { get; init; }

    public override IReadOnlyList<PhysicalOperator> Children => [Left, Right];
}

/// <summary>
/// Compares every left row with every right one. The condition's positions are those of all left columns, then all right
/// ones; so are the output's, but for semi, anti and mark joins, which give the left columns (and the mark).
/// </summary>
internal sealed record PhysicalNestedLoopJoin(
    JoinKind Kind, PhysicalOperator Left, PhysicalOperator Right, Expression? Condition, IReadOnlyList<LogicalColumn> Columns)
    : PhysicalOperator(Columns)
{
    /// <summary>As <see cref="LogicalJoin.KeepsOrder"/>.</summary>
    public bool KeepsOrder { get; init; }

    public override IReadOnlyList<PhysicalOperator> Children => [Left, Right];
}

/// <summary>
/// Runs the right side again for each left row, whose columns it finds in parameter slots. Condition and output as in
/// <see cref="PhysicalNestedLoopJoin"/>.
/// </summary>
internal sealed record PhysicalDependentJoin(
    JoinKind Kind, PhysicalOperator Left, PhysicalOperator Right, Expression? Condition,
    IReadOnlyList<OuterColumn> OuterColumns, IReadOnlyList<LogicalColumn> Columns) : PhysicalOperator(Columns)
{
    public override IReadOnlyList<PhysicalOperator> Children => [Left, Right];
}

/// <summary>A left column of a dependent join, by position, and the parameter in which the right side finds it.</summary>
internal readonly record struct OuterColumn(int Position, int Slot);

/// <summary>One aggregate over the input's columns.</summary>
internal sealed record PhysicalAggregateCall(
    BoundAggregate Function, IReadOnlyList<Expression> Arguments, Expression? Filter, bool IsDistinct, IReadOnlyList<SortKey> OrderBy);

/// <summary>
/// Groups by hash; output: the groups' columns, then the aggregates', then (where asked for) the place of the row's
/// grouping set.
/// </summary>
internal sealed record PhysicalAggregate(
    PhysicalOperator Input, IReadOnlyList<Expression> Groups, IReadOnlyList<PhysicalAggregateCall> Aggregates,
    IReadOnlyList<IReadOnlyList<int>>? GroupingSets, IReadOnlyList<LogicalColumn> Columns) : PhysicalOperator(Columns)
{
    public bool HasSetNumber => Columns.Count > Groups.Count + Aggregates.Count;

    public override IReadOnlyList<PhysicalOperator> Children => [Input];
}

/// <summary>Orders rows; with a limit keeps only the first.</summary>
internal sealed record PhysicalSort(PhysicalOperator Input, IReadOnlyList<SortKey> Keys, long? Limit) : PhysicalOperator(Input.Columns)
{
    public override IReadOnlyList<PhysicalOperator> Children => [Input];
}

/// <summary>Keeps all rows in the order of partition and keys, and adds the calls' columns behind the input's.</summary>
internal sealed record PhysicalWindow(
    PhysicalOperator Input, IReadOnlyList<Expression> PartitionBy, IReadOnlyList<SortKey> OrderBy, IReadOnlyList<WindowCall> Calls,
    IReadOnlyList<LogicalColumn> Columns) : PhysicalOperator(Columns)
{
    public override IReadOnlyList<PhysicalOperator> Children => [Input];
}

internal sealed record PhysicalLimit(PhysicalOperator Input, Expression? Limit, Expression? Offset, IReadOnlyList<SortKey>? Ties) : PhysicalOperator(Input.Columns)
{
    public override IReadOnlyList<PhysicalOperator> Children => [Input];
}

/// <summary>
/// Locks rows one by one, in the input's order, until the limit is served. Of the input's columns the last are row ids: those of the
/// tables, then those of tables that are not locked.
/// </summary>
internal sealed record PhysicalLockRows(
    PhysicalOperator Input, IReadOnlyList<LockedTable> Tables, Expression? Limit, Expression? Offset, IReadOnlyList<LogicalColumn> Columns)
    : PhysicalOperator(Columns)
{
    public override IReadOnlyList<PhysicalOperator> Children => [Input];
}

/// <summary>The first row of each group of equal keys, in the input's order.</summary>
internal sealed record PhysicalDistinct(PhysicalOperator Input, IReadOnlyList<Expression> Keys) : PhysicalOperator(Input.Columns)
{
    public override IReadOnlyList<PhysicalOperator> Children => [Input];
}

/// <summary>UNION ALL: the inputs' rows one after the other.</summary>
internal sealed record PhysicalUnion(IReadOnlyList<PhysicalOperator> Inputs, IReadOnlyList<LogicalColumn> Columns) : PhysicalOperator(Columns)
{
    public override IReadOnlyList<PhysicalOperator> Children => Inputs;
}

/// <summary>INTERSECT and EXCEPT: counts the right side's rows, then narrows the left side.</summary>
internal sealed record PhysicalSetOperation(
    SetOperationKind Kind, bool IsAll, PhysicalOperator Left, PhysicalOperator Right, IReadOnlyList<LogicalColumn> Columns) : PhysicalOperator(Columns)
{
    public override IReadOnlyList<PhysicalOperator> Children => [Left, Right];
}

/// <summary>Computes a common table expression, then the body, which reads it.</summary>
internal sealed record PhysicalCte(int CteId, string Name, PhysicalOperator Definition, PhysicalOperator Body) : PhysicalOperator(Body.Columns)
{
    public override IReadOnlyList<PhysicalOperator> Children => [Definition, Body];
}

internal sealed record PhysicalCteScan(int CteId, string Name, IReadOnlyList<LogicalColumn> Columns) : PhysicalOperator(Columns)
{
    public override IReadOnlyList<PhysicalOperator> Children => [];
}

/// <summary>Runs the recursive part over the rows of the step before until it gives none.</summary>
internal sealed record PhysicalRecursiveCte(
    int CteId, string Name, PhysicalOperator Initial, PhysicalOperator Recursive, bool IsAll, IReadOnlyList<LogicalColumn> Columns)
    : PhysicalOperator(Columns)
{
    public override IReadOnlyList<PhysicalOperator> Children => [Initial, Recursive];
}
