using PhantomDb.Benchmarks.Engines;

namespace PhantomDb.Benchmarks.Workloads;

/// <summary>What the table must be before a run.</summary>
internal enum KvState
{
    /// <summary>All rows as first made; the test does not change them.</summary>
    Full,

    /// <summary>All rows, inserted in random order; the test does not change them.</summary>
    FullInRandomOrder,

    /// <summary>All rows; the test changes values but removes and adds no rows, so that its runs may follow each other.</summary>
    Changing,

    /// <summary>As <see cref="Changing"/>, with rows inserted in random order.</summary>
    ChangingInRandomOrder,

    /// <summary>All rows as first made, before every single run.</summary>
    FullForEachRun,

    /// <summary>All rows, inserted in random order, before every single run.</summary>
    FullInRandomOrderForEachRun,

    /// <summary>No rows, before every single run.</summary>
    EmptyForEachRun,
}

/// <summary>A line of the single-row workload: the state it needs, indexes that it needs besides the primary key, what it does.</summary>
internal sealed record SingleRowTest(string Name, KvState State, Func<IConnection, KvTable, KvOperation> Open)
{
    public IReadOnlyList<string> Indexes { get; init; } = [];

    /// <summary>All operations of a run in one transaction, which counts as part of the run.</summary>
    public bool OneTransaction { get; init; }

    public bool IsLimitedToRowCount => State is KvState.FullForEachRun or KvState.FullInRandomOrderForEachRun or KvState.EmptyForEachRun;

    public static readonly IReadOnlyList<SingleRowTest> All =
    [
        new("insert, one transaction, ascending ids", KvState.EmptyForEachRun, (c, t) => new InsertIntoEmpty(c, t, ascending: true)) { OneTransaction = true },
        new("insert, one transaction, random ids", KvState.EmptyForEachRun, (c, t) => new InsertIntoEmpty(c, t, ascending: false)) { OneTransaction = true },
        new("point select, prepared", KvState.Full, (c, t) => new PointSelect(c, t)),
        new("point select, prepared, table filled in random order", KvState.FullInRandomOrder, (c, t) => new PointSelect(c, t)),
        new("point select, new text each time", KvState.Full, (c, t) => new PointSelectOfNewText(c, t)),
        new("secondary index, 10 rows", KvState.Full, (c, t) => new SecondaryIndexSelect(c, t)) { Indexes = ["n"] },
        new("range of 100 rows by key", KvState.Full, (c, t) => new RangeSelect(c, t)),
        new("update by key, autocommit", KvState.Changing, (c, t) => new UpdateByKey(c, t)),
        new("update of an indexed column", KvState.Changing, (c, t) => new UpdateOfIndexedColumn(c, t)) { Indexes = ["n"] },
        new("begin, 2 updates, commit", KvState.Changing, (c, t) => new TransactionOfTwoUpdates(c, t)),
        new("delete by key", KvState.FullForEachRun, (c, t) => new DeleteByKey(c, t, inOrderOfInserts: true)),
        new("update by key, table filled in random order", KvState.ChangingInRandomOrder, (c, t) => new UpdateByKey(c, t)),
        new("delete by key, table filled in random order", KvState.FullInRandomOrderForEachRun, (c, t) => new DeleteByKey(c, t, inOrderOfInserts: false)),
        new("insert, autocommit, 2 indexes", KvState.FullForEachRun, (c, t) => new InsertAfter(c, t)) { Indexes = ["n", "name"] },
    ];

    /// <summary>Queries over the whole table, each returning few rows or all of them.</summary>
    public static readonly IReadOnlyList<(string Name, string Sql)> Queries =
    [
        ("count, sum, min, max", "select count(*), sum(balance), min(balance), max(n) from kv"),
        ("group by expression, 100 groups", "select n % 100 as g, count(*), sum(balance) from kv group by n % 100 order by g"),
        ("self join id = n", "select count(*), sum(b.balance) from kv a join kv b on b.id = a.n"),
        ("order by double", "select id, balance from kv order by balance, id"),
        ("like '%abc%'", "select count(*) from kv where name like '%abc%'"),
    ];
}
