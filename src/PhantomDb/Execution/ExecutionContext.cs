using System.Collections.Immutable;
using PhantomDb.Expressions;
using PhantomDb.Functions;
using PhantomDb.Planning.Logical;
using PhantomDb.Storage;
using PhantomDb.Transactions;
using PhantomDb.Vectors;

namespace PhantomDb.Execution;

/// <summary>
/// What every operator of one execution shares: the statement (cancellation, deadline, clocks), the memory account that all
/// buffers are charged to, the parameters, and the tables as the statement sees them. Released as a whole at the end.
/// </summary>
internal sealed class ExecutionContext(IStatementContext statement, Vector[] parameters)
{
    public IStatementContext Statement { get; } = statement;

    public MemoryAccount Memory => Statement.Memory;

    public EvaluationContext Evaluation { get; } = new(statement, parameters);

    /// <summary>Tables by oid, those of the catalog that the plan was made for.</summary>
    public IReadOnlyDictionary<int, TableStore> Tables { get; init; } = ImmutableDictionary<int, TableStore>.Empty;

    /// <summary>What the statement sees of the tables (<c>Transaction.View</c> when it began).</summary>
    public ReadView View { get; init; }

    public IVirtualTableSource? VirtualTables { get; init; }

    /// <summary>Who wants to know what is read, where that is a SERIALIZABLE transaction.</summary>
    public Transaction? Reader { get; init; }

    /// <summary>Rows that scans are to give alone, by the columns of their row ids: a row is looked at again.</summary>
    public IReadOnlyDictionary<ColumnId, FixedRow>? FixedRows { get; private init; }

    /// <summary>
    /// Where rows that FOR UPDATE has locked are kept, by the first row id: who looks at a row of the statement again must find the
    /// same. Null in a part that runs several times.
    /// </summary>
    public Dictionary<ColumnId, LockedRows>? LockedRows { get; init; }

    /// <summary>Rows that were locked before, given instead of locking others.</summary>
    public IReadOnlyDictionary<ColumnId, LockedRows>? ReplayedRows { get; private init; }

    /// <summary>Where sources leave what their next run may use again; null where the plan will not run again.</summary>
    public KeptPlans? Kept { get; init; }

    /// <summary>Rows of WITH queries that were computed before.</summary>
    public CteRows? Ctes { get; init; }

    /// <summary>Parameters of the statement; those beyond are values of dependent joins, which change.</summary>
    public int ParameterCount { get; init; } = parameters.Length;

    /// <summary>Looked at by every operator once a chunk, and in every loop that works long without asking for one.</summary>
    public void ThrowIfCancelled() => Statement.ThrowIfCancelled();

    /// <summary>The same with parameters added, which dependent joins fill.</summary>
    public ExecutionContext WithSlots(int parameterCount, int slotCount)
    {
        if (slotCount == 0)
        {
            return this;
        }
        var all = new Vector[parameterCount + slotCount];
        Evaluation.Parameters.AsSpan(0, parameterCount).CopyTo(all);
        return With(Statement, all);
    }

    /// <summary>The same with a memory account of its own, for a part of the plan that runs many times.</summary>
    public ExecutionContext CreateNested() => With(new ScopedStatement(Statement), Evaluation.Parameters, isRepeated: true);

    /// <summary>A nested one in which some scans give one row.</summary>
    public ExecutionContext CreateNested(IReadOnlyDictionary<ColumnId, FixedRow> fixedRows) => With(new ScopedStatement(Statement), Evaluation.Parameters, true, fixedRows);

    private ExecutionContext With(
        IStatementContext statement, Vector[] parameters, bool isRepeated = false, IReadOnlyDictionary<ColumnId, FixedRow>? fixedRows = null) =>
        new(statement, parameters)
        {
            Tables = Tables, View = View, VirtualTables = VirtualTables, Reader = Reader, ParameterCount = ParameterCount, Ctes = Ctes, Kept = Kept,
            FixedRows = fixedRows ?? FixedRows, LockedRows = isRepeated ? null : LockedRows, ReplayedRows = fixedRows is null ? ReplayedRows : LockedRows,
        };
}

/// <summary>The rows that FOR UPDATE has given, as far as it was asked for them.</summary>
internal sealed record LockedRows(IReadOnlyList<LogicalColumn> Columns, ColumnarBuffer Rows);

/// <summary>A row that a scan gives: as it is now, or as the statement sees it; none where the id is negative.</summary>
internal readonly record struct FixedRow(long RowId, bool IsLatest);
