namespace PhantomDb.Mutants;

/// <summary>
/// Runs, for one mutant after the other, the tests that reach it, the quickest first, until one fails; says one line for each. A process ends early
/// where what comes next needs a fresh one; one that dies has been killed by the mutant whose line is missing. Who started it goes on behind that.
/// </summary>
internal sealed class MutantRun(List<Mutant> mutants, List<TestCase> tests, List<TestCoverage> coverage, TextWriter output)
{
    private static readonly TimeSpan TimeMin = TimeSpan.FromSeconds(10);

    private readonly HashSet<int> _static = [.. coverage.SelectMany(test => test.StaticMutants)];

    public void Run(int from)
    {
        for (int i = from; i < mutants.Count; i++)
        {
            bool isStatic = _static.Contains(mutants[i].Id);   // in force before any other code, and then for good
            if ((isStatic && i > from) || Verdict(mutants[i].Id, isStatic) is not { } verdict)
            {
                return;
            }
            if (verdict.IsWorldChanged && i > from)
            {
                return;   // perhaps by an earlier mutant: once more, in a process of its own
            }
            output.WriteLine(verdict.Text);
            if (verdict.IsWorldChanged || isStatic)
            {
                return;
            }
        }
    }

    private (string Text, bool IsWorldChanged)? Verdict(int mutant, bool isStatic)
    {
        (TestCase Test, TestCoverage Covered)[] reaching =
        [
            .. tests.Join(coverage, test => test.Name, covered => covered.Test, (test, covered) => (test, covered))
                .Where(test => isStatic || test.covered.Mutants.Contains(mutant)).OrderBy(test => test.covered.Seconds),
        ];
        foreach ((TestCase test, TestCoverage covered) in reaching)
        {
            TimeSpan timeMax = TimeMin + TimeSpan.FromSeconds(20 * covered.Seconds);
            MutantControl.Activate(mutant);
            Exception? thrown = test.Run(timeMax);
            MutantControl.Activate(isStatic ? mutant : null);
            if (thrown is not null)
            {
                bool isWorldChanged = thrown is TimeoutException || isStatic || test.Run(timeMax) is not null;
                return ($"killed {test.Name}: {thrown.Message.ReplaceLineEndings(" ")}", isWorldChanged);
            }
        }
        return (reaching.Length == 0 ? "not reached" : $"lived through {reaching.Length} tests", false);
    }
}
