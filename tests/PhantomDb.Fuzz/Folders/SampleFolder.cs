using System.Globalization;
using System.Text;
using PhantomDb.Catalog;
using PhantomDb.Durability;
using PhantomDb.Durability.Log;
using PhantomDb.Durability.Recovery;
using PhantomDb.Fuzz.Crash;
using PhantomDb.Storage;

namespace PhantomDb.Fuzz.Folders;

/// <summary>How the last use of a <see cref="SampleFolder"/> ended.</summary>
internal enum SampleEnd
{
    /// <summary>In order: the log is sealed, and the manifest knows its end.</summary>
    Closed,

    /// <summary>The process was killed.</summary>
    Killed,

    /// <summary>In order, and nothing is kept but what recovery needs: the database file, and the log behind it.</summary>
    Compacted,
}

/// <summary>
/// The files of a database that was used three times, with a snapshot and a database file between, small enough to be damaged at every bit; and
/// what the database had after each of its transactions, which is all that may ever come out of them.
/// </summary>
internal sealed class SampleFolder
{
    public const string Folder = "/data";
    public const string DatabasePath = Folder + "/shop.db";
    public const string ActivePath = Folder + "/shop.log";
    public const string SnapshotPath = Folder + "/shop_snapshot_20261121_120000";
    public const string ManifestPath = Folder + "/shop.manifest";

    private static readonly string[][] Uses =
    [
        [
            "CREATE TABLE users (id int PRIMARY KEY, name text, email text UNIQUE)",
            "INSERT INTO users VALUES (1, 'John Doe', 'john@example.com'), (2, '', NULL), (3, E'two\\nlines, \"quoted\"', '>')",
            "CREATE TABLE notes (n numeric(8,2), note text)",
        ],
        [
            "INSERT INTO notes VALUES (1.50, 'same'), (1.50, 'same'), (2.00, 'other')",
            "UPDATE users SET id = id + 10",
        ],
        [
            "DELETE FROM notes WHERE n = 1.50",
            "ALTER TABLE notes ADD COLUMN at date DEFAULT date '2026-11-21'",
            "UPDATE users SET name = 'é😀', email = NULL WHERE id = 12",
            "INSERT INTO users VALUES (9, 'Ann', 'ann@example.com')",
        ],
    ];

    private readonly SortedDictionary<long, string> _contents = [];
    private readonly Guid _id;
    private SimulatedDisk _disk = new();

    private SampleFolder(SampleEnd end, Guid id, string suffix)
    {
        _id = id;
        End = end;
        _disk.CreateFolder(Folder);
        _contents[0] = "";
        for (int use = 0; use < Uses.Length; use++)
        {
            Use(Uses[use], suffix, isFirst: use == 0, isLast: use == Uses.Length - 1);
        }
        if (end == SampleEnd.Compacted)
        {
            _disk.Delete(SnapshotPath);
            _disk.Delete(Segments()[0]);
        }
        Files = _disk.List(Folder).Select(name => $"{Folder}/{name}").Where(path => !path.EndsWith(".lock", StringComparison.Ordinal) && !path.Contains(".git", StringComparison.Ordinal))
            .ToDictionary(path => path, _disk.Read, StringComparer.Ordinal);
        Evidence = [.. Segments().Select(path => SegmentEvidence.Read(path, Files[path]))];
    }

    public SampleEnd End { get; }

    public IReadOnlyDictionary<string, byte[]> Files { get; }

    /// <summary>Earlier contents of the files, by their names: what a disk may give back that has lost a write.</summary>
    public Dictionary<string, byte[]> Older { get; } = [];

    /// <summary>What the database had, by the LSN of the last transaction; all that the log says at other LSNs changed nothing.</summary>
    public IReadOnlyDictionary<long, string> Contents => _contents;

    /// <summary>Of the last transaction, which was acknowledged as durable.</summary>
    public long LastLsn { get; private set; }

    /// <summary>The lines of each segment and what they prove, oldest first.</summary>
    public IReadOnlyList<SegmentEvidence> Evidence { get; }

    public long DatabaseLsn { get; private set; }

    public static SampleFolder Make(SampleEnd end) => new(end, new Guid("6f1c0000000000000000000000000001"), "");

    /// <summary>A folder of another database with the same names.</summary>
    public static SampleFolder Foreign() => new(SampleEnd.Closed, new Guid("aaaa0000000000000000000000000002"), " of others");

    /// <summary>The content as a file has it, but for what tells one file from another.</summary>
    public static string ContentOf(DatabaseCatalog catalog, DatabaseStorage storage)
    {
        var disk = new SimulatedDisk();
        DatabaseFileWriter.Write(new DatabaseContent("shop", catalog, storage, ReadView.Latest), "/content.db",
            new DatabaseFileOptions { GeneratedAt = DateTime.UnixEpoch, Sealed = false }, disk);
        return Encoding.UTF8.GetString(disk.Read("/content.db"));
    }

    public static string ContentOf(LoadedDatabase database) => ContentOf(database.Catalog, database.Storage);

    /// <summary>What the database had at an LSN; null where no transaction ended there.</summary>
    public string? ContentAt(long lsn) => lsn > LastLsn ? _contents[LastLsn] : _contents.GetValueOrDefault(lsn);

    private void Use(string[] statements, string suffix, bool isFirst, bool isLast)
    {
        var start = new LogStart { Folder = Folder, DatabaseName = "shop", Id = _id };
        DatabaseOptions options = new() { IsInMemory = true, FileSystem = _disk };
        Database database;
        if (isFirst)
        {
            database = Database.CreateInMemory(options);
        }
        else
        {
            RecoveredDatabase recovered = DatabaseRecovery.Run(DatabasePath, LoadTarget.New, _disk);
            start = recovered.ToLogStart(Folder, "shop");
            database = new Database(recovered.Database, options);
        }
        using (database)
        {
            using Session session = database.OpenSession();
            var log = new TransactionLog(_disk, start, new TransactionLogOptions { IdleSyncMs = 3_600_000, UnflushedBytesMax = 1024 }, Define, new StepClock(start.LastTime));
            database.Transactions.UseLog(log, start.NextLsn - 1);
            foreach (string statement in statements)
            {
                session.Execute(statement.Replace("Ann", "Ann" + suffix, StringComparison.Ordinal)).Dispose();
                LastLsn = log.LastLsn;
                _contents[LastLsn] = ContentOf(database.Catalog, database.Storage);
                if (statement.StartsWith("UPDATE", StringComparison.Ordinal) || statement.StartsWith("INSERT INTO notes", StringComparison.Ordinal))
                {
                    Keep(ActivePath);
                }
            }
            if (isLast && End == SampleEnd.Killed)
            {
                _disk = _disk.Crash(CrashProfile.AllLost, 0);
                log.Dispose();
                return;
            }
            log.Close();
            _contents[log.LastLsn] = _contents[LastLsn];   // the CLOSE record
            if (isFirst)
            {
                Save(database, SnapshotPath);
                Save(database, DatabasePath);
                Keep(DatabasePath);
            }
            else if (!isLast)
            {
                Save(database, DatabasePath);
                DatabaseLsn = LastLsn;
            }
        }

        void Define(LogBatch batch, TableDefinition table)
        {
            batch.Begin(LogOperation.Table, Encoding.UTF8.GetBytes(DefinitionText.NameOf(table.Schema, table.Name)));
            foreach (byte[] line in new DefinitionLines(database.Catalog, database.Storage.Sequences).Of(writer => writer.WriteTable(table)))
            {
                batch.Cell(line);
            }
            batch.End();
        }
    }

    private void Keep(string path) => Older[path] = _disk.Read(path);

    private void Save(Database database, string path) => DatabaseFileWriter.Write(
        new DatabaseContent("shop", database.Catalog, database.Storage, ReadView.Latest) { Id = _id, Lsn = LastLsn },
        path, new DatabaseFileOptions { GeneratedAt = DateTime.UnixEpoch }, _disk);

    private string[] Segments() => [.. _disk.List(Folder).Where(name => name.EndsWith(".log", StringComparison.Ordinal)).Select(name => $"{Folder}/{name}")
        .OrderBy(path => LogHeader.TryParse(_disk.Read(path), out _)!.Segment)];

    /// <summary>A second later each time that it is asked.</summary>
    private sealed class StepClock(DateTime after) : TimeProvider
    {
        private DateTime _now = after == default ? new DateTime(2026, 11, 21, 12, 0, 0, DateTimeKind.Utc) : after;

        public override DateTimeOffset GetUtcNow() => _now = _now.AddSeconds(1);
    }
}

/// <summary>Where a segment's lines stand, and what each proves to have been on the disk when it was written.</summary>
internal sealed record SegmentEvidence(string Path, byte[] Bytes, int HeaderLength, long CountedLsn, IReadOnlyList<(int From, int End, long DurableLsn)> Lines)
{
    public static SegmentEvidence Read(string path, byte[] bytes)
    {
        LogHeader header = LogHeader.TryParse(bytes, out int headerLength)!;
        var lines = new List<(int, int, long)>();
        var reader = new LogReader(path, new MemoryStream(bytes));
        while (reader.Read())
        {
            int from = (int)reader.Offset;
            lines.Add((from, from + bytes.AsSpan(from).IndexOf((byte)'\n') + 1, reader.Line.DurableLsn));
        }
        return new SegmentEvidence(path, bytes, headerLength, header.Predecessor?.LastLsn ?? 0, lines);
    }

    /// <summary>The highest LSN that lines which are still as they were, in their places, prove to have been on the disk.</summary>
    public long DurableLsn(byte[]? now)
    {
        int same = now is null ? 0 : now.AsSpan().CommonPrefixLength(Bytes);
        if (now is null || same < HeaderLength)
        {
            return 0;
        }
        int tail = now.Length == Bytes.Length ? Bytes.Length - Math.Min(Bytes.Length, CommonSuffixLength(now, Bytes)) : int.MaxValue;
        return Lines.Where(line => line.End <= same || line.From >= tail).Select(line => line.DurableLsn).Append(CountedLsn).Max();
    }

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Path}, {Lines.Count} lines");

    private static int CommonSuffixLength(byte[] left, byte[] right)
    {
        int length = 0;
        while (length < left.Length && length < right.Length && left[^(length + 1)] == right[^(length + 1)])
        {
            length++;
        }
        return length;
    }
}
