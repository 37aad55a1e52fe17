namespace PhantomDb.Fuzz.Compare;

/// <summary>
/// The server to compare with, and a database of the fuzzer's own on it: made anew at the beginning with collation "C", which is
/// the only one we have, and dropped at the end.
/// </summary>
internal sealed class PostgresServer : IDisposable
{
    private const string DatabaseName = "phantomdb_fuzz";

    private readonly string _psql;
    private readonly int _port;
    private readonly PsqlSession _administrator;

    /// <exception cref="InvalidOperationException">There is no such program or server; the message says what is needed.</exception>
    public PostgresServer(string psql, int port)
    {
        _psql = psql;
        _port = port;
        try
        {
            _administrator = new PsqlSession(psql, port, "postgres");
        }
        catch (Exception problem) when (problem is System.ComponentModel.Win32Exception or InvalidOperationException or IOException)
        {
            throw new InvalidOperationException($"compare needs psql (--psql PATH) and a PostgreSQL 15 on 127.0.0.1, port --port N, that lets user postgres in without a password: {problem.Message}", problem);
        }
        string version = _administrator.Run("show server_version_num").Rows[0][0]!;
        if (!version.StartsWith("15", StringComparison.Ordinal))
        {
            Console.Error.WriteLine($"warning: the server's version is {version}, not PostgreSQL 15");
        }
        Drop();
        Answer made = _administrator.Run($"create database {DatabaseName} template template0 encoding 'UTF8' lc_collate 'C' lc_ctype 'C'");
        if (made.Error is { } error)
        {
            throw new InvalidOperationException(error.ToString());
        }
    }

    public PsqlSession Open() => new(_psql, _port, DatabaseName);

    /// <summary>True when the session with that process waits for a lock.</summary>
    public bool IsWaiting(int processId) =>
        _administrator.Run($"select cardinality(pg_blocking_pids({processId})) > 0").Rows[0][0] == "t";

    public void Cancel(int processId) => _administrator.Run($"select pg_cancel_backend({processId})");

    public void Dispose()
    {
        Drop();
        _administrator.Dispose();
    }

    private void Drop() => _administrator.Run($"drop database if exists {DatabaseName} with (force)");
}
