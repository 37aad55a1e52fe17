namespace PhantomDb.Durability;

/// <summary>
/// A large file that is written beside a log: flushed every megabyte. Otherwise the file system gathers its pages, and the next flush of the log, which goes
/// through the same journal, waits until all of them are on the disk.
/// </summary>
internal sealed class PacedFile(IWritableFile file, Action? afterPiece) : IWritableFile
{
    private const int PieceBytes = 1 << 18;
    private const int FlushedBytes = 1 << 20;

    private long _flushed = file.Length;

    public long Length => file.Length;

    public void Append(ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            int length = Math.Min(bytes.Length, PieceBytes);
            file.Append(bytes[..length]);
            if (file.Length - _flushed >= FlushedBytes)
            {
                Flush();
            }
            afterPiece?.Invoke();
            bytes = bytes[length..];
        }
    }

    public int Read(long offset, Span<byte> target) => file.Read(offset, target);

    public bool IsAt(string path) => file.IsAt(path);

    public void TruncateTo(long length) => file.TruncateTo(length);

    public void Flush()
    {
        file.Flush();
        _flushed = file.Length;
    }

    public void Dispose() => file.Dispose();
}
