using System.Globalization;

namespace PhantomDb.Fuzz.Processes;

/// <summary>
/// The process whose system calls <see cref="SweepRunner"/> lets fail: one client, the same calls each time, with rotation and saves. It goes on after
/// errors, and at its end reads, and tells whether it can write again.
/// </summary>
internal sealed class SweepChild(string folder)
{
    private const int CommitCount = 14;
    private const int TriesMax = 5;

    public static DatabaseOptions Options(string folder) => new() { DataDirectory = folder, LogSegmentSize = 4096, LogRetentionCount = 1, MemoryLimit = 1 << 28 };

    public void Run()
    {
        Database database;
        try
        {
            database = Database.Open("shop", Options(folder));
        }
        catch (PhantomDbException error)
        {
            Say($"error open {error.SqlState} {error.Message}");
            return;
        }
        using Session session = database.OpenSession();
        Try(session, "CREATE TABLE IF NOT EXISTS done (n int PRIMARY KEY, note text)");
        for (int n = 1; n <= CommitCount; n++)
        {
            Commit(session, n);
            if (n % 5 == 0)
            {
                try
                {
                    database.SaveToDisk();
                }
                catch (PhantomDbException error)
                {
                    Say($"error save {error.SqlState} {error.Message}");
                }
            }
        }
        using (QueryResult rows = session.Execute("SELECT count(*) FROM pg_class"))
        {
            Say(rows.Read() ? "read" : "bad nothing can be read");
        }
        // Where there is room again, or the disk works again, so does the database: without being opened again.
        bool isWritten = false;
        for (int i = 0; i < TriesMax && !isWritten; i++)
        {
            Try(session, "CREATE TABLE IF NOT EXISTS done (n int PRIMARY KEY, note text)");
            isWritten = Commit(session, CommitCount + 1 + i);
        }
        Say(isWritten ? "resumed" : "stopped");
        try
        {
            database.Close();
            Say("closed");
        }
        catch (PhantomDbException error)
        {
            Say($"error close {error.SqlState} {error.Message}");
        }
    }

    private static bool Commit(Session session, int n)
    {
        Say($"begin {n}");
        if (!Try(session, string.Create(CultureInfo.InvariantCulture, $"INSERT INTO done VALUES ({n}, repeat('x', 500))")))
        {
            return false;
        }
        Say($"done {n}");
        return true;
    }

    private static bool Try(Session session, string statement)
    {
        try
        {
            session.Execute(statement).Dispose();
            return true;
        }
        catch (PhantomDbException error)
        {
            Say($"error statement {error.SqlState} {error.Message}");
            return false;
        }
    }

    private static void Say(FormattableString text) => Say(text.ToString(CultureInfo.InvariantCulture));

    private static void Say(string text)
    {
        Console.WriteLine(text.ReplaceLineEndings(" "));
        Console.Out.Flush();
    }
}
