using System.Runtime.InteropServices;

namespace PhantomDb.Benchmarks.Engines.DuckDb;

/// <summary>A connection to DuckDB, for one thread at a time. DuckDB's dialect is PostgreSQL's as far as the workloads go.</summary>
internal sealed unsafe class DuckDbConnection : IConnection
{
    private nint _connection;

    public DuckDbConnection(nint database)
    {
        if (DuckDbNative.Connect(database, out _connection) != DuckDbNative.Success)
        {
            throw new EngineException("duckdb", "cannot connect");
        }
    }

    public void Execute(string sql) => RunQuery(sql).Dispose();

    public ResultTable Query(string sql)
    {
        using DuckDbResult result = RunQuery(sql);
        var table = new ResultTable(result.ColumnCount);
        while (result.Next())
        {
            table.Rows.Add([.. Enumerable.Range(0, table.ColumnCount).Select(result.GetCell)]);
        }

        return table;
    }

    public long Drain(string sql)
    {
        using DuckDbResult result = RunQuery(sql);
        long rowCount = 0;
        for (int count; (count = result.NextChunk()) > 0; rowCount += count)
        {
            result.ReadChunk();
        }

        return rowCount;
    }

    public IStatement Prepare(string sql) => new DuckDbStatement(_connection, sql);

    public IStatement PrepareVerbatim(string sql) => new DuckDbStatement(_connection, sql);

    public IStatement PrepareBulkInsert(string table, int columnCount) => new DuckDbAppender(_connection, table);

    public void Load(string table, string path) => Execute($"copy {table} from '{path}' (format csv, delimiter '|', header false)");

    public void Save(string table, string path) => Execute($"copy {table} to '{path}' (format csv, delimiter '|', header false)");

    public void Dispose() => DuckDbNative.Disconnect(ref _connection);

    private DuckDbResult RunQuery(string sql)
    {
        int state = DuckDbNative.Query(_connection, sql, out DuckDbNative.Result result);
        return state == DuckDbNative.Success ? new DuckDbResult(result, columns: null) : throw Error(ref result, sql);
    }

    public static EngineException Error(ref DuckDbNative.Result result, string sql)
    {
        string message = Marshal.PtrToStringUTF8((nint)DuckDbNative.ResultError(ref result)) ?? "unknown error";
        DuckDbNative.DestroyResult(ref result);
        return new EngineException("duckdb", message, sql);
    }
}
