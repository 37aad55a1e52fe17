namespace PhantomDb.Errors;

/// <summary>Errors of values: arithmetic, conversion and text input.</summary>
internal static partial class Error
{
    /// <summary>A result that PostgreSQL could hold, but that has more digits than a numeric has here.</summary>
    public static PhantomDbException NumericOverflow() =>
        new(SqlStates.NumericValueOutOfRange, "value overflows numeric format")
        {
            Detail = "A numeric holds at most 38 digits, and at most 127 of them behind the point.",
        };

    public static PhantomDbException NumericFieldOverflow(int precision, int scale) =>
        new(SqlStates.NumericValueOutOfRange, "numeric field overflow")
        {
            Detail = precision == scale
                ? $"A field with precision {precision}, scale {scale} must round to an absolute value less than 1."
                : $"A field with precision {precision}, scale {scale} must round to an absolute value less than 10^{precision - scale}.",
        };

    public static PhantomDbException NumericFieldInfinite(int precision, int scale) =>
        new(SqlStates.NumericValueOutOfRange, "numeric field overflow")
        {
            Detail = $"A field with precision {precision}, scale {scale} cannot hold an infinite value.",
        };

    public static PhantomDbException CannotConvert(string what, string typeName) =>
        new(SqlStates.FeatureNotSupported, $"cannot convert {what} to {typeName}");

    public static PhantomDbException FloatTextOutOfRange(string typeName, string value) =>
        new(SqlStates.NumericValueOutOfRange, $"\"{value}\" is out of range for type {typeName}");

    public static PhantomDbException FloatOverflow() =>
        new(SqlStates.NumericValueOutOfRange, "value out of range: overflow");

    public static PhantomDbException FloatUnderflow() =>
        new(SqlStates.NumericValueOutOfRange, "value out of range: underflow");

    public static PhantomDbException SquareRootOfNegative() =>
        new(SqlStates.InvalidArgumentForPowerFunction, "cannot take square root of a negative number");

    public static PhantomDbException LogarithmOfZero() =>
        new(SqlStates.InvalidArgumentForLogarithm, "cannot take logarithm of zero");

    public static PhantomDbException LogarithmOfNegative() =>
        new(SqlStates.InvalidArgumentForLogarithm, "cannot take logarithm of a negative number");

    public static PhantomDbException ZeroToNegativePower() =>
        new(SqlStates.InvalidArgumentForPowerFunction, "zero raised to a negative power is undefined");

    public static PhantomDbException NegativeToFractionalPower() =>
        new(SqlStates.InvalidArgumentForPowerFunction,
            "a negative number raised to a non-integer power yields a complex result");

    public static PhantomDbException InvalidParameter(string message) =>
        new(SqlStates.InvalidParameterValue, message);

    /// <summary>Month or day out of range, perhaps because they were written in another order.</summary>
    public static PhantomDbException DateOrderOverflow(string value) =>
        new(SqlStates.DatetimeFieldOverflow, $"date/time field value out of range: \"{value}\"")
        {
            Hint = "Perhaps you need a different \"datestyle\" setting.",
        };

    public static PhantomDbException DatetimeOutOfRange(string typeName, string value) =>
        new(SqlStates.DatetimeFieldOverflow, $"{typeName} out of range: {value}");

    public static PhantomDbException DatetimeTextOutOfRange(string typeName, string value) =>
        new(SqlStates.DatetimeFieldOverflow, $"{typeName} out of range: \"{value}\"");

    public static PhantomDbException TimeZoneDisplacementOverflow(string value) =>
        new(SqlStates.InvalidTimeZoneDisplacement, $"time zone displacement out of range: \"{value}\"");

    public static PhantomDbException TimeZoneNotRecognized(string name) =>
        new(SqlStates.InvalidParameterValue, $"time zone \"{name}\" not recognized");

    public static PhantomDbException DateFieldOutOfRange(int year, int month, int day) =>
        new(SqlStates.DatetimeFieldOverflow, $"date field value out of range: {year}-{month:00}-{day:00}");

    public static PhantomDbException UnitNotRecognized(string unit, string typeName) =>
        new(SqlStates.InvalidParameterValue, $"unit \"{unit}\" not recognized for type {typeName}");

    public static PhantomDbException UnitNotSupported(string unit, string typeName) =>
        new(SqlStates.FeatureNotSupported, $"unit \"{unit}\" not supported for type {typeName}");

    public static PhantomDbException IntervalFieldOverflow(string value) =>
        new(SqlStates.IntervalFieldOverflow, $"interval field value out of range: \"{value}\"");

    public static PhantomDbException NegativeSubstringLength() =>
        new(SqlStates.SubstringError, "negative substring length not allowed");

    public static PhantomDbException InvalidByteSequence(ReadOnlySpan<byte> bytes, int position = -1)
    {
        string hex = string.Join(' ', bytes.ToArray().Select(b => $"0x{b:x2}"));
        return new(SqlStates.CharacterNotInRepertoire, $"invalid byte sequence for encoding \"UTF8\": {hex}") { Position = position };
    }

    public static PhantomDbException NotANumber(string value) =>
        new(SqlStates.InvalidTextRepresentation, $"\"{value}\" is not a number");
}
