using Microsoft.VisualStudio.TestTools.UnitTesting;
using PhantomDb.Parsing;

namespace PhantomDb.Tests.Parsing;

[TestClass]
public sealed class StatementSplitterTests
{
    private const string Script =
        """
        SELECT ';', "a;b", $$ ; $$, $x$ ; $$ $x$; -- a comment;
        /* ; /* ; */ ; */ SELECT 'it''s;' ;
        SELECT E'\';', e'a''\';', 'no\'; SELECT E'a'
          'b\';' , a$b$c;
        ;;  ;
        SELECT $1, 2 - 1, 4 / 2, U&'x;', B'0;';
        SELECT 1
        """;

    private static readonly string[] Expected =
    [
        "SELECT ';', \"a;b\", $$ ; $$, $x$ ; $$ $x$",
        "-- a comment;\n/* ; /* ; */ ; */ SELECT 'it''s;' ",
        "SELECT E'\\';', e'a''\\';', 'no\\'",
        "SELECT E'a'\n  'b\\';' , a$b$c",
        "SELECT $1, 2 - 1, 4 / 2, U&'x;', B'0;'",
        "SELECT 1",
    ];

    [TestMethod]
    public void Semicolons_inside_of_strings_names_and_comments_end_nothing()
    {
        CollectionAssert.AreEqual(Expected, Split(Script, Script.Length).Select(s => s.Text).ToArray());
    }

    [TestMethod]
    public void It_does_not_matter_how_the_text_is_cut()
    {
        for (int size = 1; size < 20; size++)
        {
            CollectionAssert.AreEqual(Expected, Split(Script, size).Select(s => s.Text).ToArray(), $"in pieces of {size}");
        }
    }

    [TestMethod]
    public void Statements_know_their_line()
    {
        List<SplitStatement> statements = Split("\n\nSELECT 1;\nSELECT\n2; SELECT 3", 5);
        CollectionAssert.AreEqual(new[] { 3, 4, 5 }, statements.Select(s => s.Line).ToArray());
    }

    [TestMethod]
    public void A_statement_comes_out_as_soon_as_its_semicolon_is_there()
    {
        StatementSplitter splitter = new();
        splitter.Append("SELECT 1");
        Assert.IsFalse(splitter.TryRead(out _));
        Assert.IsFalse(splitter.IsBlank);
        splitter.Append("; \n -- x\n");
        Assert.IsTrue(splitter.TryRead(out SplitStatement statement));
        Assert.AreEqual("SELECT 1", statement.Text);
        Assert.IsFalse(splitter.TryRead(out _));
        Assert.IsTrue(splitter.IsBlank);
        splitter.Append("SELECT 'a");
        Assert.IsFalse(splitter.TryRead(out _));
        Assert.AreEqual('\'', splitter.Prompt);
        splitter.Clear();
        Assert.IsTrue(splitter.IsBlank);
    }

    [TestMethod]
    public void Rows_of_COPY_can_be_read_between_statements()
    {
        StatementSplitter splitter = new();
        splitter.Append("COPY t FROM STDIN;\n1\t'a;\r\n\\.\nSELECT 1;");
        Assert.IsTrue(splitter.TryRead(out _));
        Assert.IsTrue(splitter.TryReadLine(out string? rest));
        Assert.AreEqual("", rest);
        Assert.IsTrue(splitter.TryReadLine(out string? row));
        Assert.AreEqual("1\t'a;", row);
        Assert.IsTrue(splitter.TryReadLine(out string? end));
        Assert.AreEqual("\\.", end);
        Assert.IsTrue(splitter.TryRead(out SplitStatement statement));
        Assert.AreEqual(("SELECT 1", 4), (statement.Text, statement.Line));
    }

    [TestMethod]
    public void What_is_left_at_the_end_comes_out_too()
    {
        CollectionAssert.AreEqual(new[] { "SELECT 'a" }, Split("SELECT 'a", 3).Select(s => s.Text).ToArray());
        Assert.AreEqual(0, Split("  -- nothing", 3).Count);
        Assert.AreEqual(0, Split(" ; ; ", 3).Count);
    }

    [TestMethod]
    public void A_long_text_takes_linear_time()
    {
        StatementSplitter splitter = new();
        splitter.Append("SELECT '");
        for (int i = 0; i < 200_000; i++)
        {
            splitter.Append("some text that goes on; ");
            Assert.IsFalse(splitter.TryRead(out _));
        }
        splitter.Append("';");
        Assert.IsTrue(splitter.TryRead(out _));
    }

    private static List<SplitStatement> Split(string text, int size)
    {
        text = text.ReplaceLineEndings("\n");
        List<SplitStatement> statements = [];
        StatementSplitter splitter = new();
        for (int i = 0; i < text.Length; i += size)
        {
            splitter.Append(text.AsSpan(i, Math.Min(size, text.Length - i)));
            while (splitter.TryRead(out SplitStatement statement))
            {
                statements.Add(statement);
            }
        }
        while (splitter.TryReadLast(out SplitStatement last))
        {
            statements.Add(last);
        }
        return statements;
    }
}
