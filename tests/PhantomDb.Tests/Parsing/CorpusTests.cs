using System.Text;
using Microsoft.VisualStudio.TestTools.UnitTesting;
using PhantomDb.Parsing;
using PhantomDb.Parsing.Ast;

namespace PhantomDb.Tests.Parsing;

/// <summary>SQL that others wrote: the sample databases, TPC-H, and a sample of the sqllogictest files.</summary>
[TestClass]
public sealed class CorpusTests
{
    /// <summary>Records that PostgreSQL itself refuses to parse.</summary>
    private static readonly string[] NotPostgreSql = ["IN ()", "OR REPLACE", "REPLACE INTO", "NOT INDEXED", "NOT NULL ORDER"];

    [TestMethod]
    public void The_sample_databases_parse()
    {
        foreach (string file in Directory.EnumerateFiles(RepositoryPaths.SharedOrSkip("datasets"), "*.sql", SearchOption.AllDirectories))
        {
            StatementSplitter splitter = new();
            int count = 0;
            foreach (string line in File.ReadLines(file))
            {
                if (line.StartsWith('\\') && splitter.IsBlank)
                {
                    continue; // psql's own commands
                }
                splitter.Append(line + "\n");
                while (splitter.TryRead(out SplitStatement statement))
                {
                    Check(statement.Text, $"{file}:{statement.Line}");
                    count++;
                }
            }
            while (splitter.TryReadLast(out SplitStatement last))
            {
                Check(last.Text, $"{file}:{last.Line}");
                count++;
            }
            Assert.IsTrue(count > 0, file);
        }
    }

    [TestMethod]
    public void Every_seventh_sqllogictest_record_parses_and_prints()
    {
        string folder = RepositoryPaths.SharedOrSkip("sqllogictest");
        int record = 0;
        foreach (string file in Directory.EnumerateFiles(folder, "*.test", SearchOption.AllDirectories))
        {
            foreach ((string sql, int line) in Records(File.ReadAllLines(file)))
            {
                if (record++ % 7 == 0 && !NotPostgreSql.Any(text => sql.Contains(text, StringComparison.Ordinal)) && !sql.Contains("x NOT NULL", StringComparison.Ordinal))
                {
                    Check(sql, $"{file}:{line}");
                }
            }
        }
        Assert.IsTrue(record > 1_000);
    }

    /// <summary>The records that PostgreSQL is to run, without those that must fail.</summary>
    private static IEnumerable<(string Sql, int Line)> Records(string[] lines)
    {
        bool isSkipped = false;
        for (int i = 0; i < lines.Length; i++)
        {
            isSkipped |= lines[i].StartsWith("skipif postgresql", StringComparison.Ordinal)
                || (lines[i].StartsWith("onlyif ", StringComparison.Ordinal) && !lines[i].StartsWith("onlyif postgresql", StringComparison.Ordinal));
            if (!lines[i].StartsWith("statement", StringComparison.Ordinal) && !lines[i].StartsWith("query", StringComparison.Ordinal))
            {
                continue;
            }
            bool mustFail = lines[i].StartsWith("statement error", StringComparison.Ordinal);
            StringBuilder sql = new();
            int start = i + 1;
            for (i++; i < lines.Length && lines[i] is not ("" or "----"); i++)
            {
                sql.Append(lines[i]).Append('\n');
            }
            if (!isSkipped && !mustFail)
            {
                yield return (sql.ToString(), start);
            }
            isSkipped = false;
        }
    }

    private static void Check(string sql, string place)
    {
        try
        {
            foreach (Statement statement in SqlParser.Parse(sql))
            {
                if (statement is SelectStatement query)
                {
                    Assert.AreEqual(statement, SqlParser.Parse(SyntaxPrinter.Print(query))[0], place);
                }
            }
        }
        catch (PhantomDbException error)
        {
            Assert.Fail($"{place}: {error.Message}\n{sql}");
        }
    }
}
