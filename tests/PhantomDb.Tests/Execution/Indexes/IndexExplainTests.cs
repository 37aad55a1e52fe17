using static PhantomDb.Tests.Engine.SessionSteps;

namespace PhantomDb.Tests.Execution.Indexes;

/// <summary>Which plans are chosen over a large table with indexes, and that they stay right beside other writers.</summary>
[TestClass]
public sealed class IndexExplainTests
{
    private readonly Database _database = Database.CreateInMemory();

    [TestMethod]
    [DataRow("select * from big where id in (1, 5, 7)", "Index Cond: (id = ANY ('{1,5,7}'))")]
    [DataRow("select * from big where id = 1 or id = 5", "Index Cond: (id = ANY ('{1,5}'))")]
    [DataRow("select * from big where id = any ('{1,2}'::bigint[])", "Index Cond: (id = ANY ('{1,2}'))")]
    [DataRow("select * from big where id = any (string_to_array('1,2', ',')::bigint[])", "Index Cond: (id = ANY (|Filter: ")]
    [DataRow("select * from big where (k, n) > (5, 10) and k < 6", "Index Cond: (k >= 5) and (k < 6)|Filter: ")]
    [DataRow("select * from big where k = 3 and n is null", "Index Cond: (k = 3) and (n IS NULL)")]
    [DataRow("select * from big where s like 'name99%'", "Index Scan using big_s on big|Index Cond: (s ^@ 'name99')|Filter: s ~~ 'name99%'")]
    [DataRow("select * from big where s ~ '^name99'", "Index Cond: (s ^@ 'name99')")]
    [DataRow("select * from big where n > 19990", "Index Scan using big_n on big|Index Cond: (n > 19990)")]
    [DataRow("select * from big where k > 20", "Seq Scan on big")]
    [DataRow("select * from big where s like '%99'", "Seq Scan on big")]
    [DataRow("select * from big order by id desc limit 3", "Limit|Index Scan Backward using big_pkey on big")]
    [DataRow("select * from big where k = 7 order by n limit 3", "Limit|Index Scan using big_k_n on big")]
    [DataRow("select * from big where n is not null order by n limit 3", "Limit|Index Scan Backward using big_n on big")]
    [DataRow("select * from big where s like '%7' order by d limit 3", "Top-N Sort|Seq Scan on big")]
    [DataRow("select min(id), max(n) from big", "Index Only Scan using big_pkey on big|Index Only Scan using big_n on big|Index Cond: (n IS NOT NULL)")]
    [DataRow("select max(n) from big where k = 5", "Index Only Scan Backward using big_k_n on big|Index Cond: (k = 5) and (n IS NOT NULL)")]
    [DataRow("select min(d) from big", "Aggregate|Seq Scan on big")]
    [DataRow("select * from few join big on big.id = few.ref", "Nested Loop Join|Seq Scan on few|Index Scan using big_pkey on big|Index Cond: (id = few.ref)")]
    [DataRow("select * from few left join big on big.id = few.ref and big.n > 5", "Nested Loop Left Join|Index Cond: (id = few.ref)|Filter: n > 5")]
    [DataRow("select * from few where not exists (select 1 from big where big.id = few.ref)", "Nested Loop Anti Join|Index Cond: (id = few.ref)")]
    [DataRow("select b.id, f.t from big b left join many f on f.id = b.k order by b.id limit 5", "Limit|Nested Loop Left Join|Index Scan using big_pkey on big b|Index Scan using many_pkey on many f|Index Cond: (id = b.k)")]
    [DataRow("select * from many m join big b on b.id = m.id", "Hash Join")]
    [DataRow("update big set s = 'x' where id between 5 and 6", "Update on big|Index Scan using big_pkey on big|Index Cond: (id >= 5) and (id <= 6)")]
    [DataRow("delete from big using few where big.id = few.ref", "Delete on big|Nested Loop Join|Index Cond: (id = few.ref)")]
    public void The_cheaper_way_is_chosen(string query, string parts)
    {
        using Session session = NewSession();
        AssertPlan(session, query, parts);
    }

    [TestMethod]
    public void A_prepared_range_is_read_by_index_or_by_scan_as_its_values_ask()
    {
        using Session session = NewSession();
        using PreparedStatement range = session.Prepare("select count(*), sum(id) from big where k >= $1 and k < $2 and d >= 0");
        foreach ((int from, int to) in ((int, int)[])[(5, 6), (0, 1000), (7, 7), (990, 2000), (3, 1)])
        {
            range.Bind(1, from);
            range.Bind(2, to);
            string expected = Rows(session, $"select count(*) || ' ' || coalesce(sum(id)::text, '') from big where k + 0 >= {from} and k + 0 < {to}")[0];
            using QueryResult result = range.Execute();
            Assert.IsTrue(result.Read());
            Assert.AreEqual(expected, $"{result.GetText(0)} {(result.IsNull(1) ? "" : result.GetText(1))}");
        }
        string[] analyzed = Rows(session, "explain (analyze, costs off, timing off, summary off) select * from big where id = 5");
        CollectionAssert.AreEqual((string[])["Index Scan using big_pkey on big (actual rows=1 loops=1)", "  Index Cond: (id = 5)"], analyzed);
    }

    [TestMethod]
    public void Rows_that_are_locked_in_the_order_of_an_index_are_looked_at_again()
    {
        using Session session = NewSession();
        using Session other = _database.OpenSession();
        Run(other, "begin");
        Run(other, "update big set n = -1 where id = 1");
        Task<string[]> locked = Blocked(session, () => Rows(session, "select id from big where n >= 0 and id < 4 order by id limit 2 for update"));
        Run(other, "commit");
        CollectionAssert.AreEqual((string[])["2", "3"], locked.Result);
    }

    [TestMethod]
    [DataRow("select count(*) from big where k in (1, 2)")]
    [DataRow("select max(n) from big where k = 1")]
    [DataRow("select id from big where k = 1 order by n limit 1")]
    [DataRow("select count(*) from few join big on big.k = few.id where few.id = 1")]
    [DataRow("select count(*) from big where s like 'one%'")]
    public void What_an_index_did_not_have_counts_as_read_where_transactions_are_serializable(string query)
    {
        using Session one = NewSession();
        using Session two = _database.OpenSession();
        Run(one, "begin isolation level serializable");
        Run(two, "begin isolation level serializable");
        Rows(one, query);
        Rows(two, query);
        Run(one, "insert into big values (1000001, 1, 1, 'one1', 1)");
        Run(two, "insert into big values (1000002, 1, 1, 'one2', 1)");
        Run(one, "commit");
        PhantomDbException error = Assert.ThrowsExactly<PhantomDbException>(() => Run(two, "commit"));
        Assert.AreEqual("40001", error.SqlState);
    }

    [TestMethod]
    public void A_transaction_sees_its_own_changes_in_the_order_of_an_index()
    {
        using Session session = NewSession();
        Run(session, "begin");
        Run(session, "update big set id = id + 2000000 where id < 3");
        Run(session, "delete from big where id = 3");
        Run(session, "insert into big values (-7, 1, null, 'new', 0)");
        CollectionAssert.AreEqual((string[])["-7", "4", "5"], Rows(session, "select id from big order by id limit 3"));
        CollectionAssert.AreEqual((string[])["2000002", "2000001"], Rows(session, "select id from big order by id desc limit 2"));
        Assert.AreEqual("-7", Rows(session, "select min(id) from big")[0]);
        Run(session, "rollback");
        CollectionAssert.AreEqual((string[])["1", "2", "3"], Rows(session, "select id from big order by id limit 3"));
        Run(session, "delete from big");
        CollectionAssert.AreEqual((string[])["none"], Rows(session, "select coalesce(min(id)::text, 'none') from big"));
    }

    [TestMethod]
    [DataRow("select sum(d), count(*) from few join big on big.id = few.ref", "Nested Loop")]
    [DataRow("select sum(d), count(*) from (select d from big where k = 7 order by n desc limit 100) x", "Index Scan Backward")]
    [DataRow("select sum(d), count(*) from big where k in (7, 9)", "= ANY")]
    [DataRow("select sum(d), count(*) from big where s like 'moved%'", "^@")]
    public void Rows_whose_keys_move_are_met_once_by_each_statement(string query, string part)
    {
        using Session session = NewSession();
        // Amounts are moved among the rows that the queries read, and these among the places of the indexes that they read them by.
        Run(session, "update big set s = 'moved' || id, d = 100 where id in (select ref from few) or k = 7");
        Assert.Contains(part, string.Join('\n', Rows(session, "explain " + query)));
        string Read()
        {
            using QueryResult result = session.Execute(query);
            Assert.IsTrue(result.Read());
            return $"{result.GetText(0)} {result.GetText(1)}";
        }
        string expected = Read();
        using var stop = new CancellationTokenSource();
        Task writer = Task.Run(() =>
        {
            using Session other = _database.OpenSession();
            string[] ids = Rows(other, "select id from big where k = 7");
            string[] refs = Rows(other, "select ref from few");
            var random = new Random(3);
            while (!stop.IsCancellationRequested)
            {
                foreach (string[] of in (string[][])[ids, refs])
                {
                    string one = of[random.Next(of.Length)];
                    string two = of[random.Next(of.Length)];
                    Run(other, "begin");
                    Run(other, $"update big set d = d - 1, n = {random.Next(1000)}, s = 'moved{random.Next(1000)}' where id = {one}");
                    Run(other, $"update big set d = d + 1, n = {random.Next(1000)} where id = {two}");
                    Run(other, random.Next(4) == 0 ? "rollback" : "commit");
                }
            }
        });
        for (int i = 0; i < 150; i++)
        {
            Assert.AreEqual(expected, Read());
        }
        stop.Cancel();
        writer.Wait();
    }

    private Session NewSession()
    {
        Session session = _database.OpenSession();
        Run(session, "create table big (id bigint primary key, k int not null, n int, s text, d numeric(10,2))");
        Run(session, "insert into big select (i * 7919::bigint) % 20011, i % 500, case when i % 10 = 0 then null else i end, 'name' || i, i / 100.0 from generate_series(1, 20000) i");
        Run(session, "delete from big where id > 20000 or id < 1");
        Run(session, "create index big_k_n on big (k, n)");
        Run(session, "create index big_s on big (s)");
        Run(session, "create index big_n on big (n desc)");
        Run(session, "create table few (id int, ref bigint)");
        Run(session, "insert into few select i, i * 100 from generate_series(1, 10) i");
        Run(session, "create table many (id int primary key, t text)");
        Run(session, "insert into many select i, 't' || i from generate_series(0, 4999) i");
        return session;
    }

    private static void Run(Session session, string sql) => session.Execute(sql).Dispose();
}
