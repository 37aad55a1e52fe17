using PhantomDb.Durability;

namespace PhantomDb;

/// <summary>How a database is opened. Validated when the database is opened; all have defaults.</summary>
public sealed record DatabaseOptions
{
    /// <summary>Folder of the database files; created when a file is first written. Default: <c>data</c> in the current folder.</summary>
    public string DataDirectory { get; init; } = "data";

    /// <summary>
    /// True: the file is read where there is one, but the database is not tied to it: nobody is kept from opening it, and
    /// saving needs a name. Default: false.
    /// </summary>
    public bool IsInMemory { get; init; }

    /// <summary>
    /// Bytes that the database may hold in memory: tables, indexes, versions and the working memory of all statements.
    /// Beyond it a statement fails with SQLSTATE 53200 and is undone. Default: three quarters of the memory available to
    /// the process.
    /// </summary>
    public long MemoryLimit { get; init; } = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / 4 * 3;

    /// <summary>
    /// Bytes that one statement may hold beside the tables: hash tables, sorts, results in preparation. Beyond it 53200.
    /// Default: half of what <see cref="MemoryLimit"/> is by default. A session may lower or raise it: <c>SET work_mem</c>.
    /// </summary>
    public long WorkMemory { get; init; } = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / 8 * 3;

    /// <summary>
    /// Plans that each session keeps of the statements that it ran last, so that they need not be parsed again; a single-row
    /// statement counts as the same when only its literals differ. Default: 128; 0 turns the cache off.
    /// </summary>
    public int PlanCacheSize { get; init; } = 128;

    /// <summary>The disk; tests put a simulated one in its place.</summary>
    internal IFileSystem FileSystem { get; init; } = PhysicalFileSystem.Instance;

    /// <summary>The least that <see cref="MemoryLimit"/> and <see cref="WorkMemory"/> may be: 1 MiB.</summary>
    public const long MemoryMinimum = 1024 * 1024;

    internal void Validate()
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(DataDirectory);
        ArgumentOutOfRangeException.ThrowIfLessThan(MemoryLimit, MemoryMinimum);
        ArgumentOutOfRangeException.ThrowIfLessThan(WorkMemory, MemoryMinimum);
        ArgumentOutOfRangeException.ThrowIfNegative(PlanCacheSize);
    }
}
