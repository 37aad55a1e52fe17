using PhantomDb.Durability;
using PhantomDb.Fuzz.Crash;

namespace PhantomDb.Tests.Durability.Snapshots;

/// <summary>A disk that tells before it writes a piece of a file, and how much of a snapshot was written and not flushed at most.</summary>
internal sealed class WatchedDisk(IFileSystem disk, Action<string> beforeAppend) : PassingDisk(disk)
{
    public long UnflushedMost { get; private set; }

    protected override IWritableFile Wrap(string path, IWritableFile file) => new WatchedFile(this, path, file);

    private void Before(string path) => beforeAppend(path);

    private sealed class WatchedFile(WatchedDisk owner, string path, IWritableFile file) : PassingFile(file)
    {
        private long _unflushed;

        public override void Append(ReadOnlySpan<byte> bytes)
        {
            owner.Before(path);
            base.Append(bytes);
            _unflushed += bytes.Length;
            owner.UnflushedMost = path.Contains("_snapshot_", StringComparison.Ordinal) ? Math.Max(owner.UnflushedMost, _unflushed) : owner.UnflushedMost;
        }

        public override void Flush()
        {
            base.Flush();
            _unflushed = 0;
        }
    }
}
