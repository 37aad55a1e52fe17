using System.Runtime.CompilerServices;

namespace PhantomDb.Types;

/// <summary>
/// The fields of a date, time or interval in text, told apart by their looks alone: numbers, dates with separators,
/// times with colons, zones with a sign, words. Kept in lower case in a buffer of the caller. What they mean is up to
/// <see cref="DateTimeParser"/> and <see cref="IntervalText"/>.
/// </summary>
internal ref struct DateTimeFields
{
    internal enum FieldKind : byte
    {
        Number,
        Date,
        Time,
        Zone,
        Word,
        /// <summary>A sign and letters, as in -infinity.</summary>
        SignedWord,
    }

    /// <summary>No longer text is a date, and the buffer must be as long.</summary>
    public const int TextLengthMax = 150;

    private const int FieldCountMax = 25;

    [InlineArray(FieldCountMax)]
    private struct FieldList
    {
        private (int Start, int Length, FieldKind Kind) _first;
    }

    private readonly Span<byte> _work;
    private int _workLength;
    private FieldList _fields;

    public DateTimeFields(Span<byte> work) => _work = work;

    public int Count { get; private set; }

    public readonly FieldKind Kind(int field) => _fields[field].Kind;

    public readonly ReadOnlySpan<byte> Text(int field) => _work.Slice(_fields[field].Start, _fields[field].Length);

    /// <summary>False for text that is too long, has too many fields, or a character that is none of a date.</summary>
    public bool TrySplit(ReadOnlySpan<byte> text)
    {
        if (text.Length > TextLengthMax)
        {
            return false;
        }

        int i = 0;
        while (i < text.Length)
        {
            byte c = text[i];
            if (DecimalDigits.IsSpace(c))
            {
                i++;
                continue;
            }

            if (Count >= FieldCountMax)
            {
                return false;
            }

            int start = _workLength;
            FieldKind kind;
            if (DecimalDigits.IsDigit(c))
            {
                kind = SplitNumber(text, ref i);
            }
            else if (c == '.')
            {
                Append(text, ref i);
                AppendWhile(text, ref i, static b => DecimalDigits.IsDigit(b));
                kind = FieldKind.Number;
            }
            else if (IsLetter(c))
            {
                kind = SplitWord(text, ref i);
            }
            else if (c is (byte)'+' or (byte)'-')
            {
                Append(text, ref i);
                while (i < text.Length && DecimalDigits.IsSpace(text[i]))
                {
                    i++;
                }

                if (i < text.Length && DecimalDigits.IsDigit(text[i]))
                {
                    AppendWhile(text, ref i, static b => DecimalDigits.IsDigit(b) || b is (byte)':' or (byte)'.' or (byte)'-');
                    kind = FieldKind.Zone;
                }
                else if (i < text.Length && IsLetter(text[i]))
                {
                    AppendWhile(text, ref i, IsLetter);
                    kind = FieldKind.SignedWord;
                }
                else
                {
                    return false;
                }
            }
            else if (c is > 32 and < 127)
            {
                i++; // other punctuation only separates
                continue;
            }
            else
            {
                return false;
            }

            _fields[Count++] = (start, _workLength - start, kind);
        }

        return true;
    }

    private FieldKind SplitNumber(ReadOnlySpan<byte> text, ref int i)
    {
        AppendWhile(text, ref i, static b => DecimalDigits.IsDigit(b));
        if (i >= text.Length)
        {
            return FieldKind.Number;
        }

        byte delimiter = text[i];
        if (delimiter == ':')
        {
            AppendWhile(text, ref i, static b => DecimalDigits.IsDigit(b) || b is (byte)':' or (byte)'.');
            return FieldKind.Time;
        }

        if (delimiter is not ((byte)'-' or (byte)'/' or (byte)'.'))
        {
            return FieldKind.Number;
        }

        Append(text, ref i);
        if (i < text.Length && DecimalDigits.IsDigit(text[i]))
        {
            FieldKind kind = delimiter == '.' ? FieldKind.Number : FieldKind.Date;
            AppendWhile(text, ref i, static b => DecimalDigits.IsDigit(b));
            if (i < text.Length && text[i] == delimiter)
            {
                kind = FieldKind.Date;
                while (i < text.Length && (DecimalDigits.IsDigit(text[i]) || text[i] == delimiter))
                {
                    Append(text, ref i);
                }
            }

            return kind;
        }

        while (i < text.Length && (DecimalDigits.IsDigit(text[i]) || IsLetter(text[i]) || text[i] == delimiter))
        {
            Append(text, ref i);
        }

        return FieldKind.Date;
    }

    private FieldKind SplitWord(ReadOnlySpan<byte> text, ref int i)
    {
        int start = _workLength;
        AppendWhile(text, ref i, IsLetter);
        if (i >= text.Length)
        {
            return FieldKind.Word;
        }

        // A date such as jan-31-2024, or a zone such as america/new_york or utc+3.
        bool isDate = text[i] is (byte)'-' or (byte)'/' or (byte)'.'
            || ((text[i] == '+' || DecimalDigits.IsDigit(text[i]))
                && DateTimeTokens.Find(_work[start.._workLength], out _) == DateTimeTokens.Kind.Unknown);
        if (!isDate)
        {
            return FieldKind.Word;
        }

        AppendWhile(text, ref i, static b =>
            b is (byte)'+' or (byte)'-' or (byte)'/' or (byte)'_' or (byte)'.' or (byte)':' || DecimalDigits.IsDigit(b) || IsLetter(b));
        return FieldKind.Date;
    }

    private void Append(ReadOnlySpan<byte> text, ref int i) => _work[_workLength++] = DecimalDigits.ToLower(text[i++]);

    private void AppendWhile(ReadOnlySpan<byte> text, ref int i, Func<byte, bool> belongs)
    {
        while (i < text.Length && belongs(text[i]))
        {
            Append(text, ref i);
        }
    }

    public static bool IsLetter(byte c) => (uint)((c | 0x20) - 'a') <= 25;
}
