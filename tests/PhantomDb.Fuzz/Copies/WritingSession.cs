using System.Collections.Immutable;
using System.Globalization;

namespace PhantomDb.Fuzz.Copies;

/// <summary>An open copy of the database: some changes, one commit each, checkpoints and snapshots between them.</summary>
/// <param name="database">It.</param>
/// <param name="last">What it has.</param>
/// <param name="options">How often snapshots are taken.</param>
/// <param name="random">Of the world.</param>
internal sealed class WritingSession(Database database, Revision last, CopyWorldOptions options, Random random)
{
    private const int ChangeCountMax = 12;

    private int _sinceSnapshot;

    /// <summary>What it has by now.</summary>
    public Revision Last { get; private set; } = last;

    /// <summary>Some changes; sometimes none.</summary>
    /// <param name="nextNumber">A number that no other revision has.</param>
    /// <param name="note">Told of each thing done.</param>
    public void Change(Func<int> nextNumber, Action<string> note)
    {
        int count = random.Next(8) == 0 ? 0 : random.Next(1, ChangeCountMax);
        using Session session = database.OpenSession();
        if (count > 0 && Last.Rows is null)
        {
            Commit(session, "CREATE TABLE t (id int PRIMARY KEY, v text)", nextNumber(), ImmutableSortedDictionary<int, string>.Empty);
        }
        for (int i = 0; i < count; i++)
        {
            int number = nextNumber();
            (string statement, ImmutableSortedDictionary<int, string> rows) = NewChange(number, Last.Rows!);
            Commit(session, statement, number, rows);
            _sinceSnapshot++;
            int what = random.Next(12);
            if (what == 0)
            {
                database.SaveToDisk();
                database.Persistence!.Log.Settle();
                note($"checkpoint at {Last}");
            }
            if (what == 1 || _sinceSnapshot >= options.SnapshotEvery)
            {
                database.CreateSnapshot();
                database.Persistence!.Log.Settle();   // what this has made needless goes now
                _sinceSnapshot = 0;
                note($"snapshot at {Last}");
            }
        }
    }

    /// <summary>All rows, as <see cref="Revision.ContentOf"/> writes them.</summary>
    public static string Read(Database database)
    {
        if (database.Catalog.FindTable("public", "t") is null)
        {
            return Revision.ContentOf(null);
        }
        using Session session = database.OpenSession();
        using QueryResult result = session.Execute("SELECT id, v FROM t ORDER BY id");
        List<(int, string)> rows = [];
        while (result.Read())
        {
            rows.Add((result.GetInt32(0), result.GetString(1)!));
        }
        return Revision.ContentOf(rows);
    }

    private (string Statement, ImmutableSortedDictionary<int, string> Rows) NewChange(int number, ImmutableSortedDictionary<int, string> rows)
    {
        int id = rows.Count == 0 ? 0 : rows.Keys.ElementAt(random.Next(rows.Count));
        string value = $"w{number}";
        return (rows.Count == 0 ? 9 : random.Next(10)) switch
        {
            0 => (string.Create(CultureInfo.InvariantCulture, $"DELETE FROM t WHERE id = {id}"), rows.Remove(id)),
            1 or 2 => (string.Create(CultureInfo.InvariantCulture, $"UPDATE t SET v = '{value}' WHERE id = {id}"), rows.SetItem(id, value)),
            _ => (string.Create(CultureInfo.InvariantCulture, $"INSERT INTO t VALUES ({number}, '{value}')"), rows.Add(number, value)),
        };
    }

    private void Commit(Session session, string statement, int number, ImmutableSortedDictionary<int, string> rows)
    {
        session.Execute(statement).Dispose();
        using Database.CommittedView view = database.ReadCommitted();
        Last = new Revision(number, Last, Last, view.Content.Lsn, view.Content.Timeline, rows);
    }
}
