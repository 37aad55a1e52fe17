using PhantomDb.Errors;

namespace PhantomDb.Durability.Inspection;

/// <summary>
/// Tells what each file of a database is for, and, where it is asked to look at all bytes, whether it is as it was written. Writes nothing and takes no
/// lock: beside a running writer it tells what is there at the moment.
/// </summary>
internal sealed class FolderInspector
{
    private const int AttemptsMax = 20;   // where files get other names meanwhile

    private readonly string _path;
    private readonly IFileSystem _files;
    private readonly FileNames _names;

    public FolderInspector(string path, IFileSystem files)
    {
        _path = path;
        _files = files;
        _names = new FileNames(path);
    }

    /// <summary>Why the files cannot be told to be one history; null where they can.</summary>
    public PhantomDbException? Refusal { get; private set; }

    /// <summary>True where there is no file of the database with content.</summary>
    public bool IsEmpty => !_files.FolderExists(_names.Folder) || !_files.List(_names.Folder).Any(file => _names.KindOf(Path.GetFileName(file))
        is DatabaseFileKind.Database or DatabaseFileKind.Snapshot or DatabaseFileKind.LogSegment or DatabaseFileKind.Manifest or DatabaseFileKind.SetAside);

    /// <summary>The files, those that recovery begins with first. Of the last segment all is read, of others headers and ends alone, unless it is asked to verify.</summary>
    public IReadOnlyList<DatabaseFileReport> Inspect(bool verifies)
    {
        for (int attempt = 1; ; attempt++)
        {
            try
            {
                return InspectOnce(verifies);
            }
            catch (PhantomDbException error) when (error.SqlState is SqlStates.UndefinedFile or SqlStates.IoError && attempt < AttemptsMax)
            {
                // renamed or deleted since it was listed
            }
        }
    }

    private List<DatabaseFileReport> InspectOnce(bool verifies)
    {
        if (!_files.FolderExists(_names.Folder))
        {
            return [];
        }
        (FolderPlan folder, string[] files) = PlannedFiles();
        Refusal = folder.Refusal;
        var purposes = new FilePurposes(folder);
        var verifier = new FileVerifier(folder);
        List<DatabaseFileReport> reports = [];
        foreach (string file in files)
        {
            string path = Path.Combine(_names.Folder, file);
            DatabaseFileReport report = purposes.Describe(new DatabaseFileReport(path, _names.KindOf(file)!.Value, _files.Length(path), ""));
            reports.Add(verifies ? verifier.Verify(report) : report);
        }
        return [.. reports.OrderBy(report => report.Kind).ThenBy(report => report.FirstLsn ?? 0).ThenBy(report => report.Name, StringComparer.Ordinal)];
    }

    // Those that were there before the plan was made, and after it too: the plan knows each of them, and, where nothing came or went meanwhile, they are all.
    private (FolderPlan Folder, string[] Files) PlannedFiles()
    {
        for (int attempt = 1; ; attempt++)
        {
            string[] before = NamesOfFiles();
            var folder = new FolderPlan(_names, _path, _files);
            string[] after = NamesOfFiles();
            if (before.SequenceEqual(after) || attempt == AttemptsMax)
            {
                return (folder, [.. after.Intersect(before)]);
            }
        }
    }

    private string[] NamesOfFiles() =>
        [.. _files.List(_names.Folder).Select(file => Path.GetFileName(file)!).Where(file => _names.KindOf(file) is not null).Order(StringComparer.Ordinal)];
}
