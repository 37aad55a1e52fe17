using System.Data.Common;
using System.Text;
using PhantomDb.Errors;

namespace PhantomDb;

/// <summary>
/// An error that the user of the database can act on: a SQLSTATE (PostgreSQL's codes), a message, and where they
/// apply the place in the SQL text and the objects that it is about. Nothing has changed when it is thrown.
/// </summary>
public sealed class PhantomDbException : DbException
{
    /// <summary>Creates an error with a five-character SQLSTATE.</summary>
    public PhantomDbException(string sqlState, string message, Exception? innerException = null)
        : base(message, innerException)
    {
        SqlState = sqlState;
    }

    /// <summary>Five-character SQLSTATE code, as PostgreSQL assigns them.</summary>
    public override string SqlState { get; }

    /// <summary>True where the same transaction may pass when it is run again from its beginning: it met another (40001, 40P01), or a lock was not free in time (55P03).</summary>
    public override bool IsTransient => SqlState is SqlStates.SerializationFailure or SqlStates.DeadlockDetected or SqlStates.LockNotAvailable;

    /// <summary>0-based offset in UTF-16 code units into the SQL text, or -1 where the error has no place in it.</summary>
    public int Position { get; init; } = -1;

    /// <summary>More about the cause, such as the offending key; null where there is none.</summary>
    public string? Detail { get; init; }

    /// <summary>The way out, where there is one to name.</summary>
    public string? Hint { get; init; }

    /// <summary>Schema of the table, where the error is about one.</summary>
    public string? SchemaName { get; init; }

    /// <summary>Table that the error is about.</summary>
    public string? TableName { get; init; }

    /// <summary>Column that the error is about.</summary>
    public string? ColumnName { get; init; }

    /// <summary>Constraint that was violated.</summary>
    public string? ConstraintName { get; init; }

    /// <summary>Where the error arose in a COPY or a file: "lineitem, line 12, column l_tax".</summary>
    public string? Where { get; init; }

    /// <summary>The command of an ADO.NET batch that has failed, which the provider sets; null where it was in no batch.</summary>
    public new DbBatchCommand? BatchCommand { get; set; }

    /// <inheritdoc/>
    protected override DbBatchCommand? DbBatchCommand => BatchCommand;

    /// <summary>Row id of the row whose key was there first, so that the key can be named; -1 where there is none.</summary>
    internal long ConflictingRowId { get; init; } = -1;

    /// <summary>Position in the chunk of new rows of the one that may not be; -1 where none is known.</summary>
    internal int ChunkPosition { get; set; } = -1;

    /// <summary>For logs: the type with SQLSTATE and message, detail, hint and where it arose, a line each, and then the inner exception and the stack as of any exception.</summary>
    public override string ToString()
    {
        StringBuilder text = new($"{GetType()}: {SqlState}: {Message}");
        AppendLine(text, "DETAIL", Detail);
        AppendLine(text, "HINT", Hint);
        AppendLine(text, "WHERE", Where);
        if (InnerException is not null)
        {
            text.AppendLine().Append(" ---> ").Append(InnerException).AppendLine().Append("   --- End of inner exception stack trace ---");
        }
        return StackTrace is { } stack ? text.AppendLine().Append(stack).ToString() : text.ToString();
    }

    private static void AppendLine(StringBuilder text, string name, string? value)
    {
        if (value is not null)
        {
            text.AppendLine().Append(name).Append(": ").Append(value);
        }
    }

    /// <summary>The same error with a place in the SQL text, unless it has one already.</summary>
    internal PhantomDbException At(int position) => Position >= 0 || position < 0
        ? this
        : new PhantomDbException(SqlState, Message, InnerException)
        {
            Position = position, Detail = Detail, Hint = Hint, SchemaName = SchemaName, TableName = TableName,
            ColumnName = ColumnName, ConstraintName = ConstraintName, Where = Where, ConflictingRowId = ConflictingRowId,
        };

    /// <summary>The same error with the place in a COPY at which it arose.</summary>
    internal PhantomDbException In(string where) => new(SqlState, Message, this)
    {
        Position = Position, Detail = Detail, Hint = Hint, SchemaName = SchemaName, TableName = TableName,
        ColumnName = ColumnName, ConstraintName = ConstraintName, Where = where,
    };
}
