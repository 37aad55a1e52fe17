namespace PhantomDb.Errors;

/// <summary>
/// Makes the errors, one method a kind, so that a message is worded in one place. Partial: each file holds the errors
/// of one part of the engine. Use as <c>throw Error.DivisionByZero();</c>.
/// </summary>
internal static partial class Error
{
    public static PhantomDbException NotSupported(string feature, int position = -1) =>
        new(SqlStates.FeatureNotSupported, $"{feature} is not supported") { Position = position };

    public static PhantomDbException NoCopyStream(string statement, string method, string property) =>
        new(SqlStates.FeatureNotSupported, $"{statement} needs a stream of the program") { Hint = $"Use {method} of the connection; on a session set {property}." };

    public static PhantomDbException DivisionByZero() =>
        new(SqlStates.DivisionByZero, "division by zero");

    public static PhantomDbException OutOfRange(string typeName) =>
        new(SqlStates.NumericValueOutOfRange, $"{typeName} out of range");

    public static PhantomDbException ValueOutOfRange(string typeName, string value) =>
        new(SqlStates.NumericValueOutOfRange, $"value \"{value}\" is out of range for type {typeName}");

    public static PhantomDbException InvalidInput(string typeName, string value) =>
        new(SqlStates.InvalidTextRepresentation, $"invalid input syntax for type {typeName}: \"{value}\"");

    public static PhantomDbException InvalidDatetimeInput(string typeName, string value) =>
        new(SqlStates.InvalidDatetimeFormat, $"invalid input syntax for type {typeName}: \"{value}\"");

    public static PhantomDbException DatetimeFieldOverflow(string value) =>
        new(SqlStates.DatetimeFieldOverflow, $"date/time field value out of range: \"{value}\"");

    public static PhantomDbException DatetimeOutOfRange(string what) =>
        new(SqlStates.DatetimeFieldOverflow, $"{what} out of range");

    public static PhantomDbException StringTooLong(string typeName) =>
        new(SqlStates.StringDataRightTruncation, $"value too long for type {typeName}");

    public static PhantomDbException OutOfMemory(string what, long limit) =>
        new(SqlStates.OutOfMemory, $"out of memory: {what} would exceed the limit of {limit} bytes")
        {
            Hint = "Raise MemoryLimit or WorkMemory, or make the statement touch less data.",
        };

    public static PhantomDbException Cancelled() =>
        new(SqlStates.QueryCanceled, "canceling statement due to user request");

    public static PhantomDbException StatementTimeout() =>
        new(SqlStates.QueryCanceled, "canceling statement due to statement timeout");

    public static PhantomDbException LockTimeout() =>
        new(SqlStates.LockNotAvailable, "canceling statement due to lock timeout");

    public static PhantomDbException TooDeep() =>
        new(SqlStates.StatementTooComplex, "stack depth limit exceeded")
        {
            Hint = "Write the expression with less nesting.",
        };

    public static PhantomDbException Internal(string message) =>
        new(SqlStates.InternalError, message);
}
