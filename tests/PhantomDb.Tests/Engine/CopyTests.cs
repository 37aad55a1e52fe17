using System.Text;
using Microsoft.VisualStudio.TestTools.UnitTesting;

namespace PhantomDb.Tests.Engine;

[TestClass]
public sealed class CopyTests
{
    [TestMethod]
    [DataRow("FORMAT text")]
    [DataRow("FORMAT csv")]
    [DataRow("FORMAT csv, HEADER, DELIMITER ';', QUOTE '''', NULL '?'")]
    [DataRow("FORMAT csv, HEADER MATCH, FORCE_QUOTE *")]
    public void Rows_survive_a_copy_out_and_in(string options)
    {
        using Database database = Database.CreateInMemory();
        using Session session = database.OpenSession();
        Run(session, "CREATE TABLE t (id integer, s text, n numeric(10,2), d date, b bytea)");
        Run(session, """
            INSERT INTO t VALUES (1, E'a,b;c"d''e\nf\tg\\h', 1.50, '2024-02-29', '\x00ff'), (2, '', NULL, NULL, NULL), (3, NULL, -0.01, '0001-01-01 BC', ''),
                (4, '\.', 99999999.99, 'infinity', '\x5c'), (5, '?', 0, '1999-12-31', '\x27')
            """);
        session.CopyOutput = new MemoryStream();
        Run(session, $"COPY t TO STDOUT WITH ({options.Replace("HEADER MATCH", "HEADER", StringComparison.Ordinal)})");
        byte[] text = ((MemoryStream)session.CopyOutput).ToArray();
        Run(session, "CREATE TABLE u (id integer, s text, n numeric(10,2), d date, b bytea)");
        session.CopyInput = new MemoryStream(text);
        Run(session, $"COPY u FROM STDIN WITH ({options.Replace(", FORCE_QUOTE *", "", StringComparison.Ordinal)})");
        using QueryResult difference = session.Execute("(SELECT * FROM t EXCEPT ALL SELECT * FROM u) UNION ALL (SELECT * FROM u EXCEPT ALL SELECT * FROM t)");
        Assert.IsFalse(difference.Read(), Encoding.UTF8.GetString(text));
    }

    [TestMethod]
    [DataRow("1,x\n2\n", "22P04", "missing data for column \"s\"", "COPY t, line 2")]
    [DataRow("1,x\n2,y,z\n", "22P04", "extra data after last expected column", "COPY t, line 2")]
    [DataRow("1,x\nzwei,y\n", "22P02", "invalid input syntax for type integer: \"zwei\"", "COPY t, line 2, column id: \"zwei\"")]
    public void A_bad_line_is_named_and_nothing_is_copied(string input, string sqlState, string message, string where)
    {
        using Database database = Database.CreateInMemory();
        using Session session = database.OpenSession();
        Run(session, "CREATE TABLE t (id integer, s text)");
        session.CopyInput = new MemoryStream(Encoding.UTF8.GetBytes(input));
        PhantomDbException error = Assert.ThrowsExactly<PhantomDbException>(() => session.Execute("COPY t FROM STDIN WITH (FORMAT csv)"));
        Assert.AreEqual((sqlState, message, where), (error.SqlState, error.Message, error.Where));
        using QueryResult count = session.Execute("SELECT count(*) FROM t");
        Assert.IsTrue(count.Read());
        Assert.AreEqual(0, count.GetInt64(0));
    }

    [TestMethod]
    [DataRow("id integer PRIMARY KEY, s text", "23505", "5,y")]
    [DataRow("s text, n integer DEFAULT 7, id integer, UNIQUE (n, id), CHECK (n = 7)", "23505", "5,y")]
    [DataRow("id integer CHECK (id <> 4999), s text", "23514", "4999,y")]
    [DataRow("id integer, s text NOT NULL", "23502", "5,")]
    public void A_row_that_a_constraint_forbids_is_named_by_its_line(string columns, string sqlState, string forbidden)
    {
        using Database database = Database.CreateInMemory();
        using Session session = database.OpenSession();
        Run(session, $"CREATE TABLE t ({columns})");
        Run(session, "INSERT INTO t (id, s) SELECT -i, 'x' FROM generate_series(1, 100) i");
        Run(session, "DELETE FROM t WHERE id % 2 = 0");
        Run(session, "VACUUM t");   // new rows take the places of these
        string many = string.Concat(Enumerable.Range(6, 3000).Select(i => $"{i},x\n"));
        Test($"5,x\n{forbidden}\n", "", 2);
        Test($"5,x\n{many}{forbidden}\n{many}", "", 3002);
        Test($"5,x\n{many}{forbidden}\n", " WHERE id % 2 = 1", 3002);
        Test($"5,\"x\n\n\"\n{many}{forbidden}\n", "", 3004);

        void Test(string input, string where, int line)
        {
            session.CopyInput = new MemoryStream(Encoding.UTF8.GetBytes(input));
            PhantomDbException error = Assert.ThrowsExactly<PhantomDbException>(() => session.Execute($"COPY t (id, s) FROM STDIN WITH (FORMAT csv){where}"));
            Assert.AreEqual((sqlState, "t", $"COPY t, line {line}"), (error.SqlState, error.TableName, error.Where));
            Assert.IsNotNull(error.Detail);
        }
    }

    private static void Run(Session session, string sql)
    {
        using QueryResult result = session.Execute(sql);
    }
}
