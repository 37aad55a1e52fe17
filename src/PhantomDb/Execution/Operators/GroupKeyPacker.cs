using System.Diagnostics;
using System.Runtime.CompilerServices;
using PhantomDb.Types;
using PhantomDb.Vectors;

namespace PhantomDb.Execution.Operators;

/// <summary>
/// Packs the keys of a row into 64 bits, equal exactly where the keys are, as far as the values allow: integers and
/// booleans always, strings of a few bytes. Rows with a NULL or a longer string do not pack; a key that packs never equals
/// one that does not.
/// </summary>
internal sealed class GroupKeyPacker
{
    private readonly PhysicalType[] _types;
    private readonly int[] _widths;   // bits
    private byte[]? _isUnpackable;
    private ulong[]? _keys;

    private GroupKeyPacker(PhysicalType[] types, int[] widths)
    {
        _types = types;
        _widths = widths;
    }

    /// <summary>The key of each row, in the order of the rows.</summary>
    public ulong[] Keys => _keys!;

    /// <summary>Null where the columns' types do not allow it.</summary>
    public static GroupKeyPacker? TryCreate(IReadOnlyList<PhysicalType> types)
    {
        int bits = 64;
        int strings = 0;
        foreach (PhysicalType type in types)
        {
            bits -= type switch
            {
                PhysicalType.Boolean => 1,
                PhysicalType.Int16 => 16,
                PhysicalType.Int32 => 32,
                PhysicalType.Int64 => 64,
                PhysicalType.String => 0,
                _ => 65,
            };
            strings += type == PhysicalType.String ? 1 : 0;
        }
        // A string takes a byte for its length and at least one more.
        int stringWidth = strings == 0 ? 0 : Math.Min(64, bits / strings / 8 * 8);
        if (types.Count == 0 || bits < 0 || (strings > 0 && stringWidth < 16))
        {
            return null;
        }
        return new GroupKeyPacker([.. types], [.. types.Select(type => type switch
        {
            PhysicalType.Boolean => 1,
            PhysicalType.Int16 => 16,
            PhysicalType.Int32 => 32,
            PhysicalType.Int64 => 64,
            _ => stringWidth,
        })]);
    }

    /// <summary>
    /// Packs the rows into <see cref="Keys"/>. False where some do not pack: then <paramref name="packed"/> and
    /// <paramref name="others"/> list the ordinals of those that do and those that do not.
    /// </summary>
    [MethodImpl(HotLoop.Options)]
    public bool Pack(ReadOnlySpan<Vector> columns, int[]? selection, int count, int[] packed, int[] others, out int packedCount)
    {
        Span<byte> isUnpackable = DataChunk.EnsureRoom(ref _isUnpackable, count).AsSpan(0, count);
        Span<ulong> keys = DataChunk.EnsureRoom(ref _keys, count).AsSpan(0, count);
        isUnpackable.Clear();
        keys.Clear();
        bool all = true;
        for (int i = 0; i < _types.Length; i++)
        {
            Vector column = columns[i];
            if (column.Validity is not null)
            {
                all &= FlagNulls(column, selection, isUnpackable);
            }
            switch (_types[i])
            {
                case PhysicalType.Boolean: Pack<bool, BooleanBits>(column, selection, keys); break;
                case PhysicalType.Int16: Pack<short, Int16Bits>(column, selection, keys); break;
                case PhysicalType.Int32: Pack<int, Int32Bits>(column, selection, keys); break;
                case PhysicalType.Int64: Pack<long, Int64Bits>(column, selection, keys); break;
                case PhysicalType.String: all &= PackStrings(column, selection, _widths[i], keys, isUnpackable); break;
                default: throw new UnreachableException();
            }
        }
        packedCount = count;
        if (all)
        {
            return true;
        }
        packedCount = 0;
        int otherCount = 0;
        for (int i = 0; i < isUnpackable.Length; i++)
        {
            if (isUnpackable[i] != 0)
            {
                others[otherCount++] = i;
            }
            else
            {
                packed[packedCount++] = i;
            }
        }
        return otherCount == 0;
    }

    [MethodImpl(HotLoop.Options)]
    private static bool FlagNulls(Vector column, int[]? selection, Span<byte> isUnpackable)
    {
        bool all = true;
        for (int i = 0; i < isUnpackable.Length; i++)
        {
            if (!column.IsValid(selection is null ? i : selection[i]))
            {
                isUnpackable[i] = 1;
                all = false;
            }
        }
        return all;
    }

    [MethodImpl(HotLoop.Options)]
    private static void Pack<T, TBits>(Vector column, int[]? selection, Span<ulong> keys) where TBits : struct, IBits<T>
    {
        ReadOnlySpan<T> values = column.Values<T>();
        if (column.IsConstant)
        {
            ulong constant = TBits.Of(values[0]);
            foreach (ref ulong key in keys)
            {
                key = Append<T, TBits>(key, constant);
            }
        }
        else if (selection is null)
        {
            values = values[..keys.Length];
            for (int i = 0; i < keys.Length; i++)
            {
                keys[i] = Append<T, TBits>(keys[i], TBits.Of(values[i]));
            }
        }
        else
        {
            for (int i = 0; i < keys.Length; i++)
            {
                keys[i] = Append<T, TBits>(keys[i], TBits.Of(values[selection[i]]));
            }
        }
    }

    private static ulong Append<T, TBits>(ulong key, ulong bits) where TBits : struct, IBits<T> =>
        TBits.Width == 64 ? bits : key << TBits.Width | bits;

    private static bool PackStrings(Vector column, int[]? selection, int width, Span<ulong> keys, Span<byte> isUnpackable)
    {
        int lengthMax = width / 8 - 1;
        if (PackShortStrings(column, selection, width, keys) <= lengthMax)
        {
            return true;
        }
        FlagLong(column, selection, lengthMax, isUnpackable);
        return false;
    }

    // Longer ones give words without meaning. Returns the greatest length.
    [MethodImpl(HotLoop.Options)]
    private static int PackShortStrings(Vector column, int[]? selection, int width, Span<ulong> keys)
    {
        ReadOnlySpan<StringView> views = column.Values<StringView>();
        bool isConstant = column.IsConstant;
        int shift = width & 63;   // 64: alone in its key, which is 0 before
        int greatest = 0;
        for (int i = 0; i < keys.Length; i++)
        {
            ref readonly StringView view = ref views[isConstant ? 0 : selection is null ? i : selection[i]];
            greatest = Math.Max(greatest, view.Length);
            // At most seven bytes: four in the head, three in the tail, zeros behind the end.
            ulong bytes = view.Head >> 32 | view.Tail << 32;
            keys[i] = keys[i] << shift | bytes << 8 | (uint)view.Length;
        }
        return greatest;
    }

    [MethodImpl(HotLoop.Options)]
    private static void FlagLong(Vector column, int[]? selection, int lengthMax, Span<byte> isUnpackable)
    {
        ReadOnlySpan<StringView> views = column.Values<StringView>();
        for (int i = 0; i < isUnpackable.Length; i++)
        {
            int length = views[column.IsConstant ? 0 : selection is null ? i : selection[i]].Length;
            isUnpackable[i] |= length > lengthMax ? (byte)1 : (byte)0;
        }
    }

    private interface IBits<T>
    {
        static abstract int Width { get; }

        static abstract ulong Of(T value);
    }

    private struct BooleanBits : IBits<bool>
    {
        public static int Width => 1;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static ulong Of(bool value) => value ? 1UL : 0UL;
    }

    private struct Int16Bits : IBits<short>
    {
        public static int Width => 16;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static ulong Of(short value) => (ushort)value;
    }

    private struct Int32Bits : IBits<int>
    {
        public static int Width => 32;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static ulong Of(int value) => (uint)value;
    }

    private struct Int64Bits : IBits<long>
    {
        public static int Width => 64;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static ulong Of(long value) => (ulong)value;
    }
}
