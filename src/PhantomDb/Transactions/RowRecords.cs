using System.Text;
using PhantomDb.Catalog;
using PhantomDb.Durability;
using PhantomDb.Durability.Log;
using PhantomDb.Storage;
using PhantomDb.Types;
using PhantomDb.Vectors;

namespace PhantomDb.Transactions;

/// <summary>
/// Rows of one table as the log's records. What a row was is its newest committed version, what it is its newest one: the caller's
/// transaction owns it, and it stays so until that has ended. For one thread; kept from commit to commit.
/// </summary>
internal sealed class RowRecords
{
    private static readonly ReadView Before = new(Storage.RowWriter.AnyCommitted);   // the caller's transaction has the newest versions

    private readonly byte[] _name;
    private readonly RowBuffer _row;
    private readonly TextOutput[] _texts;
    private readonly Vector[] _vectors;   // of one value
    private readonly bool[] _isText;      // whose bytes are the text
    private readonly bool _hasEqualRows;

    public RowRecords(TableStore table)
    {
        Table = table;
        TableDefinition definition = table.Definition;
        _name = Encoding.UTF8.GetBytes(DefinitionText.NameOf(definition.Schema, definition.Name));
        _row = new RowBuffer([.. definition.Columns.Select(c => c.Number)]);
        _texts = [.. definition.Columns.Select(c => new TextOutput(c.Type, SessionTimeZone.Utc))];
        _isText = [.. definition.Columns.Select(c => c.Type.Id is SqlTypeId.Text or SqlTypeId.Varchar)];
        _vectors = [.. definition.Columns.Select(c => OfOneValue(c.Type.Physical))];
        _hasEqualRows = definition.PrimaryKey is null;
    }

    public TableStore Table { get; }

    /// <summary>True where rows may be equal, so that their places have to be told.</summary>
    public bool HasEqualRows => _hasEqualRows;

    /// <summary>Adds what the transaction has made of a row, if it has changed it at all; gives the bytes where the row is new.</summary>
    public int Add(LogBatch batch, long rowId, Dictionary<long, int>? places)
    {
        if (TryAddChange(batch, rowId, places) || !Table.TryRead(rowId, ReadView.Latest, _row))
        {
            return 0;
        }
        int start = batch.ByteCount;
        batch.Begin(LogOperation.Insert, _name);
        Values(batch);
        batch.End();
        return batch.ByteCount - start;
    }

    /// <summary>Adds what the transaction has made of a row that was there before; false where it was not.</summary>
    public bool TryAddChange(LogBatch batch, long rowId, Dictionary<long, int>? places)
    {
        if (!Table.TryRead(rowId, Before, _row))
        {
            return false;
        }
        bool isThere = Table.IsVisible(rowId, ReadView.Latest);
        batch.Begin(isThere ? LogOperation.Update : LogOperation.Delete, _name);
        int before = batch.Position;
        Values(batch);
        int mark = batch.Position;
        if (_hasEqualRows && places is not null && places.TryGetValue(rowId, out int place) && place > 1)
        {
            batch.Cell(place);
        }
        if (!isThere)
        {
            batch.End();
            return true;
        }
        batch.Mark();
        int after = batch.Position;
        Table.TryRead(rowId, ReadView.Latest, _row);
        Values(batch);
        if (batch.Bytes(before, mark).SequenceEqual(batch.Bytes(after, batch.Position)))
        {
            batch.Abandon();
            return true;
        }
        batch.End();
        return true;
    }

    /// <summary>Appends a row that the transaction alone has to a chunk of the table's columns.</summary>
    public void AppendNew(long rowId, DataChunk chunk)
    {
        if (!Table.IsVisible(rowId, Before) && Table.TryRead(rowId, ReadView.Latest, _row))
        {
            _row.AppendTo(chunk);
        }
    }

    /// <summary>The record that a side file has rows of the table.</summary>
    public void AddLoad(LogBatch batch, LoadFile file) => AddLoad(batch, _name, file);

    /// <summary>The same of any table, or without one of a whole database.</summary>
    public static void AddLoad(LogBatch batch, ReadOnlySpan<byte> table, LoadFile file)
    {
        batch.Begin(LogOperation.Load, table);
        batch.Cell(Encoding.UTF8.GetBytes(file.FileName));
        batch.Cell(Encoding.ASCII.GetBytes(file.RowCount.ToString(System.Globalization.CultureInfo.InvariantCulture)));
        batch.Cell(Encoding.ASCII.GetBytes(Checksum.Text(file.Crc)));
        batch.End();
    }

    public DataChunk NewChunk() => new([.. Table.Definition.Columns.Select(c => c.Type.Physical)]);

    /// <summary>Adds all rows of a table that the transaction alone has, as inserts; false where they have more bytes than that.</summary>
    public bool TryAddAll(LogBatch batch, int byteCountMax)
    {
        int start = batch.ByteCount;
        TableScan.Worker scan = Table.Scan(_row.Columns, ReadView.Latest).NewWorker();
        DataChunk chunk = NewChunk();
        while (scan.TryNext(chunk))
        {
            if (batch.ByteCount - start > byteCountMax)
            {
                return false;
            }
            for (int row = 0; row < chunk.Count; row++)
            {
                batch.Begin(LogOperation.Insert, _name);
                for (int i = 0; i < _texts.Length; i++)
                {
                    batch.Value(_texts[i], chunk.Vectors[i], chunk.Position(row));
                }
                batch.End();
            }
        }
        return true;
    }

    /// <summary>Writes the same rows to a side file.</summary>
    public void WriteAll(LoadFileWriter file, Action throwIfStopped)
    {
        TableScan.Worker scan = Table.Scan(_row.Columns, ReadView.Latest).NewWorker();
        DataChunk chunk = NewChunk();
        while (scan.TryNext(chunk))
        {
            throwIfStopped();
            file.Write(chunk);
        }
    }

    /// <summary>
    /// For rows that were there and are changed or gone: which of the equal rows before the transaction each of them was, from 1, in the order
    /// of the inserts. One scan for all; only for tables that may have equal rows.
    /// </summary>
    public Dictionary<long, int>? PlacesOf(ReadOnlySpan<long> rowIds)
    {
        if (!_hasEqualRows)
        {
            return null;
        }
        ReadView view = Before;
        Dictionary<long, int> places = [];
        Dictionary<string, int> counts = [];
        HashSet<long> wanted = [];
        HashSet<ulong> hashes = [];
        foreach (long rowId in rowIds)
        {
            if (Table.TryRead(rowId, view, _row))
            {
                wanted.Add(rowId);
                hashes.Add(RoughHash());
            }
        }
        if (wanted.Count == 0)
        {
            return null;
        }
        var text = new LogBatch();
        (RowSlice[] slices, int sliceCount) = Table.CurrentSlices();
        long last = rowIds[^1];
        for (int slice = Table.FirstSlice; slice < sliceCount; slice++)
        {
            for (int offset = 0; offset < slices[slice].RowCount; offset++)
            {
                long rowId = ((long)slice << RowSlice.CapacityBits) | (uint)offset;
                if (rowId > last)
                {
                    text.Clear();
                    return places;
                }
                if (!Table.TryRead(rowId, view, _row) || !hashes.Contains(RoughHash()))
                {
                    continue;
                }
                text.Clear();
                text.Begin(LogOperation.Delete, []);
                Values(text);
                text.End();
                string image = Encoding.UTF8.GetString(text.Body(0));
                int place = counts.GetValueOrDefault(image) + 1;
                counts[image] = place;
                if (wanted.Contains(rowId))
                {
                    places.Add(rowId, place);
                }
            }
        }
        text.Clear();
        return places;
    }

    // Equal rows have the same; what is not cheap to compare is left out.
    private ulong RoughHash()
    {
        ulong hash = 0;
        for (int i = 0; i < _row.Count; i++)
        {
            ulong value = _row.IsNull(i) ? ulong.MaxValue : _vectors[i].DeclaredType switch
            {
                PhysicalType.Boolean => _row.Get<bool>(i) ? 1UL : 0,
                PhysicalType.Int16 => (ulong)_row.GetInt16(i),
                PhysicalType.Int32 => (ulong)_row.GetInt32(i),
                PhysicalType.Int64 => (ulong)_row.GetInt64(i),
                PhysicalType.String => (ulong)_row.GetBytes(i).Length,
                _ => 0,
            };
            hash = (hash ^ value) * 0x9E3779B97F4A7C15;
        }
        return hash;
    }

    private void Values(LogBatch batch)
    {
        for (int i = 0; i < _texts.Length; i++)
        {
            if (_row.IsNull(i))
            {
                batch.Null();
            }
            else if (_isText[i])
            {
                batch.Cell(_row.GetBytes(i));
            }
            else
            {
                Take(_vectors[i], i);
                batch.Value(_texts[i], _vectors[i], 0);
            }
        }
    }

    private void Take(Vector vector, int i)
    {
        ref RawValue value = ref _row.Raw(i);
        switch (vector.DeclaredType)
        {
            case PhysicalType.Boolean: vector.Data<bool>()[0] = value.As<bool>(); break;
            case PhysicalType.Int16: vector.Data<short>()[0] = value.As<short>(); break;
            case PhysicalType.Int32: vector.Data<int>()[0] = value.As<int>(); break;
            case PhysicalType.Int64: vector.Data<long>()[0] = value.As<long>(); break;
            case PhysicalType.Int128: vector.Data<Int128>()[0] = value.As<Int128>(); break;
            case PhysicalType.Real: vector.Data<float>()[0] = value.As<float>(); break;
            case PhysicalType.Double: vector.Data<double>()[0] = value.As<double>(); break;
            case PhysicalType.Numeric: vector.Data<Numeric>()[0] = value.As<Numeric>(); break;
            case PhysicalType.Interval: vector.Data<Interval>()[0] = value.As<Interval>(); break;
            case PhysicalType.Uuid: vector.Data<UInt128>()[0] = value.As<UInt128>(); break;
            case PhysicalType.String:
                vector.Data<StringView>()[0] = value.As<StringView>();
                vector.SetBlocks(_row.BlocksOf(i));
                break;
            default: throw new System.Diagnostics.UnreachableException();
        }
    }

    private static Vector OfOneValue(PhysicalType type)
    {
        var vector = new Vector(type);
        vector.Reference(ColumnSlice.NewArray(type, 1), null);
        return vector;
    }
}
