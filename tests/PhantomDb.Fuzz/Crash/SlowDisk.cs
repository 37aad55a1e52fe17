using PhantomDb.Durability;

namespace PhantomDb.Fuzz.Crash;

/// <summary>A disk that takes its time for each write and flush, and for each block that is read.</summary>
internal sealed class SlowDisk(IFileSystem disk, int delayMs) : PassingDisk(disk)
{
    public override Stream OpenRead(string path) => new PacedReads(base.OpenRead(path), () => Thread.Sleep(delayMs));

    protected override IWritableFile Wrap(string path, IWritableFile file) => new File(file, delayMs);

    private sealed class File(IWritableFile file, int delayMs) : PassingFile(file)
    {
        public override void Append(ReadOnlySpan<byte> bytes)
        {
            Thread.Sleep(delayMs);
            base.Append(bytes);
        }

        public override void Flush()
        {
            Thread.Sleep(delayMs);
            base.Flush();
        }
    }
}
