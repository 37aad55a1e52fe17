using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace PhantomDb.Shell.Input;

/// <summary>
/// A CSV file of whatever program, as COPY takes it: UTF-8 without a byte order mark, lines ended by LF, without Excel's first line <c>sep=;</c> and without blank lines. What stands in quotes stays as it is.
/// Lines that are left out are remembered, so that errors name those of the file.
/// </summary>
internal sealed partial class CsvFileStream : ReadOnlyStream
{
    private const int BlockSize = 1 << 16;   // even: a UTF-16 character is not divided
    private const int LookAhead = 3;         // \. and the line's end

    private static readonly SearchValues<char> Special = SearchValues.Create("\"\n\r");

    private readonly Stream _file;
    private readonly string _name;
    private readonly Encoding _encoding;
    private readonly Decoder _decoder;
    private readonly byte[] _block = new byte[BlockSize];
    private readonly ArrayBufferWriter<byte> _rows = new(BlockSize * 2);
    private readonly ArrayBufferWriter<char> _blank = new();   // the line so far
    private readonly List<(long RowLines, long LeftOut)> _leftOut = [];
    private char[] _text = new char[BlockSize * 2];
    private int _textLength;    // what is not looked at yet
    private int _position;      // in the rows
    private bool _isAtStart = true, _isAtLineStart = true, _isQuoted, _isBehindReturn, _isAtEnd;
    private long _lineCount;    // of the file, that have ended
    private long _rowLineCount; // of what is handed out

    /// <param name="file">Read from its beginning, and closed with this.</param>
    /// <param name="name">For errors.</param>
    /// <param name="encoding">Null: what a byte order mark says, else UTF-8.</param>
    public CsvFileStream(Stream file, string name, Encoding? encoding)
    {
        (_file, _name) = (file, name);
        (Encoding found, int markLength) = Detect(file, encoding);
        _encoding = Encoding.GetEncoding(found.CodePage, EncoderFallback.ReplacementFallback, DecoderFallback.ExceptionFallback);
        _decoder = _encoding.GetDecoder();
        file.Position = markLength;
    }

    /// <summary>Where it is a tab, that is no white space.</summary>
    public char Delimiter { get; init; }

    /// <summary>Where there is one column a blank line is a row, but before the first.</summary>
    public bool KeepsBlankLines { get; init; }

    /// <summary>Told how many bytes of the file have been read, and of how many.</summary>
    public Action<long, long>? OnRead { get; init; }

    /// <summary>What a first line <c>sep=;</c> says, once it is read.</summary>
    public char? NamedDelimiter { get; private set; }

    public override int Read(Span<byte> buffer)
    {
        while (_position == _rows.WrittenCount)
        {
            if (_isAtEnd)
            {
                return 0;
            }
            _rows.ResetWrittenCount();
            _position = 0;
            Fill();
        }
        int count = Math.Min(buffer.Length, _rows.WrittenCount - _position);
        _rows.WrittenSpan.Slice(_position, count).CopyTo(buffer);
        _position += count;
        return count;
    }

    /// <summary>A place that COPY has given, <c>COPY t, line 3, column a: "x"</c>, with the line of the file.</summary>
    public string PlaceInFile(string place)
    {
        Match match = LineOfRows().Match(place);
        if (!match.Success)
        {
            return place;
        }
        long line = long.Parse(match.Value, CultureInfo.InvariantCulture);
        line += _leftOut.FindLast(left => left.RowLines < line).LeftOut;
        return string.Create(CultureInfo.InvariantCulture, $"{place[..match.Index]}{line}{place[(match.Index + match.Length)..]}");
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _file.Dispose();
        }
        base.Dispose(disposing);
    }

    private static (Encoding Encoding, int MarkLength) Detect(Stream file, Encoding? given)
    {
        Span<byte> start = stackalloc byte[4];
        ReadOnlySpan<byte> read = start[..file.ReadAtLeast(start, start.Length, throwOnEndOfStream: false)];
        if (given is null || given.WebName.StartsWith("utf-", StringComparison.Ordinal))
        {
            foreach (Encoding marked in new[] { Encoding.UTF8, Encoding.UTF32, Encoding.Unicode, Encoding.BigEndianUnicode })   // UTF-32's mark begins as UTF-16's
            {
                if (read.StartsWith(marked.Preamble))
                {
                    return (marked, marked.Preamble.Length);
                }
            }
        }
        return (given ?? Encoding.UTF8, 0);
    }

    private void Fill()
    {
        int count = _file.ReadAtLeast(_block, _block.Length, throwOnEndOfStream: false);
        _isAtEnd = count < _block.Length;
        OnRead?.Invoke(_file.Position, _file.Length);
        try
        {
            _textLength += _decoder.GetChars(_block.AsSpan(0, count), _text.AsSpan(_textLength), flush: _isAtEnd);
        }
        catch (DecoderFallbackException failure)
        {
            throw InvalidBytes(failure);
        }
        ReadOnlySpan<char> text = _text.AsSpan(0, _textLength);
        if (_isAtStart)
        {
            text = SkipNamedDelimiter(text);
        }
        int rest = Clean(text);
        text[^rest..].CopyTo(_text);
        _textLength = rest;
        if (_isAtEnd && _blank.WrittenCount > 0)   // blanks, and no line's end
        {
            WriteBlankLine(isEnded: false);
        }
    }

    private ReadOnlySpan<char> SkipNamedDelimiter(ReadOnlySpan<char> text)
    {
        const string Mark = "sep=";
        _isAtStart = false;
        if (!text.StartsWith(Mark, StringComparison.OrdinalIgnoreCase) || text.Length < Mark.Length + 2 || text[Mark.Length + 1] is not ('\r' or '\n'))
        {
            return text;
        }
        NamedDelimiter = text[Mark.Length];
        _isBehindReturn = text[Mark.Length + 1] == '\r';
        LeaveOutLine();
        return text[(Mark.Length + 2)..];
    }

    /// <summary>Writes rows; how many characters must wait for those that follow.</summary>
    private int Clean(ReadOnlySpan<char> text)
    {
        while (text.Length > 0)
        {
            if (_isBehindReturn)
            {
                _isBehindReturn = false;
                text = text[0] == '\n' ? text[1..] : text;
            }
            else if (_isQuoted)
            {
                int end = text.IndexOf('"') + 1;
                ReadOnlySpan<char> quoted = end == 0 ? text : text[..end];
                _isQuoted = end == 0;
                int lines = quoted.Count('\n');
                (_lineCount, _rowLineCount) = (_lineCount + lines, _rowLineCount + lines);
                Write(quoted);
                text = text[quoted.Length..];
            }
            else if (_isAtLineStart)
            {
                if (text.Length < LookAhead && !_isAtEnd)
                {
                    return text.Length;
                }
                text = BeginLine(text);
            }
            else
            {
                int end = text.IndexOfAny(Special);
                Write(end < 0 ? text : text[..end]);
                text = end < 0 ? [] : EndPart(text[end..]);
            }
        }
        return 0;
    }

    // What follows white space decides whether it is a line or none.
    private ReadOnlySpan<char> BeginLine(ReadOnlySpan<char> text)
    {
        int blanks = Delimiter == '\t' ? text.IndexOfAnyExcept(' ') : text.IndexOfAnyExcept(' ', '\t');
        blanks = blanks < 0 ? text.Length : blanks;
        _blank.Write(text[..blanks]);
        text = text[blanks..];
        if (text.Length == 0)
        {
            return text;
        }
        if (text[0] is '\r' or '\n')
        {
            _isBehindReturn = text[0] == '\r';
            WriteBlankLine(isEnded: true);
            return text[1..];
        }
        _isAtLineStart = false;
        bool isMark = _blank.WrittenCount == 0 && text.StartsWith("\\.") && (text.Length == 2 || text[2] is '\r' or '\n');   // COPY's end of data
        Write(_blank.WrittenSpan);
        _blank.ResetWrittenCount();
        Write(isMark ? "\"\\.\"" : "");
        return isMark ? text[2..] : text;
    }

    private void WriteBlankLine(bool isEnded)
    {
        if (KeepsBlankLines && _rowLineCount > 0)
        {
            Write(_blank.WrittenSpan);
            if (isEnded)
            {
                EndLine();
            }
        }
        else
        {
            LeaveOutLine();
        }
        _blank.ResetWrittenCount();
    }

    private ReadOnlySpan<char> EndPart(ReadOnlySpan<char> text)
    {
        if (text[0] == '"')
        {
            _isQuoted = true;
            Write(text[..1]);
        }
        else
        {
            _isBehindReturn = text[0] == '\r';
            EndLine();
        }
        return text[1..];
    }

    private void EndLine()
    {
        Write("\n");
        _isAtLineStart = true;
        _lineCount++;
        _rowLineCount++;
    }

    private void LeaveOutLine()
    {
        _lineCount++;
        if (_leftOut.Count > 0 && _leftOut[^1].RowLines == _rowLineCount)
        {
            _leftOut.RemoveAt(_leftOut.Count - 1);
        }
        _leftOut.Add((_rowLineCount, _lineCount - _rowLineCount));
    }

    private void Write(ReadOnlySpan<char> text) => Encoding.UTF8.GetBytes(text, _rows);

    private PhantomDbException InvalidBytes(DecoderFallbackException failure)
    {
        Encoding lenient = Encoding.GetEncoding(_encoding.CodePage);   // with replacements
        string before = lenient.GetString(_block.AsSpan(0, Math.Max(0, failure.Index)));
        long line = 1 + _lineCount + _text.AsSpan(0, _textLength).Count('\n') + before.AsSpan().Count('\n');
        string bytes = string.Concat((failure.BytesUnknown ?? []).Select(value => $" 0x{value:x2}"));
        return new PhantomDbException("22021", $"invalid byte sequence for encoding \"{_encoding.WebName}\" in line {line} of {_name}:{bytes}", failure)
        {
            Hint = "Name the file's encoding: .import FILE TABLE --encoding NAME, such as windows-1252, latin1 or utf-16.",
        };
    }

    [GeneratedRegex("(?<=^COPY .*?, line )[0-9]+")]
    private static partial Regex LineOfRows();
}
