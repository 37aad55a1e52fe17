using System.Text;

namespace PhantomDb.Shell.Editing;

/// <summary>
/// What was entered before, across runs: a file with an entry a line, line breaks and backslashes in it written as \n and \\. Several shells have it at once: each entry is one write at
/// the file's end, and what has grown to twice the entries that are kept is cut, in the same file, both by the one that has the file to itself. A file that cannot be read or written costs the
/// history, and nothing else.
/// </summary>
internal sealed class EditHistory
{
    public const int KeptCount = 5000;

    private const int AttemptCount = 400, PauseMs = 5;   // another shell has the file for less than a millisecond

    private readonly string? _path;
    private Action<string>? _warn;
    private readonly List<string> _entries = [];

    /// <param name="path">Null: none is kept.</param>
    /// <param name="warn">Told once that it cannot be kept.</param>
    public EditHistory(string? path, Action<string>? warn = null)
    {
        (_path, _warn) = (path, warn);
        try
        {
            if (path is not null && File.Exists(path))
            {
                _entries.AddRange(ReadAndCut(path).Where(line => line.Length > 0).Select(Decode));
            }
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            _path = null;
            Warn(path!, error);
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
                using FileStream file = OpenAlone(_path);
                file.Seek(0, SeekOrigin.End);
                file.Write(Encoding.UTF8.GetBytes(Encode(entry) + "\n"));
            }
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            Warn(_path!, error);   // the next one is tried again
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

    private void Warn(string path, Exception error)
    {
        _warn?.Invoke($"WARNING: the history cannot be kept in \"{path}\": {error.Message}");
        _warn = null;
    }

    private static string[] ReadAndCut(string path)
    {
        using FileStream file = OpenAlone(path);
        byte[] bytes = new byte[file.Length];
        file.ReadExactly(bytes);
        string[] lines = Encoding.UTF8.GetString(bytes).Replace("\r\n", "\n", StringComparison.Ordinal).TrimEnd('\n').Split('\n');   // a form feed or U+2028 is an entry's own
        string[] kept = [.. lines.TakeLast(KeptCount)];
        if (lines.Length > 2 * KeptCount)
        {
            file.Position = 0;
            file.Write(Encoding.UTF8.GetBytes(string.Concat(kept.Select(line => line + "\n"))));
            file.SetLength(file.Position);
        }
        return kept;
    }

    // The system lets one at a time have it.
    private static FileStream OpenAlone(string path)
    {
        for (int attempt = 1; ; attempt++)
        {
            try
            {
                return ShellFiles.OpenPrivate(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            }
            catch (IOException error) when (ShellFiles.IsInUse(error) && attempt < AttemptCount)
            {
                Thread.Sleep(PauseMs);
            }
        }
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
