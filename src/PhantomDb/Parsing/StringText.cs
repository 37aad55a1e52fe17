using System.Globalization;
using System.Text;
using Antlr4.Runtime;
using PhantomDb.Errors;
using PhantomDb.Grammar;

namespace PhantomDb.Parsing;

/// <summary>The value that a string token stands for, in each of SQL's spellings. The lexer has already found where the string ends.</summary>
internal static class StringText
{
    public static string Decode(IToken token)
    {
        string text = token.Text;
        switch (token.Type)
        {
            case PhantomSqlLexer.StringConstant:
                return Unquote(text, 0);
            case PhantomSqlLexer.NationalStringConstant:
            case PhantomSqlLexer.BitStringConstant:
            case PhantomSqlLexer.HexStringConstant:
                return Unquote(text, 1);
            case PhantomSqlLexer.EscapeStringConstant:
                return DecodeEscapes(token, Segments(text, 1, isEscape: true));
            case PhantomSqlLexer.UnicodeStringConstant:
                return DecodeUnicode(token, '\'');
            default:
                int tagLength = text.IndexOf('$', 1) + 1;
                return text[tagLength..^tagLength];
        }
    }

    /// <summary><c>U&amp;'…'</c> and <c>U&amp;"…"</c>: \0041, \+000041 and \\, or another escape character than the backslash.</summary>
    public static string DecodeUnicode(IToken token, char quote)
    {
        string text = token.Text;
        char escape = '\\';
        if (text[^1] == '\'' && text[^3] == '\'' && text.LastIndexOf(quote, text.Length - 4) is int end and > 2 && text.AsSpan(end + 1).Contains("uescape", StringComparison.OrdinalIgnoreCase))
        {
            escape = text[^2];
            text = text[..(end + 1)];
            if (char.IsAsciiHexDigit(escape) || escape is '+' or '\'' or '"' || char.IsWhiteSpace(escape))
            {
                throw Error.Syntax("invalid Unicode escape character", $"'{escape}'", token.StopIndex - 2);
            }
        }
        string body = quote == '"' ? text[3..^1].Replace("\"\"", "\"") : Unquote(text, 2);
        if (!body.Contains(escape))
        {
            return body;
        }
        StringBuilder result = new(body.Length);
        for (int i = 0; i < body.Length;)
        {
            if (body[i] != escape)
            {
                result.Append(body[i++]);
            }
            else if (i + 1 < body.Length && body[i + 1] == escape)
            {
                result.Append(escape);
                i += 2;
            }
            else
            {
                int digitsAt = i + 1 < body.Length && body[i + 1] == '+' ? i + 2 : i + 1;
                int digitCount = digitsAt == i + 2 ? 6 : 4;
                AppendCodePoint(result, body, digitsAt, digitCount, token);
                i = digitsAt + digitCount;
            }
        }
        return CheckSurrogates(result.ToString(), token);
    }

    private static string Unquote(string text, int start)
    {
        string body = text[(start + 1)..^1];
        return body.Contains('\'') ? string.Concat(Segments(text, start, isEscape: false)).Replace("''", "'") : body;
    }

    /// <summary>The contents of the quoted pieces of a string that goes on over several lines, quotes still doubled.</summary>
    private static List<string> Segments(string text, int start, bool isEscape)
    {
        List<string> segments = [];
        int position = start;
        while (position < text.Length)
        {
            int open = position + 1;
            int i = open;
            while (true)
            {
                if (isEscape && text[i] == '\\')
                {
                    i += 2;
                }
                else if (text[i] != '\'')
                {
                    i++;
                }
                else if (i + 1 < text.Length && text[i + 1] == '\'')
                {
                    i += 2;
                }
                else
                {
                    break;
                }
            }
            segments.Add(text[open..i]);
            position = i + 1;

            // What is between two pieces is white space and comments; a quote in a comment opens nothing.
            while (position < text.Length && text[position] != '\'')
            {
                position = text[position] == '-' ? text.AsSpan(position).IndexOfAny('\n', '\r') + position : position + 1;
            }
        }
        return segments;
    }

    private static string DecodeEscapes(IToken token, List<string> segments)
    {
        StringBuilder result = new();
        List<byte>? bytes = null;
        foreach (string segment in segments)
        {
            for (int i = 0; i < segment.Length;)
            {
                char c = segment[i++];
                if (c != '\\')
                {
                    Flush();
                    result.Append(c);
                    i += c == '\'' ? 1 : 0; // doubled
                    continue;
                }
                char e = segment[i++];
                switch (e)
                {
                    case 'b':
                        Append('\b');
                        break;
                    case 'f':
                        Append('\f');
                        break;
                    case 'n':
                        Append('\n');
                        break;
                    case 'r':
                        Append('\r');
                        break;
                    case 't':
                        Append('\t');
                        break;
                    case 'v':
                        Append('\v');
                        break;
                    case 'u' or 'U':
                        Flush();
                        int digitCount = e == 'u' ? 4 : 8;
                        AppendCodePoint(result, segment, i, digitCount, token);
                        i += digitCount;
                        break;
                    case 'x' when i < segment.Length && char.IsAsciiHexDigit(segment[i]):
                        int hexEnd = i + 1 < segment.Length && char.IsAsciiHexDigit(segment[i + 1]) ? i + 2 : i + 1;
                        (bytes ??= []).Add(byte.Parse(segment.AsSpan(i, hexEnd - i), NumberStyles.HexNumber, CultureInfo.InvariantCulture));
                        i = hexEnd;
                        break;
                    case >= '0' and <= '7':
                        int value = e - '0';
                        for (int n = 0; n < 2 && i < segment.Length && segment[i] is >= '0' and <= '7'; n++)
                        {
                            value = (value * 8) + segment[i++] - '0';
                        }
                        (bytes ??= []).Add((byte)value);
                        break;
                    default:
                        Append(e);
                        break;
                }
            }
        }
        Flush();
        string text = CheckSurrogates(result.ToString(), token);
        return text.Contains('\0') ? throw InvalidByteSequence("0x00", token) : text;

        void Append(char c)
        {
            Flush();
            result.Append(c);
        }

        // \x and octal escapes are bytes of UTF-8: neighbours make one character.
        void Flush()
        {
            if (bytes is not { Count: > 0 })
            {
                return;
            }
            try
            {
                result.Append(new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(bytes.ToArray()));
            }
            catch (DecoderFallbackException)
            {
                throw InvalidByteSequence(string.Join(' ', bytes.Select(b => $"0x{b:x2}")), token);
            }
            bytes.Clear();
        }
    }

    private static void AppendCodePoint(StringBuilder result, string text, int start, int digitCount, IToken token)
    {
        if (start + digitCount > text.Length || text.AsSpan(start, digitCount).ContainsAnyExcept("0123456789abcdefABCDEF"))
        {
            string sqlState = token.Type == PhantomSqlLexer.EscapeStringConstant ? SqlStates.InvalidEscapeSequence : SqlStates.SyntaxError;
            throw new PhantomDbException(sqlState, "invalid Unicode escape") { Position = token.StartIndex };
        }
        uint value = uint.Parse(text.AsSpan(start, digitCount), NumberStyles.HexNumber, CultureInfo.InvariantCulture);
        if (value is 0 or > 0x10FFFF)
        {
            throw Error.InvalidSyntax("invalid Unicode escape value", token.StartIndex);
        }
        if (value > 0xFFFF)
        {
            result.Append(char.ConvertFromUtf32((int)value));
        }
        else
        {
            result.Append((char)value);
        }
    }

    private static string CheckSurrogates(string text, IToken token)
    {
        for (int i = 0; i < text.Length; i++)
        {
            if (char.IsHighSurrogate(text[i]) && i + 1 < text.Length && char.IsLowSurrogate(text[i + 1]))
            {
                i++;
            }
            else if (char.IsSurrogate(text[i]))
            {
                throw Error.InvalidSyntax("invalid Unicode surrogate pair", token.StartIndex);
            }
        }
        return text;
    }

    private static PhantomDbException InvalidByteSequence(string bytes, IToken token) =>
        new(SqlStates.CharacterNotInRepertoire, $"invalid byte sequence for encoding \"UTF8\": {bytes}") { Position = token.StartIndex };
}
