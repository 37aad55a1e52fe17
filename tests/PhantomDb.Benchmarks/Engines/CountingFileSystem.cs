using PhantomDb.Durability;

namespace PhantomDb.Benchmarks.Engines;

/// <summary>The system's files, and a count of what is asked of them.</summary>
internal sealed class CountingFileSystem(IFileSystem files) : IFileSystem
{
    private long _opened;
    private long _writes;
    private long _flushes;
    private long _bytes;

    /// <summary>Files opened or made, writes, flushes of files and folders, bytes written.</summary>
    public (long Opened, long Writes, long Flushes, long Bytes) Counts =>
        (Interlocked.Read(ref _opened), Interlocked.Read(ref _writes), Interlocked.Read(ref _flushes), Interlocked.Read(ref _bytes));

    public bool Exists(string path) => files.Exists(path);

    public bool FolderExists(string path) => files.FolderExists(path);

    public long Length(string path) => files.Length(path);

    public DateTime WrittenAt(string path) => files.WrittenAt(path);

    public FileMark MarkOf(string path) => files.MarkOf(path);

    public Stream OpenRead(string path)
    {
        Interlocked.Increment(ref _opened);
        return files.OpenRead(path);
    }

    public IWritableFile Create(string path)
    {
        Interlocked.Increment(ref _opened);
        return new CountedFile(this, files.Create(path));
    }

    public IWritableFile OpenWrite(string path)
    {
        Interlocked.Increment(ref _opened);
        return new CountedFile(this, files.OpenWrite(path));
    }

    public void Rename(string from, string to) => files.Rename(from, to);

    public void Delete(string path) => files.Delete(path);

    public IReadOnlyList<string> List(string folder) => files.List(folder);

    public void CreateFolder(string path) => files.CreateFolder(path);

    public IFileLock Lock(string path, string owner) => files.Lock(path, owner);

    public void FlushFolder(string path)
    {
        Interlocked.Increment(ref _flushes);
        files.FlushFolder(path);
    }

    private sealed class CountedFile(CountingFileSystem owner, IWritableFile file) : IWritableFile
    {
        public long Length => file.Length;

        public void Append(ReadOnlySpan<byte> bytes)
        {
            Interlocked.Increment(ref owner._writes);
            Interlocked.Add(ref owner._bytes, bytes.Length);
            file.Append(bytes);
        }

        public void Reserve(int count)
        {
            Interlocked.Increment(ref owner._writes);
            Interlocked.Add(ref owner._bytes, count);
            file.Reserve(count);
        }

        public int Read(long offset, Span<byte> target) => file.Read(offset, target);

        public bool IsAt(string path) => file.IsAt(path);

        public void TruncateTo(long length) => file.TruncateTo(length);

        public void Flush()
        {
            Interlocked.Increment(ref owner._flushes);
            file.Flush();
        }

        public void Dispose() => file.Dispose();
    }
}
