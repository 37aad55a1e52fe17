using PhantomDb.Expressions;
using PhantomDb.Types;
using PhantomDb.Vectors;
using static PhantomDb.Tests.Expressions.Sample;

namespace PhantomDb.Tests.Expressions;

[TestClass]
public sealed class ConditionTests
{
    [TestMethod]
    [DataRow(1)]
    [DataRow(2)]
    [DataRow(3)]
    [DataRow(4)]
    public void Random_conditions_agree_with_three_valued_logic(int seed)
    {
        var random = new Random(seed);
        for (int round = 0; round < 200; round++)
        {
            int count = random.Next(1, 200);
            DataChunk chunk = Chunk(Enumerable.Range(0, 3).Select(_ => (SqlType.Int32, Enumerable.Range(0, count)
                .Select(_ => random.Next(5) == 0 ? null : (object?)random.Next(4)).ToArray())).ToArray());
            object?[][] columns = Enumerable.Range(0, 3).Select(c => Values(Column(c, SqlType.Int32), chunk)).ToArray();
            if (random.Next(2) == 0)
            {
                chunk.Selection = Enumerable.Range(0, count).Where(_ => random.Next(3) > 0).ToArray();
                chunk.Count = chunk.Selection.Length;
            }

            Expression condition = Condition(random, 4);
            object?[] expected = Enumerable.Range(0, chunk.Count)
                .Select(row => (object?)Model(condition, columns, chunk.Position(row))).ToArray();
            CollectionAssert.AreEqual(expected, Values(condition, chunk), $"seed {seed} round {round}: {condition}");
            int[] positions = Enumerable.Range(0, chunk.Count).Where(row => expected[row] is true).Select(chunk.Position).ToArray();
            CollectionAssert.AreEqual(positions, Select(condition, chunk), $"seed {seed} round {round}: {condition}");
        }
    }

    [TestMethod]
    public void Case_protects_what_would_fail()
    {
        DataChunk chunk = Chunk((SqlType.Int32, [0, 5, null, 2]));
        Expression column = Column(0, SqlType.Int32);
        Expression safe = new CaseExpression(
            new ExpressionList(Compare(ComparisonKind.NotEqual, column, Int(0))),
            new ExpressionList(Call("/", Int(10), column)),
            Int(-1));
        CollectionAssert.AreEqual(new object?[] { -1, 2, -1, 5 }, Values(safe, chunk));
        var error = Assert.ThrowsExactly<PhantomDbException>(() => Values(Call("/", Int(10), column), chunk));
        Assert.AreEqual("22012", error.SqlState);
    }

    [TestMethod]
    public void Coalesce_computes_later_operands_only_where_needed()
    {
        DataChunk chunk = Chunk((SqlType.Int32, [4, null]), (SqlType.Int32, [0, 2]));
        Expression result = new CoalesceExpression(new ExpressionList(
            Column(0, SqlType.Int32), Call("/", Int(10), Column(1, SqlType.Int32))));
        CollectionAssert.AreEqual(new object?[] { 4, 5 }, Values(result, chunk));
    }

    [TestMethod]
    public void Case_puts_strings_of_several_block_tables_together()
    {
        DataChunk chunk = Chunk(
            (SqlType.Int32, [1, 2, 3, 4]),
            (SqlType.Text, ["first column, long enough", "short", null, "first column again, long"]),
            (SqlType.Text, ["second column, long enough", "second column, row two", "second column, row three", null]));
        Expression number = Column(0, SqlType.Int32);
        Expression result = new CaseExpression(
            new ExpressionList(
                Compare(ComparisonKind.Equal, number, Int(2)),
                Compare(ComparisonKind.Equal, number, Int(3))),
            new ExpressionList(Column(2, SqlType.Text), Text("a constant that is not inline")),
            Column(1, SqlType.Text));
        CollectionAssert.AreEqual(
            new[] { "first column, long enough", "second column, row two", "a constant that is not inline", "first column again, long" },
            Values(result, chunk).Select(value => value?.ToString()).ToArray());
    }

    [TestMethod]
    public void Fifty_thousand_operands_are_no_depth()
    {
        DataChunk chunk = Chunk((SqlType.Int32, [1, 49_999, 70_000]));
        Expression[] operands = Enumerable.Range(0, 50_000)
            .Select(i => Compare(ComparisonKind.NotEqual, Column(0, SqlType.Int32), Int(i))).ToArray();
        CollectionAssert.AreEqual(new[] { 2 }, Select(And(operands), chunk));
    }

    [TestMethod]
    public void Too_deep_an_expression_is_54001()
    {
        Expression deep = Compare(ComparisonKind.Equal, Int(1), Int(1));
        for (int i = 0; i < 200_000; i++)
        {
            deep = new BooleanTestExpression(deep, true, i % 2 == 0);
        }

        var error = Assert.ThrowsExactly<PhantomDbException>(() => Select(deep, Chunk((SqlType.Int32, [1]))));
        Assert.AreEqual("54001", error.SqlState);
    }

    [TestMethod]
    public void In_lists_of_every_size_agree_with_a_model()
    {
        var random = new Random(7);
        foreach (int size in new[] { 1, 3, 8, 9, 100, 5000 })
        {
            foreach (SqlType type in new[] { SqlType.Int32, SqlType.Text, SqlType.Double, SqlType.FixedNumeric(30, 2) })
            {
                object?[] values = Enumerable.Range(0, 500).Select(_ => random.Next(9) == 0 ? null : Make(type, random.Next(2 * size))).ToArray();
                object[] items = Enumerable.Range(0, size).Select(i => Make(type, i * 2)).ToArray();
                DataChunk chunk = Chunk((type, values));
                Expression inList = new InListExpression(
                    Column(0, type), new ExpressionList(items.Select(item => Constant(type, item)).ToArray()), false);
                var set = items.ToHashSet();
                CollectionAssert.AreEqual(
                    values.Select(value => value is null ? null : (object)set.Contains(value)).ToArray(), Values(inList, chunk), $"{type} {size}");
                CollectionAssert.AreEqual(
                    Enumerable.Range(0, 500).Where(i => values[i] is not null && !set.Contains(values[i]!)).ToArray(),
                    Select(new NotExpression(inList), chunk), $"{type} {size}");
            }
        }

        static object Make(SqlType type, int number) => type.Physical switch
        {
            PhysicalType.Int32 => number,
            PhysicalType.Double => number / 4.0,
            PhysicalType.Int128 => (Int128)number << 70,
            _ => $"{(number % 3 == 0 ? "a longer string with number " : "")}{number}",
        };
    }

    private static Expression Condition(Random random, int depth)
    {
        Expression column = Column(random.Next(3), SqlType.Int32);
        if (depth == 0 || random.Next(4) == 0)
        {
            return random.Next(5) switch
            {
                0 => new IsNullExpression(column, random.Next(2) == 0),
                1 => new InListExpression(column, new ExpressionList(Int(random.Next(4)), random.Next(4) == 0 ? Int(null) : Int(1)), random.Next(2) == 0),
                2 => Constant(SqlType.Boolean, random.Next(3) switch { 0 => null, 1 => true, _ => false }),
                3 => Compare((ComparisonKind)random.Next(8), column, Int(random.Next(6) == 0 ? null : random.Next(4))),
                _ => Compare((ComparisonKind)random.Next(8), column, Column(random.Next(3), SqlType.Int32)),
            };
        }

        return random.Next(5) switch
        {
            0 => new NotExpression(Condition(random, depth - 1)),
            1 => new BooleanTestExpression(Condition(random, depth - 1), random.Next(2) == 0, random.Next(2) == 0),
            2 => new CaseExpression(
                new ExpressionList(Condition(random, depth - 1)), new ExpressionList(Condition(random, depth - 1)), Condition(random, depth - 1)),
            3 => And(Condition(random, depth - 1), Condition(random, depth - 1), Condition(random, depth - 1)),
            _ => Or(Condition(random, depth - 1), Condition(random, depth - 1)),
        };
    }

    private static bool? Model(Expression condition, object?[][] columns, int row)
    {
        switch (condition)
        {
            case ConstantExpression constant: return (bool?)constant.Value;
            case NotExpression not: return !Model(not.Operand, columns, row);
            case BooleanTestExpression test: return (Model(test.Operand, columns, row) == test.Value) != test.IsNegated;
            case IsNullExpression isNull: return (Number(isNull.Operand, columns, row) is null) != isNull.IsNegated;
            case CaseExpression @case:
                return Model(Model(@case.Conditions[0], columns, row) == true ? @case.Results[0] : @case.Else, columns, row);
            case InListExpression inList:
                int? value = Number(inList.Operand, columns, row);
                bool? isIn = value is null ? null : inList.Items.Any(item => Number(item, columns, row) == value) ? true
                    : inList.Items.Any(item => Number(item, columns, row) is null) ? null : false;
                return inList.IsNegated ? !isIn : isIn;
            case ConjunctionExpression conjunction:
                bool?[] operands = conjunction.Operands.Select(operand => Model(operand, columns, row)).ToArray();
                bool deciding = conjunction.Kind == ConjunctionKind.Or;
                return operands.Contains(deciding) ? deciding : operands.Contains(null) ? null : !deciding;
            case ComparisonExpression comparison:
                int? left = Number(comparison.Left, columns, row), right = Number(comparison.Right, columns, row);
                if (comparison.Kind is ComparisonKind.DistinctFrom or ComparisonKind.NotDistinctFrom)
                {
                    return (left == right) == (comparison.Kind == ComparisonKind.NotDistinctFrom);
                }

                return left is null || right is null ? null : comparison.Kind switch
                {
                    ComparisonKind.Equal => left == right,
                    ComparisonKind.NotEqual => left != right,
                    ComparisonKind.Less => left < right,
                    ComparisonKind.LessOrEqual => left <= right,
                    ComparisonKind.Greater => left > right,
                    _ => left >= right,
                };
            default: throw new NotSupportedException(condition.GetType().Name);
        }
    }

    private static int? Number(Expression expression, object?[][] columns, int row) => expression switch
    {
        ConstantExpression constant => (int?)constant.Value,
        PositionExpression position => (int?)columns[position.Index][row],
        _ => throw new NotSupportedException(),
    };
}
