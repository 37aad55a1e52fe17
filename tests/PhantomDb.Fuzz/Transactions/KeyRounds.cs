namespace PhantomDb.Fuzz.Transactions;

/// <summary>Keys that several transactions want at a time, and rows that refer to parents which go and change.</summary>
public static class KeyRounds
{
    public static void UniqueKeys(Round round)
    {
        const int Keys = 30;
        round.Prepare("CREATE TABLE u (id serial PRIMARY KEY, k int UNIQUE, v int)");
        round.Run((session, random) => () =>
        {
            int key = random.Next(Keys);
            round.InTransaction(session, random.Next(3) == 0 ? "REPEATABLE READ" : "READ COMMITTED", () => Round.Execute(session, random.Next(4) switch
            {
                0 => $"DELETE FROM u WHERE k = {key}",
                1 => $"UPDATE u SET k = {random.Next(Keys)} WHERE k = {key}",
                2 => $"INSERT INTO u (k, v) VALUES ({key}, 1) ON CONFLICT (k) DO UPDATE SET v = u.v + 1",
                _ => $"INSERT INTO u (k, v) VALUES ({key}, 1)",
            }));
        });
        round.Check(round.Last("SELECT count(*) - count(DISTINCT k) FROM u") == 0, "a key is there twice");
        round.Check(round.Last("SELECT count(*) FROM u") == Enumerable.Range(0, Keys).Sum(k => round.Last($"SELECT count(*) FROM u WHERE k = {k}")),
            "the index has not the rows of the table");
    }

    public static void ForeignKeys(Round round)
    {
        const int Parents = 12;
        round.Prepare("CREATE TABLE p (id int PRIMARY KEY, v int)",
            "CREATE TABLE c (id serial PRIMARY KEY, p int REFERENCES p)",
            "CREATE TABLE d (id serial PRIMARY KEY, p int REFERENCES p ON DELETE CASCADE ON UPDATE CASCADE)",
            $"INSERT INTO p SELECT i, 0 FROM generate_series(1, {Parents}) i");
        round.Run((session, random) => () =>
        {
            int parent = random.Next(Parents) + 1;
            string level = random.Next(4) switch { 0 => "REPEATABLE READ", 1 => "SERIALIZABLE", _ => "READ COMMITTED" };
            round.InTransaction(session, level, () =>
            {
                for (int i = random.Next(1, 3); i > 0; i--)
                {
                    Round.Execute(session, random.Next(7) switch
                    {
                        0 => $"DELETE FROM p WHERE id = {parent}",
                        1 => $"INSERT INTO p VALUES ({parent}, 0)",
                        2 => $"UPDATE p SET v = v + 1 WHERE id = {parent}",
                        3 => $"DELETE FROM c WHERE p = {parent}",
                        4 => $"INSERT INTO d (p) VALUES ({parent})",
                        5 => $"UPDATE p SET id = {random.Next(Parents) + 1} WHERE id = {parent}",
                        _ => $"INSERT INTO c (p) VALUES ({parent})",
                    });
                }
            });
        });
        round.Check(round.Last("SELECT count(*) FROM c WHERE p NOT IN (SELECT id FROM p)") == 0, "a row refers to nothing");
        round.Check(round.Last("SELECT count(*) FROM d WHERE p NOT IN (SELECT id FROM p)") == 0, "a row that cascades refers to nothing");
    }
}
