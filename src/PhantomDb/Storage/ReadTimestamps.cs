using System.Runtime.InteropServices;

namespace PhantomDb.Storage;

/// <summary>
/// The visible timestamp, and the timestamps at which readers are reading at the moment. A reader writes only to a slot
/// of its own: a shared counter would stop readers from scaling.
/// </summary>
/// <remarks>
/// A reader loads the visible timestamp, publishes it in its slot, and looks whether it is still the visible one; a
/// committer advances the visible timestamp and then looks at the slots. With a full fence between both steps on either
/// side, either the reader sees the new timestamp or the committer sees the reader.
/// </remarks>
internal sealed class ReadTimestamps
{
    private readonly Lock _registration = new();
    private ReaderSlot[] _slots = [];
    private int _slotCount;
    private readonly Stack<ReaderSlot> _free = new();
    private PaddedLong _visible;

    [StructLayout(LayoutKind.Explicit, Size = 192)]
    private struct PaddedLong
    {
        [FieldOffset(64)] public long Value;
    }

    /// <summary>Commit timestamp of the last transaction that everyone may see.</summary>
    public long Visible => Volatile.Read(ref _visible.Value);

    /// <summary>Makes a commit visible. In commit order; ends with a full fence, so that <see cref="Horizon"/> may be asked.</summary>
    public void Advance(long commitTimestamp) => Interlocked.Exchange(ref _visible.Value, commitTimestamp);

    /// <summary>A slot for one reader, who gives it back when it will not read for long.</summary>
    public ReaderSlot Rent()
    {
        lock (_registration)
        {
            if (_free.TryPop(out ReaderSlot? free))
            {
                return free;
            }
            var slot = new ReaderSlot(this);
            ReaderSlot[] slots = _slots;
            if (_slotCount == slots.Length)
            {
                slots = new ReaderSlot[Math.Max(8, _slotCount * 2)];
                Array.Copy(_slots, slots, _slotCount);
            }
            slots[_slotCount] = slot;
            Volatile.Write(ref _slots, slots);
            Volatile.Write(ref _slotCount, _slotCount + 1);
            return slot;
        }
    }

    public void Return(ReaderSlot slot)
    {
        slot.Leave();
        lock (_registration)
        {
            _free.Push(slot);
        }
    }

    /// <summary>The oldest timestamp that anyone reads at or will: a version that was replaced up to it is nobody's.</summary>
    public long Horizon()
    {
        long horizon = Visible;
        int count = Volatile.Read(ref _slotCount);
        ReaderSlot[] slots = Volatile.Read(ref _slots);
        for (int i = 0; i < count; i++)
        {
            horizon = Math.Min(horizon, slots[i].Published);
        }
        return horizon;
    }

    /// <summary>The timestamps that are read at, ascending, then that of the next reader.</summary>
    public void CollectActive(List<long> timestamps)
    {
        timestamps.Clear();
        timestamps.Add(Visible);
        int count = Volatile.Read(ref _slotCount);
        ReaderSlot[] slots = Volatile.Read(ref _slots);
        for (int i = 0; i < count; i++)
        {
            long published = slots[i].Published;
            if (published != ReaderSlot.Nobody)
            {
                timestamps.Add(published);
            }
        }
        timestamps.Sort();
    }

    /// <summary>
    /// True where somebody reads, or may begin to, at a timestamp from the older to below the newer commit: who sees the one and not the other. Both have committed.
    /// </summary>
    /// <param name="active">Of <see cref="CollectActive"/>, taken after the commits.</param>
    public static bool IsReadBetween(List<long> active, long older, long newer)
    {
        int position = active.BinarySearch(older);
        position = position < 0 ? ~position : position;
        return position < active.Count && active[position] < newer;
    }
}

/// <summary>Where one reader at a time publishes its read timestamp, on cache lines of its own.</summary>
internal sealed class ReaderSlot
{
    public const long Nobody = long.MaxValue;

    private readonly ReadTimestamps _timestamps;
    private Line _line;

    [StructLayout(LayoutKind.Explicit, Size = 192)]
    private struct Line
    {
        [FieldOffset(64)] public long Published;
    }

    public ReaderSlot(ReadTimestamps timestamps)
    {
        _timestamps = timestamps;
        _line.Published = Nobody;
    }

    public long Published => Volatile.Read(ref _line.Published);

    /// <summary>Begins to read at the newest timestamp; all versions that it needs are kept until <see cref="Leave"/>.</summary>
    public long Enter()
    {
        long timestamp = _timestamps.Visible;
        while (true)
        {
            _line.Published = timestamp;
            Interlocked.MemoryBarrier();
            long visible = _timestamps.Visible;
            if (visible == timestamp)
            {
                return timestamp;
            }
            timestamp = visible;
        }
    }

    public void Leave() => Volatile.Write(ref _line.Published, Nobody);
}
