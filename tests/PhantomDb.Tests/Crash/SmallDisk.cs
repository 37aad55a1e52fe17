using System.Diagnostics;
using Microsoft.VisualStudio.TestTools.UnitTesting;

namespace PhantomDb.Tests.Crash;

/// <summary>A real disk of few bytes for one test, which is skipped where none can be mounted. To be disposed of after all that uses it.</summary>
internal sealed class SmallDisk : IDisposable
{
    private readonly string? _image;

    /// <param name="size">As mount takes it: <c>256k</c>.</param>
    public SmallDisk(string size)
    {
        if (!OperatingSystem.IsLinux() || !Environment.IsPrivilegedProcess || !Runs("mount", "-t", "tmpfs", "-o", $"size={size}", "tmpfs", Folder))
        {
            Directory.Delete(Folder);
            Assert.Inconclusive("Needs Linux and the right to mount a small tmpfs.");
        }
    }

    private SmallDisk(int megabytes)
    {
        _image = Folder + ".img";
        using (FileStream image = File.Create(_image))
        {
            image.SetLength((long)megabytes << 20);
        }
        if (!OperatingSystem.IsLinux() || !Environment.IsPrivilegedProcess || !Runs("mkfs.ext4", "-q", "-F", _image) || !Runs("mount", "-o", "loop", _image, Folder))
        {
            Directory.Delete(Folder);
            File.Delete(_image);
            Assert.Inconclusive("Needs Linux, mkfs.ext4 and the right to mount a file.");
        }
    }

    /// <summary>An ext4 in a file, whose size stays.</summary>
    public static SmallDisk Ext4(int megabytes) => new(megabytes);

    public string Folder { get; } = Directory.CreateTempSubdirectory("phantomdb-full-").FullName;

    public void Resize(string size) => Assert.IsTrue(Runs("mount", "-o", $"remount,size={size}", Folder));

    public void Dispose()
    {
        Runs("umount", Folder);
        Directory.Delete(Folder, recursive: true);
        if (_image is not null)
        {
            File.Delete(_image);
        }
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
