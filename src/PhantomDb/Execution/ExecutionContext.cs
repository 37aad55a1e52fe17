using PhantomDb.Expressions;
using PhantomDb.Functions;
using PhantomDb.Vectors;

namespace PhantomDb.Execution;

/// <summary>
/// What every operator of one execution shares: the statement (cancellation, deadline, clocks), the memory account that all buffers are charged to, and the parameters. Released as a whole at the end.
/// </summary>
internal sealed class ExecutionContext(IStatementContext statement, Vector[] parameters)
{
    public IStatementContext Statement { get; } = statement;

    public MemoryAccount Memory => Statement.Memory;

    public EvaluationContext Evaluation { get; } = new(statement, parameters);

    /// <summary>Looked at by every operator once a chunk, and in every loop that works long without asking for one.</summary>
    public void ThrowIfCancelled() => Statement.ThrowIfCancelled();
}
