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
    [DataRow("insert into t values (7, 'a'), (8, 'b'), (7, 'c')", "t_pkey", "Key (id)=(7) already exists.")]
    [DataRow("insert into pair select g % 3 + 10, null from generate_series(1, 2) g union all select 5, 'q' from generate_series(1, 2)", "pair_a_b_key", "Key (a, b)=(5, q) already exists.")]
    [DataRow("update pair set a = 1, b = 'same'", "pair_a_b_key", "Key (a, b)=(1, same) already exists.")]
    [DataRow("insert into t values (2, 'x') on conflict (id) do update set id = 1", "t_pkey", "Key (id)=(1) already exists.")]
    public void A_duplicate_key_is_named_in_the_detail(string sql, string constraint, string detail)
    {
        using Session session = _database.OpenSession();
        Run(session, "create table t (id int primary key, v text)");
        Run(session, "insert into t values (1, 'a'), (2, 'b')");
        Run(session, "create table pair (a int, b text, unique (a, b))");
        Run(session, "insert into pair values (1, 'x'), (2, 'y')");
        var error = Assert.ThrowsExactly<PhantomDbException>(() => Run(session, sql));
        Assert.AreEqual("23505", error.SqlState);
        Assert.AreEqual(constraint, error.ConstraintName);
        Assert.AreEqual(detail, error.Detail);
    }

    [TestMethod]
    [DataRow("insert into child values (1, 9)", "child_pid_fkey", "Key (pid)=(9) is not present in table \"parent\".")]
    [DataRow("insert into pairs values (1, 'y')", "pairs_a_b_fkey", "Key (a, b)=(1, y) is not present in table \"two\".")]
    [DataRow("insert into pairs values (1, null)", "pairs_a_b_fkey", "MATCH FULL does not allow mixing of null and nonnull key values.")]
    [DataRow("delete from parent where id = 1", "child_pid_fkey", "Key (id)=(1) is still referenced from table \"child\".")]
    [DataRow("update two set b = 'z'", "pairs_a_b_fkey", "Key (a, b)=(1, x) is still referenced from table \"pairs\".")]
    public void A_key_without_partner_is_named_in_the_detail(string sql, string constraint, string detail)
    {
        using Session session = _database.OpenSession();
        Run(session, "create table parent (id bigint primary key)");
        Run(session, "create table child (id int, pid int references parent)");
        Run(session, "create table two (a int, b text, primary key (a, b))");
        Run(session, "create table pairs (a int, b text, foreign key (a, b) references two match full)");
        Run(session, "insert into parent values (1)");
        Run(session, "insert into child values (1, 1)");
        Run(session, "insert into two values (1, 'x')");
        Run(session, "insert into pairs values (1, 'x')");
        var error = Assert.ThrowsExactly<PhantomDbException>(() => Run(session, sql));
        Assert.AreEqual("23503", error.SqlState);
        Assert.AreEqual(constraint, error.ConstraintName);
        Assert.AreEqual(detail, error.Detail);
    }

    private static void Run(Session session, string sql)
    {
        using QueryResult result = session.Execute(sql);
    }
}
