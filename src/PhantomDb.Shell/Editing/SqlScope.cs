namespace PhantomDb.Shell.Editing;

/// <summary>
/// The relations that a statement names, each under its alias or else its name, with their columns: tables and views, queries of WITH, and subqueries in FROM. It looks at words and not at
/// grammar: of a statement that is far from whole it finds what can be found.
/// </summary>
internal sealed class SqlScope
{
    private static readonly string[] BeforeRelation = ["FROM", "JOIN", "INTO", "UPDATE", "COPY", "TABLE"];
    private static readonly string[] EndOfSelectList = ["FROM", "WHERE", "GROUP", "HAVING", "ORDER", "LIMIT", "UNION", "INTERSECT", "EXCEPT", "WINDOW", "OFFSET", "FETCH", "FOR"];

    /// <summary>The words that end a list of relations; none of them is an alias.</summary>
    public static readonly string[] EndOfFrom =
    [
        "WHERE", "GROUP", "ORDER", "LIMIT", "HAVING", "ON", "USING", "SET", "VALUES", "SELECT", "RETURNING", "UNION", "INTERSECT", "EXCEPT", "LEFT", "RIGHT", "INNER", "FULL", "CROSS", "NATURAL", "JOIN",
        "WINDOW", "FETCH", "OFFSET", "FOR",
    ];

    private readonly ICompletionNames _names;
    private readonly string _text;
    private readonly SqlToken[] _tokens;
    private readonly List<RelationDescription> _queries = [];
    private readonly List<(string Name, RelationDescription Relation, int Depth)> _entries = [];

    /// <param name="names">What the database has.</param>
    /// <param name="text">The text that the tokens are of.</param>
    /// <param name="tokens">Of the statement.</param>
    /// <param name="outer">Queries of WITH that are known around it.</param>
    public SqlScope(ICompletionNames names, string text, IEnumerable<SqlToken> tokens, IEnumerable<RelationDescription>? outer = null)
    {
        (_names, _text) = (names, text);
        _tokens = [.. tokens.Where(token => token.Piece is not (SqlPiece.Blank or SqlPiece.Comment))];
        _queries.AddRange(outer ?? []);
        for (int i = 1; i + 1 < _tokens.Length; i++)
        {
            ReadQuery(i);
        }
        ReadRelations();
    }

    public IEnumerable<(string Name, RelationDescription Relation)> Entries => _entries.Select(entry => (entry.Name, entry.Relation));

    /// <summary>Queries of WITH, by their names.</summary>
    public IReadOnlyList<RelationDescription> Queries => _queries;

    public static string NameOf(SqlToken token, string text) =>
        token.Piece == SqlPiece.QuotedName ? token.Of(text).Trim('"').Replace("\"\"", "\"", StringComparison.Ordinal) : token.Of(text).ToLowerInvariant();

    /// <summary>True for CREATE INDEX, whose relation stands behind ON.</summary>
    public static bool IsIndex(string text, IReadOnlyList<SqlToken> tokens) =>
        tokens.Count > 1 && tokens[0].Of(text).Equals("CREATE", StringComparison.OrdinalIgnoreCase) && tokens[1].Of(text).ToUpperInvariant() is "INDEX" or "UNIQUE";

    private string Word(int index) => index < 0 || index >= _tokens.Length ? "" : _tokens[index].Piece == SqlPiece.QuotedName ? "\"" : _tokens[index].Of(_text).ToUpperInvariant();

    private bool IsName(int index) => index >= 0 && index < _tokens.Length && _tokens[index].Piece is SqlPiece.Word or SqlPiece.QuotedName;

    // WITH name (column, …) AS MATERIALIZED ( query ), and further ones behind commas; at stands AS.
    private void ReadQuery(int at)
    {
        int open = at + 1;
        while (Word(open) is "NOT" or "MATERIALIZED")
        {
            open++;
        }
        if (Word(at) != "AS" || Word(open) != "(" || Word(open + 1) is not ("SELECT" or "WITH" or "INSERT" or "UPDATE" or "DELETE"))
        {
            return;
        }
        List<string>? columns = null;
        int name = at - 1;
        if (Word(name) == ")" && Open(name) is > 0 and int list)
        {
            (columns, name) = (Names(list), list - 1);
        }
        if (IsName(name) && Word(name - 1) is "WITH" or "RECURSIVE" or ",")
        {
            _queries.Add(Derived(NameOf(_tokens[name], _text), open, columns));
        }
    }

    private void ReadRelations()
    {
        bool isList = false;
        bool isIndex = IsIndex(_text, _tokens);
        int depth = 0;
        for (int i = 0; i < _tokens.Length; i++)
        {
            string word = Word(i);
            depth += word == "(" ? 1 : word == ")" ? -1 : 0;
            bool isWord = _tokens[i].Piece == SqlPiece.Word;
            bool begins = isWord && BeforeRelation.Contains(word);
            isList = begins || (isList && !(isWord && EndOfFrom.Contains(word)));
            if (begins || (isList && word == ",") || (isIndex && isWord && word == "ON"))
            {
                ReadRelation(i + 1, depth);
            }
        }
    }

    private void ReadRelation(int at, int depth)
    {
        bool takesAlias = Word(at - 1) is not ("TABLE" or "COPY");
        while (Word(at) is "ONLY" or "LATERAL")
        {
            at++;
        }
        int open = Word(at) == "(" ? at : -1;
        RelationDescription? relation = null;
        if (open >= 0)
        {
            at = Close(open) is > 0 and int close ? close + 1 : _tokens.Length;   // one that is being typed has no alias yet
        }
        else
        {
            relation = ReadName(ref at);
        }
        at += Word(at) == "AS" ? 1 : 0;
        bool hasAlias = takesAlias && IsName(at) && !(_tokens[at].Piece == SqlPiece.Word && (EndOfFrom.Contains(Word(at)) || BeforeRelation.Contains(Word(at))));
        if (open >= 0 && hasAlias)
        {
            relation = Derived(NameOf(_tokens[at], _text), open, Word(at + 1) == "(" ? Names(at + 1) : null);
        }
        if (relation is not null)
        {
            _entries.Add((hasAlias ? NameOf(_tokens[at], _text) : relation.Name, relation, depth));
        }
    }

    private RelationDescription? ReadName(ref int at)
    {
        if (!IsName(at))
        {
            return null;
        }
        string first = NameOf(_tokens[at++], _text);
        string? second = null;
        if (Word(at) == "." && IsName(at + 1))
        {
            second = NameOf(_tokens[at + 1], _text);
            at += 2;
        }
        return second is null
            ? _queries.LastOrDefault(query => query.Name == first)
                ?? _names.Relations.Where(relation => relation.Name == first).OrderByDescending(relation => relation.Schema == "public").FirstOrDefault()
                ?? _names.SystemRelations.FirstOrDefault(relation => relation.Schema == "pg_catalog" && relation.Name == first)
            : _names.Relations.Concat(_names.SystemRelations).FirstOrDefault(relation => relation.Schema == first && relation.Name == second);
    }

    private RelationDescription Derived(string name, int open, List<string>? columnNames)
    {
        int close = Close(open) is > 0 and int end ? end : _tokens.Length;
        IEnumerable<ColumnDescription> columns = ColumnsOf(_tokens[(open + 1)..close]);
        if (columnNames is not null)
        {
            columns = columnNames.Select(column => Column(column));
        }
        return new RelationDescription("", name, RelationKind.View, [.. columns]) { QualifiedName = name };
    }

    private static ColumnDescription Column(string name) => new(name, "", false, null);

    // What a query's list of results, or RETURNING, names.
    private List<ColumnDescription> ColumnsOf(SqlToken[] query)
    {
        SqlScope inner = new(_names, _text, query, _queries);
        List<ColumnDescription> columns = [];
        int depth = 0, start = -1;
        for (int i = 0; i <= query.Length; i++)
        {
            string word = i < query.Length ? inner.Word(i) : "";
            depth += word == "(" ? 1 : word == ")" ? -1 : 0;
            if (depth != 0)
            {
                continue;
            }
            if (start < 0)
            {
                start = word is "SELECT" or "RETURNING" ? i + 1 : -1;
            }
            else if (i == query.Length || word == "," || EndOfSelectList.Contains(word))
            {
                inner.ReadItem(start, i, columns);
                if (word != ",")
                {
                    return columns;
                }
                start = i + 1;
            }
        }
        return columns;
    }

    private void ReadItem(int start, int end, List<ColumnDescription> columns)
    {
        start += Word(start) is "DISTINCT" or "ALL" ? 1 : 0;
        int last = end - 1;
        if (Word(last) == "*" && (last == start || Word(last - 1) == "."))
        {
            columns.AddRange(_entries.Where(entry => last == start ? entry.Depth == 0 : entry.Name == NameOf(_tokens[last - 2], _text)).SelectMany(entry => entry.Relation.Columns));
            return;
        }
        if (last - start >= 3 && Word(last - 1) == ":" && Word(last - 2) == ":")
        {
            last -= 3;   // a cast keeps the name
        }
        if (Word(last) == ")" && Open(last) is > 0 and int open)
        {
            last = open - 1;   // a function's
        }
        if (last >= start && IsName(last))
        {
            string name = NameOf(_tokens[last], _text);
            columns.Add(_entries.SelectMany(entry => entry.Relation.Columns).FirstOrDefault(column => column.Name == name) ?? Column(name));
        }
    }

    private List<string> Names(int open) =>
        [.. Enumerable.Range(open + 1, Math.Max((Close(open) is > 0 and int close ? close : _tokens.Length) - open - 1, 0)).Where(IsName).Select(i => NameOf(_tokens[i], _text))];

    private int Close(int open) => Partner(open, 1);

    private int Open(int close) => Partner(close, -1);

    // -1 where it has none.
    private int Partner(int from, int step)
    {
        int depth = 0;
        for (int i = from; i >= 0 && i < _tokens.Length; i += step)
        {
            depth += Word(i) == "(" ? step : Word(i) == ")" ? -step : 0;
            if (depth == 0)
            {
                return i;
            }
        }
        return -1;
    }
}
