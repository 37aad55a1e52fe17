namespace PhantomDb.Fuzz.Transactions;

/// <summary>
/// Looks at a recorded history alone, without the database. Every write knows what it overwrote, so the order of a key's versions
/// is known, and with it who must come before whom (Adya, "Weak Consistency", 1999): a dependency where one reads (wr) or
/// overwrites (ww) what another wrote, or begins after the other's commit came back (time); an anti-dependency (rw) where one
/// read what another overwrote. No level allows a circle of dependencies. REPEATABLE READ, which is snapshot isolation, allows
/// none with a single anti-dependency, SERIALIZABLE none at all.
/// </summary>
public sealed class HistoryChecker
{
    private readonly CommittedTransaction[] _history;
    private readonly Dictionary<(int Key, long Value), int> _writers = [];      // places in the history
    private readonly Dictionary<(int Key, long Value), int> _successors = [];   // who overwrote a version
    private readonly List<(int To, string Why)>[] _dependencies;
    private readonly List<(int To, string Why)>[] _antiDependencies;

    private HistoryChecker(IReadOnlyList<CommittedTransaction> history)
    {
        _history = [.. history.OrderBy(t => t.Began)];
        _dependencies = [.. _history.Select(_ => new List<(int, string)>())];
        _antiDependencies = [.. _history.Select(_ => new List<(int, string)>())];
    }

    /// <summary>The first promise of the level that the history breaks; empty where it keeps all.</summary>
    public static string Check(IReadOnlyList<CommittedTransaction> history, HistoryLevel level)
    {
        var checker = new HistoryChecker(history);
        string problem = checker.FindWrittenTwice();
        problem = problem.Length > 0 ? problem : checker.FindUncommittedValue();
        problem = problem.Length > 0 ? problem : checker.FindStepBack();
        if (problem.Length > 0)
        {
            return problem;
        }
        checker.AddEdges();
        problem = checker.FindCycle(withAntiDependencies: false);
        if (problem.Length == 0 && level != HistoryLevel.ReadCommitted)
        {
            problem = checker.FindLaterThanSnapshot();
            problem = problem.Length > 0 ? problem : checker.FindSingleAntiDependency();
        }
        return problem.Length == 0 && level == HistoryLevel.Serializable ? checker.FindCycle(withAntiDependencies: true) : problem;
    }

    private int Id(int place) => _history[place].Id;

    // A lost update: two transactions that overwrote the same version.
    private string FindWrittenTwice()
    {
        for (int place = 0; place < _history.Length; place++)
        {
            foreach ((int key, long old, long value) in _history[place].Writes)
            {
                _writers.Add((key, value), place);
                if (!_successors.TryAdd((key, old), place))
                {
                    return $"lost update: {Id(_successors[(key, old)])} and {Id(place)} overwrote {old} of key {key}";
                }
            }
        }
        return "";
    }

    // An aborted or intermediate read: a value that was in no commit's final state.
    private string FindUncommittedValue()
    {
        foreach (CommittedTransaction transaction in _history)
        {
            foreach ((int key, long value) in transaction.Reads.Concat(transaction.Writes.Select(w => (w.Key, w.Old))))
            {
                if (value != 0 && !_writers.ContainsKey((key, value)))
                {
                    return $"dirty read: {transaction.Id} saw {value} of key {key}, which nobody committed";
                }
            }
        }
        return "";
    }

    // What a session has seen or written, it does not see an older version of later.
    private string FindStepBack()
    {
        var positions = new Dictionary<(int Key, long Value), int>();
        var newest = new Dictionary<(int Session, int Key), int>();
        foreach (CommittedTransaction transaction in _history)
        {
            foreach ((int key, long value) in transaction.Reads.Concat(transaction.Writes.Select(w => (w.Key, w.New))))
            {
                int position = PositionOf((key, value));
                if (position < 0)
                {
                    return $"circular versions: {value} of key {key} comes before itself";
                }
                if (newest.TryGetValue((transaction.Session, key), out int last) && position < last)
                {
                    return $"step back: {transaction.Id} saw {value} of key {key}, and its session had seen a later one";
                }
                newest[(transaction.Session, key)] = position;
            }
        }
        return "";

        // How many versions of the key came before; -1 in a circle.
        int PositionOf((int Key, long Value) version)
        {
            int position = 0;
            for ((int Key, long Value) older = version; older.Value != 0; position++)
            {
                if (positions.TryGetValue(older, out int known))
                {
                    position += known;
                    break;
                }
                if (position > _writers.Count)
                {
                    return -1;
                }
                older = (older.Key, _history[_writers[older]].Writes.First(w => w.Key == version.Key).Old);
            }
            return positions[version] = position;
        }
    }

    private void AddEdges()
    {
        for (int place = 0; place < _history.Length; place++)
        {
            foreach ((int key, long value) in _history[place].Reads)
            {
                AddDependency(key, value, place, "wr");
                if (_successors.TryGetValue((key, value), out int overwriter) && overwriter != place)
                {
                    _antiDependencies[place].Add((overwriter, $"rw {key}"));
                }
            }
            foreach ((int key, long old, long _) in _history[place].Writes)
            {
                AddDependency(key, old, place, "ww");
            }
        }
        AddTimes();
    }

    private void AddDependency(int key, long value, int place, string kind)
    {
        if (value != 0 && _writers[(key, value)] is int writer && writer != place)
        {
            _dependencies[writer].Add((place, $"{kind} {key}"));
        }
    }

    // The last transaction of each session that had ended when another began; those before it follow by the session's own.
    private void AddTimes()
    {
        foreach (int[] session in Enumerable.Range(0, _history.Length).GroupBy(place => _history[place].Session).Select(g => g.ToArray()))
        {
            int ended = 0;
            for (int place = 0; place < _history.Length; place++)
            {
                while (ended < session.Length && _history[session[ended]].Committed < _history[place].Began)
                {
                    ended++;
                }
                if (ended > 0)
                {
                    _dependencies[session[ended - 1]].Add((place, "time"));
                }
            }
        }
    }

    // A snapshot with something in it that began to commit only after the snapshot was taken.
    private string FindLaterThanSnapshot()
    {
        foreach (CommittedTransaction reader in _history.Where(t => t.FirstStatementDone > 0))
        {
            foreach ((int key, long value) in reader.Reads.Concat(reader.Writes.Select(w => (w.Key, w.Old))))
            {
                if (value != 0 && _history[_writers[(key, value)]] is { } writer && writer.Committing > reader.FirstStatementDone)
                {
                    return $"{reader.Id} saw what {writer.Id} committed after {reader.Id} had its snapshot";
                }
            }
        }
        return "";
    }

    // Read skew: a transaction that must come before another, and by dependencies alone comes after it. Dependencies have no circle.
    private string FindSingleAntiDependency()
    {
        var reached = new ulong[_history.Length][];
        for (int start = 0; start < _history.Length; start++)
        {
            Reach(start);
        }
        for (int place = 0; place < _history.Length; place++)
        {
            foreach ((int overwriter, string why) in _antiDependencies[place])
            {
                if ((reached[overwriter][place >> 6] >> place & 1) != 0)
                {
                    return $"torn snapshot: {Id(place)} ({why}) comes before {Id(overwriter)} and depends on it";
                }
            }
        }
        return "";

        ulong[] Reach(int place)
        {
            if (reached[place] is { } known)
            {
                return known;
            }
            var set = new ulong[(_history.Length + 63) >> 6];
            foreach ((int next, _) in _dependencies[place])
            {
                ulong[] further = Reach(next);
                for (int i = 0; i < set.Length; i++)
                {
                    set[i] |= further[i];
                }
                set[next >> 6] |= 1UL << next;
            }
            return reached[place] = set;
        }
    }

    private string FindCycle(bool withAntiDependencies)
    {
        var state = new byte[_history.Length];   // 1 while on the path, 2 when done
        for (int start = 0; start < _history.Length; start++)
        {
            if (Visit(start) is { Length: > 0 } cycle)
            {
                return (withAntiDependencies ? "no order: " : "circular information flow: ") + cycle;
            }
        }
        return "";

        string Visit(int place)
        {
            if (state[place] != 0)
            {
                return state[place] == 2 ? "" : $"{Id(place)}";
            }
            state[place] = 1;
            foreach ((int next, string why) in withAntiDependencies ? _dependencies[place].Concat(_antiDependencies[place]) : _dependencies[place])
            {
                if (Visit(next) is { Length: > 0 } cycle)
                {
                    return $"{Id(place)} –{why}→ {cycle}";
                }
            }
            state[place] = 2;
            return "";
        }
    }
}
