using System.Text;
using Microsoft.VisualStudio.TestTools.UnitTesting;
using PhantomDb.Catalog;
using PhantomDb.Durability;
using PhantomDb.Storage;
using PhantomDb.Types;

namespace PhantomDb.Tests.Durability;

/// <summary>What files say, of ours and of others: what loads, what comes back, and what is refused by name.</summary>
[TestClass]
public sealed class DatabaseFileTests : DatabaseFileTest
{
    [TestMethod]
    public void P1_T16_the_formats_own_example_keeps_its_lines_when_loaded_and_saved()
    {
        LoadedDatabase loaded = Load(Example);
        Save(loaded);

        string[] lines = LinesOf(Path).Where(l => !l.StartsWith('#')).ToArray();
        CollectionAssert.AreEqual(Example.Split('\n').Where(l => !l.StartsWith('#')).Select(l => l.Trim()).Where(l => l.Length > 0).ToArray(),
            lines.Where(l => l.Length > 0).ToArray());
        StringAssert.StartsWith(LinesOf(Path)[0], "# PhantomDB Database File");
    }

    [TestMethod]
    [DataRow("# PhantomDB Database Snapshot\n# Timestamp: 2023-12-01 12:00:00\n# Type: Full \"x\n\n[TABLE:a]\nCOLUMNS:id:int,name:string\n\n[TABLE:b]\nCOLUMNS:x:double\nDATA:x\nROW:1.5\n\n")]
    [DataRow("# c\r\n[TABLE:a]\r\nCOLUMNS:id:int,name:string\r\n\r\n[TABLE:b]\r\nCOLUMNS:x:double\r\nDATA:x\r\nROW:1.5\r\n")]
    [DataRow("\uFEFF[TABLE:b]\nCOLUMNS:x:double\nROW:1.5")]
    [DataRow("[TABLE:b]\nCOLUMNS:x:double\n# a comment, with \"quotes\n\nROW:\"1.5\"\n")]
    public void Files_of_others_load(string text)
    {
        LoadedDatabase loaded = Load(text);

        TableDefinition b = loaded.Catalog.FindTable("public", "b")!;
        Assert.AreEqual(SqlType.Double, b.Columns[0].Type);
        Assert.AreEqual(1, loaded.Storage.GetTable(b.Oid).RowCount);
    }

    [TestMethod]
    public void A_row_with_only_its_first_value_quoted_is_split_behind_ROW()
    {
        LoadedDatabase loaded = Load("[TABLE:t]\nCOLUMNS:a:string,b:string\nDATA:a,b\nROW:\"a,b\",c\nROW:\"say \"\"x\"\"\",\"\"\nROW:\"two\nlines\",\nROW:plain,d\n");

        CollectionAssert.AreEqual(new[] { "a,b|c", "say \"x\"|", "two\nlines|", "plain|d" }, Rows(loaded, "t"));
    }

    [TestMethod]
    public void Nothing_is_an_empty_string_inDisk_of_others_and_NULL_in_ours()
    {
        const string Body = "[TABLE:t]\nCOLUMNS:a:string,b:int\nDATA:a,b\nROW:,\n\"ROW:\",1\n";

        CollectionAssert.AreEqual(new[] { "|NULL", "|1" }, Rows(Load(Body), "t"));
        CollectionAssert.AreEqual(new[] { "NULL|NULL", "|1" }, Rows(Load("# PhantomDB Version: 1\n" + Body), "t"));
    }

    [TestMethod]
    [DataRow("", "no table")]
    [DataRow("# only a comment\n", "no table")]
    [DataRow("[TABLE:t]\nCOLUMNS:a:int\nTRIGGER:x\n", "TRIGGER")]
    [DataRow("[QUEUE:t]\n", "QUEUE")]
    [DataRow("[TABLE:t]\nCOLUMNS:a:point\n", "point")]
    [DataRow("[TABLE:t]\nCOLUMNS:a:int\nROW:1,2\n", "2 values")]
    [DataRow("[TABLE:t]\nCOLUMNS:a:int\nROW:x\n", "\"x\"")]
    [DataRow("[TABLE:t]\nCOLUMNS:a:int\nROW:1\"\n", "uote")]
    [DataRow("[TABLE:t]\nCOLUMNS:a:int\nROW:\"1\n", "uote")]
    [DataRow("[TABLE:t]\nCOLUMNS:a:int\nDATA:b\n", "\"b\"")]
    [DataRow("[TABLE:t]\nCOLUMNS:a:int\n[TABLE:t]\nCOLUMNS:a:int\n", "twice")]
    [DataRow("[TABLE:t]\nCOLUMNS:a:int\nNOTNULL:a\nROW:\n", "null value in column \"a\"")]
    [DataRow("[TABLE:t]\nCOLUMNS:a:int\nCONSTRAINT:k UNIQUE (a)\nROW:1\nROW:1\n", "duplicate key")]
    [DataRow("[TABLE:t]\nCOLUMNS:a:int\nCONSTRAINT:k PRIMARY KEY (a)\nROW:1\n[TABLE:u]\nCOLUMNS:b:bigint\nCONSTRAINT:f FOREIGN KEY (b) REFERENCES t (a)\nROW:1\nROW:7\n", "foreign key constraint \"f\"")]
    [DataRow("[TABLE:t]\nCOLUMNS:a:int\nROW:1\n# Rows: 1 | CRC: 12345678\n", "sealed")]
    [DataRow("# End: 0 | Rows: 0 | Length: 0 | CRC: 00000000 | Trailer: 00000000\n[TABLE:t]\nCOLUMNS:a:int\n", "sealed")]
    [DataRow("[VIEW:v]\nCOLUMNS:x:int\n", "the view has no line QUERY")]
    [DataRow("[VIEW:v]\nQUERY:SELECT 1\n", "the view has no line COLUMNS")]
    public void What_cannot_be_read_is_refused_by_name(string text, string expected)
    {
        PhantomDbException error = Assert.ThrowsExactly<PhantomDbException>(() => Load(text));

        StringAssert.Contains(error.Message, expected);
    }

    [TestMethod]
    public void An_error_in_a_row_tells_file_line_offset_section_and_row()
    {
        PhantomDbException error = Assert.ThrowsExactly<PhantomDbException>(
            () => Load("[TABLE:t]\nCOLUMNS:a:int\n\nROW:1\nROW:x\n"));

        Assert.AreEqual("22P02", error.SqlState);
        Assert.AreEqual($"{Path}, line 5, byte offset 31, section [TABLE:t], row 2", error.Where);
    }

    [TestMethod]
    [DataRow("ROW:1\nROW:2\nROW:1\nROW:3\n", 6, 53, 3)]
    [DataRow("ROW:1\n\nROW:1\n", 6, 48, 2)]
    public void A_repeated_key_is_found_in_its_row_and_a_missing_partner_in_its_table(string rows, int line, int offset, int row)
    {
        string text = "[TABLE:t]\nCOLUMNS:a:int\nCONSTRAINT:k UNIQUE (a)\n" + rows;
        Assert.AreEqual($"{Path}, line {line}, byte offset {text.IndexOf("ROW:1", text.IndexOf("ROW:1", StringComparison.Ordinal) + 1, StringComparison.Ordinal)}, section [TABLE:t], row {row}",
            Assert.ThrowsExactly<PhantomDbException>(() => Load(text)).Where);

        text = "[TABLE:t]\nCOLUMNS:a:int\nCONSTRAINT:k UNIQUE (a)\nROW:1\n\n[TABLE:u]\nCOLUMNS:b:int\nCONSTRAINT:f FOREIGN KEY (b) REFERENCES t (a)\nROW:9\n[TABLE:w]\nCOLUMNS:a:int\n";
        PhantomDbException error = Assert.ThrowsExactly<PhantomDbException>(() => Load(text));
        Assert.AreEqual(("23503", $"{Path}, line 6, byte offset {text.IndexOf("[TABLE:u]", StringComparison.Ordinal)}, section [TABLE:u]"), (error.SqlState, error.Where));
    }

    [TestMethod]
    [DataRow("[TABLE:t]\nCOLUMNS:a:int\nCONSTRAINT:k UNIQUE (a)\n[TABLE:u]\nCOLUMNS:a:int\nCONSTRAINT:k UNIQUE (a)\n")]
    [DataRow("[TABLE:t]\nCOLUMNS:a:int\nINDEX:t (a)\n")]
    [DataRow("[TABLE:t]\nCOLUMNS:a:int\nSEQUENCE:t AS bigint START 1 INCREMENT 1 MINVALUE 1 MAXVALUE 9 CACHE 1 LAST 1\nSEQUENCE:t AS bigint START 1 INCREMENT 1 MINVALUE 1 MAXVALUE 9 CACHE 1 LAST 1\n")]
    public void Two_relations_of_one_name_are_refused(string text) =>
        StringAssert.Contains(Assert.ThrowsExactly<PhantomDbException>(() => Load(text)).Message, "twice");

    [TestMethod]
    public void Views_that_use_each_other_are_refused()
    {
        const string Text = "[VIEW:a]\nCOLUMNS:x:int\nUSES:b\nQUERY:SELECT x FROM b\n[VIEW:b]\nCOLUMNS:x:int\nUSES:a\nQUERY:SELECT x FROM a\n";

        StringAssert.Contains(Assert.ThrowsExactly<PhantomDbException>(() => Load(Text)).Message, "view \"a\" uses itself");
    }

    [TestMethod]
    public void Character_without_length_is_bpchar_and_keeps_its_values()
    {
        LoadedDatabase loaded = Load("[TABLE:t]\nCOLUMNS:a:bpchar,b:char\nDATA:a,b\nROW:abc,d\n");
        Save(loaded);

        CollectionAssert.Contains(LinesOf(Path), "COLUMNS:a:bpchar,b:char(1)");
        CollectionAssert.AreEqual(new[] { "abc|d" }, Rows(loaded, "t"));
    }

    [TestMethod]
    public void A_table_without_columns_keeps_its_rows()
    {
        const string Text = "[TABLE:t]\nCOLUMNS:\nDATA:\nROW:\nROW:\n";
        LoadedDatabase loaded = Load("# PhantomDB Version: 1\n\n" + Text);
        Assert.AreEqual(2, loaded.Storage.GetTable(loaded.Catalog.FindTable("public", "t")!.Oid).RowCount);

        DatabaseFileWriter.Write(Content(loaded), Path, new DatabaseFileOptions { Sealed = false }, Disk);

        StringAssert.EndsWith(Encoding.UTF8.GetString(Disk.Files[Path]), Text);
    }

    [TestMethod]
    public void A_long_value_is_written_in_pieces()
    {
        string text = string.Concat(Enumerable.Repeat("0123456789,\"\"äöü\n", 200_000));
        string plain = new('x', 3_000_000);
        string bytes = string.Concat(Enumerable.Repeat("00ff10", 500_000));
        LoadedDatabase loaded = Load($"# PhantomDB Version: 1\n\n[TABLE:t]\nCOLUMNS:a:string,b:bytea,c:string,d:int\nDATA:a,b,c,d\n\"ROW:{text}\",\\x{bytes},{plain},7\n");
        byte[] before = Disk.Files[Path];

        DatabaseFileWriter.Write(Content(loaded), Path, new DatabaseFileOptions { Sealed = false }, Disk);

        byte[] after = Disk.Files[Path];
        Assert.IsTrue(after.AsSpan(after.AsSpan().IndexOf("[TABLE:"u8)).SequenceEqual(before.AsSpan(before.AsSpan().IndexOf("[TABLE:"u8))));
    }

    [TestMethod]
    [DataRow(typeof(ColumnDefinition), "Comment DefaultText Identity IsNotNull Name Number SequenceOid Type")]
    [DataRow(typeof(ConstraintDefinition), "CheckText Columns Comment IndexOid IsDeferrable IsInitiallyDeferred IsMatchFull IsNotValid Kind Name Oid OnDelete OnUpdate ReferencedColumns ReferencedIndexOid ReferencedTableOid")]
    [DataRow(typeof(IndexDefinition), "Columns Comment Included IsConstraint IsDeferrable IsUnique Name NullsEqual Oid PredicateNumber TableOid")]
    [DataRow(typeof(IndexColumn), "ColumnNumber IsDescending NullsFirst OperatorClass")]
    [DataRow(typeof(IndexExpression), "Columns Number Text Type")]
    [DataRow(typeof(SequenceDefinition), "Cache Comment Cycles Increment Maximum Minimum Name Oid OwnerColumnNumber OwnerTableOid Schema Start Type Version")]
    [DataRow(typeof(SchemaDefinition), "Comment Name Oid")]
    [DataRow(typeof(TableDefinition), "Columns Comment Constraints IndexExpressions Indexes Name NextColumnNumber Oid Schema Version")]
    [DataRow(typeof(ViewDefinition), "Columns Comment DependsOn Name Oid QueryText Schema Version")]
    [DataRow(typeof(ViewColumn), "Name Type")]
    [DataRow(typeof(SqlType), "Id Precision Scale")]
    public void All_that_a_definition_holds_is_known_to_the_file(Type definition, string known)
    {
        string[] names = [.. definition.GetProperties().Where(p => p.SetMethod is not null).Select(p => p.Name).Order(StringComparer.Ordinal)];

        Assert.AreEqual(known, string.Join(' ', names), "A new property must be written by SectionWriter and read by SectionLoader, or it is lost; then list it here.");
    }

    [TestMethod]
    public void Everything_in_the_catalog_comes_back()
    {
        const string text = """"""""
            # PhantomDB Version: 1

            [SCHEMA:app]
            COMMENT:SCHEMA,the application's

            [SEQUENCE:app.numbers]
            SEQUENCE:app.numbers AS bigint START 5 INCREMENT 2 MINVALUE 1 MAXVALUE 99 CACHE 1 CYCLE LAST 7 CALLED

            "[TABLE:app.""Ä""]"
            COLUMNS:id:int
            CONSTRAINT:pk PRIMARY KEY (id)
            DATA:id
            ROW:1

            "[TABLE:""Odd """"Name""""""]"
            "COLUMNS:""a b"":int","price:numeric(10,2)",code:varchar(5),at:timestamptz(3),id:bigint
            COMMENT:TABLE,"a comment, with ""quotes"" and
            a line end"
            NOTNULL:at
            DEFAULT:price,0.00
            COMMENT:COLUMN,price,what it costs
            IDENTITY:id,BY DEFAULT,t_id_seq
            SEQUENCE:t_id_seq AS bigint START 1 INCREMENT 1 MINVALUE 1 MAXVALUE 9223372036854775807 CACHE 1 OWNED BY id LAST 1
            "CONSTRAINT:t_pkey PRIMARY KEY (""a b"", code)"
            CONSTRAINT:t_u UNIQUE NULLS NOT DISTINCT (price)
            COMMENT:CONSTRAINT,t_u,one price each
            CONSTRAINT:t_check CHECK (price > 0 AND code <> ')')
            "CONSTRAINT:t_fk FOREIGN KEY (id) REFERENCES app.""Ä"" (id) MATCH FULL ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED"
            "INDEX:t_i (code DESC, at NULLS FIRST)"
            COMMENT:INDEX,t_i,by code
            "DATA:""a b""",price,code,at,id
            ROW:1,2.50,x,2020-01-01 00:00:00+00,

            [VIEW:v]
            COLUMNS:n:bigint
            COMMENT:VIEW,counts
            "USES:""Odd """"Name"""""""
            "QUERY:SELECT count(*) FROM app.""Ä"""

            """""""";

        LoadedDatabase loaded = Load(text);
        DatabaseFileWriter.Write(Content(loaded), Path, new DatabaseFileOptions { Sealed = false }, Disk);

        string saved = string.Join('\n', LinesOf(Path).Where(l => !l.StartsWith('#'))).Trim();
        Assert.AreEqual(string.Join('\n', text.Split('\n').Where(l => !l.StartsWith('#'))).Trim(), saved);
    }

    [TestMethod]
    public void A_file_of_a_later_version_is_refused_as_that()
    {
        Save(Load(Example));
        string text = Encoding.UTF8.GetString(Disk.Files[Path]);
        int end = text.IndexOf(" | Header: ", StringComparison.Ordinal) + " | Header: ".Length;
        string header = text[..end].Replace("Version: 1 ", "Version: 2 ", StringComparison.Ordinal);
        Disk.Files[Path] = Encoding.UTF8.GetBytes(header + Checksum.Text(Checksum.Of(Encoding.UTF8.GetBytes(header))) + text[(end + 8)..]);

        PhantomDbException error = Assert.ThrowsExactly<PhantomDbException>(() => DatabaseFileReader.Read(Path, null, Disk));

        Assert.AreEqual(("0A000", $"file \"{Path}\" was written by a later PhantomDB: it has version 2 of the format, which this one does not know"), (error.SqlState, error.Message));
    }

    [TestMethod]
    public void Identity_timeline_and_position_are_kept()
    {
        var id = Guid.NewGuid();
        DatabaseFileWriter.Write(Content(Load(Example)) with { Id = id, Timeline = 3, Lsn = 77 }, Path, null, Disk);

        LoadedDatabase loaded = DatabaseFileReader.Read(Path, null, Disk);

        Assert.AreEqual((id, 3, 77L), (loaded.Id, loaded.Timeline, loaded.Lsn));
    }

    [TestMethod]
    public void A_database_without_tables_is_a_file_with_a_seal()
    {
        DatabaseFileWriter.Write(new DatabaseContent("x", DatabaseCatalog.Empty, new DatabaseStorage(), ReadView.Latest), Path, null, Disk);

        Assert.IsEmpty(DatabaseFileReader.Read(Path, null, Disk).Catalog.Tables);
    }

    [TestMethod]
    public void A_file_that_is_not_there_is_58P01()
    {
        Assert.AreEqual("58P01", Assert.ThrowsExactly<PhantomDbException>(() => DatabaseFileReader.Read("/nowhere/x.db")).SqlState);
    }

    [TestMethod]
    public void Every_example_in_the_documentation_is_read()
    {
        string text = File.ReadAllText(RepositoryPaths.InRepository("docs", "file-formats.md"));
        string[] examples = [.. text.Split("```").Where((_, i) => i % 2 == 1).Where(e => e.StartsWith("phantomdb\n", StringComparison.Ordinal))];

        Assert.IsGreaterThanOrEqualTo(3, examples.Length);
        foreach (string example in examples)
        {
            Load(example["phantomdb\n".Length..]);
        }
    }
}
