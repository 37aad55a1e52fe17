using System.Buffers;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using PhantomDb.Types;
using PhantomDb.Vectors;
using PhysicalType = PhantomDb.Types.PhysicalType;
using Vector = PhantomDb.Vectors.Vector;

namespace PhantomDb.Execution.Operators;

/// <summary>
/// Numbers groups of equal keys in the order of their first rows: for GROUP BY, DISTINCT and set operations. NULLs are
/// equal to each other. The keys are kept by column; a group's number is its row there.
/// Tables that share the numbers: single integers that lie closely are found by place; other keys that pack into 64 bits
/// by open addressing, compared as words; all others by hash, and then column by column over all rows of a chunk.
/// </summary>
internal sealed class GroupTable
{
    private const int FirstSlotCount = 32;

    private readonly MemoryAccount _account;
    private readonly GroupKeyPacker? _packer;
    private int[]? _newPositions;
    private int[]? _packedRows;
    private int[]? _otherRows;
    private DirectGroups? _direct;   // in use until keys lie too far apart: then all go to _packed
    private Slots _packed;
    private Slots _hashed;
    private Probe? _probe;

    public GroupTable(IReadOnlyList<PhysicalType> types, MemoryAccount account)
    {
        _account = account;
        _packer = GroupKeyPacker.TryCreate(types);
        if (_packer is not null && types is [PhysicalType.Int16 or PhysicalType.Int32 or PhysicalType.Int64])
        {
            _direct = new DirectGroups(account);
        }
        Keys = new ColumnarBuffer(types, account);
        _packed = new Slots(account);
        _hashed = new Slots(account) { IsHash = true };
    }

    /// <summary>Keys of group i in row i.</summary>
    public ColumnarBuffer Keys { get; }

    /// <summary>Groups so far.</summary>
    public int Count { get; private set; }

    /// <summary>Positions of the rows that made new groups at the last call of <see cref="FindOrAdd"/>, ascending.</summary>
    public ReadOnlySpan<int> NewPositions => _newPositions.AsSpan(0, NewCount);

    public int NewCount { get; private set; }

    /// <summary>Writes each row's group number to groups[position], with new groups for new keys.</summary>
    public void FindOrAdd(ReadOnlySpan<Vector> keys, int[]? selection, int count, int[] groups) =>
        Find(keys, selection, count, groups, adds: true);

    /// <summary>Writes each row's group number to groups[position]; -1 where the key is in no group.</summary>
    public void FindOnly(ReadOnlySpan<Vector> keys, int[]? selection, int count, int[] groups) =>
        Find(keys, selection, count, groups, adds: false);

    private void Find(ReadOnlySpan<Vector> keys, int[]? selection, int count, int[] groups, bool adds)
    {
        NewCount = 0;
        DataChunk.EnsureRoom(ref _newPositions, count);
        if (Keys.Types.Count == 0)
        {
            FindWithoutKeys(selection, count, groups, adds);
            return;
        }
        if (_packer is null)
        {
            FindHashed(keys, selection, null, count, groups, adds);
            return;
        }
        int[] packedRows = DataChunk.EnsureRoom(ref _packedRows, count);
        int[] otherRows = DataChunk.EnsureRoom(ref _otherRows, count);
        if (_packer.Pack(keys, selection, count, packedRows, otherRows, out int packedCount))
        {
            FindPacked(selection, null, count, groups, adds);
            AppendNewKeys(keys, 0);
            return;
        }
        FindPacked(selection, packedRows, packedCount, groups, adds);
        AppendNewKeys(keys, 0);
        int before = NewCount;
        FindHashed(keys, selection, otherRows, count - packedCount, groups, adds);
        if (before > 0 && NewCount > before)
        {
            _newPositions.AsSpan(0, NewCount).Sort();
        }
    }

    // No keys: all rows are one group.
    [MethodImpl(HotLoop.Options)]
    private void FindWithoutKeys(int[]? selection, int count, int[] groups, bool adds)
    {
        int group = Count == 0 && !adds ? -1 : 0;
        for (int i = 0; i < count; i++)
        {
            groups[selection is null ? i : selection[i]] = group;
        }
        if (Count == 0 && adds && count > 0)
        {
            _newPositions![NewCount++] = selection is null ? 0 : selection[0];
            Count = 1;
        }
    }

    [MethodImpl(HotLoop.Options)]
    private void FindPacked(int[]? selection, int[]? rows, int count, int[] groups, bool adds)
    {
        if (_direct is not null)
        {
            if (!adds || _direct.TryCover(_packer!.Keys, rows, count, Count))
            {
                FindDirect(_direct, selection, rows, count, groups, adds);
                return;
            }
            _packed.EnsureRoom(_direct.Count);
            _direct.MoveTo(ref _packed);
            _direct = null;
        }
        if (adds)
        {
            _packed.EnsureRoom(count);
        }
        else if (_packed.Count == 0)
        {
            SetMissing(selection, rows, count, groups);
            return;
        }
        ulong[] keys = _packer!.Keys;
        ulong[] slotKeys = _packed.Keys;
        int[] slotGroups = _packed.Groups;
        int[] newPositions = _newPositions!;
        int mask = slotGroups.Length - 1;
        int shift = _packed.Shift;
        for (int i = 0; i < count; i++)
        {
            int row = rows is null ? i : rows[i];
            ulong key = keys[row];
            int slot = (int)(VectorHash.Mix(key) >> shift);
            while (slotGroups[slot] != 0 && slotKeys[slot] != key)
            {
                slot = (slot + 1) & mask;
            }
            int position = selection is null ? row : selection[row];
            int group = slotGroups[slot] - 1;
            if (group < 0 && adds)
            {
                group = Count++;
                slotKeys[slot] = key;
                slotGroups[slot] = group + 1;
                _packed.Count++;
                newPositions[NewCount++] = position;
            }
            groups[position] = group;
        }
    }

    [MethodImpl(HotLoop.Options)]
    private void FindDirect(DirectGroups direct, int[]? selection, int[]? rows, int count, int[] groups, bool adds)
    {
        ulong[] keys = _packer!.Keys;
        int[] numbers = direct.Numbers;
        ulong first = direct.First;
        int[] newPositions = _newPositions!;
        for (int i = 0; i < count; i++)
        {
            int row = rows is null ? i : rows[i];
            int position = selection is null ? row : selection[row];
            ulong place = keys[row] - first;
            if (place >= (ulong)numbers.Length)
            {
                groups[position] = -1;   // only where nothing is added: else all keys are covered
                continue;
            }
            int group = numbers[place] - 1;
            if (group < 0 && adds)
            {
                group = Count++;
                numbers[place] = group + 1;
                direct.Count++;
                newPositions[NewCount++] = position;
            }
            groups[position] = group;
        }
    }

    [MethodImpl(HotLoop.Options)]
    private void FindHashed(ReadOnlySpan<Vector> keys, int[]? selection, int[]? rows, int count, int[] groups, bool adds)
    {
        if (adds)
        {
            _hashed.EnsureRoom(count);
        }
        else if (_hashed.Count == 0)
        {
            SetMissing(selection, rows, count, groups);
            return;
        }
        Probe probe = _probe ??= new Probe();
        probe.EnsureRoom(count);
        for (int i = 0; i < count; i++)
        {
            int row = rows is null ? i : rows[i];
            probe.Positions[i] = selection is null ? row : selection[row];
        }
        VectorHash.Hash(keys, selection is null && rows is null ? null : probe.Positions, count, probe.Hashes);
        for (int i = 0; i < count; i++)
        {
            probe.Remaining[i] = i;
            probe.Slots[i] = (int)(probe.Hashes[i] >> _hashed.Shift);
        }
        int remaining = count;
        while (remaining > 0)
        {
            int firstNew = NewCount;
            int candidates = FindCandidates(probe, remaining, groups, adds);
            AppendNewKeys(keys, firstNew);
            remaining = GroupKeyComparer.KeepUnequal(Keys, keys, probe.Positions, groups, probe.Remaining, candidates, probe.IsUnequal);
            for (int i = 0; i < remaining; i++)
            {
                ref int slot = ref probe.Slots[probe.Remaining[i]];
                slot = (slot + 1) & (_hashed.Groups.Length - 1);
            }
        }
    }

    // For each remaining row the next group with its hash, or a new one; gives the rows whose keys must be compared.
    [MethodImpl(HotLoop.Options)]
    private int FindCandidates(Probe probe, int remaining, int[] groups, bool adds)
    {
        ulong[] slotHashes = _hashed.Keys;
        int[] slotGroups = _hashed.Groups;
        int mask = slotGroups.Length - 1;
        int candidates = 0;
        for (int i = 0; i < remaining; i++)
        {
            int row = probe.Remaining[i];
            ulong hash = probe.Hashes[row];
            int slot = probe.Slots[row];
            while (slotGroups[slot] != 0 && slotHashes[slot] != hash)
            {
                slot = (slot + 1) & mask;
            }
            probe.Slots[row] = slot;
            int group = slotGroups[slot] - 1;
            if (group >= 0)
            {
                probe.Remaining[candidates++] = row;
            }
            else if (adds)
            {
                group = Count++;
                slotHashes[slot] = hash;
                slotGroups[slot] = group + 1;
                _hashed.Count++;
                _newPositions![NewCount++] = probe.Positions[row];
            }
            groups[probe.Positions[row]] = group;
        }
        return candidates;
    }

    private void AppendNewKeys(ReadOnlySpan<Vector> keys, int first)
    {
        if (NewCount > first)
        {
            int[] positions = first == 0 ? _newPositions! : _newPositions![first..NewCount];
            Keys.Append(keys, positions, NewCount - first);
        }
    }

    [MethodImpl(HotLoop.Options)]
    private static void SetMissing(int[]? selection, int[]? rows, int count, int[] groups)
    {
        for (int i = 0; i < count; i++)
        {
            int row = rows is null ? i : rows[i];
            groups[selection is null ? row : selection[row]] = -1;
        }
    }

    /// <summary>Group + 1 by key, for the keys from <see cref="First"/> on: as long as most of the places are in use.</summary>
    private sealed class DirectGroups(MemoryAccount account)
    {
        private const ulong PlacesMin = 1 << 16;
        private const ulong PlacesPerGroup = 8;

        public int[] Numbers { get; private set; } = [];

        public ulong First { get; private set; }

        public int Count { get; set; }

        /// <summary>Makes places for all the keys; false where they would be too many for the groups that there may be.</summary>
        [MethodImpl(HotLoop.Options)]
        public bool TryCover(ulong[] keys, int[]? rows, int count, int groupCount)
        {
            ulong least = ulong.MaxValue;
            ulong greatest = 0;
            int done = 0;
            if (rows is null && count >= Vector256<ulong>.Count)
            {
                ref ulong firstKey = ref MemoryMarshal.GetArrayDataReference(keys);
                Vector256<ulong> low = Vector256<ulong>.AllBitsSet;
                Vector256<ulong> high = Vector256<ulong>.Zero;
                for (; done <= count - Vector256<ulong>.Count; done += Vector256<ulong>.Count)
                {
                    Vector256<ulong> four = Vector256.LoadUnsafe(ref firstKey, (nuint)done);
                    low = Vector256.Min(low, four);
                    high = Vector256.Max(high, four);
                }
                least = Math.Min(Math.Min(low[0], low[1]), Math.Min(low[2], low[3]));
                greatest = Math.Max(Math.Max(high[0], high[1]), Math.Max(high[2], high[3]));
            }
            for (int i = done; i < count; i++)
            {
                ulong key = keys[rows is null ? i : rows[i]];
                least = Math.Min(least, key);
                greatest = Math.Max(greatest, key);
            }
            if (count == 0)
            {
                return true;
            }
            if (Numbers.Length > 0)
            {
                if (least >= First && greatest - First < (ulong)Numbers.Length)
                {
                    return true;
                }
                least = Math.Min(least, First);
                greatest = Math.Max(greatest, First + (ulong)Numbers.Length - 1);
            }
            ulong range = greatest - least;
            if (range >= Math.Max(PlacesMin, (ulong)(groupCount + count) * PlacesPerGroup))
            {
                return false;
            }
            Grow(least, range + 1);
            return true;
        }

        [MethodImpl(HotLoop.Options)]
        public void MoveTo(ref Slots slots)
        {
            for (int i = 0; i < Numbers.Length; i++)
            {
                if (Numbers[i] != 0)
                {
                    slots.Add(First + (ulong)i, Numbers[i]);
                }
            }
            account.Release((long)Numbers.Length * sizeof(int));
            Numbers = [];
        }

        // Doubles at least, towards the side on which keys have come, so that ascending and descending keys copy seldom.
        private void Grow(ulong first, ulong length)
        {
            ulong size = Math.Max(length, Math.Min((ulong)Numbers.Length * 2, ulong.MaxValue - first));
            if (Numbers.Length > 0 && first < First)
            {
                ulong room = Math.Min(first, size - length);
                first -= room;
                size = length + room;
            }
            account.Charge((long)size * sizeof(int));
            int[] numbers = ArrayPool<int>.Shared.Rent((int)size);
            if ((ulong)numbers.Length > ulong.MaxValue - first)
            {
                numbers = new int[size];   // the last keys that there are
            }
            int moved = Numbers.Length == 0 ? 0 : (int)(First - first);
            Array.Clear(numbers, 0, moved);
            Numbers.CopyTo(numbers, moved);
            Array.Clear(numbers, moved + Numbers.Length, numbers.Length - moved - Numbers.Length);
            account.ChargeUnchecked(((long)numbers.Length - (long)size) * sizeof(int));
            if (Numbers.Length > 0)
            {
                ArrayPool<int>.Shared.Return(Numbers);
            }
            account.Release((long)Numbers.Length * sizeof(int));
            Numbers = numbers;
            First = first;
        }
    }

    /// <summary>Buffers for rows that are found by hash.</summary>
    private sealed class Probe
    {
        public ulong[] Hashes = [];
        public int[] Positions = [];
        public int[] Remaining = [];
        public int[] Slots = [];
        public bool[] IsUnequal = [];

        public void EnsureRoom(int count)
        {
            DataChunk.EnsureRoom(ref Hashes!, count);
            DataChunk.EnsureRoom(ref Positions!, count);
            DataChunk.EnsureRoom(ref Remaining!, count);
            DataChunk.EnsureRoom(ref Slots!, count);
            DataChunk.EnsureRoom(ref IsUnequal!, count);
        }
    }

    /// <summary>Open addressing with linear probing, at most half full: a word (the packed key, or the hash) and a group + 1.</summary>
    private struct Slots(MemoryAccount account)
    {
        public ulong[] Keys = [];
        public int[] Groups = [];
        public int Count;
        public int Shift;

        [MethodImpl(HotLoop.Options)]
        public void EnsureRoom(int more)
        {
            long wanted = ((long)Count + more) * 2;
            if (wanted <= Groups.Length)
            {
                return;
            }
            int size = Math.Max(Math.Max(FirstSlotCount, Groups.Length * 2), (int)BitOperations.RoundUpToPowerOf2((uint)Math.Min(wanted, 1 << 30)));
            account.Charge((long)size * (sizeof(ulong) + sizeof(int)));
            ulong[] keys = new ulong[size];
            int[] groups = new int[size];
            int mask = size - 1;
            bool isHash = IsHash;
            Shift = 64 - BitOperations.Log2((uint)size);
            for (int i = 0; i < Groups.Length; i++)
            {
                if (Groups[i] == 0)
                {
                    continue;
                }
                int slot = (int)((isHash ? Keys[i] : VectorHash.Mix(Keys[i])) >> Shift);
                while (groups[slot] != 0)
                {
                    slot = (slot + 1) & mask;
                }
                keys[slot] = Keys[i];
                groups[slot] = Groups[i];
            }
            account.Release((long)Groups.Length * (sizeof(ulong) + sizeof(int)));
            Keys = keys;
            Groups = groups;
        }

        /// <summary>Takes in a key that is not there; there is room.</summary>
        public void Add(ulong key, int group)
        {
            int mask = Groups.Length - 1;
            int slot = (int)(VectorHash.Mix(key) >> Shift);
            while (Groups[slot] != 0)
            {
                slot = (slot + 1) & mask;
            }
            Keys[slot] = key;
            Groups[slot] = group;
            Count++;
        }

        /// <summary>The word is a hash already.</summary>
        public bool IsHash { get; init; }
    }
}
