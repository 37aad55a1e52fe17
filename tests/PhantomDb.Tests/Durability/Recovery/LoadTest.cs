using System.Text;
using Microsoft.VisualStudio.TestTools.UnitTesting;
using PhantomDb.Catalog;
using PhantomDb.Durability;
using PhantomDb.Durability.Log;
using PhantomDb.Durability.Recovery;
using PhantomDb.Storage;
using PhantomDb.Types;
using PhantomDb.Vectors;
using Checksum = PhantomDb.Durability.Checksum;

namespace PhantomDb.Tests.Durability.Recovery;

/// <summary>What tests of side files share: files with rows of a table, and whole databases, and the records that name them.</summary>
public abstract class LoadTest : RecoveryTest
{
    private protected const int BlockRows = 16_384;

    private protected static readonly TableDefinition UsersTable = new(1, "public", "users", [new ColumnDefinition("id", SqlType.Int32, 0), new ColumnDefinition("name", SqlType.Text, 1)]);

    private LoadFiles Files(Guid id) => new(Disk, new LogStart { Folder = "/data", DatabaseName = "shop", Id = id }, new TransactionLogOptions(), TimeProvider.System, new FileWatch(Disk), () => 0, _ => SegmentHistory.Empty);

    /// <summary>Rows 1,row 1 to N,row N: in a file of their own, which the record names.</summary>
    private protected string Load(out string path, int count = 3, int first = 1, TableDefinition? table = null, Guid? id = null, string name = "users")
    {
        using LoadFileWriter writer = Files(id ?? Log.Id).Create(table ?? UsersTable);
        var row = new RowBuffer(0, 1);
        for (int i = first; i < first + count;)
        {
            var chunk = new DataChunk([PhysicalType.Int32, PhysicalType.String]);
            RowBuffer.Clear(chunk);
            for (; i < first + count && chunk.Count < DataChunk.Capacity; i++)
            {
                row.Set(0, i);
                row.SetBytes(1, Encoding.UTF8.GetBytes($"row {i}"));
                row.AppendTo(chunk);
            }
            writer.Write(chunk);
        }
        return Record(name, writer.Finish(), out path);
    }

    /// <summary>A whole database, of a text as a file has it.</summary>
    private protected string LoadDatabase(string text, out string path)
    {
        var source = new MemoryFileSystem();
        source.Files[Path] = Encoding.UTF8.GetBytes(text);
        LoadedDatabase loaded = DatabaseFileReader.Read(Path, null, source);
        return Record("", Files(Log.Id).Write(new DatabaseContent("shop", loaded.Catalog, loaded.Storage, ReadView.Latest) { Id = Log.Id }), out path);
    }

    private static string Record(string table, LoadFile file, out string path)
    {
        path = $"/data/{file.FileName}";
        return $"LOAD,{table},{file.FileName},{file.RowCount},{Checksum.Text(file.Crc)}";
    }

    private protected static string[] RowsOfLoad(int first, int count) => [.. Enumerable.Range(first, count).Select(i => $"{i}|row {i}")];

    /// <summary>Changes a byte of a file, where a text stands.</summary>
    private protected void Damage(string path, string text)
    {
        byte[] bytes = [.. Disk.Files[path]];
        int at = Encoding.ASCII.GetString(bytes).IndexOf(text, StringComparison.Ordinal);
        Assert.IsGreaterThanOrEqualTo(0, at, text);
        bytes[at] ^= 1;
        Disk.Files[path] = bytes;
    }
}
