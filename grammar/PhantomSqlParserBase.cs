#nullable enable
using System.IO;
using System.Runtime.CompilerServices;
using Antlr4.Runtime;

namespace PhantomDb.Grammar;

/// <summary>What the parser has beside its rules: it looks at the stack before every rule, because a stack overflow cannot be caught.</summary>
public abstract class PhantomSqlParserBase : Parser
{
    /// <summary>For the generated class.</summary>
    protected PhantomSqlParserBase(ITokenStream input)
        : base(input)
    {
    }

    /// <summary>For the generated class.</summary>
    protected PhantomSqlParserBase(ITokenStream input, TextWriter output, TextWriter errorOutput)
        : base(input, output, errorOutput)
    {
    }

    /// <inheritdoc/>
    public override void EnterRule(ParserRuleContext localctx, int state, int ruleIndex)
    {
        RuntimeHelpers.EnsureSufficientExecutionStack();
        base.EnterRule(localctx, state, ruleIndex);
    }

    /// <inheritdoc/>
    public override void EnterRecursionRule(ParserRuleContext localctx, int state, int ruleIndex, int precedence)
    {
        RuntimeHelpers.EnsureSufficientExecutionStack();
        base.EnterRecursionRule(localctx, state, ruleIndex, precedence);
    }

    /// <summary>A predicate of the grammar: whether the next token is another one than this.</summary>
    protected bool NextIsNot(int tokenType) => TokenStream.LA(1) != tokenType;
}
