using Microsoft.VisualStudio.TestTools.UnitTesting;

namespace PhantomDb.Tests.Durability.Recovery;

/// <summary>Rows that wait in chunks: they come in once, in their order, and keys that are given up later are free by then.</summary>
[TestClass]
public sealed class IncomingRowsTests : RecoveryTest
{
    private const int Chunk = 2048;

    private static IEnumerable<string> Inserts(int first, int count, string table = "users") => Enumerable.Range(first, count).Select(i => $"INSERT,{table},{i},a text that is longer than a view {i}");

    private static string[] Expected(int first, int count) => [.. Enumerable.Range(first, count).Select(i => $"{i}|a text that is longer than a view {i}")];

    [TestMethod]
    [DataRow(1)]
    [DataRow(Chunk - 1)]
    [DataRow(Chunk)]
    [DataRow(Chunk + 1)]
    [DataRow((3 * Chunk) + 5)]
    public void Any_number_of_rows_comes_in_once_and_in_order(int count)
    {
        CollectionAssert.AreEqual(Expected(1, count), RowsAfter("users", [Users, .. Inserts(1, count)]));
        Log.Commit([.. Inserts(count + 1, 3)]).Commit($"DELETE,users,{count + 2},a text that is longer than a view {count + 2}").Commit([.. Inserts(count + 4, 1)]);
        CollectionAssert.AreEqual((string[])[.. Expected(1, count + 1), .. Expected(count + 4, 1), .. Expected(count + 3, 1)], Rows(Recover().Database, "users"));
    }

    [TestMethod]
    public void Transactions_of_one_row_fill_chunks_together()
    {
        Log.Commit(Users);
        foreach (string insert in Inserts(1, Chunk + 3))
        {
            Log.Commit(insert);
        }
        CollectionAssert.AreEqual(Expected(1, Chunk + 3), Rows(Recover().Database, "users"));
    }

    [TestMethod]
    [DataRow(1, Chunk)]
    [DataRow(Chunk, 1)]
    [DataRow(Chunk - 1, Chunk + 1)]
    [DataRow(Chunk, Chunk)]
    public void A_chunk_that_is_full_of_two_transactions_waits_only_for_the_second(int first, int second)
    {
        // The second takes keys that it gives up at its end.
        Log.Commit(Users, "INSERT,users,-1,old").Commit([.. Inserts(1, first)]);
        Log.Commit(["INSERT,users,-1,new", .. Inserts(first + 1, second), "INSERT,users,0,zero", "DELETE,users,-1,old"]);
        string[] rows = Rows(Recover().Database, "users");
        CollectionAssert.AreEquivalent((string[])["-1|new", "0|zero", .. Expected(1, first + second)], rows);
    }

    [TestMethod]
    public void Chunks_of_several_tables_wait_for_the_end_of_the_transaction()
    {
        const string Others = "TABLE,others,\"COLUMNS:id:int,name:string\",CONSTRAINT:others_pkey PRIMARY KEY (id)";
        const int Count = (2 * Chunk) + 7;
        string[] Deletes(string table) => [.. Enumerable.Range(1, Count).Select(i => $"DELETE,{table},{i},a text that is longer than a view {i}")];
        string[] News(string table) => [.. Enumerable.Range(1, Count).Select(i => $"INSERT,{table},{i},new")];
        Log.Commit([Users, Others, .. Inserts(1, Count), .. Inserts(1, Count, "others")]);
        Log.Commit([.. News("users"), .. News("others"), .. Deletes("users"), .. Deletes("others")]);
        Log.Commit("UPDATE,users,1,new,>,1,newer").Commit($"DELETE,others,{Count},new");

        PhantomDb.Durability.LoadedDatabase recovered = Recover().Database;
        CollectionAssert.AreEqual((string[])["1|newer", .. Enumerable.Range(2, Count - 1).Select(i => $"{i}|new")], Rows(recovered, "users").OrderBy(Key).ToArray());
        CollectionAssert.AreEqual(Enumerable.Range(1, Count - 1).Select(i => $"{i}|new").ToArray(), Rows(recovered, "others").OrderBy(Key).ToArray());
    }

    private static int Key(string row) => int.Parse(row.Split('|')[0], System.Globalization.CultureInfo.InvariantCulture);

    [TestMethod]
    [DataRow(1)]
    [DataRow(2)]
    [DataRow(Chunk)]
    [DataRow(Chunk + 1)]
    [DataRow(2 * Chunk)]
    public void Which_row_it_is_that_breaks_a_key_is_told(int place)
    {
        // One record a transaction: LSN 2 is row 1.
        Log.Commit(Users);
        for (int i = 1; i <= (2 * Chunk) + 10; i++)
        {
            Log.Commit($"INSERT,users,{(i == place + 1 ? place : i)},a");
        }
        Log.Flush();
        PhantomDbException error = Refused();
        StringAssert.EndsWith(error.Where, $"LSN {place + 2}");
        StringAssert.Contains(error.Message, "a row that the log inserts breaks a unique key");
    }

    [TestMethod]
    public void A_key_that_a_large_transaction_does_not_give_up_is_told_with_its_row()
    {
        Log.Commit(Users, "INSERT,users,5,old", "INSERT,users,7,old").Flush();
        Log.Commit([.. Enumerable.Range(1, Chunk + 100).Select(i => $"INSERT,users,{i},new"), "DELETE,users,5,old"]).Flush();
        StringAssert.EndsWith(Refused().Where, "LSN 10");   // behind LSN 3, the seventh
    }

    [TestMethod]
    public void A_key_that_is_given_up_in_a_later_transaction_is_not_free()
    {
        Log.Commit(Users, "INSERT,users,1,old").Flush().Commit("INSERT,users,1,new").Commit("DELETE,users,1,old").Flush();
        StringAssert.EndsWith(Refused().Where, "LSN 3");
    }

    [TestMethod]
    public void Rows_that_wait_at_the_end_of_a_segment_are_told_of_with_it()
    {
        Log.Commit(Users, "INSERT,users,1,a").Flush().Commit("INSERT,users,1,b").Flush();
        string first = Log.Rotate();
        Log.Commit("INSERT,users,2,c").Flush();
        StringAssert.StartsWith(Refused().Where, $"{first}, line 5, ");
    }

    [TestMethod]
    public void What_waits_comes_in_before_its_table_is_another()
    {
        Log.Commit(Users, Notes, "INSERT,users,1,a", "INSERT,notes,1,x").Commit("ALTER,users,\"COLUMNS:id:int,name:string,n:int\",CONSTRAINT:users_pkey PRIMARY KEY (id),\"FROM:id,name,=5\"", "INSERT,users,2,b,6");
        Log.Commit("INSERT,notes,2,y").Commit("SEQUENCE,s,SEQUENCE:s AS bigint START 1 INCREMENT 1 MINVALUE 1 MAXVALUE 9 CACHE 1 LAST 1", Users.Replace("name:string", "name:string,n:int", StringComparison.Ordinal), "INSERT,notes,3,z")
            .Commit("TRUNCATE,users", "INSERT,users,3,c,7");
        PhantomDb.Durability.LoadedDatabase recovered = Recover().Database;
        CollectionAssert.AreEqual(new[] { "3|c|7" }, Rows(recovered, "users"));
        CollectionAssert.AreEqual(new[] { "1|x", "2|y", "3|z" }, Rows(recovered, "notes"));
    }

    [TestMethod]
    public void What_was_NULL_in_one_chunk_is_not_in_the_next()
    {
        string[] rows = RowsAfter("users", [Users, .. Enumerable.Range(1, Chunk).Select(i => $"INSERT,users,{i},"), .. Enumerable.Range(Chunk + 1, Chunk).Select(i => $"INSERT,users,{i},text")]);
        Assert.AreEqual((Chunk, Chunk), (rows.Count(row => row.EndsWith("|NULL", StringComparison.Ordinal)), rows.Count(row => row.EndsWith("|text", StringComparison.Ordinal))));
    }
}
