using Microsoft.VisualStudio.TestTools.UnitTesting;
using PhantomDb.Parsing;

namespace PhantomDb.Tests.Parsing;

/// <summary>Errors in PostgreSQL's words and places, and the limit of nesting on stacks of different sizes.</summary>
[TestClass]
public sealed class SyntaxErrorTests
{
    [TestMethod]
    [DataRow("selec 1", "syntax error at or near \"selec\"", 0)]
    [DataRow("SELECT * FROM t WHERE", "syntax error at end of input", 21)]
    [DataRow("SELECT a b c FROM t", "syntax error at or near \"c\"", 11)]
    [DataRow("SELECT 1 FROM t WHERE a = 1 AND", "syntax error at end of input", 31)]
    [DataRow("SELECT f(a,)", "syntax error at or near \")\"", 11)]
    [DataRow("SELECT 1)", "syntax error at or near \")\"", 8)]
    [DataRow("SELECT a < b < c", "syntax error at or near \"<\"", 13)]
    [DataRow("SELECT a LIKE b LIKE c", "syntax error at or near \"LIKE\"", 16)]
    [DataRow("SELECT a = b = ANY (c)", "syntax error at or near \"=\"", 13)]
    [DataRow("SELECT 1 WHERE a ESCAPE b", "syntax error at or near \"ESCAPE\"", 17)]
    [DataRow("SELECT a LIKE b IN (1)", "syntax error at or near \"IN\"", 16)]
    [DataRow("SELECT a IS DISTINCT FROM b IS NULL", "syntax error at or near \"IS\"", 28)]
    [DataRow("SELECT a ILIKE b IN (1) AT TIME ZONE c", "syntax error at or near \"IN\"", 17)]
    [DataRow("SELECT * FROM a JOIN b", "syntax error at end of input", 22)]
    [DataRow("SELECT * FROM (t)", "syntax error at or near \")\"", 16)]
    [DataRow("CREATE TABLE t (a int, b)", "syntax error at or near \")\"", 24)]
    [DataRow("UPDATE t SET", "syntax error at end of input", 12)]
    [DataRow("SELECT 'a' 'b'", "syntax error at or near \"'b'\"", 11)]
    [DataRow("SELECT 'abc", "unterminated quoted string at or near \"'abc\"", 7)]
    [DataRow("SELECT \"abc", "unterminated quoted identifier at or near \"\"abc\"", 7)]
    [DataRow("SELECT /* a /* b */", "unterminated /* comment at or near \"/* a /* b */\"", 7)]
    [DataRow("SELECT $x$a$$", "unterminated dollar-quoted string at or near \"$x$a$$\"", 7)]
    [DataRow("SELECT \"\"", "zero-length delimited identifier at or near \"\"\"\"", 7)]
    [DataRow("SELECT 123abc", "trailing junk after numeric literal at or near \"123abc\"", 7)]
    [DataRow("SELECT 1 LIMIT 1 OFFSET 2 LIMIT 3", "syntax error at or near \"LIMIT\"", 26)]
    [DataRow("(SELECT 1 LIMIT 1) LIMIT 2", "multiple LIMIT clauses not allowed", 19)]
    [DataRow("WITH a AS (SELECT 1) (WITH b AS (SELECT 2) SELECT 1)", "multiple WITH clauses not allowed", 0)]
    public void Errors_name_the_token_and_its_place(string sql, string message, int position)
    {
        PhantomDbException error = Assert.ThrowsExactly<PhantomDbException>(() => SqlParser.Parse(sql));
        Assert.AreEqual(("42601", message, position), (error.SqlState, error.Message, error.Position));
    }

    [TestMethod]
    [DataRow("(", ")", "1", 100)]
    [DataRow("f(", ")", "1", 100)]
    [DataRow("CASE WHEN a THEN ", " END", "1", 100)]
    [DataRow("NOT ", "", "a", 100)]
    [DataRow("(SELECT ", ")", "1", 50)]
    [DataRow("- ", "", "1", 100)]
    [DataRow("ARRAY[", "]", "1", 100)]
    [DataRow("a[", "]", "1", 100)]
    [DataRow("a = NOT ", "", "b", 100)]
    [DataRow("x IN (", ")", "1", 100)]
    [DataRow("EXISTS (SELECT * FROM t WHERE ", ")", "1", 50)]
    public void Deep_nesting_is_an_error_and_never_a_crash(string open, string close, string inner, int possibleDepth)
    {
        foreach (int stackSize in new[] { 256 * 1024, 1024 * 1024, 1536 * 1024 })
        {
            foreach (int depth in new[] { 10, 20, possibleDepth, 400, 2_000, 100_000 })
            {
                string sql = "SELECT " + Repeat(open, depth) + inner + Repeat(close, depth);
                string? outcome = ParseOnStack(sql, stackSize);
                if (depth == 10 || (depth <= possibleDepth && stackSize > 256 * 1024))   // code that has not been optimized yet needs most of the smallest stack for 20
                {
                    Assert.IsNull(outcome, $"{open} at depth {depth} on {stackSize} bytes");
                }
                else if (depth >= 100_000)
                {
                    Assert.AreEqual("54001", outcome, $"{open} at depth {depth} on {stackSize} bytes");
                }
                else
                {
                    Assert.IsTrue(outcome is null or "54001", outcome);
                }
            }
        }
    }

    [TestMethod]
    public void Deep_tables_and_queries_are_errors_and_never_crashes()
    {
        foreach (int stackSize in new[] { 256 * 1024, 1536 * 1024 })
        {
            foreach (string sql in new[]
            {
                "SELECT * FROM " + Repeat("(", 3_000) + "a JOIN b ON true" + Repeat(")", 3_000),
                Repeat("(", 3_000) + "SELECT 1" + Repeat(")", 3_000),
                "SELECT * FROM " + Repeat("(SELECT * FROM ", 3_000) + "t" + Repeat(") x", 3_000),
                "SELECT * FROM " + Repeat("a JOIN ", 20_000) + "a" + Repeat(" ON true", 20_000),
                Repeat("WITH x AS (", 3_000) + "SELECT 1" + Repeat(") SELECT 1", 3_000),
                Repeat("EXPLAIN ", 3_000) + "SELECT 1",
            })
            {
                Assert.IsTrue(ParseOnStack(sql, stackSize) is "54001" or "42601", sql[..40]);
            }
        }
    }

    private static string Repeat(string text, int count) => string.Concat(Enumerable.Repeat(text, count));

    /// <summary>The SQLSTATE of what parsing throws on a thread with a stack of that size, or null.</summary>
    private static string? ParseOnStack(string sql, int stackSize)
    {
        string? outcome = null;
        Thread thread = new(
            () =>
            {
                try
                {
                    SqlParser.Parse(sql);
                }
                catch (PhantomDbException error)
                {
                    outcome = error.SqlState;
                }
                catch (Exception error)
                {
                    outcome = error.ToString();
                }
            },
            stackSize);
        thread.Start();
        thread.Join();
        return outcome;
    }
}
