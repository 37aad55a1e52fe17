using PhantomDb.Expressions;
using PhantomDb.Functions;
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
    public IReadOnlyDictionary<int, TableStore> Tables { get; init; } = new Dictionary<int, TableStore>();

    /// <summary>What the statement sees of the tables (<c>Transaction.View</c> when it began).</summary>
    public ReadView View { get; init; }

    public IVirtualTableSource? VirtualTables { get; init; }

    /// <summary>Who wants to know what is read, where that is a SERIALIZABLE transaction.</summary>
    public Transaction? Reader { get; init; }

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
    public ExecutionContext CreateNested() => With(new ScopedStatement(Statement), Evaluation.Parameters);

    private ExecutionContext With(IStatementContext statement, Vector[] parameters) =>
        new(statement, parameters) { Tables = Tables, View = View, VirtualTables = VirtualTables, Reader = Reader, ParameterCount = ParameterCount };
}
