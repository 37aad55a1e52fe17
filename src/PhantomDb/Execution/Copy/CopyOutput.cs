using System.Buffers;
using System.Text;
using PhantomDb.Errors;
using PhantomDb.Functions;
using PhantomDb.Planning.Logical;
using PhantomDb.Vectors;

namespace PhantomDb.Execution.Copy;

/// <summary>Writes rows as COPY TO does, in the text or CSV format. Does not close the stream.</summary>
internal sealed class CopyOutput
{
    private const int FlushSize = 64 * 1024;

    private readonly Stream _stream;
    private readonly CopyOptions _options;
    private readonly IReadOnlyList<LogicalColumn> _columns;
    private readonly TextOutput[] _text;
    private readonly byte[] _null;
    private readonly SearchValues<byte> _special;
    private readonly ArrayBufferWriter<byte> _line = new(FlushSize * 2);
    private readonly ArrayBufferWriter<byte> _value = new();

    public CopyOutput(Stream stream, CopyOptions options, IReadOnlyList<LogicalColumn> columns, IStatementContext statement)
    {
        _stream = stream;
        _options = options;
        _columns = columns;
        _text = [.. columns.Select(c => new TextOutput(c.Type, statement))];
        _null = Encoding.UTF8.GetBytes(options.Null);
        _special = options.IsCsv
            ? SearchValues.Create((byte)options.Delimiter, (byte)options.Quote, (byte)'\n', (byte)'\r')
            : SearchValues.Create((byte)options.Delimiter, (byte)'\\', (byte)'\b', (byte)'\f', (byte)'\n', (byte)'\r', (byte)'\t', (byte)'\v');
    }

    /// <summary>The names of the columns, where HEADER asks for them.</summary>
    public void WriteHeader()
    {
        if (_options.Header == CopyHeader.None)
        {
            return;
        }
        for (int i = 0; i < _columns.Count; i++)
        {
            WriteDelimiter(i);
            WriteField(Encoding.UTF8.GetBytes(_columns[i].Name), i, isForced: false);
        }
        Put((byte)'\n');
    }

    public void Write(DataChunk chunk)
    {
        for (int row = 0; row < chunk.Count; row++)
        {
            int position = chunk.Position(row);
            for (int i = 0; i < _text.Length; i++)
            {
                WriteDelimiter(i);
                Vector vector = chunk.Vectors[i];
                if (!vector.IsValid(position))
                {
                    _line.Write(_null);
                    continue;
                }
                _value.ResetWrittenCount();
                _text[i].Write(vector, vector.PositionOf(position), _value);
                WriteField(_value.WrittenSpan, i, _options.ForceQuote.Contains(i));
            }
            Put((byte)'\n');
            if (_line.WrittenCount >= FlushSize)
            {
                Flush();
            }
        }
    }

    public void Flush()
    {
        try
        {
            _stream.Write(_line.WrittenSpan);
            _line.ResetWrittenCount();
            _stream.Flush();
        }
        catch (Exception error) when (error is not (PhantomDbException or OperationCanceledException))   // the stream is the user's own
        {
            throw new PhantomDbException(SqlStates.IoError, $"could not write to COPY file: {error.Message}", error);
        }
    }

    private void WriteDelimiter(int column)
    {
        if (column > 0)
        {
            Put((byte)_options.Delimiter);
        }
    }

    private void WriteField(ReadOnlySpan<byte> value, int column, bool isForced)
    {
        if (!_options.IsCsv)
        {
            WriteEscaped(value);
            return;
        }
        // A value that reads as NULL, or as the end of the data, must be quoted too.
        bool isQuoted = isForced || value.ContainsAny(_special) || value.SequenceEqual(_null)
            || (_columns.Count == 1 && value.SequenceEqual("\\."u8));
        if (!isQuoted)
        {
            _line.Write(value);
            return;
        }
        byte quote = (byte)_options.Quote;
        byte escape = (byte)_options.Escape;
        Put(quote);
        foreach (byte b in value)
        {
            if (b == quote || b == escape)
            {
                Put(escape);
            }
            Put(b);
        }
        Put(quote);
    }

    private void WriteEscaped(ReadOnlySpan<byte> value)
    {
        while (value.IndexOfAny(_special) is >= 0 and int found)
        {
            _line.Write(value[..found]);
            Put((byte)'\\');
            Put(value[found] switch
            {
                (byte)'\b' => (byte)'b',
                (byte)'\f' => (byte)'f',
                (byte)'\n' => (byte)'n',
                (byte)'\r' => (byte)'r',
                (byte)'\t' => (byte)'t',
                (byte)'\v' => (byte)'v',
                byte other => other,
            });
            value = value[(found + 1)..];
        }
        _line.Write(value);
    }

    private void Put(byte value)
    {
        _line.GetSpan(1)[0] = value;
        _line.Advance(1);
    }
}
