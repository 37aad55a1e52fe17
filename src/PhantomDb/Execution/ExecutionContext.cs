using PhantomDb.Expressions;
using PhantomDb.Functions;
using PhantomDb.Vectors;

namespace PhantomDb.Execution;

/// <summary>
/// What every operator of one execution shares: the statement (cancellation, deadline, clocks), the memory account that all
/// buffers are charged to, and the parameters. Released as a whole at the end.
/// </summary>
internal sealed class ExecutionContext(IStatementContext statement, Vector[] parameters)
{
    public IStatementContext Statement { get; } = statement;

    public MemoryAccount Memory => Statement.Memory;

    public EvaluationContext Evaluation { get; private init; } = new(statement, parameters);

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
        return new ExecutionContext(Statement, all);
    }

    /// <summary>The same with a memory account of its own, for a part of the plan that runs many times.</summary>
    public ExecutionContext CreateNested() => new(new ScopedStatement(Statement), Evaluation.Parameters);
}
