using System.Text.RegularExpressions;
using PhantomDb.Fuzz.Statements;

namespace PhantomDb.Fuzz.Compare;

/// <summary>How our side runs a statement.</summary>
internal enum ExecutionMode
{
    Text,
    Prepared,
    /// <summary>Each literal a parameter whose type comes from its place.</summary>
    Parameters,
    /// <summary>Each literal a parameter with a cast to the literal's type.</summary>
    TypedParameters,
}

/// <summary>
/// A statement whose literals are marked, so that it can be run as text and with parameters. <paramref name="OrderedBy"/> are
/// the result's columns (from 0) that its ORDER BY names in turn: only their order is compared.
/// </summary>
internal sealed partial record ComparedStatement(string Marked, ExecutionMode Mode, IReadOnlyList<int> OrderedBy)
{
    // A literal is Begin, type, Middle, text, Close: characters that occur nowhere else.
    private const char Begin = '\u0010';
    private const char Middle = '\u0011';
    private const char Close = '\u0012';

    private string? _sql;

    /// <summary>The statement with its literals in place.</summary>
    public string Sql => _sql ??= Literal().Replace(Marked, match => Inline(match.Groups[1].Value, match.Groups[2].Value));

    public bool IsQuery => Sql.StartsWith("select", StringComparison.Ordinal) || Sql.StartsWith("(select", StringComparison.Ordinal);

    /// <summary>May change several rows, of which several may violate several constraints. One inserted row meets them in a certain order.</summary>
    public bool IsChangeOfManyRows => !OneRow().IsMatch(Sql) && (IsChange || Marked.StartsWith("commit", StringComparison.Ordinal) || Marked.StartsWith("set constraints", StringComparison.Ordinal));

    private bool IsChange => Marked.Contains("insert into", StringComparison.Ordinal) || Marked.Contains("update ", StringComparison.Ordinal)
        || Marked.Contains("delete from", StringComparison.Ordinal);

    public static string Mark(string type, string text) => $"{Begin}{type}{Middle}{text}{Close}";

    public (string Sql, List<string> Parameters) WithParameters(bool isTyped)
    {
        List<string> parameters = [];
        string sql = Literal().Replace(Marked, match =>
        {
            parameters.Add(match.Groups[2].Value);
            return isTyped ? $"${parameters.Count}::{match.Groups[1].Value}" : $"${parameters.Count}";
        });
        return (sql, parameters);
    }

    /// <summary>The tokens, to take some of them out; a marked literal is one.</summary>
    public List<string> Tokens()
    {
        List<string> tokens = [];
        int from = 0;
        foreach (Match match in Literal().Matches(Marked))
        {
            tokens.AddRange(SqlTokens.Split(Marked[from..match.Index]));
            tokens.Add(match.Value);
            from = match.Index + match.Length;
        }
        tokens.AddRange(SqlTokens.Split(Marked[from..]));
        return tokens;
    }

    private static string Inline(string type, string text) => type switch
    {
        "int2" or "int4" or "int8" or "numeric" => text[0] == '-' ? $"({text})" : text,
        "bool" => text,
        _ => $"'{text.Replace("'", "''", StringComparison.Ordinal)}'",
    };

    [GeneratedRegex(@"^insert into \w+ (\([^()]*\) )?values \(((?!\), \()[^;])*$")]
    private static partial Regex OneRow();

    [GeneratedRegex("\u0010([^\u0011]*)\u0011([^\u0012]*)\u0012")]
    private static partial Regex Literal();
}
