using System.Buffers.Binary;
using System.Diagnostics;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using PhantomDb.Errors;

namespace PhantomDb.Storage.Indexes;

/// <summary>A key to look for, and how it compares with the keys of a tree. One struct for each kind of key, so that the JIT specialises the tree.</summary>
internal interface IKeyProbe<TKey, TSelf>
    where TKey : unmanaged
    where TSelf : struct, IKeyProbe<TKey, TSelf>, allows ref struct
{
    /// <summary>True when keys refer to bytes in a <see cref="KeyHeap"/>.</summary>
    static abstract bool UsesHeap { get; }

    /// <summary>The probe for an encoded key (<see cref="KeyEncoder"/>), or for a bound: a prefix of one.</summary>
    static abstract TSelf FromBytes(ReadOnlySpan<byte> encoded);

    /// <summary>The probe for a key whose bytes lie in <paramref name="heap"/>.</summary>
    static abstract TSelf FromKey(TKey key, KeyHeap? heap);

    /// <summary>Accounts for a removed key.</summary>
    static abstract void Release(TKey key, KeyHeap? heap);

    /// <summary>The same probe, to be compared with keys whose bytes lie in <paramref name="heap"/>.</summary>
    TSelf Against(KeyHeap? heap);

    /// <summary>How many of the <paramref name="count"/> sorted keys are less than the probe.</summary>
    int CountLess(ref TKey keys, int count);

    /// <summary>
    /// Where the probe would stand among the keys of a leaf from <paramref name="low"/> to <paramref name="high"/> if they were
    /// evenly spaced; -1 where that cannot be told. A count of -1 is not known yet.
    /// </summary>
    int Guess(TKey low, TKey high, int count);

    /// <summary>As the other, looking first near a guess; -1 is none.</summary>
    int CountLess(ref TKey keys, int count, int guess);

    int CompareTo(TKey key);

    /// <summary>The key as the tree keeps it; stores its bytes in <paramref name="heap"/> where it has any.</summary>
    TKey Store(KeyHeap? heap);
}

/// <summary>A key of up to eight bytes, as an order-preserving number.</summary>
internal readonly struct UInt64Probe(ulong key) : IKeyProbe<ulong, UInt64Probe>
{
    private const int WindowSize = 32;   // measured at a million random keys: 16 and 64 are slower
    private const int GuessWindowSize = 16;

    public static bool UsesHeap => false;

    public static UInt64Probe FromBytes(ReadOnlySpan<byte> encoded)
    {
        Debug.Assert(encoded.Length <= sizeof(ulong), "This index takes keys of up to 8 bytes.");
        return new(KeyView.PrefixOf(encoded));
    }

    public static UInt64Probe FromKey(ulong key, KeyHeap? heap) => new(key);

    public static void Release(ulong key, KeyHeap? heap)
    {
    }

    public UInt64Probe Against(KeyHeap? heap) => this;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public int CountLess(ref ulong keys, int count)
    {
        // Halving without branches, then vectors over the last stretch: a mispredicted branch costs more than either.
        int position = 0;
        int rest = count;
        while (rest > WindowSize)
        {
            int half = rest >> 1;
            position += half & -Unsafe.BitCast<bool, byte>(Unsafe.Add(ref keys, position + half - 1) < key);
            rest -= half;
        }
        if (count < WindowSize)
        {
            while (position < count && Unsafe.Add(ref keys, position) < key)
                position++;
            return position;
        }
        int start = Math.Min(position, count - WindowSize);   // all before position are less, so an earlier window does as well
        return start + CountLessInWindow(ref Unsafe.Add(ref keys, start));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private int CountLessInWindow(ref ulong keys)
    {
        if (Vector512.IsHardwareAccelerated)
        {
            Vector512<ulong> probe = Vector512.Create(key);
            return BitOperations.PopCount(Vector512.LessThan(Vector512.LoadUnsafe(ref keys), probe).ExtractMostSignificantBits())
                + BitOperations.PopCount(Vector512.LessThan(Vector512.LoadUnsafe(ref keys, 8), probe).ExtractMostSignificantBits())
                + BitOperations.PopCount(Vector512.LessThan(Vector512.LoadUnsafe(ref keys, 16), probe).ExtractMostSignificantBits())
                + BitOperations.PopCount(Vector512.LessThan(Vector512.LoadUnsafe(ref keys, 24), probe).ExtractMostSignificantBits());
        }
        Vector<ulong> probes = new(key);
        Vector<ulong> less = default;
        for (int i = 0; i < WindowSize; i += Vector<ulong>.Count)
            less -= Vector.LessThan(Vector.LoadUnsafe(ref keys, (nuint)i), probes);   // true is -1
        return (int)Vector.Sum(less);
    }

    // Keys without gaps stand exactly there; others are taken as evenly spaced, which random ones nearly are.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public int Guess(ulong low, ulong high, int count)
    {
        ulong distance = key - low;
        ulong range = high - low;
        int exactUpTo = count < 0 ? BTreeNode.Capacity : count;
        int last = count < 0 ? BTreeNode.CountTypical : count;
        return key <= low ? 0
            : distance >= range ? last
            : range <= (ulong)exactUpTo ? (int)distance
            : (int)(distance / (double)range * last);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public int CountLess(ref ulong keys, int count, int guess)
    {
        if (guess < 0 || count < GuessWindowSize)
        {
            return CountLess(ref keys, count);
        }
        int start = Math.Clamp(guess - (GuessWindowSize / 2), 0, count - GuessWindowSize);
        int less = CountLessInSmallWindow(ref Unsafe.Add(ref keys, start));
        bool isBefore = less == 0 && start > 0 && Unsafe.Add(ref keys, start - 1) >= key;
        bool isBehind = less == GuessWindowSize && start + less < count && Unsafe.Add(ref keys, start + less) < key;
        return isBefore || isBehind ? CountLess(ref keys, count) : start + less;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private int CountLessInSmallWindow(ref ulong keys)
    {
        if (Vector512.IsHardwareAccelerated)
        {
            Vector512<ulong> probe = Vector512.Create(key);
            return BitOperations.PopCount(Vector512.LessThan(Vector512.LoadUnsafe(ref keys), probe).ExtractMostSignificantBits())
                + BitOperations.PopCount(Vector512.LessThan(Vector512.LoadUnsafe(ref keys, 8), probe).ExtractMostSignificantBits());
        }
        Vector<ulong> probes = new(key);
        Vector<ulong> less = default;
        for (int i = 0; i < GuessWindowSize; i += Vector<ulong>.Count)
            less -= Vector.LessThan(Vector.LoadUnsafe(ref keys, (nuint)i), probes);   // true is -1
        return (int)Vector.Sum(less);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public int CompareTo(ulong other) => key.CompareTo(other);

    public ulong Store(KeyHeap? heap) => key;
}

/// <summary>A key of nine to sixteen bytes, as an order-preserving number.</summary>
internal readonly struct UInt128Probe(UInt128 key) : IKeyProbe<UInt128, UInt128Probe>
{
    public static bool UsesHeap => false;

    public static UInt128Probe FromBytes(ReadOnlySpan<byte> encoded)
    {
        Debug.Assert(encoded.Length <= 16, "This index takes keys of up to 16 bytes.");
        if (encoded.Length == 16)
            return new(BinaryPrimitives.ReadUInt128BigEndian(encoded));
        Span<byte> padded = stackalloc byte[16];
        padded.Clear();
        encoded.CopyTo(padded);
        return new(BinaryPrimitives.ReadUInt128BigEndian(padded));
    }

    public static UInt128Probe FromKey(UInt128 key, KeyHeap? heap) => new(key);

    public static void Release(UInt128 key, KeyHeap? heap)
    {
    }

    public UInt128Probe Against(KeyHeap? heap) => this;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public int CountLess(ref UInt128 keys, int count)
    {
        int position = 0;
        while (count > 0)
        {
            int half = (count + 1) >> 1;
            position += half & -Unsafe.BitCast<bool, byte>(IsLess(Unsafe.Add(ref keys, position + half - 1)));
            count -= half;
        }
        return position;
    }

    public int Guess(UInt128 low, UInt128 high, int count) => -1;

    public int CountLess(ref UInt128 keys, int count, int guess) => CountLess(ref keys, count);

    public int CompareTo(UInt128 other) => key.CompareTo(other);

    public UInt128 Store(KeyHeap? heap) => key;

    // Without short circuits, so that no branch depends on the keys.
    private bool IsLess(UInt128 other)
    {
        ulong high = (ulong)(key >> 64);
        ulong otherHigh = (ulong)(other >> 64);
        return (otherHigh < high) | ((otherHigh == high) & ((ulong)other < (ulong)key));
    }
}

/// <summary>A key of any length: bytes compared as unsigned numbers, a shorter key before its continuations.</summary>
internal readonly ref struct BytesProbe : IKeyProbe<KeyView, BytesProbe>
{
    private readonly ulong _prefix;
    private readonly int _length;
    private readonly ReadOnlySpan<byte> _tail;
    private readonly KeyHeap? _heap;   // of the keys to compare with

    private BytesProbe(ulong prefix, int length, ReadOnlySpan<byte> tail, KeyHeap? heap)
    {
        _prefix = prefix;
        _length = length;
        _tail = tail;
        _heap = heap;
    }

    public static bool UsesHeap => true;

    public static BytesProbe FromBytes(ReadOnlySpan<byte> encoded) =>
        new(KeyView.PrefixOf(encoded), encoded.Length, encoded.Length > KeyView.PrefixSize ? encoded[KeyView.PrefixSize..] : default, null);

    public static BytesProbe FromKey(KeyView key, KeyHeap? heap) => new(key.Prefix, key.Length, heap!.Tail(key), heap);

    public static void Release(KeyView key, KeyHeap? heap) => heap!.Release(key);

    public BytesProbe Against(KeyHeap? heap) => new(_prefix, _length, _tail, heap);

    public int CountLess(ref KeyView keys, int count)
    {
        // First by prefix alone; bytes are fetched only among keys that share the probe's prefix.
        int position = 0;
        int rest = count;
        while (rest > 0)
        {
            int half = (rest + 1) >> 1;
            position += half & -Unsafe.BitCast<bool, byte>(Unsafe.Add(ref keys, position + half - 1).Prefix < _prefix);
            rest -= half;
        }
        if (position == count || Unsafe.Add(ref keys, position).Prefix != _prefix)
            return position;
        int end = count;
        while (position < end)
        {
            int middle = (position + end) >>> 1;
            if (CompareTo(Unsafe.Add(ref keys, middle)) > 0)
                position = middle + 1;
            else
                end = middle;
        }
        return position;
    }

    public int Guess(KeyView low, KeyView high, int count) => -1;

    public int CountLess(ref KeyView keys, int count, int guess) => CountLess(ref keys, count);

    public int CompareTo(KeyView key)
    {
        if (_prefix != key.Prefix)
            return _prefix < key.Prefix ? -1 : 1;
        int keyLength = key.Length;
        if (_length <= KeyView.PrefixSize || keyLength <= KeyView.PrefixSize)
            return _length.CompareTo(keyLength);
        return _tail.SequenceCompareTo(_heap!.Tail(key));
    }

    public KeyView Store(KeyHeap? heap) =>
        _length <= KeyView.LengthMax ? heap!.Store(_prefix, _length, _tail) : throw Error.IndexKeyTooLong(_length, KeyView.LengthMax);
}
