using System.Text;

namespace PhantomDb.Shell.Input;

/// <summary>Lines of a script, as they arrive.</summary>
internal abstract class LineSource : IDisposable
{
    /// <summary>What errors call the source; null where there is no need.</summary>
    public string? Name { get; protected init; }

    /// <summary>True where a person types them, who goes on after an error.</summary>
    public virtual bool IsTyped => false;

    /// <summary>Lines read so far.</summary>
    public long LineCount { get; protected set; }

    /// <summary>The next line with its line break (LF; the last may lack it); null at the end.</summary>
    /// <param name="context">Where the line starts, for a prompt: <c>=</c> between statements, else <see cref="ScriptReader.Context"/>.</param>
    public abstract string? ReadLine(char context);

    public virtual void Dispose()
    {
    }
}

/// <summary>The lines of a text given on the command line.</summary>
internal sealed class TextLines(string text) : LineSource
{
    /// <summary>True of an option's: rows of COPY that do not stand in it come from standard input.</summary>
    public bool IsOption { get; init; }

    private int _position;

    public override string? ReadLine(char context)
    {
        if (_position == text.Length)
        {
            return null;
        }
        int end = text.IndexOf('\n', _position) + 1;
        int start = _position;
        _position = end == 0 ? text.Length : end;
        LineCount++;
        return text[start.._position];
    }
}

/// <summary>
/// The lines of a file or a pipe in UTF-8. A line is handed out as soon as its line break has arrived: it asks the stream
/// for no more than that, where a StreamReader may wait to fill its buffer.
/// </summary>
internal sealed class StreamLines : LineSource
{
    /// <summary>Characters of a line at most; a buffer of twice as many has still a size that there is.</summary>
    public int LengthMax { get; init; } = 1 << 29;

    private readonly Stream _stream;
    private readonly Decoder _decoder = new UTF8Encoding(false, throwOnInvalidBytes: true).GetDecoder();
    private readonly byte[] _bytes = new byte[16 * 1024];
    private char[] _chars = new char[16 * 1024 + 16];
    private int _start;
    private int _end;
    private bool _isAtStart = true;
    private bool _isAtEnd;

    public StreamLines(Stream stream, string? name)
    {
        _stream = stream;
        Name = name;
    }

    public override string? ReadLine(char context)
    {
        int scanned = 0;
        while (true)
        {
            int length = _chars.AsSpan(_start + scanned, _end - _start - scanned).IndexOf('\n') + 1;
            if (length > 0)
            {
                return Take(scanned + length);
            }
            scanned = _end - _start;
            if (_isAtEnd)
            {
                return scanned == 0 ? null : Take(scanned);
            }
            Fill();
        }
    }

    public override void Dispose() => _stream.Dispose();

    private string Take(int length)
    {
        string line = new(_chars, _start, length);
        _start += length;
        LineCount++;
        return line;
    }

    private void Fill()
    {
        if (_start > 0)
        {
            _chars.AsSpan(_start, _end - _start).CopyTo(_chars);
            _end -= _start;
            _start = 0;
        }
        int count = _stream.Read(_bytes);
        _isAtEnd = count == 0;
        if (_end > LengthMax)
        {
            _isAtEnd = true;   // the rest is the same line
            _start = _end = 0;
            throw new PhantomDbException("54000", $"line {LineCount + 1} has more than {LengthMax} characters") { Hint = "Is this a script? Large data go in with COPY, line by line." };
        }
        if (_chars.Length - _end < count + 16)
        {
            Array.Resize(ref _chars, Math.Max(Math.Min(_chars.Length * 2, LengthMax), _end) + count + 16);
        }
        try
        {
            _end += _decoder.GetChars(_bytes.AsSpan(0, count), _chars.AsSpan(_end), flush: _isAtEnd);
        }
        catch (DecoderFallbackException failure)
        {
            _isAtEnd = true; // where characters start cannot be told any more
            _start = _end = 0;
            long line = LineCount + 1 + _bytes.AsSpan(0, Math.Clamp(failure.Index, 0, count)).Count((byte)'\n');
            throw new PhantomDbException("22021", $"invalid byte sequence for encoding \"UTF8\" in line {line}");
        }
        if (_isAtStart && _end > 0)
        {
            _isAtStart = false;
            _start = _chars[0] == '\uFEFF' ? 1 : 0;
        }
    }
}

/// <summary>Lines that a person types at a terminal that can do nothing else, behind a prompt.</summary>
internal sealed class TerminalLines(Func<Prompt> prompt) : LineSource
{
    public override bool IsTyped => true;

    public override string? ReadLine(char context)
    {
        Write(context);
        string? line = Console.In.ReadLine();
        if (line is null)
        {
            if (StandardStreams.IsInputGone())
            {
                throw new IOException("the terminal is gone");   // which is not the end that a person gives what they type
            }
            Console.Out.WriteLine();
            return null;
        }
        LineCount++;
        return line + "\n";
    }

    /// <summary>The prompt on a new line, when what was typed is dropped.</summary>
    public void ShowPrompt(char context)
    {
        Console.Out.WriteLine();
        Write(context);
    }

    private void Write(char context) => Console.Out.Write(prompt().First(context));
}
