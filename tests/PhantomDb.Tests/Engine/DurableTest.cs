using PhantomDb.Tests.Durability;

namespace PhantomDb.Tests.Engine;

/// <summary>Tests of a database in a folder of its own, that can be closed and opened again; what is read from the disk is counted.</summary>
public abstract class DurableTest : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("phantomdb").FullName;
    private Database? _database;
    private Session? _session;

    private protected ReadCountingDisk Disk { get; } = new();

    /// <summary>How it is opened the next time.</summary>
    private protected DatabaseOptions Options { get; set; }

    private protected string Folder => _folder;

    protected DurableTest() => Options = new DatabaseOptions { DataDirectory = _folder, FileSystem = Disk };

    private protected Database Database => _database ??= Database.Open("shop", Options);

    private protected Session Session => _session ??= Database.OpenSession();

    public void Dispose()
    {
        Close();
        Directory.Delete(_folder, recursive: true);
        GC.SuppressFinalize(this);
    }

    private protected void Close()
    {
        _session?.Dispose();
        _database?.Dispose();
        (_session, _database) = (null, null);
    }

    private protected void Run(params string[] statements)
    {
        foreach (string sql in statements)
        {
            foreach (QueryResult result in Session.ExecuteScript(sql))
            {
                while (result.Read())
                {
                }
            }
        }
    }

    /// <summary>Rows as text, cells between bars, NULL as nothing.</summary>
    private protected string[] Rows(string sql)
    {
        List<string> rows = [];
        using QueryResult result = Session.Execute(sql);
        while (result.Read())
        {
            rows.Add(string.Join('|', Enumerable.Range(0, result.Columns.Count).Select(i => result.IsNull(i) ? "" : result.GetText(i))));
        }
        return [.. rows];
    }

    private protected string One(string sql)
    {
        string[] rows = Rows(sql);
        Assert.HasCount(1, rows, sql);
        return rows[0];
    }

    /// <summary>As <see cref="Rows"/>, of another database.</summary>
    private protected static string[] RowsOf(Database database, string sql)
    {
        using Session session = database.OpenSession();
        List<string> rows = [];
        using QueryResult result = session.Execute(sql);
        while (result.Read())
        {
            rows.Add(string.Join('|', Enumerable.Range(0, result.Columns.Count).Select(i => result.IsNull(i) ? "" : result.GetText(i))));
        }
        return [.. rows];
    }

    private protected string StateOf(Action action) => Assert.ThrowsExactly<PhantomDbException>(action).SqlState;
}
