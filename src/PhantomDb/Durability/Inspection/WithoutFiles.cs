namespace PhantomDb.Durability.Inspection;

/// <summary>A disk on which some files, with the seals beside them, do not seem to be: what would the others give? For reading alone.</summary>
internal sealed class WithoutFiles(IFileSystem inner, IReadOnlyCollection<string> paths) : IFileSystem
{
    public bool Exists(string file) => !IsHidden(file) && inner.Exists(file);

    public bool FolderExists(string folder) => inner.FolderExists(folder);

    public long Length(string file) => inner.Length(file);

    public DateTime WrittenAt(string file) => inner.WrittenAt(file);

    public Stream OpenRead(string file) => inner.OpenRead(file);

    public IReadOnlyList<string> List(string folder) => [.. inner.List(folder).Where(file => !IsHidden(file))];

    public IWritableFile Create(string file) => throw new NotSupportedException();

    public IWritableFile OpenWrite(string file) => throw new NotSupportedException();

    public void Rename(string from, string to) => throw new NotSupportedException();

    public void Delete(string file) => throw new NotSupportedException();

    public void CreateFolder(string folder) => throw new NotSupportedException();

    public IFileLock Lock(string file, string owner) => throw new NotSupportedException();

    public void FlushFolder(string folder) => throw new NotSupportedException();

    private bool IsHidden(string file)
    {
        string name = Path.GetFileName(file);
        return paths.Any(path => name == Path.GetFileName(path)
            || name == Path.GetFileName(DatabaseFileWriter.SealPath(path)) || name == Path.GetFileName(DatabaseFileWriter.NewSealPath(path)));
    }
}
