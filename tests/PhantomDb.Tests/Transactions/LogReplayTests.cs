using Microsoft.VisualStudio.TestTools.UnitTesting;
using PhantomDb.Durability;
using PhantomDb.Durability.Recovery;
using PhantomDb.Tests.Durability;
using PhantomDb.Tests.Durability.Recovery;
using static PhantomDb.Tests.Engine.SessionSteps;

namespace PhantomDb.Tests.Transactions;

/// <summary>
/// Records of random transactions, with savepoints and definitions among them, make of an empty database what the transactions made: by the model's
/// rules, and by recovery.
/// </summary>
[TestClass]
public sealed class LogReplayTests
{
    [TestMethod]
    [DataRow(1)]
    [DataRow(2)]
    [DataRow(3)]
    [DataRow(4)]
    public void Records_of_random_transactions_make_the_same_content(int seed)
    {
        var random = new Random(seed);
        var disk = new MemoryFileSystem();
        using Database database = Database.CreateInMemory(new DatabaseOptions { FileSystem = disk });
        var log = new HeldLog();
        database.Transactions.UseLog(log, 0);
        using Session session = database.OpenSession();
        var model = new LogModel();
        var logDisk = new MemoryFileSystem();
        var segments = new RecoveryLog(logDisk);
        List<string> done = [];
        string[] start =
        [
            "create table a (id int primary key, b text, c numeric, unique (c))",
            "create table k (x int, y text, z double precision)",
            "create table p (id int primary key, a int references a on delete cascade on update cascade, d date)",
        ];
        foreach (string statement in start)
        {
            Assert.AreEqual("", Run(session, statement));
        }
        Commit();
        for (int i = 0; i < 200; i++)
        {
            bool isBlock = random.Next(3) > 0;
            if (isBlock)
            {
                Do("begin");
                for (int k = random.Next(1, 8); k > 0; k--)
                {
                    Do("savepoint s");
                    if (Do(Statement(random)).Length == 5)   // failed
                    {
                        Do("rollback to s");
                    }
                    else if (random.Next(6) == 0)
                    {
                        Do("rollback to s");
                    }
                }
                Do(random.Next(8) == 0 ? "rollback" : "commit");
            }
            else
            {
                Do(Statement(random));
            }
            Commit();
            if (i % 20 == 19)
            {
                Assert.AreEqual(LogModel.Sections(database, disk), model.Sections(), $"seed {seed}, after {string.Join("; ", done)}");
                Assert.AreEqual(LogModel.Sections(database, disk), Recovered(segments, logDisk), $"seed {seed}, after {string.Join("; ", done)}");
                done.Clear();
            }
        }

        string Do(string sql)
        {
            done.Add(sql);
            return Run(session, sql);
        }

        void Commit()
        {
            List<string> records = [.. log.Records];
            log.Records.Clear();
            if (records.Count > 0)
            {
                segments.Commit([.. records]);
            }
            try
            {
                model.Apply(records);
            }
            catch (Exception error)
            {
                Assert.Fail($"seed {seed}: {error.Message}\n{string.Join('\n', records)}\n{string.Join("; ", done.TakeLast(30))}");
            }
        }
    }

    private static string Recovered(RecoveryLog segments, MemoryFileSystem disk)
    {
        segments.Save();
        RecoveredDatabase recovered = DatabaseRecovery.Run("/data/shop.db", LoadTarget.New, disk, new RecoveryOptions { IsReadOnly = true });
        return LogModel.Sections(recovered.Database.Catalog, recovered.Database.Storage, disk);
    }

    internal static string Statement(Random random)
    {
        int n = random.Next(40), m = random.Next(40), few = random.Next(4);
        return random.Next(24) switch
        {
            0 or 1 or 2 => $"insert into a (id, b, c) values ({n}, 'b{few}', {m})",
            3 => $"insert into a (id, b, c) select g, 'g', g + 100 from generate_series({n}, {n + 10}) g on conflict do nothing",
            4 => $"insert into a (id, c) values ({n}, {m}) on conflict (id) do update set b = 'again', c = {m + 200}",
            5 => $"update a set c = c + 0.25 where id < {n}",
            6 => $"update a set id = id + 50 where id = {n}",
            7 => $"update a set b = null, c = {m}.5 where id between {n} and {n + few}",
            8 => $"delete from a where id between {n} and {n + few}",
            9 or 10 or 11 => $"insert into k (x, y) select {few}, 'y{n % 2}' from generate_series(1, {few + 1})",
            12 => $"delete from k where x = {few}",
            13 => $"update k set y = 'u{n % 3}' where x = {few}",
            14 => $"update k set z = random() * 0 + {n}.5 where x <> {few}",
            15 => $"insert into p (id, a, d) values ({n}, (select min(id) from a where id >= {m}), date '2024-01-01' + {n})",
            16 => $"delete from p where id < {few * 3}",
            17 => random.Next(4) == 0 ? "truncate k" : $"update k set x = x where x = {few}",
            18 => random.Next(4) == 0 ? "truncate a cascade" : $"update p set d = d + 1 where id > {n}",
            19 => few switch
            {
                0 => "alter table k add column e int default 7",
                1 => "alter table k drop column e",
                2 => "alter table k alter column z type numeric",
                _ => "alter table k alter column z type double precision",
            },
            20 => few switch
            {
                0 => "alter table a add column f text default 'f'",
                1 => "alter table a drop column f",
                2 => "alter table a rename column b to bb",
                _ => "alter table a rename column bb to b",
            },
            21 => few switch
            {
                0 => "create table n (q int primary key, r text)",
                1 => "insert into n select g, 'r' from generate_series(1, 9) g on conflict do nothing",
                2 => "alter table n rename to n2",
                _ => "drop table if exists n2",
            },
            22 => few switch
            {
                0 => "create index i on k (x)",
                1 => "drop index i",
                2 => "create table m as select id, b from a",
                _ => "drop table if exists m",
            },
            _ => few == 0 ? "alter table k add column v double precision default random()" : few == 1 ? "alter table k drop column v" : $"update a set c = c where id = {n}",
        };
    }
}
