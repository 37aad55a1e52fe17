using System.Buffers;
using System.Text;
using System.Text.RegularExpressions;
using Microsoft.VisualStudio.TestTools.UnitTesting;
using PhantomDb.Catalog;
using PhantomDb.Durability;
using PhantomDb.Storage;
using PhantomDb.Types;
using PhantomDb.Vectors;

namespace PhantomDb.Tests.Durability;

[TestClass]
public sealed class DatabaseFileTests
{
    private const string Path = "/data/shop.db";

    private static readonly Regex Place = new($"^{Path}, line [1-9][0-9]*, byte offset [0-9]+", RegexOptions.CultureInvariant);

    private const string Example = """
        # PhantomDB Database File
        # Database: my_database
        # Format: CSV
        # Generated: 2023-12-01 12:00:00 UTC

        [TABLE:users]
        COLUMNS:id:int,name:string,email:string
        DATA:id,name,email
        ROW:1,John Doe,john@example.com
        ROW:2,Jane Smith,jane@example.com

        """;

    private const string Varied = """"
        # PhantomDB Version: 1

        [SEQUENCE:s]
        SEQUENCE:s AS bigint START 1 INCREMENT 1 MINVALUE 1 MAXVALUE 9 CACHE 1 LAST 4 CALLED

        [TABLE:empty]
        COLUMNS:a:int

        [TABLE:t]
        COLUMNS:id:int,note:string,"n:numeric(5,2)"
        CONSTRAINT:t_pkey PRIMARY KEY (id)
        DATA:id,note,n
        ROW:1,"say ""x"", and
        # End: 1",
        ROW:2,"",-0.50

        [VIEW:v]
        COLUMNS:n:bigint
        USES:t
        QUERY:SELECT count(*) AS n FROM t

        """";

    private readonly MemoryFileSystem _files = new();

    [TestMethod]
    public void The_formats_own_example_keeps_its_lines_when_loaded_and_saved()
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
    public void Nothing_is_an_empty_string_in_files_of_others_and_NULL_in_ours()
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

        DatabaseFileWriter.Write(Content(loaded), Path, new DatabaseFileOptions { Sealed = false }, _files);

        StringAssert.EndsWith(Encoding.UTF8.GetString(_files.Files[Path]), Text);
    }

    [TestMethod]
    public void A_long_value_is_written_in_pieces()
    {
        string text = string.Concat(Enumerable.Repeat("0123456789,\"\"äöü\n", 200_000));
        string plain = new('x', 3_000_000);
        string bytes = string.Concat(Enumerable.Repeat("00ff10", 500_000));
        LoadedDatabase loaded = Load($"# PhantomDB Version: 1\n\n[TABLE:t]\nCOLUMNS:a:string,b:bytea,c:string,d:int\nDATA:a,b,c,d\n\"ROW:{text}\",\\x{bytes},{plain},7\n");
        byte[] before = _files.Files[Path];

        DatabaseFileWriter.Write(Content(loaded), Path, new DatabaseFileOptions { Sealed = false }, _files);

        byte[] after = _files.Files[Path];
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
    public void Every_single_bit_change_of_a_sealed_file_is_refused_with_its_place()
    {
        byte[] whole = SealedBytes();
        for (int bit = 0; bit < whole.Length * 8; bit++)
        {
            byte[] damaged = [.. whole];
            damaged[bit >> 3] ^= (byte)(1 << (bit & 7));
            ExpectRefused(damaged, $"bit {bit & 7} of byte {bit >> 3}");
        }
    }

    [TestMethod]
    public void Every_byte_of_a_sealed_file_set_to_what_matters_to_a_reader_is_refused()
    {
        byte[] whole = SealedBytes();
        for (int i = 0; i < whole.Length; i++)
        {
            foreach (byte value in "\0\n\r\",#[:"u8.ToArray().Append((byte)0xFF))
            {
                if (whole[i] != value)
                {
                    byte[] damaged = [.. whole];
                    damaged[i] = value;
                    ExpectRefused(damaged, $"byte {i} set to {value}");
                }
            }
        }
    }

    [TestMethod]
    public void Blocks_of_a_sealed_file_zeroed_swapped_or_of_an_older_file_are_refused()
    {
        byte[] older = SealedBytes();
        Save(Load(Varied.Replace("-0.50", "-0.51", StringComparison.Ordinal)));
        byte[] whole = _files.Files[Path];
        Assert.AreEqual(older.Length, whole.Length);
        foreach (int size in new[] { 1, 16, 64, 512 })
        {
            for (int i = 0; i + size <= whole.Length; i += size)
            {
                Try(size, i, block => block.Clear());
                Try(size, i, block => older.AsSpan(i, size).CopyTo(block));
                if (i + (2 * size) <= whole.Length)
                {
                    Try(2 * size, i, blocks =>
                    {
                        byte[] first = blocks[..size].ToArray();
                        blocks[size..].CopyTo(blocks);
                        first.CopyTo(blocks[size..]);
                    });
                }
            }
        }

        void Try(int size, int offset, SpanAction change)
        {
            byte[] damaged = [.. whole];
            change(damaged.AsSpan(offset, size));
            if (!damaged.AsSpan().SequenceEqual(whole))
            {
                ExpectRefused(damaged, $"{size} bytes at {offset}");
            }
        }
    }

    private delegate void SpanAction(Span<byte> bytes);

    [TestMethod]
    public void Every_truncation_of_a_sealed_file_is_refused_with_its_place()
    {
        byte[] whole = SealedBytes();
        for (int length = 0; length < whole.Length; length++)
        {
            ExpectRefused(whole[..length], $"the first {length} bytes");
        }
    }

    [TestMethod]
    public void Lost_repeated_and_swapped_lines_of_a_sealed_file_are_refused()
    {
        string[] lines = Encoding.UTF8.GetString(SealedBytes()).Split('\n');
        for (int i = 0; i + 2 < lines.Length; i++)
        {
            ExpectRefused(Join([.. lines[..i], .. lines[(i + 1)..]]), $"without line {i + 1}");
            ExpectRefused(Join([.. lines[..i], lines[i], .. lines[i..]]), $"line {i + 1} twice");
            if (lines[i] != lines[i + 1])
            {
                ExpectRefused(Join([.. lines[..i], lines[i + 1], lines[i], .. lines[(i + 2)..]]), $"lines {i + 1} and {i + 2} swapped");
            }
        }

        static byte[] Join(string[] parts) => Encoding.UTF8.GetBytes(string.Join('\n', parts));
    }

    [TestMethod]
    public void An_edited_file_is_refused_with_the_sections_that_differ()
    {
        Save(Load(Example));
        string text = Encoding.UTF8.GetString(_files.Files[Path]).Replace("Jane", "Janet", StringComparison.Ordinal);
        _files.Files[Path] = Encoding.UTF8.GetBytes(text);

        PhantomDbException error = Assert.ThrowsExactly<PhantomDbException>(() => DatabaseFileReader.Read(Path, null, _files));

        Assert.AreEqual("XX001", error.SqlState);
        Assert.AreEqual("Sections that differ from their checksums: [TABLE:users].", error.Detail);
        StringAssert.Contains(error.Where, "section [TABLE:users]");
    }

    [TestMethod]
    [DataRow("", 16384 + 5)]
    [DataRow("CONSTRAINT:k PRIMARY KEY (a)\n", 40_000)]
    [DataRow("CONSTRAINT:k PRIMARY KEY (a)\n", 32_768)]
    public void Damage_in_a_large_table_is_found_in_its_block(string key, int rowCount)
    {
        // Backwards, so that the order of the key is another than the table's.
        string text = $"# PhantomDB Version: 1\n\n[TABLE:t]\nCOLUMNS:a:int,b:string\n{key}DATA:a,b\n"
            + string.Concat(Enumerable.Range(1, rowCount).Select(i => $"ROW:{rowCount + 1 - i},\"x\n{i}\"\n"));
        Save(Load(text));
        byte[] whole = _files.Files[Path];
        string[] rows = Rows(DatabaseFileReader.Read(Path, null, _files), "t");
        Assert.AreEqual(rowCount, rows.Length);
        for (int i = 0; i < rowCount; i++)
        {
            Assert.AreEqual(key.Length == 0 ? $"{rowCount - i}|x\n{i + 1}" : $"{i + 1}|x\n{rowCount - i}", rows[i]);
        }
        MemoryAccount little = new("database", 1 << 16);
        PhantomDbException full = Assert.ThrowsExactly<PhantomDbException>(() => DatabaseFileReader.Read(Path, new LoadTarget(little), _files));
        Assert.AreEqual("53200", full.SqlState);
        StringAssert.Contains(full.Where, "section [TABLE:t], row ");

        string saved = Encoding.UTF8.GetString(whole);
        int rowAt = saved.IndexOf(key.Length == 0 ? $"ROW:{rowCount - 16384}," : "ROW:16385,", StringComparison.Ordinal);
        byte[] damaged = [.. whole];
        damaged[saved.IndexOf("x\n", rowAt, StringComparison.Ordinal)] ^= 2;
        _files.Files[Path] = damaged;

        string place = Assert.ThrowsExactly<PhantomDbException>(() => DatabaseFileReader.Read(Path, null, _files)).Where!;
        int line = saved.AsSpan(0, rowAt).Count('\n') + 1;
        Assert.AreEqual($"{Path}, line {line}, byte offset {rowAt}, section [TABLE:t], rows 16385 to {Math.Min(rowCount, 32768)}", place);
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
        DatabaseFileWriter.Write(Content(loaded), Path, new DatabaseFileOptions { Sealed = false }, _files);

        string saved = string.Join('\n', LinesOf(Path).Where(l => !l.StartsWith('#'))).Trim();
        Assert.AreEqual(string.Join('\n', text.Split('\n').Where(l => !l.StartsWith('#'))).Trim(), saved);
    }

    [TestMethod]
    public void The_same_rows_in_another_order_give_the_same_bytes_where_there_is_a_primary_key()
    {
        const string Head = "# PhantomDB Version: 1\n[TABLE:t]\nCOLUMNS:a:int,b:string\nCONSTRAINT:k PRIMARY KEY (a)\nDATA:a,b\n";
        byte[] first = Saved(Head + "ROW:3,c\nROW:-1,a\nROW:2,b\n");
        byte[] second = Saved(Head + "ROW:2,b\nROW:3,c\nROW:-1,a\n");

        CollectionAssert.AreEqual(first, second);
        StringAssert.Contains(Encoding.UTF8.GetString(first), "ROW:-1,a\nROW:2,b\nROW:3,c\n");

        byte[] Saved(string text)
        {
            Save(Load(text));
            return _files.Files[Path];
        }
    }

    [TestMethod]
    public void Content_that_is_there_already_is_left_alone()
    {
        LoadedDatabase loaded = Load(Example);
        _files.Files.Clear();
        Assert.IsTrue(Save(loaded));
        byte[] before = _files.Files[Path];

        Assert.IsFalse(DatabaseFileWriter.Write(Content(loaded), Path, new DatabaseFileOptions { GeneratedAt = DateTime.UnixEpoch }, _files));

        Assert.AreSame(before, _files.Files[Path]);
        Assert.HasCount(2, _files.Files, "the database file and .gitattributes");
    }

    [TestMethod]
    public void A_gitattributes_that_cannot_be_written_does_not_fail_the_save()
    {
        LoadedDatabase loaded = Load(Example);
        foreach (string what in new[] { "create", "write", "flush", "rename" })
        {
            _files.Files.Clear();
            _files.Calls.Clear();
            _files.Fails = (call, path) => call == what && path.Contains(".gitattributes", StringComparison.Ordinal);

            Assert.IsTrue(Save(loaded));

            CollectionAssert.AreEqual(new[] { Path }, _files.Files.Keys.ToArray(), $"after a failed {what}");
            Assert.AreEqual("flush folder data", _files.Calls[^1]);
        }
    }

    [TestMethod]
    public void A_failing_disk_leaves_the_file_that_was_there()
    {
        byte[] before = SealedBytes();
        LoadedDatabase other = Load("[TABLE:t]\nCOLUMNS:a:int\nROW:1\n");
        foreach (string what in new[] { "create", "write", "flush", "rename" })
        {
            _files.Files.Clear();
            _files.Files[Path] = before;
            _files.Fails = (call, _) => call == what;

            PhantomDbException error = Assert.ThrowsExactly<PhantomDbException>(() => Save(other));

            Assert.AreEqual("58030", error.SqlState);
            Assert.HasCount(1, _files.Files, $"after a failed {what}");
            Assert.AreSame(before, _files.Files[Path]);
        }
    }

    [TestMethod]
    [DataRow(true, false)]
    [DataRow(true, true)]
    [DataRow(false, false)]
    [DataRow(false, true)]
    public void Whatever_call_fails_the_old_file_or_the_new_one_is_there_whole(bool isSealed, bool isFull)
    {
        DatabaseFileOptions options = new() { Sealed = isSealed, GeneratedAt = DateTime.UnixEpoch };
        LoadedDatabase old = Load(Example), changed = Load(Example.Replace("Jane", "Janet", StringComparison.Ordinal));
        _files.Files.Clear();
        DatabaseFileWriter.Write(Content(old), Path, options, _files);
        var before = new Dictionary<string, byte[]>(_files.Files);
        int callCount = 0;
        bool hasFailed = true;
        for (int failing = 1; hasFailed; failing++)
        {
            _files.Files.Clear();
            foreach ((string path, byte[] bytes) in before)
            {
                _files.Files[path] = bytes;
            }
            callCount = 0;
            hasFailed = false;
            string failedCall = "";
            _files.IsFull = isFull;
            _files.Fails = (call, path) =>
            {
                bool fails = ++callCount == failing;
                hasFailed |= fails;
                failedCall = fails ? $"{call} {path}" : failedCall;
                return fails;
            };
            PhantomDbException? error = null;
            try
            {
                DatabaseFileWriter.Write(Content(changed), Path, options, _files);
            }
            catch (PhantomDbException thrown)
            {
                error = thrown;
            }
            _files.Fails = (_, _) => false;

            Assert.AreEqual(hasFailed, error is not null, failedCall);
            string row = Rows(DatabaseFileReader.Read(Path, null, _files), "users")[1];
            Assert.IsTrue(row.Contains(error is null ? "Janet" : "Jane", StringComparison.Ordinal), failedCall);
            Assert.IsEmpty(_files.Files.Keys.Where(path => path.EndsWith(".new", StringComparison.Ordinal)).ToArray(), failedCall);
            if (error is not null)
            {
                Assert.AreEqual(isFull ? "53100" : "58030", error.SqlState, failedCall);
                StringAssert.Contains(error.Message, "/data", failedCall);
                _files.Calls.Clear();
                DatabaseFileWriter.Write(Content(changed), Path, options, _files);
                CollectionAssert.Contains(_files.Calls, "flush folder data", $"the save after a failed {failedCall}");
                StringAssert.Contains(Rows(DatabaseFileReader.Read(Path, null, _files), "users")[1], "Janet");
            }
        }
        Assert.IsGreaterThan(5, callCount);
    }

    [TestMethod]
    public void A_file_is_flushed_and_read_back_before_it_is_renamed_and_the_folder_flushed_last()
    {
        LoadedDatabase loaded = Load(Example);
        _files.Files.Clear();
        _files.Calls.Clear();

        Save(loaded);

        CollectionAssert.AreEqual(
            new[] { "create shop.db.new", "write shop.db.new", "flush shop.db.new", "rename shop.db.new" },
            _files.Calls.Where(c => c.Contains("shop.db", StringComparison.Ordinal)).Distinct().ToArray());
        Assert.AreEqual("flush folder data", _files.Calls[^1]);
    }

    [TestMethod]
    public void Bytes_that_the_disk_changed_while_writing_do_not_replace_the_file()
    {
        byte[] before = SealedBytes();
        LoadedDatabase other = Load("[TABLE:t]\nCOLUMNS:a:int\nROW:1\n");
        _files.Files[Path] = before;
        _files.Fails = (call, path) =>
        {
            if (call == "flush")
            {
                _files.Files[path][^20] ^= 1;
            }
            return false;
        };

        Assert.ThrowsExactly<PhantomDbException>(() => Save(other));

        Assert.AreSame(before, _files.Files[Path]);
    }

    [TestMethod]
    public void An_unsealed_file_has_no_checksum_inside_and_a_seal_beside_it()
    {
        DatabaseFileOptions unsealed = new() { Sealed = false };
        DatabaseFileWriter.Write(Content(Load(Example)), Path, unsealed, _files);

        Assert.DoesNotContain("CRC", Encoding.UTF8.GetString(_files.Files[Path]));
        LoadedDatabase again = DatabaseFileReader.Read(Path, null, _files);
        Assert.IsFalse(again.IsSealed);
        Assert.IsFalse(DatabaseFileWriter.Write(Content(again), Path, unsealed, _files));

        byte[] whole = _files.Files[Path];
        for (int bit = 0; bit < whole.Length * 8; bit++)
        {
            byte[] damaged = [.. whole];
            damaged[bit >> 3] ^= (byte)(1 << (bit & 7));
            ExpectRefused(damaged, $"bit {bit}");
        }

        _files.Files.Remove(DatabaseFileWriter.SealPath(Path));
        _files.Files[Path] = Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(whole).Replace("Jane", "Janet", StringComparison.Ordinal));
        StringAssert.Contains(Rows(DatabaseFileReader.Read(Path, null, _files), "users")[1], "Janet");
    }

    [TestMethod]
    public void A_file_of_a_later_version_is_refused_as_that()
    {
        Save(Load(Example));
        string text = Encoding.UTF8.GetString(_files.Files[Path]);
        int end = text.IndexOf(" | Header: ", StringComparison.Ordinal) + " | Header: ".Length;
        string header = text[..end].Replace("Version: 1 ", "Version: 2 ", StringComparison.Ordinal);
        _files.Files[Path] = Encoding.UTF8.GetBytes(header + Checksum.Text(Checksum.Of(Encoding.UTF8.GetBytes(header))) + text[(end + 8)..]);

        PhantomDbException error = Assert.ThrowsExactly<PhantomDbException>(() => DatabaseFileReader.Read(Path, null, _files));

        Assert.AreEqual(("0A000", $"file \"{Path}\" has version 2 of the format, which this program does not know"), (error.SqlState, error.Message));
    }

    [TestMethod]
    public void Sealing_takes_the_seal_beside_away()
    {
        LoadedDatabase loaded = Load(Example);
        DatabaseFileWriter.Write(Content(loaded), Path, new DatabaseFileOptions { Sealed = false }, _files);

        Save(loaded);

        Assert.IsFalse(_files.Exists(DatabaseFileWriter.SealPath(Path)));
        Assert.IsTrue(DatabaseFileReader.Read(Path, null, _files).IsSealed);
    }

    [TestMethod]
    public void Identity_timeline_and_position_are_kept()
    {
        var id = Guid.NewGuid();
        DatabaseFileWriter.Write(Content(Load(Example)) with { Id = id, Timeline = 3, Lsn = 77 }, Path, null, _files);

        LoadedDatabase loaded = DatabaseFileReader.Read(Path, null, _files);

        Assert.AreEqual((id, 3, 77L), (loaded.Id, loaded.Timeline, loaded.Lsn));
    }

    [TestMethod]
    public void A_database_without_tables_is_a_file_with_a_seal()
    {
        DatabaseFileWriter.Write(new DatabaseContent("x", DatabaseCatalog.Empty, new DatabaseStorage(), ReadView.Latest), Path, null, _files);

        Assert.IsEmpty(DatabaseFileReader.Read(Path, null, _files).Catalog.Tables);
    }

    [TestMethod]
    public void Files_on_a_real_disk_are_replaced_whole()
    {
        string folder = Directory.CreateTempSubdirectory("phantomdb").FullName;
        try
        {
            string path = System.IO.Path.Combine(folder, "sub", "shop.db");
            LoadedDatabase loaded = Load(Example);
            Assert.IsTrue(DatabaseFileWriter.Write(Content(loaded), path));
            Assert.IsFalse(DatabaseFileWriter.Write(Content(loaded), path));
            Assert.IsTrue(DatabaseFileWriter.Write(Content(Load(Example.Replace("Jane", "Janet", StringComparison.Ordinal))), path));
            StringAssert.Contains(Rows(DatabaseFileReader.Read(path), "users")[1], "Janet");
            CollectionAssert.AreEquivalent(
                new[] { ".gitattributes", "shop.db" }, PhysicalFileSystem.Instance.List(System.IO.Path.GetDirectoryName(path)!).ToArray());
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
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

    private static DatabaseContent Content(LoadedDatabase loaded) =>
        new("my_database", loaded.Catalog, loaded.Storage, ReadView.Latest) { Id = loaded.Id };

    internal static string[] Rows(LoadedDatabase loaded, string name)
    {
        TableDefinition table = loaded.Catalog.FindTable("public", name)!;
        TableStore store = loaded.Storage.GetTable(table.Oid);
        TextOutput[] texts = [.. table.Columns.Select(c => new TextOutput(c.Type, SessionTimeZone.Utc))];
        TableScan.Worker worker = store.Scan(store.ColumnNumbers, ReadView.Latest).NewWorker();
        var chunk = new DataChunk([.. table.Columns.Select(c => c.Type.Physical)]);
        List<string> rows = [];
        while (worker.TryNext(chunk))
        {
            for (int row = 0; row < chunk.Count; row++)
            {
                int position = chunk.Position(row);
                rows.Add(string.Join('|', texts.Select((text, i) => Text(text, chunk.Vectors[i], position))));
            }
        }
        return [.. rows];
    }

    private static string Text(TextOutput text, Vector vector, int position)
    {
        if (!vector.IsValid(position))
        {
            return "NULL";
        }
        var output = new ArrayBufferWriter<byte>();
        text.Write(vector, position, output);
        return Encoding.UTF8.GetString(output.WrittenSpan);
    }

    private LoadedDatabase Load(string text)
    {
        _files.Files.Remove(DatabaseFileWriter.SealPath(Path));
        _files.Files[Path] = Encoding.UTF8.GetBytes(text);
        return DatabaseFileReader.Read(Path, null, _files);
    }

    private bool Save(LoadedDatabase loaded) =>
        DatabaseFileWriter.Write(Content(loaded), Path, new DatabaseFileOptions { GeneratedAt = new DateTime(2023, 12, 1, 12, 0, 0, DateTimeKind.Utc) }, _files);

    private byte[] SealedBytes()
    {
        Save(Load(Varied));
        return _files.Files[Path];
    }

    private string[] LinesOf(string path) => Encoding.UTF8.GetString(_files.Files[path]).Split('\n');

    private void ExpectRefused(byte[] bytes, string what)
    {
        _files.Files[Path] = bytes;
        try
        {
            DatabaseFileReader.Read(Path, null, _files);
        }
        catch (PhantomDbException error)
        {
            Assert.IsNotNull(error.Where, what);
            StringAssert.Matches(error.Where, Place, what);
            return;
        }
        Assert.Fail($"read as good: {what}");
    }
}
