using System.Buffers;
using System.Buffers.Text;
using System.Globalization;
using PhantomDb.Errors;

namespace PhantomDb.Types;

/// <summary>Conversions from and to integers, floating point and scaled integers.</summary>
internal readonly partial struct Numeric
{
    /// <summary>Significant digits that PostgreSQL takes over from a double precision and a real.</summary>
    private const int DoubleDigits = 15;

    private const int SingleDigits = 6;

    public static Numeric FromInt64(long value) => new((ulong)(value >> 63), (ulong)value, 0);

    /// <summary>A scaled integer as it lies in a numeric(p,s) vector.</summary>
    public static Numeric FromScaled(long coefficient, int scale) => new((ulong)(coefficient >> 63), (ulong)coefficient, scale);

    public static Numeric FromScaled(Int128 coefficient, int scale) => new(coefficient, scale);

    /// <summary>Fifteen significant digits, no zeros at the end; 22003 where that needs more than 38 digits.</summary>
    public static Numeric FromDouble(double value)
    {
        if (Math.Abs(value) < 1e15 && value == (long)value)
        {
            return FromInt64((long)value);
        }

        return FromFloat(value, DoubleDigits);
    }

    /// <summary>Six significant digits, no zeros at the end.</summary>
    public static Numeric FromSingle(float value) => FromFloat(value, SingleDigits);

    /// <summary>The nearest double.</summary>
    public double ToDouble()
    {
        switch (_kind)
        {
            case NumericKind.NaN: return double.NaN;
            case NumericKind.PositiveInfinity: return double.PositiveInfinity;
            case NumericKind.NegativeInfinity: return double.NegativeInfinity;
        }

        if (IsNarrow && _scale < FloatText.ExactPowers.Length && PowersOfTen.Magnitude((long)_low) <= 1UL << 53)
        {
            return (long)_low / FloatText.ExactPowers[_scale]; // both exact, so the quotient is the nearest
        }

        Span<byte> buffer = stackalloc byte[TextLengthMax];
        TryFormat(buffer, out int written);
        return double.Parse(buffer[..written], NumberStyles.Float, CultureInfo.InvariantCulture);
    }

    /// <summary>The nearest real; 22003 where a number other than zero would become zero.</summary>
    public float ToSingle()
    {
        if (_kind != NumericKind.Finite)
        {
            return (float)ToDouble();
        }

        Span<byte> buffer = stackalloc byte[TextLengthMax];
        TryFormat(buffer, out int written);
        float result = float.Parse(buffer[..written], NumberStyles.Float, CultureInfo.InvariantCulture);
        return result != 0 || IsZero ? result : throw Error.FloatTextOutOfRange("real", ToString());
    }

    /// <summary>Rounds half away from zero; false out of range and for NaN and infinities.</summary>
    public bool TryToInt64(out long value)
    {
        value = 0;
        if (_kind != NumericKind.Finite)
        {
            return false;
        }

        Int128 rounded = PowersOfTen.ScaleDown(Coefficient, _scale);
        value = (long)rounded;
        return value == rounded;
    }

    public long ToInt64() => TryToInt64(out long value) ? value : throw IntegerError("bigint");

    public int ToInt32() => TryToInt64(out long value) && value == (int)value ? (int)value : throw IntegerError("integer");

    public short ToInt16() =>
        TryToInt64(out long value) && value == (short)value ? (short)value : throw IntegerError("smallint");

    /// <summary>The value times 10^scale, rounded half away from zero; false where numeric(precision, scale) cannot hold it.</summary>
    public bool TryToScaled(int precision, int scale, out Int128 value)
    {
        value = 0;
        if (_kind != NumericKind.Finite)
        {
            return false;
        }

        return FixedNumeric.TryRescale(Coefficient, _scale, scale, precision, out value);
    }

    public bool TryToScaled(int precision, int scale, out long value)
    {
        if (IsNarrow && _kind == NumericKind.Finite)
        {
            return FixedNumeric.TryRescale((long)_low, _scale, scale, precision, out value);
        }

        bool fits = TryToScaled(precision, scale, out Int128 wide);
        value = (long)wide;
        return fits && value == wide;
    }

    /// <summary>As TryToScaled; throws 22003 with PostgreSQL's detail.</summary>
    public Int128 ToScaled(int precision, int scale) =>
        TryToScaled(precision, scale, out Int128 value) ? value : throw ScaledError(precision, scale);

    public long ToScaledInt64(int precision, int scale) =>
        TryToScaled(precision, scale, out long value) ? value : throw ScaledError(precision, scale);

    private static Numeric FromFloat(double value, int digits)
    {
        if (double.IsNaN(value))
        {
            return NaN;
        }

        if (double.IsInfinity(value))
        {
            return value > 0 ? PositiveInfinity : NegativeInfinity;
        }

        // d.ddddE+xxx, correctly rounded
        Span<byte> buffer = stackalloc byte[32];
        Utf8Formatter.TryFormat(value, buffer, out int written, new StandardFormat('E', (byte)(digits - 1)));
        ReadOnlySpan<byte> text = buffer[..written];
        int mark = text.IndexOf((byte)'E');
        Utf8Parser.TryParse(text[(mark + 1)..], out int exponent, out _);
        long coefficient = 0;
        foreach (byte c in text[..mark])
        {
            if (DecimalDigits.IsDigit(c))
            {
                coefficient = (coefficient * 10) + (c - '0');
            }
        }

        if (coefficient == 0)
        {
            return Zero;
        }

        int scale = digits - 1 - exponent;
        while (coefficient % 10 == 0 && scale > 0)
        {
            coefficient /= 10;
            scale--;
        }

        coefficient = text[0] == '-' ? -coefficient : coefficient;
        if (scale > ScaleMax || !PowersOfTen.TryScaleUp(coefficient, Math.Max(-scale, 0), out Int128 wide))
        {
            throw Error.NumericOverflow();
        }

        return new Numeric(wide, Math.Max(scale, 0));
    }

    private PhantomDbException IntegerError(string typeName) => _kind switch
    {
        NumericKind.Finite => Error.OutOfRange(typeName),
        NumericKind.NaN => Error.CannotConvert("NaN", typeName),
        _ => Error.CannotConvert("infinity", typeName),
    };

    private PhantomDbException ScaledError(int precision, int scale) => _kind switch
    {
        NumericKind.Finite => Error.NumericFieldOverflow(precision, scale),
        NumericKind.NaN => Error.NotSupported("NaN in a numeric with precision and scale"),
        _ => Error.NumericFieldInfinite(precision, scale),
    };
}
