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

/// <summary>What tests of database files share: a disk in memory, two files, and reading, saving and refusing one.</summary>
public abstract class DatabaseFileTest
{
    private protected const string Path = "/data/shop.db";

    private static readonly Regex Place = new($"^{Path}, line [1-9][0-9]*, byte offset [0-9]+", RegexOptions.CultureInvariant);

    private protected const string Example = """
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

    private protected const string Varied = """"
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

    private protected MemoryFileSystem Disk { get; } = new();

    private protected static DatabaseContent Content(LoadedDatabase loaded) =>
        new("my_database", loaded.Catalog, loaded.Storage, ReadView.Latest) { Id = loaded.Id };

    private protected static string[] Rows(LoadedDatabase loaded, string name)
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

    private protected LoadedDatabase Load(string text)
    {
        Disk.Files.Remove(DatabaseFileWriter.SealPath(Path));
        Disk.Files[Path] = Encoding.UTF8.GetBytes(text);
        return DatabaseFileReader.Read(Path, null, Disk);
    }

    private protected bool Save(LoadedDatabase loaded) =>
        DatabaseFileWriter.Write(Content(loaded), Path, new DatabaseFileOptions { GeneratedAt = new DateTime(2023, 12, 1, 12, 0, 0, DateTimeKind.Utc) }, Disk);

    private protected byte[] SealedBytes()
    {
        Save(Load(Varied));
        return Disk.Files[Path];
    }

    private protected string[] LinesOf(string path) => Encoding.UTF8.GetString(Disk.Files[path]).Split('\n');

    private protected void ExpectRefused(byte[] bytes, string what)
    {
        Disk.Files[Path] = bytes;
        try
        {
            DatabaseFileReader.Read(Path, null, Disk);
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
