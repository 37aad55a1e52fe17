using System.Text;
using Microsoft.VisualStudio.TestTools.UnitTesting;
using PhantomDb.Durability;
using PhantomDb.Vectors;

namespace PhantomDb.Tests.Durability;

/// <summary>Damage to a sealed file, of any kind and at any place, is refused with the place.</summary>
[TestClass]
public sealed class DatabaseFileDamageTests : DatabaseFileTest
{
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
        byte[] whole = Disk.Files[Path];
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

    [TestMethod]
    [DataRow(false)]
    [DataRow(true)]
    public void Every_change_and_truncation_of_an_unsealed_file_or_of_its_seal_beside_it_is_refused_with_its_place(bool isSealDamaged)
    {
        LoadedDatabase loaded = Load(Varied);
        DatabaseFileWriter.Write(Content(loaded), Path, new DatabaseFileOptions { Sealed = false, GeneratedAt = DateTime.UnixEpoch }, Disk);
        string damagedPath = isSealDamaged ? DatabaseFileWriter.SealPath(Path) : Path;
        byte[] file = Disk.Files[Path], whole = Disk.Files[damagedPath];
        Assert.IsTrue(DatabaseFileReader.Read(Path, null, Disk).IsProved);
        for (int i = 0; i < whole.Length; i++)
        {
            Try(whole[..i], $"the first {i} bytes");
            byte[] values = [.. Enumerable.Range(0, 8).Select(bit => (byte)(whole[i] ^ (1 << bit))), 0, 0xFF, (byte)'\n', (byte)'"', (byte)',', (byte)'#'];
            foreach (byte value in values.Where(value => value != whole[i]))
            {
                byte[] damaged = [.. whole];
                damaged[i] = value;
                Try(damaged, $"byte {i} set to {value}");
            }
        }

        void Try(byte[] damaged, string what)
        {
            Disk.Files[damagedPath] = damaged;
            ExpectRefused(isSealDamaged ? file : damaged, what);
        }
    }

    [TestMethod]
    public void A_save_that_ended_between_file_and_seal_is_read_with_the_new_seal_and_finished_by_the_next()
    {
        DatabaseFileOptions unsealed = new() { Sealed = false, GeneratedAt = DateTime.UnixEpoch };
        LoadedDatabase old = Load(Example), changed = Load(Example.Replace("Jane", "Janet", StringComparison.Ordinal));
        Disk.Files.Clear();
        Guid id = Guid.NewGuid();
        DatabaseFileWriter.Write(Content(old) with { Id = id }, Path, unsealed, Disk);
        byte[] oldFile = Disk.Files[Path], oldSeal = Disk.Files[DatabaseFileWriter.SealPath(Path)];
        DatabaseFileWriter.Write(Content(changed) with { Id = id }, Path, unsealed, Disk);
        byte[] newFile = Disk.Files[Path];
        Disk.Rename(DatabaseFileWriter.SealPath(Path), DatabaseFileWriter.NewSealPath(Path));
        Disk.Files[DatabaseFileWriter.SealPath(Path)] = oldSeal;

        foreach (byte[] file in new[] { oldFile, newFile })
        {
            Disk.Files[Path] = file;
            LoadedDatabase loaded = DatabaseFileReader.Read(Path, null, Disk);
            Assert.AreEqual((true, id), (loaded.IsProved, loaded.Id));
            byte[] damaged = [.. file];
            damaged[^3] ^= 1;
            ExpectRefused(damaged, "neither the old nor the new");
        }
        Disk.Files[Path] = newFile;
        DatabaseFileWriter.Write(Content(old) with { Id = id }, Path, unsealed, Disk);

        CollectionAssert.AreEqual(oldFile, Disk.Files[Path]);
        Assert.IsFalse(Disk.Exists(DatabaseFileWriter.NewSealPath(Path)));
        Assert.IsTrue(DatabaseFileReader.Read(Path, null, Disk).IsProved);
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

    // Fuzz readers, seed 11, number 214956: cut in its first section, with another mark at its top, it was read as an unsealed file.
    [TestMethod]
    public void Every_truncation_of_a_sealed_file_whose_version_line_is_damaged_too_is_refused_while_any_mark_is_left()
    {
        string whole = Encoding.UTF8.GetString(SealedBytes()).Replace("# PhantomDB Version", "# Pha%ntomDB Version", StringComparison.Ordinal);
        for (int length = whole.IndexOf(" | Header: ", StringComparison.Ordinal) + " | Header: ".Length; length < whole.Length; length++)
        {
            ExpectRefused(Encoding.UTF8.GetBytes(whole[..length]), $"the first {length} characters");
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
        string text = Encoding.UTF8.GetString(Disk.Files[Path]).Replace("Jane", "Janet", StringComparison.Ordinal);
        Disk.Files[Path] = Encoding.UTF8.GetBytes(text);

        PhantomDbException error = Assert.ThrowsExactly<PhantomDbException>(() => DatabaseFileReader.Read(Path, null, Disk));

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
        byte[] whole = Disk.Files[Path];
        string[] rows = Rows(DatabaseFileReader.Read(Path, null, Disk), "t");
        Assert.AreEqual(rowCount, rows.Length);
        for (int i = 0; i < rowCount; i++)
        {
            Assert.AreEqual(key.Length == 0 ? $"{rowCount - i}|x\n{i + 1}" : $"{i + 1}|x\n{rowCount - i}", rows[i]);
        }
        MemoryAccount little = new("database", 1 << 16);
        PhantomDbException full = Assert.ThrowsExactly<PhantomDbException>(() => DatabaseFileReader.Read(Path, new LoadTarget(little), Disk));
        Assert.AreEqual("53200", full.SqlState);
        StringAssert.Contains(full.Where, "section [TABLE:t], row ");

        string saved = Encoding.UTF8.GetString(whole);
        int rowAt = saved.IndexOf(key.Length == 0 ? $"ROW:{rowCount - 16384}," : "ROW:16385,", StringComparison.Ordinal);
        byte[] damaged = [.. whole];
        damaged[saved.IndexOf("x\n", rowAt, StringComparison.Ordinal)] ^= 2;
        Disk.Files[Path] = damaged;

        string place = Assert.ThrowsExactly<PhantomDbException>(() => DatabaseFileReader.Read(Path, null, Disk)).Where!;
        int line = saved.AsSpan(0, rowAt).Count('\n') + 1;
        Assert.AreEqual($"{Path}, line {line}, byte offset {rowAt}, section [TABLE:t], rows 16385 to {Math.Min(rowCount, 32768)}", place);
    }
}
