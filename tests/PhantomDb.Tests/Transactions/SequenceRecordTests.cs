using Microsoft.VisualStudio.TestTools.UnitTesting;
using PhantomDb.Storage;
using PhantomDb.Tests.Engine;
using static PhantomDb.Tests.Engine.SessionSteps;

namespace PhantomDb.Tests.Transactions;

/// <summary>Sequences reserve their values in the log before they are given.</summary>
[TestClass]
public sealed class SequenceRecordTests : SessionTest
{
    private const string Course = "SEQUENCE,s,SEQUENCE:s AS bigint START 1 INCREMENT 1 MINVALUE 1 MAXVALUE 9223372036854775807 CACHE 1 LAST ";

    private readonly HeldLog _log = new();
    private readonly Session _session;

    public SequenceRecordTests()
    {
        Database.Transactions.UseLog(_log, 0);
        _session = NewSession();
        Run(_session, "create sequence s");
        Assert.AreEqual(Course + "1", _log.Take());
    }

    [TestMethod]
    public void Thirty_two_values_are_reserved_at_a_time()
    {
        for (int i = 1; i <= 70; i++)
        {
            Assert.AreEqual($"{i}", Run(_session, "select nextval('s')"));
            Assert.AreEqual(i is 1 or 33 or 65 ? $"{Course}{i + 31} CALLED" : "", _log.Take());
        }
        Database.Storage.SettleSequences();
        Assert.AreEqual($"{Course}70 CALLED", _log.Take());
        Assert.AreEqual("71", Run(_session, "select nextval('s')"));
        Assert.AreEqual($"{Course}102 CALLED", _log.Take());
    }

    [TestMethod]
    public void No_value_is_given_before_its_reservation_is_durable()
    {
        _log.Holds = true;
        Task<string> taking = Task.Run(() => Run(_session, "select nextval('s')"));
        Assert.IsTrue(SpinWait.SpinUntil(() => _log.QueuedCount == 1, PatienceMs));
        Assert.IsFalse(taking.IsCompleted);
        _log.FailAll();
        Assert.AreEqual("08007", taking.Result);
        _log.Holds = false;
        Assert.AreEqual("1", Run(_session, "select nextval('s')"));
    }

    [TestMethod]
    public void A_file_that_has_the_record_of_a_reservation_has_the_position_too()
    {
        SequenceStore sequence = Database.Storage.Sequences.Values.Single();
        List<(long, bool)> positions = [];
        _log.Published = () => positions.Add(sequence.ReservedPosition);   // before who waits for the log goes on
        Run(_session, "select nextval('s')");
        Run(_session, "select setval('s', 500)");
        Run(_session, "select setval('s', 7, false)");
        Run(_session, "select nextval('s')");
        Database.Storage.SettleSequences();
        CollectionAssert.AreEqual(new[] { (32L, true), (500L, true), (7L, false), (38L, true), (7L, true) }, positions);
    }

    [TestMethod]
    public void Positions_that_are_set_are_logged_and_values_after_them_reserved_anew()
    {
        Run(_session, "select nextval('s')");
        _log.Take();
        Run(_session, "select setval('s', 500)");
        Assert.AreEqual($"{Course}500 CALLED", _log.Take());
        Assert.AreEqual("501", Run(_session, "select nextval('s')"));
        Assert.AreEqual($"{Course}532 CALLED", _log.Take());
        Run(_session, "alter sequence s restart with 7");
        Assert.AreEqual($"{Course}7", _log.Take());
        Assert.AreEqual("7", Run(_session, "select nextval('s')"));
        Assert.AreEqual($"{Course}38 CALLED", _log.Take());
    }

    [TestMethod]
    public void A_sequence_that_ends_reserves_what_is_left_and_then_says_so()
    {
        Run(_session, "create sequence few maxvalue 3");
        _log.Take();
        Assert.AreEqual("1", Run(_session, "select nextval('few')"));
        StringAssert.EndsWith(_log.Take(), "LAST 3 CALLED");
        Assert.AreEqual("2", Run(_session, "select nextval('few')"));
        Assert.AreEqual("3", Run(_session, "select nextval('few')"));
        Assert.AreEqual("2200H", Run(_session, "select nextval('few')"));
        Assert.AreEqual("", _log.Take());
    }

    [TestMethod]
    public void A_sequence_that_was_renamed_or_dropped_is_never_logged_under_its_old_name_behind_that()
    {
        Run(_session, "alter sequence s rename to r");
        Assert.AreEqual("RENAME,s,SEQUENCE,r", _log.Take().Split('\n')[0]);
        Assert.AreEqual("1", Run(_session, "select nextval('r')"));
        StringAssert.StartsWith(_log.Take(), "SEQUENCE,r,SEQUENCE:r AS");
        Run(_session, "drop sequence r");
        Assert.AreEqual("DROP,r,SEQUENCE", _log.Take());
    }

    [TestMethod]
    public void A_table_s_own_sequence_stands_in_its_definition_and_goes_with_it()
    {
        Run(_session, "create table t (id serial primary key, n int)");
        StringAssert.Contains(_log.Take(), "SEQUENCE:t_id_seq AS integer START 1");
        Run(_session, "insert into t (n) values (5)");
        string[] records = _log.Take().Split('\n');
        StringAssert.StartsWith(records[0], "SEQUENCE,t_id_seq,");
        Assert.AreEqual("INSERT,t,1,5", records[1]);
        Run(_session, "begin");
        Run(_session, "alter table t add column u serial");
        Run(_session, "commit");
        records = _log.Take().Split('\n');
        Assert.AreEqual("TRUNCATE,t", records[0]);
        StringAssert.StartsWith(records[1], "ALTER,t,");
        Assert.AreEqual("INSERT,t,1,5,1", records[2]);
        Run(_session, "drop table t");
        Assert.AreEqual("DROP,t,TABLE", _log.Take());
    }
}
