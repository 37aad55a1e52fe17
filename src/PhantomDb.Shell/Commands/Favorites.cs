using System.Globalization;
using System.Text;
using PhantomDb.Errors;
using PhantomDb.Shell.Editing;

namespace PhantomDb.Shell.Commands;

/// <summary>
/// Statements that a person keeps under a name. The file is a script that can be read and edited: before each statement stands a line <c>-- favorite: NAME</c>. It is read anew each time, so that
/// shells side by side see each other's, and only its owner may read it.
/// </summary>
internal sealed class Favorites(string? path)
{
    private const string Header = "-- favorite: ";

    public IReadOnlyDictionary<string, string> All => path is not null && File.Exists(path) ? Parse(File.ReadAllText(path)) : new Dictionary<string, string>();

    /// <summary>The names, for completion: none where the file cannot be read.</summary>
    public IEnumerable<string> Names
    {
        get
        {
            try
            {
                return All.Keys;
            }
            catch (Exception error) when (error is IOException or UnauthorizedAccessException)
            {
                return [];
            }
        }
    }

    public void Save(string name, string sql)
    {
        if (!name.All(c => char.IsLetterOrDigit(c) || c is '_' or '-'))
        {
            throw new PhantomDbException("42602", $"a favorite's name is letters, digits, _ and -, not {name}");
        }
        if (sql.Split('\n').Any(line => line.StartsWith(Header, StringComparison.Ordinal)))
        {
            throw new PhantomDbException("42601", $"a favorite has no line that begins with {Header.Trim()}");
        }
        Write(new SortedDictionary<string, string>(All.ToDictionary(), StringComparer.Ordinal) { [name] = sql.Trim() });
    }

    public void Delete(string name)
    {
        SortedDictionary<string, string> all = new(All.ToDictionary(), StringComparer.Ordinal);
        if (!all.Remove(name))
        {
            throw Missing(name, all.Keys);
        }
        Write(all);
    }

    /// <summary>A favorite's SQL with values in place of its parameters: numbers as they are, everything else as a text.</summary>
    public string Fill(string name, IReadOnlyList<string> values)
    {
        IReadOnlyDictionary<string, string> all = All;
        string sql = all.GetValueOrDefault(name) ?? throw Missing(name, all.Keys);
        StringBuilder filled = new();
        int count = 0;
        foreach (SqlToken token in SqlScanner.Scan(sql))
        {
            string text = token.Of(sql);
            if (token.Piece == SqlPiece.Parameter && int.TryParse(text.AsSpan(1), NumberStyles.None, CultureInfo.InvariantCulture, out int number) && number > 0)
            {
                count = Math.Max(count, number);
                text = number <= values.Count ? Literal(values[number - 1]) : text;
            }
            filled.Append(text);
        }
        if (count != values.Count)
        {
            throw new PhantomDbException("42601", string.Create(CultureInfo.InvariantCulture, $"favorite {name} takes {count} values, not {values.Count}")) { Detail = sql };
        }
        return filled.ToString();
    }

    // In parentheses a negative number is none of an operator before it.
    private static string Literal(string value) =>
        decimal.TryParse(value, NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out _) ? (value[0] is '-' or '+' ? $"({value})" : value)
        : $"'{value.Replace("'", "''", StringComparison.Ordinal)}'";

    private static PhantomDbException Missing(string name, IEnumerable<string> names) => new("42704", $"there is no favorite {name}")
    {
        Hint = Spelling.Nearest(name, [.. names]) is { } near ? $"Perhaps you meant {near}." : "\\fs NAME SQL saves one, .favorite lists them.",
    };

    private static Dictionary<string, string> Parse(string text)
    {
        Dictionary<string, string> all = new(StringComparer.Ordinal);
        string? name = null;
        foreach (string line in text.ReplaceLineEndings("\n").Split('\n'))
        {
            if (line.StartsWith(Header, StringComparison.Ordinal))
            {
                name = line[Header.Length..].Trim();
                all[name] = "";
            }
            else if (name is not null)
            {
                all[name] += line + "\n";
            }
        }
        return all.ToDictionary(entry => entry.Key, entry => entry.Value.Trim().TrimEnd(';'), StringComparer.Ordinal);
    }

    private void Write(SortedDictionary<string, string> all)
    {
        if (path is null)
        {
            throw new PhantomDbException("55000", "there is no file for favorites: PHANTOMDB_FAVORITES is empty, or there is no home folder");
        }
        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
        string written = path + ".new";
        File.Delete(written);   // one that is left over keeps its rights
        using (FileStream file = ShellFiles.OpenPrivate(written, FileMode.CreateNew))
        {
            file.Write(Encoding.UTF8.GetBytes(string.Join('\n', all.Select(entry => $"{Header}{entry.Key}\n{entry.Value};\n"))));
        }
        File.Move(written, path, overwrite: true);
    }
}
