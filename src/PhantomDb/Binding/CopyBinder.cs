using PhantomDb.Catalog;
using PhantomDb.Errors;
using PhantomDb.Functions;
using PhantomDb.Parsing.Ast;
using PhantomDb.Planning.Logical;
using ColumnDefinition = PhantomDb.Catalog.ColumnDefinition;

namespace PhantomDb.Binding;

/// <summary>COPY: its table or query, and its options with all the ways in which they exclude each other.</summary>
internal static class CopyBinder
{
    public static BoundStatement Bind(CopyStatement copy, BindingState state)
    {
        if (copy.Endpoint == CopyEndpoint.Program)
        {
            throw Error.NotSupported("COPY with a program", copy.Position);
        }
        if (copy.Table is null)
        {
            return BindQuery(copy, state);
        }
        TableDefinition table = copy.IsFrom ? ModificationBinder.Target(state, copy.Table, "copy to") : Source(copy.Table, state);
        List<ColumnDefinition> columns = Columns(table, copy);
        CopyOptions options = BindOptions(copy, [.. columns.Select(c => c.Name)]);
        if (copy.IsFrom)
        {
            LogicalInsert insert = new ModificationBinder(state).BindCopyInsert(table, columns, copy.Where);
            return new CopyFromCommand(table, columns, copy.FileName, options, insert);
        }
        if (copy.Where is not null)
        {
            throw Error.InvalidSyntax("WHERE clause not allowed with COPY TO", copy.Where.Position);
        }
        LogicalScan scan = QueryBinder.Scan(state, table, table.Name);
        LogicalColumn[] output = [.. columns.Select(column => scan.Columns.First(c => c.ColumnNumber == column.Number).Column)];
        var plan = new LogicalProject(scan, [.. output.Select(c => new ComputedColumn(c, c.Reference))]);
        return new CopyToCommand(plan, output, copy.FileName, options);
    }

    private static CopyToCommand BindQuery(CopyStatement copy, BindingState state)
    {
        if (copy.IsFrom)
        {
            throw Error.InvalidSyntax("syntax error: COPY (query) FROM", copy.Position);
        }
        if (copy.Query is not SelectStatement select)
        {
            throw Error.NotSupported("COPY of a modifying statement", copy.Query!.Position);
        }
        BoundQuery query = new QueryBinder(state, null, null).Bind(select);
        CopyOptions options = BindOptions(copy, [.. query.Columns.Select(c => c.Name)]);
        return new CopyToCommand(query.Plan, query.Columns, copy.FileName, options);
    }

    private static TableDefinition Source(QualifiedName name, BindingState state) => Relations.Find(state, name) switch
    {
        TableDefinition table => table,
        null => throw NameHints.RelationNotFound(state, name),
        ViewDefinition => throw Error.At(SqlStates.WrongObjectType, $"cannot copy from view \"{name.Name}\"", name.Position, hint: "Try the COPY (SELECT ...) TO variant."),
        _ => throw Error.At(SqlStates.WrongObjectType, $"cannot copy from \"{name.Name}\"", name.Position, hint: "Try the COPY (SELECT ...) TO variant."),
    };

    private static List<ColumnDefinition> Columns(TableDefinition table, CopyStatement copy)
    {
        if (copy.Columns.Count == 0)
        {
            return [.. table.Columns];
        }
        var columns = new List<ColumnDefinition>();
        foreach (string name in copy.Columns)
        {
            int place = table.IndexOf(name);
            if (place < 0)
            {
                throw Error.ColumnOfRelationNotFound(name, table.Name, copy.Position, table.Columns.Select(column => column.Name));
            }
            if (columns.Contains(table.Columns[place]))
            {
                throw Error.At(SqlStates.DuplicateColumn, $"column \"{name}\" specified more than once", copy.Position);
            }
            columns.Add(table.Columns[place]);
        }
        return columns;
    }

    private static CopyOptions BindOptions(CopyStatement copy, string[] columns)
    {
        var given = new Dictionary<string, OptionSyntax>();
        foreach (OptionSyntax option in copy.Options)
        {
            if (!given.TryAdd(option.Name.ToLowerInvariant(), option))
            {
                throw Error.InvalidSyntax("conflicting or redundant options", option.Position);
            }
        }
        bool isCsv = false;
        if (given.GetValueOrDefault("format") is { } format)
        {
            isCsv = Binder.OptionText(format) switch
            {
                "csv" => true,
                "text" => false,
                "binary" => throw Error.NotSupported("COPY in binary format", format.Position),
                string other => throw Error.At(SqlStates.InvalidParameterValue, $"COPY format \"{other}\" not recognized", format.Position),
                null => throw Error.InvalidSyntax("format requires a parameter", format.Position),
            };
        }
        foreach (OptionSyntax option in given.Values)
        {
            CheckOption(option, isCsv, copy);
        }
        string delimiter = Text(given, "delimiter") ?? (isCsv ? "," : "\t");
        string nullText = Text(given, "null") ?? (isCsv ? "" : "\\N");
        string quote = Text(given, "quote") ?? "\"";
        string escape = Text(given, "escape") ?? quote;
        CheckCharacters(delimiter, nullText, quote, escape, isCsv);
        return new CopyOptions(isCsv)
        {
            Delimiter = delimiter[0],
            Null = nullText,
            Header = Header(given.GetValueOrDefault("header"), copy.IsFrom),
            Quote = quote[0],
            Escape = escape[0],
            ForceQuote = ColumnSet(given.GetValueOrDefault("force_quote"), columns, "FORCE_QUOTE"),
            ForceNotNull = ColumnSet(given.GetValueOrDefault("force_not_null"), columns, "FORCE_NOT_NULL"),
            ForceNull = ColumnSet(given.GetValueOrDefault("force_null"), columns, "FORCE_NULL"),
        };
    }

    private static void CheckOption(OptionSyntax option, bool isCsv, CopyStatement copy)
    {
        string name = option.Name.ToLowerInvariant();
        switch (name)
        {
            case "format" or "delimiter" or "null" or "header":
                break;
            case "quote" or "escape" when !isCsv:
                throw Error.NotPossible($"COPY {name} available only in CSV mode", option.Position);
            case "quote" or "escape":
                break;
            case "force_quote" when !isCsv:
                throw Error.NotPossible("COPY force quote available only in CSV mode", option.Position);
            case "force_quote" when copy.IsFrom:
                throw Error.NotPossible("COPY force quote only available using COPY TO", option.Position);
            case "force_not_null" or "force_null" when !isCsv:
                throw Error.NotPossible($"COPY {name.Replace('_', ' ')} available only in CSV mode", option.Position);
            case "force_not_null" or "force_null" when !copy.IsFrom:
                throw Error.NotPossible($"COPY {name.Replace('_', ' ')} only available using COPY FROM", option.Position);
            case "force_quote" or "force_not_null" or "force_null":
                break;
            case "freeze":
                Binder.BooleanOption(option);   // rows are always visible as soon as their transaction is
                break;
            case "encoding":
                if (Binder.OptionText(option) is not { } encoding || !TextEncodings.IsName(encoding))
                {
                    throw Error.At(SqlStates.InvalidParameterValue, "argument to option \"encoding\" must be a valid encoding name", option.Position);
                }
                if (encoding.ToUpperInvariant().Replace("-", "", StringComparison.Ordinal) is not ("UTF8" or "UNICODE"))
                {
                    throw Error.NotSupported($"COPY encoding {encoding}", option.Position);
                }
                break;
            default:
                throw Error.InvalidSyntax($"option \"{option.Name}\" not recognized", option.Position);
        }
    }

    private static string? Text(Dictionary<string, OptionSyntax> given, string name) =>
        given.GetValueOrDefault(name) is { } option ? Binder.OptionText(option) ?? throw Error.InvalidSyntax($"{name} requires a parameter", option.Position) : null;

    private static CopyHeader Header(OptionSyntax? option, bool isFrom)
    {
        if (option is null)
        {
            return CopyHeader.None;
        }
        if (Binder.OptionText(option)?.ToLowerInvariant() == "match")
        {
            return isFrom ? CopyHeader.Match : throw Error.NotPossible("cannot use \"match\" with HEADER in COPY TO", option.Position);
        }
        return Binder.BooleanOption(option) ? CopyHeader.Present : CopyHeader.None;
    }

    private static void CheckCharacters(string delimiter, string nullText, string quote, string escape, bool isCsv)
    {
        if (delimiter.Length != 1 || delimiter[0] > 127)
        {
            throw Error.NotPossible("COPY delimiter must be a single one-byte character", -1);
        }
        if (delimiter[0] is '\r' or '\n')
        {
            throw Error.InvalidParameter("COPY delimiter cannot be newline or carriage return");
        }
        if (nullText.AsSpan().ContainsAny('\r', '\n'))
        {
            throw Error.InvalidParameter("COPY null representation cannot use newline or carriage return");
        }
        if (!isCsv && "\\.abcdefghijklmnopqrstuvwxyz0123456789".Contains(delimiter[0], StringComparison.Ordinal))
        {
            throw Error.InvalidParameter($"COPY delimiter cannot be \"{delimiter}\"");
        }
        if (isCsv && (quote.Length != 1 || quote[0] > 127))
        {
            throw Error.NotPossible("COPY quote must be a single one-byte character", -1);
        }
        if (isCsv && quote[0] == delimiter[0])
        {
            throw Error.InvalidParameter("COPY delimiter and quote must be different");
        }
        if (isCsv && (escape.Length != 1 || escape[0] > 127))
        {
            throw Error.NotPossible("COPY escape must be a single one-byte character", -1);
        }
        if (nullText.Contains(delimiter[0], StringComparison.Ordinal))
        {
            throw Error.NotPossible("COPY delimiter must not appear in the NULL specification", -1);
        }
        if (isCsv && nullText.Contains(quote[0], StringComparison.Ordinal))
        {
            throw Error.NotPossible("CSV quote character must not appear in the NULL specification", -1);
        }
    }

    private static HashSet<int> ColumnSet(OptionSyntax? option, string[] columns, string name)
    {
        switch (option?.Value)
        {
            case null when option is null:
                return [];
            case StarSyntax:
                return [.. Enumerable.Range(0, columns.Length)];
            case RowSyntax row:
                var set = new HashSet<int>();
                foreach (ExpressionSyntax item in row.Items)
                {
                    string column = item is ColumnReferenceSyntax { Names.Count: 1 } reference ? reference.Names[0]
                        : throw Error.InvalidSyntax($"argument to option \"{option.Name}\" must be a list of column names", item.Position);
                    int place = Array.IndexOf(columns, column);
                    if (place < 0)
                    {
                        throw Error.At(SqlStates.InvalidColumnReference, $"{name} column \"{column}\" not referenced by COPY", item.Position);
                    }
                    set.Add(place);
                }
                return set;
            default:
                throw Error.InvalidSyntax($"argument to option \"{option!.Name}\" must be a list of column names", option.Position);
        }
    }
}
