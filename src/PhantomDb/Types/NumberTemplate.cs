using System.Globalization;
using System.Text;
using PhantomDb.Errors;

namespace PhantomDb.Types;

/// <summary>
/// A compiled template of to_char and to_number for numbers ("FM9,999.00"). Compile once a statement. Separators and
/// signs are those of the C locale: "." "," and no currency symbol.
/// </summary>
internal sealed class NumberTemplate
{
    internal enum Pattern : byte
    {
        /// <summary>Text as it is.</summary>
        Character,
        Nine,
        Zero,
        Point,
        Comma,
        Currency,
        Roman,
        LowerRoman,
        Ordinal,
        LowerOrdinal,
        Minus,
        Plus,
        Sign,
        /// <summary>Written or read with a neighbouring digit, or without effect.</summary>
        None,
    }

    internal enum AnchoredSign : byte
    {
        None,
        Before,
        After,
    }

    internal readonly record struct Node(Pattern Pattern, string Text);

    private const int DoubleDigits = 15;
    private const int SingleDigits = 6;
    private const int RomanMax = 3999;
    private const int RomanWidth = 15;

    private static readonly string[] Spellings =
    [
        ",", ".", "0", "9", "B", "C", "D", "EEEE", "FM", "G", "L", "MI", "PL", "PR", "RN", "SG", "SP", "S", "TH", "V",
    ];

    private Node[] _nodes = [];

    private NumberTemplate()
    {
    }

    /// <summary>Digits before the point.</summary>
    public int IntegerDigits { get; private set; }

    /// <summary>Digits behind the point.</summary>
    public int FractionDigits { get; private set; }

    /// <summary>Digits behind V: the number is multiplied by ten as often.</summary>
    public int Shift { get; private set; }

    /// <summary>1-based place of the first 0 before the point.</summary>
    public int ZeroStart { get; private set; }

    /// <summary>Place of the last 0.</summary>
    public int ZeroEnd { get; private set; }

    public bool HasZero { get; private set; }

    public bool HasPoint { get; private set; }

    public bool IsFill { get; private set; }

    public bool HasMinus { get; private set; }

    public bool HasPlus { get; private set; }

    public bool HasBrackets { get; private set; }

    public bool IsRoman { get; private set; }

    public bool IsScientific { get; private set; }

    public bool HasAnchoredSign { get; private set; }

    public AnchoredSign SignPlace { get; private set; }

    /// <summary>No output is longer.</summary>
    public int LengthMax { get; private set; }

    internal ReadOnlySpan<Node> Nodes => _nodes;

    private bool HasShift { get; set; }

    private bool IsBlank { get; set; }

    private int DigitsBeforeSign { get; set; }

    /// <summary>Throws 42601 for patterns that exclude each other.</summary>
    public static NumberTemplate Compile(ReadOnlySpan<byte> template)
    {
        string text = Encoding.UTF8.GetString(template);
        var result = new NumberTemplate();
        var nodes = new List<Node>();
        int i = 0;
        while (i < text.Length)
        {
            string? spelling = FindSpelling(text, i);
            if (spelling is not null)
            {
                bool isLower = text[i] != spelling[0];
                i += spelling.Length;
                nodes.Add(new Node(result.Apply(spelling, isLower), ""));
            }
            else
            {
                AddText(text, ref i, nodes);
            }
        }

        // A sign behind all digits before the point is written behind the number.
        if (result.SignPlace == AnchoredSign.Before && result.IntegerDigits == result.DigitsBeforeSign)
        {
            result.SignPlaceForOutput = AnchoredSign.After;
        }
        else
        {
            result.SignPlaceForOutput = result.SignPlace;
        }

        result._nodes = [.. nodes];
        result.LengthMax = nodes.Sum(n => n.Pattern == Pattern.Character ? Encoding.UTF8.GetByteCount(n.Text) : 2)
            + (result.IsRoman ? nodes.Count * RomanWidth : 0)
            + (result.IsScientific ? Numeric.TextLengthMax : 0) + 8;
        return result;
    }

    internal AnchoredSign SignPlaceForOutput { get; private set; }

    /// <summary>to_char; the destination has <see cref="LengthMax"/> bytes; returns the length.</summary>
    public int Format(in Numeric value, Span<byte> destination)
    {
        if (IsRoman)
        {
            return WriteRoman(Numeric.Round(value, 0).ToInt32(), destination);
        }

        if (IsScientific)
        {
            return WriteScientific(value, destination);
        }

        Numeric shifted = HasShift && value.IsFinite ? ShiftLeft(value) : value;
        Span<byte> buffer = stackalloc byte[Numeric.TextLengthMax];
        Numeric.Round(shifted, FractionDigits).TryFormat(buffer, out int length);
        return Write(buffer[..length], FractionDigits, destination);
    }

    /// <summary>to_char of a double precision, which shows no more than its 15 certain digits.</summary>
    public int Format(double value, Span<byte> destination) => FormatFloat(value, DoubleDigits, destination);

    /// <summary>to_char of a real, which shows no more than its 6 certain digits.</summary>
    public int Format(float value, Span<byte> destination) => FormatFloat(value, SingleDigits, destination);

    /// <summary>to_number; throws 22P02 for text without a number.</summary>
    public Numeric Read(ReadOnlySpan<byte> text)
    {
        if (IsScientific)
        {
            throw new PhantomDbException(SqlStates.FeatureNotSupported, "\"EEEE\" not supported for input");
        }

        if (IsRoman)
        {
            throw new PhantomDbException(SqlStates.FeatureNotSupported, "\"RN\" not supported for input");
        }

        byte[] digits = new byte[_nodes.Length + 4];
        var reader = new NumberTemplateReader(this, text, digits);
        Numeric number = Numeric.Parse(reader.Read());
        return HasShift ? Numeric.Divide(number, new Numeric(PowersOfTen.Wide[Math.Min(Shift, PowersOfTen.ExponentMax)], 0)) : number;
    }

    private int FormatFloat(double value, int certainDigits, Span<byte> destination)
    {
        if (IsRoman)
        {
            return WriteRoman(FloatText.TryToInt32(value, out int integer) ? integer : 0, destination);
        }

        if (IsScientific || !double.IsFinite(value))
        {
            return IsScientific
                ? WriteScientific(certainDigits == SingleDigits ? Numeric.FromSingle((float)value) : Numeric.FromDouble(value), destination)
                : Format(Numeric.FromDouble(value), destination);
        }

        value *= Math.Pow(10, Shift);
        int integerDigits = Math.Abs(value).ToString("F0", CultureInfo.InvariantCulture).Length;
        int fraction = integerDigits >= certainDigits ? 0 : Math.Min(FractionDigits, certainDigits - integerDigits);
        string text = value.ToString("F" + fraction.ToString(CultureInfo.InvariantCulture), CultureInfo.InvariantCulture);
        return Write(Encoding.ASCII.GetBytes(text), fraction, destination);
    }

    private Numeric ShiftLeft(in Numeric value) =>
        Numeric.Multiply(value, new Numeric(PowersOfTen.Wide[Math.Min(Shift, PowersOfTen.ExponentMax)], 0));

    private int Write(ReadOnlySpan<byte> number, int fractionDigits, Span<byte> destination)
    {
        bool isNegative = number[0] == '-';
        number = isNegative ? number[1..] : number;
        int integerPlaces = IntegerDigits + Shift;
        int point = number.IndexOf((byte)'.');
        int integerLength = point < 0 ? number.Length : point;
        if (integerLength > integerPlaces)
        {
            byte[] overflow = new byte[integerPlaces + fractionDigits + 1];
            overflow.AsSpan().Fill((byte)'#');
            overflow[integerPlaces] = (byte)'.';
            number = overflow;
        }

        int blanks = Math.Max(integerPlaces - integerLength, 0);
        var writer = new NumberTemplateWriter(this, number, isNegative, blanks, integerPlaces, fractionDigits, destination);
        return writer.Write();
    }

    private int WriteRoman(int value, Span<byte> destination)
    {
        Span<byte> roman = stackalloc byte[RomanWidth];
        roman.Fill((byte)'#');
        int length = RomanWidth;
        if (value is >= 1 and <= RomanMax)
        {
            ReadOnlySpan<int> values = [1000, 900, 500, 400, 100, 90, 50, 40, 10, 9, 5, 4, 1];
            string[] symbols = ["M", "CM", "D", "CD", "C", "XC", "L", "XL", "X", "IX", "V", "IV", "I"];
            length = 0;
            for (int i = 0; i < values.Length; i++)
            {
                for (; value >= values[i]; value -= values[i])
                {
                    length += Encoding.ASCII.GetBytes(symbols[i], roman[length..]);
                }
            }
        }

        int written = 0;
        foreach (Node node in _nodes)
        {
            if (node.Pattern is Pattern.Roman or Pattern.LowerRoman)
            {
                for (int blank = IsFill ? RomanWidth : length; blank < RomanWidth; blank++)
                {
                    destination[written++] = (byte)' ';
                }

                foreach (byte c in roman[..length])
                {
                    destination[written++] = node.Pattern == Pattern.LowerRoman ? DecimalDigits.ToLower(c) : c;
                }
            }
            else if (node.Pattern == Pattern.Character)
            {
                written += Encoding.UTF8.GetBytes(node.Text, destination[written..]);
            }
        }

        return written;
    }

    /// <summary>d.ddde+xx, with a blank for a plus; # for NaN and infinities.</summary>
    private int WriteScientific(in Numeric value, Span<byte> destination)
    {
        if (!value.IsFinite)
        {
            int length = IntegerDigits + FractionDigits + 6;
            destination[..length].Fill((byte)'#');
            destination[0] = (byte)' ';
            destination[IntegerDigits + 1] = (byte)'.';
            return length;
        }

        UInt128 magnitude = PowersOfTen.Magnitude(value.Coefficient);
        int exponent = magnitude == 0 ? 0 : PowersOfTen.DigitCount(magnitude) - 1 - value.Scale;
        int dropped = value.Scale + exponent - FractionDigits;
        Int128 rounded = dropped >= 0
            ? PowersOfTen.ScaleDown((Int128)magnitude, dropped)
            : PowersOfTen.TryScaleUp((Int128)magnitude, -dropped, out Int128 wide) ? wide : throw Error.NumericOverflow();
        // A carry is not moved into the exponent: 99.995 is 10.00e+01, as in PostgreSQL.
        destination[0] = value.IsNegative ? (byte)'-' : (byte)' ';
        FixedNumeric.TryFormat(rounded, FractionDigits, destination[1..], out int written);
        written++;
        destination[written++] = (byte)'e';
        destination[written++] = exponent < 0 ? (byte)'-' : (byte)'+';
        int exponentDigits = Math.Abs(exponent) >= 100 ? 3 : 2;
        DecimalDigits.WritePadded((ulong)Math.Abs(exponent), destination[written..], exponentDigits);
        return written + exponentDigits;
    }

    private static string? FindSpelling(string text, int at)
    {
        foreach (string spelling in Spellings)
        {
            if (at + spelling.Length <= text.Length)
            {
                ReadOnlySpan<char> part = text.AsSpan(at, spelling.Length);
                if (part.SequenceEqual(spelling) || part.SequenceEqual(spelling.ToLowerInvariant()))
                {
                    return spelling;
                }
            }
        }

        return null;
    }

    private static void AddText(string text, ref int i, List<Node> nodes)
    {
        if (text[i] == '"')
        {
            i++;
            while (i < text.Length && text[i] != '"')
            {
                i += text[i] == '\\' && i + 1 < text.Length ? 1 : 0;
                AddCharacter(text, ref i, nodes);
            }

            i++;
            return;
        }

        i += text[i] == '\\' && i + 1 < text.Length && text[i + 1] == '"' ? 1 : 0;
        AddCharacter(text, ref i, nodes);
    }

    private static void AddCharacter(string text, ref int i, List<Node> nodes)
    {
        int length = char.IsHighSurrogate(text[i]) && i + 1 < text.Length ? 2 : 1;
        nodes.Add(new Node(Pattern.Character, text.Substring(i, length)));
        i += length;
    }

    /// <summary>Counts the pattern in, checks it against those before, and says what to write for it.</summary>
    private Pattern Apply(string spelling, bool isLower)
    {
        Ensure(!IsScientific || spelling == "EEEE", "\"EEEE\" must be the last pattern used");
        switch (spelling)
        {
            case "9":
                Ensure(!HasBrackets, "\"9\" must be ahead of \"PR\"");
                if (HasShift)
                {
                    Shift++;
                }
                else
                {
                    CountDigit();
                }

                return Pattern.Nine;
            case "0":
                Ensure(!HasBrackets, "\"0\" must be ahead of \"PR\"");
                if (!HasZero && !HasPoint)
                {
                    HasZero = true;
                    ZeroStart = IntegerDigits + 1;
                }

                CountDigit();
                ZeroEnd = IntegerDigits + FractionDigits;
                return Pattern.Zero;
            case "B":
                IsBlank |= IntegerDigits == 0 && FractionDigits == 0 && !HasZero;
                return Pattern.None;
            case "." or "D":
                Ensure(!HasPoint, "multiple decimal points");
                Ensure(!HasShift, "cannot use \"V\" and decimal point together");
                HasPoint = true;
                return Pattern.Point;
            case "," or "G": return Pattern.Comma;
            case "FM":
                IsFill = true;
                return Pattern.None;
            case "L": return Pattern.Currency;
            case "S":
                Ensure(!HasAnchoredSign, "cannot use \"S\" twice");
                Ensure(!HasPlus && !HasMinus && !HasBrackets, "cannot use \"S\" and \"PL\"/\"MI\"/\"SG\"/\"PR\" together");
                HasAnchoredSign = true;
                SignPlace = HasPoint ? AnchoredSign.After : AnchoredSign.Before;
                DigitsBeforeSign = IntegerDigits;
                return Pattern.None;
            case "MI":
                Ensure(!HasAnchoredSign, "cannot use \"S\" and \"MI\" together");
                HasMinus = true;
                return Pattern.Minus;
            case "PL":
                Ensure(!HasAnchoredSign, "cannot use \"S\" and \"PL\" together");
                HasPlus = true;
                return Pattern.Plus;
            case "SG":
                Ensure(!HasAnchoredSign, "cannot use \"S\" and \"SG\" together");
                HasMinus = true;
                HasPlus = true;
                return Pattern.Sign;
            case "PR":
                Ensure(!HasAnchoredSign && !HasPlus && !HasMinus, "cannot use \"PR\" and \"S\"/\"PL\"/\"MI\"/\"SG\" together");
                HasBrackets = true;
                return Pattern.None;
            case "RN":
                IsRoman = true;
                return isLower ? Pattern.LowerRoman : Pattern.Roman;
            case "TH": return isLower ? Pattern.LowerOrdinal : Pattern.Ordinal;
            case "V":
                Ensure(!HasPoint, "cannot use \"V\" and decimal point together");
                HasShift = true;
                return Pattern.None;
            case "EEEE":
                Ensure(!IsScientific, "cannot use \"EEEE\" twice");
                if (IsBlank || IsFill || HasAnchoredSign || HasBrackets || HasMinus || HasPlus || IsRoman || HasShift)
                {
                    throw new PhantomDbException(SqlStates.SyntaxError, "\"EEEE\" is incompatible with other formats")
                    {
                        Detail = "\"EEEE\" may only be used together with digit and decimal point patterns.",
                    };
                }

                IsScientific = true;
                return Pattern.None;
            default: return Pattern.None; // C, SP: without effect in PostgreSQL too
        }
    }

    private void CountDigit()
    {
        if (HasPoint)
        {
            FractionDigits++;
        }
        else
        {
            IntegerDigits++;
        }
    }

    private static void Ensure(bool isAllowed, string message)
    {
        if (!isAllowed)
        {
            throw new PhantomDbException(SqlStates.SyntaxError, message);
        }
    }
}
