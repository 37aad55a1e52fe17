namespace PhantomDb.SqlLogicTests;

/// <summary>A connection to the database under test, as far as a script needs one: SQL text in, result text out.</summary>
public interface ISqlConnection : IDisposable
{
    /// <summary>Runs one statement (or several separated by semicolons) and returns the result of the last.</summary>
    /// <exception cref="SqlFailureException">The database refused the statement with an SQLSTATE. Any other exception counts as a defect of the database.</exception>
    SqlResult Execute(string sql, CancellationToken cancellation);
}

/// <summary>What a statement gave: its columns and rows as PostgreSQL's text output (null is SQL NULL).</summary>
/// <param name="ColumnNames">One name a column; empty for a statement without a result.</param>
/// <param name="ColumnTypes">PostgreSQL's name of each column's type without modifiers, as <c>pg_typeof</c> prints it.</param>
/// <param name="Rows">The rows in the order of the database.</param>
/// <param name="RowsAffected">Rows that the command tag counts; -1 when it counts none.</param>
public sealed record SqlResult(
    IReadOnlyList<string> ColumnNames,
    IReadOnlyList<string> ColumnTypes,
    IReadOnlyList<string?[]> Rows,
    long RowsAffected);

/// <summary>An error that the database reported for a statement, with PostgreSQL's SQLSTATE.</summary>
public sealed class SqlFailureException(string sqlState, string message) : Exception(message)
{
    public string SqlState { get; } = sqlState;

    public override string ToString() => $"ERROR {SqlState}: {Message}";
}
