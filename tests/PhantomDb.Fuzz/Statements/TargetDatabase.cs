using System.Text.RegularExpressions;
using PhantomDb.Binding;
using PhantomDb.Catalog;

namespace PhantomDb.Fuzz.Statements;

/// <summary>How a statement ended: with rows (as texts) or with an error.</summary>
internal sealed record Outcome(IReadOnlyList<string[]> Rows, IReadOnlyList<ResultColumn> Columns, Exception? Error)
{
    public bool IsError => Error is not null;

    public string? SqlState => (Error as PhantomDbException)?.SqlState;
}

/// <summary>A small database in memory under test, its one session, and what a statement may not do to it.</summary>
internal sealed partial class TargetDatabase : IDisposable
{
    public const int StatementTimeoutMs = 2000;
    /// <summary>Rows of a result that are read; answers that are longer are not compared.</summary>
    public const int RowsReadMax = 20_000;


    private static readonly string Folder = Path.Combine(Path.GetTempPath(), $"phantomdb-fuzz-{Environment.ProcessId}");

    private readonly Database _database = Database.CreateInMemory(new DatabaseOptions
    {
        MemoryLimit = 256L << 20, WorkMemory = 48L << 20, DataDirectory = Folder,
    });

    private Session _session;

    /// <summary>A database with what the setup statements make, each of which must succeed, however busy the machine is.</summary>
    public TargetDatabase(IReadOnlyList<string> setup)
    {
        _session = _database.OpenSession();
        foreach (string statement in setup)
        {
            if (Execute(statement) is { Error: { } error })
            {
                throw new InvalidOperationException($"{error.Message}\n{statement}", error);
            }
        }
        RenewSession();
    }

    public Database Database => _database;

    /// <summary>Statements that could write outside the folder of the test are not run: COPY with the name of a file, programs.</summary>
    public static bool IsHarmless(string sql) => !CopyWithFile().IsMatch(sql);

    /// <summary>Runs one text, which may hold several statements, and reads what the last one gives.</summary>
    public Outcome Execute(string sql)
    {
        try
        {
            if (!sql.Contains(';', StringComparison.Ordinal))
            {
                using QueryResult only = _session.Execute(sql);
                return new Outcome(Read(only), only.Columns, null);
            }
            List<string[]> rows = [];
            IReadOnlyList<ResultColumn> columns = [];
            foreach (QueryResult result in _session.ExecuteScript(sql))
            {
                columns = result.Columns;
                rows = Read(result);
            }
            return new Outcome(rows, columns, null);
        }
        catch (Exception error)
        {
            return new Outcome([], [], error);
        }
    }

    /// <summary>Settings and an open transaction end with the session.</summary>
    public void RenewSession()
    {
        _session.Dispose();
        _session = NewSession();
    }

    /// <summary>All definitions and rows as one number: the same before and after a statement that fails.</summary>
    public int Fingerprint()
    {
        using Session reader = _database.OpenSession();
        var hash = new HashCode();
        DatabaseCatalog catalog = _database.Catalog;
        var names = new SchemaWriter(new BinderContext(catalog), _ => null);
        foreach (TableDefinition table in catalog.Tables.OrderBy(table => table.Oid))
        {
            hash.Add(string.Join(" ", names.Describe(table).CreateStatements));
            using QueryResult rows = reader.Execute($"SELECT * FROM {SchemaWriter.QualifiedName(table)}");
            while (rows.Read())
            {
                for (int i = 0; i < rows.Columns.Count; i++)
                {
                    hash.Add(rows.IsNull(i) ? null : rows.GetText(i));
                }
            }
        }
        foreach (ViewDefinition view in catalog.Views.OrderBy(view => view.Oid))
        {
            hash.Add(view.Name);
        }
        return hash.ToHashCode();
    }

    public void Dispose()
    {
        _session.Dispose();
        _database.Dispose();
    }

    private Session NewSession()
    {
        Session session = _database.OpenSession();
        session.CopyInput = Stream.Null;
        session.CopyOutput = Stream.Null;
        session.Execute($"SET statement_timeout = {StatementTimeoutMs}").Dispose();
        return session;
    }

    private static List<string[]> Read(QueryResult result)
    {
        List<string[]> rows = [];
        while (rows.Count < RowsReadMax && result.Read())
        {
            string[] row = new string[result.Columns.Count];
            for (int i = 0; i < row.Length; i++)
            {
                row[i] = result.IsNull(i) ? "NULL" : result.GetText(i);
            }
            rows.Add(row);
        }
        return rows;
    }

    [GeneratedRegex(@"\bcopy\b[\s\S]*\b(from|to)\s*('|E'|program|\$)", RegexOptions.IgnoreCase)]
    private static partial Regex CopyWithFile();
}
