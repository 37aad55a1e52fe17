using System.Diagnostics;

namespace PhantomDb.Fuzz.Running;

/// <summary>
/// Runs the fuzzer in a process of its own, so that a crash that nothing can catch (a stack overflow, memory run out) is a
/// failure with its input like any other.
/// </summary>
internal static class ChildProcess
{
    public static int Run(string[] args)
    {
        string journal = Path.GetTempFileName();
        try
        {
            var start = new ProcessStartInfo(Environment.ProcessPath!);
            if (Path.GetFileNameWithoutExtension(start.FileName) == "dotnet")
            {
                start.ArgumentList.Add(typeof(ChildProcess).Assembly.Location);
            }
            foreach (string argument in (string[])[.. args, "--journal", journal])
            {
                start.ArgumentList.Add(argument);
            }
            start.Environment["DOTNET_GCHeapHardLimit"] = "0x100000000";   // 4 GiB: what wants all memory fails, and not the machine
            using Process child = Process.Start(start)!;
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
