using PhantomDb.Errors;
using PhantomDb.Storage;

namespace PhantomDb.Durability.Snapshots;

/// <summary>
/// An older file of the same database, from which rows of tables are copied that no commit has changed since: bytes instead of values. Each
/// block is summed up as it is copied: what is not as it was written is damage, and the new file is given up.
/// </summary>
internal sealed class UnchangedRows(WrittenFile file, Stream stream) : IDisposable
{
    private readonly byte[] _buffer = new byte[1 << 17];

    /// <summary>Opens the file; null where it is gone or cannot be read.</summary>
    public static UnchangedRows? TryOpen(WrittenFile? file, IFileSystem files)
    {
        try
        {
            return file is null ? null : new UnchangedRows(file, files.OpenRead(file.Path));
        }
        catch (PhantomDbException)
        {
            return null;   // then all rows are encoded
        }
    }

    public string Path => file.Path;

    /// <summary>Bytes of rows that were copied.</summary>
    public long CopiedBytes { get; private set; }

    /// <summary>Where a table's rows stand; null where they are not the same any more.</summary>
    public SectionSeal? Find(TableStore table) => table.LastCommit <= file.Lsn && file.Tables.TryGetValue(table, out SectionSeal? section) ? section : null;

    /// <summary>Copies a block of rows; gives its place in the new file.</summary>
    public BlockSeal Copy(BlockSeal block, FileOutput output)
    {
        long offset = output.Offset;
        output.StartBlock();
        stream.Position = file.HeaderLength + block.Offset;
        for (long rest = block.Length; rest > 0;)
        {
            int count = stream.Read(_buffer, 0, (int)Math.Min(_buffer.Length, rest));
            if (count == 0)
            {
                break;
            }
            output.Append(_buffer.AsSpan(0, count));
            rest -= count;
        }
        if (output.Offset - offset != block.Length || output.EndBlock() != block.Crc)
        {
            throw Error.FileDamaged(file.Path, "its rows are not as they were written", file.Path, null, null);
        }
        CopiedBytes += block.Length;
        return block with { Offset = offset };
    }

    public void Dispose() => stream.Dispose();
}
