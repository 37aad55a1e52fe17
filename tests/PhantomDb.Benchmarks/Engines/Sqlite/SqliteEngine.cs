using System.Runtime.InteropServices;

namespace PhantomDb.Benchmarks.Engines.Sqlite;

/// <summary>
/// SQLite in memory. Alone it is ":memory:", its quickest; shared by several connections it is the "memdb" file system, where each
/// connection has a page cache of its own and readers do not wait for each other.
/// </summary>
internal sealed class SqliteEngine : IEngine
{
    private static int _sharedNames;

    private readonly string _name;
    private readonly long _memoryAtStart;
    private readonly SqliteConnection _anchor;   // the database in memory lives as long as one connection to it

    public unsafe SqliteEngine(bool shared = false)
    {
        NativeLibraries.EnsureSqlite();
        Version = Marshal.PtrToStringUTF8((nint)SqliteNative.LibVersion())!;
        _memoryAtStart = SqliteNative.MemoryUsed();
        IsShared = shared;
        _name = shared ? $"file:/benchmark{Interlocked.Increment(ref _sharedNames)}?vfs=memdb" : ":memory:";
        _anchor = SqliteConnection.Open(_name);
    }

    public string Name => "sqlite";

    public string Version { get; }

    public bool IsShared { get; }

    public long MemoryUsed => SqliteNative.MemoryUsed() - _memoryAtStart;

    /// <summary>A new connection if shared, else always the same one, because another one would be another database.</summary>
    public IConnection Connect() => IsShared ? SqliteConnection.Open(_name) : _anchor.Lend();

    public void Dispose() => _anchor.Dispose();
}
