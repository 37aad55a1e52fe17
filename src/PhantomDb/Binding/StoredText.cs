using System.Text;
using PhantomDb.Catalog;
using PhantomDb.Errors;
using PhantomDb.Parsing;
using PhantomDb.Parsing.Ast;
using PhantomDb.Planning.Logical;
using ColumnDefinition = PhantomDb.Catalog.ColumnDefinition;

namespace PhantomDb.Binding;

/// <summary>
/// The text of views, defaults and checks as the catalog keeps it: it must mean the same under any search_path, and go on
/// meaning the same when what it names is renamed. Names are changed where they stand in the text; the rest stays.
/// </summary>
internal static class StoredText
{
    private readonly record struct Edit(int Start, int End, string Text);

    /// <summary>The schemas in which stored text finds names without schema.</summary>
    public static IReadOnlyList<string> PathOf(string schema) =>
        schema == DatabaseCatalog.DefaultSchema ? [schema] : [schema, DatabaseCatalog.DefaultSchema];

    /// <summary>A view's query: stars written out, relations qualified where they would not be found.</summary>
    public static string OfView(BindingState state, string schema, SelectStatement query)
    {
        string printed = SyntaxPrinter.Print(query);
        BoundQuery bound = null!;
        NameUses uses = state.Record(() => bound = BindView(state, printed));
        List<Edit> edits = Qualifications(state, schema, printed, uses);
        edits.AddRange(uses.Stars.Select(s => Replacement(printed, s.Star.Position, s.Star.Qualifier.Count + 1,
            string.Join(", ", s.Names.Select(Quote)))));
        string text = Apply(printed, edits);
        return state.InView(schema, () => BindView(state, text)).Columns.Count == bound.Columns.Count ? text
            : throw Error.Internal("the text of a view has changed its meaning");
    }

    /// <summary>A view's text when the view goes to another schema, where its names may not be found as they are.</summary>
    public static string OfMovedView(BindingState state, ViewDefinition view, string schema) =>
        Apply(view.QueryText, Qualifications(state, schema, view.QueryText, UsesOf(state, view)));

    /// <summary>A column's default.</summary>
    public static string OfDefault(BindingState state, ExpressionSyntax syntax, ColumnDefinition column)
    {
        ModificationBinder.CheckDefault(state, syntax, column);
        string printed = SyntaxPrinter.Print(syntax);
        NameUses uses = state.Record(() => ModificationBinder.CheckDefault(state, SqlParser.ParseExpression(printed), column));
        return Apply(printed, Qualifications(state, DatabaseCatalog.DefaultSchema, printed, uses));
    }

    /// <summary>A check of a table's rows; columns are named without their table.</summary>
    public static string OfCheck(BindingState state, TableDefinition table, IReadOnlyList<LogicalColumn> row, ExpressionSyntax syntax) =>
        OfRow(state, table, syntax, printed => ModificationBinder.BindCheckAnew(state, table, row, printed));

    /// <summary>An expression of an index or, with that clause, its predicate; columns are named without their table.</summary>
    public static string OfIndexExpression(BindingState state, TableDefinition table, IReadOnlyList<LogicalColumn> row, ExpressionSyntax syntax, Clause clause) =>
        OfRow(state, table, syntax, printed => ModificationBinder.BindIndexExpression(state, table, row, printed, clause));

    private static string OfRow<T>(BindingState state, TableDefinition table, ExpressionSyntax syntax, Func<ExpressionSyntax, T> bind)
    {
        string printed = SyntaxPrinter.Print(syntax);
        NameUses uses = state.Record(() => bind(SqlParser.ParseExpression(printed)));
        List<Edit> edits = Qualifications(state, table.Schema, printed, uses);
        edits.AddRange(uses.Columns.Where(c => c.Reference.Names.Count > 1)
            .Select(c => Replacement(printed, c.Reference.Position, c.Reference.Names.Count, Quote([c.Reference.Names[^1]]))));
        return Apply(printed, edits);
    }

    /// <summary>What the names in a view's text mean.</summary>
    public static NameUses UsesOf(BindingState state, ViewDefinition view) =>
        state.InView(view.Schema, () => state.Record(() => BindView(state, view.QueryText)));

    /// <summary>What the names in a check's text mean.</summary>
    public static NameUses UsesOfCheck(BindingState state, TableDefinition table, ConstraintDefinition check)
    {
        LogicalColumn[] row = [.. table.Columns.Select(c => state.NewColumn(c.Type, c.Name))];
        return state.InView(table.Schema, () => state.Record(() => ModificationBinder.BindCheckAnew(state, table, row, SqlParser.ParseExpression(check.CheckText!))));
    }

    /// <summary>What the names in an index expression's text mean.</summary>
    public static NameUses UsesOfIndexExpression(BindingState state, TableDefinition table, IndexExpression expression)
    {
        LogicalColumn[] row = [.. table.Columns.Select(c => state.NewColumn(c.Type, c.Name))];
        return state.InView(table.Schema, () => state.Record(() =>
            ModificationBinder.BindIndexExpression(state, table, row, SqlParser.ParseExpression(expression.Text), Clause.IndexExpression)));
    }

    /// <summary>The text after a relation has got another name or schema: an alias keeps the name under which columns call it.</summary>
    public static string WithRelation(string text, NameUses uses, int oid, string schema, string name)
    {
        List<Edit> edits = [];
        foreach (NameUses.RelationUse use in uses.Relations.Where(u => u.Oid == oid))
        {
            string alias = use.Alias?.Name is null && use.Name.Name != name ? $" AS {SqlText.QuoteIdentifier(use.Name.Name)}" : "";
            edits.Add(Replacement(text, use.Name.Position, use.Name.Parts.Count, Quote([schema, name]) + alias));
        }
        edits.AddRange(uses.Columns.Where(c => c.RelationOid == oid && c.Reference.Names.Count > 2)
            .Select(c => Replacement(text, c.Reference.Position, c.Reference.Names.Count, Quote([.. c.Reference.Names.TakeLast(2)]))));
        edits.AddRange(uses.Texts.Where(t => t.Oid == oid).Select(t => Literal(text, t.Position, schema, name)));
        return Apply(text, edits);
    }

    /// <summary>The text after a column has got another name: what is called by it keeps the old one.</summary>
    public static string WithColumn(string text, NameUses uses, int relationOid, int number, string name)
    {
        List<Edit> edits = [];
        foreach (NameUses.ColumnUse use in uses.Columns.Where(c => c.RelationOid == relationOid && c.Number == number && c.HasOwnName))
        {
            IReadOnlyList<string> names = use.Reference.Names;
            string alias = uses.BareItems.Contains(use.Reference.Position) ? $" AS {SqlText.QuoteIdentifier(names[^1])}" : "";
            edits.Add(Replacement(text, use.Reference.Position, names.Count, Quote([.. names.SkipLast(1), name]) + alias));
        }
        return Apply(text, edits);
    }

    private static BoundQuery BindView(BindingState state, string text) =>
        new QueryBinder(state, null, null).Bind((SelectStatement)SqlParser.Parse(text)[0]);

    // Names that would not be found, or would mean something else, on the path of stored text.
    private static List<Edit> Qualifications(BindingState state, string schema, string text, NameUses uses)
    {
        List<Edit> edits = [];
        bool IsFound(string name, int oid) => RelationLookup.Find(state.Catalog, PathOf(schema), name) is { } found && RelationLookup.OidOf(found) == oid;
        foreach (NameUses.RelationUse use in uses.Relations.Where(u => u.Name.Parts.Count == 1 && !IsFound(u.Name.Name, u.Oid)))
        {
            (string itsSchema, string itsName) = RelationLookup.NameOf(state.Catalog, use.Oid)!.Value;
            edits.Add(Replacement(text, use.Name.Position, 1, Quote([itsSchema, itsName])));
        }
        foreach ((int position, int oid) in uses.Texts)
        {
            (string itsSchema, string itsName) = RelationLookup.NameOf(state.Catalog, oid)!.Value;
            if (!IsFound(itsName, oid))
            {
                edits.Add(Literal(text, position, itsSchema, itsName));
            }
        }
        return edits;
    }

    private static string Quote(IReadOnlyList<string> parts) => string.Join('.', parts.Select(SqlText.QuoteIdentifier));

    // Places are those of a printed text: parts of a name stand together, quoted or plain.
    private static Edit Replacement(string text, int position, int partCount, string replacement)
    {
        int i = position;
        for (int part = 0; part < partCount; part++)
        {
            i += part > 0 ? 1 : 0;   // the dot
            if (text[i] == '"')
            {
                i = EndOfQuoted(text, i);
            }
            else if (text[i] == '*')
            {
                i++;
            }
            else
            {
                while (i < text.Length && (char.IsLetterOrDigit(text[i]) || text[i] is '_' or '$' || text[i] >= 0x80))
                {
                    i++;
                }
            }
        }
        return new Edit(position, i, replacement);
    }

    // A string constant that names a relation; E'…' where the name has a backslash.
    private static Edit Literal(string text, int position, string schema, string name)
    {
        int quote = text.IndexOf('\'', position);
        return new Edit(position, EndOfQuoted(text, quote), SqlText.QuoteLiteral(Quote([schema, name])));
    }

    private static int EndOfQuoted(string text, int start)
    {
        char quote = text[start];
        int i = start + 1;
        while (text[i] != quote || (i + 1 < text.Length && text[i + 1] == quote))
        {
            i += text[i] == quote ? 2 : 1;
        }
        return i + 1;
    }

    private static string Apply(string text, List<Edit> edits)
    {
        StringBuilder result = new();
        int done = 0;
        foreach (Edit edit in edits.Distinct().OrderBy(e => e.Start))
        {
            result.Append(text, done, edit.Start - done).Append(edit.Text);
            done = edit.End;
        }
        return result.Append(text, done, text.Length - done).ToString();
    }
}
