using System.Diagnostics;

namespace PhantomDb.Mutants;

/// <summary>
/// Mutation tests, tens of mutants a second: dotnet-stryker makes the changed assembly (tests/mutate), and the tests run in one process beside it.
/// <code>
/// PhantomDb.Mutants FOLDER "TESTS" [ID...]     FOLDER has report.json and PhantomDb.dll of Stryker; TESTS as in TestCase.Find; all mutants, or those with these numbers
/// </code>
/// This process starts others, in a copy of its own folder with the changed assembly: the first one records which test reaches what, and
/// takes its time; each of the next goes on with the mutants until one hangs it, ends it or leaves something behind in it.
/// </summary>
internal static class Program
{
    private const string RecordCommand = "record";
    private const string RunCommand = "run";
    private const double SecondsMax = 2;

    public static int Main(string[] args)
    {
        if (args is [RecordCommand, var words, var path])
        {
            Console.SetOut(TextWriter.Null);
            return TestCoverage.Record(TestCase.Find(words), path) ? 0 : 1;
        }
        if (args is [RunCommand, var report, var allWords, var covered, var from, .. var only])
        {
            TextWriter output = Console.Out;
            Console.SetOut(TextWriter.Null);
            new MutantRun(Chosen(report, only), TestCase.Find(allWords), [.. TestCoverage.Load(covered).Where(test => test.Seconds <= SecondsMax)], output).Run(int.Parse(from));
            return Exit(0);
        }
        if (args is not [var folder, var tests, .. var ids])
        {
            Console.Error.WriteLine("PhantomDb.Mutants FOLDER \"TESTS\" [ID...]");
            return 2;
        }
        return RunAll(folder, tests, ids);
    }

    private static int RunAll(string folder, string tests, string[] ids)
    {
        string report = Path.GetFullPath(Path.Combine(folder, "report.json")), coverage = Path.GetFullPath(Path.Combine(folder, "coverage.json"));
        string program = CopyBeside(Path.Combine(folder, "PhantomDb.dll"));
        using (Process recording = Start(program, RecordCommand, tests, coverage))
        {
            recording.WaitForExit();
            if (recording.ExitCode != 0)
            {
                return 1;
            }
        }
        List<TestCoverage> covered = TestCoverage.Load(coverage);
        string[] slow = [.. covered.Where(test => test.Seconds > SecondsMax).Select(test => test.Test)];
        Console.WriteLine($"{covered.Count - slow.Length} tests of {covered.Sum(test => test.Seconds <= SecondsMax ? test.Seconds : 0):0.0} s");
        Array.ForEach(slow, test => Console.WriteLine($"left out, longer than {SecondsMax} s: {test}"));

        List<Mutant> mutants = Chosen(report, ids);
        List<string> verdicts = [];
        while (verdicts.Count < mutants.Count)
        {
            using Process running = Start(program, [RunCommand, report, tests, coverage, $"{verdicts.Count}", .. ids]);
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

    private static Process Start(string program, params string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet", [program, .. arguments]) { RedirectStandardOutput = true };
        start.Environment["DOTNET_GCHeapHardLimit"] = "0xC0000000";   // 3 GB: a mutant that fills memory is to end itself, not the machine
        start.Environment.TryAdd("PHANTOMDB_SEED", "1");              // the same tests for each mutant
        return Process.Start(start)!;
    }

    // At once, though a test goes on and on.
    private static int Exit(int code)
    {
        Environment.Exit(code);
        return code;
    }
}
