using PhantomDb.SqlLogicTests;

namespace PhantomDb.Tests.Scripts;

[TestClass]
public sealed class DatasetFolderTests
{
    [TestMethod]
    public void A_script_is_split_where_its_statements_end()
    {
        var statements = DatasetFolder.Statements(
            "-- first; comment\nCREATE TABLE t (a text); /* ; */ INSERT INTO t VALUES ('a;''b'), ('--');\n\\c other;\nSELECT $x$;$x$, \"a;b\" - 1;\nSELECT 2");
        CollectionAssert.AreEqual(
            new[] { "CREATE TABLE t (a text)", "INSERT INTO t VALUES ('a;''b'), ('--')", "SELECT $x$;$x$, \"a;b\" - 1", "SELECT 2" },
            statements.Select(s => s.Trim()).ToArray());
    }

    [TestMethod]
    public void Statements_about_databases_are_left_out() =>
        CollectionAssert.AreEqual(new[] { "SELECT 1" }, DatasetFolder.Statements("DROP DATABASE IF EXISTS x;\nCREATE DATABASE x;\nSELECT 1;").Select(s => s.Trim()).ToArray());
}
