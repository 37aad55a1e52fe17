using PhantomDb.Durability;

namespace PhantomDb.Tests.Durability.Snapshots;

/// <summary>A disk that tells before it writes a piece of a file, and how much of a snapshot was written and not flushed at most.</summary>
internal sealed class WatchedDisk(IFileSystem disk, Action<string> beforeAppend) : IFileSystem
{
    public long UnflushedMost { get; private set; }

    public bool Exists(string path) => disk.Exists(path);

    public bool FolderExists(string path) => disk.FolderExists(path);

    public long Length(string path) => disk.Length(path);

    public DateTime WrittenAt(string path) => disk.WrittenAt(path);

    public Stream OpenRead(string path) => disk.OpenRead(path);

    public IWritableFile Create(string path) => new WatchedFile(this, path, disk.Create(path));

    public IWritableFile OpenWrite(string path) => new WatchedFile(this, path, disk.OpenWrite(path));

    public void Rename(string from, string to) => disk.Rename(from, to);

    public void Delete(string path) => disk.Delete(path);

    public IReadOnlyList<string> List(string folder) => disk.List(folder);

    public void CreateFolder(string path) => disk.CreateFolder(path);

    public IDisposable Lock(string path, string owner) => disk.Lock(path, owner);

    public void FlushFolder(string path) => disk.FlushFolder(path);

    private sealed class WatchedFile(WatchedDisk owner, string path, IWritableFile file) : IWritableFile
    {
        private long _unflushed;

        public long Length => file.Length;

        public void Append(ReadOnlySpan<byte> bytes)
        {
            owner.Before(path);
            file.Append(bytes);
            _unflushed += bytes.Length;
            owner.UnflushedMost = path.Contains("_snapshot_", StringComparison.Ordinal) ? Math.Max(owner.UnflushedMost, _unflushed) : owner.UnflushedMost;
        }

        public void TruncateTo(long length) => file.TruncateTo(length);

        public void Flush()
        {
            file.Flush();
            _unflushed = 0;
        }

        public void Dispose() => file.Dispose();
    }

    private void Before(string path) => beforeAppend(path);
}
