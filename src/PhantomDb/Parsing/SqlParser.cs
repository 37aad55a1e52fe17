using Antlr4.Runtime;
using Antlr4.Runtime.Atn;
using Antlr4.Runtime.Misc;
using PhantomDb.Errors;
using PhantomDb.Grammar;
using PhantomDb.Parsing.Ast;
using PhantomDb.Types;

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
        Utf8Text.EnsureValid(sql, position: 0);
        try
        {
            PhantomSqlLexer lexer = new(new SqlCharStream(sql), TextWriter.Null, TextWriter.Null);
            lexer.RemoveErrorListeners();
            CommonTokenStream tokens = new(lexer);
            tokens.Fill();
            NestingGuard.Check(tokens.GetTokens());
            return build(ParseTree(tokens, rule));
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
    private static TRoot ParseTree<TRoot>(CommonTokenStream tokens, Func<PhantomSqlParser, TRoot> rule)
        where TRoot : ParserRuleContext
    {
        try
        {
            return rule(NewParser(tokens, PredictionMode.SLL));
        }
        catch (ParseCanceledException)
        {
        }
        WatchedTokenStream watched = new(tokens.GetTokens());
        try
        {
            return rule(NewParser(watched, PredictionMode.LL));
        }
        catch (ParseCanceledException)
        {
            IToken token = watched.Get(Math.Max(watched.FarthestIndex, watched.Index));
            throw Error.Syntax("syntax error", token.Type == TokenConstants.EOF ? "" : token.Text, token.StartIndex, IsFirstWord(watched, token) ? Spelling.Nearest(token.Text, FirstKeywords()) : null);
        }
    }

    private static bool IsFirstWord(WatchedTokenStream tokens, IToken token) =>
        token.Type != TokenConstants.EOF && char.IsAsciiLetter(token.Text[0]) && (token.TokenIndex == 0 || tokens.Get(token.TokenIndex - 1).Type == PhantomSqlLexer.SEMICOLON);

    // What a statement may begin with, as the grammar has it.
    private static IEnumerable<string> FirstKeywords()
    {
        ATN grammar = NewParser(new CommonTokenStream(new ListTokenSource([])), PredictionMode.SLL).Atn;
        return grammar.NextTokens(grammar.ruleToStartState[PhantomSqlParser.RULE_statement]).ToArray().Where(type => type < PhantomSqlLexer.EQUAL)
            .Select(type => PhantomSqlLexer.DefaultVocabulary.GetSymbolicName(type));
    }

    private static PhantomSqlParser NewParser(ITokenStream tokens, PredictionMode mode)
    {
        PhantomSqlParser parser = new(tokens, TextWriter.Null, TextWriter.Null) { ErrorHandler = FirstErrorStrategy.Instance };
        parser.RemoveErrorListeners();
        parser.Interpreter.PredictionMode = mode;
        return parser;
    }

    /// <summary>
    /// Remembers the farthest token that was looked at: the first one that no statement can go on with. The rule that fails may have
    /// ended before it: in <c>a AND</c> at the end, AND could still have been a column's label.
    /// </summary>
    private sealed class WatchedTokenStream(IList<IToken> tokens) : CommonTokenStream(new ListTokenSource(tokens))
    {
        public int FarthestIndex { get; private set; }

        public override int LA(int i)
        {
            FarthestIndex = Math.Max(FarthestIndex, Index + i - 1);
            return base.LA(i);
        }
    }

    /// <summary>Ends the parse at the first error: SQL is never repaired.</summary>
    private sealed class FirstErrorStrategy : DefaultErrorStrategy
    {
        public static readonly FirstErrorStrategy Instance = new();

        public override void Recover(Parser recognizer, RecognitionException e) => throw new ParseCanceledException(e);

        public override IToken RecoverInline(Parser recognizer) => throw new ParseCanceledException();

        public override void ReportError(Parser recognizer, RecognitionException e) => throw new ParseCanceledException(e);

        public override void Sync(Parser recognizer)
        {
        }

        public override void ReportMatch(Parser recognizer)
        {
        }
    }
}
