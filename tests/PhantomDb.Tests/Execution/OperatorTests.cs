using PhantomDb.Expressions;
using PhantomDb.Functions;
using PhantomDb.Planning.Logical;
using PhantomDb.Tests.Functions;
using PhantomDb.Types;
using SortKey = PhantomDb.Planning.Logical.SortKey;

namespace PhantomDb.Tests.Execution;

[TestClass]
public sealed class OperatorTests
{
    private static readonly SqlType[] Types =
    [
        SqlType.Int32, SqlType.Int64, SqlType.Int16, SqlType.Boolean, SqlType.Text, SqlType.Numeric, SqlType.Double, SqlType.Real,
        SqlType.FixedNumeric(30, 2), SqlType.Interval, SqlType.Uuid,
    ];

    [TestMethod]
    public void Groups_have_the_rows_and_aggregates_of_the_model()
    {
        for (int seed = 0; seed < 80; seed++)
        {
            var builder = new PlanBuilder(seed);
            SqlType[] types = [RandomType(builder), RandomType(builder), SqlType.Int32, RandomType(builder)];
            LogicalOperator input = builder.Table(builder.Random.Next(3) == 0 ? 0 : builder.Random.Next(6000), builder.Random.Next(2) == 0 ? 4 : 300, 0.1, types);
            int groupCount = builder.Random.Next(3);
            ComputedColumn[] groups = [.. input.Output.Take(groupCount).Select(c => new ComputedColumn(builder.Column(c.Type), c.Reference))];
            bool isDistinct = builder.Random.Next(3) == 0;
            Expression? filter = builder.Random.Next(3) == 0
                ? new ComparisonExpression(ComparisonKind.Greater, input.Output[2].Reference, new ConstantExpression(SqlType.Int32, 1))
                : null;
            AggregateColumn[] calls =
            [
                Call(builder, "count", [], false, null),
                Call(builder, "count", [input.Output[3].Reference], isDistinct, filter),
                Call(builder, "sum", [input.Output[2].Reference], isDistinct, filter),
                Call(builder, "min", [input.Output[2].Reference], isDistinct, null),
                Call(builder, "max", [input.Output[2].Reference], false, filter),
            ];
            bool hasSets = groupCount == 2 && builder.Random.Next(2) == 0;
            var aggregate = new LogicalAggregate(input, groups, calls)
            {
                GroupingSets = hasSets ? [[0, 1], [0], [1], []] : null,
                GroupingSetNumber = hasSets ? builder.Column(SqlType.Int32) : null,
            };
            if (types[3].Physical is PhysicalType.Numeric or PhysicalType.Real or PhysicalType.Double && isDistinct)
            {
                continue;   // the model counts distinct values by text
            }
            // The first of equal keys may be shown either way: -0 or 0, 1.0 or 1.
            if (types[..groupCount].Any(t => t.Physical is PhysicalType.Numeric))
            {
                continue;
            }
            PlanBuilder.AssertAsModel(aggregate, $"seed {seed}, {string.Join(", ", types)}");
        }
    }

    [TestMethod]
    public void String_agg_takes_rows_in_the_order_asked_for_and_distinct_ones_in_their_own()
    {
        for (int seed = 0; seed < 40; seed++)
        {
            var builder = new PlanBuilder(seed);
            LogicalOperator input = builder.Table(500, SqlType.Int32, SqlType.Text, SqlType.Int32);
            AggregateFunction function = FunctionRegistry.FindAggregates("string_agg").Single(f => f.Parameters[0] == SqlTypeId.Text);
            var arguments = new ExpressionList(input.Output[1].Reference, new ConstantExpression(SqlType.Text, new ByteString(",")));
            var call = new AggregateCall(function.Bind([SqlType.Text, SqlType.Text]), arguments)
            {
                IsDistinct = seed % 2 == 0,
                OrderBy = seed % 2 == 0 ? [] : [PlanBuilder.Key(input.Output[2], seed % 4 == 1, seed % 3 == 0), PlanBuilder.Key(input.Output[1])],
            };
            var plan = new LogicalAggregate(input, [new ComputedColumn(builder.Column(SqlType.Int32), input.Output[0].Reference)],
                [new AggregateColumn(builder.Column(SqlType.Text), call)]);
            PlanBuilder.AssertAsModel(plan, $"seed {seed}");
        }
    }

    [TestMethod]
    public void Sorts_are_stable_and_in_SQL_order_for_every_type()
    {
        for (int seed = 0; seed < 80; seed++)
        {
            var builder = new PlanBuilder(seed);
            SqlType[] types = [RandomType(builder), RandomType(builder), RandomType(builder), SqlType.Int32];
            int count = builder.Random.Next(5) switch { 0 => 0, 1 => 20, 2 => 500, _ => 5000 };
            LogicalOperator input = builder.Table(count, builder.Random.Next(3) switch { 0 => 3, 1 => 50, _ => 100_000 }, builder.Random.Next(2) * 0.2, types);
            SortKey[] keys = [.. input.Output.Take(1 + builder.Random.Next(3)).Select(c => PlanBuilder.Key(c, builder.Random.Next(2) == 0, builder.Random.Next(2) == 0))];
            PlanBuilder.AssertAsModel(new LogicalSort(input, keys), $"seed {seed}, {string.Join(", ", types)}", inOrder: true);
        }
    }

    [TestMethod]
    public void A_sort_with_a_limit_gives_the_first_rows()
    {
        for (int seed = 0; seed < 15; seed++)
        {
            var builder = new PlanBuilder(seed);
            LogicalOperator input = builder.Table(25_000, 50_000, 0.1, RandomType(builder), SqlType.Int32);
            var sort = new LogicalSort(input, [PlanBuilder.Key(input.Output[0], seed % 2 == 0, seed % 3 == 0)]);
            var limit = new LogicalLimit(sort, Count(seed * 7), seed % 4 == 0 ? Count(3) : null);
            PlanBuilder.AssertAsModel(limit, $"seed {seed}", inOrder: true);
        }
    }

    [TestMethod]
    public void Limits_with_ties_keep_the_rows_equal_to_the_last()
    {
        for (int rows = 0; rows < 60; rows++)
        {
            var builder = new PlanBuilder(rows);
            LogicalOperator input = builder.Table(5000, 5, 0.2, SqlType.Text);
            SortKey[] keys = [PlanBuilder.Key(input.Output[0])];
            var sort = new LogicalSort(input, keys);
            List<object?[]> all = NaivePlan.Rows(sort);
            int limit = Math.Min(rows * 70, all.Count);
            string[] texts = NaivePlan.Texts(all);
            int expected = limit == 0 ? 0 : limit + texts.Skip(limit).TakeWhile(text => text == texts[limit - 1]).Count();
            var plan = new LogicalLimit(sort, Count(limit), null) { Ties = keys };
            CollectionAssert.AreEqual(texts[..expected], NaivePlan.Texts(PlanBuilder.Run(plan)), $"limit {limit}");
        }
    }

    [TestMethod]
    public void Negative_limits_and_offsets_are_errors()
    {
        var one = new LogicalValues([], [new ExpressionList()]);
        Assert.AreEqual("2201W", Assert.ThrowsExactly<PhantomDbException>(() => PlanBuilder.Run(new LogicalLimit(one, Count(-1), null))).SqlState);
        Assert.AreEqual("2201X", Assert.ThrowsExactly<PhantomDbException>(() => PlanBuilder.Run(new LogicalLimit(one, null, Count(-1)))).SqlState);
    }

    [TestMethod]
    public void Set_operations_have_the_multiplicities_of_the_model()
    {
        for (int seed = 0; seed < 80; seed++)
        {
            var builder = new PlanBuilder(seed);
            SqlType[] types = [RandomType(builder), RandomType(builder)];
            if (types.Any(t => t.Physical is PhysicalType.Numeric or PhysicalType.Interval))
            {
                continue;   // which of equal values is shown is open
            }
            int domain = builder.Random.Next(2) == 0 ? 3 : 40;
            LogicalOperator left = builder.Table(builder.Random.Next(3) == 0 ? 0 : builder.Random.Next(5000), domain, 0.1, types);
            LogicalOperator right = builder.Table(builder.Random.Next(3) == 0 ? 0 : builder.Random.Next(5000), domain, 0.1, types);
            var set = new LogicalSetOperation((SetOperationKind)builder.Random.Next(3), builder.Random.Next(2) == 0, left, right,
                [.. types.Select(t => builder.Column(t))]);
            PlanBuilder.AssertAsModel(set, $"seed {seed}, {set.Kind} {set.IsAll}");
        }
    }

    [TestMethod]
    public void Distinct_keeps_one_of_each_and_distinct_on_the_first()
    {
        for (int seed = 0; seed < 60; seed++)
        {
            var builder = new PlanBuilder(seed);
            LogicalOperator input = builder.Table(4000, 6, 0.1, SqlType.Text, SqlType.Int64, SqlType.Int32);
            LogicalOperator plan = new LogicalDistinct(input);
            if (seed % 2 == 0)
            {
                plan = new LogicalDistinct(new LogicalSort(input, [PlanBuilder.Key(input.Output[0]), PlanBuilder.Key(input.Output[2], true)]))
                {
                    On = new ExpressionList(input.Output[0].Reference),
                };
            }
            PlanBuilder.AssertAsModel(plan, $"seed {seed}", inOrder: true);
        }
    }

    [TestMethod]
    public void A_recursive_query_goes_on_until_a_step_gives_nothing()
    {
        foreach (bool isAll in new[] { true, false })
        {
            var builder = new PlanBuilder(1);
            LogicalColumn first = builder.Column(SqlType.Int32, "n");
            var initial = new LogicalValues([first], [new ExpressionList(new ConstantExpression(SqlType.Int32, 1)), new ExpressionList(new ConstantExpression(SqlType.Int32, 3))]);
            var scan = new LogicalCteScan(1, "t", [builder.Column(SqlType.Int32, "n")]);
            LogicalColumn next = builder.Column(SqlType.Int32, "n");
            var step = new LogicalProject(
                new LogicalFilter(scan, new ComparisonExpression(ComparisonKind.Less, scan.Columns[0].Reference, new ConstantExpression(SqlType.Int32, 5000))),
                [new ComputedColumn(next, Add(scan.Columns[0].Reference, 1))]);
            var plan = new LogicalRecursiveCte(1, "t", initial, step, isAll, [builder.Column(SqlType.Int32, "n")]);
            PlanBuilder.AssertAsModel(plan, $"all {isAll}");
            Assert.HasCount(7, PlanBuilder.Run(new LogicalLimit(plan, Count(7), null)), "an endless recursion ends at a limit");
        }
    }

    [TestMethod]
    public void A_common_table_expression_is_read_as_often_as_wanted()
    {
        var builder = new PlanBuilder(3);
        LogicalOperator definition = builder.Table(3000, SqlType.Text, SqlType.Int32);
        var left = new LogicalCteScan(7, "t", [builder.Column(SqlType.Text), builder.Column(SqlType.Int32)]);
        var right = new LogicalCteScan(7, "t", [builder.Column(SqlType.Text), builder.Column(SqlType.Int32)]);
        var union = new LogicalSetOperation(SetOperationKind.Union, true, left, right, [builder.Column(SqlType.Text), builder.Column(SqlType.Int32)]);
        PlanBuilder.AssertAsModel(new LogicalCte(7, "t", definition, union), "read twice");
    }

    [TestMethod]
    public void A_union_of_thousands_does_not_nest()
    {
        var builder = new PlanBuilder(4);
        LogicalOperator plan = One(builder, 0);
        for (int i = 1; i < 20_000; i++)
        {
            plan = new LogicalSetOperation(SetOperationKind.Union, i % 2 == 0, plan, One(builder, i % 100), [builder.Column(SqlType.Int32)]);
        }
        Assert.HasCount(101, PlanBuilder.Run(new LogicalSetOperation(SetOperationKind.Union, false, plan, One(builder, 1000), [builder.Column(SqlType.Int32)])));
    }

    [TestMethod]
    public void What_does_not_fit_into_memory_is_an_error_53200_and_leaves_the_statement_usable()
    {
        var builder = new PlanBuilder(5);
        LogicalOperator table = builder.Table(20_000, 1000, 0, SqlType.Int64, SqlType.Text);
        LogicalOperator other = builder.Table(20_000, 1000, 0, SqlType.Int64, SqlType.Text);
        var cross = new LogicalJoin(JoinKind.Inner, table, other, null);
        LogicalOperator[] plans =
        [
            new LogicalSort(cross, [PlanBuilder.Key(table.Output[0])]),
            new LogicalDistinct(new LogicalProject(cross, [.. cross.Output.Select(c => new ComputedColumn(c, c.Reference))])),
            new LogicalJoin(JoinKind.Inner, One(builder, 1), cross, null),
            new LogicalSetOperation(SetOperationKind.Except, true, cross, cross, [.. cross.Output.Select(c => builder.Column(c.Type))]),
        ];
        var statement = new TestStatementContext();
        statement.Memory.Limit = 20_000_000;
        foreach (LogicalOperator plan in plans)
        {
            Assert.AreEqual("53200", Assert.ThrowsExactly<PhantomDbException>(() => PlanBuilder.Run(plan, statement)).SqlState, plan.GetType().Name);
            statement.Memory.ReleaseAll();
            Assert.HasCount(1, PlanBuilder.Run(One(builder, 1), statement));
            statement.Memory.ReleaseAll();
        }
    }

    [TestMethod]
    public void A_cancelled_statement_stops()
    {
        var builder = new PlanBuilder(6);
        LogicalOperator table = builder.Table(20_000, 1000, 0, SqlType.Int64);
        LogicalOperator other = builder.Table(20_000, 1000, 0, SqlType.Int64);
        var condition = new ComparisonExpression(ComparisonKind.Less, table.Output[0].Reference, new ConstantExpression(SqlType.Int64, long.MinValue));
        var statement = new TestStatementContext { QuestionCountMax = 100 };   // of the hundreds of thousands that it would take
        var join = new LogicalJoin(JoinKind.Inner, new LogicalJoin(JoinKind.Inner, table, other, null), One(builder, 1), condition);
        Assert.AreEqual("57014", Assert.ThrowsExactly<PhantomDbException>(() => PlanBuilder.Run(join, statement)).SqlState);
    }

    private static LogicalValues One(PlanBuilder builder, int value) =>
        new([builder.Column(SqlType.Int32)], [new ExpressionList(new ConstantExpression(SqlType.Int32, value))]);

    private static SqlType RandomType(PlanBuilder builder) => Types[builder.Random.Next(Types.Length)];

    private static ConstantExpression Count(long count) => new(SqlType.Int64, count);

    private static FunctionExpression Add(Expression left, int right)
    {
        BoundScalarFunction add = FunctionRegistry.FindScalars("+").Single(f => f.Parameters is [SqlTypeId.Int32, SqlTypeId.Int32]).Bind([SqlType.Int32, SqlType.Int32]);
        return new FunctionExpression(add, new ExpressionList(left, new ConstantExpression(SqlType.Int32, right)));
    }

    private static AggregateColumn Call(PlanBuilder builder, string name, Expression[] arguments, bool isDistinct, Expression? filter)
    {
        AggregateFunction function = FunctionRegistry.FindAggregates(name).First(f =>
            f.Parameters.Count == arguments.Length && (f.TakesAny || arguments.Length == 0 || f.Parameters[0] == arguments[0].Type.Id));
        BoundAggregate bound = function.Bind([.. arguments.Select(a => a.Type)]);
        return new AggregateColumn(builder.Column(bound.ReturnType, name), new AggregateCall(bound, new ExpressionList(arguments))
        {
            IsDistinct = isDistinct,
            Filter = filter,
        });
    }
}
