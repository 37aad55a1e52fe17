using System.Text;
using Antlr4.Runtime;
using PhantomDb.Grammar;

namespace PhantomDb.Parsing;

/// <summary>The name that an identifier token stands for: folded to lower case unless quoted, at most 63 bytes long as in PostgreSQL.</summary>
internal static class IdentifierText
{
    private const int ByteCountMax = 63;

    public static string Of(IToken token) => token.Type switch
    {
        PhantomSqlLexer.QuotedIdentifier => Truncate(token.Text[1..^1].Replace("\"\"", "\"")),
        PhantomSqlLexer.UnicodeIdentifier => Truncate(StringText.DecodeUnicode(token, '"')),
        _ => Truncate(Fold(token.Text)),
    };

    /// <summary>Only ASCII letters are folded, so that a name does not depend on a culture.</summary>
    public static string Fold(string word) => word.AsSpan().ContainsAnyInRange('A', 'Z')
        ? string.Create(word.Length, word, static (span, source) =>
        {
            for (int i = 0; i < span.Length; i++)
            {
                char c = source[i];
                span[i] = char.IsAsciiLetterUpper(c) ? (char)(c | 0x20) : c;
            }
        })
        : word;

    public static string Truncate(string name)
    {
        if (name.Length * 3 <= ByteCountMax || Encoding.UTF8.GetByteCount(name) <= ByteCountMax)
        {
            return name;
        }
        int byteCount = 0;
        int length = 0;
        foreach (Rune rune in name.EnumerateRunes())
        {
            byteCount += rune.Utf8SequenceLength;
            if (byteCount > ByteCountMax)
            {
                break;
            }
            length += rune.Utf16SequenceLength;
        }
        return name[..length];
    }
}
