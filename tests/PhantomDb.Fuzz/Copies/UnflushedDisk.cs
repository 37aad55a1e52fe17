using PhantomDb.Durability;
using PhantomDb.Fuzz.Crash;

namespace PhantomDb.Fuzz.Copies;

/// <summary>A disk without flushes: in these worlds processes are killed, and the power stays. Flushes of a real one would take most of the time.</summary>
internal sealed class UnflushedDisk(IFileSystem disk) : PassingDisk(disk)
{
    public override void FlushFolder(string path)
    {
    }

    protected override IWritableFile Wrap(string path, IWritableFile file) => new UnflushedFile(file);

    private sealed class UnflushedFile(IWritableFile file) : PassingFile(file)
    {
        public override void Flush()
        {
        }
    }
}
