using Microsoft.VisualStudio.TestTools.UnitTesting;
using PhantomDb.Parsing;
using PhantomDb.Parsing.Ast;

namespace PhantomDb.Tests.Parsing;

/// <summary>Expressions. Parentheses leave no node, so that equal trees show what belongs to what.</summary>
[TestClass]
public sealed class ExpressionParsingTests
{
    [TestMethod]
    [DataRow("a + b * c", "a + (b * c)")]
    [DataRow("a * b + c", "(a * b) + c")]
    [DataRow("a - b - c", "(a - b) - c")]
    [DataRow("a ^ b ^ c", "(a ^ b) ^ c")]
    [DataRow("a / b * c % d", "((a / b) * c) % d")]
    [DataRow("-a ^ b", "(-a) ^ b")]
    [DataRow("-a::int", "-(a::int)")]
    [DataRow("- a * b", "(-a) * b")]
    [DataRow("~ a || b", "(~ a) || b")]
    [DataRow("~ a + b", "~ (a + b)")]
    [DataRow("a || b + c", "a || (b + c)")]
    [DataRow("a < b + 1 AND c", "(a < (b + 1)) AND c")]
    [DataRow("a OR b AND c", "a OR (b AND c)")]
    [DataRow("NOT a = b", "NOT (a = b)")]
    [DataRow("NOT a AND b", "(NOT a) AND b")]
    [DataRow("NOT a IS NULL", "NOT (a IS NULL)")]
    [DataRow("a = b IS NULL", "(a = b) IS NULL")]
    [DataRow("a IS NULL = b", "(a IS NULL) = b")]
    [DataRow("a = b LIKE c", "a = (b LIKE c)")]
    [DataRow("a LIKE b || c", "a LIKE (b || c)")]
    [DataRow("a BETWEEN b AND c AND d", "(a BETWEEN b AND c) AND d")]
    [DataRow("a BETWEEN b + 1 AND c - 1 OR d", "(a BETWEEN (b + 1) AND (c - 1)) OR d")]
    [DataRow("NOT a BETWEEN b AND c", "NOT (a BETWEEN b AND c)")]
    [DataRow("a IN (1) IN (true)", "(a IN (1)) IN (true)")]
    [DataRow("a COLLATE \"C\" || b", "(a COLLATE \"C\") || b")]
    [DataRow("a AT TIME ZONE 'UTC' + b", "(a AT TIME ZONE 'UTC') + b")]
    [DataRow("a = ANY (b) AND c", "(a = ANY (b)) AND c")]
    [DataRow("a + b = ANY (c)", "(a + b) = ANY (c)")]
    [DataRow("a ~ b ~ c", "(a ~ b) ~ c")]
    [DataRow("@ (a, b) OVERLAPS (c, d)", "@ ((a, b) OVERLAPS (c, d))")]
    [DataRow("a -> b ~ ANY (c)", "(a -> b) ~ ANY (c)")]
    [DataRow("a = b ~ ANY (c)", "a = (b ~ ANY (c))")]
    [DataRow("a -> b ->> c", "(a -> b) ->> c")]
    [DataRow("a = NOT b = c", "a = (NOT (b = c))")]
    [DataRow("a::int::text", "(a::int)::text")]
    [DataRow("a AND b AND (c AND d)", "a AND b AND c AND d")]
    [DataRow("a LIKE b ESCAPE c AND d", "(a LIKE b ESCAPE c) AND d")]
    [DataRow("a IS DISTINCT FROM b OR c", "(a IS DISTINCT FROM b) OR c")]
    [DataRow("a OPERATOR(pg_catalog.+) b * c", "a OPERATOR(pg_catalog.+) (b * c)")]
    [DataRow("a*-1", "a * (-1)")]
    [DataRow("a @-1", "a @- 1")]
    [DataRow("a != b", "a <> b")]
    [DataRow("a ISNULL", "a IS NULL")]
    [DataRow("CAST(a AS int)", "a::integer")]
    [DataRow("int '5'", "'5'::int")]
    [DataRow("a AT TIME ZONE b", "pg_catalog.timezone(b, a)")]
    [DataRow("extract(year FROM a)", "pg_catalog.extract('year', a)")]
    [DataRow("substring(a FROM b FOR c)", "pg_catalog.substring(a, b, c)")]
    [DataRow("substring(a FOR c FROM b)", "pg_catalog.substring(a, b, c)")]
    [DataRow("position(a IN b)", "pg_catalog.position(b, a)")]
    [DataRow("trim(LEADING 'x' FROM a)", "pg_catalog.ltrim(a, 'x')")]
    [DataRow("trim(a)", "pg_catalog.btrim(a)")]
    [DataRow("overlay(a PLACING b FROM 1)", "pg_catalog.overlay(a, b, 1)")]
    [DataRow("(a, b) OVERLAPS (c, d)", "pg_catalog.overlaps(a, b, c, d)")]
    public void Operators_bind_as_in_PostgreSQL(string sql, string same)
    {
        Assert.AreEqual(SqlParser.ParseExpression(same), SqlParser.ParseExpression(sql));
    }

    [TestMethod]
    public void A_chain_of_AND_is_one_node()
    {
        ConjunctionSyntax conjunction = (ConjunctionSyntax)SqlParser.ParseExpression("a AND b AND c AND d");
        Assert.AreEqual(ConjunctionKind.And, conjunction.Kind);
        Assert.AreEqual(4, conjunction.Operands.Count);
    }

    [TestMethod]
    [DataRow("12", LiteralKind.Integer, "12")]
    [DataRow("123456789012345678901234567890", LiteralKind.Integer, "123456789012345678901234567890")]
    [DataRow("1.50", LiteralKind.Numeric, "1.50")]
    [DataRow(".5e-3", LiteralKind.Numeric, ".5e-3")]
    [DataRow("1e10", LiteralKind.Numeric, "1e10")]
    [DataRow("'it''s'", LiteralKind.String, "it's")]
    [DataRow("E'a\\n\\'b\\\\'", LiteralKind.String, "a\n'b\\")]
    [DataRow("E'\\x41\\101\\u0041\\U0001F600'", LiteralKind.String, "AAA\U0001F600")]
    [DataRow("E'\\xe2\\x82\\xac'", LiteralKind.String, "€")]
    [DataRow("U&'d\\0061t\\+000061'", LiteralKind.String, "data")]
    [DataRow("U&'d!0061' UESCAPE '!'", LiteralKind.String, "da")]
    [DataRow("$$a'b$$", LiteralKind.String, "a'b")]
    [DataRow("$x$ $$ $y$ $x$", LiteralKind.String, " $$ $y$ ")]
    [DataRow("'a' \n -- it's a comment\n 'b'", LiteralKind.String, "ab")]
    [DataRow("''", LiteralKind.String, "")]
    [DataRow("B'0101'", LiteralKind.BitString, "0101")]
    [DataRow("X'1Fa'", LiteralKind.HexString, "1Fa")]
    [DataRow("NULL", LiteralKind.Null, "")]
    [DataRow("TRUE", LiteralKind.Boolean, "true")]
    public void Literals_keep_kind_and_text(string sql, object kind, string text)
    {
        Assert.AreEqual(new LiteralSyntax((LiteralKind)kind, text, 0), SqlParser.ParseExpression(sql));
    }

    [TestMethod]
    [DataRow("Abc", "abc")]
    [DataRow("\"Abc\"", "Abc")]
    [DataRow("\"a\"\"b\"", "a\"b")]
    [DataRow("U&\"d\\0061\"", "da")]
    [DataRow("a$1", "a$1")]
    [DataRow("É", "É")]
    [DataRow("year", "year")]
    [DataRow("aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeeeffffffffffgggggggggg", "aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeeeffffffffffggg")]
    public void Identifiers_are_folded_unless_quoted(string sql, string name)
    {
        Assert.AreEqual(new ColumnReferenceSyntax([name], 0), SqlParser.ParseExpression(sql));
    }

    [TestMethod]
    public void Operators_end_where_PostgreSQL_ends_them()
    {
        Assert.AreEqual(SqlParser.ParseExpression("a = (-1)"), SqlParser.ParseExpression("a=-1"));
        Assert.AreEqual("@-", ((BinarySyntax)SqlParser.ParseExpression("a @-b")).Operator);
        Assert.AreEqual(SqlParser.ParseExpression("a + b"), SqlParser.ParseExpression("a +--b\n b"));
        Assert.AreEqual(SqlParser.ParseExpression("a * b"), SqlParser.ParseExpression("a */* x /* y */ */ b"));
        Assert.AreEqual(SqlParser.ParseExpression("a"), SqlParser.ParseExpression("/**//***/a/* ; ' */--"));
    }

    [TestMethod]
    public void A_function_call_keeps_all_that_hangs_on_it()
    {
        FunctionCallSyntax call = (FunctionCallSyntax)SqlParser.ParseExpression(
            "s.f(DISTINCT a, b ORDER BY c DESC) FILTER (WHERE d) OVER (w PARTITION BY e ORDER BY g ROWS BETWEEN 1 PRECEDING AND CURRENT ROW EXCLUDE TIES)");
        Assert.AreEqual("s", call.Name.Schema);
        Assert.AreEqual(2, call.Arguments.Count);
        Assert.IsTrue(call.IsDistinct);
        Assert.AreEqual(SortDirection.Descending, call.OrderBy[0].Direction);
        Assert.IsNotNull(call.Filter);
        WindowSpecificationSyntax window = (WindowSpecificationSyntax)call.Over!;
        Assert.AreEqual("w", window.BaseName);
        Assert.AreEqual(FrameUnit.Rows, window.Frame!.Unit);
        Assert.AreEqual(FrameBoundKind.Preceding, window.Frame.Start.Kind);
        Assert.AreEqual(FrameBoundKind.CurrentRow, window.Frame.End.Kind);
        Assert.AreEqual(FrameExclusion.Ties, window.Frame.Exclusion);
        Assert.IsTrue(((FunctionCallSyntax)SqlParser.ParseExpression("count(*)")).IsStar);
    }

    [TestMethod]
    public void What_stands_in_parentheses_is_told_apart()
    {
        Assert.IsInstanceOfType<SubquerySyntax>(SqlParser.ParseExpression("((SELECT 1))"));
        Assert.IsInstanceOfType<BinarySyntax>(SqlParser.ParseExpression("((SELECT 1) + 1)"));
        Assert.IsInstanceOfType<RowSyntax>(SqlParser.ParseExpression("(((1, 2)))"));
        SubquerySyntax union = (SubquerySyntax)SqlParser.ParseExpression("((SELECT 1) UNION (SELECT 2) ORDER BY 1)");
        Assert.IsInstanceOfType<SetOperation>(union.Query.Body);
        Assert.AreEqual(1, union.Query.OrderBy.Count);
        Assert.IsInstanceOfType<InSubquerySyntax>(SqlParser.ParseExpression("a IN ((VALUES (1)))"));
        Assert.IsInstanceOfType<InListSyntax>(SqlParser.ParseExpression("a IN ((SELECT 1) + 1)"));
        Assert.IsInstanceOfType<QuantifiedSubquerySyntax>(SqlParser.ParseExpression("a = ANY (SELECT 1)"));
        Assert.IsInstanceOfType<QuantifiedArraySyntax>(SqlParser.ParseExpression("a = ANY (b)"));
    }

    [TestMethod]
    [DataRow("int", "pg_catalog.int4", "")]
    [DataRow("decimal(10,2)", "pg_catalog.numeric", "10,2")]
    [DataRow("float(24)", "pg_catalog.float4", "")]
    [DataRow("double precision", "pg_catalog.float8", "")]
    [DataRow("char", "pg_catalog.bpchar", "1")]
    [DataRow("character varying(5)", "pg_catalog.varchar", "5")]
    [DataRow("timestamp(3) with time zone", "pg_catalog.timestamptz", "3")]
    [DataRow("time without time zone", "pg_catalog.time", "")]
    [DataRow("text", "text", "")]
    [DataRow("my.\"Type\"(1)", "my.Type", "1")]
    [DataRow("interval second(3)", "pg_catalog.interval", "3")]
    public void Type_names_are_PostgreSQLs_internal_names(string sql, string name, string modifiers)
    {
        TypeNameSyntax type = SqlParser.ParseTypeName(sql);
        Assert.AreEqual(name, type.Name.ToString());
        Assert.AreEqual(modifiers, string.Join(',', type.Modifiers.Select(m => ((LiteralSyntax)m).Text)));
    }

    [TestMethod]
    public void Array_types_and_interval_fields_are_kept()
    {
        CollectionAssert.AreEqual(new[] { -1, 3 }, SqlParser.ParseTypeName("int[][3]").ArrayBounds.ToArray());
        Assert.AreEqual(IntervalFields.DayToSecond, SqlParser.ParseTypeName("interval day to second").IntervalFields);
    }

    [TestMethod]
    public void Positions_point_to_operators_and_first_characters()
    {
        BinarySyntax binary = (BinarySyntax)SqlParser.ParseExpression("  abc  <  f(x)");
        Assert.AreEqual(7, binary.Position);
        Assert.AreEqual(2, binary.Left.Position);
        Assert.AreEqual(10, binary.Right.Position);
    }
}
