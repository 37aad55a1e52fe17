using PhantomDb.Durability;
using PhantomDb.Fuzz.Folders;

namespace PhantomDb.Fuzz.Crash;

/// <summary>
/// Between a database and its disk: leaves out what durability must do. With one of these the oracle has to find something, or the crash tests would prove
/// nothing.
/// </summary>
internal sealed class FaultyDisk(IFileSystem disk) : PassingDisk(disk)
{
    /// <summary>Files whose flushes are left out.</summary>
    public Func<string, bool> SkipsFlushOf { get; init; } = _ => false;

    public bool SkipsFolderFlush { get; init; }

    /// <summary>Of segments that are read, the last line is not given.</summary>
    public bool HidesLastLine { get; init; }

    public override Stream OpenRead(string path)
    {
        Stream stream = base.OpenRead(path);
        if (!HidesLastLine || !path.EndsWith(".log", StringComparison.Ordinal))
        {
            return stream;
        }
        using (stream)
        {
            byte[] bytes = new byte[stream.Length];
            stream.ReadExactly(bytes);
            bytes = FolderDamage.WithoutReserve(bytes);
            int end = bytes.Length > 0 ? bytes.AsSpan(0, bytes.Length - 1).LastIndexOf((byte)'\n') + 1 : 0;
            return new MemoryStream(bytes[..end]);
        }
    }

    public override void FlushFolder(string path)
    {
        if (!SkipsFolderFlush)
        {
            base.FlushFolder(path);
        }
    }

    protected override IWritableFile Wrap(string path, IWritableFile file) => SkipsFlushOf(path) ? new UnflushedFile(file) : file;

    private sealed class UnflushedFile(IWritableFile file) : PassingFile(file)
    {
        public override void Flush()
        {
        }
    }
}
