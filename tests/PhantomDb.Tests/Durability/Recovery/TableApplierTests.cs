using Microsoft.VisualStudio.TestTools.UnitTesting;

namespace PhantomDb.Tests.Durability.Recovery;

/// <summary>What a record does to the rows of its table: changed where they stand or taken out and put in, and what it must have.</summary>
[TestClass]
public sealed class TableApplierTests : RecoveryTest
{
    private const string Codes = "TABLE,codes,\"COLUMNS:id:int,code:string,n:int\",CONSTRAINT:codes_pkey PRIMARY KEY (id),CONSTRAINT:codes_key UNIQUE (code)";
    private const string Keyless = "TABLE,codes,\"COLUMNS:id:int,code:string\",CONSTRAINT:codes_key UNIQUE (code)";

    private static string Wide(int columns) => $"TABLE,wide,\"COLUMNS:{string.Join(',', Enumerable.Range(1, columns).Select(i => $"c{i}:int"))}\",CONSTRAINT:wide_pkey PRIMARY KEY (c1)";

    private static string Image(int columns, int first, int last) => string.Join(',', Enumerable.Range(1, columns).Select(i => i == 1 ? first : i == columns ? last : i));

    [TestMethod]
    public void A_row_stays_in_its_place_unless_its_key_changes()
    {
        string[] rows = RowsAfter("users", [Users, "INSERT,users,1,a", "INSERT,users,2,b", "INSERT,users,3,c"], ["UPDATE,users,2,b,>,2,B", "UPDATE,users,1,a,>,1,A"], ["UPDATE,users,3,c,>,5,c", "UPDATE,users,2,B,>,4,B"]);
        CollectionAssert.AreEqual(new[] { "1|A", "5|c", "4|B" }, rows, "those that move take places that are free, in the order in which they come in");
    }

    [TestMethod]
    public void A_unique_key_that_is_not_the_primary_one_moves_too()
    {
        string[] rows = RowsAfter("codes", [Codes, "INSERT,codes,1,a,0", "INSERT,codes,2,b,0", "INSERT,codes,3,c,0"],
            ["UPDATE,codes,1,a,0,>,1,b,0", "UPDATE,codes,2,b,0,>,2,a,7", "UPDATE,codes,3,c,0,>,3,c,9"]);
        CollectionAssert.AreEqual(new[] { "1|b|0", "2|a|7", "3|c|9" }, rows);
    }

    [TestMethod]
    public void Without_primary_key_rows_with_unique_keys_stay_in_place_where_the_new_key_is_free()
    {
        string[] inserts = [Keyless, "INSERT,codes,1,a", "INSERT,codes,2,b", "INSERT,codes,3,c"];
        CollectionAssert.AreEqual(new[] { "1|z", "2|a", "3|c" }, RowsAfter("codes", inserts, ["UPDATE,codes,1,a,>,1,z", "UPDATE,codes,2,b,>,2,a"]));
    }

    [TestMethod]
    public void Without_primary_key_one_row_of_a_ring_moves_to_the_end()
    {
        string[] inserts = [Keyless, "INSERT,codes,1,a", "INSERT,codes,2,b", "INSERT,codes,3,c"];
        CollectionAssert.AreEqual(new[] { "2|a", "3|c", "1|b" }, RowsAfter("codes", inserts, ["UPDATE,codes,1,a,>,1,b", "UPDATE,codes,2,b,>,2,a"]));
    }

    [TestMethod]
    [DataRow(63)]
    [DataRow(64)]
    [DataRow(65)]
    [DataRow(130)]
    public void Any_column_of_any_number_is_changed_and_no_other(int columns)
    {
        string[] rows = RowsAfter("wide", [Wide(columns), $"INSERT,wide,{Image(columns, 1, 0)}", $"INSERT,wide,{Image(columns, 2, 0)}"],
            [$"UPDATE,wide,{Image(columns, 1, 0)},>,{Image(columns, 1, -1)}"], [$"UPDATE,wide,{Image(columns, 1, -1)},>,{Image(columns, 1, -2)}", $"UPDATE,wide,{Image(columns, 2, 0)},>,{Image(columns, 3, -3)}"]);
        CollectionAssert.AreEqual(new[] { Image(columns, 1, -2).Replace(',', '|'), Image(columns, 3, -3).Replace(',', '|') }, rows);
    }

    [TestMethod]
    public void Different_columns_of_different_rows_are_changed_one_after_the_other()
    {
        string[] rows = RowsAfter("codes", [Codes, "INSERT,codes,1,a,0", "INSERT,codes,2,b,0"],
            ["UPDATE,codes,1,a,0,>,1,a,5"], ["UPDATE,codes,2,b,0,>,2,bb,0"], ["UPDATE,codes,2,bb,0,>,2,b,6"], ["UPDATE,codes,1,a,5,>,1,a,"], ["UPDATE,codes,2,b,6,>,2,,6"]);
        CollectionAssert.AreEquivalent(new[] { "1|a|NULL", "2|NULL|6" }, rows);
    }

    [TestMethod]
    public void More_images_than_a_chunk_has_room_for_are_looked_for_in_one_transaction()
    {
        const int Count = 6000;
        static string Text(int i) => $"a text that is longer than a view {i}";
        List<string> changes = [];
        for (int i = 1; i <= Count; i++)
        {
            changes.Add(i % 3 == 0 ? $"DELETE,users,{i},{Text(i)}" : $"UPDATE,users,{i},{Text(i)},>,{i},{Text(-i)}");
        }
        string[] rows = RowsAfter("users", [Users, .. Enumerable.Range(1, Count).Select(i => $"INSERT,users,{i},{Text(i)}")], [.. changes]);
        CollectionAssert.AreEqual(Enumerable.Range(1, Count).Where(i => i % 3 != 0).Select(i => $"{i}|{Text(-i)}").ToArray(), rows);
    }

    [TestMethod]
    [DataRow(2046)]
    [DataRow(2047)]
    [DataRow(2048)]
    public void The_two_images_of_a_change_stand_in_one_chunk(int before)
    {
        string[] rows = RowsAfter("users", [Users, .. Enumerable.Range(1, before + 1).Select(i => $"INSERT,users,{i},a text that is long enough")],
            [.. Enumerable.Range(1, before).Select(i => $"DELETE,users,{i},a text that is long enough"), $"UPDATE,users,{before + 1},a text that is long enough,>,{before + 1},another text of its own"]);
        CollectionAssert.AreEqual(new[] { $"{before + 1}|another text of its own" }, rows);
    }

    [TestMethod]
    [DataRow("UPDATE,users,1,a,>,1,a", "the record changes nothing")]
    [DataRow("UPDATE,users,1,a,>,,a", "column \"id\" of table \"users\" is NULL where it must not be")]
    [DataRow("UPDATE,users,1,a,2,>,1,b", "the record has 6 values, which does not fit the 2 columns of table \"users\"")]
    [DataRow("UPDATE,users,1,a,>,1", "the record has 4 values, which does not fit the 2 columns of table \"users\"")]
    [DataRow("UPDATE,users,1,a,>,1,b,c", "the record has 6 values")]
    [DataRow("UPDATE,users,1,>,a,1,b", "which does not fit the 2 columns")]
    [DataRow("DELETE,users,1,a,2", "the record has 3 values")]
    [DataRow("DELETE,users,1", "the record has 1 values")]
    [DataRow("INSERT,users,2,b,c", "the record has 3 values")]
    [DataRow("DELETE,notes,1", "the record has 1 values, which does not fit the 2 columns of table \"notes\"")]
    [DataRow("DELETE,notes,1,x,2,3", "the record has 4 values")]
    [DataRow("UPDATE,notes,1,x,2,3,>,1,y", "the record has 7 values")]
    [DataRow("UPDATE,notes,1,x,>,2,1,y", "the record has 6 values")]
    [DataRow("UPDATE,notes,1,x,0,>,1,y", "the place among equal rows is no number above 1")]
    [DataRow("UPDATE,notes,1,x,-2,>,1,y", "the place among equal rows is no number above 1")]
    public void A_record_has_the_images_that_its_table_needs(string body, string reason)
    {
        Log.Commit(Users, Notes, "INSERT,users,1,a", "INSERT,notes,1,x").Flush().Commit(body).Flush();
        PhantomDbException error = Refused();
        StringAssert.Contains(error.Message, reason);
        StringAssert.EndsWith(error.Where, "LSN 5");
    }

    [TestMethod]
    public void A_row_that_has_gone_is_not_there_for_another_record()
    {
        Log.Commit(Users, "INSERT,users,1,a").Flush().Commit("DELETE,users,1,a", "DELETE,users,1,a").Flush();
        StringAssert.Contains(Refused().Message, "no row with the key");
    }

    [TestMethod]
    public void Rows_may_take_keys_of_several_columns_from_each_other()
    {
        string[] rows = RowsAfter("pairs", ["TABLE,pairs,\"COLUMNS:a:int,b:int\",\"\"\"CONSTRAINT:pairs_pkey PRIMARY KEY (a, b)\"\"\"", "INSERT,pairs,1,2", "INSERT,pairs,2,1"], ["UPDATE,pairs,1,2,>,2,1", "UPDATE,pairs,2,1,>,1,2"]);
        CollectionAssert.AreEquivalent(new[] { "2|1", "1|2" }, rows);
    }
}
