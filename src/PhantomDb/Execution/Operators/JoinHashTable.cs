using System.Buffers;
using System.Diagnostics;
using System.Runtime.CompilerServices;
using PhantomDb.Types;
using PhantomDb.Vectors;

namespace PhantomDb.Execution.Operators;

/// <summary>
/// The build side of a hash join: rows with their key columns first, found by key. Rows of one key hang in a chain
/// (<see cref="Next"/>). Rows with a NULL key are kept, for outer joins, but never found.
/// Three tables, chosen when the rows are known: keys that fit into 64 bits as an array by value where they lie densely
/// (foreign keys on serial ids do), else open addressing on the packed key; all others chained by hash, compared by value.
/// </summary>
internal sealed class JoinHashTable
{
    private const int None = -1;

    private readonly ColumnarBuffer _rows;
    private readonly int _keyCount;
    private readonly MemoryAccount _account;
    private readonly PackedKey? _packedKey;
    private Layout _layout;
    private int[] _heads = [];        // dense: row + 1 by key - minimum; packed and hashed: row + 1 by slot
    private ulong[] _slotKeys = [];   // packed: the key in each slot
    private ulong[] _hashes = [];     // hashed: hash of each row
    private int[] _next = [];
    private bool _keysHaveNulls;
    private ulong _minimum;
    private int _slotShift;

    /// <param name="rows">The build rows, complete; the first columns are the keys.</param>
    /// <param name="keyCount">Number of key columns.</param>
    /// <param name="account">Charged for the table.</param>
    public JoinHashTable(ColumnarBuffer rows, int keyCount, MemoryAccount account)
    {
        _rows = rows;
        _keyCount = keyCount;
        _account = account;
        _packedKey = PackedKey.TryCreate(rows.Types.Take(keyCount));
        Build();
    }

    private enum Layout
    {
        Dense,
        Packed,
        Hashed,
    }

    public ColumnarBuffer Rows => _rows;

    /// <summary>True where some key stands in more than one row: then matches must be followed along the chains.</summary>
    public bool HasDuplicates { get; private set; }

    /// <summary>True where some row has a NULL key: NOT IN needs to know.</summary>
    public bool HasNullKeys { get; private set; }

    /// <summary>The next row with the same key (hashed: the same hash, to be compared again); -1 at the end.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public int Next(int row) => _next.Length == 0 ? None : _next[row] - 1;

    /// <summary>True where <see cref="Find"/> and <see cref="Next"/> give rows whose keys must still be compared.</summary>
    public bool NeedsComparison => _layout == Layout.Hashed;

    /// <summary>
    /// For each row i of the probe side the first build row with its key, or -1: into heads[i]. Row i stands at selection[i],
    /// or at i where there is no selection.
    /// </summary>
    public void Find(ReadOnlySpan<Vector> keys, int[]? selection, int count, Scratch scratch, Span<int> heads)
    {
        if (_rows.Count == 0)
        {
            heads[..count].Fill(None);
            return;
        }
        switch (_layout)
        {
            case Layout.Dense:
                FindDense(_packedKey!.Pack(keys, selection, count, scratch.Keys(count)), _heads, _minimum, heads);
                break;
            case Layout.Packed:
                FindPacked(_packedKey!.Pack(keys, selection, count, scratch.Keys(count)), heads);
                break;
            default:
                Span<ulong> hashes = scratch.Keys(count).AsSpan(0, count);
                VectorHash.Hash(keys, selection, count, hashes);
                FindHashed(keys, selection, hashes, heads);
                break;
        }
        ClearNulls(keys, selection, count, heads);
    }

    /// <summary>
    /// The first build row at or after <paramref name="row"/> in the chain whose keys equal those of the probe row at a position;
    /// -1 where there is none. Only where <see cref="NeedsComparison"/>.
    /// </summary>
    [MethodImpl(HotLoop.Options)]
    public int SkipUnequal(int row, ReadOnlySpan<Vector> keys, int position)
    {
        while (row != None && !KeysEqual(row, keys, position))
        {
            row = Next(row);
        }
        return row;
    }

    private void Build()
    {
        int count = _rows.Count;
        for (int i = 0; i < _keyCount; i++)
        {
            _keysHaveNulls |= _rows.Column(i).HasNulls;
        }
        if (_packedKey is null)
        {
            MakeChains();
            BuildHashed();
            return;
        }
        _account.Charge((long)count * sizeof(ulong));
        ulong[] keys = PackRows(out ulong minimum, out ulong maximum);
        ulong range = maximum - minimum;
        if (count > 0 && range < Math.Max(1024UL, (ulong)count * 4))
        {
            _layout = Layout.Dense;
            _minimum = minimum;
            BuildDense(keys, (int)range + 1);
        }
        else
        {
            _layout = Layout.Packed;
            BuildPacked(keys);
        }
        ArrayPool<ulong>.Shared.Return(keys);
        _account.Release((long)count * sizeof(ulong));
    }

    private void Chain(int row, int head)
    {
        if (!HasDuplicates)
        {
            HasDuplicates = true;
            MakeChains();
        }
        _next[row] = head;
    }

    // Made when the first key comes twice: keys are mostly unique.
    private void MakeChains()
    {
        _account.Charge((long)_rows.Count * sizeof(int));
        _next = new int[_rows.Count];
    }

    // Rows are linked from last to first, so that chains and hence results run in the order of the build side.
    [MethodImpl(HotLoop.Options)]
    private void BuildDense(ulong[] keys, int range)
    {
        _account.Charge((long)range * sizeof(int));
        _heads = new int[range];
        for (int row = _rows.Count - 1; row >= 0; row--)
        {
            if (IsNullKey(row))
            {
                continue;
            }
            ref int head = ref _heads[(int)(keys[row] - _minimum)];
            if (head != 0)
            {
                Chain(row, head);
            }
            head = row + 1;
        }
    }

    [MethodImpl(HotLoop.Options)]
    private void BuildPacked(ulong[] keys)
    {
        int slots = SlotCount(_rows.Count);
        _account.Charge((long)slots * (sizeof(int) + sizeof(ulong)));
        _heads = new int[slots];
        _slotKeys = new ulong[slots];
        _slotShift = 64 - System.Numerics.BitOperations.Log2((uint)slots);
        for (int row = _rows.Count - 1; row >= 0; row--)
        {
            if (IsNullKey(row))
            {
                continue;
            }
            ulong key = keys[row];
            int slot = (int)(VectorHash.Mix(key) >> _slotShift);
            while (_heads[slot] != 0 && _slotKeys[slot] != key)
            {
                slot = (slot + 1) & (slots - 1);
            }
            if (_heads[slot] != 0)
            {
                Chain(row, _heads[slot]);
            }
            _heads[slot] = row + 1;
            _slotKeys[slot] = key;
        }
    }

    [MethodImpl(HotLoop.Options)]
    private void BuildHashed()
    {
        _layout = Layout.Hashed;
        int count = _rows.Count;
        int slots = SlotCount(count);
        _account.Charge((long)slots * sizeof(int) + (long)count * sizeof(ulong));
        _heads = new int[slots];
        _hashes = new ulong[count];
        _slotShift = 64 - System.Numerics.BitOperations.Log2((uint)slots);
        DataChunk chunk = new(_rows.Types);
        for (int block = 0; block < _rows.BlockCount; block++)
        {
            _rows.Read(block, chunk);
            VectorHash.Hash(chunk.Vectors.AsSpan(0, _keyCount), null, chunk.Count, _hashes.AsSpan(block * DataChunk.Capacity));
        }
        for (int row = count - 1; row >= 0; row--)
        {
            if (IsNullKey(row))
            {
                continue;
            }
            ref int head = ref _heads[(int)(_hashes[row] >> _slotShift)];
            HasDuplicates |= head != 0;   // perhaps another key of the same slot: the chain must be followed either way
            _next[row] = head;
            head = row + 1;
        }
    }

    [MethodImpl(HotLoop.Options)]
    private ulong[] PackRows(out ulong minimum, out ulong maximum)
    {
        ulong[] keys = ArrayPool<ulong>.Shared.Rent(_rows.Count);
        minimum = ulong.MaxValue;
        maximum = 0;
        DataChunk chunk = new(_rows.Types);
        ulong[] buffer = new ulong[Math.Min(DataChunk.Capacity, _rows.Count)];
        for (int block = 0; block < _rows.BlockCount; block++)
        {
            _rows.Read(block, chunk);
            ReadOnlySpan<ulong> packed = _packedKey!.Pack(chunk.Vectors.AsSpan(0, _keyCount), null, chunk.Count, buffer);
            packed.CopyTo(keys.AsSpan(block * DataChunk.Capacity));
        }
        for (int row = 0; row < _rows.Count; row++)
        {
            if (!IsNullKey(row))
            {
                minimum = Math.Min(minimum, keys[row]);
                maximum = Math.Max(maximum, keys[row]);
            }
        }
        if (minimum > maximum)
        {
            (minimum, maximum) = (0, 0);   // no key at all
        }
        return keys;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private bool IsNullKey(int row) => _keysHaveNulls && HasNull(row);

    private bool HasNull(int row)
    {
        for (int i = 0; i < _keyCount; i++)
        {
            if (!_rows.Column(i).IsValid(row))
            {
                HasNullKeys = true;
                return true;
            }
        }
        return false;
    }

    private static int SlotCount(int rowCount) => (int)Math.Min(1 << 30, System.Numerics.BitOperations.RoundUpToPowerOf2((uint)Math.Max(16, rowCount) * 2));

    [MethodImpl(HotLoop.Options)]
    private static void FindDense(ReadOnlySpan<ulong> keys, int[] table, ulong minimum, Span<int> heads)
    {
        heads = heads[..keys.Length];
        for (int i = 0; i < heads.Length; i++)
        {
            ulong offset = keys[i] - minimum;
            heads[i] = offset < (ulong)table.Length ? table[(int)offset] - 1 : None;
        }
    }

    [MethodImpl(HotLoop.Options)]
    private void FindPacked(ReadOnlySpan<ulong> keys, Span<int> heads)
    {
        int[] table = _heads;
        ulong[] slotKeys = _slotKeys;
        int mask = table.Length - 1;
        int shift = _slotShift;
        heads = heads[..keys.Length];
        for (int i = 0; i < heads.Length; i++)
        {
            ulong key = keys[i];
            int slot = (int)(VectorHash.Mix(key) >> shift) & mask;
            int head;
            while ((head = table[slot]) != 0 && slotKeys[slot] != key)
            {
                slot = (slot + 1) & mask;
            }
            heads[i] = head - 1;
        }
    }

    [MethodImpl(HotLoop.Options)]
    private void FindHashed(ReadOnlySpan<Vector> keys, int[]? selection, ReadOnlySpan<ulong> hashes, Span<int> heads)
    {
        for (int i = 0; i < hashes.Length; i++)
        {
            int row = _heads[(int)(hashes[i] >> _slotShift)] - 1;
            while (row != None && _hashes[row] != hashes[i])
            {
                row = Next(row);
            }
            heads[i] = row == None ? None : SkipUnequal(row, keys, selection is null ? i : selection[i]);
        }
    }

    [MethodImpl(HotLoop.Options)]
    private static void ClearNulls(ReadOnlySpan<Vector> keys, int[]? selection, int count, Span<int> heads)
    {
        foreach (Vector key in keys)
        {
            if (key.Validity is null)
            {
                continue;
            }
            for (int i = 0; i < count; i++)
            {
                if (!key.IsValid(selection is null ? i : selection[i]))
                {
                    heads[i] = None;
                }
            }
        }
    }

    [MethodImpl(HotLoop.Options)]
    private bool KeysEqual(int row, ReadOnlySpan<Vector> keys, int position)
    {
        for (int i = 0; i < _keyCount; i++)
        {
            if (!BufferComparer.Equal(_rows.Column(i), row, keys[i], keys[i].PositionOf(position)))
            {
                return false;
            }
        }
        return true;
    }

    /// <summary>Buffers of one worker's probes.</summary>
    internal sealed class Scratch
    {
        private ulong[]? _keys;

        public ulong[] Keys(int count) => DataChunk.EnsureRoom(ref _keys, count);
    }
}
