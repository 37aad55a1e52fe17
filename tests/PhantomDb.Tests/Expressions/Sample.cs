using PhantomDb.Expressions;
using PhantomDb.Functions;
using PhantomDb.Tests.Functions;
using PhantomDb.Types;
using PhantomDb.Vectors;

namespace PhantomDb.Tests.Expressions;

/// <summary>Short forms for building expressions and chunks by hand, as the binder would.</summary>
internal static class Sample
{
    public static EvaluationContext Context(IStatementContext? statement = null, params Vector[] parameters) =>
        new(statement ?? new TestStatementContext(), parameters);

    /// <summary>A chunk of columns given as boxed values, null for NULL.</summary>
    public static DataChunk Chunk(params (SqlType Type, object?[] Values)[] columns)
    {
        var chunk = new DataChunk(columns.Select(column => column.Type.Physical).ToArray());
        for (int c = 0; c < columns.Length; c++)
        {
            Fill(chunk[c], columns[c].Values);
        }

        chunk.Count = columns.Length == 0 ? 1 : columns[0].Values.Length;
        return chunk;
    }

    public static void Fill(Vector vector, object?[] values)
    {
        switch (vector.DeclaredType)
        {
            case PhysicalType.Boolean: Fill<bool>(vector, values); break;
            case PhysicalType.Int16: Fill<short>(vector, values); break;
            case PhysicalType.Int32: Fill<int>(vector, values); break;
            case PhysicalType.Int64: Fill<long>(vector, values); break;
            case PhysicalType.Int128: Fill<Int128>(vector, values); break;
            case PhysicalType.Real: Fill<float>(vector, values); break;
            case PhysicalType.Double: Fill<double>(vector, values); break;
            case PhysicalType.Numeric: Fill<Numeric>(vector, values); break;
            case PhysicalType.Interval: Fill<Interval>(vector, values); break;
            case PhysicalType.Uuid: Fill<UInt128>(vector, values); break;
            case PhysicalType.String:
                Span<StringView> views = vector.Write<StringView>();
                for (int i = 0; i < values.Length; i++)
                {
                    if (values[i] is null)
                    {
                        vector.SetNull(i);
                        // What stands at a NULL is undefined: a view of a block that does not exist must do no harm.
                        views[i] = new StringView("garbage beyond any block"u8, 99, 12345);
                    }
                    else
                    {
                        views[i] = vector.Heap.Add(values[i] is ByteString bytes ? bytes.Bytes : new ByteString((string)values[i]!).Bytes);
                    }
                }

                vector.SealStrings();
                break;
            default: throw new NotSupportedException();
        }
    }

    private static void Fill<T>(Vector vector, object?[] values)
    {
        Span<T> target = vector.Write<T>();
        for (int i = 0; i < values.Length; i++)
        {
            if (values[i] is null)
            {
                vector.SetNull(i);
            }
            else
            {
                target[i] = (T)values[i]!;
            }
        }
    }

    public static Expression Column(int index, SqlType type) => new PositionExpression(index, type);

    public static Expression Constant(SqlType type, object? value) =>
        new ConstantExpression(type, value is string text ? new ByteString(text) : value);

    public static Expression Int(int? value) => Constant(SqlType.Int32, value);

    public static Expression Text(string? value) => Constant(SqlType.Text, value);

    /// <summary>A literal like 0.05 as the binder types it: numeric(2,2).</summary>
    public static Expression Decimal(string digits)
    {
        Numeric value = Numeric.Parse(new ByteString(digits).Bytes);
        int count = Math.Max(PowersOfTen.DigitCount(PowersOfTen.Magnitude(value.Coefficient)), Math.Max(1, value.Scale));
        SqlType type = SqlType.FixedNumeric(count, value.Scale);
        return new ConstantExpression(type, type.Physical == PhysicalType.Int64 ? (object)(long)value.Coefficient : value.Coefficient);
    }

    public static Expression Compare(ComparisonKind kind, Expression left, Expression right) => new ComparisonExpression(kind, left, right);

    public static Expression And(params Expression[] operands) => new ConjunctionExpression(ConjunctionKind.And, new ExpressionList(operands));

    public static Expression Or(params Expression[] operands) => new ConjunctionExpression(ConjunctionKind.Or, new ExpressionList(operands));

    /// <summary>Calls the overload that fits the argument types best in a simple sense, casting the arguments as it wants.</summary>
    public static Expression Call(string name, params Expression[] arguments)
    {
        SqlTypeId[] types = arguments.Select(argument => argument.Type.Id).ToArray();
        ScalarFunction? function = FunctionRegistry.FindScalars(name)
            .Where(candidate => Fits(candidate, types))
            .MaxBy(candidate => Score(candidate, types));
        Assert.IsNotNull(function, $"no function {name}({string.Join(", ", types)})");
        SqlType[] actual = arguments.Select((argument, i) =>
            function.TakesAny ? argument.Type : CastRegistry.ResultType(argument.Type, new SqlType(Parameter(function, i)))).ToArray();
        BoundScalarFunction bound = function.Bind(actual);
        return new FunctionExpression(bound, new ExpressionList(
            arguments.Select((argument, i) => Cast(argument, bound.ArgumentTypes[i])).ToArray()));
    }

    public static Expression Cast(Expression operand, SqlType type, CastContext context = CastContext.Implicit) =>
        operand.Type == type ? operand
        : operand is ConstantExpression { Value: null } ? new ConstantExpression(type, null)
        : new CastExpression(operand, type, context);

    /// <summary>The value of an expression without columns, in PostgreSQL's text form; null for NULL.</summary>
    public static string? Value(Expression expression, IStatementContext? statement = null)
    {
        EvaluationContext context = Context(statement);
        return Show(expression.Type, ExpressionEvaluator.EvaluateConstant(expression, context));
    }

    /// <summary>The values of an expression for the rows of a chunk.</summary>
    public static object?[] Values(Expression expression, DataChunk chunk)
    {
        Vector vector = new ExpressionEvaluator(expression, Context()).Evaluate(chunk);
        return Enumerable.Range(0, chunk.Count).Select(row => ExpressionEvaluator.BoxedValue(vector, chunk.Position(row))).ToArray();
    }

    public static int[] Select(Expression condition, DataChunk chunk)
    {
        int[] output = new int[DataChunk.Capacity];
        int count = new PredicateEvaluator(condition, Context()).Select(chunk, output);
        return output[..count];
    }

    public static string? Show(SqlType type, object? value) => value switch
    {
        null => null,
        bool flag => flag ? "t" : "f",
        _ when type.IsFixedNumeric => ShowNumeric(new Numeric(value is long narrow ? narrow : (Int128)value, type.Scale)),
        Numeric numeric => ShowNumeric(numeric),
        double number => ShowDouble(number),
        _ => value.ToString(),
    };

    private static string ShowNumeric(Numeric value) => value.ToString();

    private static string ShowDouble(double value)
    {
        Span<byte> buffer = stackalloc byte[64];
        FloatText.TryFormat(value, buffer, out int written);
        return System.Text.Encoding.UTF8.GetString(buffer[..written]);
    }

    private static SqlTypeId Parameter(ScalarFunction function, int index) =>
        function.Parameters[Math.Min(index, function.Parameters.Count - 1)];

    private static bool Fits(ScalarFunction function, SqlTypeId[] types)
    {
        if (function.IsVariadic ? types.Length < function.Parameters.Count : types.Length != function.Parameters.Count)
        {
            return false;
        }

        return types.Select((type, i) => function.TakesAny || CastRegistry.IsAllowed(type, Parameter(function, i), CastContext.Implicit)).All(fits => fits);
    }

    private static int Score(ScalarFunction function, SqlTypeId[] types) =>
        types.Select((type, i) => type == Parameter(function, i) ? 3 : Parameter(function, i) is SqlTypeId.Double or SqlTypeId.Text or SqlTypeId.TimestampTz ? 1 : 0).Sum();
}
