using System.Runtime.CompilerServices;
using PhantomDb.Errors;
using PhantomDb.Vectors;

namespace PhantomDb.Expressions.Evaluation;

/// <summary>
/// Computes one node of an expression over vectors: one virtual call a chunk. Owns its result vector, which its parent
/// reads until the next call.
/// </summary>
internal abstract class ExpressionNode
{
    /// <summary>The values at the positions of the rows, or a constant vector. Nothing is computed for other rows.</summary>
    public abstract Vector Evaluate(in RowSet rows);

    /// <summary>Deep trees give 54001 before they end the process. Called by every node that has children.</summary>
    protected static void EnsureStack()
    {
        if (!RuntimeHelpers.TryEnsureSufficientExecutionStack())
        {
            throw Error.TooDeep();
        }
    }
}
