using System.Runtime.InteropServices;

namespace PhantomDb.Parsing;

/// <summary>Kinds of literal that can be taken out of a statement's text.</summary>
internal enum TextLiteralKind : byte
{
    /// <summary>'…', quotes doubled inside.</summary>
    String,

    /// <summary>Digits, and a sign that belongs to them.</summary>
    Integer,

    /// <summary>Digits with a point, and a sign that belongs to them.</summary>
    Decimal,
}

/// <summary>A literal in a statement's text, with its quotes or its sign.</summary>
internal readonly record struct TextLiteral(TextLiteralKind Kind, int Start, int Length, bool IsNegative, bool HasDoubledQuotes)
{
    /// <summary>Where the parser says that the literal is: a sign is an operator to it.</summary>
    public int Position => IsNegative ? Start + 1 : Start;

    /// <summary>What is between the quotes, or the number with its sign.</summary>
    public ReadOnlySpan<char> Content(string sql) => Kind == TextLiteralKind.String ? sql.AsSpan(Start + 1, Length - 2) : sql.AsSpan(Start, Length);
}

/// <summary>
/// Takes the literals out of a statement's text: what is left is the key under which its plan is found again when only
/// literals differ. No parser: a text with anything unusual in it is its own key, whole. Reusable; allocates nothing.
/// </summary>
/// <remarks>
/// In the key a literal is one control character that says its kind and sign; a text that has such characters itself is kept
/// whole. A minus belongs to the number behind it where it follows an operator, a comma or a parenthesis; the binder
/// compares that with what the parser made of it.
/// </remarks>
internal sealed class LiteralScanner
{
    public const int TextLengthMax = 4096;
    public const int LiteralCountMax = 32;

    private const char WholeText = '\u0001';
    private const char Mark = '\u0002';        // and the five after it: kind * 2 + sign
    private const char FirstAllowed = '\u0009';

    private readonly TextLiteral[] _literals = new TextLiteral[LiteralCountMax];
    private readonly char[] _key = new char[TextLengthMax + 1];
    private int _keyLength;
    private int _count;

    /// <summary>What kind of token came last: whether a minus or a string may follow as a literal of its own.</summary>
    private enum Last : byte
    {
        Operator,
        Operand,
        String,
    }

    /// <summary>The key of the text that was read last.</summary>
    public ReadOnlySpan<char> Key => _key.AsSpan(0, _keyLength);

    public int Hash { get; private set; }

    /// <summary>The literals that were taken out, in their order.</summary>
    public ReadOnlySpan<TextLiteral> Literals => _literals.AsSpan(0, _count);

    /// <summary>Reads a text; false where it is too long to be kept.</summary>
    public bool TryRead(string sql)
    {
        if (sql.Length > TextLengthMax)
        {
            return false;
        }
        _keyLength = 0;
        _count = 0;
        if (!TryTakeLiterals(sql))
        {
            _count = 0;
            _key[0] = WholeText;
            sql.CopyTo(_key.AsSpan(1));
            _keyLength = sql.Length + 1;
        }
        Hash = HashOf(Key);
        return true;
    }

    private bool TryTakeLiterals(ReadOnlySpan<char> sql)
    {
        Last last = Last.Operator;
        int copied = 0;   // of the text, into the key
        int i = 0;
        while (i < sql.Length)
        {
            char c = sql[i];
            if (char.IsAsciiLetter(c) || c == '_' || c >= 0x80)
            {
                i = EndOfWord(sql, i);
                if (i < sql.Length && sql[i] is '\'' or '&')
                {
                    return false;   // E'…', U&'…', or an operator that looks like it
                }
                last = Last.Operand;
                continue;
            }
            switch (c)
            {
                case ' ' or '\t' or '\n' or '\r' or '\f' or '\v':
                    i++;
                    continue;
                case '\'':
                    int end = EndOfString(sql, i, out bool hasDoubled);
                    if (end < 0 || last == Last.String || !TryTake(sql, ref copied, new TextLiteral(TextLiteralKind.String, i, end - i, false, hasDoubled)))
                    {
                        return false;   // two strings may be one, continued
                    }
                    last = Last.String;
                    i = end;
                    continue;
                case >= '0' and <= '9':
                    if (!TryTakeNumber(sql, ref copied, i, i, out i))
                    {
                        return false;
                    }
                    last = Last.Operand;
                    continue;
                case '-' when i + 1 < sql.Length && sql[i + 1] == '-':
                    int line = sql[i..].IndexOfAny('\n', '\r');
                    i = line < 0 ? sql.Length : i + line;
                    continue;
                case '-' when last == Last.Operator && i + 1 < sql.Length && char.IsAsciiDigit(sql[i + 1]):
                    if (!TryTakeNumber(sql, ref copied, i, i + 1, out i))
                    {
                        return false;
                    }
                    last = Last.Operand;
                    continue;
                case '/' when i + 1 < sql.Length && sql[i + 1] == '*':
                    i = EndOfComment(sql, i);
                    if (i < 0)
                    {
                        return false;
                    }
                    continue;
                case '"':
                    i = EndOfString(sql, i, out _);
                    if (i < 0)
                    {
                        return false;
                    }
                    last = Last.Operand;
                    continue;
                case ')' or ']':
                    last = Last.Operand;
                    i++;
                    continue;
                case '.' when i + 1 < sql.Length && char.IsAsciiDigit(sql[i + 1]):
                case '$':
                case < FirstAllowed:
                    return false;
                default:
                    last = Last.Operator;
                    i++;
                    continue;
            }
        }
        return TryCopy(sql[copied..]);
    }

    private bool TryTake(ReadOnlySpan<char> sql, ref int copied, TextLiteral literal)
    {
        if (_count == LiteralCountMax || !TryCopy(sql[copied..literal.Start]))
        {
            return false;
        }
        _key[_keyLength++] = (char)(Mark + ((int)literal.Kind * 2) + (literal.IsNegative ? 1 : 0));
        _literals[_count++] = literal;
        copied = literal.Start + literal.Length;
        return true;
    }

    // 12, 12.5; not 12. nor 1e5 nor what has a letter behind it.
    private bool TryTakeNumber(ReadOnlySpan<char> sql, ref int copied, int start, int digits, out int end)
    {
        int i = EndOfDigits(sql, digits);
        TextLiteralKind kind = TextLiteralKind.Integer;
        end = i;
        if (i < sql.Length && sql[i] == '.')
        {
            kind = TextLiteralKind.Decimal;
            end = EndOfDigits(sql, i + 1);
            if (end == i + 1)
            {
                return false;
            }
        }
        if (end < sql.Length && (IsWordCharacter(sql[end]) || sql[end] == '.'))
        {
            return false;
        }
        return TryTake(sql, ref copied, new TextLiteral(kind, start, end - start, start < digits, false));
    }

    private bool TryCopy(ReadOnlySpan<char> text)
    {
        // A quoted name or a comment may have a mark's character in it.
        if (text.ContainsAnyInRange('\0', (char)(FirstAllowed - 1)))
        {
            return false;
        }
        text.CopyTo(_key.AsSpan(_keyLength));
        _keyLength += text.Length;
        return true;
    }

    private static int EndOfWord(ReadOnlySpan<char> sql, int i)
    {
        while (i < sql.Length && IsWordCharacter(sql[i]))
        {
            i++;
        }
        return i;
    }

    private static bool IsWordCharacter(char c) => char.IsAsciiLetterOrDigit(c) || c is '_' or '$' || c >= 0x80;

    private static int EndOfDigits(ReadOnlySpan<char> sql, int i)
    {
        while (i < sql.Length && char.IsAsciiDigit(sql[i]))
        {
            i++;
        }
        return i;
    }

    // Behind the closing quote; -1 where there is none.
    private static int EndOfString(ReadOnlySpan<char> sql, int start, out bool hasDoubled)
    {
        char quote = sql[start];
        hasDoubled = false;
        int i = start + 1;
        while (true)
        {
            int length = sql[i..].IndexOf(quote);
            if (length < 0)
            {
                return -1;
            }
            i += length + 1;
            if (i >= sql.Length || sql[i] != quote)
            {
                return i;
            }
            hasDoubled = true;
            i++;
        }
    }

    private static int EndOfComment(ReadOnlySpan<char> sql, int start)
    {
        int depth = 1;
        for (int i = start + 2; i + 1 < sql.Length; i++)
        {
            if (sql[i] == '*' && sql[i + 1] == '/')
            {
                i++;
                if (--depth == 0)
                {
                    return i + 1;
                }
            }
            else if (sql[i] == '/' && sql[i + 1] == '*')
            {
                i++;
                depth++;
            }
        }
        return -1;
    }

    private static int HashOf(ReadOnlySpan<char> key)
    {
        ulong hash = (uint)key.Length;
        ReadOnlySpan<ulong> words = MemoryMarshal.Cast<char, ulong>(key);
        foreach (ulong word in words)
        {
            hash = (hash ^ word) * 0x9E3779B97F4A7C15;
            hash ^= hash >> 32;
        }
        foreach (char c in key[(words.Length * 4)..])
        {
            hash = (hash ^ c) * 0x9E3779B97F4A7C15;
            hash ^= hash >> 32;
        }
        return (int)hash;
    }
}
