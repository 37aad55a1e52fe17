using PhantomDb.Functions;
using PhantomDb.Vectors;

namespace PhantomDb.Expressions;

/// <summary>What an expression is evaluated with besides its input: the statement and the parameters (constant vectors).</summary>
internal sealed record EvaluationContext(IStatementContext Statement, Vector[] Parameters);
