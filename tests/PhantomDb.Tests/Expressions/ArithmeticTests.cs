using PhantomDb.Expressions;
using PhantomDb.Types;
using PhantomDb.Vectors;
using static PhantomDb.Tests.Expressions.Sample;

namespace PhantomDb.Tests.Expressions;

[TestClass]
public sealed class ArithmeticTests
{
    [TestMethod]
    [DataRow("+", 2147483647, 1, "22003")]
    [DataRow("-", -2147483648, 1, "22003")]
    [DataRow("*", 65536, 65536, "22003")]
    [DataRow("/", 1, 0, "22012")]
    [DataRow("%", 1, 0, "22012")]
    [DataRow("/", -2147483648, -1, "22003")]
    public void Integer_arithmetic_fails_as_in_PostgreSQL(string name, int left, int right, string sqlState)
    {
        var error = Assert.ThrowsExactly<PhantomDbException>(() => Value(Call(name, Int(left), Int(right))));
        Assert.AreEqual(sqlState, error.SqlState);
    }

    [TestMethod]
    public void What_is_not_selected_or_NULL_does_not_fail()
    {
        DataChunk chunk = Chunk((SqlType.Int64, [long.MaxValue, 1L, null, 5L]));
        chunk.Selection = [1, 2, 3];
        chunk.Count = 3;
        Expression one = Constant(SqlType.Int64, 1L);
        CollectionAssert.AreEqual(new object?[] { 2L, null, 6L }, Values(Call("+", Column(0, SqlType.Int64), one), chunk));
    }

    [TestMethod]
    public void Tpch_revenue_is_computed_in_64_bits_with_the_scale_of_PostgreSQL()
    {
        SqlType money = SqlType.FixedNumeric(15, 2);
        DataChunk chunk = Chunk((money, [3307894L, 100L]), (money, [4L, 10L]), (money, [2L, 0L]));
        Expression one = Decimal("1");
        Expression revenue = Call("*",
            Call("*", Column(0, money), Call("-", one, Column(1, money))),
            Call("+", one, Column(2, money)));
        Assert.AreEqual(6, revenue.Type.Scale);
        Vector vector = new ExpressionEvaluator(revenue, Context(), allowNarrow: true).Evaluate(chunk);
        Assert.IsTrue(vector.IsNarrow);
        CollectionAssert.AreEqual(
            new[] { "32390.898048", "0.900000" },
            Values(revenue, chunk).Select(value => Show(revenue.Type, value)).ToArray());
    }

    [TestMethod]
    [DataRow(1)]
    [DataRow(2)]
    public void Fixed_numerics_agree_with_numeric_arithmetic(int seed)
    {
        var random = new Random(seed);
        for (int round = 0; round < 300; round++)
        {
            SqlType leftType = RandomType(random), rightType = RandomType(random);
            int count = random.Next(1, 50);
            object?[] left = RandomValues(random, leftType, count), right = RandomValues(random, rightType, count);
            DataChunk chunk = Chunk((leftType, left), (rightType, right));
            if (random.Next(3) == 0)
            {
                chunk.Selection = Enumerable.Range(0, count).Where(_ => random.Next(4) == 0).ToArray();
                chunk.Count = chunk.Selection.Length;
            }

            foreach (string name in new[] { "+", "-", "*" })
            {
                Expression fast = Call(name, Column(0, leftType), Column(1, rightType));
                Expression slow = Call(name, Cast(Column(0, leftType), SqlType.Numeric), Cast(Column(1, rightType), SqlType.Numeric));
                string?[]? expected = Try(slow, chunk);
                string?[]? actual = Try(fast, chunk);
                CollectionAssert.AreEqual(expected, actual, $"seed {seed} round {round}: {leftType} {name} {rightType} -> {fast.Type}");
            }
        }
    }

    [TestMethod]
    [DataRow(1)]
    [DataRow(2)]
    public void Casts_among_fixed_numerics_agree_with_those_by_numeric(int seed)
    {
        var random = new Random(seed);
        for (int round = 0; round < 300; round++)
        {
            SqlType from = RandomType(random), to = RandomType(random);
            DataChunk chunk = Chunk((from, RandomValues(random, from, 20)));
            Expression direct = Cast(Column(0, from), to);
            Expression indirect = Cast(Cast(Column(0, from), SqlType.Numeric), to);
            CollectionAssert.AreEqual(Try(indirect, chunk), Try(direct, chunk), $"seed {seed} round {round}: {from} -> {to}");
        }
    }

    [TestMethod]
    [DataRow("+", 1e308, 1e308, "22003")]
    [DataRow("*", 1e-300, 1e-300, "22003")]
    [DataRow("/", 1.0, 0.0, "22012")]
    public void Floating_point_fails_as_in_PostgreSQL(string name, double left, double right, string sqlState)
    {
        var error = Assert.ThrowsExactly<PhantomDbException>(
            () => Value(Call(name, Constant(SqlType.Double, left), Constant(SqlType.Double, right))));
        Assert.AreEqual(sqlState, error.SqlState);
    }

    [TestMethod]
    public void Infinities_and_NaN_go_through_floating_point_arithmetic()
    {
        DataChunk chunk = Chunk((SqlType.Double, [double.PositiveInfinity, double.NaN, 1.5, double.NegativeInfinity]));
        CollectionAssert.AreEqual(
            new object?[] { double.PositiveInfinity, double.NaN, 2.5, double.NegativeInfinity },
            Values(Call("+", Column(0, SqlType.Double), Constant(SqlType.Double, 1.0)), chunk));
    }

    private static string?[]? Try(Expression expression, DataChunk chunk)
    {
        try
        {
            return Values(expression, chunk).Select(value => Show(expression.Type, value)).ToArray();
        }
        catch (PhantomDbException error) when (error.SqlState == "22003")
        {
            return null;
        }
    }

    private static SqlType RandomType(Random random)
    {
        int precision = random.Next(1, 39);
        return SqlType.FixedNumeric(precision, random.Next(0, precision + 1));
    }

    private static object?[] RandomValues(Random random, SqlType type, int count) => Enumerable.Range(0, count).Select(_ =>
    {
        if (random.Next(8) == 0)
        {
            return (object?)null;
        }

        // Mostly small: then the narrow path stays narrow.
        int digits = random.Next(3) == 0 ? type.Precision : Math.Min(type.Precision, random.Next(1, 8));
        Int128 value = 0;
        for (int i = 0; i < digits; i++)
        {
            value = (value * 10) + random.Next(10);
        }

        value = random.Next(2) == 0 ? value : -value;
        return type.Physical == PhysicalType.Int64 ? (object)(long)value : value;
    }).ToArray();
}
