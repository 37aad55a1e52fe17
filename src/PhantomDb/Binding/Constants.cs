using System.Text;
using PhantomDb.Errors;
using PhantomDb.Expressions;
using PhantomDb.Functions;
using PhantomDb.Types;

namespace PhantomDb.Binding;

/// <summary>Values of literals: from text, and from one type to another where that is done while binding.</summary>
internal static class Constants
{
    /// <summary>
    /// The value of a string literal as a type, as the type's input function reads it; length limits of varchar(n) and
    /// char(n) are applied afterwards, by <see cref="TryCast"/>. False where the value must be found when executed.
    /// </summary>
    public static bool TryParse(ByteString text, SqlType type, DateTimeClock clock, out object value)
    {
        ReadOnlySpan<byte> bytes = text.Bytes;
        int precision = type.Precision < 0 ? 6 : type.Precision;
        switch (type.Id)
        {
            case SqlTypeId.Unknown or SqlTypeId.Text or SqlTypeId.Varchar or SqlTypeId.PaddedChar:
                value = text;
                return true;
            case SqlTypeId.Char:
                value = WithoutTrailingBlanks(text);
                return true;
            case SqlTypeId.Boolean:
                value = BooleanText.Parse(bytes);
                return true;
            case SqlTypeId.Int16:
                value = IntegerText.ParseInt16(bytes);
                return true;
            case SqlTypeId.Int32:
                value = IntegerText.ParseInt32(bytes);
                return true;
            case SqlTypeId.Int64:
                value = IntegerText.ParseInt64(bytes);
                return true;
            case SqlTypeId.Real:
                value = FloatText.ParseSingle(bytes);
                return true;
            case SqlTypeId.Double:
                value = FloatText.ParseDouble(bytes);
                return true;
            case SqlTypeId.Numeric when type.Physical == PhysicalType.Int64:
                value = FixedNumeric.ParseInt64(bytes, type.Precision, type.Scale);
                return true;
            case SqlTypeId.Numeric when type.Physical == PhysicalType.Int128:
                value = FixedNumeric.ParseInt128(bytes, type.Precision, type.Scale);
                return true;
            case SqlTypeId.Numeric:
                value = Numeric.Parse(bytes);
                return true;
            case SqlTypeId.Date:
                value = DateTimeText.ParseDate(bytes, clock);
                return true;
            case SqlTypeId.Time:
                value = DateTimeText.ParseTime(bytes, clock, precision);
                return true;
            case SqlTypeId.Timestamp:
                value = DateTimeText.ParseTimestamp(bytes, clock, precision);
                return true;
            case SqlTypeId.TimestampTz:
                value = DateTimeText.ParseTimestampTz(bytes, clock, precision);
                return true;
            case SqlTypeId.Interval:
                value = IntervalText.Parse(bytes, IntervalFields.All, precision);
                return true;
            default:
                value = text;
                return false;
        }
    }

    /// <summary>True where the text may mean another value at another time: now, today, tomorrow, yesterday, a zone's name.</summary>
    public static bool MayDependOnTime(ByteString text, SqlType type) => type.Id switch
    {
        SqlTypeId.Time => text.Bytes.AsSpan().IndexOfAnyInRange((byte)'A', (byte)'z') >= 0,
        SqlTypeId.Date or SqlTypeId.Timestamp or SqlTypeId.TimestampTz => MentionsToday(text.Bytes),
        _ => false,
    };

    private static bool MentionsToday(ReadOnlySpan<byte> text)
    {
        for (int i = 0; i + 2 < text.Length; i++)
        {
            ReadOnlySpan<byte> word = text.Slice(i, 3);
            if (Ascii.EqualsIgnoreCase(word, "now"u8) || Ascii.EqualsIgnoreCase(word, "tod"u8)
                || Ascii.EqualsIgnoreCase(word, "tom"u8) || Ascii.EqualsIgnoreCase(word, "yes"u8))
            {
                return true;
            }
        }
        return false;
    }

    /// <summary>A string as a numeric of the digits that it has; null where it is no plain number.</summary>
    public static ConstantExpression? TryNumericLiteral(ByteString text) =>
        DecimalLiteral.TryParse(text.Bytes, out DecimalLiteral literal) && literal.Kind == NumericKind.Finite
            ? NumericLiteral(text.ToString().Trim()) is var number && IsBeyondNumeric(number) ? throw Error.NumericOverflow() : number
            : null;

    /// <summary>
    /// A number that no numeric of ours holds, such as 1e300: its text stays, for a place that wants floating point; in any
    /// other place it is 22003.
    /// </summary>
    public static bool IsBeyondNumeric(Expression expression) => expression is ConstantExpression { Type.Id: SqlTypeId.Numeric, Value: ByteString };

    /// <summary>
    /// The type of a numeric literal: its digits and its scale as written, so that arithmetic stays in integers; a bare
    /// numeric where it has too many. False where the text is no number.
    /// </summary>
    public static ConstantExpression NumericLiteral(string digits)
    {
        byte[] bytes = Encoding.ASCII.GetBytes(digits);
        if (DecimalLiteral.TryParse(bytes, out DecimalLiteral literal) && literal.Kind == NumericKind.Finite
            && literal.NaturalScale <= SqlType.NumericPrecisionMax && literal.TryGetScaled(literal.NaturalScale, out Int128 scaled))
        {
            return FixedNumericConstant(scaled, literal.NaturalScale);
        }
        return new ConstantExpression(SqlType.Numeric, Numeric.TryParse(bytes, out Numeric value) ? value : new ByteString(digits));
    }

    /// <summary>An integer literal: integer, bigint or numeric, the first that holds it.</summary>
    public static ConstantExpression IntegerLiteral(string digits)
    {
        if (!long.TryParse(digits, System.Globalization.NumberStyles.AllowLeadingSign, System.Globalization.CultureInfo.InvariantCulture, out long value))
        {
            return NumericLiteral(digits);
        }
        return value == (int)value
            ? new ConstantExpression(SqlType.Int32, (int)value)
            : new ConstantExpression(SqlType.Int64, value);
    }

    private static ConstantExpression FixedNumericConstant(Int128 scaled, int scale)
    {
        int digits = Math.Max(PowersOfTen.DigitCount(PowersOfTen.Magnitude(scaled)), Math.Max(scale, 1));
        SqlType type = SqlType.FixedNumeric(digits, scale);
        return new ConstantExpression(type, type.Physical == PhysicalType.Int64 ? (object)(long)scaled : scaled);
    }

    /// <summary>Integers as numeric: with just the digits that the value has.</summary>
    public static ConstantExpression ToNumeric(long value) => FixedNumericConstant(value, 0);

    /// <summary>A constant of another type, where the conversion is simple enough to be done while binding; else null.</summary>
    public static ConstantExpression? TryCast(ConstantExpression constant, SqlType to, CastContext context)
    {
        SqlType from = constant.Type;
        object? value = constant.Value;
        if (value is null)
        {
            return new ConstantExpression(to, null);
        }
        if (from.IsInteger)
        {
            return IntegerTo(AsInt64(value), to);
        }
        if (from.IsFixedNumeric)
        {
            return NumericTo(value is Int128 wide ? wide : (long)value, from.Scale, to);
        }
        if (from.Id is SqlTypeId.Text or SqlTypeId.Varchar or SqlTypeId.Char && value is ByteString text)
        {
            return TextTo(text, to, context);
        }
        if (from.Id == to.Id && to.Precision < 0)
        {
            return constant with { Type = to };
        }
        return (value, to.Id) switch
        {
            (ByteString digits, SqlTypeId.Double) when from.Id == SqlTypeId.Numeric => new ConstantExpression(to, FloatText.ParseDouble(digits.Bytes)),
            (ByteString digits, SqlTypeId.Real) when from.Id == SqlTypeId.Numeric => new ConstantExpression(to, FloatText.ParseSingle(digits.Bytes)),
            (float single, SqlTypeId.Double) => new ConstantExpression(to, (double)single),
            _ => null,
        };
    }

    public static long AsInt64(object value) => value switch
    {
        short number => number,
        int number => number,
        long number => number,
        _ => throw new System.Diagnostics.UnreachableException(),
    };

    private static ConstantExpression? IntegerTo(long value, SqlType to)
    {
        switch (to.Id)
        {
            case SqlTypeId.Int16 when value == (short)value:
                return new ConstantExpression(to, (short)value);
            case SqlTypeId.Int32 when value == (int)value:
                return new ConstantExpression(to, (int)value);
            case SqlTypeId.Int64:
                return new ConstantExpression(to, value);
            case SqlTypeId.Oid or SqlTypeId.RegClass when value is >= 0 and <= uint.MaxValue:
                return new ConstantExpression(to, value);
            case SqlTypeId.Double:
                return new ConstantExpression(to, (double)value);
            case SqlTypeId.Real:
                return new ConstantExpression(to, (float)value);
            case SqlTypeId.Numeric:
                return to.Physical == PhysicalType.Numeric && to.Precision < 0 ? new ConstantExpression(to, Numeric.FromInt64(value)) : NumericTo(value, 0, to);
            default:
                return null;
        }
    }

    private static ConstantExpression? NumericTo(Int128 value, int scale, SqlType to)
    {
        if (to.Id == SqlTypeId.Double)
        {
            return new ConstantExpression(to, Numeric.FromScaled(value, scale).ToDouble());
        }
        if (to.Id != SqlTypeId.Numeric)
        {
            return null;
        }
        if (to.Physical == PhysicalType.Numeric)
        {
            return new ConstantExpression(to, Numeric.FromScaled(value, scale));
        }
        Int128 rescaled = FixedNumeric.Rescale(value, scale, to.Scale, to.Precision);
        return new ConstantExpression(to, to.Physical == PhysicalType.Int64 ? (object)(long)rescaled : rescaled);
    }

    private static ConstantExpression? TextTo(ByteString text, SqlType to, CastContext context)
    {
        switch (to.Id)
        {
            case SqlTypeId.Text:
                return new ConstantExpression(to, text);
            case SqlTypeId.Varchar or SqlTypeId.Char:
                ByteString kept = to.Id == SqlTypeId.Char ? WithoutTrailingBlanks(text) : text;
                if (to.Precision < 0)
                {
                    return new ConstantExpression(to, kept);
                }
                int end = ByteLengthOf(text.Bytes, to.Precision);
                if (end >= kept.Bytes.Length)
                {
                    return new ConstantExpression(to, kept);
                }
                // Only blanks may be cut off silently on assignment.
                if (context != CastContext.Explicit && text.Bytes.AsSpan(end).ContainsAnyExcept((byte)' '))
                {
                    throw Error.StringTooLong(to.ToString());
                }
                var cut = new ByteString(text.Bytes[..end]);
                return new ConstantExpression(to, to.Id == SqlTypeId.Char ? WithoutTrailingBlanks(cut) : cut);
            default:
                return null;
        }
    }

    public static ByteString WithoutTrailingBlanks(ByteString text)
    {
        int length = text.Bytes.AsSpan().TrimEnd((byte)' ').Length;
        return length == text.Bytes.Length ? text : new ByteString(text.Bytes[..length]);
    }

    /// <summary>Bytes that the first characters take; all bytes where there are fewer characters.</summary>
    private static int ByteLengthOf(byte[] bytes, int characterCount)
    {
        int i = 0;
        while (i < bytes.Length)
        {
            if ((bytes[i] & 0xC0) != 0x80 && characterCount-- == 0)
            {
                return i;
            }
            i++;
        }
        return i;
    }
}
