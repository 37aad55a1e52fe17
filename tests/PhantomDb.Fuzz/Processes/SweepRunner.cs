using System.Diagnostics;
using System.Globalization;
using PhantomDb.Fuzz.Running;

namespace PhantomDb.Fuzz.Processes;

/// <summary>
/// T6: with strace, the n-th call of each kind to the system, on the database's files, fails or is the last one of the process, for each n. What was told as
/// durable is there afterwards, the process lives on and reads, and writes again where it may.
/// </summary>
public sealed class SweepRunner(int seed, Journal journal)
{
    private static readonly string[] Calls = ["pwrite64", "fdatasync", "fsync", "rename", "ftruncate", "openat", "unlink"];
    private static readonly string[] Faults = ["error=EIO", "error=ENOSPC", "error=EINTR", "signal=KILL"];
    private static readonly string[] Files = ["", "shop.db", "shop.db.new", "shop.log", "shop.log.new", "shop.manifest", "shop.manifest.new", "shop.lock", ".gitattributes", ".gitattributes.new"];

    private readonly List<FuzzFailure> _failures = [];
    private readonly SortedDictionary<string, int> _outcomes = new(StringComparer.Ordinal);

    public int FailureCountMax { get; init; } = 1;

    public Action<string>? Progress { get; init; }

    /// <summary>True where strace is there and may watch processes.</summary>
    public static bool IsPossible()
    {
        if (!OperatingSystem.IsLinux())
        {
            return false;
        }
        try
        {
            using Process strace = Process.Start(new ProcessStartInfo("strace", ["-f", "-qq", "-o", "/dev/null", "-e", "inject=fsync:error=EIO:when=1", "true"]) { RedirectStandardError = true })!;
            strace.WaitForExit();
            return strace.ExitCode == 0;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return false;
        }
    }

    /// <summary>All of them, or so many chosen by the seed.</summary>
    public FuzzReport Run(int? count = null)
    {
        int done = 0;
        if (count is { } some)
        {
            var random = new Random(seed);
            for (; done < some && _failures.Count < FailureCountMax; done++)
            {
                RunOne(done, Calls[random.Next(Calls.Length)], Faults[random.Next(Faults.Length)], random.Next(1, random.Next(2, 40)));
            }
            return Report(done);
        }
        foreach (string call in Calls)
        {
            foreach (string fault in Faults)
            {
                for (int n = 1; _failures.Count < FailureCountMax && RunOne(done, call, fault, n); n++)
                {
                    done++;
                }
                Progress?.Invoke($"{call} {fault}: {done} runs, {_failures.Count} failures");
            }
        }
        return Report(done);
    }

    // False where there are not as many calls.
    private bool RunOne(int number, string call, string fault, int n)
    {
        string what = string.Create(CultureInfo.InvariantCulture, $"{call}:{fault}:when={n}");
        journal.Note($"seed {seed}, sweep {what}");
        string folder = Directory.CreateTempSubdirectory("phantomdb-sweep-").FullName, trace = folder + ".trace";
        List<string> under = ["strace", "-f", "-qq", "-o", trace, "-e", $"trace={call}", "-e", $"inject={what}"];
        under.AddRange(Files.SelectMany(file => (string[])["-P", file.Length == 0 ? folder : Path.Combine(folder, file)]));
        using Process child = ChildProcess.Start(["sweep-child", "--folder", folder], redirects: true, [.. under]);
        Task<string> errors = child.StandardError.ReadToEndAsync();
        List<string> lines = [.. child.StandardOutput.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries)];
        child.WaitForExit();
        bool isInjected = File.Exists(trace) && (File.ReadAllText(trace) is var text) && (text.Contains("(INJECTED)", StringComparison.Ordinal) || (fault.StartsWith("signal", StringComparison.Ordinal) && text.Contains("SIGKILL", StringComparison.Ordinal)));
        string? problem = Problem(folder, lines, fault, child.ExitCode, errors.Result);
        if (problem is not null)
        {
            _failures.Add(new FuzzFailure(seed, number, $"{what}: {problem}", $"the folder is {folder}, the calls are in {trace}\n{string.Join('\n', lines)}"));
            return isInjected;
        }
        string outcome = lines.Find(line => line.StartsWith("error", StringComparison.Ordinal)) is { } error ? string.Join(' ', error.Split(' ')[..3]) : lines.Contains("closed") ? "no error" : "killed";
        _outcomes[outcome] = _outcomes.GetValueOrDefault(outcome) + (isInjected ? 1 : 0);
        Directory.Delete(folder, recursive: true);
        File.Delete(trace);
        return isInjected;
    }

    private static string? Problem(string folder, List<string> lines, string fault, int exitCode, string errors)
    {
        bool isKilled = fault.StartsWith("signal", StringComparison.Ordinal);
        if (exitCode != 0 && !(isKilled && exitCode == 137))
        {
            return $"the process ended with exit code {exitCode}: {errors}";
        }
        if (lines.Find(line => line.StartsWith("bad", StringComparison.Ordinal)) is { } bad)
        {
            return bad;
        }
        bool isOpened = !lines.Exists(line => line.StartsWith("error open", StringComparison.Ordinal));
        if (!isKilled && exitCode == 0 && isOpened && !lines.Contains("read"))
        {
            return "nothing can be read after the error";
        }
        bool isLogEnded = lines.Exists(line => line.Contains(" 08007 ", StringComparison.Ordinal) || line.Contains(" 25006 ", StringComparison.Ordinal));
        if (lines.Contains("stopped") && !isLogEnded)
        {
            return "nothing can be written after the error, and nobody was told that the outcome is unknown";
        }
        if (fault == "error=EINTR" && lines.Exists(line => line.StartsWith("error", StringComparison.Ordinal)))
        {
            return "a call that was interrupted is not done again";
        }
        return Recover(folder, lines);
    }

    private static string? Recover(string folder, List<string> lines)
    {
        HashSet<int> begun = Numbers(lines, "begin"), done = Numbers(lines, "done"), found = [];
        try
        {
            using Database database = Database.Open("shop", SweepChild.Options(folder));
            using Session session = database.OpenSession();
            if (database.Catalog.FindTable("public", "done") is not null)
            {
                using QueryResult rows = session.Execute("SELECT n FROM done");
                while (rows.Read())
                {
                    found.Add(rows.GetInt32(0));
                }
            }
        }
        catch (PhantomDbException error)
        {
            return $"it is not opened again: {error.SqlState} {error.Message} {error.Where}";
        }
        return done.Except(found).Any() ? $"lost, which were told as durable: {string.Join(", ", done.Except(found))}"
            : found.Except(begun).Any() ? $"there, and never begun: {string.Join(", ", found.Except(begun))}" : null;
    }

    private static HashSet<int> Numbers(List<string> lines, string word) =>
        [.. lines.Where(line => line.StartsWith(word + " ", StringComparison.Ordinal)).Select(line => int.Parse(line[(word.Length + 1)..], CultureInfo.InvariantCulture))];

    private FuzzReport Report(int count) => new(count, _failures, string.Join(", ", _outcomes.OrderByDescending(pair => pair.Value).Select(pair => $"{pair.Key} {pair.Value}")));
}
