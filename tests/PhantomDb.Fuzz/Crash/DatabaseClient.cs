using System.Globalization;

namespace PhantomDb.Fuzz.Crash;

/// <summary>
/// One client of a <see cref="DatabaseScenario"/>: transactions of several statements, one a step, told to the oracle before and after. Sets
/// only keys of its own, adds to accounts of all.
/// </summary>
internal sealed class DatabaseClient : IDisposable
{
    private const int KeyCount = 5;
    private const string NextValue = "SELECT nextval('given')";
    private const string Random = "abcdefghijklmnopqrstuvwxyz0123456789,\"\n\\>é";

    private readonly SimulatedDisk _disk;
    private readonly Database _database;
    private readonly Session _session;
    private readonly Oracle _oracle;
    private readonly int _number;
    private readonly Random _random;
    private readonly Acknowledgement _promised;
    private readonly Queue<string> _statements = new();
    private int _transaction = -1;
    private int _made;

    /// <param name="lockTimeoutMs">Of each wait for others, which may have to take their turns on the same thread.</param>
    public DatabaseClient(SimulatedDisk disk, Database database, Oracle oracle, int number, int seed, Acknowledgement promised, int lockTimeoutMs)
    {
        (_disk, _database, _oracle, _number, _promised) = (disk, database, oracle, number, promised);
        _random = new Random(seed);
        _session = database.OpenSession();
        _session.Execute(Text($"SET lock_timeout = {lockTimeoutMs}")).Dispose();
        _made = _random.Next(1000) * 100;
    }

    public List<string> Errors { get; } = [];

    /// <summary>Transactions to be done.</summary>
    public int Left { get; set; }

    public int WorkCountMax { get; init; } = 3;

    /// <summary>True where the log's last LSN after a commit is that commit's.</summary>
    public bool KnowsLsn { get; init; }

    public bool IsBusy => Left > 0 || _statements.Count > 0;

    /// <summary>One statement; true where something may have reached the log.</summary>
    public bool Step()
    {
        if (_statements.Count == 0)
        {
            Left--;
            Begin();
        }
        string statement = _statements.Dequeue();
        bool isLast = _statements.Count == 0;
        if (isLast)
        {
            _oracle.Acknowledge(_transaction, Acknowledgement.None);   // from here on it may be there
        }
        try
        {
            Execute(statement);
        }
        catch (PhantomDbException error)
        {
            EnsureOn();
            Errors.Add(error.SqlState);
            _statements.Clear();
            _oracle.Acknowledge(_transaction, isLast && error.SqlState == "08007" ? Acknowledgement.None : Acknowledgement.Refused);
            TryRollBack();
            return true;
        }
        if (isLast)
        {
            bool isCommitted = statement != "ROLLBACK";
            _oracle.Acknowledge(_transaction, isCommitted ? _promised : Acknowledgement.Refused, isCommitted && KnowsLsn ? _database.Persistence?.Log.LastLsn : null);
        }
        return isLast || statement == NextValue;
    }

    public void Dispose()
    {
        try
        {
            _session.Dispose();
        }
        catch (Exception error) when (error is PhantomDbException or PowerLossException)
        {
        }
    }

    private void Execute(string statement)
    {
        using QueryResult result = _session.Execute(statement);
        if (statement == NextValue)
        {
            while (result.Read())
            {
                if (_promised == Acknowledgement.Durable)
                {
                    _oracle.Give("given", result.GetInt64(0));
                }
            }
        }
    }

    private void TryRollBack()
    {
        try
        {
            _session.Execute("ROLLBACK").Dispose();
        }
        catch (PhantomDbException error)
        {
            EnsureOn();
            Errors.Add(error.SqlState);
        }
    }

    // Where the power has gone, an error is no answer: nobody gets it.
    private void EnsureOn()
    {
        if (_disk.IsOff)
        {
            throw new PowerLossException();
        }
    }

    private void Begin()
    {
        List<ModelChange> changes = [];
        List<string> statements = ["BEGIN", ""];
        for (int i = _random.Next(1, WorkCountMax + 1); i > 0; i--)
        {
            AddWork(statements, changes);
        }
        _transaction = _oracle.Intend(_number, [.. changes]);
        _oracle.Acknowledge(_transaction, Acknowledgement.Refused);   // until it is committed
        statements[1] = Text($"INSERT INTO done VALUES ({_transaction}, {_number})");
        statements = [.. statements.Select(statement => statement.Replace("$number", Text($"{_transaction}"), StringComparison.Ordinal))];
        statements.Add(_random.Next(10) == 0 ? "ROLLBACK" : "COMMIT");
        statements.ForEach(_statements.Enqueue);
    }

    private void AddWork(List<string> statements, List<ModelChange> changes)
    {
        switch (_random.Next(12))
        {
            case <= 3:
                AddValue(statements, changes);
                break;
            case <= 5:
                long amount = _random.Next(1, 100);
                changes.Add(ModelChange.Add("from", -amount));
                changes.Add(ModelChange.Add("to", amount));
                statements.Add(Text($"INSERT INTO account VALUES ('from', -{amount}), ('to', {amount}) ON CONFLICT (name) DO UPDATE SET balance = account.balance + excluded.balance"));
                break;
            case 6:
                // Back to a savepoint: nothing of it may be there.
                statements.AddRange(["SAVEPOINT s", Text($"INSERT INTO done VALUES (-$number - 1, {_number})"), Text($"DELETE FROM value WHERE key LIKE '{_number}%'"), "ROLLBACK TO s"]);
                break;
            case 7:
                int count = _random.Next(5) == 0 ? 80 : _random.Next(1, 12);
                changes.Add(ModelChange.Add("lines", count));
                statements.Add(Text($"INSERT INTO line SELECT $number, i, repeat('n', i % 40) FROM generate_series(1, {count}) i"));
                break;
            case 8:
                statements.Add(NextValue);
                break;
            case 9:
                // Rows that come, change and go: net, there are none.
                statements.AddRange(["INSERT INTO line VALUES ($number, 0, 'x'), ($number, 0, 'x')", "UPDATE line SET note = 'y' WHERE number = $number AND k = 0", "DELETE FROM line WHERE number = $number AND k = 0"]);
                break;
            default:
                AddDefinition(statements, changes);
                break;
        }
    }

    private void AddValue(List<string> statements, List<ModelChange> changes)
    {
        string key = Text($"{_number} key {_random.Next(KeyCount)}");
        string? value = _random.Next(5) == 0 ? null : Text($"{_number} {_made++} ") + new string([.. Enumerable.Range(0, _random.Next(_random.Next(1, 400))).Select(_ => Random[_random.Next(Random.Length)])]);
        changes.Add(ModelChange.Set(key, value));
        statements.Add(value is null ? $"DELETE FROM value WHERE key = '{key}'"
            : $"INSERT INTO value VALUES ('{key}', '{value.Replace("'", "''", StringComparison.Ordinal)}') ON CONFLICT (key) DO UPDATE SET value = excluded.value");
    }

    private void AddDefinition(List<string> statements, List<ModelChange> changes)
    {
        string table = Text($"extra_{_number}");
        statements.Add($"DROP TABLE IF EXISTS {table}");
        switch (_random.Next(4))
        {
            case 0:
                changes.Add(ModelChange.Set(table, null));
                break;
            case 1:
                statements.AddRange([$"CREATE TABLE {table} (a int PRIMARY KEY, b text)", $"INSERT INTO {table} VALUES (1, 'x'), (2, NULL)", $"ALTER TABLE {table} ADD COLUMN c int DEFAULT 7", $"ALTER TABLE {table} DROP COLUMN b"]);
                changes.Add(ModelChange.Set(table, "a,c: 2"));
                break;
            case 2:
                statements.AddRange([$"CREATE TABLE {table} (a int, b text)", $"INSERT INTO {table} VALUES (1, 'x'), (1, 'x'), (2, NULL)", $"CREATE INDEX ON {table} (b)", $"ALTER TABLE {table} RENAME COLUMN b TO bb", $"DELETE FROM {table} WHERE a = 2"]);
                changes.Add(ModelChange.Set(table, "a,bb: 2"));
                break;
            default:
                statements.AddRange([$"CREATE TABLE {table} (a int, b text)", $"INSERT INTO {table} SELECT i, 'b' FROM generate_series(1, 20) i", $"TRUNCATE {table}", $"INSERT INTO {table} VALUES (3, 'y')", $"ALTER TABLE {table} ALTER COLUMN a TYPE text"]);
                changes.Add(ModelChange.Set(table, "a,b: 1"));
                break;
        }
    }

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
