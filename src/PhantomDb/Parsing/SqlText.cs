using PhantomDb.Parsing.Ast;

namespace PhantomDb.Parsing;

/// <summary>Names and strings as SQL text, quoted where they must be, as PostgreSQL's quote_ident and quote_literal do it.</summary>
internal static class SqlText
{
    /// <summary>A name: quoted unless it is in lower case, of letters, digits and underscores, and no keyword that is reserved in some place.</summary>
    public static string QuoteIdentifier(string name) => NeedsQuotes(name) ? "\"" + name.Replace("\"", "\"\"") + "\"" : name;

    public static string QuoteName(QualifiedName name) => string.Join('.', name.Parts.Select(QuoteIdentifier));

    /// <summary>A string constant: with a backslash in it as <c>E'…'</c>, so that it means the same under any setting.</summary>
    public static string QuoteLiteral(string value)
    {
        string text = value.Replace("'", "''");
        return text.Contains('\\') ? "E'" + text.Replace("\\", "\\\\") + "'" : "'" + text + "'";
    }

    private static bool NeedsQuotes(string name)
    {
        if (name.Length == 0 || !(char.IsAsciiLetterLower(name[0]) || name[0] == '_'))
        {
            return true;
        }
        foreach (char c in name)
        {
            if (!(char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c == '_'))
            {
                return true;
            }
        }
        return Keywords.ClassOf(name) is not (KeywordClass.None or KeywordClass.Unreserved);
    }
}
