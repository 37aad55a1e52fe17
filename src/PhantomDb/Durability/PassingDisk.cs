namespace PhantomDb.Durability;

/// <summary>Hands everything on to another disk: what stands between a database and its disk overrides what it is about.</summary>
internal abstract class PassingDisk(IFileSystem disk) : IFileSystem
{
    public bool Exists(string path) => disk.Exists(path);

    public bool FolderExists(string path) => disk.FolderExists(path);

    public long Length(string path) => disk.Length(path);

    public DateTime WrittenAt(string path) => disk.WrittenAt(path);

    public virtual FileMark MarkOf(string path) => disk.MarkOf(path);

    public string TargetOf(string path) => disk.TargetOf(path);

    public virtual Stream OpenRead(string path) => disk.OpenRead(path);

    public IWritableFile Create(string path) => Wrap(path, disk.Create(path));

    public IWritableFile OpenWrite(string path) => Wrap(path, disk.OpenWrite(path));

    public virtual void Rename(string from, string to) => disk.Rename(from, to);

    public virtual void Delete(string path) => disk.Delete(path);

    public virtual IReadOnlyList<string> List(string folder) => disk.List(folder);

    public void CreateFolder(string path) => disk.CreateFolder(path);

    public virtual IFileLock Lock(string path, string owner) => disk.Lock(path, owner);

    public virtual void FlushFolder(string path) => disk.FlushFolder(path);

    /// <summary>What stands between a file and who writes to it.</summary>
    protected virtual IWritableFile Wrap(string path, IWritableFile file) => file;
}

/// <summary>Hands everything on to another file.</summary>
internal abstract class PassingFile(IWritableFile file) : IWritableFile
{
    public long Length => file.Length;

    public virtual void Append(ReadOnlySpan<byte> bytes) => file.Append(bytes);

    public virtual void Reserve(int count) => file.Reserve(count);

    public int Read(long offset, Span<byte> target) => file.Read(offset, target);

    public bool IsAt(string path) => file.IsAt(path);

    public void TruncateTo(long length) => file.TruncateTo(length);

    public virtual void Flush() => file.Flush();

    public void Dispose() => file.Dispose();
}
