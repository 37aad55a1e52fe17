using System.Diagnostics;
using System.Globalization;
using PhantomDb.Durability;
using PhantomDb.Durability.Log;

namespace PhantomDb.Benchmarks.Workloads;

/// <summary>
/// What a log costs a commit in front of the disk: single-row statements, prepared, over two databases in turns, one in memory and one with a
/// log on the disk that nobody waits for. And an UPDATE in a large table without primary key, found by an index, whose place among equal rows has to be known.
/// </summary>
internal static class LogCommitWorkload
{
    private const int Turns = 7;

    private sealed record Test(string Name, string Sql, Action<PreparedStatement, int> Bind);

    public static void Run(int rowCount, int runCount, int budgetMs, Func<string, bool> selects, TextWriter output)
    {
        Test[] tests =
        [
            new("INSERT by key", "insert into kv (id, name, balance) values ($1, $2, $3)", (statement, i) =>
            {
                statement.Bind(1, (long)rowCount + i);
                statement.Bind(2, "a name of a row"u8);
                statement.Bind(3, i * 0.5);
            }),
            new("UPDATE by key", "update kv set balance = balance + 1 where id = $1", (statement, i) => statement.Bind(1, (long)Scattered(i, rowCount))),
            new("UPDATE by index, no primary key", "update free set n = n + 1 where id = $1", (statement, i) => statement.Bind(1, (long)Scattered(i, rowCount))),
            new("UPDATE by unique index, no primary key", "update free set n = n + 1 where code = $1", (statement, i) => statement.Bind(1, (long)Scattered(i, rowCount))),
            new("UPDATE by a scan, no index", "update heap set n = n + 1 where id = $1", (statement, i) => statement.Bind(1, (long)Scattered(i, rowCount))),
        ];
        string folder = Directory.CreateTempSubdirectory("phantomdb-commit-").FullName;
        try
        {
            for (int run = 0; run < runCount; run++)
            {
                foreach (LogSyncPolicy policy in new[] { LogSyncPolicy.None, LogSyncPolicy.Interval })
                {
                    using Side memory = new(rowCount, null, folder), logged = new(rowCount, policy, folder);
                    foreach (Test test in tests.Where(test => selects(test.Name)))
                    {
                        Measure(test, memory, logged, $"{policy}", budgetMs / Turns, output);
                    }
                }
            }
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static int Scattered(int i, int count) => (int)((long)i * 7919 % count);

    private static void Measure(Test test, Side memory, Side logged, string policy, int turnMs, TextWriter output)
    {
        using PreparedStatement inMemory = memory.Session.Prepare(test.Sql), withLog = logged.Session.Prepare(test.Sql);
        int next = 0, nextLogged = 0;
        RunFor(inMemory, test, ref next, turnMs / 4, out _);
        RunFor(withLog, test, ref nextLogged, turnMs / 4, out _);
        List<double> plain = [], costly = [];
        double bytes = 0, bytesLogged = 0;
        for (int turn = 0; turn < Turns; turn++)
        {
            plain.Add(RunFor(inMemory, test, ref next, turnMs, out bytes));
            costly.Add(RunFor(withLog, test, ref nextLogged, turnMs, out bytesLogged));
        }
        plain.Sort();
        costly.Sort();
        output.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{policy,-9}{test.Name,-40} {plain[Turns / 2],9:F0} ns in memory, {costly[Turns / 2],9:F0} ns with the log ({plain[Turns / 2] / costly[Turns / 2]:P0} of the rate; best {plain[0]:F0}, {costly[0]:F0}); {bytes:F0} and {bytesLogged:F0} bytes allocated"));
    }

    private static double RunFor(PreparedStatement statement, Test test, ref int next, int budgetMs, out double bytes)
    {
        int count = 0;
        long allocated = GC.GetAllocatedBytesForCurrentThread(), start = Stopwatch.GetTimestamp();
        long end = start + (budgetMs * Stopwatch.Frequency / 1000);
        do
        {
            for (int i = 0; i < 16; i++)
            {
                test.Bind(statement, next++);
                using QueryResult result = statement.Execute();
                count++;
            }
        }
        while (Stopwatch.GetTimestamp() < end);
        double ns = Stopwatch.GetElapsedTime(start).TotalNanoseconds / count;
        bytes = (GC.GetAllocatedBytesForCurrentThread() - allocated) / (double)count;
        return ns;
    }

    private sealed class Side : IDisposable
    {
        private readonly Database _database = Database.CreateInMemory();
        private readonly TransactionLog? _log;

        public Side(int rowCount, LogSyncPolicy? policy, string folder)
        {
            if (policy is { } chosen)
            {
                string own = Directory.CreateDirectory(Path.Combine(folder, Guid.NewGuid().ToString("n"))).FullName;
                _log = new TransactionLog(PhysicalFileSystem.Instance, new LogStart { Folder = own, DatabaseName = "bench", Id = Guid.NewGuid() },
                    new TransactionLogOptions { SyncPolicy = chosen });
                _database.Transactions.UseLog(_log, 0);
            }
            Session = _database.OpenSession();
            foreach (string sql in (string[])
            [
                "create table kv (id bigint primary key, name text, balance double precision)",
                string.Create(CultureInfo.InvariantCulture, $"insert into kv select g, 'a name of a row', 0 from generate_series(0, {rowCount - 1}) g"),
                "create table free (id bigint, code bigint unique, n int, note text)",
                string.Create(CultureInfo.InvariantCulture, $"insert into free select g, g, 0, 'a note' from generate_series(0, {rowCount - 1}) g"),
                "create index free_id on free (id)",
                "create table heap (id bigint, n int, note text)",
                string.Create(CultureInfo.InvariantCulture, $"insert into heap select g, 0, 'a note' from generate_series(0, {rowCount - 1}) g"),
            ])
            {
                using QueryResult result = Session.Execute(sql);
            }
        }

        public Session Session { get; }

        public void Dispose()
        {
            Session.Dispose();
            _database.Dispose();
            _log?.Dispose();
        }
    }
}
