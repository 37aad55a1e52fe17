using System.Reflection;
using PhantomDb.Shell.Tools;

namespace PhantomDb.Shell;

/// <summary>Entry point of the <c>phantomdb</c> command.</summary>
public static class Program
{
    private const int UsageError = 2;

    /// <summary>Exit codes: 0 everything ran, 1 an error in SQL, data or files, 2 wrong usage.</summary>
    public static int Main(string[] args)
    {
        try
        {
            ShellOptions options = ShellOptions.Parse(args);
            if (options.Tool is not null)
            {
                return ToolCommands.Run(options);
            }
            if (options.ShowsHelp)
            {
                Console.Out.Write(HelpText.Usage);
                return 0;
            }
            if (options.ShowsVersion)
            {
                Console.Out.Write($"phantomdb {Version}\n");
                return 0;
            }
            using ShellSession shell = new(options);
            return shell.Run();
        }
        catch (UsageException error)
        {
            Console.Error.Write($"phantomdb: {error.Message}\nTry 'phantomdb --help'.\n");
            return UsageError;
        }
    }

    private static string Version =>
        typeof(Program).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0] ?? "";
}
