namespace PhantomDb.Tests.Engine;

[TestClass]
public sealed class DiskTableTests
{
    [TestMethod]
    public void In_memory_the_tables_about_the_disk_are_empty()
    {
        using Database database = Database.CreateInMemory();
        using Session session = database.OpenSession();
        foreach (string table in (string[])["phantomdb_log", "phantomdb_recovery", "phantomdb_recovery_files", "phantomdb_settings"])
        {
            using QueryResult result = session.Execute($"SELECT * FROM {table}");
            Assert.IsFalse(result.Read(), table);
        }
    }
}
