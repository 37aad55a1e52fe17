using System.Buffers;
using System.Text;
using System.Text.Unicode;
using PhantomDb.Errors;
using PhantomDb.Planning.Logical;

namespace PhantomDb.Execution.Copy;

/// <summary>
/// Splits the input of COPY FROM into rows and fields, in PostgreSQL's text or CSV format and as strictly; turning fields
/// into values is the caller's. A row's bytes stand in one buffer: fields without escapes are spans of it, others are
/// decoded into a second one. Does not close the stream.
/// </summary>
/// <remarks>
/// Not CsvHelper: the text format's backslashes, separate quote and escape characters, quotes inside a field, "\." as the
/// end and the strictness over line ends are PostgreSQL's own.
/// </remarks>
internal abstract class CopyRowReader
{
    private const int BufferSizeFirst = 256 * 1024;
    private const int RowSizeMax = 1 << 30;

    private readonly Stream _stream;
    private byte[] _decoded = [];
    private int _decodedUsed;
    private Field[] _fields = new Field[16];
    private bool _streamEnded;
    private bool _needsUtf8Check;

    private protected CopyRowReader(Stream stream, CopyOptions options)
    {
        _stream = stream;
        Delimiter = (byte)options.Delimiter;
        NullText = Encoding.UTF8.GetBytes(options.Null);
    }

    private protected enum LineEnd : byte
    {
        Unknown,
        LineFeed,
        CarriageReturn,
        Both,
    }

    /// <summary>Number of the line on which the row begins, counted from 1.</summary>
    public long LineNumber { get; private protected set; }

    /// <summary>Fields of the row.</summary>
    public int FieldCount { get; private protected set; }

    /// <summary>Bytes read from the stream, for progress reports.</summary>
    public long BytesRead { get; private set; }

    private protected byte Delimiter { get; }

    private protected byte[] NullText { get; }

    private protected byte[] Buffer { get; private set; } = new byte[BufferSizeFirst];

    /// <summary>Where the next row begins in the buffer.</summary>
    private protected int Start { get; set; }

    /// <summary>End of what has been read into the buffer.</summary>
    private protected int End { get; private set; }

    /// <summary>Lines end as the first one does.</summary>
    private protected LineEnd Ending { get; set; }

    private protected bool IsEnded { get; set; }

    public static CopyRowReader Create(Stream stream, CopyOptions options) =>
        options.IsCsv ? new CopyCsvReader(stream, options) : new CopyTextReader(stream, options);

    /// <summary>Reads the next row's fields; false at the end.</summary>
    public bool Read()
    {
        if (IsEnded)
        {
            return false;
        }
        _decodedUsed = 0;
        FieldCount = 0;
        if (!ReadFields())
        {
            IsEnded = true;
            return false;
        }
        if (_needsUtf8Check)
        {
            CheckUtf8();
        }
        return true;
    }

    /// <summary>The field's bytes; undefined where it is NULL.</summary>
    public ReadOnlySpan<byte> this[int field]
    {
        get
        {
            ref readonly Field found = ref _fields[field];
            return (found.IsDecoded ? _decoded : Buffer).AsSpan(found.Start, found.Length);
        }
    }

    /// <summary>True where the field is the NULL string (as written: before escapes, and in CSV unquoted).</summary>
    public bool IsNull(int field) => _fields[field].IsNull;

    /// <summary>True where the field was the NULL string but for its quotes, which FORCE_NULL looks at.</summary>
    public bool IsQuotedNull(int field) => _fields[field].IsQuoted && this[field].SequenceEqual(NullText);

    private protected abstract bool ReadFields();

    /// <summary>Reads more behind <see cref="End"/>; the row so far stays, perhaps at another place. False at the end of input.</summary>
    private protected bool Fill(ref int position)
    {
        if (_streamEnded)
        {
            return false;
        }
        if (Start > 0)
        {
            Buffer.AsSpan(Start, End - Start).CopyTo(Buffer);
            for (int i = 0; i < FieldCount; i++)
            {
                if (!_fields[i].IsDecoded)
                {
                    _fields[i].Start -= Start;
                }
            }
            position -= Start;
            End -= Start;
            Start = 0;
        }
        if (End == Buffer.Length)
        {
            if (Buffer.Length >= RowSizeMax)
            {
                throw new PhantomDbException(SqlStates.ProgramLimitExceeded, $"row of more than {RowSizeMax} bytes");
            }
            byte[] larger = new byte[Buffer.Length * 2];
            Buffer.AsSpan(0, End).CopyTo(larger);
            Buffer = larger;
        }
        int read;
        try
        {
            read = _stream.Read(Buffer, End, Buffer.Length - End);
        }
        catch (Exception error) when (error is not (PhantomDbException or OperationCanceledException))   // the stream is the user's own
        {
            throw new PhantomDbException(SqlStates.IoError, $"could not read from COPY file: {error.Message}", error);
        }
        if (read == 0)
        {
            _streamEnded = true;
            return false;
        }
        if (BytesRead == 0 && read >= 3 && Buffer.AsSpan(End, 3).SequenceEqual(Encoding.UTF8.Preamble))
        {
            read -= 3;   // a byte order mark at the very start
            Buffer.AsSpan(End + 3, read).CopyTo(Buffer.AsSpan(End));
        }
        BytesRead += read;
        _needsUtf8Check |= !Ascii.IsValid(Buffer.AsSpan(End, read));
        End += read;
        return read > 0 || Fill(ref position);
    }

    private protected void AddField(int start, int length, bool isNull)
    {
        if (FieldCount == _fields.Length)
        {
            Array.Resize(ref _fields, FieldCount * 2);
        }
        _fields[FieldCount++] = new Field { Start = start, Length = length, IsNull = isNull };
    }

    /// <summary>Adds a field whose bytes have been written with <see cref="Decode(byte)"/> since <paramref name="start"/>.</summary>
    private protected void AddDecodedField(int start, bool isNull, bool isQuoted)
    {
        AddField(start, _decodedUsed - start, isNull);
        _fields[FieldCount - 1].IsDecoded = true;
        _fields[FieldCount - 1].IsQuoted = isQuoted;
    }

    /// <summary>Where the next decoded byte goes.</summary>
    private protected int DecodedPosition => _decodedUsed;

    private protected void Decode(byte value)
    {
        if (_decodedUsed == _decoded.Length)
        {
            Array.Resize(ref _decoded, Math.Max(1024, _decodedUsed * 2));
        }
        _decoded[_decodedUsed++] = value;
    }

    private protected void Decode(ReadOnlySpan<byte> values)
    {
        if (_decoded.Length - _decodedUsed < values.Length)
        {
            Array.Resize(ref _decoded, Math.Max(1024, (_decodedUsed + values.Length) * 2));
        }
        values.CopyTo(_decoded.AsSpan(_decodedUsed));
        _decodedUsed += values.Length;
    }

    private protected static PhantomDbException BadFormat(string message) => new(SqlStates.BadCopyFileFormat, message);

    // Whole fields are checked, so that no field ends inside a character.
    private void CheckUtf8()
    {
        for (int i = 0; i < FieldCount; i++)
        {
            ReadOnlySpan<byte> field = this[i];
            if (!Utf8.IsValid(field))
            {
                throw new PhantomDbException(
                    SqlStates.CharacterNotInRepertoire, $"invalid byte sequence for encoding \"UTF8\": 0x{field[FirstInvalid(field)]:x2}");
            }
        }
    }

    private static int FirstInvalid(ReadOnlySpan<byte> bytes)
    {
        int position = 0;
        while (Rune.DecodeFromUtf8(bytes[position..], out _, out int length) == OperationStatus.Done)
        {
            position += length;
        }
        return position;
    }

    private struct Field
    {
        public int Start;
        public int Length;
        public bool IsNull;
        public bool IsDecoded;
        public bool IsQuoted;
    }
}
