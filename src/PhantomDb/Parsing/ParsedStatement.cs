using PhantomDb.Parsing.Ast;

namespace PhantomDb.Parsing;

/// <summary>A statement and where it stands in the text it was parsed from, without its semicolon.</summary>
internal sealed record ParsedStatement(Statement Statement, int Start, int Length);
