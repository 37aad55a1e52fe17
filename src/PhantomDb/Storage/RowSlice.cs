using System.Runtime.CompilerServices;
using PhantomDb.Vectors;

namespace PhantomDb.Storage;

/// <summary>
/// Up to 2,048 rows of a table: their columns' newest values, which rows are gone, and the versions that readers may
/// still need. Changed by one writer at a time between <see cref="BeginChange"/> and <see cref="EndChange"/>; readers
/// take the sequence before, validate it after, and count nothing that they read in between.
/// </summary>
internal sealed class RowSlice
{
    public const int Capacity = DataChunk.Capacity;
    public const int CapacityBits = 11;

    private int _sequence;   // odd while the writer changes the slice
    private SliceVersions? _versions;
    private int _holdCount;   // scans that look at the arrays at the moment, and will not later
    private ulong _mayHaveVersions;   // bit row % 64: whose row is not set needs no look at the versions, which are another processor's to write

    private ulong _versionKinds;   // what the versions are about, kept here for the same reason

    public RowSlice(int columnCount, long owner)
    {
        Columns = new ColumnSlice?[columnCount];
        Owner = owner;
    }

    /// <summary>The table that may change the slice in place; any other copies it first (<see cref="Fork"/>). Under the latches of both.</summary>
    public long Owner;

    /// <summary>By storage number; null where the number belongs to no column of this table.</summary>
    public ColumnSlice?[] Columns { get; }

    /// <summary>Rows that readers look at, dead ones included. Never falls.</summary>
    public int RowCount;

    /// <summary>Rows that the writer has filled in: those above the row count are about to be published. The writer's alone.</summary>
    public int WrittenCount;

    /// <summary>Bit mask of rows that are not there in the newest state; null while there never was one.</summary>
    public ulong[]? Deleted;

    /// <summary>Null while nobody needs a version.</summary>
    public SliceVersions? Versions
    {
        get => _versions;
        set
        {
            _versions = value;
            _mayHaveVersions = value is null ? 0 : ulong.MaxValue;
            _versionKinds = value is null ? 0 : ulong.MaxValue;
        }
    }

    /// <summary>What the versions may be about (<see cref="SliceVersions.Kinds"/>); 0 where there are none.</summary>
    public ulong VersionKinds => _versionKinds;

    // The writer's own.
    public bool IsInCleanupQueue;
    public bool IsInFreeList;
    public int FreeCount;      // dead rows without versions: slots to use again
    public int FirstFreeWord;  // none of them is in a word of the mask before this one

    /// <summary>
    /// The same rows for another owner, which shares the arrays until either side writes to them; without their versions, not charged.
    /// </summary>
    public RowSlice Fork(long owner, MemoryAccount? account)
    {
        var fork = new RowSlice(Columns.Length, owner)
        {
            RowCount = RowCount,
            WrittenCount = RowCount,
            Deleted = (ulong[]?)Deleted?.Clone(),
            FreeCount = FreeCount,
            FirstFreeWord = FirstFreeWord,
            IsInFreeList = IsInFreeList,
        };
        for (int i = 0; i < Columns.Length; i++)
        {
            fork.Columns[i] = Columns[i]?.Fork(RowCount == Capacity, account);
        }
        return fork;
    }

    /// <summary>The versions, where the row may have some. What says so stands beside the sequence: the versions themselves are not touched.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public SliceVersions? VersionsFor(int row) => (_mayHaveVersions >> (row & 63) & 1) != 0 ? _versions : null;

    /// <summary>True where the row is there and has no versions, at one moment during the call: then it is the same for everybody who reads.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool IsSettled(int row)
    {
        int sequence = Volatile.Read(ref _sequence);
        return (sequence & 1) == 0 && row < RowCount && (_mayHaveVersions >> (row & 63) & 1) == 0 && !IsSet(Deleted, row) && IsUnchanged(sequence);
    }

    /// <summary>Gives the slice versions if it has none yet, of rows that are about to get some: the bits row % 64. The sequence is changing.</summary>
    public bool Attach(SliceVersions versions, ulong rows)
    {
        if (_versions is not null)
        {
            _mayHaveVersions |= rows;
            return false;
        }
        _versions = versions;
        _mayHaveVersions = rows;
        return true;
    }

    /// <summary>
    /// Begins to look at the slice's arrays, which do not change below the row count until <see cref="Release"/>. A full fence,
    /// and so the same agreement with the writer as a mark on the column's array; but one that is taken back.
    /// </summary>
    public void Hold() => Interlocked.Increment(ref _holdCount);

    public void Release() => Interlocked.Decrement(ref _holdCount);

    /// <summary>Makes a column's array the writer's alone where anyone may be looking at it. The sequence is changing.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Unshare(ColumnSlice column)
    {
        if (column.IsShared || _holdCount != 0)
        {
            column.Unshare();
        }
    }

    /// <summary>Counts rows that have become free: dead, and without versions.</summary>
    public void CountFree(int first, int count)
    {
        FreeCount += count;
        FirstFreeWord = Math.Min(FirstFreeWord, first >> 6);
    }

    /// <summary>Takes the sequence to validate against; waits while the writer is changing the slice.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public int ReadSequence()
    {
        int sequence = Volatile.Read(ref _sequence);
        return (sequence & 1) == 0 ? sequence : WaitForWriter();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool IsUnchanged(int sequence)
    {
        Volatile.ReadBarrier();
        return _sequence == sequence;
    }

    /// <summary>
    /// Begins a change. The full fence is one half of the agreement with scans: the odd sequence is seen before the
    /// writer looks at <see cref="ColumnSlice.IsShared"/> and at who holds the slice; a scan sets either, fences, and then
    /// validates the sequence. A change that only adds rows behind the others looks at neither, and needs no more than the
    /// order of its stores.
    /// </summary>
    public void BeginChange(bool unshares = true)
    {
        _sequence++;
        if (unshares)
        {
            Interlocked.MemoryBarrier();
        }
        else
        {
            Volatile.WriteBarrier();
        }
    }

    public void EndChange()
    {
        _versionKinds = _versions is null ? 0 : _versions.Kinds;
        Volatile.Write(ref _sequence, _sequence + 1);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool IsSet(ulong[]? mask, int row) => mask is not null && (mask[row >> 6] >> (row & 63) & 1) != 0;

    /// <summary>True where the row is there in the newest state, rows about to be published included. The writer's.</summary>
    public bool IsLive(int row) => row < WrittenCount && !IsSet(Deleted, row);

    private int WaitForWriter()
    {
        SpinWait wait = default;
        int sequence;
        do
        {
            wait.SpinOnce(sleep1Threshold: -1);
            sequence = Volatile.Read(ref _sequence);
        }
        while ((sequence & 1) != 0);
        return sequence;
    }
}
