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

    /// <summary>Takes the next token. The commas of long lists get no node: nobody looks at them.</summary>
    public override IToken Consume()
    {
        if (CurrentToken.Type != PhantomSqlParser.COMMA || Context is not PhantomSqlParser.ListItemsContext)
        {
            return base.Consume();
        }
        IToken comma = CurrentToken;
        TokenStream.Consume();
        return comma;
    }
}
