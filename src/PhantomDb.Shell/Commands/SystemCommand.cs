using System.ComponentModel;
using System.Diagnostics;
using PhantomDb.Shell.Output;

namespace PhantomDb.Shell.Commands;

/// <summary>A command of the system, in its own shell and at the same terminal.</summary>
internal static class SystemCommand
{
    /// <param name="shell">Told where the command fails.</param>
    /// <param name="command">For /bin/sh or cmd.exe; empty: the person's own shell, until they leave it.</param>
    public static void Run(ShellSession shell, string command)
    {
        shell.Output.Flush();
        string own = Environment.GetEnvironmentVariable(OperatingSystem.IsWindows() ? "COMSPEC" : "SHELL") ?? (OperatingSystem.IsWindows() ? "cmd.exe" : "/bin/sh");
        ProcessStartInfo start = command.Length == 0 ? new(own) : CommandStream.StartOf(command, readsOutput: false);
        try
        {
            using Process process = Process.Start(start)!;
            shell.HandOver(process);
            if (process.ExitCode != 0)
            {
                shell.Output.Report($"WARNING: the command ended with {process.ExitCode}");
            }
        }
        catch (Win32Exception error)
        {
            throw new PhantomDbException("58P01", $"there is no shell \"{start.FileName}\"", error);
        }
    }
}
