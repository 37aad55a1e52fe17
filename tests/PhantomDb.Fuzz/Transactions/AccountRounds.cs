using System.Globalization;

namespace PhantomDb.Fuzz.Transactions;

/// <summary>Money that moves between accounts: its total stays, for everybody who looks, however they look and whatever is defined meanwhile.</summary>
public static class AccountRounds
{
    private const int Balance = 100;

    public static void Transfers(Round round)
    {
        const int Accounts = 10;
        Prepare(round, Accounts);
        int transfers = 0;
        round.Run((session, random) => () =>
        {
            if (random.Next(4) == 0)
            {
                round.InTransaction(session, "READ COMMITTED", () =>
                {
                    long total = Round.Number(session, "SELECT sum(balance) FROM a");
                    round.Check(total == Accounts * Balance, $"a query saw a total of {total}");
                });
                return;
            }
            bool isUndone = random.Next(3) == 0;
            if (round.InTransaction(session, "READ COMMITTED", () => Transfer(session, random, Accounts, isUndone)))
            {
                Interlocked.Increment(ref transfers);
            }
        });
        CheckEnd(round, Accounts);
        long changes = round.Last("SELECT sum(n) FROM a");
        round.Check(changes == transfers * 2L, $"{transfers} transfers made {changes} changes");
    }

    /// <summary>
    /// A row's number of changes only grows, for a session that looks again and again; what it has changed itself it sees; and
    /// two rows that change together are equal in every query.
    /// </summary>
    public static void Counters(Round round)
    {
        const int Pairs = 4;
        round.Prepare("CREATE TABLE c (id int PRIMARY KEY, n bigint)", $"INSERT INTO c SELECT i, 0 FROM generate_series(1, {Pairs * 2}) i");
        long increments = 0;
        round.Run((session, random) =>
        {
            long[] seen = new long[Pairs];
            PreparedStatement point = session.Prepare("SELECT n FROM c WHERE id = $1");
            PreparedStatement pair = session.Prepare("SELECT min(n), max(n), count(*) FROM c WHERE id = $1 OR id = $2");
            return () =>
            {
                int place = random.Next(Pairs);
                int first = (place * 2) + 1;
                string level = random.Next(3) switch { 0 => "READ COMMITTED", 1 => "REPEATABLE READ", _ => "SERIALIZABLE" };
                bool isWriter = random.Next(2) == 0;
                long own = 0;
                bool isCommitted = round.InTransaction(session, level, () =>
                {
                    if (isWriter)
                    {
                        own = Round.Number(session, $"UPDATE c SET n = n + 1 WHERE id = {first} RETURNING n");
                        Round.Execute(session, $"UPDATE c SET n = n + 1 WHERE id = {first + 1}");
                    }
                    for (int look = random.Next(1, 4); look > 0; look--)
                    {
                        long n = Look(point, pair, first, random.Next(2) == 0);
                        round.Check(n >= seen[place], $"a counter went back from {seen[place]} to {n} ({level})");
                        round.Check(!isWriter || n == own, $"a session saw {n} instead of its own {own} ({level})");
                        seen[place] = isWriter ? seen[place] : n;
                    }
                });
                if (isCommitted && isWriter)
                {
                    seen[place] = own;
                    Interlocked.Increment(ref increments);
                }
            };
        });
        long sum = round.Last("SELECT sum(n) FROM c");
        round.Check(sum == increments * 2, $"{increments} increments made {sum}");

        long Look(PreparedStatement point, PreparedStatement pair, int first, bool isPoint)
        {
            if (isPoint)
            {
                point.Bind(1, first);
                using QueryResult row = point.Execute();
                return row.Read() ? row.GetInt64(0) : -1;
            }
            pair.Bind(1, first);
            pair.Bind(2, first + 1);
            using QueryResult rows = pair.Execute();
            rows.Read();
            round.Check(rows.GetInt64(2) == 2 && rows.GetInt64(0) == rows.GetInt64(1), "two counters that change together were seen apart");
            return rows.GetInt64(0);
        }
    }

    /// <summary>Results that are read slowly, over several slices, while rows change, move, go and come under them.</summary>
    public static void Streams(Round round)
    {
        const int Accounts = 5000;
        Prepare(round, Accounts);
        round.Run((session, random) => () =>
        {
            if (random.Next(12) == 0)
            {
                Read(round, session, random, Accounts);
                return;
            }
            round.InTransaction(session, "READ COMMITTED", () =>
            {
                bool isUndone = random.Next(6) == 0;
                Transfer(session, random, Accounts, isUndone: false);
                if (random.Next(3) == 0)
                {
                    int id = random.Next(Accounts) + 1;
                    using (QueryResult row = session.Execute($"DELETE FROM a WHERE id = {id} RETURNING balance"))
                    {
                        if (!row.Read())
                        {
                            return;   // somebody else is moving it
                        }
                        id = row.GetInt32(0);
                    }
                    Round.Execute(session, $"INSERT INTO a (balance, name, n) VALUES ({id}, 'holds ' || {id} || ' of it', 0)");
                }
                if (isUndone)
                {
                    throw new PhantomDbException("40001", "taken back");
                }
            });
        });
        CheckEnd(round, Accounts);
    }

    /// <summary>Indexes, columns and constraints that come and go, also in transactions that are rolled back.</summary>
    public static void Definitions(Round round)
    {
        const int Accounts = 40;
        Prepare(round, Accounts);
        round.Run((session, random) => () =>
        {
            switch (random.Next(8))
            {
                case 0:
                    round.InTransaction(session, "READ COMMITTED", () =>
                    {
                        bool isUndone = random.Next(3) == 0;
                        Transfer(session, random, Accounts, isUndone: false);
                        for (int i = random.Next(1, 3); i > 0; i--)
                        {
                            Round.Execute(session, random.Next(8) switch
                            {
                                0 => "CREATE INDEX IF NOT EXISTS a_balance ON a (balance)",
                                1 => "DROP INDEX IF EXISTS a_balance",
                                2 => $"ALTER TABLE a ADD COLUMN IF NOT EXISTS w int DEFAULT {random.Next(9)}",
                                3 => "ALTER TABLE a DROP COLUMN IF EXISTS w",
                                4 => "ALTER TABLE a ADD CONSTRAINT few CHECK (balance > -100000)",
                                5 => "ALTER TABLE a DROP CONSTRAINT IF EXISTS few",
                                6 => "CREATE UNIQUE INDEX IF NOT EXISTS a_id ON a (id, balance)",
                                _ => "DROP INDEX IF EXISTS a_id",
                            });
                        }
                        Transfer(session, random, Accounts, isUndone: false);
                        if (isUndone)
                        {
                            throw new PhantomDbException("40001", "taken back");
                        }
                    }, "42710");   // the constraint is there
                    break;
                case 1 or 2:
                    Read(round, session, random, Accounts);
                    break;
                default:
                    round.InTransaction(session, "READ COMMITTED", () => Transfer(session, random, Accounts, random.Next(3) == 0));
                    break;
            }
        });
        CheckEnd(round, Accounts);
    }

    private static void Prepare(Round round, int accounts) => round.Prepare(
        "CREATE TABLE a (id serial PRIMARY KEY, balance int, name text, n int)",
        $"INSERT INTO a (balance, name, n) SELECT {Balance}, 'holds {Balance} of it', 0 FROM generate_series(1, {accounts}) i");

    // The balance stands in the name too: who sees another there has seen two versions in one row.
    private static void Transfer(Session session, Random random, int accounts, bool isUndone)
    {
        int amount = random.Next(1, 20);
        int from = random.Next(accounts) + 1;
        int to = (from % accounts) + 1;
        bool isTaken = Add(from, -amount);
        if (isUndone)
        {
            Round.Execute(session, "SAVEPOINT s");
            Round.Execute(session, $"UPDATE a SET balance = balance * 2, name = 'nothing' WHERE id >= {to}");
            Round.Execute(session, "ROLLBACK TO s");
        }
        if (isTaken && !Add(to, amount))
        {
            throw new PhantomDbException("40001", "the other account has moved");
        }

        bool Add(int id, int sum)
        {
            using QueryResult result = session.Execute(
                $"UPDATE a SET balance = balance + {sum}, name = 'holds ' || (balance + {sum}) || ' of it', n = n + 1 WHERE id = {id}");
            return result.RowsAffected == 1;
        }
    }

    // One query, by one of several plans, and its rows read one by one.
    private static void Read(Round round, Session session, Random random, int accounts)
    {
        string order = random.Next(5) switch
        {
            0 => "ORDER BY id",
            1 => "ORDER BY balance, name",
            2 => "WHERE balance > -1000000",
            3 => "WHERE id > 0",
            _ => "",
        };
        using QueryResult result = session.Execute($"SELECT balance, name FROM a {order}");
        long total = 0;
        int count = 0;
        bool isSlow = random.Next(2) == 0;
        while (result.Read())
        {
            int balance = result.GetInt32(0);
            round.Check(result.GetString(1) == string.Create(CultureInfo.InvariantCulture, $"holds {balance} of it"), $"a row of two versions: {balance}, {result.GetString(1)}");
            total += balance;
            if (++count % 512 == 0 && isSlow)
            {
                Thread.Sleep(1);
            }
        }
        round.Check(total == (long)accounts * Balance && count == accounts, $"a result {order} of {count} rows had a total of {total}");
        round.CountCommitted();
    }

    private static void CheckEnd(Round round, int accounts)
    {
        round.Check(round.Last("SELECT sum(balance) FROM a") == (long)accounts * Balance, "the total has changed");
        round.Check(round.Last("SELECT count(*) FROM a WHERE name = 'holds ' || balance || ' of it'") == accounts, "an account is gone, or is of two versions");
        round.Check(round.Last("SELECT count(*) FROM a x WHERE EXISTS (SELECT 1 FROM a y WHERE y.id = x.id AND y.balance = x.balance)") == accounts, "the index has not the rows of the table");
    }
}
