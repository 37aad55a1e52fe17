using System.Diagnostics;

namespace PhantomDb.Durability;

/// <summary>
/// A disk of which somebody is told how far the reading of large files is, and the writing of whole ones; not what is written to a log. Several threads may tell at once.
/// </summary>
internal sealed class WatchedDisk(IFileSystem inner, Action<FileProgress> tell) : IFileSystem
{
    private const string NewEnding = ".new";
    private const int PieceBytes = 1 << 18;   // the clock is looked at after so many
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);

    private long _lastTold = Stopwatch.GetTimestamp();

    public bool Exists(string path) => inner.Exists(path);

    public bool FolderExists(string path) => inner.FolderExists(path);

    public long Length(string path) => inner.Length(path);

    public DateTime WrittenAt(string path) => inner.WrittenAt(path);

    public FileMark MarkOf(string path) => inner.MarkOf(path);

    public string TargetOf(string path) => inner.TargetOf(path);

    public Stream OpenRead(string path)
    {
        Stream stream = inner.OpenRead(path);
        return new PacedReads(stream, () =>
        {
            if (IsTime())
            {
                Tell(path, isWriting: false, stream.Position, stream.Length);
            }
        });
    }

    // A whole file is written beside the one that it is to replace; so is the log's next segment, which then grows by commits.
    public IWritableFile Create(string path) =>
        path.EndsWith(NewEnding, StringComparison.Ordinal) && !path.EndsWith(".log.new", StringComparison.Ordinal) ? new Writes(this, path, inner.Create(path)) : inner.Create(path);

    public IWritableFile OpenWrite(string path) => inner.OpenWrite(path);

    public void Rename(string from, string to) => inner.Rename(from, to);

    public void Delete(string path) => inner.Delete(path);

    public IReadOnlyList<string> List(string folder) => inner.List(folder);

    public void CreateFolder(string path) => inner.CreateFolder(path);

    public IFileLock Lock(string path, string owner) => inner.Lock(path, owner);

    public void FlushFolder(string path) => inner.FlushFolder(path);

    private bool IsTime()
    {
        long last = Volatile.Read(ref _lastTold);
        return Stopwatch.GetElapsedTime(last) >= Pause && Interlocked.CompareExchange(ref _lastTold, Stopwatch.GetTimestamp(), last) == last;
    }

    private void Tell(string path, bool isWriting, long position, long? length) =>
        tell(new FileProgress(path.EndsWith(NewEnding, StringComparison.Ordinal) ? path[..^NewEnding.Length] : path, isWriting, position, length));

    private sealed class Writes(WatchedDisk disk, string path, IWritableFile file) : IWritableFile
    {
        private long _next = PieceBytes;

        public long Length => file.Length;

        public void Append(ReadOnlySpan<byte> bytes)
        {
            file.Append(bytes);
            if (file.Length >= _next)
            {
                _next = file.Length + PieceBytes;
                if (disk.IsTime())
                {
                    disk.Tell(path, isWriting: true, file.Length, null);
                }
            }
        }

        public int Read(long offset, Span<byte> target) => file.Read(offset, target);

        public bool IsAt(string path) => file.IsAt(path);

        public void Reserve(int count) => file.Reserve(count);

        public void TruncateTo(long length) => file.TruncateTo(length);

        public void Flush() => file.Flush();

        public void Dispose() => file.Dispose();
    }
}
