using Microsoft.VisualStudio.TestTools.UnitTesting;
using PhantomDb.Tests.Engine;
using static PhantomDb.Tests.Engine.SessionSteps;

namespace PhantomDb.Tests.Transactions;

/// <summary>What others see and do while a commit is in the log's queue and not visible yet: as if it still ran, but its place is taken.</summary>
[TestClass]
public sealed class QueuedCommitTests : SessionTest
{
    private readonly HeldLog _log = new(last: 100);

    public QueuedCommitTests()
    {
        Database.Transactions.UseLog(_log, 100);
        Session session = NewSession();
        Run(session, "create table t (id int primary key, n int)");
        Run(session, "insert into t values (1, 10), (2, 20)");
        _log.Take();
    }

    [TestMethod]
    public void A_commit_is_visible_only_when_the_log_says_so_and_then_to_its_own_session_first_of_all()
    {
        Session writer = NewSession(), reader = NewSession();
        Task<string> commit = Held(writer, "update t set n = 11 where id = 1");
        Assert.AreEqual("10", Run(reader, "select n from t where id = 1"));
        _log.Release(1);
        Assert.AreEqual("", commit.Result);
        Assert.AreEqual("11", Run(writer, "select n from t where id = 1"));
        Assert.AreEqual("11", Run(reader, "select n from t where id = 1"));
    }

    [TestMethod]
    public void A_writer_waits_for_a_row_of_a_queued_commit_and_goes_on_from_its_value()
    {
        Session first = NewSession(), second = NewSession();
        Task<string> commit = Held(first, "update t set n = n + 1 where id = 1");
        Task<string> waiting = Task.Run(() => Run(second, "update t set n = n + 1 where id = 1"));
        Assert.IsFalse(waiting.Wait(50));
        _log.Holds = false;
        _log.Release(1);
        Assert.AreEqual("", waiting.Result);
        Assert.AreEqual("", commit.Result);
        Assert.AreEqual("12", Run(first, "select n from t where id = 1"));
    }

    [TestMethod]
    public void A_key_of_a_queued_commit_is_waited_for_and_then_taken()
    {
        Session first = NewSession(), second = NewSession();
        Task<string> commit = Held(first, "insert into t values (3, 30)");
        Task<string> waiting = Task.Run(() => Run(second, "insert into t values (3, 31)"));
        Assert.IsFalse(waiting.Wait(50));
        _log.Holds = false;
        _log.Release(1);
        Assert.AreEqual("23505", waiting.Result);
        Assert.AreEqual("", commit.Result);
    }

    [TestMethod]
    public void A_fork_and_a_saved_snapshot_have_nothing_of_a_queued_commit()
    {
        Session writer = NewSession();
        Task<string> commit = Held(writer, "begin; update t set n = 11 where id = 1; insert into t values (3, 30); create table u (a int); commit");
        using (Database fork = Database.Fork())
        using (Session session = fork.OpenSession())
        {
            Assert.AreEqual("1,10 2,20", Run(session, "select * from t order by id"));
            Assert.AreEqual("42P01", Run(session, "select * from u"));
            Assert.AreEqual("", Run(session, "insert into t values (3, 33)"));
        }
        _log.Release(1);
        Assert.AreEqual("", commit.Result);
        Assert.AreEqual("1,11 2,20 3,30", Run(writer, "select * from t order by id"));
    }

    [TestMethod]
    public void Serializable_validation_sees_queued_commits_that_were_there_before_it_began()
    {
        Session first = NewSession(), second = NewSession();
        Task<string> commit = Held(first, "update t set n = 11 where id = 1");
        Run(second, "begin isolation level serializable");
        Assert.AreEqual("10", Run(second, "select n from t where id = 1"));
        Run(second, "update t set n = 99 where id = 2");
        Assert.AreEqual("40001", Run(second, "commit"));   // its place would be behind the queued one, of which it has read nothing
        _log.Release(1);
        Assert.AreEqual("", commit.Result);
        Assert.AreEqual("1,11 2,20", Run(second, "select * from t order by id"));
    }

    [TestMethod]
    public void Serializable_validation_waits_for_queued_definitions_and_sees_what_they_replaced()
    {
        Session first = NewSession(), second = NewSession();
        Run(second, "create table other (a int)");
        Run(second, "begin isolation level serializable");
        Assert.AreEqual("2", Run(second, "select count(*) from t"));
        Run(second, "insert into other values (1)");
        Task<string> truncate = Held(first, "truncate t");
        Task<string> commit = Task.Run(() => Run(second, "commit"));
        Assert.IsFalse(commit.Wait(50));
        _log.Holds = false;
        _log.Release(1);
        Assert.AreEqual("40001", commit.Result);
        Assert.AreEqual("", truncate.Result);
    }

    [TestMethod]
    public void Definitions_of_different_objects_are_merged_though_they_wait_in_one_queue()
    {
        Session first = NewSession(), second = NewSession(), reader = NewSession();
        Task<string> one = Held(first, "create table a (x int)");
        Task<string> two = Held(second, "create table b (x int)", queued: 2);
        Assert.AreEqual("42P01", Run(reader, "select * from a"));
        _log.Release(1);
        Assert.AreEqual("", Run(reader, "select * from a"));
        Assert.AreEqual("42P01", Run(reader, "select * from b"));
        _log.Release(1);
        Assert.AreEqual("", Run(reader, "select * from b"));
        Task.WaitAll(one, two);
    }

    [TestMethod]
    public void What_the_log_refuses_or_fails_is_rolled_back_and_tells_so()
    {
        Session writer = NewSession(), reader = NewSession();
        _log.Refusal = new PhantomDbException("53100", "no room");
        Assert.AreEqual("53100", Run(writer, "update t set n = 11 where id = 1"));
        Assert.AreEqual("10", Run(writer, "select n from t where id = 1"));
        Task<string> commit = Held(writer, "begin; insert into t values (3, 30); create table u (a int); commit");
        _log.FailAll();
        _log.Holds = false;
        Assert.AreEqual("08007", commit.Result);
        Run(writer, "rollback");
        Assert.AreEqual("1,10 2,20", Run(reader, "select * from t order by id"));
        Assert.AreEqual("", Run(reader, "insert into t values (3, 31)"));
        Assert.AreEqual("", Run(reader, "create table u (a int)"));
    }

    [TestMethod]
    public void Versions_are_cleaned_up_after_queued_commits_beside_readers()
    {
        Session[] writers = [NewSession(), NewSession(), NewSession(), NewSession()];
        Session reader = NewSession();
        for (int id = 3; id <= 6; id++)
        {
            Run(reader, $"insert into t values ({id}, 0)");
        }
        _log.Holds = true;
        using var stop = new CancellationTokenSource();
        Task releasing = Task.Run(() =>
        {
            var random = new Random(7);
            while (!stop.IsCancellationRequested)
            {
                _log.Release(random.Next(1, 4));
                Thread.Yield();
            }
        });
        Task[] writing = [.. writers.Select((writer, i) => Task.Run(() =>
        {
            for (int k = 0; k < 300; k++)
            {
                Assert.AreEqual("", Run(writer, $"update t set n = n + 1 where id = {(k % 2 == 0 ? i + 3 : 1)}"));
            }
        }))];
        while (!Task.WaitAll(writing, 1))
        {
            Assert.AreEqual("6", Run(reader, "select count(*) from t"));
        }
        stop.Cancel();
        releasing.Wait();
        Assert.AreEqual("1,610 2,20 3,150 4,150 5,150 6,150", Run(reader, "select * from t order by id"));
    }

    // A statement, or several that are one batch, whose commit is in the queue when this returns.
    private Task<string> Held(Session session, string sql, int queued = 1)
    {
        _log.Holds = true;
        Task<string> task = Task.Run(() => string.Concat(sql.Split("; ").Select(statement => Run(session, statement))));
        Assert.IsTrue(SpinWait.SpinUntil(() => _log.QueuedCount >= queued || task.IsCompleted, PatienceMs));
        Assert.IsFalse(task.IsCompleted, task.IsCompleted ? task.Result : "");
        return task;
    }
}
