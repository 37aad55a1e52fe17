using System.Diagnostics;

namespace PhantomDb.Durability;

/// <summary>
/// A disk of which somebody is told how far the reading of large files is, and the writing of whole ones; not what is written to a log. Several threads may tell at once.
/// </summary>
internal sealed class WatchedDisk(IFileSystem inner, Action<FileProgress> tell) : PassingDisk(inner)
{
    private const string NewEnding = ".new";
    private const int PieceBytes = 1 << 18;   // the clock is looked at after so many
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);

    private long _lastTold = Stopwatch.GetTimestamp();

    public override Stream OpenRead(string path)
    {
        Stream stream = base.OpenRead(path);
        return new PacedReads(stream, () =>
        {
            if (IsTime())
            {
                Tell(path, isWriting: false, stream.Position, stream.Length);
            }
        });
    }

    // A whole file is written beside the one that it is to replace; so is the log's next segment, which then grows by commits.
    protected override IWritableFile Wrap(string path, IWritableFile file) =>
        path.EndsWith(NewEnding, StringComparison.Ordinal) && !path.EndsWith(".log.new", StringComparison.Ordinal) ? new Writes(this, path, file) : file;

    private bool IsTime()
    {
        long last = Volatile.Read(ref _lastTold);
        return Stopwatch.GetElapsedTime(last) >= Pause && Interlocked.CompareExchange(ref _lastTold, Stopwatch.GetTimestamp(), last) == last;
    }

    private void Tell(string path, bool isWriting, long position, long? length) =>
        tell(new FileProgress(path.EndsWith(NewEnding, StringComparison.Ordinal) ? path[..^NewEnding.Length] : path, isWriting, position, length));

    private sealed class Writes(WatchedDisk disk, string path, IWritableFile file) : PassingFile(file)
    {
        private long _next = PieceBytes;

        public override void Append(ReadOnlySpan<byte> bytes)
        {
            base.Append(bytes);
            if (Length >= _next)
            {
                _next = Length + PieceBytes;
                if (disk.IsTime())
                {
                    disk.Tell(path, isWriting: true, Length, null);
                }
            }
        }
    }
}
