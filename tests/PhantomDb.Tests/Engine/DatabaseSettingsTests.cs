using System.Text;
using PhantomDb.Durability;
using PhantomDb.Tests.Durability;

namespace PhantomDb.Tests.Engine;

[TestClass]
public sealed class DatabaseSettingsTests : SessionTest
{
    [TestMethod]
    public void A_persistent_setting_is_taken_at_once_and_by_every_session_to_come()
    {
        Session open = NewSession(), session = NewSession();
        Run(session, "SET work_mem = '5MB'; SET PERSIST work_mem = '8MB'");
        Assert.AreEqual("8MB", One(session, "SHOW work_mem"));
        Assert.AreNotEqual("8MB", One(open, "SHOW work_mem"), "it has begun");
        Run(session, "SET PERSIST search_path TO a, \"B c\"", "SET PERSIST TIME ZONE 'Europe/Berlin'", "SET PERSIST app.tenant = 'x'");
        Session next = NewSession();
        Assert.AreEqual("8MB|a, \"B c\"|Europe/Berlin|x", string.Join('|', ((string[])["work_mem", "search_path", "TimeZone", "app.tenant"]).Select(name => One(next, $"SHOW {name}"))));
        Run(next, "SET work_mem = '5MB'; RESET work_mem; SET app.tenant = 'y'; RESET app.tenant");
        Assert.AreEqual("8MB|x", $"{One(next, "SHOW work_mem")}|{One(next, "SHOW app.tenant")}", "RESET goes back to the database's default");
        Assert.AreEqual("app.tenant=x|search_path=a, \"B c\"|TimeZone=Europe/Berlin|work_mem=8MB",
            string.Join('|', Rows(next, "SELECT name || '=' || value FROM phantomdb_settings")));
        Run(next, "RESET PERSIST work_mem", "SET PERSIST TimeZone TO DEFAULT");
        Assert.AreEqual("UTC", One(next, "SHOW TimeZone"));
        Assert.AreNotEqual("8MB", One(next, "SHOW work_mem"));
        Run(next, "RESET PERSIST ALL");
        Assert.IsEmpty(Database.Settings.All);
        Assert.AreEqual("\"$user\", public", One(next, "SHOW search_path"));
    }

    [TestMethod]
    public void What_cannot_be_kept_is_refused()
    {
        Session session = NewSession();
        AssertState("42704", "SET PERSIST no_such = 1");
        AssertState("42704", "RESET PERSIST no_such");
        AssertState("22023", "SET PERSIST work_mem = 'much'");
        AssertState("22023", "SET PERSIST work_mem = 1, 2");
        AssertState("55P02", "SET PERSIST server_version = '16'");
        AssertState("55P02", "SET PERSIST transaction_isolation = 'serializable'");
        AssertState("55P02", "SET PERSIST client_encoding = 'UTF8'");
        AssertState("42601", "SET LASTING work_mem = 1");
        AssertState("42601", "RESET LASTING work_mem");
        PhantomDbException error = Assert.ThrowsExactly<PhantomDbException>(() => session.Execute("CREATE TABLE k (a int); SET PERSIST work_mem = '8MB'"));
        Assert.AreEqual("25001", error.SqlState);
        StringAssert.Contains(error.Hint, "a -c of its own");
        Run(session, "BEGIN");
        AssertState("25001", "SET PERSIST work_mem = '8MB'");
        Run(session, "ROLLBACK", "SET persist.x = 1", "SET PERSIST persist.x = 2");
        Assert.AreEqual("2", Database.Settings.Get("persist.x"));
        Assert.ThrowsExactly<PhantomDbException>(() => Database.Settings.Set("work_mem", "-"));
        Database.Settings.Set("WORK_MEM", "9MB");
        Assert.AreEqual("9MB", Database.Settings.Get("work_mem"));
        Database.Settings.ResetAll();
        Assert.IsNull(Database.Settings.Get("work_mem"));

        void AssertState(string state, string sql) =>
            Assert.AreEqual(state, Assert.ThrowsExactly<PhantomDbException>(() => Run(session, sql), sql).SqlState, sql);
    }

    [TestMethod]
    public void A3_settings_are_in_the_database_file_and_in_forks()
    {
        var disk = new MemoryFileSystem();
        Run(NewSession(), "CREATE TABLE t (a int)", "SET PERSIST app.greeting = 'a, \"b\"'", "SET PERSIST statement_timeout = '90s'", "CREATE TABLE u (a int)");
        using Database fork = Database.Fork();
        Assert.AreEqual("90s", fork.Settings.Get("statement_timeout"));
        DatabaseFileWriter.Write(new DatabaseContent("shop", Database.Catalog, Database.Storage, PhantomDb.Storage.ReadView.Latest), "/data/shop.db",
            new DatabaseFileOptions { Sealed = false }, disk);
        string text = Encoding.UTF8.GetString(disk.Files["/data/shop.db"]);
        StringAssert.Contains(text, "[SETTINGS:sessions]\n\"SETTING:app.greeting\",\"a, \"\"b\"\"\"\n".Replace("\"SETTING:app.greeting\"", "SETTING:app.greeting", StringComparison.Ordinal)
            + "SETTING:statement_timeout,90s\n");
        LoadedDatabase loaded = DatabaseFileReader.Read("/data/shop.db", null, disk);
        CollectionAssert.AreEqual(Database.Settings.All.ToArray(), loaded.Catalog.Settings.ToArray());
        fork.Settings.ResetAll();
        Assert.HasCount(2, Database.Settings.All);
    }

    [TestMethod]
    public void Settings_and_definitions_of_others_are_kept_beside_each_other()
    {
        Session definer = NewSession(), other = NewSession();
        Run(definer, "BEGIN", "CREATE TABLE t (a int)", "INSERT INTO t VALUES (1)");
        Run(other, "SET PERSIST work_mem = '8MB'");
        Run(definer, "ALTER TABLE t ADD COLUMN b int DEFAULT 2");
        Run(other, "SET PERSIST app.x = 'y'", "CREATE TABLE u (a int)");
        Run(definer, "COMMIT");
        Assert.AreEqual("8MB", Database.Settings.Get("work_mem"));
        Assert.AreEqual("y", Database.Settings.Get("app.x"));
        Assert.AreEqual("2", One(other, "SELECT b FROM t"));
        Assert.AreEqual("0", One(definer, "SELECT count(*) FROM u"));
    }

    private static void Run(Session session, params string[] statements)
    {
        foreach (string sql in statements)
        {
            foreach (QueryResult result in session.ExecuteScript(sql))
            {
                result.Dispose();
            }
        }
    }

    private static string One(Session session, string sql) => Rows(session, sql)[0];

    private static List<string> Rows(Session session, string sql)
    {
        List<string> rows = [];
        using QueryResult result = session.Execute(sql);
        while (result.Read())
        {
            rows.Add(result.GetText(0));
        }
        return rows;
    }
}
