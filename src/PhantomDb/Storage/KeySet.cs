namespace PhantomDb.Storage;

/// <summary>
/// A set of index keys, to be emptied and filled again: their bytes one behind the other, and an open hash table of where they
/// begin. No allocation for a key. For one thread.
/// </summary>
internal sealed class KeySet
{
    private const int SlotsKeptMax = 4096;

    private byte[] _bytes = new byte[256];
    private (int Start, int Length)[] _keys = new (int, int)[16];
    private int[] _slots = new int[32];   // number of a key + 1, 0 for none; twice as many as there is room for keys
    private int _used;
    private int _count;

    public void Clear()
    {
        if (_slots.Length > SlotsKeptMax)
        {
            _bytes = new byte[256];
            _keys = new (int, int)[16];
            _slots = new int[32];
        }
        else if (_count > 0)
        {
            Array.Clear(_slots);
        }
        _used = 0;
        _count = 0;
    }

    /// <summary>Adds a key; false where it is there.</summary>
    public bool Add(ReadOnlySpan<byte> key)
    {
        int slot = SlotOf(key);
        if (_slots[slot] != 0)
        {
            return false;
        }
        if (_count == _keys.Length)
        {
            Grow();
            slot = SlotOf(key);
        }
        if (_bytes.Length - _used < key.Length)
        {
            Array.Resize(ref _bytes, Math.Max(_bytes.Length * 2, _used + key.Length));
        }
        key.CopyTo(_bytes.AsSpan(_used));
        _keys[_count] = (_used, key.Length);
        _used += key.Length;
        _slots[slot] = ++_count;
        return true;
    }

    private ReadOnlySpan<byte> KeyOf(int number) => _bytes.AsSpan(_keys[number].Start, _keys[number].Length);

    // Where the key is, or would be.
    private int SlotOf(ReadOnlySpan<byte> key)
    {
        int mask = _slots.Length - 1;
        int slot = HashOf(key) & mask;
        while (_slots[slot] is not 0 and int number && !KeyOf(number - 1).SequenceEqual(key))
        {
            slot = (slot + 1) & mask;
        }
        return slot;
    }

    private void Grow()
    {
        Array.Resize(ref _keys, _count * 2);
        _slots = new int[_count * 4];
        for (int i = 0; i < _count; i++)
        {
            _slots[SlotOf(KeyOf(i))] = i + 1;
        }
    }

    private static int HashOf(ReadOnlySpan<byte> key)
    {
        HashCode hash = default;
        hash.AddBytes(key);
        return hash.ToHashCode();
    }
}
