using System.Globalization;

namespace PhantomDb.Fuzz;

/// <summary>The command line of the fuzzer.</summary>
public sealed record FuzzOptions
{
    public const string Usage =
        """
        usage: PhantomDb.Fuzz statements|files|readers|folders|copies|memory|transactions|crash|kill|sweep|queries|compare|--all [options]

        Gives the database wrong input at random and checks that it stays a database: docs/testing.md tells what is checked.

        queries prints tables and queries made at random as a script, to ask another database.

        kill kills processes that commit, sweep (Linux, with strace) lets calls to the system fail: in a temporary folder, not part of --all.

        compare asks a PostgreSQL 15 and us the same, and prints as a script for both what is answered otherwise (not part of --all):
          --psql PATH   the program psql (default psql); the server is on 127.0.0.1, its user postgres needs no password
          --port N      the server's port (default 5432); the database phantomdb_fuzz there is dropped and made anew
          --messages    compare messages, DETAIL, HINT and position of errors too
          --only-kind single|interleaved   one session at a time, or several that meet (default: both)

          --seed N      of the random numbers (default 1); the same seed gives the same run
          --count N     statements (default 100000; compare: 10000), files, folders or worlds of copies (default 10000), files for their readers (default 100000), transactions (default 1000000) crash runs (default 10000), kills (default 1000) or calls that fail (default: all)
          --only N      nothing but run N (statements, crash), file N (files, readers, folders) or world N (copies) of the seed: a failure names it
          --every-operation   crash: after the runs, power loss at every operation, two deep, and failures of operations
          --scenario NAME   crash: with --every-operation, nothing but this one (database; database, threads; saves, Sealed; ...)
          --folder DIR  copies: where their folders are (default: the system's temporary one); what failed stays there
          --every       folders: after the random ones, every truncation, bit, byte, block, line and mixture of files
          --keep-going  do not stop at the first failure, but at the twentieth
          --trace FILE  write every statement and how it ended into a file
          --in-process  do not put the work into a process of its own, so that a debugger can follow
        """;

    public const int FailureCountMax = 20;

    public bool RunsStatements { get; init; }

    public bool RunsFiles { get; init; }

    public bool RunsReaders { get; init; }

    public bool RunsFolders { get; init; }

    /// <summary>Folders in every way of each kind, too.</summary>
    public bool RunsEveryFolder { get; init; }

    /// <summary>Copies of one database whose files come together.</summary>
    public bool RunsCopies { get; init; }

    public bool RunsMemory { get; init; }

    public bool PrintsQueries { get; init; }

    public bool RunsTransactions { get; init; }

    public bool RunsCrashes { get; init; }

    public bool RunsKills { get; init; }

    public bool RunsSweep { get; init; }

    /// <summary>The name of a child process's job.</summary>
    public string? Child { get; init; }

    /// <summary>Of a child process, or of copies.</summary>
    public string? Folder { get; init; }

    public bool CrashesAtEveryOperation { get; init; }

    /// <summary>The one scenario that is crashed at every operation; null: all.</summary>
    public string? Scenario { get; init; }

    public bool ComparesWithPostgres { get; init; }

    public string Psql { get; init; } = "psql";

    public int Port { get; init; } = 5432;

    public bool ComparesMessages { get; init; }

    public string? OnlyKind { get; init; }

    public int Seed { get; init; } = 1;

    public int? Count { get; init; }

    public int? Only { get; init; }

    public bool KeepsGoing { get; init; }

    public string? Trace { get; init; }

    public bool IsInProcess { get; init; }

    /// <summary>Where a process of our own notes what it is at; null: this is the first process.</summary>
    public string? Journal { get; init; }

    /// <exception cref="ArgumentException">The command line is not one of ours; the message says why.</exception>
    public static FuzzOptions Parse(string[] args)
    {
        var options = new FuzzOptions();
        for (int i = 0; i < args.Length; i++)
        {
            options = args[i] switch
            {
                "statements" => options with { RunsStatements = true },
                "files" => options with { RunsFiles = true },
                "readers" => options with { RunsReaders = true },
                "folders" => options with { RunsFolders = true },
                "copies" => options with { RunsCopies = true },
                "--every" => options with { RunsEveryFolder = true },
                "memory" => options with { RunsMemory = true },
                "queries" => options with { PrintsQueries = true, IsInProcess = true },
                "transactions" => options with { RunsTransactions = true },
                "crash" => options with { RunsCrashes = true },
                "kill" => options with { RunsKills = true, IsInProcess = true },
                "sweep" => options with { RunsSweep = true, IsInProcess = true },
                "kill-child" or "sweep-child" => options with { Child = args[i], IsInProcess = true },
                "--folder" => options with { Folder = Value(args, ref i) },
                "--every-operation" => options with { CrashesAtEveryOperation = true },
                "--scenario" => options with { Scenario = Value(args, ref i) },
                "--all" => options with { RunsStatements = true, RunsFiles = true, RunsReaders = true, RunsFolders = true, RunsCopies = true, RunsMemory = true, RunsTransactions = true, RunsCrashes = true },
                "compare" => options with { ComparesWithPostgres = true },
                "--psql" => options with { Psql = Value(args, ref i) },
                "--port" => options with { Port = Number(args, ref i) },
                "--messages" => options with { ComparesMessages = true },
                "--only-kind" => Value(args, ref i) is "single" or "interleaved" ? options with { OnlyKind = args[i] } : throw new ArgumentException($"unknown kind {args[i]}"),
                "--seed" => options with { Seed = Number(args, ref i) },
                "--count" => options with { Count = Number(args, ref i) },
                "--only" => options with { Only = Number(args, ref i) },
                "--keep-going" => options with { KeepsGoing = true },
                "--trace" => options with { Trace = Value(args, ref i) },
                "--in-process" => options with { IsInProcess = true },
                "--journal" => options with { Journal = Value(args, ref i), IsInProcess = true },
                _ => throw new ArgumentException($"unknown argument {args[i]}"),
            };
        }
        return options.RunsStatements || options.RunsFiles || options.RunsReaders || options.RunsFolders || options.RunsCopies || options.RunsMemory || options.RunsTransactions || options.RunsCrashes || options.RunsKills || options.RunsSweep || options.Child is not null || options.PrintsQueries || options.ComparesWithPostgres
            ? options
            : throw new ArgumentException("nothing to do: name statements, files, readers, folders, copies, memory, transactions, crash, kill, sweep, queries, compare or --all");
    }

    private static string Value(string[] args, ref int i) =>
        ++i < args.Length ? args[i] : throw new ArgumentException($"{args[i - 1]} needs a value");

    private static int Number(string[] args, ref int i)
    {
        string option = args[i];
        return int.TryParse(Value(args, ref i), NumberStyles.None, CultureInfo.InvariantCulture, out int number)
            ? number
            : throw new ArgumentException($"{option} needs a number");
    }
}
