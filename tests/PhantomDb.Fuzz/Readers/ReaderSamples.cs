using System.Text;
using PhantomDb.Durability;
using PhantomDb.Fuzz.Crash;
using PhantomDb.Fuzz.Folders;
using PhantomDb.Planning.Logical;
using PhantomDb.Storage;

namespace PhantomDb.Fuzz.Readers;

/// <summary>The readers, each with originals of at most some kilobytes.</summary>
internal static class ReaderSamples
{
    private const string Rows =
        "id,name,at\n1,\"a,b\",2026-11-21\n2,,\n3,\"two\nlines \"\"quoted\"\"\",infinity\n\"4\",é😀,\"\"\n";

    private const string TextRows = "1\ta\\tb\t2026-11-21\n2\t\\N\t\\\\\n3\ttwo\\nlines\t\\x41\\101\n4\té😀\t\n";

    private static readonly string[] Statements =
    [
        "CREATE TABLE users (id int PRIMARY KEY, name text UNIQUE, balance numeric(8,2) CHECK (balance >= 0))",
        "CREATE TABLE notes (id int REFERENCES users, note text, at date)",
        "INSERT INTO users VALUES (1, 'John', 1.50), (2, '', NULL)",
        "INSERT INTO users SELECT i, 'u' || i, i FROM generate_series(10, 19) i",   // a side file
        "INSERT INTO notes VALUES (1, E'two\\nlines, \"q\"', '2026-11-21'), (2, '>', NULL)",
        "BEGIN; UPDATE users SET name = 'x', balance = 7 WHERE id = 2; DELETE FROM notes WHERE id = 1; COMMIT",
        "CREATE SEQUENCE s; SELECT nextval('s'); CREATE VIEW v AS SELECT 1 AS one; ALTER TABLE notes ADD COLUMN n int DEFAULT 3; CREATE INDEX ON notes (n)",
        "TRUNCATE notes",
    ];

    public static ReaderTarget[] Targets()
    {
        SampleFolder closed = SampleFolder.Make(SampleEnd.Closed), killed = SampleFolder.Make(SampleEnd.Killed);
        byte[][] segments = [.. closed.Files.Concat(killed.Files).Where(file => file.Key.EndsWith(".log", StringComparison.Ordinal)).Select(file => FolderDamage.WithoutReserve(file.Value))];
        byte[] database = closed.Files[SampleFolder.DatabasePath], snapshot = closed.Files[SampleFolder.SnapshotPath], manifest = closed.Files[SampleFolder.ManifestPath];
        (byte[] unsealed, byte[] seal) = Unsealed(database);
        (byte[] log, Dictionary<string, byte[]> rows, Dictionary<string, byte[]> whole, byte[] wholeLog) = Loads();
        byte[][] names = [.. new[] { "shop_log_20261121_022107_20481.log", "shop_log_20261121_022107_20481_2.log", "shop_snapshot_20261121_120000", "shop_snapshot_20261121_120000_2", "shop_load_20261121_120000123456" }
            .Concat(rows.Keys.Select(path => Path.GetFileName(path))).Select(Encoding.UTF8.GetBytes)];
        return
        [
            new SegmentTarget("segment, known to be whole", mustBeWhole: true, segments),
            new SegmentTarget("segment", mustBeWhole: false, segments),
            new SegmentPartsTarget("segment's header and seal", segments),
            new AppliedLogTarget("applied log", log, rows),
            new AppliedLogTarget("side file of rows", log, rows, rows.Keys.First()),
            new AppliedLogTarget("side file of a database", wholeLog, whole, whole.Keys.First()),
            new ManifestTarget(manifest, killed.Files[SampleFolder.ManifestPath]),
            new DatabaseFileTarget("sealed file", database),
            new DatabaseFileTarget("snapshot", snapshot),
            new DatabaseFileTarget("file without seal", unsealed),
            new DatabaseFileTarget("file with its seal beside it", unsealed, seal, isSealChanged: false),
            new DatabaseFileTarget("seal beside a file", unsealed, seal, isSealChanged: true),
            new SalvageTarget(database, snapshot),
            new FilePartsTarget(database, seal),
            new NameTarget(names),
            new CopyTarget("COPY, CSV", new CopyOptions(IsCsv: true) { Delimiter = ',', Null = "" }, Encoding.UTF8.GetBytes(Rows)),
            new CopyTarget("COPY, text", new CopyOptions(IsCsv: false) { Delimiter = '\t', Null = "\\N" }, Encoding.UTF8.GetBytes(TextRows)),
        ];
    }

    private static (byte[] File, byte[] Seal) Unsealed(byte[] database)
    {
        var disk = new SimulatedDisk();
        disk.Put("/data/shop.db", database);
        LoadedDatabase loaded = DatabaseFileReader.Read("/data/shop.db", null, disk);
        DatabaseFileWriter.Save(new DatabaseContent("shop", loaded.Catalog, loaded.Storage, ReadView.Latest) { Id = loaded.Id, Lsn = loaded.Lsn }, "/data/shop.db",
            new DatabaseFileOptions { GeneratedAt = DateTime.UnixEpoch, Sealed = false }, disk);
        return (disk.Read("/data/shop.db"), disk.Read(DatabaseFileWriter.SealPath("/data/shop.db")));
    }

    // A log with rows in a side file, and one that goes on with a whole database in another.
    private static (byte[] Log, Dictionary<string, byte[]> Rows, Dictionary<string, byte[]> Whole, byte[] WholeLog) Loads()
    {
        var disk = new SimulatedDisk();
        DatabaseOptions options = new() { DataDirectory = ReaderTarget.Folder, FileSystem = disk, LoadRowCount = 8, SnapshotEnabled = false, Random = new Random(1) };
        Database database = Database.Open("shop", options);
        using (Session session = database.OpenSession())
        {
            foreach (string statement in Statements)
            {
                session.Execute(statement).Dispose();
            }
            database.Persistence!.Log.Settle();
            byte[] log = FolderDamage.WithoutReserve(disk.Read("/data/shop.log"));
            Dictionary<string, byte[]> rows = SideFiles(disk);
            database.SaveToDisk("copy");
            database.LoadFromDisk("copy");
            database.Persistence!.Log.Settle();
            Dictionary<string, byte[]> all = SideFiles(disk);
            string added = all.Keys.Except(rows.Keys).Single();
            byte[] wholeLog = FolderDamage.WithoutReserve(disk.Read("/data/shop.log"));
            disk.Crash(CrashProfile.AllLost, 0);
            return (log, rows, new[] { added }.Concat(rows.Keys).ToDictionary(path => path, path => all[path]), wholeLog);
        }
    }

    private static Dictionary<string, byte[]> SideFiles(SimulatedDisk disk) => disk.List(ReaderTarget.Folder).Where(name => name.Contains("_load_", StringComparison.Ordinal))
        .ToDictionary(name => $"{ReaderTarget.Folder}/{name}", name => disk.Read($"{ReaderTarget.Folder}/{name}"), StringComparer.Ordinal);
}
