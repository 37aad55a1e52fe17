using CsvHelper;

namespace PhantomDb.Csv;

/// <summary>
/// Reads records strictly over CsvHelper, whose defaults would guess the separator and repair bad quoting. Knows cells,
/// not what they mean. Spans are valid until the next record.
/// </summary>
internal sealed class CsvRecordReader : IDisposable
{
    private static readonly CsvReaderOptions Options = new()
    {
        Separator = ',',
        HasHeader = false,
        MalformedData = CsvMalformedDataHandling.Throw,
        MissingField = CsvMissingFieldHandling.Throw,
        FieldCountMismatch = CsvFieldCountHandling.Allow,   // lines of several kinds stand in one file
        DetectSeparatorHint = false,
        BufferSize = 1 << 18,
    };

    private readonly CsvReader _reader;

    /// <summary>Reads from where the stream stands, and leaves it open.</summary>
    public CsvRecordReader(Stream stream) => _reader = CsvReader.Create(stream, Options, leaveOpen: true);

    /// <summary>Reads bytes, which do not change meanwhile.</summary>
    public CsvRecordReader(ReadOnlyMemory<byte> bytes) => _reader = CsvReader.Create(bytes, Options);

    /// <summary>Cells of the record.</summary>
    public int Count => _reader.FieldCount;

    /// <summary>Where the record begins, or, after an error, about where the error is.</summary>
    public long Offset { get; private set; }

    /// <summary>The record as it stands in the file, without its line end.</summary>
    public ReadOnlySpan<byte> Raw => _reader.RawRecord;

    /// <summary>Next record, empty lines passed over; false at the end. A message in <paramref name="problem"/> where it is malformed.</summary>
    public bool TryRead(out string? problem)
    {
        problem = null;
        try
        {
            if (!_reader.Read())
            {
                return false;
            }
            Offset = _reader.ByteOffset;
            return true;
        }
        catch (CsvFormatException error)
        {
            Offset = Math.Max(Offset, error.ByteOffset);
            problem = error.Message;
            return true;
        }
    }

    /// <summary>The cell's value, without quotes.</summary>
    public ReadOnlySpan<byte> Value(int index) => _reader.GetSpan(index);

    public bool IsQuoted(int index) => _reader.GetRawSpan(index) is [(byte)'"', ..];

    public void Dispose() => _reader.Dispose();
}
