namespace PhantomDb.Fuzz.Crash;

/// <summary>How sure a client was that its transaction is durable.</summary>
internal enum Acknowledgement
{
    /// <summary>No answer came, or one that leaves it open: it may be there or not.</summary>
    None,

    /// <summary>It was committed, but the policy promises durability only later.</summary>
    Committed,

    /// <summary>It was committed and is durable.</summary>
    Durable,

    /// <summary>It was refused or rolled back: it must not be there.</summary>
    Refused,
}

/// <summary>
/// A change of a model: a key that one client alone sets (null: removes), or a number that is added to a key that all
/// clients share. So the outcome does not hang on the order of transactions of different clients.
/// </summary>
internal readonly record struct ModelChange(string Key, string? Value, long Added)
{
    public static ModelChange Set(string key, string? value) => new(key, value, 0);

    public static ModelChange Add(string key, long amount) => new(key, null, amount);

    public bool IsAddition => Added != 0;
}

/// <summary>
/// A model of a database, outside of it: what each client meant to do, told before each transaction, and what it was told
/// afterwards. Says whether what a recovery found can be: every durable transaction wholly there, every other one wholly
/// there or absent, each client's order kept, a beginning of the history in the order of the log, invariants true. Knows
/// nothing of files. From any thread.
/// </summary>
internal sealed class Oracle
{
    private readonly Lock _lock = new();
    private readonly List<Intent> _intents = [];
    private readonly Dictionary<string, string> _initialValues = [];
    private readonly Dictionary<string, long> _initialSums = [];
    private readonly Dictionary<string, int> _owners = [];
    private readonly HashSet<int> _savePoints = [];
    private readonly Dictionary<string, HashSet<long>> _given = [];
    private string? _givenTwice;
    private readonly List<(string Name, Func<RecoveredState, bool> Holds)> _invariants = [];

    public int TransactionCount => _intents.Count;

    public void StartWith(string key, string value) => _initialValues[key] = value;

    public void StartWith(string key, long sum) => _initialSums[key] = sum;

    public void AddInvariant(string name, Func<RecoveredState, bool> holds) => _invariants.Add((name, holds));

    /// <summary>Before a transaction: what it will change. Its number goes into the database with it, as a row of its own.</summary>
    public int Intend(int client, params ModelChange[] changes)
    {
        lock (_lock)
        {
            foreach (ModelChange change in changes.Where(change => !change.IsAddition))
            {
                if (_owners.TryAdd(change.Key, client) is false && _owners[change.Key] != client)
                {
                    throw new ArgumentException($"key {change.Key} is set by clients {_owners[change.Key]} and {client}");
                }
            }
            _intents.Add(new Intent(_intents.Count, client, changes));
            return _intents.Count - 1;
        }
    }

    /// <summary>After it: what the client was told, and where in the log it stands, if it is known.</summary>
    public void Acknowledge(int transaction, Acknowledgement answer, long? lsn = null)
    {
        lock (_lock)
        {
            _intents[transaction].Answer = answer;
            _intents[transaction].Lsn = lsn ?? _intents[transaction].Lsn;
        }
    }

    /// <summary>What has been committed up to now is durable: a flush or an orderly end.</summary>
    public void AcknowledgeAllCommitted()
    {
        lock (_lock)
        {
            foreach (Intent intent in _intents.Where(intent => intent.Answer == Acknowledgement.Committed))
            {
                intent.Answer = Acknowledgement.Durable;
            }
        }
    }

    /// <summary>A client got a value of a sequence, which nobody may ever get again.</summary>
    public void Give(string sequence, long value)
    {
        lock (_lock)
        {
            if (!GivenOf(sequence).Add(value))
            {
                _givenTwice ??= $"sequence {sequence} has given {value} twice";
            }
        }
    }

    /// <summary>Where only whole saves can be found: one that has so many transactions has begun.</summary>
    public void AddSavePoint(int transactionCount)
    {
        lock (_lock)
        {
            _savePoints.Add(transactionCount);
        }
    }

    /// <summary>A recovery has told what is there: that is durable, and all else has been refused.</summary>
    public void Settle(RecoveredState state)
    {
        lock (_lock)
        {
            foreach (Intent intent in _intents)
            {
                bool isThere = state.Transactions.Contains(intent.Number);
                intent.Answer = isThere ? Acknowledgement.Durable : Acknowledgement.Refused;
                intent.Lsn = isThere ? intent.Lsn : null;   // that of another from now on
            }
        }
    }

    /// <summary>An oracle that knows the same, for one of several ways on from here.</summary>
    public Oracle Copy()
    {
        lock (_lock)
        {
            var copy = new Oracle();
            copy._intents.AddRange(_intents.Select(intent => new Intent(intent.Number, intent.Client, intent.Changes) { Answer = intent.Answer, Lsn = intent.Lsn }));
            copy._invariants.AddRange(_invariants);
            copy._savePoints.UnionWith(_savePoints);
            copy._givenTwice = _givenTwice;
            foreach ((string sequence, HashSet<long> values) in _given)
            {
                copy._given[sequence] = [.. values];
            }
            foreach ((string key, string value) in _initialValues)
            {
                copy._initialValues[key] = value;
            }
            foreach ((string key, long sum) in _initialSums)
            {
                copy._initialSums[key] = sum;
            }
            foreach ((string key, int owner) in _owners)
            {
                copy._owners[key] = owner;
            }
            return copy;
        }
    }

    /// <summary>What is wrong with what was recovered; null where nothing is.</summary>
    /// <param name="mayLoseDurable">True on a disk that lies about flushes: a beginning of the history, whole, is then all there can be.</param>
    public string? Check(RecoveredState state, bool mayLoseDurable = false)
    {
        lock (_lock)
        {
            return _givenTwice ?? CheckPresence(state, mayLoseDurable) ?? (mayLoseDurable ? null : CheckSequences(state)) ?? CheckOrder(state) ?? CheckLsn(state) ?? CheckSavePoint(state) ?? CheckValues(state)
                ?? _invariants.Where(invariant => !invariant.Holds(state)).Select(invariant => $"{invariant.Name} does not hold").FirstOrDefault();
        }
    }

    private HashSet<long> GivenOf(string sequence) => _given.TryGetValue(sequence, out HashSet<long>? values) ? values : _given[sequence] = [];

    private string? CheckSequences(RecoveredState state)
    {
        foreach ((string sequence, long next) in state.NextValues)
        {
            if (GivenOf(sequence).Contains(next))
            {
                return $"sequence {sequence} gives {next} again";
            }
        }
        return null;
    }

    private string? CheckPresence(RecoveredState state, bool mayLoseDurable)
    {
        foreach (int number in state.Transactions)
        {
            if (number < 0 || number >= _intents.Count)
            {
                return $"transaction {number} is there, which nobody began";
            }
            if (_intents[number].Answer == Acknowledgement.Refused)
            {
                return $"transaction {number} is there, which was refused";
            }
        }
        Intent? lost = mayLoseDurable ? null : _intents.FirstOrDefault(intent => intent.Answer == Acknowledgement.Durable && !state.Transactions.Contains(intent.Number));
        return lost is null ? null : $"transaction {lost.Number} of client {lost.Client} is lost, which was acknowledged as durable";
    }

    private string? CheckOrder(RecoveredState state)
    {
        foreach (IGrouping<int, Intent> client in _intents.Where(intent => intent.Answer != Acknowledgement.Refused).GroupBy(intent => intent.Client))
        {
            Intent? missing = null;
            foreach (Intent intent in client)
            {
                bool isThere = state.Transactions.Contains(intent.Number);
                if (isThere && missing is not null)
                {
                    return $"client {client.Key}: transaction {intent.Number} is there, the earlier {missing.Number} is not";
                }
                // One without an answer may have failed before it reached the log, and its client gone on.
                missing = isThere || intent.Answer == Acknowledgement.None ? missing : missing ?? intent;
            }
        }
        return null;
    }

    private string? CheckLsn(RecoveredState state)
    {
        Intent? first = _intents.Where(intent => intent.Lsn is not null && !state.Transactions.Contains(intent.Number)).MinBy(intent => intent.Lsn);
        Intent? last = _intents.Where(intent => intent.Lsn is not null && state.Transactions.Contains(intent.Number)).MaxBy(intent => intent.Lsn);
        if (first is not null && last is not null && first.Lsn < last.Lsn)
        {
            return $"transaction {last.Number} with LSN {last.Lsn} is there, transaction {first.Number} with LSN {first.Lsn} is not";
        }
        if (state.Lsn is not { } reported)
        {
            return null;
        }
        return last?.Lsn > reported ? $"transaction {last.Number} with LSN {last.Lsn} is there, and the report says {reported}"
            : first?.Lsn <= reported ? $"transaction {first.Number} with LSN {first.Lsn} is missing, and the report says {reported}"
            : null;
    }

    private string? CheckSavePoint(RecoveredState state) => _savePoints.Count == 0 || state.Transactions.Count == 0 || _savePoints.Contains(state.Transactions.Count)
        ? null : $"{state.Transactions.Count} transactions are there, and no save had as many";

    private string? CheckValues(RecoveredState state)
    {
        var values = new Dictionary<string, string>(_initialValues);
        var sums = new Dictionary<string, long>(_initialSums);
        foreach (ModelChange change in _intents.Where(intent => state.Transactions.Contains(intent.Number)).SelectMany(intent => intent.Changes))
        {
            if (change.IsAddition)
            {
                sums[change.Key] = sums.GetValueOrDefault(change.Key) + change.Added;
            }
            else if (change.Value is null)
            {
                values.Remove(change.Key);
            }
            else
            {
                values[change.Key] = change.Value;
            }
        }
        return Difference("value", values, state.Values) ?? Difference("sum", sums, state.Sums);
    }

    private static string? Difference<T>(string what, IReadOnlyDictionary<string, T> expected, IReadOnlyDictionary<string, T> actual)
        where T : notnull
    {
        foreach (string key in expected.Keys.Union(actual.Keys).Order(StringComparer.Ordinal))
        {
            bool isExpected = expected.TryGetValue(key, out T? should), isThere = actual.TryGetValue(key, out T? found);
            if (isExpected != isThere || (isThere && !should!.Equals(found)))
            {
                return $"{what} {key} is {(isThere ? found : "missing")}, and should be {(isExpected ? should : "missing")}";
            }
        }
        return null;
    }

    private sealed class Intent(int number, int client, IReadOnlyList<ModelChange> changes)
    {
        public int Number => number;

        public int Client => client;

        public IReadOnlyList<ModelChange> Changes => changes;

        public Acknowledgement Answer { get; set; }

        public long? Lsn { get; set; }
    }
}

/// <summary>What a recovery has found: the numbers of the transactions, the model's keys, and the LSN that the report names.</summary>
internal sealed record RecoveredState(IReadOnlySet<int> Transactions, IReadOnlyDictionary<string, string> Values, IReadOnlyDictionary<string, long> Sums)
{
    public long? Lsn { get; init; }

    /// <summary>What the sequences give next.</summary>
    public Dictionary<string, long> NextValues { get; } = [];
}
