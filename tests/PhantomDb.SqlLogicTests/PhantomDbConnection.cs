using System.Text.RegularExpressions;

namespace PhantomDb.SqlLogicTests;

/// <summary>One session of a fresh PhantomDB database in memory, over the public engine API only.</summary>
public sealed partial class PhantomDbConnection : ISqlConnection
{
    private readonly Database _database = Database.CreateInMemory();
    private readonly Session _session;

    public PhantomDbConnection() => _session = _database.OpenSession();

    public SqlResult Execute(string sql, CancellationToken cancellation)
    {
        try
        {
            using CancellationTokenRegistration registration = cancellation.Register(_session.Cancel);
            SqlResult last = new([], [], [], -1);
            foreach (QueryResult result in _session.ExecuteScript(sql))
            {
                last = ReadAll(result);
            }

            return last;
        }
        catch (PhantomDbException failure)
        {
            throw new SqlFailureException(failure.SqlState, failure.Message);
        }
    }

    public void Dispose()
    {
        _session.Dispose();
        _database.Dispose();
    }

    private static SqlResult ReadAll(QueryResult result)
    {
        var columnCount = result.Columns.Count;
        var rows = new List<string?[]>();
        while (result.Read())
        {
            var row = new string?[columnCount];
            for (var i = 0; i < columnCount; i++)
            {
                row[i] = result.IsNull(i) ? null : result.GetText(i);
            }

            rows.Add(row);
        }

        return new SqlResult(
            [.. result.Columns.Select(c => c.Name)],
            [.. result.Columns.Select(c => Modifiers().Replace(c.TypeName, ""))],
            rows,
            result.RowsAffected);
    }

    /// <summary>The modifiers of a declared type: scripts compare types as pg_typeof prints them.</summary>
    [GeneratedRegex(@"\(-?\d+(,-?\d+)?\)")]
    private static partial Regex Modifiers();
}
