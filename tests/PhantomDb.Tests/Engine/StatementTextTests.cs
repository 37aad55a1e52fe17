using Microsoft.VisualStudio.TestTools.UnitTesting;

namespace PhantomDb.Tests.Engine;

/// <summary>Named parameters become numbered ones, and nothing else is touched.</summary>
[TestClass]
public sealed class StatementTextTests
{
    [TestMethod]
    [DataRow("SELECT @a, :b, @a", "SELECT $1, $2, $1", "a,b")]
    [DataRow("SELECT * FROM t WHERE id=@id AND n<@n AND m>=:m", "SELECT * FROM t WHERE id=$1 AND n<$2 AND m>=$3", "id,n,m")]
    [DataRow("SELECT $2, $1", "SELECT $1, $2", "$2,$1")]
    [DataRow("SELECT @0 + @1::bigint", "SELECT $1 + $2::bigint", "0,1")]
    [DataRow("SELECT '@a :b $1' AS \"@c\" -- @d\n/* :e */ , $$ @f $1 $$, E'\\'@g'", "SELECT '@a :b $1' AS \"@c\" -- @d\n/* :e */ , $$ @f $1 $$, E'\\'@g'", "")]
    [DataRow("SELECT x::int, a[1:2], a[:n], a @> b, a <@ b, @ -5, c @@ d, @@e", "SELECT x::int, a[1:2], a[:n], a @> b, a <@ b, @ -5, c @@ d, @@e", "")]
    [DataRow("SELECT :größe, :a_1;", "SELECT $1, $2", "größe,a_1")]
    [DataRow("SELECT :a::text", "SELECT $1::text", "a")]
    public void Parameters_are_numbered_and_all_else_stays(string sql, string expected, string names)
    {
        StatementText statement = Only(sql);
        Assert.AreEqual(expected, statement.Text);
        Assert.AreEqual(names, string.Join(',', statement.ParameterNames));
    }

    [TestMethod]
    public void A_text_is_cut_into_its_statements_each_with_numbers_of_its_own()
    {
        IReadOnlyList<StatementText> statements = StatementText.Split("SELECT @a; ; SELECT ';', @b, @a; -- the end\n");
        CollectionAssert.AreEqual(new[] { "SELECT $1", "SELECT ';', $1, $2" }, statements.Select(s => s.Text).ToArray());
        CollectionAssert.AreEqual(new[] { "b", "a" }, statements[1].ParameterNames.ToArray());
        Assert.IsEmpty(StatementText.Split("-- nothing\n/* at all */ ;"));
    }

    [TestMethod]
    public void A_place_in_a_statement_is_found_in_the_whole_text()
    {
        const string Sql = "SELECT 1;\n SELECT @first, @second + wrong";
        StatementText statement = StatementText.Split(Sql)[1];
        Assert.AreEqual(Sql.IndexOf("wrong", StringComparison.Ordinal), statement.PositionInWhole(statement.Text.IndexOf("wrong", StringComparison.Ordinal)));
        Assert.AreEqual(Sql.IndexOf("@second", StringComparison.Ordinal), statement.PositionInWhole(statement.Text.IndexOf("$2", StringComparison.Ordinal)));
        Assert.AreEqual(Sql.IndexOf("SELECT @", StringComparison.Ordinal), statement.PositionInWhole(0));
        Assert.AreEqual(-1, statement.PositionInWhole(-1));
    }

    [TestMethod]
    public void A_statement_is_prepared_for_the_types_that_are_given()
    {
        using Database database = Database.CreateInMemory();
        using Session session = database.OpenSession();
        using PreparedStatement sum = session.Prepare("SELECT $1 + $2, $3", [23, 20]);
        CollectionAssert.AreEqual(new[] { "integer", "bigint", "text" }, sum.ParameterTypeNames.ToArray());
        Assert.AreEqual("bigint", sum.Columns[0].TypeName);
        PhantomDbException error = Assert.ThrowsExactly<PhantomDbException>(() => session.Prepare("SELECT $1", [999_999]));
        Assert.AreEqual("42704", error.SqlState);
    }

    private static StatementText Only(string sql)
    {
        IReadOnlyList<StatementText> statements = StatementText.Split(sql);
        Assert.HasCount(1, statements);
        return statements[0];
    }
}
