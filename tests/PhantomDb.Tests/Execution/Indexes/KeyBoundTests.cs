using Microsoft.VisualStudio.TestTools.UnitTesting;

namespace PhantomDb.Tests.Execution.Indexes;

/// <summary>Conditions on indexed columns with values of other types: against the same rows in a table without indexes.</summary>
[TestClass]
public sealed class KeyBoundTests
{
    private const string Numbers = "smallint;int;bigint;numeric;numeric(12);numeric(8,2);numeric(38,5);real;double precision";

    private static readonly string[] Operators = ["=", "<", "<=", ">", ">="];

    [TestMethod]
    [DataRow("smallint", Numbers, "-32768", "32767")]
    [DataRow("int", Numbers, "-2147483648", "2147483647")]
    [DataRow("bigint", Numbers, "-9223372036854775808", "9223372036854775807")]
    [DataRow("numeric(12)", Numbers, "-999999999999", "999999999999")]
    [DataRow("numeric(6,2)", Numbers, "-9999.99", "9999.99")]
    [DataRow("numeric(30,3)", Numbers, "-999999999999999999999999999.999", "999999999999999999999999999.999")]
    [DataRow("numeric", Numbers, "-Infinity", "NaN")]
    [DataRow("real", Numbers, "-Infinity", "NaN")]
    [DataRow("real", Numbers, "-3.4028235e38", "Infinity")]
    [DataRow("date", "date;timestamp;timestamptz", "-infinity", "infinity")]
    public void Rows_are_those_that_a_table_without_indexes_has(string column, string types, string least, string greatest)
    {
        int seed = Environment.TickCount;
        var random = new Random(seed);
        using Database database = Database.CreateInMemory();
        using Session session = database.OpenSession();
        bool isDate = column == "date";
        string value = isDate ? "date '2000-01-01' + i" : column.Contains(',') || column is "real" or "numeric" ? "i / 4.0" : "i";
        Run(session, $"create table plain (k {column}, v int)");
        Run(session, $"insert into plain select {value}, i from generate_series(-1000, 1000) i where i % 7 <> 3");
        Run(session, $"insert into plain values ('{least}', 5000), ('{greatest}', 5001)");
        Run(session, $"create table keyed (k {column} primary key, v int)");
        Run(session, $"create table several (k {column}, v int)");
        Run(session, "create index several_k_v on several (k, v)");
        Run(session, $"create table backward (k {column}, v int)");
        Run(session, "create index backward_k on backward (k desc)");
        Run(session, "insert into keyed select * from plain");
        Run(session, "insert into plain values (null, 5002)");
        Run(session, "insert into several select * from plain");
        Run(session, "insert into backward select * from plain");
        string[] edges = isDate
            ? [least, greatest, "2000-01-01 00:00:00.000001", "1999-12-31 23:59:59.999999", "294276-12-31 23:59:59", "4713-01-01 BC"]
            : [least, greatest, least + "1", greatest + "1", least + ".4", greatest + ".6", "NaN", "Infinity", "-Infinity", "1e20", "-1e20", "1e300", "-1e300", "1e-30", "-1e-30", "0", "-0.0",
                "-32769", "32768", "2147483648", "1000000000000", "10000", "9999.995", "0.1", "0.25", "16777217"];
        foreach (string type in types.Split(';'))
        {
            Dictionary<string, PreparedStatement> prepared = [];
            string[] tables = ["plain", "keyed", "several", "backward"];
            foreach (string table in tables)
            {
                foreach (string op in Operators)
                {
                    prepared[$"{table} {op}"] = session.Prepare($"select v from {table} where k {op} $1::{type} order by k, v limit 20");
                    prepared[$"{table} {op} mirrored"] = session.Prepare($"select v from {table} where $1::{type} {op} k");
                }
            }
            for (int n = 0; n < edges.Length + 10; n++)
            {
                string text = n < edges.Length ? edges[n]
                    : isDate ? $"{new DateTime(2000, 1, 1).AddDays(random.Next(-1002, 1003)).AddMinutes(random.Next(3) == 0 ? random.Next(1440) : 0):yyyy-MM-dd HH:mm:ss}"
                    : random.Next(3) == 0 ? random.Next(-1002, 1003).ToString()
                    : FormattableString.Invariant($"{random.Next(-100200, 100300) / (random.Next(2) == 0 ? 100.0 : 400.0)}");
                foreach (string op in Operators)
                {
                    // By text a part of them is enough, as parameters all.
                    if (random.Next(3) == 0)
                    {
                        string condition = random.Next(4) switch
                        {
                            0 => $"k {op} '{text}'::{type}",
                            1 => $"'{text}'::{type} {op} k",
                            2 => $"k {op} '{text}'::{type} and k < '{edges[1]}'",
                            _ => $"k in ('{text}'::{type}, '{(isDate ? "2000-01-08" : "7")}'::{type})",
                        };
                        string query = random.Next(2) == 0 ? "select count(*) || ' ' || coalesce(sum(v), 0) from # where "
                            : "select coalesce(min(k)::text, '') || ' ' || coalesce(max(k)::text, '') from # where ";
                        string expected = Result(session, query.Replace("#", "plain") + condition);
                        foreach (string table in tables.AsSpan(1))
                        {
                            Assert.AreEqual(expected, Result(session, query.Replace("#", table) + condition), $"{query} {condition} of {table} with {column}, seed {seed}");
                        }
                    }
                    foreach (string suffix in (ReadOnlySpan<string>)["", " mirrored"])
                    {
                        string expected = Result(prepared[$"plain {op}{suffix}"], text);
                        foreach (string table in (ReadOnlySpan<string>)["keyed", tables[random.Next(2, 4)]])
                        {
                            Assert.AreEqual(expected, Result(prepared[$"{table} {op}{suffix}"], text), $"prepared {table} {op}{suffix} {type} {text} with {column}, seed {seed}");
                        }
                    }
                }
            }
            foreach (PreparedStatement statement in prepared.Values)
            {
                Assert.AreEqual("", Result(statement, null));
                statement.Dispose();
            }
        }
    }

    [TestMethod]
    [DataRow("numeric(12)", "numeric")]
    [DataRow("numeric(12)", "bigint")]
    [DataRow("numeric(12,2)", "int")]
    [DataRow("numeric(30,2)", "numeric(10,4)")]
    [DataRow("bigint", "numeric")]
    [DataRow("int", "double precision")]
    [DataRow("real", "double precision")]
    public void Indexes_are_used_with_values_of_other_types(string column, string type)
    {
        using Database database = Database.CreateInMemory();
        using Session session = database.OpenSession();
        Run(session, $"create table t (id {column} primary key, v int)");
        Run(session, "insert into t select i, i from generate_series(1, 50000) i");
        Run(session, $"create table few as select i::{type} as x from generate_series(1, 5) i");
        Run(session, $"prepare one({type}) as select v from t where id = $1");
        Run(session, $"prepare range({type}, {type}) as select v from t where id > $1 and id <= $2");
        AssertPlan(session, "execute one(77)", "Index Cond: (id = ");
        AssertPlan(session, "execute range(77, 80)", "Index Cond: (id > ");
        AssertPlan(session, "select * from few join t on t.id = few.x", "Index Cond: (id = few.x");
        AssertPlan(session, $"select v from t where id in (3::{type}, 4::{type})", "Index Cond: (id = ANY (");
        AssertPlan(session, $"select max(id) from t where id < 77::{type}", "Scan Backward using");
        Assert.AreEqual("77;", Result(session, "execute one(77)"));
        Assert.AreEqual("78;79;80;", Result(session, "execute range(77, 80)"));
        Assert.AreEqual("1;2;3;4;5;", Result(session, "select v from few join t on t.id = few.x order by v"));
        Assert.AreEqual("3;4;", Result(session, $"select v from t where id in (3::{type}, 4::{type}) order by v"));
        Assert.AreEqual("76;", Result(session, $"select v from t where id = (select max(id) from t where id < 77::{type})"));
        Assert.AreEqual("3;5;", Result(session, $"select v from t where id = any ('{{3,5}}'::{type}[]) order by v"));
    }

    [TestMethod]
    public void Foreign_keys_refer_to_keys_of_other_types_by_exact_values()
    {
        using Database database = Database.CreateInMemory();
        using Session session = database.OpenSession();
        Run(session, "create table parent (id numeric(12) primary key)");
        Run(session, "insert into parent select i from generate_series(1, 100) i");
        Run(session, "create table child (r numeric(20,2) references parent (id), i bigint references parent (id))");
        Assert.AreEqual("", Result(session, "insert into child values (77.00, 78)"));
        Assert.AreEqual("23503", Result(session, "insert into child values (77.5, 78)"));
        Assert.AreEqual("23503", Result(session, "insert into child values (99999999999999.00, 78)"));
        Assert.AreEqual("23503", Result(session, "insert into child values (77, 9223372036854775807)"));
        Assert.AreEqual("23503", Result(session, "delete from parent where id = 77"));
        Assert.AreEqual("23503", Result(session, "delete from parent where id = 78"));
        Assert.AreEqual("", Result(session, "delete from parent where id = 79"));
    }

    [TestMethod]
    public void Single_rows_are_changed_by_keys_of_other_types_without_allocation()
    {
        using Database database = Database.CreateInMemory();
        using Session session = database.OpenSession();
        Run(session, "create table t (id numeric(12) primary key, v int)");
        Run(session, "insert into t select i, i from generate_series(1, 5000) i");
        using PreparedStatement update = session.Prepare("update t set v = v + 1000000 where id = $1::numeric");
        using PreparedStatement delete = session.Prepare("delete from t where id = $1::bigint");
        using PreparedStatement select = session.Prepare("select v from t where id = $1::bigint");
        Result(update, "77");
        Result(update, "78.5");
        Result(update, "1e20");
        Result(update, "NaN");
        Result(delete, "79");
        Assert.AreEqual("1000077;", Result(select, "77"));
        Assert.AreEqual("78;", Result(select, "78"));
        Assert.AreEqual("", Result(select, "79"));
        Assert.AreEqual("", Result(select, "9223372036854775807"));
        long least = long.MaxValue;
        for (int round = 0; round < 5; round++)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            for (int i = 100; i < 1100; i++)
            {
                select.Bind(1, i);
                using QueryResult result = select.Execute();
                Assert.IsTrue(result.Read());
            }
            least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
        }
        Assert.IsLessThan(1000L, least);
    }

    private static void AssertPlan(Session session, string query, string part) =>
        StringAssert.Contains(Result(session, "explain (costs off) " + query), part, StringComparison.Ordinal, query);

    private static void Run(Session session, string sql)
    {
        using QueryResult result = session.Execute(sql);
    }

    private static string Result(Session session, string sql)
    {
        try
        {
            using QueryResult result = session.Execute(sql);
            return Read(result);
        }
        catch (PhantomDbException error)
        {
            return error.SqlState;
        }
    }

    private static string Result(PreparedStatement statement, string? value)
    {
        try
        {
            if (value is null)
            {
                statement.BindNull(1);
            }
            else
            {
                statement.Bind(1, value);
            }
            using QueryResult result = statement.Execute();
            return Read(result);
        }
        catch (PhantomDbException error)
        {
            return error.SqlState;
        }
    }

    private static string Read(QueryResult result)
    {
        List<string> rows = [];
        while (result.Read())
        {
            rows.Add((result.IsNull(0) ? "null" : result.GetText(0)) + ";");
        }
        return string.Concat(rows.Order(StringComparer.Ordinal));
    }
}
