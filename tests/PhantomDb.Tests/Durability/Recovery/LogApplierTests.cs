using Microsoft.VisualStudio.TestTools.UnitTesting;
using PhantomDb.Catalog;
using PhantomDb.Durability;
using PhantomDb.Durability.Log;
using PhantomDb.Durability.Recovery;
using PhantomDb.Errors;

namespace PhantomDb.Tests.Durability.Recovery;

[TestClass]
public class LogApplierTests : RecoveryTest
{
    [TestMethod]
    public void Rows_are_inserted_changed_and_removed()
    {
        string[] rows = RowsAfter("users",
            [Users, "INSERT,users,1,Ann", "INSERT,users,2,", "INSERT,users,3,\"\""],
            ["UPDATE,users,2,,>,2,\"Bob, jr\""], ["DELETE,users,1,Ann"], ["INSERT,users,4,a\\nb"], ["UPDATE,users,4,a\\nb,>,4,"]);

        CollectionAssert.AreEquivalent(new[] { "2|Bob, jr", "3|", "4|NULL" }, rows);
    }

    [TestMethod]
    public void Images_before_go_out_before_images_after_come_in()
    {
        string[] rows = RowsAfter("users",
            [Users, "INSERT,users,1,a", "INSERT,users,2,b", "INSERT,users,3,c"],
            ["UPDATE,users,1,a,>,2,a", "UPDATE,users,2,b,>,3,b", "UPDATE,users,3,c,>,4,c"],     // id + 1
            ["UPDATE,users,2,a,>,3,a", "UPDATE,users,3,b,>,2,b"],                              // swapped
            ["INSERT,users,4,new", "DELETE,users,4,c"]);                                       // a key given up behind its taking

        CollectionAssert.AreEquivalent(new[] { "3|a", "2|b", "4|new" }, rows);
    }

    [TestMethod]
    public void A_transaction_larger_than_a_chunk_may_give_its_keys_up_at_its_end()
    {
        const int Count = 5000;
        Log.Commit([Users, .. Enumerable.Range(1, Count).Select(i => $"INSERT,users,{i},old")]);
        Log.Commit([.. Enumerable.Range(1, Count).Select(i => $"INSERT,users,{i},new"), .. Enumerable.Range(1, Count).Select(i => $"DELETE,users,{i},old")]);

        string[] rows = Rows(Recover().Database, "users");

        Assert.HasCount(Count, rows);
        Assert.IsTrue(rows.All(row => row.EndsWith("|new", StringComparison.Ordinal)));
    }

    [TestMethod]
    public void A_table_without_key_keeps_its_order_and_tells_equal_rows_by_their_places()
    {
        string[] rows = RowsAfter("notes",
            [Notes, "INSERT,notes,1,a", "INSERT,notes,2,b", "INSERT,notes,1,a", "INSERT,notes,3,c", "INSERT,notes,1,a"],
            ["UPDATE,notes,2,b,>,2,B", "DELETE,notes,1,a,2"],                                  // the one in the middle
            ["INSERT,notes,9,z", "UPDATE,notes,1,a,>,7,first", "UPDATE,notes,1,a,3,>,8,last"]);   // places as they were before both

        CollectionAssert.AreEqual(new[] { "7|first", "2|B", "3|c", "8|last", "9|z" }, rows);
    }

    [TestMethod]
    public void A_row_that_a_transaction_makes_equal_to_another_is_not_the_one_that_it_takes_out()
    {
        string[] rows = RowsAfter("notes",
            [Notes, "INSERT,notes,1,a", "INSERT,notes,2,b"],
            ["UPDATE,notes,1,a,>,2,b", "UPDATE,notes,2,b,>,3,c"]);

        CollectionAssert.AreEqual(new[] { "2|b", "3|c" }, rows);
    }

    [TestMethod]
    public void Of_equal_rows_the_last_serves_where_others_have_taken_some_meanwhile()
    {
        string[] rows = RowsAfter("notes", [Notes, "INSERT,notes,1,a", "INSERT,notes,1,a", "INSERT,notes,2,b"], ["DELETE,notes,1,a"], ["UPDATE,notes,1,a,2,>,3,c"]);

        CollectionAssert.AreEqual(new[] { "3|c", "2|b" }, rows);
    }

    [TestMethod]
    [DataRow("UPDATE,users,1,Anna,>,1,Bob", "column \"name\" differs")]
    [DataRow("UPDATE,users,2,Ann,>,2,Bob", "no row with the key")]
    [DataRow("DELETE,users,1,", "column \"name\" differs")]
    [DataRow("INSERT,users,1,Ann", "breaks a unique key")]
    [DataRow("INSERT,users,,Ann", "is NULL where it must not be")]
    [DataRow("INSERT,users,2", "does not fit the 2 columns")]
    [DataRow("INSERT,users,two,Ann", "invalid input syntax")]
    [DataRow("INSERT,nobody,1", "does not exist")]
    [DataRow("UPDATE,users,1,Ann,1,Bob", "does not fit")]
    [DataRow("DELETE,notes,1,b", "no row that is as the image before says")]
    [DataRow("DELETE,notes,1,a,x", "place among equal rows")]
    [DataRow("DELETE,notes,1,a,1", "place among equal rows")]
    [DataRow("TABLE,users,COLUMNS:id:int", "is not the one that the table has")]
    [DataRow("DROP,nobody,TABLE", "does not exist")]
    [DataRow("ALTER,users,\"COLUMNS:id:int,x:int\",\"FROM:id,name\"", "has another type")]
    [DataRow("TABLE,other,COLUMNS:id:int,WHAT:x", "not known here")]
    [DataRow("SETTING,,work_mem", "1 values")]   // fuzz readers, seed 20261121, number 3794
    [DataRow("SETTING,", "0 values")]
    [DataRow("LOAD,users", "values file")]
    public void What_does_not_fit_the_database_is_damage_with_its_place(string body, string reason)
    {
        Log.Commit(Users, Notes, "INSERT,users,1,Ann", "INSERT,notes,1,a").Flush().Commit(body).Flush();

        PhantomDbException error = Refused();

        StringAssert.Contains(error.Message, reason);
        StringAssert.StartsWith(error.Where, $"{ActivePath}, line 7, byte offset ");
        StringAssert.EndsWith(error.Where, "LSN 5");
    }

    [TestMethod]
    public void A_key_that_comes_twice_is_told_with_the_place_of_the_second_however_late_it_shows()
    {
        Log.Commit(Users).Commit("INSERT,users,1,a").Commit("INSERT,users,1,b").Commit("INSERT,users,2,c").Flush();

        StringAssert.EndsWith(Refused().Where, "LSN 3");
    }

    [TestMethod]
    public void Tables_are_altered_with_their_rows()
    {
        Log.Commit(Users, "INSERT,users,1,Ann", "INSERT,users,2,Bob");
        Log.Commit("ALTER,users,\"COLUMNS:key:int,name:string,age:int,note:string\",NOTNULL:age,CONSTRAINT:users_pkey PRIMARY KEY (key),INDEX:by_age (age),\"FROM:id,name,=18,\"\"\"\"\"",
            "INSERT,users,3,Cy,20,x");
        Log.Commit("UPDATE,users,1,Ann,18,,>,1,Ann,19,");

        RecoveredDatabase recovered = Recover();

        CollectionAssert.AreEquivalent(new[] { "1|Ann|19|NULL", "2|Bob|18|NULL", "3|Cy|20|x" }, Rows(recovered.Database, "users"));
        TableDefinition table = recovered.Database.Catalog.FindTable("public", "users")!;
        Assert.HasCount(2, table.Indexes);
        Assert.AreEqual("key", table.Columns[table.IndexOfNumber(table.PrimaryKey!.Columns[0])].Name);
    }

    [TestMethod]
    public void Definitions_of_every_kind_are_applied()
    {
        Log.Commit("SCHEMA,app,\"COMMENT:SCHEMA,the app\"", "SEQUENCE,app.s,SEQUENCE:app.s AS bigint START 1 INCREMENT 1 MINVALUE 1 MAXVALUE 99 CACHE 1 LAST 32 CALLED",
            "TABLE,app.a,\"COLUMNS:id:int,b_id:int\",\"IDENTITY:id,ALWAYS,app.a_id_seq\",SEQUENCE:app.a_id_seq AS integer START 1 INCREMENT 1 MINVALUE 1 MAXVALUE 9 CACHE 1 OWNED BY id LAST 1,"
                + "CONSTRAINT:a_pkey PRIMARY KEY (id),CONSTRAINT:a_b FOREIGN KEY (b_id) REFERENCES app.b (id)",
            "TABLE,app.b,COLUMNS:id:int,CONSTRAINT:b_pkey PRIMARY KEY (id),CONSTRAINT:b_check CHECK (id > 0)", "VIEW,app.v,COLUMNS:n:bigint,\"USES:app.a,app.b\",QUERY:SELECT count(*) AS n FROM app.a",
            "INSERT,app.b,1", "INSERT,app.a,1,1");
        Log.Commit("SEQUENCE,app.a_id_seq,SEQUENCE:app.a_id_seq AS integer START 1 INCREMENT 1 MINVALUE 1 MAXVALUE 9 CACHE 1 LAST 5 CALLED");
        Log.Commit("RENAME,app.s,SEQUENCE,app.counter", "RENAME,app.v,VIEW,app.w");
        Log.Commit(Users, "INSERT,users,1,x");
        Log.Commit("TRUNCATE,users").Commit("RENAME,users,TABLE,people").Commit("INSERT,people,2,y").Commit(Notes).Commit("DROP,notes,TABLE").Commit("PHANTOMDB_COMMIT,").Commit("MAINTENANCE,,user=admin");

        RecoveredDatabase recovered = Recover();

        Assert.AreEqual("""
            # PhantomDB Database File
            # Database: my_database
            # Format: CSV
            # PhantomDB Version: 1

            [SCHEMA:app]
            COMMENT:SCHEMA,the app

            [SEQUENCE:app.counter]
            SEQUENCE:app.counter AS bigint START 1 INCREMENT 1 MINVALUE 1 MAXVALUE 99 CACHE 1 LAST 32 CALLED

            [TABLE:app.a]
            COLUMNS:id:int,b_id:int
            IDENTITY:id,ALWAYS,app.a_id_seq
            SEQUENCE:app.a_id_seq AS integer START 1 INCREMENT 1 MINVALUE 1 MAXVALUE 9 CACHE 1 OWNED BY id LAST 5 CALLED
            CONSTRAINT:a_pkey PRIMARY KEY (id)
            CONSTRAINT:a_b FOREIGN KEY (b_id) REFERENCES app.b (id)
            DATA:id,b_id
            ROW:1,1

            [TABLE:app.b]
            COLUMNS:id:int
            CONSTRAINT:b_pkey PRIMARY KEY (id)
            CONSTRAINT:b_check CHECK (id > 0)
            DATA:id
            ROW:1

            [TABLE:people]
            COLUMNS:id:int,name:string
            CONSTRAINT:users_pkey PRIMARY KEY (id)
            DATA:id,name
            ROW:2,y

            [VIEW:app.w]
            COLUMNS:n:bigint
            USES:app.a,app.b
            QUERY:SELECT count(*) AS n FROM app.a

            """.ReplaceLineEndings("\n"), Content(recovered));
    }

    [TestMethod]
    public void Random_transactions_give_what_a_model_has()
    {
        int seed = Environment.GetEnvironmentVariable("PHANTOMDB_SEED") is { } text ? int.Parse(text, System.Globalization.CultureInfo.InvariantCulture) : Random.Shared.Next();
        var random = new Random(seed);
        SortedDictionary<int, string> users = [];
        List<(int Number, string Text)> notes = [];
        Log.Commit(Users, Notes);
        for (int i = 0; i < 2000; i++)
        {
            List<string> bodies = [];
            AddUserChanges(random, users, bodies);
            bodies = [.. bodies.OrderBy(_ => random.Next())];   // in any order: images before go out first
            AddNoteChanges(random, notes, bodies);
            if (bodies.Count > 0)
            {
                Log.Commit([.. bodies]);
            }
            if (random.Next(200) == 0)
            {
                Log.Rotate();
                Log.Commit(Users, Notes);
            }
            if (random.Next(400) == 0)
            {
                SaveAs(random.Next(2) == 0 ? Path : $"/data/shop_snapshot_20261121_{120000 + i}", Recover(new RecoveryOptions { IsReadOnly = true }));
            }
        }

        RecoveredDatabase recovered = Recover();

        CollectionAssert.AreEqual(users.Select(u => $"{u.Key}|{u.Value}").ToArray(), Rows(recovered.Database, "users").OrderBy(r => int.Parse(r.Split('|')[0], System.Globalization.CultureInfo.InvariantCulture)).ToArray(), $"seed {seed}");
        CollectionAssert.AreEqual(notes.Select(n => $"{n.Number}|{n.Text}").ToArray(), Rows(recovered.Database, "notes"), $"seed {seed}");
        Assert.AreEqual(Log.NextLsn - 1, recovered.Report.LastLsn);
        Assert.AreEqual(RecoveryVerdict.Clean, recovered.Report.Verdict);
    }

    // Net changes: each row at most once, keys taken from each other.
    private static void AddUserChanges(Random random, SortedDictionary<int, string> users, List<string> bodies)
    {
        int[] touched = [.. users.Keys.Where(_ => random.Next(20) == 0)];
        List<(int Key, string Name)> after = [];
        foreach (int key in touched)
        {
            string old = users[key];
            users.Remove(key);
            if (random.Next(3) == 0)
            {
                bodies.Add($"DELETE,users,{key},{old}");
                continue;
            }
            after.Add((key, old));
        }
        int[] keys = [.. after.Select(a => a.Key).OrderBy(_ => random.Next())];
        for (int i = 0; i < after.Count; i++)
        {
            int key = keys[i];
            string name = $"n{random.Next(1000)}";
            if (key == after[i].Key && name == after[i].Name)
            {
                name += "x";
            }
            bodies.Add($"UPDATE,users,{after[i].Key},{after[i].Name},>,{key},{name}");
            users.Add(key, name);
        }
        for (int i = random.Next(4); i > 0; i--)
        {
            int key = random.Next(300);
            if (users.TryAdd(key, $"new{i}"))
            {
                bodies.Add($"INSERT,users,{key},new{i}");
            }
        }
    }

    private static void AddNoteChanges(Random random, List<(int Number, string Text)> notes, List<string> bodies)
    {
        (int Number, string Text)[] before = [.. notes];
        List<(int, string)> after = [];
        for (int i = 0; i < before.Length; i++)
        {
            int equal = before[..i].Count(n => n == before[i]);
            string end = equal == 0 ? "" : $",{equal + 1}";
            string image = $"{before[i].Number},{before[i].Text}";
            switch (random.Next(40))
            {
                case 0:
                    bodies.Add($"DELETE,notes,{image}{end}");
                    break;
                case 1:
                    (int Number, string Text) changed = (before[i].Number + 1, before[i].Text);
                    bodies.Add($"UPDATE,notes,{image}{end},>,{changed.Number},{changed.Text}");
                    after.Add(changed);
                    break;
                default:
                    after.Add(before[i]);
                    break;
            }
        }
        for (int i = random.Next(3); i > 0; i--)
        {
            (int Number, string Text) added = (random.Next(4), random.Next(2) == 0 ? "a" : "a text that is longer than a view");
            bodies.Add($"INSERT,notes,{added.Number},{added.Text}");
            after.Add(added);
        }
        notes.Clear();
        notes.AddRange(after);
    }

    [TestMethod]
    public void A3_settings_are_those_of_the_last_records_about_them()
    {
        Log.Commit(Users, "SETTING,,work_mem,8MB", "SETTING,,app.a,\"x, y\"").Commit("SETTING,,app.a,").Commit("SETTING,,WORK_MEM,9MB", "SETTING,,app.b,\"\"");
        CollectionAssert.AreEqual(new[] { "app.b=", "work_mem=9MB" },
            Recover().Database.Catalog.Settings.Select(setting => $"{setting.Key.ToLowerInvariant()}={setting.Value}").ToArray());
    }

    // Of the active segment alone.
    private LogApplier Apply(LoadedDatabase database)
    {
        Log.Save();
        var applier = new LogApplier(database, LoadTarget.New, Disk);
        using Stream stream = Disk.OpenRead(ActivePath);
        var reader = new LogReader(ActivePath, stream);
        while (reader.Read())
        {
            applier.Apply(reader, ActivePath);
        }
        return applier;
    }

    [TestMethod]
    public void What_was_applied_is_counted_without_the_logs_own_notes()
    {
        Log.Commit(Users, "INSERT,users,1,a").Commit("SYNC,").Commit("MAINTENANCE,,user=admin").Commit("CLOSE,");
        LogApplier applier = Apply(SalvagedBase.Empty(Log.Id, LoadTarget.New));
        Assert.AreEqual((5L, 2L, 5L), (applier.RecordCount, applier.TransactionCount, applier.LastLsn));
        LoadedDatabase finished = applier.Finish();
        Assert.AreEqual(5, finished.Lsn);
        Assert.AreSame(applier.Catalog, finished.Catalog);
    }

    [TestMethod]
    public void The_LSN_is_that_of_the_last_whole_transaction()
    {
        LoadedDatabase database = SalvagedBase.Empty(Log.Id, LoadTarget.New) with { Lsn = 41 };
        Assert.AreEqual(41, new LogApplier(database, LoadTarget.New, Disk).LastLsn);
        Log.Commit(Users).Commit("INSERT,users,1,a", "INSERT,users,2,b");
        Log.Save();
        var applier = new LogApplier(database, LoadTarget.New, Disk);
        var reader = new LogReader(ActivePath, new MemoryStream(Disk.Files[ActivePath]));
        long[] lsns = [1, 1, 3];
        foreach (long lsn in lsns)
        {
            reader.Read();
            applier.Apply(reader, ActivePath);
            Assert.AreEqual(lsn, applier.LastLsn);
        }
        Assert.AreEqual(2, applier.TransactionCount);
    }

    [TestMethod]
    public void Records_that_are_passed_over_say_nothing_but_how_far_the_log_is()
    {
        Log.Commit(Users).Commit("INSERT,users,1,a", "DELETE,nobody,1").Commit("INSERT,users,2,b");
        Log.Save();
        var applier = new LogApplier(SalvagedBase.Empty(Log.Id, LoadTarget.New), LoadTarget.New, Disk);
        var reader = new LogReader(ActivePath, new MemoryStream(Disk.Files[ActivePath]));
        reader.Read();
        applier.Apply(reader, ActivePath);
        reader.Read();
        applier.PassOver(reader);
        Assert.AreEqual(1, applier.LastLsn);
        reader.Read();
        applier.PassOver(reader);
        Assert.AreEqual(3, applier.LastLsn);
        reader.Read();
        applier.Apply(reader, ActivePath);
        CollectionAssert.AreEqual(new[] { "2|b" }, Rows(applier.Finish(), "users"));
        Assert.AreEqual((2L, 2L), (applier.RecordCount, applier.TransactionCount));
    }

    [TestMethod]
    [DataRow("INSERT,users,1,b", SqlStates.DataCorrupted)]
    [DataRow("INSERT,users,x,b", "22P02")]
    [DataRow("DELETE,users,2,b", SqlStates.DataCorrupted)]
    [DataRow("DROP,nobody,TABLE", SqlStates.DataCorrupted)]
    [DataRow("ALTER,users,\"COLUMNS:id:int,name:string,n:int\",\"FROM:id,name,=x\"", "22P02")]
    public void An_error_says_what_is_wrong_where_and_what_to_do(string body, string sqlState)
    {
        Log.Commit(Users, "INSERT,users,1,a").Flush().Commit(body).Flush();
        PhantomDbException error = Refused();
        Assert.AreEqual((sqlState, Error.RepairHint), (error.SqlState, error.Hint));
        StringAssert.StartsWith(error.Message, $"the log \"{ActivePath}\" does not fit the database: ");
        StringAssert.Matches(error.Where, new($"^{ActivePath}, line 5, byte offset [0-9]+, LSN 3$"));
        Assert.IsNotNull(error.InnerException);
    }

    [TestMethod]
    public void A_table_of_the_same_name_may_be_another_one()
    {
        Log.Commit(Users, "INSERT,users,1,a").Commit("DROP,users,TABLE", "TABLE,users,COLUMNS:n:int", "INSERT,users,7").Commit("RENAME,users,TABLE,people", Users, "INSERT,users,2,b", "INSERT,people,8");
        RecoveredDatabase recovered = Recover();
        CollectionAssert.AreEqual(new[] { "2|b" }, Rows(recovered.Database, "users"));
        CollectionAssert.AreEqual(new[] { "7", "8" }, Rows(recovered.Database, "people"));
        Log.Commit("DROP,people,TABLE").Flush().Commit("INSERT,people,9").Flush();
        StringAssert.Contains(Refused().Message, "table people does not exist");
    }

    [TestMethod]
    public void Tables_are_told_apart_by_their_whole_names()
    {
        Log.Commit("SCHEMA,app", "TABLE,\"\"\"T\"\"\",COLUMNS:n:int", "TABLE,t,COLUMNS:n:int", "TABLE,app.t,COLUMNS:n:int", "TABLE,tt,COLUMNS:n:int",
            "INSERT,t,1", "INSERT,\"\"\"T\"\"\",2", "INSERT,app.t,3", "INSERT,tt,4", "INSERT,t,5", "INSERT,t,6", "INSERT,public.t,7");
        LoadedDatabase recovered = Recover().Database;
        CollectionAssert.AreEquivalent(new[] { "1", "5", "6", "7" }, Rows(recovered, "t"));
        CollectionAssert.AreEqual(new[] { "2" }, Rows(recovered, "T"));
        CollectionAssert.AreEqual(new[] { "4" }, Rows(recovered, "tt"));
        Assert.AreEqual(1, recovered.Storage.GetTable(recovered.Catalog.FindTable("app", "t")!.Oid).RowCount);
    }

    [TestMethod]
    public void A_setting_is_text_or_taken_back()
    {
        Log.Commit("SETTING,,work_mem,\"\"", "SETTING,,app.a,1").Commit("SETTING,,app.a,");
        Assert.AreEqual("work_mem=", string.Join(',', Recover().Database.Catalog.Settings.Select(s => $"{s.Key}={s.Value}")));
    }
}
