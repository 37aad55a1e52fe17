namespace PhantomDb.Parsing.Ast;

internal enum SettingScope
{
    /// <summary>Not written: SESSION.</summary>
    Default,
    Session,
    Local,

    /// <summary>PERSIST: the database's own default, for the sessions to come.</summary>
    Persistent,
}

/// <summary>
/// SET name = values. The name is folded, parts joined by dots; TIME ZONE is "timezone", NAMES "client_encoding", SCHEMA "search_path", ROLE "role",
/// SESSION AUTHORIZATION "session_authorization", SEED "seed", XML OPTION "xmloption".
/// Values are string, numeric (with sign: <see cref="UnarySyntax"/>) and boolean literals; a bare word is a string literal;
/// an interval time zone is a cast. No values means DEFAULT.
/// </summary>
internal sealed record SetStatement(SettingScope Scope, string Name, SyntaxList<ExpressionSyntax> Values, int Position) : Statement(Position);

/// <summary>SET name FROM CURRENT never stands alone; RESET [PERSIST] name; a null name is RESET ALL.</summary>
internal sealed record ResetStatement(string? Name, bool IsPersistent, int Position) : Statement(Position);

/// <summary>SHOW name; a null name is SHOW ALL.</summary>
internal sealed record ShowStatement(string? Name, int Position) : Statement(Position);

/// <summary>PREPARE name (types) AS statement</summary>
internal sealed record PrepareStatement(string Name, SyntaxList<TypeNameSyntax> ParameterTypes, Statement Statement, int Position) : Statement(Position);

internal sealed record ExecuteStatement(string Name, SyntaxList<ExpressionSyntax> Arguments, int Position) : Statement(Position);

/// <summary>DEALLOCATE name; null is ALL.</summary>
internal sealed record DeallocateStatement(string? Name, int Position) : Statement(Position);

/// <summary>DECLARE name CURSOR … FOR query; what is not written is null or false.</summary>
internal sealed record DeclareCursorStatement(string Name, bool IsBinary, bool? IsInsensitive, bool? IsScroll, bool WithHold, SelectStatement Query, int Position) : Statement(Position);

internal enum FetchDirection
{
    Forward,
    Backward,
    Absolute,
    Relative,
}

/// <summary>FETCH or MOVE. NEXT is forward 1, PRIOR backward 1, FIRST absolute 1, LAST absolute -1; a null count is ALL.</summary>
internal sealed record FetchStatement(string Cursor, FetchDirection Direction, long? Count, bool IsMove, int Position) : Statement(Position);

/// <summary>CLOSE name; null is ALL.</summary>
internal sealed record CloseCursorStatement(string? Cursor, int Position) : Statement(Position);

internal sealed record ListenStatement(string Channel, int Position) : Statement(Position);

/// <summary>UNLISTEN channel; null is <c>*</c>.</summary>
internal sealed record UnlistenStatement(string? Channel, int Position) : Statement(Position);

internal sealed record NotifyStatement(string Channel, string? Payload, int Position) : Statement(Position);

/// <summary>A table, with columns if only these matter, of VACUUM and ANALYZE.</summary>
internal sealed record VacuumTarget(QualifiedName Table, SyntaxList<string> Columns, int Position) : SyntaxNode(Position);

/// <summary>VACUUM; the old spelling's words arrive as options ("full", "freeze", "verbose", "analyze").</summary>
internal sealed record VacuumStatement(SyntaxList<OptionSyntax> Options, SyntaxList<VacuumTarget> Targets, int Position) : Statement(Position);

internal sealed record AnalyzeStatement(SyntaxList<OptionSyntax> Options, SyntaxList<VacuumTarget> Targets, int Position) : Statement(Position);

internal sealed record CheckpointStatement(int Position) : Statement(Position);

/// <summary>DISCARD ALL | PLANS | SEQUENCES | TEMP: the word in lower case.</summary>
internal sealed record DiscardStatement(string Target, int Position) : Statement(Position);
