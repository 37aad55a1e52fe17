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
    private readonly IFileSystem _files;
    private readonly string _path;
    private readonly long _rowCount;
    private readonly uint _crc;
    private readonly Guid _id;

    public LoadFileReader(LogReader record, string segmentPath, IFileSystem files)
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
    public void ReadRows(TableApplier table, LogReader record)
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
            byte[] bytes = ArrayPool<byte>.Shared.Rent(checked((int)block.Length));
            stream.Position = file.HeaderLength + block.Offset;
            stream.ReadExactly(bytes.AsSpan(0, (int)block.Length));
            using var records = new CsvRecordReader(bytes.AsMemory(0, (int)block.Length));
            while (records.TryRead(out string? problem))
            {
                if (problem is not null)
                {
                    throw new FormatException($"{problem}: \"{_path}\"");
                }
                table.Append(records, parser, position);
            }
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

    private Stream Open() => _files.Exists(_path) ? _files.OpenRead(_path)
        : throw new FormatException($"the file \"{_path}\", which has the rows, is missing");

    private SealedFile Verify(Stream stream)
    {
        SealedFile file = SealedFile.Verify(stream, _path);
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
