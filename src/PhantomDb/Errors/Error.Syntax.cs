namespace PhantomDb.Errors;

/// <summary>Errors of the lexer and the parser, in PostgreSQL's words.</summary>
internal static partial class Error
{
    /// <summary><paramref name="message"/> is "syntax error" or the lexer's; <paramref name="near"/> the text of the token, empty at the end of the input; <paramref name="keyword"/> the one that it was probably meant to be.</summary>
    public static PhantomDbException Syntax(string message, string near, int position, string? keyword = null) =>
        new(SqlStates.SyntaxError, near.Length == 0 ? $"{message} at end of input" : $"{message} at or near \"{near}\"")
        {
            Position = position,
            Hint = keyword is null ? null : $"Perhaps you meant {keyword}.",
        };

    /// <summary>A syntax error whose message says it all.</summary>
    public static PhantomDbException InvalidSyntax(string message, int position) =>
        new(SqlStates.SyntaxError, message) { Position = position };

    public static PhantomDbException StatementTooComplex(int position = -1) =>
        new(SqlStates.StatementTooComplex, "statement is too complex: it is nested too deeply")
        {
            Position = position,
            Hint = "Write fewer expressions or queries inside one another.",
        };
}
