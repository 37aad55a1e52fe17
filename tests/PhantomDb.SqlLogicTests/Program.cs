namespace PhantomDb.SqlLogicTests;

/// <summary>Entry point of the conformance runner. Exit codes: 0 nothing failed and something passed, 1 otherwise, 2 usage.</summary>
public static class Program
{
    public static int Main(string[] args) => Run(args, static () => new PhantomDbConnection());

    /// <summary>Runs the command line against any database: each call of <paramref name="openFreshDatabase"/> gives an empty one.</summary>
    public static int Run(string[] args, Func<ISqlConnection> openFreshDatabase)
    {
        try
        {
            return new ConformanceRunner(RunnerOptions.Parse(args), openFreshDatabase, Console.Out).Run() ? 0 : 1;
        }
        catch (ArgumentException problem)
        {
            Console.Error.WriteLine(problem.Message);
            Console.Error.WriteLine(RunnerOptions.Usage);
            return 2;
        }
        catch (Exception problem) when (problem is IOException or SltFormatException)
        {
            Console.Error.WriteLine(problem.Message);
            return 2;
        }
    }
}
