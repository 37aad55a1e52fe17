using PhantomDb.Fuzz.Files;

namespace PhantomDb.Fuzz.Folders;

/// <summary>
/// Damages a folder at random: bytes and lines as <see cref="FileMutator"/> does, whole files, and fields of lines, headers and manifests whose
/// checksums are then made to fit, so that what is behind the checksums is met too.
/// </summary>
internal sealed class FolderMutator(Random random)
{
    private readonly ChecksumForger _forger = new(random);

    /// <summary>True where a checksum was made to fit.</summary>
    public bool IsForged => _forger.HasForged;

    public string What { get; private set; } = "";

    public Dictionary<string, byte[]> Mutate(SampleFolder sample)
    {
        var files = new Dictionary<string, byte[]>(sample.Files);
        for (int i = random.Next(1, 4); i > 0; i--)
        {
            string[] paths = [.. files.Keys.Order(StringComparer.Ordinal)];
            string path = paths[random.Next(paths.Length)];
            bool isLog = path.EndsWith(".log", StringComparison.Ordinal);
            switch (random.Next(10))
            {
                case 0 when files.Count > 1:
                    files.Remove(path);
                    Note("gone", path);
                    break;
                case 1:
                    files[path] = files[paths[random.Next(paths.Length)]];
                    Note("another", path);
                    break;
                case >= 2 and <= 4 when isLog:
                    files[path] = _forger.ForgeLine(files[path]);
                    Note("forged line", path);
                    break;
                case 5 when isLog:
                    files[path] = _forger.ForgeHeader(files[path]);
                    Note("forged header", path);
                    break;
                case >= 2 and <= 5 when path == SampleFolder.ManifestPath:
                    files[path] = _forger.ForgeManifest(files[path]);
                    Note("forged", path);
                    break;
                default:
                    files[path] = new FileMutator(random).Mutate(files[path]);
                    Note("damaged", path);
                    break;
            }
        }
        return files;
    }

    private void Note(string what, string path) => What += $"{(What.Length > 0 ? "; " : "")}{what} {Path.GetFileName(path)}";
}
