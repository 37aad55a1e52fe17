using PhantomDb.Durability;

namespace PhantomDb.Fuzz.Crash;

/// <summary>
/// Between a database and its disk: leaves out what durability must do. With one of these the oracle has to find something, or the crash tests would prove
/// nothing.
/// </summary>
internal sealed class FaultyDisk(IFileSystem disk) : IFileSystem
{
    /// <summary>Files whose flushes are left out.</summary>
    public Func<string, bool> SkipsFlushOf { get; init; } = _ => false;

    public bool SkipsFolderFlush { get; init; }

    /// <summary>Of segments that are read, the last line is not given.</summary>
    public bool HidesLastLine { get; init; }

    public bool Exists(string path) => disk.Exists(path);

    public bool FolderExists(string path) => disk.FolderExists(path);

    public long Length(string path) => disk.Length(path);

    public DateTime WrittenAt(string path) => disk.WrittenAt(path);

    public Stream OpenRead(string path)
    {
        Stream stream = disk.OpenRead(path);
        if (!HidesLastLine || !path.EndsWith(".log", StringComparison.Ordinal))
        {
            return stream;
        }
        using (stream)
        {
            byte[] bytes = new byte[stream.Length];
            stream.ReadExactly(bytes);
            int end = bytes.Length > 0 ? bytes.AsSpan(0, bytes.Length - 1).LastIndexOf((byte)'\n') + 1 : 0;
            return new MemoryStream(bytes[..end]);
        }
    }

    public IWritableFile Create(string path) => new File(disk.Create(path), SkipsFlushOf(path));

    public IWritableFile OpenWrite(string path) => new File(disk.OpenWrite(path), SkipsFlushOf(path));

    public void Rename(string from, string to) => disk.Rename(from, to);

    public void Delete(string path) => disk.Delete(path);

    public IReadOnlyList<string> List(string folder) => disk.List(folder);

    public void CreateFolder(string path) => disk.CreateFolder(path);

    public IDisposable Lock(string path, string owner) => disk.Lock(path, owner);

    public void FlushFolder(string path)
    {
        if (!SkipsFolderFlush)
        {
            disk.FlushFolder(path);
        }
    }

    private sealed class File(IWritableFile file, bool skipsFlush) : IWritableFile
    {
        public long Length => file.Length;

        public void Append(ReadOnlySpan<byte> bytes) => file.Append(bytes);

        public void TruncateTo(long length) => file.TruncateTo(length);

        public void Flush()
        {
            if (!skipsFlush)
            {
                file.Flush();
            }
        }

        public void Dispose() => file.Dispose();
    }
}
