using System.Diagnostics;
using Microsoft.VisualStudio.TestTools.UnitTesting;
using PhantomDb.Parsing;
using PhantomDb.Parsing.Ast;

namespace PhantomDb.Tests.Parsing;

/// <summary>Statements that programs write. The time limits are wide: they tell linear from quadratic, not fast from slow.</summary>
[TestClass]
public sealed class LargeStatementTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    [TestMethod]
    [DataRow(" AND ")]
    [DataRow(" OR ")]
    public void A_chain_of_50_000_conjunctions_is_one_flat_node(string separator)
    {
        string sql = string.Join(separator, Enumerable.Range(0, 50_000).Select(i => $"a <> {i}"));
        Assert.AreEqual(50_000, ((ConjunctionSyntax)Timed(() => SqlParser.ParseExpression(sql))).Operands.Count);
    }

    [TestMethod]
    [DataRow(" + ")]
    [DataRow(" || ")]
    [DataRow(" - ")]
    public void A_chain_of_50_000_operators_parses_and_prints(string separator)
    {
        string sql = string.Join(separator, Enumerable.Range(0, 50_000));
        Assert.AreEqual(sql, Timed(() => SyntaxPrinter.Print(SqlParser.ParseExpression(sql))));
    }

    [TestMethod]
    public void A_chain_of_50_000_unions_is_one_flat_node()
    {
        string sql = string.Join(" UNION ", Enumerable.Range(0, 50_000).Select(i => $"SELECT {i}"));
        Assert.AreEqual(50_000, ((SetOperation)((SelectStatement)Timed(() => SqlParser.Parse(sql))[0]).Body).Operands.Count);
    }

    [TestMethod]
    public void An_IN_list_of_100_000_literals_parses()
    {
        string sql = $"a IN ({string.Join(", ", Enumerable.Range(-50_000, 100_000))})";
        Assert.AreEqual(100_000, ((InListSyntax)Timed(() => SqlParser.ParseExpression(sql))).Items.Count);
    }

    [TestMethod]
    public void A_VALUES_list_of_100_000_rows_parses()
    {
        string sql = "INSERT INTO t VALUES " + string.Join(", ", Enumerable.Range(0, 100_000).Select(i => $"({i}, 'name {i}', -{i}.5, NULL)"));
        InsertStatement insert = (InsertStatement)Timed(() => SqlParser.Parse(sql))[0];
        ValuesBody values = (ValuesBody)insert.Source!.Body;
        Assert.AreEqual(100_000, values.Rows.Count);
        Assert.AreEqual(4, values.Rows[99_999].Count);
        Assert.AreEqual(new LiteralSyntax(LiteralKind.String, "name 99999", -1), values.Rows[99_999][1]);
    }

    private static T Timed<T>(Func<T> action)
    {
        long start = Stopwatch.GetTimestamp();
        T result = action();
        Assert.IsTrue(Stopwatch.GetElapsedTime(start) < Limit, "takes longer than it should by far");
        return result;
    }
}
