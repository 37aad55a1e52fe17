namespace PhantomDb.Fuzz.Compare;

/// <summary>
/// Makes the statements of one session, one after the other, since what may follow depends on how the last one ended:
/// tables with rows, then queries, changes, definitions, transactions and savepoints.
/// </summary>
internal sealed class SingleSessionGenerator
{
    private readonly RandomSource _random;
    private readonly SelectGenerator _queries;
    private readonly ChangeGenerator _changes;
    private readonly Queue<string> _setup;
    private readonly Dictionary<string, ComparedSchema> _savepoints = [];
    private ComparedSchema _schema;
    private ComparedSchema _committed;
    private ComparedSchema? _after;
    private bool _isInTransaction;
    private bool _isFailed;
    private string _last = "";

    public SingleSessionGenerator(int seed)
    {
        _random = new RandomSource(seed);
        _queries = new SelectGenerator(_random);
        _changes = new ChangeGenerator(_random);
        (_schema, IReadOnlyList<string> statements) = new SchemaGenerator(_random).Generate();
        _setup = new Queue<string>(statements);
        _committed = _schema;
    }

    public ComparedStatement Next()
    {
        if (_setup.TryDequeue(out string? sql))
        {
            return Statement(sql, []);
        }
        if (_isFailed && !_random.Chance(4))
        {
            return Statement(_savepoints.Count > 0 && !_random.Chance(3) ? $"rollback to {_random.Pick(_savepoints.Keys.ToList())}" : "rollback", []);
        }
        if (_last.Length > 0 && _random.Chance(6))
        {
            ComparedTable table = _random.Pick(_schema.Tables);
            return Statement($"select * from {table.Name}", []);
        }
        switch (_random.Next(20))
        {
            case < 10:
                (sql, IReadOnlyList<int> orderedBy) = _queries.Query(_schema);
                return Statement(sql, orderedBy);
            case < 16:
                return Statement(_changes.Change(_schema), []);
            case 16:
                (sql, _after) = _changes.Definition(_schema);
                return Statement(sql, []);
            default:
                return Statement(Transaction(), []);
        }
    }

    /// <summary>Takes in how PostgreSQL ended the last statement.</summary>
    public void Ended(Answer answer)
    {
        _isFailed = _isInTransaction && answer.Error is not null;
        if (answer.Error is null && _after is not null)
        {
            _schema = _after;
        }
        _after = null;
        if (_last.StartsWith("commit", StringComparison.Ordinal) || _last.StartsWith("rollback", StringComparison.Ordinal) && !_last.Contains(" to ", StringComparison.Ordinal))
        {
            _schema = answer.Tag == "COMMIT" ? _schema : _committed;
            _isInTransaction = false;
            _isFailed = false;
        }
        else if (answer.Error is null && _last.StartsWith("begin", StringComparison.Ordinal))
        {
            _isInTransaction = true;
            _savepoints.Clear();
        }
        else if (answer.Error is null && _last.StartsWith("savepoint ", StringComparison.Ordinal))
        {
            _savepoints[_last["savepoint ".Length..]] = _schema;
        }
        else if (answer.Error is null && _last.StartsWith("rollback to ", StringComparison.Ordinal) && _savepoints.TryGetValue(_last["rollback to ".Length..], out ComparedSchema? then))
        {
            _schema = then;
        }
        if (!_isInTransaction)
        {
            _committed = _schema;
        }
    }

    private ComparedStatement Statement(string sql, IReadOnlyList<int> orderedBy)
    {
        _last = sql;
        // Definitions take no parameters.
        ExecutionMode mode = sql.StartsWith("alter", StringComparison.Ordinal) || sql.StartsWith("create", StringComparison.Ordinal)
            ? ExecutionMode.Text
            : (ExecutionMode)_random.Next(4);
        return new ComparedStatement(sql, mode, orderedBy);
    }

    private string Transaction()
    {
        if (!_isInTransaction)
        {
            return _random.Pick(["begin", "begin", "begin isolation level repeatable read", "begin isolation level serializable"]);
        }
        string name = _random.Pick(["s1", "s2"]);
        return _random.Next(9) switch
        {
            0 or 1 => $"savepoint {name}",
            2 or 3 => $"rollback to {name}",
            4 => $"release {name}",
            5 => "rollback",
            6 => _random.Pick(["set constraints all deferred", "set constraints all immediate"]),
            _ => "commit",
        };
    }
}
