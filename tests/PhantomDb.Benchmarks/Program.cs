using System.Data.Common;
using PhantomDb.Benchmarks.Engines;
using PhantomDb.Benchmarks.Measuring;
using PhantomDb.Benchmarks.Tpch;
using PhantomDb.Benchmarks.Workloads;

namespace PhantomDb.Benchmarks;

/// <summary>Entry point of the benchmarks.</summary>
public static class Program
{
    private const int Succeeded = 0;
    private const int Failed = 1;
    private const int WrongUsage = 2;

    public static int Main(string[] args)
    {
        NativeLibraries.Register();
        try
        {
            if (Options.Parse(args) is not { } options)
            {
                Console.WriteLine(Options.Help);
                return args.Length == 0 ? WrongUsage : Succeeded;
            }

            return Run(options);
        }
        catch (Exception exception) when (exception is UsageException or EngineUnavailableException or ArgumentException)
        {
            Console.Error.WriteLine($"{exception.Message}\n(--help shows the options)");
            return WrongUsage;
        }
        catch (Exception exception) when (exception is EngineException or DbException)
        {
            // Inside a test it is that test's failure; here a table could not be made or loaded.
            Console.Error.WriteLine(exception.Message);
            return Failed;
        }
    }

    private static int Run(Options options)
    {
        switch (options.Command)
        {
            case "generate":
                Console.WriteLine(TpchFiles.Ensure(options.ScaleFactor, options.DataFolder, Console.Out).Folder);
                return Succeeded;
            case "mechanism":
                return new MechanismWorkload(options.RowCount, options.BudgetMs ?? 500, Console.Out).Run() ? Succeeded : Failed;
            case "fork":
                new ForkWorkload(options.RowCount, options.RunCount, Console.Out).Run();
                return Succeeded;
            case "selfcheck":
                return SelfCheck.Run(options.ScaleFactor, Console.Out) ? Succeeded : Failed;
            case "index":
                IndexWorkload.Run(options.RunCount, Console.Out);
                return Succeeded;
            case "log-format":
                return LogFormatWorkload.Run(options.RunCount, Console.Out) ? Succeeded : Failed;
            case "log-writer":
                LogWriterWorkload.Run(options.RunCount, options.BudgetMs ?? 2000, Console.Out);
                return Succeeded;
            case "log-commit":
                LogCommitWorkload.Run(options.RowCount, options.RunCount, options.BudgetMs ?? 3000, options.Selects, Console.Out);
                return Succeeded;
            case "snapshot":
                new SnapshotWorkload(options, Console.Out).Run();
                return Succeeded;
            case "recovery":
                return RecoveryWorkload.Run(options.RowCount, options.RunCount, Console.Out) ? Succeeded : Failed;
            case Options.ReplayChildCommand:
                ReplayWorkload.RunChild(options);
                return Succeeded;
            case Options.MemoryChildCommand:
                MemoryWorkload.RunChild(options);
                return Succeeded;
        }

        var report = new Report(options, Console.Out);
        switch (options.Command)
        {
            case "w1":
                new SingleRowWorkload(options, report).Run();
                break;
            case "w2":
                new TpchWorkload(options, report).Run();
                break;
            case "w3":
                new CsvWorkload(options, report).Run();
                break;
            case "w4" when OperatingSystem.IsLinux():
                new CommitWorkload(options, report).Run();
                break;
            case "w4":
                throw new UsageException("w4 measures the disk by calls of Linux");
            case "w5":
                new ReplayWorkload(options, report).Run();
                break;
            case "file":
                new FileWorkload(options, report).Run();
                break;
            case "scan":
                new ScanWorkload(options, report).Run();
                break;
            case "memory":
                new MemoryWorkload(options, report).Run();
                break;
        }

        report.Finish();
        return report.FailureCount == 0 ? Succeeded : Failed;
    }
}
