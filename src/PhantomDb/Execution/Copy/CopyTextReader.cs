using System.Buffers;
using PhantomDb.Planning.Logical;

namespace PhantomDb.Execution.Copy;

/// <summary>COPY's text format: fields between delimiters, backslash escapes, one row a line, "\." as the end.</summary>
internal sealed class CopyTextReader(Stream stream, CopyOptions options) : CopyRowReader(stream, options)
{
    private const byte Backslash = (byte)'\\';

    private readonly SearchValues<byte> _special = SearchValues.Create((byte)options.Delimiter, Backslash, (byte)'\n', (byte)'\r');

    private protected override bool ReadFields()
    {
        LineNumber++;
        int position = Start;
        if (position == End && !Fill(ref position))
        {
            return false;
        }
        int fieldStart = position;      // of the raw field
        int decodedStart = -1;          // of its decoded form, where it has escapes
        int copied = position;          // raw bytes up to here are in the decoded form
        while (true)
        {
            int found = Buffer.AsSpan(position, End - position).IndexOfAny(_special);
            if (found < 0)
            {
                position = End;
                if (!Refill(ref position, ref fieldStart, ref copied))
                {
                    EndField(fieldStart, position, decodedStart, copied);   // the last line may lack its line end
                    Start = position;
                    return true;
                }
                continue;
            }
            position += found;
            byte special = Buffer[position];
            if (special == Delimiter)
            {
                EndField(fieldStart, position, decodedStart, copied);
                position++;
                fieldStart = copied = position;
                decodedStart = -1;
            }
            else if (special == Backslash)
            {
                if (position + 1 == End && !Refill(ref position, ref fieldStart, ref copied))
                {
                    position = End;   // a lone backslash at the end stands for itself
                    continue;
                }
                if (Buffer[position + 1] == '.' && FieldCount == 0 && position == fieldStart && IsEndMarker(ref position, ref fieldStart, ref copied))
                {
                    return false;
                }
                if (decodedStart < 0)
                {
                    decodedStart = DecodedPosition;
                }
                Decode(Buffer.AsSpan(copied, position - copied));
                DecodeEscape(ref position, ref fieldStart, ref copied);
                copied = position;
            }
            else
            {
                int fieldEnd = position;
                position = EndLine(position, ref fieldStart, ref copied, ref fieldEnd);
                EndField(fieldStart, fieldEnd, decodedStart, copied);
                Start = position;
                return true;
            }
        }
    }

    private bool Refill(ref int position, ref int fieldStart, ref int copied)
    {
        int before = position;
        bool filled = Fill(ref position);
        fieldStart += position - before;
        copied += position - before;
        return filled;
    }

    private void EndField(int start, int end, int decodedStart, int copied)
    {
        bool isNull = Buffer.AsSpan(start, end - start).SequenceEqual(NullText);
        if (decodedStart < 0)
        {
            AddField(start, end - start, isNull);
            return;
        }
        Decode(Buffer.AsSpan(copied, end - copied));
        AddDecodedField(decodedStart, isNull, isQuoted: false);
    }

    // Position behind the line end; all lines must end alike.
    private int EndLine(int position, ref int fieldStart, ref int copied, ref int fieldEnd)
    {
        LineEnd ending = LineEnd.LineFeed;
        if (Buffer[position] == '\r')
        {
            if (position + 1 == End)
            {
                Refill(ref position, ref fieldStart, ref copied);
                fieldEnd = position;
            }
            ending = position + 1 < End && Buffer[position + 1] == '\n' ? LineEnd.Both : LineEnd.CarriageReturn;
        }
        if (Ending == LineEnd.Unknown)
        {
            Ending = ending;
        }
        else if (Ending != ending)
        {
            throw Buffer[position] == '\r'
                ? With(BadFormat("literal carriage return found in data"), "Use \"\\r\" to represent carriage return.")
                : With(BadFormat("literal newline found in data"), "Use \"\\n\" to represent newline.");
        }
        return position + (ending == LineEnd.Both ? 2 : 1);
    }

    private static PhantomDbException With(PhantomDbException error, string hint) => new(error.SqlState, error.Message) { Hint = hint };

    private bool IsEndMarker(ref int position, ref int fieldStart, ref int copied)
    {
        if (position + 2 == End && !Refill(ref position, ref fieldStart, ref copied))
        {
            return true;
        }
        byte next = Buffer[position + 2];
        if (next is (byte)'\n' or (byte)'\r')
        {
            return true;
        }
        throw BadFormat("end-of-copy marker corrupt");
    }

    // Decodes the escape at position and moves behind it.
    private void DecodeEscape(ref int position, ref int fieldStart, ref int copied)
    {
        // Enough bytes for the longest escape, \123 or \x1f, unless the input ends before.
        while (End - position < 4 && Refill(ref position, ref fieldStart, ref copied))
        {
        }
        position++;
        if (position == End)
        {
            Decode(Backslash);
            return;
        }
        byte escaped = Buffer[position++];
        switch (escaped)
        {
            case (byte)'b': Decode((byte)'\b'); break;
            case (byte)'f': Decode((byte)'\f'); break;
            case (byte)'n': Decode((byte)'\n'); break;
            case (byte)'r': Decode((byte)'\r'); break;
            case (byte)'t': Decode((byte)'\t'); break;
            case (byte)'v': Decode((byte)'\v'); break;
            case >= (byte)'0' and <= (byte)'7':
                Decode((byte)DecodeNumber(escaped - '0', 8, 2, ref position));
                break;
            case (byte)'x' when position < End && HexDigit(Buffer[position]) >= 0:
                Decode((byte)DecodeNumber(0, 16, 2, ref position));
                break;
            default: Decode(escaped); break;   // any other character, a line end too, stands for itself
        }
    }

    private int DecodeNumber(int value, int radix, int digitsMax, ref int position)
    {
        for (int i = 0; i < digitsMax && position < End; i++)
        {
            int digit = HexDigit(Buffer[position]);
            if (digit < 0 || digit >= radix)
            {
                break;
            }
            value = value * radix + digit;
            position++;
        }
        return value;
    }

    private static int HexDigit(byte value) => value switch
    {
        >= (byte)'0' and <= (byte)'9' => value - '0',
        >= (byte)'a' and <= (byte)'f' => value - 'a' + 10,
        >= (byte)'A' and <= (byte)'F' => value - 'A' + 10,
        _ => -1,
    };
}
