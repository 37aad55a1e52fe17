using System.Text.RegularExpressions;

namespace PhantomDb.Fuzz.Statements;

/// <summary>A case: statements that bring a database to a state, and the statement that is judged there.</summary>
internal sealed record StatementCase(IReadOnlyList<string> History, string Statement, StatementScope Scope);

/// <summary>What is around a statement.</summary>
internal enum StatementScope
{
    /// <summary>It is a transaction of its own.</summary>
    None,

    /// <summary>BEGIN before it, ROLLBACK after it.</summary>
    Transaction,

    /// <summary>BEGIN and SAVEPOINT before it, ROLLBACK TO and COMMIT after it.</summary>
    Savepoint,
}

/// <summary>Runs one statement and judges it by what must hold for any statement whatever.</summary>
internal static partial class StatementCheck
{
    private const string SyntaxError = "42601";
    private const string InternalError = "XX000";

    /// <summary>What is wrong; null where nothing is. Its first line says what kind of failure it is.</summary>
    /// <param name="target">Where it runs.</param>
    /// <param name="sql">The statement.</param>
    /// <param name="scope">What is around it; in a transaction that is rolled back not even success may leave anything behind.</param>
    /// <param name="comparesState">Compares all rows before and after: what costs most.</param>
    /// <param name="outcome">How the statement ended.</param>
    public static string? Run(TargetDatabase target, string sql, StatementScope scope, bool comparesState, out Outcome outcome)
    {
        int before = comparesState ? target.Fingerprint() : 0;
        if (scope != StatementScope.None)
        {
            target.Execute(scope == StatementScope.Savepoint ? "BEGIN; SAVEPOINT fuzz" : "BEGIN");
        }
        outcome = target.Execute(sql);
        string? problem = outcome.Error is null ? AnswerChecks.Check(target, sql, outcome) : Judge(sql, outcome.Error);
        // Of several statements in one text the ones before the error stay; they may also end a transaction.
        bool mayHaveChanged = (scope == StatementScope.None && !outcome.IsError) || sql.Contains(';', StringComparison.Ordinal) || EndsTransaction().IsMatch(sql);
        if (scope == StatementScope.Savepoint && !mayHaveChanged && target.Execute("ROLLBACK TO SAVEPOINT fuzz; COMMIT").Error is { } error)
        {
            problem ??= $"ROLLBACK TO SAVEPOINT fails: {error.Message}";
        }
        if (scope != StatementScope.None)
        {
            target.RenewSession();
        }
        if (problem is null && comparesState && !mayHaveChanged && target.Fingerprint() != before)
        {
            problem = scope != StatementScope.None ? "rows changed though the transaction was rolled back" : $"rows changed though the statement failed with {outcome.SqlState}: {outcome.Error!.Message}";
        }
        return problem;
    }

    /// <summary>The kind of a failure: equal for two inputs that show the same bug.</summary>
    public static string Kind(string problem) => Number().Replace(problem.Split('\n')[0].Split(':')[0], "N");

    private static string? Judge(string sql, Exception error)
    {
        if (error is not PhantomDbException failure)
        {
            string[] frames = [.. (error.StackTrace ?? "").Split('\n').Where(line => line.Contains("PhantomDb.", StringComparison.Ordinal)).Take(6)];
            return $"{error.GetType().Name} in {Frame(frames)}: {error.Message}\n{string.Join('\n', frames)}";
        }
        if (failure.SqlState is null || !SqlState().IsMatch(failure.SqlState))
        {
            return $"SQLSTATE '{failure.SqlState}' does not have five characters";
        }
        if (failure.SqlState == InternalError)
        {
            return $"internal error {Quoted().Replace(failure.Message, "\"\"")}: {failure.Message}\n{failure.StackTrace}";
        }
        if (string.IsNullOrWhiteSpace(failure.Message))
        {
            return $"no message with SQLSTATE {failure.SqlState}";
        }
        if (failure.Position >= sql.Length + 1 || failure.Position < -1)
        {
            return $"position is not in the statement: {failure.Position} of {sql.Length}, {failure.SqlState} {failure.Message}";
        }
        return failure.SqlState == SyntaxError && failure.Position < 0 && failure.Message.Contains("syntax error", StringComparison.Ordinal)
            ? $"syntax error without position: {failure.Message}"
            : null;
    }

    private static string Frame(string[] frames) => frames.Length == 0 ? "?" : MethodName().Match(frames[0]).Value;

    [GeneratedRegex(@"\b(commit|end|rollback|abort|savepoint|release|begin|start)\b", RegexOptions.IgnoreCase)]
    private static partial Regex EndsTransaction();

    [GeneratedRegex("^[0-9A-Z]{5}$")]
    private static partial Regex SqlState();

    [GeneratedRegex(@"[\w.`<>]+(?=\()")]
    private static partial Regex MethodName();

    [GeneratedRegex(@"\d+")]
    private static partial Regex Number();

    [GeneratedRegex("\"[^\"]*\"")]
    private static partial Regex Quoted();
}
