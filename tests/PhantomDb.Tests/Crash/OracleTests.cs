using Microsoft.VisualStudio.TestTools.UnitTesting;
using PhantomDb.Fuzz.Crash;

namespace PhantomDb.Tests.Crash;

/// <summary>The oracle finds each way in which a recovery can be wrong, and takes each that is right.</summary>
[TestClass]
public sealed class OracleTests
{
    private readonly Oracle _oracle = new();

    public OracleTests()
    {
        _oracle.StartWith("total", 100);
        Do(0, Acknowledgement.Durable, 10, ModelChange.Set("a", "1"), ModelChange.Add("total", 5));
        Do(1, Acknowledgement.Durable, 12, ModelChange.Set("b", "1"));
        Do(0, Acknowledgement.Committed, 14, ModelChange.Set("a", null));
        Do(1, Acknowledgement.Refused, null, ModelChange.Set("b", "bad"));
        Do(0, Acknowledgement.None, null, ModelChange.Set("a", "3"), ModelChange.Add("total", -1));
    }

    [TestMethod]
    [DataRow("0,1", "a=1,b=1", 105, 12L)]
    [DataRow("0,1", "a=1,b=1", 105, 13L)]
    [DataRow("0,1,2", "b=1", 105, 14L)]
    [DataRow("0,1,2,4", "a=3,b=1", 104, 15L)]
    [DataRow("0,1,2,4", "a=3,b=1", 104, null)]
    public void What_can_be_is_taken(string transactions, string values, int total, long? lsn) =>
        Assert.IsNull(_oracle.Check(State(transactions, values, total, lsn)));

    [TestMethod]
    [DataRow("0", "a=1", 105, 10L, "transaction 1 of client 1 is lost, which was acknowledged as durable")]
    [DataRow("0,1,3", "a=1,b=bad", 105, 12L, "transaction 3 is there, which was refused")]
    [DataRow("0,1,9", "a=1,b=1", 105, 12L, "transaction 9 is there, which nobody began")]
    [DataRow("0,1,4", "a=3,b=1", 104, 12L, "client 0: transaction 4 is there, the earlier 2 is not")]
    [DataRow("0,1", "a=1,b=1", 100, 12L, "sum total is 100, and should be 105")]
    [DataRow("0,1", "b=1", 105, 12L, "value a is missing, and should be 1")]
    [DataRow("0,1,2", "a=1,b=1", 105, 14L, "value a is 1, and should be missing")]
    [DataRow("0,1", "a=1,b=1", 105, 11L, "transaction 1 with LSN 12 is there, and the report says 11")]
    [DataRow("0,1", "a=1,b=1", 105, 14L, "transaction 2 with LSN 14 is missing, and the report says 14")]
    public void What_cannot_be_is_named(string transactions, string values, int total, long? lsn, string problem) =>
        Assert.AreEqual(problem, _oracle.Check(State(transactions, values, total, lsn)));

    [TestMethod]
    public void On_a_lying_disk_a_beginning_of_the_log_is_enough_and_a_mixture_is_not()
    {
        Assert.IsNull(_oracle.Check(State("0", "a=1", 105, 10), mayLoseDurable: true));
        Assert.AreEqual("transaction 1 with LSN 12 is there, transaction 0 with LSN 10 is not", _oracle.Check(State("1", "b=1", 100, null), mayLoseDurable: true));
    }

    [TestMethod]
    public void Invariants_and_save_points_are_held_against_what_is_found()
    {
        _oracle.AddInvariant("the total", state => state.Sums["total"] >= 105);
        Assert.AreEqual("the total does not hold", _oracle.Check(State("0,1,2,4", "a=3,b=1", 104, null)));
        _oracle.AddSavePoint(2);
        Assert.IsNull(_oracle.Check(State("0,1", "a=1,b=1", 105, null)));
        Assert.AreEqual("3 transactions are there, and no save had as many", _oracle.Check(State("0,1,2", "b=1", 105, null)));
    }

    [TestMethod]
    public void What_one_recovery_has_found_stays_for_the_next()
    {
        Oracle copy = _oracle.Copy();
        copy.Settle(State("0,1,2", "b=1", 105, 14));
        Assert.IsNull(copy.Check(State("0,1,2", "b=1", 105, 14)));
        Assert.AreEqual("transaction 2 of client 0 is lost, which was acknowledged as durable", copy.Check(State("0,1", "a=1,b=1", 105, 12)));
        Assert.AreEqual("transaction 4 is there, which was refused", copy.Check(State("0,1,2,4", "a=3,b=1", 104, null)));
        Assert.IsNull(_oracle.Check(State("0,1", "a=1,b=1", 105, 12)));
    }

    [TestMethod]
    public void A_flush_makes_durable_what_was_committed()
    {
        _oracle.AcknowledgeAllCommitted();
        Assert.AreEqual("transaction 2 of client 0 is lost, which was acknowledged as durable", _oracle.Check(State("0,1", "a=1,b=1", 105, 12)));
    }

    [TestMethod]
    public void A_key_has_one_client() => Assert.ThrowsExactly<ArgumentException>(() => _oracle.Intend(1, ModelChange.Set("a", "x")));

    private void Do(int client, Acknowledgement answer, long? lsn, params ModelChange[] changes) =>
        _oracle.Acknowledge(_oracle.Intend(client, changes), answer, lsn);

    private static RecoveredState State(string transactions, string values, int total, long? lsn) => new(
        transactions.Split(',').Select(int.Parse).ToHashSet(),
        values.Split(',').Select(pair => pair.Split('=')).ToDictionary(pair => pair[0], pair => pair[1]),
        new Dictionary<string, long> { ["total"] = total }) { Lsn = lsn };
}
