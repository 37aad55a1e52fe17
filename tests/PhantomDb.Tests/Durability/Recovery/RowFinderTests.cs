using Microsoft.VisualStudio.TestTools.UnitTesting;

namespace PhantomDb.Tests.Durability.Recovery;

/// <summary>Which row a record's image before means.</summary>
[TestClass]
public sealed class RowFinderTests : RecoveryTest
{
    private static string Table(string type, string key = "PRIMARY KEY (k)") => $"TABLE,t,\"COLUMNS:k:{type},n:int\",CONSTRAINT:t_key {key}";

    [TestMethod]
    [DataRow("smallint", "-7", "7", "300")]
    [DataRow("int", "-7", "7", "70000")]
    [DataRow("bigint", "-7", "7", "5000000000")]
    [DataRow("string", "a", "", "a text that is longer than a view")]
    [DataRow("numeric", "1.0", "1.5", "-3")]
    [DataRow("double", "0.5", "-0.5", "Infinity")]
    [DataRow("date", "2026-11-21", "0001-01-01", "infinity")]
    [DataRow("uuid", "6f1c0000-0000-0000-0000-000000000001", "6f1c0000-0000-0000-0000-000000000002", "00000000-0000-0000-0000-000000000000")]
    public void Keys_of_every_kind_find_their_row(string type, params string[] keys)
    {
        string[] cells = [.. keys.Select(key => key.Length == 0 ? "\"\"" : key)];
        string[] rows = RowsAfter("t", [Table(type), .. cells.Select(key => $"INSERT,t,{key},0")],
            [$"UPDATE,t,{cells[1]},0,>,{cells[1]},1"], [$"DELETE,t,{cells[0]},0", $"UPDATE,t,{cells[2]},0,>,{cells[2]},2"]);
        CollectionAssert.AreEqual(new[] { $"{keys[1]}|1", $"{keys[2]}|2" }, rows);
    }

    [TestMethod]
    public void A_key_of_several_columns_is_all_of_them_in_the_order_of_the_key()
    {
        string[] rows = RowsAfter("t", ["TABLE,t,\"COLUMNS:n:int,b:int,a:string\",\"\"\"CONSTRAINT:t_key PRIMARY KEY (a, b)\"\"\"", "INSERT,t,1,1,x", "INSERT,t,2,2,x", "INSERT,t,3,1,y"],
            ["DELETE,t,2,2,x", "UPDATE,t,3,1,y,>,4,1,y"], ["UPDATE,t,1,1,x,>,1,1,z"]);
        CollectionAssert.AreEquivalent(new[] { "4|1|y", "1|1|z" }, rows);
    }

    [TestMethod]
    [DataRow("UPDATE,t,1,8,>,1,9", "a row of table \"t\" is not as the image before says: column \"n\" differs")]
    [DataRow("DELETE,t,1,", "a row of table \"t\" is not as the image before says: column \"n\" differs")]
    [DataRow("DELETE,t,0,7", "table \"t\" has no row with the key of the image before")]
    [DataRow("DELETE,t,,7", "table \"t\" has no row with the key of the image before")]
    public void A_row_that_is_not_as_the_image_says_is_not_taken_for_it(string body, string reason)
    {
        Log.Commit(Table("int"), "INSERT,t,1,7").Flush().Commit(body).Flush();
        StringAssert.Contains(Refused().Message, reason);
    }

    [TestMethod]
    public void The_first_column_that_differs_is_named()
    {
        Log.Commit("TABLE,t,\"COLUMNS:a:int,k:int,b:int\",CONSTRAINT:t_key PRIMARY KEY (k)", "INSERT,t,1,1,1").Flush().Commit("DELETE,t,2,1,2").Flush();
        StringAssert.Contains(Refused().Message, "column \"a\" differs");
    }

    [TestMethod]
    public void Without_a_key_any_column_tells_a_row_from_others()
    {
        string[] rows = RowsAfter("notes", [Notes, "INSERT,notes,1,a", "INSERT,notes,1,", "INSERT,notes,,a", "INSERT,notes,1,\"\"", "INSERT,notes,2,a"],
            ["DELETE,notes,1,"], ["UPDATE,notes,,a,>,,b"], ["DELETE,notes,2,a"], ["UPDATE,notes,1,\"\",>,1,c"]);
        CollectionAssert.AreEqual(new[] { "1|a", "NULL|b", "1|c" }, rows);
    }

    [TestMethod]
    [DataRow("DELETE,notes,1,b")]
    [DataRow("DELETE,notes,2,a")]
    [DataRow("DELETE,notes,,a")]
    [DataRow("UPDATE,notes,1,A,>,1,b")]
    public void Without_a_key_a_row_that_is_not_there_is_not_found(string body)
    {
        Log.Commit(Notes, "INSERT,notes,1,a").Flush().Commit(body).Flush();
        StringAssert.Contains(Refused().Message, "table \"notes\" has no row that is as the image before says");
    }

    [TestMethod]
    public void Rows_that_come_after_the_first_search_are_found_too()
    {
        string[] rows = RowsAfter("notes", [Notes, "INSERT,notes,1,a", "INSERT,notes,2,b"], ["DELETE,notes,1,a"], ["INSERT,notes,3,c", "INSERT,notes,3,c", "INSERT,notes,4,d"],
            ["DELETE,notes,3,c,2"], ["UPDATE,notes,4,d,>,5,e"], ["UPDATE,notes,5,e,>,6,f"], ["DELETE,notes,3,c"]);
        CollectionAssert.AreEqual(new[] { "2|b", "6|f" }, rows);
    }

    [TestMethod]
    public void What_a_transaction_has_made_is_not_what_it_takes_away()
    {
        Log.Commit(Notes, "INSERT,notes,1,a").Flush().Commit("UPDATE,notes,1,a,>,2,b", "DELETE,notes,2,b").Flush();
        StringAssert.Contains(Refused().Message, "has no row that is as the image before says");
    }

    [TestMethod]
    public void Nor_is_a_row_that_it_puts_in()
    {
        Log.Commit(Notes, "INSERT,notes,9,z").Flush().Commit("INSERT,notes,1,a", "DELETE,notes,1,a").Flush();
        StringAssert.Contains(Refused().Message, "has no row that is as the image before says");
    }

    [TestMethod]
    [DataRow(1, 2, 3)]
    [DataRow(5, 3, 1)]
    [DataRow(2, 4, 5)]
    [DataRow(3, 2)]
    [DataRow(4, 1)]
    [DataRow(1, 4)]
    [DataRow(2, 5, 3)]
    [DataRow(1, 5, 3)]
    [DataRow(4, 2, 3)]
    [DataRow(5, 4, 3, 2, 1)]
    public void Places_among_equal_rows_are_those_of_when_the_transaction_began(params int[] places)
    {
        // Five equal rows, a different one behind each.
        string[] inserts = [.. Enumerable.Range(1, 5).SelectMany(i => new[] { "INSERT,notes,1,a", $"INSERT,notes,{i + 1},behind" })];
        string[] deletes = [.. places.Select(place => place == 1 ? "DELETE,notes,1,a" : $"DELETE,notes,1,a,{place}")];
        string[] expected = [.. Enumerable.Range(1, 5).SelectMany(i => places.Contains(i) ? new[] { $"{i + 1}|behind" } : ["1|a", $"{i + 1}|behind"])];
        CollectionAssert.AreEqual(expected, RowsAfter("notes", [Notes, .. inserts], deletes));
    }

    [TestMethod]
    public void Places_count_anew_in_the_next_transaction()
    {
        string[] inserts = [.. Enumerable.Range(1, 5).SelectMany(i => new[] { "INSERT,notes,1,a", $"INSERT,notes,{i + 1},behind" })];
        string[] rows = RowsAfter("notes", [Notes, .. inserts], ["DELETE,notes,1,a,2", "UPDATE,notes,1,a,4,>,1,b"], ["DELETE,notes,1,a,2", "DELETE,notes,1,b"]);
        CollectionAssert.AreEqual(new[] { "1|a", "2|behind", "3|behind", "4|behind", "5|behind", "1|a", "6|behind" }, rows);
    }

    [TestMethod]
    public void A_row_that_was_changed_and_changed_back_counts_once()
    {
        string[] rows = RowsAfter("notes", [Notes, "INSERT,notes,1,a", "INSERT,notes,9,between", "INSERT,notes,1,a", "INSERT,notes,8,behind"],
            ["UPDATE,notes,1,a,>,2,b"], ["UPDATE,notes,2,b,>,1,a"], ["DELETE,notes,9,between"], ["INSERT,notes,7,x"], ["DELETE,notes,7,x"], ["UPDATE,notes,1,a,2,>,3,second"]);
        CollectionAssert.AreEqual(new[] { "1|a", "3|second", "8|behind" }, rows);
    }
}
