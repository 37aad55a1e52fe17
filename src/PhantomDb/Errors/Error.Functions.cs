namespace PhantomDb.Errors;

/// <summary>Errors of built-in functions.</summary>
internal static partial class Error
{
    public static PhantomDbException StringTooLarge() =>
        new(SqlStates.ProgramLimitExceeded, "requested length too large");

    public static PhantomDbException InvalidRegularExpression(string detail) =>
        new("2201B", $"invalid regular expression: {detail}");

    public static PhantomDbException InvalidEscapeString() =>
        new(SqlStates.InvalidEscapeSequence, "invalid escape string") { Hint = "Escape string must be empty or one character." };

    public static PhantomDbException LikePatternEndsWithEscape() =>
        new(SqlStates.InvalidEscapeSequence, "LIKE pattern must not end with escape character");

    public static PhantomDbException RelationNotFound(string name) =>
        new(SqlStates.UndefinedTable, $"relation \"{name}\" does not exist");
}
