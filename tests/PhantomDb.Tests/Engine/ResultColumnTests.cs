namespace PhantomDb.Tests.Engine;

/// <summary>What a result says of its columns' types.</summary>
[TestClass]
public sealed class ResultColumnTests
{
    [TestMethod]
    [DataRow("select v, n, c, ts from t", "character varying(10)|numeric(10,2)|character(3)|timestamp(3) without time zone")]
    [DataRow("select v || 'x', n + 1, n * 2, upper(c), coalesce(v, 'x') from t", "text|numeric|numeric|text|character varying")]
    [DataRow("select x.v, y.n from (select v from t) x, (select n, max(v) from t group by n) y", "character varying(10)|numeric(10,2)")]
    [DataRow("select v from t union all select v from t", "character varying(10)")]
    [DataRow("select v from t union all select 'x'", "character varying")]
    [DataRow("select v::varchar(3), v::text from t", "character varying(3)|text")]
    [DataRow("select v, n from seen", "character varying(10)|numeric(10,2)")]
    [DataRow("insert into t values ('a', 1) returning v, n, n + 1", "character varying(10)|numeric(10,2)|numeric")]
    [DataRow("update t set n = 5 returning n, v", "numeric(10,2)|character varying(10)")]
    [DataRow("delete from t returning n", "numeric(10,2)")]
    public void Declared_modifiers_are_shown_and_inferred_ones_are_not(string sql, string types)
    {
        using Database database = Database.CreateInMemory();
        using Session session = database.OpenSession();
        session.Execute("create table t (v varchar(10), n numeric(10,2), c char(3), ts timestamp(3))").Dispose();
        session.Execute("create view seen as select * from t").Dispose();
        using QueryResult result = session.Execute(sql);
        Assert.AreEqual(types, string.Join('|', result.Columns.Select(c => c.TypeName)));
    }
}
