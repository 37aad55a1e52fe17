using System.Diagnostics;
using Microsoft.VisualStudio.TestTools.UnitTesting;

namespace PhantomDb.Tests.Crash;

/// <summary>A real disk of few bytes for one test, which is skipped where none can be mounted. To be disposed of after all that uses it.</summary>
internal sealed class SmallDisk : IDisposable
{
    /// <param name="size">As mount takes it: <c>256k</c>.</param>
    public SmallDisk(string size)
    {
        if (!OperatingSystem.IsLinux() || !Environment.IsPrivilegedProcess || !Runs("mount", "-t", "tmpfs", "-o", $"size={size}", "tmpfs", Folder))
        {
            Directory.Delete(Folder);
            Assert.Inconclusive("Needs Linux and the right to mount a small tmpfs.");
        }
    }

    public string Folder { get; } = Directory.CreateTempSubdirectory("phantomdb-full-").FullName;

    public void Resize(string size) => Assert.IsTrue(Runs("mount", "-o", $"remount,size={size}", Folder));

    public void Dispose()
    {
        Runs("umount", Folder);
        Directory.Delete(Folder, recursive: true);
    }

    private static bool Runs(string program, params string[] arguments)
    {
        try
        {
            using Process process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardError = true, RedirectStandardOutput = true })!;
            process.WaitForExit();
            return process.ExitCode == 0;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return false;
        }
    }
}
