using System.Reflection;
using System.Runtime.InteropServices;

namespace PhantomDb.Benchmarks.Engines;

/// <summary>Finds the peers' native libraries: SQLite where the system has it, DuckDB where <c>install-peers.sh</c> puts it.</summary>
internal static class NativeLibraries
{
    public const string Sqlite = "sqlite3";
    public const string DuckDb = "duckdb";

    private const string DuckDbVariable = "PHANTOMDB_DUCKDB_LIBRARY";
    private const string DuckDbPath = "peers/node_modules/@duckdb/node-bindings-linux-x64/libduckdb.so";

    private static readonly Lazy<nint> LazySqlite = new(LoadSqlite);
    private static readonly Lazy<nint> LazyDuckDb = new(LoadDuckDb);

    public static void Register() => NativeLibrary.SetDllImportResolver(typeof(NativeLibraries).Assembly, Resolve);

    public static void EnsureSqlite() => _ = LazySqlite.Value;

    public static void EnsureDuckDb() => _ = LazyDuckDb.Value;

    private static nint Resolve(string name, Assembly assembly, DllImportSearchPath? searchPath) => name switch
    {
        Sqlite => LazySqlite.Value,
        DuckDb => LazyDuckDb.Value,
        _ => 0,
    };

    private static nint LoadSqlite()
    {
        foreach (string name in (string[])["libsqlite3.so.0", "libsqlite3.so", "libsqlite3.dylib", "sqlite3.dll", "winsqlite3.dll"])
        {
            if (NativeLibrary.TryLoad(name, out nint handle))
            {
                return handle;
            }
        }

        throw new EngineUnavailableException(
            "the library of SQLite is missing (libsqlite3.so.0). On Debian and Ubuntu: apt-get install libsqlite3-0. " +
            "Or leave SQLite out: --peers duckdb");
    }

    private static nint LoadDuckDb()
    {
        string? path = Environment.GetEnvironmentVariable(DuckDbVariable) ?? FindUpwards();
        if (path is null || !File.Exists(path))
        {
            throw new EngineUnavailableException(
                $"the library of DuckDB is missing ({path ?? DuckDbPath}). Install it by tests/PhantomDb.Benchmarks/install-peers.sh, " +
                $"or set {DuckDbVariable} to the path of a libduckdb.so. Or leave DuckDB out: --peers sqlite");
        }

        try
        {
            return NativeLibrary.Load(path);
        }
        catch (DllNotFoundException exception)
        {
            throw new EngineUnavailableException($"the library of DuckDB cannot be loaded: {exception.Message}", exception);
        }
    }

    /// <summary>From the program's folder (and the current one) towards the root: the project's folder is on the way.</summary>
    private static string? FindUpwards()
    {
        foreach (string start in (string[])[AppContext.BaseDirectory, Environment.CurrentDirectory])
        {
            for (DirectoryInfo? folder = new(start); folder is not null; folder = folder.Parent)
            {
                foreach (string candidate in (string[])[DuckDbPath, "tests/PhantomDb.Benchmarks/" + DuckDbPath])
                {
                    string path = Path.Combine(folder.FullName, candidate);
                    if (File.Exists(path))
                    {
                        return path;
                    }
                }
            }
        }

        return null;
    }
}
