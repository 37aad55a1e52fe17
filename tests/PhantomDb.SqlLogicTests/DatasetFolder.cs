using System.Text;

namespace PhantomDb.SqlLogicTests;

/// <summary>The folder of sample databases that <c>load NAME</c> names, and the splitting of their scripts into statements.</summary>
public sealed class DatasetFolder(string path)
{
    private static readonly Dictionary<string, string> ScriptsByName = new()
    {
        ["northwind"] = "northwind/northwind.sql",
        ["chinook"] = "chinook/Chinook_PostgreSql.sql",
    };

    /// <summary>
    /// The folder <c>../shared/datasets</c> beside the repository that holds <paramref name="startFolder"/>, or one above it;
    /// the environment variable PHANTOMDB_SHARED names another place for <c>shared</c>.
    /// </summary>
    public static DatasetFolder? Locate(string startFolder)
    {
        if (Environment.GetEnvironmentVariable("PHANTOMDB_SHARED") is { Length: > 0 } shared)
        {
            return new DatasetFolder(System.IO.Path.Combine(shared, "datasets"));
        }

        for (var folder = new DirectoryInfo(startFolder); folder is not null; folder = folder.Parent)
        {
            var candidate = System.IO.Path.Combine(folder.FullName, "shared", "datasets");
            if (Directory.Exists(candidate))
            {
                return new DatasetFolder(candidate);
            }
        }

        return null;
    }

    /// <summary>The script's path, or null where it is missing.</summary>
    public string? Find(string name)
    {
        if (ScriptsByName.TryGetValue(name, out var script) == false)
        {
            throw new SltFormatException($"load {name}: the sample databases are {string.Join(", ", ScriptsByName.Keys)}");
        }

        var file = System.IO.Path.Combine(path, script);
        return File.Exists(file) ? file : null;
    }

    /// <summary>
    /// The statements of a psql script without those about databases: a test has its own. Knows quotes, dollar quotes and
    /// comments; drops psql's own commands, which begin with a backslash at the start of a line.
    /// </summary>
    public static IEnumerable<string> Statements(string script)
    {
        var statement = new StringBuilder();
        var position = 0;
        while (position < script.Length)
        {
            var end = EndOfToken(script, position);
            var token = script.AsSpan(position, end - position);
            var isBlank = token.IsWhiteSpace() || token.StartsWith("--") || token.StartsWith("/*");
            if (token.StartsWith("\\"))
            {
                // psql's own command, to the end of its line.
            }
            else if (token is ";")
            {
                if (statement.Length > 0 && IsAboutDatabases(statement) == false)
                {
                    yield return statement.ToString();
                }

                statement.Clear();
            }
            else if (isBlank == false)
            {
                statement.Append(token);
            }
            else if (statement.Length > 0)
            {
                statement.Append(' ');
            }

            position = end;
        }

        if (statement.Length > 0)
        {
            yield return statement.ToString();
        }
    }

    private static bool IsAboutDatabases(StringBuilder statement)
    {
        var words = statement.ToString().Split(' ', 3, StringSplitOptions.RemoveEmptyEntries);
        return words.Length > 1
            && words[0].ToUpperInvariant() is "CREATE" or "DROP"
            && words[1].Equals("DATABASE", StringComparison.OrdinalIgnoreCase);
    }

    private static int EndOfToken(string script, int start)
    {
        var rest = script.AsSpan(start);
        switch (rest[0])
        {
            case '\'' or '"':
                return EndAfter(script, start + 1, rest[0].ToString());
            case '-' when rest.StartsWith("--"):
            case '\\' when start == 0 || script[start - 1] == '\n':
                var newline = script.IndexOf('\n', start);
                return newline < 0 ? script.Length : newline;
            case '/' when rest.StartsWith("/*"):
                return EndAfter(script, start + 2, "*/");
            case '$' when DollarTag(rest) is { } tag:
                return EndAfter(script, start + tag.Length, tag);
            case ';':
                return start + 1;
            default:
                var length = 1;
                while (length < rest.Length && "'\"-/$;\\".Contains(rest[length]) == false && char.IsWhiteSpace(rest[length]) == char.IsWhiteSpace(rest[0]))
                {
                    length++;
                }

                return start + length;
        }
    }

    private static string? DollarTag(ReadOnlySpan<char> text)
    {
        var length = 1;
        while (length < text.Length && (char.IsAsciiLetterOrDigit(text[length]) || text[length] == '_'))
        {
            length++;
        }

        return length < text.Length && text[length] == '$' ? text[..(length + 1)].ToString() : null;
    }

    private static int EndAfter(string script, int from, string terminator)
    {
        var found = script.IndexOf(terminator, from, StringComparison.Ordinal);
        return found < 0 ? script.Length : found + terminator.Length;
    }
}
