using PhantomDb.Planning;
using PhantomDb.Planning.Logical;

namespace PhantomDb.Execution;

/// <summary>What carrying out a statement gave. Ending the transaction and releasing memory are the session's.</summary>
internal sealed record StatementResult(string Tag)
{
    /// <summary>The columns of <see cref="Rows"/>.</summary>
    public IReadOnlyList<LogicalColumn> Columns { get; init; } = [];

    /// <summary>Those of them whose type's modifiers are shown.</summary>
    public DeclaredColumns DeclaredColumns { get; init; } = DeclaredColumns.None;

    /// <summary>The rows; null where the statement gives none.</summary>
    public ResultSource? Rows { get; init; }

    /// <summary>True where the rows are computed while they are read: the statement ends with the last of them.</summary>
    public bool IsRunning { get; init; }

    /// <summary>Rows changed or copied; -1 where the statement is not about that.</summary>
    public long RowsAffected { get; init; } = -1;
}
