using Microsoft.VisualStudio.TestTools.UnitTesting;
using PhantomDb.Parsing;

namespace PhantomDb.Tests.Parsing;

[TestClass]
public sealed class KeywordTests
{
    [TestMethod]
    public void PostgreSQL_15_has_460_keywords()
    {
        Assert.AreEqual(460, Keywords.All.Count());
        Assert.AreEqual(77, Keywords.All.Count(k => k.Class == KeywordClass.Reserved));
        Assert.AreEqual(23, Keywords.All.Count(k => k.Class == KeywordClass.TypeOrFunctionName));
        Assert.AreEqual(51, Keywords.All.Count(k => k.Class == KeywordClass.ColumnName));
    }

    [TestMethod]
    public void Every_keyword_may_name_what_its_class_allows()
    {
        foreach ((string word, KeywordClass kind) in Keywords.All)
        {
            bool mayNameTable = kind is KeywordClass.Unreserved or KeywordClass.ColumnName;
            Assert.AreEqual(mayNameTable, Parses($"SELECT {word}.a FROM x.{word}, {word} AS {word}"), word);
            if (kind is KeywordClass.Unreserved or KeywordClass.TypeOrFunctionName)
            {
                Assert.IsTrue(Parses($"SELECT {word}(1, 2), x::{word}"), word);
            }
            Assert.IsTrue(Parses($"SELECT 1 AS {word}, x.{word}"), word);
        }
    }

    [TestMethod]
    [DataRow("abc_1", "abc_1")]
    [DataRow("Abc", "\"Abc\"")]
    [DataRow("a b", "\"a b\"")]
    [DataRow("1a", "\"1a\"")]
    [DataRow("a\"b", "\"a\"\"b\"")]
    [DataRow("select", "\"select\"")]
    [DataRow("left", "\"left\"")]
    [DataRow("between", "\"between\"")]
    [DataRow("name", "name")]
    [DataRow("é", "\"é\"")]
    [DataRow("", "\"\"")]
    public void Names_are_quoted_where_PostgreSQLs_quote_ident_quotes_them(string name, string quoted)
    {
        Assert.AreEqual(quoted, SqlText.QuoteIdentifier(name));
    }

    private static bool Parses(string sql)
    {
        try
        {
            SqlParser.Parse(sql);
            return true;
        }
        catch (PhantomDbException)
        {
            return false;
        }
    }
}
