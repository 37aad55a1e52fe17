using System.Globalization;
using System.Runtime.InteropServices;

namespace PhantomDb.Benchmarks.Engines.DuckDb;

/// <summary>DuckDB in memory with a fixed number of threads.</summary>
internal sealed unsafe class DuckDbEngine : IEngine
{
    private readonly DuckDbConnection _own;
    private nint _database;

    public DuckDbEngine(int threadCount)
    {
        NativeLibraries.EnsureDuckDb();
        Version = Marshal.PtrToStringUTF8((nint)DuckDbNative.LibraryVersion())!.TrimStart('v');
        if (DuckDbNative.CreateConfig(out nint config) != DuckDbNative.Success ||
            DuckDbNative.SetConfig(config, "threads", threadCount.ToString(CultureInfo.InvariantCulture)) != DuckDbNative.Success)
        {
            throw new EngineException(Name, "cannot make the configuration");
        }

        int state = DuckDbNative.Open(":memory:", out _database, config, out nint error);
        DuckDbNative.DestroyConfig(ref config);
        if (state != DuckDbNative.Success)
        {
            throw new EngineException(Name, Marshal.PtrToStringUTF8(error) ?? "cannot open a database in memory");
        }

        _own = new DuckDbConnection(_database);
    }

    public string Name => "duckdb";

    public string Version { get; }

    public long MemoryUsed =>
        long.Parse(_own.Query("select sum(memory_usage_bytes) from duckdb_memory()").Rows[0][0].Text, CultureInfo.InvariantCulture);

    public IConnection Connect() => new DuckDbConnection(_database);

    public void Dispose()
    {
        _own.Dispose();
        DuckDbNative.Close(ref _database);
    }
}
