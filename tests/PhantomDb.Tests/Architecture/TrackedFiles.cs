using System.Diagnostics;
using Microsoft.VisualStudio.TestTools.UnitTesting;

namespace PhantomDb.Tests.Architecture;

/// <summary>The files that git tracks; a test that asks for them is skipped where there is no git checkout.</summary>
internal static class TrackedFiles
{
    private static readonly Lazy<IReadOnlyList<string>?> LazyPaths = new(List);

    /// <summary>Paths from the root of the repository, with forward slashes. Deleted files are left out.</summary>
    public static IReadOnlyList<string> Paths
    {
        get
        {
            if (LazyPaths.Value is null)
            {
                Assert.Inconclusive("Skipped: this is no git checkout, or there is no git.");
            }

            return LazyPaths.Value;
        }
    }

    private static List<string>? List()
    {
        try
        {
            using Process git = Process.Start(new ProcessStartInfo("git", ["ls-files", "-z"])
            {
                WorkingDirectory = RepositoryPaths.Root,
                RedirectStandardOutput = true,
            })!;
            string output = git.StandardOutput.ReadToEnd();
            git.WaitForExit();
            return git.ExitCode != 0
                ? null
                : [.. output.Split('\0', StringSplitOptions.RemoveEmptyEntries)
                    .Where(path => File.Exists(RepositoryPaths.InRepository(path)))];
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return null;   // git is not installed
        }
    }
}
