namespace PhantomDb.Shell.Editing;

/// <summary>What a piece of SQL is, for colours and completion.</summary>
internal enum SqlPiece
{
    Blank,
    Word,
    QuotedName,
    Text,
    Number,
    Parameter,
    Comment,
    Symbol,
}

/// <summary>A piece of SQL, with its place; <paramref name="IsOpen"/> where a quote or a comment has no end yet.</summary>
internal readonly record struct SqlToken(SqlPiece Piece, int Start, int Length, bool IsOpen = false)
{
    public int End => Start + Length;

    public string Of(string sql) => sql.Substring(Start, Length);
}

/// <summary>Cuts SQL that is being typed into pieces. Never fails: what has no end yet goes to the end. The engine's parser is the one who decides; this only shows.</summary>
internal static class SqlScanner
{
    public static List<SqlToken> Scan(string sql)
    {
        List<SqlToken> tokens = [];
        for (int start = 0; start < sql.Length;)
        {
            SqlToken token = Next(sql, start);
            tokens.Add(token);
            start = token.End;
        }
        return tokens;
    }

    private static SqlToken Next(string sql, int start)
    {
        char c = sql[start];
        char next = start + 1 < sql.Length ? sql[start + 1] : '\0';
        switch (c)
        {
            case '-' when next == '-':
                return new SqlToken(SqlPiece.Comment, start, LineEnd(sql, start) - start);
            case '/' when next == '*':
                return Comment(sql, start);
            case '\'':
                return Quoted(sql, start, start, SqlPiece.Text, escapes: false);
            case 'e' or 'E' when next == '\'':
                return Quoted(sql, start, start + 1, SqlPiece.Text, escapes: true);
            case '"':
                return Quoted(sql, start, start, SqlPiece.QuotedName, escapes: false);
            case '$' when char.IsAsciiDigit(next):
                return While(sql, start, start + 1, char.IsAsciiDigit, SqlPiece.Parameter);
            case '$' when DollarQuote(sql, start) is { } quoted:
                return quoted;
            case '@' or ':' when IsWordStart(next) && (start == 0 || sql[start - 1] != ':'):
                return While(sql, start, start + 1, IsWordPart, SqlPiece.Parameter);
        }
        return char.IsWhiteSpace(c) ? While(sql, start, start, char.IsWhiteSpace, SqlPiece.Blank)
            : IsWordStart(c) ? While(sql, start, start, IsWordPart, SqlPiece.Word)
            : char.IsAsciiDigit(c) || (c == '.' && char.IsAsciiDigit(next)) ? While(sql, start, start, part => char.IsAsciiLetterOrDigit(part) || part is '.' or '_', SqlPiece.Number)
            : new SqlToken(SqlPiece.Symbol, start, 1);
    }

    private static bool IsWordStart(char c) => char.IsLetter(c) || c == '_';

    private static bool IsWordPart(char c) => char.IsLetterOrDigit(c) || c is '_' or '$' || char.IsSurrogate(c);

    private static SqlToken While(string sql, int start, int from, Func<char, bool> isPart, SqlPiece piece)
    {
        int end = from;
        while (end < sql.Length && isPart(sql[end]))
        {
            end++;
        }
        return new SqlToken(piece, start, end - start);
    }

    private static int LineEnd(string sql, int start) => sql.IndexOf('\n', start) is >= 0 and int end ? end : sql.Length;

    // They nest.
    private static SqlToken Comment(string sql, int start)
    {
        int depth = 0;
        for (int i = start; i + 1 < sql.Length; i++)
        {
            if (sql[i] == '/' && sql[i + 1] == '*')
            {
                depth++;
                i++;
            }
            else if (sql[i] == '*' && sql[i + 1] == '/')
            {
                i++;
                if (--depth == 0)
                {
                    return new SqlToken(SqlPiece.Comment, start, i + 1 - start);
                }
            }
        }
        return new SqlToken(SqlPiece.Comment, start, sql.Length - start, IsOpen: true);
    }

    // A quote twice is one in the text: what follows reads as a text of its own, which looks the same.
    private static SqlToken Quoted(string sql, int start, int quote, SqlPiece piece, bool escapes)
    {
        for (int i = quote + 1; i < sql.Length; i++)
        {
            if (escapes && sql[i] == '\\')
            {
                i++;
            }
            else if (sql[i] == sql[quote])
            {
                return new SqlToken(piece, start, i + 1 - start);
            }
        }
        return new SqlToken(piece, start, sql.Length - start, IsOpen: true);
    }

    private static SqlToken? DollarQuote(string sql, int start)
    {
        int end = start + 1;
        while (end < sql.Length && (char.IsLetterOrDigit(sql[end]) || sql[end] == '_'))
        {
            end++;
        }
        if (end == sql.Length || sql[end] != '$')
        {
            return null;
        }
        string tag = sql[start..(end + 1)];
        int close = sql.IndexOf(tag, end + 1, StringComparison.Ordinal);
        return close < 0 ? new SqlToken(SqlPiece.Text, start, sql.Length - start, IsOpen: true) : new SqlToken(SqlPiece.Text, start, close + tag.Length - start);
    }
}
