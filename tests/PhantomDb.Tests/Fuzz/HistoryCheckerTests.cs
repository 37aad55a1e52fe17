using Microsoft.VisualStudio.TestTools.UnitTesting;
using PhantomDb.Fuzz.Transactions;

namespace PhantomDb.Tests.Fuzz;

/// <summary>The checker of recorded histories finds each anomaly at the levels that do not allow it, and nothing else.</summary>
[TestClass]
public sealed class HistoryCheckerTests
{
    private const int X = 10;
    private const int Y = 20;

    private static CommittedTransaction T(int id, (int Key, long Value)[] reads, params (int Key, long Old)[] overwritten) =>
        CommittedTransaction.Of(id, reads, overwritten);

    [TestMethod]
    public void Transactions_one_after_the_other_are_right_at_every_level() =>
        AssertFound("", "", "",
            T(1, [(X, 0), (Y, 0)], (X, 0), (Y, 0)),
            T(2, [(X, 1), (Y, 1)], (X, 1)),
            T(3, [(X, 2), (Y, 1)]));

    // G0: each overwrote what the other wrote.
    [TestMethod]
    public void Dirty_write() => AssertFound("circular", "circular", "circular",
        T(1, [], (X, 0), (Y, 2)),
        T(2, [], (X, 1), (Y, 0)));

    // G1a and G1b: the value 9 is in nobody's final state.
    [TestMethod]
    public void Aborted_and_intermediate_read() => AssertFound("dirty read", "dirty read", "dirty read",
        T(1, [], (X, 0)),
        T(2, [(X, 9)]));

    // G1c
    [TestMethod]
    public void Circular_information_flow() => AssertFound("circular", "circular", "circular",
        T(1, [(Y, 2)], (X, 0)),
        T(2, [(X, 1)], (Y, 0)));

    // OTV: 4 has seen 2 in Y, and 1, which came before, in X.
    [TestMethod]
    public void Observed_transaction_vanishes() => AssertFound("", "torn", "torn",
        T(1, [], (X, 0), (Y, 0)),
        T(2, [], (X, 1), (Y, 1)),
        T(4, [(Y, 2), (X, 1)]));

    // PMP: a row that is missing at first and there when looked for again, by one transaction.
    [TestMethod]
    public void Predicate_many_preceders() => AssertFound("", "torn", "torn",
        T(1, [], (X, 0)),
        T(2, [(X, 0), (X, 1)]));

    // P4
    [TestMethod]
    public void Lost_update() => AssertFound("lost update", "lost update", "lost update",
        T(1, [(X, 0)], (X, 0)),
        T(2, [(X, 0)], (X, 0)));

    // What READ COMMITTED may do: 2 reads, then overwrites a later version.
    [TestMethod]
    public void Lost_update_of_a_value_read_before() => AssertFound("", "torn", "torn",
        T(1, [(X, 0)], (X, 0)),
        T(2, [(X, 0)], (X, 1)));

    // G-single
    [TestMethod]
    public void Read_skew() => AssertFound("", "torn", "torn",
        T(1, [(X, 0), (Y, 2)]),
        T(2, [(X, 0), (Y, 0)], (X, 0), (Y, 0)));

    // G2-item
    [TestMethod]
    public void Write_skew() => AssertFound("", "", "no order",
        T(1, [(X, 0), (Y, 0)], (X, 0)),
        T(2, [(X, 0), (Y, 0)], (Y, 0)));

    // G2 with two edges: 3 only reads, sees 2 and not 1, and 1 did not see 2.
    [TestMethod]
    public void Anti_dependency_cycle_by_a_reader() => AssertFound("", "", "no order",
        T(1, [(X, 0), (Y, 0)], (X, 0)),
        T(2, [(Y, 0)], (Y, 0)),
        T(3, [(X, 0), (Y, 2)]));

    // Each read, one behind the other, what the next overwrote.
    [TestMethod]
    public void Anti_dependency_cycle_of_three() => AssertFound("", "", "no order",
        T(1, [(X, 0), (Y, 0)], (X, 0)),
        T(2, [(Y, 0), (30, 0)], (Y, 0)),
        T(3, [(30, 0), (X, 0)], (30, 0)));

    [TestMethod]
    public void A_session_that_goes_back_in_time() => AssertFound("step back", "step back", "step back",
        T(1, [], (X, 0)),
        T(2, [(X, 1)]) with { Session = 5 },
        T(3, [(X, 0)]) with { Session = 5 });

    [TestMethod]
    public void A_session_that_does_not_see_what_it_has_committed() => AssertFound("step back", "step back", "step back",
        T(1, [], (X, 0)) with { Session = 5 },
        T(2, [(X, 0)]) with { Session = 5 });

    // 1 had ended when 2 began.
    [TestMethod]
    public void A_snapshot_that_is_older_than_its_transaction() => AssertFound("", "torn", "torn",
        T(1, [], (X, 0)) with { Began = 1, Committed = 2 },
        T(2, [(X, 0)]) with { Began = 3 });

    [TestMethod]
    public void A_snapshot_that_is_younger_than_it_may_be() => AssertFound("", "after", "after",
        T(2, [(X, 1)]) with { Began = 1, FirstStatementDone = 2 },
        T(1, [], (X, 0)) with { Began = 1, Committing = 3, Committed = 4 });

    private static void AssertFound(string readCommitted, string repeatableRead, string serializable, params CommittedTransaction[] history)
    {
        string[] expected = [readCommitted, repeatableRead, serializable];
        foreach (HistoryLevel level in Enum.GetValues<HistoryLevel>())
        {
            string problem = HistoryChecker.Check(history, level);
            Assert.AreEqual(expected[(int)level].Length > 0, problem.Length > 0, $"{level}: {problem}");
            Assert.Contains(expected[(int)level], problem, $"{level}");
        }
    }
}
