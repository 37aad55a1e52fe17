namespace PhantomDb.SqlLogicTests;

/// <summary>Records that are known to differ: lines <c>path:line</c>, empty lines and <c>#</c> comments allowed.</summary>
public sealed class ExceptionList
{
    private readonly HashSet<(string Path, int Line)> _entries = [];

    private ExceptionList(string folder) => Folder = folder;

    /// <summary>The folder that the list itself lies in: paths are relative to it when a script is given as a file.</summary>
    public string Folder { get; }

    public static ExceptionList Read(string path) =>
        Parse(Path.GetDirectoryName(Path.GetFullPath(path)) ?? "/", path, File.ReadAllLines(path));

    public static ExceptionList Parse(string folder, string path, IEnumerable<string> lines)
    {
        var list = new ExceptionList(folder);
        var number = 0;
        foreach (var text in lines)
        {
            number++;
            var hash = text.IndexOf('#');
            var entry = (hash < 0 ? text : text[..hash]).Trim();
            if (entry.Length == 0)
            {
                continue;
            }

            var colon = entry.LastIndexOf(':');
            if (colon <= 0 || int.TryParse(entry.AsSpan(colon + 1), out var line) == false)
            {
                throw new SltFormatException($"{path}:{number}: not a path:line");
            }

            list._entries.Add((Normalise(entry[..colon]), line));
        }

        return list;
    }

    public bool Contains(string relativePath, int line) => _entries.Contains((Normalise(relativePath), line));

    /// <summary>All entries, paths with forward slashes.</summary>
    public IReadOnlyCollection<(string Path, int Line)> Entries => _entries;

    private static string Normalise(string path) => path.Replace('\\', '/');
}
