using System.Text;

namespace PhantomDb.Types;

/// <summary>Dates with separators, and zones by name behind them.</summary>
internal ref partial struct DateTimeParser
{
    private ParseStatus DecodeDateField(int index)
    {
        ReadOnlySpan<byte> text = Text(index);
        if (_pendingUnit == DateTimeTokens.UnitJulian)
        {
            // j2451187-0800: a Julian day with a zone
            _pendingUnit = 0;
            if (!TryReadInteger(ref text, out int julian) || text.IsEmpty)
            {
                return ParseStatus.BadFormat;
            }

            SetJulian(julian);
            _found = Parts.Date | Parts.Time | Parts.Zone;
            return DecodeOffset(text);
        }

        bool isTimeWithoutDate = _isTimeOnly
            && !(index == 0 && _fields.Count >= 2 && (_fields.Kind(_fields.Count - 1) == DateTimeFields.FieldKind.Date || _fields.Kind(1) == DateTimeFields.FieldKind.Time));
        if (_pendingUnit == 0 && !isTimeWithoutDate && (_seen & (Parts.Month | Parts.Day)) != (Parts.Month | Parts.Day))
        {
            return DecodeDate(text);
        }

        // A date is there already: a time and a zone run together (hhmmss-zz), or a zone by name.
        if (_pendingUnit != 0 || DecimalDigits.IsDigit(text[0]))
        {
            if (_pendingUnit is not (0 or DateTimeTokens.UnitTime) || (!isTimeWithoutDate && (_seen & Parts.Time) == Parts.Time))
            {
                return ParseStatus.BadFormat;
            }

            _pendingUnit = 0;
            int dash = text.IndexOf((byte)'-');
            if (dash < 0)
            {
                return ParseStatus.BadFormat;
            }

            ParseStatus status = DecodeOffset(text[dash..]);
            if (status != ParseStatus.Ok)
            {
                return status;
            }

            status = DecodeDigits(text[..dash], _seen | (_isTimeOnly ? Parts.Date : 0));
            _found |= Parts.Zone;
            return status;
        }

        return DecodeZoneName(text);
    }

    private ParseStatus DecodeZoneName(ReadOnlySpan<byte> text)
    {
        string name = Encoding.ASCII.GetString(text);
        _found = Parts.Zone;
        if (SessionTimeZone.TryFind(name, out SessionTimeZone zone))
        {
            _zone = zone;
            return ParseStatus.Ok;
        }

        _unknownZone = name;
        return ParseStatus.UnknownZone;
    }

    /// <summary>A date in one field: month, day and year with separators, the month perhaps as a word.</summary>
    private ParseStatus DecodeDate(ReadOnlySpan<byte> text)
    {
        Span<(int Start, int Length)> parts = stackalloc (int, int)[3];
        int count = 0;
        int i = 0;
        while (i < text.Length && count < 3)
        {
            while (i < text.Length && !DecimalDigits.IsDigit(text[i]) && !IsLetter(text[i]))
            {
                i++;
            }

            if (i == text.Length)
            {
                return ParseStatus.BadFormat;
            }

            int start = i;
            bool isNumber = DecimalDigits.IsDigit(text[i]);
            while (i < text.Length && (isNumber ? DecimalDigits.IsDigit(text[i]) : IsLetter(text[i])))
            {
                i++;
            }

            parts[count++] = (start, i - start);
        }

        Parts inField = Parts.None;

        // Words first: a month by name settles what the numbers are.
        for (int part = 0; part < count; part++)
        {
            ReadOnlySpan<byte> word = text.Slice(parts[part].Start, parts[part].Length);
            if (!IsLetter(word[0]))
            {
                continue;
            }

            DateTimeTokens.Kind kind = DateTimeTokens.Find(word, out int value);
            if (kind == DateTimeTokens.Kind.Ignore)
            {
                continue;
            }

            if (kind != DateTimeTokens.Kind.Month || (inField & Parts.Month) != 0)
            {
                return ParseStatus.BadFormat;
            }

            _month = value;
            _hasTextMonth = true;
            inField |= Parts.Month;
            parts[part].Length = 0;
        }

        for (int part = 0; part < count; part++)
        {
            if (parts[part].Length == 0)
            {
                continue;
            }

            _found = Parts.None;
            ReadOnlySpan<byte> number = text.Slice(parts[part].Start, parts[part].Length);
            if (IsLetter(number[0]))
            {
                continue; // at, on
            }

            ParseStatus status = DecodeNumber(number, _seen | inField);
            if (status != ParseStatus.Ok)
            {
                return status;
            }

            if ((inField & _found) != 0)
            {
                return ParseStatus.BadFormat;
            }

            inField |= _found;
        }

        _found = inField;
        Parts all = (_seen | inField) & ~(Parts.DayOfYear | Parts.Zone);
        return i == text.Length && all == Parts.Date ? ParseStatus.Ok : ParseStatus.BadFormat;
    }
}
