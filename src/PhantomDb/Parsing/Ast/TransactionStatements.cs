namespace PhantomDb.Parsing.Ast;

internal enum IsolationLevelSyntax
{
    ReadUncommitted,
    ReadCommitted,
    RepeatableRead,
    Serializable,
}

/// <summary>The modes of BEGIN and SET TRANSACTION; null where not written.</summary>
internal sealed record TransactionModes(IsolationLevelSyntax? IsolationLevel, bool? IsReadOnly, bool? IsDeferrable, int Position) : SyntaxNode(Position);

/// <summary>BEGIN or START TRANSACTION.</summary>
internal sealed record BeginStatement(bool IsStart, TransactionModes Modes, int Position) : Statement(Position);

/// <summary>COMMIT or END.</summary>
internal sealed record CommitStatement(bool AndChain, int Position) : Statement(Position);

/// <summary>ROLLBACK or ABORT.</summary>
internal sealed record RollbackStatement(bool AndChain, int Position) : Statement(Position);

internal sealed record SavepointStatement(string Name, int Position) : Statement(Position);

internal sealed record ReleaseSavepointStatement(string Name, int Position) : Statement(Position);

internal sealed record RollbackToSavepointStatement(string Name, int Position) : Statement(Position);

internal sealed record PrepareTransactionStatement(string TransactionId, int Position) : Statement(Position);

internal sealed record CommitPreparedStatement(string TransactionId, int Position) : Statement(Position);

internal sealed record RollbackPreparedStatement(string TransactionId, int Position) : Statement(Position);

/// <summary>SET TRANSACTION, or SET SESSION CHARACTERISTICS AS TRANSACTION; a snapshot id instead of modes with SNAPSHOT.</summary>
internal sealed record SetTransactionStatement(bool IsSession, TransactionModes Modes, string? SnapshotId, int Position) : Statement(Position);

/// <summary>SET CONSTRAINTS; no names means ALL.</summary>
internal sealed record SetConstraintsStatement(SyntaxList<QualifiedName> Names, bool IsDeferred, int Position) : Statement(Position);

/// <summary>LOCK TABLE; the mode in lower case ("access exclusive").</summary>
internal sealed record LockStatement(SyntaxList<TruncateTarget> Tables, string Mode, bool NoWait, int Position) : Statement(Position);
