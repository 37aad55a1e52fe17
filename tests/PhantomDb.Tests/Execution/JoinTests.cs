using PhantomDb.Expressions;
using PhantomDb.Planning.Logical;
using PhantomDb.Types;

namespace PhantomDb.Tests.Execution;

[TestClass]
public sealed class JoinTests
{
    private static readonly SqlType[] KeyTypes =
    [
        SqlType.Int32, SqlType.Int64, SqlType.Int16, SqlType.Boolean, SqlType.Text, SqlType.Numeric, SqlType.Double, SqlType.Real,
        SqlType.FixedNumeric(30, 2), SqlType.Interval, SqlType.Uuid, SqlType.Date,
    ];

    [TestMethod]
    public void Every_kind_of_join_gives_the_rows_of_the_model()
    {
        for (int seed = 0; seed < 400; seed++)
        {
            var builder = new PlanBuilder(seed);
            JoinKind kind = (JoinKind)builder.Random.Next(8);
            SqlType type = KeyTypes[builder.Random.Next(KeyTypes.Length)];
            SqlType second = KeyTypes[builder.Random.Next(KeyTypes.Length)];
            double nullShare = builder.Random.Next(3) * 0.1;
            int domain = builder.Random.Next(3) switch { 0 => 3, 1 => 12, _ => 2000 };
            LogicalOperator left = builder.Table(Size(builder), domain, nullShare, type, second, SqlType.Int32);
            LogicalOperator right = builder.Table(Size(builder), domain, nullShare, type, second, SqlType.Int32);
            List<Expression> conditions = [];
            switch (builder.Random.Next(6))
            {
                case 0:
                    break;
                case 1:
                    conditions.Add(Equal(left, right, 0));
                    break;
                case 2:
                    conditions.Add(Equal(left, right, 0));
                    conditions.Add(Equal(left, right, 1));
                    break;
                case 3:
                    conditions.Add(Equal(left, right, 0));
                    conditions.Add(PlanBuilder.Compare(ComparisonKind.Less, left.Output[2], right.Output[2]));
                    break;
                case 4:
                    conditions.Add(PlanBuilder.Compare(ComparisonKind.NotDistinctFrom, right.Output[0], left.Output[0]));
                    conditions.Add(PlanBuilder.Compare(ComparisonKind.NotEqual, left.Output[2], right.Output[2]));
                    break;
                default:
                    conditions.Add(PlanBuilder.Compare(ComparisonKind.Greater, left.Output[2], right.Output[2]));
                    break;
            }
            var join = new LogicalJoin(kind, left, right, conditions.Count == 0 ? null : PlanBuilder.And([.. conditions]))
            {
                Mark = kind == JoinKind.Mark ? builder.Column(SqlType.Boolean, "mark") : null,
            };
            PlanBuilder.AssertAsModel(join, $"seed {seed}, {kind} join on {type}, {second}");
        }
    }

    [TestMethod]
    public void Joins_of_more_than_a_chunk_give_the_rows_of_the_model()
    {
        for (int kind = 0; kind < 7; kind++)
        {
            foreach (bool isUnique in new[] { true, false })
            {
                var builder = new PlanBuilder(kind);
                LogicalOperator left = Numbers(builder, 5000, 6000, 1);
                LogicalOperator right = Numbers(builder, 4500, 6000, isUnique ? 1 : 3);
                var condition = new List<Expression> { Equal(left, right, 0) };
                if (builder.Random.Next(2) == 0)
                {
                    condition.Add(PlanBuilder.Compare(ComparisonKind.LessOrEqual, left.Output[1], right.Output[1]));
                }
                var join = new LogicalJoin((JoinKind)kind, left, right, PlanBuilder.And([.. condition]))
                {
                    Mark = kind == (int)JoinKind.Mark ? builder.Column(SqlType.Boolean) : null,
                };
                // The model compares all pairs: the sides are cut down by hashing the key to 1 in 10.
                CompareByKey(join, left, right, $"{(JoinKind)kind}, unique {isUnique}");
            }
        }
    }

    [TestMethod]
    public void A_single_join_with_two_partners_is_an_error_21000()
    {
        var builder = new PlanBuilder(1);
        LogicalOperator left = builder.Table(10, 1, 0, SqlType.Int32);
        LogicalOperator right = builder.Table(10, 1, 0, SqlType.Int32);
        foreach (Expression? condition in new[] { null, Equal(left, right, 0) })
        {
            PhantomDbException error = Assert.ThrowsExactly<PhantomDbException>(
                () => PlanBuilder.Run(new LogicalJoin(JoinKind.Single, left, right, condition)));
            Assert.AreEqual("21000", error.SqlState);
        }
    }

    [TestMethod]
    public void A_dependent_join_runs_the_right_side_for_each_left_row()
    {
        for (int seed = 0; seed < 60; seed++)
        {
            var builder = new PlanBuilder(seed);
            JoinKind kind = (JoinKind)new[] { 0, 1, 4, 5, 6, 7 }[seed % 6];
            LogicalOperator left = builder.Table(20, SqlType.Int32, SqlType.Text);
            LogicalOperator right = builder.Table(20, SqlType.Int32, SqlType.Text);
            LogicalOperator inner = new LogicalFilter(right, PlanBuilder.Compare(ComparisonKind.Less, right.Output[0], left.Output[0]));
            if (kind is not JoinKind.Mark)
            {
                inner = new LogicalLimit(inner, new ConstantExpression(SqlType.Int64, 1L + seed % 2), null);
            }
            var join = new LogicalJoin(kind, left, inner, seed % 3 == 0 ? null : PlanBuilder.Compare(ComparisonKind.NotEqual, left.Output[1], right.Output[1]))
            {
                IsDependent = true,
                Mark = kind == JoinKind.Mark ? builder.Column(SqlType.Boolean) : null,
            };
            PlanBuilder.AssertAsModel(join, $"seed {seed}, {kind}");
        }
    }

    private static int Size(PlanBuilder builder) => builder.Random.Next(4) switch { 0 => 0, 1 => 3, 2 => 40, _ => 120 };

    private static Expression Equal(LogicalOperator left, LogicalOperator right, int column) =>
        PlanBuilder.Compare(ComparisonKind.Equal, left.Output[column], right.Output[column]);

    private static LogicalValues Numbers(PlanBuilder builder, int count, int domain, int copies)
    {
        int[] keys = [.. Enumerable.Range(0, domain)];
        builder.Random.Shuffle(keys);
        return new LogicalValues([builder.Column(SqlType.Int64, "k"), builder.Column(SqlType.Int32, "v")],
            [.. Enumerable.Range(0, count).Select(i => new ExpressionList(
                new ConstantExpression(SqlType.Int64, (long)keys[i / copies] * 1_000_003),
                new ConstantExpression(SqlType.Int32, builder.Random.Next(5))))]);
    }

    private static void CompareByKey(LogicalJoin join, LogicalOperator left, LogicalOperator right, string message)
    {
        List<string> expected = [];
        for (int part = 0; part < 50; part++)
        {
            expected.AddRange(NaivePlan.Texts(NaivePlan.Rows(join with { Left = Part(left, part), Right = Part(right, part) })));
        }
        string[] actual = NaivePlan.Texts(PlanBuilder.Run(join));
        expected.Sort(StringComparer.Ordinal);
        Array.Sort(actual, StringComparer.Ordinal);
        CollectionAssert.AreEqual(expected, actual, message);
    }

    private static LogicalValues Part(LogicalOperator plan, int part)
    {
        var values = (LogicalValues)plan;
        return values with { Rows = [.. values.Rows.Where(row => (long)((ConstantExpression)row[0]).Value! / 1_000_003 % 50 == part)] };
    }
}
