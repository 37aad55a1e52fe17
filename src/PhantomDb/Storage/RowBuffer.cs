using PhantomDb.Types;
using PhantomDb.Vectors;

namespace PhantomDb.Storage;

/// <summary>
/// The values of some columns of one row, outside its slice: what a point read fills, and what a single-row insert or
/// update takes. Reusable, for one thread; nothing is allocated while values fit what was there before.
/// </summary>
internal sealed class RowBuffer
{
    private static readonly byte[][] NoBlocks = [];

    private readonly RawValue[] _values;
    private readonly bool[] _isNull;
    private readonly byte[][][] _blocks;   // per value, the block table that its string view refers to
    private readonly byte[][]?[] _ownBlocks;

    /// <summary>A buffer for the columns with these storage numbers, in this order.</summary>
    public RowBuffer(params ReadOnlySpan<int> columnNumbers)
    {
        Columns = columnNumbers.ToArray();
        _values = new RawValue[Columns.Length];
        _isNull = new bool[Columns.Length];
        _blocks = new byte[Columns.Length][][];
        _ownBlocks = new byte[Columns.Length][][];
        Array.Fill(_blocks, NoBlocks);
    }

    /// <summary>Storage numbers of the columns.</summary>
    public int[] Columns { get; }

    public int Count => _values.Length;

    public bool IsNull(int index) => _isNull[index];

    /// <summary>The value as its physical type; undefined where it is NULL.</summary>
    public T Get<T>(int index)
        where T : unmanaged => _values[index].As<T>();

    public bool GetBoolean(int index) => Get<bool>(index);

    public short GetInt16(int index) => Get<short>(index);

    public int GetInt32(int index) => Get<int>(index);

    public long GetInt64(int index) => Get<long>(index);

    /// <summary>A value of an integer type, whatever its width.</summary>
    public long GetInteger(int index, PhysicalType type) =>
        type == PhysicalType.Int64 ? Get<long>(index) : type == PhysicalType.Int32 ? Get<int>(index) : Get<short>(index);

    public double GetDouble(int index) => Get<double>(index);

    /// <summary>The bytes of a string or bytea, until the buffer is filled again.</summary>
    public ReadOnlySpan<byte> GetBytes(int index) => StringView.Bytes(in _values[index].As<StringView>(), _blocks[index]);

    public byte[][] BlocksOf(int index) => _blocks[index];

    public ref RawValue Raw(int index) => ref _values[index];

    public void Set<T>(int index, T value)
        where T : unmanaged
    {
        _isNull[index] = false;
        _values[index].As<T>() = value;
    }

    public void SetNull(int index)
    {
        _isNull[index] = true;
        _values[index] = default;
    }

    /// <summary>Takes a copy of the bytes.</summary>
    public void SetBytes(int index, ReadOnlySpan<byte> bytes)
    {
        _isNull[index] = false;
        if (bytes.Length <= StringView.InlineLengthMax)
        {
            _values[index].As<StringView>() = StringView.Inline(bytes);
            return;
        }
        byte[][] own = _ownBlocks[index] ??= [[]];
        if (own[0].Length < bytes.Length)
        {
            own[0] = new byte[Math.Max(bytes.Length, own[0].Length * 2)];
        }
        bytes.CopyTo(own[0]);
        _blocks[index] = own;
        _values[index].As<StringView>() = new StringView(bytes, 0, 0);
    }

    /// <summary>Takes the value as it is; a string's bytes stay in the blocks given.</summary>
    public void SetRaw(int index, in RawValue value, bool isNull, byte[][]? blocks)
    {
        _values[index] = value;
        _isNull[index] = isNull;
        if (blocks is not null && !ReferenceEquals(_blocks[index], blocks))
        {
            _blocks[index] = blocks;   // most often it is there already: storing a reference costs more than looking
        }
    }

    /// <summary>Takes the value at a position of a vector; a string's bytes stay in the vector's blocks.</summary>
    public void SetFrom(int index, Vector vector, int position)
    {
        position = vector.PositionOf(position);
        if (!ValidityMask.IsValid(vector.Validity, position))
        {
            SetNull(index);
            return;
        }
        _isNull[index] = false;
        ref RawValue value = ref _values[index];
        switch (vector.Type)
        {
            case PhysicalType.Boolean: value.As<bool>() = vector.Data<bool>()[position]; break;
            case PhysicalType.Int16: value.As<short>() = vector.Data<short>()[position]; break;
            case PhysicalType.Int32: value.As<int>() = vector.Data<int>()[position]; break;
            case PhysicalType.Int64 when vector.IsNarrow: value.As<Int128>() = vector.Data<long>()[position]; break;
            case PhysicalType.Int64: value.As<long>() = vector.Data<long>()[position]; break;
            case PhysicalType.Int128: value.As<Int128>() = vector.Data<Int128>()[position]; break;
            case PhysicalType.Real: value.As<float>() = vector.Data<float>()[position]; break;
            case PhysicalType.Double: value.As<double>() = vector.Data<double>()[position]; break;
            case PhysicalType.Numeric: value.As<Numeric>() = vector.Data<Numeric>()[position]; break;
            case PhysicalType.String:
                value.As<StringView>() = vector.Data<StringView>()[position];
                _blocks[index] = vector.Blocks;
                break;
            case PhysicalType.Interval: value.As<Interval>() = vector.Data<Interval>()[position]; break;
            case PhysicalType.Uuid: value.As<UInt128>() = vector.Data<UInt128>()[position]; break;
            default: throw new System.Diagnostics.UnreachableException();
        }
    }

    /// <summary>
    /// Makes a chunk's vectors ready for <see cref="AppendTo"/>: they get buffers of their own and no rows.
    /// </summary>
    public static void Clear(DataChunk chunk)
    {
        chunk.Count = 0;
        chunk.Selection = null;
        foreach (Vector vector in chunk.Vectors)
        {
            switch (vector.DeclaredType)
            {
                case PhysicalType.Boolean: vector.Write<bool>(); break;
                case PhysicalType.Int16: vector.Write<short>(); break;
                case PhysicalType.Int32: vector.Write<int>(); break;
                case PhysicalType.Int64: vector.Write<long>(); break;
                case PhysicalType.Int128: vector.Write<Int128>(); break;
                case PhysicalType.Real: vector.Write<float>(); break;
                case PhysicalType.Double: vector.Write<double>(); break;
                case PhysicalType.Numeric: vector.Write<Numeric>(); break;
                case PhysicalType.String: vector.Write<StringView>(); break;
                case PhysicalType.Interval: vector.Write<Interval>(); break;
                case PhysicalType.Uuid: vector.Write<UInt128>(); break;
                default: throw new System.Diagnostics.UnreachableException();
            }
        }
    }

    /// <summary>
    /// Appends the first values to a chunk that <see cref="Clear"/> made ready; strings are copied into it. The chunk takes
    /// <see cref="DataChunk.Capacity"/> rows. Rows found by an index become a chunk this way.
    /// </summary>
    public void AppendTo(DataChunk chunk)
    {
        int position = chunk.Count++;
        for (int i = 0; i < chunk.Vectors.Length; i++)
        {
            Vector vector = chunk.Vectors[i];
            if (_isNull[i])
            {
                vector.SetNull(position);
                continue;
            }
            ref RawValue value = ref _values[i];
            switch (vector.DeclaredType)
            {
                case PhysicalType.Boolean: vector.Data<bool>()[position] = value.As<bool>(); break;
                case PhysicalType.Int16: vector.Data<short>()[position] = value.As<short>(); break;
                case PhysicalType.Int32: vector.Data<int>()[position] = value.As<int>(); break;
                case PhysicalType.Int64: vector.Data<long>()[position] = value.As<long>(); break;
                case PhysicalType.Int128: vector.Data<Int128>()[position] = value.As<Int128>(); break;
                case PhysicalType.Real: vector.Data<float>()[position] = value.As<float>(); break;
                case PhysicalType.Double: vector.Data<double>()[position] = value.As<double>(); break;
                case PhysicalType.Numeric: vector.Data<Numeric>()[position] = value.As<Numeric>(); break;
                case PhysicalType.String:
                    vector.Data<StringView>()[position] = vector.Heap.Add(in value.As<StringView>(), _blocks[i]);
                    vector.SealStrings();
                    break;
                case PhysicalType.Interval: vector.Data<Interval>()[position] = value.As<Interval>(); break;
                case PhysicalType.Uuid: vector.Data<UInt128>()[position] = value.As<UInt128>(); break;
                default: throw new System.Diagnostics.UnreachableException();
            }
        }
    }
}
