using System.Text;

namespace PhantomDb.Shell.Input;

/// <summary>The rows that stand in a script behind COPY … FROM STDIN, up to a line <c>\.</c> or the end of the script.</summary>
/// <param name="lines">The script, from behind the statement on.</param>
/// <param name="instead">Where the script ends with the statement: gives what has the rows then; null: there are none.</param>
internal sealed class InlineCopyStream(LineSource lines, Func<LineSource>? instead = null) : ReadOnlyStream
{
    private LineSource _lines = lines;
    private byte[] _line = [];
    private int _position;
    private bool _isAtEnd;

    /// <summary>True once the statement has asked for rows: then the lines up to the mark are rows, even after an error.</summary>
    public bool IsUsed { get; private set; }

    /// <summary>As many whole lines as fit, but waits for no more than one: the source may be a pipe.</summary>
    public override int Read(Span<byte> buffer)
    {
        if (buffer.IsEmpty || (_position == _line.Length && !NextLine()))
        {
            return 0;
        }
        int count = Math.Min(buffer.Length, _line.Length - _position);
        _line.AsSpan(_position, count).CopyTo(buffer);
        _position += count;
        return count;
    }

    /// <summary>Passes over the rows that the statement left.</summary>
    public void SkipRest()
    {
        while (IsUsed && NextLine())
        {
        }
    }

    private bool NextLine()
    {
        bool isFirst = !IsUsed;
        IsUsed = true;
        if (_isAtEnd)
        {
            return false;
        }
        _isAtEnd = true;   // also where the line cannot be read, or a person drops it
        string? line = _lines.ReadLine('>');
        if (line is null && isFirst && instead is not null)
        {
            _lines = instead();
            line = _lines.ReadLine('>');
        }
        if (line is null || line.AsSpan().TrimEnd("\r\n").SequenceEqual("\\."))
        {
            return false;
        }
        _isAtEnd = false;
        _line = Encoding.UTF8.GetBytes(line);
        _position = 0;
        return true;
    }
}
