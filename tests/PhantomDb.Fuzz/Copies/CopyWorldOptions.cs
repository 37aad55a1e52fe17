using System.Globalization;
using PhantomDb.Durability;

namespace PhantomDb.Fuzz.Copies;

/// <summary>How the database is opened in a world.</summary>
/// <param name="SegmentSize">Of the log.</param>
/// <param name="SnapshotEvery">After so many changes in one opening one is taken.</param>
/// <param name="RetentionCount">Of segments that recovery does not need.</param>
internal sealed record CopyWorldOptions(long SegmentSize, int SnapshotEvery, int RetentionCount)
{
    private static readonly UnflushedDisk Disk = new(PhysicalFileSystem.Instance);

    /// <summary>One of many.</summary>
    public static CopyWorldOptions Draw(Random random) => new(random.Next(3) switch { 0 => 4096, 1 => 16384, _ => 1 << 20 }, random.Next(3) switch { 0 => 5, 1 => 20, _ => 1000 }, random.Next(2) == 0 ? 1 : 64);

    public DatabaseOptions For(string folder, TimeProvider clock, bool isReadOnly = false) => new()
    {
        FileSystem = Disk, DataDirectory = folder, IsReadOnly = isReadOnly, SyncPolicy = SyncPolicy.None, LogSegmentSize = SegmentSize, LogRetentionCount = RetentionCount,
        SnapshotEnabled = false, Clock = clock,   // snapshots are taken between changes, so that a world can be repeated
    };

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"segments of {SegmentSize} bytes, {RetentionCount} kept, a snapshot after {SnapshotEvery} changes");
}
