using System.Buffers;
using PhantomDb.Planning.Logical;

namespace PhantomDb.Execution.Copy;

/// <summary>COPY's CSV format: quotes may open and close anywhere in a field, and rows may span lines inside them.</summary>
internal sealed class CopyCsvReader : CopyRowReader
{
    private readonly byte _quote;
    private readonly byte _escape;
    private readonly SearchValues<byte> _unquotedSpecial;
    private readonly SearchValues<byte> _quotedSpecial;
    private int _fieldStart;
    private int _copied;
    private long _extraLines;   // line ends inside quotes of the row before

    public CopyCsvReader(Stream stream, CopyOptions options)
        : base(stream, options)
    {
        _quote = (byte)options.Quote;
        _escape = (byte)options.Escape;
        _unquotedSpecial = SearchValues.Create(Delimiter, _quote, (byte)'\n', (byte)'\r');
        _quotedSpecial = SearchValues.Create(_quote, _escape, (byte)'\n');
    }

    private protected override bool ReadFields()
    {
        LineNumber += 1 + _extraLines;
        _extraLines = 0;
        int position = Start;
        if (position == End && !Fill(ref position))
        {
            return false;
        }
        _fieldStart = _copied = position;
        int decodedStart = -1;
        while (true)
        {
            int found = Buffer.AsSpan(position, End - position).IndexOfAny(_unquotedSpecial);
            if (found < 0)
            {
                position = End;
                if (!Refill(ref position))
                {
                    EndField(position, decodedStart);
                    bool isRow = !IsEndMarker(position);
                    Start = position;
                    return isRow;
                }
                continue;
            }
            position += found;
            byte special = Buffer[position];
            if (special == _quote)
            {
                if (decodedStart < 0)
                {
                    decodedStart = DecodedPosition;
                }
                Decode(Buffer.AsSpan(_copied, position - _copied));
                ReadQuoted(ref position);
                _copied = position;
            }
            else if (special == Delimiter)
            {
                EndField(position, decodedStart);
                position++;
                _fieldStart = _copied = position;
                decodedStart = -1;
            }
            else
            {
                LineEnd ending = LineEndAt(ref position);
                EndField(position, decodedStart);
                if (IsEndMarker(position))
                {
                    return false;
                }
                Start = position + (ending == LineEnd.Both ? 2 : 1);
                return true;
            }
        }
    }

    private bool Refill(ref int position)
    {
        int before = position;
        bool filled = Fill(ref position);
        _fieldStart += position - before;
        _copied += position - before;
        return filled;
    }

    // Decodes from the opening quote at position and moves behind the closing one.
    private void ReadQuoted(ref int position)
    {
        long firstLine = LineNumber + _extraLines;
        position++;
        _copied = position;
        while (true)
        {
            int found = Buffer.AsSpan(position, End - position).IndexOfAny(_quotedSpecial);
            if (found < 0)
            {
                Decode(Buffer.AsSpan(_copied, End - _copied));
                position = _copied = End;
                if (!Refill(ref position))
                {
                    LineNumber = firstLine;   // the one to look at
                    throw BadFormat("unterminated CSV quoted field");
                }
                continue;
            }
            position += found;
            byte special = Buffer[position];
            if (special == '\n')
            {
                _extraLines++;
                position++;
                continue;
            }
            if (special == _escape)
            {
                if (position + 1 == End)
                {
                    Refill(ref position);
                }
                if (position + 1 < End && (Buffer[position + 1] == _quote || Buffer[position + 1] == _escape))
                {
                    Decode(Buffer.AsSpan(_copied, position - _copied));
                    Decode(Buffer[position + 1]);
                    position += 2;
                    _copied = position;
                    continue;
                }
                if (special != _quote)
                {
                    position++;   // an escape before anything else stands for itself
                    continue;
                }
            }
            Decode(Buffer.AsSpan(_copied, position - _copied));
            position++;
            return;
        }
    }

    private void EndField(int end, int decodedStart)
    {
        if (decodedStart < 0)
        {
            AddField(_fieldStart, end - _fieldStart, Buffer.AsSpan(_fieldStart, end - _fieldStart).SequenceEqual(NullText));
            return;
        }
        Decode(Buffer.AsSpan(_copied, end - _copied));
        AddDecodedField(decodedStart, isNull: false, isQuoted: true);
    }

    private LineEnd LineEndAt(ref int position)
    {
        LineEnd ending = LineEnd.LineFeed;
        if (Buffer[position] == '\r')
        {
            if (position + 1 == End)
            {
                Refill(ref position);
            }
            ending = position + 1 < End && Buffer[position + 1] == '\n' ? LineEnd.Both : LineEnd.CarriageReturn;
        }
        if (Ending == LineEnd.Unknown)
        {
            Ending = ending;
        }
        else if (Ending != ending)
        {
            string what = Buffer[position] == '\r' ? "carriage return" : "newline";
            throw new PhantomDbException(Errors.SqlStates.BadCopyFileFormat, $"unquoted {what} found in data")
            {
                Hint = $"Use quoted CSV field to represent {what}.",
            };
        }
        return ending;
    }

    // A line of nothing but \. ends the data, as in the text format.
    private bool IsEndMarker(int lineEnd) =>
        FieldCount == 1 && Buffer.AsSpan(Start, lineEnd - Start).SequenceEqual("\\."u8);
}
