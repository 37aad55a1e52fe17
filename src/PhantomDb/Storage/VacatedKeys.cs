using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;

namespace PhantomDb.Storage;

/// <summary>
/// Entries of a unique index that need not be looked at: neighbouring ones of one key whose rows a single transaction gave the
/// key and took it from again. Without them, who deletes and inserts the same key again and again goes through all entries of
/// its own dead rows each time. The table's writer notes and cuts them under its latch; readers ask without a lock.
/// </summary>
internal sealed class VacatedKeys
{
    private const int RunSize = 160;   // bytes, with its key and its place
    private const int RunsKept = 1024;

    private ConcurrentDictionary<byte[], VacatedRun>? _runs;   // made with the first run: most indexes never have one
    private int _count;   // asked for without the dictionary's locks

    public bool IsEmpty => Volatile.Read(ref _count) == 0;

    public long SizeBytes => (long)_count * RunSize;

    private ConcurrentDictionary<byte[], VacatedRun>.AlternateLookup<ReadOnlySpan<byte>> ByKey => _runs!.GetAlternateLookup<ReadOnlySpan<byte>>();

    public VacatedRun? Find(ReadOnlySpan<byte> key) => !IsEmpty && ByKey.TryGetValue(key, out VacatedRun? run) ? run : null;

    /// <summary>Notes a run in place of the key's last one.</summary>
    public void Set(ReadOnlySpan<byte> key, VacatedRun run, long entryCount)
    {
        _runs ??= new ConcurrentDictionary<byte[], VacatedRun>(concurrencyLevel: 1, capacity: 31, KeyComparer.Instance);
        bool isKnown = Find(key) is not null;
        if (!isKnown && _count >= RunsKept + (entryCount / VacatedRun.LengthMin))
        {
            Clear();   // more than there can be: most are out of date
        }
        var byKey = ByKey;
        byKey[key] = run;
        Volatile.Write(ref _count, _count + (isKnown ? 0 : 1));
    }

    /// <summary>A row has the key, or has it again: a run over its entry ends before it.</summary>
    public void Cut(ReadOnlySpan<byte> key, long rowId)
    {
        if (Find(key) is not { } run || !run.Covers(rowId))
        {
            return;
        }
        if (rowId > run.FirstRowId)
        {
            var byKey = ByKey;
            byKey[key] = run with { LastRowId = rowId - 1 };
        }
        else
        {
            ByKey.TryRemove(key, out _);
            Volatile.Write(ref _count, _count - 1);
        }
    }

    public void Clear()
    {
        Volatile.Write(ref _count, 0);
        _runs?.Clear();
    }

    private sealed class KeyComparer : IEqualityComparer<byte[]>, IAlternateEqualityComparer<ReadOnlySpan<byte>, byte[]>
    {
        public static readonly KeyComparer Instance = new();

        public byte[] Create(ReadOnlySpan<byte> key) => key.ToArray();

        public bool Equals(ReadOnlySpan<byte> key, byte[] other) => key.SequenceEqual(other);

        public bool Equals(byte[]? one, byte[]? other) => one.AsSpan().SequenceEqual(other);

        public int GetHashCode(ReadOnlySpan<byte> key)
        {
            HashCode hash = default;
            hash.AddBytes(key);
            return hash.ToHashCode();
        }

        public int GetHashCode([DisallowNull] byte[] key) => GetHashCode(key.AsSpan());
    }
}

/// <summary>
/// Entries of one key from a row id to another: nobody sees their rows with the key, but the transaction itself as of its commands up
/// to one (a cursor). True of running, committed and undone transactions, as long as no row there gets the key.
/// </summary>
internal sealed record VacatedRun(long FirstRowId, long LastRowId, TransactionStamp Stamp, int Command)
{
    /// <summary>Shorter ones are not worth noting.</summary>
    public const int LengthMin = 8;

    public bool Covers(long rowId) => rowId >= FirstRowId && rowId <= LastRowId;

    /// <summary>True where the view sees none of the rows with the key.</summary>
    public bool IsHiddenFrom(in ReadView view) => !ReferenceEquals(view.Own, Stamp) || view.Command > Command;
}
