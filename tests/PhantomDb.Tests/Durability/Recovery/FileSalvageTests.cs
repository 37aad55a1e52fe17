using System.Text;
using Microsoft.VisualStudio.TestTools.UnitTesting;
using PhantomDb.Durability;
using PhantomDb.Durability.Recovery;
using PhantomDb.Storage;

namespace PhantomDb.Tests.Durability.Recovery;

/// <summary>What can be proved of a damaged database file, and what is said of the rest.</summary>
[TestClass]
public sealed class FileSalvageTests : DatabaseFileTest
{
    private static readonly Guid Id = new("6f1c0000000000000000000000000001");

    private const string Two = """
        # PhantomDB Version: 1

        [TABLE:a]
        COLUMNS:id:int,name:string
        DATA:id,name
        ROW:1,one
        ROW:2,two

        [TABLE:b]
        COLUMNS:id:int
        DATA:id
        ROW:7

        """;

    private static string Family(string parent, string key, string quotedParent, string quotedKey) => $"""
        # PhantomDB Version: 1

        {(parent == quotedParent ? $"[TABLE:{parent}]" : $"\"[TABLE:{quotedParent}]\"")}
        COLUMNS:id:int
        CONSTRAINT:parent_pkey PRIMARY KEY (id)
        DATA:id
        ROW:1
        ROW:2

        [TABLE:child]
        COLUMNS:id:int,parent:int
        CONSTRAINT:child_check CHECK (id > 0)
        {(parent == quotedParent ? $"CONSTRAINT:{key} FOREIGN KEY (parent) REFERENCES {parent} (id)" : $"\"CONSTRAINT:{quotedKey} FOREIGN KEY (parent) REFERENCES {quotedParent} (id)\"")}
        COMMENT:CONSTRAINT,{(key == quotedKey ? key : $"\"{quotedKey}\"")},whose child it is
        COMMENT:CONSTRAINT,child_check,no zero
        DATA:id,parent
        ROW:10,1
        ROW:11,2

        """;

    private static string Plain => Family("parent", "child_fkey", "parent", "child_fkey");

    private static string Quoted => Family("\"Parent\"", "\"Child key\"", "\"\"Parent\"\"", "\"\"Child key\"\"");

    private static DatabaseFileOptions Options(bool isSealed) => new() { GeneratedAt = DateTime.UnixEpoch, Sealed = isSealed };

    // The text as a sealed file, as it is written.
    private void Seal(string text)
    {
        LoadedDatabase loaded = Load(text);
        DatabaseFileWriter.Write(new DatabaseContent("shop", loaded.Catalog, loaded.Storage, ReadView.Latest) { Id = Id, Timeline = 3, Lsn = 41 }, Path, Options(isSealed: true), Disk);
    }

    private string File => Encoding.Latin1.GetString(Disk.Files[Path]);

    private int Change(string text, int within = 0)
    {
        byte[] bytes = [.. Disk.Files[Path]];
        int at = File.IndexOf(text, StringComparison.Ordinal) + within;
        Assert.IsGreaterThanOrEqualTo(within, at, text);
        bytes[at] ^= 1;
        Disk.Files[Path] = bytes;
        return at;
    }

    private (LoadedDatabase Database, string[] Losses) Run()
    {
        var (database, losses) = FileSalvage.Run(Path, Disk)!.Value;
        return (database, [.. losses]);
    }

    private static string TextOf(LoadedDatabase loaded)
    {
        var disk = new MemoryFileSystem();
        DatabaseFileWriter.Write(Content(loaded), Path, Options(isSealed: false), disk);
        string text = Encoding.UTF8.GetString(disk.Files[Path]);
        return text[(text.IndexOf("\n\n", StringComparison.Ordinal) + 2)..];
    }

    private static string SectionsOf(string text) => text.ReplaceLineEndings("\n")["# PhantomDB Version: 1\n\n".Length..];

    [TestMethod]
    public void A_whole_file_gives_all_and_says_who_it_is()
    {
        Seal(Varied);
        string[] sections = [.. File.Split('\n').Where(line => line.StartsWith("ROW:", StringComparison.Ordinal))];
        (LoadedDatabase database, string[] losses) = Run();
        Assert.IsEmpty(losses);
        Assert.AreEqual((Id, 3, 41L, true, true), (database.Id, database.Timeline, database.Lsn, database.IsSealed, database.IsProved));
        Assert.AreEqual(TextOf(Load(Varied)), TextOf(database));
        Assert.HasCount(2, sections);
    }

    [TestMethod]
    [DataRow("Timeline: 3")]
    [DataRow("# PhantomDB Version")]
    [DataRow("# Database")]
    public void Without_its_header_a_file_has_all_its_content_and_does_not_say_whose(string text)
    {
        foreach (string content in (string[])[Two, Quoted])
        {
            Seal(content);
            Change(text);
            (LoadedDatabase database, string[] losses) = Run();
            Assert.IsEmpty(losses);
            Assert.AreEqual((Guid.Empty, 1, 0L), (database.Id, database.Timeline, database.Lsn));
            Assert.AreEqual(TextOf(Load(content)), TextOf(database));
        }
    }

    [TestMethod]
    [DataRow("Trailer")]
    [DataRow("# End")]
    [DataRow("# Section: 1")]
    public void Without_its_end_a_file_gives_the_sections_that_are_whole_and_what_stood_behind_is_not_known(string text)
    {
        Seal(Two);
        Change(text);
        (LoadedDatabase database, string[] losses) = Run();
        Assert.AreEqual(SectionsOf(Two), TextOf(database));
        Assert.AreEqual($"sections of \"{Path}\" that are not there any more, if there were any: the list of them at the file's end is damaged or missing", losses.Single());

        Change("ROW:2");
        int offset = File.IndexOf("[TABLE:a]", StringComparison.Ordinal), line = File[..offset].Count(c => c == '\n') + 1;
        (database, losses) = Run();
        CollectionAssert.AreEqual(new[] { "7" }, Rows(database, "b"));
        Assert.IsNull(database.Catalog.FindTable("public", "a"));
        Assert.HasCount(2, losses);
        Assert.AreEqual($"[TABLE:a]: it does not match its checksum (line {line}, byte offset {offset})", losses[0]);
    }

    [TestMethod]
    public void Without_end_and_beginning_too()
    {
        foreach (string content in (string[])[Two, Quoted])
        {
            Assert.AreEqual(TextOf(Load(content)), TextOf(Salvaged(content)));
        }

        LoadedDatabase Salvaged(string content)
        {
            Seal(content);
            Change("# PhantomDB Version");
            Change("Trailer");
            (LoadedDatabase database, string[] losses) = Run();
            Assert.HasCount(1, losses);
            return database;
        }
    }

    [TestMethod]
    public void A_file_that_is_cut_gives_what_stands_before_the_cut()
    {
        Seal(Two);
        Disk.Files[Path] = Disk.Files[Path][..File.IndexOf("DATA:id\n", StringComparison.Ordinal)];
        (LoadedDatabase database, string[] losses) = Run();
        CollectionAssert.AreEqual(new[] { "1|one", "2|two" }, Rows(database, "a"));
        Assert.HasCount(2, losses);
        StringAssert.StartsWith(losses[0], "[TABLE:b]: it does not match its checksum");
    }

    [TestMethod]
    public void A_file_with_a_hole_gives_what_stands_before_it()
    {
        Seal(Two);
        int from = File.IndexOf("[TABLE:b]", StringComparison.Ordinal), to = File.IndexOf("# Section: 1", StringComparison.Ordinal);
        byte[] bytes = Disk.Files[Path];
        Disk.Files[Path] = [.. bytes[..from], .. bytes[(to - 1)..]];
        (LoadedDatabase database, string[] losses) = Run();
        CollectionAssert.AreEqual(new[] { "1|one", "2|two" }, Rows(database, "a"));
        Assert.HasCount(1, losses);
        StringAssert.EndsWith(losses[0], $"with 1 row: its definition is damaged (byte offset {from})");

        // Of the first section, too, but for its definition.
        int rows = bytes.AsSpan().IndexOf("ROW:1"u8);
        Disk.Files[Path] = [.. bytes[..rows], .. bytes[to..]];
        (database, losses) = Run();
        Assert.IsEmpty(Rows(database, "a"));
        Assert.HasCount(2, losses);
        StringAssert.StartsWith(losses[0], $"[TABLE:a], rows 1 to 2: bytes {rows} to ");
    }

    [TestMethod]
    public void Sections_behind_a_hole_are_found_from_the_end()
    {
        Seal(Two);
        int from = File.IndexOf("one", StringComparison.Ordinal), to = File.IndexOf("two", StringComparison.Ordinal);
        Disk.Files[Path] = [.. Disk.Files[Path][..from], .. Disk.Files[Path][to..]];
        (LoadedDatabase database, string[] losses) = Run();
        Assert.IsEmpty(Rows(database, "a"));
        CollectionAssert.AreEqual(new[] { "7" }, Rows(database, "b"));
        StringAssert.StartsWith(losses.Single(), "[TABLE:a], rows 1 to 2: bytes ");
    }

    [TestMethod]
    public void Blocks_of_a_table_are_found_before_a_hole_and_behind_it()
    {
        const int BlockRows = 16_384, Count = 3 * BlockRows;
        Seal($"# PhantomDB Version: 1\n\n[TABLE:t]\nCOLUMNS:id:int\nDATA:id\n{string.Concat(Enumerable.Range(1, Count).Select(i => $"ROW:{i}\n"))}");
        int from = File.IndexOf($"ROW:{BlockRows + 1}\n", StringComparison.Ordinal), hole = File.IndexOf($"ROW:{BlockRows + 100}\n", StringComparison.Ordinal);
        int to = File.IndexOf($"ROW:{(2 * BlockRows) + 1}\n", StringComparison.Ordinal) - 1;
        Disk.Files[Path] = [.. Disk.Files[Path][..hole], .. Disk.Files[Path][(hole + 50)..]];
        (LoadedDatabase database, string[] losses) = Run();
        Assert.AreEqual($"[TABLE:t], rows {BlockRows + 1} to {2 * BlockRows}: bytes {from} to {to} do not match their checksum", losses.Single());
        CollectionAssert.AreEqual(Enumerable.Range(1, Count).Where(i => i is <= BlockRows or > 2 * BlockRows).Select(i => $"{i}").ToArray(), Rows(database, "t"));
    }

    [TestMethod]
    [DataRow("# PhantomDB Version", 0)]
    [DataRow("\n\n[TABLE:a]", 0)]
    [DataRow("\n\n[TABLE:a]", 1)]
    public void Where_header_and_rows_are_damaged_the_definition_and_other_rows_stay(string text, int within)
    {
        Seal(Two);
        int start = File.IndexOf("ROW:1", StringComparison.Ordinal), end = File.IndexOf("\n", File.IndexOf("ROW:2", StringComparison.Ordinal), StringComparison.Ordinal);
        Change("ROW:2");
        Change(text, within);
        (LoadedDatabase database, string[] losses) = Run();
        Assert.IsEmpty(Rows(database, "a"));
        CollectionAssert.AreEqual(new[] { "7" }, Rows(database, "b"));
        Assert.AreEqual($"[TABLE:a], rows 1 to 2: bytes {start} to {end} do not match their checksum", losses.Single());
    }

    [TestMethod]
    public void Of_a_file_whose_beginning_is_gone_what_is_left_is_found()
    {
        Seal(Two);
        int from = File.IndexOf("[TABLE:b]", StringComparison.Ordinal), first = File.IndexOf("[TABLE:a]", StringComparison.Ordinal);
        Disk.Files[Path] = Disk.Files[Path][from..];
        (LoadedDatabase database, string[] losses) = Run();
        CollectionAssert.AreEqual(new[] { "7" }, Rows(database, "b"));
        Assert.AreEqual($"the section at byte offset {first - from}, with 2 rows: it is not in the file any more", losses.Single());
    }

    [TestMethod]
    public void Keys_to_tables_without_rows_stay_also_without_the_end_of_the_file()
    {
        const string Empty = "# PhantomDB Version: 1\n\n[TABLE:parent]\nCOLUMNS:id:int\nCONSTRAINT:parent_pkey PRIMARY KEY (id)\n\n"
            + "[TABLE:child]\nCOLUMNS:id:int,parent:int\nCONSTRAINT:child_fkey FOREIGN KEY (parent) REFERENCES parent (id)\nDATA:id,parent\nROW:1,\n";
        Seal(Empty);
        Change("Trailer");
        (LoadedDatabase database, string[] losses) = Run();
        Assert.HasCount(1, losses);
        Assert.AreEqual(TextOf(Load(Empty)), TextOf(database));
    }

    [TestMethod]
    public void The_line_feed_behind_the_header_is_not_needed()
    {
        Seal(Two);
        Change("\n\n[TABLE:a]");
        (LoadedDatabase database, string[] losses) = Run();
        Assert.IsEmpty(losses);
        Assert.AreEqual(SectionsOf(Two), TextOf(database));
    }

    [TestMethod]
    public void What_would_stand_behind_the_end_is_lost()
    {
        Seal(Two.ReplaceLineEndings("\n").Replace("ROW:7\n", string.Concat(Enumerable.Range(1, 500).Select(i => $"ROW:{i}\n")), StringComparison.Ordinal));
        int from = File.IndexOf("[TABLE:b]", StringComparison.Ordinal), to = File.IndexOf("# Section: 1", StringComparison.Ordinal);
        byte[] bytes = Disk.Files[Path];
        Disk.Files[Path] = [.. bytes[..from], .. bytes[to..]];
        (LoadedDatabase database, string[] losses) = Run();
        CollectionAssert.AreEqual(new[] { "1|one", "2|two" }, Rows(database, "a"));
        Assert.AreEqual($"the section at byte offset {from}, with 500 rows: it is not in the file any more", losses.Single());
    }

    [TestMethod]
    [DataRow("COLUMNS:id:int\n", "[TABLE:b], with 1 row: its definition is damaged (byte offset {0})")]
    [DataRow("TABLE:b]", "[UABLE:b], with 1 row: its definition is damaged (byte offset {0})")]
    public void A_section_whose_definition_is_damaged_is_lost(string text, string loss)
    {
        Seal(Two);
        int offset = File.IndexOf("[TABLE:b]", StringComparison.Ordinal);
        Change(text);
        (LoadedDatabase database, string[] losses) = Run();
        CollectionAssert.AreEqual(new[] { "1|one", "2|two" }, Rows(database, "a"));
        Assert.AreEqual(string.Format(System.Globalization.CultureInfo.InvariantCulture, loss, offset), losses.Single());
        Assert.HasCount(1, database.Catalog.Tables);
    }

    [TestMethod]
    public void A_damaged_section_without_rows_is_lost()
    {
        Seal(Varied);
        Change("SEQUENCE:s AS");
        (LoadedDatabase database, string[] losses) = Run();
        StringAssert.StartsWith(losses.Single(), "[SEQUENCE:s], with 0 rows: its definition is damaged");
        Assert.IsEmpty(database.Catalog.Sequences);
        Assert.HasCount(2, database.Catalog.Tables);
    }

    [TestMethod]
    [DataRow(0)]
    [DataRow(1)]
    [DataRow(2)]
    public void Of_a_large_table_a_damaged_block_is_lost_alone(int block)
    {
        const int BlockRows = 16_384, Count = (2 * BlockRows) + 5;
        Seal($"# PhantomDB Version: 1\n\n[TABLE:a]\nCOLUMNS:id:int\nDATA:id\nROW:1\n\n[TABLE:t]\nCOLUMNS:id:int\nDATA:id\n{string.Concat(Enumerable.Range(1, Count).Select(i => $"ROW:{i}\n"))}");
        int first = (block * BlockRows) + 1, last = Math.Min(first + BlockRows - 1, Count);
        int start = File.IndexOf($"ROW:{first}\n", File.IndexOf("[TABLE:t]", StringComparison.Ordinal), StringComparison.Ordinal), end = File.IndexOf($"ROW:{last}\n", start, StringComparison.Ordinal) + $"ROW:{last}\n".Length - 1;
        byte[] bytes = [.. Disk.Files[Path]];
        bytes[start + 4] ^= 1;
        Disk.Files[Path] = bytes;
        (LoadedDatabase database, string[] losses) = Run();
        Assert.AreEqual($"[TABLE:t], rows {first} to {last}: bytes {start} to {end} do not match their checksum", losses.Single());
        CollectionAssert.AreEqual(Enumerable.Range(1, Count).Where(i => i < first || i > last).Select(i => $"{i}").ToArray(), Rows(database, "t"));
        CollectionAssert.AreEqual(new[] { "1" }, Rows(database, "a"));
    }

    [TestMethod]
    [DataRow(false)]
    [DataRow(true)]
    public void Keys_to_a_lost_table_go_with_their_comments_and_their_own_table_stays(bool isQuoted)
    {
        Seal(isQuoted ? Quoted : Plain);
        Change("CONSTRAINT:parent_pkey");
        (LoadedDatabase database, string[] losses) = Run();
        Assert.AreEqual("""
            [TABLE:child]
            COLUMNS:id:int,parent:int
            CONSTRAINT:child_check CHECK (id > 0)
            COMMENT:CONSTRAINT,child_check,no zero
            DATA:id,parent
            ROW:10,1
            ROW:11,2

            """.ReplaceLineEndings("\n"), TextOf(database));
        Assert.HasCount(2, losses);
        Assert.AreEqual($"[TABLE:child], foreign key {(isQuoted ? "\"Child key\"" : "child_fkey")}: the table that it refers to, {(isQuoted ? "\"Parent\"" : "parent")}, is lost", losses[1]);
    }

    [TestMethod]
    [DataRow(false)]
    [DataRow(true)]
    public void Keys_to_lost_rows_are_not_valid_from_then_on(bool isQuoted)
    {
        Seal(isQuoted ? Quoted : Plain);
        Change("ROW:2");
        (LoadedDatabase database, string[] losses) = Run();
        CollectionAssert.AreEqual(new[] { "10|1", "11|2" }, Rows(database, "child"));
        Assert.HasCount(2, losses);
        Assert.AreEqual($"[TABLE:child], foreign key {(isQuoted ? "Child key" : "child_fkey")}: it is NOT VALID now, since rows that it refers to are lost", losses[1]);
        StringAssert.Contains(TextOf(database), isQuoted ? "REFERENCES \"\"Parent\"\" (id) NOT VALID\"\n" : "REFERENCES parent (id) NOT VALID\n");
        StringAssert.Contains(TextOf(database), "whose child it is");
    }

    [TestMethod]
    [DataRow(false)]
    [DataRow(true)]
    public void Keys_whose_partners_are_there_stay_as_they_are(bool isQuoted)
    {
        string content = (isQuoted ? Quoted : Plain) + "\n[TABLE:other]\nCOLUMNS:id:int\nDATA:id\nROW:5\n";
        Seal(content);
        Change("ROW:5");
        (LoadedDatabase database, string[] losses) = Run();
        Assert.AreEqual("[TABLE:other], rows 1 to 1: bytes", losses.Single()[.."[TABLE:other], rows 1 to 1: bytes".Length]);
        Assert.AreEqual(TextOf(Load(content.Replace("ROW:5\n", "", StringComparison.Ordinal))), TextOf(database));
    }

    [TestMethod]
    [DataRow(false)]
    [DataRow(true)]
    public void Keys_go_without_the_end_of_the_file_too(bool isQuoted)
    {
        Seal(isQuoted ? Quoted : Plain);
        Change("CONSTRAINT:parent_pkey");
        Change("Trailer");
        (LoadedDatabase database, string[] losses) = Run();
        Assert.HasCount(3, losses);
        CollectionAssert.AreEqual(new[] { "10|1", "11|2" }, Rows(database, "child"));
        StringAssert.Contains(TextOf(database), "CONSTRAINT:child_check CHECK (id > 0)\nCOMMENT:CONSTRAINT,child_check,no zero\n");
    }

    [TestMethod]
    public void Keys_of_several_columns_and_several_keys_of_a_table_are_told_apart()
    {
        Seal("""
            # PhantomDB Version: 1

            [TABLE:one]
            COLUMNS:a:int,b:int
            "CONSTRAINT:one_pkey PRIMARY KEY (a, b)"
            DATA:a,b
            ROW:1,1

            [TABLE:two]
            COLUMNS:a:int
            CONSTRAINT:two_pkey PRIMARY KEY (a)
            DATA:a
            ROW:1

            [TABLE:x]
            COLUMNS:a:int,b:int
            "CONSTRAINT:first FOREIGN KEY (a, b) REFERENCES one (a, b)"
            CONSTRAINT:second FOREIGN KEY (a) REFERENCES two (a) ON DELETE CASCADE
            DATA:a,b
            ROW:1,1

            """);
        Change("ROW:1,1");
        (LoadedDatabase database, string[] losses) = Run();
        Assert.HasCount(2, losses);
        StringAssert.Contains(TextOf(database), "\"CONSTRAINT:first FOREIGN KEY (a, b) REFERENCES one (a, b) NOT VALID\"\nCONSTRAINT:second FOREIGN KEY (a) REFERENCES two (a) ON DELETE CASCADE\n");
        Change("CONSTRAINT:two_pkey");
        (database, losses) = Run();
        Assert.HasCount(4, losses);
        StringAssert.Contains(TextOf(database), "COLUMNS:a:int,b:int\n\"CONSTRAINT:first FOREIGN KEY (a, b) REFERENCES one (a, b) NOT VALID\"\nDATA");
    }

    [TestMethod]
    public void A_view_over_what_is_lost_is_lost_and_views_over_it()
    {
        Seal(Varied + "\n[VIEW:w]\nCOLUMNS:n:bigint\nUSES:v\nQUERY:SELECT n FROM v\n\n[VIEW:free]\nCOLUMNS:n:int\nQUERY:SELECT 1 AS n\n");
        Change("CONSTRAINT:t_pkey");
        (LoadedDatabase database, string[] losses) = Run();
        Assert.AreEqual("free", database.Catalog.Views.Single().Name);
        Assert.HasCount(3, losses);
        StringAssert.StartsWith(losses[1], "[VIEW:v]: ");
        StringAssert.StartsWith(losses[2], "[VIEW:w]: ");
    }

    [TestMethod]
    [DataRow("[TABLE:app.t]\nCOLUMNS:id:int\n")]
    [DataRow("[VIEW:app.v]\nCOLUMNS:n:int\nQUERY:SELECT 1 AS n\n")]
    [DataRow("[SEQUENCE:app.s]\nSEQUENCE:app.s AS bigint START 1 INCREMENT 1 MINVALUE 1 MAXVALUE 9 CACHE 1 LAST 4\n")]
    public void Whatever_is_in_a_lost_schema_stays(string section)
    {
        string expected = TextOf(Load($"# PhantomDB Version: 1\n\n[SCHEMA:app]\n\n{section}"));
        Seal($"# PhantomDB Version: 1\n\n[SCHEMA:app]\nCOMMENT:SCHEMA,the app\n\n{section}");
        Change("COMMENT:SCHEMA");
        (LoadedDatabase database, string[] losses) = Run();
        Assert.HasCount(1, losses);
        Assert.AreEqual(expected, TextOf(database));
        Change("# End");
        (database, losses) = Run();
        Assert.HasCount(2, losses);
        Assert.AreEqual(expected, TextOf(database));
    }

    [TestMethod]
    public void What_is_in_a_schema_stays_though_the_section_of_the_schema_is_lost()
    {
        const string Schema = "# PhantomDB Version: 1\n\n[SCHEMA:app]\nCOMMENT:SCHEMA,the app\n\n[SEQUENCE:app.s]\nSEQUENCE:app.s AS bigint START 1 INCREMENT 1 MINVALUE 1 MAXVALUE 9 CACHE 1 LAST 4\n\n[TABLE:app.t]\nCOLUMNS:id:int\nDATA:id\nROW:1\n\n"
            + "[TABLE:u]\nCOLUMNS:id:int\n\n[VIEW:app.v]\nCOLUMNS:id:int\nUSES:app.t\nQUERY:SELECT id FROM app.t\n";
        Seal(Schema);
        Change("COMMENT:SCHEMA");
        (LoadedDatabase database, string[] losses) = Run();
        StringAssert.StartsWith(losses.Single(), "[SCHEMA:app], with 0 rows: its definition is damaged");
        Assert.AreEqual(TextOf(Load(Schema.Replace("COMMENT:SCHEMA,the app\n", "", StringComparison.Ordinal))), TextOf(database));
    }

    [TestMethod]
    [DataRow("")]
    [DataRow("rubbish\n\n[and more")]
    [DataRow("# PhantomDB Database File\n\n[TABLE:t]\nCOLUMNS:id:int\nDATA:id\nROW:1\n# Rows: 1 | CRC: 00000000\n")]
    public void Of_what_has_no_checksum_that_is_right_nothing_is_proved(string text)
    {
        Disk.Files[Path] = Encoding.UTF8.GetBytes(text);
        Assert.IsNull(FileSalvage.Run(Path, Disk));
    }

    [TestMethod]
    public void Where_all_sections_are_lost_nothing_is_proved()
    {
        Seal(Two);
        Change("[TABLE:a]", 1);
        Change("[TABLE:b]", 1);
        Assert.IsNull(FileSalvage.Run(Path, Disk));
    }
}
