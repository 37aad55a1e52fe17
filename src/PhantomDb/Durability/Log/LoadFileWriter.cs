using System.Text;
using PhantomDb.Catalog;
using PhantomDb.Vectors;

namespace PhantomDb.Durability.Log;

/// <summary>A side file that is whole and on the disk, as the record LOAD has it.</summary>
internal sealed record LoadFile(string FileName, long RowCount, uint Crc)
{
    /// <summary>Of the whole file, about.</summary>
    public long ByteCount { get; init; }
}

/// <summary>
/// Writes rows of one table to a side file: a sealed database file (docs/file-formats.md) with one section, which has no lines but these.
/// <code>
/// [TABLE:users]
/// COLUMNS:id:int,name:string
/// DATA:id,name
/// ROW:1,Jane Smith
/// </code>
/// In pieces that are flushed one by one, so that the log's flushes do not wait behind gigabytes. For one thread; what is not finished is removed.
/// </summary>
internal sealed class LoadFileWriter : IDisposable
{
    private const int BlockRowCount = 16384;
    private const int BlockBytes = 4 << 20;   // whichever is less: a reader holds a block
    private const int PieceBytes = 8 << 20;

    private readonly LoadFiles _files;
    private readonly string _fileName;
    private readonly IWritableFile _file;
    private readonly FileOutput _output;
    private readonly RowWriter _rows;
    private readonly List<BlockSeal> _blocks = [];
    private readonly long _sectionOffset;
    private long _rowCount;
    private long _blockStart;      // rows before the block
    private long _blockOffset;
    private long _flushedOffset;
    private bool _isFinished;

    public LoadFileWriter(LoadFiles files, string fileName, IWritableFile file, FileHeader header, TableDefinition table)
    {
        (_files, _fileName, _file) = (files, fileName, file);
        _output = new FileOutput(file);
        _output.Append(header.ToSealedText());
        _output.Restart();
        _output.Append((byte)'\n');
        _sectionOffset = _output.Offset;
        _output.StartSection();
        _output.Append(Head(table));
        _rows = new RowWriter(table, _output);
        _blockOffset = _output.Offset;
        _output.StartBlock();
    }

    public long RowCount => _rowCount;

    /// <summary>What a section begins with, up to its first row: other bytes are another table's, or damage.</summary>
    public static byte[] Head(TableDefinition table)
    {
        List<byte[]> lines =
        [
            Encoding.UTF8.GetBytes($"[TABLE:{DefinitionText.NameOf(table.Schema, table.Name)}]"),
            DefinitionWriter.Line("COLUMNS:", [.. table.Columns.Select(c => $"{DefinitionText.Quote(c.Name)}:{TypeText.Format(c.Type)}")]),
            DefinitionWriter.Line("DATA:", [.. table.Columns.Select(c => DefinitionText.Quote(c.Name))]),
        ];
        lines[0] = DefinitionWriter.Line("", Encoding.UTF8.GetString(lines[0]));
        return [.. lines.SelectMany(line => line.Append((byte)'\n'))];
    }

    /// <summary>Adds a chunk's rows; its vectors are the table's columns in their order.</summary>
    public void Write(DataChunk chunk)
    {
        for (int row = 0; row < chunk.Count; row++)
        {
            _rows.Write(chunk, row, 1);
            _rowCount++;
            if (_rowCount - _blockStart == BlockRowCount || _output.Offset - _blockOffset >= BlockBytes)
            {
                EndBlock();
            }
            if (_output.Offset - _flushedOffset >= PieceBytes)
            {
                Flush();
            }
        }
    }

    /// <summary>Seals the file; when this returns it is on the disk, with its name.</summary>
    public LoadFile Finish()
    {
        if (_rowCount > _blockStart)
        {
            EndBlock();
        }
        var section = new SectionSeal(_sectionOffset, _output.Offset - _sectionOffset, _rowCount, _output.EndSection(), _blocks);
        _output.Append(string.Create(System.Globalization.CultureInfo.InvariantCulture, $"# Rows: {_rowCount} | CRC: {Checksum.Text(section.Crc)}\n"));
        var seal = new FileSeal([section], _output.Offset, _output.Crc);
        _output.Append(seal.ToText());
        Flush();
        _file.Dispose();
        _files.EnsureWritten(_fileName, seal);   // nothing that a commit rests on is believed before it has been read back
        _files.FlushFolder();
        _isFinished = true;
        return new LoadFile(_fileName, _rowCount, seal.Crc) { ByteCount = seal.Length };
    }

    public void Dispose()
    {
        if (!_isFinished)
        {
            _file.Dispose();
            _files.Discard(_fileName);
        }
    }

    private void EndBlock()
    {
        _blocks.Add(new BlockSeal(_blockOffset, _output.Offset - _blockOffset, _rowCount - _blockStart, _output.EndBlock()));
        _blockStart = _rowCount;
        _blockOffset = _output.Offset;
        _output.StartBlock();
    }

    private void Flush()
    {
        _output.FlushBuffer();
        _file.Flush();
        _flushedOffset = _output.Offset;
    }
}
