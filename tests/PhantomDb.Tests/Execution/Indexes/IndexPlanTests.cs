using System.Globalization;
using static PhantomDb.Tests.Engine.SessionSteps;

namespace PhantomDb.Tests.Execution.Indexes;

/// <summary>
/// The same random queries over a table with indexes and over one with the same rows and none: the answers must be the same, and
/// most plans must use an index. The rows change meanwhile, within the transaction and beside an older reader.
/// </summary>
[TestClass]
public sealed class IndexPlanTests
{
    private const int RowCount = 12_000;

    private readonly Database _database = Database.CreateInMemory();
    private int _plans;
    private int _indexPlans;

    [TestMethod]
    [DataRow(1)]
    [DataRow(2)]
    [DataRow(3)]
    public void Queries_give_the_same_with_and_without_indexes(int seed)
    {
        Console.WriteLine($"seed {seed}");
        var random = new Random(seed);
        using Session session = _database.OpenSession();
        Fill(session, seed);
        Compare(session, random, 120);
        Change(session, random);
        Compare(session, random, 60);
        Run(session, "begin");
        Change(session, random);
        Compare(session, random, 60);
        Run(session, "rollback");
        Compare(session, random, 30);
        Assert.IsGreaterThan(_plans / 2, _indexPlans, $"only {_indexPlans} of {_plans} plans used an index");
    }

    [TestMethod]
    public void An_older_reader_finds_its_rows_by_index_while_others_change_them()
    {
        var random = new Random(4);
        using Session reader = _database.OpenSession();
        using Session writer = _database.OpenSession();
        Fill(writer, 4);
        Run(reader, "begin isolation level repeatable read");
        string[] before = Rows(reader, "select * from plain order by id");
        for (int i = 0; i < 5; i++)
        {
            Change(writer, random);
            Compare(reader, random, 20);
        }
        CollectionAssert.AreEqual(before, Rows(reader, "select * from plain order by id"));
        Run(reader, "commit");
        Compare(reader, random, 20);
    }

    [TestMethod]
    [DataRow("select * from many s join {t} t on t.id = s.ref")]
    [DataRow("select * from many s left join {t} t on t.id = s.ref")]
    [DataRow("select * from many s left join {t} t on t.id = s.ref and t.b > 50")]
    [DataRow("select * from many s where exists (select 1 from {t} t where t.id = s.ref and t.b <> s.id)")]
    [DataRow("select * from many s where not exists (select 1 from {t} t where t.id = s.ref)")]
    [DataRow("select s.*, (select t.c from {t} t where t.id = s.ref) from many s")]
    public void A_hash_join_takes_over_where_far_more_rows_come_than_expected(string query)
    {
        using Session session = _database.OpenSession();
        Fill(session, 1);
        Run(session, "create table many (id int, ref bigint)");
        Run(session, "insert into many select i, case when i % 5 = 0 then null else i * 3 end from generate_series(1, 20000) i");
        query = query.Replace("many s", "(select * from many where id / id = 1 and id - id = 0 and (id + 1) - id = 1) s");
        string[] expected = Rows(session, query.Replace("{t}", "plain"));
        string[] actual = Rows(session, query.Replace("{t}", "indexed"));
        Array.Sort(expected, StringComparer.Ordinal);
        Array.Sort(actual, StringComparer.Ordinal);
        CollectionAssert.AreEqual(expected, actual);
        string plan = string.Join('\n', Rows(session, "explain (analyze, costs off) " + query.Replace("{t}", "indexed")));
        Assert.Contains("Nested Loop", plan);
        Assert.Contains("Executed As: Hash Join", plan);
    }

    private static void Fill(Session session, int seed)
    {
        foreach (string table in (string[])["indexed", "plain"])
        {
            Run(session, $"create table {table} (id bigint{(table == "indexed" ? " primary key" : " not null")}, a int not null, b smallint, c text, d numeric(8,2), e varchar(12), f char(6), g boolean, h double precision)");
        }
        // Multiplying by a number that shares no factor with a prime visits every residue, in an order far from that of the ids.
        Run(session, $"""
            insert into plain
            select (i * 7919) % 12007, (i * {31 + seed}) % 300, case when i % 11 = 0 then null else (i * 17) % 150 - 20 end,
                case when i % 13 = 0 then null else 'n' || ((i * 37) % 400) || case when i % 3 = 0 then '' else 'xy' end end,
                case when i % 17 = 0 then null else ((i * 29) % 500) / 4.0 end,
                'v' || chr(97 + i % 26) || (i * 41) % 97, chr(97 + i % 20) || (i * 43) % 60, case i % 50 when 0 then null when 1 then true else false end,
                ((i * 53) % 1000) / 8.0
            from generate_series(1, {RowCount}) i
            """);
        Run(session, "insert into indexed select * from plain");
        Run(session, "create table small (id bigint primary key, ref int)");
        Run(session, "insert into small select i, (i * 13) % 160 from generate_series(1, 200) i");
        string[] indexes =
        [
            "a, b desc, id", "b", "c", "d desc nulls last, a", "e", "f desc", "g, a", "h, c nulls first", "b desc, c desc", "c desc, a",
        ];
        foreach (string columns in indexes)
        {
            Run(session, $"create index on indexed ({columns})");
        }
    }

    private static void Change(Session session, Random random)
    {
        int n = random.Next(300);
        string[] changes =
        [
            $"delete from {{0}} where a = {n}",
            $"update {{0}} set a = {random.Next(300)} where id between {n} and {n + 200}",
            $"update {{0}} set b = null where b = {random.Next(-20, 130)}",
            $"update {{0}} set c = 'n{random.Next(400)}', d = d + 1 where c like 'n{random.Next(40)}%'",
            $"insert into {{0}} select max(id) + 1, {n}, 1, 'n{n}', {n}, 'vz', 'zz', true, {n} from {{0}}",
        ];
        foreach (string change in changes)
        {
            Run(session, string.Format(CultureInfo.InvariantCulture, change, "plain"));
            Run(session, string.Format(CultureInfo.InvariantCulture, change, "indexed"));
        }
    }

    private void Compare(Session session, Random random, int count)
    {
        for (int i = 0; i < count; i++)
        {
            (string query, bool isOrdered) = NewQuery(random);
            string[] expected = Rows(session, query.Replace("{t}", "plain"));
            string indexed = query.Replace("{t}", "indexed");
            string[] actual = Rows(session, indexed);
            if (!isOrdered)
            {
                Array.Sort(expected, StringComparer.Ordinal);
                Array.Sort(actual, StringComparer.Ordinal);
            }
            string plan = string.Join('\n', Rows(session, "explain " + indexed));
            CollectionAssert.AreEqual(expected, actual, $"{query}\n{plan}");
            _plans++;
            _indexPlans += plan.Contains("Index", StringComparison.Ordinal) ? 1 : 0;
        }
    }

    // Where an order leaves rows equal, only what it is by is asked for.
    private static (string Query, bool IsOrdered) NewQuery(Random random)
    {
        string where = string.Join(" and ", Enumerable.Range(0, random.Next(1, 4)).Select(_ => NewCondition(random)));
        string some = random.Next(3) == 0 ? "" : $" where {NewCondition(random)}";
        switch (random.Next(12))
        {
            case 0:
                return ($"select count(*), sum(id), min(c), max(b) from {{t}} where {where}", false);
            case 1:
                return ($"select min({Pick(random)}), max({Pick(random)}), min({Pick(random)}) from {{t}}{some}", false);
            case 2:
                return ($"select max({Pick(random)}) from {{t}} where {where}", false);
            case 3 or 4:
                (string columns, string keys) = NewOrder(random, "");
                return ($"select {columns} from {{t}}{some} order by {keys} {NewLimit(random)}", true);
            case 6 or 7 or 8:
                return (NewJoin(random, where), false);
            case 5:
                (columns, keys) = NewOrder(random, "t.");
                string join = random.Next(3) switch
                {
                    0 => "join small s on s.ref = t.a",
                    1 => "join small s on t.b = s.ref and s.id < 150",
                    _ => "join small s on t.id = s.id join small u on u.id = s.ref",
                };
                return ($"select {columns} from {{t}} t {join}{some.Replace("where ", "where t.id <> 3 and ")} order by {keys} {NewLimit(random)}".Replace(" id ", " t.id "), true);
            default:
                return ($"select * from {{t}} where {where}", false);
        }
    }

    // A few rows, and those of the table that belong to them.
    private static string NewJoin(Random random, string where)
    {
        int first = random.Next(170);
        string few = $"(select id as sid, ref, case when id % 7 = 0 then null else ref::bigint * 3 end as big, 'n' || ref as name, (ref / 4)::numeric(8,2) as price from small where id between {first} and {first + random.Next(1, 25)}) s";
        string condition = random.Next(8) switch
        {
            0 => "s.ref = t.a",
            1 => "t.id = s.big",
            2 => "t.b = s.big",
            3 => "t.a = s.ref and t.b = s.sid",
            4 => "t.c = s.name",
            5 => "t.a = s.ref and t.b > s.sid",
            6 => "t.d = s.price",
            _ => "t.id = s.big and t.a <> s.ref",
        };
        string rest = random.Next(2) == 0 ? "" : " and " + where.Replace("(c is not null", "(t.c is not null");
        return random.Next(8) switch
        {
            0 => $"select * from {few} join {{t}} t on {condition}{rest}",
            1 => $"select * from {{t}} t join {few} on {condition}{rest}",
            2 => $"select * from {few} left join {{t}} t on {condition}{rest}",
            3 => $"select t.id, t.c, s.* from {{t}} t right join {few} on {condition}{rest}",
            4 => $"select * from {few} where exists (select 1 from {{t}} t where {condition}{rest})",
            5 => $"select * from {few} where not exists (select 1 from {{t}} t where {condition}{rest})",
            6 => $"select s.*, (select t.c from {{t}} t where t.id = s.big{rest}) from {few}",
            _ => $"select s.*, x.id from {few}, lateral (select t.id from {{t}} t where {condition}{rest} order by t.id limit 2) x",
        };
    }

    private static string Pick(Random random) => ((string[])["id", "a", "b", "c", "d", "e", "f", "h"])[random.Next(8)];

    private static string NewLimit(Random random) => random.Next(4) switch
    {
        0 => "",
        1 => $"limit {random.Next(20)} offset {random.Next(10)}",
        _ => $"limit {random.Next(1, 50)}",
    };

    private static (string Columns, string Keys) NewOrder(Random random, string prefix)
    {
        string[] often = ["id", "a, b desc, id", "a desc, b", "b", "b desc", "c", "c desc nulls last", "d desc nulls last", "d nulls first", "h, c nulls first", "b, c", "f", "c desc, a", "b desc, c desc, id"];
        string keys = random.Next(4) == 0
            ? string.Join(", ", Enumerable.Range(0, random.Next(1, 3)).Select(_ => Pick(random) + ((string[])["", " desc", " nulls first", " desc nulls last"])[random.Next(4)]))
            : often[random.Next(often.Length)];
        keys = string.Join(", ", keys.Split(", ").Select(key => prefix + key));
        return (string.Join(", ", keys.Split(", ").Select(key => key.Split(' ')[0]).Distinct()), keys);
    }

    private static string NewCondition(Random random)
    {
        string Integers(int count, int max) => string.Join(", ", Enumerable.Range(0, count).Select(_ => random.Next(-5, max)));
        string[] comparisons = ["=", "<", "<=", ">", ">="];
        string comparison = random.Next(2) == 0 ? "=" : comparisons[random.Next(comparisons.Length)];
        int low = random.Next(-10, 300);
        return random.Next(24) switch
        {
            0 => $"id {comparison} {random.Next(12_100)}",
            1 => $"id in ({Integers(5, 12_100)})",
            2 => $"id between {low * 40} and {(low * 40) + 30}",
            3 => $"a {comparison} {low}",
            4 => $"a = any (array[{Integers(3, 300)}])",
            5 => $"a = any ('{{{Integers(3, 300)}, NULL}}'::int[])",
            6 => $"(a = {low} or a in ({Integers(2, 300)}))",
            7 => $"(a, b) {comparisons[random.Next(1, 5)]} ({low}, {random.Next(100)}) and a between {low} and {low + 2}",
            8 => $"b {comparison} {random.Next(-25, 140)}::bigint",
            9 => random.Next(3) == 0 ? "b = 100000" : $"b < {(random.Next(2) == 0 ? "-40000" : "-18")}",
            10 => "b is null and a = " + low,
            11 => $"c {comparison} 'n{low}'",
            12 => $"c like 'n{random.Next(400)}%'",
            13 => $"c like 'n{random.Next(40)}_x%' escape '{(random.Next(2) == 0 ? "!" : "\\")}'",
            14 => $"c ^@ 'n{random.Next(40, 400)}'",
            15 => $"c ~ '^n{random.Next(40, 400)}{(random.Next(3) switch { 0 => "", 1 => "x*", _ => "+" })}'",
            16 => $"d {comparison} {low / 4m}",
            17 => "d is null and a < 20",
            18 => $"e like 'v{(char)('a' + random.Next(26))}{random.Next(9)}%'",
            19 => $"e = 'v{(char)('a' + random.Next(26))}{random.Next(97)}'",
            20 => $"f like '{(char)('a' + random.Next(20))}{random.Next(6)}%'",
            21 => $"f {comparison} '{(char)('a' + random.Next(20))}{random.Next(60)}'",
            22 => $"{(random.Next(2) == 0 ? "g" : "not g")} and a {comparison} {low}",
            _ => $"h {comparison} {random.Next(1000) / 8.0} and (c is not null or a > 5)",
        };
    }

    private static void Run(Session session, string sql) => session.Execute(sql).Dispose();
}
