using System.Buffers;
using System.Globalization;
using System.Text.Unicode;
using PhantomDb.Binding;
using PhantomDb.Execution;
using PhantomDb.Expressions;
using PhantomDb.Functions;
using PhantomDb.Parsing;
using PhantomDb.Storage;
using PhantomDb.Types;

namespace PhantomDb;

/// <summary>
/// Values of literals that a cached statement has as parameters: the same as the binder gives them where they stand in the
/// text. Frequent types without allocation; what is doubtful is left to the binder (false).
/// </summary>
internal static class LiteralValues
{
    private const int SafeDigits = 18;

    public static bool TryRead(in TextLiteral literal, string sql, SqlType type, StatementContext statement, RowBuffer values, int index, ref byte[] bytes)
    {
        ReadOnlySpan<char> content = literal.Content(sql);
        return literal.Kind == TextLiteralKind.String
            ? TryReadString(content, literal.HasDoubledQuotes, type, statement, values, index, ref bytes)
            : TryReadNumber(content, literal.Kind, type, values, index);
    }

    /// <summary>The type that a number has by itself, as the binder gives it; null for a string, and for a number too long to tell.</summary>
    public static SqlType? NaturalType(in TextLiteral literal, string sql)
    {
        if (literal.Kind == TextLiteralKind.String || !TryReadScaled(literal.Content(sql), out long scaled, out int scale))
        {
            return null;
        }
        if (literal.Kind == TextLiteralKind.Integer)
        {
            return scaled == (int)scaled ? SqlType.Int32 : SqlType.Int64;
        }
        return SqlType.FixedNumeric(Math.Max(PowersOfTen.DigitCount(PowersOfTen.Magnitude(scaled)), Math.Max(scale, 1)), scale);
    }

    private static bool TryReadNumber(ReadOnlySpan<char> text, TextLiteralKind kind, SqlType type, RowBuffer values, int index)
    {
        if (!TryReadScaled(text, out long scaled, out int scale))
        {
            return false;
        }
        bool isInteger = kind == TextLiteralKind.Integer;
        switch (type.Id)
        {
            case SqlTypeId.Int64 when isInteger:
                values.Set(index, scaled);
                return true;
            case SqlTypeId.Int32 when isInteger && scaled == (int)scaled:
                values.Set(index, (int)scaled);
                return true;
            case SqlTypeId.Int16 when isInteger && scaled == (short)scaled:
                values.Set(index, (short)scaled);
                return true;
            case SqlTypeId.Double:
                values.Set(index, isInteger ? scaled : FixedNumeric.ToDouble(scaled, scale));
                return true;
            case SqlTypeId.Numeric when type.Physical == PhysicalType.Int64:
                if (!FixedNumeric.TryRescale(scaled, scale, type.Scale, type.Precision, out long narrow))
                {
                    return false;
                }
                values.Set(index, narrow);
                return true;
            case SqlTypeId.Numeric when type.Physical == PhysicalType.Int128:
                if (!FixedNumeric.TryRescale((Int128)scaled, scale, type.Scale, type.Precision, out Int128 wide))
                {
                    return false;
                }
                values.Set(index, wide);
                return true;
            case SqlTypeId.Numeric when type.Precision < 0 && type.Physical == PhysicalType.Numeric:
                values.Set(index, isInteger ? Numeric.FromInt64(scaled) : Numeric.FromScaled(scaled, scale));
                return true;
            default:
                return false;
        }
    }

    private static bool TryReadScaled(ReadOnlySpan<char> text, out long scaled, out int scale)
    {
        scaled = 0;
        scale = 0;
        bool isNegative = text[0] == '-';
        int digits = 0;
        bool isBehindPoint = false;
        foreach (char c in isNegative ? text[1..] : text)
        {
            if (c == '.')
            {
                isBehindPoint = true;
                continue;
            }
            if (++digits > SafeDigits)
            {
                return false;
            }
            scaled = (scaled * 10) + (c - '0');
            scale += isBehindPoint ? 1 : 0;
        }
        scaled = isNegative ? -scaled : scaled;
        return true;
    }

    private static bool TryReadString(
        ReadOnlySpan<char> text, bool hasDoubledQuotes, SqlType type, StatementContext statement, RowBuffer values, int index, ref byte[] bytes)
    {
        if (hasDoubledQuotes)
        {
            text = text.ToString().Replace("''", "'", StringComparison.Ordinal);
        }
        bool isText = type.Id is SqlTypeId.Text || (type.Id is SqlTypeId.Varchar && (type.Precision < 0 || text.Length <= type.Precision));
        if (!isText)
        {
            return TryReadTyped(text, type, statement, values, index);
        }
        if (bytes.Length < text.Length * 3)
        {
            bytes = new byte[text.Length * 3];
        }
        if (Utf8.FromUtf16(text, bytes, out _, out int length, replaceInvalidSequences: false) != OperationStatus.Done)
        {
            return false;
        }
        values.SetBytes(index, bytes.AsSpan(0, length));
        return true;
    }

    // As Coercion reads a literal; an error is the binder's to make, with its place.
    private static bool TryReadTyped(ReadOnlySpan<char> text, SqlType type, StatementContext statement, RowBuffer values, int index)
    {
        try
        {
            ByteString bytes = new(text.ToString());
            if (!Constants.TryParse(bytes, type, statement.Clock, out object value))
            {
                return false;
            }
            if (type.Id is SqlTypeId.Varchar or SqlTypeId.Char && type.Precision >= 0)
            {
                if (Constants.TryCast(new ConstantExpression(SqlType.Text, bytes), type, CastContext.Assignment)?.Value is not { } cut)
                {
                    return false;
                }
                value = cut;
            }
            values.SetFrom(index, ExpressionEvaluator.MakeConstant(type, value), 0);
            return true;
        }
        catch (PhantomDbException)
        {
            return false;
        }
    }
}
