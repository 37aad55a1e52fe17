using PhantomDb.Types;

namespace PhantomDb.Errors;

/// <summary>Errors of names and types in a statement.</summary>
internal static partial class Error
{
    public static PhantomDbException ColumnNotFound(string name, int position, string? suggestion = null) =>
        new(SqlStates.UndefinedColumn, $"column {name} does not exist")
        {
            Position = position,
            Hint = suggestion is null ? null : $"Perhaps you meant to reference the column \"{suggestion}\".",
        };

    /// <param name="known">Names of the columns that it has, for a hint.</param>
    public static PhantomDbException ColumnOfRelationNotFound(string column, string table, int position = -1, IEnumerable<string>? known = null) =>
        new(SqlStates.UndefinedColumn, $"column \"{column}\" of relation \"{table}\" does not exist")
        {
            Position = position, TableName = table, ColumnName = column,
            Hint = known is not null && Spelling.Nearest(column, known) is { } near ? $"Perhaps you meant the column \"{near}\"." : null,
        };

    public static PhantomDbException ColumnAmbiguous(string name, int position) =>
        new(SqlStates.AmbiguousColumn, $"column reference \"{name}\" is ambiguous") { Position = position };

    public static PhantomDbException RelationNotFound(string name, int position, string? hint = null) =>
        new(SqlStates.UndefinedTable, $"relation \"{name}\" does not exist") { Position = position, Hint = hint };

    public static PhantomDbException MissingFromEntry(string name, int position, string? suggestion = null) =>
        new(SqlStates.UndefinedTable, $"missing FROM-clause entry for table \"{name}\"")
        {
            Position = position,
            Hint = suggestion is null ? null : $"Perhaps you meant to reference the table \"{suggestion}\".",
        };

    public static PhantomDbException InvalidFromReference(string name, int position, string hint) =>
        new(SqlStates.UndefinedTable, $"invalid reference to FROM-clause entry for table \"{name}\"") { Position = position, Hint = hint };

    public static PhantomDbException DuplicateAlias(string name, int position) =>
        new(SqlStates.DuplicateAlias, $"table name \"{name}\" specified more than once") { Position = position };

    public static PhantomDbException OperatorNotFound(string symbol, SqlType? left, SqlType right, int position) =>
        new(SqlStates.UndefinedFunction, $"operator does not exist: {(left is { } type ? type.BaseName + " " : "")}{symbol} {right.BaseName}")
        {
            Position = position,
            Hint = left is null
                ? "No operator matches the given name and argument type. You might need to add an explicit type cast."
                : "No operator matches the given name and argument types. You might need to add explicit type casts.",
        };

    public static PhantomDbException OperatorAmbiguous(string symbol, SqlType? left, SqlType right, int position) =>
        new(SqlStates.AmbiguousFunction, $"operator is not unique: {(left is { } type ? type.BaseName + " " : "")}{symbol} {right.BaseName}")
        {
            Position = position,
            Hint = "Could not choose a best candidate operator. You might need to add explicit type casts.",
        };

    public static PhantomDbException FunctionNotFound(string name, IEnumerable<SqlType> arguments, int position, string? suggestion = null) =>
        new(SqlStates.UndefinedFunction, $"function {name}({string.Join(", ", arguments.Select(a => a.BaseName))}) does not exist")
        {
            Position = position,
            Hint = suggestion is null ? "No function matches the given name and argument types. You might need to add explicit type casts."
                : $"Perhaps you meant the function \"{suggestion}\".",
        };

    public static PhantomDbException FunctionAmbiguous(string name, IEnumerable<SqlType> arguments, int position) =>
        new(SqlStates.AmbiguousFunction, $"function {name}({string.Join(", ", arguments.Select(a => a.BaseName))}) is not unique")
        {
            Position = position,
            Hint = "Could not choose a best candidate function. You might need to add explicit type casts.",
        };

    public static PhantomDbException TypesDoNotMatch(string construct, SqlType left, SqlType right, int position) =>
        new(SqlStates.DatatypeMismatch, $"{construct} types {left.BaseName} and {right.BaseName} cannot be matched") { Position = position };

    public static PhantomDbException WrongArgumentType(string construct, SqlType wanted, SqlType actual, int position) =>
        new(SqlStates.DatatypeMismatch, $"argument of {construct} must be type {wanted.BaseName}, not type {actual.BaseName}") { Position = position };

    public static PhantomDbException CannotCast(SqlType from, SqlType to, int position) =>
        new(SqlStates.CannotCoerce, $"cannot cast type {from.BaseName} to {to.BaseName}") { Position = position };

    public static PhantomDbException WrongAssignmentType(string column, SqlType wanted, SqlType actual, int position) =>
        new(SqlStates.DatatypeMismatch, $"column \"{column}\" is of type {wanted.BaseName} but expression is of type {actual.BaseName}")
        {
            Position = position,
            Hint = "You will need to rewrite or cast the expression.",
        };

    public static PhantomDbException NotGrouped(string column, int position) =>
        new(SqlStates.GroupingError, $"column \"{column}\" must appear in the GROUP BY clause or be used in an aggregate function") { Position = position };

    public static PhantomDbException OuterNotGrouped(string column, int position) =>
        new(SqlStates.GroupingError, $"subquery uses ungrouped column \"{column}\" from outer query") { Position = position };

    public static PhantomDbException Grouping(string message, int position) =>
        new(SqlStates.GroupingError, message) { Position = position };

    public static PhantomDbException TypeNotFound(string name, int position, string? suggestion = null) =>
        new(SqlStates.UndefinedObject, $"type \"{name}\" does not exist")
        {
            Position = position,
            Hint = suggestion is null ? null : $"Perhaps you meant the type \"{suggestion}\".",
        };

    /// <summary>0A000 in words of its own.</summary>
    public static PhantomDbException NotPossible(string message, int position) =>
        new(SqlStates.FeatureNotSupported, message) { Position = position };

    public static PhantomDbException At(string sqlState, string message, int position, string? hint = null, string? detail = null) =>
        new(sqlState, message) { Position = position, Hint = hint, Detail = detail };
}
