using Microsoft.VisualStudio.TestTools.UnitTesting;

namespace PhantomDb.Tests.Engine;

/// <summary>Memory beside a reader that stays open while others change the same rows again and again: it is bounded, however often they do.</summary>
[TestClass]
[DoNotParallelize]
public sealed class OpenReaderTests
{
    private const int Rows = 1000;
    private const int WarmUpChanges = 5_000;
    private const int Changes = 10_000;
    private const int ChangesBesideShortReaders = 30_000;
    private const int GrowthOfChangeMax = 10;         // bytes: less than any version takes
    private const int GrowthBesideShortMax = 1_000_000;   // what waits to be cleaned beside them goes up and down

    private static readonly string[] Workloads = ["hot row", "hot string", "hot key", "hot set", "deletes and inserts", "queue", "queue without key"];
    private static readonly string[] Readers = ["nobody", "snapshot", "serializable", "streamed result", "idle writer", "short readers", "snapshot and short readers"];

    public static IEnumerable<object[]> Cases => Workloads.SelectMany(workload => Readers.Select(reader => new object[] { workload, reader }));

    [TestMethod]
    [DynamicData(nameof(Cases))]
    public void Memory_does_not_grow_with_the_number_of_changes(string workload, string reader)
    {
        using Database database = Database.CreateInMemory();
        using Session session = database.OpenSession();
        Execute(session, workload == "queue without key"
            ? "CREATE TABLE t (id bigint, name text, k int, n int)" : "CREATE TABLE t (id bigint PRIMARY KEY, name text, k int, n int)");
        Execute(session, "CREATE TABLE other (n int)");
        Execute(session, "CREATE INDEX ON t (k)");
        Execute(session, $"INSERT INTO t SELECT i, 'a name that is stored outside ' || i, i, 0 FROM generate_series(1, {Rows}) i");
        using Session old = database.OpenSession();
        using var stop = new CancellationTokenSource();
        QueryResult? result = null;
        Task beside = Task.CompletedTask;
        switch (reader)
        {
            case "snapshot":
                Execute(old, "BEGIN ISOLATION LEVEL REPEATABLE READ");
                Execute(old, "SELECT count(*) FROM t");
                break;
            case "serializable":
                Execute(old, "BEGIN ISOLATION LEVEL SERIALIZABLE");
                Execute(old, "SELECT n FROM t WHERE id = 1");
                break;
            case "streamed result":
                result = old.Execute("SELECT * FROM t");
                Assert.IsTrue(result.Read());
                break;
            case "idle writer":
                Execute(old, "BEGIN");
                Execute(old, "INSERT INTO other VALUES (1)");
                break;
            case "short readers":
                beside = Task.Factory.StartNew(() => ReadOn(database, stop.Token), TaskCreationOptions.LongRunning);
                break;
            case "snapshot and short readers":
                Execute(old, "BEGIN ISOLATION LEVEL REPEATABLE READ");
                goto case "short readers";
        }

        var changer = new Changer(session, workload);
        changer.Run(WarmUpChanges);
        long before = SizeOf(database);
        long heapBefore = GC.GetTotalMemory(forceFullCollection: true);
        bool isBusy = reader.EndsWith("short readers", StringComparison.Ordinal);
        int changes = isBusy ? ChangesBesideShortReaders : Changes;
        changer.Run(changes);
        long growthMax = isBusy ? GrowthBesideShortMax : changes * GrowthOfChangeMax;
        long grown = SizeOf(database) - before;
        for (int round = 0; isBusy && grown >= growthMax && round < 10; round++)   // a reader that got no processor for a while has kept versions, and lets them go; what leaks stays
        {
            changer.Run(changes / 10);
            grown = SizeOf(database) - before;
        }
        stop.Cancel();
        beside.Wait();
        long heapGrown = GC.GetTotalMemory(forceFullCollection: true) - heapBefore;
        result?.Dispose();
        Console.WriteLine($"{workload}, {reader}: {before:n0} + {grown:n0}, heap + {heapGrown:n0}");
        Assert.IsLessThan(growthMax, grown);
        Assert.IsLessThan(2 * growthMax, heapGrown);
    }

    private static void ReadOn(Database database, CancellationToken stop)
    {
        using Session session = database.OpenSession();
        while (!stop.IsCancellationRequested)
        {
            Execute(session, "SELECT sum(n) FROM t");
        }
    }

    private static long SizeOf(Database database) => database.Storage.Tables.Values.Sum(table => table.Size);

    private static void Execute(Session session, string sql)
    {
        using QueryResult result = session.Execute(sql);
        while (result.Read())
        {
        }
    }

    private sealed class Changer(Session session, string workload)
    {
        private readonly Random _random = new(7);
        private readonly PreparedStatement _update = session.Prepare(workload switch
        {
            "hot string" => "UPDATE t SET name = 'another name of quite some length ' || $2 WHERE id = $1",
            "hot key" => "UPDATE t SET k = $2 WHERE id = $1",
            "hot set" => "UPDATE t SET n = $2, name = 'another name of quite some length ' || $2, k = $2 WHERE id = $1",
            _ => "UPDATE t SET n = $2 WHERE id = $1",
        });

        private readonly PreparedStatement _delete = session.Prepare("DELETE FROM t WHERE id = $1");
        private readonly PreparedStatement _insert = session.Prepare("INSERT INTO t VALUES ($1, 'a name that is stored outside', $2, 0)");
        private int _number = Rows;

        public void Run(int count)
        {
            for (int i = 0; i < count; i++)
            {
                _number++;
                switch (workload)
                {
                    case "deletes and inserts":
                        int id = _random.Next(Rows) + 1;
                        Do(_delete, id, null);
                        Do(_insert, id, _number);
                        break;
                    case "queue":
                        Do(_insert, _number, _number);
                        Do(_delete, _number - Rows, null);
                        break;
                    case "queue without key":
                        Do(_insert, _number, _number);
                        Execute(session, $"DELETE FROM t WHERE k = {_number - Rows}");
                        break;
                    case "hot set":
                        Do(_update, _random.Next(Rows) + 1, _number);
                        break;
                    default:
                        Do(_update, 1, _number);
                        break;
                }
            }
        }

        private static void Do(PreparedStatement statement, long id, int? value)
        {
            statement.Bind(1, id);
            if (value is not null)
            {
                statement.Bind(2, value.Value);
            }
            using QueryResult result = statement.Execute();
            Assert.AreEqual(1, result.RowsAffected);
        }
    }
}
