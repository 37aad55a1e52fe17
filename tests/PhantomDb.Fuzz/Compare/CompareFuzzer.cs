using System.Text;
using PhantomDb.Fuzz.Running;

namespace PhantomDb.Fuzz.Compare;

/// <summary>Asks PostgreSQL and our side the same until enough statements are compared; what differs is shrunk to a script for both.</summary>
internal sealed class CompareFuzzer(PostgresServer server, int seed, Journal journal) : IDisposable
{
    private const int StatementsMax = 70;
    private const int SessionsMax = 4;
    private const int StepsMax = 40;

    private readonly List<FuzzFailure> _failures = [];
    private readonly SortedDictionary<string, int> _counts = new(StringComparer.Ordinal);
    private readonly SortedDictionary<string, int> _refusals = new(StringComparer.Ordinal);
    private readonly List<PsqlSession> _sessions = [];
    private int _statements;

    public int FailureCountMax { get; init; } = 1;

    public bool ComparesMessages { get; init; }

    /// <summary>"single" or "interleaved"; null: both.</summary>
    public string? OnlyKind { get; init; }

    public TextWriter? Trace { get; init; }

    public FuzzReport Run(int count, int? only)
    {
        for (int i = only ?? 1; _statements < count && _failures.Count < FailureCountMax && (only is null || i == only); i++)
        {
            journal.Note($"case {i}");
            // One case in five is of several sessions: most of them wait now and then.
            if (OnlyKind == "interleaved" || (OnlyKind is null && i % 5 == 0))
            {
                RunInterleaved(i);
            }
            else
            {
                RunSingle(i);
            }
        }
        foreach ((string refusal, int times) in _refusals)
        {
            Console.WriteLine($"not there ({times} times): {refusal}");
        }
        return new FuzzReport(_statements, _failures, string.Join(", ", _counts.Select(pair => $"{pair.Key} {pair.Value}")));
    }

    public void Dispose() => _sessions.ForEach(session => session.Dispose());

    private void RunSingle(int number)
    {
        using PsqlSession postgres = server.Open();
        var generator = new SingleSessionGenerator(CaseSeed(number));
        List<ComparedStatement> statements = [];
        CaseDifference? found = null;
        using (var run = new ComparedCase(postgres, ComparesMessages))
        {
            for (int left = StatementsMax; left > 0 && found is null && run.Refusal is null;)
            {
                ComparedStatement statement = generator.Next();
                left -= statement.IsQuery || left < StatementsMax ? 1 : 0;
                statements.Add(statement);
                found = run.Run(statement);
                generator.Ended(run.Theirs);
                _statements++;
                Count(run.Theirs.SqlState is { } state ? $"error {state}" : "success");
                Trace?.WriteLine($"{number}: {statement.Mode} {statement.Sql}\n  -> {run.Theirs}");
            }
            if (run.Refusal is not null)
            {
                _refusals[run.Refusal] = _refusals.GetValueOrDefault(run.Refusal) + 1;
            }
        }
        if (found is not null)
        {
            Report(number, postgres, statements, found);
        }
    }

    private void Report(int number, PsqlSession postgres, IReadOnlyList<ComparedStatement> statements, CaseDifference found)
    {
        (IReadOnlyList<ComparedStatement> fewer, CaseDifference last) = ComparedCase.Shrink(postgres, statements, found, ComparesMessages);
        var script = new StringBuilder();
        foreach (ComparedStatement statement in fewer)
        {
            string prepared = statement.Mode is ExecutionMode.Text or ExecutionMode.Prepared ? "" : $"  -- {statement.Mode}: {statement.WithParameters(statement.Mode == ExecutionMode.TypedParameters).Sql}";
            script.Append(statement.Sql).Append(';').AppendLine(prepared);
        }
        script.AppendLine($"-- {last.Side}").AppendLine($"-- PostgreSQL: {last.Theirs}").Append($"-- PhantomDB:  {last.Ours}");
        Add(new FuzzFailure(seed, number, last.Difference.Text, script.ToString()));
    }

    private void RunInterleaved(int number)
    {
        while (_sessions.Count < SessionsMax)
        {
            _sessions.Add(server.Open());
        }
        var generator = new InterleavedGenerator(CaseSeed(number));
        List<InterleavedStep> steps = [];
        AnswerDifference? found = null;
        using (var run = new InterleavedCase(server, _sessions, generator.SessionCount, generator.Setup))
        {
            for (int left = StepsMax; left > 0 && found is null && run.Skipped is null && run.Ready.Count > 0; left--)
            {
                steps.Add(generator.Next(run.Ready, run.Failed));
                found = run.Run(steps[^1]);
                _statements++;
                Count($"step {run.LastOutcome}");
            }
            found ??= run.Finish();
            Count(run.Skipped is { } skipped ? $"case left ({skipped})" : "case of several sessions");
            Trace?.WriteLine($"{number}:\n{run.Script}");
        }
        if (found is not null)
        {
            Report(number, generator, steps, found);
        }
    }

    private void Report(int number, InterleavedGenerator generator, IReadOnlyList<InterleavedStep> steps, AnswerDifference found)
    {
        string script = "";
        string? Run(IReadOnlyList<InterleavedStep> fewer)
        {
            using var run = new InterleavedCase(server, _sessions, generator.SessionCount, generator.Setup);
            AnswerDifference? difference = null;
            foreach (InterleavedStep step in fewer)
            {
                difference ??= run.Run(step);
            }
            difference ??= run.Finish();
            script = difference?.Kind == found.Kind ? run.Script : script;
            return difference?.Kind;
        }
        IReadOnlyList<InterleavedStep> least = Minimizer.Minimize(steps, fewer => Run(fewer) == found.Kind, triesMax: 120, TimeSpan.FromSeconds(30));
        Run(least);
        Add(new FuzzFailure(seed, number, found.Text, script.Length > 0 ? script : "not seen again:\n" + string.Join('\n', steps)));
    }

    private void Add(FuzzFailure failure)
    {
        _failures.Add(failure);
        Console.WriteLine(failure);
        Console.WriteLine();
    }

    private int CaseSeed(int number) => unchecked(seed * 1_000_003 + number);

    private void Count(string what) => _counts[what] = _counts.GetValueOrDefault(what) + 1;
}
