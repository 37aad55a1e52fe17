using System.Reflection;
using PhantomDb.Shell.Output;
using PhantomDb.Shell.Tools;

namespace PhantomDb.Shell;

/// <summary>Entry point of the <c>phantomdb</c> command.</summary>
public static class Program
{
    private const int Failed = 1, UsageError = 2;

    /// <summary>Exit codes: 0 everything ran, 1 an error in SQL, data or files, 2 wrong usage, 130 ended by Ctrl-C, 143 by SIGTERM or SIGHUP.</summary>
    public static int Main(string[] args)
    {
        StandardStreams.Prepare();
        AppDomain.CurrentDomain.UnhandledException += static (_, failure) =>   // on a thread beside the main one
        {
            Report(failure.ExceptionObject as Exception);
            Environment.Exit(Failed);
        };
        try
        {
            return Run(ShellOptions.Parse(args));
        }
        catch (UsageException error)
        {
            Console.Error.Write($"phantomdb: {error.Message}\nTry 'phantomdb --help'.\n");
            return UsageError;
        }
        catch (Exception error)
        {
            Report(error);
            return Failed;
        }
    }

    private static string Version =>
        typeof(Program).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0] ?? "";

    private static int Run(ShellOptions options)
    {
        if (options.Tool is not null)
        {
            return ToolCommands.Run(options);
        }
        if (options.ShowsHelp || options.ShowsVersion)
        {
            using OutputSink output = new(StandardStreams.OpenOutput());
            output.Write(options.ShowsHelp ? HelpText.Usage : $"phantomdb {Version}\n");
            return 0;
        }
        using ShellSession shell = new(options);
        return shell.Run();
    }

    private static void Report(Exception? error) =>
        ControlCharacters.WriteError(ErrorReport.Format(ErrorReport.AsDatabaseError(error ?? new InvalidOperationException()), null, 0, null));
}
