using PhantomDb.Expressions.Evaluation;
using PhantomDb.Types;
using PhantomDb.Vectors;

namespace PhantomDb.Expressions;

/// <summary>
/// Computes an expression over chunks. Columns are positions in the chunk. Belongs to one worker: it owns the vectors
/// that it gives back, each valid until the next call.
/// </summary>
internal sealed class ExpressionEvaluator
{
    private readonly ExpressionNode _root;

    /// <summary>
    /// With <paramref name="allowNarrow"/> the result may be narrow (see <see cref="Vector.IsNarrow"/>): for arguments of
    /// aggregates that accept it (<see cref="Functions.BoundAggregate.AcceptsNarrow"/>).
    /// </summary>
    public ExpressionEvaluator(Expression expression, EvaluationContext context, bool allowNarrow = false)
    {
        Type = expression.Type;
        var compiler = new ExpressionCompiler(context);
        _root = allowNarrow ? compiler.Compile(expression) : compiler.CompileWide(expression);
    }

    public SqlType Type { get; }

    /// <summary>
    /// The values at the chunk's positions. The vector may be constant, or a column of the chunk itself.
    /// </summary>
    public Vector Evaluate(DataChunk chunk) => _root.Evaluate(new RowSet(chunk.Vectors, chunk.Selection, chunk.Count));

    /// <summary>The values for some of the chunk's rows only.</summary>
    public Vector Evaluate(DataChunk chunk, int[]? selection, int count) =>
        _root.Evaluate(new RowSet(chunk.Vectors, selection, count));

    /// <summary>The value of an expression without columns, as in <see cref="ConstantExpression"/>; null for NULL.</summary>
    public static object? EvaluateConstant(Expression expression, EvaluationContext context)
    {
        if (expression is ConstantExpression constant)
        {
            return constant is { Type.Id: SqlTypeId.Numeric, Value: ByteString } ? throw Errors.Error.NumericOverflow() : constant.Value;
        }

        ExpressionNode root = new ExpressionCompiler(context).CompileWide(expression);
        return ConstantVectors.Box(root.Evaluate(new RowSet([], null, 1)), 0);
    }

    /// <summary>A constant vector for a parameter's value, as in <see cref="ConstantExpression"/>; null for NULL.</summary>
    public static Vector MakeConstant(SqlType type, object? value) => ConstantVectors.Make(type, value);

    /// <summary>A vector's value at a position, boxed as in <see cref="ConstantExpression"/>.</summary>
    public static object? BoxedValue(Vector vector, int position) => ConstantVectors.Box(vector, position);
}
