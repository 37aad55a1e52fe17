namespace PhantomDb.Errors;

/// <summary>Errors that a query's operators meet.</summary>
internal static partial class Error
{
    public static PhantomDbException MoreThanOneRow() =>
        new(SqlStates.CardinalityViolation, "more than one row returned by a subquery used as an expression");

    public static PhantomDbException NegativeLimit() =>
        new(SqlStates.InvalidRowCountInLimit, "LIMIT must not be negative");

    public static PhantomDbException NegativeOffset() =>
        new(SqlStates.InvalidRowCountInOffset, "OFFSET must not be negative");
}
