using PhantomDb.Durability;

namespace PhantomDb.Benchmarks.Engines;

/// <summary>The system's files, and a count of what is asked of them.</summary>
internal sealed class CountingFileSystem(IFileSystem files) : PassingDisk(files)
{
    private long _opened;
    private long _writes;
    private long _flushes;
    private long _bytes;

    /// <summary>Files opened or made, writes, flushes of files and folders, bytes written.</summary>
    public (long Opened, long Writes, long Flushes, long Bytes) Counts =>
        (Interlocked.Read(ref _opened), Interlocked.Read(ref _writes), Interlocked.Read(ref _flushes), Interlocked.Read(ref _bytes));

    public override Stream OpenRead(string path)
    {
        Interlocked.Increment(ref _opened);
        return base.OpenRead(path);
    }

    public override void FlushFolder(string path)
    {
        Interlocked.Increment(ref _flushes);
        base.FlushFolder(path);
    }

    protected override IWritableFile Wrap(string path, IWritableFile file)
    {
        Interlocked.Increment(ref _opened);
        return new CountedFile(this, file);
    }

    private sealed class CountedFile(CountingFileSystem owner, IWritableFile file) : PassingFile(file)
    {
        public override void Append(ReadOnlySpan<byte> bytes)
        {
            Interlocked.Increment(ref owner._writes);
            Interlocked.Add(ref owner._bytes, bytes.Length);
            base.Append(bytes);
        }

        public override void Reserve(int count)
        {
            Interlocked.Increment(ref owner._writes);
            Interlocked.Add(ref owner._bytes, count);
            base.Reserve(count);
        }

        public override void Flush()
        {
            Interlocked.Increment(ref owner._flushes);
            base.Flush();
        }
    }
}
