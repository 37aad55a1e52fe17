using PhantomDb.Shell.Commands;

namespace PhantomDb.Shell.Editing;

/// <summary>What a database has that can be completed. Asked when Tab is pressed.</summary>
internal interface ICompletionNames
{
    IReadOnlyList<string> Schemas { get; }

    IReadOnlyList<RelationDescription> Relations { get; }

    /// <summary>Those of pg_catalog and information_schema.</summary>
    IReadOnlyList<RelationDescription> SystemRelations { get; }

    IReadOnlyList<string> Functions { get; }

    IReadOnlyList<string> Settings { get; }

    IReadOnlyList<string> Keywords { get; }

    /// <summary>Those of the keywords that stand for a name in double quotes alone, somewhere at least.</summary>
    IReadOnlySet<string> QuotedKeywords { get; }

    /// <summary>Those in the data directory.</summary>
    IReadOnlyList<string> Databases { get; }
}

/// <summary>
/// How a statement can go on at a place: relations behind FROM and its like, columns of the relations in scope (of one behind its name or alias and a point), settings behind SET and SHOW,
/// else columns, functions and keywords. It looks at words and not at grammar, so that it has something to say of a statement that is far from whole.
/// </summary>
internal sealed class SqlCompleter(ICompletionNames names)
{
    private static readonly string[] BeforeRelation = ["FROM", "JOIN", "INTO", "UPDATE", "TABLE", "ONLY", "TRUNCATE", "ANALYZE", "REFERENCES", "VIEW", "SEQUENCE", "COPY", "VACUUM"];
    private static readonly string[] BeforeSetting = ["SET", "SHOW", "RESET", "PERSIST"];
    private static readonly string[] Statements = ["SELECT", "INSERT INTO", "UPDATE", "DELETE FROM", "WITH", "VALUES", "TABLE", "EXECUTE", "CREATE TABLE"];
    private static readonly string[] OtherStatements = ["ALTER", "ANALYZE", "BEGIN", "CHECKPOINT", "COMMENT ON", "COMMIT", "COPY", "CREATE", "DROP", "EXPLAIN", "ROLLBACK", "SET", "SHOW", "TRUNCATE", "VACUUM"];

    /// <summary>Statements of clauses: what can follow a name or a value in them is known, and stands before all other keywords.</summary>
    private static readonly string[] OfClauses = ["SELECT", "WITH", "INSERT", "UPDATE", "DELETE", "VALUES", "EXPLAIN", "ALTER", "("];
    private static readonly string[] BehindRelation =
    [
        "WHERE", "JOIN", "LEFT JOIN", "INNER JOIN", "RIGHT JOIN", "FULL JOIN", "CROSS JOIN", "NATURAL JOIN", "ON", "USING", "GROUP BY", "ORDER BY", "HAVING", "LIMIT", "OFFSET", "FETCH", "FOR", "WINDOW",
        "UNION", "INTERSECT", "EXCEPT", "AS", "RETURNING",
    ];
    private static readonly string[] BehindTarget = ["VALUES", "SELECT", "DEFAULT VALUES", "OVERRIDING", "ON CONFLICT", "RETURNING", "AS"];
    private static readonly string[] BehindAltered = ["ADD COLUMN", "ADD CONSTRAINT", "ALTER COLUMN", "DROP COLUMN", "DROP CONSTRAINT", "RENAME COLUMN", "RENAME CONSTRAINT", "RENAME TO", "SET SCHEMA"];
    private static readonly string[] BehindValue =
    [
        "FROM", "WHERE", "AND", "OR", "IN", "IS", "NOT", "LIKE", "ILIKE", "BETWEEN", "AS", "ASC", "DESC", "NULLS", "WHEN", "THEN", "ELSE", "END", "GROUP BY", "ORDER BY", "HAVING", "LIMIT", "OFFSET", "FETCH",
        "FOR", "JOIN", "LEFT JOIN", "INNER JOIN", "RIGHT JOIN", "FULL JOIN", "CROSS JOIN", "NATURAL JOIN", "UNION", "INTERSECT", "EXCEPT", "WINDOW", "OVER", "FILTER", "COLLATE", "RETURNING", "ON CONFLICT",
    ];

    private static readonly string[] Definable = ["TABLE", "VIEW", "INDEX", "SEQUENCE", "SCHEMA", "DATABASE"];

    /// <summary>Words behind which few others can stand.</summary>
    private static readonly Dictionary<string, string[]> Behind = new()
    {
        ["CREATE"] = [.. Definable, "UNIQUE INDEX", "OR REPLACE VIEW"],
        ["ALTER"] = Definable,
        ["DROP"] = [.. Definable, "COLUMN", "CONSTRAINT"],
        ["INSERT"] = ["INTO"],
        ["DELETE"] = ["FROM"],
        ["IS"] = ["NULL", "NOT NULL", "TRUE", "FALSE", "UNKNOWN", "NOT", "DISTINCT FROM"],
        ["GROUP"] = ["BY"],
        ["ORDER"] = ["BY"],
        ["PARTITION"] = ["BY"],
        ["INNER"] = ["JOIN"],
        ["CROSS"] = ["JOIN"],
        ["NATURAL"] = ["JOIN", "LEFT JOIN", "RIGHT JOIN", "FULL JOIN"],
        ["FULL"] = ["JOIN", "OUTER JOIN"],
        ["LEFT"] = ["JOIN", "OUTER JOIN"],
        ["RIGHT"] = ["JOIN", "OUTER JOIN"],
    };

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
        IEnumerable<Candidate> candidates = Candidates(text, isWord ? tokens.Where(token => token.Start != start) : tokens, before, typed);   // what is being typed is no alias
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

    private IEnumerable<Candidate> Candidates(string text, IEnumerable<SqlToken> tokens, List<SqlToken> before, string typed)
    {
        SqlScope scope = new(names, text, tokens);
        string last = before.Count > 0 ? before[^1].Of(text) : "";
        if (last == "." && before.Count > 1)
        {
            return Below(SqlScope.NameOf(before[^2], text), scope);
        }
        string clause = LastClause(text, before), word = last == "," ? clause : last.ToUpperInvariant();
        if (before.Count > 0 && before.TrueForAll(token => token.Of(text).ToUpperInvariant() is "EXPLAIN" or "ANALYZE" or "VERBOSE") && before[0].Of(text).Equals("EXPLAIN", StringComparison.OrdinalIgnoreCase))
        {
            return Keywords(typed, [.. before.Count == 1 ? ["ANALYZE", "VERBOSE"] : (string[])["VERBOSE"], .. Statements]);
        }
        if (BeforeRelation.Contains(word) || (word == "ON" && SqlScope.IsIndex(text, before)))
        {
            return scope.Queries.Select(query => new Candidate(Quoted(query.Name), "with")).Concat(Relations(typed))
                .Concat(Keywords(typed, word switch { "UPDATE" or "FROM" => ["ONLY", "LATERAL"], "VACUUM" => ["ANALYZE", "FULL", "VERBOSE"], _ => ["IF", "ONLY"] }));
        }
        if (BeforeSetting.Contains(word) && before.Count <= 2 && before[0].Of(text).ToUpperInvariant() is "SET" or "SHOW" or "RESET")
        {
            return names.Settings.Select(name => new Candidate(name, "setting")).Concat(Keywords(typed, ["LOCAL", "SESSION", "PERSIST", "ALL", "TRANSACTION"]));
        }
        if (before.Count > 0 && before[^1].Piece == SqlPiece.Word && Behind.TryGetValue(word, out string[]? few) && Array.FindAll(few, keyword => Begins(keyword, typed)) is { Length: > 0 } wanted)
        {
            return Keywords(typed, wanted);
        }
        if (IsTargetList(text, before, out int open))
        {
            HashSet<string> taken = [.. before[(open + 1)..].Select(token => SqlScope.NameOf(token, text))];
            return scope.Entries.SelectMany(entry => Columns(entry.Relation, taken)).Concat(last == "(" && typed.Length > 0 ? Keywords(typed, ["SELECT", "WITH", "VALUES"]) : []);
        }
        if (before.Count > 0 && OfClauses.Contains(before[0].Of(text).ToUpperInvariant()) && IsOperand(text, before, scope))
        {
            string[] clauses = clause switch { "INTO" => BehindTarget, "UPDATE" => ["SET", "AS"], "TABLE" => BehindAltered, "FROM" or "JOIN" => BehindRelation, _ => BehindValue };
            string[] fitting = Array.FindAll(clauses, keyword => Begins(keyword, typed));
            return Keywords(typed, fitting.Length > 0 ? fitting : names.Keywords);
        }
        IEnumerable<Candidate> own = scope.Entries.SelectMany(entry => Columns(entry.Relation)).Concat(scope.Entries.Select(entry => new Candidate(entry.Name, "table")));
        return before.Count == 0 ? Keywords(typed, typed.Length == 0 ? [.. Statements, .. OtherStatements] : names.Keywords)
            : typed.Length == 0 ? own   // all there are would hide them
            : own.Concat(names.Functions.Select(name => new Candidate($"{name}(", "function"))).Concat(Keywords(typed, names.Keywords));
    }

    // Where the next column of INSERT INTO name (a, b or COPY name (a, b or CREATE INDEX ON name (a, b stands.
    private static bool IsTargetList(string text, List<SqlToken> before, out int open)
    {
        open = before.FindIndex(token => IsSymbol(token, text, '('));
        return open > 1 && before[^1].Of(text) is "(" or "," && (before[0].Of(text).ToUpperInvariant() is "INSERT" or "COPY" || SqlScope.IsIndex(text, before))
            && before[1..open].TrueForAll(token => token.Piece is SqlPiece.Word or SqlPiece.QuotedName || token.Of(text) == ".")
            && before[(open + 1)..].TrueForAll(token => token.Piece is SqlPiece.Word or SqlPiece.QuotedName || token.Of(text) == ",")
            && !before[1..open].Exists(token => token.Of(text).ToUpperInvariant() is "VALUES" or "SELECT" or "FROM" or "TO");
    }

    // A name or a value has ended: what follows is an operator or a clause. A word that is a keyword too is one where it is known to be a name.
    private bool IsOperand(string text, List<SqlToken> before, SqlScope scope)
    {
        SqlToken last = before[^1];
        string word = last.Of(text);
        return last.Piece switch
        {
            SqlPiece.Symbol => word == ")",
            SqlPiece.Word => (!names.Keywords.Contains(word.ToUpperInvariant(), StringComparer.Ordinal) && !SqlScope.EndOfFrom.Contains(word.ToUpperInvariant())) || word.ToUpperInvariant() is "NULL" or "TRUE" or "FALSE" or "END"
                || (before.Count > 1 && before[^2].Of(text) == ".")
                || scope.Entries.Any(entry => entry.Name == SqlScope.NameOf(last, text) || entry.Relation.Columns.Any(column => column.Name == SqlScope.NameOf(last, text))),
            _ => true,
        };
    }

    // Behind a name and a point: the columns of what it stands for, also where FROM is not typed yet, or the relations of the schema.
    private IEnumerable<Candidate> Below(string name, SqlScope scope)
    {
        RelationDescription[] named = [.. scope.Entries.Where(entry => entry.Name == name).Select(entry => entry.Relation)];
        IEnumerable<Candidate> columns = (named.Length > 0 ? named : scope.Queries.Concat(names.Relations).Where(relation => relation.Name == name)).SelectMany(Columns);
        IEnumerable<RelationDescription> known = name is "pg_catalog" or "information_schema" ? names.SystemRelations : names.Relations;
        return columns.Concat(known.Where(relation => relation.Schema == name).Select(relation => new Candidate(Quoted(relation.Name), KindOf(relation))));
    }

    // The system's are many: with the first letters of their names.
    private IEnumerable<Candidate> Relations(string typed) =>
        names.Relations.Where(relation => relation.Kind != RelationKind.Sequence).Select(relation => new Candidate(relation.QualifiedName, KindOf(relation)))
            .Concat(names.Relations.Where(relation => relation.Kind == RelationKind.Sequence).Select(relation => new Candidate(relation.QualifiedName, "sequence")))
            .Concat(names.Schemas.Where(schema => schema != "public").Select(schema => new Candidate($"{Quoted(schema)}.", "schema")))
            .Concat(typed.Length < 2 ? [] : names.SystemRelations.Where(relation => relation.Schema == "pg_catalog").Select(relation => new Candidate(Quoted(relation.Name), $"system {KindOf(relation)}")));

    private IEnumerable<Candidate> Columns(RelationDescription relation) => Columns(relation, []);

    private IEnumerable<Candidate> Columns(RelationDescription relation, HashSet<string> taken) => relation.Columns.Where(column => !taken.Contains(column.Name)).Select(column => new Candidate(Quoted(column.Name), column.TypeName.Length == 0 ? relation.Name : $"{column.TypeName}, {relation.Name}"));

    private static bool Begins(string keyword, string typed) => keyword.StartsWith(typed, StringComparison.OrdinalIgnoreCase);

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
            if (depth == 0 && before[i].Piece == SqlPiece.Word && (word is "FROM" or "TRUNCATE" or "VACUUM" or "TABLE" or "UPDATE" or "INTO" || SqlScope.EndOfFrom.Contains(word)))
            {
                return word;
            }
        }
        return "";
    }

    private string Quoted(string name) =>
        name.Length > 0 && !names.QuotedKeywords.Contains(name.ToUpperInvariant()) && (char.IsAsciiLetterLower(name[0]) || name[0] == '_') && name.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c == '_')
            ? name : SqlName.Quote(name);
}
