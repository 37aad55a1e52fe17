using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using PhantomDb.Errors;

namespace PhantomDb.Functions;

/// <summary>
/// PostgreSQL's advanced regular expressions on .NET's engine: the syntax translated, linear time where the engine can,
/// a time limit where not (back references, look-ahead). PostgreSQL takes the longest match among alternatives, .NET the
/// first: where the text of the match counts, patterns for which that may differ are refused.
/// </summary>
internal sealed class RegexPattern
{
    private static readonly TimeSpan BacktrackingLimit = TimeSpan.FromSeconds(2);

    private readonly Regex _regex;
    private readonly bool _matchMayDiffer;

    /// <param name="flags">As in regexp_replace: i, c, n, s, x, g.</param>
    public RegexPattern(string pattern, string flags, bool ignoreCase)
    {
        var options = RegexOptions.CultureInvariant | RegexOptions.Singleline;
        foreach (char flag in flags)
        {
            switch (flag)
            {
                case 'i': ignoreCase = true; break;
                case 'c': ignoreCase = false; break;
                case 's': break;
                case 'g': IsGlobal = true; break;
                case 'n' or 'm': options = (options & ~RegexOptions.Singleline) | RegexOptions.Multiline; break;
                case 'x': options |= RegexOptions.IgnorePatternWhitespace; break;
                default: throw Error.InvalidParameter($"invalid regular expression option: \"{flag}\"");
            }
        }

        if (pattern.StartsWith("***", StringComparison.Ordinal))
        {
            throw Error.NotSupported("a regular expression with a *** prefix");
        }

        options |= ignoreCase ? RegexOptions.IgnoreCase : RegexOptions.None;
        var translator = new RegexTranslator(pattern, (options & RegexOptions.Multiline) != 0);
        string translated = translator.Translate();
        _matchMayDiffer = translator.MatchMayDiffer;
        _regex = Compile(translated, options, translator.NeedsBacktracking);
    }

    /// <summary>Flag g was given.</summary>
    public bool IsGlobal { get; }

    public int GroupCount => _regex.GetGroupNumbers().Length - 1;

    public bool IsMatch(string text) => Guard(() => _regex.IsMatch(text));

    /// <summary>The first match; refused where it may not be PostgreSQL's.</summary>
    public Match Match(string text)
    {
        EnsureSameMatch();
        return Guard(() => _regex.Match(text));
    }

    /// <summary>The first match from a place on; anchors and word borders see what stands before it.</summary>
    public Match Match(string text, int start)
    {
        EnsureSameMatch();
        return Guard(() => _regex.Match(text, start));
    }

    /// <summary>The match after one.</summary>
    public static Match Next(Match match) => Guard(match.NextMatch);

    /// <summary>A replacement with \1 to \9 and \&amp; filled in.</summary>
    public static string Replacement(string replacement, Match match) => Expand(replacement, match);

    /// <summary>regexp_replace: \1 to \9 and \&amp; in the replacement stand for groups and the whole match.</summary>
    public string Replace(string text, string replacement)
    {
        EnsureSameMatch();
        return Guard(() => _regex.Replace(text, match => Expand(replacement, match), IsGlobal ? -1 : 1));
    }

    private static Regex Compile(string pattern, RegexOptions options, bool needsBacktracking)
    {
        try
        {
            return needsBacktracking
                ? new Regex(pattern, options, BacktrackingLimit)
                : new Regex(pattern, options | RegexOptions.NonBacktracking);
        }
        catch (NotSupportedException)
        {
            return new Regex(pattern, options, BacktrackingLimit);
        }
        catch (RegexParseException error)
        {
            throw Error.InvalidRegularExpression(MessageOf(error.Error));
        }
    }

    private static string MessageOf(RegexParseError error) => error switch
    {
        RegexParseError.InsufficientClosingParentheses or RegexParseError.InsufficientOpeningParentheses => "parentheses () not balanced",
        RegexParseError.UnterminatedBracket => "brackets [] not balanced",
        RegexParseError.QuantifierAfterNothing or RegexParseError.NestedQuantifiersNotParenthesized or RegexParseError.InvalidGroupingConstruct => "quantifier operand invalid",
        RegexParseError.ReversedQuantifierRange or RegexParseError.QuantifierOrCaptureGroupOutOfRange => "invalid repetition count(s)",
        RegexParseError.ReversedCharacterRange => "invalid character range",
        RegexParseError.UndefinedNumberedReference or RegexParseError.UndefinedNamedReference => "invalid backreference number",
        RegexParseError.UnescapedEndingBackslash or RegexParseError.UnrecognizedEscape => "invalid escape \\ sequence",
        _ => "invalid regexp (reg version 0.8)",
    };

    private static T Guard<T>(Func<T> work)
    {
        try
        {
            return work();
        }
        catch (RegexMatchTimeoutException)
        {
            throw Error.NotSupported("a regular expression that needs so much backtracking");
        }
    }

    private void EnsureSameMatch()
    {
        if (_matchMayDiffer)
        {
            throw Error.NotSupported("extracting the match of a regular expression with such alternatives or lazy quantifiers");
        }
    }

    private static string Expand(string replacement, Match match)
    {
        if (!replacement.Contains('\\', StringComparison.Ordinal))
        {
            return replacement;
        }

        var result = new StringBuilder();
        for (int i = 0; i < replacement.Length; i++)
        {
            if (replacement[i] != '\\' || i + 1 == replacement.Length)
            {
                result.Append(replacement[i]);
                continue;
            }

            char next = replacement[++i];
            if (next is >= '1' and <= '9')
            {
                result.Append(match.Groups[next - '0'].Value);
            }
            else if (next == '&')
            {
                result.Append(match.Value);
            }
            else if (next == '\\')
            {
                result.Append('\\');
            }
            else
            {
                result.Append('\\').Append(next);
            }
        }

        return result.ToString();
    }
}

/// <summary>Rewrites what the two dialects spell differently, and finds what they match differently.</summary>
internal sealed class RegexTranslator(string pattern, bool isMultiline)
{
    private const int RepetitionMax = 255;

    private readonly StringBuilder _output = new();
    private int _at;
    private bool _hasAlternatives;
    private bool _hasLazy;
    private bool _hasGreedy;

    /// <summary>Back references or look-around, which the linear engine does not have.</summary>
    public bool NeedsBacktracking { get; private set; }

    /// <summary>Longest match and first match may not be the same.</summary>
    public bool MatchMayDiffer => _hasAlternatives || (_hasLazy && _hasGreedy);

    public string Translate()
    {
        if (pattern.StartsWith("(?", StringComparison.Ordinal) && pattern.Length > 2 && char.IsAsciiLetter(pattern[2]))
        {
            int end = pattern.IndexOf(')', StringComparison.Ordinal);
            if (end < 0 || pattern[2..end].AsSpan().ContainsAnyExcept("icsnx"))
            {
                throw Error.InvalidRegularExpression("invalid embedded option");
            }

            if (pattern[2..end].AsSpan().ContainsAnyExcept("i"))
            {
                throw Error.NotSupported("embedded options other than i in a regular expression");
            }

            _output.Append("(?i)");
            _at = end + 1;
        }

        while (_at < pattern.Length)
        {
            Next();
        }

        return _output.ToString();
    }

    private void Next()
    {
        char c = pattern[_at];
        switch (c)
        {
            case '\\':
                Escape();
                break;
            case '[':
                Bracket();
                break;
            case '$':
                _output.Append(isMultiline ? "(?=\\n|\\z)" : "\\z");   // .NET's $ would fit before a last newline
                NeedsBacktracking |= isMultiline;
                _at++;
                break;
            case '|':
                _hasAlternatives = true;
                _output.Append(c);
                _at++;
                break;
            case '(' when _at + 2 < pattern.Length && pattern[_at + 1] == '?':
                if (pattern[_at + 2] is not ':')
                {
                    NeedsBacktracking = true;
                    int kind = pattern[_at + 2] == '<' ? _at + 3 : _at + 2;   // (?<name>…) is .NET's alone
                    if (kind == pattern.Length || pattern[kind] is not ('=' or '!'))
                    {
                        throw Error.InvalidRegularExpression("quantifier operand invalid");
                    }
                }

                _output.Append("(?").Append(pattern[_at + 2]);
                _at += 3;
                break;
            case '*' or '+' or '?' or '{':
                Quantifier();
                break;
            default:
                _output.Append(c);
                _at++;
                break;
        }
    }

    private void Quantifier()
    {
        int start = _at;
        if (pattern[_at] == '{')
        {
            if (_at + 1 >= pattern.Length || !char.IsAsciiDigit(pattern[_at + 1]))
            {
                _output.Append("\\{");
                _at++;
                return;
            }

            int end = pattern.IndexOf('}', _at);
            if (end < 0)
            {
                throw Error.InvalidRegularExpression("braces {} not balanced");
            }
            EnsureRepetition(pattern.AsSpan((_at + 1)..end));

            _at = end + 1;
        }
        else
        {
            _at++;
        }

        if (_at < pattern.Length && pattern[_at] == '?')
        {
            _hasLazy = true;
            _at++;
        }
        else
        {
            _hasGreedy = true;
        }

        _output.Append(pattern, start, _at - start);
        if (_at < pattern.Length && pattern[_at] is '*' or '+' && _at < pattern.Length)
        {
            throw Error.InvalidRegularExpression("quantifier operand invalid");
        }
    }

    /// <summary>m, m, or m,n of up to 255, m not more than n; .NET would take other braces for text.</summary>
    private static void EnsureRepetition(ReadOnlySpan<char> counts)
    {
        int comma = counts.IndexOf(',');
        ReadOnlySpan<char> least = comma < 0 ? counts : counts[..comma];
        ReadOnlySpan<char> most = comma < 0 ? least : counts[(comma + 1)..];
        int maximum = RepetitionMax;
        if (!int.TryParse(least, NumberStyles.None, CultureInfo.InvariantCulture, out int minimum)
            || (most.Length > 0 && !int.TryParse(most, NumberStyles.None, CultureInfo.InvariantCulture, out maximum))
            || minimum > maximum || maximum > RepetitionMax)
        {
            throw Error.InvalidRegularExpression("invalid repetition count(s)");
        }
    }

    /// <summary>Collation "C" knows ASCII alone, .NET's classes all of Unicode.</summary>
    private static string ClassOf(char escape) => escape switch
    {
        'd' => "0-9",
        's' => " \\t\\n\\r\\f\\v",
        _ => "a-zA-Z0-9_",
    };

    private void Escape(bool inBrackets = false)
    {
        if (_at + 1 == pattern.Length)
        {
            throw Error.InvalidRegularExpression("invalid escape \\ sequence");
        }

        char c = pattern[_at + 1];
        _at += 2;
        switch (c)
        {
            case 'y': _output.Append("\\b"); break;
            case 'Y': _output.Append("\\B"); break;
            case 'm': _output.Append("\\b(?=\\w)"); NeedsBacktracking = true; break;
            case 'M': _output.Append("\\b(?<=\\w)"); NeedsBacktracking = true; break;
            case 'A': _output.Append("\\A"); break;
            case 'Z': _output.Append("\\z"); break;
            case 't' or 'n' or 'r' or 'f' or 'v' or 'a' or 'e':
                _output.Append('\\').Append(c);
                break;
            case 'd' or 's' or 'w':
                _output.Append(inBrackets ? ClassOf(c) : $"[{ClassOf(c)}]");
                break;
            case 'D' or 'S' or 'W' when !inBrackets:
                _output.Append("[^").Append(ClassOf(char.ToLowerInvariant(c))).Append(']');
                break;
            case 'D' or 'S' or 'W':
                throw Error.NotSupported($"escape \\{c} in brackets in a regular expression");
            case 'b': _output.Append("\\x08"); break;
            case 'B': _output.Append("\\\\"); break;
            case >= '1' and <= '9':
                NeedsBacktracking = true;
                _output.Append("(?:\\").Append(c).Append(')');
                break;
            case 'x' or 'u' or 'U' or 'c' or '0':
                throw Error.NotSupported($"escape \\{c} in a regular expression");
            case var letter when char.IsAsciiLetterOrDigit(letter):
                throw Error.InvalidRegularExpression("invalid escape \\ sequence");
            default:
                _output.Append(Regex.Escape(c.ToString()));
                if (c is ']' or '}')
                {
                    _output.Length--;
                    _output.Append('\\').Append(c);
                }

                break;
        }
    }

    private void Bracket()
    {
        _at++;
        _output.Append('[');
        if (_at < pattern.Length && pattern[_at] == '^')
        {
            _output.Append('^');
            _at++;
        }

        bool isFirst = true;
        while (true)
        {
            if (_at >= pattern.Length)
            {
                throw Error.InvalidRegularExpression("brackets [] not balanced");
            }

            char c = pattern[_at];
            if (c == ']' && !isFirst)
            {
                _output.Append(']');
                _at++;
                return;
            }

            isFirst = false;
            if (c == '[' && _at + 1 < pattern.Length && pattern[_at + 1] == ':')
            {
                NamedClass();
            }
            else if (c == '[' && _at + 1 < pattern.Length && pattern[_at + 1] is '.' or '=')
            {
                throw Error.NotSupported("collating elements in a regular expression");
            }
            else if (c == '\\')
            {
                Escape(inBrackets: true);
            }
            else
            {
                // Characters that mean something to .NET inside brackets.
                _output.Append(c is '[' or ']' or '^' ? "\\" + c : c.ToString());
                _at++;
            }
        }
    }

    private void NamedClass()
    {
        int end = pattern.IndexOf(":]", _at, StringComparison.Ordinal);
        string name = end < 0 ? "" : pattern[(_at + 2)..end];
        _output.Append(name switch
        {
            "alpha" => "a-zA-Z",
            "digit" => "0-9",
            "alnum" => "a-zA-Z0-9",
            "upper" => "A-Z",
            "lower" => "a-z",
            "space" => ClassOf('s'),
            "blank" => " \\t",
            "punct" => "!-/:-@\\[-`{-~",
            "xdigit" => "0-9a-fA-F",
            "cntrl" => "\\x00-\\x1f\\x7f",
            "print" => "\\x20-\\x7e",
            "graph" => "\\x21-\\x7e",
            "word" => ClassOf('w'),
            _ => throw Error.InvalidRegularExpression("invalid character class"),
        });
        _at = end + 2;
    }
}
