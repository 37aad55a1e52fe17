using System.Diagnostics;
using System.Globalization;
using PhantomDb.Fuzz.Running;

namespace PhantomDb.Fuzz.Processes;

/// <summary>
/// T7: a process with eight clients is killed (kill -9) at random moments, opening and saving among them, and another goes on in the same folder: none
/// may miss a commit that it was told was durable, nor have one that it never began.
/// </summary>
public sealed class KillRunner(int seed, Journal journal)
{
    public const int ClientCount = 8;

    private readonly long[] _done = new long[ClientCount];    // told as durable
    private readonly long[] _begun = new long[ClientCount];
    private readonly List<FuzzFailure> _failures = [];
    private long _commitCount;
    private int _killedEarly;

    public int FailureCountMax { get; init; } = 1;

    /// <summary>Told after every hundred.</summary>
    public Action<string>? Progress { get; init; }

    public FuzzReport Run(int count)
    {
        string folder = Directory.CreateTempSubdirectory("phantomdb-kill-").FullName;
        int number = 0;
        for (; number < count && _failures.Count < FailureCountMax; number++)
        {
            journal.Note($"seed {seed}, kill {number}");
            RunOne(folder, number, isLast: false);
            if (number % 100 == 99)
            {
                Progress?.Invoke(Summary(number + 1));
            }
        }
        if (_failures.Count == 0)
        {
            RunOne(folder, number, isLast: true);   // what the last kill left
        }
        if (_failures.Count == 0)
        {
            Directory.Delete(folder, recursive: true);
        }
        return new FuzzReport(number, _failures, Summary(number));
    }

    private string Summary(int kills) => $"{kills} kills, {_commitCount} commits, {_killedEarly} killed before the first";

    private void RunOne(string folder, int number, bool isLast)
    {
        var random = new Random(unchecked((seed * 1_000_003) + number));
        List<string> arguments = ["kill-child", "--folder", folder, "--seed", number.ToString(CultureInfo.InvariantCulture)];
        if (isLast)
        {
            arguments.AddRange(["--count", "1"]);
        }
        using Process child = ChildProcess.Start(arguments, redirects: true);
        Task<string> errors = child.StandardError.ReadToEndAsync();
        int delayMs = random.Next(4) == 0 ? random.Next(300) : -1;   // while it starts and recovers; else after its first commit
        using var killer = new Timer(_ => Kill(child), null, isLast ? -1 : delayMs, -1);
        bool isTimed = delayMs >= 0, hasCommitted = false;
        while (child.StandardOutput.ReadLine() is { } line)
        {
            if (Take(line) is { } problem)
            {
                Fail(folder, number, problem);
            }
            if (line.StartsWith("done", StringComparison.Ordinal))
            {
                hasCommitted = true;
                if (!isTimed && !isLast)
                {
                    isTimed = true;
                    killer.Change(random.Next(random.Next(1, 400)), -1);
                }
            }
        }
        child.WaitForExit();
        _killedEarly += hasCommitted ? 0 : 1;
        if (child.ExitCode is not (0 or 137 or 9))
        {
            Fail(folder, number, $"the process ended with exit code {child.ExitCode}: {errors.Result}");
        }
    }

    // What is wrong with what it told; null where nothing is.
    private string? Take(string line)
    {
        string[] words = line.Split(' ');
        if (words[0] is not ("found" or "begin" or "done"))
        {
            return words[0] == "closed" ? null : line;
        }
        int client = int.Parse(words[1], CultureInfo.InvariantCulture);
        long number = long.Parse(words[2], CultureInfo.InvariantCulture);
        switch (words[0])
        {
            case "found":
                string? problem = number < _done[client] ? $"client {client} finds {number} transactions, and was told that {_done[client]} are durable"
                    : number > _begun[client] ? $"client {client} finds {number} transactions, and has begun {_begun[client]}" : null;
                (_done[client], _begun[client]) = (number, Math.Max(number, _begun[client]));
                return problem;
            case "begin":
                _begun[client] = number;
                return null;
            default:
                _commitCount++;
                _done[client] = number;
                return null;
        }
    }

    private void Fail(string folder, int number, string problem)
    {
        if (_failures.Count < FailureCountMax)
        {
            _failures.Add(new FuzzFailure(seed, number, problem, $"the folder is {folder}"));
        }
    }

    private static void Kill(Process child)
    {
        try
        {
            child.Kill();
        }
        catch (InvalidOperationException)
        {
            // it has ended
        }
    }
}
