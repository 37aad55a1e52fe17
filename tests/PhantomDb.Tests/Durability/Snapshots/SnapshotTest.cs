using Microsoft.VisualStudio.TestTools.UnitTesting;
using PhantomDb.Fuzz.Crash;

namespace PhantomDb.Tests.Durability.Snapshots;

/// <summary>A database on a simulated disk, whose snapshots a test takes and looks at.</summary>
public abstract class SnapshotTest
{
    private protected const string Folder = "/data/sub";
    private protected static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private protected SimulatedDisk Disk { get; private set; } = new();

    /// <summary>None in the background, unless a test wants them.</summary>
    private protected DatabaseOptions Options => new() { DataDirectory = Folder, FileSystem = Disk, SnapshotEnabled = false, MemoryLimit = 1 << 28 };

    private protected Database Open(Func<DatabaseOptions, DatabaseOptions>? change = null) => Database.Open("shop", change?.Invoke(Options) ?? Options);

    /// <summary>As after a loss of power: what was not flushed is gone.</summary>
    private protected void Crash(Database database)
    {
        Disk = Disk.Crash(CrashProfile.AllLost, 0);
        try
        {
            database.Dispose();
        }
        catch (Exception error) when (error is PhantomDbException or PowerLossException)
        {
            // its disk is off
        }
    }

    private protected static void Run(Database database, params string[] statements)
    {
        using Session session = database.OpenSession();
        foreach (string statement in statements)
        {
            session.Execute(statement).Dispose();
        }
    }

    private protected static string Ask(Database database, string query)
    {
        using Session session = database.OpenSession();
        using QueryResult rows = session.Execute(query);
        List<string> lines = [];
        while (rows.Read())
        {
            lines.Add(string.Join('|', Enumerable.Range(0, rows.Columns.Count).Select(i => rows.IsNull(i) ? "" : rows.GetText(i))));
        }
        return string.Join('\n', lines);
    }

    private protected static void Insert(Database database, int first, int count, string table = "item")
    {
        using Session session = database.OpenSession();
        for (int i = first; i < first + count; i++)
        {
            session.Execute(FormattableString.Invariant($"INSERT INTO {table} VALUES ({i}, 'name {i}')")).Dispose();
        }
    }

    private protected static void Await(Func<bool> condition, string what)
    {
        long start = Environment.TickCount64;
        while (!condition())
        {
            Assert.IsLessThan(Patience.TotalMilliseconds, Environment.TickCount64 - start, $"waited in vain: {what}");
            Thread.Sleep(2);
        }
    }

    private protected void Edit(string path, Action<byte[]> change)
    {
        byte[] bytes = Disk.Read(path);
        change(bytes);
        Disk.Put(path, bytes);
    }

    private protected string[] SnapshotFiles() =>
        [.. Disk.List(Folder).Select(file => Path.GetFileName(file)).Where(file => file.Contains("_snapshot_", StringComparison.Ordinal)).Order(StringComparer.Ordinal)];
}
