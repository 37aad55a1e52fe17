using System.Globalization;
using PhantomDb.Durability;
using PhantomDb.Durability.Snapshots;

namespace PhantomDb.Fuzz.Crash;

/// <summary>
/// Durable transactions, with snapshots and checkpoints between them, and a log of small segments of which only what recovery needs is kept: so each snapshot
/// makes others, and parts of the log, go. What comes back must also come back where the newest of the files is damaged.
/// </summary>
internal sealed class SnapshotScenario(int seed = 0, int roundCount = 5) : ICrashScenario
{
    private const int KeyCount = 8;
    private const string Name = "shop";
    private const string Folder = "/data/sub";

    /// <summary>Errors that were answers, by SQLSTATE.</summary>
    public List<string> Errors { get; } = [];

    public void Run(SimulatedDisk disk, Oracle oracle)
    {
        var random = new Random(seed);
        Database? database = Try(() => Database.Open(Name, Options(disk)));
        if (database is null)
        {
            return;
        }
        try
        {
            using Session session = database.OpenSession();
            bool isReady = Prepare(session) || Prepare(session);
            for (int round = 0; isReady && round < roundCount; round++)
            {
                for (int i = random.Next(1, 4); i > 0; i--)
                {
                    Transact(session, oracle, random);
                }
                Try(() => random.Next(5) == 0 ? Save(database) : database.CreateSnapshot());
            }
        }
        finally
        {
            End(database);
        }
    }

    public RecoveredState Recover(SimulatedDisk disk)
    {
        EnsureNamedOnesAreWhole(disk);
        SimulatedDisk damaged = WithNewestDamaged(disk);
        RecoveredState state = Read(disk), second = Read(damaged);
        if (!state.Transactions.SetEquals(second.Transactions) || state.Values.Count != second.Values.Count)
        {
            throw new InvalidOperationException($"where the newest file is damaged {second.Transactions.Count} transactions come back in place of {state.Transactions.Count}");
        }
        return state;
    }

    private static RecoveredState Read(SimulatedDisk disk)
    {
        Database database = Database.Open(Name, Options(disk));
        try
        {
            using Session session = database.OpenSession();
            var numbers = new HashSet<int>();
            var values = new Dictionary<string, string>();
            if (database.Catalog.Tables.Any(table => table.Name == "quiet"))
            {
                Read(session, "SELECT number FROM done", row => numbers.Add(row.GetInt32(0)));
                Read(session, "SELECT key, value FROM value", row => values.Add(row.GetText(0), row.GetText(1)));
            }
            return new RecoveredState(numbers, values, new Dictionary<string, long>());
        }
        finally
        {
            database.Dispose();
        }
    }

    private static DatabaseOptions Options(SimulatedDisk disk) => new()
    {
        DataDirectory = Folder, FileSystem = disk, MemoryLimit = 1 << 28, SnapshotEnabled = false, LogSegmentSize = 4096, LogRetentionCount = 0,
    };

    private bool Prepare(Session session) => Do(session, "CREATE TABLE IF NOT EXISTS done (number int PRIMARY KEY)")
        && Do(session, "CREATE TABLE IF NOT EXISTS value (key text PRIMARY KEY, value text NOT NULL)") && Do(session, "CREATE TABLE IF NOT EXISTS quiet (a int)");

    private void Transact(Session session, Oracle oracle, Random random)
    {
        string key = string.Create(CultureInfo.InvariantCulture, $"key {random.Next(KeyCount)}");
        string? value = random.Next(5) == 0 ? null : new string((char)('a' + random.Next(26)), random.Next(1, 900));
        int number = oracle.Intend(0, ModelChange.Set(key, value));
        bool isDone = Do(session, "BEGIN") && Do(session, string.Create(CultureInfo.InvariantCulture, $"INSERT INTO done VALUES ({number})"))
            && Do(session, value is null ? $"DELETE FROM value WHERE key = '{key}'" : $"INSERT INTO value VALUES ('{key}', '{value}') ON CONFLICT (key) DO UPDATE SET value = excluded.value");
        if (isDone && Do(session, "COMMIT"))
        {
            oracle.Acknowledge(number, Acknowledgement.Durable);
            return;
        }
        bool isUnknown = Errors.Count > 0 && Errors[^1] == "08007";
        oracle.Acknowledge(number, isUnknown ? Acknowledgement.None : Acknowledgement.Refused);
        Do(session, "ROLLBACK");
    }

    private static object Save(Database database)
    {
        database.SaveToDisk();
        return database;
    }

    private bool Do(Session session, string statement) => Try(() =>
    {
        session.Execute(statement).Dispose();
        return session;
    }) is not null;

    private T? Try<T>(Func<T> action)
        where T : class
    {
        try
        {
            return action();
        }
        catch (PhantomDbException error) when (!IsPowerLoss(error))
        {
            Errors.Add(error.SqlState);
            return null;
        }
        catch (PhantomDbException)
        {
            throw new PowerLossException();
        }
    }

    // The log tells the loss of power as an error of its own.
    private static bool IsPowerLoss(Exception? error)
    {
        for (; error is not null; error = error.InnerException)
        {
            if (error is PowerLossException)
            {
                return true;
            }
        }
        return false;
    }

    private void End(Database database)
    {
        try
        {
            database.Dispose();
        }
        catch (PhantomDbException error)
        {
            Errors.Add(error.SqlState);
        }
        catch (PowerLossException)
        {
            // it had been lost before, or is now: the disk knows
        }
    }

    // What has the name of a snapshot was read back before.
    private static void EnsureNamedOnesAreWhole(SimulatedDisk disk)
    {
        foreach (string path in FilesIn(disk).Where(path => SnapshotName.TryParse(Path.GetFileName(path)) is not null))
        {
            using Stream stream = disk.OpenRead(path);
            SealedFile.Verify(stream, path);
        }
    }

    private static SimulatedDisk WithNewestDamaged(SimulatedDisk disk)
    {
        var copy = new SimulatedDisk();
        copy.CreateFolder(Folder);
        foreach (string path in FilesIn(disk))
        {
            copy.Put(path, disk.Read(path));
        }
        string? newest = FilesIn(disk).Where(path => path.EndsWith(".db", StringComparison.Ordinal) || SnapshotName.TryParse(Path.GetFileName(path)) is not null)
            .MaxBy(path => LsnOf(disk, path));
        bool hasSnapshot = FilesIn(disk).Any(path => SnapshotName.TryParse(Path.GetFileName(path)) is not null);
        if (newest is not null && hasSnapshot)   // the database's own file alone makes the log before it needless
        {
            byte[] bytes = disk.Read(newest);
            bytes.AsSpan(bytes.Length / 2).Fill(0xFF);   // by no editor
            copy.Put(newest, bytes);
        }
        return copy;
    }

    private static long LsnOf(SimulatedDisk disk, string path)
    {
        using Stream stream = disk.OpenRead(path);
        return SealedFile.ReadHeader(stream)?.Lsn ?? -1;
    }

    private static IEnumerable<string> FilesIn(SimulatedDisk disk) =>
        disk.FolderExists(Folder) ? disk.List(Folder).Select(file => Path.Combine(Folder, Path.GetFileName(file))) : [];

    private static void Read(Session session, string sql, Action<QueryResult> add)
    {
        using QueryResult rows = session.Execute(sql);
        while (rows.Read())
        {
            add(rows);
        }
    }
}
