using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;
using PhantomDb.Types;
using PhantomDb.Vectors;

namespace PhantomDb.Execution;

/// <summary>
/// Rows kept by an operator: the build side of a join, the payload of a sort, a common table expression. Columns lie in
/// blocks of a vector's length, so that reading them in order copies nothing; strings are copied into heaps of its own.
/// Everything is charged to the statement's account. One writer; any number of readers afterwards.
/// </summary>
internal sealed class ColumnarBuffer
{
    private readonly BufferColumn[] _columns;

    public ColumnarBuffer(IReadOnlyList<PhysicalType> types, MemoryAccount account)
    {
        Types = types;
        _columns = [.. types.Select(type => BufferColumn.Create(type, account))];
    }

    public IReadOnlyList<PhysicalType> Types { get; }

    public int Count { get; private set; }

    /// <summary>Blocks to read with <see cref="Read"/>.</summary>
    public int BlockCount => (Count + DataChunk.Capacity - 1) / DataChunk.Capacity;

    /// <summary>Appends a chunk's selected rows; its first columns match this buffer's types by place.</summary>
    public void Append(DataChunk chunk) => Append(chunk.Vectors, chunk.Selection, chunk.Count);

    /// <summary>Appends rows from vectors: the selected positions, or the first <paramref name="count"/>.</summary>
    [MethodImpl(HotLoop.Options)]
    public void Append(ReadOnlySpan<Vector> vectors, int[]? selection, int count)
    {
        if (Count > int.MaxValue - DataChunk.Capacity)
        {
            throw Errors.Error.NotSupported($"an intermediate result of more than {int.MaxValue - DataChunk.Capacity} rows");
        }
        for (int i = 0; i < _columns.Length; i++)
        {
            if (vectors[i].IsNarrow)
            {
                vectors[i].Widen(selection, selection is not null, count);
            }
            _columns[i].Append(Count, vectors[i], selection, count);
        }
        Count += count;
    }

    /// <summary>Appends all rows of another buffer of the same types.</summary>
    [MethodImpl(HotLoop.Options)]
    public void Append(ColumnarBuffer other)
    {
        DataChunk chunk = new(other.Types);
        for (int block = 0; block < other.BlockCount; block++)
        {
            other.Read(block, chunk);
            Append(chunk);
        }
    }

    /// <summary>What a sink's workers have gathered: the first buffer, with the others' rows appended to it.</summary>
    public static ColumnarBuffer Combine(ColumnarBuffer? first, ColumnarBuffer other)
    {
        first?.Append(other);
        return first ?? other;
    }

    /// <summary>Points a chunk at the rows of one block, without copying.</summary>
    public void Read(int block, DataChunk output)
    {
        for (int i = 0; i < _columns.Length; i++)
        {
            _columns[i].Reference(block, output.Vectors[i]);
        }
        output.Selection = null;
        output.Count = Math.Min(DataChunk.Capacity, Count - block * DataChunk.Capacity);
    }

    /// <summary>
    /// Copies one column of some rows. Row i of <paramref name="rows"/> goes to <paramref name="targets"/>[i], or to i where
    /// there are no targets. A negative row gives NULL.
    /// </summary>
    public void Gather(int column, ReadOnlySpan<int> rows, int[]? targets, Vector result) =>
        _columns[column].Gather(rows, targets, result);

    /// <summary>The column's values in blocks of <see cref="DataChunk.Capacity"/>, for loops that compare rows.</summary>
    public BufferColumn<T> Column<T>(int column) where T : unmanaged => (BufferColumn<T>)_columns[column];

    public BufferColumn Column(int column) => _columns[column];
}

/// <summary>One column of a <see cref="ColumnarBuffer"/>.</summary>
internal abstract class BufferColumn
{
    private protected readonly List<ulong[]?> Validities = [];

    /// <summary>True where some row is NULL.</summary>
    public bool HasNulls { get; private protected set; }

    public static BufferColumn Create(PhysicalType type, MemoryAccount account) => type switch
    {
        PhysicalType.Boolean => new BufferColumn<bool>(account),
        PhysicalType.Int16 => new BufferColumn<short>(account),
        PhysicalType.Int32 => new BufferColumn<int>(account),
        PhysicalType.Int64 => new BufferColumn<long>(account),
        PhysicalType.Int128 => new BufferColumn<Int128>(account),
        PhysicalType.Real => new BufferColumn<float>(account),
        PhysicalType.Double => new BufferColumn<double>(account),
        PhysicalType.Numeric => new BufferColumn<Numeric>(account),
        PhysicalType.String => new BufferColumn<StringView>(account),
        PhysicalType.Interval => new BufferColumn<Interval>(account),
        PhysicalType.Uuid => new BufferColumn<UInt128>(account),
        _ => throw new UnreachableException(),
    };

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool IsValid(int row) =>
        !HasNulls || ValidityMask.IsValid(Validities[row / DataChunk.Capacity], row % DataChunk.Capacity);

    public abstract void Append(int start, Vector source, int[]? selection, int count);

    public abstract void Reference(int block, Vector target);

    public abstract void Gather(ReadOnlySpan<int> rows, int[]? targets, Vector result);
}

/// <summary>A column of one physical type; for <see cref="StringView"/> with the heap that its views refer to.</summary>
internal sealed class BufferColumn<T>(MemoryAccount account) : BufferColumn where T : unmanaged
{
    private const int FirstSizeMin = 16;
    private const int FetchAhead = 16;

    private readonly StringHeap? _heap = typeof(T) == typeof(StringView) ? new StringHeap(account) : null;
    private T[][] _blocks = [];
    private int _blockCount;

    /// <summary>Block table of the strings.</summary>
    public byte[][] StringBlocks => _heap?.Blocks ?? [];

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ref T At(int row) => ref _blocks[(uint)row / DataChunk.Capacity][(uint)row % DataChunk.Capacity];

    [MethodImpl(HotLoop.Options)]
    public override void Append(int start, Vector source, int[]? selection, int count)
    {
        ReadOnlySpan<T> values = source.Values<T>();
        bool isConstant = source.IsConstant;
        int done = 0;
        while (done < count)
        {
            int offset = (start + done) % DataChunk.Capacity;
            if (offset == 0)
            {
                AddBlock(count - done);
            }
            int taken = Math.Min(count - done, DataChunk.Capacity - offset);
            if (_blockCount == 1)
            {
                EnsureFirst(offset + taken);
            }
            Span<T> target = _blocks[_blockCount - 1].AsSpan(offset, taken);
            if (isConstant)
            {
                target.Fill(values[0]);
            }
            else if (selection is null)
            {
                values.Slice(done, taken).CopyTo(target);
            }
            else
            {
                ReadOnlySpan<int> positions = selection.AsSpan(done, taken);
                for (int i = 0; i < target.Length; i++)
                {
                    target[i] = values[positions[i]];
                }
            }
            if (source.Validity is not null)
            {
                AppendValidity(source, selection, done, taken, offset);
            }
            if (typeof(T) == typeof(StringView))
            {
                Rebase(MemoryRowsOf(offset, taken), source.Blocks, offset);
            }
            done += taken;
        }
    }

    public override void Reference(int block, Vector target) =>
        target.Reference(_blocks[block], Validities[block], _heap?.Blocks);

    [MethodImpl(HotLoop.Options)]
    public override void Gather(ReadOnlySpan<int> rows, int[]? targets, Vector result)
    {
        // Targets ascend.
        Span<T> output = result.WriteFirst<T>(rows.Length == 0 ? 0 : targets is null ? rows.Length : targets[rows.Length - 1] + 1);
        if (typeof(T) == typeof(StringView))
        {
            result.SetBlocks(StringBlocks);
        }
        T[][] blocks = _blocks;
        bool hasNulls = HasNulls;
        if (!hasNulls && targets is null && !AnyNegative(rows))
        {
            GatherAll(blocks, rows, output);
            return;
        }
        for (int i = 0; i < rows.Length; i++)
        {
            int row = rows[i];
            int target = targets is null ? i : targets[i];
            if (row < 0 || (hasNulls && !ValidityMask.IsValid(Validities[row / DataChunk.Capacity], row % DataChunk.Capacity)))
            {
                output[target] = default;
                result.SetNull(target);
                continue;
            }
            output[target] = blocks[(uint)row / DataChunk.Capacity][(uint)row % DataChunk.Capacity];
        }
    }

    private static bool AnyNegative(ReadOnlySpan<int> rows)
    {
        int signs = 0;
        foreach (int row in rows)
        {
            signs |= row;
        }
        return signs < 0;
    }

    // Rows of a sort stand anywhere: they are fetched ahead, and without a look at each block's length.
    [MethodImpl(HotLoop.Options)]
    private static unsafe void GatherAll(T[][] blocks, ReadOnlySpan<int> rows, Span<T> output)
    {
        ref T[] first = ref MemoryMarshal.GetArrayDataReference(blocks);
        output = output[..rows.Length];
        for (int i = 0; i < output.Length; i++)
        {
            if (Sse.IsSupported && i < rows.Length - FetchAhead)
            {
                Sse.Prefetch0(Unsafe.AsPointer(ref InBlock(ref first, rows[i + FetchAhead])));
            }
            output[i] = InBlock(ref first, rows[i]);
        }
    }

    /// <summary>A row that has been appended.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ref T InBlock(ref T[] first, int row)
    {
        T[] block = Unsafe.Add(ref first, (uint)row / DataChunk.Capacity);
        Debug.Assert((uint)row % DataChunk.Capacity < (uint)block.Length);
        return ref Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(block), (uint)row % DataChunk.Capacity);
    }

    private void AddBlock(int wanted)
    {
        // A few rows need no whole block: a join of 64 small tables keeps thousands of columns.
        int size = _blockCount > 0 ? DataChunk.Capacity : SizeFor(wanted);
        account.Charge((long)size * Unsafe.SizeOf<T>());
        if (_blockCount == _blocks.Length)
        {
            Array.Resize(ref _blocks, Math.Max(4, _blockCount * 2));
        }
        _blocks[_blockCount++] = GC.AllocateUninitializedArray<T>(size);
        Validities.Add(null);
    }

    private static int SizeFor(int count) =>
        Math.Min(DataChunk.Capacity, Math.Max(FirstSizeMin, (int)System.Numerics.BitOperations.RoundUpToPowerOf2((uint)count)));

    private void EnsureFirst(int count)
    {
        T[] first = _blocks[0];
        if (count > first.Length)
        {
            int size = SizeFor(count);
            account.Charge((long)(size - first.Length) * Unsafe.SizeOf<T>());
            _blocks[0] = GC.AllocateUninitializedArray<T>(size);
            first.CopyTo(_blocks[0], 0);
        }
    }

    [MethodImpl(HotLoop.Options)]
    private void AppendValidity(Vector source, int[]? selection, int done, int taken, int offset)
    {
        ulong[]? mask = Validities[_blockCount - 1];
        for (int i = 0; i < taken; i++)
        {
            if (source.IsValid(selection is null ? done + i : selection[done + i]))
            {
                continue;
            }
            if (mask is null)
            {
                account.Charge(ValidityMask.WordCount * sizeof(ulong));
                mask = new ulong[ValidityMask.WordCount];
                Array.Fill(mask, ulong.MaxValue);
                Validities[_blockCount - 1] = mask;
                HasNulls = true;
            }
            ValidityMask.SetNull(mask, offset + i);
        }
    }

    private Span<StringView> MemoryRowsOf(int offset, int count) =>
        Unsafe.As<StringView[]>(_blocks[_blockCount - 1]).AsSpan(offset, count);

    // Copies the bytes that the views refer to into this column's heap; values at NULL positions are undefined and cleared.
    [MethodImpl(HotLoop.Options)]
    private void Rebase(Span<StringView> views, byte[][] sourceBlocks, int offset)
    {
        ulong[]? mask = Validities[_blockCount - 1];
        for (int i = 0; i < views.Length; i++)
        {
            ref StringView view = ref views[i];
            if (!ValidityMask.IsValid(mask, offset + i))
            {
                view = default;
            }
            else if (!view.IsInline)
            {
                view = _heap!.Add(StringView.Bytes(in view, sourceBlocks));
            }
        }
    }
}
