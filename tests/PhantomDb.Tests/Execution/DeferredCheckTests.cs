namespace PhantomDb.Tests.Execution;

/// <summary>Constraints that are checked when the transaction commits: what the error says, what is counted, saved, and read meanwhile.</summary>
[TestClass]
public sealed class DeferredCheckTests
{
    private readonly Database _database = Database.CreateInMemory();

    [TestMethod]
    [DataRow("insert into p values (2, 'x')", "23505", "p_v_key", "Key (v)=(x) already exists.")]
    [DataRow("insert into c values (1, 9)", "23503", "c_p", "Key (pid)=(9) is not present in table \"p\".")]
    [DataRow("delete from p where id = 1", "23503", "c_p", "Key (id)=(1) is still referenced from table \"c\".")]
    public void A_failing_commit_names_the_key_and_leaves_no_transaction(string sql, string state, string constraint, string detail)
    {
        using Session session = Filled();
        Run(session, "begin");
        Run(session, sql);
        var error = Assert.ThrowsExactly<PhantomDbException>(() => Run(session, "commit"));
        Assert.AreEqual((state, constraint, detail), (error.SqlState, error.ConstraintName, error.Detail));
        Assert.IsFalse(session.IsInTransaction);
        Assert.AreEqual("1:1 1:x", Content(session));
        Run(session, "insert into p values (3, 'y')");   // nothing is left of the failed one
        Run(session, "delete from p where id = 3");
        Assert.AreEqual(0, _database.Transactions.Locks.Describe().Count);
    }

    [TestMethod]
    public void A_statement_of_its_own_and_a_batch_are_checked_when_they_commit()
    {
        using Session session = Filled();
        Assert.AreEqual("23505", Assert.ThrowsExactly<PhantomDbException>(() => Run(session, "insert into p values (2, 'x')")).SqlState);
        Assert.AreEqual("23503", Assert.ThrowsExactly<PhantomDbException>(() => Run(session, "insert into c values (2, 2) returning id")).SqlState);
        foreach (QueryResult result in session.ExecuteBatch("insert into c values (2, 2); insert into p values (2, 'z')"))
        {
            result.Dispose();
        }
        Assert.AreEqual("23503", Assert.ThrowsExactly<PhantomDbException>(() => session.ExecuteBatch("insert into c values (3, 3); select 1").Count()).SqlState);
        Assert.AreEqual("1:1 1:x 2:2 2:z", Content(session));
    }

    [TestMethod]
    public void Prepared_statements_by_key_find_all_rows_that_share_it()
    {
        using Session session = _database.OpenSession();
        Run(session, "create table t (k bigint primary key deferrable initially deferred, v text)");
        Run(session, "insert into t values (1, 'a'), (2, 'b')");
        using PreparedStatement select = session.Prepare("select v from t where k = $1");
        using PreparedStatement insert = session.Prepare("insert into t values ($1, $2)");
        using PreparedStatement update = session.Prepare("update t set v = v || '!' where k = $1");
        using PreparedStatement delete = session.Prepare("delete from t where k = $1");
        Assert.AreEqual("a", Values(select, 1L));
        Run(session, "begin");
        Values(insert, 1L, "c");
        Assert.AreEqual("a c", Values(select, 1L));
        Values(update, 1L);
        Assert.AreEqual("a! c!", Values(select, 1L));
        Values(delete, 1L);
        Assert.AreEqual("", Values(select, 1L));
        Values(insert, 1L, "d");
        Run(session, "commit");
        Assert.AreEqual("d", Values(select, 1L));
        Assert.AreEqual("23505", Assert.ThrowsExactly<PhantomDbException>(() => Values(insert, 1L, "e")).SqlState);
        Assert.AreEqual("d", Values(select, 1L));
    }

    [TestMethod]
    public void What_is_to_be_checked_is_charged_and_given_back()
    {
        using Session session = Filled();
        Run(session, "create table many (k int unique deferrable initially deferred, f int constraint mf references p deferrable initially deferred)");
        Run(session, "insert into many values (0, null)");
        Run(session, "insert into p select g, 'v' || g from generate_series(10, 40000) g");
        Run(session, "delete from p where id >= 10");
        long before = _database.Memory.Used;
        Run(session, "begin");
        Run(session, "insert into many select 0, 7 from generate_series(1, 20000)");
        Run(session, "savepoint s");
        Run(session, "insert into p select g, 'v' || g from generate_series(10, 40000) g");
        Run(session, "delete from p where id >= 10");
        Assert.IsGreaterThan(before + (20000 * 24) + (40000 * 4), _database.Memory.Used);
        Run(session, "rollback to s");
        Run(session, "rollback");
        Run(session, "insert into many values (1, null)");
        Assert.IsLessThan(before + 400_000, _database.Memory.Used);
    }

    [TestMethod]
    public void Many_rows_that_share_keys_for_a_while_are_checked_in_one_go()
    {
        using Session session = _database.OpenSession();
        Run(session, "create table t (k int primary key deferrable, v int)");
        Run(session, "insert into t select g, g from generate_series(1, 10000) g");
        Run(session, "update t set k = k + 1");
        Run(session, "update t set k = 10002 - k + 1");
        Assert.AreEqual("10000 2 10001", Values(session, "select count(*) || ' ' || min(k) || ' ' || max(k) from t where k + v = 10002"));
        var error = Assert.ThrowsExactly<PhantomDbException>(() => Run(session, "update t set k = case when k = 5000 then 5001 else k end"));
        Assert.AreEqual("Key (k)=(5001) already exists.", error.Detail);
        Run(session, "begin");
        Run(session, "set constraints all deferred");
        for (int i = 0; i < 3000; i++)
        {
            Run(session, $"insert into t values ({i + 2}, 0)");
        }
        Run(session, "delete from t where v = 0");
        Run(session, "commit");
    }

    [TestMethod]
    public void Files_keep_deferrable_and_not_valid()
    {
        string path = Path.Combine(Path.GetTempPath(), $"deferrable-{Guid.NewGuid():n}.db");
        try
        {
            using (Session session = Filled())
            {
                Run(session, "alter table c add constraint few check (id < 1) not valid");
                Run(session, "create table k (a int primary key deferrable, b int, c int references p (id) deferrable)");
                Run(session, "insert into k values (1, 5, 1)");
                Run(session, "alter table k add constraint orphan foreign key (b) references p (id) not valid");
                _database.SaveToDisk(path);
            }
            // As saved, and as a file that somebody has edited: then the checks are made again.
            foreach (bool isEdited in new[] { false, true })
            {
                if (isEdited)
                {
                    File.WriteAllLines(path, File.ReadAllLines(path).Where(line => !line.Contains("CHECKSUM", StringComparison.OrdinalIgnoreCase)));
                }
                using Database opened = Database.Open(path);
                using Session session = opened.OpenSession();
                const string Definitions = "select conname || ' ' || pg_get_constraintdef(oid) || ' ' || convalidated from pg_constraint order by 1";
                Assert.AreEqual(Values(_database.OpenSession(), Definitions), Values(session, Definitions));
                Run(session, "update k set a = a + 1");
                Assert.AreEqual("23514", Assert.ThrowsExactly<PhantomDbException>(() => Run(session, "insert into c values (5, 1)")).SqlState);
                Run(session, "begin");
                Run(session, "insert into k values (1, null, null)");
                Run(session, "insert into p values (2, 'x')");
                Assert.AreEqual("23505", Assert.ThrowsExactly<PhantomDbException>(() => Run(session, "commit")).SqlState);
            }
        }
        finally
        {
            File.Delete(path);
        }
    }

    private Session Filled()
    {
        Session session = _database.OpenSession();
        Run(session, "create table p (id int primary key, v text unique deferrable initially deferred)");
        Run(session, "create table c (id int, pid int constraint c_p references p deferrable initially deferred)");
        Run(session, "insert into p values (1, 'x')");
        Run(session, "insert into c values (1, 1)");
        return session;
    }

    private static string Content(Session session) =>
        Values(session, "select * from (select id || ':' || v from p order by id) p union all select * from (select id || ':' || pid from c order by id) c");

    private static string Values(Session session, string sql)
    {
        using QueryResult result = session.Execute(sql);
        return Values(result);
    }

    private static string Values(PreparedStatement statement, params object[] arguments)
    {
        for (int i = 0; i < arguments.Length; i++)
        {
            if (arguments[i] is long number)
            {
                statement.Bind(i + 1, number);
            }
            else
            {
                statement.Bind(i + 1, (string)arguments[i]);
            }
        }
        using QueryResult result = statement.Execute();
        return Values(result);
    }

    private static string Values(QueryResult result)
    {
        List<string> values = [];
        while (result.Read())
        {
            values.Add(result.GetString(0));
        }
        values.Sort(StringComparer.Ordinal);
        return string.Join(' ', values);
    }

    private static void Run(Session session, string sql)
    {
        using QueryResult result = session.Execute(sql);
    }
}
