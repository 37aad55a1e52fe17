using Antlr4.Runtime;
using PhantomDb.Errors;
using static PhantomDb.Grammar.PhantomSqlLexer;

namespace PhantomDb.Parsing;

/// <summary>
/// Counts how deep a text is nested, before the parser recurses: a stack overflow ends the process, so the limit must come first.
/// The parser's own look at the stack is the second net, for threads with small stacks.
/// </summary>
internal static class NestingGuard
{
    /// <summary>Deeper than what people and query builders write, and safe on a stack of one megabyte.</summary>
    public const int DepthMax = 500;

    public static void Check(IList<IToken> tokens)
    {
        int depth = 0;
        int prefixes = 0; // in a row: NOT NOT NOT …, - - - …, each an expression inside the one before
        for (int i = 0; i < tokens.Count; i++)
        {
            switch (tokens[i].Type)
            {
                case NOT or PLUS or MINUS or Operator:
                    prefixes++;
                    break;
                case LPAREN or LBRACKET or CASE:
                    depth++;
                    prefixes = 0;
                    break;
                case RPAREN or RBRACKET or END when depth > 0:
                    depth--;
                    prefixes = 0;
                    break;
                case SEMICOLON:
                    depth = 0;
                    prefixes = 0;
                    break;
                default:
                    prefixes = 0;
                    break;
            }
            if (depth + prefixes > DepthMax)
            {
                throw Error.StatementTooComplex(tokens[i].StartIndex);
            }
        }
    }
}
