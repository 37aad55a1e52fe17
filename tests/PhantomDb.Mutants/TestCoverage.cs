using System.Diagnostics;
using System.Text.Json;

namespace PhantomDb.Mutants;

/// <summary>How long a test takes, which mutants it reaches, and which of them while a static field got its value.</summary>
internal sealed record TestCoverage(string Test, double Seconds, int[] Mutants, int[] StaticMutants)
{
    private static readonly TimeSpan TimeMax = TimeSpan.FromMinutes(10);

    /// <summary>The times of tests, without a mutant: the first run of a test compiles what it calls, the second one counts.</summary>
    public static List<TestCoverage> Measure(List<TestCase> tests)
    {
        List<TestCoverage> measured = [];
        foreach (TestCase test in tests)
        {
            Pass(test);
            long start = Stopwatch.GetTimestamp();
            Pass(test);
            measured.Add(new TestCoverage(test.Name, Stopwatch.GetElapsedTime(start).TotalSeconds, [], []));
        }
        return measured;
    }

    /// <summary>What tests that were measured reach: in a process of its own, because static fields get their values once, and because it makes a test much longer.</summary>
    public static List<TestCoverage> Cover(List<TestCase> tests, List<TestCoverage> measured)
    {
        List<TestCoverage> covered = [];
        foreach ((TestCase test, TestCoverage own) in tests.Join(measured, test => test.Name, own => own.Test, (test, own) => (test, own)))
        {
            (int[] all, int[] statics) = MutantControl.Reached(() => Pass(test));
            covered.Add(own with { Mutants = all, StaticMutants = statics });
        }
        return covered;
    }

    public static List<TestCoverage> Load(string path) => JsonSerializer.Deserialize<List<TestCoverage>>(File.ReadAllBytes(path))!;

    public static void Save(List<TestCoverage> tests, string path) => File.WriteAllBytes(path, JsonSerializer.SerializeToUtf8Bytes(tests));

    private static void Pass(TestCase test)
    {
        if (test.Run(TimeMax) is { } thrown)
        {
            throw new InvalidOperationException($"{test.Name} fails without any mutant: {thrown.Message}");
        }
    }
}
