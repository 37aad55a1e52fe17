using Microsoft.VisualStudio.TestTools.UnitTesting;
using PhantomDb.Tests.Engine;
using static PhantomDb.Tests.Engine.SessionSteps;

namespace PhantomDb.Tests.Transactions;

/// <summary>What stands in the log of a transaction: its net effects.</summary>
[TestClass]
public sealed class TransactionRecordTests : SessionTest
{
    private readonly HeldLog _log = new();
    private readonly Session _session;

    public TransactionRecordTests()
    {
        Database.Transactions.UseLog(_log, 0);
        _session = NewSession();
        Run(_session, "create table t (id int primary key, note text, n numeric)");
        Run(_session, "insert into t values (1, 'one', 1.0), (2, null, 2.00)");
        _log.Take();
    }

    [TestMethod]
    [DataRow("insert into t values (3, 'a,\"b\"', -1.50)", "INSERT,t,3,\"a,\"\"b\"\"\",-1.50")]
    [DataRow("insert into t values (3, '', null)", "INSERT,t,3,\"\",")]
    [DataRow("update t set n = 7 where id = 1", "UPDATE,t,1,one,1.0,>,1,one,7")]
    [DataRow("update t set n = 1.00 where id = 1", "UPDATE,t,1,one,1.0,>,1,one,1.00")]
    [DataRow("update t set n = n", "")]
    [DataRow("delete from t where id = 2", "DELETE,t,2,,2.00")]
    [DataRow("begin; update t set id = 9 where id = 1; update t set id = 1 where id = 2; update t set id = 2 where id = 9; commit", "UPDATE,t,1,one,1.0,>,2,one,1.0\nUPDATE,t,2,,2.00,>,1,,2.00")]
    [DataRow("select * from t for update", "")]
    [DataRow("begin; insert into t values (3); delete from t where id = 3; commit", "")]
    [DataRow("begin; insert into t values (3); update t set note = 'x' where id = 3; commit", "INSERT,t,3,x,")]
    [DataRow("begin; update t set n = 5 where id = 1; update t set n = 6 where id = 1; commit", "UPDATE,t,1,one,1.0,>,1,one,6")]
    [DataRow("begin; update t set n = 5 where id = 1; update t set n = 1.0 where id = 1; commit", "")]
    [DataRow("begin; update t set n = 5 where id = 1; delete from t where id = 1; commit", "DELETE,t,1,one,1.0")]
    [DataRow("begin; savepoint s; delete from t; rollback to s; insert into t values (3); commit", "INSERT,t,3,,")]
    [DataRow("begin; delete from t; rollback", "")]
    [DataRow("begin; insert into t values (4); truncate t; insert into t values (5); commit", "TRUNCATE,t\nINSERT,t,5,,")]
    [DataRow("begin; create table u (a int); insert into u values (1); drop table u; commit", "PHANTOMDB_COMMIT,")]
    [DataRow("begin; create table u (a int references t); alter table u rename to v; truncate v; insert into t values (3); drop table v; commit", "INSERT,t,3,,")]
    [DataRow("begin; create table u (a int); drop table u; create table u (b int); commit", "TABLE,u,COLUMNS:b:int")]
    [DataRow("begin; create table u (a int); create view w as select a from u; drop table u cascade; commit", "TABLE,u,COLUMNS:a:int\nVIEW,w,COLUMNS:a:int,USES:u,QUERY:SELECT a FROM u\nDROP,w,VIEW\nDROP,u,TABLE")]
    [DataRow("begin; insert into t values (4); drop table t; commit", "DROP,t,TABLE")]
    public void Records_are_the_net_effects(string statements, string records)
    {
        foreach (string statement in statements.Split("; "))
        {
            Assert.AreEqual("", statement.StartsWith("select", StringComparison.Ordinal) ? "" : Run(_session, statement));
            if (statement.StartsWith("select", StringComparison.Ordinal))
            {
                Run(_session, statement);
            }
        }
        Assert.AreEqual(records, _log.Take());
    }

    [TestMethod]
    [DataRow("alter table t add column c int default 5",
        "ALTER,t,\"COLUMNS:id:int,note:string,n:numeric,c:int\",\"DEFAULT:c,5\",CONSTRAINT:t_pkey PRIMARY KEY (id),\"FROM:id,note,n,=5\"")]
    [DataRow("alter table t rename column note to remark",
        "ALTER,t,\"COLUMNS:id:int,remark:string,n:numeric\",CONSTRAINT:t_pkey PRIMARY KEY (id),\"FROM:id,note,n\"")]
    [DataRow("alter table t drop column n", "ALTER,t,\"COLUMNS:id:int,note:string\",CONSTRAINT:t_pkey PRIMARY KEY (id),\"FROM:id,note\"")]
    [DataRow("alter table t rename to u", "RENAME,t,TABLE,u")]
    [DataRow("create index i on t (n)",
        "ALTER,t,\"COLUMNS:id:int,note:string,n:numeric\",CONSTRAINT:t_pkey PRIMARY KEY (id),INDEX:i (n),\"FROM:id,note,n\"")]
    [DataRow("comment on table t is 'x'", "ALTER,t,\"COLUMNS:id:int,note:string,n:numeric\",\"COMMENT:TABLE,x\",CONSTRAINT:t_pkey PRIMARY KEY (id),\"FROM:id,note,n\"")]
    [DataRow("alter table t alter column n type int",
        "TRUNCATE,t\nALTER,t,\"COLUMNS:id:int,note:string,n:int\",CONSTRAINT:t_pkey PRIMARY KEY (id),\"FROM:id,note,\"\"\"\"\"\nINSERT,t,1,one,1\nINSERT,t,2,,2")]
    [DataRow("create schema s", "SCHEMA,s")]
    [DataRow("drop table t", "DROP,t,TABLE")]
    [DataRow("create view v as select id from t", "VIEW,v,COLUMNS:id:int,USES:t,\"QUERY: SELECT id\n   FROM t;\"")]
    public void Definitions_are_records_of_what_has_changed(string statement, string records)
    {
        Assert.AreEqual("", Run(_session, statement));
        string taken = _log.Take();
        if (statement.StartsWith("create view", StringComparison.Ordinal))
        {
            Assert.IsTrue(taken.StartsWith("VIEW,v,COLUMNS:id:int,USES:t,", StringComparison.Ordinal), taken);   // the text is the binder's
            return;
        }
        Assert.AreEqual(records, taken);
    }

    [TestMethod]
    public void Rows_stand_under_the_last_definition_of_their_transaction()
    {
        foreach (string statement in (string[])["begin", "update t set n = 5 where id = 1", "alter table t add column c int default 7", "insert into t values (3)", "update t set c = 8 where id = 2", "commit"])
        {
            Assert.AreEqual("", Run(_session, statement));
        }
        string[] records = _log.Take().Split('\n');
        CollectionAssert.AreEqual((string[])["UPDATE,t,1,one,1.0,7,>,1,one,5,7", "UPDATE,t,2,,2.00,7,>,2,,2.00,8", "INSERT,t,3,,,7"], records[1..]);
    }

    [TestMethod]
    public void A_row_among_equal_ones_has_its_place()
    {
        Run(_session, "create table k (a int, b text)");
        Run(_session, "insert into k values (1, 'x'), (2, 'y'), (1, 'x'), (1, 'x')");
        _log.Take();
        Run(_session, "begin");
        Run(_session, "declare c cursor for select * from k");
        Run(_session, "rollback");
        Run(_session, "delete from k where a = 1");
        Assert.AreEqual("DELETE,k,1,x\nDELETE,k,1,x,2\nDELETE,k,1,x,3", _log.Take());
        Run(_session, "update k set b = 'z'");
        Assert.AreEqual("UPDATE,k,2,y,>,2,z", _log.Take());
    }
}
