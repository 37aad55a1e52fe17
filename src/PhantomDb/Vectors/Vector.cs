using System.Diagnostics;
using System.Runtime.CompilerServices;
using PhantomDb.Types;

namespace PhantomDb.Vectors;

/// <summary>
/// Up to <see cref="DataChunk.Capacity"/> values of one physical type. Either it refers to arrays that others own (a
/// column slice: no copy) and must not be written, or it holds a buffer of its own. A constant vector has its one value
/// at position 0. Values at NULL positions and outside the selection are undefined.
/// </summary>
internal sealed class Vector
{
    private const int SizeMin = 16;

    private static readonly byte[][] NoBlocks = [];

    private readonly MemoryAccount? _account;
    private Array? _ownData;
    private long[]? _ownNarrow;
    private ulong[]? _ownValidity;
    private StringHeap? _ownHeap;
    private Array _data;
    private VectorPatches? _patches;   // values that count instead of those in the array
    private int _patchedCount;
    private int _room = DataChunk.Capacity;

    /// <summary>An empty vector; its buffer is made when first written.</summary>
    public Vector(PhysicalType type, MemoryAccount? account = null)
    {
        Type = type;
        DeclaredType = type;
        _account = account;
        _data = Array.Empty<byte>();
    }

    /// <summary>What the values are at the moment. Int64 where <see cref="DeclaredType"/> is Int128: see <see cref="IsNarrow"/>.</summary>
    public PhysicalType Type { get; private set; }

    /// <summary>What the values are by the expression's type.</summary>
    public PhysicalType DeclaredType { get; }

    /// <summary>
    /// True where a numeric that may need 128 bits has been computed in 64, because this chunk's values allow it.
    /// Only arithmetic and aggregates produce and accept this; all others call <see cref="Widen"/> first.
    /// </summary>
    public bool IsNarrow => Type != DeclaredType;

    /// <summary>True where the value at position 0 stands for every position.</summary>
    public bool IsConstant { get; private set; }

    /// <summary>Bit mask of valid positions; null where all are valid. Bit 0 alone counts in a constant vector.</summary>
    public ulong[]? Validity { get; private set; }

    /// <summary>Block table of string views.</summary>
    public byte[][] Blocks { get; private set; } = NoBlocks;

    /// <summary>The values, for reading.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ReadOnlySpan<T> Values<T>()
    {
        Debug.Assert(_data is T[], $"vector of {Type} read as {typeof(T)}");
        if (_patches is not null)
        {
            ApplyPatches();
        }
        return Unsafe.As<T[]>(_data);
    }

    /// <summary>The array behind the values; read only.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public T[] Data<T>()
    {
        Debug.Assert(_data is T[], $"vector of {Type} read as {typeof(T)}");
        if (_patches is not null)
        {
            ApplyPatches();
        }
        return Unsafe.As<T[]>(_data);
    }

    /// <summary>True where some of the array's values are not the vector's: these are in the patches, and all others in the array.</summary>
    public bool TryGetPatches<T>(out ReadOnlySpan<T> values, out VectorPatches<T> patches)
    {
        if (_patches is VectorPatches<T> found)
        {
            values = Unsafe.As<T[]>(_data);
            patches = found;
            return true;
        }
        values = default;
        patches = null!;
        return false;
    }

    public bool IsValid(int index) => ValidityMask.IsValid(Validity, IsConstant ? 0 : index);

    /// <summary>Position where the value for a row stands: the row, or 0 in a constant vector.</summary>
    public int PositionOf(int row) => IsConstant ? 0 : row;

    /// <summary>
    /// What <see cref="Write{T}"/> gives from now on has room for this many positions: none after them will be written or read. A
    /// statement about a few rows is over before buffers of full vectors would be cleared.
    /// </summary>
    public void LimitRoom(int count) => _room = count;

    /// <summary>Makes this a flat vector with a buffer of its own, all valid, and gives the buffer for writing.</summary>
    public Span<T> Write<T>(bool narrow = false)
    {
        Type = narrow ? PhysicalType.Int64 : DeclaredType;
        T[] buffer = narrow ? (T[])(object)NarrowBuffer() : OwnBuffer<T>(_room);
        Begin(buffer);
        return buffer;
    }

    /// <summary>As <see cref="Write{T}"/>, where only the first <paramref name="count"/> positions will be written and read.</summary>
    public Span<T> WriteFirst<T>(int count)
    {
        Type = DeclaredType;
        T[] buffer = OwnBuffer<T>(count);
        Begin(buffer);
        return buffer;
    }

    /// <summary>
    /// Heap for the strings that are written to this vector. <see cref="SealStrings"/> must be called after the last.
    /// Reset by the next <see cref="Write{T}"/>: views taken from the vector die with it.
    /// </summary>
    public StringHeap Heap => _ownHeap ??= new StringHeap(_account);

    /// <summary>Takes over the heap's block table after strings were written.</summary>
    public void SealStrings() => Blocks = Heap.Blocks;

    /// <summary>The views written stand in these blocks (of a hash table, a sort, an argument).</summary>
    public void SetBlocks(byte[][] blocks) => Blocks = blocks;

    /// <summary>Makes this a vector of its declared type with a buffer of its own: any position may be written; all are valid until set NULL.</summary>
    public void BeginWrite()
    {
        switch (DeclaredType)
        {
            case PhysicalType.Boolean: Write<bool>(); break;
            case PhysicalType.Int16: Write<short>(); break;
            case PhysicalType.Int32: Write<int>(); break;
            case PhysicalType.Int64: Write<long>(); break;
            case PhysicalType.Int128: Write<Int128>(); break;
            case PhysicalType.Real: Write<float>(); break;
            case PhysicalType.Double: Write<double>(); break;
            case PhysicalType.Numeric: Write<Numeric>(); break;
            case PhysicalType.String: Write<StringView>(); break;
            case PhysicalType.Interval: Write<Interval>(); break;
            case PhysicalType.Uuid: Write<UInt128>(); break;
            default: throw new UnreachableException();
        }
    }

    /// <summary>Makes this a constant vector with a buffer of its own; the caller writes position 0.</summary>
    public Span<T> WriteConstant<T>()
    {
        Span<T> buffer = WriteFirst<T>(1);
        IsConstant = true;
        return buffer;
    }

    /// <summary>Lets the value just written to position 0 stand for every position.</summary>
    public void MarkConstant() => IsConstant = true;

    /// <summary>Makes this a constant NULL.</summary>
    public void SetConstantNull()
    {
        Type = DeclaredType;
        _data = _ownData ?? NewBufferOfType();
        _patches = null;
        IsConstant = true;
        SetNull(0);
    }

    /// <summary>Own mask for writing, first filled with "all valid" where there is none yet.</summary>
    public ulong[] WriteValidity()
    {
        if (Validity is null || !ReferenceEquals(Validity, _ownValidity))
        {
            ulong[]? before = Validity;
            _ownValidity ??= new ulong[ValidityMask.WordCount];
            if (before is null)
            {
                System.Array.Fill(_ownValidity, ulong.MaxValue);
            }
            else
            {
                before.AsSpan().CopyTo(_ownValidity);
                _ownValidity.AsSpan(before.Length).Fill(ulong.MaxValue);
            }
            Validity = _ownValidity;
        }
        return _ownValidity!;
    }

    public void SetNull(int index) => ValidityMask.SetNull(WriteValidity(), index);

    /// <summary>Shares a mask that nobody changes while this vector lives.</summary>
    public void SetValidity(ulong[]? validity) => Validity = validity;

    /// <summary>Shares arrays that nobody changes while this vector lives: a column slice.</summary>
    public void Reference(Array data, ulong[]? validity, byte[][]? blocks = null)
    {
        Type = DeclaredType;
        _data = data;
        _patches = null;
        Validity = validity;
        Blocks = blocks ?? NoBlocks;
        IsConstant = false;
    }

    /// <summary>
    /// The same for an array of numbers, all valid, of which some are to be replaced. Only where one thread reads the vector, and the array
    /// and the patches stay as they are for as long as this vector, or one that refers to it, is read.
    /// </summary>
    public void ReferencePatched(Array data, int count, VectorPatches patches)
    {
        Reference(data, null);
        _patches = patches;
        _patchedCount = count;
    }

    /// <summary>Shares what another vector holds; valid as long as the other is not written.</summary>
    public void Reference(Vector other)
    {
        Debug.Assert(DeclaredType == other.DeclaredType, $"{DeclaredType} refers to {other.DeclaredType}");
        Type = other.Type;
        if (other._patches is not null)
        {
            other.ApplyPatches();
        }
        _data = other._data;
        _patches = null;
        Validity = other.Validity;
        Blocks = other.Blocks;
        IsConstant = other.IsConstant;
    }

    /// <summary>Turns 64-bit values of a 128-bit numeric into the declared type, at the selected positions.</summary>
    [MethodImpl(HotLoop.Options)]
    public void Widen(ReadOnlySpan<int> selection, bool hasSelection, int count)
    {
        if (!IsNarrow)
        {
            return;
        }
        long[] narrow = Data<long>();
        ulong[]? validity = Validity;
        bool constant = IsConstant;
        Span<Int128> wide = Write<Int128>();
        if (constant)
        {
            wide[0] = narrow[0];
        }
        else if (hasSelection)
        {
            foreach (int i in selection[..count])
            {
                wide[i] = narrow[i];
            }
        }
        else
        {
            for (int i = 0; i < count; i++)
            {
                wide[i] = narrow[i];
            }
        }
        IsConstant = constant;
        Validity = validity;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void ApplyPatches()
    {
        _data = _patches!.Apply(_data, _patchedCount);
        _patches = null;
    }

    private void Begin(Array buffer)
    {
        _data = buffer;
        _patches = null;
        Validity = null;
        IsConstant = false;
        if (Type == PhysicalType.String)
        {
            _ownHeap?.Reset();
            Blocks = _ownHeap?.Blocks ?? NoBlocks;
        }
    }

    private T[] OwnBuffer<T>(int count) => _ownData is T[] own && own.Length >= count ? own : NewBuffer<T>(count);

    // A vector of a few rows takes little: plans of many small tables have thousands of vectors.
    private T[] NewBuffer<T>(int count)
    {
        int size = SizeFor(count);
        _account?.Charge((long)(size - (_ownData?.Length ?? 0)) * Unsafe.SizeOf<T>());
        // Cleared: kernels that cannot fail for values of their types also go over positions that nobody has written.
        T[] buffer = new T[size];
        _ownData = buffer;
        return buffer;
    }

    private long[] NarrowBuffer()
    {
        if (_ownNarrow is null || _ownNarrow.Length < _room)
        {
            int size = SizeFor(_room);
            _account?.Charge((long)(size - (_ownNarrow?.Length ?? 0)) * sizeof(long));
            _ownNarrow = new long[size];
        }
        return _ownNarrow;
    }

    private static int SizeFor(int count) =>
        Math.Min(DataChunk.Capacity, Math.Max(SizeMin, (int)System.Numerics.BitOperations.RoundUpToPowerOf2((uint)count)));

    private Array NewBufferOfType() => DeclaredType switch
    {
        PhysicalType.Boolean => NewBuffer<bool>(1),
        PhysicalType.Int16 => NewBuffer<short>(1),
        PhysicalType.Int32 => NewBuffer<int>(1),
        PhysicalType.Int64 => NewBuffer<long>(1),
        PhysicalType.Int128 => NewBuffer<Int128>(1),
        PhysicalType.Real => NewBuffer<float>(1),
        PhysicalType.Double => NewBuffer<double>(1),
        PhysicalType.Numeric => NewBuffer<Numeric>(1),
        PhysicalType.String => NewBuffer<StringView>(1),
        PhysicalType.Interval => NewBuffer<Interval>(1),
        PhysicalType.Uuid => NewBuffer<UInt128>(1),
        _ => throw new UnreachableException(),
    };
}
