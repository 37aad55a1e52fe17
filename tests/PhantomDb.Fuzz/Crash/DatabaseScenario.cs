namespace PhantomDb.Fuzz.Crash;

/// <summary>What a <see cref="DatabaseScenario"/> does, and how.</summary>
internal sealed record DatabaseScenarioOptions
{
    public SyncPolicy Policy { get; init; } = SyncPolicy.Always;

    /// <summary>True: each client is a thread, so that commits share flushes; the same seed then gives the same work, not the same run.</summary>
    public bool IsThreaded { get; init; }

    public int ClientCount { get; init; } = 3;

    /// <summary>Transactions of each client in one use of the database.</summary>
    public int TransactionCount { get; init; } = 6;

    /// <summary>What one transaction does, at most so many things.</summary>
    public int WorkCountMax { get; init; } = 3;

    /// <summary>Saves, closes and opens again, jumps of the clock, entries of the user's own between the transactions.</summary>
    public bool HasHousework { get; init; } = true;

    /// <summary>After one statement of so many there is housework.</summary>
    public int StatementsPerHousework { get; init; } = 24;

    public long LogSegmentSize { get; init; } = 4096;

    public long LogBufferSize { get; init; } = 1 << 16;

    public int LogRetentionCount { get; init; } = 1;

    /// <summary>A transaction that inserts so many rows has them in a file beside the log.</summary>
    public int LoadRowCount { get; init; } = 60;

    /// <summary>True: snapshots are taken in the background too, not on demand alone; when, is up to the machine.</summary>
    public bool HasBackgroundSnapshots { get; init; }

    /// <summary>A disk that breaks a rule of durability, between the database and the simulated one: what must be found out.</summary>
    public Func<SimulatedDisk, PhantomDb.Durability.IFileSystem>? Sabotage { get; init; }

    /// <summary>What the oracle takes as promised; null: what the policy promises.</summary>
    public Acknowledgement? Promised { get; init; }

    /// <summary>About as many operations of the disk as a use of a new database takes: where to put a fault.</summary>
    public int OperationCountGuess => 60 + (8 * ClientCount * TransactionCount);

    /// <summary>
    /// The same with sizes at random. Most are small: they cost little, and a fault meets beginnings and ends, where most is done to files. One in fifty is of the
    /// size here, one in three hundred several times as large.
    /// </summary>
    public DatabaseScenarioOptions Draw(Random random)
    {
        DatabaseScenarioOptions drawn = this with
        {
            LogSegmentSize = random.Next(4) == 0 ? 16384 : 4096, LogBufferSize = 1024L << random.Next(8), LogRetentionCount = random.Next(3), LoadRowCount = random.Next(2) == 0 ? 8 : 60,
        };
        return random.Next(100) switch
        {
            < 75 => drawn with { ClientCount = random.Next(1, 3), TransactionCount = random.Next(1, 3), WorkCountMax = 2, StatementsPerHousework = 8 },
            < 95 => drawn with { ClientCount = random.Next(1, 4), TransactionCount = random.Next(1, 4), StatementsPerHousework = 12 },
            < 99 => random.Next(2) == 0 ? drawn : drawn with { TransactionCount = 2 },
            _ when random.Next(3) > 0 => drawn with { ClientCount = 6, TransactionCount = 2 },
            _ => drawn with { ClientCount = 6, TransactionCount = 10 },
        };
    }
}

/// <summary>
/// A whole database in use: clients with sessions of their own whose statements take turns, transactions with savepoints, definitions, large
/// transactions, sequences, entries of the user's own, segments that rotate and go, saves, closes and openings between. Begins with what the disk has.
/// </summary>
internal sealed class DatabaseScenario(DatabaseScenarioOptions options, int seed) : ICrashScenario
{
    public const string Folder = "/data";
    public const string Name = "shop";

    private const string Setup =
        """
        BEGIN;
        CREATE TABLE done (number int PRIMARY KEY, client int NOT NULL);
        CREATE TABLE line (number int REFERENCES done ON DELETE CASCADE, k int, note text);
        CREATE TABLE value (key text PRIMARY KEY, value text NOT NULL UNIQUE);
        CREATE TABLE account (name text PRIMARY KEY, balance bigint NOT NULL);
        CREATE SEQUENCE given;
        COMMIT
        """;

    /// <summary>Errors that were answers, by SQLSTATE.</summary>
    public List<string> Errors { get; } = [];

    public int OperationCountGuess => options.OperationCountGuess;

    public void Run(SimulatedDisk disk, Oracle oracle)
    {
        var random = new Random(seed);
        var clock = new DiskClock(disk);
        int uses = options.HasHousework ? random.Next(1, 3) : 1;
        for (int use = 0; use < uses; use++)
        {
            Database? database = null;
            try
            {
                database = Database.Open(Name, Options(disk, clock));
                Use(database, disk, oracle, random, clock);
                database.Close();
                oracle.AcknowledgeAllCommitted();
            }
            catch (PhantomDbException error)
            {
                EnsureOn(disk);
                Errors.Add(error.SqlState);
                if (database is null || options.Policy != SyncPolicy.Always)
                {
                    return;   // what was committed and is not on the disk is nowhere now
                }
            }
            finally
            {
                End(database);
            }
        }
    }

    public RecoveredState Recover(SimulatedDisk disk)
    {
        Database? database = null;
        try
        {
            database = Database.Open(Name, Options(disk, new DiskClock(disk)) with { SyncPolicy = SyncPolicy.Always });
            return RecoveredContent.Read(database);
        }
        finally
        {
            End(database);
        }
    }

    /// <summary>An oracle that also wants the accounts' total to be what it was.</summary>
    public static Oracle NewOracle()
    {
        var oracle = new Oracle();
        oracle.AddInvariant("the accounts' total", state => state.Sums.GetValueOrDefault("from") + state.Sums.GetValueOrDefault("to") == 0);
        return oracle;
    }

    private void Use(Database database, SimulatedDisk disk, Oracle oracle, Random random, DiskClock clock)
    {
        using (Session session = database.OpenSession())
        {
            if (database.Catalog.FindTable("public", "done") is null)
            {
                session.Execute(Setup).Dispose();
            }
        }
        if (options.HasHousework && random.Next(3) == 0)
        {
            LoadWhatThereIs(database, disk);
        }
        Acknowledgement promised = options.Promised ?? (options.Policy == SyncPolicy.Always ? Acknowledgement.Durable : Acknowledgement.Committed);
        DatabaseClient[] clients = [.. Enumerable.Range(0, options.ClientCount)
            .Select(number => new DatabaseClient(disk, database, oracle, number, random.Next(), promised, options.IsThreaded ? 2000 : 1)
            {
                Left = options.TransactionCount, WorkCountMax = options.WorkCountMax, KnowsLsn = !options.IsThreaded,
            })];
        try
        {
            if (options.IsThreaded)
            {
                RunThreads(clients);
            }
            else
            {
                TakeTurns(database, disk, oracle, clients, random, clock);
            }
        }
        finally
        {
            Errors.AddRange(clients.SelectMany(client => client.Errors));
            foreach (DatabaseClient client in clients)
            {
                client.Dispose();
            }
        }
    }

    private void TakeTurns(Database database, SimulatedDisk disk, Oracle oracle, DatabaseClient[] clients, Random random, DiskClock clock)
    {
        while (clients.Any(client => client.IsBusy))
        {
            DatabaseClient[] busy = [.. clients.Where(client => client.IsBusy)];
            if (busy[random.Next(busy.Length)].Step())
            {
                Settle(database);
            }
            if (options.HasHousework && random.Next(options.StatementsPerHousework) == 0)
            {
                DoHousework(database, disk, oracle, random, clock);
                Settle(database);
            }
        }
    }

    private static void RunThreads(DatabaseClient[] clients)
    {
        Exception? failure = null;
        Thread[] threads = [.. clients.Select(client => new Thread(() =>
        {
            try
            {
                while (client.IsBusy)
                {
                    client.Step();
                }
            }
            catch (Exception error)
            {
                Interlocked.CompareExchange(ref failure, error, null);
            }
        }))];
        foreach (Thread thread in threads)
        {
            thread.Start();
        }
        foreach (Thread thread in threads)
        {
            thread.Join();
        }
        if (failure is not null)
        {
            throw failure is PowerLossException ? failure : new InvalidOperationException(failure.ToString(), failure);
        }
    }

    // All is put in place of all by a copy of itself, so that nothing is different for the oracle.
    private void LoadWhatThereIs(Database database, SimulatedDisk disk)
    {
        try
        {
            database.SaveToDisk("copy");
            database.LoadFromDisk("copy");
            Settle(database);
        }
        catch (PhantomDbException error)
        {
            EnsureOn(disk);
            Errors.Add(error.SqlState);
        }
    }

    private void DoHousework(Database database, SimulatedDisk disk, Oracle oracle, Random random, DiskClock clock)
    {
        try
        {
            switch (random.Next(8))
            {
                case 0:
                    database.SaveToDisk(isSealed: random.Next(4) > 0);
                    oracle.AcknowledgeAllCommitted();
                    break;
                case 1:
                    database.SaveToDisk("copy");
                    break;
                case 2:
                    database.Persistence!.Log.Sync();
                    oracle.AcknowledgeAllCommitted();
                    break;
                case 3:
                    database.Persistence!.Log.Append("MAINTENANCE", [new("user", "admin"), new("action", new string('m', random.Next(300)))]);
                    break;
                case 4:
                case 5:
                    database.CreateSnapshot();
                    oracle.AcknowledgeAllCommitted();
                    break;
                default:
                    clock.Jump(random);
                    break;
            }
        }
        catch (PhantomDbException error)
        {
            EnsureOn(disk);
            Errors.Add(error.SqlState);
        }
    }

    private static void EnsureOn(SimulatedDisk disk)
    {
        if (disk.IsOff)
        {
            throw new PowerLossException();
        }
    }

    // The log's thread has done what it had to do, so that the next operation of the disk is ours again.
    private void Settle(Database database)
    {
        if (options.Policy == SyncPolicy.Always && database.Persistence is { } persistence)
        {
            persistence.Log.Settle();
        }
    }

    // Whatever has happened: its threads end. A power loss that comes here was there before.
    private static void End(Database? database)
    {
        try
        {
            database?.Dispose();
        }
        catch (Exception error) when (error is PhantomDbException or PowerLossException)
        {
        }
    }

    private DatabaseOptions Options(SimulatedDisk disk, TimeProvider clock) => new()
    {
        DataDirectory = Folder, FileSystem = options.Sabotage?.Invoke(disk) ?? disk, Clock = clock, MemoryLimit = 1 << 28, SyncPolicy = options.Policy,
        SyncInterval = TimeSpan.FromMilliseconds(20), LogSegmentSize = options.LogSegmentSize, LogRetentionCount = options.LogRetentionCount, LogBufferSize = options.LogBufferSize, LoadRowCount = options.LoadRowCount,
        SnapshotEnabled = options.HasBackgroundSnapshots, SnapshotInterval = 15,   // else on demand alone, so that each run of a seed is the same
        Random = new Random(unchecked(seed + (int)(disk.Clock.Ticks / TimeSpan.TicksPerSecond))),
    };
}

/// <summary>The disk's clock, which goes on over crashes, and may be set back or far ahead.</summary>
internal sealed class DiskClock(SimulatedDisk disk) : TimeProvider
{
    private TimeSpan _offset;
    private DateTimeOffset? _stopped;

    public override DateTimeOffset GetUtcNow() => _stopped ?? new DateTimeOffset(disk.Clock) + _offset;

    /// <summary>T11: an hour back, ten years on, or the same moment from now on.</summary>
    public void Jump(Random random)
    {
        DateTimeOffset now = GetUtcNow();
        _stopped = null;
        switch (random.Next(3))
        {
            case 0:
                _offset -= TimeSpan.FromHours(1);
                break;
            case 1:
                _offset += now.Year < 2100 ? TimeSpan.FromDays(3653) : TimeSpan.Zero;
                break;
            default:
                _stopped = now;
                break;
        }
    }
}
