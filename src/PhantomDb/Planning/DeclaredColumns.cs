using System.Diagnostics.CodeAnalysis;
using PhantomDb.Catalog;
using PhantomDb.Expressions;
using PhantomDb.Planning.Logical;
using PhantomDb.Types;

namespace PhantomDb.Planning;

/// <summary>
/// Columns whose modifiers (varchar(10), numeric(10,2)) somebody has declared: a table's columns, as long as they are only
/// passed on, and casts to a length. What an expression's type says beyond that has been inferred, and is not shown. Of a
/// table's columns it is known which they are.
/// </summary>
internal sealed class DeclaredColumns
{
    public static readonly DeclaredColumns None = new(null);

    private readonly Dictionary<ColumnId, ColumnSource> _sources = [];   // without a table: a cast

    private DeclaredColumns(TableDefinition? rowsOf) => RowsOf = rowsOf;

    /// <summary>The table of which the plan gives each row once at most; null where there is none of which that is certain.</summary>
    public TableDefinition? RowsOf { get; }

    public static DeclaredColumns Find(LogicalOperator plan)
    {
        DeclaredColumns declared = new(TableOfRows(plan));
        declared.Add(plan);
        return declared;
    }

    public bool Contains(ColumnId id) => _sources.ContainsKey(id);

    /// <summary>The table's column that a column is; false where it is computed.</summary>
    public bool TryGetSource(ColumnId id, [NotNullWhen(true)] out TableDefinition? table, out ColumnSource source)
    {
        _sources.TryGetValue(id, out source);
        table = source.Table;
        return table is not null;
    }

    private void Add(LogicalOperator plan)
    {
        PlanTraversal.EnsureStack();
        foreach (LogicalOperator child in plan.Children)
        {
            Add(child);
        }
        switch (plan)
        {
            case LogicalScan scan:
                foreach (ScanColumn column in scan.Columns)
                {
                    _sources[column.Column.Id] = new ColumnSource(scan.Table, column.ColumnNumber, IsOptional: false);
                }
                break;
            case LogicalProject project:
                AddComputed(project.Columns, isOptional: false);
                break;
            case LogicalJoin join:
                MakeOptional(join.Kind is JoinKind.Right or JoinKind.Full ? join.Left : null);
                MakeOptional(join.Kind is JoinKind.Left or JoinKind.Full or JoinKind.Single ? join.Right : null);
                break;
            case LogicalAggregate aggregate:
                AddComputed(aggregate.Groups, isOptional: aggregate.GroupingSets is not null);
                break;
            case LogicalSetOperation set:
                for (int i = 0; i < set.Columns.Count; i++)
                {
                    if (Contains(set.Left.Output[i].Id) && Contains(set.Right.Output[i].Id) && set.Left.Output[i].Type == set.Right.Output[i].Type)
                    {
                        _sources[set.Columns[i].Id] = default;
                    }
                }
                break;
            case LogicalInsert insert:
                AddWithoutSource(insert.Input.Output);
                AddReturning(insert.Returning);
                break;
            case LogicalUpdate update:
                AddWithoutSource(update.NewRow);
                AddReturning(update.Returning);
                break;
            case LogicalDelete delete:
                AddReturning(delete.Returning);
                break;
        }
    }

    private void AddComputed(IReadOnlyList<ComputedColumn> columns, bool isOptional)
    {
        foreach (ComputedColumn column in columns)
        {
            if (column.Expression is ColumnExpression passedOn && _sources.TryGetValue(passedOn.Id, out ColumnSource source))
            {
                _sources[column.Column.Id] = source with { IsOptional = source.IsOptional || isOptional };
            }
            else if (column.Expression is CastExpression cast && cast.Type.Id is SqlTypeId.Varchar or SqlTypeId.Char && cast.Type.Precision >= 0)
            {
                _sources[column.Column.Id] = default;
            }
        }
    }

    // A new row's values may be columns of another table, or of another column, under their own ids: which column of the
    // changed table it is that RETURNING names can no longer be told.
    private void AddReturning(IReadOnlyList<ComputedColumn> columns)
    {
        AddComputed(columns, isOptional: false);
        foreach (ComputedColumn column in columns)
        {
            if (Contains(column.Column.Id))
            {
                _sources[column.Column.Id] = default;
            }
        }
    }

    private void AddWithoutSource(IReadOnlyList<LogicalColumn> columns)
    {
        foreach (LogicalColumn column in columns)
        {
            _sources.TryAdd(column.Id, default);
        }
    }

    private void MakeOptional(LogicalOperator? side)
    {
        foreach (LogicalColumn column in side?.Output ?? [])
        {
            if (_sources.TryGetValue(column.Id, out ColumnSource source))
            {
                _sources[column.Id] = source with { IsOptional = true };
            }
        }
    }

    // Down through what leaves rows out, orders them or computes something of each.
    private static TableDefinition? TableOfRows(LogicalOperator plan) => plan switch
    {
        LogicalScan scan => scan.Table,
        LogicalProject project => TableOfRows(project.Input),
        LogicalFilter filter => TableOfRows(filter.Input),
        LogicalSort sort => TableOfRows(sort.Input),
        LogicalLimit limit => TableOfRows(limit.Input),
        LogicalDistinct distinct => TableOfRows(distinct.Input),
        LogicalLockRows lockRows => TableOfRows(lockRows.Input),
        LogicalJoin { Kind: JoinKind.Semi or JoinKind.Anti or JoinKind.Mark or JoinKind.Single } join => TableOfRows(join.Left),
        _ => null,
    };
}

/// <summary>The table's column that a column of a plan is, passed on as it is.</summary>
/// <param name="Table">Null where it is none of a table.</param>
/// <param name="Number">Storage number.</param>
/// <param name="IsOptional">It is NULL where an outer join has no row, or a grouping set leaves it out.</param>
internal readonly record struct ColumnSource(TableDefinition? Table, int Number, bool IsOptional);
