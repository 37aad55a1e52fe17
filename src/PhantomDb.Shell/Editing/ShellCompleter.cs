using PhantomDb.Shell.Output;

namespace PhantomDb.Shell.Editing;

/// <summary>How a line for the shell can go on: its commands, and what stands behind them; and SQL, which <see cref="SqlCompleter"/> knows.</summary>
internal sealed class ShellCompleter(IReadOnlyList<string> commands, ICompletionNames names, Func<IEnumerable<string>>? favorites = null)
{
    private static readonly string[] WithFile = [".read", "\\i", "\\ir", "\\g", "\\gx", ".once", ".backup", ".import", ".output", "\\o", ".save", ".open", "\\c", "\\connect"];
    private static readonly string[] WithDatabase = [".open", "\\c", "\\connect"];
    private static readonly string[] WithRelation = [".tables", "\\dt", ".schema", "\\d", ".indexes", "\\di", "\\dv", "\\ds", ".import", ".dump", "\\copy"];

    private static readonly string[] WithFavorite = [".favorite", "\\f", "\\n", "\\fs", "\\ns", "\\fd", "\\nd"];

    private readonly SqlCompleter _sql = new(names);

    public Completion Complete(string text, int cursor)
    {
        if (text.Length == 0 || text[0] is not ('.' or '\\'))
        {
            return _sql.Complete(text, cursor);
        }
        int start = text.LastIndexOf(' ', Math.Max(cursor - 1, 0), Math.Max(cursor, 0)) + 1;
        string typed = text[start..cursor];
        string[] words = text[..start].Split(' ', StringSplitOptions.RemoveEmptyEntries);
        IEnumerable<Candidate> candidates = words.Length == 0 ? commands.Select(command => new Candidate(command, "command")) : Arguments(words[0], words.Length, typed);
        return new Completion(start, [.. candidates.Where(candidate => candidate.Text.StartsWith(typed, StringComparison.OrdinalIgnoreCase))]);
    }

    private IEnumerable<Candidate> Arguments(string command, int place, string typed)
    {
        IEnumerable<Candidate> candidates = [];
        if (command == ".mode")
        {
            candidates = OutputModes.Names.Select(mode => new Candidate(mode, "mode"));
        }
        string[] words = command switch
        {
            ".width" => ["auto", "off"],
            ".headers" or "\\t" or ".pager" or ".bail" or ".timer" or "\\timing" => ["on", "off"],
            ".explain" => ["tree", "text"],
            "\\x" => ["on", "off", "auto"],
            "\\pset" when place == 1 => ["null", "tuples_only", "format", "fieldsep", "pager", "columns", "expanded"],
            ".help" or "\\?" when place == 1 => [.. commands],
            _ => [],
        };
        candidates = candidates.Concat(words.Select(word => new Candidate(word, "word")));
        if (WithFavorite.Contains(command) && place == 1 && favorites is not null)
        {
            candidates = candidates.Concat(favorites().Select(name => new Candidate(name, "favorite")));
        }
        if (WithDatabase.Contains(command) && place == 1)
        {
            candidates = candidates.Concat(names.Databases.Select(name => new Candidate(name, "database")));
        }
        if (WithFile.Contains(command) && place == 1)
        {
            candidates = candidates.Concat(Files(typed));
        }
        if (WithRelation.Contains(command.TrimEnd('+')) && (command != ".import" || place == 2))
        {
            candidates = candidates.Concat(names.Relations.Select(relation => new Candidate(relation.QualifiedName, relation.Kind.ToString().ToLowerInvariant())));
        }
        return candidates;
    }

    private static IEnumerable<Candidate> Files(string typed)
    {
        int end = typed.LastIndexOf('/') + 1;
        try
        {
            string folder = end == 0 ? "." : typed[..end];
            return [.. new DirectoryInfo(folder).EnumerateFileSystemInfos().Where(entry => entry.Name[0] != '.' || typed.Length > end)
                .OrderBy(entry => entry.Name, StringComparer.Ordinal)
                .Select(entry => entry is DirectoryInfo ? new Candidate($"{typed[..end]}{entry.Name}/", "folder") : new Candidate(typed[..end] + entry.Name, "file"))];
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or ArgumentException)
        {
            return [];   // there is no such folder
        }
    }
}
