using System.Globalization;
using System.Text;

namespace PhantomDb.Fuzz.Processes;

/// <summary>
/// The process that <see cref="KillRunner"/> kills: opens the database, tells what each client finds of itself, and then lets clients commit on threads of
/// their own, each telling before and after each commit, in one write to a pipe. What it has told is true whenever it dies.
/// <code>
/// found 3 117      client 3 has 117 transactions, contiguous, and all else fits them
/// begin 3 118      it is about to commit the next
/// done 3 118       it was told that it is durable
/// bad …            what was found cannot be
/// error …          what a client was answered instead
/// </code>
/// </summary>
internal sealed class KillChild(string folder, int seed, int clientCount)
{
    private const int KeptCount = 200;

    private readonly Stream _out = Console.OpenStandardOutput();
    private readonly Lock _lock = new();

    public static DatabaseOptions Options(string folder) => new()
    {
        DataDirectory = folder, LogSegmentSize = 256 << 10, LogRetentionCount = 2, SnapshotInterval = 300, MemoryLimit = 1 << 30,
    };

    /// <summary>Returns when there were so many commits of each client, or never.</summary>
    public void Run(int? commitCount = null)
    {
        using Database database = Database.Open("shop", Options(folder));
        using (Session session = database.OpenSession())
        {
            foreach (string statement in Setup())
            {
                session.Execute(statement).Dispose();
            }
            Tell(session);
        }
        Thread[] threads = [.. Enumerable.Range(0, clientCount).Select(client => new Thread(() => Commit(database, client, commitCount ?? int.MaxValue)))];
        foreach (Thread thread in threads)
        {
            thread.Start();
        }
        var random = new Random(seed);
        while (threads.Any(thread => thread.IsAlive))
        {
            Thread.Sleep(random.Next(10, 120));
            try
            {
                database.SaveToDisk();
            }
            catch (PhantomDbException error)
            {
                Say($"error {error.SqlState} {error.Message}");
            }
        }
        database.Close();
        Say("closed");
    }

    /// <summary>What each client finds of itself; and what cannot be, if anything.</summary>
    public void Tell(Session session)
    {
        for (int client = 0; client < clientCount; client++)
        {
            long count = Number(session, $"SELECT n FROM progress WHERE client = {client}"), max = Number(session, $"SELECT coalesce(max(n), 0) FROM done WHERE client = {client}");
            long rows = Number(session, $"SELECT count(*) FROM done WHERE client = {client}");
            Say($"found {client} {count}");
            if (max != count || rows != Math.Min(count, KeptCount))
            {
                Say($"bad client {client} has counted to {count}, the newest of its {rows} rows is {max}");
            }
        }
        if (Number(session, "SELECT coalesce(sum(balance), 0)::bigint FROM account") != 0)
        {
            Say("bad the accounts' total is not 0");
        }
    }

    private IEnumerable<string> Setup() =>
    [
        "BEGIN",
        "CREATE TABLE IF NOT EXISTS progress (client int PRIMARY KEY, n bigint NOT NULL)",
        "CREATE TABLE IF NOT EXISTS done (client int REFERENCES progress, n bigint, note text, PRIMARY KEY (client, n))",
        "CREATE TABLE IF NOT EXISTS account (id int PRIMARY KEY, balance bigint NOT NULL)",
        $"INSERT INTO progress SELECT i, 0 FROM generate_series(0, {clientCount - 1}) i ON CONFLICT DO NOTHING",
        "INSERT INTO account SELECT i, 0 FROM generate_series(0, 9) i ON CONFLICT DO NOTHING",
        "COMMIT",
    ];

    private void Commit(Database database, int client, int count)
    {
        var random = new Random((seed * 31) + client);
        using Session session = database.OpenSession();
        long next = Number(session, $"SELECT n FROM progress WHERE client = {client}") + 1;
        for (int i = 0; i < count; i++)
        {
            int from = random.Next(9), to = random.Next(from + 1, 10), amount = random.Next(1, 100);   // in one order: no deadlocks
            Say($"begin {client} {next}");
            try
            {
                foreach (string statement in (string[])
                [
                    "BEGIN",
                    $"INSERT INTO done VALUES ({client}, {next}, repeat('x', {random.Next(300)}))",
                    $"DELETE FROM done WHERE client = {client} AND n = {next - KeptCount}",
                    $"UPDATE progress SET n = {next} WHERE client = {client}",
                    $"UPDATE account SET balance = balance - {amount} WHERE id = {from}",
                    $"UPDATE account SET balance = balance + {amount} WHERE id = {to}",
                    "COMMIT",
                ])
                {
                    session.Execute(statement).Dispose();
                }
            }
            catch (PhantomDbException error)
            {
                Say($"error {error.SqlState} {error.Message}");
                session.Execute("ROLLBACK").Dispose();
                next = Number(session, $"SELECT n FROM progress WHERE client = {client}") + 1;
                continue;
            }
            Say($"done {client} {next}");
            next++;
        }
    }

    private static long Number(Session session, string sql)
    {
        using QueryResult result = session.Execute(sql);
        return result.Read() ? result.GetInt64(0) : 0;
    }

    private void Say(FormattableString text) => Say(text.ToString(CultureInfo.InvariantCulture));

    private void Say(string text)
    {
        byte[] line = Encoding.UTF8.GetBytes(text.ReplaceLineEndings(" ") + "\n");
        lock (_lock)
        {
            _out.Write(line);
            _out.Flush();
        }
    }
}
