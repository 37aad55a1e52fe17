using System.Diagnostics;
using System.Runtime.Versioning;
using PhantomDb.Benchmarks.Engines;
using PhantomDb.Benchmarks.Engines.Postgres;
using PhantomDb.Benchmarks.Engines.Redis;
using PhantomDb.Benchmarks.Engines.Sqlite;
using PhantomDb.Benchmarks.Measuring;
using PhantomDb.Durability;

namespace PhantomDb.Benchmarks.Workloads;

/// <summary>What a side did within its time.</summary>
/// <param name="Latency">Null where the side's client does not say.</param>
/// <param name="Flushes">Of the log, where it is ours.</param>
internal sealed record CommitRun(double Rate, LatencyHistogram? Latency, long Flushes = 0);

/// <summary>
/// One way to commit one small row after the other, for a given time, in an empty folder: ours, a peer's, or the disk's alone. Every run begins
/// with an empty table, so that all runs are alike.
/// </summary>
internal abstract class CommitSide(string name)
{
    public string Name => name;

    public abstract CommitRun Run(string folder, TimeSpan budget);

    /// <summary>The same on several threads at once; each makes its own operation, which gets the numbers of its rows.</summary>
    protected static CommitRun Drive(int committers, TimeSpan budget, Func<(Action<long> Commit, IDisposable Owned)> open, long last = long.MaxValue)
    {
        using var start = new Barrier(committers);
        LatencyHistogram[] latencies = [.. Enumerable.Range(0, committers).Select(_ => new LatencyHistogram())];
        double[] seconds = new double[committers];
        ThreadGroup.Run(committers, committer =>
        {
            (Action<long> commit, IDisposable owned) = open();
            using (owned)
            {
                LatencyHistogram latency = latencies[committer];
                long end = (long)(budget.TotalSeconds * Stopwatch.Frequency);
                start.SignalAndWait();
                long began = Stopwatch.GetTimestamp(), from = began;
                for (long row = committer + 1; from - began < end && row <= last; row += committers)
                {
                    commit(row);
                    long now = Stopwatch.GetTimestamp();
                    latency.Add(now - from);
                    from = now;
                }

                seconds[committer] = Stopwatch.GetElapsedTime(began, from).TotalSeconds;
            }
        });
        for (int i = 1; i < committers; i++)
        {
            latencies[0].Add(latencies[i]);
        }

        return new CommitRun(latencies[0].Count / seconds.Max(), latencies[0]);
    }

    /// <summary>A prepared insert of a row of kv; nothing is allocated for a row.</summary>
    protected static (Action<long> Commit, IDisposable Owned) Insert(IConnection connection, KvTable table)
    {
        IStatement insert = connection.PrepareBulkInsert("kv", columnCount: 4);
        return (Commit, new Owned(insert, connection));

        void Commit(long row)
        {
            table.BindRow(insert, row);
            insert.Run();
        }
    }

    /// <summary>A prepared update of the balance of a random row, always to another value.</summary>
    protected static (Action<long> Commit, IDisposable Owned) Update(IConnection connection, KvTable table)
    {
        IStatement update = connection.Prepare("update kv set balance = $2 where id = $1");
        return (Commit, new Owned(update, connection));

        void Commit(long number)
        {
            update.Bind(1, (long)table.RandomIds[(number - 1) % table.RowCount]);
            update.Bind(2, -number / 100.0);
            update.Run();
        }
    }

    /// <summary>A prepared delete of a random row, of each once.</summary>
    protected static (Action<long> Commit, IDisposable Owned) Delete(IConnection connection, KvTable table)
    {
        IStatement delete = connection.Prepare("delete from kv where id = $1");
        return (Commit, new Owned(delete, connection));

        void Commit(long number)
        {
            delete.Bind(1, (long)table.RandomIds[number - 1]);
            delete.Run();
        }
    }

    private sealed class Owned(params IDisposable[] all) : IDisposable
    {
        public void Dispose() => Array.ForEach(all, one => one.Dispose());
    }
}

/// <summary>What each commit is: an insert into an empty table, or a change of a row of a full one.</summary>
internal enum CommitKind
{
    Insert, Update, Delete,
}

/// <summary>Ours: as many sessions as committers, each with a prepared statement; no policy: in memory, without a log.</summary>
internal sealed class PhantomCommits(string name, KvTable table, int committers, SyncPolicy? policy, CommitKind kind = CommitKind.Insert) : CommitSide(name)
{
    public override CommitRun Run(string folder, TimeSpan budget)
    {
        if (policy is null)
        {
            using Database memory = Database.CreateInMemory();
            return Drive(() => new PhantomConnection(memory.OpenSession()), budget);
        }

        var disk = new CountingFileSystem(PhysicalFileSystem.Instance);
        using DurablePhantom database = DurablePhantom.Open(folder, policy.Value, disk);
        CommitRun run = Drive(database.Connect, budget);
        return run with { Flushes = disk.Counts.Flushes };
    }

    private CommitRun Drive(Func<PhantomConnection> connect, TimeSpan budget)
    {
        using (PhantomConnection connection = connect())
        {
            if (kind == CommitKind.Insert)
            {
                connection.Execute(KvTable.Create);
            }
            else
            {
                table.Fill(connection);
            }
        }

        return kind switch
        {
            CommitKind.Insert => Drive(committers, budget, () => Insert(connect(), table)),
            CommitKind.Update => Drive(committers, budget, () => Update(connect(), table)),
            _ => Drive(committers, budget, () => Delete(connect(), table), table.RowCount),
        };
    }
}

/// <summary>SQLite with a write-ahead log, as it is by default but for <c>synchronous</c>: checkpoints of the log are part of its work.</summary>
internal sealed class SqliteCommits(string name, KvTable table, string synchronous) : CommitSide(name)
{
    public override CommitRun Run(string folder, TimeSpan budget)
    {
        using var connection = SqliteConnection.Open(Path.Combine(folder, "kv.db"));
        connection.Execute($"pragma journal_mode = wal; pragma synchronous = {synchronous}");
        connection.Execute(KvTable.Create);
        return Drive(1, budget, () => Insert(connection.Lend(), table));
    }
}

/// <summary>The disk alone: lines of our log appended, so many before each flush, from one thread, without anything else. The rate is of lines.</summary>
[SupportedOSPlatform("linux")]
internal sealed class RawAppends(string name, IReadOnlyList<byte[]> lines, int group) : CommitSide(name)
{
    public override CommitRun Run(string folder, TimeSpan budget)
    {
        using var file = new RawFile(Path.Combine(folder, "raw"));
        byte[][] groups = [.. lines.Chunk(group).Where(chunk => chunk.Length == group).Select(chunk => chunk.SelectMany(line => line).ToArray())];
        CommitRun run = Drive(1, budget, () => (row =>
        {
            file.Append(groups[row % groups.Length]);
            file.Flush();
        }, file));
        return run with { Rate = run.Rate * group };
    }
}

/// <summary>PostgreSQL with its own client, over a Unix socket.</summary>
[SupportedOSPlatform("linux")]
internal sealed class PostgresCommits(string name, PostgresServer server, int clients, bool isSynchronous) : CommitSide(name)
{
    private const string Script = "\\set n random(0, 1000000)\ninsert into kv (name, balance, n) values ('abcdefghijkl', 12.5, :n);\n";

    public override CommitRun Run(string folder, TimeSpan budget)
    {
        server.Execute("truncate kv restart identity");
        return new CommitRun(server.Rate(Script, clients, budget, isSynchronous), null);
    }
}

/// <summary>Redis with its own client, over a Unix socket: a hash a row.</summary>
internal sealed class RedisCommits(string name, string binFolder, int clients, bool isSynchronous) : CommitSide(name)
{
    public override CommitRun Run(string folder, TimeSpan budget)
    {
        using var server = new RedisServer(binFolder, folder);
        return new CommitRun(server.Rate(clients, budget, isSynchronous), null);
    }
}
