using PhantomDb.Execution;
using PhantomDb.Vectors;

namespace PhantomDb.Tests.Execution;

/// <summary>What UPDATE and DELETE keep of the rows that they are about to change.</summary>
[TestClass]
public sealed class ModificationColumnsTests
{
    private readonly Database _database = Database.CreateInMemory(new DatabaseOptions { WorkMemory = 4 << 20 });

    [TestMethod]
    public void An_update_needs_no_memory_for_the_columns_that_it_leaves_alone()
    {
        using Session session = _database.OpenSession();
        Run(session, "create table t (a int, b text)");
        Run(session, "insert into t select g, repeat('x', 200) from generate_series(1, 30000) g");
        Assert.AreEqual(30_000, Run(session, "update t set a = a + 1"));
        Assert.AreEqual("30001|200", Row(session, "select max(a), min(length(b)) from t"));
    }

    [TestMethod]
    public void Rows_that_a_join_repeats_are_changed_once_and_charged_for_by_the_bit()
    {
        using Session session = _database.OpenSession();
        Run(session, "create table t (a int)");
        Run(session, "create table twice (n int)");
        Run(session, "insert into t select 0 from generate_series(1, 20000)");
        Run(session, "insert into twice values (1), (1)");
        Assert.AreEqual(20_000, Run(session, "update t set a = a + n from twice"));
        Assert.AreEqual("20000", Row(session, "select sum(a) from t"));
        Assert.AreEqual(20_000, Run(session, "delete from t using twice where t.a = twice.n"));
        Assert.AreEqual("0", Row(session, "select count(*) from t"));
    }

    [TestMethod]
    [DataRow("update t set a = 1 where id = 1 returning *", "1|1|3|long enough to be in a heap|7")]
    [DataRow("update t set a = 1 where id = 1 returning d", "7")]
    [DataRow("update t set c = c || '!' where id = 1 returning a, c", "2|long enough to be in a heap!")]
    [DataRow("update t set b = 8 from (values (1, 9)) v (k, w) where id = k returning w, c, b", "9|long enough to be in a heap|8")]
    [DataRow("with k as (select 1 as n) update t set d = (select n from k) + a where id in (select n from k) returning d, id", "3|1")]
    [DataRow("update t set (b, a) = (select a + 40, b + 20) where id = 1 returning a, b", "23|42")]
    public void Returning_gives_changed_and_unchanged_columns(string sql, string expected)
    {
        using Session session = _database.OpenSession();
        Fill(session);
        Assert.AreEqual(expected, Row(session, sql));
        Assert.AreEqual("2|20|30|y|70", Row(session, "select * from t where id = 2"));
    }

    [TestMethod]
    [DataRow("update t set a = 40 where id = 1", "23514", "Failing row contains (1, 40, 3, long enough to be in a heap, 7).")]
    [DataRow("update t set b = 1 where id = 1", "23514", "Failing row contains (1, 2, 1, long enough to be in a heap, 7).")]
    [DataRow("update t set c = null where id = 2", "23502", "Failing row contains (2, 20, 30, null, 70).")]
    [DataRow("update t set d = null where id = 2", null, null)]
    [DataRow("insert into t values (2) on conflict (id) do update set c = null", "23502", "Failing row contains (2, 20, 30, null, 70).")]
    public void A_check_reads_unchanged_columns_and_the_detail_shows_the_whole_row(string sql, string? state, string? detail)
    {
        using Session session = _database.OpenSession();
        Fill(session);
        if (state is null)
        {
            Assert.AreEqual(1, Run(session, sql));
            return;
        }
        var error = Assert.ThrowsExactly<PhantomDbException>(() => Run(session, sql));
        Assert.AreEqual(state, error.SqlState);
        Assert.AreEqual(detail, error.Detail);
    }

    [TestMethod]
    public void The_detail_shows_a_null_in_an_unchanged_column()
    {
        using Session session = _database.OpenSession();
        Fill(session);
        Run(session, "update t set d = null where id = 2");
        var error = Assert.ThrowsExactly<PhantomDbException>(() => Run(session, "update t set c = null where id = 2"));
        Assert.AreEqual("Failing row contains (2, 20, 30, null, null).", error.Detail);
    }

    [TestMethod]
    public void A_key_of_several_columns_is_whole_where_one_of_them_changes()
    {
        using Session session = _database.OpenSession();
        Run(session, "create table parent (v text, a int, b int, primary key (a, b))");
        Run(session, "create table child (w text, a int, b int, foreign key (a, b) references parent on update cascade)");
        Run(session, "insert into parent values ('p', 1, 1), ('q', 1, 2)");
        Run(session, "insert into child values ('c', 1, 1)");
        Run(session, "update child set b = 2");
        var error = Assert.ThrowsExactly<PhantomDbException>(() => Run(session, "update child set b = 3"));
        Assert.AreEqual("Key (a, b)=(1, 3) is not present in table \"parent\".", error.Detail);
        Run(session, "update parent set b = b + 10");
        Assert.AreEqual("c|1|12", Row(session, "select * from child"));
    }

    [TestMethod]
    public void Row_ids_are_in_a_set_once_and_charged()
    {
        MemoryAccount account = new("test", 10_000);
        RowIdSet set = new(account);
        Random random = new(1);
        HashSet<long> expected = [];
        for (int i = 0; i < 5_000; i++)
        {
            long rowId = random.Next(3) * (1L << 33) + random.Next(4_500);
            Assert.AreEqual(expected.Contains(rowId), set.Contains(rowId));
            Assert.AreEqual(expected.Add(rowId), set.Add(rowId));
        }
        Assert.IsGreaterThan(6 * 512, account.Used);
        Assert.ThrowsExactly<PhantomDbException>(() => Enumerable.Range(0, 100).Count(i => set.Add(i * 100_000L)));
    }

    [TestMethod]
    [DataRow("alter table t add column w int not null", "w")]
    [DataRow("alter table t alter column b type int using nullif(b, 30), alter column b set not null", "b")]
    public void A_new_column_without_values_contains_nulls(string sql, string column)
    {
        using Session session = _database.OpenSession();
        Fill(session);
        var error = Assert.ThrowsExactly<PhantomDbException>(() => Run(session, sql));
        Assert.AreEqual("23502", error.SqlState);
        Assert.AreEqual($"column \"{column}\" of relation \"t\" contains null values", error.Message);
        Assert.AreEqual(column, error.ColumnName);
        Assert.IsNull(error.Detail);
    }

    [TestMethod]
    [DataRow("a = 1 and b = 'x'", "2")]
    [DataRow("b = 'x' and a = 1 and a = 2", "0")]
    [DataRow("a = 1 and a = 1::bigint", "3")]
    [DataRow("a > 1", "2")]
    [DataRow("a >= 1", "5")]
    [DataRow("a < 2 and a > 0", "3")]
    [DataRow("a = 1 and b > 'x'", "1")]
    [DataRow("a = null", "0")]
    [DataRow("b = 'x'", "3")]
    public void An_index_gives_the_rows_that_a_scan_gives(string condition, string count)
    {
        using Session session = _database.OpenSession();
        Run(session, "create table i (a int, b text, c int)");
        Run(session, "insert into i values (1, 'x', 1), (1, 'x', 2), (1, 'y', 3), (2, 'x', 4), (3, null, 5), (null, 'z', 6)");
        Assert.AreEqual(count, Row(session, $"select count(*) from i where {condition}"));
        Run(session, "create index on i (a, b)");
        Run(session, "create index on i (b)");
        Run(session, "insert into i select g, g::text, g from generate_series(1000, 20000) g");
        Run(session, "analyze i");
        string added = condition is "a > 1" or "a >= 1" ? " and a < 1000" : "";
        Assert.AreEqual(count, Row(session, $"select count(*) from i where {condition}{added}"));
    }

    private static void Fill(Session session)
    {
        Run(session, "create table t (id int primary key, a int, b int, c text not null default 'z', d int, check (a < b + 20), check (a < b))");
        Run(session, "insert into t values (1, 2, 3, 'long enough to be in a heap', 7), (2, 20, 30, 'y', 70)");
    }

    private static long Run(Session session, string sql)
    {
        using QueryResult result = session.Execute(sql);
        return result.RowsAffected;
    }

    private static string Row(Session session, string sql)
    {
        using QueryResult result = session.Execute(sql);
        Assert.IsTrue(result.Read());
        return string.Join('|', Enumerable.Range(0, result.Columns.Count).Select(i => result.GetText(i)));
    }
}
