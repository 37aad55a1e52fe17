using System.Globalization;
using System.Runtime.Versioning;
using PhantomDb.Benchmarks.Engines;
using PhantomDb.Benchmarks.Engines.Postgres;
using PhantomDb.Benchmarks.Engines.Sqlite;
using PhantomDb.Benchmarks.Measuring;

namespace PhantomDb.Benchmarks.Workloads;

/// <summary>
/// W4: durable commits of one small row each, ours, SQLite's, PostgreSQL's, Redis's and the disk's own rate, on one file system, in turns. All sides
/// are measured in each round; the tables then hold those against each other that promise the same.
/// </summary>
[SupportedOSPlatform("linux")]
internal sealed class CommitWorkload(Options options, Report report)
{
    private const string One = "always, 1", Eight = "always, 8", Many = "always, 32", Interval = "interval", None = "none", Memory = "in memory";
    private const string IntervalUpdate = "interval, upd", MemoryUpdate = "memory, upd", IntervalDelete = "interval, del", MemoryDelete = "memory, del";
    private const string Raw = "raw", RawGroups = "raw, 32", SqliteFull = "sqlite full", SqliteNormal = "sqlite norm.";
    private const int LineCount = 1024;
    private static readonly TimeSpan DefaultBudget = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan WarmUp = TimeSpan.FromMilliseconds(500);

    private readonly KvTable _table = new(options.RowCount);
    private readonly TimeSpan _budget = options.BudgetMs is { } ms ? TimeSpan.FromMilliseconds(ms) : DefaultBudget;

    public void Run()
    {
        using var folder = new DiskFolder(options.DataFolder);
        using PostgresServer? postgres = options.PostgresFolder is { } bin ? new PostgresServer(bin, folder.New()) : null;
        List<byte[]> lines = LogLines(folder.New());
        CommitSide[] sides = [.. Sides(lines, postgres).Where(side => options.Selects(side.Name))];
        foreach (CommitSide side in sides.Where(side => side is not (PostgresCommits or RedisCommits)))
        {
            Run(side, folder, WarmUp);
        }

        Dictionary<string, List<CommitRun>> runs = sides.ToDictionary(side => side.Name, _ => new List<CommitRun>());
        double[][] samples = Rounds.Measure(
            sides, options.RunCount, (side, _) =>
            {
                CommitRun run = Run(side, folder, _budget);
                runs[side.Name].Add(run);
                return run.Rate;
            },
            alternates: true);
        string title = string.Create(
            CultureInfo.InvariantCulture, $"W4: commits of one small row each, {lines.Average(line => line.Length):0} bytes a line of the log, on {folder.Format}");
        foreach ((string test, string[] names) in Tables)
        {
            int[] chosen = [.. names.Select(name => Array.FindIndex(sides, side => side.Name == name)).Where(i => i >= 0)];
            if (chosen.Length > 0)
            {
                report.Begin(title, [.. chosen.Select(i => (sides[i].Name, ""))]);
                report.Add(new Measurement(test, "1/s", Better.Larger, [.. chosen.Select(i => sides[i].Name)], [.. chosen.Select(i => samples[i])]));
                report.Note("");
            }
        }

        report.Note($"{"one commit, µs:",-16} {"p50",9} {"p99",9} {"p99.9",9} {"longest",9}   commits a flush");
        foreach ((string name, List<CommitRun> all) in runs.Where(pair => pair.Value.TrueForAll(run => run.Latency is not null)))
        {
            var sum = new LatencyHistogram();
            all.ForEach(run => sum.Add(run.Latency!));
            long flushes = all.Sum(run => run.Flushes);
            report.Note(string.Create(CultureInfo.InvariantCulture, $"{name,-16} {sum}   {(flushes == 0 ? "" : ((double)sum.Count / flushes).ToString("0.0", CultureInfo.InvariantCulture)),15}").TrimEnd());
        }

        if (options.Only.Count == 0)
        {
            new CommitDetails(options, report, folder, _table).Run();
        }
    }

    // The first of each is held against the others.
    private static (string Test, string[] Names)[] Tables =>
    [
        ("one committer", [One, SqliteFull, Raw, Postgres(1), Redis(1)]),
        ("32 committers", [Many, One, Eight, Postgres(32), Redis(32), Postgres(8), RawGroups]),
        ("one committer, not waiting for the disk", [Interval, Memory, SqliteNormal, None, PostgresRelaxed(1), PostgresRelaxed(32), RedisRelaxed(1), RedisRelaxed(32)]),
        ("the same, updates by key", [IntervalUpdate, MemoryUpdate]),
        ("the same, deletes by key", [IntervalDelete, MemoryDelete]),
    ];

    private IEnumerable<CommitSide> Sides(List<byte[]> lines, PostgresServer? postgres)
    {
        yield return new RawAppends(Raw, lines, 1);
        yield return new PhantomCommits(One, _table, 1, SyncPolicy.Always);
        yield return new PhantomCommits(Many, _table, 32, SyncPolicy.Always);
        yield return new PhantomCommits(Eight, _table, 8, SyncPolicy.Always);
        yield return new RawAppends(RawGroups, lines, 32);
        yield return new PhantomCommits(Interval, _table, 1, SyncPolicy.Interval);
        yield return new PhantomCommits(Memory, _table, 1, null);
        yield return new PhantomCommits(None, _table, 1, SyncPolicy.None);
        yield return new PhantomCommits(IntervalUpdate, _table, 1, SyncPolicy.Interval, CommitKind.Update);
        yield return new PhantomCommits(MemoryUpdate, _table, 1, null, CommitKind.Update);
        yield return new PhantomCommits(IntervalDelete, _table, 1, SyncPolicy.Interval, CommitKind.Delete);
        yield return new PhantomCommits(MemoryDelete, _table, 1, null, CommitKind.Delete);
        if (options.Peers.Contains("sqlite"))
        {
            yield return new SqliteCommits(SqliteNormal, _table, "normal");
            yield return new SqliteCommits(SqliteFull, _table, "full");
        }

        if (postgres is not null)
        {
            foreach (int clients in (int[])[1, 8, 32])
            {
                yield return new PostgresCommits(Postgres(clients), postgres, clients, isSynchronous: true);
            }

            foreach (int clients in (int[])[1, 32])
            {
                yield return new PostgresCommits(PostgresRelaxed(clients), postgres, clients, isSynchronous: false);
            }
        }

        if (options.RedisFolder is { } redis)
        {
            foreach (int clients in (int[])[1, 32])
            {
                yield return new RedisCommits(Redis(clients), redis, clients, isSynchronous: true);
                yield return new RedisCommits(RedisRelaxed(clients), redis, clients, isSynchronous: false);
            }
        }
    }

    private static string Postgres(int clients) => string.Create(CultureInfo.InvariantCulture, $"postgres, {clients}");

    private static string PostgresRelaxed(int clients) => string.Create(CultureInfo.InvariantCulture, $"pg async, {clients}");

    private static string Redis(int clients) => string.Create(CultureInfo.InvariantCulture, $"redis, {clients}");

    private static string RedisRelaxed(int clients) => string.Create(CultureInfo.InvariantCulture, $"redis sec, {clients}");

    private static CommitRun Run(CommitSide side, DiskFolder folder, TimeSpan budget)
    {
        string own = folder.New();
        CommitRun run = side.Run(own, budget);
        Directory.Delete(own, recursive: true);
        return run;
    }

    /// <summary>What our commits write, so that the disk alone writes the same.</summary>
    private List<byte[]> LogLines(string folder)
    {
        using (DurablePhantom database = DurablePhantom.Open(folder, SyncPolicy.None))
        {
            using PhantomConnection connection = database.Connect();
            connection.Execute(KvTable.Create);
            using IStatement insert = connection.PrepareBulkInsert("kv", columnCount: 4);
            for (int row = 1; row <= LineCount; row++)
            {
                _table.BindRow(insert, row);
                insert.Run();
            }
        }

        return
        [
            .. Directory.EnumerateFiles(folder, DurablePhantom.DatabaseName + "*.log").SelectMany(File.ReadLines)
                .Where(line => line.Contains(",INSERT,", StringComparison.Ordinal)).Select(line => System.Text.Encoding.UTF8.GetBytes(line + "\n")),
        ];
    }
}
