namespace PhantomDb.Durability.Inspection;

/// <summary>A disk on which some files, with the seals beside them, do not seem to be: what would the others give?</summary>
internal sealed class WithoutFiles(IFileSystem inner, IReadOnlyCollection<string> paths) : ReadOnlyDisk(inner)
{
    public override bool Exists(string file) => !IsHidden(file) && base.Exists(file);

    public override IReadOnlyList<string> List(string folder) => [.. base.List(folder).Where(file => !IsHidden(file))];

    private bool IsHidden(string file)
    {
        string name = Path.GetFileName(file);
        return paths.Any(path => name == Path.GetFileName(path)
            || name == Path.GetFileName(DatabaseFileWriter.SealPath(path)) || name == Path.GetFileName(DatabaseFileWriter.NewSealPath(path)));
    }
}
