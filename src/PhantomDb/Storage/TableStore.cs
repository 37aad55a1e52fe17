using System.Runtime.InteropServices;
using PhantomDb.Catalog;
using PhantomDb.Types;
using PhantomDb.Vectors;

namespace PhantomDb.Storage;

/// <summary>
/// The rows of one table in memory: slices of 2,048 rows, their versions, and the indexes. It knows read timestamps and
/// stamps, not transactions: who may write when, what is undone, and when a stamp is published is Transactions' business.
/// Row ids are places (slice and offset) and never move; in a table without a primary key they ascend in the order of the
/// inserts. README.md tells how scans, point reads and writers agree.
/// </summary>
internal sealed partial class TableStore
{
    private readonly Lock _latch = new();      // one writer at a time; held for one call, never across a wait
    private MemoryAccount? _account;           // this table's own, below the database's
    private readonly ReadTimestamps _timestamps;
    private readonly PhysicalType[] _types;    // by storage number
    private readonly bool[] _isIndexed;        // by storage number

    private RowSlice[] _slices = [];
    private int _sliceCount;
    private int _firstSlice;                   // all before it are released
    private RowSlice? _releasedSlice;
    private long _owner = OwnerMark.Next();    // of the slices that may be changed in place
    private readonly bool _keepsInsertionOrder;
    private HotState _hot;

    // What the writer changes with nearly every row, on cache lines of its own: readers look at the fields beside it all the time.
    [StructLayout(LayoutKind.Explicit, Size = 192)]
    private struct HotState
    {
        [FieldOffset(64)] public long RowCount;
        [FieldOffset(72)] public long ChargedIndexSize;
        [FieldOffset(80)] public int VersionedSliceCount;   // slices that have versions
        [FieldOffset(84)] public bool NeedsCleanup;
        [FieldOffset(88)] public long LastCommit;
    }

    /// <summary>An empty table.</summary>
    public TableStore(TableDefinition definition, ReadTimestamps timestamps, MemoryAccount? account = null)
    {
        Definition = definition;
        _timestamps = timestamps;
        _account = account is null ? null : new MemoryAccount("table", long.MaxValue, account);
        _rowLocks = new RowLocks(_account);
        ColumnNumbers = [.. definition.Columns.Select(c => c.Number), .. definition.IndexExpressions.Select(e => e.Number)];
        _keepsInsertionOrder = definition.PrimaryKey is null;
        _types = new PhysicalType[definition.NextColumnNumber];
        _isIndexed = new bool[definition.NextColumnNumber];
        _isKeyColumn = new bool[definition.NextColumnNumber];
        foreach (ColumnDefinition column in definition.Columns)
        {
            _types[column.Number] = column.Type.Physical;
        }
        foreach (IndexExpression expression in definition.IndexExpressions)
        {
            _types[expression.Number] = expression.Type.Physical;
        }
        Indexes = definition.Indexes.Select(index => new TableIndex(index, definition)).ToArray();
        foreach (int number in definition.Indexes.SelectMany(index => index.Numbers))
        {
            _isIndexed[number] = true;
        }
        foreach (int number in definition.Indexes.Where(index => index is { IsUnique: true, IsPartial: false } && index.Numbers.All(n => definition.FindExpression(n) is null)).SelectMany(index => index.Numbers))
        {
            _isKeyColumn[number] = true;
        }
        _scratch = new RawValue[ColumnNumbers.Length];
        _isKeyNoted = new bool[Indexes.Length];
    }

    public TableDefinition Definition { get; }

    /// <summary>
    /// Storage numbers of the columns in the order of the definition, then those of its index expressions: the order in which
    /// rows are inserted.
    /// </summary>
    public int[] ColumnNumbers { get; }

    public TableIndex[] Indexes { get; private set; }

    /// <summary>
    /// Timestamp of the last commit that has changed rows here, noted where there is a log: before the commit is visible, so it may be ahead of what is; 0 for none.
    /// </summary>
    public long LastCommit => Volatile.Read(ref _hot.LastCommit);

    /// <summary>In the order of the commits, before they are visible.</summary>
    public void NoteCommit(long commitTimestamp) => Volatile.Write(ref _hot.LastCommit, commitTimestamp);

    /// <summary>Rows in the newest state, those of running transactions included.</summary>
    public long RowCount => Volatile.Read(ref _hot.RowCount);

    /// <summary>Bytes held by rows, versions and indexes.</summary>
    public long Size
    {
        get
        {
            lock (_latch)
            {
                long size = Indexes.Sum(index => index.Tree.SizeBytes);
                for (int i = 0; i < _sliceCount; i++)
                {
                    RowSlice slice = _slices[i];
                    size += (slice.Deleted?.Length ?? 0) * sizeof(ulong);
                    size += slice.Versions?.SizeInBytes ?? 0;
                    foreach (ColumnSlice? column in slice.Columns)
                    {
                        size += column?.Size ?? 0;
                    }
                }
                return size;
            }
        }
    }

    public TableIndex? FindIndex(int oid) => Array.Find(Indexes, index => index.Definition.Oid == oid);

    /// <summary>A buffer for whole rows, as <see cref="Insert(RowBuffer, TransactionStamp, int, out Blocker)"/> takes them.</summary>
    public RowBuffer NewRowBuffer() => new(ColumnNumbers);

    private static int SliceOf(long rowId) => (int)(rowId >> RowSlice.CapacityBits);

    private static int OffsetOf(long rowId) => (int)rowId & (RowSlice.Capacity - 1);

    private static long RowIdOf(int slice, int offset) => ((long)slice << RowSlice.CapacityBits) | (uint)offset;
}

/// <summary>Neighbouring rows, by the row id of the first.</summary>
internal readonly record struct RowRange(long FirstRowId, int Count);
