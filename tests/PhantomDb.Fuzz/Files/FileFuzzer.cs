using PhantomDb.Fuzz.Folders;
using PhantomDb.Fuzz.Running;
using PhantomDb.Fuzz.Statements;

namespace PhantomDb.Fuzz.Files;

/// <summary>
/// Opens damaged database files. A sealed file in which anything changed is refused; another is refused with file and line,
/// or is a database that works and can be saved.
/// </summary>
public sealed class FileFuzzer(int seed, Journal journal)
{
    private readonly SortedDictionary<string, int> _outcomes = new(StringComparer.Ordinal);
    private readonly HashSet<string> _kinds = [];
    private readonly List<FuzzFailure> _failures = [];

    public int FailureCountMax { get; init; } = 1;

    public TimeSpan HardLimit { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Opens so many mutated files, or one of the seed alone.</summary>
    public FuzzReport Run(int count, int? only = null)
    {
        IReadOnlyList<SampleFile> samples = SampleFiles.Make();
        string folder = Directory.CreateTempSubdirectory("phantomdb-fuzz-").FullName;
        using var watchdog = new Watchdog(HardLimit);
        int done = 0;
        try
        {
            for (int number = only ?? 0; number < (only + 1 ?? count) && _failures.Count < FailureCountMax; number++)
            {
                var random = new Random(unchecked((seed * 1_000_003) + (number * 7919) + 29));
                SampleFile sample = samples[random.Next(samples.Count)];
                byte[] bytes = new FileMutator(random).Mutate(sample.Bytes);
                string description = $"seed {seed}, file {number} ({sample.Name})";
                journal.Note(description);
                watchdog.Begin(description);
                string? problem = Check(folder, sample, bytes, out string outcome);
                watchdog.End();
                done++;
                _outcomes[outcome] = _outcomes.GetValueOrDefault(outcome) + 1;
                if (problem is not null)
                {
                    Fail(folder, number, sample, bytes, problem);
                }
            }
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
        string summary = string.Join(", ", _outcomes.OrderByDescending(pair => pair.Value).Take(12).Select(pair => $"{pair.Key} {pair.Value}"));
        return new FuzzReport(done, _failures, summary);
    }

    /// <summary>What is wrong with how a file is taken; null where nothing is.</summary>
    private static string? Check(string folder, SampleFile sample, byte[] bytes, out string outcome)
    {
        string path = Path.Combine(folder, "mutated.db");
        File.WriteAllBytes(path, bytes);
        bool isChanged = !bytes.AsSpan().SequenceEqual(sample.Bytes);
        try
        {
            using Database database = Database.Open(path, new DatabaseOptions { MemoryLimit = 256L << 20, DataDirectory = folder });
            outcome = "opened";
            return sample.IsSealed && isChanged && StillHasSeal(bytes)
                ? "a sealed file is opened though its bytes changed"
                : Invariants.Check(database);
        }
        catch (PhantomDbException error)
        {
            outcome = error.SqlState;
            string text = $"{error.Message}\n{error.Where}";
            return !isChanged ? $"a file that is as it was is refused: {text}"
                : error.SqlState.Length != 5 || error.SqlState == "XX000" ? $"SQLSTATE {error.SqlState}: {text}\n{error.StackTrace}"
                : !text.Contains("mutated.db", StringComparison.Ordinal) ? $"the error does not name the file, {error.SqlState}: {text}"
                : !text.Contains("line ", StringComparison.Ordinal) && bytes.Length > 0 && !text.Contains("no table", StringComparison.Ordinal) ? $"the error does not name the line, {error.SqlState}: {text}"
                : null;
        }
        catch (Exception error)
        {
            outcome = error.GetType().Name;
            return $"{error.GetType().Name}: {error.Message}\n{error.StackTrace}";
        }
    }

    /// <summary>What has lost every trace of its seal is a file without seal, and may open.</summary>
    private static bool StillHasSeal(byte[] bytes)
    {
        ReadOnlySpan<byte> text = bytes;
        return text.IndexOf("| Header: "u8) >= 0 || text.IndexOf("# End: "u8) >= 0 || text.IndexOf(" | CRC: "u8) >= 0;
    }

    private void Fail(string folder, int number, SampleFile sample, byte[] bytes, string problem)
    {
        string kind = StatementCheck.Kind(problem);
        if (!_kinds.Add(kind))
        {
            return;
        }
        bool Fails(byte[] candidate) => Check(folder, sample, candidate, out _) is { } found && StatementCheck.Kind(found) == kind;
        IReadOnlyList<byte[]> lines = Minimizer.Minimize<byte[]>(FolderDamage.LinesOf(bytes), candidate => Fails(FolderDamage.Join(candidate)), 2000, TimeSpan.FromSeconds(20));
        byte[] smallest = Fails(FolderDamage.Join(lines)) ? FolderDamage.Join(lines) : bytes;
        problem = Check(folder, sample, smallest, out _) ?? problem;
        string kept = Path.Combine(Path.GetTempPath(), $"phantomdb-fuzz-{seed}-{number}.db");
        File.WriteAllBytes(kept, smallest);
        string input = $"{kept} ({sample.Name}), {smallest.Length} bytes:\n{System.Text.Encoding.UTF8.GetString(smallest.AsSpan(0, Math.Min(2000, smallest.Length)))}";
        _failures.Add(new FuzzFailure(seed, number, problem, input));
    }
}
