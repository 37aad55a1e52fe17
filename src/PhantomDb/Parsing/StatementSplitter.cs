using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using PhantomDb.Errors;

namespace PhantomDb.Parsing;

/// <summary>A statement cut out of a stream of text: without its semicolon, and the line (from 1) that it starts at.</summary>
internal readonly record struct SplitStatement(string Text, int Line)
{
    /// <summary>Where it starts in the text, which has been appended at once.</summary>
    public int Start { get; init; }

    /// <summary>Where its parameters stand in <see cref="Text"/>, in their order; empty where they are not looked for.</summary>
    public ParameterMark[] Parameters { get; init; } = [];
}

/// <summary>A parameter as a statement writes it: $1, @name or :name.</summary>
internal readonly record struct ParameterMark(int Start, int Length);

/// <summary>
/// Finds the ends of statements in text that arrives in pieces: a semicolon outside of strings, quoted names, dollar quotes and comments.
/// Each character is looked at once, however the text is cut. Knows nothing of grammar: parentheses do not count.
/// </summary>
/// <param name="findsParameters">
/// Also notes where parameters stand, in a text that is appended at once: $1, @name, :name. No parameter is a name behind @@ or ::, directly behind a word
/// (a@b), nor behind a colon in brackets, which is a slice's.
/// </param>
internal sealed class StatementSplitter(bool findsParameters = false)
{
    private static readonly SearchValues<char> Marks = SearchValues.Create("'\"$-/;");
    private static readonly SearchValues<char> MarksOfParameters = SearchValues.Create("'\"$-/;@:[]");

    private enum State
    {
        Text,
        String,
        EscapeString,
        QuotedName,
        DollarString,
        LineComment,
        BlockComment,
    }

    /// <summary>Characters that may wait for the end of their statement; a buffer of twice as many has still a size that there is.</summary>
    public int LengthMax { get; init; } = 1 << 29;

    private char[] _buffer = new char[256];
    private int _length;

    /// <summary>Where the statement that is being read starts in the buffer, and how far it is looked at.</summary>
    private int _start;
    private int _position;
    private State _state;
    private bool _hasContent;
    private int _commentDepth;
    private string _dollarTag = "";

    /// <summary>Set behind an escape string: over a line break it goes on with the same rules.</summary>
    private bool _escapeMayContinue;
    private int _line = 1;
    private readonly List<ParameterMark> _parameters = [];
    private int _bracketDepth;

    /// <summary>Whether nothing but white space and comments waits: where a shell may take a line for itself.</summary>
    public bool IsBlank => !_hasContent && _state is State.Text && IsWhitespace(_buffer.AsSpan(_position, _length - _position));

    /// <summary>What the waiting text stands in, as psql shows it in its prompt: <c>'</c>, <c>"</c>, <c>$</c>, <c>*</c>, or <c>-</c> for plain text.</summary>
    public char Prompt => _state switch
    {
        State.String or State.EscapeString => '\'',
        State.QuotedName => '"',
        State.DollarString => '$',
        State.BlockComment => '*',
        _ => '-',
    };

    /// <exception cref="PhantomDbException">54000: what waits for its end would be longer than <see cref="LengthMax"/>.</exception>
    public void Append(ReadOnlySpan<char> text)
    {
        if (_length - _start > LengthMax - text.Length)
        {
            throw new PhantomDbException(SqlStates.ProgramLimitExceeded, $"statement of more than {LengthMax} characters")
            {
                Hint = "A semicolon ends a statement. Large data go in with COPY, or as parameters.",
            };
        }
        if (_start > 0 && _length + text.Length > _buffer.Length)
        {
            _buffer.AsSpan(_start, _length - _start).CopyTo(_buffer);
            _length -= _start;
            _position -= _start;
            _start = 0;
        }
        if (_length + text.Length > _buffer.Length)
        {
            Array.Resize(ref _buffer, Math.Max(_length + text.Length, Math.Min(_buffer.Length * 2, LengthMax)));
        }
        text.CopyTo(_buffer.AsSpan(_length));
        _length += text.Length;
    }

    /// <summary>The next statement that is whole. Empty ones are passed over.</summary>
    public bool TryRead(out SplitStatement statement) => TryRead(atEnd: false, out statement);

    /// <summary>At the end of the input: first what is whole, then what is left although no semicolon ends it.</summary>
    public bool TryReadLast(out SplitStatement statement)
    {
        if (TryRead(atEnd: true, out statement))
        {
            return true;
        }
        bool hasContent = _hasContent || _state is not (State.Text or State.LineComment);
        statement = hasContent ? Take(_length, _length) : default;
        return hasContent;
    }

    /// <summary>
    /// The next line of the waiting text as it is, without its line break: for what is not SQL, such as the rows of COPY … FROM STDIN.
    /// Only between statements.
    /// </summary>
    public bool TryReadLine([NotNullWhen(true)] out string? line)
    {
        int length = _buffer.AsSpan(_start, _length - _start).IndexOf('\n');
        if (length < 0)
        {
            line = null;
            return false;
        }
        line = new string(_buffer.AsSpan(_start, length).TrimEnd('\r'));
        Skip(_start + length + 1);
        return true;
    }

    /// <summary>Drops what waits, as after Ctrl-C.</summary>
    public void Clear() => Skip(_length);

    private bool TryRead(bool atEnd, out SplitStatement statement)
    {
        while (FindSemicolon(atEnd, out int semicolon))
        {
            if (_hasContent)
            {
                statement = Take(semicolon, semicolon + 1);
                return true;
            }
            Skip(semicolon + 1);
        }
        statement = default;
        return false;
    }

    private SplitStatement Take(int end, int next)
    {
        int first = _start;
        while (first < end && IsWhitespace(_buffer[first]))
        {
            first++;
        }
        if (first == end)
        {
            first = _start;
        }
        int line = _line + _buffer.AsSpan(_start, first - _start).Count('\n');
        SplitStatement statement = new(new string(_buffer, first, end - first), line)
        {
            Start = first, Parameters = [.. _parameters.Select(mark => mark with { Start = mark.Start - first })],
        };
        Skip(next);
        return statement;
    }

    private void Skip(int next)
    {
        _line += _buffer.AsSpan(_start, next - _start).Count('\n');
        _start = next;
        _position = next;
        _state = State.Text;
        _hasContent = false;
        _escapeMayContinue = false;
        _parameters.Clear();
        _bracketDepth = 0;
        if (_start == _length)
        {
            _start = _position = _length = 0;
        }
    }

    /// <summary>Goes on from where the last look ended. Where the next character is needed and not there yet, it waits.</summary>
    private bool FindSemicolon(bool atEnd, out int semicolon)
    {
        semicolon = -1;
        while (_position < _length)
        {
            ReadOnlySpan<char> rest = _buffer.AsSpan(_position, _length - _position);
            bool canGoOn = _state switch
            {
                State.Text => ReadText(rest, atEnd, ref semicolon),
                State.String => ReadTo(rest, rest.IndexOf('\''), 1),
                State.QuotedName => ReadTo(rest, rest.IndexOf('"'), 1),
                State.EscapeString => ReadEscapeString(rest, atEnd),
                State.DollarString => ReadDollarString(rest),
                State.LineComment => ReadTo(rest, rest.IndexOfAny('\n', '\r'), 0),
                _ => ReadBlockComment(rest, atEnd),
            };
            if (!canGoOn)
            {
                return semicolon >= 0;
            }
        }
        return false;
    }

    /// <summary>To a mark that ends the state, or over all there is. A doubled quote ends a string and starts the next.</summary>
    private bool ReadTo(ReadOnlySpan<char> rest, int index, int markLength)
    {
        if (index < 0)
        {
            _position = _length;
            return false;
        }
        _position += index + markLength;
        _state = State.Text;
        return true;
    }

    private bool ReadText(ReadOnlySpan<char> rest, bool atEnd, ref int semicolon)
    {
        int index = rest.IndexOfAny(findsParameters ? MarksOfParameters : Marks);
        ReadOnlySpan<char> plain = index < 0 ? rest : rest[..index];
        if (!IsWhitespace(plain))
        {
            _hasContent = true;
            _escapeMayContinue = false;
        }
        _position += plain.Length;
        if (index < 0)
        {
            return false;
        }
        char mark = rest[index];
        if (mark == ';')
        {
            semicolon = _position;
            return false;
        }
        if (mark is '-' or '/' && index + 1 == rest.Length && !atEnd)
        {
            return false; // a comment may start here
        }
        char next = index + 1 < rest.Length ? rest[index + 1] : '\0';
        if ((mark == '-' && next == '-') || (mark == '/' && next == '*'))
        {
            _state = mark == '-' ? State.LineComment : State.BlockComment;
            _commentDepth = 1;
            _position += 2;
            return true;
        }
        bool continues = _escapeMayContinue;
        _escapeMayContinue = false;
        _hasContent = true;
        switch (mark)
        {
            case '\'':
                _state = continues || IsEscapePrefix() ? State.EscapeString : State.String;
                _position++;
                return true;
            case '"':
                _state = State.QuotedName;
                _position++;
                return true;
            case '$':
                return ReadDollarTag(rest[index..], atEnd);
            case '@' or ':':
                ReadParameterName(rest[index..]);
                return true;
            case '[' or ']':
                _bracketDepth += mark == '[' ? 1 : -1;
                _position++;
                return true;
            default:
                _position++;
                return true;
        }
    }

    /// <summary>Whether the quote at the position follows an E that is no part of a longer word.</summary>
    private bool IsEscapePrefix() =>
        _position > _start && _buffer[_position - 1] is 'e' or 'E' && (_position - 1 == _start || !IsWordCharacter(_buffer[_position - 2]));

    // @name, also with digits first; :name outside of brackets. A doubled mark is an operator or a cast.
    private void ReadParameterName(ReadOnlySpan<char> rest)
    {
        char mark = rest[0];
        if (rest.Length > 1 && rest[1] == mark)
        {
            _position += 2;
            return;
        }
        char previous = _position > _start ? _buffer[_position - 1] : ' ';
        int length = 1;
        while (length < rest.Length && rest[length] != '$' && IsWordCharacter(rest[length]))
        {
            length++;
        }
        bool isParameter = length > 1 && (mark == '@' ? !IsWordCharacter(previous) && previous != '"' : _bracketDepth <= 0 && !char.IsAsciiDigit(rest[1]));
        if (isParameter)
        {
            _parameters.Add(new ParameterMark(_position, length));
        }
        _position += isParameter ? length : 1;
    }

    private bool ReadDollarTag(ReadOnlySpan<char> rest, bool atEnd)
    {
        // A dollar inside a word belongs to the word; behind a number or at the start of $1 it opens nothing.
        if (_position > _start && IsWordCharacter(_buffer[_position - 1]))
        {
            _position++;
            return true;
        }
        int length = 1;
        if (findsParameters && rest.Length > 1 && char.IsAsciiDigit(rest[1]))
        {
            while (length < rest.Length && char.IsAsciiDigit(rest[length]))
            {
                length++;
            }
            _parameters.Add(new ParameterMark(_position, length));
            _position += length;
            return true;
        }
        while (length < rest.Length && (IsWordCharacter(rest[length]) && rest[length] != '$') && !(length == 1 && char.IsAsciiDigit(rest[1])))
        {
            length++;
        }
        if (length == rest.Length && !atEnd)
        {
            return false; // the tag goes on in the next piece
        }
        if (length < rest.Length && rest[length] == '$')
        {
            _dollarTag = new string(rest[..(length + 1)]);
            _state = State.DollarString;
            _position += length + 1;
        }
        else
        {
            _position += length;
        }
        return true;
    }

    private bool ReadDollarString(ReadOnlySpan<char> rest)
    {
        int index = rest.IndexOf(_dollarTag);
        if (index < 0)
        {
            // The last characters may be the start of the tag.
            _position = Math.Max(_position, _length - _dollarTag.Length + 1);
            return false;
        }
        _position += index + _dollarTag.Length;
        _state = State.Text;
        return true;
    }

    private bool ReadEscapeString(ReadOnlySpan<char> rest, bool atEnd)
    {
        int index = rest.IndexOfAny('\'', '\\');
        if (index < 0)
        {
            _position = _length;
            return false;
        }
        if (rest[index] == '\\')
        {
            _position += index;
            if (index + 1 == rest.Length && !atEnd)
            {
                return false;
            }
            _position = Math.Min(_position + 2, _length);
            return true;
        }
        if (index + 1 == rest.Length && !atEnd)
        {
            _position += index;
            return false; // the quote may be doubled
        }
        if (index + 1 < rest.Length && rest[index + 1] == '\'')
        {
            _position += index + 2;
            return true;
        }
        _position += index + 1;
        _state = State.Text;
        _escapeMayContinue = true;
        return true;
    }

    private bool ReadBlockComment(ReadOnlySpan<char> rest, bool atEnd)
    {
        int index = rest.IndexOfAny('*', '/');
        if (index < 0)
        {
            _position = _length;
            return false;
        }
        _position += index;
        if (index + 1 == rest.Length)
        {
            _position += atEnd ? 1 : 0;
            return false;
        }
        int change = (rest[index], rest[index + 1]) switch
        {
            ('*', '/') => -1,
            ('/', '*') => 1,
            _ => 0,
        };
        _commentDepth += change;
        _position += change == 0 ? 1 : 2;
        if (_commentDepth == 0)
        {
            _state = State.Text;
        }
        return true;
    }

    private static bool IsWhitespace(ReadOnlySpan<char> text)
    {
        foreach (char c in text)
        {
            if (!IsWhitespace(c))
            {
                return false;
            }
        }
        return true;
    }

    private static bool IsWhitespace(char c) => c is ' ' or '\t' or '\r' or '\n' or '\f' or '\v';

    private static bool IsWordCharacter(char c) => char.IsAsciiLetterOrDigit(c) || c is '_' or '$' or >= '\u0080';
}
