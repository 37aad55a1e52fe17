using PhantomDb.Durability.Log;

namespace PhantomDb.Durability.Inspection;

/// <summary>
/// What changes whenever something is written to a log, or a segment comes or goes, as far as the system's clock tells times apart. To be taken before what is there is read.
/// </summary>
internal sealed record FolderStamp
{
    private static readonly TimeSpan JustWritten = TimeSpan.FromSeconds(1);

    private (long Length, DateTime WrittenAt)? Active { get; init; }

    private IReadOnlyList<string> Segments { get; init; } = [];

    /// <summary>False where the log was written just now: what comes next may have the same time.</summary>
    public bool IsOld { get; private init; } = true;

    public static FolderStamp Of(string path, IFileSystem files)
    {
        string folder = Path.GetDirectoryName(path)!, name = Path.GetFileNameWithoutExtension(path), active = Path.Combine(folder, LogSegmentName.Active(name));
        var stamp = new FolderStamp
        {
            Segments = [.. files.List(folder).Select(file => Path.GetFileName(file)!).Where(file => LogSegmentName.TryParse(file)?.DatabaseName == name).Order(StringComparer.Ordinal)],
        };
        try
        {
            return files.Exists(active) && files.WrittenAt(active) is var writtenAt
                ? stamp with { Active = (files.Length(active), writtenAt), IsOld = DateTime.UtcNow - writtenAt > JustWritten } : stamp;
        }
        catch (PhantomDbException)
        {
            return stamp;   // just being renamed
        }
    }

    public bool IsSameAs(FolderStamp other) => Active == other.Active && Segments.SequenceEqual(other.Segments);
}
