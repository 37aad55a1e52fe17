using PhantomDb.Execution;
using PhantomDb.Execution.Physical;
using PhantomDb.Expressions;
using PhantomDb.Planning.Logical;
using PhantomDb.Tests.Functions;
using PhantomDb.Types;
using PhantomDb.Vectors;
using ExecutionContext = PhantomDb.Execution.ExecutionContext;
using SortKey = PhantomDb.Planning.Logical.SortKey;

namespace PhantomDb.Tests.Execution;

/// <summary>Makes logical plans by hand, with random rows from a seed, and runs them.</summary>
internal sealed class PlanBuilder(int seed)
{
    private int _nextId;

    public Random Random { get; } = new(seed);

    public LogicalColumn Column(SqlType type, string name = "c") => new(new ColumnId(_nextId++), type, name);

    /// <summary>
    /// Rows of random values from small domains, so that keys meet and repeat. A filter above drops some of them, so that
    /// chunks have selections.
    /// </summary>
    public LogicalOperator Table(int rowCount, params SqlType[] types) => Table(rowCount, 8, 0.15, types);

    public LogicalOperator Table(int rowCount, int domain, double nullShare, params SqlType[] types)
    {
        LogicalColumn[] columns = [.. types.Select((type, i) => Column(type, $"c{i}"))];
        LogicalColumn marker = Column(SqlType.Int32, "marker");
        ExpressionList[] rows = [.. Enumerable.Range(0, rowCount).Select(_ => new ExpressionList(
            [.. types.Select(type => new ConstantExpression(type, Random.NextDouble() < nullShare ? null : Value(type, domain))),
             new ConstantExpression(SqlType.Int32, Random.Next(10))]))];
        var values = new LogicalValues([.. columns, marker], rows);
        var filter = new LogicalFilter(values, new ComparisonExpression(
            ComparisonKind.Less, marker.Reference, new ConstantExpression(SqlType.Int32, Random.Next(3) == 0 ? 10 : 8)));
        return new LogicalProject(filter, [.. columns.Select(c => new ComputedColumn(c, c.Reference))]);
    }

    public object Value(SqlType type, int domain)
    {
        int n = Random.Next(domain);
        return type.Physical switch
        {
            PhysicalType.Boolean => n % 2 == 0,
            PhysicalType.Int16 => (short)(n - 3),
            PhysicalType.Int32 => n - 3,
            PhysicalType.Int64 => n % 3 == 0 ? (n - 3) * 10_000_000_000L : n,
            PhysicalType.Int128 => (Int128)(n - 3) * 1_000_000_000_000_000_000 * (n % 2 == 0 ? 1 : 10),
            PhysicalType.Real => n == 0 ? float.NaN : n == 1 ? -0f : n == 2 ? 0f : (n - 4) * 1.5f,
            PhysicalType.Double => n == 0 ? double.NaN : n == 1 ? -0d : n == 2 ? 0d : n == 3 ? double.NegativeInfinity : (n - 5) * 1.5,
            PhysicalType.Numeric => n == 0 ? Numeric.NaN : new Numeric((n / 2 - 1) * (n % 2 == 0 ? 1 : 10), n % 2 == 0 ? 0 : 1),
            PhysicalType.String => new ByteString((n % 4) switch
            {
                0 => $"{n}",
                1 => $"middle {n}",
                2 => $"a string that is too long to be inline, number {n}",
                _ => new string('x', n % 5),
            }),
            PhysicalType.Interval => n % 2 == 0 ? new Interval(n / 2, 0, 0) : new Interval(0, n / 2 * 30, 0),
            PhysicalType.Uuid => (UInt128)n << (n % 2 == 0 ? 0 : 100),
            _ => throw new NotSupportedException(),
        };
    }

    public static Expression Compare(ComparisonKind kind, LogicalColumn left, LogicalColumn right) =>
        new ComparisonExpression(kind, left.Reference, right.Reference);

    public static Expression And(params Expression[] operands) =>
        operands.Length == 1 ? operands[0] : new ConjunctionExpression(ConjunctionKind.And, new ExpressionList(operands));

    public static SortKey Key(LogicalColumn column, bool isDescending = false, bool nullsFirst = false) => new(column.Reference, isDescending, nullsFirst);

    public static List<object?[]> Run(LogicalOperator plan, TestStatementContext? statement = null, ExecutionProfile? profile = null)
    {
        statement ??= new TestStatementContext();
        PhysicalPlan physical = PhysicalPlanner.Plan(plan, plan.Output, 0);
        return Collect(new QueryExecution(physical, new ExecutionContext(statement, []), profile), plan.Output.Count);
    }

    /// <summary>The rows of a result, boxed.</summary>
    public static List<object?[]> Collect(QueryExecution execution, int columnCount)
    {
        List<object?[]> rows = [];
        while (execution.Next() is { } chunk)
        {
            Assert.IsGreaterThan(0, chunk.Count);
            for (int i = 0; i < chunk.Count; i++)
            {
                rows.Add([.. Enumerable.Range(0, columnCount).Select(c => ExpressionEvaluator.BoxedValue(chunk.Vectors[c], chunk.Position(i)))]);
            }
        }
        return rows;
    }

    /// <summary>Runs a plan and compares it with the model; the order counts where asked for.</summary>
    public static void AssertAsModel(LogicalOperator plan, string message, bool inOrder = false)
    {
        List<object?[]> modelRows;
        try
        {
            modelRows = NaivePlan.Rows(plan);
        }
        catch (PhantomDbException expected)
        {
            PhantomDbException actualError = Assert.ThrowsExactly<PhantomDbException>(() => Run(plan), message);
            Assert.AreEqual(expected.SqlState, actualError.SqlState, message);
            return;
        }
        string[] expectedRows = NaivePlan.Texts(modelRows);
        string[] actual = NaivePlan.Texts(Run(plan));
        if (!inOrder)
        {
            Array.Sort(expectedRows, StringComparer.Ordinal);
            Array.Sort(actual, StringComparer.Ordinal);
        }
        CollectionAssert.AreEqual(expectedRows, actual, $"{message}: {expectedRows.Length} rows expected, {actual.Length} given");
    }
}
