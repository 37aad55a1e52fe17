namespace PhantomDb.Tests.Execution;

/// <summary>What errors of constraints say beside their SQLSTATE.</summary>
[TestClass]
public sealed class ModificationErrorTests
{
    private readonly Database _database = Database.CreateInMemory();

    [TestMethod]
    [DataRow("insert into t values (1, 'z')", "t_pkey", "Key (id)=(1) already exists.")]
    [DataRow("update t set id = 1 where id = 2", "t_pkey", "Key (id)=(1) already exists.")]
    [DataRow("insert into pair values (1, 'x')", "pair_a_b_key", "Key (a, b)=(1, x) already exists.")]
    public void A_duplicate_key_is_named_in_the_detail(string sql, string constraint, string detail)
    {
        using Session session = _database.OpenSession();
        Run(session, "create table t (id int primary key, v text)");
        Run(session, "insert into t values (1, 'a'), (2, 'b')");
        Run(session, "create table pair (a int, b text, unique (a, b))");
        Run(session, "insert into pair values (1, 'x')");
        var error = Assert.ThrowsExactly<PhantomDbException>(() => Run(session, sql));
        Assert.AreEqual("23505", error.SqlState);
        Assert.AreEqual(constraint, error.ConstraintName);
        Assert.AreEqual(detail, error.Detail);
    }

    private static void Run(Session session, string sql)
    {
        using QueryResult result = session.Execute(sql);
    }
}
