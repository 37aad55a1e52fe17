using System.Diagnostics;

namespace PhantomDb.Mutants;

/// <summary>
/// Mutation tests, some mutants a second: dotnet-stryker makes the changed assembly (tests/mutate), and the tests run in one process beside it.
/// <code>
/// PhantomDb.Mutants FOLDER "TESTS" [ID...]     FOLDER has report.json and PhantomDb.dll of Stryker; TESTS as in TestCase.Find; all mutants, or those with these numbers
/// </code>
/// This process starts others, in a copy of its own folder with the changed assembly: the first one takes the time of the tests, the second records which
/// mutants they reach, and each of the next goes on with the mutants until one hangs it, ends it or leaves something behind in it.
/// </summary>
internal static class Program
{
    private const string MeasureCommand = "measure";
    private const string CoverCommand = "cover";
    private const string RunCommand = "run";
    private const double SecondsMax = 2;   // a longer test is left out

    public static int Main(string[] args)
    {
        TextWriter output = Console.Out;
        switch (args)
        {
            case [MeasureCommand, var words, var path]:
                Console.SetOut(TextWriter.Null);   // not what the tests write
                TestCoverage.Save(TestCoverage.Measure(TestCase.Find(words)), path);
                break;
            case [CoverCommand, var words, var path]:
                Console.SetOut(TextWriter.Null);
                TestCoverage.Save(TestCoverage.Cover(TestCase.Find(words), QuickOf(path)), path);
                break;
            case [RunCommand, var words, var path, var report, var from, .. var ids]:
                Console.SetOut(TextWriter.Null);
                new MutantRun(Chosen(report, ids), TestCase.Find(words), TestCoverage.Load(path), output).Run(int.Parse(from));
                break;
            case [var folder, var words, .. var ids]:
                return RunAll(folder, words, ids);
            default:
                Console.Error.WriteLine("PhantomDb.Mutants FOLDER \"TESTS\" [ID...]");
                return 2;
        }
        Environment.Exit(0);   // though a test may go on and on
        return 0;
    }

    private static int RunAll(string folder, string words, string[] ids)
    {
        string report = Path.GetFullPath(Path.Combine(folder, "report.json")), tests = Path.GetFullPath(Path.Combine(folder, "tests.json"));
        string program = CopyBeside(Path.Combine(folder, "PhantomDb.dll"));
        if (!Succeeds(program, MeasureCommand, words, tests))
        {
            return 1;
        }
        Console.WriteLine($"{QuickOf(tests).Count} tests of {QuickOf(tests).Sum(test => test.Seconds):0.0} s");
        foreach (TestCoverage slow in TestCoverage.Load(tests).Where(test => test.Seconds > SecondsMax))
        {
            Console.WriteLine($"left out, {slow.Seconds:0.0} s: {slow.Test}");
        }
        if (!Succeeds(program, CoverCommand, words, tests))
        {
            return 1;
        }

        List<Mutant> mutants = Chosen(report, ids);
        List<string> verdicts = [];
        while (verdicts.Count < mutants.Count)
        {
            using Process running = Start(program, [RunCommand, words, tests, report, $"{verdicts.Count}", .. ids]);
            while (running.StandardOutput.ReadLine() is { } verdict)
            {
                Add(verdict);
            }
            running.WaitForExit();
            if (running.ExitCode != 0)
            {
                Add($"killed: the process ended with {running.ExitCode}");
            }
        }
        WriteTable(mutants.Zip(verdicts));
        return 0;

        void Add(string verdict)
        {
            Mutant mutant = mutants[verdicts.Count];
            verdicts.Add(verdict);
            if (ids.Length > 0 || !IsKilled(verdict))
            {
                Console.WriteLine($"{mutant.FileName}:{mutant.Line} [{mutant.Id}] {mutant.Change}  :  {verdict}");
            }
        }
    }

    private static void WriteTable(IEnumerable<(Mutant Mutant, string Verdict)> results)
    {
        Console.WriteLine("| file | mutants | killed | lived | not reached |\n| --- | --- | --- | --- | --- |");
        foreach (var file in results.GroupBy(result => result.Mutant.FileName))
        {
            int killed = file.Count(result => IsKilled(result.Verdict)), unreached = file.Count(result => result.Verdict == "not reached");
            Console.WriteLine($"| {file.Key} | {file.Count()} | {killed} = {Math.Floor(100.0 * killed / file.Count())} % | {file.Count() - killed - unreached} | {unreached} |");
        }
    }

    private static List<TestCoverage> QuickOf(string path) => [.. TestCoverage.Load(path).Where(test => test.Seconds <= SecondsMax)];

    private static bool IsKilled(string verdict) => verdict.StartsWith("killed", StringComparison.Ordinal);

    private static List<Mutant> Chosen(string report, string[] ids) => [.. Mutant.ReadReport(report).Where(mutant => ids.Length == 0 || ids.Contains($"{mutant.Id}"))];

    // All that this program needs, with the changed assembly; in the repository, where the tests look for its files.
    private static string CopyBeside(string mutated)
    {
        string own = AppContext.BaseDirectory, copy = Path.Combine(own, "..", "mutated");
        foreach (string path in Directory.EnumerateFiles(own, "*", SearchOption.AllDirectories))
        {
            string target = Path.Combine(copy, Path.GetRelativePath(own, path));
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            File.Copy(path, target, overwrite: true);
        }
        File.Copy(mutated, Path.Combine(copy, "PhantomDb.dll"), overwrite: true);
        return Path.Combine(copy, "PhantomDb.Mutants.dll");
    }

    private static bool Succeeds(string program, params string[] arguments)
    {
        using Process process = Start(program, arguments);
        process.WaitForExit();
        return process.ExitCode == 0;
    }

    private static Process Start(string program, params string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet", [program, .. arguments]) { RedirectStandardOutput = true };
        start.Environment["DOTNET_GCHeapHardLimit"] = "0xC0000000";   // 3 GB: a mutant that fills memory is to end itself, not the machine
        start.Environment.TryAdd("PHANTOMDB_SEED", "1");              // the same tests for each mutant
        return Process.Start(start)!;
    }
}
