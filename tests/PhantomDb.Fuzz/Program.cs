using PhantomDb.Fuzz.Compare;
using PhantomDb.Fuzz.Copies;
using PhantomDb.Fuzz.Crash;
using PhantomDb.Fuzz.Files;
using PhantomDb.Fuzz.Folders;
using PhantomDb.Fuzz.Memory;
using PhantomDb.Fuzz.Processes;
using PhantomDb.Fuzz.Readers;
using PhantomDb.Fuzz.Running;
using PhantomDb.Fuzz.Statements;
using PhantomDb.Fuzz.Transactions;

namespace PhantomDb.Fuzz;

/// <summary>Entry point of the fuzzer. Exit codes: 0 nothing found, 1 a failure, 2 usage.</summary>
public static class Program
{
    public static int Main(string[] args)
    {
        FuzzOptions options;
        try
        {
            options = FuzzOptions.Parse(args);
        }
        catch (ArgumentException problem)
        {
            Console.Error.WriteLine(problem.Message);
            Console.Error.WriteLine(FuzzOptions.Usage);
            return 2;
        }
        return options.IsInProcess ? Run(options) : ChildProcess.Run(args);
    }

    private static int Run(FuzzOptions options)
    {
        int failures = 0;
        if (options.Child is not null)
        {
            RunChild(options);
            return 0;
        }
        if (options.PrintsQueries)
        {
            PrintQueries(options.Seed, options.Count ?? 10_000);
            return 0;
        }
        using var journal = new Journal(options.Journal);
        using StreamWriter? trace = options.Trace is null ? null : new StreamWriter(options.Trace, append: false, new System.Text.UTF8Encoding(false));
        if (options.RunsStatements)
        {
            failures += Report(new StatementFuzzer(options.Seed, journal) { FailureCountMax = FailureCountMax(options), Trace = trace }
                .Run(options.Count ?? 100_000, options.Only), "statements", options);
        }
        if (options.RunsFiles)
        {
            failures += Report(new FileFuzzer(options.Seed, journal) { FailureCountMax = FailureCountMax(options) }
                .Run(options.Count ?? 10_000, options.Only), "files", options);
        }
        if (options.RunsReaders)
        {
            var fuzzer = new ReaderFuzzer(options.Seed, journal) { FailureCountMax = FailureCountMax(options), Progress = Console.WriteLine };
            failures += Report(fuzzer.Run(options.Count ?? 100_000, options.Only), "files for their readers", options);
        }
        if (options.RunsFolders)
        {
            var fuzzer = new FolderFuzzer(options.Seed, journal) { FailureCountMax = FailureCountMax(options) };
            failures += Report(fuzzer.Run(options.Count ?? 10_000, options.Only), "folders", options);
            failures += options.RunsEveryFolder ? Report(fuzzer.RunEvery(), "folders damaged in every way", options) : 0;
        }
        if (options.RunsCopies)
        {
            var fuzzer = new CopyFuzzer(options.Seed, journal) { FailureCountMax = FailureCountMax(options), Folder = options.Folder, Progress = Console.WriteLine };
            failures += Report(fuzzer.Run(options.Count ?? 10_000, options.Only), "worlds of copies", options);
        }
        if (options.RunsMemory)
        {
            failures += Report(new MemoryFuzzer(MemoryFuzzer.DefaultLimit, journal).Run(), "memory cases", options);
        }
        if (options.RunsTransactions)
        {
            failures += Report(new TransactionFuzzer(options.Seed).Run(options.Count ?? 1_000_000), "transactions", options);
        }
        if (options.RunsCrashes)
        {
            var fuzzer = new CrashFuzzer(options.Seed) { FailureCountMax = FailureCountMax(options), Progress = Console.WriteLine };
            failures += Report(fuzzer.Run(options.Count ?? 10_000, options.Only), "crash runs", options);
            failures += options.CrashesAtEveryOperation ? Report(fuzzer.RunEveryOperation(options.Scenario), "scenarios with a fault at every operation", options) : 0;
        }
        if (options.RunsKills)
        {
            var killer = new KillRunner(options.Seed, journal) { FailureCountMax = FailureCountMax(options), Progress = Console.WriteLine };
            failures += Report(killer.Run(options.Count ?? 1000), "kills", options);
        }
        if (options.RunsSweep)
        {
            if (!SweepRunner.IsPossible())
            {
                Console.WriteLine("sweep: skipped, for strace is not there, or may not watch processes");
            }
            else
            {
                var sweeper = new SweepRunner(options.Seed, journal) { FailureCountMax = FailureCountMax(options), Progress = Console.WriteLine };
                failures += Report(sweeper.Run(options.Count), "calls that failed", options);
            }
        }
        if (options.ComparesWithPostgres)
        {
            failures += Compare(options, journal, trace);
        }
        return failures == 0 ? 0 : 1;
    }

    private static void RunChild(FuzzOptions options)
    {
        string folder = options.Folder ?? throw new ArgumentException("--folder is missing");
        if (options.Child == "kill-child")
        {
            new KillChild(folder, options.Seed, KillRunner.ClientCount).Run(options.Count);
        }
        else
        {
            new SweepChild(folder).Run();
        }
    }

    private static int Compare(FuzzOptions options, Journal journal, TextWriter? trace)
    {
        try
        {
            using var server = new PostgresServer(options.Psql, options.Port);
            using var fuzzer = new CompareFuzzer(server, options.Seed, journal)
            {
                FailureCountMax = FailureCountMax(options), ComparesMessages = options.ComparesMessages, OnlyKind = options.OnlyKind, Trace = trace,
            };
            return Report(fuzzer.Run(options.Count ?? 10_000, options.Only), "statements", options, isPrinted: true);
        }
        catch (InvalidOperationException problem)
        {
            Console.Error.WriteLine(problem.Message);
            return 1;
        }
    }

    private static void PrintQueries(int seed, int count)
    {
        var generator = new QueryGenerator(new Random(seed));
        foreach (string statement in SampleTables.EveryType)
        {
            Console.WriteLine($"{statement};");
        }
        for (int i = 1; i <= count; i++)
        {
            Console.WriteLine($"\\echo # {i}\n{generator.Query()};");
        }
    }

    private static int FailureCountMax(FuzzOptions options) => options.KeepsGoing ? FuzzOptions.FailureCountMax : 1;

    private static int Report(FuzzReport report, string what, FuzzOptions options, bool isPrinted = false)
    {
        foreach (FuzzFailure failure in isPrinted ? [] : report.Failures)
        {
            Console.WriteLine(failure);
            Console.WriteLine();
        }
        Console.WriteLine($"seed {options.Seed}: {report.Count} {what}, {report.Failures.Count} failures ({report.Summary})");
        return report.Failures.Count;
    }
}
