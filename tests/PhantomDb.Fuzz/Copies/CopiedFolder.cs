using System.Security.Cryptography;
using PhantomDb.Durability;
using PhantomDb.Durability.Log;
using PhantomDb.Durability.Recovery;
using PhantomDb.Durability.Snapshots;

namespace PhantomDb.Fuzz.Copies;

/// <summary>A folder with a copy of the database, and what each of its files has. Files are told from each other by their bytes, segments of the log by their salts.</summary>
/// <param name="path">The folder.</param>
/// <param name="segments">What each segment has that was ever written, in whatever folder.</param>
internal sealed class CopiedFolder(string path, Dictionary<uint, SegmentOrigin> segments)
{
    public const string DatabaseName = "shop";
    public const string DatabaseFile = DatabaseName + ".db";
    public const string ActiveSegment = DatabaseName + ".log";
    private const string Manifest = DatabaseName + ".manifest";
    private const string Lock = DatabaseName + ".lock";

    private Dictionary<string, (string Bytes, FileOrigin Origin)> _files = [];

    public string Path { get; } = path;

    /// <summary>Of the folder, without those above it.</summary>
    public string Name => System.IO.Path.GetFileName(Path);

    /// <summary>What the database had when it was last closed or killed, where nobody has touched its files since; else null.</summary>
    public Revision? Untouched { get; set; }

    /// <summary>The names of all files, in their order, but for the lock.</summary>
    public string[] FileNames => [.. Directory.GetFiles(Path).Select(file => System.IO.Path.GetFileName(file)).Where(name => name != Lock).Order(StringComparer.Ordinal)];

    public ContentOrigin? Own => _files.GetValueOrDefault(DatabaseFile).Origin as ContentOrigin;

    public IReadOnlyDictionary<string, ContentOrigin> Snapshots =>
        _files.Where(file => IsSnapshot(file.Key)).ToDictionary(file => file.Key, file => (ContentOrigin)file.Value.Origin);

    public SegmentOrigin? Active => _files.GetValueOrDefault(ActiveSegment).Origin as SegmentOrigin;

    public IEnumerable<SegmentOrigin> Segments => _files.Values.Select(file => file.Origin).OfType<SegmentOrigin>();

    public ManifestOrigin? ManifestOrigin => _files.GetValueOrDefault(Manifest).Origin as ManifestOrigin;

    public static bool IsSnapshot(string name) => SnapshotName.TryParse(name)?.DatabaseName == DatabaseName;

    public static bool IsSegment(string name) => name == ActiveSegment || LogSegmentName.TryParse(name)?.DatabaseName == DatabaseName;

    /// <summary>Looks at the files again: what is new was written by a copy of the database that has come to a revision.</summary>
    public void NoteWritten(Revision last)
    {
        Dictionary<string, (string Bytes, FileOrigin Origin)> now = [];
        List<(string Name, LogHeader Header)> written = [];
        foreach (string name in FileNames)
        {
            byte[] bytes = File.ReadAllBytes(PathOf(name));
            if (IsSegment(name) && LogHeader.TryParse(bytes, out _) is { } header)
            {
                written.Add((name, header));
            }
            else if (name is DatabaseFile or Manifest || IsSnapshot(name))
            {
                string sum = Convert.ToHexString(SHA256.HashData(bytes));
                FileOrigin? known = _files.Values.FirstOrDefault(file => file.Bytes == sum).Origin;
                now[name] = (sum, known ?? (name == Manifest ? OfManifest(last) : OfContent(name, last)));
            }
        }
        NoteSegments([.. written.Select(segment => segment.Header).Where(header => !segments.ContainsKey(header.Salt)).OrderBy(header => header.FirstLsn)], last);
        foreach ((string name, LogHeader header) in written)
        {
            now[name] = ("", segments[header.Salt]);
        }
        _files = now;
    }

    /// <summary>Copies files here, with what is known of them.</summary>
    public void CopyFrom(CopiedFolder source, IReadOnlyList<string> names)
    {
        foreach (string name in names)
        {
            CopyFrom(source, name, name);
        }
    }

    /// <summary>Copies a file here under a name.</summary>
    public void CopyFrom(CopiedFolder source, string name, string newName)
    {
        File.Copy(source.PathOf(name), PathOf(newName), overwrite: true);
        Untouched = null;
        _files.Remove(newName);
        if (source._files.TryGetValue(name, out (string, FileOrigin) file))
        {
            _files[newName] = file;
        }
    }

    /// <summary>Moves files away.</summary>
    public void Remove(Func<string, bool> isWanted)
    {
        foreach (string name in FileNames.Where(isWanted))
        {
            File.Delete(PathOf(name));
            _files.Remove(name);
            Untouched = null;
        }
        File.Delete(PathOf(Lock));
    }

    private string PathOf(string name) => System.IO.Path.Combine(Path, name);

    private ContentOrigin OfContent(string name, Revision last)
    {
        FileHeader header = RecoveryPlanner.ReadHeader(PathOf(name), PhysicalFileSystem.Instance) ?? throw new CopyFault($"{name} has been written without a header");
        return new ContentOrigin(last.At(header.Lsn), header);
    }

    private ManifestOrigin OfManifest(Revision last) =>
        new(last, LogManifest.Read(PathOf(Manifest), PhysicalFileSystem.Instance, out _) ?? throw new CopyFault("a manifest has been written that cannot be read"));

    // The last one has all up to the end; each other one what is before the next.
    private void NoteSegments(LogHeader[] written, Revision last)
    {
        for (int i = 0; i < written.Length; i++)
        {
            segments[written[i].Salt] = new SegmentOrigin(i + 1 < written.Length ? last.At(written[i + 1].FirstLsn - 1) : last, written[i]);
        }
    }
}
