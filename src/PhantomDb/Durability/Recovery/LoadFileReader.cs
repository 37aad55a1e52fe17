using System.Buffers;
using System.Globalization;
using System.Text;
using PhantomDb.Csv;
using PhantomDb.Durability.Log;
using PhantomDb.Errors;

namespace PhantomDb.Durability.Recovery;

/// <summary>
/// The side file of a LOAD record: rows of one table, or a whole database. Nothing of it is believed before it is proved: sealed, as the record
/// says, of the log's database, and written for that table.
/// </summary>
internal sealed class LoadFileReader
{
    private const int BlockBytesMax = 1 << 28;   // a block has 16,384 rows, however large: what is larger is read piece by piece

    private readonly IFileSystem _files;
    private readonly string _path;
    private readonly long _rowCount;
    private readonly uint _crc;
    private readonly Guid _id;

    public LoadFileReader(LogRecordCursor record, string segmentPath, IFileSystem files)
    {
        _files = files;
        if (record.Count != 3 || !long.TryParse(record.Value(1), NumberStyles.None, CultureInfo.InvariantCulture, out _rowCount)
            || !uint.TryParse(record.Value(2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out _crc))
        {
            throw new FormatException("the record has not the values file, rows and checksum");
        }
        FileName = Encoding.UTF8.GetString(record.Value(0));
        if (LoadFileName.TryParse(FileName) is null)
        {
            throw new FormatException($"\"{FileName}\" is not the name of a side file");
        }
        _path = Path.Combine(Path.GetDirectoryName(segmentPath) ?? "", FileName);
        _id = record.Header!.Id;
    }

    public string FileName { get; }

    /// <summary>Gives the rows to the table that the record is about.</summary>
    public void ReadRows(TableApplier table, LogRecordCursor record)
    {
        using Stream stream = Open();
        SealedFile file = Verify(stream);
        byte[] head = LoadFileWriter.Head(table.Definition);
        if (file.Seal.Sections is not [var section] || section.Length - section.Blocks.Sum(block => block.Length) != head.Length
            || !ReadBytes(stream, file.HeaderLength + section.Offset, head.Length).AsSpan().SequenceEqual(head))
        {
            throw new FormatException($"the file \"{_path}\" is not of table {Encoding.UTF8.GetString(record.Table)} with the columns that it has");
        }
        var position = new LogPosition(record.Offset, record.LineNumber, record.Line.Lsn);
        var parser = new RowParser(table.Definition, [.. Enumerable.Range(0, table.Definition.Columns.Count)], isOurs: true);
        table.BeginTransaction(record);
        foreach (BlockSeal block in section.Blocks)
        {
            Append(stream, file.HeaderLength + block.Offset, block, table, parser, position);
        }
    }

    /// <summary>
    /// To save what can be: the rows of the blocks whose checksums are right, where the record proves that they are the ones that it means. What is lost is
    /// told.
    /// </summary>
    public void ReadWholeRows(TableApplier table, LogRecordCursor record, ICollection<SideFileLoss> losses)
    {
        table.BeginTransaction(record);
        using Stream? stream = _files.Exists(_path) ? _files.OpenRead(_path) : null;
        FileSeal? seal = stream is null ? null : SealedFile.ReadSeal(stream);
        byte[] head = LoadFileWriter.Head(table.Definition);
        long start = stream is null || seal is null ? -1 : stream.Length - seal.ToText().Length - seal.Length;
        if (start < 0 || seal!.Crc != _crc || seal.RowCount != _rowCount || seal.Sections is not [var section] || section.Length - section.Blocks.Sum(block => block.Length) != head.Length)
        {
            losses.Add(new SideFileLoss(_path, string.Create(CultureInfo.InvariantCulture, $"all {_rowCount} rows of \"{_path}\", which {(stream is null ? "is missing" : "has no whole end that would tell what can be proved")}")));
            return;
        }
        var position = new LogPosition(record.Offset, record.LineNumber, record.Line.Lsn);
        var parser = new RowParser(table.Definition, [.. Enumerable.Range(0, table.Definition.Columns.Count)], isOurs: true);
        long firstRow = 1;
        foreach (BlockSeal block in section.Blocks)
        {
            long offset = start + block.Offset;
            if (Checksum.Of(stream!, offset, block.Length) == block.Crc)
            {
                Append(stream!, offset, block, table, parser, position);
            }
            else
            {
                losses.Add(new SideFileLoss(_path, string.Create(CultureInfo.InvariantCulture,
                    $"rows {firstRow} to {firstRow + block.RowCount - 1} of {_rowCount} of \"{_path}\": bytes {offset} to {offset + block.Length - 1} do not match their checksum")));
            }
            firstRow += block.RowCount;
        }
    }

    private void Append(Stream stream, long offset, BlockSeal block, TableApplier table, RowParser parser, LogPosition position)
    {
        byte[] bytes = [];
        if (block.Length <= BlockBytesMax)
        {
            bytes = ArrayPool<byte>.Shared.Rent((int)block.Length);
            stream.Position = offset;
            stream.ReadExactly(bytes.AsSpan(0, (int)block.Length));
        }
        using CsvRecordReader records = block.Length <= BlockBytesMax ? new CsvRecordReader(bytes.AsMemory(0, (int)block.Length))
            : new CsvRecordReader(new PartsStream(stream, [new StreamPart(null, offset, block.Length)]));
        while (records.TryRead(out string? problem))
        {
            if (problem is not null)
            {
                throw new FormatException($"{problem}: \"{_path}\"");
            }
            table.Append(records, parser, position);
        }
        if (bytes.Length > 0)
        {
            ArrayPool<byte>.Shared.Return(bytes);
        }
    }

    /// <summary>The database that is in place of the one before from this record on.</summary>
    public LoadedDatabase ReadDatabase(LoadTarget target)
    {
        using (Stream stream = Open())
        {
            Verify(stream);
        }
        return DatabaseFileReader.Read(_path, target, _files);
    }

    /// <summary>To save what can be: the sections of a database whose checksums are right. What is lost is told.</summary>
    public LoadedDatabase ReadWholeSections(ICollection<SideFileLoss> losses)
    {
        if (!_files.Exists(_path) || FileSalvage.Run(_path, _files) is not var (loaded, lost))
        {
            throw new FormatException($"nothing can be proved of the file \"{_path}\", which has all of the database");
        }
        foreach (string loss in lost)
        {
            losses.Add(new SideFileLoss(_path, loss));
        }
        return loaded;
    }

    private Stream Open() => _files.Exists(_path) ? _files.OpenRead(_path)
        : throw new FormatException($"the file \"{_path}\", which has the rows, is missing");

    private SealedFile Verify(Stream stream)
    {
        SealedFile file;
        try
        {
            file = SealedFile.Verify(stream, _path);
        }
        catch (PhantomDbException error) when (error.SqlState == SqlStates.DataCorrupted)
        {
            throw Error.FileDamaged(_path, "it has rows of a bulk load, and its bytes do not match its checksums", error.Where!, error.Detail, $"Restore the file from a copy. {Error.RepairHint}");
        }
        bool isMeant = file.Header.Id == _id && file.Seal.RowCount == _rowCount && file.Seal.Crc == _crc;
        return isMeant ? file : throw new FormatException($"the file \"{_path}\" is not the one that the record means: its id, rows or checksum differ");
    }

    private static byte[] ReadBytes(Stream stream, long offset, int length)
    {
        byte[] bytes = new byte[length];
        stream.Position = offset;
        stream.ReadExactly(bytes);
        return bytes;
    }
}
