using System.Text.RegularExpressions;
using PhantomDb.Catalog;
using PhantomDb.Planning.Logical;
using PhantomDb.Types;

namespace PhantomDb.Tests.Planning;

/// <summary>
/// Plans of large and of well-known queries: how much work planning is, counted in bytes allocated, which no other process
/// changes; and that no subquery is left to run row by row.
/// </summary>
[TestClass]
public sealed partial class LargePlanTests : PlanningTest
{
    [TestMethod]
    public void Joins_of_64_tables_are_planned_with_little_work_and_without_cross_joins()
    {
        string[] records = File.ReadAllText(RepositoryPaths.SharedOrSkip("sqllogictest", "select5.test")).ReplaceLineEndings("\n").Split("\n\n");
        for (int i = 1; i <= 64; i++)
        {
            AddTable(new TableDefinition(1000 + (10 * i), "public", $"t{i}",
            [
                new ColumnDefinition($"a{i}", SqlType.Int32, 0) { IsNotNull = true },
                new ColumnDefinition($"b{i}", SqlType.Int32, 1),
                new ColumnDefinition($"x{i}", new SqlType(SqlTypeId.Varchar, 40), 2),
            ])
            {
                Indexes = [new IndexDefinition(1001 + (10 * i), $"t{i}_pkey", 1000 + (10 * i), [new IndexColumn(0, false, false)]) { IsUnique = true, IsConstraint = true }],
            }, new Random(i), 0);
        }
        string[] queries = [.. records.Where(r => r.StartsWith("query", StringComparison.Ordinal))
            .Select(r => r[(r.IndexOf('\n', StringComparison.Ordinal) + 1)..].Split("\n----")[0])
            .OrderByDescending(q => q.Length).Take(5)];
        Assert.HasCount(5, queries);
        foreach (string query in queries)
        {
            LogicalOperator plan = Bind(query);
            long before = GC.GetAllocatedBytesForCurrentThread();
            LogicalOperator optimised = Optimize(plan);
            long allocated = GC.GetAllocatedBytesForCurrentThread() - before;
            Assert.IsFalse(HasCrossJoin(optimised), query);
            // What grows with the square of the tables is a few megabytes; with the cube it would be hundreds.
            Assert.IsLessThan(32L << 20, allocated, query);
        }
    }

    [TestMethod]
    public void No_query_of_TPC_H_is_left_with_a_dependent_join()
    {
        string folder = RepositoryPaths.SharedOrSkip("datasets", "tpch-sf0.1");
        MakeTables(File.ReadAllText(Path.Combine(folder, "schema.sql")));
        string[] queries = Directory.GetFiles(Path.Combine(folder, "queries"), "*.sql");
        Assert.HasCount(22, queries);
        foreach (string query in queries)
        {
            LogicalOperator plan = Optimize(Bind(File.ReadAllText(query)));
            Assert.IsFalse(HasDependentJoin(plan), $"{query}\n{PhantomDb.Planning.LogicalPlanPrinter.Print(plan)}");
        }
    }

    [TestMethod]
    public void Fifty_thousand_conditions_are_optimised()
    {
        string sql = "select a from t where " + string.Join(" and ", Enumerable.Range(0, 50_000).Select(i => $"b <> {i}"));
        LogicalOperator plan = Bind(sql);
        long before = GC.GetAllocatedBytesForCurrentThread();
        Optimize(plan);
        // A kilobyte or two a condition; with the square of the conditions it would be gigabytes.
        Assert.IsLessThan(200L << 20, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    private static bool HasCrossJoin(LogicalOperator plan) =>
        plan is LogicalJoin { Condition: null } || plan.Children.Any(HasCrossJoin);

    private void MakeTables(string schema)
    {
        int oid = 5000;
        foreach (Match table in CreateTable().Matches(schema))
        {
            List<ColumnDefinition> columns = [];
            foreach (string line in PartEnd().Split(table.Groups[2].Value).Select(p => p.Trim()))
            {
                string[] words = line.Split([' ', '('], StringSplitOptions.RemoveEmptyEntries);
                if (words[0] is "primary" or "foreign")
                {
                    continue;
                }
                SqlType type = words[1] switch
                {
                    "integer" => SqlType.Int32,
                    "bigint" => SqlType.Int64,
                    "date" => SqlType.Date,
                    "numeric" => SqlType.FixedNumeric(15, 2),
                    "char" => new SqlType(SqlTypeId.Char, int.Parse(words[2].TrimEnd(')', ','), System.Globalization.CultureInfo.InvariantCulture)),
                    _ => new SqlType(SqlTypeId.Varchar, int.Parse(words[2].TrimEnd(')', ','), System.Globalization.CultureInfo.InvariantCulture)),
                };
                bool isNotNull = line.Contains("not null", StringComparison.Ordinal) || line.Contains("primary key", StringComparison.Ordinal);
                columns.Add(new ColumnDefinition(words[0], type, columns.Count) { IsNotNull = isNotNull });
            }
            AddTable(new TableDefinition(oid += 10, "public", table.Groups[1].Value, columns), new Random(1), 0);
        }
    }

    [GeneratedRegex(@"create table (\w+) \((.*?)\);", RegexOptions.Singleline)]
    private static partial Regex CreateTable();

    [GeneratedRegex(@", (?![^(]*\))|,\s*\n")]
    private static partial Regex PartEnd();
}
