namespace PhantomDb.Fuzz.Transactions;

/// <summary>
/// Looks at a recorded history alone. Every write has read what it overwrites, so the order of a key's versions is known, and
/// with it who must come before whom (Adya, "Weak Consistency", 1999: write, read and anti-dependencies).
/// </summary>
public static class HistoryChecker
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
