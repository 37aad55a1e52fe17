using System.Globalization;
using static PhantomDb.Tests.Engine.SessionSteps;

namespace PhantomDb.Tests.Execution.Indexes;

/// <summary>
/// Scans that take their columns from the keys of an index: where they are used, that they give what the table itself gives, and
/// that they stay right beside writers, whose entries come before and go after their rows.
/// </summary>
[TestClass]
public sealed class IndexOnlyScanTests
{
    private const int RowCount = 6_000;

    private readonly Database _database = Database.CreateInMemory();

    [TestMethod]
    [DataRow("select count(*) from t where a between 5 and 60", "Index Only Scan using t_a on t")]
    [DataRow("select a from t where a = 7", "Index Only Scan using t_a on t")]
    [DataRow("select a, id from t where a = 7", "Index Scan using t_a on t")]
    [DataRow("select b, a from t where b = 7 order by a limit 3", "Index Only Scan Backward using t_ba on t")]
    [DataRow("select count(*) from t where s like 's11%'", "Index Only Scan using t_s on t")]
    [DataRow("select count(*) from t where c = 'c7'", "Index Scan using t_c on t")]
    [DataRow("select count(*) from t where f = 7.5", "Index Scan using t_f on t")]
    [DataRow("select count(*) from t where upper(s) = 'S117'", "Index Only Scan using t_upper on t")]
    [DataRow("select d from t where d < 20 and b is null", "Index Only Scan using t_partial on t")]
    [DataRow("select min(a), max(s) from t", "Index Only Scan using t_a on t|Index Only Scan Backward using t_s on t")]
    [DataRow("select exists (select 1 from t where a = 50)", "Index Only Scan using t_a on t")]
    [DataRow("select a from t where a = 7 for update", "Index Scan using t_a on t")]
    [DataRow("select count(*) from t where a < 5000", "Seq Scan on t")]
    [DataRow("select f.a from (values (1), (2)) f(a) join t on t.a = f.a", "Index Scan using t_a on t")]
    [DataRow("update t set d = 1 where a = 7", "Index Scan using t_a on t")]
    public void A_plan_reads_keys_alone_where_they_say_all_that_it_needs(string query, string parts)
    {
        using Session session = NewSession();
        AssertPlan(session, query, parts);
    }

    [TestMethod]
    [DataRow(1)]
    [DataRow(2)]
    public void Keys_give_the_same_as_the_table_without_indexes(int seed)
    {
        Console.WriteLine($"seed {seed}");
        var random = new Random(seed);
        using Session session = NewSession();
        using Session reader = _database.OpenSession();
        Assert.IsGreaterThan(60, Compare(session, random, 100), "too few plans read keys alone");
        Change(session, random, 200);
        Compare(session, random, 50);
        Run(reader, "begin isolation level repeatable read");
        Rows(reader, "select count(*) from t where a = 1");
        Run(session, "begin");
        Change(session, random, 200);
        Run(session, "savepoint s");
        Change(session, random, 100);
        Compare(session, random, 50);
        Compare(reader, random, 30);
        Run(session, "rollback to s");
        Compare(session, random, 30);
        Run(session, "commit");
        Compare(session, random, 30);
        Compare(reader, random, 50);
        Run(reader, "commit");
        Compare(reader, random, 30);
        using Database fork = _database.Fork();
        using Session forked = fork.OpenSession();
        Change(session, random, 100);
        Change(forked, random, 100);
        Compare(session, random, 40);
        Compare(forked, random, 40);
    }

    [TestMethod]
    public void Every_type_that_keys_tell_comes_back_as_it_was_in_each_order()
    {
        (string Type, string[] Values)[] types =
        [
            ("smallint", ["-32768", "-1", "0", "7", "32767"]),
            ("integer", ["-2147483648", "-1", "0", "2147483647"]),
            ("bigint", ["-9223372036854775808", "-5", "0", "9223372036854775807"]),
            ("boolean", ["false", "true"]),
            ("date", ["'0001-01-01'", "'1999-12-31'", "'infinity'"]),
            ("timestamp", ["'1969-12-31 23:59:59.999999'", "'2024-02-29 12:00'", "'-infinity'"]),
            ("time", ["'00:00'", "'23:59:59.5'"]),
            ("uuid", ["'00000000-0000-0000-0000-000000000000'", "'ffffffff-ffff-ffff-ffff-fffffffffffe'"]),
            ("numeric(10,2)", ["-99999999.99", "-0.01", "0", "12.3"]),
            ("numeric(30,3)", ["-123456789012345678901234.567", "0", "5"]),
            ("text", ["''", "'a'", "'a' || chr(1)", "chr(1) || chr(2) || 'x'", "'öäü'", "repeat('long ', 9)"]),
            ("bytea", [@"'\x'", @"'\x00'", @"'\x0001ff'", @"'\xff00fe0102'"]),
            ("varchar(20)", ["'x '", "'y'"]),
        ];
        using Session session = _database.OpenSession();
        int number = 0;
        foreach ((string type, string[] values) in types)
        {
            foreach (string order in (string[])["", "desc", "nulls first", "desc nulls last"])
            {
                foreach (string notNull in (string[])["", " not null"])
                {
                    string table = $"v{number++}";
                    Run(session, $"create table {table} (n smallint, v {type}{notNull}, m integer)");
                    Run(session, $"insert into {table} select g % 3, x, -g from unnest(array[{string.Join(',', values)}]::{type}[]) x, generate_series(1, 3) g");
                    Run(session, $"insert into {table} select null, x, 9 from unnest(array[{string.Join(',', values)}]::{type}[]) x");
                    if (notNull.Length == 0)
                    {
                        Run(session, $"insert into {table} values (1, null, 5), (null, null, null)");
                    }
                    string[] expected = Rows(session, $"select v, m from {table} order by v {order}, m");
                    string[] triples = Rows(session, $"select n, v, m from {table} order by n {order}, v {order}, m");
                    Run(session, $"create index {table}_v on {table} (v {order}, m)");
                    Run(session, $"create index {table}_n on {table} (n {order}, v {order}, m)");
                    foreach ((string query, string[] rows) in (ReadOnlySpan<(string, string[])>)[($"select v, m from {table} order by v {order}, m", expected), ($"select n, v, m from {table} order by n {order}, v {order}, m", triples)])
                    {
                        Assert.Contains("Index Only Scan", string.Join('\n', Rows(session, "explain " + query)), query);
                        CollectionAssert.AreEqual(rows, Rows(session, query), $"{type} {order}{notNull}: {query}");
                    }
                }
            }
        }
    }

    [TestMethod]
    [DataRow("select count(*), sum(b) from m where b between 100 and 199", "m_b")]
    [DataRow("select count(*), sum(a) from m where b between 100 and 199", "m_ba")]
    [DataRow("select count(*), sum(length(s)) from m where s like 'in%'", "m_s")]
    public void Rows_whose_keys_move_and_go_back_count_once_beside_a_writer(string query, string index)
    {
        using Session session = _database.OpenSession();
        Run(session, "create table m (id int primary key, a int, b int not null, s text)");
        Run(session, "insert into m select i, 1, case when i % 50 = 0 then 100 + i / 50 % 100 else 1000 + i * 7919 % 20000 end, case when i % 50 = 0 then 'in' || 1000 + i / 50 % 100 else 'out' || i end from generate_series(1, 20000) i");
        Run(session, "create unique index m_u on m (id) where b < 0");
        Run(session, $"create index {index} on m ({index switch { "m_b" => "b", "m_ba" => "b, a", _ => "s" }})");
        Assert.Contains($"Index Only Scan using {index}", string.Join('\n', Rows(session, "explain " + query)));
        // Keys move only among those of the range, and by as much one way as the other; what leaves it is rolled back, or comes back at once.
        for (int pair = 0; pair < 200; pair++)
        {
            Run(session, Swap(pair, pair % 2, false, pair % 100));
        }
        string expected = Rows(session, query)[0];
        using var stop = new CancellationTokenSource();
        Task[] writers = [.. Enumerable.Range(0, 2).Select(number => Task.Run(() =>
        {
            using Session other = _database.OpenSession();
            var random = new Random(number);
            while (!stop.IsCancellationRequested)
            {
                int one = 50 * (1 + (random.Next(200) * 2) + number);   // each writer has rows of its own
                int two = 50 * (1 + (random.Next(200) * 2) + number);
                if (one == two)
                {
                    continue;
                }
                switch (random.Next(5))
                {
                    case 0:
                        Run(other, "begin");
                        Run(other, $"update m set b = b + 5000, s = 'x' || s where id in ({one}, {two})");
                        Run(other, "rollback");
                        break;
                    case 1:
                        Run(other, "begin");
                        Run(other, $"delete from m where id = {one}");
                        Run(other, $"insert into m select {one}, 1, 100 + {one} % 100, 'in' || 1000 + {one} % 100");
                        Run(other, $"update m set b = 100 + {two} % 100 where id = {two}");
                        Run(other, "rollback");
                        break;
                    case 2:
                        Run(other, $"insert into m select {20_000 + one}, 1, 100 + {one} % 100, 'in' from m where false");
                        Run(other, $"update m set b = 1 + b where id = {one + 1}");
                        break;
                    default:
                        Run(other, Swap(one / 100, number, random.Next(2) == 0, random.Next(100)));
                        break;
                }
            }
        }))];
        string? wrong = null;
        long end = Environment.TickCount64 + 2500;
        for (int i = 0; i < 4000 && wrong is null && Environment.TickCount64 < end; i++)
        {
            string found = Rows(session, query)[0];
            wrong = found == expected ? null : $"{found} instead of {expected} at {i}";
        }
        stop.Cancel();
        Task.WaitAll(writers);
        string byScan = Rows(session, query.Replace("where ", "where id + 0 > 0 and ", StringComparison.Ordinal).Replace("b between", "b + 0 between", StringComparison.Ordinal).Replace("s like", "s || '' like", StringComparison.Ordinal))[0];
        Assert.IsNull(wrong, $"afterwards {Rows(session, query)[0]}, by a scan {byScan}");
        Assert.AreEqual(expected, Rows(session, query)[0]);
        Assert.AreEqual(expected, byScan);
    }

    // Gives two rows of a writer keys in the range that are together always the same.
    private static string Swap(int pair, int writer, bool isTurned, int value)
    {
        int one = 200 * (pair / 2 % 100) + 50 + (50 * writer);
        (int first, int second) = isTurned ? (100 + value, 199 - value) : (199 - value, 100 + value);
        return $"update m set b = case when id = {one} then {first} else {second} end, s = 'in' || 1000 + case when id = {one} then {first} else {second} end where id in ({one}, {one + 100})";
    }

    [TestMethod]
    public void A_key_that_another_row_has_is_nobodys_else_while_it_is_refused()
    {
        using Session session = _database.OpenSession();
        Run(session, "create table r (id int primary key, k int not null unique, n int not null)");
        Run(session, "insert into r select i, i, i % 1000 from generate_series(1, 8000) i");
        Run(session, "create index r_n on r (n)");
        const string Query = "select count(*), sum(n) from r where n between 10 and 19";
        Assert.Contains("Index Only Scan using r_n", string.Join('\n', Rows(session, "explain " + Query)));
        string expected = Rows(session, Query)[0];
        using var stop = new CancellationTokenSource();
        Task writer = Task.Run(() =>
        {
            using Session other = _database.OpenSession();
            for (int i = 0; !stop.IsCancellationRequested; i++)
            {
                PhantomDbException error = Assert.ThrowsExactly<PhantomDbException>(() => Run(other, $"update r set n = {10 + (i % 10)}, k = 1 where id = {5000 + (i % 900)}"));
                Assert.AreEqual("23505", error.SqlState);
            }
        });
        for (int i = 0; i < 1000; i++)
        {
            Assert.AreEqual(expected, Rows(session, Query)[0]);
        }
        stop.Cancel();
        writer.Wait();
    }

    [TestMethod]
    public void What_keys_alone_did_not_have_counts_as_read_where_transactions_are_serializable()
    {
        using Session one = NewSession();
        using Session two = _database.OpenSession();
        Run(one, "delete from t where a = 777");
        const string Query = "select count(*) from t where a = 777";
        Assert.Contains("Index Only Scan", string.Join('\n', Rows(one, "explain " + Query)));
        Run(one, "begin isolation level serializable");
        Run(two, "begin isolation level serializable");
        Rows(one, Query);
        Rows(two, Query);
        Run(one, "insert into t (id, a) values (1000001, 777)");
        Run(two, "insert into t (id, a) values (1000002, 777)");
        Run(one, "commit");
        Assert.AreEqual("40001", Assert.ThrowsExactly<PhantomDbException>(() => Run(two, "commit")).SqlState);
    }

    private Session NewSession()
    {
        Session session = _database.OpenSession();
        const string Columns = "(id int primary key, a int not null, b smallint, c char(5), d bigint, f double precision, s text, u uuid)";
        Run(session, $"create table t {Columns}");
        Run(session, $"create table plain {Columns.Replace(" primary key", "", StringComparison.Ordinal)}");
        Run(session, $"insert into t select i, (i * 7919) % {RowCount}, case when i % 7 = 0 then null else i % 100 end, 'c' || i % 1000, i % 500, i / 2.0, 's' || i, ('00000000-0000-0000-0000-' || lpad(i::text, 12, '0'))::uuid from generate_series(1, {RowCount}) i");
        Run(session, "insert into plain select * from t");
        Run(session, "create index t_a on t (a)");
        Run(session, "create index t_ba on t (b nulls first, a desc)");
        Run(session, "create index t_s on t (s)");
        Run(session, "create index t_c on t (c)");
        Run(session, "create index t_f on t (f)");
        Run(session, "create index t_u on t (u desc)");
        Run(session, "create index t_upper on t (upper(s))");
        Run(session, "create index t_partial on t (d, b) where b is null");
        return session;
    }

    // The same changes of both tables.
    private static void Change(Session session, Random random, int count)
    {
        for (int i = 0; i < count; i++)
        {
            int id = random.Next(1, RowCount);
            int value = random.Next(200);
            string change = random.Next(6) switch
            {
                0 => $"update {{0}} set a = {value} where id = {id}",
                1 => $"update {{0}} set b = {(value % 5 == 0 ? "null" : value.ToString(CultureInfo.InvariantCulture))}, s = 's1' || {value} where id = {id}",
                2 => $"delete from {{0}} where id = {id}",
                3 => $"insert into {{0}} select {id}, {value}, {value}, 'c', {value}, 1, 's11x', null where not exists (select 1 from {{0}} where id = {id})",
                4 => $"update {{0}} set d = {value}, u = null where id between {id} and {id + 3}",
                _ => $"update {{0}} set f = f where id = {id}",
            };
            Run(session, string.Format(CultureInfo.InvariantCulture, change, "t"));
            Run(session, string.Format(CultureInfo.InvariantCulture, change, "plain"));
        }
    }

    // Gives how many plans read keys alone.
    private static int Compare(Session session, Random random, int count)
    {
        int used = 0;
        for (int i = 0; i < count; i++)
        {
            int value = random.Next(200);
            int other = value + random.Next(12);
            string query = random.Next(11) switch
            {
                0 => $"select count(*) from {{0}} where a between {value} and {other}",
                1 => $"select count(a), sum(a), min(a) from {{0}} where a in ({value}, {other}, {value + 1})",
                2 => $"select a from {{0}} where a > {value} order by a limit {random.Next(1, 100)}",
                3 => $"select b, a from {{0}} where b = {value % 100} order by a",
                4 => $"select b, a from {{0}} where b = {value % 100} order by a desc limit 7",
                5 => $"select s from {{0}} where s like 's{value}%' order by s",
                6 => $"select count(*) from {{0}} where upper(s) like 'S{value}%'",
                7 => $"select d, count(*) from {{0}} where b is null and d between {value} and {other} group by d order by d",
                8 => $"select u from {{0}} where u < '00000000-0000-0000-0000-{value:D12}' order by u",
                9 => $"select exists (select 1 from {{0}} where a = {value * 40})",
                _ => "select max(u::text), min(a), max(d) from {0} where b is null and d < 3",
            };
            string[] expected = Rows(session, string.Format(CultureInfo.InvariantCulture, query, "plain"));
            query = string.Format(CultureInfo.InvariantCulture, query, "t");
            CollectionAssert.AreEqual(expected, Rows(session, query), query);
            used += string.Join('\n', Rows(session, "explain " + query)).Contains("Index Only Scan", StringComparison.Ordinal) ? 1 : 0;
        }
        return used;
    }

    private static void Run(Session session, string sql) => session.Execute(sql).Dispose();
}
