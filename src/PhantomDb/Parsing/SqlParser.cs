using Antlr4.Runtime;
using Antlr4.Runtime.Atn;
using Antlr4.Runtime.Misc;
using PhantomDb.Errors;
using PhantomDb.Grammar;
using PhantomDb.Parsing.Ast;

namespace PhantomDb.Parsing;

/// <summary>
/// SQL text to syntax trees. Knows no catalog: whether names and types exist is the binder's question.
/// Errors are PostgreSQL's: 42601 with the place, 54001 for what is nested too deeply.
/// </summary>
internal static class SqlParser
{
    /// <summary>The statements of a text, in order; empty statements between semicolons leave nothing.</summary>
    public static IReadOnlyList<Statement> Parse(string sql) => Parse(sql, static parser => parser.script(), static script =>
    {
        PhantomSqlParser.StatementContext[] contexts = script.statement();
        Statement[] statements = new Statement[contexts.Length];
        for (int i = 0; i < contexts.Length; i++)
        {
            statements[i] = AstBuilder.BuildStatement(contexts[i]);
        }
        return statements;
    });

    /// <summary>The statements of a text, each with its place in it.</summary>
    public static IReadOnlyList<ParsedStatement> ParseScript(string sql) => Parse(sql, static parser => parser.script(), static script =>
    {
        PhantomSqlParser.StatementContext[] contexts = script.statement();
        ParsedStatement[] statements = new ParsedStatement[contexts.Length];
        for (int i = 0; i < contexts.Length; i++)
        {
            int start = contexts[i].Start.StartIndex;
            statements[i] = new ParsedStatement(AstBuilder.BuildStatement(contexts[i]), start, contexts[i].Stop.StopIndex + 1 - start);
        }
        return statements;
    });

    /// <summary>A text that is one expression: a default, a check, an index's key.</summary>
    public static ExpressionSyntax ParseExpression(string sql) =>
        Parse(sql, static parser => parser.loneExpression(), static root => AstBuilder.BuildExpression(root.expression()));

    /// <summary>A text that is one type name, such as <c>numeric(10,2)</c>.</summary>
    public static TypeNameSyntax ParseTypeName(string sql) =>
        Parse(sql, static parser => parser.loneTypeName(), static root => AstBuilder.BuildTypeName(root.typeName()));

    private static TResult Parse<TRoot, TResult>(string sql, Func<PhantomSqlParser, TRoot> rule, Func<TRoot, TResult> build)
        where TRoot : ParserRuleContext
    {
        try
        {
            PhantomSqlLexer lexer = new(new SqlCharStream(sql), TextWriter.Null, TextWriter.Null);
            lexer.RemoveErrorListeners();
            CommonTokenStream tokens = new(lexer);
            tokens.Fill();
            NestingGuard.Check(tokens.GetTokens());
            PhantomSqlParser parser = new(tokens, TextWriter.Null, TextWriter.Null);
            parser.RemoveErrorListeners();
            return build(ParseTree(parser, rule));
        }
        catch (SqlLexerException error)
        {
            throw Error.Syntax(error.Message, sql.Substring(error.Start, error.Length), error.Start);
        }
        catch (InsufficientExecutionStackException)
        {
            throw Error.StatementTooComplex();
        }
    }

    /// <summary>
    /// ANTLR's fast prediction first. Where it fails the text is wrong, or needs the whole context to be told apart: the second
    /// run decides, and its error counts.
    /// </summary>
    private static TRoot ParseTree<TRoot>(PhantomSqlParser parser, Func<PhantomSqlParser, TRoot> rule)
        where TRoot : ParserRuleContext
    {
        parser.Interpreter.PredictionMode = PredictionMode.SLL;
        parser.ErrorHandler = FirstErrorStrategy.Instance;
        try
        {
            return rule(parser);
        }
        catch (ParseCanceledException)
        {
            parser.Reset();
            parser.Interpreter.PredictionMode = PredictionMode.LL;
        }
        try
        {
            return rule(parser);
        }
        catch (ParseCanceledException canceled)
        {
            IToken token = ((SyntaxException)canceled.InnerException!).Token;
            throw Error.Syntax("syntax error", token.Type == TokenConstants.EOF ? "" : token.Text, token.StartIndex);
        }
    }

    /// <summary>The token at which no rule goes on.</summary>
    private sealed class SyntaxException(IToken token) : Exception
    {
        public IToken Token { get; } = token;
    }

    /// <summary>Ends the parse at the first error: SQL is never repaired.</summary>
    private sealed class FirstErrorStrategy : DefaultErrorStrategy
    {
        public static readonly FirstErrorStrategy Instance = new();

        public override void Recover(Parser recognizer, RecognitionException e) => throw Cancel(e.OffendingToken);

        public override IToken RecoverInline(Parser recognizer) => throw Cancel(recognizer.CurrentToken);

        public override void Sync(Parser recognizer)
        {
        }

        public override void ReportError(Parser recognizer, RecognitionException e) => throw Cancel(e.OffendingToken);

        public override void ReportMatch(Parser recognizer)
        {
        }

        private static ParseCanceledException Cancel(IToken token) => new("syntax error", new SyntaxException(token));
    }
}
