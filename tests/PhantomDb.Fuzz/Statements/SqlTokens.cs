using System.Text.RegularExpressions;

namespace PhantomDb.Fuzz.Statements;

/// <summary>SQL as a list of tokens, for cutting and joining; comments are dropped. It need not agree with the parser on what is wrong.</summary>
internal static partial class SqlTokens
{
    public static List<string> Split(string sql) =>
        [.. Token().Matches(sql).Select(match => match.Value).Where(token => !token.StartsWith("--", StringComparison.Ordinal) && !token.StartsWith("/*", StringComparison.Ordinal))];

    public static string Join(IEnumerable<string> tokens) => string.Join(' ', tokens);

    public static bool IsWord(string token) => char.IsAsciiLetter(token[0]) || token[0] == '_' || token[0] == '"';

    public static bool IsLiteral(string token) => char.IsAsciiDigit(token[0]) || token[0] == '\'' || (token[0] == '.' && token.Length > 1);

    [GeneratedRegex("""--[^\n]*|/\*[\s\S]*?\*/|[eEbBxXnN]?'(?:[^']|'')*'?|"(?:[^"]|"")*"?|\$(\w*)\$[\s\S]*?\$\1\$|\$\d+|[A-Za-z_\x80-\uffff][\w]*|\d+(?:\.\d*)?(?:[eE][+-]?\d+)?|\.\d+|::|[<>=~!@#%^&|?]+(?:/(?!\*)|\*)?|\S""")]
    private static partial Regex Token();
}
