using PhantomDb.Fuzz.Running;

namespace PhantomDb.Fuzz.Statements;

/// <summary>
/// Runs mutated statements. A run is one script in a database of its own: before each of its statements some mutations of
/// it are tried. A run depends on its number and the seed alone.
/// </summary>
public sealed class StatementFuzzer(int seed, Journal journal)
{
    private const int StackSize = 1 << 20;   // what a thread has on other systems
    private const int ChangesForgottenAfter = 12;
    private const int GeneratedCount = 120;
    private const int GeneratedMutationCount = 1;   // queries made at random are strange enough

    private readonly SortedDictionary<string, int> _outcomes = new(StringComparer.Ordinal);
    private readonly HashSet<string> _kinds = [];
    private readonly List<FuzzFailure> _failures = [];
    private int _count;

    public int FailureCountMax { get; init; } = 1;

    /// <summary>Also scripts over the sample databases beside the repository, which take long to load.</summary>
    public bool UsesDatasets { get; init; } = true;

    /// <summary>Mutations of one statement.</summary>
    public int MutationCount { get; init; } = 6;

    /// <summary>Where every statement goes, and how it ended.</summary>
    public TextWriter? Trace { get; init; }

    /// <summary>How long a statement may go on beyond its own time limit before the process is ended.</summary>
    public TimeSpan HardLimit { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Runs until so many statements have been tried, or one run of the seed alone.</summary>
    public FuzzReport Run(int count, int? only = null)
    {
        StatementCorpus corpus = StatementCorpus.Load(UsesDatasets);
        var thread = new Thread(
            () =>
            {
                if (only is { } number)
                {
                    RunOne(corpus, number, int.MaxValue);
                    return;
                }
                for (int i = 0; _count < count && _failures.Count < FailureCountMax; i++)
                {
                    RunOne(corpus, i, count);
                }
            },
            StackSize);
        thread.Start();
        thread.Join();
        string summary = string.Join(", ", _outcomes.OrderByDescending(pair => pair.Value).Take(12).Select(pair => $"{pair.Key} {pair.Value}"));
        return new FuzzReport(_count, _failures, summary);
    }

    private void RunOne(StatementCorpus corpus, int number, int countMax)
    {
        var random = new Random(HashCode(seed, number));
        bool isGenerated = number % 3 == 0;
        CorpusScript script = isGenerated ? Generated(random) : corpus.Scripts[random.Next(corpus.Scripts.Count)];
        bool isLarge = script.Setup.Count > 50;
        var mutator = new StatementMutator(corpus, random);
        using var watchdog = new Watchdog(HardLimit);
        List<string> history = [];
        TargetDatabase target = Prepared(script.Setup, history);
        try
        {
            foreach (string statement in script.Statements)
            {
                int mutations = isGenerated ? GeneratedMutationCount : isLarge ? 2 * MutationCount : MutationCount;
                for (int i = 0; i <= mutations; i++)
                {
                    if (_count >= countMax || _failures.Count >= FailureCountMax)
                    {
                        return;
                    }
                    bool isOriginal = i == mutations;
                    string sql = isOriginal ? statement : mutator.Mutate(statement);
                    StatementScope scope = isOriginal ? StatementScope.None : random.Next(6) switch { 0 => StatementScope.Transaction, 1 => StatementScope.Savepoint, _ => StatementScope.None };
                    bool comparesState = random.Next(isLarge ? 100 : 4) == 0;
                    if (!TargetDatabase.IsHarmless(sql))
                    {
                        continue;
                    }
                    _count++;
                    string description = $"seed {seed}, run {number} ({script.Name}), statement {_count}{(scope == StatementScope.None ? "" : $", in a {scope}")}:\n{sql}";
                    journal.Note(description);
                    watchdog.Begin(description);
                    string? problem = StatementCheck.Run(target, sql, scope, comparesState, out Outcome outcome);
                    watchdog.End();
                    Count(outcome);
                    Trace?.WriteLine($"{(isOriginal ? "original" : "mutated")} {outcome.SqlState ?? "ok"} {outcome.Error?.Message}: {sql.ReplaceLineEndings(" ")}");
                    if (problem is not null)
                    {
                        Fail(number, script, new StatementCase([.. history], sql, scope), problem);
                    }
                    bool isChange = !outcome.IsError && scope == StatementScope.None && outcome.Columns.Count == 0;
                    if (!isChange)
                    {
                        continue;
                    }
                    if (isOriginal || random.Next(ChangesForgottenAfter) == 0)
                    {
                        history.Add(sql);
                        target.RenewSession();
                        continue;
                    }
                    target.Dispose();
                    target = Prepared(script.Setup, history);
                }
            }
            if (Invariants.Check(target.Database) is { } broken)
            {
                Fail(number, script, new StatementCase([.. history], "", StatementScope.None), broken);
            }
        }
        finally
        {
            target.Dispose();
        }
    }

    private static CorpusScript Generated(Random random)
    {
        var generator = new QueryGenerator(random);
        return new CorpusScript("generated", SampleTables.EveryType, [.. Enumerable.Range(0, GeneratedCount).Select(_ => random.Next(5) == 0 ? generator.Modification() : generator.Query())]);
    }

    private static TargetDatabase Prepared(IReadOnlyList<string> setup, IReadOnlyList<string> history)
    {
        var target = new TargetDatabase(setup);
        foreach (string statement in history)
        {
            target.Execute(statement);
            target.RenewSession();
        }
        return target;
    }

    private void Count(Outcome outcome)
    {
        string key = outcome.Error switch
        {
            null => outcome.Columns.Count > 0 ? "rows" : "done",
            PhantomDbException failure => failure.SqlState,
            Exception error => error.GetType().Name,
        };
        _outcomes[key] = _outcomes.GetValueOrDefault(key) + 1;
    }

    /// <summary>Keeps one failure of a kind, made small.</summary>
    private void Fail(int number, CorpusScript script, StatementCase failing, string problem)
    {
        string kind = StatementCheck.Kind(problem);
        if (!_kinds.Add(kind))
        {
            return;
        }
        bool isLarge = script.Setup.Count > 50;
        failing = isLarge ? failing : failing with { History = [.. script.Setup, .. failing.History] };
        StatementCase smallest = isLarge ? failing with { History = [$"-- {script.Name}", .. failing.History] } : Minimize(failing, kind);
        if (!isLarge && Problem(smallest) is { } minimized)
        {
            problem = minimized;
        }
        string input = $"{string.Join(";\n", smallest.History.Append((smallest.Scope switch { StatementScope.Transaction => "BEGIN; ", StatementScope.Savepoint => "BEGIN; SAVEPOINT fuzz; ", _ => "" }) + smallest.Statement))};";
        _failures.Add(new FuzzFailure(seed, number, $"{problem}\n({script.Name})", input));
    }

    private static StatementCase Minimize(StatementCase failing, string kind)
    {
        bool Fails(StatementCase candidate) => Problem(candidate) is { } problem && StatementCheck.Kind(problem) == kind;
        if (!Fails(failing))
        {
            return failing;
        }
        StatementCase smallest = failing;
        IReadOnlyList<string> history = Minimizer.Minimize(failing.History, h => Fails(failing with { History = h }), 300, TimeSpan.FromSeconds(20));
        smallest = smallest with { History = history };
        IReadOnlyList<string> tokens = Minimizer.Minimize(SqlTokens.Split(failing.Statement), t => Fails(smallest with { Statement = SqlTokens.Join(t) }), 600, TimeSpan.FromSeconds(20));
        StatementCase shorter = smallest with { Statement = SqlTokens.Join(tokens) };
        return Fails(shorter) ? shorter : smallest;
    }

    private static string? Problem(StatementCase failing)
    {
        using TargetDatabase target = Prepared([], failing.History);
        return failing.Statement.Length == 0
            ? Invariants.Check(target.Database)
            : StatementCheck.Run(target, failing.Statement, failing.Scope, comparesState: true, out _);
    }

    private static int HashCode(int seed, int number) => unchecked((seed * 1_000_003) + (number * 7919) + 17);
}
