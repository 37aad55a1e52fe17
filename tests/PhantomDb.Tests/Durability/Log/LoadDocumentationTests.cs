using System.Text;
using Microsoft.VisualStudio.TestTools.UnitTesting;
using PhantomDb.Catalog;
using PhantomDb.Durability;
using PhantomDb.Durability.Log;
using PhantomDb.Durability.Recovery;
using PhantomDb.Storage;
using PhantomDb.Types;
using PhantomDb.Vectors;

namespace PhantomDb.Tests.Durability.Log;

/// <summary>The documentation's example of side files: read, and as it would be written.</summary>
[TestClass]
public sealed class LoadDocumentationTests : DatabaseFileTest
{
    private const string Names = "shop_load_20261121_120003_120451";
    private const string Replacement = "shop_load_20261121_120007_000001";

    [TestMethod]
    public void T16_the_example_of_side_files_in_the_documentation_is_read_and_would_be_written_the_same()
    {
        string[] examples = File.ReadAllText(RepositoryPaths.InRepository("docs", "file-formats.md")).Split("```phantomdb-load\n")[1..];
        string rows = examples[0].Split("```")[0], log = examples[1].Split("```")[0], replacement = examples[2].Split("```")[0];
        (string writtenRows, string writtenReplacement, string writtenLog) = Write();
        Assert.AreEqual(writtenRows, rows);
        Assert.AreEqual(writtenReplacement, replacement);
        Assert.AreEqual(writtenLog, log);
        Disk.Files[$"/data/{Names}"] = Encoding.UTF8.GetBytes(rows);
        Disk.Files[$"/data/{Replacement}"] = Encoding.UTF8.GetBytes(replacement);
        Disk.Files["/data/shop.log"] = Encoding.UTF8.GetBytes(log);

        RecoveredDatabase loaded = DatabaseRecovery.Run(Path, LoadTarget.New, Disk, new RecoveryOptions { ToLsn = 2, IsReadOnly = true });
        RecoveredDatabase replaced = DatabaseRecovery.Run(Path, LoadTarget.New, Disk, new RecoveryOptions { IsReadOnly = true });

        CollectionAssert.AreEqual(new[] { "2|Jane Smith", "3|Lee, Ann", "4|NULL" }, Rows(loaded.Database, "users"));
        Assert.IsNull(replaced.Database.Catalog.FindTable("public", "users"));
        CollectionAssert.AreEqual(new[] { "1|first" }, Rows(replaced.Database, "notes"));
        Assert.AreEqual(4, replaced.Report.LastLsn);
    }

    private static (string Rows, string Replacement, string Log) Write()
    {
        var disk = new LogDisk();
        var clock = new FixedClock { Now = new DateTimeOffset(2026, 11, 21, 12, 0, 3, TimeSpan.Zero).AddMicroseconds(120451) };
        var files = new LoadFiles(disk, LogUnderTest.NewStart(), new TransactionLogOptions(), clock, new FileWatch(disk), () => 0, _ => SegmentHistory.Empty);
        TableDefinition table = Table("users", ("id", SqlType.Int32), ("name", SqlType.Text));
        LoadFile rows;
        using (LoadFileWriter writer = files.Create(table))
        {
            writer.Write(Chunk((2, "Jane Smith"), (3, "Lee, Ann"), (4, null)));
            rows = writer.Finish();
        }
        clock.Now = new DateTimeOffset(2026, 11, 21, 12, 0, 7, TimeSpan.Zero).AddMicroseconds(1);
        var source = new MemoryFileSystem();
        source.Files[Path] = "# PhantomDB Version: 1\n\n[TABLE:notes]\nCOLUMNS:n:int,text:string\nCONSTRAINT:notes_pkey PRIMARY KEY (n)\nDATA:n,text\nROW:1,first\n"u8.ToArray();
        LoadedDatabase loaded = DatabaseFileReader.Read(Path, null, source);
        LoadFile replacement = files.Write(new DatabaseContent("shop", loaded.Catalog, loaded.Storage, ReadView.Latest) { Id = LogUnderTest.NewStart().Id });
        var segment = new LogSegmentText(firstLsn: 1) { Time = new DateTime(2026, 11, 21, 12, 0, 3, DateTimeKind.Utc) };
        var batch = new LogBatch();
        batch.Begin(LogOperation.Table, "users"u8);
        batch.Cell("COLUMNS:id:int,name:string"u8);
        batch.End();
        PhantomDb.Transactions.RowRecords.AddLoad(batch, "users"u8, rows);
        segment.Write(batch, 4711).Flush();
        batch.Clear();
        PhantomDb.Transactions.RowRecords.AddLoad(batch, [], replacement);
        segment.Write(batch, 4712).Flush();
        batch.Clear();
        batch.Begin(LogOperation.Sync, []);
        batch.End();
        return (Encoding.UTF8.GetString(disk.Bytes(Names)), Encoding.UTF8.GetString(disk.Bytes(Replacement)), Encoding.UTF8.GetString(segment.Write(batch, 0).Sealed()));
    }

    private static TableDefinition Table(string name, params (string Name, SqlType Type)[] columns) =>
        new(1, "public", name, [.. columns.Select((c, i) => new ColumnDefinition(c.Name, c.Type, i))]);

    private static DataChunk Chunk(params (int Id, string? Name)[] rows)
    {
        var chunk = new DataChunk([PhysicalType.Int32, PhysicalType.String]);
        var row = new RowBuffer(0, 1);
        RowBuffer.Clear(chunk);
        foreach ((int id, string? name) in rows)
        {
            row.Set(0, id);
            if (name is null)
            {
                row.SetNull(1);
            }
            else
            {
                row.SetBytes(1, Encoding.UTF8.GetBytes(name));
            }
            row.AppendTo(chunk);
        }
        return chunk;
    }

    private sealed class FixedClock : TimeProvider
    {
        public DateTimeOffset Now { get; set; }

        public override DateTimeOffset GetUtcNow() => Now;
    }
}
