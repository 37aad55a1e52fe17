using System.Buffers.Binary;
using System.Diagnostics;
using System.Numerics;
using System.Runtime.CompilerServices;
using PhantomDb.Types;
using PhantomDb.Vectors;
using Vector = PhantomDb.Vectors.Vector;

namespace PhantomDb.Storage.Indexes;

/// <summary>
/// The way back from keys to the values of some of their columns, into vectors: what <see cref="KeyWriter"/> did, undone. Only of
/// types whose keys say all of the value: not char(n) and numeric, of which equal ones differ, nor floating point (-0) and interval.
/// </summary>
/// <param name="columns">The key columns of the index.</param>
/// <param name="wanted">Which of them are wanted, by place; the vectors are in this order.</param>
internal sealed class KeyDecoder(KeyColumn[] columns, int[] wanted)
{
    private readonly int[] _targets = [.. Enumerable.Range(0, columns.Length).Select(column => Array.IndexOf(wanted, column))];
    private readonly int _columnCount = wanted.Length == 0 ? 0 : wanted.Max() + 1;   // no others need be looked at
    private readonly ulong[] _fields = new ulong[BTreeNode.Capacity];
    private byte[] _bytes = new byte[64];
    private byte[] _text = [];

    /// <summary>True where keys tell the value; a column that varies in size must tell where it ends, too.</summary>
    public static bool CanDecode(SqlType type) => type.Physical switch
    {
        PhysicalType.Boolean or PhysicalType.Int16 or PhysicalType.Int32 or PhysicalType.Int64 or PhysicalType.Int128 or PhysicalType.Uuid => true,
        PhysicalType.String => type.Id != SqlTypeId.Char,
        _ => false,
    };

    /// <summary>True where columns behind one of this type are found.</summary>
    public static bool CanPass(PhysicalType type) => type != PhysicalType.Numeric;

    public void Decode(ReadOnlySpan<ulong> keys, Vector[] vectors, int position)
    {
        for (int i = 0; i < wanted.Length; i++)
        {
            DecodeColumn(keys, vectors[i], position, wanted[i]);
        }
    }

    public void Decode(ReadOnlySpan<UInt128> keys, Vector[] vectors, int position)
    {
        for (int i = 0; i < wanted.Length; i++)
        {
            if (columns[wanted[i]] is { Type: PhysicalType.Int128 or PhysicalType.Uuid } wide)
            {
                DecodeWide(keys, vectors[i], position, wide);
            }
            else
            {
                DecodeColumn(keys, vectors[i], position, wanted[i]);
            }
        }
    }

    public void Decode(ReadOnlySpan<KeyView> keys, KeyHeap heap, Vector[] vectors, int position)
    {
        for (int i = 0; i < keys.Length && _columnCount > 0; i++)
        {
            KeyView key = keys[i];
            ReadOnlySpan<byte> tail = heap.Tail(key);
            if (_bytes.Length < KeyView.PrefixSize + tail.Length)
            {
                _bytes = new byte[2 * (KeyView.PrefixSize + tail.Length)];
            }
            BinaryPrimitives.WriteUInt64BigEndian(_bytes, key.Prefix);
            tail.CopyTo(_bytes.AsSpan(KeyView.PrefixSize));
            Decode(_bytes.AsSpan(0, key.Length), vectors, position + i);
        }
    }

    // A value of 16 bytes is the whole key.
    private static void DecodeWide(ReadOnlySpan<UInt128> keys, Vector vector, int position, KeyColumn column)
    {
        UInt128 flip = (column.IsDescending ? UInt128.MaxValue : 0) ^ (column.Type == PhysicalType.Int128 ? UInt128.One << 127 : 0);
        for (int i = 0; i < keys.Length; i++)
        {
            UInt128 value = keys[i] ^ flip;
            if (column.Type == PhysicalType.Int128)
            {
                vector.Data<Int128>()[position + i] = (Int128)value;
            }
            else
            {
                vector.Data<UInt128>()[position + i] = value;
            }
        }
    }

    // The eight bytes from the column's place on of each key, and then the values of them.
    [MethodImpl(HotLoop.Options)]
    private void DecodeColumn<TKey>(ReadOnlySpan<TKey> keys, Vector vector, int position, int place)
        where TKey : unmanaged
    {
        KeyColumn column = columns[place];
        int offset = 0;
        bool isMoving = false;   // a NULL has no bytes but its marker
        for (int i = 0; i < place; i++)
        {
            isMoving |= columns[i].IsNullable;
            offset += KeyEncoder.SizeOf(columns[i].Type);
        }
        Span<ulong> fields = _fields.AsSpan(0, keys.Length);
        for (int i = 0; i < fields.Length; i++)
        {
            TKey key = keys[i];
            int at = isMoving ? OffsetOf(key, place) : offset;
            if (column.IsNullable && FieldAt(key, at++) >> 56 != KeyWriter.NotNull)
            {
                vector.SetNull(position + i);
            }
            fields[i] = FieldAt(key, at);
        }
        int unused = 64 - (8 * KeyEncoder.SizeOf(column.Type));
        ulong flip = (column.IsDescending ? ulong.MaxValue : 0) ^ (column.Type == PhysicalType.Boolean ? 0 : 1UL << 63);
        switch (column.Type)
        {
            case PhysicalType.Boolean:
                for (int i = 0; i < fields.Length; i++)
                {
                    vector.Data<bool>()[position + i] = ((fields[i] ^ flip) >> 56 & 1) != 0;
                }
                break;
            case PhysicalType.Int16:
                WriteIntegers(fields, vector.Data<short>().AsSpan(position), flip, unused);
                break;
            case PhysicalType.Int32:
                WriteIntegers(fields, vector.Data<int>().AsSpan(position), flip, unused);
                break;
            case PhysicalType.Int64:
                WriteIntegers(fields, vector.Data<long>().AsSpan(position), flip, unused);
                break;
            default: throw new UnreachableException();
        }
    }

    private static void WriteIntegers<T>(ReadOnlySpan<ulong> fields, Span<T> values, ulong flip, int unused)
        where T : IBinaryInteger<T>
    {
        values = values[..fields.Length];
        for (int i = 0; i < fields.Length; i++)
        {
            values[i] = T.CreateTruncating((long)(fields[i] ^ flip) >> unused);
        }
    }

    private int OffsetOf<TKey>(TKey key, int place)
        where TKey : unmanaged
    {
        int offset = 0;
        for (int i = 0; i < place; i++)
        {
            bool isNull = columns[i].IsNullable && FieldAt(key, offset++) >> 56 != KeyWriter.NotNull;
            offset += isNull ? 0 : KeyEncoder.SizeOf(columns[i].Type);
        }
        return offset;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong FieldAt<TKey>(TKey key, int offset)
        where TKey : unmanaged
    {
        ulong high = typeof(TKey) == typeof(ulong) ? Unsafe.BitCast<TKey, ulong>(key) : (ulong)(Unsafe.BitCast<TKey, UInt128>(key) >> 64);
        ulong low = typeof(TKey) == typeof(ulong) ? 0 : (ulong)Unsafe.BitCast<TKey, UInt128>(key);
        return offset == 0 ? high : offset < 8 ? (high << (8 * offset)) | (low >> (64 - (8 * offset))) : offset < 16 ? low << (8 * (offset - 8)) : 0;
    }

    private void Decode(ReadOnlySpan<byte> key, Vector[] vectors, int position)
    {
        for (int i = 0; i < _columnCount; i++)
        {
            KeyColumn column = columns[i];
            int target = _targets[i];
            if (column.IsNullable)
            {
                bool isNull = key[0] != KeyWriter.NotNull;
                key = key[1..];
                if (isNull)
                {
                    if (target >= 0)
                    {
                        vectors[target].SetNull(position);
                    }
                    continue;
                }
            }
            int size = column.Type == PhysicalType.String ? key.IndexOf(column.IsDescending ? byte.MaxValue : (byte)0) + 1 : KeyEncoder.SizeOf(column.Type);
            if (target >= 0)
            {
                Write(vectors[target], position, key[..size], column);
            }
            key = key[size..];
        }
    }

    private void Write(Vector target, int position, ReadOnlySpan<byte> bytes, KeyColumn column)
    {
        ulong flip = column.IsDescending ? ulong.MaxValue : 0;
        switch (column.Type)
        {
            case PhysicalType.Boolean: target.Data<bool>()[position] = ((bytes[0] ^ (byte)flip) & 1) != 0; break;
            case PhysicalType.Int16: target.Data<short>()[position] = Signed(BinaryPrimitives.ReadInt16BigEndian(bytes), column); break;
            case PhysicalType.Int32: target.Data<int>()[position] = Signed(BinaryPrimitives.ReadInt32BigEndian(bytes), column); break;
            case PhysicalType.Int64: target.Data<long>()[position] = Signed(BinaryPrimitives.ReadInt64BigEndian(bytes), column); break;
            case PhysicalType.Int128: target.Data<Int128>()[position] = Signed(BinaryPrimitives.ReadInt128BigEndian(bytes), column); break;
            case PhysicalType.Uuid:
            {
                UInt128 value = BinaryPrimitives.ReadUInt128BigEndian(bytes);
                target.Data<UInt128>()[position] = column.IsDescending ? ~value : value;
                break;
            }
            case PhysicalType.String: target.Data<StringView>()[position] = target.Heap.Add(Unescape(bytes[..^1], column.IsDescending)); break;
            default: throw new UnreachableException();
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static T Signed<T>(T key, KeyColumn column)
        where T : IBinaryInteger<T>, IMinMaxValue<T> => (column.IsDescending ? ~key : key) ^ T.MinValue;

    // 01 01 stands for 0 and 01 02 for 1.
    private ReadOnlySpan<byte> Unescape(ReadOnlySpan<byte> encoded, bool isDescending)
    {
        if (!isDescending && !encoded.Contains((byte)1))
        {
            return encoded;
        }
        if (_text.Length < encoded.Length)
        {
            _text = new byte[2 * encoded.Length];
        }
        int flip = isDescending ? byte.MaxValue : 0;
        int length = 0;
        for (int i = 0; i < encoded.Length; i++)
        {
            int value = encoded[i] ^ flip;
            _text[length++] = (byte)(value == 1 ? (encoded[++i] ^ flip) - 1 : value);
        }
        return _text.AsSpan(0, length);
    }
}
