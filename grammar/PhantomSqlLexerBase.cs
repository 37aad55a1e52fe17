#nullable enable
using System;
using System.Collections.Generic;
using System.IO;
using System.Text;
using Antlr4.Runtime;

namespace PhantomDb.Grammar;

/// <summary>
/// The parts of the lexer that regular rules cannot say or say slowly: keywords, the ends of strings and comments, PostgreSQL's rules for operators.
/// Each method runs after its rule has matched the opening of a token, and moves the input to the token's end.
/// </summary>
public abstract class PhantomSqlLexerBase : Lexer
{
    private const int KeywordLengthMax = 17;

    private static readonly Dictionary<string, int>.AlternateLookup<ReadOnlySpan<char>> Keywords = FindKeywords();

    /// <summary>For the generated class.</summary>
    protected PhantomSqlLexerBase(ICharStream input)
        : base(input)
    {
    }

    /// <summary>For the generated class.</summary>
    protected PhantomSqlLexerBase(ICharStream input, TextWriter output, TextWriter errorOutput)
        : base(input, output, errorOutput)
    {
    }

    private string SqlText => ((SqlCharStream)InputStream).Text;

    /// <summary>The token type of a word, or 0 if it is no keyword. Letter case does not matter.</summary>
    public static int FindKeyword(ReadOnlySpan<char> word) =>
        word.Length <= KeywordLengthMax && Ascii.IsValid(word) && Keywords.TryGetValue(word, out int type) ? type : 0;

    /// <summary>Turns an identifier into a keyword if it is one.</summary>
    protected void ClassifyWord()
    {
        int keyword = FindKeyword(SqlText.AsSpan(TokenStartCharIndex, CharIndex - TokenStartCharIndex));
        if (keyword != 0)
        {
            Type = keyword;
        }
    }

    /// <summary>From after the opening quote to the closing one; two quotes are one, and a string goes on after white space with a line break.</summary>
    protected void ReadString(string messageIfUnterminated)
    {
        string text = SqlText;
        int position = CharIndex;
        while (true)
        {
            int quote = text.AsSpan(position).IndexOf('\'');
            if (quote < 0)
            {
                throw Unterminated(messageIfUnterminated);
            }
            position += quote + 1;
            if (position < text.Length && text[position] == '\'')
            {
                position++;
                continue;
            }
            int next = FindContinuation(text, position);
            if (next < 0)
            {
                break;
            }
            position = next;
        }
        InputStream.Seek(position);
    }

    /// <summary>As <see cref="ReadString"/>, where a backslash takes the next character out of consideration.</summary>
    protected void ReadEscapeString()
    {
        string text = SqlText;
        int position = CharIndex;
        while (true)
        {
            int mark = text.AsSpan(position).IndexOfAny('\'', '\\');
            if (mark < 0)
            {
                throw Unterminated("unterminated quoted string");
            }
            position += mark + 1;
            if (text[position - 1] == '\\' || (position < text.Length && text[position] == '\''))
            {
                position = Math.Min(position + 1, text.Length);
                continue;
            }
            int next = FindContinuation(text, position);
            if (next < 0)
            {
                break;
            }
            position = next;
        }
        InputStream.Seek(position);
    }

    /// <summary>To the next occurrence of the tag that opened the string.</summary>
    protected void ReadDollarString()
    {
        ReadOnlySpan<char> text = SqlText;
        int position = CharIndex;
        ReadOnlySpan<char> tag = text[TokenStartCharIndex..position];
        int end = text[position..].IndexOf(tag);
        if (end < 0)
        {
            throw Unterminated("unterminated dollar-quoted string");
        }
        InputStream.Seek(position + end + tag.Length);
    }

    /// <summary>From after the opening double quote to the closing one.</summary>
    protected void ReadQuotedIdentifier()
    {
        string text = SqlText;
        int start = CharIndex;
        int position = start;
        while (true)
        {
            int quote = text.AsSpan(position).IndexOf('"');
            if (quote < 0)
            {
                throw Unterminated("unterminated quoted identifier");
            }
            position += quote + 1;
            if (position >= text.Length || text[position] != '"')
            {
                break;
            }
            position++;
        }
        InputStream.Seek(position);
        if (position == start + 1)
        {
            throw new SqlLexerException("zero-length delimited identifier", TokenStartCharIndex, position - TokenStartCharIndex);
        }
    }

    /// <summary>Takes <c>UESCAPE 'c'</c> into the token before it.</summary>
    protected void ReadUnicodeEscape()
    {
        string text = SqlText;
        int position = SkipWhitespaceAndComments(text, CharIndex, out _);
        if (!text.AsSpan(position).StartsWith("UESCAPE", StringComparison.OrdinalIgnoreCase))
        {
            return;
        }
        position = SkipWhitespaceAndComments(text, position + "UESCAPE".Length, out _);
        if (position + 2 < text.Length && text[position] == '\'' && text[position + 2] == '\'')
        {
            InputStream.Seek(position + 3);
            return;
        }
        throw new SqlLexerException("invalid Unicode escape character", position, Math.Min(1, text.Length - position));
    }

    /// <summary>From after <c>/*</c> to the matching <c>*/</c>.</summary>
    protected void ReadBlockComment()
    {
        string text = SqlText;
        int position = TokenStartCharIndex + 2;
        for (int depth = 1; depth > 0;)
        {
            int mark = text.AsSpan(position).IndexOfAny('*', '/');
            if (mark < 0 || position + mark + 1 >= text.Length)
            {
                throw Unterminated("unterminated /* comment");
            }
            position += mark;
            if (text[position] == '*' && text[position + 1] == '/')
            {
                depth--;
                position += 2;
            }
            else if (text[position] == '/' && text[position + 1] == '*')
            {
                depth++;
                position += 2;
            }
            else
            {
                position++;
            }
        }
        InputStream.Seek(position);
    }

    /// <summary>
    /// Cuts a run of operator characters where PostgreSQL ends the operator: before a comment, and before a final + or -
    /// unless a character is in it that SQL's own operators do not have.
    /// </summary>
    protected void ReadOperator()
    {
        int start = TokenStartCharIndex;
        ReadOnlySpan<char> run = SqlText.AsSpan(start, CharIndex - start);
        int length = run.Length;
        int comment = run.IndexOf("--");
        if (comment >= 0)
        {
            length = comment;
        }
        comment = run[..length].IndexOf("/*");
        if (comment == 0)
        {
            ReadBlockComment();
            Skip();
            return;
        }
        if (comment > 0)
        {
            length = comment;
        }
        if (length > 1 && run[length - 1] is '+' or '-' && run[..(length - 1)].IndexOfAny("~!@#^&|`?%") < 0)
        {
            do
            {
                length--;
            }
            while (length > 1 && run[length - 1] is '+' or '-');
        }
        InputStream.Seek(start + length);
        Type = run[..length] switch
        {
            "=" => PhantomSqlLexer.EQUAL,
            "<>" or "!=" => PhantomSqlLexer.NOT_EQUAL,
            "<" => PhantomSqlLexer.LESS,
            "<=" => PhantomSqlLexer.LESS_EQUAL,
            ">" => PhantomSqlLexer.GREATER,
            ">=" => PhantomSqlLexer.GREATER_EQUAL,
            "+" => PhantomSqlLexer.PLUS,
            "-" => PhantomSqlLexer.MINUS,
            "*" => PhantomSqlLexer.STAR,
            "/" => PhantomSqlLexer.SLASH,
            "%" => PhantomSqlLexer.PERCENT,
            "^" => PhantomSqlLexer.CARET,
            "=>" => PhantomSqlLexer.EQUALS_GREATER,
            _ => PhantomSqlLexer.Operator,
        };
    }

    /// <summary>Refuses a number or parameter that runs into a word.</summary>
    protected void FailOnJunk(string message)
    {
        string text = SqlText;
        int end = CharIndex;
        while (end < text.Length && (char.IsAsciiLetterOrDigit(text[end]) || text[end] is '_' or '$' or >= '\u0080'))
        {
            end++;
        }
        throw new SqlLexerException(message, TokenStartCharIndex, end - TokenStartCharIndex);
    }

    private SqlLexerException Unterminated(string message) => new(message, TokenStartCharIndex, SqlText.Length - TokenStartCharIndex);

    /// <summary>Where a string goes on after its closing quote (behind the next opening quote), or -1.</summary>
    private static int FindContinuation(string text, int position)
    {
        int next = SkipWhitespaceAndComments(text, position, out bool sawLineBreak);
        return sawLineBreak && next < text.Length && text[next] == '\'' ? next + 1 : -1;
    }

    private static int SkipWhitespaceAndComments(string text, int position, out bool sawLineBreak)
    {
        sawLineBreak = false;
        while (position < text.Length)
        {
            char c = text[position];
            if (c is '\n' or '\r')
            {
                sawLineBreak = true;
                position++;
            }
            else if (c is ' ' or '\t' or '\f' or '\v')
            {
                position++;
            }
            else if (c == '-' && position + 1 < text.Length && text[position + 1] == '-')
            {
                int lineBreak = text.AsSpan(position).IndexOfAny('\n', '\r');
                position = lineBreak < 0 ? text.Length : position + lineBreak;
            }
            else
            {
                break;
            }
        }
        return position;
    }

    private static Dictionary<string, int>.AlternateLookup<ReadOnlySpan<char>> FindKeywords()
    {
        // Keywords are the first tokens of the grammar, before the operators.
        Dictionary<string, int> keywords = new(StringComparer.OrdinalIgnoreCase);
        for (int type = 1; type < PhantomSqlLexer.EQUAL; type++)
        {
            keywords.Add(PhantomSqlLexer.DefaultVocabulary.GetSymbolicName(type), type);
        }
        return keywords.GetAlternateLookup<ReadOnlySpan<char>>();
    }
}
