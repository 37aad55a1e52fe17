using System.Numerics;
using System.Runtime.CompilerServices;
using PhantomDb.Types;
using PhantomDb.Vectors;

namespace PhantomDb.Storage;

/// <summary>
/// A scan of some columns of a table as one view sees it. Workers, one a thread, take slices from it until none are left;
/// rows that came after the scan began are not in it.
/// </summary>
internal sealed class TableScan
{
    /// <summary>Slices that a worker takes at a time: a row group of 65,536 rows.</summary>
    private const int MorselSize = 32;

    private readonly TableStore _table;
    private readonly RowSlice[] _slices;
    private readonly int _sliceCount;
    private readonly int _firstMorsel;
    private readonly int _morselEnd;
    private readonly ReadView _view;
    private readonly int[] _columns;
    private readonly ZoneFilter[] _filters;
    private readonly bool _withRowIds;
    private int _nextMorsel;

    /// <param name="columns">Storage numbers of the columns, in the order of the chunk's vectors.</param>
    /// <param name="withRowIds">True where the chunk has one vector more, of Int64: the row ids.</param>
    internal TableScan(TableStore table, int[] columns, in ReadView view, ZoneFilter[] filters, bool withRowIds)
    {
        _table = table;
        _columns = columns;
        _view = view;
        _filters = filters;
        _withRowIds = withRowIds;
        _firstMorsel = _nextMorsel = table.FirstSlice / MorselSize;
        (_slices, _sliceCount) = table.CurrentSlices();
        _morselEnd = (_sliceCount + MorselSize - 1) / MorselSize;
    }

    /// <summary>Positions at most: for progress reports.</summary>
    public long RowCountMax => (long)(_sliceCount - (_firstMorsel * MorselSize)) * RowSlice.Capacity;

    /// <param name="holdsBriefly">True where what a chunk refers to is done with when the next is asked for: cheaper beside a writer.</param>
    public Worker NewWorker(bool holdsBriefly = false) => new(this, holdsBriefly);

    /// <summary>Slices of a table, and about how many rows those have that the filters do not skip: what a scan has to do.</summary>
    public static (int Slices, long Rows) Measure(TableStore table, ReadOnlySpan<ZoneFilter> filters)
    {
        (RowSlice[] slices, int count) = table.CurrentSlices();
        int first = Math.Min(table.FirstSlice, count);
        if (filters.IsEmpty)
        {
            return (count - first, table.RowCount);
        }
        long rows = 0;
        for (int i = first; i < count; i++)
        {
            RowSlice slice = Volatile.Read(ref slices[i]);
            rows += MayMatch(slice, filters) ? slice.RowCount : 0;
        }
        return (count - first, rows);
    }

    [MethodImpl(HotLoop.Options)]
    private static bool MayMatch(RowSlice slice, ReadOnlySpan<ZoneFilter> filters)
    {
        foreach (ref readonly ZoneFilter filter in filters)
        {
            ColumnSlice column = slice.Columns[filter.ColumnNumber]!;
            if (!filter.MayMatch(Volatile.Read(ref column.Minimum), Volatile.Read(ref column.Maximum)))
            {
                return false;
            }
        }
        return true;
    }

    /// <summary>One thread's part of a scan.</summary>
    internal sealed class Worker(TableScan scan, bool holdsBriefly)
    {
        private readonly SharedColumn[] _shared = NewShared(scan._columns.Length, holdsBriefly);
        private RowSlice? _held;
        private readonly ulong[] _live = new ulong[ValidityMask.WordCount];
        private int[]? _selection;
        private int _next;
        private int _end;

        /// <summary>
        /// Fills the chunk with the next slice that has rows; false at the end. Its vectors refer to the slice's arrays or
        /// to patched copies, and stay as they are for as long as they are referred to, or, where the worker holds briefly, until
        /// the next call or <see cref="Release"/>; the selection and the row ids are the worker's and the chunk's, and valid
        /// until the next call.
        /// </summary>
        [MethodImpl(HotLoop.Options)]
        public bool TryNext(DataChunk chunk)
        {
            while (TryTakeSlice(out int index))
            {
                Release();
                RowSlice slice = Volatile.Read(ref scan._slices[index]);
                if (!MayMatch(slice, scan._filters))
                {
                    continue;
                }
                if (holdsBriefly)
                {
                    slice.Hold();
                    _held = slice;
                }
                int count = scan._table.Share(slice, scan._view, scan._columns, _shared, _live, holdsBriefly, out bool seesAll);
                if (seesAll)
                {
                    chunk.Selection = null;
                    chunk.Count = count;
                }
                else
                {
                    chunk.Selection = _selection ??= new int[RowSlice.Capacity];
                    chunk.Count = Select(_live, _selection);
                }
                if (chunk.Count == 0)
                {
                    continue;
                }
                for (int i = 0; i < _shared.Length; i++)
                {
                    _shared[i].GiveTo(chunk.Vectors[i], count);
                }
                if (scan._withRowIds)
                {
                    FillRowIds(chunk.Vectors[_shared.Length], (long)index << RowSlice.CapacityBits, count);
                }
                return true;
            }
            Release();
            return false;
        }

        /// <summary>Is done with the last chunk. For who stops before the end, after an error too; else writers would go on copying that slice.</summary>
        public void Release()
        {
            _held?.Release();
            _held = null;
        }

        private static SharedColumn[] NewShared(int count, bool reusesCopies)
        {
            var shared = new SharedColumn[count];
            Array.Fill(shared, new SharedColumn { ReusesCopies = reusesCopies });
            return shared;
        }

        private bool TryTakeSlice(out int index)
        {
            if (_next == _end)
            {
                _next = (Interlocked.Increment(ref scan._nextMorsel) - 1) * MorselSize;
                _end = Math.Min(_next + MorselSize, scan._sliceCount);
                if (_next >= _end)
                {
                    _next = _end = index = 0;
                    Volatile.Write(ref scan._nextMorsel, scan._morselEnd);   // does not count on when asked again
                    return false;
                }
            }
            index = _next++;
            return true;
        }

        [MethodImpl(HotLoop.Options)]
        private static int Select(ulong[] live, int[] selection)
        {
            int count = 0;
            for (int word = 0; word < live.Length; word++)
            {
                for (ulong rest = live[word]; rest != 0; rest &= rest - 1)
                {
                    selection[count++] = (word << 6) + BitOperations.TrailingZeroCount(rest);
                }
            }
            return count;
        }

        [MethodImpl(HotLoop.Options)]
        private static void FillRowIds(Vectors.Vector vector, long firstRowId, int count)
        {
            Span<long> rowIds = vector.WriteFirst<long>(count);
            for (int i = 0; i < count; i++)
            {
                rowIds[i] = firstRowId + i;
            }
        }
    }
}
