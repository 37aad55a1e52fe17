using PhantomDb.Catalog;
using PhantomDb.Expressions;

namespace PhantomDb.Planning.Logical;

/// <summary>CREATE DATABASE, in the data directory; with a template, a copy of that database.</summary>
internal sealed record CreateDatabaseCommand(string Name, string? Template = null) : BoundStatement
{
    public override string CommandTag => "CREATE DATABASE";
}

internal sealed record DropDatabaseCommand(string Name, bool IfExists) : BoundStatement
{
    public override string CommandTag => "DROP DATABASE";
}

/// <summary>TRUNCATE: all tables at once (those that CASCADE adds are among them), then sequences start again.</summary>
internal sealed record TruncateCommand(IReadOnlyList<TableDefinition> Tables, IReadOnlyList<SequenceDefinition> RestartedSequences) : BoundStatement
{
    /// <summary>Notices to the client: tables that CASCADE adds.</summary>
    public IReadOnlyList<string> Notices { get; init; } = [];

    public override string CommandTag => "TRUNCATE TABLE";
}

/// <summary>SET and SET LOCAL; no values means DEFAULT. The setting's own rules are checked when it is set.</summary>
internal sealed record SetCommand(string Name, IReadOnlyList<string> Values, bool IsLocal) : BoundStatement
{
    public override string CommandTag => "SET";
}

/// <summary>SET PERSIST and RESET PERSIST: the database's own default; no values is the built-in one, and then a null name is ALL.</summary>
internal sealed record PersistSettingCommand(string? Name, IReadOnlyList<string> Values) : BoundStatement
{
    public override string CommandTag => Values.Count > 0 ? "SET" : "RESET";
}

/// <summary>RESET; a null name is ALL.</summary>
internal sealed record ResetCommand(string? Name) : BoundStatement
{
    public override string CommandTag => "RESET";
}

/// <summary>SHOW; a null name is ALL.</summary>
internal sealed record ShowCommand(string? Name) : BoundStatement
{
    public override string CommandTag => "SHOW";
}

internal enum TransactionIsolation : byte
{
    ReadUncommitted,
    ReadCommitted,
    RepeatableRead,
    Serializable,
}

/// <summary>Modes of a transaction; null where not given.</summary>
internal sealed record TransactionOptions(TransactionIsolation? Isolation, bool? IsReadOnly, bool? IsDeferrable);

internal sealed record BeginCommand(TransactionOptions Options, bool IsStart) : BoundStatement
{
    public override string CommandTag => IsStart ? "START TRANSACTION" : "BEGIN";
}

internal sealed record CommitCommand(bool AndChain) : BoundStatement
{
    public override string CommandTag => "COMMIT";
}

internal sealed record RollbackCommand(bool AndChain) : BoundStatement
{
    public override string CommandTag => "ROLLBACK";
}

internal sealed record SavepointCommand(string Name) : BoundStatement
{
    public override string CommandTag => "SAVEPOINT";
}

internal sealed record ReleaseSavepointCommand(string Name) : BoundStatement
{
    public override string CommandTag => "RELEASE";
}

internal sealed record RollbackToSavepointCommand(string Name) : BoundStatement
{
    public override string CommandTag => "ROLLBACK";
}

/// <summary>SET TRANSACTION, or with IsSession SET SESSION CHARACTERISTICS AS TRANSACTION.</summary>
internal sealed record SetTransactionCommand(TransactionOptions Options, bool IsSession) : BoundStatement
{
    public override string CommandTag => "SET";
}

/// <summary>SET CONSTRAINTS of some deferrable constraints; null is ALL.</summary>
internal sealed record SetConstraintsCommand(IReadOnlyList<int>? ConstraintOids, bool IsDeferred) : BoundStatement
{
    public override string CommandTag => "SET CONSTRAINTS";
}

/// <summary>LOCK TABLE; the mode in lower case, as written.</summary>
internal sealed record LockTableCommand(IReadOnlyList<TableDefinition> Tables, string Mode, bool NoWait) : BoundStatement
{
    public override string CommandTag => "LOCK TABLE";
}

/// <summary>PREPARE: the parameter types are this record's own.</summary>
internal sealed record PrepareCommand(string Name, BoundStatement Statement) : BoundStatement
{
    public override string CommandTag => "PREPARE";
}

/// <summary>EXECUTE: arguments without columns, of the prepared statement's parameter types.</summary>
internal sealed record ExecuteCommand(string Name, IReadOnlyList<Expression> Arguments) : BoundStatement
{
    public override string CommandTag => "EXECUTE";
}

/// <summary>DEALLOCATE; a null name is ALL.</summary>
internal sealed record DeallocateCommand(string? Name) : BoundStatement
{
    public override string CommandTag => Name is null ? "DEALLOCATE ALL" : "DEALLOCATE";
}

/// <summary>DISCARD: all, plans, sequences, temp.</summary>
internal sealed record DiscardCommand(string Target) : BoundStatement
{
    public override string CommandTag => $"DISCARD {Target.ToUpperInvariant()}";
}

/// <summary>ANALYZE of some tables, or of all.</summary>
internal sealed record AnalyzeCommand(IReadOnlyList<TableDefinition> Tables) : BoundStatement
{
    public override string CommandTag => "ANALYZE";
}

/// <summary>VACUUM of some tables, or of all.</summary>
internal sealed record VacuumCommand(IReadOnlyList<TableDefinition> Tables, bool Analyzes) : BoundStatement
{
    public override string CommandTag => "VACUUM";
}

internal sealed record CheckpointCommand : BoundStatement
{
    public override string CommandTag => "CHECKPOINT";
}

/// <summary>A statement that is accepted and means nothing here: owners and privileges in a dump.</summary>
internal sealed record NoOperationCommand(string Tag) : BoundStatement
{
    /// <summary>The statement's name where it may not be part of a transaction block; else null.</summary>
    public string? RunsAloneAs { get; init; }

    public IReadOnlyList<string> Notices { get; init; } = [];

    public override string CommandTag => Tag;
}
