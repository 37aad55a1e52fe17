using PhantomDb.Catalog;
using PhantomDb.Durability.Log;
using PhantomDb.Storage;
using PhantomDb.Storage.Indexes;
using PhantomDb.Types;
using PhantomDb.Vectors;

namespace PhantomDb.Transactions;

/// <summary>
/// Which of equal rows of a table without primary key a row was, from 1, in the order of the row ids, before the caller's transaction: the log
/// names such a row by its image and that. By an index where that looks at few rows: then the others with its key are looked at, and none where the
/// key is unique. Else one scan finds the places of all rows. For one thread.
/// </summary>
internal sealed class EqualRows(TableStore table, RowImage images)
{
    private const int RowsLookedAtMin = 256;
    private const int RowsForOneLookup = 64;   // that a scan goes through in the time in which an index finds one row
    private const int CheapColumnsMax = 4;

    private static readonly ReadView Before = new(Storage.RowWriter.AnyCommitted);

    private readonly List<Candidates> _indexes = [.. table.Indexes.Where(index => IsOverColumns(table, index)).OrderByDescending(index => index.Definition.IsAlwaysUnique)
        .ThenByDescending(index => index.ColumnNumbers.Length).Select(index => new Candidates(index, table))];

    private readonly Dictionary<long, int> _places = [];
    private readonly List<long> _left = [];
    private readonly LogBatch _text = new();
    private byte[] _image = [];

    /// <summary>An index over columns alone, and what goes through its keys.</summary>
    private sealed class Candidates(TableIndex index, TableStore table)
    {
        private IndexRangeScan? _scan;

        public TableIndex Index => index;

        public RowBuffer Key { get; } = new(index.ColumnNumbers);

        public KeyWriter Lower { get; } = index.NewKeyWriter();

        public KeyWriter Upper { get; } = index.NewKeyWriter();

        public IndexRangeScan Scan => _scan ??= new IndexRangeScan(table, index);
    }

    /// <summary>
    /// The places of rows, in ascending order, that are not the first of their kind; the others are not in it. Rows that were not there are
    /// passed over. Valid until it is asked again.
    /// </summary>
    public Dictionary<long, int> PlacesOf(ReadOnlySpan<long> rowIds)
    {
        _places.Clear();
        _left.Clear();
        long budget = Math.Max(RowsLookedAtMin, table.RowCount / RowsForOneLookup);
        long last = -1;
        foreach (long rowId in rowIds)
        {
            if (rowId != last && table.TryRead(last = rowId, Before, images.Row) && !HasUniqueKey() && (_indexes.Count == 0 || !TryFind(rowId, ref budget)))
            {
                _left.Add(rowId);
            }
        }
        if (_left.Count > 0)
        {
            FindByScan();
        }
        _text.Clear();
        return _places;
    }

    private static bool IsOverColumns(TableStore table, TableIndex index) =>
        !index.Definition.IsPartial && index.ColumnNumbers.All(number => table.Definition.IndexOfNumber(number) >= 0);

    private bool HasUniqueKey()
    {
        foreach (Candidates candidates in _indexes)
        {
            IndexDefinition definition = candidates.Index.Definition;
            if (definition.IsUnique && (definition.NullsEqual || !HasNull(candidates.Index)))
            {
                return true;   // a deferrable one too: what is committed keeps it
            }
        }
        return false;
    }

    private bool HasNull(TableIndex index)
    {
        foreach (int number in index.ColumnNumbers)
        {
            if (images.Row.IsNull(table.Definition.IndexOfNumber(number)))
            {
                return true;
            }
        }
        return false;
    }

    private bool TryFind(long rowId, ref long budget)
    {
        foreach (Candidates candidates in _indexes)
        {
            table.TryRead(rowId, Before, images.Row);
            if (TryFind(candidates, rowId, ref budget))
            {
                return true;
            }
        }
        return false;
    }

    private bool TryFind(Candidates candidates, long rowId, ref long budget)
    {
        Seek(candidates);
        _image = Image();
        int place = 1;
        while (candidates.Scan.TryNext(Before, out long other))
        {
            if (--budget < 0)
            {
                return false;
            }
            if (other < rowId && table.TryRead(other, Before, images.Row) && Image().AsSpan().SequenceEqual(_image))
            {
                place++;
            }
        }
        Add(rowId, place);
        return true;
    }

    private void Seek(Candidates candidates)
    {
        for (int i = 0; i < candidates.Key.Count; i++)
        {
            int column = table.Definition.IndexOfNumber(candidates.Key.Columns[i]);
            candidates.Key.SetRaw(i, images.Row.Raw(column), images.Row.IsNull(column), images.Row.BlocksOf(column));
        }
        candidates.Index.Encode(candidates.Lower, candidates.Key, 0);
        candidates.Index.Encode(candidates.Upper, candidates.Key, 0);
        bool hasUpper = candidates.Upper.TryMoveToSuccessor();
        candidates.Scan.Seek(candidates.Lower.Key, hasUpper ? candidates.Upper.Key : []);
    }

    private byte[] Image()
    {
        _text.Clear();
        _text.Begin(LogOperation.Delete, []);
        images.Write(_text);
        _text.End();
        return _text.Body(0).ToArray();
    }

    private void Add(long rowId, int place)
    {
        if (place > 1)
        {
            _places.Add(rowId, place);
        }
    }

    private void FindByScan()
    {
        int[] cheap = [.. Enumerable.Range(0, images.Row.Count).Where(i => IsCheap(table.Definition.Columns[i].Type.Physical)).Take(CheapColumnsMax)];
        PhysicalType[] types = [.. cheap.Select(i => table.Definition.Columns[i].Type.Physical)];
        Dictionary<string, int> counts = [];
        if (_left.Count == 1 && !table.HasUnreadable)
        {
            ScanForOne(cheap, types, counts);
            return;
        }
        var wanted = new HashSet<long>(_left);
        HashSet<ulong> hashes = [];
        foreach (long rowId in _left)
        {
            table.TryRead(rowId, Before, images.Row);
            hashes.Add(HashOf(cheap, types));
        }
        if (table.HasUnreadable)   // no older snapshot may scan it, which this looks like
        {
            ScanRows(wanted, hashes, cheap, types, counts);
        }
        else
        {
            ScanForMany(wanted, hashes, cheap, types, counts);
        }
    }

    // A vector at a time, column by column; slices whose bounds show that they have no such value are passed over.
    private void ScanForOne(int[] cheap, PhysicalType[] types, Dictionary<string, int> counts)
    {
        RowBuffer row = images.Row;
        table.TryRead(_left[0], Before, row);
        var one = new RowBuffer(row.Columns);
        List<ZoneFilter> filters = [];
        for (int i = 0; i < row.Count; i++)
        {
            one.SetRaw(i, row.Raw(i), row.IsNull(i), row.BlocksOf(i));
            if (!row.IsNull(i) && ZoneFilter.TryCreate(row.Columns[i], table.Definition.Columns[i].Type, ZoneComparison.Equal, ref row.Raw(i), row.BlocksOf(i), out ZoneFilter filter))
            {
                filters.Add(filter);
            }
        }
        HashSet<long> wanted = [.. _left];
        TableScan.Worker scan = table.Scan([.. cheap.Select(i => row.Columns[i])], Before, [.. filters], withRowIds: true).NewWorker(holdsBriefly: true);
        var chunk = new DataChunk([.. types, PhysicalType.Int64]);
        int[] positions = new int[DataChunk.Capacity];
        long lastRowId = -1;
        while (lastRowId < _left[0] && scan.TryNext(chunk))
        {
            int count = chunk.Count;
            for (int i = 0; i < count; i++)
            {
                positions[i] = chunk.Position(i);
            }
            ReadOnlySpan<long> rowIds = chunk.Vectors[^1].Values<long>();
            lastRowId = count == 0 ? lastRowId : rowIds[positions[count - 1]];
            for (int i = 0; i < types.Length && count > 0; i++)
            {
                count = Narrow(chunk.Vectors[i], types[i], one, cheap[i], positions.AsSpan(0, count));
            }
            for (int i = 0; i < count; i++)
            {
                Count(rowIds[positions[i]], wanted, counts);
            }
        }
        scan.Release();
    }

    private static int Narrow(Vector vector, PhysicalType type, RowBuffer one, int column, Span<int> positions)
    {
        if (one.IsNull(column) || vector.IsConstant)
        {
            int kept = 0;
            foreach (int position in positions)
            {
                if (vector.IsConstant || !vector.IsValid(position))
                {
                    positions[kept++] = position;
                }
            }
            return kept;
        }
        return type switch
        {
            PhysicalType.Boolean => Narrow(vector.Values<bool>(), one.GetBoolean(column), vector.Validity, positions),
            PhysicalType.Int16 => Narrow(vector.Values<short>(), one.GetInt16(column), vector.Validity, positions),
            PhysicalType.Int32 => Narrow(vector.Values<int>(), one.GetInt32(column), vector.Validity, positions),
            PhysicalType.Int64 => Narrow(vector.Values<long>(), one.GetInt64(column), vector.Validity, positions),
            PhysicalType.Uuid => Narrow(vector.Values<UInt128>(), one.Get<UInt128>(column), vector.Validity, positions),
            _ => NarrowHeads(vector.Values<StringView>(), one.Get<StringView>(column).Head, vector.Validity, positions),
        };
    }

    private static int Narrow<T>(ReadOnlySpan<T> values, T wanted, ulong[]? validity, Span<int> positions)
        where T : unmanaged, IEquatable<T>
    {
        int kept = 0;
        foreach (int position in positions)
        {
            positions[kept] = position;
            kept += values[position].Equals(wanted) && ValidityMask.IsValid(validity, position) ? 1 : 0;
        }
        return kept;
    }

    private static int NarrowHeads(ReadOnlySpan<StringView> values, ulong wanted, ulong[]? validity, Span<int> positions)
    {
        int kept = 0;
        foreach (int position in positions)
        {
            positions[kept] = position;
            kept += values[position].Head == wanted && ValidityMask.IsValid(validity, position) ? 1 : 0;
        }
        return kept;
    }

    // Rows whose hash none of those wanted has are passed over.
    private void ScanForMany(HashSet<long> wanted, HashSet<ulong> hashes, int[] cheap, PhysicalType[] types, Dictionary<string, int> counts)
    {
        TableScan.Worker scan = table.Scan([.. cheap.Select(i => images.Row.Columns[i])], Before, withRowIds: true).NewWorker(holdsBriefly: true);
        var chunk = new DataChunk([.. types, PhysicalType.Int64]);
        ulong[] hashOfRow = new ulong[DataChunk.Capacity];
        long lastRowId = -1;
        while (lastRowId < _left[^1] && scan.TryNext(chunk))
        {
            Array.Clear(hashOfRow);
            for (int i = 0; i < types.Length; i++)
            {
                AddHashes(hashOfRow, chunk, chunk.Vectors[i], types[i]);
            }
            ReadOnlySpan<long> rowIds = chunk.Vectors[^1].Values<long>();
            for (int row = 0; row < chunk.Count; row++)
            {
                lastRowId = rowIds[chunk.Position(row)];
                if (hashes.Contains(hashOfRow[row]))
                {
                    Count(lastRowId, wanted, counts);
                }
            }
        }
        scan.Release();
    }

    private void ScanRows(HashSet<long> wanted, HashSet<ulong> hashes, int[] cheap, PhysicalType[] types, Dictionary<string, int> counts)
    {
        (RowSlice[] slices, int sliceCount) = table.CurrentSlices();
        for (int slice = table.FirstSlice; slice < sliceCount; slice++)
        {
            for (int offset = 0; offset < slices[slice].RowCount; offset++)
            {
                long rowId = ((long)slice << RowSlice.CapacityBits) | (uint)offset;
                if (rowId <= _left[^1] && table.TryRead(rowId, Before, images.Row) && hashes.Contains(HashOf(cheap, types)))
                {
                    Count(rowId, wanted, counts);
                }
            }
        }
    }

    private void Count(long rowId, HashSet<long> wanted, Dictionary<string, int> counts)
    {
        if (rowId > _left[^1] || !table.TryRead(rowId, Before, images.Row))
        {
            return;
        }
        string image = System.Text.Encoding.UTF8.GetString(Image());
        int place = counts.GetValueOrDefault(image) + 1;
        counts[image] = place;
        if (wanted.Contains(rowId))
        {
            Add(rowId, place);
        }
    }

    private static bool IsCheap(PhysicalType type) =>
        type is PhysicalType.Boolean or PhysicalType.Int16 or PhysicalType.Int32 or PhysicalType.Int64 or PhysicalType.String or PhysicalType.Uuid;

    private ulong HashOf(int[] columns, PhysicalType[] types)
    {
        RowBuffer row = images.Row;
        ulong hash = 0;
        for (int i = 0; i < columns.Length; i++)
        {
            int column = columns[i];
            ulong value = row.IsNull(column) ? ulong.MaxValue : types[i] switch
            {
                PhysicalType.Boolean => row.GetBoolean(column) ? 1UL : 0,
                PhysicalType.Int16 => (ulong)row.GetInt16(column),
                PhysicalType.Int32 => (ulong)row.GetInt32(column),
                PhysicalType.Int64 => (ulong)row.GetInt64(column),
                PhysicalType.Uuid => (ulong)row.Get<UInt128>(column),
                _ => row.Get<StringView>(column).Head,
            };
            hash = Mix(hash, value);
        }
        return hash;
    }

    private static ulong Mix(ulong hash, ulong value)
    {
        hash = (hash ^ value) * 0x9E3779B97F4A7C15;
        return hash ^ (hash >> 32);
    }

    private static void AddHashes(ulong[] hashes, DataChunk chunk, Vector vector, PhysicalType type)
    {
        switch (type)
        {
            case PhysicalType.Boolean: AddHashes(hashes, chunk, vector, vector.Values<bool>(), value => value ? 1UL : 0); break;
            case PhysicalType.Int16: AddHashes(hashes, chunk, vector, vector.Values<short>(), value => (ulong)value); break;
            case PhysicalType.Int32: AddHashes(hashes, chunk, vector, vector.Values<int>(), value => (ulong)value); break;
            case PhysicalType.Int64: AddHashes(hashes, chunk, vector, vector.Values<long>(), value => (ulong)value); break;
            case PhysicalType.Uuid: AddHashes(hashes, chunk, vector, vector.Values<UInt128>(), value => (ulong)value); break;
            default: AddHashes(hashes, chunk, vector, vector.Values<StringView>(), value => value.Head); break;
        }
    }

    private static void AddHashes<T>(ulong[] hashes, DataChunk chunk, Vector vector, ReadOnlySpan<T> values, Func<T, ulong> bits)
    {
        for (int row = 0; row < chunk.Count; row++)
        {
            int position = vector.PositionOf(chunk.Position(row));
            hashes[row] = Mix(hashes[row], ValidityMask.IsValid(vector.Validity, position) ? bits(values[position]) : ulong.MaxValue);
        }
    }
}
