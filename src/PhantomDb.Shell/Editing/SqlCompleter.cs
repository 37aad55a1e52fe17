namespace PhantomDb.Shell.Editing;

/// <summary>What a database has that can be completed. Asked when Tab is pressed.</summary>
internal interface ICompletionNames
{
    IReadOnlyList<string> Schemas { get; }

    IReadOnlyList<RelationDescription> Relations { get; }

    IReadOnlyList<string> Functions { get; }

    IReadOnlyList<string> Settings { get; }

    IReadOnlyList<string> Keywords { get; }
}

/// <summary>
/// How a statement can go on at a place: relations behind FROM and its like, columns of the relations in scope (of one behind its name or alias and a point), settings behind SET and SHOW,
/// else columns, functions and keywords. It looks at words and not at grammar, so that it has something to say of a statement that is far from whole.
/// </summary>
internal sealed class SqlCompleter(ICompletionNames names)
{
    private static readonly string[] BeforeRelation = ["FROM", "JOIN", "INTO", "UPDATE", "TABLE", "ONLY", "TRUNCATE", "ANALYZE", "REFERENCES", "VIEW", "SEQUENCE", "COPY"];
    private static readonly string[] BeforeSetting = ["SET", "SHOW", "RESET", "PERSIST"];
    private static readonly string[] BeforeRelationInScope = ["FROM", "JOIN", "INTO", "UPDATE", "COPY", "TABLE"];
    private static readonly string[] EndOfFrom = ["WHERE", "GROUP", "ORDER", "LIMIT", "HAVING", "ON", "USING", "SET", "VALUES", "SELECT", "RETURNING", "UNION", "LEFT", "RIGHT", "INNER", "FULL", "CROSS", "NATURAL", "JOIN", "WINDOW", "FETCH", "OFFSET", "FOR"];

    public Completion Complete(string text, int cursor)
    {
        List<SqlToken> tokens = Statement(text, cursor);
        int at = tokens.FindIndex(token => token.Start < cursor && token.End >= cursor);
        if (at >= 0 && IsWithout(tokens[at], text, cursor))
        {
            return Completion.None;
        }
        bool isWord = at >= 0 && tokens[at].Piece is SqlPiece.Word or SqlPiece.QuotedName && (tokens[at].Piece == SqlPiece.Word || tokens[at].IsOpen);
        int start = isWord ? tokens[at].Start : cursor;
        string typed = text[start..cursor];
        List<SqlToken> before = [.. tokens.Where(token => token.End <= start && token.Piece is not (SqlPiece.Blank or SqlPiece.Comment))];
        IEnumerable<Candidate> candidates = Candidates(text, tokens, before, typed);
        string bare = typed.TrimStart('"');
        return new Completion(start, [.. candidates.Where(candidate => candidate.Text.TrimStart('"').StartsWith(bare, StringComparison.OrdinalIgnoreCase)).DistinctBy(candidate => candidate.Text)]);
    }

    // Inside of numbers, texts and comments there is nothing to complete; a comment to the line's end goes on at its end.
    private static bool IsWithout(SqlToken token, string text, int cursor) => token.Piece switch
    {
        SqlPiece.Number or SqlPiece.Parameter => true,
        SqlPiece.Comment => token.IsOpen || token.End > cursor || text[token.Start] == '-',
        SqlPiece.Text => token.IsOpen || token.End > cursor,
        _ => false,
    };

    private IEnumerable<Candidate> Candidates(string text, List<SqlToken> tokens, List<SqlToken> before, string typed)
    {
        string last = before.Count > 0 ? before[^1].Of(text) : "";
        if (last == "." && before.Count > 1)
        {
            return Below(NameOf(before[^2], text), Scope(text, tokens));
        }
        string word = last == "," ? LastClause(text, before) : last.ToUpperInvariant();
        if (BeforeRelation.Contains(word))
        {
            return Relations().Concat(Keywords(typed, word == "UPDATE" || word == "FROM" ? ["ONLY", "LATERAL"] : ["IF", "ONLY"]));
        }
        if (BeforeSetting.Contains(word) && before.Count <= 2 && before[0].Of(text).ToUpperInvariant() is "SET" or "SHOW" or "RESET")
        {
            return names.Settings.Select(name => new Candidate(name, "setting")).Concat(Keywords(typed, ["LOCAL", "SESSION", "PERSIST", "ALL", "TRANSACTION"]));
        }
        IReadOnlyList<(string Name, RelationDescription Relation)> scope = Scope(text, tokens);
        IEnumerable<Candidate> own = scope.SelectMany(entry => Columns(entry.Relation)).Concat(scope.Select(entry => new Candidate(entry.Name, "table")));
        return before.Count == 0 ? Keywords(typed, names.Keywords)
            : own.Concat(typed.Length == 0 ? [] : names.Functions.Select(name => new Candidate($"{name}(", "function"))).Concat(Keywords(typed, names.Keywords));
    }

    // Behind a name and a point: the columns of what it stands for, or the relations of the schema.
    private IEnumerable<Candidate> Below(string name, IReadOnlyList<(string Name, RelationDescription Relation)> scope)
    {
        IEnumerable<Candidate> columns = scope.Where(entry => entry.Name == name).SelectMany(entry => Columns(entry.Relation));
        IEnumerable<Candidate> relations = names.Relations.Where(relation => relation.Schema == name).Select(relation => new Candidate(Quoted(relation.Name), KindOf(relation)));
        return columns.Concat(relations);
    }

    private IEnumerable<Candidate> Relations() =>
        names.Relations.Where(relation => relation.Kind != RelationKind.Sequence).Select(relation => new Candidate(relation.QualifiedName, KindOf(relation)))
            .Concat(names.Relations.Where(relation => relation.Kind == RelationKind.Sequence).Select(relation => new Candidate(relation.QualifiedName, "sequence")))
            .Concat(names.Schemas.Where(schema => schema != "public").Select(schema => new Candidate($"{Quoted(schema)}.", "schema")));

    private static IEnumerable<Candidate> Columns(RelationDescription relation) => relation.Columns.Select(column => new Candidate(Quoted(column.Name), $"{column.TypeName}, {relation.Name}"));

    // In the case in which it was begun.
    private static IEnumerable<Candidate> Keywords(string typed, IEnumerable<string> keywords) =>
        typed.StartsWith('"') ? [] : keywords.Select(keyword => new Candidate(typed.Length > 0 && char.IsLower(typed[0]) ? keyword.ToLowerInvariant() : keyword, "keyword"));

    private static string KindOf(RelationDescription relation) => relation.Kind.ToString().ToLowerInvariant();

    // The pieces of the statement that the cursor is in.
    private static List<SqlToken> Statement(string text, int cursor)
    {
        List<SqlToken> tokens = SqlScanner.Scan(text);
        int end = tokens.FindIndex(token => token.Start >= cursor && IsSymbol(token, text, ';'));
        int start = tokens.FindLastIndex(token => token.End <= cursor && IsSymbol(token, text, ';')) + 1;
        return tokens[start..(end < 0 ? tokens.Count : end)];
    }

    private static bool IsSymbol(SqlToken token, string text, char symbol) => token.Piece == SqlPiece.Symbol && text[token.Start] == symbol;

    // Of a list with commas: the word that begins it.
    private static string LastClause(string text, List<SqlToken> before)
    {
        int depth = 0;
        for (int i = before.Count - 1; i >= 0; i--)
        {
            string piece = before[i].Of(text);
            depth += piece == ")" ? 1 : piece == "(" ? -1 : 0;
            string word = piece.ToUpperInvariant();
            if (depth < 0)
            {
                return "";
            }
            if (depth == 0 && before[i].Piece == SqlPiece.Word && (word is "FROM" or "TRUNCATE" or "TABLE" or "UPDATE" || EndOfFrom.Contains(word)))
            {
                return word;
            }
        }
        return "";
    }

    // The relations that the statement names, each under its alias, or else its name.
    private List<(string Name, RelationDescription Relation)> Scope(string text, List<SqlToken> all)
    {
        List<SqlToken> tokens = [.. all.Where(token => token.Piece is not (SqlPiece.Blank or SqlPiece.Comment))];
        List<(string, RelationDescription)> scope = [];
        bool isList = false;
        for (int i = 0; i < tokens.Count; i++)
        {
            string word = tokens[i].Piece == SqlPiece.Word ? tokens[i].Of(text).ToUpperInvariant() : tokens[i].Of(text);
            bool begins = tokens[i].Piece == SqlPiece.Word && BeforeRelationInScope.Contains(word);
            isList = begins || (isList && !(tokens[i].Piece == SqlPiece.Word && EndOfFrom.Contains(word)));
            if (!begins && !(isList && word == ","))
            {
                continue;
            }
            int at = i + 1;
            while (at < tokens.Count && tokens[at].Of(text).ToUpperInvariant() is "ONLY" or "LATERAL")
            {
                at++;
            }
            if (ReadName(text, tokens, ref at) is { } relation)
            {
                if (at < tokens.Count && tokens[at].Of(text).Equals("AS", StringComparison.OrdinalIgnoreCase))
                {
                    at++;
                }
                bool hasAlias = at < tokens.Count && tokens[at].Piece is SqlPiece.Word or SqlPiece.QuotedName
                    && !(tokens[at].Piece == SqlPiece.Word && (EndOfFrom.Contains(tokens[at].Of(text).ToUpperInvariant()) || BeforeRelationInScope.Contains(tokens[at].Of(text).ToUpperInvariant())));
                scope.Add((hasAlias ? NameOf(tokens[at], text) : relation.Name, relation));
            }
        }
        return scope;
    }

    private RelationDescription? ReadName(string text, List<SqlToken> tokens, ref int at)
    {
        if (at >= tokens.Count || tokens[at].Piece is not (SqlPiece.Word or SqlPiece.QuotedName))
        {
            return null;
        }
        string first = NameOf(tokens[at++], text);
        string? second = null;
        if (at + 1 < tokens.Count && tokens[at].Of(text) == "." && tokens[at + 1].Piece is SqlPiece.Word or SqlPiece.QuotedName)
        {
            second = NameOf(tokens[at + 1], text);
            at += 2;
        }
        return second is null
            ? names.Relations.Where(relation => relation.Name == first).OrderByDescending(relation => relation.Schema == "public").FirstOrDefault()
            : names.Relations.FirstOrDefault(relation => relation.Schema == first && relation.Name == second);
    }

    private static string NameOf(SqlToken token, string text) =>
        token.Piece == SqlPiece.QuotedName ? token.Of(text).Trim('"').Replace("\"\"", "\"", StringComparison.Ordinal) : token.Of(text).ToLowerInvariant();

    private static string Quoted(string name) =>
        name.Length > 0 && (char.IsAsciiLetterLower(name[0]) || name[0] == '_') && name.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c == '_')
            ? name : $"\"{name.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";
}
