namespace PhantomDb.Parsing.Ast;

/// <summary>One SQL statement.</summary>
internal abstract record Statement(int Position) : SyntaxNode(Position);

/// <summary>Parsed, but without a node of its own; the binder refuses it with 0A000 and this name ("CREATE TRIGGER").</summary>
internal sealed record UnsupportedStatement(string Feature, int Position) : Statement(Position);

/// <summary>Whether dependent objects are dropped too.</summary>
internal enum DropBehavior
{
    /// <summary>Not written: RESTRICT.</summary>
    Default,
    Restrict,
    Cascade,
}

/// <summary>A parameter of WITH (name = value) and its like; <paramref name="Value"/> is null where only the name is given.</summary>
internal sealed record OptionSyntax(string Name, ExpressionSyntax? Value, int Position) : SyntaxNode(Position);
