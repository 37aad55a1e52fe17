using System.Runtime.InteropServices;

namespace PhantomDb.Benchmarks.Engines.Sqlite;

/// <summary>
/// SQLite in memory. With one connection it is ":memory:", its quickest. Several connections share a file in the system's shared memory
/// with a write-ahead log and without flushes: of SQLite's ways to do this the one in which readers and a writer do not exclude each
/// other (its shared cache and its "memdb" do).
/// </summary>
internal sealed class SqliteEngine : IEngine
{
    private const string SharedMemoryFolder = "/dev/shm";

    private static int _sharedCount;

    private readonly string _name;
    private readonly bool _isShared;
    private readonly long _memoryAtStart;
    private readonly SqliteConnection _anchor;   // ":memory:" lives as long as its connection

    public unsafe SqliteEngine(bool shared = false)
    {
        NativeLibraries.EnsureSqlite();
        Version = Marshal.PtrToStringUTF8((nint)SqliteNative.LibVersion())!;
        _memoryAtStart = SqliteNative.MemoryUsed();
        _isShared = shared;
        _name = shared ? NewSharedFile() : ":memory:";
        _anchor = OpenConnection();
    }

    public string Name => "sqlite";

    public string Version { get; }

    public long MemoryUsed => SqliteNative.MemoryUsed() - _memoryAtStart;

    /// <summary>A new connection if shared, else always the same one, because another one would be another database.</summary>
    public IConnection Connect() => _isShared ? OpenConnection() : _anchor.Lend();

    public void Dispose()
    {
        _anchor.Dispose();
        if (_isShared)
        {
            Array.ForEach((string[])["", "-wal", "-shm"], suffix => File.Delete(_name + suffix));
        }
    }

    private static string NewSharedFile()
    {
        string folder = Directory.Exists(SharedMemoryFolder) ? SharedMemoryFolder : Path.GetTempPath();
        return Path.Combine(folder, $"phantomdb-benchmark-{Environment.ProcessId}-{Interlocked.Increment(ref _sharedCount)}.db");
    }

    private SqliteConnection OpenConnection()
    {
        var connection = SqliteConnection.Open(_name);
        if (_isShared)
        {
            connection.Execute(
                "pragma journal_mode = wal; pragma synchronous = off; pragma mmap_size = 4000000000; pragma cache_size = -200000; " +
                "pragma busy_timeout = 10000");
        }

        return connection;
    }
}
