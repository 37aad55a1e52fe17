namespace PhantomDb.SqlLogicTests;

/// <summary>A parsed script: its records in order. Parsing knows nothing of databases or of results.</summary>
/// <remarks>
/// A record begins with a line of keywords, goes on with lines of SQL, and ends at an empty line; a query's expected
/// result stands between <c>----</c> and that empty line. Lines that begin with <c>#</c> between records are comments.
/// </remarks>
public sealed class SltFile
{
    private readonly string[] _lines;
    private int _next;

    private SltFile(string path, string[] lines)
    {
        Path = path;
        _lines = lines;
    }

    public string Path { get; }

    public IReadOnlyList<SltRecord> Records { get; private set; } = [];

    /// <summary>The text as lines without their ends, for the recorder.</summary>
    public IReadOnlyList<string> Lines => _lines;

    public static SltFile Read(string path) => Parse(path, File.ReadAllText(path));

    /// <exception cref="SltFormatException">A line is none of the format's.</exception>
    public static SltFile Parse(string path, string text)
    {
        var lines = text.ReplaceLineEndings("\n").Split('\n');
        var file = new SltFile(path, lines);
        file.Records = file.ParseRecords();
        return file;
    }

    private List<SltRecord> ParseRecords()
    {
        var records = new List<SltRecord>();
        var conditions = new List<EngineCondition>();
        while (_next < _lines.Length)
        {
            var line = _lines[_next];
            var words = KeywordsOf(line);
            if (words.Length == 0)
            {
                _next++;
                continue;
            }

            if (words[0] is "skipif" or "onlyif")
            {
                Require(words.Length > 1, $"{words[0]} needs the name of an engine");
                conditions.Add(new EngineCondition(words[0] == "onlyif", words[1]));
                _next++;
                continue;
            }

            var record = ParseRecord(words) with { Conditions = [.. conditions] };
            conditions.Clear();
            records.Add(record);
        }

        return records;
    }

    private SltRecord ParseRecord(string[] words)
    {
        switch (words[0])
        {
            case "statement":
                return ParseStatement(words);
            case "query":
                return ParseQuery(words);
            case "halt":
                return new SltHalt(++_next);
            case "hash-threshold":
                Require(words.Length > 1 && int.TryParse(words[1], out _), "hash-threshold needs a number");
                return new SltHashThreshold(++_next, int.Parse(words[1], null));
            case "load":
                Require(words.Length == 2, "load needs the name of a sample database");
                return new SltLoad(++_next, words[1]);
            default:
                throw Invalid($"unknown record '{words[0]}'");
        }
    }

    private SltStatement ParseStatement(string[] words)
    {
        Require(words.Length > 1, "statement needs ok, count or error");
        var header = _lines[_next];
        var line = ++_next;
        switch (words[1])
        {
            case "ok":
                return new SltStatement(line, ReadSql(), ExpectsError: false, null, null);
            case "error":
                var expectation = header[(header.IndexOf("error", StringComparison.Ordinal) + 5)..].Trim();
                return new SltStatement(line, ReadSql(), ExpectsError: true, expectation.Length == 0 ? null : expectation, null);
            case "count":
                _next--;
                Require(words.Length > 2 && long.TryParse(words[2], out _), "statement count needs a number");
                _next++;
                return new SltStatement(line, ReadSql(), ExpectsError: false, null, long.Parse(words[2], null));
            default:
                _next--;
                throw Invalid($"statement {words[1]} is none of ok, count, error");
        }
    }

    private SltQuery ParseQuery(string[] words)
    {
        string? valueTypes = null;
        string? label = null;
        var sort = SortMode.None;
        var (names, types) = (false, false);
        for (var i = 1; i < words.Length; i++)
        {
            switch (words[i])
            {
                case "nosort":
                    sort = SortMode.None;
                    break;
                case "rowsort":
                    sort = SortMode.Rows;
                    break;
                case "valuesort":
                    sort = SortMode.Values;
                    break;
                case "names":
                    names = true;
                    break;
                case "types":
                    types = true;
                    break;
                default:
                    if (i == 1 && words[i].AsSpan().ContainsAnyExcept("TIR") == false)
                    {
                        valueTypes = words[i];
                    }
                    else
                    {
                        Require(label is null, $"unknown word '{words[i]}' in a query record");
                        label = words[i];
                    }

                    break;
            }
        }

        var line = ++_next;
        var sql = ReadSql();
        return new SltQuery(line, sql, valueTypes, sort, label, names, types, ReadExpected());
    }

    /// <summary>The lines up to an empty line, the end, or the separator before an expected result.</summary>
    private string ReadSql()
    {
        var first = _next;
        while (_next < _lines.Length && _lines[_next].Length > 0 && _lines[_next] != "----")
        {
            _next++;
        }

        Require(_next > first, "a record needs SQL");
        return string.Join('\n', _lines, first, _next - first);
    }

    private string[]? ReadExpected()
    {
        if (_next >= _lines.Length || _lines[_next] != "----")
        {
            return null;
        }

        var first = ++_next;
        while (_next < _lines.Length && _lines[_next].Length > 0)
        {
            _next++;
        }

        return _lines[first.._next];
    }

    /// <summary>The words of a line of keywords up to a comment; none for an empty line or a comment.</summary>
    private static string[] KeywordsOf(string line)
    {
        // "statement error #x" does not occur: a pattern may hold any character, so only the other records have comments.
        var end = line.StartsWith("statement", StringComparison.Ordinal) ? -1 : line.IndexOf('#');
        var text = end < 0 ? line : line[..end];
        return text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
    }

    private void Require(bool condition, string problem)
    {
        if (!condition)
        {
            throw Invalid(problem);
        }
    }

    private SltFormatException Invalid(string problem) => new($"{Path}:{Math.Min(_next, _lines.Length - 1) + 1}: {problem}");
}

/// <summary>A script that is not in the format; the message begins with file and line.</summary>
public sealed class SltFormatException(string message) : Exception(message);
