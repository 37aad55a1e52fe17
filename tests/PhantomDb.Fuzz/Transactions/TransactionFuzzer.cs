using PhantomDb.Fuzz.Running;

namespace PhantomDb.Fuzz.Transactions;

/// <summary>
/// Transactions of several sessions at random, in rounds of their own database each, of every kind in turn. Which transactions
/// meet depends on the machine, so a seed gives the same work, but not the same run.
/// </summary>
public sealed class TransactionFuzzer(int seed)
{
    private static readonly (string Name, Action<Round> Run)[] Kinds =
    [
        ("histories at serializable", round => HistoryRound.Run(round, HistoryLevel.Serializable)),
        ("histories at repeatable read", round => HistoryRound.Run(round, HistoryLevel.RepeatableRead)),
        ("histories at read committed", round => HistoryRound.Run(round, HistoryLevel.ReadCommitted)),
        ("transfers", AccountRounds.Transfers),
        ("counters", AccountRounds.Counters),
        ("unique keys", KeyRounds.UniqueKeys),
        ("foreign keys", KeyRounds.ForeignKeys),
        ("streamed results", AccountRounds.Streams),
        ("definitions", AccountRounds.Definitions),
    ];

    /// <summary>Runs at least so many transactions; stops at the first round that breaks a promise.</summary>
    public FuzzReport Run(int count)
    {
        var failures = new List<FuzzFailure>();
        int committed = 0;
        int refused = 0;
        int rounds = 0;
        for (; committed + refused < count && failures.Count == 0; rounds++)
        {
            (string name, Action<Round> run) = Kinds[rounds % Kinds.Length];
            using var round = new Round(new Random((seed * 10_000) + rounds));
            try
            {
                run(round);
            }
            catch (InvalidOperationException problem) when (problem.InnerException is not null)
            {
                round.Check(false, problem.InnerException.ToString());
            }
            if (round.Problem.Length > 0)
            {
                failures.Add(new FuzzFailure(seed, rounds, round.Problem, name));
            }
            committed += round.Committed;
            refused += round.Refused;
        }
        return new FuzzReport(committed + refused, failures, $"{committed} committed, {refused} refused, {rounds} rounds");
    }
}
