namespace PhantomDb.Durability;

/// <summary>Another disk, for reading alone: what some of its files seem to be is the derived class's. Who writes to it has made a mistake.</summary>
internal abstract class ReadOnlyDisk(IFileSystem inner) : IFileSystem
{
    public virtual bool Exists(string path) => inner.Exists(path);

    public bool FolderExists(string path) => inner.FolderExists(path);

    public long Length(string path) => inner.Length(path);

    public DateTime WrittenAt(string path) => inner.WrittenAt(path);

    public virtual Stream OpenRead(string path) => inner.OpenRead(path);

    public virtual IReadOnlyList<string> List(string folder) => inner.List(folder);

    public IWritableFile Create(string path) => throw new NotSupportedException();

    public IWritableFile OpenWrite(string path) => throw new NotSupportedException();

    public void Rename(string from, string to) => throw new NotSupportedException();

    public void Delete(string path) => throw new NotSupportedException();

    public void CreateFolder(string path) => throw new NotSupportedException();

    public IFileLock Lock(string path, string owner) => throw new NotSupportedException();

    public void FlushFolder(string path) => throw new NotSupportedException();
}
