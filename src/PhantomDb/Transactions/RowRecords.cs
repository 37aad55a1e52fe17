using System.Text;
using PhantomDb.Durability;
using PhantomDb.Durability.Log;
using PhantomDb.Storage;
using PhantomDb.Vectors;

namespace PhantomDb.Transactions;

/// <summary>
/// Rows of one table as the log's records. What a row was is its newest committed version, what it is its newest one: the caller's
/// transaction owns it, and it stays so until that has ended. For one thread; kept from commit to commit.
/// </summary>
internal sealed class RowRecords
{
    private readonly byte[] _name;
    private readonly byte[] _insert;   // what their records begin with
    private readonly byte[] _update;
    private readonly byte[] _delete;
    private readonly RowImage _image;
    private readonly RowBuffer _row;      // its own
    private readonly bool _hasEqualRows;
    private EqualRows? _equalRows;

    public RowRecords(TableStore table)
    {
        Table = table;
        _name = Encoding.UTF8.GetBytes(DefinitionText.NameOf(table.Definition.Schema, table.Definition.Name));
        _insert = LogBatch.Prefix(LogOperation.Insert, _name);
        _update = LogBatch.Prefix(LogOperation.Update, _name);
        _delete = LogBatch.Prefix(LogOperation.Delete, _name);
        _image = new RowImage(table);
        _row = _image.Row;
        _hasEqualRows = table.Definition.PrimaryKey is null;
    }

    public TableStore Table { get; }

    /// <summary>True where rows may be equal, so that their places have to be told.</summary>
    public bool HasEqualRows => _hasEqualRows;

    /// <summary>Adds what the transaction has made of a row, if it has changed it at all; gives the bytes where the row is new.</summary>
    public int Add(LogBatch batch, long rowId, Dictionary<long, int>? places)
    {
        return TryAddChange(batch, rowId, places, out bool isThere) || !isThere ? 0 : AddInsert(batch);
    }

    /// <summary>Adds a row that the transaction has inserted, if it is still there.</summary>
    public void AddInserted(LogBatch batch, long rowId)
    {
        if (Table.TryReadLatest(rowId, _row))
        {
            AddInsert(batch);
        }
    }

    private int AddInsert(LogBatch batch)
    {
        int start = batch.ByteCount;
        batch.Begin(_insert);
        _image.Write(batch);
        batch.End();
        return batch.ByteCount - start;
    }

    /// <summary>Adds what the transaction has made of a row that was there before; false where it was not.</summary>
    public bool TryAddChange(LogBatch batch, long rowId, Dictionary<long, int>? places) => TryAddChange(batch, rowId, places, out _);

    private bool TryAddChange(LogBatch batch, long rowId, Dictionary<long, int>? places, out bool isThere)
    {
        if (!_image.TryReadChange(rowId, out isThere))
        {
            return false;
        }
        batch.Begin(isThere ? _update : _delete);
        int before = batch.Position;
        _image.WriteBefore(batch);
        if (places is not null && places.TryGetValue(rowId, out int place) && place > 1)
        {
            batch.Cell(place);
        }
        if (isThere)
        {
            batch.Mark();
            if (!_image.WriteAfter(batch, before))
            {
                batch.Abandon();
                return true;
            }
        }
        batch.End();
        return true;
    }

    /// <summary>Appends a row that the transaction alone has to a chunk of the table's columns.</summary>
    public void AppendNew(long rowId, DataChunk chunk)
    {
        if (!_image.TryReadChange(rowId, out bool isThere) && isThere)
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
        batch.CountOperations(file.RowCount, file.ByteCount);
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
                batch.Begin(_insert);
                _image.Write(batch, chunk.Vectors, chunk.Position(row));
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

    /// <summary>The places among equal rows of those that were there before; null where no rows can be equal.</summary>
    public Dictionary<long, int>? PlacesOf(ReadOnlySpan<long> rowIds) => HasEqualRows ? (_equalRows ??= new EqualRows(Table, _image)).PlacesOf(rowIds) : null;
}
