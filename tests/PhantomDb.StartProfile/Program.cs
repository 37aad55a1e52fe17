using System.Diagnostics;
using System.Reflection;

namespace PhantomDb.StartProfile;

/// <summary>
/// Writes the profile that the shell is published with: what short runs of it need compiled, and the ReadyToRun compiler does not find by itself. That are methods of
/// generic types and generic methods, LINQ's over value types above all: which of them a virtual call comes to is known when it is made.
/// </summary>
public static class Program
{
    private const string NothingCompiledAhead = "DOTNET_ReadyToRun";

    private static readonly string[][] Runs =
    [
        ["--in-memory", "-c", "select 1"],
        ["-d", "{folder}", "shop", "-c", "create table t (id int primary key, v text, n numeric); insert into t select i, 'v' || i, i / 2.0 from generate_series(1, 1000) g(i)"],
        ["-d", "{folder}", "shop", "-c", "select count(*) from t"],
        ["-d", "{folder}", "shop", "-c", "insert into t values (1001, 'a', 1); update t set v = 'b' where id = 1001; delete from t where id = 1001"],
        ["-d", "{folder}", "shop", "--mode", "csv", "-c", "select v, sum(n) from t where id > 10 and v like 'v1%' group by v order by 2 desc limit 10"],
        ["-d", "{folder}", "shop", "-c", "select a.id, b.v from t a join t b on a.id = b.id + 1 where a.id < 20 order by a.id"],
    ];

    /// <summary>The argument is the file to write.</summary>
    public static int Main(string[] args)
    {
        if (args.Length != 1)
        {
            Console.Error.WriteLine("usage: PhantomDb.StartProfile FILE");
            return 2;
        }
        return Environment.GetEnvironmentVariable(NothingCompiledAhead) == "0" ? Record(args[0]) : RunAgain(args[0]);
    }

    // Only the runtime's start decides whether what is compiled ahead is used.
    private static int RunAgain(string file)
    {
        ProcessStartInfo start = new(Environment.ProcessPath!, [file]);
        start.Environment[NothingCompiledAhead] = "0";
        using Process process = Process.Start(start)!;
        process.WaitForExit();
        return process.ExitCode;
    }

    private static int Record(string file)
    {
        string folder = Directory.CreateTempSubdirectory("phantomdb-start").FullName;
        using CompiledMethods compiled = new();
        foreach (string[] run in Runs)
        {
            if (Shell.Program.Main([.. run.Select(word => word.Replace("{folder}", folder, StringComparison.Ordinal))]) != 0)
            {
                return 1;
            }
        }
        MethodBase[] methods = [.. compiled.Stop().Where(IsUnforeseen).OrderBy(method => $"{method.DeclaringType} {method}", StringComparer.Ordinal)];
        Directory.Delete(folder, recursive: true);
        File.WriteAllBytes(file, new ProfileWriter().Write(methods));
        Console.Error.WriteLine($"{file}: {methods.Length} methods");
        return 0;
    }

    // All others are compiled anyway.
    private static bool IsUnforeseen(MethodBase method) =>
        (method.IsGenericMethod || method.DeclaringType is { IsGenericType: true }) && ProfileWriter.CanWrite(method) && method.Module.Assembly != typeof(Program).Assembly;
}
