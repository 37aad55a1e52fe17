using System.Diagnostics;
using System.Text.Json;

namespace PhantomDb.Mutants;

/// <summary>Which mutants a test reaches, which of them while a static field got its value, and how long it takes.</summary>
internal sealed record TestCoverage(string Test, double Seconds, int[] Mutants, int[] StaticMutants)
{
    /// <summary>Runs each test twice without a mutant: what it reaches is recorded the first time (static fields get their values once), its time the second.</summary>
    /// <returns>False where a test fails.</returns>
    public static bool Record(List<TestCase> tests, string path)
    {
        List<TestCoverage> covered = [];
        foreach (TestCase test in tests)
        {
            Exception? thrown = null;
            (int[] all, int[] statics) = MutantControl.Reached(() => thrown = test.Run(TimeSpan.FromMinutes(10)));
            MutantControl.Activate(null);
            long start = Stopwatch.GetTimestamp();
            thrown ??= test.Run(TimeSpan.FromMinutes(10));
            if (thrown is not null)
            {
                Console.Error.WriteLine($"{test.Name} fails without any mutant: {thrown.Message}");
                return false;
            }
            covered.Add(new TestCoverage(test.Name, Stopwatch.GetElapsedTime(start).TotalSeconds, all, statics));
        }
        File.WriteAllBytes(path, JsonSerializer.SerializeToUtf8Bytes(covered));
        return true;
    }

    public static List<TestCoverage> Load(string path) => JsonSerializer.Deserialize<List<TestCoverage>>(File.ReadAllBytes(path))!;
}
