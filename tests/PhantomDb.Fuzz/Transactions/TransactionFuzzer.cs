using System.Collections.Concurrent;
using System.Globalization;
using PhantomDb.Fuzz.Running;

namespace PhantomDb.Fuzz.Transactions;

/// <summary>
/// Transactions of several sessions at random, in rounds of their own database each: recorded histories at SERIALIZABLE and
/// REPEATABLE READ, transfers with a constant total, races for unique keys, and parents that go while children come.
/// Which transactions meet depends on the machine, so a seed gives the same work, but not the same run.
/// </summary>
public sealed class TransactionFuzzer(int seed)
{
    private const int ThreadCount = 4;
    private const int RoundSize = 400;

    private int _committed;
    private int _refused;

    /// <summary>Runs at least so many transactions; stops at the first round that breaks a promise.</summary>
    public FuzzReport Run(int count)
    {
        var failures = new List<FuzzFailure>();
        int round = 0;
        while (_committed + _refused < count && failures.Count == 0)
        {
            (string name, Func<Random, string> run) = (round % 5) switch
            {
                0 => ("histories at serializable", random => RunHistory("SERIALIZABLE", random)),
                1 => ("histories at repeatable read", random => RunHistory("REPEATABLE READ", random)),
                2 => ("transfers", RunTransfers),
                3 => ("unique keys", RunUniqueKeys),
                _ => ("foreign keys", (Func<Random, string>)RunForeignKeys),
            };
            string problem = run(new Random((seed * 10_000) + round));
            if (problem.Length > 0)
            {
                failures.Add(new FuzzFailure(seed, round, problem, name));
            }
            round++;
        }
        return new FuzzReport(_committed + _refused, failures, $"{_committed} committed, {_refused} refused, {round} rounds");
    }

    // Each transaction reads some rows and writes some of those; a row's value is the number of the transaction that wrote it.
    private string RunHistory(string level, Random seeds)
    {
        const int Keys = 8;
        using Database database = Database.CreateInMemory();
        Prepare(database, "CREATE TABLE r (k int PRIMARY KEY, v int)", $"INSERT INTO r SELECT i, 0 FROM generate_series(0, {Keys - 1}) i");
        var history = new ConcurrentBag<CommittedTransaction>();
        int last = 0;
        RunThreads(database, seeds, (session, random) =>
        {
            int id = Interlocked.Increment(ref last);
            int[] keys = [.. Enumerable.Range(0, random.Next(1, 4)).Select(_ => random.Next(Keys)).Distinct()];
            int writeCount = random.Next(keys.Length + 1);
            var reads = new List<(int, int)>();
            if (InTransaction(session, level, () =>
            {
                foreach (int key in keys)
                {
                    reads.Add((key, (int)Number(session, $"SELECT v FROM r WHERE k = {key}")));
                    Thread.Yield();
                }
                for (int write = 0; write < writeCount; write++)
                {
                    Execute(session, $"UPDATE r SET v = {id} WHERE k = {keys[write]}");
                }
            }))
            {
                history.Add(new CommittedTransaction(id, reads, [.. reads.Take(writeCount)]));
            }
        });
        CommittedTransaction[] committed = [.. history];
        string[] problems = level == "SERIALIZABLE"
            ? [HistoryChecker.FindCycle(committed)]
            : [HistoryChecker.FindLostUpdate(committed), HistoryChecker.FindTornSnapshot(committed)];
        return problems.FirstOrDefault(problem => problem.Length > 0) ?? "";
    }

    private string RunTransfers(Random seeds)
    {
        const int Accounts = 10;
        using Database database = Database.CreateInMemory();
        Prepare(database, "CREATE TABLE a (id int PRIMARY KEY, balance int, n int)",
            $"INSERT INTO a SELECT i, 100, 0 FROM generate_series(1, {Accounts}) i");
        int transfers = 0;
        string problem = "";
        RunThreads(database, seeds, (session, random) =>
        {
            if (random.Next(4) == 0)
            {
                InTransaction(session, "READ COMMITTED", () =>
                {
                    long total = Number(session, "SELECT sum(balance) FROM a");
                    if (total != Accounts * 100)
                    {
                        problem = $"a query saw a total of {total}";
                    }
                });
                return;
            }
            int amount = random.Next(1, 20);
            int from = random.Next(Accounts) + 1;
            int to = (from % Accounts) + 1;
            bool isUndone = random.Next(3) == 0;
            if (InTransaction(session, "READ COMMITTED", () =>
            {
                Execute(session, $"UPDATE a SET balance = balance - {amount}, n = n + 1 WHERE id = {from}");
                if (isUndone)
                {
                    Execute(session, "SAVEPOINT s");
                    Execute(session, $"UPDATE a SET balance = balance * 2 WHERE id >= {to}");
                    Execute(session, "ROLLBACK TO s");
                }
                Execute(session, $"UPDATE a SET balance = balance + {amount}, n = n + 1 WHERE id = {to}");
            }))
            {
                Interlocked.Increment(ref transfers);
            }
        });
        using Session last = database.OpenSession();
        long changes = Number(last, "SELECT sum(n) FROM a");
        return problem.Length > 0 ? problem
            : Number(last, "SELECT sum(balance) FROM a") != Accounts * 100 ? "the total has changed"
            : changes != transfers * 2L ? $"{transfers} transfers made {changes} changes" : "";
    }

    private string RunUniqueKeys(Random seeds)
    {
        const int Keys = 30;
        using Database database = Database.CreateInMemory();
        Prepare(database, "CREATE TABLE u (id serial PRIMARY KEY, k int UNIQUE, v int)");
        RunThreads(database, seeds, (session, random) =>
        {
            int key = random.Next(Keys);
            InTransaction(session, "READ COMMITTED", () => Execute(session, random.Next(4) switch
            {
                0 => $"DELETE FROM u WHERE k = {key}",
                1 => $"UPDATE u SET k = {random.Next(Keys)} WHERE k = {key}",
                2 => $"INSERT INTO u (k, v) VALUES ({key}, 1) ON CONFLICT (k) DO UPDATE SET v = u.v + 1",
                _ => $"INSERT INTO u (k, v) VALUES ({key}, 1)",
            }));
        });
        using Session last = database.OpenSession();
        return Number(last, "SELECT count(*) - count(DISTINCT k) FROM u") != 0 ? "a key is there twice"
            : Number(last, "SELECT count(*) FROM u") != Enumerable.Range(0, Keys).Sum(k => Number(last, $"SELECT count(*) FROM u WHERE k = {k}"))
                ? "the index has not the rows of the table" : "";
    }

    private string RunForeignKeys(Random seeds)
    {
        const int Parents = 12;
        using Database database = Database.CreateInMemory();
        Prepare(database, "CREATE TABLE p (id int PRIMARY KEY, v int)",
            "CREATE TABLE c (id serial PRIMARY KEY, p int REFERENCES p)",
            "CREATE TABLE d (id serial PRIMARY KEY, p int REFERENCES p ON DELETE CASCADE ON UPDATE CASCADE)",
            $"INSERT INTO p SELECT i, 0 FROM generate_series(1, {Parents}) i");
        RunThreads(database, seeds, (session, random) =>
        {
            int parent = random.Next(Parents) + 1;
            InTransaction(session, random.Next(3) == 0 ? "REPEATABLE READ" : "READ COMMITTED", () =>
            {
                for (int i = random.Next(1, 3); i > 0; i--)
                {
                    Execute(session, random.Next(7) switch
                    {
                        0 => $"DELETE FROM p WHERE id = {parent}",
                        1 => $"INSERT INTO p VALUES ({parent}, 0)",
                        2 => $"UPDATE p SET v = v + 1 WHERE id = {parent}",
                        3 => $"DELETE FROM c WHERE p = {parent}",
                        4 => $"INSERT INTO d (p) VALUES ({parent})",
                        5 => $"UPDATE p SET id = {random.Next(Parents) + 1} WHERE id = {parent}",
                        _ => $"INSERT INTO c (p) VALUES ({parent})",
                    });
                }
            });
        });
        using Session last = database.OpenSession();
        return Number(last, "SELECT count(*) FROM c WHERE p NOT IN (SELECT id FROM p)") != 0
            || Number(last, "SELECT count(*) FROM d WHERE p NOT IN (SELECT id FROM p)") != 0 ? "a row refers to nothing" : "";
    }

    // True where it committed; false where others made it fail, as they may.
    private bool InTransaction(Session session, string level, Action work)
    {
        Execute(session, $"BEGIN ISOLATION LEVEL {level}");
        try
        {
            work();
            Execute(session, "COMMIT");
            Interlocked.Increment(ref _committed);
            return true;
        }
        catch (PhantomDbException failure) when (failure.SqlState is "40001" or "40P01" or "23505" or "23503")
        {
            if (session.IsInTransaction)
            {
                Execute(session, "ROLLBACK");
            }
            Interlocked.Increment(ref _refused);
            return false;
        }
    }

    private static void RunThreads(Database database, Random seeds, Action<Session, Random> transaction)
    {
        Exception? failure = null;
        Thread[] threads = [.. Enumerable.Range(0, ThreadCount).Select(_ => seeds.Next()).Select(threadSeed => new Thread(() =>
        {
            try
            {
                using Session session = database.OpenSession();
                Execute(session, "SET lock_timeout = '60s'");   // nobody has to wait so long: a lost wake-up is an error, not the end
                var random = new Random(threadSeed);
                for (int i = 0; i < RoundSize / ThreadCount; i++)
                {
                    transaction(session, random);
                }
            }
            catch (Exception exception)
            {
                Interlocked.CompareExchange(ref failure, exception, null);
            }
        }))];
        Array.ForEach(threads, thread => thread.Start());
        Array.ForEach(threads, thread => thread.Join());
        if (failure is not null)
        {
            throw new InvalidOperationException(failure.Message, failure);
        }
    }

    private static void Prepare(Database database, params string[] statements)
    {
        using Session session = database.OpenSession();
        Array.ForEach(statements, statement => Execute(session, statement));
    }

    private static void Execute(Session session, string sql) => session.Execute(sql).Dispose();

    private static long Number(Session session, string sql)
    {
        using QueryResult result = session.Execute(sql);
        return result.Read() && !result.IsNull(0) ? long.Parse(result.GetText(0), CultureInfo.InvariantCulture) : -1;
    }
}
