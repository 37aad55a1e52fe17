using System.Diagnostics;
using System.Globalization;

namespace PhantomDb.Benchmarks.Workloads;

/// <summary>
/// Forks of databases, without peers, through the public API: how long one takes at several sizes, what the first writes
/// after it cost, and what a fork that a test uses and drops costs altogether.
/// </summary>
internal sealed class ForkWorkload(int rowCountMax, int runCount, TextWriter output)
{
    private const int TableCount = 1000;
    private const int WindowMs = 50;

    public void Run()
    {
        Report("rows of kv, two indexes", "fork, median", "least", "most");
        foreach (int rowCount in new[] { 1000, 100_000, 1_000_000, 10_000_000 }.Where(count => count <= rowCountMax))
        {
            using Database database = Filled(rowCount);
            ForkTimes(string.Create(CultureInfo.InvariantCulture, $"{rowCount:N0}"), database);
            if (rowCount is 1000 or 1_000_000)
            {
                UseAndDrop(database);
            }
            if (rowCount == 1_000_000)
            {
                using Session session = database.OpenSession();
                Execute(session, "BEGIN");
                Execute(session, "UPDATE kv SET balance = 0 WHERE id < 100000");
                ForkTimes("   beside 100,000 uncommitted updates", database);
                Execute(session, "ROLLBACK");
                WritesAfterFork(database, rowCount);
            }
        }
        using Database tables = WithManyTables();
        ForkTimes(string.Create(CultureInfo.InvariantCulture, $"{TableCount:N0} tables of 10 rows"), tables);
    }

    private void ForkTimes(string name, Database database)
    {
        var times = new double[Math.Max(20, runCount)];
        for (int i = 0; i < times.Length; i++)
        {
            long start = Stopwatch.GetTimestamp();
            Database fork = database.Fork();
            times[i] = Stopwatch.GetElapsedTime(start).TotalMicroseconds;
            fork.Dispose();
        }
        Array.Sort(times);
        Report(name, Microseconds(times[times.Length / 2]), Microseconds(times[0]), Microseconds(times[^1]));
    }

    private void UseAndDrop(Database database)
    {
        const int Count = 2000;
        long start = Stopwatch.GetTimestamp();
        for (int i = 0; i < Count; i++)
        {
            using Database fork = database.Fork();
            using Session session = fork.OpenSession();
            session.Execute("UPDATE kv SET balance = 1 WHERE id = 500").Dispose();
        }
        Report("   fork, session, first update, dispose", Microseconds(Stopwatch.GetElapsedTime(start).TotalMicroseconds / Count), "", "");
    }

    // Random rows, so that at first nearly every update is the first of its slice, and of its index's leaf.
    private void WritesAfterFork(Database database, int rowCount)
    {
        Report($"updates a second, windows of {WindowMs} ms", "before", "1st after", "2nd, 3rd, 4th, 5th");
        foreach (string column in (string[])["balance", "n"])
        {
            using Session session = database.OpenSession();
            using PreparedStatement update = session.Prepare($"UPDATE kv SET {column} = $1 WHERE id = $2");
            var random = new Random(1);
            Window(update, random, rowCount);
            double before = Window(update, random, rowCount);
            using Database fork = database.Fork();
            double[] after = new double[5];
            for (int i = 0; i < after.Length; i++)
            {
                after[i] = Window(update, random, rowCount);
            }
            Report($"   of {(column == "n" ? "an indexed" : "a")} column", Rate(before), Rate(after[0]), string.Join(", ", after[1..].Select(Rate)));
        }
    }

    private static double Window(PreparedStatement update, Random random, int rowCount)
    {
        long start = Stopwatch.GetTimestamp();
        int done = 0;
        TimeSpan elapsed;
        do
        {
            for (int i = 0; i < 100; i++, done++)
            {
                update.Bind(1, random.Next(rowCount));
                update.Bind(2, random.Next(rowCount));
                update.Execute().Dispose();
            }
            elapsed = Stopwatch.GetElapsedTime(start);
        }
        while (elapsed.TotalMilliseconds < WindowMs);
        return done / elapsed.TotalSeconds;
    }

    private static Database Filled(int rowCount)
    {
        Database database = Database.CreateInMemory();
        using Session session = database.OpenSession();
        Execute(session, "CREATE TABLE kv (id bigint PRIMARY KEY, name text, balance double precision, n int)");
        Execute(session, $"INSERT INTO kv SELECT i, 'name ' || i, 100, i % 100000 FROM generate_series(0, {rowCount - 1}) i");
        Execute(session, "CREATE INDEX ON kv (n)");
        return database;
    }

    private static Database WithManyTables()
    {
        Database database = Database.CreateInMemory();
        using Session session = database.OpenSession();
        for (int i = 0; i < TableCount; i++)
        {
            Execute(session, $"CREATE TABLE t{i} (id int PRIMARY KEY, v text)");
            Execute(session, $"INSERT INTO t{i} SELECT i, 'value' FROM generate_series(1, 10) i");
        }
        return database;
    }

    private static void Execute(Session session, string sql) => session.Execute(sql).Dispose();

    private static string Microseconds(double value) => string.Create(CultureInfo.InvariantCulture, $"{value:N1} us");

    private static string Rate(double value) => string.Create(CultureInfo.InvariantCulture, $"{value:N0}");

    private void Report(string name, string first, string second, string third) =>
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{name,-42} {first,14} {second,14} {third,14}").TrimEnd());
}
