using System.Globalization;
using PhantomDb.Durability;

namespace PhantomDb.Fuzz.Crash;

/// <summary>How files are saved in a <see cref="SaveScenario"/>.</summary>
internal enum SealUse
{
    Sealed,
    Unsealed,
    Alternating,
}

/// <summary>
/// Transactions of two clients in memory, and saves of the whole database to a file between them: first of a database that is
/// new, or of the one that the disk has. What a save that ended has is durable. There is no log.
/// </summary>
internal sealed class SaveScenario(SealUse seals, int seed = 0, int saveCount = 3) : ICrashScenario
{
    private const int KeyCount = 12;
    private const string Name = "shop";

    public const string Folder = "/data/sub";

    public const string FilePath = Folder + "/" + Name + ".db";

    /// <summary>Errors that were answers to a save, by SQLSTATE.</summary>
    public List<string> Errors { get; } = [];

    public int OperationCountGuess => 20 * (saveCount + 1);

    public void Run(SimulatedDisk disk, Oracle oracle)
    {
        var random = new Random(seed);
        Errors.Clear();
        Database database;
        try
        {
            database = Database.Open(Name, Options(disk));
        }
        catch (PhantomDbException error)
        {
            Errors.Add(error.SqlState);
            return;
        }
        using (database)
        {
            using Session session = database.OpenSession();
            if (database.IsNew)
            {
                session.Execute("CREATE TABLE done (number int PRIMARY KEY)").Dispose();
                session.Execute("CREATE TABLE value (key text PRIMARY KEY, value text NOT NULL)").Dispose();
                session.Execute("CREATE TABLE account (name text PRIMARY KEY, balance bigint NOT NULL)").Dispose();
            }
            for (int save = 0; save < saveCount; save++)
            {
                for (int i = random.Next(1, 4); i > 0; i--)
                {
                    Transact(session, oracle, random);
                }
                Save(database, session, oracle, isSealed: seals == SealUse.Sealed || (seals == SealUse.Alternating && save % 2 == 0));
            }
            Save(database, session, oracle, isSealed: null);   // with the same content
        }
    }

    public RecoveredState Recover(SimulatedDisk disk)
    {
        using Database database = Database.Open(Name, Options(disk));
        using Session session = database.OpenSession();
        if (database.IsNew)
        {
            return new RecoveredState(new HashSet<int>(), new Dictionary<string, string>(), new Dictionary<string, long>());
        }
        LoadedDatabase loaded = DatabaseFileReader.Read(FilePath, null, disk);
        if (!loaded.IsProved)
        {
            throw new InvalidOperationException($"{FilePath} is read without its seal");
        }
        var numbers = new HashSet<int>();
        var values = new Dictionary<string, string>();
        var sums = new Dictionary<string, long>();
        Read(session, "SELECT number FROM done", row => numbers.Add(row.GetInt32(0)));
        Read(session, "SELECT key, value FROM value", row => values.Add(row.GetText(0), row.GetText(1)));
        Read(session, "SELECT name, balance FROM account", row => sums.Add(row.GetText(0), row.GetInt64(1)));
        return new RecoveredState(numbers, values, sums);
    }

    /// <summary>An oracle that also wants the accounts' total to be what it was.</summary>
    public static Oracle NewOracle()
    {
        var oracle = new Oracle();
        oracle.AddInvariant("the accounts' total", state => state.Sums.Values.Sum() == 0);
        return oracle;
    }

    private static DatabaseOptions Options(SimulatedDisk disk) => new() { DataDirectory = Folder, FileSystem = disk, MemoryLimit = 1 << 28, IsInMemory = true };

    private static void Transact(Session session, Oracle oracle, Random random)
    {
        int client = random.Next(2);
        string key = string.Create(CultureInfo.InvariantCulture, $"client {client} key {random.Next(KeyCount)}");
        string? value = random.Next(5) == 0 ? null : new string((char)('a' + random.Next(26)), random.Next(1, 900));
        long amount = random.Next(1, 100);
        int number = oracle.Intend(client, ModelChange.Set(key, value), ModelChange.Add("from", -amount), ModelChange.Add("to", amount));
        string amountText = amount.ToString(CultureInfo.InvariantCulture);
        string[] statements =
        [
            "BEGIN",
            string.Create(CultureInfo.InvariantCulture, $"INSERT INTO done VALUES ({number})"),
            value is null ? $"DELETE FROM value WHERE key = '{key}'" : $"INSERT INTO value VALUES ('{key}', '{value}') ON CONFLICT (key) DO UPDATE SET value = excluded.value",
            $"INSERT INTO account VALUES ('from', -{amountText}), ('to', {amountText}) ON CONFLICT (name) DO UPDATE SET balance = account.balance + excluded.balance",
            "COMMIT",
        ];
        foreach (string statement in statements)
        {
            session.Execute(statement).Dispose();
        }
        oracle.Acknowledge(number, Acknowledgement.Committed);
    }

    private void Save(Database database, Session session, Oracle oracle, bool? isSealed)
    {
        int count = 0;
        Read(session, "SELECT number FROM done", _ => count++);
        oracle.AddSavePoint(count);
        try
        {
            database.SaveToDisk(FilePath, isSealed);
        }
        catch (PhantomDbException error)
        {
            Errors.Add(error.SqlState);
            return;
        }
        oracle.AcknowledgeAllCommitted();
    }

    private static void Read(Session session, string sql, Action<QueryResult> add)
    {
        using QueryResult rows = session.Execute(sql);
        while (rows.Read())
        {
            add(rows);
        }
    }
}
