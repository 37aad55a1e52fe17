using System.Globalization;

namespace PhantomDb.Benchmarks;

/// <summary>The command line.</summary>
internal sealed record Options
{
    public const string Help =
        """
        Benchmarks of PhantomDB beside SQLite and DuckDB, in one process, in turns.

        usage: dotnet run -c Release --project tests/PhantomDb.Benchmarks -- COMMAND [options]

        commands
          w1          single rows: insert, select, update, delete by key, and a few queries, over one table
          w2          the 22 queries of TPC-H
          w3          CSV: COPY lineitem FROM and TO a file
          file        our database file: lineitem loaded and saved, beside COPY
          scan        whole-table scans: alone, two at once, beside a writer
          mechanism   storage alone, without SQL and peers: points, writes, scans, two threads (--rows, --budget)
          fork        forks of databases, without peers: how long one takes, what follows (--rows: the largest table, --runs)
          index       the ordered index alone, without peers (--runs)
          log-format  lines of the transaction log encoded and read, in memory, without peers (--runs)
          log-writer  durable commits of the transaction log alone, from 1, 8 and 32 threads, beside the disk's rate (--runs, --budget)
          log-commit  what a log costs single-row commits in front of the disk, beside the same in memory (--rows, --runs, --budget, --only)
          snapshot    snapshots beside writers, without peers (--rows: 5700000 are a gigabyte, --threads from 2, --runs, --budget, --data; --only always, interval, update, insert)
          recovery    replay of logged single rows, in memory, without peers (--rows, --runs)
          w4          durable commits of one row each, beside SQLite, the disk alone and (--postgres, --redis) servers (--runs, --budget, --data: on a disk)
          w5          how a database comes back: replay of --rows logged rows beside SQLite and (--redis) Redis, cold start, its file beside COPY (--runs, --data)
          memory      what a process holds with the TPC-H tables loaded, one process an engine
          generate    only make the TPC-H files (--sf, --data)
          selfcheck   check the comparison of answers and the data generator; needs no engine

        options
          --rows N       rows of the table of w1, w5 and scan, a multiple of 1000     (1000000)
          --sf X         scale factor of w2, w3, file, memory, generate, selfcheck      (0.1)
          --runs N       measured runs of each test on each side                  (3)
          --only NAME    only tests whose name contains NAME; may be repeated
          --peers LIST   sqlite, duckdb, or both with a comma                     (w1: both; w4, w5: sqlite; else duckdb)
          --peers-only   leave PhantomDB out; the first peer is compared with the others
          --threads N    threads an engine may use for one query                  (1)
          --budget MS    longest time of one run of a test of single rows         (500; inserts 3000)
          --data DIR     where the TPC-H files are or are made; for w4 and w5 where their databases are (a folder for temporary files)
          --postgres BIN the folder of PostgreSQL's programs, to have it as a peer in w4
          --redis BIN    the folder of Redis's programs, to have it as a peer in w4 and w5
          --shell FILE   the shell as it is published (docs/shell.md), to have its start in w5
          --idle S       seconds that w4 watches an idle database                 (60)
          --json FILE    write all samples there as well
          -h, --help     this text

        Peers: tests/PhantomDb.Benchmarks/install-peers.sh installs DuckDB's library; SQLite is the system's.
        exit code: 0 measured, 1 an answer differed or a test failed, 2 usage or a missing peer
        """;

    /// <summary>What "memory" runs in a process of its own for each engine.</summary>
    public const string MemoryChildCommand = "memory-child";

    /// <summary>What "w5" runs in a process of its own for each opening.</summary>
    public const string ReplayChildCommand = "replay-child";

    private static readonly string[] Commands = ["w1", "w2", "w3", "w4", "w5", "file", "scan", "mechanism", "fork", "index", "log-format", "log-writer", "log-commit", "snapshot", "recovery", "memory", "generate", "selfcheck"];

    public required string Command { get; init; }

    public int RowCount { get; init; } = 1_000_000;

    public double ScaleFactor { get; init; } = 0.1;

    public int RunCount { get; init; } = 3;

    public IReadOnlyList<string> Only { get; init; } = [];

    public required IReadOnlyList<string> Peers { get; init; }

    public bool PeersOnly { get; init; }

    public int ThreadCount { get; init; } = 1;

    public int? BudgetMs { get; init; }

    public string? DataFolder { get; init; }

    public string? JsonPath { get; init; }

    public string? PostgresFolder { get; init; }

    public string? RedisFolder { get; init; }

    public string? ShellPath { get; init; }

    public int IdleSeconds { get; init; } = 60;

    public bool Selects(string testName) => Only.Count == 0 || Only.Any(part => testName.Contains(part, StringComparison.OrdinalIgnoreCase));

    /// <summary>Null if help was asked for.</summary>
    public static Options? Parse(string[] arguments)
    {
        if (arguments.Length == 0 || arguments.Contains("--help") || arguments.Contains("-h"))
        {
            return null;
        }

        string command = arguments[0];
        if (!Commands.Contains(command) && command is not (MemoryChildCommand or ReplayChildCommand))
        {
            throw new UsageException($"unknown command '{command}'; commands are {string.Join(", ", Commands)}");
        }

        var options = new Options { Command = command, Peers = PeersOf(command) };
        for (int i = 1; i < arguments.Length; i++)
        {
            string name = arguments[i];
            options = name switch
            {
                "--rows" => options with { RowCount = Integer(1000, 1_000_000_000) },
                "--sf" => options with { ScaleFactor = Number() },
                "--runs" => options with { RunCount = Integer(1, 1000) },
                "--only" => options with { Only = [.. options.Only, Value()] },
                "--peers" => options with { Peers = [.. Value().Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)] },
                "--peers-only" => options with { PeersOnly = true },
                "--threads" => options with { ThreadCount = Integer(1, 1024) },
                "--budget" => options with { BudgetMs = Integer(1, 3_600_000) },
                "--data" => options with { DataFolder = Value() },
                "--postgres" => options with { PostgresFolder = Value() },
                "--redis" => options with { RedisFolder = Value() },
                "--shell" => options with { ShellPath = Path.GetFullPath(Value()) },
                "--idle" => options with { IdleSeconds = Integer(0, 86_400) },
                "--json" => options with { JsonPath = Value() },
                _ => throw new UsageException($"unknown option '{name}'"),
            };

            string Value() => ++i < arguments.Length ? arguments[i] : throw new UsageException($"{name} needs a value");

            int Integer(int low, int high) =>
                int.TryParse(Value(), NumberStyles.None, CultureInfo.InvariantCulture, out int value) && value >= low && value <= high
                    ? value
                    : throw new UsageException($"{name} needs a whole number from {low} to {high}, not '{arguments[i]}'");

            double Number() =>
                double.TryParse(Value(), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double value) && value > 0
                    ? value
                    : throw new UsageException($"{name} needs a positive number, not '{arguments[i]}'");
        }

        return options.Validated();
    }

    private static string[] PeersOf(string command) => command switch
    {
        "w1" => ["sqlite", "duckdb"],
        "w4" or "w5" => ["sqlite"],
        _ => ["duckdb"],
    };

    private Options Validated()
    {
        if (RowCount % 1000 != 0)
        {
            throw new UsageException("--rows must be a multiple of 1000");
        }

        if (Peers.FirstOrDefault(peer => peer is not ("sqlite" or "duckdb")) is { } unknown)
        {
            throw new UsageException($"unknown peer '{unknown}'; peers are sqlite and duckdb");
        }

        return this;
    }
}

/// <summary>What is wrong with the command line.</summary>
internal sealed class UsageException(string message) : Exception(message);
