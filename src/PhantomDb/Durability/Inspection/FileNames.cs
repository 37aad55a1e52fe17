using System.Diagnostics.CodeAnalysis;
using PhantomDb.Durability.Log;
using PhantomDb.Durability.Snapshots;

namespace PhantomDb.Durability.Inspection;

/// <summary>Tells a database's files from others in its folder by their names. What counts stands inside them.</summary>
internal sealed class FileNames(string path)
{
    private const string SealEnding = ".seal";
    private const string NewEnding = ".new";
    private const string LockEnding = ".lock";
    private static readonly string[] AsideMarks = [".torn_", ".bad_"];

    private readonly string _file = Path.GetFileName(path);
    private readonly string _name = Path.GetFileNameWithoutExtension(path);

    public string Folder { get; } = Path.GetDirectoryName(Path.GetFullPath(path))!;

    public string DatabaseName => _name;

    /// <summary>Null for a file (without folder) that is not this database's.</summary>
    public DatabaseFileKind? KindOf(string file)
    {
        int aside = file.Length;
        foreach (string mark in AsideMarks)
        {
            int at = file.IndexOf(mark, StringComparison.Ordinal);
            aside = at > 0 ? Math.Min(at, aside) : aside;
        }
        if (aside < file.Length)
        {
            return KindOf(file[..aside]) is null ? null : DatabaseFileKind.SetAside;
        }
        return file switch
        {
            _ when file == _file => DatabaseFileKind.Database,
            _ when file == LogSegmentName.Active(_name) || LogSegmentName.TryParse(file)?.DatabaseName == _name => DatabaseFileKind.LogSegment,
            _ when LoadFileName.TryParse(file)?.DatabaseName == _name => DatabaseFileKind.SideFile,
            _ when file == LogManifest.FileName(_name) => DatabaseFileKind.Manifest,
            _ when file == _name + LockEnding => DatabaseFileKind.Lock,
            _ when SnapshotName.TryParse(file)?.DatabaseName == _name => DatabaseFileKind.Snapshot,
            _ when EndsWith(file, NewEnding, out string? written) && KindOf(written) is not null => DatabaseFileKind.Unfinished,
            _ when EndsWith(file, SealEnding, out string? unsealed) && KindOf(unsealed) is DatabaseFileKind.Database or DatabaseFileKind.Snapshot => DatabaseFileKind.Seal,
            _ => null,
        };
    }

    private static bool EndsWith(string file, string ending, [NotNullWhen(true)] out string? rest)
    {
        rest = file.EndsWith(ending, StringComparison.Ordinal) ? file[..^ending.Length] : null;
        return rest is not null;
    }
}
