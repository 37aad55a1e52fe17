namespace PhantomDb.Fuzz.Compare;

/// <summary>One step of a case with several sessions. <paramref name="IsOfManyRows"/>: it may lock rows in another order than PostgreSQL does.</summary>
internal sealed record InterleavedStep(int Session, string Sql, bool IsOfManyRows)
{
    public override string ToString() => $"{(char)('A' + Session)}: {Sql}";
}

/// <summary>Makes steps of two to four sessions on a few rows, so that they meet: reads, changes, locks of rows and tables, savepoints, ends.</summary>
internal sealed class InterleavedGenerator
{
    private static readonly string[] Levels = ["read committed", "read committed", "repeatable read", "serializable"];
    private static readonly string[] Strengths = ["update", "update", "no key update", "share", "key share"];

    private readonly RandomSource _random;
    private readonly bool[] _isInTransaction;
    private readonly string _level;

    public InterleavedGenerator(int seed)
    {
        _random = new RandomSource(seed);
        _isInTransaction = new bool[_random.Next(2, 5)];
        _level = _random.Pick(Levels);
        string action = _random.Pick(["", " on delete cascade", " on delete set null", " on update cascade", " on delete restrict"]);
        string deferrable = _random.Pick(["", "", " deferrable initially deferred"]);
        Setup =
        [
            "create table t (id int primary key, v int, u int unique)",
            $"create table c (id int primary key, t_id int references t{action}{deferrable}, v int)",
            .. _random.Chance(2) ? ["create index on t (v)"] : Array.Empty<string>(),
            .. _random.Chance(2) ? ["create index on c (t_id)"] : Array.Empty<string>(),
            "insert into t values (1, 10, 1), (2, 10, 2), (3, 20, 3), (4, 30, null)",
            "insert into c values (1, 1, 1), (2, 1, 2), (3, 3, 3)",
        ];
    }

    public int SessionCount => _isInTransaction.Length;

    public IReadOnlyList<string> Setup { get; }

    /// <summary>A step of one of the sessions that do not wait; those in <paramref name="failed"/> are in a transaction that has failed.</summary>
    public InterleavedStep Next(IReadOnlyList<int> ready, IReadOnlySet<int> failed)
    {
        int session = _random.Pick(ready);
        if (!_isInTransaction[session] && !_random.Chance(4))
        {
            _isInTransaction[session] = true;
            return new InterleavedStep(session, $"begin isolation level {(_random.Chance(5) ? _random.Pick(Levels) : _level)}", false);
        }
        if (failed.Contains(session) && !_random.Chance(5))
        {
            bool goesOn = _random.Chance(3);
            _isInTransaction[session] = goesOn;
            return new InterleavedStep(session, goesOn ? "rollback to s" : "rollback", false);
        }
        int kind = _random.Next(30);
        if (kind < 4 && _isInTransaction[session])
        {
            _isInTransaction[session] = false;
            return new InterleavedStep(session, _random.Chance(3) ? "rollback" : "commit", false);
        }
        string sql = kind switch
        {
            < 6 when _isInTransaction[session] => _random.Pick(["savepoint s", "rollback to s", "release s"]),
            < 10 => Read(),
            < 14 => Lock(),
            < 20 => Update(),
            < 22 => _random.Pick([$"delete from t where id = {Id()} returning *", $"delete from c where t_id = {Id()}", $"delete from t where v = {Value()}"]),
            < 26 => Insert(),
            < 28 => Child(),
            28 when _isInTransaction[session] => $"lock table {_random.Pick(["t", "c"])} in {_random.Pick(["row share", "row exclusive", "share update exclusive", "share", "share row exclusive", "exclusive"])} mode{_random.Pick(["", "", " nowait"])}",
            29 when _isInTransaction[session] => _random.Pick(["set constraints all immediate", "set constraints all deferred"]),
            _ => Read(),
        };
        return new InterleavedStep(session, sql, sql.Contains("where v ", StringComparison.Ordinal) || sql.Contains("where t_id ", StringComparison.Ordinal) || sql.Contains(" u ", StringComparison.Ordinal));
    }

    private int Id() => _random.Next(1, 6);

    private int Value() => _random.Pick([10, 10, 20, 30]);

    private string Read() => _random.Next(6) switch
    {
        0 => "select * from t order by id",
        1 => $"select count(*), sum(v) from t where v >= {Value()}",
        2 => "select t.id, c.id from t left join c on c.t_id = t.id order by 1, 2",
        3 => "select * from c order by id",
        _ => $"select * from t where id = {Id()}",
    };

    private string Lock()
    {
        string strength = $"for {_random.Pick(Strengths)}{_random.Pick(["", "", "", " nowait", " skip locked"])}";
        return _random.Next(6) switch
        {
            0 => $"select * from t where v = {Value()} order by id {strength}",
            1 => $"select * from t order by id desc limit 1 {strength}",
            2 => $"select t.id, c.id from t join c on c.t_id = t.id where t.id = {Id()} order by 2 {strength.Insert(strength.Contains(" nowait", StringComparison.Ordinal) || strength.Contains(" skip", StringComparison.Ordinal) ? strength.LastIndexOf(strength.Contains(" nowait", StringComparison.Ordinal) ? " nowait" : " skip", StringComparison.Ordinal) : strength.Length, " of t")}",
            _ => $"select * from t where id = {Id()} {strength}",
        };
    }

    // A key that is set to what it is counts as changed with us, and not in PostgreSQL: docs/transactions.md.
    private string UpdateOfUnique()
    {
        int value = _random.Next(1, 8);
        return $"update t set u = {value} where id = {Id()} and u is distinct from {value}";
    }

    private string UpdateOfKey()
    {
        int id = Id();
        return $"update t set id = {id % 5 + _random.Next(1, 4)} where id = {id}".Replace($"set id = {id} ", $"set id = {id + 1} ", StringComparison.Ordinal);
    }

    private string Update() => _random.Next(9) switch
    {
        0 => $"update t set v = v + 1 where v = {Value()} returning id, v",
        1 => UpdateOfUnique(),
        2 => UpdateOfKey(),
        3 => $"update t set v = v + 1 where id = {Id()} and v < {Value()} returning *",
        4 => $"update t set v = (select sum(v) from c) where id = {Id()} returning v",
        5 => $"update t set v = t.v + c.v from c where c.t_id = t.id and c.id = {Id()} returning t.*",
        _ => $"update t set v = v + {_random.Pick([1, 10])} where id = {Id()} returning v",
    };

    private string Insert() => _random.Next(5) switch
    {
        0 => $"insert into t values ({Id()}, {Value()}, {_random.Next(1, 8)}) on conflict do nothing",
        1 => $"insert into t values ({Id()}, {Value()}, null) on conflict (id) do update set v = t.v + 100 returning *",
        2 => $"insert into t values ({Id()}, {Value()}, {_random.Next(1, 8)}) on conflict (u) do update set v = excluded.v where t.v < 1000 returning *",
        _ => $"insert into t values ({_random.Next(1, 8)}, {Value()}, {_random.Pick(["null", "5", "6", "1"])}) returning id",
    };

    private string Child() => _random.Next(4) switch
    {
        0 when Id() is var parent => $"update c set t_id = {parent} where id = {Id()} and t_id is distinct from {parent}",
        1 => $"update c set v = v + 1 where id = {Id()} returning *",
        _ => $"insert into c values ({_random.Next(1, 9)}, {Id()}, 1)",
    };
}
