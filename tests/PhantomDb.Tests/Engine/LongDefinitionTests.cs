using Microsoft.VisualStudio.TestTools.UnitTesting;

namespace PhantomDb.Tests.Engine;

/// <summary>What reads or writes whole tables and files without being a query can be cancelled too, and leaves everything as it was.</summary>
[TestClass]
public sealed class LongDefinitionTests : DatabaseOnDiskTest
{
    private const string Make = "CREATE TABLE t AS SELECT i AS a, 'text ' || i AS b FROM generate_series(1, 200000) AS i";

    [TestMethod]
    [DataRow("CREATE INDEX ON t (a)")]
    [DataRow("CREATE UNIQUE INDEX ON t (b)")]
    [DataRow("CREATE INDEX ON t ((upper(b)))")]
    [DataRow("ALTER TABLE t ADD PRIMARY KEY (a)")]
    [DataRow("ALTER TABLE t ALTER COLUMN a TYPE bigint")]
    [DataRow("ALTER TABLE t ADD CHECK (length(b) > 0)")]
    public void A_definition_that_takes_longer_than_it_may_is_cancelled(string sql)
    {
        using Database database = Database.CreateInMemory();
        using Session session = database.OpenSession();
        session.Execute(Make).Dispose();
        string before = SchemaOf(session);
        session.Execute("SET statement_timeout = '1ms'").Dispose();
        Assert.AreEqual("57014", Assert.ThrowsExactly<PhantomDbException>(() => session.Execute(sql)).SqlState);
        session.Execute("SET statement_timeout = 0").Dispose();
        Assert.AreEqual(before, SchemaOf(session));
        session.Execute(sql).Dispose();
        Assert.AreNotEqual(before, SchemaOf(session));
    }

    [TestMethod]
    [DataRow("CHECKPOINT", "shop.db")]
    [DataRow("CREATE DATABASE copy TEMPLATE shop", "copy.db")]
    public void A_file_that_takes_longer_to_write_than_it_may_is_given_up(string sql, string file)
    {
        using Database database = Database.Open("shop", Options);
        using Session session = database.OpenSession();
        session.Execute(Make).Dispose();
        session.Execute("SET statement_timeout = '1ms'").Dispose();
        Assert.AreEqual("57014", Assert.ThrowsExactly<PhantomDbException>(() => session.Execute(sql)).SqlState);
        Assert.IsFalse(FilesIn(Folder).Any(name => name.StartsWith(file, StringComparison.Ordinal)), string.Join(' ', FilesIn(Folder)));
        session.Execute("SET statement_timeout = 0").Dispose();
        session.Execute(sql).Dispose();
        Assert.IsTrue(File.Exists(Path.Combine(Folder, file)));
    }

    private static string SchemaOf(Session session) => string.Join('\n', session.DescribeSchema().Relations.SelectMany(relation => relation.CreateStatements.Concat(relation.LinkStatements)));
}
