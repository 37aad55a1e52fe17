using System.Text;

namespace PhantomDb;

/// <summary>The rows of a result as CSV to read from, row by row as it is asked for: NULL is nothing, all else stands in quotes.</summary>
internal sealed class RowTextStream(QueryResult rows) : Stream
{
    private byte[] _line = [];
    private int _position;

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override int Read(Span<byte> buffer)
    {
        int written = 0;
        while (written < buffer.Length && (_position < _line.Length || TryNextLine()))
        {
            int count = Math.Min(buffer.Length - written, _line.Length - _position);
            _line.AsSpan(_position, count).CopyTo(buffer[written..]);
            _position += count;
            written += count;
        }
        return written;
    }

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    private bool TryNextLine()
    {
        if (!rows.Read())
        {
            return false;
        }
        var line = new StringBuilder();
        for (int i = 0; i < rows.Columns.Count; i++)
        {
            line.Append(i > 0 ? "," : "");
            if (!rows.IsNull(i))
            {
                line.Append('"').Append(rows.GetText(i).Replace("\"", "\"\"", StringComparison.Ordinal)).Append('"');
            }
        }
        _line = Encoding.UTF8.GetBytes(line.Append('\n').ToString());
        _position = 0;
        return true;
    }
}
