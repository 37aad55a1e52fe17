using System.Buffers;
using System.Globalization;
using System.Text;
using PhantomDb.Expressions;
using PhantomDb.Functions;
using PhantomDb.Tests.Expressions;
using PhantomDb.Types;
using PhantomDb.Vectors;
using static PhantomDb.Tests.Expressions.Sample;

namespace PhantomDb.Tests.Functions;

/// <summary>
/// Calls of built-in functions, with results recorded from PostgreSQL 15 (functions.txt: SQL type of each argument and
/// its text, then the result or SQLSTATE). Every call is made with constants and with columns.
/// </summary>
[TestClass]
public sealed class FunctionResultTests
{
    public static IEnumerable<object[]> Calls() => File.ReadLines(RepositoryPaths.InRepository("tests", "PhantomDb.Tests", "Functions", "functions.txt"))
        .Where(line => line.Length > 0 && line[0] != '#')
        .Select(line => new object[] { line });

    [TestMethod]
    [DynamicData(nameof(Calls))]
    public void Results_are_those_of_PostgreSQL(string line)
    {
        string[] parts = line.Split('\t');
        string expected = parts[^1];
        Expression[] constants = parts[1..^1].Select(Argument).ToArray();
        Assert.AreEqual(expected, Result(() => Evaluate(parts[0], constants, null)), "of constants");
        DataChunk chunk = Chunk(constants.Select(argument => (argument.Type, new[] { null, ((ConstantExpression)argument).Value, null })).ToArray());
        chunk.Selection = [1];
        chunk.Count = 1;
        Expression[] columns = constants.Select((argument, i) => Column(i, argument.Type)).ToArray();
        Assert.AreEqual(expected, Result(() => Evaluate(parts[0], columns, chunk)), "of columns");
    }

    private static string Evaluate(string function, Expression[] arguments, DataChunk? chunk)
    {
        Expression call = function.StartsWith("cast:", StringComparison.Ordinal)
            ? Cast(arguments[0], TypeOf(function[5..]), CastContext.Explicit)
            : Call(function, arguments);
        var statement = new TestStatementContext();
        chunk ??= Chunk();
        Vector vector = new ExpressionEvaluator(call, Context(statement)).Evaluate(chunk);
        int position = chunk.Position(0);
        if (!vector.IsValid(vector.PositionOf(position)))
        {
            return "NULL";
        }

        var output = new ArrayBufferWriter<byte>();
        new TextOutput(call.Type, statement).Write(vector, position, output);
        return "=" + Encoding.UTF8.GetString(output.WrittenSpan).Replace("\n", "\\n", StringComparison.Ordinal);
    }

    private static string Result(Func<string> evaluate)
    {
        try
        {
            return evaluate();
        }
        catch (PhantomDbException error)
        {
            return "!" + error.SqlState;
        }
    }

    private static Expression Argument(string text)
    {
        int colon = text.IndexOf(':', StringComparison.Ordinal);
        SqlType type = TypeOf(text[..colon]);
        string value = text[(colon + 1)..];
        if (value == "\\N")
        {
            return new ConstantExpression(type, null);
        }

        var input = new TextInput(type, DateTimeClock.Fixed);
        var vector = new Vector(type.Physical);
        vector.BeginWrite();
        input.Parse(Encoding.UTF8.GetBytes(value), vector, 0);
        input.End(vector);
        return new ConstantExpression(type, ExpressionEvaluator.BoxedValue(vector, 0));
    }

    internal static SqlType TypeOf(string name)
    {
        int open = name.IndexOf('(', StringComparison.Ordinal);
        int[] modifiers = open < 0 ? [] : name[(open + 1)..^1].Split(',').Select(part => int.Parse(part, CultureInfo.InvariantCulture)).ToArray();
        SqlType type = (open < 0 ? name : name[..open]) switch
        {
            "bool" => SqlType.Boolean, "int2" => SqlType.Int16, "int4" => SqlType.Int32, "int8" => SqlType.Int64,
            "numeric" => SqlType.Numeric, "float4" => SqlType.Real, "float8" => SqlType.Double, "text" => SqlType.Text,
            "varchar" => SqlType.Varchar, "bpchar" => SqlType.Char, "bytea" => SqlType.Bytea, "date" => SqlType.Date,
            "time" => SqlType.Time, "timestamp" => SqlType.Timestamp, "timestamptz" => SqlType.TimestampTz,
            "interval" => SqlType.Interval, "uuid" => SqlType.Uuid, "name" => SqlType.Name,
            _ => throw new NotSupportedException(name),
        };
        return modifiers.Length switch
        {
            0 => type,
            1 => type with { Precision = modifiers[0], Scale = type.Id == SqlTypeId.Numeric ? 0 : -1 },
            _ => type with { Precision = modifiers[0], Scale = modifiers[1] },
        };
    }
}
