using System.Diagnostics;

namespace PhantomDb.Fuzz.Running;

/// <summary>
/// Runs the fuzzer in a process of its own, so that a crash that nothing can catch (a stack overflow, memory run out) is a
/// failure with its input like any other.
/// </summary>
internal static class ChildProcess
{
    /// <summary>This program with other arguments; with pipes for what it tells, if wanted, and under another program, if one is named.</summary>
    public static Process Start(IReadOnlyList<string> arguments, bool redirects, params IReadOnlyList<string> under)
    {
        string host = Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "dotnet" ? Environment.ProcessPath! : "dotnet";
        string[] command = [.. under, host, typeof(ChildProcess).Assembly.Location, .. arguments];
        var start = new ProcessStartInfo(command[0]) { RedirectStandardOutput = redirects, RedirectStandardError = redirects };
        foreach (string argument in command[1..])
        {
            start.ArgumentList.Add(argument);
        }
        start.Environment["DOTNET_GCgen0size"] = "0x800000";           // crash runs make and drop databases with their buffers: those are to go young,
        start.Environment["DOTNET_GCLOHThreshold"] = "0x200000";       // not to wait for a collection of everything
        start.Environment["DOTNET_GCHeapHardLimit"] = "0x100000000";   // 4 GiB: what wants all memory fails, and not the machine
        return Process.Start(start)!;
    }

    public static int Run(string[] args)
    {
        string journal = Path.GetTempFileName();
        try
        {
            using Process child = Start([.. args, "--journal", journal], redirects: false);
            child.WaitForExit();
            if (child.ExitCode is 0 or 1)
            {
                return child.ExitCode;
            }
            Console.WriteLine($"FAILURE: the process ended with exit code {child.ExitCode} at");
            Console.WriteLine(File.ReadAllText(journal));
            return 1;
        }
        finally
        {
            File.Delete(journal);
        }
    }
}
