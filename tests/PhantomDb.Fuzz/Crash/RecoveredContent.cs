using System.Globalization;
using PhantomDb.Catalog;
using PhantomDb.Durability.Recovery;

namespace PhantomDb.Fuzz.Crash;

/// <summary>Reads what a recovered database of a <see cref="DatabaseScenario"/> has, by SQL, and holds it against its own constraints and indexes.</summary>
internal static class RecoveredContent
{
    public static RecoveredState Read(Database database)
    {
        var numbers = new HashSet<int>();
        var values = new Dictionary<string, string>();
        var sums = new Dictionary<string, long>();
        var state = new RecoveredState(numbers, values, sums) { Lsn = database.Recovery?.LastLsn };
        if (database.Recovery is { Verdict: RecoveryVerdict.Refused })
        {
            throw new InvalidOperationException("a database is open that was refused");
        }
        if (database.Catalog.FindTable("public", "done") is null)
        {
            return state;
        }
        using Session session = database.OpenSession();
        Read(session, "SELECT number FROM done", row => numbers.Add(row.GetInt32(0)));
        Read(session, "SELECT key, value FROM value", row => values.Add(row.GetText(0), row.GetText(1)));
        Read(session, "SELECT name, balance FROM account", row => sums.Add(row.GetText(0), row.GetInt64(1)));
        Read(session, "SELECT count(*), count(done.number) FROM line LEFT JOIN done ON done.number = line.number", row =>
        {
            AddUnlessZero(sums, "lines", row.GetInt64(0));
            if (row.GetInt64(1) != row.GetInt64(0))
            {
                throw new InvalidOperationException($"{row.GetInt64(0)} lines, and {row.GetInt64(1)} of them belong to a transaction");
            }
        });
        foreach (TableDefinition table in database.Catalog.Tables.Where(table => table.Name.StartsWith("extra_", StringComparison.Ordinal)).ToArray())
        {
            Read(session, $"SELECT count(*) FROM {table.Name}", row => values.Add(table.Name,
                string.Create(CultureInfo.InvariantCulture, $"{string.Join(',', table.Columns.Select(column => column.Name))}: {row.GetInt64(0)}")));
        }
        foreach (int number in numbers.Take(3))
        {
            Expect(session, string.Create(CultureInfo.InvariantCulture, $"SELECT count(*) FROM done WHERE number = {number}"), 1);   // by the index; planned once
        }
        Read(session, "SELECT nextval('given')", row => state.NextValues.Add("given", row.GetInt64(0)));
        return state;
    }

    private static void AddUnlessZero(Dictionary<string, long> sums, string key, long sum)
    {
        if (sum != 0)
        {
            sums.Add(key, sum);
        }
    }

    private static void Expect(Session session, string sql, long expected) => Read(session, sql, row =>
    {
        if (row.GetInt64(0) != expected)
        {
            throw new InvalidOperationException($"{sql}: {row.GetInt64(0)}, and not {expected}");
        }
    });

    private static void Read(Session session, string sql, Action<QueryResult> add)
    {
        using QueryResult rows = session.Execute(sql);
        while (rows.Read())
        {
            add(rows);
        }
    }
}
