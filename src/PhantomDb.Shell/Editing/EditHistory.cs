using System.Text;

namespace PhantomDb.Shell.Editing;

/// <summary>
/// What was entered before, across runs: a file with an entry a line, line breaks and backslashes in it written as \n and \\. Entries are added at its end, so that shells side by
/// side do not lose each other's; when it has grown to twice the entries that are kept it is written anew. A file that cannot be read or written costs the history, and nothing else.
/// </summary>
internal sealed class EditHistory
{
    public const int KeptCount = 5000;

    private readonly string? _path;
    private readonly List<string> _entries = [];

    /// <param name="path">Null: none is kept.</param>
    public EditHistory(string? path)
    {
        _path = path;
        try
        {
            if (path is not null && File.Exists(path))
            {
                string[] lines = File.ReadAllLines(path);
                _entries.AddRange(lines.TakeLast(KeptCount).Where(line => line.Length > 0).Select(Decode));
                if (lines.Length > 2 * KeptCount)
                {
                    WriteAnew(path);
                }
            }
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            _path = null;
        }
    }

    /// <summary>Oldest first.</summary>
    public IReadOnlyList<string> Entries => _entries;

    /// <summary>Adds an entry, unless it is the last one again, or begins with a blank: then it is forgotten.</summary>
    public void Add(string text)
    {
        string entry = text.TrimEnd();
        if (entry.Length == 0 || char.IsWhiteSpace(entry[0]) || (_entries.Count > 0 && _entries[^1] == entry))
        {
            return;
        }
        _entries.Add(entry);
        try
        {
            if (_path is not null)
            {
                Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(_path))!);
                using FileStream file = ShellFiles.OpenPrivate(_path, FileMode.Append);
                file.Write(Encoding.UTF8.GetBytes(Encode(entry) + "\n"));
            }
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            // the next one is tried again
        }
    }

    /// <summary>The newest entry before an index for which something is true; -1 where there is none.</summary>
    public int FindBefore(int index, Func<string, bool> isWanted)
    {
        int found = Math.Min(index, _entries.Count) - 1;
        while (found >= 0 && !isWanted(_entries[found]))
        {
            found--;
        }
        return found;
    }

    /// <summary>The oldest entry behind an index for which something is true; -1 where there is none.</summary>
    public int FindAfter(int index, Func<string, bool> isWanted) => index + 1 >= _entries.Count ? -1 : _entries.FindIndex(index + 1, entry => isWanted(entry));

    private void WriteAnew(string path)
    {
        string written = path + ".new";
        using (FileStream file = ShellFiles.OpenPrivate(written, FileMode.Create))
        {
            file.Write(Encoding.UTF8.GetBytes(string.Concat(_entries.Select(entry => Encode(entry) + "\n"))));
        }
        File.Move(written, path, overwrite: true);
    }

    private static string Encode(string entry) => entry.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\r", "", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal);

    private static string Decode(string line)
    {
        if (!line.Contains('\\', StringComparison.Ordinal))
        {
            return line;
        }
        StringBuilder text = new();
        for (int i = 0; i < line.Length; i++)
        {
            if (line[i] == '\\' && i + 1 < line.Length && line[i + 1] is 'n' or '\\')
            {
                text.Append(line[++i] == 'n' ? '\n' : '\\');
            }
            else
            {
                text.Append(line[i]);
            }
        }
        return text.ToString();
    }
}
