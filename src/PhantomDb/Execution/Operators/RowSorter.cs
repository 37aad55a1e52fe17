using System.Buffers;
using System.Diagnostics;
using System.Runtime.CompilerServices;
using PhantomDb.Types;
using PhantomDb.Vectors;

namespace PhantomDb.Execution.Operators;

/// <summary>
/// Sorts numbers of kept rows, stably: word by word of the keys (<see cref="SortWord"/>), each later one only among rows
/// that are equal so far. Long runs are sorted by radix, short ones by merging.
/// </summary>
internal sealed class RowSorter
{
    private const int RadixMin = 256;
    private const int InsertionMax = 24;
    private const int DigitBits = 8;

    private readonly ColumnarBuffer _rows;
    private readonly List<SortWord> _words;
    private readonly ExecutionContext _context;
    private readonly int[] _order;
    private readonly int[] _orderScratch;
    private readonly ulong[] _keys;
    private readonly ulong[] _keyScratch;

    [MethodImpl(HotLoop.Options)]
    private RowSorter(ColumnarBuffer rows, IReadOnlyList<SortColumn> columns, ExecutionContext context)
    {
        _rows = rows;
        _context = context;
        _words = SortWord.For(rows, columns);
        _order = new int[rows.Count];
        _orderScratch = ArrayPool<int>.Shared.Rent(rows.Count);
        _keys = ArrayPool<ulong>.Shared.Rent(rows.Count);
        _keyScratch = ArrayPool<ulong>.Shared.Rent(rows.Count);
        for (int i = 0; i < _order.Length; i++)
        {
            _order[i] = i;
        }
    }

    /// <summary>The numbers of all rows in order. The array is charged to the statement.</summary>
    public static int[] Sort(ColumnarBuffer rows, IReadOnlyList<SortColumn> columns, ExecutionContext context)
    {
        const int scratchSize = sizeof(int) + 2 * sizeof(ulong);
        context.Memory.Charge((long)rows.Count * (sizeof(int) + scratchSize));
        var sorter = new RowSorter(rows, columns, context);
        sorter.SortRange(0, rows.Count, 0);
        sorter.ReturnScratch();   // not after an error: the arrays are then garbage as others are
        context.Memory.Release((long)rows.Count * scratchSize);
        return sorter._order;
    }

    private void ReturnScratch()
    {
        ArrayPool<int>.Shared.Return(_orderScratch);
        ArrayPool<ulong>.Shared.Return(_keys);
        ArrayPool<ulong>.Shared.Return(_keyScratch);
    }

    [MethodImpl(HotLoop.Options)]
    private void SortRange(int start, int length, int wordIndex)
    {
        // Ranges are found left to right and sorted at once; the depth is the number of words.
        if (length < 2 || wordIndex == _words.Count)
        {
            return;
        }
        if (length > DataChunk.Capacity)
        {
            _context.ThrowIfCancelled();
        }
        SortWord word = _words[wordIndex];
        Span<int> order = _order.AsSpan(start, length);
        Span<ulong> keys = _keys.AsSpan(start, length);
        word.Fill(order, keys);
        SortByKeys(start, length);
        bool isLast = wordIndex == _words.Count - 1;
        if (isLast && word.TieBreaker is null)
        {
            return;
        }
        int runStart = start;
        int end = start + length;
        while (runStart < end)
        {
            ulong key = _keys[runStart];
            int runEnd = runStart + 1;
            while (runEnd < end && _keys[runEnd] == key)
            {
                runEnd++;
            }
            if (runEnd - runStart > 1)
            {
                if (word.TieBreaker is { } column)
                {
                    SortTies(runStart, runEnd - runStart, column, wordIndex + 1);
                }
                else
                {
                    SortRange(runStart, runEnd - runStart, wordIndex + 1);
                }
            }
            runStart = runEnd;
        }
    }

    // Rows whose word is equal but not the whole value, perhaps.
    [MethodImpl(HotLoop.Options)]
    private void SortTies(int start, int length, SortColumn column, int nextWord)
    {
        if (!_rows.Column(column.Column).IsValid(_order[start]))
        {
            SortRange(start, length, nextWord);   // the bit before the value has told NULLs apart: all are NULL
            return;
        }
        Comparison<int> compare = Comparer(column);
        MergeSort(_order.AsSpan(start, length), _orderScratch.AsSpan(start, length), compare);
        int runStart = start;
        int end = start + length;
        while (runStart < end)
        {
            int runEnd = runStart + 1;
            while (runEnd < end && compare(_order[runEnd - 1], _order[runEnd]) == 0)
            {
                runEnd++;
            }
            SortRange(runStart, runEnd - runStart, nextWord);
            runStart = runEnd;
        }
    }

    private Comparison<int> Comparer(SortColumn column)
    {
        int sign = column.IsDescending ? -1 : 1;
        switch (_rows.Types[column.Column])
        {
            case PhysicalType.String:
            {
                BufferColumn<StringView> strings = _rows.Column<StringView>(column.Column);
                byte[][] blocks = strings.StringBlocks;
                return (left, right) => sign * Math.Sign(StringView.Compare(in strings.At(left), blocks, in strings.At(right), blocks));
            }
            case PhysicalType.Numeric:
            {
                BufferColumn<Numeric> numerics = _rows.Column<Numeric>(column.Column);
                return (left, right) => sign * Numeric.Compare(in numerics.At(left), in numerics.At(right));
            }
            default:
                throw new UnreachableException();
        }
    }

    private void SortByKeys(int start, int length)
    {
        if (length <= InsertionMax)
        {
            InsertionSort(_keys.AsSpan(start, length), _order.AsSpan(start, length));
        }
        else if (length < RadixMin)
        {
            MergeSort(
                _keys.AsSpan(start, length), _order.AsSpan(start, length),
                _keyScratch.AsSpan(start, length), _orderScratch.AsSpan(start, length));
        }
        else
        {
            RadixSort(start, length);
        }
    }

    // Most significant bits first: the parts soon fit into the cache, and mostly are single rows long before the last bit.
    private void RadixSort(int start, int length)
    {
        Span<ulong> keys = _keys.AsSpan(start, length);
        ulong varying = Varying(keys, out bool isSorted);
        if (isSorted)
        {
            return;
        }
        _context.ThrowIfCancelled();
        int high = 64 - System.Numerics.BitOperations.LeadingZeroCount(varying);
        int digitBits = Math.Min(high, DigitBits);
        int shift = high - digitBits;
        int[] ends = new int[1 << digitBits];
        Scatter(keys, _order.AsSpan(start, length), _keyScratch.AsSpan(start, length), _orderScratch.AsSpan(start, length), shift, ends);
        if (shift == 0)
        {
            return;
        }
        int partStart = 0;
        foreach (int end in ends)
        {
            if (end - partStart > 1)
            {
                SortByKeys(start + partStart, end - partStart);
            }
            partStart = end;
        }
    }

    // The bits in which some keys differ.
    [MethodImpl(HotLoop.Options)]
    private static ulong Varying(ReadOnlySpan<ulong> keys, out bool isSorted)
    {
        ulong varying = 0;
        isSorted = true;
        for (int i = 1; i < keys.Length; i++)
        {
            varying |= keys[i] ^ keys[0];
            isSorted &= keys[i] >= keys[i - 1];
        }
        return varying;
    }

    // Puts the rows in order of one digit, stably; gives the end of each digit's part. Bits above the digit are equal.
    [MethodImpl(HotLoop.Options)]
    private static void Scatter(
        Span<ulong> keys, Span<int> order, Span<ulong> keyScratch, Span<int> orderScratch, int shift, Span<int> ends)
    {
        ulong mask = (ulong)ends.Length - 1;
        foreach (ulong key in keys)
        {
            ends[(int)(key >> shift & mask)]++;
        }
        int sum = 0;
        foreach (ref int end in ends)
        {
            (end, sum) = (sum, sum + end);
        }
        for (int i = 0; i < keys.Length; i++)
        {
            ulong key = keys[i];
            int target = ends[(int)(key >> shift & mask)]++;
            keyScratch[target] = key;
            orderScratch[target] = order[i];
        }
        keyScratch.CopyTo(keys);
        orderScratch.CopyTo(order);
    }

    [MethodImpl(HotLoop.Options)]
    private static void InsertionSort(Span<ulong> keys, Span<int> order)
    {
        for (int i = 1; i < keys.Length; i++)
        {
            ulong key = keys[i];
            int row = order[i];
            int j = i;
            while (j > 0 && keys[j - 1] > key)
            {
                keys[j] = keys[j - 1];
                order[j] = order[j - 1];
                j--;
            }
            keys[j] = key;
            order[j] = row;
        }
    }

    [MethodImpl(HotLoop.Options)]
    private static void MergeSort(Span<ulong> keys, Span<int> order, Span<ulong> keyScratch, Span<int> orderScratch)
    {
        if (keys.Length <= InsertionMax)
        {
            InsertionSort(keys, order);
            return;
        }
        int middle = keys.Length / 2;
        MergeSort(keys[..middle], order[..middle], keyScratch[..middle], orderScratch[..middle]);
        MergeSort(keys[middle..], order[middle..], keyScratch[middle..], orderScratch[middle..]);
        keys.CopyTo(keyScratch);
        order.CopyTo(orderScratch);
        int left = 0;
        int right = middle;
        for (int i = 0; i < keys.Length; i++)
        {
            bool takesLeft = right == keys.Length || (left < middle && keyScratch[left] <= keyScratch[right]);
            int from = takesLeft ? left++ : right++;
            keys[i] = keyScratch[from];
            order[i] = orderScratch[from];
        }
    }

    [MethodImpl(HotLoop.Options)]
    private void MergeSort(Span<int> order, Span<int> scratch, Comparison<int> compare)
    {
        if (order.Length <= 8)
        {
            for (int i = 1; i < order.Length; i++)
            {
                int row = order[i];
                int j = i;
                while (j > 0 && compare(order[j - 1], row) > 0)
                {
                    order[j] = order[j - 1];
                    j--;
                }
                order[j] = row;
            }
            return;
        }
        if (order.Length > DataChunk.Capacity)
        {
            _context.ThrowIfCancelled();
        }
        int middle = order.Length / 2;
        MergeSort(order[..middle], scratch[..middle], compare);
        MergeSort(order[middle..], scratch[middle..], compare);
        if (compare(order[middle - 1], order[middle]) <= 0)
        {
            return;
        }
        order.CopyTo(scratch);
        int left = 0;
        int right = middle;
        for (int i = 0; i < order.Length; i++)
        {
            bool takesLeft = right == order.Length || (left < middle && compare(scratch[left], scratch[right]) <= 0);
            order[i] = scratch[takesLeft ? left++ : right++];
        }
    }
}
