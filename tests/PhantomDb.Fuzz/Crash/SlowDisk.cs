using PhantomDb.Durability;

namespace PhantomDb.Fuzz.Crash;

/// <summary>A disk that takes its time for each write and flush of the log.</summary>
internal sealed class SlowDisk(IFileSystem disk, int delayMs) : IFileSystem
{
    public bool Exists(string path) => disk.Exists(path);

    public bool FolderExists(string path) => disk.FolderExists(path);

    public long Length(string path) => disk.Length(path);

    public DateTime WrittenAt(string path) => disk.WrittenAt(path);

    public Stream OpenRead(string path) => disk.OpenRead(path);

    public IWritableFile Create(string path) => new File(disk.Create(path), delayMs);

    public IWritableFile OpenWrite(string path) => new File(disk.OpenWrite(path), delayMs);

    public void Rename(string from, string to) => disk.Rename(from, to);

    public void Delete(string path) => disk.Delete(path);

    public IReadOnlyList<string> List(string folder) => disk.List(folder);

    public void CreateFolder(string path) => disk.CreateFolder(path);

    public IDisposable Lock(string path, string owner) => disk.Lock(path, owner);

    public void FlushFolder(string path) => disk.FlushFolder(path);

    private sealed class File(IWritableFile file, int delayMs) : IWritableFile
    {
        public long Length => file.Length;

        public void Append(ReadOnlySpan<byte> bytes)
        {
            Thread.Sleep(delayMs);
            file.Append(bytes);
        }

        public void TruncateTo(long length) => file.TruncateTo(length);

        public void Flush()
        {
            Thread.Sleep(delayMs);
            file.Flush();
        }

        public void Dispose() => file.Dispose();
    }
}
