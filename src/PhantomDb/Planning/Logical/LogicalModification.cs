using PhantomDb.Catalog;
using PhantomDb.Expressions;

namespace PhantomDb.Planning.Logical;

/// <summary>A check constraint bound over the new row.</summary>
internal sealed record BoundCheck(ConstraintDefinition Constraint, Expression Condition);

/// <summary>
/// What changing a table's rows by a foreign key's action needs: checks over the new row's columns, and the defaults of
/// columns that SET DEFAULT sets, by storage number.
/// </summary>
internal sealed record CascadeTarget(
    TableDefinition Table, IReadOnlyList<LogicalColumn> Row, IReadOnlyList<BoundCheck> Checks, IReadOnlyDictionary<int, Expression> Defaults)
{
    /// <summary>Index expressions over the new row's columns.</summary>
    public IReadOnlyList<StoredExpression> Stored { get; init; } = [];
}

/// <summary>
/// A statement that changes a table. It reads <see cref="Input"/>, changes rows, and gives the RETURNING columns, computed
/// over the new row (for DELETE the old one) and the input's other columns.
/// </summary>
internal abstract record LogicalModification(TableDefinition Table, LogicalOperator Input) : LogicalOperator
{
    public IReadOnlyList<ComputedColumn> Returning { get; init; } = [];

    /// <summary>Check constraints to test, over the new row's columns.</summary>
    public IReadOnlyList<BoundCheck> Checks { get; init; } = [];

    /// <summary>Index expressions to store with the new row, over its columns; for UPDATE those that may have changed.</summary>
    public IReadOnlyList<StoredExpression> Stored { get; init; } = [];

    /// <summary>Tables whose rows may change with this one's, by actions of foreign keys.</summary>
    public IReadOnlyList<CascadeTarget> Cascades { get; init; } = [];

    public override IReadOnlyList<LogicalColumn> Output => [.. Returning.Select(r => r.Column)];

    public override IReadOnlyList<LogicalOperator> Children => [Input];
}

/// <summary>
/// INSERT: the input gives one column for each column of the table, in the table's order (defaults and identity values
/// are computed by a projection below). Checks and RETURNING refer to those input columns.
/// </summary>
internal sealed record LogicalInsert(TableDefinition Table, LogicalOperator Input) : LogicalModification(Table, Input)
{
    public ConflictAction? OnConflict { get; init; }
}

/// <summary>
/// ON CONFLICT, about the unique indexes that the clause means, or all where it names none: DO NOTHING where there are no assignments. The existing row's columns come under <see cref="Existing"/>,
/// the proposed row's (EXCLUDED) are the insert's input columns.
/// </summary>
internal sealed record ConflictAction(IReadOnlyList<IndexDefinition> Arbiters, IReadOnlyList<LogicalColumn> Existing)
{
    /// <summary>New values by storage number of the column, over existing and proposed columns.</summary>
    public IReadOnlyList<ColumnAssignment> Assignments { get; init; } = [];

    public Expression? Where { get; init; }

    public bool DoesNothing { get; init; }
}

/// <summary>A new value for a column, by storage number.</summary>
internal sealed record ColumnAssignment(int ColumnNumber, Expression Value);

/// <summary>
/// UPDATE: the input gives the row id and, for each column of the table in its order, the new row's value under
/// <see cref="NewRow"/> (an unchanged column appears as itself). A row that a join gives several times is updated once.
/// </summary>
internal sealed record LogicalUpdate(TableDefinition Table, LogicalOperator Input, LogicalColumn RowId) : LogicalModification(Table, Input)
{
    public required IReadOnlyList<LogicalColumn> NewRow { get; init; }

    /// <summary>Storage numbers of the columns that SET names.</summary>
    public required IReadOnlyList<int> ChangedColumns { get; init; }
}

/// <summary>DELETE: the input gives the row id, and the columns that RETURNING needs.</summary>
internal sealed record LogicalDelete(TableDefinition Table, LogicalOperator Input, LogicalColumn RowId) : LogicalModification(Table, Input);
