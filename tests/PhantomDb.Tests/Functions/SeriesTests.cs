using PhantomDb.Expressions;
using PhantomDb.Functions;
using PhantomDb.Types;
using PhantomDb.Vectors;

namespace PhantomDb.Tests.Functions;

[TestClass]
public sealed class SeriesTests
{
    [TestMethod]
    public void Integers_go_up_and_down_and_stop_at_the_end_of_the_type()
    {
        CollectionAssert.AreEqual(new object?[] { 1, 2, 3 }, Rows(SqlType.Int32, 1, 3));
        CollectionAssert.AreEqual(new object?[] { 5, 3, 1 }, Rows(SqlType.Int32, 5, 0, -2));
        CollectionAssert.AreEqual(Array.Empty<object?>(), Rows(SqlType.Int32, 3, 1));
        CollectionAssert.AreEqual(new object?[] { int.MaxValue - 1, int.MaxValue }, Rows(SqlType.Int32, int.MaxValue - 1, int.MaxValue));
        CollectionAssert.AreEqual(new object?[] { long.MinValue }, Rows(SqlType.Int64, long.MinValue, long.MinValue, -1L));
        CollectionAssert.AreEqual(Array.Empty<object?>(), Rows(SqlType.Int32, null, 1));
        Assert.AreEqual(10_000, Rows(SqlType.Int64, 1L, 10_000L).Length);
    }

    [TestMethod]
    public void Numerics_and_timestamps_step_as_in_PostgreSQL()
    {
        CollectionAssert.AreEqual(new[] { "1", "1.5", "2.0" }, Rows(
            SqlType.Numeric, new Numeric(1, 0), new Numeric(2, 0), new Numeric(5, 1)).Select(value => value!.ToString()).ToArray());
        long january = DateTimeText.ParseTimestamp("2024-01-31"u8, DateTimeClock.Fixed);
        long april = DateTimeText.ParseTimestamp("2024-04-01"u8, DateTimeClock.Fixed);
        long february = DateTimeText.ParseTimestamp("2024-02-29"u8, DateTimeClock.Fixed);
        long march = DateTimeText.ParseTimestamp("2024-03-29"u8, DateTimeClock.Fixed);
        CollectionAssert.AreEqual(new object?[] { january, february, march }, Rows(SqlType.Timestamp, january, april, new Interval(1, 0, 0)));
    }

    [TestMethod]
    public void A_step_of_zero_is_22023()
    {
        Assert.AreEqual("22023", Assert.ThrowsExactly<PhantomDbException>(() => Rows(SqlType.Int32, 1, 2, 0)).SqlState);
    }

    private static object?[] Rows(SqlType type, params object?[] arguments)
    {
        TableFunction function = FunctionRegistry.FindTableFunctions("generate_series")
            .Single(candidate => candidate.Parameters.Count == arguments.Length && candidate.Parameters[0] == type.Id);
        BoundTableFunction bound = function.Bind(function.Parameters.Select(id => new SqlType(id)).ToArray());
        Vector[] vectors = arguments.Select((value, i) => ExpressionEvaluator.MakeConstant(bound.ArgumentTypes[i], value)).ToArray();
        TableFunctionRows rows = bound.Open(vectors, new TestStatementContext());
        var chunk = new DataChunk(bound.Columns.Select(column => column.Type.Physical).ToArray());
        var result = new List<object?>();
        while (rows.Next(chunk))
        {
            result.AddRange(Enumerable.Range(0, chunk.Count).Select(row => ExpressionEvaluator.BoxedValue(chunk[0], row)));
        }

        return result.ToArray();
    }
}
