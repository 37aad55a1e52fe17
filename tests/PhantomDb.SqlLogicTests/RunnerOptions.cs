using System.Globalization;

namespace PhantomDb.SqlLogicTests;

/// <summary>The command line of the conformance runner.</summary>
public sealed class RunnerOptions
{
    public const string Usage =
        """
        usage: PhantomDb.SqlLogicTests [options] PATH...

        Runs sqllogictest scripts (*.test, *.slt), each in a fresh database in memory.
        PATH is a script, or a folder with all scripts below it.

          --exceptions FILE     skip the records listed as path:line, relative to the folder given
          --record              write the results into the scripts as what is expected, for review
          --verbose N           show the first N failures with SQL, expected and actual result
          --list-failures FILE  write the failed records as path:line, as --exceptions reads them
          --stop-on-failure     stop a script at its first failure
          --seconds N           time limit of one script; what it does not reach counts as failed
          -j N                  scripts at the same time (default: the number of processors)
        """;

    public List<string> Paths { get; } = [];

    public string? ExceptionFile { get; private set; }

    public string? FailureFile { get; private set; }

    public bool Records { get; private set; }

    public int VerboseCount { get; private set; }

    public bool StopsAtFirstFailure { get; private set; }

    public TimeSpan? TimeLimit { get; private set; }

    public int WorkerCount { get; private set; } = Environment.ProcessorCount;

    /// <exception cref="ArgumentException">The command line is not one of ours; the message says why.</exception>
    public static RunnerOptions Parse(string[] args)
    {
        var options = new RunnerOptions();
        for (var i = 0; i < args.Length; i++)
        {
            switch (args[i])
            {
                case "--exceptions":
                    options.ExceptionFile = Value(args, ref i);
                    break;
                case "--list-failures":
                    options.FailureFile = Value(args, ref i);
                    break;
                case "--record":
                    options.Records = true;
                    break;
                case "--verbose":
                    options.VerboseCount = Number(args, ref i);
                    break;
                case "--stop-on-failure":
                    options.StopsAtFirstFailure = true;
                    break;
                case "--seconds":
                    options.TimeLimit = TimeSpan.FromSeconds(Number(args, ref i));
                    break;
                case "-j":
                    options.WorkerCount = Math.Max(1, Number(args, ref i));
                    break;
                case ['-', ..]:
                    throw new ArgumentException($"unknown option {args[i]}");
                default:
                    options.Paths.Add(args[i]);
                    break;
            }
        }

        return options.Paths.Count > 0 ? options : throw new ArgumentException("no PATH given");
    }

    private static string Value(string[] args, ref int i) =>
        ++i < args.Length ? args[i] : throw new ArgumentException($"{args[i - 1]} needs a value");

    private static int Number(string[] args, ref int i)
    {
        var option = args[i];
        return int.TryParse(Value(args, ref i), NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            ? number
            : throw new ArgumentException($"{option} needs a number");
    }
}
