using System.Diagnostics;
using System.Text.RegularExpressions;
using Microsoft.VisualStudio.TestTools.UnitTesting;

namespace PhantomDb.Tests.Shell;

/// <summary>The commands of docs/tutorial-shell.md and docs/how-to.md, run one after the other in an empty folder, show what the pages show.</summary>
[TestClass]
public sealed partial class ShellTutorialTests
{
    private const int AttemptsMax = 4;

    private readonly string _folder = Directory.CreateTempSubdirectory("phantomdb-tutorial-").FullName;

    [TestCleanup]
    public void Clean() => Directory.Delete(_folder, recursive: true);

    [TestMethod]
    [DataRow("tutorial-shell.md")]
    [DataRow("how-to.md")]
    public void A_page_gives_what_it_shows(string name)
    {
        if (OperatingSystem.IsWindows())
        {
            Assert.Inconclusive("Skipped: the tutorial is typed into a shell of Unix.");
        }
        string page = File.ReadAllText(RepositoryPaths.InRepository("docs", name));
        MatchCollection examples = Example().Matches(page);
        Assert.HasCount(page.Split("\n$ ").Length - 1, examples);
        for (int attempt = 1; ; attempt++)
        {
            try
            {
                RunAll(examples, Path.Combine(_folder, $"{attempt}"));
                return;
            }
            catch (AssertFailedException) when (attempt < AttemptsMax && HasOwnRecords(Path.Combine(_folder, $"{attempt}", "data")))
            {
                // On a slow machine the log vouches for itself between two statements: the LSNs behind that are others than the page has.
            }
        }
    }

    private static bool HasOwnRecords(string folder) => Directory.GetFiles(folder, "*.log").Any(file => File.ReadAllText(file).Contains(",SYNC,", StringComparison.Ordinal));

    private static void RunAll(MatchCollection examples, string folder)
    {
        Directory.CreateDirectory(folder);
        int exitCode = 0;
        foreach (Match example in examples)
        {
            string command = example.Groups["command"].Value.Replace("\n> ", "\n", StringComparison.Ordinal);
            (string output, exitCode) = Run(command, exitCode, folder);
            Assert.AreEqual(Steady(example.Groups["output"].Value), Steady(output), command);
        }
    }

    /// <summary>Both outputs in one, as a terminal shows them; `$?` is the exit code of the command before.</summary>
    private static (string Output, int ExitCode) Run(string command, int exitCodeBefore, string folder)
    {
        string script = $"exec 2>&1; phantomdb() {{ dotnet '{ShellProcess.Executable}' \"$@\"; }}\n(exit {exitCodeBefore})\n{command}\n";
        ProcessStartInfo start = new("/bin/sh", ["-c", script]) { WorkingDirectory = folder, RedirectStandardOutput = true };
        foreach (string who in (string[])["AUTHOR", "COMMITTER"])
        {
            start.Environment[$"GIT_{who}_NAME"] = start.Environment[$"GIT_{who}_EMAIL"] = "reader";
        }
        start.Environment["GIT_CONFIG_GLOBAL"] = "/dev/null";
        start.Environment["GIT_CONFIG_NOSYSTEM"] = "1";
        using Process shell = Process.Start(start)!;
        string output = shell.StandardOutput.ReadToEnd();
        shell.WaitForExit();
        return (output.Replace(folder + "/", "", StringComparison.Ordinal), shell.ExitCode);
    }

    /// <summary>Times, also in the names of files, and git's object names are others each time; the line that ends a description is left out in the page.</summary>
    private static string Steady(string output) => ObjectNames().Replace(Time().Replace(output, "TIME"), "index A..B").TrimEnd('\n');

    [GeneratedRegex(@"^\$ (?<command>.*(\n> .*)*)\n(?<output>(?:(?!\$ |```).*\n)*)", RegexOptions.Multiline)]
    private static partial Regex Example();

    [GeneratedRegex(@"\d{8}_\d{6}|\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{6}")]
    private static partial Regex Time();

    [GeneratedRegex(@"index [0-9a-f]+\.\.[0-9a-f]+")]
    private static partial Regex ObjectNames();
}
