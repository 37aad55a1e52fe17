using PhantomDb.Catalog;
using PhantomDb.Csv;
using PhantomDb.Errors;
using PhantomDb.Types;
using PhantomDb.Vectors;

namespace PhantomDb.Durability;

/// <summary>
/// Writes a table's rows as lines: NULL is nothing, '' is "", and where the first cell needs quotes it has them as a whole.
/// Values stand as PostgreSQL prints them, whatever a session's settings.
/// </summary>
internal sealed class RowWriter
{
    private const int RowLengthMax = 2_000_000_000;   // the reader cannot hold a longer record
    private const int LongValue = 1 << 20;            // written in pieces: not worth a buffer of twice its size

    private readonly TableDefinition _table;
    private readonly FileOutput _output;
    private readonly TextOutput[] _texts;
    private readonly bool[] _mayNeedQuotes;           // strings; all other text has no comma, quote or line end
    private readonly int[] _variableColumns;          // whose length depends on the value
    private readonly int _fixedLength;                // of all that does not
    private byte[] _padded = [];

    public RowWriter(TableDefinition table, FileOutput output)
    {
        _table = table;
        _output = output;
        IReadOnlyList<ColumnDefinition> columns = table.Columns;
        _texts = [.. columns.Select(c => new TextOutput(c.Type, SessionTimeZone.Utc))];
        _mayNeedQuotes = [.. columns.Select(c => c.Type.IsString)];
        _variableColumns = [.. Enumerable.Range(0, columns.Count).Where(i => columns[i].Type.Physical == PhysicalType.String)];
        _fixedLength = "ROW:\n"u8.Length + columns.Count
            + columns.Select((c, i) => c.Type.Physical == PhysicalType.String ? 0 : _texts[i].LengthMax(new Vector(c.Type.Physical), 0)).Sum();
    }

    /// <summary>Writes some rows of a chunk, whose vectors are the table's columns in their order.</summary>
    public void Write(DataChunk chunk, int first, int count)
    {
        for (int row = first; row < first + count; row++)
        {
            WriteRow(chunk.Vectors, chunk.Position(row));
        }
    }

    private void WriteRow(Vector[] vectors, int position)
    {
        long lengthMax = _fixedLength;
        foreach (int column in _variableColumns)
        {
            if (vectors[column].IsValid(position))
            {
                lengthMax += (2L * _texts[column].LengthMax(vectors[column], position)) + 2;
            }
        }
        if (lengthMax > LongValue)
        {
            WriteLongRow(vectors, position);
            return;
        }
        Span<byte> target = _output.Reserve((int)lengthMax);
        ReadOnlySpan<byte> prefix = "ROW:"u8;
        int length = 0;
        for (int i = 0; i < _texts.Length; i++)
        {
            if (i > 0)
            {
                target[length++] = (byte)',';
            }
            Vector vector = vectors[i];
            if (!vector.IsValid(position))
            {
                prefix.CopyTo(target[length..]);
                length += prefix.Length;
            }
            else if (_mayNeedQuotes[i])
            {
                length += CsvCell.Write(prefix, Text(i, vector, position), target[length..]);
            }
            else
            {
                prefix.CopyTo(target[length..]);
                length += prefix.Length;
                length += _texts[i].Format(vector, position, target[length..]);
            }
            prefix = [];
        }
        if (_texts.Length == 0)
        {
            prefix.CopyTo(target);
            length = prefix.Length;
        }
        target[length++] = (byte)'\n';
        _output.Advance(length);
    }

    // Each cell by itself, and large ones in pieces.
    private void WriteLongRow(Vector[] vectors, int position)
    {
        long start = _output.Offset;
        ReadOnlySpan<byte> prefix = "ROW:"u8;
        for (int i = 0; i < _texts.Length; i++)
        {
            if (i > 0)
            {
                _output.Append((byte)',');
                prefix = [];
            }
            Vector vector = vectors[i];
            if (!vector.IsValid(position))
            {
                _output.Append(prefix);
            }
            else if (_mayNeedQuotes[i])
            {
                WriteLong(prefix, Text(i, vector, position));
            }
            else if (_texts[i].Type.Id == SqlTypeId.Bytea)
            {
                _output.Append(prefix);
                WriteLongBytes(StringView.Bytes(in vector.Data<StringView>()[position], vector.Blocks));
            }
            else
            {
                _output.Append(prefix);
                _output.Advance(_texts[i].Format(vector, position, _output.Reserve(_texts[i].LengthMax(vector, position))));
            }
            if (_output.Offset - start > RowLengthMax)
            {
                throw new PhantomDbException(SqlStates.ProgramLimitExceeded, $"a row of table \"{_table.Name}\" is too long for a database file")
                {
                    Detail = $"Its text has more than {RowLengthMax} bytes.", SchemaName = _table.Schema, TableName = _table.Name,
                };
            }
        }
        _output.Append((byte)'\n');
    }

    private void WriteLong(ReadOnlySpan<byte> prefix, ReadOnlySpan<byte> value)
    {
        if (value.Length <= LongValue)
        {
            _output.Advance(CsvCell.Write(prefix, value, _output.Reserve(CsvCell.LengthMax(prefix.Length, value.Length))));
            return;
        }
        bool isQuoted = CsvCell.NeedsQuotes(value);
        if (isQuoted)
        {
            _output.Append((byte)'"');
        }
        _output.Append(prefix);
        while (!value.IsEmpty)
        {
            int length = Math.Min(value.Length, LongValue);
            int quote = isQuoted ? value[..length].IndexOf((byte)'"') : -1;
            length = quote < 0 ? length : quote + 1;
            _output.Append(value[..length]);
            value = value[length..];
            if (quote >= 0)
            {
                _output.Append((byte)'"');
            }
        }
        if (isQuoted)
        {
            _output.Append((byte)'"');
        }
    }

    private void WriteLongBytes(ReadOnlySpan<byte> value)
    {
        _output.Append("\\x"u8);
        while (!value.IsEmpty)
        {
            ReadOnlySpan<byte> piece = value[..Math.Min(value.Length, LongValue / 4)];
            Span<byte> target = _output.Reserve(ByteaText.TextLength(piece.Length));
            ByteaText.TryFormat(piece, target, out int written);
            target[2..written].CopyTo(target);   // each piece has a \x of its own
            _output.Advance(written - 2);
            value = value[piece.Length..];
        }
    }

    private ReadOnlySpan<byte> Text(int column, Vector vector, int position)
    {
        TextOutput text = _texts[column];
        if (text.Type.Id != SqlTypeId.Char)
        {
            return StringView.Bytes(in vector.Data<StringView>()[position], vector.Blocks);
        }
        int lengthMax = text.LengthMax(vector, position);
        if (_padded.Length < lengthMax)
        {
            _padded = new byte[lengthMax];
        }
        return _padded.AsSpan(0, text.Format(vector, position, _padded));
    }
}
