using Microsoft.VisualStudio.TestTools.UnitTesting;
using PhantomDb.Tests.Engine;
using static PhantomDb.Tests.Engine.SessionSteps;

namespace PhantomDb.Tests.Transactions;

/// <summary>Circles of waiting that go through a lock of several holders: found at once, whichever holder they go through.</summary>
[TestClass]
public sealed class SharedDeadlockTests : SessionTest
{
    private readonly Session _a, _b, _c;

    public SharedDeadlockTests()
    {
        (_a, _b, _c) = (NewSession(), NewSession(), NewSession());
        foreach (string sql in new[]
        {
            "CREATE TABLE p (id int PRIMARY KEY, v int)", "INSERT INTO p VALUES (1, 0)",
            "CREATE TABLE ch (id int PRIMARY KEY, parent int REFERENCES p)",
            "CREATE TABLE r (id int PRIMARY KEY, v int)", "INSERT INTO r VALUES (1, 0), (2, 0)",
        })
        {
            Assert.AreEqual("", Run(_a, sql));
        }
    }

    [TestMethod]
    [DataRow("INSERT INTO ch VALUES (1, 1)", "INSERT INTO ch VALUES (2, 1)", "DELETE FROM p WHERE id = 1")]
    [DataRow("INSERT INTO ch VALUES (1, 1)", "INSERT INTO ch VALUES (2, 1)", "UPDATE p SET id = 5 WHERE id = 1")]
    [DataRow("SELECT * FROM p FOR SHARE", "SELECT * FROM p FOR SHARE", "UPDATE p SET v = 1")]
    [DataRow("SELECT * FROM p FOR KEY SHARE", "UPDATE p SET v = 2", "SELECT * FROM p FOR UPDATE")]
    [DataRow("LOCK TABLE p IN SHARE MODE", "LOCK TABLE p IN SHARE MODE", "INSERT INTO p VALUES (7, 7)")]
    [DataRow("UPDATE p SET v = 1", "INSERT INTO p VALUES (8, 8)", "LOCK TABLE p IN SHARE MODE")]
    public void A_circle_is_found_through_either_of_two_holders(string first, string second, string wanted)
    {
        foreach (bool isFirst in new[] { true, false })
        {
            Begin(_a, first);
            Begin(_b, second);
            Begin(_c, "UPDATE r SET v = 1 WHERE id = 2");
            Task<string> waiting = RunBlocked(_c, wanted);
            CollectionAssert.AreEquivalent(new[] { _a.ProcessId, _b.ProcessId }, Database.Monitor.BlockersOf(_c.ProcessId).ToArray());
            Session closing = isFirst ? _a : _b;
            Assert.AreEqual("40P01", Done(Task.Run(() => Run(closing, "UPDATE r SET v = 2 WHERE id = 2"))));
            Assert.IsFalse(waiting.IsCompleted);   // for the other one
            Assert.AreEqual("", Run(isFirst ? _b : _a, "ROLLBACK"));
            Assert.AreEqual("", Done(waiting));
            Assert.AreEqual("", Run(_c, "ROLLBACK"));
            Assert.AreEqual("", Run(closing, "ROLLBACK"));
            Assert.IsEmpty(Database.Transactions.Locks.Describe());
        }
    }

    [TestMethod]
    [DataRow("SELECT * FROM p FOR SHARE", "UPDATE p SET v = 1")]
    [DataRow("INSERT INTO ch VALUES (2, 1)", "DELETE FROM p WHERE id = 1")]
    public void A_holder_that_comes_after_the_one_who_waits_counts_too(string shared, string wanted)
    {
        Begin(_a, "SELECT * FROM p FOR SHARE");
        Begin(_c, "UPDATE r SET v = 1 WHERE id = 2");
        Task<string> waiting = RunBlocked(_c, wanted);
        Begin(_b, shared);   // needs not wait
        Task<string> closing = Task.Run(() => Run(_b, "UPDATE r SET v = 2 WHERE id = 2"));
        Assert.AreNotEqual(-1, Task.WaitAny([waiting, closing], PatienceMs));
        Assert.AreEqual(1, new[] { waiting, closing }.Count(task => task.IsCompleted && task.Result == "40P01"));
        Assert.AreEqual("", Run(_a, "ROLLBACK"));
        Done(waiting);
        Assert.AreEqual("", Run(_c, "ROLLBACK"));
        Done(closing);
        Assert.AreEqual("", Run(_b, "ROLLBACK"));
    }

    [TestMethod]
    public void A_holder_that_has_given_its_lock_up_closes_no_circle()
    {
        Begin(_a, "SELECT * FROM p FOR SHARE");
        Begin(_b, "SAVEPOINT s");
        Assert.AreEqual("", Run(_b, "SELECT * FROM p FOR SHARE"));
        Begin(_c, "UPDATE r SET v = 1 WHERE id = 2");
        Task<string> waiting = RunBlocked(_c, "UPDATE p SET v = 1");
        Assert.AreEqual("", Run(_b, "ROLLBACK TO s"));
        Task<string> behind = RunBlocked(_b, "UPDATE r SET v = 2 WHERE id = 2");
        Assert.AreEqual("", Run(_a, "COMMIT"));
        Assert.AreEqual("", Done(waiting));
        Assert.AreEqual("", Run(_c, "COMMIT"));
        Assert.AreEqual("", Done(behind));
        Assert.AreEqual("", Run(_b, "COMMIT"));
    }

    [TestMethod]
    public void A_row_that_waits_for_anothers_key_is_part_of_a_circle_too()
    {
        Begin(_a, "INSERT INTO p VALUES (5, 0)");
        Begin(_c, "UPDATE r SET v = 1 WHERE id = 2");
        Task<string> waiting = RunBlocked(_c, "UPDATE p SET id = 5 WHERE id = 1");
        CollectionAssert.AreEqual(new[] { _a.ProcessId }, Database.Monitor.BlockersOf(_c.ProcessId).ToArray());
        Assert.AreEqual("40P01", Done(Task.Run(() => Run(_a, "UPDATE r SET v = 2 WHERE id = 2"))));
        Assert.AreEqual("", Done(waiting));   // the key is free: what failed is undone
        Assert.AreEqual("", Run(_c, "ROLLBACK"));
        Assert.AreEqual("", Run(_a, "ROLLBACK"));
    }

    [TestMethod]
    public void Two_who_wait_and_hold_what_does_not_conflict_let_each_other_sleep()
    {
        Begin(_a, "SELECT * FROM r FOR SHARE");
        Begin(_b, "SELECT * FROM r WHERE id = 1 FOR KEY SHARE");
        Begin(_c, "SELECT * FROM r WHERE id = 2 FOR KEY SHARE");
        Task<string> one = RunBlocked(_b, "UPDATE r SET v = 1 WHERE id = 2"), two = RunBlocked(_c, "UPDATE r SET v = 1 WHERE id = 1");
        CollectionAssert.AreEqual(new[] { _a.ProcessId }, Database.Monitor.BlockersOf(_b.ProcessId).ToArray());
        long start = Database.Transactions.Locks.Describe().Find(l => !l.IsGranted && l.ProcessId == _b.ProcessId)!.WaitStart;
        WaitForTheClock();   // who was woken and sleeps again would wait since later
        Assert.AreEqual(start, Database.Transactions.Locks.Describe().Find(l => !l.IsGranted && l.ProcessId == _b.ProcessId)!.WaitStart);
        Assert.AreEqual("", Run(_a, "COMMIT"));
        Assert.AreEqual("", Done(one));
        Assert.AreEqual("", Done(two));
        Assert.AreEqual("", Run(_b, "COMMIT"));
        Assert.AreEqual("", Run(_c, "COMMIT"));
    }

    private static void Begin(Session session, string first)
    {
        Assert.AreEqual("", Run(session, "BEGIN"));
        Assert.AreEqual("", Run(session, first));
    }

    private static Task<string> RunBlocked(Session session, string sql) => Blocked(session, () => StateOf(session, sql));

    private static string Done(Task<string> task)
    {
        Assert.IsTrue(task.Wait(PatienceMs), "it waits for ever");
        return task.Result;
    }

    private static string Run(Session session, string sql) => StateOf(session, sql);
}
