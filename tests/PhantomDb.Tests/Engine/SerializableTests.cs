using System.Collections.Concurrent;
using Microsoft.VisualStudio.TestTools.UnitTesting;

namespace PhantomDb.Tests.Engine;

/// <summary>Random transactions of many sessions, and an order of them in which they could have run one after the other.</summary>
[TestClass]
public sealed class SerializableTests
{
    private const int ThreadCount = 4;

    [TestMethod]
    [DataRow(1)]
    [DataRow(2)]
    public void The_history_of_serializable_transactions_has_an_order(int seed)
    {
        Console.WriteLine($"seed {seed}");
        List<CommittedTransaction> history = RunHistory("SERIALIZABLE", seed, transactionsEach: 120);
        Assert.IsGreaterThan(ThreadCount * 5, history.Count);
        Assert.AreEqual("", HistoryChecker.FindCycle(history));
    }

    [TestMethod]
    public void The_history_at_repeatable_read_has_no_lost_update_and_no_torn_snapshot()
    {
        List<CommittedTransaction> history = RunHistory("REPEATABLE READ", seed: 3, transactionsEach: 120);
        Assert.AreEqual("", HistoryChecker.FindLostUpdate(history));
        Assert.AreEqual("", HistoryChecker.FindTornSnapshot(history));
    }

    [TestMethod]
    public void The_checker_finds_a_write_skew_and_a_lost_update()
    {
        CommittedTransaction first = new(1, [(10, 0), (20, 0)], [(10, 0)]);
        CommittedTransaction second = new(2, [(10, 0), (20, 0)], [(20, 0)]);
        Assert.AreNotEqual("", HistoryChecker.FindCycle([first, second]));
        Assert.AreEqual("", HistoryChecker.FindLostUpdate([first, second]));
        Assert.AreEqual("", HistoryChecker.FindTornSnapshot([first, second]));
        CommittedTransaction third = new(3, [(10, 0)], [(10, 0)]);
        Assert.AreNotEqual("", HistoryChecker.FindLostUpdate([first, third]));
        CommittedTransaction writer = new(4, [(10, 0), (20, 0)], [(10, 0), (20, 0)]);
        CommittedTransaction torn = new(5, [(10, 4), (20, 0)], []);
        Assert.AreNotEqual("", HistoryChecker.FindTornSnapshot([writer, torn]));
        Assert.AreNotEqual("", HistoryChecker.FindCycle([writer, torn]));
    }

    [TestMethod]
    public void Who_looks_for_rows_before_inserting_one_is_alone()
    {
        const int Groups = 25;
        using Database database = Database.CreateInMemory();
        using (Session session = database.OpenSession())
        {
            ConcurrencyTests.Run(session, "CREATE TABLE t (id serial PRIMARY KEY, g int)");
        }
        Transactions.ConcurrentWriterTests.Run(ThreadCount, thread =>
        {
            using Session session = database.OpenSession();
            for (int g = 0; g < Groups; g++)
            {
                string outcome;
                do
                {
                    ConcurrencyTests.Run(session, "BEGIN ISOLATION LEVEL SERIALIZABLE");
                    if (ConcurrencyTests.Run(session, $"SELECT count(*) FROM t WHERE g = {g}") == "0")
                    {
                        ConcurrencyTests.Run(session, $"INSERT INTO t (g) VALUES ({g})");
                    }
                    outcome = ConcurrencyTests.Run(session, "COMMIT");
                    Assert.IsTrue(outcome is "" or "40001", outcome);
                }
                while (outcome != "");
            }
        });
        using Session last = database.OpenSession();
        Assert.AreEqual($"{Groups},{Groups}", ConcurrencyTests.Run(last, "SELECT count(*), count(DISTINCT g) FROM t"));
    }

    // Each transaction reads some rows and writes some of those; a row's value is the number of the transaction that wrote it.
    private static List<CommittedTransaction> RunHistory(string level, int seed, int transactionsEach)
    {
        const int Keys = 8;
        using Database database = Database.CreateInMemory();
        using (Session session = database.OpenSession())
        {
            ConcurrencyTests.Run(session, "CREATE TABLE r (k int PRIMARY KEY, v int)");
            ConcurrencyTests.Run(session, $"INSERT INTO r SELECT i, 0 FROM generate_series(0, {Keys - 1}) i");
        }
        var history = new ConcurrentBag<CommittedTransaction>();
        int last = 0;
        Transactions.ConcurrentWriterTests.Run(ThreadCount, thread =>
        {
            using Session session = database.OpenSession();
            var random = new Random((seed * 100) + thread);
            for (int i = 0; i < transactionsEach; i++)
            {
                int id = Interlocked.Increment(ref last);
                int[] keys = [.. Enumerable.Range(0, random.Next(1, 4)).Select(_ => random.Next(Keys)).Distinct()];
                int writeCount = random.Next(keys.Length + 1);
                var reads = new List<(int, int)>();
                string outcome = ConcurrencyTests.Run(session, $"BEGIN ISOLATION LEVEL {level}");
                foreach (int key in keys)
                {
                    reads.Add((key, int.Parse(ConcurrencyTests.Run(session, $"SELECT v FROM r WHERE k = {key}"), System.Globalization.CultureInfo.InvariantCulture)));
                    Thread.Yield();
                }
                for (int write = 0; write < writeCount && outcome == ""; write++)
                {
                    outcome = ConcurrencyTests.Run(session, $"UPDATE r SET v = {id} WHERE k = {keys[write]}");
                }
                Assert.IsTrue(outcome is "" or "40001" or "40P01", outcome);
                bool isFailed = outcome != "";
                outcome = ConcurrencyTests.Run(session, "COMMIT");
                Assert.IsTrue(outcome is "" or "40001", outcome);
                if (!isFailed && outcome == "")
                {
                    history.Add(new CommittedTransaction(id, reads, [.. reads.Take(writeCount)]));
                }
            }
        });
        return [.. history];
    }
}

/// <summary>What a committed transaction has read and overwritten: keys with the number of the transaction whose value it was.</summary>
internal sealed record CommittedTransaction(int Id, IReadOnlyList<(int Key, int Writer)> Reads, IReadOnlyList<(int Key, int Writer)> Overwritten);

/// <summary>
/// Looks at a recorded history alone. Every write has read what it overwrites, so the order of a key's versions is known, and
/// with it who must come before whom (Adya, "Weak Consistency", 1999: write, read and anti-dependencies).
/// </summary>
internal static class HistoryChecker
{
    /// <summary>Transactions that must each come before the next; empty where there is an order for all.</summary>
    public static string FindCycle(IReadOnlyList<CommittedTransaction> history)
    {
        Dictionary<(int Key, int Writer), int> successors = Successors(history);
        var edges = new Dictionary<int, HashSet<int>>();
        foreach (CommittedTransaction transaction in history)
        {
            foreach ((int Key, int Writer) read in transaction.Reads)
            {
                Add(read.Writer, transaction.Id);
                if (successors.TryGetValue(read, out int overwriter))
                {
                    Add(transaction.Id, overwriter);
                }
            }
        }
        var state = new Dictionary<int, bool>();   // false while on the path
        foreach (int start in edges.Keys)
        {
            if (Visit(start) is { Length: > 0 } cycle)
            {
                return cycle;
            }
        }
        return "";

        void Add(int from, int to)
        {
            if (from != to)
            {
                (edges.TryGetValue(from, out HashSet<int>? targets) ? targets : edges[from] = []).Add(to);
            }
        }

        string Visit(int node)
        {
            if (state.TryGetValue(node, out bool isDone))
            {
                return isDone ? "" : $"{node}";
            }
            state[node] = false;
            foreach (int next in edges.GetValueOrDefault(node) ?? [])
            {
                if (Visit(next) is { Length: > 0 } cycle)
                {
                    return $"{node} → {cycle}";
                }
            }
            state[node] = true;
            return "";
        }
    }

    /// <summary>Two transactions that overwrote the same version; empty where there are none.</summary>
    public static string FindLostUpdate(IReadOnlyList<CommittedTransaction> history)
    {
        var seen = new Dictionary<(int, int), int>();
        foreach (CommittedTransaction transaction in history)
        {
            foreach ((int Key, int Writer) overwritten in transaction.Overwritten)
            {
                if (!seen.TryAdd(overwritten, transaction.Id))
                {
                    return $"{seen[overwritten]} and {transaction.Id} overwrote {overwritten}";
                }
            }
        }
        return "";
    }

    /// <summary>A transaction that saw one of another's writes and not the other; empty where there is none.</summary>
    public static string FindTornSnapshot(IReadOnlyList<CommittedTransaction> history)
    {
        Dictionary<(int Key, int Writer), int> successors = Successors(history);
        var writers = history.ToDictionary(t => t.Id);
        foreach (CommittedTransaction reader in history)
        {
            foreach ((int _, int writerId) in reader.Reads)
            {
                if (!writers.TryGetValue(writerId, out CommittedTransaction? writer))
                {
                    continue;
                }
                foreach ((int Key, int Writer) overwritten in writer.Overwritten)
                {
                    // It has seen the writer, so it must not see what the writer overwrote, or anything before.
                    foreach ((int Key, int Writer) read in reader.Reads.Where(r => r.Key == overwritten.Key))
                    {
                        for ((int Key, int Writer) version = read; successors.TryGetValue(version, out int next); version = (version.Key, next))
                        {
                            if (next == writerId)
                            {
                                return $"{reader.Id} saw a write of {writerId}, but not that of {overwritten.Key}";
                            }
                        }
                    }
                }
            }
        }
        return "";
    }

    // Who overwrote a version.
    private static Dictionary<(int Key, int Writer), int> Successors(IReadOnlyList<CommittedTransaction> history)
    {
        var successors = new Dictionary<(int, int), int>();
        foreach (CommittedTransaction transaction in history)
        {
            foreach ((int Key, int Writer) overwritten in transaction.Overwritten)
            {
                successors[overwritten] = transaction.Id;
            }
        }
        return successors;
    }
}
