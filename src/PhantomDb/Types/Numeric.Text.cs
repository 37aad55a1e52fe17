using System.Text;
using PhantomDb.Errors;

namespace PhantomDb.Types;

/// <summary>Text input and output, as PostgreSQL's numeric without precision.</summary>
internal readonly partial struct Numeric
{
    /// <summary>No text of a numeric is longer: sign, zero, point and the longest fraction.</summary>
    public const int TextLengthMax = 3 + ScaleMax;

    private const string TypeName = "numeric";

    /// <summary>Parses digits, point, exponent, NaN and infinities; throws 22P02 or 22003.</summary>
    public static Numeric Parse(ReadOnlySpan<byte> text)
    {
        if (TryParse(text, out Numeric result))
        {
            return result;
        }

        throw DecimalLiteral.TryParse(text, out _)
            ? Error.NumericOverflow()
            : Error.InvalidInput(TypeName, Encoding.UTF8.GetString(text));
    }

    /// <summary>As <see cref="Parse"/>; false for what it throws on.</summary>
    public static bool TryParse(ReadOnlySpan<byte> text, out Numeric result)
    {
        if (TryParseShort(text, out result))
        {
            return true;
        }

        result = default;
        if (!DecimalLiteral.TryParse(text, out DecimalLiteral literal))
        {
            return false;
        }

        if (literal.Kind != NumericKind.Finite)
        {
            result = new Numeric(literal.Kind);
            return true;
        }

        int scale = literal.NaturalScale;
        if (scale > ScaleMax || !literal.TryGetScaled(scale, out Int128 coefficient))
        {
            return false;
        }

        result = new Numeric(coefficient, scale);
        return true;
    }

    /// <summary>Writes the number with all digits of its scale: -0.50, NaN, Infinity.</summary>
    public bool TryFormat(Span<byte> destination, out int written)
    {
        if (_kind != NumericKind.Finite)
        {
            ReadOnlySpan<byte> name = _kind switch
            {
                NumericKind.NaN => "NaN"u8,
                NumericKind.PositiveInfinity => "Infinity"u8,
                _ => "-Infinity"u8,
            };
            written = name.TryCopyTo(destination) ? name.Length : 0;
            return written > 0;
        }

        if ((long)_low >> 63 == (long)_high)
        {
            return FixedNumeric.TryFormat((long)_low, _scale, destination, out written);
        }

        return FixedNumeric.TryFormat(Coefficient, _scale, destination, out written);
    }

    public override string ToString()
    {
        Span<byte> buffer = stackalloc byte[TextLengthMax];
        TryFormat(buffer, out int written);
        return Encoding.ASCII.GetString(buffer[..written]);
    }

    /// <summary>Sign, at most 18 digits and a point: nearly all numbers there are.</summary>
    private static bool TryParseShort(ReadOnlySpan<byte> text, out Numeric result)
    {
        result = default;
        int i = 0;
        bool isNegative = false;
        if (text.Length > 0 && text[0] == '-')
        {
            isNegative = true;
            i = 1;
        }

        if (text.Length - i is < 1 or > 19)
        {
            return false;
        }

        long value = 0;
        int point = -1;
        int start = i;
        for (; i < text.Length; i++)
        {
            uint digit = (uint)(text[i] - '0');
            if (digit <= 9)
            {
                value = (value * 10) + digit;
            }
            else if (text[i] == '.' && point < 0)
            {
                point = i;
            }
            else
            {
                return false;
            }
        }

        int digitCount = text.Length - start - (point < 0 ? 0 : 1);
        if (digitCount is 0 or > SqlType.Int64DigitsMax)
        {
            return false;
        }

        result = new Numeric(isNegative ? -value : value, point < 0 ? 0 : text.Length - point - 1);
        return true;
    }
}
